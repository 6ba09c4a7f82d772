/*
  How far two measures on an interval are from each other, and what is left of the distance between mu^e and mu0 as e
  goes to 0 (mathematics, eq. 3.5). Total variation and relative entropy see the fast variables and do not vanish; the
  weak distance does.
*/
#pragma once
#include <reiter/coefficients.h>

enum { DISTANCE_TOTAL_VARIATION, DISTANCE_ENTROPY, DISTANCE_WASSERSTEIN, DISTANCES };

/* value[] and absolute error[] (estimated from two resolutions):
   total variation int |p - q| dx, without the factor 1/2, so at most 2 (the normalisation of eq. 3.5);
   relative entropy int p log(p/q) dx >= 0;
   Wasserstein-1, which in one dimension is int |P - Q| dx of the distribution functions. [length] */
typedef struct {
  PetscReal value[DISTANCES], error[DISTANCES];
} Distances;

/* p and q are the normalised weights of two coefficients of dimension one on [a, b]. period > 0: the shortest one of
   p: first panels are half of it, their ends on its multiples. *fault tells where there is a weight that is none, or
   one that cannot be resolved. */
PetscErrorCode DistancesCompute(Coefficients p, Coefficients q, PetscReal a, PetscReal b, PetscReal period,
                                Distances *distances, CoefficientFault *fault);
/* The limits e -> 0 of the distances of mu^e from mu0 on [a, b], for a potential of dimension one: with the density of
   the fast variables given x, p(x, y) = exp(-V1(x, y)/s)/Z1(x), they are int mu0 int |p - 1| dy dx and
   int mu0 int p log p dy dx, and 0 for Wasserstein-1. Refined until a change is below the tolerance or the work is
   done that the room allows itself; the last change is the error. NaN (error infinite): too many scales. */
PetscErrorCode DistancesLimit(Potential potential, PetscReal a, PetscReal b, PetscReal tolerance,
                              Distances *limits, CoefficientFault *fault);
