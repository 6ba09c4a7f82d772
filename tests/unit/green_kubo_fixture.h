/* Series with known correlations, and the way from arrays to a result. */
#pragma once
#include "output_fixture.h"
#include <math.h>
#include <stdlib.h>
#include "green_kubo/green_kubo_private.h"

/* Marsaglia's xorshift64*, and normal numbers by the polar method. */
static uint64_t seed = 88172645463325252u;

static inline double uniform(void)
{
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (double)((seed * 2685821657736338717u) >> 11) * 0x1p-53;
}

static inline double normal(void)
{
  double u, v, r;

  do {
    u = 2 * uniform() - 1;
    v = 2 * uniform() - 1;
    r = u * u + v * v;
  } while (r >= 1 || r == 0);
  return u * sqrt(-2 * log(r) / r);
}

static inline double *series(PetscInt n)
{
  double *const x = calloc((size_t)n, sizeof(*x));

  assert_non_null(x);
  return x;
}

/* Exact samples of an Ornstein-Uhlenbeck process with the correlation C e^(-rate t). */
static inline void ornstein_uhlenbeck(PetscInt n, double dt, double C, double rate, double x[])
{
  const double keep = exp(-rate * dt), kick = sqrt(C * (1 - keep * keep));

  x[0] = sqrt(C) * normal();
  for (PetscInt i = 1; i < n; i++) x[i] = keep * x[i - 1] + kick * normal();
}

/* Exact samples of a complex one: <x(0) x(t)> = <y(0) y(t)> = e^(-rate t) cos wt, <x(0) y(t)> = e^(-rate t) sin wt. */
static inline void rotating(PetscInt n, double dt, double rate, double w, double x[], double y[])
{
  const double keep = exp(-rate * dt), kick = sqrt(1 - keep * keep), c = cos(w * dt), s = sin(w * dt);

  x[0] = normal();
  y[0] = normal();
  for (PetscInt i = 1; i < n; i++) {
    x[i] = keep * (c * x[i - 1] - s * y[i - 1]) + kick * normal();
    y[i] = keep * (s * x[i - 1] + c * y[i - 1]) + kick * normal();
  }
}

/* x[dim][n] each, or NULL; one path. Fails if the samples are refused. */
static inline void conclude_series(GreenKuboSettings s, PetscInt n, const double R[], const double P[],
                                   const double F[], GreenKuboResult *result)
{
  const char *key;
  char *refused;
  GreenKubo gk;

  s.has_position = (PetscBool)(R != NULL);
  s.has_momentum = (PetscBool)(P != NULL);
  s.has_force = (PetscBool)(F != NULL);
  OK(GreenKuboCreate(&s, &gk));
  OK(GreenKuboAdd(gk, n, n, R, P, F, PETSC_TRUE));
  OK(GreenKuboConclude(gk, result, &key, &refused));
  if (refused) fail_msg("%s: %s", key, refused);
  OK(GreenKuboDestroy(&gk));
}

static inline PetscBool warns(const GreenKuboResult *result, const char words[])
{
  for (PetscInt i = 0; i < result->n_warnings; i++)
    if (strstr(result->warnings[i], words)) return PETSC_TRUE;
  return PETSC_FALSE;
}

static inline void near(const char what[], double value, double exact, double error)
{
  if (!(fabs(value - exact) <= error)) fail_msg("%s: %.12g, not %.12g +- %.2g", what, value, exact, error);
}
