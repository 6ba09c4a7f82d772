/*
  exp(r (I - H^-1)) e_1 for an upper Hessenberg H whose eigenvalues theta have |theta - 1/2| <= 1/2. Fast modes have theta near
  zero, where H^-1 is all rounding; they are over. So H = Q S Q^T (Schur) with them last: the exponential is that of the
  leading block, and by Sylvester's equation S_11 X - X S_22 = E_11 S_12 what the others leave in it.
*/
#include <slepcfn.h>
#include <slepcblaslapack.h>
#include "kinetic/evolution_march.h"

/* exp(-OVER) is nothing. */
static const PetscReal over = 60;

typedef struct {
  PetscReal S[MARCH_VECTORS * MARCH_VECTORS], Q[MARCH_VECTORS * MARCH_VECTORS]; /* m x m, column-major */
  PetscReal re[MARCH_VECTORS], im[MARCH_VECTORS];
  PetscBLASInt m, slow; /* size, and that of the leading block */
} Schur;

static PetscErrorCode factor(Schur *s, PetscReal ratio)
{
  PetscReal work[11 * MARCH_VECTORS], condition, separation;
  PetscBLASInt lwork = 11 * MARCH_VECTORS, liwork = 1, iwork[1], info, one = 1, chosen[MARCH_VECTORS];

  PetscFunctionBegin;
  LAPACKhseqr_("S", "I", &s->m, &one, &s->m, s->S, &s->m, s->re, s->im, s->Q, &s->m, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "hseqr: %d", (int)info);
  for (PetscBLASInt i = 0; i < s->m; i++) {
    const PetscReal size = PetscSqr(s->re[i]) + PetscSqr(s->im[i]);

    chosen[i] = s->re[i] > 0 && ratio * (s->re[i] - size) < over * size; /* r (Re 1/theta - 1) < over */
  }
  LAPACKtrsen_("N", "V", chosen, &s->m, s->S, &s->m, s->Q, &s->m, s->re, s->im, &s->slow, &condition,
               &separation, work, &lwork, iwork, &liwork, &info);
  PetscCheck(info == 0 || info == 1, PETSC_COMM_SELF, PETSC_ERR_LIB, "trsen: %d", (int)info);
  PetscFunctionReturn(0);
}

/* E = exp(r (I - S_11^-1)), column-major slow x slow; *size: the exponent's norm. */
static PetscErrorCode leading_exponential(const Schur *s, FN exponential, PetscReal ratio, PetscReal E[],
                                          PetscReal *size)
{
  const PetscInt n = s->slow;
  PetscScalar *a;
  const PetscScalar *e;
  Mat S11, identity, A;

  PetscFunctionBegin;
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, n, n, NULL, &S11));
  PetscCall(MatDenseGetArrayWrite(S11, &a));
  for (PetscInt j = 0; j < n; j++)
    for (PetscInt i = 0; i < n; i++) a[i + j * n] = s->S[i + j * s->m];
  PetscCall(MatDenseRestoreArrayWrite(S11, &a));
  PetscCall(MatDuplicate(S11, MAT_DO_NOT_COPY_VALUES, &identity));
  PetscCall(MatZeroEntries(identity));
  PetscCall(MatShift(identity, 1));
  PetscCall(MatDuplicate(identity, MAT_DO_NOT_COPY_VALUES, &A));
  PetscCall(MatLUFactor(S11, NULL, NULL, NULL));
  PetscCall(MatMatSolve(S11, identity, A));
  PetscCall(MatScale(A, -ratio));
  PetscCall(MatShift(A, ratio));
  PetscCall(MatNorm(A, NORM_FROBENIUS, size));
  PetscCall(FNEvaluateFunctionMat(exponential, A, identity));
  PetscCall(MatDenseGetArrayRead(identity, &e));
  PetscCall(PetscArraycpy(E, e, n * n));
  PetscCall(MatDenseRestoreArrayRead(identity, &e));
  PetscCall(MatDestroy(&S11));
  PetscCall(MatDestroy(&identity));
  PetscCall(MatDestroy(&A));
  PetscFunctionReturn(0);
}

/* [E X] q, q the first row of Q (the first column of Q^T). X overwrites S_12. */
static PetscErrorCode apply(Schur *s, const PetscReal E[], PetscReal y[])
{
  const PetscBLASInt n = s->slow, rest = s->m - n;
  PetscReal product[MARCH_VECTORS * MARCH_VECTORS] = {0}, z[MARCH_VECTORS] = {0}, scale = 1;
  PetscBLASInt info, minus = -1, lead = s->m;

  PetscFunctionBegin;
  for (PetscBLASInt j = 0; j < rest; j++)
    for (PetscBLASInt k = 0; k < n; k++)
      for (PetscBLASInt i = 0; i < n; i++) product[i + j * lead] += E[i + k * n] * s->S[k + (n + j) * s->m];
  if (rest && n)
    LAPACKtrsyl_("N", "N", &minus, &n, &rest, s->S, &s->m, s->S + n + n * s->m, &s->m, product, &lead, &scale,
                 &info);
  for (PetscBLASInt i = 0; i < n; i++) {
    for (PetscBLASInt k = 0; k < n; k++) z[i] += E[i + k * n] * s->Q[k * s->m];
    for (PetscBLASInt j = 0; j < rest; j++) z[i] += product[i + j * lead] / scale * s->Q[(n + j) * s->m];
  }
  for (PetscBLASInt i = 0; i < s->m; i++) {
    y[i] = 0;
    for (PetscBLASInt k = 0; k < n; k++) y[i] += s->Q[i + k * s->m] * z[k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MarchExponential(FN exponential, PetscInt m, PetscInt rows, const PetscReal H[],
                                PetscReal ratio, PetscReal y[], PetscReal *size)
{
  PetscReal E[MARCH_VECTORS * MARCH_VECTORS];
  Schur s;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(m, &s.m));
  for (PetscInt j = 0; j < m; j++)
    for (PetscInt i = 0; i < m; i++) s.S[i + j * m] = i <= j + 1 ? H[i + j * rows] : 0;
  PetscCall(factor(&s, ratio));
  *size = 0;
  if (s.slow) PetscCall(leading_exponential(&s, exponential, ratio, E, size));
  PetscCall(apply(&s, E, y));
  PetscFunctionReturn(0);
}
