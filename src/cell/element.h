/*
  One-dimensional tables of a Q_p element on [0, 1]: Lagrange basis on the Gauss-Lobatto-Legendre nodes,
  values and slopes at Gauss points, and the products that sum-factored kernels contract with.
*/
#pragma once
#include <petscsys.h>

#define ELEMENT_MAX_ORDER 12

/* n Gauss points and weights on [0, 1]. */
PetscErrorCode ElementGauss(PetscInt n, PetscReal point[], PetscReal weight[]);
/* The order + 1 GLL nodes on [0, 1]; order 0 is the constant element with its node at 0. */
PetscErrorCode ElementNodes(PetscInt order, PetscReal node[]);
/* Values and slopes at x of the Lagrange polynomials on the order + 1 nodes. */
void ElementBasis(PetscInt order, const PetscReal node[], PetscReal x, PetscReal value[], PetscReal slope[]);

/* The second index of `at` and of the pairs is 0 for the value and 1 for the slope. */
typedef struct {
  PetscInt order, n, points; /* n = order + 1 nodes */
  PetscBool folded;          /* a single periodic element: its last node is its first */
  PetscReal *point, *weight; /* [points] */
  PetscReal *at[2];          /* [n][points], point fastest */
  PetscReal *pair[2][2];     /* [points][n*n]: at[k] of node a times at[l] of node b, entry a*n + b */
  PetscReal *square[2][2]; /* [points][n]: the same for a = b; in a folded element the last node's function is
                              added to the first one's, and its own entry is zero */
} ElementTable;

PetscErrorCode ElementTableCreate(PetscInt order, PetscInt points, PetscBool folded, ElementTable *table);
PetscErrorCode ElementTableDestroy(ElementTable *table);

/* out[r][m] (+)= sum_q in[q][r] table[q][m]: contracts the slowest index and makes the new one the fastest,
   so that d contractions turn a tensor through all its directions. */
void ElementContract(PetscInt nq, PetscInt nr, PetscInt nm, const PetscReal in[], const PetscReal table[],
                     PetscBool add, PetscReal out[]);
