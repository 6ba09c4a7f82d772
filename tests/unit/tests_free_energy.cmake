reiter_unit(unit free_energy free_energy case cell potential)
reiter_unit(unit transitions_known transitions free_energy case potential)
