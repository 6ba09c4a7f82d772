reiter_unit(rate paths_equilibrium paths dynamics coefficients effective cell potential output)
