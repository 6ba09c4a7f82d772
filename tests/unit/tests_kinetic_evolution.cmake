reiter_unit(unit kinetic_evolution kinetic coefficients effective cell potential output)
