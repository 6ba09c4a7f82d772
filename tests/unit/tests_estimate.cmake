reiter_unit(unit estimate estimate case cell potential output)
