reiter_unit(unit selling diffusion domain coefficients cell potential output)
    reiter_unit(unit diffusion diffusion domain coefficients cell potential output)
        reiter_unit(rate diffusion_rate diffusion domain coefficients cell potential output)
