/* Positions of the first paths over time: trajectories_LABEL.h5 with the arrays time[n] and x[path][n][component]; NaN
   after the end of a path. */
#include "ensemble_private.h"
#include <math.h>

static const PetscReal most_numbers = 5e7;

typedef struct {
  EnsemblePlan plan;
  PetscInt64 every, kept, n_times;
} Trajectories;

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CasePaths *p;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &p));
  *asked = p->trajectories ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  const CasePaths *wanted;
  Trajectories *t;
  char message[160];

  PetscFunctionBegin;
  (void)paths;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(PetscNew(&t));
  t->plan = *plan;
  t->every = wanted->trajectory_every;
  t->kept = PetscMin((PetscInt64)wanted->trajectories, plan->count);
  t->n_times = plan->steps / t->every + 1;
  *self = t;
  const PetscReal numbers = (PetscReal)t->kept * (PetscReal)t->n_times * (PetscReal)plan->dim;

  if (numbers <= most_numbers) PetscFunctionReturn(0);
  snprintf(message, sizeof(message), "the trajectories hold %.3g numbers, and %.3g can be kept",
           (double)numbers, (double)most_numbers);
  PetscCall(PetscStrallocpy(message, refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

/* Paths first .. first + n of which that many are kept. */
static PetscInt64 kept_of(const Trajectories *t, PetscInt64 first, PetscInt n)
{
  return PetscMax(0, PetscMin(n, t->kept - first));
}

static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  const Trajectories *const t = self;

  return (size_t)(kept_of(t, first, n) * t->n_times * t->plan.dim) * sizeof(double);
}

static size_t total_size(const void *self)
{
  const Trajectories *const t = self;

  return (size_t)(t->kept * t->n_times * t->plan.dim) * sizeof(double);
}

static PetscInt64 next(const void *self, PetscInt64 step)
{
  const Trajectories *const t = self;

  return step < 0 ? 0 : (step / t->every + 1) * t->every;
}

static PetscErrorCode observe(void *self, const PathBlock *block, void *state)
{
  Trajectories *const t = self;
  const PetscInt64 kept = kept_of(t, block->first, block->n);
  const PetscInt dim = t->plan.dim;
  double *const x = state;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < kept; i++) {
    for (PetscInt c = 0; c < dim; c++)
      x[(i * t->n_times + block->step / t->every) * dim + c] = block->x[c * DYNAMICS_BLOCK + i];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, const PathBlock *block, void *state)
{
  Trajectories *const t = self;
  const PetscInt64 kept = kept_of(t, block->first, block->n);
  double *const x = state;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < kept; i++) {
    for (PetscInt64 k = 0; k < t->n_times && block->state[i] != PATH_RUNS; k++) {
      for (PetscInt c = 0; c < t->plan.dim && (PetscReal)(k * t->every) * t->plan.dt >= block->end[i]; c++)
        x[(i * t->n_times + k) * t->plan.dim + c] = NAN;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  const size_t size = state_size(self, first, n);

  PetscFunctionBegin;
  if (size) PetscCall(PetscMemcpy((char *)total + state_size(self, 0, (PetscInt)first), state, size));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  Trajectories *const t = self;
  PathRecord record = {.n_paths = t->kept,
                       .n_times = t->n_times,
                       .dim = t->plan.dim,
                       .x = total,
                       .epsilon = t->plan.epsilon,
                       .step = t->plan.dt};
  char name[128];
  double *time;

  PetscFunctionBegin;
  PetscCall(EnsembleFile(&t->plan, "trajectories", "h5", name));
  PetscCall(PetscMalloc1(t->n_times, &time));
  for (PetscInt64 k = 0; k < t->n_times; k++) time[k] = (double)(k * t->every) * t->plan.dt;
  record.time = time;
  PetscCall(PathRecordWrite(folder, name, &record));
  PetscCall(PetscFree(time));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Trajectories *const t = self;
  char name[128];

  PetscFunctionBegin;
  (void)total;
  PetscCall(EnsembleFile(&t->plan, "trajectories", "h5", name));
  PetscCall(JsonString(json, "file", name));
  PetscCall(JsonInt(json, "count", t->kept));
  PetscCall(JsonInt(json, "times", t->n_times));
  PetscFunctionReturn(0);
}

const EnsembleObserver TrajectoriesObserver = {.key = "trajectories",
                                               .section = "paths.trajectories",
                                               .IsAsked = is_asked,
                                               .Create = create,
                                               .Destroy = destroy,
                                               .StateSize = state_size,
                                               .TotalSize = total_size,
                                               .Next = next,
                                               .Observe = observe,
                                               .Finish = finish,
                                               .Merge = merge,
                                               .WriteFiles = write_files,
                                               .WriteJson = write_json};
