reiter_unit(unit expression potential)
reiter_unit(unit potential potential)
