reiter_unit(unit spectrum spectrum diffusion domain elimination coefficients effective cell potential output)
