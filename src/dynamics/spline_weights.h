/* Uniform B-splines at a place of a cell. */
#pragma once
#include <petscsys.h>

enum { SPLINE_ORDER = 6 };

/* The degree + 1 splines that are not zero at t in [0, 1] of a cell, and their derivatives by t, by the recursion of
   Cox and de Boor (only positive terms). */
static inline __attribute__((always_inline)) void spline_weights(int degree, PetscReal t, PetscReal w[],
                                                                 PetscReal d[])
{
  w[0] = 1;
#pragma GCC unroll 6
  for (int q = 1; q < SPLINE_ORDER && q <= degree; q++) {
    const PetscReal scale = 1 / (PetscReal)q;
    if (q == degree) {
      d[0] = -w[0];
#pragma GCC unroll 6
      for (int i = 1; i < q; i++) d[i] = w[i - 1] - w[i];
      d[q] = w[q - 1];
    }
    w[q] = t * scale * w[q - 1];
    for (int i = q - 1; i > 0; i--)
      w[i] = scale * ((t + (PetscReal)(q - i)) * w[i - 1] + ((PetscReal)(i + 1) - t) * w[i]);
    w[0] = scale * (1 - t) * w[0];
  }
}
