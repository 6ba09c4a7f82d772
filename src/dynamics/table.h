/*
  The table behind DynamicsCreateDiffusion(): splines of log w and of the entries of the Cholesky factor S of D. Drift and
  noise are computed from these, b = S S^T grad log w + div(S S^T) with the derivatives of the splines themselves: so D is
  positive wherever S is regular, and the tabulated equation has exactly the splines' w as its equilibrium. How far it is
  from the equation asked for follows from the errors of log w and D alone: if |log w~ - log w| < t and D~ is between
  (1 - t) D and (1 + t) D, the energies int w D |grad f|^2 and norms int w f^2 differ by factors within 1 +- 2 t or so, and with
  them all eigenvalues and mean passage times. That is what the grid is refined for; the drift then is off by about t/h at
  worst, and where the weight has a kink by as much as it jumps within a cell of the kink, which changes no average.
*/
#pragma once
#include "dynamics_private.h"
#include "spline.h"

#define TABLE_ENTRIES(dim) ((dim) * ((dim) + 1) / 2)

typedef struct {
  SplineGrid grid;
  PetscReal S[9]; /* of constant noise, row-major */
} DynamicsTable;

/* Fills in the table, and of the info what is known of the noise and the error. On trouble (fault->trouble) there is
   nothing to destroy. */
PETSC_INTERN PetscErrorCode TableFit(Coefficients coefficients, const PetscReal box[][2], PetscReal tolerance,
                                     DynamicsTable *table, DynamicsInfo *info, CoefficientFault *fault);
