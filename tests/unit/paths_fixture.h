/* Dynamics and paths from formulas, for the tests of paths. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <dynamics/dynamics_private.h>
#include <reiter/paths.h>

#define OK(call) assert_int_equal(call, 0)

typedef struct {
  Potential potential;
  Dynamics dynamics;
  Paths paths;
} Ensemble;

static inline Expression formula_of(PetscInt dim, PetscInt scales, const char *text)
{
  const ExpressionScope scope = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression e;

  OK(ExpressionParse(text, strlen(text), &scope, &e, &error));
  if (!e) fail_msg("%s: %s", text, error.message);
  return e;
}

static inline Ensemble ensemble_of(PetscInt dim, PetscInt scales, double s, double epsilon, const char *V0,
                                   const char *V1)
{
  Expression macro = formula_of(dim, 0, V0), micro = V1 ? formula_of(dim, scales, V1) : NULL;
  Ensemble e;

  OK(PotentialCreate(dim, scales, s, macro, micro, &e.potential));
  OK(ExpressionDestroy(&macro));
  OK(ExpressionDestroy(&micro));
  OK(DynamicsCreateMultiscale(e.potential, epsilon, &e.dynamics));
  OK(PathsCreate(e.dynamics, &e.paths));
  return e;
}

static inline void ensemble_destroy(Ensemble *e)
{
  OK(PathsDestroy(&e->paths));
  OK(DynamicsDestroy(&e->dynamics));
  OK(PotentialDestroy(&e->potential));
}

static inline void paths_set(Paths paths, PathScheme scheme, double dt, uint64_t seed, const char *target,
                             PetscInt dim)
{
  Expression to = target ? formula_of(dim, 0, target) : NULL;
  char *refused;

  OK(PathsSetScheme(paths, scheme));
  OK(PathsSetStep(paths, dt));
  OK(PathsSetSeed(paths, seed));
  OK(PathsSetTarget(paths, to));
  OK(ExpressionDestroy(&to));
  OK(PathsSetUp(paths, &refused));
  if (refused) fail_msg("%s", refused);
}

/* |got - wanted| within `times` standard errors. */
static inline void assert_within(const char *what, double got, double wanted, double standard_error,
                                 double times)
{
  if (!(fabs(got - wanted) <= times * standard_error))
    fail_msg("%s: %.9g, not %.9g within %g times %g", what, got, wanted, times, standard_error);
}
