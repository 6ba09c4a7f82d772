reiter_unit(unit dynamics_table dynamics coefficients effective cell potential output)
