/* Where things are in the plain memory of states and totals. */
#pragma once
#include <reiter/estimate.h>
#include "tally.h"

/* With fewer paths than this the errors come from batches in time. */
enum { ENOUGH_PATHS = 8, TIME_BATCHES = 32, POOLS = 64 };

/* One subsampling time k: increments begin at every stride-th sample. The ring holds the last k samples of those, each
   with the values of the basis. */
typedef struct {
  PetscInt k, stride, slots;
  size_t ring; /* offset in the state: [slots][width] */
  PetscInt sums;
} Subsampling;

/* One filter: Z_{n+1} = keep Z_n + (1 - keep) X_n, so that Z_n knows nothing of the step from X_n. */
typedef struct {
  PetscReal width, keep;
  PetscInt64 warm_up; /* samples before the first that counts: Z starts at X */
  size_t at;          /* offset in the state: Z[dim], f(Z)[n_basis * dim] */
  PetscInt sums;
} Filter;

/* Sums of a time: terms, upper triangle of the products, then for the drift the matrix and the right-hand side. */
struct _p_Estimator {
  PetscInt dim, n_products, n_basis, n_values; /* n_values = n_basis * dim */
  PetscReal dt;
  PetscInt n_subsampling, n_filters;
  Subsampling *subsampling;
  Filter *filter;
  Program basis;    /* NULL without */
  PetscInt n_sums;  /* of all times */
  PetscInt batches; /* in time, of a path: 1 where there are enough paths for errors over paths */
  PetscInt length;  /* of a state, in PetscReals */
  /* Values of the basis at a block of samples, at their filtered positions, and those. */
  PetscReal *f, *Z, *fZ; /* [n_values][BLOCK], [n_filters][dim][BLOCK], [n_filters][n_values][BLOCK] */
};

/* The state: number of samples, last sample with its values, tally of the path, filters, rings. */
enum { STATE_COUNT, STATE_LAST };
PetscInt EstimatorTallyAt(Estimator e);
/* The total: paths, samples, samples of the longest path, then the pooled paths, then the tallies of the first ones. */
enum { TOTAL_PATHS, TOTAL_SAMPLES, TOTAL_LONGEST, TOTAL_POOLS };
PetscInt EstimatorFewAt(Estimator e, PetscInt path);
