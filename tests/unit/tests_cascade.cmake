reiter_unit(unit cascade cell potential)
