#include "elimination_private.h"
#include "scaled_weight.h"
#include <limits.h>
#include <string.h>

#define REAL      long double
#define POWER     ldexpl
#define ROOT      sqrtl
#define LOGARITHM logl
#define NAME(x)   x##LongDouble

static void update_tile(PetscInt depth, const long double *a, const long double *b, long double acc[4][8])
{
  for (PetscInt j = 0; j < 4; j++) {
    for (PetscInt r = 0; r < 8; r += 2) {
      long double s0 = 0, s1 = 0;
      for (PetscInt k = 0; k < depth; k++) {
        s0 += a[8 * k + r] * b[8 * k + j];
        s1 += a[8 * k + r + 1] * b[8 * k + j];
      }
      acc[j][r] = s0;
      acc[j][r + 1] = s1;
    }
  }
}
#define RANK_UPDATE update_tile
#include "factor_kernel.h"
