reiter_unit(unit output output)
reiter_unit(unit output_folder output)
reiter_unit(unit output_store output)
reiter_unit(unit output_series output)
