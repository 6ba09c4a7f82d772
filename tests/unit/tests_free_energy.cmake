reiter_unit(unit free_energy free_energy case cell potential)
