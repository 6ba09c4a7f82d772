#include "elimination_private.h"
#include "scaled_weight.h"

long double GraphRelative(PetscReal log_value, PetscReal log_unit)
{
  return ScaledWeight(log_value, log_unit, 0);
}

/* exp(sum) of logarithms, two at a time. */
static PetscReal log_add(PetscReal a, PetscReal b)
{
  const PetscReal high = PetscMax(a, b), low = PetscMin(a, b);
  return low == PETSC_NINFINITY ? high : high + log1p(exp(low - high));
}

/* The powers of two of the symmetric scaling, from the degrees. */
static PetscErrorCode choose_exponents(Elimination E, const Graph *g)
{
  const PetscReal ln4 = 2 * 0.693147180559945309417;
  PetscReal outside = PETSC_NINFINITY;
  int least = 0, most = 0;

  PetscFunctionBegin;
  E->log_unit = PETSC_NINFINITY;
  for (PetscInt64 e = 0; e < g->offsets[g->n]; e++) E->log_unit = PetscMax(E->log_unit, g->log_weight[e]);
  for (PetscInt i = 0; i < g->n; i++) E->log_unit = PetscMax(E->log_unit, g->log_killing[i]);
  if (E->log_unit == PETSC_NINFINITY) E->log_unit = 0;
  PetscCall(PetscMalloc1(E->plan.n, &E->exponent));
  for (PetscInt k = 0; k < E->plan.n; k++) {
    const PetscInt i = E->plan.order[k];
    PetscReal degree = g->log_killing[i], leaves = degree;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      if (g->neighbours[e] == i) continue;
      degree = log_add(degree, g->log_weight[e]);
      if (E->plan.position[g->neighbours[e]] == POSITION_GROUNDED) leaves = log_add(leaves, g->log_weight[e]);
    }
    E->exponent[k] = (int)ceil((degree - E->log_unit) / ln4);
    outside = log_add(outside, leaves);
    least = k ? PetscMin(least, E->exponent[k]) : E->exponent[k];
    most = k ? PetscMax(most, E->exponent[k]) : E->exponent[k];
  }
  E->outside = outside == PETSC_NINFINITY ? 0 : (int)ceil((outside - E->log_unit) / ln4);
  E->spread = most - least;
  PetscFunctionReturn(0);
}

static PetscErrorCode free_factor(Elimination E)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(E->panels));
  PetscCall(PetscFree(E->roots));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationCreateLike(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                                     Precision precision, const Elimination like, Elimination *elimination)
{
  const PetscReal reach = 600; /* logarithm: what a double holds, less a reserve for right-hand sides */
  Elimination E;

  PetscFunctionBegin;
  PetscCall(PetscNew(&E));
  E->n_graph = graph->n;
  PetscCall(PlanCreate(graph, n_grounded, grounded, like ? &like->plan : NULL, &E->plan));
  PetscCall(choose_exponents(E, graph));
  E->precision = precision;
  if (precision == PRECISION_AUTO)
    E->precision = E->spread * 0.6931 < reach ? PRECISION_DOUBLE : PRECISION_LONG_DOUBLE;
  if (E->precision == PRECISION_DOUBLE)
    PetscCall(FactorDouble(E, graph));
  else
    PetscCall(FactorLongDouble(E, graph));
  if (precision == PRECISION_AUTO && E->precision == PRECISION_DOUBLE &&
      (E->lost || E->least_log_pivot < -reach)) {
    PetscCall(free_factor(E));
    E->precision = PRECISION_LONG_DOUBLE;
    PetscCall(FactorLongDouble(E, graph));
  }
  *elimination = E;
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationCreate(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                                 Precision precision, Elimination *elimination)
{
  PetscFunctionBegin;
  PetscCall(EliminationCreateLike(graph, n_grounded, grounded, precision, NULL, elimination));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationDestroy(Elimination *elimination)
{
  PetscFunctionBegin;
  if (!*elimination) PetscFunctionReturn(0);
  PetscCall(free_factor(*elimination));
  PetscCall(PetscFree((*elimination)->exponent));
  PetscCall(PlanDestroy(&(*elimination)->plan));
  PetscCall(PetscFree(*elimination));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationApply(Elimination E, const long double r[], long double x[])
{
  const Plan *p = &E->plan;
  long double *y;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->n, &y));
  for (PetscInt k = 0; k < p->n; k++) y[k] = r[p->order[k]];
  if (E->precision == PRECISION_DOUBLE)
    PetscCall(SubstituteDouble(E, y));
  else
    PetscCall(SubstituteLongDouble(E, y));
  for (PetscInt i = 0; i < E->n_graph; i++) x[i] = p->position[i] < 0 ? 0 : y[p->position[i]];
  PetscCall(PetscFree(y));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationSolve(Elimination E, const PetscReal log_r[], PetscReal log_x[])
{
  const PetscInt n = E->n_graph;
  PetscReal largest = PETSC_NINFINITY;
  long double *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &x));
  for (PetscInt i = 0; i < n; i++) largest = PetscMax(largest, log_r[i]);
  for (PetscInt i = 0; i < n; i++) x[i] = log_r[i] == PETSC_NINFINITY ? 0 : GraphRelative(log_r[i], largest);
  PetscCall(EliminationApply(E, x, x));
  for (PetscInt i = 0; i < n; i++) {
    log_x[i] = x[i] > 0 ? (PetscReal)(logl(x[i]) + ((long double)largest - (long double)E->log_unit))
                        : PETSC_NINFINITY;
    if (E->plan.position[i] == POSITION_UNREACHABLE) log_x[i] = PETSC_INFINITY;
  }
  PetscCall(PetscFree(x));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationGetInfo(Elimination E, PetscInt64 *entries, PetscReal *flops, Precision *precision)
{
  PetscFunctionBegin;
  if (entries) *entries = E->plan.panel_at[E->plan.n_fronts];
  if (flops) *flops = E->plan.flops;
  if (precision) *precision = E->precision;
  PetscFunctionReturn(0);
}
