reiter_unit(unit ensemble ensemble paths dynamics coefficients cell effective case potential output)
