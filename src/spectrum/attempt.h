#pragma once
#include <slepceps.h>
#include <reiter/cell.h>

/* Calls solve(eps, ctx): what PETSc or SLEPc refuse because of the user's -spectrum_ options comes back in failure. */
PetscErrorCode AttemptSolve(EPS eps, PetscErrorCode (*solve)(EPS eps, void *ctx), void *ctx,
                            CellFailure *failure);
