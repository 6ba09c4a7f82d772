reiter_unit(rate spectrum_rate spectrum diffusion domain elimination coefficients effective cell potential output)
