reiter_unit(unit transitions transitions free_energy case cell potential output)
reiter_unit(unit polynomials transitions free_energy case cell potential output)
