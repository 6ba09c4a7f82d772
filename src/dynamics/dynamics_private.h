/*
  The kinds of dynamics behind one handle. A kind fills in `info`, its functions and its data when it is created.
*/
#pragma once
#include <reiter/dynamics.h>

typedef struct {
  /* As DynamicsEvaluate(), with 1 <= n <= DYNAMICS_BLOCK. What comes out for a point must not depend, to the bit, on its
     place among the others or on their number, as long as n is a multiple of DYNAMICS_LANES: loops that vectorise do
     their last points with other functions. */
  PetscErrorCode (*evaluate)(Dynamics dynamics, PetscInt n, PetscInt stride, const PetscReal x[],
                             PetscReal b[], PetscReal S[], PetscReal log_w[]);
  /* What the derivative of the drift allows, and its kinks (infinity: there are none). */
  PetscErrorCode (*largest_step)(Dynamics dynamics, const PetscReal box[][2], PetscReal *smooth,
                                 PetscReal *kinks);
  /* Frees `data`. */
  PetscErrorCode (*destroy)(Dynamics dynamics);
} DynamicsOps;

struct _p_Dynamics {
  const DynamicsOps *ops;
  DynamicsInfo info;
  void *data;
};
