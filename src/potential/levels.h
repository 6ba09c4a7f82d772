/* The potential's inside, shared by its values (potential.c), its kinks (breaks.c) and its check (check.c).
 */
#pragma once
#include <reiter/potential.h>

/* Which of value, gradient and Laplacian a program computes: bits. */
#define WANT_VALUE     1
#define WANT_GRADIENT  2
#define WANT_LAPLACIAN 4
#define WANT_PROGRAMS  8

/* T_k */
typedef struct {
  Expression sum;
  VariableSet variables;
  Expression seen;  /* every term that touches x_k, of this level and of faster ones */
  PetscBool smooth; /* `seen`, in x_k */
  PetscBool separates;
  Expression gradient[REITER_MAX_DIM], laplacian; /* derived when first asked for */
  Program programs[WANT_PROGRAMS];
  PetscBool have_switches;
  PetscInt n_switches;
  Expression *switches;
  PetscBool have_breaks[REITER_MAX_DIM]; /* kept if they do not depend on other scales */
  PetscInt n_breaks[REITER_MAX_DIM];
  PetscReal *breaks[REITER_MAX_DIM];
  Program
      faster; /* the sum of T_j, j > k, at scattered points, and whether that is smooth; made when asked for */
  VariableSet faster_variables;
  PetscBool faster_smooth;
} Level;

struct _p_Potential {
  PetscInt dim, scales;
  PetscReal temperature;
  Expression V0, V1; /* never NULL: zero instead */
  Expression V0_gradient[REITER_MAX_DIM];
  Program reference, resolved; /* V0 and V1 at scattered points, made when first asked for */
  PetscInt n_terms;
  Expression *terms; /* of V1 */
  Level levels[REITER_MAX_SCALES + 1];
};

/* Kronecker's sequence: number i, coordinate j <= REITER_VARIABLES, in (0, 1). Square roots of primes keep off kinks
   at simple fractions. */
PETSC_INTERN PetscReal PotentialQuasiRandom(PetscInt i, PetscInt j);
