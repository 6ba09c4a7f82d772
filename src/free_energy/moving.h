/*
  A group with one fast variable y whose kinks or jumps lie at places a(x, p) that move. Between two of them
  y = a + t (b - a), and with t fixed
    U~(x, p, t) = U(x, p, y) - log(b - a)
  is smooth, so that the average of exp(-U~) over t has the derivatives of the cumulants; those of a come from the
  function that vanishes there, by the chain rule.
*/
#pragma once
#include "derivatives.h"
#include "rule.h"

typedef struct {
  Derivatives in_y[4]; /* of U, dU/dy, .., d3U/dy3 */
} Composite;

typedef struct {
  Composite U;
  PetscInt n_switches;
  Composite *switches; /* [n_switches] */
  Program *values;     /* [n_switches] of the functions themselves */
  PetscInt n_breaks;   /* at the last place */
  PetscReal (
      *breaks)[MOST_ENTRIES]; /* [MOST_BREAKS + 1] each with its derivatives; the last one is the first + 1 */
  PetscReal *t;               /* [points of the rule] */
  PetscInt *panel;            /* [points of the rule] */
} Moving;

/* U of the fast variable FastIndex(0); switches are those of U. */
PETSC_INTERN PetscErrorCode MovingCreate(Expression U, PetscInt n, const Expression switches[],
                                         Moving **moving);
PETSC_INTERN PetscErrorCode MovingDestroy(Moving **moving);
/* The breaks at values[REITER_SLOTS] (that of y is changed); *good is false if they or their derivatives are not known. */
PETSC_INTERN PetscErrorCode MovingLocate(Moving *moving, const Shape *shape, PetscInt order,
                                         PetscReal values[], PetscBool *good);
/* A rule of resolution n between the breaks; *fits is false if it has more than `most` points. */
PETSC_INTERN PetscErrorCode MovingRule(Moving *moving, PetscInt n, PetscInt most, Rule *rule,
                                       PetscBool *fits);
/* All entries of U~ up to the order at the rule's points: f[entry][points]. magnitude[entry]: the largest sum of the
   absolute values of the parts that are added up. */
PETSC_INTERN PetscErrorCode MovingFill(Moving *moving, const Shape *shape, PetscInt order, const Rule *rule,
                                       PetscReal values[], PetscReal *const f[], PetscReal magnitude[]);
