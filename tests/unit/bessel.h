#pragma once
#include <petscmath.h>

/* Modified Bessel function I0 by its power series, times exp(-x): all terms are positive. */
static inline PetscReal bessel_i0_scaled(PetscReal x)
{
  PetscReal sum = 0, log_term = -x;

  for (PetscInt k = 0; k < 2000; k++) {
    sum += PetscExpReal(log_term);
    log_term += 2 * PetscLogReal(x / (2 * (PetscReal)(k + 1)));
  }
  return sum;
}

/* log I0(x) */
static inline PetscReal log_bessel_i0(PetscReal x)
{
  return x + PetscLogReal(bessel_i0_scaled(x));
}
