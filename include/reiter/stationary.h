/*
  All stationary points of a free energy in a box, d = 1, 2, 3: cells are divided until the Taylor expansion of the
  gradient at their centre excludes a zero, or Newton's method has at most one to find there. That the expansion stands
  for the whole cell is an assumption, not a proof; the sum of (-1)^index over all points, 1 where the gradient
  points out of the box all around, checks it.
*/
#pragma once
#include <reiter/free_energy.h>

typedef struct {
  PetscReal x[REITER_MAX_DIM];
  PetscReal Phi, F;
  PetscReal eigenvalue[REITER_MAX_DIM]; /* of the Hessian of Phi, ascending */
  PetscInt index;                       /* how many are negative */
  PetscBool degenerate;                 /* one is zero to round-off: a bifurcation is here */
} BoxPoint;

typedef struct {
  PetscInt cells;     /* that were looked at */
  PetscInt unknown;   /* where the free energy has no value */
  PetscBool complete; /* no cell was left over by the limits of work */
  PetscInt degree;    /* sum of (-1)^index */
  PetscBool outward;  /* the gradient points out of the box at its boundary: degree must be 1 */
} StationaryReport;

/* Points at the free numbers p[m], in the order of F, in box[dim][2]. Caller frees (PetscFree). */
PetscErrorCode StationaryFind(FreeEnergy energy, const PetscReal p[], const PetscReal box[][2], PetscInt *n,
                              BoxPoint **points, StationaryReport *report);
