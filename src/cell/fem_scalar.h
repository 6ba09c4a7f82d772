/* The cell problem (1.1) of one coefficient with one unknown function per direction. */
#pragma once
#include "fem_basins.h"
#include "fem_element.h"
#include "fem_linear.h"

/* Entry jk is e[3*j + k] * exp((scale[j] + scale[k])/2). */
typedef struct {
  PetscReal e[9];
  PetscReal scale[REITER_MAX_DIM];
} FemEnergy;

/* psi_j = y_j + theta_j: the steps of the basins plus a remainder at the nodes.
     psi_j / exp(scale of direction j / 2) = sum_f share[j][f] exp(-scale[f]/2) step_f + exp(-log_d/2) u[j] */
typedef struct {
  PetscInt dim, fields;
  Basins basins;
  PetscReal *log_d; /* [nodes] logarithm of the stiffness matrix' diagonal */
  PetscReal *scale; /* [fields] the largest level of the elements in which the step is not constant */
  PetscReal *u;     /* [dim][nodes] */
  PetscReal *share; /* [dim][fields] */
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
