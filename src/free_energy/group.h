/* Terms of V1/s that share fast variables: one factor of Z1 (mathematics, eq. 1.8), with the quadrature over them. */
#pragma once
#include "derivatives.h"
#include "moving.h"
#include "rule.h"

typedef struct {
  Expression u;
  Program program;
  PetscInt variable; /* of the fast ones */
} Switch;

typedef struct {
  PetscInt copies;  /* groups that are the same but for the names of their fast variables */
  Expression whole; /* V1/s, of fast variables FastIndex(0), .. */
  PetscInt n_fast;
  /* U = V1/s as a formula of x, the free numbers and functions of the fast variables alone, which are known once the
     points are: function j stands for variable FastIndex(j) of U. */
  Derivatives U;
  PetscInt n_basis;
  Program basis;
  PetscReal *at[MOST_FAST]; /* [n_basis][points of the rule] */
  PetscInt n_switches;
  Switch *switches;
  Moving *moving; /* in place of functions at fixed points; NULL if kinks stay */
  PetscBool have_breaks;
  Breaks breaks;
  Rule rule;
  PetscInt wanted; /* resolution to begin with */
  PetscInt hold;   /* evaluations until a coarser one may be tried */
  size_t room;
  PetscReal *work;
} Group;

/* Slots of the fast variables of a group. */
#define FastIndex(v) VariableIndex(1 + (v) / REITER_MAX_DIM, (v) % REITER_MAX_DIM)

/* The groups of V1/s; terms without fast variables are added up in *slow. *moving: some kinks move
   with x or free numbers, in groups of several fast variables. */
PETSC_INTERN PetscErrorCode GroupsCreate(Expression V1, Expression s, PetscInt *n, Group **groups,
                                         Expression *slow, PetscBool *moving);
PETSC_INTERN PetscErrorCode GroupsDestroy(PetscInt *n, Group **groups);
/* Entries of -log int exp(-U) up to the order; values[REITER_SLOTS], changed while this runs. error: the estimated one,
   relative; *good is false if something is not finite, or the error is above the tolerance (and round-off) with as
   many points as are allowed. */
PETSC_INTERN PetscErrorCode GroupEvaluate(Group *group, const Shape *shape, PetscInt order,
                                          PetscReal tolerance, PetscReal values[], PetscReal entries[],
                                          PetscReal *error, PetscBool *good);
