/*
  What a table of frozen scales costs (frozen.h): the fill of one for a surrogate of A_k, the sum over all frozen
  variables of what they do along a line each, and products of these.
*/
#pragma once
#include "cost_pilot.h"
#include "frozen.h"

/* For the variables of A_k at the macroscopic point in frozen[]. */
PetscErrorCode PilotTabulate(Pilot pilot, PetscInt k, PetscInt n, const PetscInt variables[],
                             const PetscReal frozen[], const FrozenLimits *limits, CellFailure *failure);
