reiter_unit(unit phase_space kinetic coefficients effective cell potential output)
reiter_unit(unit phase_space_load kinetic coefficients effective cell potential output)
reiter_unit(unit phase_space_plane kinetic coefficients effective cell potential output)
