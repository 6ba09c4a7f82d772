reiter_unit(unit kinetic_solver kinetic coefficients effective cell potential output)
