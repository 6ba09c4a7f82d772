#include "absolute.h"
#include <math.h>

enum { BISECTIONS = 44 };

static long double find_zero(const GaussRule *rule, const long double samples[], long double low,
                             long double high, PetscBool positive_at_low)
{
  for (PetscInt step = 0; step < BISECTIONS; step++) {
    const long double middle = (low + high) / 2;
    if ((GaussRuleInterpolate(rule, samples, middle) > 0) == (positive_at_low == PETSC_TRUE))
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

static long double piece(const GaussRule *rule, const long double samples[], long double low,
                         long double high)
{
  long double sum = 0;

  for (PetscInt i = 0; i < GAUSS_POINTS; i++)
    sum += rule->weight[i] * GaussRuleInterpolate(rule, samples, low + (high - low) * rule->t[i]);
  return fabsl(sum * (high - low));
}

PetscReal AbsoluteIntegral(const GaussRule *rule, const long double samples[])
{
  long double place[GAUSS_POINTS + 2], value[GAUSS_POINTS + 2], sum = 0, start = 0;
  PetscBool one_sign = PETSC_TRUE;

  place[0] = 0;
  place[GAUSS_POINTS + 1] = 1;
  value[0] = GaussRuleInterpolate(rule, samples, 0);
  value[GAUSS_POINTS + 1] = GaussRuleInterpolate(rule, samples, 1);
  for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
    place[i + 1] = rule->t[i];
    value[i + 1] = samples[i];
    sum += rule->weight[i] * fabsl(samples[i]);
  }
  for (PetscInt i = 0; i <= GAUSS_POINTS; i++)
    one_sign = (PetscBool)(one_sign && value[i] * value[i + 1] >= 0);
  if (one_sign) return (PetscReal)sum;
  sum = 0;
  for (PetscInt i = 0; i <= GAUSS_POINTS; i++) {
    if (value[i] * value[i + 1] >= 0) continue;
    const long double zero = find_zero(rule, samples, place[i], place[i + 1], (PetscBool)(value[i] > 0));
    sum += piece(rule, samples, start, zero);
    start = zero;
  }
  return (PetscReal)(sum + piece(rule, samples, start, 1));
}
