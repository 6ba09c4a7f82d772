/* Diffusion and drift from the paths themselves (`estimate:` without series): the state of a block is the states of its
   paths, the total that of the estimator. */
#include "formulas.h"
#include <reiter/estimate.h>
#include "cascade_of_case.h"

typedef struct {
  EnsemblePlan plan;
  Estimator estimator;
  Estimates estimates;
  Cascade cascade; /* of the limits */
  EstimateLimits limits;
  char *refused;     /* why there are no estimates */
  char missing[640]; /* that, or why there are no limits; "": there are */
} Estimation;

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CaseEstimate *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetEstimate(c, &wanted));
  *asked = (PetscBool)(wanted->given && wanted->n_series == 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const EnsemblePlan *plan, Paths paths, void **self, char **refused)
{
  const CaseEstimate *wanted;
  const char *key;
  Estimation *o;

  PetscFunctionBegin;
  (void)paths;
  PetscCall(PetscNew(&o));
  *self = o;
  o->plan = *plan;
  PetscCall(CaseGetEstimate(plan->c, &wanted));
  o->plan.every = wanted->every;
  PetscCall(EstimatorCreateFromCase(plan->c, plan->dt * (PetscReal)wanted->every, plan->count, PETSC_TRUE,
                                    &o->estimator, &key, refused));
  if (!*refused)
    PetscCall(EstimatorCheckLength(o->estimator, (plan->steps - plan->burn_in) / wanted->every + 1,
                                   plan->count, &key, refused));
  /* Here already: options of the cells are used, or not, before the work begins. */
  if (!*refused) PetscCall(CascadeOfCase(plan->c, &o->cascade));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  Estimation *const o = *self;

  PetscFunctionBegin;
  PetscCall(EstimatesDestroy(&o->estimates));
  PetscCall(EstimatorDestroy(&o->estimator));
  PetscCall(CascadeDestroy(&o->cascade));
  PetscCall(PetscFree(o->refused));
  PetscCall(PetscFree(*self));
  PetscFunctionReturn(0);
}

static size_t state_size(const void *self, PetscInt64 first, PetscInt n)
{
  const Estimation *const o = self;

  (void)first;
  return EstimatorStateSize(o->estimator) * (size_t)n;
}

static size_t total_size(const void *self)
{
  const Estimation *const o = self;

  return EstimatorTotalSize(o->estimator);
}

/* The start of the paths is a sample too, where nothing is burnt in. */
static PetscInt64 next(const void *self, PetscInt64 step)
{
  const Estimation *const o = self;

  return step < o->plan.burn_in ? o->plan.burn_in : NextSample(&o->plan, step);
}

static PetscErrorCode observe(void *self, const PathBlock *block, void *state)
{
  Estimation *const o = self;

  PetscFunctionBegin;
  if (block->step < o->plan.burn_in || (block->step - o->plan.burn_in) % o->plan.every)
    PetscFunctionReturn(0);
  PetscCall(EstimatorAddBlock(o->estimator, block->n, DYNAMICS_BLOCK, block->x, block->state, state));
  PetscFunctionReturn(0);
}

static PetscErrorCode merge(void *self, PetscInt64 first, PetscInt n, const void *state, void *total)
{
  Estimation *const o = self;
  const char *const states = state;

  PetscFunctionBegin;
  (void)first;
  for (PetscInt i = 0; i < n; i++)
    PetscCall(EstimatorFinish(o->estimator, states + EstimatorStateSize(o->estimator) * (size_t)i, total));
  PetscFunctionReturn(0);
}

static PetscErrorCode conclude(void *self, const void *total)
{
  Estimation *const o = self;
  CellFailure failure;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(EstimatorConclude(o->estimator, total, &o->estimates, &which, &o->refused));
  PetscCall(EstimateLimitsCompute(o->plan.c, o->cascade, NULL, &o->limits, &failure));
  if (o->refused)
    snprintf(o->missing, sizeof(o->missing), "no estimates: %s", o->refused);
  else if (failure.status != CELL_OK)
    snprintf(o->missing, sizeof(o->missing), "no limits of the estimates: %s", failure.message);
  PetscFunctionReturn(0);
}

static const char *get_missing(const void *self)
{
  const Estimation *const o = self;

  return o->missing[0] ? o->missing : NULL;
}

static PetscErrorCode write_files(void *self, const void *total, RunFolder folder)
{
  Estimation *const o = self;
  char name[96];

  PetscFunctionBegin;
  (void)total;
  if (o->refused) PetscFunctionReturn(0);
  snprintf(name, sizeof(name), "estimate_%s", o->plan.label);
  PetscCall(EstimatesWriteFiles(&o->estimates, name, folder));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *self, const void *total, Json json)
{
  Estimation *const o = self;

  PetscFunctionBegin;
  (void)total;
  if (o->missing[0]) PetscCall(JsonString(json, "reason", o->missing));
  if (!o->refused) PetscCall(EstimatesWriteJson(&o->estimates, json));
  PetscCall(EstimateLimitsWriteJson(&o->limits, json));
  PetscFunctionReturn(0);
}

static PetscErrorCode print(void *self, const void *total, FILE *stream)
{
  Estimation *const o = self;

  PetscFunctionBegin;
  (void)total;
  if (!o->refused) PetscCall(EstimatesPrint(&o->estimates, stream));
  PetscCall(EstimateLimitsPrint(&o->limits, stream));
  PetscFunctionReturn(0);
}

const EnsembleObserver EstimateObserver = {.key = "estimate",
                                           .section = "estimate",
                                           .stops = PETSC_FALSE,
                                           .IsAsked = is_asked,
                                           .Create = create,
                                           .Destroy = destroy,
                                           .StateSize = state_size,
                                           .TotalSize = total_size,
                                           .Next = next,
                                           .Observe = observe,
                                           .Merge = merge,
                                           .Conclude = conclude,
                                           .GetMissing = get_missing,
                                           .WriteFiles = write_files,
                                           .WriteJson = write_json,
                                           .Print = print};
