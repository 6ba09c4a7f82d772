/* Formulas and points for the tests of coefficients. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <reiter/coefficients.h>
#include <string.h>

#define OK(call) assert_int_equal((call), 0)

static inline Expression parse(PetscInt dim, PetscInt scales, const char formula[])
{
  const ExpressionScope scope = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression e = NULL;

  OK(ExpressionParse(formula, strlen(formula), &scope, &e, &error));
  if (!e) fail_msg("%s: %s", formula, error.message);
  return e;
}

static inline Potential make_potential(PetscInt dim, PetscInt scales, PetscReal s, const char macro[],
                                       const char micro[])
{
  Expression V0 = parse(dim, 0, macro), V1 = parse(dim, scales, micro);
  Potential potential;

  OK(PotentialCreate(dim, scales, s, V0, V1, &potential));
  OK(ExpressionDestroy(&V0));
  OK(ExpressionDestroy(&V1));
  return potential;
}

/* Deterministic points, uniform in [0, 1). */
static inline PetscReal next_uniform(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (PetscReal)(*state >> 8) / 16777216.;
}

static inline PetscReal relative(PetscReal value, PetscReal exact)
{
  return PetscAbsReal(value - exact) / PetscAbsReal(exact);
}
