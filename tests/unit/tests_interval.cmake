reiter_unit(unit interval interval coefficients cell potential output)
