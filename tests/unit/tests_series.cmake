reiter_unit(unit series series case potential output)
reiter_unit(unit series_wrapping series case potential output)
reiter_unit(unit series_formats series case potential output)
