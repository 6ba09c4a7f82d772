reiter_unit(unit symmetry cell potential)
