/* The grid of the table: doubled along the axes that need it until the splines agree with the coefficients between
   their places of interpolation. */
#include "table.h"
#include <math.h>

enum {
  CHUNK = 1024,
  FIRST_CELLS = 8,
  CUBIC_NUMBERS = 1 << 16, /* beyond that the table leaves the cache, and degree 5 needs far fewer */
  MOST_NUMBERS = 1 << 24,
  MOST_PROBES = 50000 /* for each axis, in two and three dimensions */
};

typedef struct {
  Coefficients coefficients;
  const PetscReal (*box)[2];
  PetscInt dim, cells[SPLINE_DIM];
  PetscReal tolerance;
  PetscReal *x, *log_w, *D; /* of CHUNK points */
  CoefficientFault *fault;
} Fit;

/* How far splines are from the coefficients: in log w, and in D relative to D (the largest eigenvalue of
   S^-1 D~ S^-T - 1 is below dim times the largest entry). */
typedef struct {
  PetscReal most, sum, x[SPLINE_DIM];
  PetscInt probes, bad;
} Deviation;

/* Lower triangle, row-major dim x dim; false if D is not positive definite. */
static PetscBool cholesky(PetscInt dim, const PetscReal D[], PetscReal S[])
{
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = D[i * dim + j];
      S[i * dim + j] = 0;
      if (j > i) continue;
      for (PetscInt k = 0; k < j; k++) sum -= S[i * dim + k] * S[j * dim + k];
      if (i == j && !(sum > 0)) return PETSC_FALSE;
      S[i * dim + j] = i == j ? PetscSqrtReal(sum) : sum / S[j * dim + j];
    }
  }
  return PETSC_TRUE;
}

static void complain(Fit *fit, CoefficientTrouble trouble, const PetscReal x[], const char words[])
{
  CoefficientFault *const f = fit->fault;
  char point[96] = "";
  size_t used = 0;

  f->trouble = trouble;
  for (PetscInt c = 0; c < fit->dim; c++) {
    f->x[c] = x[c];
    used += (size_t)snprintf(point + used, sizeof(point) - used, "%s%.10g", c ? ", " : "", (double)x[c]);
  }
  snprintf(f->message, sizeof(f->message), fit->dim > 1 ? "%s at x = (%s)." : "%s at x = %s.", words, point);
}

/* Coefficients at the points fit->x, the tensors replaced by their factors. */
static PetscErrorCode evaluate(Fit *fit, PetscInt n)
{
  const PetscInt dim = fit->dim;

  PetscFunctionBegin;
  PetscCall(CoefficientsEvaluate(fit->coefficients, n, fit->x, fit->log_w, fit->D, fit->fault));
  for (PetscInt i = 0; i < n && !fit->fault->trouble; i++) {
    PetscReal S[9];
    if (cholesky(dim, fit->D + i * dim * dim, S)) {
      for (PetscInt e = 0; e < dim * dim; e++) fit->D[i * dim * dim + e] = S[e];
    } else {
      complain(fit, COEFFICIENT_INDEFINITE, fit->x + i * dim, "D is not positive definite");
    }
  }
  PetscFunctionReturn(0);
}

static PetscInt functions_of(PetscInt dim, PetscBool constant)
{
  return constant ? 1 : (dim == 1 ? 2 : (dim == 2 ? 4 : 8));
}

static void site_of(const SplineGrid *grid, PetscInt place, PetscReal x[])
{
  for (PetscInt c = 0; c < grid->dim; c++, place /= grid->sites[c - 1])
    x[c] = SplineSite(grid, c, place % grid->sites[c]);
}

/* Values at all places into a grid of all functions; tells whether S varies. */
static PetscErrorCode sample(Fit *fit, SplineGrid *grid, PetscBool *varies)
{
  const PetscInt dim = fit->dim, total = grid->sites[0] * grid->sites[1] * grid->sites[2];
  PetscReal least[9], most[9];

  PetscFunctionBegin;
  for (PetscInt e = 0; e < 9; e++) {
    least[e] = PETSC_MAX_REAL;
    most[e] = -PETSC_MAX_REAL;
  }
  for (PetscInt start = 0; start < total; start += CHUNK) {
    const PetscInt n = PetscMin(CHUNK, total - start);
    for (PetscInt i = 0; i < n; i++) site_of(grid, start + i, fit->x + i * dim);
    PetscCall(evaluate(fit, n));
    if (fit->fault->trouble) PetscFunctionReturn(0);
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal *const S = fit->D + i * dim * dim;
      PetscReal *to = grid->c + (start + i) * grid->functions;
      *to++ = fit->log_w[i];
      for (PetscInt r = 0; r < dim; r++) {
        for (PetscInt s = 0; s <= r; s++) {
          const PetscReal value = S[r * dim + s];
          least[r * dim + s] = PetscMin(least[r * dim + s], value);
          most[r * dim + s] = PetscMax(most[r * dim + s], value);
          *to++ = value;
        }
      }
    }
  }
  *varies = PETSC_FALSE;
  for (PetscInt r = 0; r < dim; r++)
    for (PetscInt s = 0; s <= r; s++)
      if (most[r * dim + s] - least[r * dim + s] > 1e-13 * most[r * dim + r]) *varies = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* The splines of degree 3 or 5 on the present grid; only log w where the samples of S are all alike. */
static PetscErrorCode build(Fit *fit, PetscInt degree, DynamicsTable *table, DynamicsInfo *info)
{
  SplineGrid *const grid = &table->grid;
  PetscBool varies = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SplineCreate(fit->dim, degree, functions_of(fit->dim, PETSC_FALSE), fit->cells, fit->box, grid));
  PetscCall(sample(fit, grid, &varies));
  if (fit->fault->trouble) {
    PetscCall(SplineDestroy(grid));
    PetscFunctionReturn(0);
  }
  info->constant_noise = (PetscBool)!varies;
  if (!varies) {
    const PetscInt dim = fit->dim, all = grid->functions;
    SplineGrid alone;
    PetscCall(SplineCreate(dim, degree, 1, fit->cells, fit->box, &alone));
    for (PetscInt i = 0; i < grid->sites[0] * grid->sites[1] * grid->sites[2]; i++)
      alone.c[i] = grid->c[i * all];
    for (PetscInt r = 0; r < dim; r++)
      for (PetscInt s = 0; s < dim; s++)
        table->S[r * dim + s] = s <= r ? grid->c[1 + r * (r + 1) / 2 + s] : 0;
    for (PetscInt r = 0; r < dim; r++) {
      for (PetscInt s = 0; s < dim; s++) {
        info->D[r * dim + s] = 0;
        for (PetscInt k = 0; k < dim; k++)
          info->D[r * dim + s] += table->S[r * dim + k] * table->S[s * dim + k];
      }
    }
    PetscCall(SplineDestroy(grid));
    *grid = alone;
  }
  PetscCall(SplineInterpolate(grid));
  PetscFunctionReturn(0);
}

/* S~ as the splines have it, against the factor S: the largest entry of S^-1 D~ S^-T - 1, times the dimension. */
static PetscReal tensor_deviation(PetscInt dim, const PetscReal S[], const PetscReal splines[],
                                  const PetscReal constant[])
{
  PetscReal E[9] = {0}, most = 0;

  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < dim; i++) {
      PetscReal sum = constant ? constant[i * dim + j] : (j <= i ? splines[1 + i * (i + 1) / 2 + j] : 0);
      for (PetscInt k = 0; k < i; k++) sum -= S[i * dim + k] * E[k * dim + j];
      E[i * dim + j] = sum / S[i * dim + i];
    }
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j <= i; j++) {
      PetscReal sum = i == j ? -1 : 0;
      for (PetscInt k = 0; k < dim; k++) sum += E[i * dim + k] * E[j * dim + k];
      most = PetscMax(most, PetscAbsReal(sum));
    }
  }
  return (PetscReal)dim * most;
}

static PetscErrorCode compare(Fit *fit, const DynamicsTable *table, PetscInt n, Deviation *deviation)
{
  const PetscInt dim = fit->dim, F = table->grid.functions;

  PetscFunctionBegin;
  PetscCall(evaluate(fit, n));
  if (fit->fault->trouble) PetscFunctionReturn(0);
  for (PetscInt start = 0; start < n; start += SPLINE_BLOCK) {
    const PetscInt m = PetscMin(SPLINE_BLOCK, n - start);
    PetscReal x[SPLINE_DIM][SPLINE_BLOCK], out[SPLINE_DIM + 1][SPLINE_BLOCK * SPLINE_FUNCTIONS];
    for (PetscInt c = 0; c < dim; c++)
      for (PetscInt p = 0; p < SPLINE_BLOCK; p++) x[c][p] = fit->x[(start + PetscMin(p, m - 1)) * dim + c];
    SplineEvaluate(&table->grid, SPLINE_BLOCK, x[0], out);
    for (PetscInt p = 0; p < m; p++) {
      const PetscInt i = start + p;
      PetscReal off = PetscAbsReal(out[0][p * F] - fit->log_w[i]);
      off = PetscMax(off,
                     tensor_deviation(dim, fit->D + i * dim * dim, &out[0][p * F], F == 1 ? table->S : NULL));
      deviation->sum += off;
      deviation->probes++;
      deviation->bad += off > fit->tolerance;
      if (off <= deviation->most) continue;
      deviation->most = off;
      for (PetscInt c = 0; c < dim; c++) deviation->x[c] = fit->x[i * dim + c];
    }
  }
  PetscFunctionReturn(0);
}

/* Between knots along the axis and on knots along the others, where an error is the axis's own; axis = dim: in the middle
   of cells. In several dimensions not all cells are looked at. */
static PetscErrorCode probe(Fit *fit, const DynamicsTable *table, PetscInt axis, Deviation *deviation)
{
  const SplineGrid *const grid = &table->grid;
  const PetscInt total = grid->cells[0] * grid->cells[1] * grid->cells[2];
  const PetscInt stride = fit->dim > 1 && total > MOST_PROBES ? total / MOST_PROBES | 1 : 1;
  PetscInt n = 0;

  PetscFunctionBegin;
  *deviation = (Deviation){0};
  for (PetscInt cell = 0; cell < total && !fit->fault->trouble; cell += stride) {
    for (PetscInt c = 0, rest = cell; c < fit->dim; rest /= grid->cells[c], c++) {
      const PetscReal place = (PetscReal)(rest % grid->cells[c]) + (axis == c || axis == fit->dim ? 0.5 : 0);
      fit->x[n * fit->dim + c] = grid->low[c] + grid->h[c] * place;
    }
    if (++n < CHUNK && cell + stride < total) continue;
    PetscCall(compare(fit, table, n, deviation));
    n = 0;
  }
  PetscFunctionReturn(0);
}

/* At a kink of the coefficients the error falls with h only, but in so few cells that what is averaged over a path is far
   better: the mean over the box then is to be below the tolerance. */
static PetscBool only_kinks(const Fit *fit, const Deviation *now, PetscReal before)
{
  return (PetscBool)(now->most < 1e-2 && now->most > before / 6 && now->bad * 100 <= now->probes &&
                     now->sum <= 0.25 * fit->tolerance * (PetscReal)now->probes);
}

/* Doubles the axes along which the table is not good enough; false if none is, or if that is too much. */
static PetscBool refine(Fit *fit, const PetscReal error[], PetscReal middle, PetscInt limit)
{
  const PetscReal F = (PetscReal)functions_of(fit->dim, PETSC_FALSE);
  PetscReal numbers = F;
  PetscBool some = PETSC_FALSE;

  for (PetscInt c = 0; c < fit->dim; c++) some = (PetscBool)(some || error[c] > fit->tolerance / 2);
  for (PetscInt c = 0; c < fit->dim; c++) {
    if (error[c] > fit->tolerance / 2 || (!some && middle > fit->tolerance)) fit->cells[c] *= 2;
    numbers *= (PetscReal)(fit->cells[c] + 5);
  }
  return (PetscBool)(numbers <= (PetscReal)limit);
}

/* True with a table that is good enough; without: none that fits, or a fault. */
static PetscErrorCode search(Fit *fit, PetscInt degree, PetscInt limit, DynamicsTable *table,
                             DynamicsInfo *info, Deviation *last, PetscBool *found)
{
  PetscReal before = 0;

  PetscFunctionBegin;
  *found = PETSC_FALSE;
  for (PetscInt c = 0; c < SPLINE_DIM; c++) fit->cells[c] = FIRST_CELLS;
  for (;;) {
    PetscReal error[SPLINE_DIM] = {0};
    PetscCall(build(fit, degree, table, info));
    if (fit->fault->trouble) PetscFunctionReturn(0);
    for (PetscInt c = 0; c < fit->dim && fit->dim > 1 && !fit->fault->trouble; c++) {
      Deviation along;
      PetscCall(probe(fit, table, c, &along));
      error[c] = along.most;
    }
    if (!fit->fault->trouble) PetscCall(probe(fit, table, fit->dim, last));
    if (!fit->fault->trouble) {
      PetscReal most = last->most;
      for (PetscInt c = 0; c < fit->dim; c++) most = PetscMax(most, error[c]);
      *found = (PetscBool)(most <= fit->tolerance || only_kinks(fit, last, before));
      info->error = PetscMax(most, info->error);
      before = last->most;
      if (*found) PetscFunctionReturn(0);
      info->error = 0;
    }
    PetscCall(SplineDestroy(&table->grid));
    if (fit->fault->trouble || !refine(fit, error, last->most, limit)) PetscFunctionReturn(0);
  }
}

PetscErrorCode TableFit(Coefficients coefficients, const PetscReal box[][2], PetscReal tolerance,
                        DynamicsTable *table, DynamicsInfo *info, CoefficientFault *fault)
{
  Fit fit = {.coefficients = coefficients, .box = box, .dim = info->dim, .fault = fault};
  CoefficientsInfo source;
  Deviation last;
  PetscBool found;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(CoefficientsGetInfo(coefficients, NULL, &source));
  /* Coefficients that are interpolated themselves are not smooth below their own error. */
  fit.tolerance = PetscMax(PetscMax(tolerance, source.error), 1e-12);
  PetscCall(PetscMalloc3(CHUNK * fit.dim, &fit.x, CHUNK, &fit.log_w, CHUNK * fit.dim * fit.dim, &fit.D));
  PetscCall(search(&fit, 3, CUBIC_NUMBERS, table, info, &last, &found));
  if (!found && !fault->trouble) PetscCall(search(&fit, 5, MOST_NUMBERS, table, info, &last, &found));
  info->error = PetscMax(info->error, source.error);
  if (!found && !fault->trouble) {
    char words[200];
    snprintf(words, sizeof(words),
             "The table of drift and noise does not reach the tolerance %g within its %d numbers: the "
             "coefficients vary too fast in this box; it is off by %.2g",
             (double)fit.tolerance, MOST_NUMBERS, (double)last.most);
    complain(&fit, COEFFICIENT_UNRESOLVED, last.x, words);
  }
  PetscCall(PetscFree3(fit.x, fit.log_w, fit.D));
  PetscFunctionReturn(0);
}
