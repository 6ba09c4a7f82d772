reiter_unit(unit kinetic_krylov kinetic coefficients effective cell potential output)
