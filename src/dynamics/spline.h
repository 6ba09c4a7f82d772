/*
  Uniform tensor B-splines of odd degree on a box, several functions over one grid: value and gradient of all of them at
  a point. The coefficients of all functions at a knot lie side by side, so that a point loads (degree + 1)^dim vectors
  and needs no gather.
*/
#pragma once
#include <petscsys.h>

enum { SPLINE_BLOCK = 32, SPLINE_DIM = 3, SPLINE_FUNCTIONS = 8 };

typedef struct {
  PetscInt dim, degree;          /* 3: twice, 5: four times differentiable */
  PetscInt functions;            /* side by side: 1, 2, 4 or 8 */
  PetscInt cells[SPLINE_DIM];    /* along each axis, 1 beyond dim */
  PetscInt sites[SPLINE_DIM];    /* cells + degree: coefficients, and places of interpolation; 1 beyond dim */
  PetscInt distance[SPLINE_DIM]; /* of neighbours along an axis, in coefficients of one function */
  PetscReal low[SPLINE_DIM], high[SPLINE_DIM], h[SPLINE_DIM];
  PetscReal *c; /* [sites z][sites y][sites x][functions], and a few zeros more */
} SplineGrid;

/* Coefficients are zero. */
PETSC_INTERN PetscErrorCode SplineCreate(PetscInt dim, PetscInt degree, PetscInt functions,
                                         const PetscInt cells[], const PetscReal box[][2], SplineGrid *grid);
PETSC_INTERN PetscErrorCode SplineDestroy(SplineGrid *grid);
/* Coordinate of the place of interpolation `i` of an axis. */
PETSC_INTERN PetscReal SplineSite(const SplineGrid *grid, PetscInt axis, PetscInt i);
/* From values at the places, in c, to coefficients, in place. */
PETSC_INTERN PetscErrorCode SplineInterpolate(SplineGrid *grid);
/* At SPLINE_BLOCK points inside of the box, the component a of them at x[a * stride]: out[0] values, out[1 + a] derivatives,
   each [point][functions]. A point's numbers depend on nothing but the point. */
PETSC_INTERN void SplineEvaluate(const SplineGrid *grid, PetscInt stride, const PetscReal x[],
                                 PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS]);
