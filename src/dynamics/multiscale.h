/* The multiscale equation's inside, shared by its values (multiscale.c) and its largest step (multiscale_step.c). */
#pragma once
#include "dynamics_private.h"

typedef struct {
  PetscInt dim, scales;
  PetscReal temperature, inverse[REITER_MAX_SCALES + 1]; /* e^-k */
  Expression V;
  VariableSet used;
  PetscInt n_partials, first[REITER_MAX_DIM + 1], scale[REITER_VARIABLES]; /* by component, then scale */
  Program partials, value;
  PetscReal *memory; /* blocks: fast variables and partial derivatives */
  PetscReal *fast[REITER_MAX_SCALES][REITER_MAX_DIM], *out[REITER_VARIABLES];
  const PetscReal *variables[REITER_VARIABLES];
} Multiscale;

PETSC_INTERN PetscErrorCode MultiscaleLargestStep(Dynamics dynamics, const PetscReal box[][2],
                                                  PetscReal *smooth, PetscReal *kinks);
