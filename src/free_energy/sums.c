/*
  Each loop exists for several instruction sets where the compiler can do so, and the exponential is glibc's for vectors,
  as in src/potential/kernels.c.
*/
#include "sums.h"
#include <math.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 22) && defined(__OPTIMIZE__)
__attribute__((simd("notinbranch"), const)) extern double exp(double);
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ANY_MACHINE __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef ANY_MACHINE
#define ANY_MACHINE
#endif

#define LANES 16 /* sums at once: the order of the additions is the same on every machine */

ANY_MACHINE PetscReal SumProducts(PetscInt n, const PetscReal *restrict a, const PetscReal *restrict b)
{
  PetscReal lane[LANES] = {0}, sum = 0;
  PetscInt i = 0;

  for (; i + LANES <= n; i += LANES)
    for (PetscInt l = 0; l < LANES; l++) lane[l] += a[i + l] * b[i + l];
  for (PetscInt l = 0; i < n; i++, l++) lane[l] += a[i] * b[i];
  for (PetscInt half = LANES / 2; half; half /= 2)
    for (PetscInt l = 0; l < half; l++) lane[l] += lane[l + half];
  sum = lane[0];
  return sum;
}

ANY_MACHINE void Multiply(PetscInt n, const PetscReal *restrict a, const PetscReal *restrict b,
                          PetscReal *restrict r)
{
  for (PetscInt i = 0; i < n; i++) r[i] = a[i] * b[i];
}

ANY_MACHINE void Subtract(PetscInt n, PetscReal c, PetscReal *restrict a)
{
  for (PetscInt i = 0; i < n; i++) a[i] -= c;
}

ANY_MACHINE void BoltzmannWeights(PetscInt n, PetscReal shift, const PetscReal *restrict u,
                                  const PetscReal *restrict v, PetscReal *restrict w)
{
  for (PetscInt i = 0; i < n; i++) w[i] = exp(shift - u[i]);
  for (PetscInt i = 0; v && i < n; i++) w[i] *= v[i];
}

PetscReal Least(PetscInt n, const PetscReal u[])
{
  PetscReal least = u[0];

  for (PetscInt i = 1; i < n; i++) {
    if (!(u[i] >= least)) least = u[i]; /* NaN comes in here, */
    if (least != least) break;          /* and stays */
  }
  return least;
}
