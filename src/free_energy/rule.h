/*
  Quadrature over the fast variables of a group, at three resolutions at once: a quarter, a half and all of n points per
  variable, so that every average comes with the error of the coarser ones. Trapezoid rules (nested, so that the coarser
  ones cost nothing) where the integrand is smooth, Gauss-Legendre between breaks elsewhere.
*/
#pragma once
#include <petscsys.h>
#include <reiter/expression.h>

#define MOST_FAST   (REITER_VARIABLES - REITER_MAX_DIM)
#define MOST_POINTS ((PetscInt)1 << 22)
#define MOST_BREAKS 256
#define SEGMENTS    3

typedef struct {
  PetscInt n_fast, n; /* n = 0: not made yet */
  PetscBool nested;   /* resolution l is the points of segments 0..l; otherwise of segment l alone */
  PetscInt begin[SEGMENTS + 1]; /* points [begin[l], begin[l + 1]) */
  PetscReal measure[SEGMENTS];  /* the sum of their weights */
  PetscReal *point[MOST_FAST];  /* [begin[SEGMENTS]]; may be freed by who no longer needs them */
  PetscReal *weight;            /* [begin[SEGMENTS]], NULL: all one */
} Rule;

/* Breaks of each variable, sorted in [0, 1). */
typedef struct {
  PetscInt n[MOST_FAST];
  PetscReal *at[MOST_FAST];
} Breaks;

/* The next resolution above n; RULE_LEAST is the first. */
#define RULE_LEAST 8
PETSC_INTERN PetscInt RuleFiner(PetscInt n);
PETSC_INTERN PetscInt RuleCoarser(PetscInt n);
/* *fits is false, and the rule is left alone, if there would be more than MOST_POINTS. */
PETSC_INTERN PetscErrorCode RuleBuild(Rule *rule, PetscInt n_fast, PetscInt n, const Breaks *breaks,
                                      PetscBool *fits);
PETSC_INTERN PetscErrorCode RuleDestroy(Rule *rule);
