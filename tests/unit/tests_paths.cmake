reiter_unit(unit noise paths dynamics potential)
reiter_unit(unit paths paths dynamics potential)
