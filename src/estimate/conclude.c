/* From sums to estimates with standard errors. A mean is a ratio of sums, the drift the solution of a linear system of
   sums; their errors come from what each group of data leaves of that ratio or system (the delta method). */
#include "estimator_private.h"
#include <math.h>
#include <string.h>
#include "refuse.h"

/* Batches in time should be this much longer than an increment, or than the memory of a filter. */
static const PetscReal apart_increments = 5, apart_filters = 10;
/* Fewer groups say nothing of an error. */
enum { FEWEST_GROUPS = 4, MOST_SUMS = 1 + 6 + ESTIMATE_MAX_BASIS * (ESTIMATE_MAX_BASIS + 1) };
/* Of a pivot to its diagonal: below it, functions of the basis depend on each other along the paths. */
static const PetscReal smallest_pivot = 1e-10;

typedef struct {
  PetscInt n, size; /* groups, sums of each */
  PetscReal *sums;  /* [n][size] */
  PetscReal all[MOST_SUMS];
} Groups;

/* Sums of one time, by groups: `together` neighbouring batches make one. */
static void collect(Estimator e, const PetscReal tally[], PetscInt at, PetscInt together, Groups *g)
{
  const PetscInt batches = TallyBatches(tally);

  for (PetscInt b = 0; b < batches; ++b) {
    const PetscReal *const sums = TallySums(e->n_sums, tally, b) + at;
    /* What is left at the end belongs to the last group. */
    if (b % together == 0 && (b + together <= batches || b == 0)) ++g->n;
    for (PetscInt i = 0; i < g->size; ++i) {
      g->sums[(g->n - 1) * g->size + i] += sums[i];
      g->all[i] += sums[i];
    }
  }
}

/* Groups in which nothing was counted, while a filter forgot its start, say nothing. */
static void drop_empty(Groups *g)
{
  PetscInt kept = 0;

  for (PetscInt k = 0; k < g->n; ++k) {
    if (!(g->sums[k * g->size] > 0)) continue;
    if (kept < k) memcpy(&g->sums[kept * g->size], &g->sums[k * g->size], (size_t)g->size * sizeof(*g->sums));
    ++kept;
  }
  g->n = kept;
}

static void make_groups(Estimator e, const PetscReal total[], PetscInt at, PetscReal apart, Groups *g)
{
  const PetscInt paths = (PetscInt)PetscMin(total[TOTAL_PATHS], (PetscReal)ENOUGH_PATHS);

  if (paths >= ENOUGH_PATHS) {
    collect(e, &total[TOTAL_POOLS], at, 1, g);
    return;
  }
  for (PetscInt p = 0; p < paths; ++p) {
    const PetscReal *const tally = &total[EstimatorFewAt(e, p)];
    const PetscReal together = ceil(apart / TallyUnits(tally));
    collect(e, tally, at, (PetscInt)PetscMin(PetscMax(together, 1), TIME_BATCHES), g);
  }
}

/* The standard error of sum S / sum W over the groups. */
static PetscReal ratio_error(const Groups *g, PetscInt s, PetscReal ratio)
{
  PetscReal squares = 0;

  for (PetscInt i = 0; i < g->n; ++i) {
    const PetscReal *const sums = &g->sums[i * g->size], rest = sums[s] - ratio * sums[0];
    squares += rest * rest;
  }
  return PetscSqrtReal(squares * (PetscReal)g->n / (PetscReal)(g->n - 1)) / g->all[0];
}

/* D = scale * mean of the products. */
static void conclude_tensor(Estimator e, const Groups *g, PetscReal scale, Estimate *estimate)
{
  const PetscInt dim = e->dim;
  PetscInt s = 1;

  for (PetscInt a = 0; a < dim; ++a) {
    for (PetscInt b = a; b < dim; ++b, ++s) {
      const PetscReal mean = g->all[s] / g->all[0];
      estimate->D[a * dim + b] = estimate->D[b * dim + a] = scale * mean;
      estimate->D_error[a * dim + b] = estimate->D_error[b * dim + a] = scale * ratio_error(g, s, mean);
    }
  }
}

/* Gauss with pivots in the columns' order of size: A [n][n] and n_rhs columns B [n_rhs][n], both overwritten. The rows
   are scaled by the caller. False: singular. */
static PetscBool solve(PetscInt n, PetscReal A[], PetscInt n_rhs, PetscReal B[])
{
  for (PetscInt k = 0; k < n; ++k) {
    PetscInt p = k;
    for (PetscInt i = k + 1; i < n; ++i) {
      if (PetscAbsReal(A[i * n + k]) > PetscAbsReal(A[p * n + k])) p = i;
    }
    if (!(PetscAbsReal(A[p * n + k]) > smallest_pivot)) return PETSC_FALSE;
    for (PetscInt j = 0; j < n && p != k; ++j) {
      const PetscReal kept = A[k * n + j];
      A[k * n + j] = A[p * n + j];
      A[p * n + j] = kept;
    }
    for (PetscInt r = 0; r < n_rhs && p != k; ++r) {
      const PetscReal kept = B[r * n + k];
      B[r * n + k] = B[r * n + p];
      B[r * n + p] = kept;
    }
    for (PetscInt i = k + 1; i < n; ++i) {
      const PetscReal factor = A[i * n + k] / A[k * n + k];
      for (PetscInt j = k; j < n; ++j) A[i * n + j] -= factor * A[k * n + j];
      for (PetscInt r = 0; r < n_rhs; ++r) B[r * n + i] -= factor * B[r * n + k];
    }
  }
  for (PetscInt r = 0; r < n_rhs; ++r) {
    for (PetscInt i = n; i-- > 0;) {
      for (PetscInt j = i + 1; j < n; ++j) B[r * n + i] -= A[i * n + j] * B[r * n + j];
      B[r * n + i] /= A[i * n + i];
    }
  }
  return PETSC_TRUE;
}

/* A theta = b, with A scaled to a unit diagonal; in[n_rhs][n] -> out[n_rhs][n]. */
static PetscBool solve_scaled(PetscInt n, const PetscReal matrix[], PetscReal time, PetscInt n_rhs,
                              const PetscReal in[], PetscReal out[])
{
  PetscReal A[ESTIMATE_MAX_BASIS * ESTIMATE_MAX_BASIS], size[ESTIMATE_MAX_BASIS];

  for (PetscInt i = 0; i < n; ++i) {
    size[i] = PetscSqrtReal(PetscAbsReal(matrix[i * n + i]));
    if (!(size[i] > 0)) return PETSC_FALSE;
  }
  for (PetscInt i = 0; i < n; ++i) {
    for (PetscInt j = 0; j < n; ++j) A[i * n + j] = matrix[i * n + j] / (size[i] * size[j]);
    for (PetscInt r = 0; r < n_rhs; ++r) out[r * n + i] = in[r * n + i] / size[i];
  }
  if (!solve(n, A, n_rhs, out)) return PETSC_FALSE;
  for (PetscInt r = 0; r < n_rhs; ++r) {
    for (PetscInt i = 0; i < n; ++i) out[r * n + i] /= size[i] * time;
  }
  return PETSC_TRUE;
}

/* theta = (sum A time)^-1 sum b; the error from (sum A time)^-1 (b_g - A_g time theta), squared and added. */
static PetscErrorCode conclude_drift(Estimator e, const Groups *g, PetscReal time, Estimate *estimate,
                                     PetscBool *determined)
{
  const PetscInt n = e->n_basis, A = 1 + e->n_products, b = A + n * n;
  PetscReal *rest, *moved;

  PetscFunctionBegin;
  *determined = PETSC_TRUE;
  if (!n) PetscFunctionReturn(0);
  *determined = solve_scaled(n, &g->all[A], time, 1, &g->all[b], estimate->theta);
  if (!*determined) PetscFunctionReturn(0);
  PetscCall(PetscMalloc2(g->n * n, &rest, g->n * n, &moved));
  for (PetscInt k = 0; k < g->n; ++k) {
    const PetscReal *const sums = &g->sums[k * g->size];
    for (PetscInt i = 0; i < n; ++i) {
      rest[k * n + i] = sums[b + i];
      for (PetscInt j = 0; j < n; ++j) rest[k * n + i] -= sums[A + i * n + j] * time * estimate->theta[j];
    }
  }
  *determined = solve_scaled(n, &g->all[A], time, g->n, rest, moved);
  for (PetscInt i = 0; i < n; ++i) {
    PetscReal squares = 0;
    for (PetscInt k = 0; k < g->n; ++k) squares += moved[k * n + i] * moved[k * n + i];
    estimate->theta_error[i] = PetscSqrtReal(squares * (PetscReal)g->n / (PetscReal)(g->n - 1));
  }
  PetscCall(PetscFree2(rest, moved));
  PetscFunctionReturn(0);
}

/* One subsampling time (samples: its k) or one filter (its memory). */
static PetscErrorCode conclude_time(Estimator e, const PetscReal total[], PetscInt at, PetscReal apart,
                                    PetscReal scale, PetscReal drift_time, Estimate *estimate, char **refused)
{
  Groups g = {.size = 1 + e->n_products + (e->n_basis ? e->n_basis * (e->n_basis + 1) : 0)};
  PetscBool determined = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((POOLS + ENOUGH_PATHS * TIME_BATCHES) * g.size, &g.sums));
  make_groups(e, total, at, apart, &g);
  drop_empty(&g);
  estimate->terms = (PetscInt64)g.all[0];
  estimate->groups = g.n;
  if (g.n < FEWEST_GROUPS || !(g.all[0] >= FEWEST_GROUPS)) {
    PetscCall(EstimateRefuse(
        refused,
        "the paths are too short for a time of %.6g: they cover %.6g at most, and an estimate with "
        "its error needs %.6g, or %d paths",
        estimate->time, (total[TOTAL_LONGEST] - 1) * e->dt, (FEWEST_GROUPS + 1) * apart * e->dt,
        ENOUGH_PATHS));
  } else {
    conclude_tensor(e, &g, scale, estimate);
    PetscCall(conclude_drift(e, &g, drift_time, estimate, &determined));
  }
  if (!determined)
    PetscCall(EstimateRefuse(
        refused,
        "the paths do not determine the drift: along them a function of the basis is zero, or a sum of "
        "the others"));
  PetscCall(PetscFree(g.sums));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_finite(const Estimates *all, const Estimate *estimate, char **refused)
{
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < all->dim * all->dim; ++i)
    if (!isfinite(estimate->D[i]) || !isfinite(estimate->D_error[i])) good = PETSC_FALSE;
  for (PetscInt i = 0; i < all->n_basis; ++i)
    if (!isfinite(estimate->theta[i]) || !isfinite(estimate->theta_error[i])) good = PETSC_FALSE;
  if (!good)
    PetscCall(EstimateRefuse(
        refused, "the sums over the paths are beyond the range of numbers: a position, or a function "
                 "of the basis there, is too large"));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorCheckLength(Estimator e, PetscInt64 samples, PetscInt64 paths, const char **key,
                                    char **refused)
{
  const PetscReal counted = (PetscReal)(samples - 1);
  PetscReal longest = 0, needed = 0;

  PetscFunctionBegin;
  *refused = NULL;
  *key = "estimate.subsampling";
  for (PetscInt i = 0; i < e->n_subsampling + e->n_filters && needed <= counted; ++i) {
    const PetscBool filter = (PetscBool)(i >= e->n_subsampling);
    const Filter *const f = filter ? &e->filter[i - e->n_subsampling] : NULL;
    const PetscReal lost = filter ? (PetscReal)f->warm_up : 0;
    const PetscReal apart =
        filter ? apart_filters * f->width / e->dt : apart_increments * e->subsampling[i].k;
    longest = filter ? f->width : e->subsampling[i].k * e->dt;
    needed = paths >= ENOUGH_PATHS ? (filter ? lost + 1 : e->subsampling[i].k)
                                   : lost + (FEWEST_GROUPS + 1) * apart / (PetscReal)paths;
    if (filter) *key = "estimate.filter";
  }
  if (needed > counted)
    PetscCall(EstimateRefuse(
        refused,
        "a path covers a time of %.10g, too short for estimates at %.6g with their errors: they need %.10g%s",
        counted * e->dt, longest, needed * e->dt, paths >= ENOUGH_PATHS ? "" : ", or 8 paths"));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorConclude(Estimator e, const void *sum, Estimates *all, PetscInt *which,
                                 char **refused)
{
  const PetscReal *const total = sum;

  PetscFunctionBegin;
  *refused = NULL;
  *which = -1;
  *all = (Estimates){.dim = e->dim,
                     .n_basis = e->n_basis,
                     .n_subsampling = e->n_subsampling,
                     .n_filters = e->n_filters,
                     .paths = (PetscInt64)total[TOTAL_PATHS],
                     .samples = (PetscInt64)total[TOTAL_SAMPLES],
                     .dt = e->dt,
                     .longest = (total[TOTAL_LONGEST] - 1) * e->dt,
                     .over_paths = (PetscBool)(total[TOTAL_PATHS] >= ENOUGH_PATHS)};
  PetscCall(PetscCalloc1(e->n_subsampling, &all->subsampled));
  PetscCall(PetscCalloc1(e->n_filters, &all->filtered));
  if (all->paths == 0) PetscCall(EstimateRefuse(refused, "there is no path"));
  for (PetscInt i = 0; i < e->n_subsampling && !*refused; ++i) {
    const Subsampling *const s = &e->subsampling[i];
    Estimate *const estimate = &all->subsampled[i];
    estimate->time = s->k * e->dt;
    *which = i;
    PetscCall(conclude_time(e, total, s->sums, apart_increments * s->k, 0.5 / estimate->time, estimate->time,
                            estimate, refused));
    PetscCall(check_finite(all, estimate, refused));
  }
  for (PetscInt i = 0; i < e->n_filters && !*refused; ++i) {
    const Filter *const f = &e->filter[i];
    Estimate *const estimate = &all->filtered[i];
    estimate->time = f->width;
    *which = e->n_subsampling + i;
    /* For Brownian motion X - Z has the variance 2 D dt / (1 - keep^2) at any dt. */
    PetscCall(conclude_time(e, total, f->sums, apart_filters * f->width / e->dt,
                            (1 - f->keep * f->keep) / (2 * e->dt), e->dt, estimate, refused));
    PetscCall(check_finite(all, estimate, refused));
  }
  if (!*refused) *which = -1;
  if (*refused) PetscCall(EstimatesDestroy(all));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatesDestroy(Estimates *all)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(all->subsampled));
  PetscCall(PetscFree(all->filtered));
  PetscFunctionReturn(0);
}
