#pragma once
#include <math.h>
#include <petscsys.h>

/* exp(log_value - log_unit) 2^-power. The exponent is formed in long double: rounded to double it would cost as many
   digits of the weight as it has itself. */
static inline long double ScaledWeight(PetscReal log_value, PetscReal log_unit, int power)
{
  const long double x = ((long double)log_value - (long double)log_unit) -
                        (long double)power * 0.693147180559945309417232121458176568L;
  double head;

  if (x < -11300) return 0;
  if (x < -600 || x > 600) return expl(x);
  head = (double)x;
  return (long double)exp(head) * (1 + (x - (long double)head));
}
