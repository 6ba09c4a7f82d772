#include <math.h>
#include "constants_private.h"
#include "search.h"

typedef struct {
  Expression V1;
  PetscInt n, variable[SEARCH_MAX_DIM];
  PetscReal sign;
} Micro;

static PetscErrorCode micro_value(void *ctx, const PetscReal x[], PetscReal *value)
{
  const Micro *micro = (const Micro *)ctx;
  PetscReal values[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < micro->n; i++) values[micro->variable[i]] = x[i];
  PetscCall(ExpressionEvaluate(micro->V1, values, value));
  *value = isfinite(*value) ? micro->sign * *value : -INFINITY;
  PetscFunctionReturn(0);
}

PetscErrorCode ConstantsOscillation(const ConstantsRequest *request, PetscReal *osc)
{
  Micro micro = {.sign = 1};
  Search search = {.function = micro_value, .ctx = &micro};
  VariableSet set;
  PetscReal highest, lowest;

  PetscFunctionBegin;
  PetscCall(PotentialGetFormulas(request->potential, NULL, &micro.V1));
  PetscCall(ExpressionVariables(micro.V1, &set));
  *osc = 0;
  if (!set) PetscFunctionReturn(0);
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    const PetscInt c = v % REITER_MAX_DIM;
    if (!(set >> v & 1)) continue;
    micro.variable[micro.n] = v;
    search.periodic[micro.n] = (PetscBool)(v >= REITER_MAX_DIM);
    search.box[micro.n][0] = v < REITER_MAX_DIM ? request->box[c][0] : 0;
    search.box[micro.n++][1] = v < REITER_MAX_DIM ? request->box[c][1] : 1;
  }
  search.dim = micro.n;
  search.samples = 4096 * PetscMin(micro.n, 8);
  PetscCall(SearchMaximum(&search, &highest));
  micro.sign = -1;
  PetscCall(SearchMaximum(&search, &lowest));
  *osc = highest + lowest;
  PetscFunctionReturn(0);
}
