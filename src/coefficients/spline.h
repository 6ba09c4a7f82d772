/* Cubic splines through any sorted points, order 4: not-a-knot at the ends (through two points the line, through three
   the parabola). */
#pragma once
#include <petscsys.h>

/* slope[i * stride] of the spline through (x[i], f[i * stride]), i < n, n >= 2; work[3 * n]. */
PETSC_INTERN void SplineSlopes(PetscInt n, const PetscReal x[], PetscInt stride, const PetscReal f[],
                               PetscReal slope[], PetscReal work[]);
/* The interval i of x[n] with x[i] <= at < x[i + 1] (clamped to 0..n-2), and there the weights of the values at its
   ends and of the slopes at its ends. */
PETSC_INTERN PetscInt SplineWeights(PetscInt n, const PetscReal x[], PetscReal at, PetscReal weights[2][2]);
