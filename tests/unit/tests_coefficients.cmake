reiter_unit(unit coefficients coefficients effective cell potential output)
