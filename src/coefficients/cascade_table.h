/* Coefficients from the cascade: log Z1 and M as functions of x, refined where they need it. */
#pragma once
#include "coefficients_private.h"
#include <reiter/effective.h>
#include "chebyshev.h"

typedef struct {
  MPI_Comm comm;
  Potential potential; /* borrowed, like the cascade */
  Cascade cascade;
  PetscInt dim;
  PetscReal temperature, tolerance;
  PetscReal box[REITER_MAX_DIM][2];
  PetscBool active[REITER_MAX_DIM]; /* V1 depends on it */
  ChebyshevTree tree;               /* log Z1, then M packed (tensor.h) */
  PetscReal *x;                     /* [COEFFICIENT_BLOCK][dim] */
} CascadeTable;

/* Fills the tree. Collective; *failure says why it could not. */
PETSC_INTERN PetscErrorCode CascadeTableBuild(Coefficients coefficients, const volatile int *interrupted,
                                              CellFailure *failure);
