#pragma once
#include <reiter/kinetic.h>

/* D of a ring with waves and its rounding error, level by level; the system of the space is not needed. */
PETSC_INTERN PetscErrorCode DiffusivityOnLine(PhaseSpace space, const KineticProblem *problem, PetscReal *D,
                                              PetscReal *rounding, CellFailure *failure);
