/* Sums of vectors into the states of many times. */
#include "evolve_private.h"

enum { CHUNK = 512 }; /* entries that stay in the first cache while all times take their share */

static void add(PetscInt n, const PetscReal c[EVOLVE_BLOCK], const PetscReal *const v[EVOLVE_BLOCK],
                PetscReal *restrict to)
{
  const PetscReal *restrict const v0 = v[0], *restrict const v1 = v[1], *restrict const v2 = v[2];
  const PetscReal *restrict const v3 = v[3], *restrict const v4 = v[4], *restrict const v5 = v[5];
  const PetscReal *restrict const v6 = v[6], *restrict const v7 = v[7];

  for (PetscInt i = 0; i < n; i++)
    to[i] += ((c[0] * v0[i] + c[1] * v1[i]) + (c[2] * v2[i] + c[3] * v3[i])) +
             ((c[4] * v4[i] + c[5] * v5[i]) + (c[6] * v6[i] + c[7] * v7[i]));
}

PetscErrorCode EvolveAccumulate(Evolve e, PetscInt first, const PetscReal coefficients[], Vec block[])
{
  const PetscReal *v[EVOLVE_BLOCK], *at[EVOLVE_BLOCK];
  PetscReal **to;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(e->start, &n));
  PetscCall(PetscMalloc1(e->n_times, &to));
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecGetArrayRead(block[b], &v[b]));
  for (PetscInt j = first; j < e->n_times; j++) PetscCall(VecGetArray(e->states[j], &to[j]));
  for (PetscInt i = 0; i < n; i += CHUNK) {
    const PetscInt length = PetscMin(CHUNK, n - i);
    for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) at[b] = v[b] + i;
    for (PetscInt j = first; j < e->n_times; j++) {
      PetscReal c[EVOLVE_BLOCK], any = 0;
      for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) {
        c[b] = coefficients[b * e->n_times + j];
        any += PetscAbsReal(c[b]);
      }
      if (any > 0) add(length, c, at, to[j] + i);
    }
  }
  for (PetscInt j = first; j < e->n_times; j++) PetscCall(VecRestoreArray(e->states[j], &to[j]));
  for (PetscInt b = 0; b < EVOLVE_BLOCK; b++) PetscCall(VecRestoreArrayRead(block[b], &v[b]));
  PetscCall(PetscFree(to));
  PetscFunctionReturn(0);
}
