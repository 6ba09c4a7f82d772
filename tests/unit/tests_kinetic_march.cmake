reiter_unit(unit kinetic_march kinetic output)
