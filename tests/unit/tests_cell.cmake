reiter_unit(unit fourier cell)
