reiter_unit(unit lanes cell potential)
reiter_unit(unit lanes_cell cell potential)
