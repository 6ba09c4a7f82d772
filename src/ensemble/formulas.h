/* Formulas of x, y, z on the paths of a block. */
#pragma once
#include "ensemble_private.h"

static inline PetscErrorCode EvaluateOnBlock(Program program, const PathBlock *block, PetscReal *const out[])
{
  const PetscReal *variables[REITER_VARIABLES] = {NULL};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++)
    variables[VariableIndex(0, c)] = block->x + c * DYNAMICS_BLOCK;
  PetscCall(ProgramEvaluatePoints(program, block->n, variables, out));
  PetscFunctionReturn(0);
}

/* The first sample after `step`: burn_in + every, burn_in + 2 every, .. */
static inline PetscInt64 NextSample(const EnsemblePlan *plan, PetscInt64 step)
{
  const PetscInt64 done = step > plan->burn_in ? (step - plan->burn_in) / plan->every : 0;

  return plan->burn_in + (done + 1) * plan->every;
}
