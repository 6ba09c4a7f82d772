reiter_unit(unit estimate estimate case cell potential output)
reiter_unit(unit series estimate case cell potential output)
