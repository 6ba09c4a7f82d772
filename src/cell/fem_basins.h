/*
  The wells of a coefficient, and where psi_j = y_j + theta_j jumps.

  At low temperature psi_j is constant to all digits in every well and moves only across the barriers, where
  the coefficient may be e^600 times smaller. Neither nodal values of theta nor an assembled matrix can hold
  that: their rounding errors in a well weigh more than the whole energy. So psi_j is written as a step
  function plus a remainder that is zero at the bottom of every well. The steps are fields on the nodes of
  each element,
    - one for every well but the deepest: 1 on the well and on those that hang on it, 0 elsewhere;
    - one for each direction j: the integer by which y_j winds around the torus, cut along the ridges;
  and their energies come from differences inside elements, never from row sums of a matrix.
*/
#pragma once
#include "torus.h"

typedef struct {
  PetscInt dim, count;
  PetscInt *basin; /* [nodes] */
  PetscInt *shift; /* [nodes][dim] the copy of the node that hangs together with the deepest well's copy 0 */
  PetscInt *root;  /* [count] the deepest node of each; basin 0 is the deepest */
  PetscBool *inside; /* [count][count] entry f*count + b: basin b is f or hangs on it */
} Basins;

/* Wells separated by less than a factor of exp(threshold) are one, where the threshold is the smallest, from
   14 up, that leaves at most `most` of them. log_weight[nodes]. */
PetscErrorCode BasinsCreate(const Torus *torus, const PetscReal log_weight[], PetscInt most, Basins *basins);
PetscErrorCode BasinsDestroy(Basins *basins);

/* Fields: count - 1 wells (field f is basin f + 1), then dim directions. Their values on the `local` unknowns of one
   element, less those at its first unknown: value[fields][local]; active[fields] says which are not zero throughout.
   turns[local][dim]: by how many periods the element's unknown sits ahead of the place that its number stands for.
   Returns false, with value and active not touched, if no field moves. */
PetscBool BasinsLift(const Basins *basins, PetscInt local, const PetscInt index[], const PetscInt turns[],
                     PetscReal value[], PetscBool active[]);
/* turns[local][dim] of the nodes of element e. */
void BasinsTurns(const Torus *torus, const PetscInt e[], PetscInt turns[]);
