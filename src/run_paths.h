/* The plan of `reiter paths`, and its work. */
#pragma once
#include "report_paths.h"
#include "run_private.h"

/* "e = 0.1", or the homogenized equation. */
void PathsNameEquation(const EnsemblePlan *plan, char name[], size_t size);
/* The plan of ensemble i, all but dynamics and steps: those of the epsilons come first, then the homogenized one. */
PetscErrorCode PathsBeginPlan(Case c, PetscInt i, EnsemblePlan *plan);
/* The homogenized equation, or the diffusion that the case gives, in the box. */
PetscErrorCode PathsMakeHomogenized(Run *run, Dynamics *dynamics, int *exit_code);
/* The step of ensemble i, whose dynamics are there, and what follows from it. */
PetscErrorCode PathsChooseSteps(PetscInt i, EnsemblePlan *plan, Diagnostics d, int *exit_code);
/* Part k of an ensemble, if something is measured on it. */
PetscErrorCode PathsPlanPart(const EnsemblePlan *whole, PetscInt k, EnsemblePlan *plan, PetscBool *asked);
/* What is wrong with the ensembles, as far as that shows without homogenizing; a line for each into the stream, if it is
   not NULL. */
PetscErrorCode PathsJudge(Case c, Diagnostics d, FILE *stream, int *exit_code);
