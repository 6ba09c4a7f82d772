reiter_unit(rate paths_rate paths dynamics potential)
