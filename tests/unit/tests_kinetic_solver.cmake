reiter_unit(unit kinetic_solver kinetic)
