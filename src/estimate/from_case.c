/* The estimator that a case asks for. */
#include <reiter/estimate.h>
#include <math.h>
#include "refuse.h"

/* Of a subsampling time, to the nearest multiple of the sampling time. */
static const PetscReal slack = 1e-6;
/* Bytes of the states of paths under way. */
static const PetscReal most_bytes = 1073741824.0;

/* Subsampling times in samples, each once. */
static PetscErrorCode count_steps(const CaseEstimate *wanted, PetscReal dt, PetscBool nearest, PetscInt *n,
                                  PetscInt steps[], char **refused)
{
  PetscFunctionBegin;
  *n = 0;
  for (PetscInt i = 0; i < wanted->n_subsampling && !*refused; ++i) {
    const PetscReal ratio = wanted->subsampling[i] / dt, k = PetscMax(1, PetscFloorReal(ratio + 0.5));

    if (k > 1e9) {
      PetscCall(EstimateRefuse(refused,
                               "%.12g is more than a billion times the time between two samples, %.12g",
                               wanted->subsampling[i], dt));
    } else if (!nearest && !wanted->spaced && PetscAbsReal(ratio - k) > slack * k) {
      PetscCall(EstimateRefuse(refused, "%.12g is no multiple of the time between two samples, %.12g",
                               wanted->subsampling[i], dt));
    } else if (*n == 0 || (PetscInt)k > steps[*n - 1]) {
      steps[(*n)++] = (PetscInt)k;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_filters(const CaseEstimate *wanted, PetscReal dt, const char **key,
                                    char **refused)
{
  PetscFunctionBegin;
  if (*refused || !wanted->n_filters || wanted->filters[0] >= dt) PetscFunctionReturn(0);
  *key = "estimate.filter";
  PetscCall(EstimateRefuse(refused, "a width of %.12g is less than the time between two samples, %.12g",
                           wanted->filters[0], dt));
  PetscFunctionReturn(0);
}

/* What a block of paths under way keeps in memory. */
static PetscErrorCode check_memory(const CaseEstimate *wanted, PetscInt dim, PetscInt64 paths, PetscInt n,
                                   const PetscInt steps[], char **refused)
{
  PetscReal kept = 0, bytes;

  PetscFunctionBegin;
  if (*refused) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < n; ++i)
    kept += wanted->offsets ? PetscMin(steps[i], 2 * (PetscReal)wanted->offsets) : (PetscReal)steps[i];
  bytes = kept * 8 * dim * (1 + wanted->n_basis) * (PetscReal)PetscMax(1, PetscMin(paths, ESTIMATE_BLOCK));
  if (bytes <= most_bytes) PetscFunctionReturn(0);
  PetscCall(
      EstimateRefuse(refused,
                     "%.3g bytes would keep the samples of the last subsampling times; a smaller number in "
                     "estimate.offsets, or shorter times, take less",
                     bytes));
  PetscFunctionReturn(0);
}

PetscErrorCode EstimatorCreateFromCase(Case c, PetscReal dt, PetscInt64 paths, PetscBool nearest,
                                       Estimator *estimator, const char **key, char **refused)
{
  const CaseEstimate *wanted;
  EstimatorSettings settings = {.dt = dt, .paths = paths};
  PetscInt *steps;

  PetscFunctionBegin;
  *estimator = NULL;
  *refused = NULL;
  *key = "estimate.subsampling";
  PetscCall(CaseGetEstimate(c, &wanted));
  PetscCall(CaseGetDimension(c, &settings.dim));
  PetscCall(PetscMalloc1(wanted->n_subsampling + 1, &steps));
  PetscCall(count_steps(wanted, dt, nearest, &settings.n_subsampling, steps, refused));
  PetscCall(check_memory(wanted, settings.dim, paths, settings.n_subsampling, steps, refused));
  PetscCall(check_filters(wanted, dt, key, refused));
  settings.steps = steps;
  settings.offsets = wanted->offsets;
  settings.n_filters = wanted->n_filters;
  settings.widths = wanted->filters;
  settings.n_basis = wanted->n_basis;
  settings.basis = wanted->basis;
  if (!*refused) PetscCall(EstimatorCreate(&settings, estimator));
  PetscCall(PetscFree(steps));
  PetscFunctionReturn(0);
}
