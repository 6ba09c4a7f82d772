/*
  Means of formulas. Over time and paths: the average over time of each path is one number, and as paths are
  independent, the spread of these numbers gives the standard error, whatever the correlation in time. With too few
  paths for that, the time is cut into batches and every batch of every path counts as a number: right when a batch is
  much longer than the correlation time. At the times of the case: over paths alone.
*/
#include "formulas.h"
#include "moments.h"
#include <string.h>

enum { ENOUGH_PATHS = 16, BATCHES = 32 };

typedef struct {
  EnsemblePlan plan;
  const CasePaths *wanted;
  PetscInt n, n_times, batches;
  PetscInt64 *at; /* [n_times] steps */
  Program program;
  PetscReal *values, **rows; /* work: [n][DYNAMICS_BLOCK] */
  char missing[160];         /* the first one that is not finite everywhere; "": all are */
} Observables;

/* The state of a block is Moments[n], Moments[n][n_times], double samples[batches], double sums[n][batches][paths]; the
   total the first two. */
static Moments *moments_at(const Observables *o, void *memory, PetscInt observable, PetscInt time)
{
  Moments *const means = memory;

  return time < 0 ? means + observable : means + o->n + observable * o->n_times + time;
}

static size_t n_moments(const Observables *o)
{
  return (size_t)o->n * (size_t)(1 + o->n_times);
}

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePaths *p;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &p));
  *asked = p->n_observables ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  Expression *formulas;
  Observables *o;

  PetscFunctionBegin;
  (void)paths;
  (void)refused;
  PetscCall(PetscNew(&o));
  o->plan = *plan;
  PetscCall(CaseGetPaths(plan->c, &o->wanted));
  o->n = o->wanted->n_observables;
  o->n_times = o->wanted->n_times;
  o->batches = plan->count < ENOUGH_PATHS ? BATCHES : 1;
  PetscCall(PetscMalloc1(o->n_times, &o->at));
  for (PetscInt k = 0; k < o->n_times; k++)
    o->at[k] = PetscMin(plan->steps, (PetscInt64)PetscFloorReal(o->wanted->times[k] / plan->dt + 0.5));
  PetscCall(PetscMalloc1(o->n, &formulas));
  for (PetscInt k = 0; k < o->n; k++) formulas[k] = o->wanted->observables[k].formula;
  PetscCall(ProgramCreate(o->n, formulas, &o->program));
  PetscCall(PetscFree(formulas));
  PetscCall(PetscMalloc2(o->n * DYNAMICS_BLOCK, &o->values, o->n, &o->rows));
  for (PetscInt k = 0; k < o->n; k++) o->rows[k] = o->values + k * DYNAMICS_BLOCK;
  *self = o;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  Observables *const o = *self;

  PetscFunctionBegin;
  PetscCall(ProgramDestroy(&o->program));
  PetscCall(PetscFree(o->at));
  PetscCall(PetscFree2(o->values, o->rows));
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  const Observables *const o = self;

  (void)first;
  return n_moments(o) * sizeof(Moments) +
         (size_t)o->batches * (1 + (size_t)o->n * (size_t)n) * sizeof(double);
}

static size_t total_size(const void *self)
{
  return n_moments(self) * sizeof(Moments);
}

static PetscInt64 next(const void *self, PetscInt64 step)
{
  const Observables *const o = self;
  PetscInt64 found = NextSample(&o->plan, step);

  for (PetscInt k = 0; k < o->n_times; k++) {
    if (o->at[k] > step) found = PetscMin(found, o->at[k]);
  }
  return found;
}

static PetscInt batch_of(const Observables *o, PetscInt64 step)
{
  const PetscInt64 sample = (step - o->plan.burn_in) / o->plan.every - 1;
  const PetscInt64 samples = (o->plan.steps - o->plan.burn_in) / o->plan.every;

  return (PetscInt)(sample * o->batches / samples);
}

static PetscErrorCode observe(void *self, const PathBlock *block, void *state)
{
  Observables *const o = self;
  const PetscInt64 since = block->step - o->plan.burn_in;
  PetscReal *const values = o->values;

  PetscFunctionBegin;
  PetscCall(EvaluateOnBlock(o->program, block, o->rows));
  if (since > 0 && since % o->plan.every == 0) {
    const PetscInt batch = batch_of(o, block->step);
    double *const samples = (double *)((Moments *)state + n_moments(o)), *const sums = samples + o->batches;

    samples[batch] += 1;
    for (PetscInt k = 0; k < o->n; k++) {
      double *const sum = sums + (k * o->batches + batch) * block->n;
      const PetscReal *const value = values + k * DYNAMICS_BLOCK;

      for (PetscInt i = 0; i < block->n; i++) sum[i] += value[i];
    }
  }
  for (PetscInt t = 0; t < o->n_times; t++) {
    for (PetscInt k = 0; k < o->n && o->at[t] == block->step; k++) {
      for (PetscInt i = 0; i < block->n; i++) {
        if (block->state[i] == PATH_RUNS)
          MomentsAdd(moments_at(o, state, k, t), values[k * DYNAMICS_BLOCK + i]);
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Paths that ended on the way have no average over the whole time. */
static PetscErrorCode finish(void *self, const PathBlock *block, void *state)
{
  Observables *const o = self;
  const double *const samples = (double *)((Moments *)state + n_moments(o)), *const sums =
                                                                                 samples + o->batches;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < o->n; k++) {
    for (PetscInt b = 0; b < o->batches; b++) {
      for (PetscInt i = 0; i < block->n; i++) {
        if (block->state[i] == PATH_RUNS && samples[b] > 0)
          MomentsAdd(moments_at(o, state, k, -1), sums[(k * o->batches + b) * block->n + i] / samples[b]);
      }
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  const size_t count = n_moments(self);

  PetscFunctionBegin;
  (void)first;
  (void)n;
  for (size_t k = 0; k < count; k++) MomentsMerge((Moments *)total + k, (const Moments *)state + k);
  PetscFunctionReturn(0);
}

/* A copy, for the functions that only read. */
static Moments of(const Observables *o, const void *total, PetscInt observable, PetscInt time)
{
  return ((const Moments *)total)[time < 0 ? observable : o->n + observable * o->n_times + time];
}

static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  Observables *const o = self;
  const PetscInt columns = 1 + 2 * o->n;
  char name[128], (*names)[80];
  const char **header;
  PetscReal *table;

  PetscFunctionBegin;
  if (!o->n_times) PetscFunctionReturn(0);
  PetscCall(PetscMalloc3(columns, &names, columns, &header, o->n_times * columns, &table));
  PetscCall(PetscStrncpy(names[0], "time", sizeof(names[0])));
  for (PetscInt k = 0; k < o->n; k++) {
    PetscCall(PetscStrncpy(names[1 + 2 * k], o->wanted->observables[k].name, sizeof(names[0])));
    PetscCall(PetscSNPrintf(names[2 + 2 * k], sizeof(names[0]), "%s_error", o->wanted->observables[k].name));
  }
  for (PetscInt k = 0; k < columns; k++) header[k] = names[k];
  for (PetscInt t = 0; t < o->n_times; t++) {
    table[t * columns] = (PetscReal)o->at[t] * o->plan.dt;
    for (PetscInt k = 0; k < o->n; k++) {
      const Moments m = of(o, total, k, t);

      table[t * columns + 1 + 2 * k] = MomentsMean(&m);
      table[t * columns + 2 + 2 * k] = MomentsError(&m);
    }
  }
  PetscCall(EnsembleFile(&o->plan, "observables", "csv", name));
  PetscCall(CsvWrite(folder, name, o->n_times, columns, header, table));
  PetscCall(PetscFree3(names, header, table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_times(const Observables *o, const void *total, PetscInt k, Json json)
{
  PetscReal *time, *mean, *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(o->n_times, &time, o->n_times, &mean, o->n_times, &error));
  for (PetscInt t = 0; t < o->n_times; t++) {
    const Moments m = of(o, total, k, t);

    time[t] = (PetscReal)o->at[t] * o->plan.dt;
    mean[t] = MomentsMean(&m);
    error[t] = MomentsError(&m);
  }
  PetscCall(JsonRealArray(json, "times", o->n_times, time));
  PetscCall(JsonRealArray(json, "means", o->n_times, mean));
  PetscCall(JsonRealArray(json, "standard_errors", o->n_times, error));
  PetscCall(PetscFree3(time, mean, error));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Observables *const o = self;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < o->n; k++) {
    const Moments m = of(o, total, k, -1);

    PetscCall(JsonBeginObject(json, o->wanted->observables[k].name));
    PetscCall(JsonReal(json, "mean", MomentsMean(&m)));
    PetscCall(JsonReal(json, "standard_error", MomentsError(&m)));
    PetscCall(JsonInt(json, "independent", (PetscInt64)m.n));
    PetscCall(JsonString(json, "errors_from", o->batches > 1 ? "batches of time" : "paths"));
    if (o->n_times) PetscCall(write_times(o, total, k, json));
    PetscCall(JsonEndObject(json));
  }
  PetscFunctionReturn(0);
}

/* One sample that is not finite spoils the whole mean, and tells that the formula is wrong for these paths. */
static PetscErrorCode conclude(void *self, const void *total)
{
  Observables *const o = self;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < o->n && !o->missing[0]; k++) {
    for (PetscInt t = -1; t < o->n_times && !o->missing[0]; t++) {
      const Moments m = of(o, total, k, t);

      if (m.n > 0 && !isfinite(m.mean))
        snprintf(o->missing, sizeof(o->missing),
                 "no average of %s: it is not finite at some places of the paths",
                 o->wanted->observables[k].name);
    }
  }
  PetscFunctionReturn(0);
}

static const char *get_missing(const void *self)
{
  const Observables *const o = self;

  return o->missing[0] ? o->missing : NULL;
}

static PetscErrorCode print(void *self, const void *total, FILE *stream)
{
  Observables *const o = self;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < o->n; k++) {
    const Moments m = of(o, total, k, -1);

    if (!(m.n > 0) || !isfinite(m.mean)) continue;
    fprintf(stream, "  average of %s: ", o->wanted->observables[k].name);
    MomentsPrint(stream, m.mean, MomentsError(&m));
  }
  PetscFunctionReturn(0);
}

const EnsembleObserver ObservablesObserver = {.key = "observables",
                                              .section = "paths.observables",
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
                                              .GetMissing = get_missing,
                                              .WriteFiles = write_files,
                                              .WriteJson = write_json,
                                              .Print = print};
