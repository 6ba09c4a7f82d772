/* The incomplete gamma function, for the chi-square test. */
#include "ensemble_private.h"
#include <math.h>

enum { TERMS = 100000 };

/* P(a, x) by its series, all terms positive; for x < a + 1. */
static PetscReal lower_series(PetscReal a, PetscReal x)
{
  PetscReal term = 1 / a, sum = term;

  for (PetscInt n = 1; n < TERMS && term > 1e-17 * sum; n++) sum += term *= x / (a + (PetscReal)n);
  return sum * exp(a * log(x) - x - lgamma(a));
}

/* Q(a, x) by Legendre's continued fraction (Lentz); for x >= a + 1. */
static PetscReal upper_fraction(PetscReal a, PetscReal x)
{
  PetscReal b = x + 1 - a, c = 1e300, d = 1 / b, value = d;

  for (PetscInt n = 1; n < TERMS; n++) {
    const PetscReal numerator = -(PetscReal)n * ((PetscReal)n - a);

    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    value *= c * d;
    if (PetscAbsReal(c * d - 1) < 1e-16) break;
  }
  return value * exp(a * log(x) - x - lgamma(a));
}

PetscReal ChiSquareTail(PetscReal k, PetscReal x)
{
  const PetscReal a = k / 2, y = x / 2;

  if (!(y > 0)) return 1;
  if (PetscIsInfReal(y)) return 0;
  return y < a + 1 ? 1 - lower_series(a, y) : upper_fraction(a, y);
}
