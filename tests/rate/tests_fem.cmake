reiter_unit(rate fem_rate cell potential)
reiter_unit(rate fem_iterations cell potential)
