reiter_unit(unit series series case potential output)
