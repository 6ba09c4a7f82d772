reiter_unit(unit elimination elimination)
reiter_unit(unit graph_modes elimination)
