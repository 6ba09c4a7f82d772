reiter_unit(unit ensemble ensemble estimate paths dynamics coefficients cell effective case potential output)
