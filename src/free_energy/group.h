/* Terms of V1/s that share fast variables: one factor of Z1 (mathematics, eq. 1.8), with the quadrature over them. */
#pragma once
#include "derivatives.h"
#include "rule.h"

typedef struct {
  Expression u;
  Program program;
  PetscInt variable; /* of the fast ones */
} Switch;

typedef struct {
  PetscInt copies; /* groups that are the same but for the names of their fast variables */
  Derivatives U;   /* of fast variables 0, 1, ..: FastIndex() */
  PetscInt n_fast;
  PetscInt n_switches;
  Switch *switches;
  PetscBool have_breaks;
  Breaks breaks;
  Rule rule;
  PetscInt wanted; /* resolution to begin with */
  size_t room;
  PetscReal *work;
} Group;

/* Slots of the fast variables of a group. */
#define FastIndex(v) VariableIndex(1 + (v) / REITER_MAX_DIM, (v) % REITER_MAX_DIM)

/* The groups of V1/s; terms without fast variables are added up in *slow. *moving: some kinks depend on x or on
   free numbers and fast variables. */
PETSC_INTERN PetscErrorCode GroupsCreate(Expression V1, Expression s, PetscInt *n, Group **groups,
                                         Expression *slow, PetscBool *moving);
PETSC_INTERN PetscErrorCode GroupsDestroy(PetscInt *n, Group **groups);
/* Entries of -log int exp(-U) up to the order; values[REITER_SLOTS], changed while this runs. error: the estimated one,
   relative; *good is false if something is not finite, or the error is above the tolerance (and round-off) with as
   many points as are allowed. */
PETSC_INTERN PetscErrorCode GroupEvaluate(Group *group, const Shape *shape, PetscInt order,
                                          PetscReal tolerance, PetscReal values[], PetscReal entries[],
                                          PetscReal *error, PetscBool *good);
