reiter_unit(unit noise paths dynamics coefficients effective cell potential output)
reiter_unit(unit paths paths dynamics coefficients effective cell potential output)
reiter_unit(unit metropolis paths dynamics coefficients effective cell potential output)
reiter_unit(unit arrival paths dynamics coefficients effective cell potential output)
