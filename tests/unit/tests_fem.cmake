reiter_unit(unit element cell potential)
reiter_unit(unit fem cell potential)
reiter_unit(unit fem_limits cell potential)
