/* The linear systems of the finite-element method: one matrix and one KSP (options prefix "cell_"). */
#pragma once
#include <reiter/cell.h>

typedef struct {
  PetscInt dim, size;
  PetscInt *row, *column; /* CSR */
  PetscReal *value;
  Mat A;
  PetscBool multigrid; /* whether the preconditioner needs P, */
  Mat P;               /* from the coarse space (see fem_coarse.h) */
  Vec x, b;
  KSP ksp;
  PetscBool stopped; /* multigrid did, for the present values: the factor solves the rest */
  KSP direct;        /* in two dimensions, for what multigrid does not solve; NULL until then */
  PetscReal rtol;
} FemLinear;

/* Makes matrix and KSP for a symmetric pattern that comes from dim dimensions; takes row and column (PetscMalloc). */
PetscErrorCode FemLinearCreate(PetscInt dim, PetscInt size, PetscInt *row, PetscInt *column,
                               FemLinear *linear);
PetscErrorCode FemLinearDestroy(FemLinear *linear);
/* After value[] has changed. constants[size]: the vector that the matrix almost annihilates. */
PetscErrorCode FemLinearSetValues(FemLinear *linear, const PetscReal constants[], PetscReal rtol);
/* Solves A x = b; adds to *iterations, and a KSP that stopped short becomes a failure. */
PetscErrorCode FemLinearSolve(FemLinear *linear, const PetscReal b[], PetscReal x[], PetscInt *iterations,
                              CellFailure *failure);
