reiter_unit(unit selling diffusion domain coefficients effective cell potential output)
reiter_unit(unit diffusion diffusion domain coefficients effective cell potential output)
reiter_unit(rate diffusion_rate diffusion domain coefficients effective cell potential output)
