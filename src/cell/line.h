/*
  Integrals of a cell's coefficient along one axis of the torus, K = exp(log_w) C varying with y_c only,
  everything relative to the largest exponent so that nothing overflows.
*/
#pragma once
#include <reiter/cell.h>

/* For C from above (0) and from below (1), i, j != c. */
typedef struct {
  PetscReal log_inverse[2]; /* log int exp(-log_w) / C_cc */
  PetscReal ratio[2][3];    /* int C_cj / C_cc */
  PetscReal schur[2][6];    /* int exp(log_w - log_top) (C_ij - C_ic C_cj / C_cc), packed */
  PetscReal log_top;
  PetscReal log_w, log_what; /* log int exp(+-log_w) */
  PetscReal log_z, log_zhat; /* log int exp(+-log_w) (z or zhat of the scales inside) */
  PetscReal error;           /* relative, of the worst of them */
  PetscInt nodes;
} LineIntegrals;

/* Smooth coefficients by the trapezoid rule on nested grids, others by Gauss quadrature on panels that are
   bisected where halving changes the sums; at most max_nodes evaluations. */
PetscErrorCode LineIntegrate(const CellProblem *problem, PetscInt c, PetscInt max_nodes, LineIntegrals *line,
                             CellFailure *failure);
