/* The equations of curves, and their solver. */
#pragma once
#include <petscsnes.h>
#include <reiter/transitions.h>

struct _p_System {
  EnergyFamily family;
  SystemKind kind;
  PetscInt n;
  PetscReal q;
  PetscReal scale[TRANSITION_UNKNOWNS];
  PetscReal from[TRANSITION_UNKNOWNS], row[TRANSITION_UNKNOWNS]; /* the last equation: row.(u - from) = 0 */
  SNES snes;
  Vec U, R;
  Mat A;
};

void SystemParameters(System s, const PetscReal u[], PetscReal p[2]);
/* r[n], J[n][n + 1]; noise: relative error of the averages. */
PetscErrorCode SystemEquations(System s, const PetscReal u[], PetscReal r[], PetscReal J[], PetscReal *noise,
                               PetscBool *good);
