reiter_unit(rate fem_rate cell potential)
