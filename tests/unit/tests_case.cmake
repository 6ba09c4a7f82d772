reiter_unit(unit diagnostics case potential)
reiter_unit(unit case case potential)
reiter_unit(unit case_domain case potential)
