/* Lanczos' method for G, which is self-adjoint in L^2(weight): with metastability one step suffices, and without the
   eigenvalues of G fall like 1/k^2. The relative accuracy of G is that of its largest eigenvalue. */
#include <math.h>
#include "slow_mode.h"
#include <petscblaslapack.h>

enum { MOST_STEPS = 60 };

typedef struct {
  Green *green;
  long double total; /* int weight */
  long double *basis[MOST_STEPS + 1];
  PetscReal diagonal[MOST_STEPS], beside[MOST_STEPS];
  PetscReal ritz[MOST_STEPS], vector[MOST_STEPS]; /* of the largest Ritz value */
} Lanczos;

static long double inner(const Green *green, const long double f[], const long double g[])
{
  return LineProduct(green->rule, green->line, green->weight, f, g);
}

/* On a circle: the mean over w off. */
static void take_mean_off(Lanczos *lanczos, long double f[])
{
  Green *green = lanczos->green;
  long double mean = 0;

  if (green->kind != GREEN_CIRCLE) return;
  for (PetscInt i = 0; i < green->n; i++) green->density[i] = green->weight[i] * f[i];
  mean = LineIntegral(green->rule, green->line, green->density) / lanczos->total;
  for (PetscInt i = 0; i < green->n; i++) f[i] -= mean;
}

/* The root of the kernel's diagonal K. The slow mode, positive of norm one, is at most sqrt(K/lambda) everywhere, lambda its
   eigenvalue; the trace being one, its product with sqrt(K) of norm one is at least sqrt(lambda): no barrier hides it.
   (An overlap of e^-200 would leave Lanczos' method with another eigenvalue and a small residual.) On a circle the mode
   has two signs, and may be odd about the cut. */
static void first_vector(Lanczos *lanczos, long double f[])
{
  const Green *green = lanczos->green;

  for (PetscInt i = 0; i < green->n; i++) {
    const long double s = green->share[i];
    if (green->kind == GREEN_LEFT_FREE || green->kind == GREEN_RIGHT_FREE)
      f[i] = sqrtl(s);
    else
      f[i] = sqrtl(s) * sqrtl(green->rest[i]);
    if (green->kind == GREEN_CIRCLE) f[i] *= 1 + 0.7L * (s - green->rest[i]);
  }
  take_mean_off(lanczos, f);
}

static void scale(const Green *green, long double factor, long double f[])
{
  for (PetscInt i = 0; i < green->n; i++) f[i] *= factor;
}

/* Eigenvalues of the tridiagonal matrix of m steps, ascending, and the last one's vector. */
static PetscErrorCode solve_small(Lanczos *lanczos, PetscInt m)
{
  PetscReal beside[MOST_STEPS], Q[MOST_STEPS * MOST_STEPS], work[2 * MOST_STEPS];
  PetscBLASInt n, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(m, &n));
  PetscCall(PetscArraycpy(lanczos->ritz, lanczos->diagonal, m));
  PetscCall(PetscArraycpy(beside, lanczos->beside, m));
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("I", &n, lanczos->ritz, beside, Q, &n, work, &info));
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACKsteqr: %d", (int)info);
  PetscCall(PetscArraycpy(lanczos->vector, &Q[(m - 1) * m], m));
  PetscFunctionReturn(0);
}

/* One step: the next basis vector and the small matrix' next row. */
static PetscErrorCode extend(Lanczos *lanczos, PetscInt m)
{
  Green *green = lanczos->green;
  long double *next, norm;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(green->n, &lanczos->basis[m + 1]));
  next = lanczos->basis[m + 1];
  GreenApply(green, lanczos->basis[m], next);
  take_mean_off(lanczos, next);
  lanczos->diagonal[m] = (PetscReal)inner(green, lanczos->basis[m], next);
  /* Against all: Lanczos vectors lose orthogonality as soon as a Ritz value is good. */
  for (PetscInt k = m; k >= 0; k--) {
    const long double part = inner(green, lanczos->basis[k], next);
    for (PetscInt i = 0; i < green->n; i++) next[i] -= part * lanczos->basis[k][i];
  }
  norm = sqrtl(inner(green, next, next));
  lanczos->beside[m] = (PetscReal)norm;
  if (norm > 0) scale(green, 1 / norm, next);
  PetscFunctionReturn(0);
}

static void assemble_mode(const Lanczos *lanczos, PetscInt m, long double mode[])
{
  const long double sign = lanczos->vector[0] < 0 ? -1 : 1; /* that of the first guess, positive */

  for (PetscInt i = 0; i < lanczos->green->n; i++) {
    mode[i] = 0;
    for (PetscInt k = 0; k < m; k++) mode[i] += sign * lanczos->vector[k] * lanczos->basis[k][i];
  }
}

/* The relative error of the eigenvalue: the residual's square over the distance of the next, or at most the residual. */
static PetscReal value_error(const Lanczos *lanczos, PetscInt m, PetscReal residual)
{
  const PetscReal largest = lanczos->ritz[m - 1];

  if (m < 2) return residual;
  return residual *
         PetscMin(1, residual * largest / PetscMax(largest - lanczos->ritz[m - 2], PETSC_SMALL * largest));
}

PetscErrorCode SlowModeFind(Green *green, long double *log_gap, PetscReal *error, long double mode[])
{
  Lanczos lanczos = {.green = green};
  PetscReal residual;
  PetscInt m = 0;

  PetscFunctionBegin;
  lanczos.total = LineIntegral(green->rule, green->line, green->weight);
  PetscCall(PetscMalloc1(green->n, &lanczos.basis[0]));
  first_vector(&lanczos, lanczos.basis[0]);
  scale(green, 1 / sqrtl(inner(green, lanczos.basis[0], lanczos.basis[0])), lanczos.basis[0]);
  do {
    PetscCall(extend(&lanczos, m));
    m++;
    PetscCall(solve_small(&lanczos, m));
    residual = PetscAbsReal(lanczos.beside[m - 1] * lanczos.vector[m - 1]) / lanczos.ritz[m - 1];
    *error = value_error(&lanczos, m, residual);
  } while (m < MOST_STEPS && (*error > 1e-17 || (mode && residual > 1e-13)));
  *log_gap = -(logl((long double)lanczos.ritz[m - 1]) + green->log_scale);
  if (mode) assemble_mode(&lanczos, m, mode);
  for (PetscInt k = 0; k <= m; k++) PetscCall(PetscFree(lanczos.basis[k]));
  PetscFunctionReturn(0);
}
