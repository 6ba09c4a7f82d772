/* KSPSolve where the user chose the solver. */
#pragma once
#include <reiter/cell.h>

/* Whether any option -cell_ksp_.. or -cell_pc_.. was given. */
PetscErrorCode LinearOptionsGiven(PetscBool *given);
/* Solves. Where the user's options are the reason that PETSc refuses, that is a failure of the cell, which travels
   like every other, and no error: the ranks must not part. */
PetscErrorCode LinearSolve(KSP ksp, Vec b, Vec x, CellFailure *failure);
