reiter_unit(unit kinetic_march kinetic coefficients effective cell potential output)
