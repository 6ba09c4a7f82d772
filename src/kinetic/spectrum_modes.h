/*
  Eigenvalues on one space. A = -(T + g C), A f = mu B f, lambda = -mu. Krylov-Schur (SLEPc) on X = (A + shift B)^-1 B
  without the constant mode: theta = 1/(mu + shift). A positive shift finds all but the smallest, whose digits it would lose;
  these come from shift 0. The reversal R of momenta turns A into its transpose, so that B R f is the left vector of f and the
  condition of an eigenvalue costs nothing.
*/
#pragma once
#include <reiter/kinetic.h>

typedef struct {
  PetscInt n; /* by distance from zero, without 0; pairs together, the positive imaginary part first */
  PetscReal *re, *im, *error; /* of mu; absolute, of the eigensolver alone */
  const char *method;         /* of the linear systems */
} Modes;

/* At least `count` of them, and all as near as the last one; fewer where the space has no more. Of the problem: friction, tolerance, solver, and the flag that interrupts. */
PetscErrorCode ModesFind(const KineticSystem *system, const KineticProblem *problem, PetscReal scale,
                         PetscInt count, Modes *modes, CellFailure *failure);
PetscErrorCode ModesClear(Modes *modes);
