/*
  Coefficients in closed form: Bessel functions for Chebyshev, Poisson weights for uniformisation. Both scaled by
  exp(-a), for a up to 1e9 and more.
*/
#include "evolve_private.h"

/* -log of exp(-a) I_k(a), without the algebraic factor, which is below 1: the uniform expansion for large order. */
static PetscReal decay(PetscReal k, PetscReal a)
{
  const PetscReal r = PetscSqrtReal(k * k + a * a);

  return k * asinh(k / a) - k * k / (r + a);
}

/* The least k with decay(k, a) >= nats. */
static PetscInt find_order(PetscReal a, PetscReal nats)
{
  PetscInt low = 0, high = 1;

  while (decay((PetscReal)high, a) < nats) high *= 2;
  while (high - low > 1) {
    const PetscInt middle = low + (high - low) / 2;
    if (decay((PetscReal)middle, a) < nats)
      low = middle;
    else
      high = middle;
  }
  return high;
}

PetscInt ChebyshevDegree(PetscReal a, PetscReal tail)
{
  /* The tail is at most c_k / (1 - ratio), and 1/(1 - ratio) <= 2 (1 + a/k) or so. */
  return a > 0 ? find_order(a, PetscLogReal((4 + 4 * PetscSqrtReal(a)) / tail)) : 0;
}

/* Miller: the downward recurrence I_{k-1} = I_{k+1} + (2k/a) I_k is stable, and I_0 + 2 sum I_k = exp(a). It starts where
   I_k is exp(-90) of I_0; the error of starting with 0 there has died out at orders that matter. */
PetscErrorCode ChebyshevCoefficients(PetscReal a, PetscReal tail, PetscInt *n, PetscReal c[])
{
  const PetscInt degree = ChebyshevDegree(a, tail);
  long double *value, above = 0, here = 1e-60L, sum = 0, rest = 0;

  PetscFunctionBegin;
  *n = degree + 1;
  c[0] = 1;
  if (a <= 0) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(degree + 1, &value));
  for (PetscInt k = PetscMax(find_order(a, 90), degree + 10); k > 0; k--) {
    const long double below = above + 2 * (long double)k / (long double)a * here;
    if (k <= degree) value[k] = 2 * here;
    sum += 2 * here;
    above = here;
    here = below;
    if (here > 1e3000L) { /* small a: the orders above are nothing to this one */
      here *= 1e-3000L;
      above *= 1e-3000L;
      sum *= 1e-3000L;
      for (PetscInt j = k; j <= degree; j++) value[j] *= 1e-3000L;
    }
  }
  value[0] = here;
  sum += here;
  for (PetscInt k = 0; k <= degree; k++) c[k] = (PetscReal)(value[k] / sum);
  for (PetscInt k = degree; k > 0 && rest + (long double)c[k] < 0.25L * (long double)tail; k--) {
    rest += (long double)c[k];
    *n = k;
  }
  PetscCall(PetscFree(value));
  PetscFunctionReturn(0);
}

PetscReal PoissonWeight(PetscReal a, PetscInt k)
{
  if (a <= 0) return k == 0 ? 1 : 0;
  return (PetscReal)expl((long double)k * logl((long double)a) - (long double)a -
                         lgammal((long double)k + 1));
}

/* Chernoff: P(X >= k) and P(X <= k) are at most exp(-a) (e a/k)^k on their sides of a. */
static PetscReal poisson_decay(PetscReal a, PetscReal k)
{
  return k > 0 ? k * PetscLogReal(k / a) - k + a : a;
}

PetscErrorCode PoissonWindow(PetscReal a, PetscReal tail, PetscInt *first, PetscInt *n)
{
  const PetscReal nats = PetscLogReal(2 / tail);
  PetscReal low = 0, high = a, end = a + 2 * nats + 2 * PetscSqrtReal(2 * a * nats) + 2;

  PetscFunctionBegin;
  *first = 0;
  *n = 1;
  if (a <= 0) PetscFunctionReturn(0);
  if (a > nats) { /* the last k whose lower tail is negligible */
    while (high - low > 0.5) {
      const PetscReal middle = 0.5 * (low + high);
      if (poisson_decay(a, middle) > nats)
        low = middle;
      else
        high = middle;
    }
    *first = (PetscInt)low;
  }
  low = a;
  while (end - low > 0.5) {
    const PetscReal middle = 0.5 * (low + end);
    if (poisson_decay(a, middle) > nats)
      end = middle;
    else
      low = middle;
  }
  *n = (PetscInt)end + 1 - *first;
  PetscFunctionReturn(0);
}
