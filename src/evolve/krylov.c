#include "krylov.h"
#include <petscblaslapack.h>

PetscErrorCode KrylovCreate(PetscInt most, Krylov *k)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(k, sizeof(*k)));
  k->most = most;
  PetscCall(PetscCalloc3(most, &k->v, most, &k->alpha, most, &k->beta));
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovDestroy(Krylov *k)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < k->made; i++) PetscCall(VecDestroy(&k->v[i]));
  PetscCall(VecDestroy(&k->mass));
  PetscCall(PetscFree3(k->v, k->alpha, k->beta));
  PetscFunctionReturn(0);
}

/* Vectors are made when they are needed and kept for the next basis. */
static PetscErrorCode need(Krylov *k, PetscInt n, Vec like)
{
  PetscFunctionBegin;
  if (!k->mass) PetscCall(VecDuplicate(like, &k->mass));
  while (k->made < n) PetscCall(VecDuplicate(like, &k->v[k->made++]));
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovStart(Krylov *k, Vec start, PetscReal norm)
{
  PetscFunctionBegin;
  PetscCall(need(k, 1, start));
  k->m = 0;
  k->invariant = PETSC_FALSE;
  PetscCall(VecCopy(start, k->v[0]));
  PetscCall(VecScale(k->v[0], 1 / norm));
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovRestore(Krylov *k, PetscInt m, const PetscReal numbers[], const Vec vectors[])
{
  PetscFunctionBegin;
  PetscCall(need(k, m + 1, vectors[0]));
  k->m = m;
  PetscCall(PetscArraycpy(k->alpha, numbers, m));
  PetscCall(PetscArraycpy(k->beta, numbers + m, m));
  for (PetscInt i = 0; i <= m; i++) PetscCall(VecCopy(vectors[i], k->v[i]));
  k->invariant = (PetscBool)(m > 0 && k->beta[m - 1] == 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode multiply(Mat B, Vec x, Vec mass, Vec *result)
{
  PetscFunctionBegin;
  if (B) PetscCall(MatMult(B, x, mass));
  *result = B ? mass : x;
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovExtend(Krylov *k, Mat B, Vec x)
{
  const PetscInt n = k->m + 1;
  PetscReal *part, size, square;
  Vec mass = x;

  PetscFunctionBegin;
  PetscCall(need(k, n + 1, x));
  PetscCall(PetscMalloc1(n, &part));
  k->alpha[k->m] = 0;
  PetscCall(multiply(B, x, k->mass, &mass));
  PetscCall(VecDot(x, mass, &square));
  size = PetscSqrtReal(PetscMax(square, 0));
  for (PetscInt pass = 0; pass < 2; pass++) {
    PetscCall(VecMDot(mass, n, k->v, part));
    k->alpha[k->m] += part[k->m];
    for (PetscInt i = 0; i < n; i++) part[i] = -part[i];
    PetscCall(VecMAXPY(x, n, part, k->v));
    PetscCall(multiply(B, x, k->mass, &mass));
  }
  PetscCall(PetscFree(part));
  PetscCall(VecDot(x, mass, &square));
  k->beta[k->m] = PetscSqrtReal(PetscMax(square, 0));
  k->invariant = (PetscBool)(k->beta[k->m] <= 1e-14 * size);
  if (k->invariant) k->beta[k->m] = 0;
  PetscCall(VecAXPBY(k->v[n], k->invariant ? 0 : 1 / k->beta[k->m], 0, x));
  k->m++;
  PetscFunctionReturn(0);
}

/* y = exp(ratio (I - T^-1)) e_1 on the first m columns. An eigenvalue of T at 0 or below is one of S at infinity.
   *sensitivity is |dy| for relative changes of T in its eigenvalues: if the shift is so small that all of them round to 1,
   nothing is known of the exponents. */
static PetscErrorCode small_exponential(const Krylov *k, PetscInt m, PetscReal ratio, PetscReal y[],
                                        PetscReal *sensitivity)
{
  PetscReal *d, *e, *z, *work;
  const PetscBLASInt n = (PetscBLASInt)m;
  PetscBLASInt info;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(m, &d, m, &e, m * m, &z, 2 * m, &work));
  PetscCall(PetscArraycpy(d, k->alpha, m));
  PetscCall(PetscArraycpy(e, k->beta, m));
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("I", &n, d, e, z, &n, work, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "steqr returns %d", (int)info);
  PetscCall(PetscArrayzero(y, m));
  *sensitivity = 0;
  for (PetscInt j = 0; j < m; j++) {
    const PetscReal f = d[j] > 0 ? PetscExpReal(-ratio * PetscMax(1 / d[j] - 1, 0)) : 0;
    if (f > 0) *sensitivity += PetscSqr(z[j * m] * f * ratio / d[j]);
    for (PetscInt i = 0; i < m; i++) y[i] += z[j * m + i] * f * z[j * m];
  }
  *sensitivity = PetscSqrtReal(*sensitivity);
  PetscCall(PetscFree4(d, e, z, work));
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovEvaluate(const Krylov *k, PetscReal ratio, PetscReal norm, Vec g)
{
  PetscReal *y, sensitivity;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(k->m, &y));
  PetscCall(small_exponential(k, k->m, ratio, y, &sensitivity));
  for (PetscInt i = 0; i < k->m; i++) y[i] *= norm;
  PetscCall(VecZeroEntries(g));
  PetscCall(VecMAXPY(g, k->m, y, k->v));
  PetscCall(PetscFree(y));
  PetscFunctionReturn(0);
}

PetscErrorCode KrylovEstimate(const Krylov *k, PetscInt stride, PetscReal ratio, PetscReal *error,
                              PetscReal *rounding)
{
  PetscReal change[2], *y[3], sensitivity[3];

  PetscFunctionBegin;
  *error = 1;
  *rounding = 1;
  if (k->m < 1 || (!k->invariant && k->m <= 2 * stride)) PetscFunctionReturn(0);
  PetscCall(PetscCalloc3(k->m, &y[0], k->m, &y[1], k->m, &y[2]));
  for (PetscInt c = 0; c < (k->invariant ? 1 : 3); c++)
    PetscCall(small_exponential(k, k->m - c * stride, ratio, y[c], &sensitivity[c]));
  /* the eigenvalues of T are good to some of their last digits */
  *rounding = PetscMin(10 * PETSC_MACHINE_EPSILON * ((PetscReal)k->m + sensitivity[0]), 1);
  if (k->invariant) {
    PetscCall(PetscFree3(y[0], y[1], y[2]));
    *error = 0;
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < 2; c++) {
    change[c] = 0;
    for (PetscInt i = 0; i < k->m; i++) change[c] += PetscSqr(y[c][i] - y[c + 1][i]);
    change[c] = PetscSqrtReal(change[c]);
  }
  PetscCall(PetscFree3(y[0], y[1], y[2]));
  /* Slow convergence must not pass for a small error, nor a lucky step for a fast one: the changes to come count as a
     third of the last one to 20 times of it, three times of what a geometric series would make them. */
  const PetscReal rate = change[1] > 0 ? PetscMin(PetscMax(change[0] / change[1], 0.1), 0.95) : 0.1;
  *error = change[0] * PetscMin(3 * rate, 1) / (1 - rate);
  PetscFunctionReturn(0);
}
