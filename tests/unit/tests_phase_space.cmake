reiter_unit(unit phase_space kinetic coefficients effective cell potential output)
