/* Drift, noise and weight from the table of splines. */
#include "table.h"
#include <math.h>

#define INLINE static inline __attribute__((always_inline))

typedef PetscReal Splines[SPLINE_DIM + 1][SPLINE_BLOCK * SPLINE_FUNCTIONS];

/* b_i = sum_j D_ij d_j log w + d_j D_ij, D = S S^T with the entries of S among the functions. */
INLINE void drift(int dim, Splines s, PetscReal b[][SPLINE_BLOCK], PetscReal S[][SPLINE_BLOCK])
{
  const int F = dim == 1 ? 2 : (dim == 2 ? 4 : 8);

  for (int p = 0; p < SPLINE_BLOCK; p++) {
    PetscReal v[9] = {0}, flux[3] = {0};
    for (int i = 0; i < dim; i++)
      for (int j = 0; j <= i; j++) v[i * dim + j] = s[0][p * F + 1 + i * (i + 1) / 2 + j];
    /* flux = S^T grad log w + (div S)^T; b = S flux + (S . grad) S */
    for (int k = 0; k < dim; k++)
      for (int j = k; j < dim; j++)
        flux[k] += v[j * dim + k] * s[1 + j][p * F] + s[1 + j][p * F + 1 + j * (j + 1) / 2 + k];
    for (int i = 0; i < dim; i++) {
      PetscReal sum = 0;
      for (int k = 0; k <= i; k++) {
        const int entry = p * F + 1 + i * (i + 1) / 2 + k;
        sum += v[i * dim + k] * flux[k];
        for (int j = k; j < dim; j++) sum += v[j * dim + k] * s[1 + j][entry];
      }
      b[i][p] = sum;
    }
    for (int e = 0; e < dim * dim; e++) S[e][p] = v[e];
  }
}

/* b = D grad log w */
INLINE void constant_drift(int dim, const DynamicsInfo *info, const PetscReal noise[], Splines s,
                           PetscReal b[][SPLINE_BLOCK], PetscReal S[][SPLINE_BLOCK])
{
  for (int i = 0; i < dim; i++) {
    for (int p = 0; p < SPLINE_BLOCK; p++) {
      PetscReal sum = 0;
      for (int j = 0; j < dim; j++) sum += info->D[i * dim + j] * s[1 + j][p];
      b[i][p] = sum;
    }
  }
  for (int e = 0; e < dim * dim; e++)
    for (int p = 0; p < SPLINE_BLOCK; p++) S[e][p] = noise[e];
}

/* Points outside of the box are computed at its corner, and overwritten. */
static PetscInt gather(const DynamicsInfo *info, PetscInt n, PetscInt stride, const PetscReal x[],
                       PetscReal inside[][SPLINE_BLOCK], PetscBool out[])
{
  PetscInt lost = 0;

  for (PetscInt p = 0; p < SPLINE_BLOCK; p++) out[p] = (PetscBool)(p >= n);
  for (PetscInt c = 0; c < info->dim; c++)
    for (PetscInt p = 0; p < n; p++)
      if (!(x[c * stride + p] >= info->box[c][0] && x[c * stride + p] <= info->box[c][1]))
        out[p] = PETSC_TRUE;
  for (PetscInt p = 0; p < n; p++) lost += out[p];
  for (PetscInt c = 0; c < info->dim; c++)
    for (PetscInt p = 0; p < SPLINE_BLOCK; p++) inside[c][p] = out[p] ? info->box[c][0] : x[c * stride + p];
  return lost;
}

static void deliver(PetscInt components, PetscInt n, PetscInt stride, PetscReal from[][SPLINE_BLOCK],
                    PetscInt lost, const PetscBool out[], PetscReal to[])
{
  if (!to) return;
  for (PetscInt c = 0; c < components; c++) {
    for (PetscInt p = 0; p < n; p++) to[c * stride + p] = from[c][p];
    for (PetscInt p = 0; lost && p < n; p++)
      if (out[p]) to[c * stride + p] = NAN;
  }
}

static PetscErrorCode table_evaluate(Dynamics dynamics, PetscInt n, PetscInt stride, const PetscReal x[],
                                     PetscReal b[], PetscReal S[], PetscReal log_w[])
{
  const DynamicsTable *const t = dynamics->data;
  const DynamicsInfo *const info = &dynamics->info;
  const PetscInt dim = info->dim, F = t->grid.functions;

  PetscFunctionBegin;
  for (PetscInt at = 0; at < n; at += SPLINE_BLOCK) {
    const PetscInt m = PetscMin(SPLINE_BLOCK, n - at);
    PetscReal inside[SPLINE_DIM][SPLINE_BLOCK], drifts[SPLINE_DIM][SPLINE_BLOCK];
    PetscReal noise[9][SPLINE_BLOCK], weight[1][SPLINE_BLOCK];
    PetscBool out[SPLINE_BLOCK];
    Splines s;
    const PetscInt lost = gather(info, m, stride, x + at, inside, out);
    SplineEvaluate(&t->grid, SPLINE_BLOCK, inside[0], s);
    for (PetscInt p = 0; p < SPLINE_BLOCK; p++) weight[0][p] = s[0][p * F];
    if (F > 1) {
      if (dim == 1)
        drift(1, s, drifts, noise);
      else if (dim == 2)
        drift(2, s, drifts, noise);
      else
        drift(3, s, drifts, noise);
    } else {
      if (dim == 1)
        constant_drift(1, info, t->S, s, drifts, noise);
      else if (dim == 2)
        constant_drift(2, info, t->S, s, drifts, noise);
      else
        constant_drift(3, info, t->S, s, drifts, noise);
    }
    deliver(dim, m, stride, drifts, lost, out, b ? b + at : NULL);
    deliver(dim * dim, m, stride, noise, lost, out, S ? S + at : NULL);
    deliver(1, m, stride, weight, lost, out, log_w ? log_w + at : NULL);
  }
  PetscFunctionReturn(0);
}

/* Largest singular value of J[dim][dim], by the power method on J^T J from its largest column: within a per cent. */
static PetscReal spectral_norm(PetscInt dim, const PetscReal J[])
{
  PetscReal v[3] = {1, 0, 0}, norm = 0, most = -1;

  for (PetscInt j = 0; j < dim; j++) {
    PetscReal length = 0;
    for (PetscInt i = 0; i < dim; i++) length += J[i * dim + j] * J[i * dim + j];
    if (length <= most) continue;
    most = length;
    for (PetscInt k = 0; k < dim; k++) {
      v[k] = 0;
      for (PetscInt i = 0; i < dim; i++) v[k] += J[i * dim + k] * J[i * dim + j];
    }
  }
  for (PetscInt step = 0; step < 20 && most > 0; step++) {
    PetscReal u[3] = {0}, length = 0;
    for (PetscInt j = 0; j < dim; j++) length += v[j] * v[j];
    if (!(length > 0)) break;
    for (PetscInt j = 0; j < dim; j++) v[j] /= PetscSqrtReal(length);
    norm = 0;
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) u[i] += J[i * dim + j] * v[j];
      norm += u[i] * u[i];
    }
    for (PetscInt j = 0; j < dim; j++) {
      v[j] = 0;
      for (PetscInt i = 0; i < dim; i++) v[j] += J[i * dim + j] * u[i];
    }
  }
  return PetscSqrtReal(norm);
}

/* Within a cell the drift is a polynomial, whose derivative by differences within the cell is as good as any. A cell's
   middle stands for the cell: the grid resolves the drift. */
static PetscErrorCode steepest_of_cell(Dynamics dynamics, const PetscReal middle[], const PetscReal h[],
                                       PetscReal *steepest)
{
  enum { BOTH = 2 * SPLINE_DIM };
  const PetscInt dim = dynamics->info.dim;
  PetscReal x[SPLINE_DIM * BOTH], b[SPLINE_DIM * BOTH], J[9];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++)
    for (PetscInt p = 0; p < 2 * dim; p++)
      x[c * BOTH + p] = middle[c] + (p / 2 == c ? (p % 2 ? 1e-2 : -1e-2) * h[c] : 0);
  PetscCall(table_evaluate(dynamics, 2 * dim, BOTH, x, b, NULL, NULL));
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = 0; j < dim; j++)
      J[i * dim + j] = (b[i * BOTH + 2 * j + 1] - b[i * BOTH + 2 * j]) / (2e-2 * h[j]);
  *steepest = PetscMax(*steepest, spectral_norm(dim, J));
  PetscFunctionReturn(0);
}

static PetscErrorCode table_largest_step(Dynamics dynamics, const PetscReal box[][2], PetscReal *smooth,
                                         PetscReal *kinks)
{
  const DynamicsTable *const t = dynamics->data;
  const DynamicsInfo *const info = &dynamics->info;
  PetscInt first[SPLINE_DIM] = {0}, count[SPLINE_DIM] = {1, 1, 1}, stride = 1, total = 1;
  PetscReal steepest = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < info->dim; c++) {
    const PetscReal low = PetscMax(box[c][0], info->box[c][0]), high = PetscMin(box[c][1], info->box[c][1]);
    const PetscInt last = t->grid.cells[c] - 1;
    first[c] = PetscClipInterval((PetscInt)((low - info->box[c][0]) / t->grid.h[c]), 0, last);
    count[c] = PetscClipInterval((PetscInt)((high - info->box[c][0]) / t->grid.h[c]), first[c], last);
    count[c] -= first[c] - 1;
    total *= count[c];
  }
  if (total > 100000) stride = total / 100000 * 2 + 1;
  for (PetscInt cell = 0; cell < total; cell += stride) {
    PetscReal middle[SPLINE_DIM];
    for (PetscInt c = 0, rest = cell; c < info->dim; rest /= count[c], c++) {
      middle[c] = info->box[c][0] + t->grid.h[c] * ((PetscReal)(first[c] + rest % count[c]) + 0.5);
    }
    PetscCall(steepest_of_cell(dynamics, middle, t->grid.h, &steepest));
  }
  *smooth = steepest > 0 ? 1 / steepest : PETSC_INFINITY;
  *kinks = PETSC_INFINITY;
  PetscFunctionReturn(0);
}

static PetscErrorCode table_destroy(Dynamics dynamics)
{
  DynamicsTable *t = dynamics->data;

  PetscFunctionBegin;
  PetscCall(SplineDestroy(&t->grid));
  PetscCall(PetscFree(t));
  PetscFunctionReturn(0);
}

static const DynamicsOps table_ops = {table_evaluate, table_largest_step, table_destroy};

PetscErrorCode DynamicsCreateDiffusion(Coefficients coefficients, const PetscReal box[][2],
                                       PetscReal tolerance, Dynamics *dynamics, CoefficientFault *fault)
{
  DynamicsTable *t;
  Dynamics d;

  PetscFunctionBegin;
  *dynamics = NULL;
  PetscCall(PetscNew(&d));
  PetscCall(PetscNew(&t));
  d->ops = &table_ops;
  d->data = t;
  PetscCall(CoefficientsGetInfo(coefficients, &d->info.dim, NULL));
  d->info.bounded = PETSC_TRUE;
  for (PetscInt c = 0; c < d->info.dim; c++)
    for (PetscInt side = 0; side < 2; side++) d->info.box[c][side] = box[c][side];
  PetscCall(TableFit(coefficients, box, tolerance, t, &d->info, fault));
  if (fault->trouble) PetscCall(DynamicsDestroy(&d));
  *dynamics = d;
  PetscFunctionReturn(0);
}
