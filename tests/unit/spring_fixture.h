/* A particle on a spring with friction, in closed form. */
#pragma once
#include <petscsys.h>

/* q'' + g q' + q = 0 from q0, p0. */
static inline void spring_move(PetscReal g, PetscReal t, PetscReal *q, PetscReal *p)
{
  const PetscReal q0 = *q, p0 = *p, d = g * g / 4 - 1;
  PetscReal c, s; /* exp(-g t/2) times cosh(w t) and sinh(w t)/w */

  if (PetscAbsReal(d) < 1e-14) {
    c = PetscExpReal(-g * t / 2);
    s = c * t;
  } else if (d < 0) {
    const PetscReal w = PetscSqrtReal(-d);
    c = PetscExpReal(-g * t / 2) * PetscCosReal(w * t);
    s = PetscExpReal(-g * t / 2) * PetscSinReal(w * t) / w;
  } else {
    const PetscReal w = PetscSqrtReal(d), slow = PetscExpReal(-t / (g / 2 + w)),
                    fast = PetscExpReal(-(g / 2 + w) * t);
    c = (slow + fast) / 2;
    s = (slow - fast) / (2 * w);
  }
  *q = q0 * (c + g / 2 * s) + p0 * s;
  *p = p0 * (c - g / 2 * s) - q0 * s;
}
