/*
  Inner tensors as points of a linear space: any sum of coordinates is a positive tensor with partition functions, too.
*/
#pragma once
#include "memo.h"

enum { MOST_COORDINATES = 8 }; /* six of a tensor, log_z, log_zhat */

/* How many there are in dim dimensions. */
static inline PetscInt CoordinatesCount(PetscInt dim)
{
  return dim * (dim + 1) / 2 + 2;
}

/* K = C C^T, C lower triangular: log C_ii^2, and C_ij/C_ii below the diagonal, so that errors of coordinates are relative
   ones of K, however different its entries; then log_z and log_zhat. False if upper is not positive. */
PetscBool CoordinatesFromInner(PetscInt dim, const InnerTensor *inner, PetscReal f[]);
/* The logarithm of the largest C_ii^2. */
PetscReal CoordinatesScale(PetscInt dim, const PetscReal f[]);
/* K exp(-log_scale), row-major. */
void CoordinatesToTensor(PetscInt dim, const PetscReal f[], PetscReal log_scale, PetscReal K[]);
/* The whole, with lower = upper/(1 + width). */
void CoordinatesToInner(PetscInt dim, const PetscReal f[], PetscReal width, PetscReal quadrature,
                        PetscReal methods, InnerTensor *inner);
