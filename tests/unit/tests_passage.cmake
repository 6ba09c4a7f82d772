reiter_unit(unit passage passage spectrum diffusion domain elimination coefficients effective cell potential output)
