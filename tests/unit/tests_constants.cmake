reiter_unit(unit constants constants interval spectrum elimination diffusion domain coefficients effective cell potential
  output)
