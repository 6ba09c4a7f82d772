reiter_unit(unit distance distance interval coefficients effective cell potential output)
