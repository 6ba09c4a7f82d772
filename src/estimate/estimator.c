/* The layout, and what one more sample adds to the sums. */
#include "estimator_private.h"
#include <math.h>
#include <string.h>

/* Z starts at X: after this many widths, what is left of that is beyond the digits of any estimate. */
static const PetscReal warm_up = 10;

PetscInt EstimatorTallyAt(Estimator e)
{
  return STATE_LAST + e->dim + e->n_values;
}

PetscInt EstimatorFewAt(Estimator e, PetscInt path)
{
  return TOTAL_POOLS + TallyLength(POOLS, e->n_sums) + path * TallyLength(e->batches, e->n_sums);
}

/* Increments begin at every stride-th sample; the stride must divide k. */
static PetscInt stride_of(PetscInt k, PetscInt offsets)
{
  PetscInt stride = offsets ? PetscMax(1, k / offsets) : 1;

  while (k % stride) --stride;
  return stride;
}

static PetscErrorCode lay_out(Estimator e, const EstimatorSettings *s)
{
  const PetscInt per_time = 1 + e->n_products + (s->n_basis ? s->n_basis * (s->n_basis + 1) : 0);
  size_t at;

  PetscFunctionBegin;
  e->n_sums = per_time * (e->n_subsampling + e->n_filters);
  at = (size_t)(EstimatorTallyAt(e) + TallyLength(e->batches, e->n_sums));
  PetscCall(PetscMalloc2(e->n_subsampling, &e->subsampling, e->n_filters, &e->filter));
  for (PetscInt i = 0; i < e->n_filters; ++i) {
    e->filter[i] = (Filter){.width = s->widths[i],
                            .keep = PetscExpReal(-s->dt / s->widths[i]),
                            .warm_up = (PetscInt64)ceil(warm_up * s->widths[i] / s->dt),
                            .at = at,
                            .sums = per_time * (e->n_subsampling + i)};
    at += (size_t)(e->dim + e->n_values);
  }
  for (PetscInt i = 0; i < e->n_subsampling; ++i) {
    const PetscInt k = s->steps[i], stride = stride_of(k, s->offsets);

    PetscCheck(k > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A subsampling time below the sampling time");
    e->subsampling[i] = (Subsampling){k, stride, k / stride, at, per_time * i};
    at += (size_t)(k / stride) * (size_t)(e->dim + e->n_values);
  }
  PetscCall(PetscIntCast((PetscInt64)at, &e->length));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorCreate(const EstimatorSettings *s, Estimator *estimator)
{
  Estimator e;

  PetscFunctionBegin;
  PetscCheck(s->n_basis <= ESTIMATE_MAX_BASIS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Too many basis functions");
  PetscCall(PetscNew(&e));
  e->dim = s->dim;
  e->n_products = s->dim * (s->dim + 1) / 2;
  e->n_basis = s->n_basis;
  e->n_values = s->n_basis * s->dim;
  e->dt = s->dt;
  e->batches = s->paths >= ENOUGH_PATHS ? 1 : TIME_BATCHES;
  e->n_subsampling = s->n_subsampling;
  e->n_filters = s->n_filters;
  PetscCall(lay_out(e, s));
  if (e->n_basis) PetscCall(ProgramCreate(e->n_values, s->basis, &e->basis));
  PetscCall(PetscCalloc3(e->n_values * ESTIMATE_BLOCK, &e->f, e->n_filters * e->dim * ESTIMATE_BLOCK, &e->Z,
                         e->n_filters * e->n_values * ESTIMATE_BLOCK, &e->fZ));
  *estimator = e;
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorDestroy(Estimator *estimator)
{
  Estimator e = *estimator;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(0);
  if (e->basis) PetscCall(ProgramDestroy(&e->basis));
  PetscCall(PetscFree2(e->subsampling, e->filter));
  PetscCall(PetscFree3(e->f, e->Z, e->fZ));
  PetscCall(PetscFree(*estimator));
  PetscFunctionReturn(0);
}

size_t EstimatorStateSize(Estimator e)
{
  return (size_t)e->length * sizeof(PetscReal);
}

size_t EstimatorTotalSize(Estimator e)
{
  return (size_t)EstimatorFewAt(e, e->batches > 1 ? ENOUGH_PATHS - 1 : 0) * sizeof(PetscReal);
}

/* The basis at n points, x[dim][stride]; f[n_values][BLOCK]. */
static PetscErrorCode evaluate(Estimator e, PetscInt n, PetscInt stride, const PetscReal x[], PetscReal f[])
{
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal *out[ESTIMATE_MAX_BASIS * REITER_MAX_DIM];

  PetscFunctionBegin;
  if (!e->basis || n == 0) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < e->dim; ++c) variables[VariableIndex(0, c)] = &x[c * stride];
  for (PetscInt v = 0; v < e->n_values; ++v) out[v] = &f[v * ESTIMATE_BLOCK];
  PetscCall(ProgramEvaluatePoints(e->basis, n, variables, out));
  PetscFunctionReturn(0);
}

/* Products of an increment (weight 1), and with the values g and f of the basis the sums of the drift. */
static void add_terms(Estimator e, const PetscReal dx[], const PetscReal g[], const PetscReal f[],
                      const PetscReal step[], PetscReal sums[])
{
  *sums++ += 1;
  for (PetscInt a = 0; a < e->dim; ++a) {
    for (PetscInt b = a; b < e->dim; ++b) *sums++ += dx[a] * dx[b];
  }
  for (PetscInt i = 0; i < e->n_basis; ++i) {
    for (PetscInt j = 0; j < e->n_basis; ++j) {
      for (PetscInt c = 0; c < e->dim; ++c) *sums += g[i * e->dim + c] * f[j * e->dim + c];
      ++sums;
    }
  }
  for (PetscInt i = 0; i < e->n_basis; ++i) {
    for (PetscInt c = 0; c < e->dim; ++c) *sums += g[i * e->dim + c] * step[c];
    ++sums;
  }
}

static void add_subsampled(Estimator e, const Subsampling *s, PetscInt64 n, const PetscReal now[],
                           PetscReal state[], PetscReal sums[])
{
  const PetscInt width = e->dim + e->n_values;
  PetscReal *const slot = &state[s->ring + (size_t)((n / s->stride) % s->slots) * (size_t)width];
  PetscReal dx[REITER_MAX_DIM];

  if (n % s->stride) return;
  if (n >= s->k) {
    for (PetscInt c = 0; c < e->dim; ++c) dx[c] = now[c] - slot[c];
    add_terms(e, dx, slot + e->dim, slot + e->dim, dx, sums + s->sums);
  }
  memcpy(slot, now, (size_t)width * sizeof(*slot));
}

/* Z[dim] and fZ[n_values] stand at the new sample, the state at the last one. */
static void add_filtered(Estimator e, const Filter *filter, PetscInt64 n, const PetscReal now[],
                         const PetscReal Z[], const PetscReal fZ[], PetscReal state[], PetscReal sums[])
{
  const PetscReal *const last = &state[STATE_LAST];
  PetscReal *const kept = &state[filter->at], away[REITER_MAX_DIM], step[REITER_MAX_DIM];

  if (n > filter->warm_up) {
    for (PetscInt c = 0; c < e->dim; ++c) {
      away[c] = now[c] - Z[c];
      step[c] = now[c] - last[c];
    }
    add_terms(e, away, kept + e->dim, last + e->dim, step, sums + filter->sums);
  }
  memcpy(kept, Z, (size_t)e->dim * sizeof(*kept));
  if (e->n_values) memcpy(kept + e->dim, fZ, (size_t)e->n_values * sizeof(*kept));
}

/* Sample i of the work arrays goes to a state. */
static void add_sample(Estimator e, PetscInt i, PetscInt stride, const PetscReal x[], PetscReal state[])
{
  const PetscInt64 n = (PetscInt64)state[STATE_COUNT];
  PetscReal *const sums = TallyNext(e->batches, e->n_sums, &state[EstimatorTallyAt(e)]);
  PetscReal now[REITER_MAX_DIM * (1 + ESTIMATE_MAX_BASIS)], Z[REITER_MAX_DIM],
      fZ[REITER_MAX_DIM * ESTIMATE_MAX_BASIS];

  for (PetscInt c = 0; c < e->dim; ++c) now[c] = x[c * stride + i];
  for (PetscInt v = 0; v < e->n_values; ++v) now[e->dim + v] = e->f[v * ESTIMATE_BLOCK + i];
  for (PetscInt s = 0; s < e->n_subsampling; ++s) add_subsampled(e, &e->subsampling[s], n, now, state, sums);
  for (PetscInt k = 0; k < e->n_filters; ++k) {
    for (PetscInt c = 0; c < e->dim; ++c) Z[c] = e->Z[(k * e->dim + c) * ESTIMATE_BLOCK + i];
    for (PetscInt v = 0; v < e->n_values; ++v) fZ[v] = e->fZ[(k * e->n_values + v) * ESTIMATE_BLOCK + i];
    add_filtered(e, &e->filter[k], n, now, Z, fZ, state, sums);
  }
  memcpy(&state[STATE_LAST], now, (size_t)(e->dim + e->n_values) * sizeof(*now));
  state[STATE_COUNT] += 1;
}

/* The basis at the samples and at their filtered positions. */
static PetscErrorCode evaluate_all(Estimator e, PetscInt n, PetscInt stride, const PetscReal x[])
{
  PetscFunctionBegin;
  if (!e->basis) PetscFunctionReturn(0);
  PetscCall(evaluate(e, n, stride, x, e->f));
  for (PetscInt k = 0; k < e->n_filters; ++k)
    PetscCall(evaluate(e, n, ESTIMATE_BLOCK, &e->Z[k * e->dim * ESTIMATE_BLOCK],
                       &e->fZ[k * e->n_values * ESTIMATE_BLOCK]));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorAddSeries(Estimator e, PetscInt n, PetscInt stride, const PetscReal x[], void *memory)
{
  PetscReal *const state = memory;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < e->n_filters; ++k) {
    const Filter *const filter = &e->filter[k];
    for (PetscInt c = 0; c < e->dim; ++c) {
      PetscReal *const Z = &e->Z[(k * e->dim + c) * ESTIMATE_BLOCK];
      PetscReal z = state[filter->at + (size_t)c], last = state[STATE_LAST + c];
      if (state[STATE_COUNT] == 0) z = last = x[c * stride];
      for (PetscInt i = 0; i < n; ++i) {
        Z[i] = z = last + filter->keep * (z - last);
        last = x[c * stride + i];
      }
    }
  }
  PetscCall(evaluate_all(e, n, stride, x));
  for (PetscInt i = 0; i < n; ++i) add_sample(e, i, stride, x, state);
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorAddBlock(Estimator e, PetscInt n, PetscInt stride, const PetscReal x[],
                                 const int8_t skip[], void *memory)
{
  PetscReal *const states = memory;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < e->n_filters; ++k) {
    const Filter *const filter = &e->filter[k];
    for (PetscInt c = 0; c < e->dim; ++c) {
      PetscReal *const Z = &e->Z[(k * e->dim + c) * ESTIMATE_BLOCK];
      for (PetscInt i = 0; i < n; ++i) {
        const PetscReal *const state = &states[(size_t)i * (size_t)e->length];
        const PetscReal last = state[STATE_LAST + c], z = state[filter->at + (size_t)c];
        Z[i] = state[STATE_COUNT] == 0 ? x[c * stride + i] : last + filter->keep * (z - last);
      }
    }
  }
  PetscCall(evaluate_all(e, n, stride, x));
  for (PetscInt i = 0; i < n; ++i) {
    if (!skip || !skip[i]) add_sample(e, i, stride, x, &states[(size_t)i * (size_t)e->length]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorFinish(Estimator e, const void *memory, void *sum)
{
  const PetscReal *const state = memory, *const tally = &state[EstimatorTallyAt(e)];
  PetscReal *const total = sum, *pool;
  const PetscInt paths = (PetscInt)PetscMin(total[TOTAL_PATHS], (PetscReal)ENOUGH_PATHS);

  PetscFunctionBegin;
  if (state[STATE_COUNT] == 0) PetscFunctionReturn(0);
  pool = TallyNext(POOLS, e->n_sums, &total[TOTAL_POOLS]);
  for (PetscInt b = 0; b < TallyBatches(tally); ++b) {
    const PetscReal *const sums = TallySums(e->n_sums, tally, b);
    for (PetscInt i = 0; i < e->n_sums; ++i) pool[i] += sums[i];
  }
  if (paths < ENOUGH_PATHS - 1 && e->batches > 1)
    PetscCall(PetscArraycpy(&total[EstimatorFewAt(e, paths)], tally, TallyLength(e->batches, e->n_sums)));
  total[TOTAL_PATHS] += 1;
  total[TOTAL_SAMPLES] += state[STATE_COUNT];
  total[TOTAL_LONGEST] = PetscMax(total[TOTAL_LONGEST], state[STATE_COUNT]);
  PetscFunctionReturn(0);
}
