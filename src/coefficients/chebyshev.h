/*
  Piecewise tensor Chebyshev interpolation: a tree of boxes, each split across one direction or carrying a polynomial of
  its own order in every direction. The nodes of orders 4, 8, 16 and 32 (Lobatto) are nested, and those on the faces of
  boxes are shared: a value is computed once.
*/
#pragma once
#include <reiter/expression.h>

#define CHEBYSHEV_ORDER      32
#define CHEBYSHEV_COMPONENTS 8 /* at most; rows of coefficients are padded to an even number */
#define CHEBYSHEV_CHECKS     8

typedef struct {
  PetscReal low[REITER_MAX_DIM], high[REITER_MAX_DIM];
  PetscInt order[REITER_MAX_DIM]; /* 0: the functions do not depend on it */
  PetscInt split, child[2];       /* split < 0: none */
  PetscReal *coefficients;        /* [k2][k1][k0][stride]; NULL while it is open */
  PetscInt *length;               /* [k2][k1] how many k0 matter */
  PetscReal error;                /* estimated */
} ChebyshevBox;

/* Values at points, found again by their coordinates. */
typedef struct {
  PetscInt n, capacity, slots;
  PetscReal *x;      /* [n][REITER_MAX_DIM] */
  PetscReal *values; /* [n][CHEBYSHEV_COMPONENTS] */
  PetscInt *table;   /* [slots] */
} PointStore;

PETSC_INTERN PetscErrorCode PointStoreFind(PointStore *store, const PetscReal x[], PetscInt *point);
PETSC_INTERN PetscErrorCode PointStoreDestroy(PointStore *store);

typedef struct {
  PetscInt components, stride;
  PetscInt n, capacity;
  ChebyshevBox *boxes; /* the root first */
} ChebyshevTree;

PETSC_INTERN PetscErrorCode ChebyshevTreeDestroy(ChebyshevTree *tree);
PETSC_INTERN PetscErrorCode ChebyshevTreeAdd(ChebyshevTree *tree, const ChebyshevBox *box, PetscInt *which);
/* The number of nodes of a box; their points are found in, or added to, the store: point[node], direction 0 fastest. */
PETSC_INTERN PetscInt ChebyshevNodes(const ChebyshevBox *box);
PETSC_INTERN PetscErrorCode ChebyshevFindNodes(const ChebyshevBox *box, PointStore *store, PetscInt point[]);
/* The points off the nodes where a box is checked: point[ChebyshevChecks()]. */
PETSC_INTERN PetscInt ChebyshevChecks(const ChebyshevBox *box);
PETSC_INTERN PetscErrorCode ChebyshevFindChecks(const ChebyshevBox *box, PointStore *store, PetscInt point[]);
/* Coefficients [node][stride] of the interpolant through the nodes. */
PETSC_INTERN PetscErrorCode ChebyshevTransform(const ChebyshevTree *tree, const ChebyshevBox *box,
                                               const PointStore *store, PetscReal coefficients[]);
/* Takes the coefficients over as those of a box; what adds up to less than `negligible` is left out. */
PETSC_INTERN PetscErrorCode ChebyshevSettle(const ChebyshevTree *tree, ChebyshevBox *box,
                                            PetscReal coefficients[], PetscReal negligible);
/* sum[CHEBYSHEV_COMPONENTS] at x inside of the root. */
PETSC_INTERN void ChebyshevEvaluate(const ChebyshevTree *tree, const PetscReal x[], PetscReal sum[]);
/* The same of one box. */
PETSC_INTERN void ChebyshevEvaluateBox(const ChebyshevTree *tree, const ChebyshevBox *box,
                                       const PetscReal x[], PetscReal sum[]);
