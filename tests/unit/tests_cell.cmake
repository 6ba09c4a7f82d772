reiter_unit(unit fourier cell potential)
