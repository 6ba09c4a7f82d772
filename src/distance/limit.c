/* What total variation and entropy between mu^e and mu0 tend to: the fast variables given x, averaged over mu0. */
#include <reiter/distance.h>
#include <math.h>
#include "absolute.h"

enum { LEVELS = 8 };
/* Points (x, y) of the finest level that is tried. */
static const PetscReal most_points = 1e7;

typedef struct {
  Potential potential; /* borrowed */
  Program V1;
  PetscInt scales;
  PetscReal s, a, b;
  PetscBool depends_on_x;
  GaussRule rule;
  PetscInt outer, panels,
      n_inner; /* points of each slower fast variable, panels of the fastest, points in all */
  PetscReal *variable[REITER_VARIABLES], *V; /* [n_inner]; NULL where there is no such variable */
  CoefficientFault *fault;
} Limit;

/* At one x: log of int exp(-V1/s) dy, int |p - 1| dy, int p log p dy. */
typedef struct {
  PetscReal log_Z1, variation, entropy;
} Inner;

/* The slower fast variables on equidistant points, whose means converge exponentially; the fastest one on panels, as
   |p - 1| has kinks. */
static PetscErrorCode make_points(Limit *l)
{
  const PetscInt line = l->panels * GAUSS_POINTS;

  PetscFunctionBegin;
  l->n_inner = line;
  for (PetscInt k = 1; k < l->scales; k++) l->n_inner *= l->outer;
  PetscCall(PetscMalloc1(l->n_inner, &l->V));
  for (PetscInt k = 0; k <= l->scales; k++)
    PetscCall(PetscMalloc1(l->n_inner, &l->variable[VariableIndex(k, 0)]));
  for (PetscInt i = 0; i < l->n_inner; i++) {
    const PetscInt at = i % line;
    PetscInt rest = i / line;
    l->variable[VariableIndex(l->scales, 0)][i] =
        ((PetscReal)(at / GAUSS_POINTS) + (PetscReal)l->rule.t[at % GAUSS_POINTS]) / (PetscReal)l->panels;
    for (PetscInt k = 1; k < l->scales; k++, rest /= l->outer)
      l->variable[VariableIndex(k, 0)][i] = (PetscReal)(rest % l->outer) / (PetscReal)l->outer;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode free_points(Limit *l)
{
  PetscFunctionBegin;
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) PetscCall(PetscFree(l->variable[v]));
  PetscCall(PetscFree(l->V));
  PetscFunctionReturn(0);
}

static PetscErrorCode inner(Limit *l, PetscReal x, Inner *result)
{
  const PetscInt n = l->n_inner;
  const PetscReal panel = (PetscReal)GAUSS_POINTS / (PetscReal)n; /* the weight of one panel */
  const PetscReal *variables[REITER_VARIABLES];
  PetscReal lowest = PETSC_MAX_REAL, Z = 0;

  PetscFunctionBegin;
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) variables[v] = l->variable[v];
  for (PetscInt i = 0; i < n; i++) l->variable[VariableIndex(0, 0)][i] = x;
  PetscCall(ProgramEvaluatePoints(l->V1, n, variables, &l->V));
  for (PetscInt i = 0; i < n; i++) lowest = PetscMin(lowest, l->V[i]);
  for (PetscInt i = 0; i < n; i++)
    Z += panel * (PetscReal)l->rule.weight[i % GAUSS_POINTS] * PetscExpReal((lowest - l->V[i]) / l->s);
  *result = (Inner){.log_Z1 = PetscLogReal(Z) - lowest / l->s};
  for (PetscInt first = 0; first < n; first += GAUSS_POINTS) {
    long double excess[GAUSS_POINTS];
    for (PetscInt i = 0; i < GAUSS_POINTS; i++) {
      const PetscReal log_p = -l->V[first + i] / l->s - result->log_Z1, p = PetscExpReal(log_p);
      excess[i] = p - 1;
      result->entropy += panel * (PetscReal)l->rule.weight[i] * (p > 0 ? p * log_p : 0);
    }
    result->variation += panel * AbsoluteIntegral(&l->rule, excess);
  }
  if (!isfinite(result->log_Z1) || !isfinite(result->entropy)) {
    l->fault->trouble = COEFFICIENT_WEIGHT;
    l->fault->x[0] = x;
    (void)snprintf(l->fault->message, sizeof(l->fault->message),
                   "The fast variables have no density at x = %g.", (double)x);
  }
  PetscFunctionReturn(0);
}

/* Averages over mu0, on `panels` panels of [a, b]. */
static PetscErrorCode average(Limit *l, PetscInt panels, PetscReal value[DISTANCES])
{
  const PetscInt n = panels * GAUSS_POINTS;
  PetscReal *x, *log_w, top = PETSC_MIN_REAL, mass = 0;
  Inner *at;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &x, n, &log_w, n, &at));
  for (PetscInt i = 0; i < n; i++)
    x[i] = l->a + (l->b - l->a) * ((PetscReal)(i / GAUSS_POINTS) + (PetscReal)l->rule.t[i % GAUSS_POINTS]) /
                      (PetscReal)panels;
  PetscCall(PotentialEvaluateReference(l->potential, n, x, log_w));
  for (PetscInt i = 0; i < n && l->fault->trouble == COEFFICIENT_GOOD; i++) {
    if (i && !l->depends_on_x)
      at[i] = at[0];
    else
      PetscCall(inner(l, x[i], &at[i]));
    log_w[i] = at[i].log_Z1 - log_w[i] / l->s;
    top = PetscMax(top, log_w[i]);
  }
  value[DISTANCE_TOTAL_VARIATION] = value[DISTANCE_ENTROPY] = value[DISTANCE_WASSERSTEIN] = 0;
  for (PetscInt i = 0; i < n && l->fault->trouble == COEFFICIENT_GOOD; i++) {
    const PetscReal w = (PetscReal)l->rule.weight[i % GAUSS_POINTS] * PetscExpReal(log_w[i] - top);
    mass += w;
    value[DISTANCE_TOTAL_VARIATION] += w * at[i].variation;
    value[DISTANCE_ENTROPY] += w * at[i].entropy;
  }
  value[DISTANCE_TOTAL_VARIATION] /= mass;
  value[DISTANCE_ENTROPY] /= mass;
  PetscCall(PetscFree3(x, log_w, at));
  PetscFunctionReturn(0);
}

static PetscErrorCode refine(Limit *l, PetscReal tolerance, Distances *limits)
{
  PetscReal last[DISTANCES];

  PetscFunctionBegin;
  for (PetscInt level = 0; level < LEVELS && l->fault->trouble == COEFFICIENT_GOOD; level++) {
    const PetscInt panels = 8 << level;
    PetscReal work = l->depends_on_x ? panels * GAUSS_POINTS : 1, change = 0;
    l->outer = 8 << level;
    l->panels = 2 << level;
    work *= l->panels * GAUSS_POINTS * PetscPowReal((PetscReal)l->outer, (PetscReal)(l->scales - 1));
    if (work > most_points) break;
    PetscCall(PetscArraycpy(last, limits->value, DISTANCES));
    PetscCall(make_points(l));
    PetscCall(average(l, panels, limits->value));
    PetscCall(free_points(l));
    for (PetscInt k = 0; k < DISTANCES && level; k++) {
      limits->error[k] = PetscAbsReal(limits->value[k] - last[k]) + 64 * PETSC_MACHINE_EPSILON;
      change = PetscMax(change, limits->error[k]);
    }
    if (level && change <= tolerance) break;
  }
  for (PetscInt k = 0; k < DISTANCES; k++)
    if (isinf(limits->error[k])) limits->value[k] = NAN;
  limits->value[DISTANCE_WASSERSTEIN] = limits->error[DISTANCE_WASSERSTEIN] = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode DistancesLimit(Potential potential, PetscReal a, PetscReal b, PetscReal tolerance,
                              Distances *limits, CoefficientFault *fault)
{
  Limit l = {.potential = potential, .a = a, .b = b, .fault = fault};
  Expression V0, V1;
  VariableSet macro;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(PotentialGetSizes(potential, &dim, &l.scales, &l.s));
  PetscCheck(dim == 1, PETSC_COMM_SELF, PETSC_ERR_ARG_INCOMP, "Dimension %" PetscInt_FMT, dim);
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscMemzero(limits, sizeof(*limits)));
  for (PetscInt k = 0; k < DISTANCES; k++) limits->error[k] = INFINITY;
  PetscCall(PotentialMacroVariables(potential, &macro));
  l.depends_on_x = (PetscBool)(macro != 0);
  GaussRuleCreate(&l.rule);
  PetscCall(PotentialGetFormulas(potential, &V0, &V1));
  PetscCall(ProgramCreate(1, &V1, &l.V1));
  if (l.scales > 0)
    PetscCall(refine(&l, tolerance, limits));
  else
    PetscCall(PetscMemzero(limits, sizeof(*limits)));
  PetscCall(ProgramDestroy(&l.V1));
  PetscFunctionReturn(0);
}
