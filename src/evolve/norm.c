/* The largest eigenvalue of S by Lanczos, three vectors and no orthogonalisation: the ends of the spectrum come first. */
#include "evolve_private.h"
#include <petscblaslapack.h>

enum { STEPS = 24 };

/* A vector that no eigenvector is orthogonal to in practice, the same on every run. */
static PetscErrorCode scatter_numbers(Vec v)
{
  PetscReal *x;
  PetscInt first, last;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(v, &first, &last));
  PetscCall(VecGetArrayWrite(v, &x));
  for (PetscInt i = first; i < last; i++) {
    const uint64_t h = ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x[i - first] = (PetscReal)((h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) >> 11) * 0x1p-53 - 0.5;
  }
  PetscCall(VecRestoreArrayWrite(v, &x));
  PetscFunctionReturn(0);
}

/* The largest eigenvalue of the tridiagonal matrix, and the last entry of its vector. */
static PetscErrorCode largest(PetscInt m, PetscReal d[], PetscReal e[], PetscReal *value, PetscReal *last)
{
  PetscReal z[STEPS * STEPS], work[2 * STEPS];
  const PetscBLASInt n = (PetscBLASInt)m;
  PetscBLASInt info;

  PetscFunctionBegin;
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("I", &n, d, e, z, &n, work, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "steqr returns %d", (int)info);
  *value = d[m - 1];
  *last = PetscAbsReal(z[m * m - 1]);
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveEstimateNorm(Evolve evolve, PetscReal *norm)
{
  PetscReal alpha[STEPS], beta[STEPS] = {0}, size, value, last, rest = 0;
  PetscInt m = 0;
  Vec v[3];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 3; i++) PetscCall(VecDuplicate(evolve->start, &v[i]));
  PetscCall(scatter_numbers(v[0]));
  PetscCall(VecNormalize(v[0], &size));
  while (m < STEPS) {
    Vec here = v[m % 3], next = v[(m + 1) % 3], before = v[(m + 2) % 3];
    PetscCall(MatMult(evolve->system->S, here, next));
    PetscCall(VecDot(next, here, &alpha[m]));
    PetscCall(VecAXPY(next, -alpha[m], here));
    if (m > 0) PetscCall(VecAXPY(next, -beta[m - 1], before));
    PetscCall(VecNorm(next, NORM_2, &rest));
    beta[m++] = rest;
    if (rest <= 1e-12 * evolve->system->norm) break;
    PetscCall(VecScale(next, 1 / rest));
  }
  for (PetscInt i = 0; i < 3; i++) PetscCall(VecDestroy(&v[i]));
  PetscCall(largest(m, alpha, beta, &value, &last));
  evolve->info.steps += m;
  *norm = PetscMin(evolve->system->norm, 1.005 * (value + rest * last));
  PetscFunctionReturn(0);
}
