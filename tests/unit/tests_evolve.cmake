reiter_unit(unit evolve evolve output)
