reiter_unit(unit frozen cell potential)
reiter_unit(unit cascade_frozen cell potential)
