/* The ends of a target on the line, found when it is set. */
#pragma once
#include "paths_private.h"

/* Fills in target->n_ends and target->end, or says why not in *refused. */
PETSC_INTERN PetscErrorCode EndsFind(Target *target, const DynamicsInfo *info, char **refused);
