/*
  First passage times. The time of every path is kept, in the order of the paths. A path that has not arrived when the
  time is over says only that its passage takes longer: a mean is given where all have arrived; else the mean of an
  exponential law with that many arrivals in all the time that was spent, which is right for a rare event.
*/
#include "ensemble_private.h"
#include <math.h>
#include <stdlib.h>
#include "moments.h"

static const PetscReal levels[] = {0.05, 0.25, 0.5, 0.75, 0.95};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

typedef struct {
  EnsemblePlan plan;
  PetscInt64 arrived, escaped;
  Moments times;       /* of those that arrived */
  PetscReal spent;     /* in all paths together */
  PetscInt64 n_sorted; /* all arrival times, ascending */
  double *sorted;
} Passage;

/* state: double[paths], total: double[count]: the time of the arrival; -1 not arrived; -1 - t escaped at t. */

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePaths *p;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &p));
  *asked = p->passage_to ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  Passage *p;

  PetscFunctionBegin;
  (void)paths;
  (void)refused;
  PetscCall(PetscNew(&p));
  p->plan = *plan;
  *self = p;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(((Passage *)*self)->sorted));
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  (void)self;
  (void)first;
  return (size_t)n * sizeof(double);
}

static size_t total_size(const void *self)
{
  return (size_t)((const Passage *)self)->plan.count * sizeof(double);
}

static PetscErrorCode finish(void *self, const PathBlock *block, void *state)
{
  double *const end = state;

  PetscFunctionBegin;
  (void)self;
  for (PetscInt i = 0; i < block->n; i++)
    end[i] = block->state[i] == PATH_ARRIVED   ? block->end[i]
             : block->state[i] == PATH_ESCAPED ? -1 - block->end[i]
                                               : -1;
  PetscFunctionReturn(0);
}

static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  PetscFunctionBegin;
  (void)self;
  PetscCall(PetscMemcpy((double *)total + first, state, (size_t)n * sizeof(double)));
  PetscFunctionReturn(0);
}

static int compare(const void *a, const void *b)
{
  const double p = *(const double *)a, q = *(const double *)b;

  return (p > q) - (p < q);
}

static PetscErrorCode conclude(void *self, const void *total)
{
  Passage *const p = self;
  const double *const end = total, longest = (double)p->plan.steps * p->plan.dt;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->plan.count, &p->sorted));
  for (PetscInt64 i = 0; i < p->plan.count; i++) {
    if (end[i] >= 0) {
      MomentsAdd(&p->times, end[i]);
      p->sorted[p->n_sorted++] = end[i];
    }
    p->escaped += end[i] < -1;
    p->spent += end[i] >= 0 ? end[i] : end[i] < -1 ? -1 - end[i] : longest;
  }
  p->arrived = p->n_sorted;
  qsort(p->sorted, (size_t)p->n_sorted, sizeof(double), compare);
  PetscFunctionReturn(0);
}

/* Of the law of all paths: known as far as that many have arrived. */
static PetscReal quantile(const Passage *p, PetscReal level)
{
  const PetscInt64 rank = (PetscInt64)PetscCeilReal(level * (PetscReal)p->plan.count);

  return rank >= 1 && rank <= p->n_sorted ? p->sorted[rank - 1] : NAN;
}

static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  static const char *const header[] = {"time", "fraction"};
  Passage *const p = self;
  const PetscInt rows = (PetscInt)PetscMin(p->n_sorted, 1000);
  char name[128];
  PetscReal *table;

  PetscFunctionBegin;
  (void)total;
  PetscCall(PetscMalloc1(2 * rows + 1, &table));
  for (PetscInt i = 0; i < rows; i++) {
    const PetscInt64 rank = (PetscInt64)(i + 1) * p->n_sorted / rows;

    table[2 * i] = p->sorted[rank - 1];
    table[2 * i + 1] = (PetscReal)rank / (PetscReal)p->plan.count;
  }
  PetscCall(EnsembleFile(&p->plan, "passage", "csv", name));
  PetscCall(CsvWrite(folder, name, rows, 2, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Passage *const p = self;
  const PetscBool all = p->arrived == p->plan.count ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal arrived = (PetscReal)p->arrived, exponential = arrived > 0 ? p->spent / arrived : NAN;
  PetscReal values[LEVELS];

  PetscFunctionBegin;
  (void)total;
  for (PetscInt i = 0; i < LEVELS; i++) values[i] = quantile(p, levels[i]);
  PetscCall(JsonString(json, "scheme", p->plan.scheme == PATHS_SECOND_ORDER ? "second_order" : "euler"));
  PetscCall(JsonReal(json, "step", p->plan.dt));
  PetscCall(JsonInt(json, "count", p->plan.count));
  PetscCall(JsonInt(json, "arrived", p->arrived));
  PetscCall(JsonInt(json, "escaped", p->escaped));
  PetscCall(JsonReal(json, "fraction_arrived", arrived / (PetscReal)p->plan.count));
  PetscCall(JsonReal(json, "mean", all ? MomentsMean(&p->times) : NAN));
  PetscCall(JsonReal(json, "standard_error", all ? MomentsError(&p->times) : NAN));
  PetscCall(JsonReal(json, "mean_of_arrived", MomentsMean(&p->times)));
  PetscCall(JsonReal(json, "exponential_mean", exponential));
  PetscCall(JsonReal(json, "exponential_standard_error", exponential / sqrt(arrived)));
  PetscCall(JsonRealArray(json, "quantile_levels", LEVELS, levels));
  PetscCall(JsonRealArray(json, "quantiles", LEVELS, values));
  PetscFunctionReturn(0);
}

static PetscErrorCode print(void *self, const void *total, FILE *stream)
{
  Passage *const p = self;
  const double arrived = (double)p->arrived;

  PetscFunctionBegin;
  (void)total;
  if (p->arrived == p->plan.count)
    fprintf(stream, "  mean first passage time: ");
  else if (p->arrived)
    fprintf(stream, "  first passage: %.4g %% arrived; mean if exponential: %.9g +- %.2g\n",
            100 * arrived / (double)p->plan.count, p->spent / arrived, p->spent / arrived / sqrt(arrived));
  else
    fprintf(stream, "  first passage: nobody arrived\n");
  if (p->arrived == p->plan.count) MomentsPrint(stream, p->times.mean, MomentsError(&p->times));
  PetscFunctionReturn(0);
}

const EnsembleObserver PassageObserver = {.key = "passage",
                                          .section = "paths.passage",
                                          .stops = PETSC_TRUE,
                                          .IsAsked = is_asked,
                                          .Create = create,
                                          .Destroy = destroy,
                                          .StateSize = state_size,
                                          .TotalSize = total_size,
                                          .Finish = finish,
                                          .Merge = merge,
                                          .Conclude = conclude,
                                          .WriteFiles = write_files,
                                          .WriteJson = write_json,
                                          .Print = print};
