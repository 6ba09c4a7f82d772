/*
  f_th = -grad sum_j c_j U_j by least squares: rows (-d_a U_1, .., -d_a U_n | F_a) of all samples and components. Each block keeps
  the triangle R of a QR factorisation to which rows are appended (no squares of the condition number); the triangles together give
  c by singular values, and the errors come from what each block leaves of the normal equations.
*/
#include "green_kubo_private.h"
#include <petscblaslapack.h>

enum { ROWS = 4096 };
/* Of the singular values, columns scaled to one: below it the data do not tell the functions apart. */
static const PetscReal smallest = 1e-10;

typedef struct {
  GreenKubo gk;
  PetscInt n, w; /* coefficients; columns with the right-hand side */
  Program program;
  PetscReal *R[GK_MAX_DIM], **f, *F; /* [n*dim][GK_PIECE] */
  PetscReal *work, *tau, *space;     /* [ROWS + w][w] by columns, [w], [lwork] */
  PetscBLASInt lwork;
} Fit;

static PetscErrorCode fit_create(GreenKubo gk, Fit *fit)
{
  const PetscInt dim = gk->s.dim, n = gk->s.n_basis;
  Expression *derivative;

  PetscFunctionBegin;
  *fit = (Fit){.gk = gk, .n = n, .w = n + 1};
  PetscCall(PetscMalloc1(n * dim, &derivative));
  PetscCall(PetscMalloc1(n * dim, &fit->f));
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscMalloc1(GK_PIECE, &fit->R[c]));
  for (PetscInt j = 0; j < n; j++) {
    for (PetscInt c = 0; c < dim; c++) {
      PetscCall(ExpressionDerive(gk->s.basis[j], VariableIndex(0, c), &derivative[j * dim + c]));
      PetscCall(PetscMalloc1(GK_PIECE, &fit->f[j * dim + c]));
    }
  }
  PetscCall(ProgramCreate(n * dim, derivative, &fit->program));
  for (PetscInt i = 0; i < n * dim; i++) PetscCall(ExpressionDestroy(&derivative[i]));
  PetscCall(PetscFree(derivative));
  fit->lwork = (PetscBLASInt)(64 * fit->w);
  PetscCall(PetscMalloc1(GK_PIECE, &fit->F));
  PetscCall(PetscMalloc3((ROWS + fit->w) * fit->w, &fit->work, fit->w, &fit->tau, fit->lwork, &fit->space));
  PetscFunctionReturn(0);
}

static PetscErrorCode fit_destroy(Fit *fit)
{
  PetscFunctionBegin;
  PetscCall(ProgramDestroy(&fit->program));
  for (PetscInt c = 0; c < fit->gk->s.dim; c++) PetscCall(PetscFree(fit->R[c]));
  for (PetscInt i = 0; i < fit->n * fit->gk->s.dim; i++) PetscCall(PetscFree(fit->f[i]));
  PetscCall(PetscFree(fit->f));
  PetscCall(PetscFree(fit->F));
  PetscCall(PetscFree3(fit->work, fit->tau, fit->space));
  PetscFunctionReturn(0);
}

/* The derivatives of U at m samples from `at` on. */
static PetscErrorCode evaluate(Fit *fit, PetscInt64 at, PetscInt m)
{
  const PetscReal *variables[REITER_VARIABLES] = {NULL};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < fit->gk->s.dim; c++) {
    SamplesLoad(fit->gk, fit->gk->first[GK_POSITION] + c, at, m, fit->R[c]);
    variables[VariableIndex(0, c)] = fit->R[c];
  }
  PetscCall(ProgramEvaluatePoints(fit->program, m, variables, fit->f));
  PetscFunctionReturn(0);
}

/* A, rows x w by columns with leading dimension ld, becomes its triangle; T[w][w] by columns. */
static PetscErrorCode triangle(Fit *fit, PetscInt rows, PetscInt ld, PetscReal A[], PetscReal T[])
{
  PetscBLASInt m = (PetscBLASInt)rows, w = (PetscBLASInt)fit->w, lda = (PetscBLASInt)ld, info;

  PetscFunctionBegin;
  PetscCallBLAS("LAPACKgeqrf", LAPACKgeqrf_(&m, &w, A, &lda, fit->tau, fit->space, &fit->lwork, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK geqrf: %d", (int)info);
  for (PetscInt j = 0; j < fit->w; j++)
    for (PetscInt i = 0; i < fit->w; i++) T[j * fit->w + i] = i <= j && i < rows ? A[j * ld + i] : 0;
  PetscFunctionReturn(0);
}

/* Rows of component c of samples first, .., first + m - 1 of what was evaluated go under T. */
static PetscErrorCode append(Fit *fit, PetscInt c, PetscInt first, PetscInt m, PetscReal T[], PetscBool *good)
{
  const PetscInt w = fit->w, ld = ROWS + w, dim = fit->gk->s.dim;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < w; j++) {
    PetscReal *const column = &fit->work[j * ld];

    for (PetscInt i = 0; i < w; i++) column[i] = T[j * w + i];
    for (PetscInt i = 0; i < m; i++) {
      column[w + i] = j < fit->n ? -fit->f[j * dim + c][first + i] : fit->F[first + i];
      if (PetscIsInfOrNanReal(column[w + i])) *good = PETSC_FALSE;
    }
  }
  if (*good) PetscCall(triangle(fit, w + m, ld, fit->work, T));
  PetscFunctionReturn(0);
}

static PetscErrorCode block_triangle(Fit *fit, PetscInt64 from, PetscInt64 to, PetscReal T[], PetscBool *good)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < fit->w * fit->w; i++) T[i] = 0;
  for (PetscInt64 at = from; at < to && *good;) {
    const PetscInt m = SamplesTogether(at, to);

    PetscCall(evaluate(fit, at, m));
    for (PetscInt c = 0; c < fit->gk->s.dim; c++) {
      SamplesLoad(fit->gk, fit->gk->first[GK_FORCE] + c, at, m, fit->F);
      for (PetscInt i = 0; i < m && *good; i += ROWS)
        PetscCall(append(fit, c, i, PetscMin(ROWS, m - i), T, good));
    }
    at += m;
  }
  PetscFunctionReturn(0);
}

/* Singular values of the scaled triangle: size[n] of columns, s[n], U and Vt [n][n] by columns. */
static PetscErrorCode decompose(const Fit *fit, const PetscReal T[], PetscReal size[], PetscReal s[],
                                PetscReal U[], PetscReal Vt[], PetscBool *singular)
{
  const PetscInt n = fit->n;
  PetscBLASInt nn = (PetscBLASInt)n, lwork = (PetscBLASInt)(10 * n + 64), info;
  PetscReal *A, *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n * n, &A, lwork, &work));
  *singular = PETSC_FALSE;
  for (PetscInt j = 0; j < n; j++) {
    size[j] = 0;
    for (PetscInt i = 0; i <= j; i++) size[j] = hypot(size[j], T[j * fit->w + i]);
    if (!(size[j] > 0)) *singular = PETSC_TRUE;
    for (PetscInt i = 0; i < n; i++) A[j * n + i] = size[j] > 0 ? T[j * fit->w + i] / size[j] : 0;
  }
  PetscCallBLAS("LAPACKgesvd",
                LAPACKgesvd_("A", "A", &nn, &nn, A, &nn, s, U, &nn, Vt, &nn, work, &lwork, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK gesvd: %d", (int)info);
  if (!(s[n - 1] > smallest * s[0])) *singular = PETSC_TRUE;
  PetscCall(PetscFree2(A, work));
  PetscFunctionReturn(0);
}

/* x = D V S^-p y with y in the basis of singular vectors. */
static void back(PetscInt n, const PetscReal size[], const PetscReal s[], const PetscReal Vt[], PetscInt p,
                 const PetscReal y[], PetscReal x[])
{
  for (PetscInt j = 0; j < n; j++) {
    x[j] = 0;
    for (PetscInt i = 0; i < n; i++) x[j] += Vt[j * n + i] * y[i] / (p == 2 ? s[i] * s[i] : s[i]);
    x[j] /= size[j];
  }
}

/* (A^T A)^-1 A_b^T (y_b - A_b c) of a block. */
static void move(const Fit *fit, const PetscReal T[], const PetscReal c[], const PetscReal size[],
                 const PetscReal s[], const PetscReal Vt[], PetscReal y[], PetscReal moved[])
{
  const PetscInt n = fit->n, w = fit->w;

  for (PetscInt i = 0; i < n; i++) moved[i] = y[i] = 0;
  for (PetscInt k = 0; k < w; k++) {
    PetscReal rest = T[n * w + k];

    for (PetscInt j = 0; j < n; j++) rest -= T[j * w + k] * c[j];
    for (PetscInt j = 0; j < n; j++) moved[j] += T[j * w + k] * rest / size[j];
  }
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt j = 0; j < n; j++) y[i] += Vt[j * n + i] * moved[j];
  back(n, size, s, Vt, 2, y, moved);
}

static PetscErrorCode solve(Fit *fit, PetscInt blocks, const PetscReal T[], const PetscReal all[],
                            GreenKuboResult *result, char **refused)
{
  const PetscInt n = fit->n, w = fit->w;
  PetscReal *size, *s, *U, *Vt, *y, *moved;
  PetscBool singular = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(n, &size, n, &s, n * n, &U, n * n, &Vt, n, &y, n, &moved));
  PetscCall(decompose(fit, all, size, s, U, Vt, &singular));
  if (singular) {
    PetscCall(GreenKuboRefuse(refused,
                              "the samples do not determine the coefficients: on them the gradient of a "
                              "function is zero, or a sum of the others"));
  } else {
    for (PetscInt i = 0; i < n; i++) {
      y[i] = 0;
      for (PetscInt k = 0; k < n; k++) y[i] += U[i * n + k] * all[n * w + k];
    }
    back(n, size, s, Vt, 1, y, result->coefficients);
    for (PetscInt j = 0; j < n; j++) result->coefficient_errors[j] = 0;
    for (PetscInt b = 0; b < blocks; b++) {
      move(fit, &T[b * w * w], result->coefficients, size, s, Vt, y, moved);
      for (PetscInt j = 0; j < n; j++) result->coefficient_errors[j] += moved[j] * moved[j];
    }
    for (PetscInt j = 0; j < n; j++)
      result->coefficient_errors[j] =
          PetscSqrtReal(result->coefficient_errors[j] * (PetscReal)blocks / (PetscReal)(blocks - 1));
  }
  PetscCall(PetscFree6(size, s, U, Vt, y, moved));
  PetscFunctionReturn(0);
}

static PetscErrorCode subtract(Fit *fit, const PetscReal coefficients[])
{
  GreenKubo gk = fit->gk;

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < gk->n;) {
    const PetscInt m = SamplesTogether(at, gk->n);

    PetscCall(evaluate(fit, at, m));
    for (PetscInt c = 0; c < gk->s.dim; c++) {
      SamplesLoad(gk, gk->first[GK_FORCE] + c, at, m, fit->F);
      for (PetscInt j = 0; j < fit->n; j++)
        for (PetscInt i = 0; i < m; i++) fit->F[i] += coefficients[j] * fit->f[j * gk->s.dim + c][i];
      SamplesStore(gk, gk->first[GK_FORCE] + c, at, m, fit->F);
    }
    at += m;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ThermalFit(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result, char **refused)
{
  PetscReal *T, *stacked, *all;
  PetscBool good = PETSC_TRUE;
  Fit fit;

  PetscFunctionBegin;
  PetscCall(fit_create(gk, &fit));
  const PetscInt w = fit.w, rows = blocks->n * w;

  result->n_basis = fit.n;
  PetscCall(PetscMalloc1(fit.n, &result->coefficients));
  PetscCall(PetscMalloc1(fit.n, &result->coefficient_errors));
  PetscCall(PetscMalloc3(rows * w, &T, rows * w, &stacked, w * w, &all));
  for (PetscInt b = 0; b < blocks->n && good; b++) {
    PetscCall(block_triangle(&fit, blocks->cut[b], blocks->cut[b + 1], &T[b * w * w], &good));
    for (PetscInt j = 0; j < w; j++)
      for (PetscInt i = 0; i < w; i++) stacked[j * rows + b * w + i] = T[b * w * w + j * w + i];
  }
  if (good) {
    PetscCall(triangle(&fit, rows, rows, stacked, all));
    PetscCall(solve(&fit, blocks->n, T, all, result, refused));
  } else {
    PetscCall(GreenKuboRefuse(refused, "the gradient of a function is not a finite number at a sample"));
  }
  if (!*refused) PetscCall(subtract(&fit, result->coefficients));
  PetscCall(PetscFree3(T, stacked, all));
  PetscCall(fit_destroy(&fit));
  PetscFunctionReturn(0);
}
