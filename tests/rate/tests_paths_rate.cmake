reiter_unit(rate paths_rate paths dynamics coefficients effective cell potential output)
reiter_unit(rate paths_limit paths dynamics coefficients effective cell potential output)
