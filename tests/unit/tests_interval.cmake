reiter_unit(unit interval interval coefficients effective cell potential output)
