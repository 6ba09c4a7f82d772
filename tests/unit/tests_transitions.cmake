reiter_unit(unit transitions transitions free_energy case cell potential output)
