/*
  C(t) = cov(f(X_0), f(X_t)) in equilibrium, over time and paths, and the integrated correlation time
  int_0^W C(t)/C(0) dt. The window W is the first lag beyond five such times (Sokal), as the tail adds noise only.
  Standard errors by the jackknife over groups of paths.
*/
#include "formulas.h"
#include <math.h>

enum { GROUPS = 32, MOST_SAMPLES = 20000 };
static const PetscReal window_in_times = 5;

typedef struct {
  EnsemblePlan plan;
  PetscInt n_lags, longest, groups;
  PetscInt *lag;   /* [n_lags], ascending, in samples; lag[0] = 0 */
  PetscReal shift; /* taken off f, against cancellation */
  Program program;
  PetscReal *values; /* work: [DYNAMICS_BLOCK] */
  /* of Conclude(), all [n_lags]: */
  PetscReal *rho, *rho_error, variance, tau, tau_error, window;
  PetscBool windowed;
} Autocorrelation;

/* Sums of one path, or of a group: products of which there are `n`, f, f^2, then the product with each lag. */
enum { COUNT, FIRST, SECOND, HEAD };

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePaths *p;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &p));
  *asked = p->autocorrelation ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Lags in whole samples, each once, zero first. */
static PetscErrorCode choose_lags(Autocorrelation *a, const CasePaths *wanted, char **refused)
{
  const PetscReal sample = (PetscReal)a->plan.every * a->plan.dt;
  const PetscReal longest = wanted->n_lags ? wanted->lags[wanted->n_lags - 1] / sample : 0;

  PetscFunctionBegin;
  if (longest > MOST_SAMPLES ||
      longest > (PetscReal)((a->plan.steps - a->plan.burn_in) / a->plan.every - 1)) {
    char message[160];

    snprintf(message, sizeof(message),
             longest > MOST_SAMPLES
                 ? "the longest lag is %.0f samples, and %d can be kept: paths.every must be larger"
                 : "the longest lag is %.0f samples, more than are taken",
             (double)longest, MOST_SAMPLES);
    PetscCall(PetscStrallocpy(message, refused));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(wanted->n_lags + 1, &a->lag));
  a->lag[a->n_lags++] = 0;
  for (PetscInt k = 0; k < wanted->n_lags; k++) {
    const PetscInt lag = (PetscInt)PetscFloorReal(wanted->lags[k] / sample + 0.5);

    if (lag > a->lag[a->n_lags - 1]) a->lag[a->n_lags++] = lag;
  }
  a->longest = a->lag[a->n_lags - 1];
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  const CasePaths *wanted;
  PetscReal at[REITER_VARIABLES] = {0};
  Expression formula;
  Autocorrelation *a;

  PetscFunctionBegin;
  (void)paths;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(PetscNew(&a));
  a->plan = *plan;
  a->groups = (PetscInt)PetscMin(plan->count, GROUPS);
  *self = a;
  formula = wanted->autocorrelation;
  PetscCall(ProgramCreate(1, &formula, &a->program));
  for (PetscInt c = 0; c < plan->dim; c++) at[VariableIndex(0, c)] = wanted->initial[c];
  PetscCall(ExpressionEvaluate(formula, at, &a->shift));
  if (PetscIsInfOrNanReal(a->shift)) a->shift = 0;
  PetscCall(PetscMalloc1(DYNAMICS_BLOCK, &a->values));
  PetscCall(choose_lags(a, wanted, refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  Autocorrelation *const a = *self;

  PetscFunctionBegin;
  PetscCall(ProgramDestroy(&a->program));
  PetscCall(PetscFree(a->values));
  PetscCall(PetscFree(a->lag));
  PetscCall(PetscFree2(a->rho, a->rho_error));
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

static PetscInt n_sums(const Autocorrelation *a)
{
  return HEAD + a->n_lags;
}

/* double seen; double sums[n_sums][paths]; double ring[longest + 1][paths] */
static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  const Autocorrelation *const a = self;

  (void)first;
  return (1 + (size_t)n * (size_t)(n_sums(a) + a->longest + 1)) * sizeof(double);
}

/* double sums[groups][n_sums] */
static size_t total_size(const void *self)
{
  const Autocorrelation *const a = self;

  return (size_t)a->groups * (size_t)n_sums(a) * sizeof(double);
}

static PetscInt64 next(const void *self, PetscInt64 step)
{
  return NextSample(&((const Autocorrelation *)self)->plan, step);
}

static PetscErrorCode observe(void *self, const PathBlock *block, void *state)
{
  Autocorrelation *const a = self;
  const PetscInt n = block->n, length = a->longest + 1;
  double *const seen = state, *const sums = seen + 1, *const ring = sums + n_sums(a) * n;
  const PetscInt64 sample = (PetscInt64)*seen;
  double *const now = ring + sample % length * n;
  PetscReal *const out[] = {a->values};

  PetscFunctionBegin;
  PetscCall(EvaluateOnBlock(a->program, block, out));
  for (PetscInt i = 0; i < n; i++) now[i] = a->values[i] - a->shift;
  *seen += 1;
  if (sample < a->longest) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < n; i++) {
    sums[COUNT * n + i] += 1;
    sums[FIRST * n + i] += now[i];
    sums[SECOND * n + i] += now[i] * now[i];
  }
  for (PetscInt k = 0; k < a->n_lags; k++) {
    const double *const then = ring + (sample - a->lag[k]) % length * n;
    double *const sum = sums + (HEAD + k) * n;

    for (PetscInt i = 0; i < n; i++) sum[i] += now[i] * then[i];
  }
  PetscFunctionReturn(0);
}

/* Paths that ended count for nothing. */
static PetscErrorCode finish(void *self, const PathBlock *block, void *state)
{
  Autocorrelation *const a = self;
  double *const sums = (double *)state + 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < block->n; i++) {
    for (PetscInt k = 0; k < n_sums(a) && block->state[i] != PATH_RUNS; k++) sums[k * block->n + i] = 0;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  Autocorrelation *const a = self;
  const double *const sums = (const double *)state + 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt64 group = (first + i) * a->groups / a->plan.count;
    double *const sum = (double *)total + group * n_sums(a);

    for (PetscInt k = 0; k < n_sums(a); k++) sum[k] += sums[k * n + i];
  }
  PetscFunctionReturn(0);
}

/* rho[n_lags] of the groups but one (-1: of all). */
static PetscReal correlations(const Autocorrelation *a, const double total[], PetscInt without,
                              PetscReal rho[])
{
  PetscReal head[HEAD] = {0};

  for (PetscInt k = 0; k < a->n_lags; k++) rho[k] = 0;
  for (PetscInt g = 0; g < a->groups; g++) {
    const double *const sum = total + g * n_sums(a);

    if (g == without) continue;
    for (PetscInt k = 0; k < HEAD; k++) head[k] += sum[k];
    for (PetscInt k = 0; k < a->n_lags; k++) rho[k] += sum[HEAD + k];
  }
  const PetscReal mean = head[FIRST] / head[COUNT], variance = head[SECOND] / head[COUNT] - mean * mean;

  for (PetscInt k = 0; k < a->n_lags; k++) rho[k] = (rho[k] / head[COUNT] - mean * mean) / variance;
  return variance;
}

static PetscReal lag_time(const Autocorrelation *a, PetscInt k)
{
  return (PetscReal)(a->lag[k] * a->plan.every) * a->plan.dt;
}

/* The trapezoid's sum of rho up to lag `last`. */
static PetscReal integrate(const Autocorrelation *a, const PetscReal rho[], PetscInt last)
{
  PetscReal sum = 0;

  for (PetscInt k = 1; k <= last; k++)
    sum += (lag_time(a, k) - lag_time(a, k - 1)) * (rho[k] + rho[k - 1]) / 2;
  return sum;
}

static PetscErrorCode conclude(void *self, const void *total)
{
  Autocorrelation *const a = self;
  const PetscReal factor = (PetscReal)(a->groups - 1) / (PetscReal)a->groups;
  PetscInt last = 1;
  PetscReal *rho, squares = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(a->n_lags, &a->rho, a->n_lags, &a->rho_error));
  PetscCall(PetscMalloc1(a->n_lags, &rho));
  a->variance = correlations(a, total, -1, a->rho);
  while (last + 1 < a->n_lags && lag_time(a, last) < window_in_times * integrate(a, a->rho, last)) last++;
  last = PetscMin(last, a->n_lags - 1);
  a->tau = integrate(a, a->rho, last);
  a->window = lag_time(a, last);
  a->windowed = (PetscBool)(a->window >= window_in_times * a->tau);
  for (PetscInt k = 0; k < a->n_lags; k++) a->rho_error[k] = 0;
  for (PetscInt g = 0; g < a->groups; g++) {
    (void)correlations(a, total, g, rho);
    for (PetscInt k = 0; k < a->n_lags; k++) a->rho_error[k] += (rho[k] - a->rho[k]) * (rho[k] - a->rho[k]);
    squares += (integrate(a, rho, last) - a->tau) * (integrate(a, rho, last) - a->tau);
  }
  for (PetscInt k = 0; k < a->n_lags; k++)
    a->rho_error[k] = a->groups > 1 ? sqrt(factor * a->rho_error[k]) : NAN;
  a->tau_error = a->groups > 1 ? sqrt(factor * squares) : NAN;
  PetscCall(PetscFree(rho));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  static const char *const header[] = {"lag", "autocorrelation", "autocorrelation_error"};
  Autocorrelation *const a = self;
  char name[128];
  PetscReal *table;

  PetscFunctionBegin;
  (void)total;
  PetscCall(PetscMalloc1(3 * a->n_lags, &table));
  for (PetscInt k = 0; k < a->n_lags; k++) {
    table[3 * k] = lag_time(a, k);
    table[3 * k + 1] = a->rho[k];
    table[3 * k + 2] = a->rho_error[k];
  }
  PetscCall(EnsembleFile(&a->plan, "autocorrelation", "csv", name));
  PetscCall(CsvWrite(folder, name, a->n_lags, 3, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Autocorrelation *const a = self;
  PetscReal *lags;

  PetscFunctionBegin;
  (void)total;
  PetscCall(PetscMalloc1(a->n_lags, &lags));
  for (PetscInt k = 0; k < a->n_lags; k++) lags[k] = lag_time(a, k);
  PetscCall(JsonReal(json, "variance", a->variance));
  PetscCall(JsonReal(json, "integrated_time", a->tau));
  PetscCall(JsonReal(json, "integrated_time_error", a->tau_error));
  PetscCall(JsonReal(json, "window", a->window));
  PetscCall(JsonBool(json, "window_reached", a->windowed));
  PetscCall(JsonRealArray(json, "lags", a->n_lags, lags));
  PetscCall(JsonRealArray(json, "values", a->n_lags, a->rho));
  PetscCall(JsonRealArray(json, "standard_errors", a->n_lags, a->rho_error));
  PetscCall(PetscFree(lags));
  PetscFunctionReturn(0);
}

static PetscErrorCode print(void *self, const void *total, FILE *stream)
{
  Autocorrelation *const a = self;

  PetscFunctionBegin;
  (void)total;
  if (!isfinite(a->tau)) {
    fprintf(stream, "  integrated correlation time: unknown\n");
    PetscFunctionReturn(0);
  }
  fprintf(stream, "  integrated correlation time: %.6g +- %.2g%s\n", (double)a->tau, (double)a->tau_error,
          a->windowed ? "" : " (the longest lag is too short for it)");
  PetscFunctionReturn(0);
}

const EnsembleObserver AutocorrelationObserver = {.key = "autocorrelation",
                                                  .section = "paths.autocorrelation",
                                                  .IsAsked = is_asked,
                                                  .Create = create,
                                                  .Destroy = destroy,
                                                  .StateSize = state_size,
                                                  .TotalSize = total_size,
                                                  .Next = next,
                                                  .Observe = observe,
                                                  .Finish = finish,
                                                  .Merge = merge,
                                                  .Conclude = conclude,
                                                  .WriteFiles = write_files,
                                                  .WriteJson = write_json,
                                                  .Print = print};
