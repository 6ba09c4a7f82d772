/* The cell problem (1.1) of one coefficient with one unknown function per direction. */
#pragma once
#include "fem_element.h"
#include "fem_steps.h"

/* Entry jk is e[3*j + k] * exp((scale[j] + scale[k])/2). */
typedef struct {
  PetscReal e[9];
  PetscReal scale[REITER_MAX_DIM];
} FemEnergy;

/* psi_j = y_j + theta_j on the nodes. */
typedef struct {
  Basins basins;
  Steps steps;
} FemPsi;

/* Assembles and solves. On a failure psi is not to be used (but is to be destroyed). */
PetscErrorCode FemPsiSolve(FemLinear *linear, const Torus *torus, const FemQuadrature *quadrature,
                           const FemCoefficient *coefficient, PetscReal rtol, FemPsi *psi,
                           PetscInt *iterations, CellFailure *failure);
PetscErrorCode FemPsiDestroy(FemPsi *psi);
/* int (grad psi_j).K (grad psi_k), any quadrature. */
PetscErrorCode FemPsiEnergy(const FemPsi *psi, const Torus *torus, const FemQuadrature *quadrature,
                            const FemCoefficient *coefficient, FemEnergy *energy);
/* theta_j at the nodes, up to a constant. */
PetscErrorCode FemPsiTheta(const FemPsi *psi, const Torus *torus, PetscInt j, PetscReal theta[]);
