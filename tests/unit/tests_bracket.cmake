reiter_unit(unit bracket cell potential)
