reiter_unit(unit dynamics_table dynamics coefficients effective cell potential output)
reiter_unit(unit second_order paths dynamics coefficients effective cell potential output)
