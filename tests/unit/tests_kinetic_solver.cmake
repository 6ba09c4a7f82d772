reiter_unit(unit kinetic_spectrum kinetic coefficients effective cell potential output)
reiter_unit(unit kinetic_diffusivity kinetic coefficients effective cell potential output)
reiter_unit(unit kinetic_solver kinetic coefficients effective cell potential output)
