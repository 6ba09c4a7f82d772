/* Programs for a formula and its derivatives in the shape of a jet; those that vanish are not computed. */
#pragma once
#include "shape.h"

typedef struct {
  Expression entry[MOST_ENTRIES];       /* NULL: zero, or not derived yet */
  PetscInt derived;                     /* the order that has been */
  Program program[4];                   /* of each order; made when first asked for */
  PetscInt n[4], list[4][MOST_ENTRIES]; /* the entries that the program computes, in its order */
} Derivatives;

/* e is referenced. */
PETSC_INTERN PetscErrorCode DerivativesCreate(Expression e, Derivatives *f);
PETSC_INTERN PetscErrorCode DerivativesDestroy(Derivatives *f);
/* Makes program, n and list of the order. */
PETSC_INTERN PetscErrorCode DerivativesPrepare(Derivatives *f, const Shape *shape, PetscInt order);
/* All entries up to the order at one point, values[REITER_SLOTS]. */
PETSC_INTERN PetscErrorCode DerivativesEvaluate(Derivatives *f, const Shape *shape, PetscInt order,
                                                const PetscReal values[], PetscReal entries[]);
