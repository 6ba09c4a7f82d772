/* The linear systems of the finite-element method: one matrix on the pattern of a torus and one KSP. */
#pragma once
#include "torus.h"

typedef struct {
  PetscInt size, block;
  PetscInt *row, *column; /* CSR, see TorusPattern */
  PetscReal *value;
  Mat A;
  Vec x, b, constants; /* constants: the (almost) null vector that multigrid must know */
  KSP ksp;
  PetscReal rtol;
} FemLinear;

/* Makes matrix and KSP for the torus; does nothing if that was done already. */
PetscErrorCode FemLinearSetUp(FemLinear *linear, const Torus *torus, PetscInt block);
PetscErrorCode FemLinearReset(FemLinear *linear);
/* After value[] has changed. null[block][size] are the vectors of the rigid constants, NULL entries for zero.
 */
PetscErrorCode FemLinearSetValues(FemLinear *linear, const PetscReal null[], PetscReal rtol);
/* Solves A x = b; adds to *iterations, and a KSP that stopped short becomes a failure. */
PetscErrorCode FemLinearSolve(FemLinear *linear, const PetscReal b[], PetscReal x[], PetscInt *iterations,
                              CellFailure *failure);
