/*
  The initial density, with its farthest tails cut. Where it falls off more slowly than the equilibrium (a Gaussian in a quartic
  well), h = W/W_st is beyond all bounds at places where next to nobody is; h is cut at a height that takes no more than a
  small part of the tolerance from the mass.
*/
#include <math.h>
#include "evolution_private.h"

enum { LINE_Q = 128, LINE_P = 129, PLANE_Q = 16, PLANE_P = 17, SHRINKS = 12, HALVINGS = 80 };
static const PetscReal deep = 45; /* exp(-deep) of the peak is nothing */

typedef struct {
  PetscInt dim, n, axis[4];
  PetscReal box[4][2]; /* positions, then momenta */
  PetscReal *q, *p, *log_rho, *excess;
} Grid;

static PetscErrorCode log_equilibrium(const EvolutionInitial *s, PetscInt n, const PetscReal q[],
                                      const PetscReal p[], PetscReal values[])
{
  const PetscInt dim = s->problem->settings.dim;
  const PetscReal variance = s->problem->settings.mass * s->problem->settings.temperature;
  CoefficientFault fault;

  PetscFunctionBegin;
  PetscCall(CoefficientsEvaluate(s->problem->coefficients, n, q, values, NULL, &fault));
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt a = 0; a < dim; a++) values[i] -= PetscSqr(p[i * dim + a]) / (2 * variance);
  PetscFunctionReturn(0);
}

/* log(1 + exp(x)) */
static PetscReal log1p_exp(PetscReal x)
{
  return x > 0 ? x + log1p(PetscExpReal(-x)) : log1p(PetscExpReal(x));
}

PetscErrorCode EvolutionInitialDensity(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                                       PetscReal values[])
{
  const EvolutionInitial *const s = ctx;
  PetscReal *equilibrium;

  PetscFunctionBegin;
  PetscCall(s->settings->initial(s->settings->initial_ctx, n, q, p, values));
  if (s->height == INFINITY) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(n, &equilibrium));
  PetscCall(log_equilibrium(s, n, q, p, equilibrium));
  for (PetscInt i = 0; i < n; i++) /* 1/h + exp(-height), smoothly */
    values[i] -= log1p_exp(values[i] - equilibrium[i] - s->height);
  PetscCall(PetscFree(equilibrium));
  PetscFunctionReturn(0);
}

/* Points at the middles of the grid's cells, and log rho there. */
static PetscErrorCode evaluate(const EvolutionInitial *s, Grid *g)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->n; i++) {
    PetscInt rest = i;

    for (PetscInt c = 0; c < 2 * g->dim; c++, rest /= g->axis[c - 1]) {
      const PetscReal x = g->box[c][0] + (g->box[c][1] - g->box[c][0]) *
                                             ((PetscReal)(rest % g->axis[c]) + 0.5) / (PetscReal)g->axis[c];

      *(c < g->dim ? &g->q[i * g->dim + c] : &g->p[i * g->dim + c - g->dim]) = x;
    }
  }
  PetscCall(s->settings->initial(s->settings->initial_ctx, g->n, g->q, g->p, g->log_rho));
  PetscFunctionReturn(0);
}

static PetscReal largest(const Grid *g, const PetscReal values[])
{
  PetscReal most = -INFINITY;

  for (PetscInt i = 0; i < g->n; i++) most = PetscMax(most, values[i]);
  return most;
}

/* The box around what is not deep below the peak, and a cell more. Returns whether it became much smaller. */
static PetscBool shrink(Grid *g)
{
  const PetscReal level = largest(g, g->log_rho) - deep;
  PetscBool much = PETSC_FALSE;

  for (PetscInt c = 0; c < 2 * g->dim; c++) {
    const PetscReal lo = g->box[c][0], hi = g->box[c][1], cell = (hi - lo) / (PetscReal)g->axis[c];
    PetscReal first = INFINITY, last = -INFINITY;

    for (PetscInt i = 0; i < g->n; i++) {
      if (!(g->log_rho[i] > level)) continue;
      const PetscReal x = c < g->dim ? g->q[i * g->dim + c] : g->p[i * g->dim + c - g->dim];

      first = PetscMin(first, x);
      last = PetscMax(last, x);
    }
    if (!(first <= last)) continue;
    g->box[c][0] = PetscMax(lo, first - 1.5 * cell);
    g->box[c][1] = PetscMin(hi, last + 1.5 * cell);
    if (g->box[c][1] - g->box[c][0] < 0.7 * (hi - lo)) much = PETSC_TRUE;
  }
  return much;
}

/* The part of the mass that a height takes. */
static PetscReal part_above(const Grid *g, PetscReal height)
{
  const PetscReal most = largest(g, g->log_rho);
  PetscReal all = 0, above = 0;

  for (PetscInt i = 0; i < g->n; i++) {
    const PetscReal rho = PetscExpReal(g->log_rho[i] - most);

    all += rho;
    above += rho / (1 + PetscExpReal(height - g->excess[i]));
  }
  return above / all;
}

static PetscReal log_sum(const Grid *g, PetscReal rho, PetscReal excess)
{
  PetscReal most = -INFINITY, sum = 0;

  for (PetscInt i = 0; i < g->n; i++) most = PetscMax(most, rho * g->log_rho[i] + excess * g->excess[i]);
  for (PetscInt i = 0; i < g->n; i++) sum += PetscExpReal(rho * g->log_rho[i] + excess * g->excess[i] - most);
  return most + PetscLogReal(sum);
}

/* log |h|, to an order of magnitude; excess: log rho - log w. */
static PetscReal log_norm(const Grid *g)
{
  return 0.5 * (log_sum(g, 1, 1) + log_sum(g, 1, -1)) - log_sum(g, 1, 0);
}

static PetscErrorCode create(const KineticProblem *problem, Grid *g)
{
  const PhaseSpaceSettings *const s = &problem->settings;
  const PetscReal reach = 40 * PetscSqrtReal(s->mass * s->temperature);

  PetscFunctionBegin;
  *g = (Grid){.dim = s->dim, .n = 1};
  for (PetscInt c = 0; c < 2 * s->dim; c++) {
    g->axis[c] = s->dim == 1 ? (c ? LINE_P : LINE_Q) : c < 2 ? PLANE_Q : PLANE_P;
    g->box[c][0] = c < s->dim ? s->box[c][0] : -reach;
    g->box[c][1] = c < s->dim ? s->box[c][1] : reach;
    g->n *= g->axis[c];
  }
  PetscCall(PetscMalloc4(g->n * s->dim, &g->q, g->n * s->dim, &g->p, g->n, &g->log_rho, g->n, &g->excess));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_excess(const EvolutionInitial *s, Grid *g)
{
  PetscFunctionBegin;
  PetscCall(log_equilibrium(s, g->n, g->q, g->p, g->excess));
  for (PetscInt i = 0; i < g->n; i++) g->excess[i] = g->log_rho[i] - g->excess[i];
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionInitialCreate(const KineticProblem *problem, const KineticEvolutionSettings *settings,
                                      EvolutionInitial *initial)
{
  const PetscReal allowed = 0.01 * problem->tolerance,
                  room = 1e10; /* rounding leaves |h| that much over the error */
  PetscReal low, high;
  Grid g;

  PetscFunctionBegin;
  *initial = (EvolutionInitial){.problem = problem, .settings = settings, .height = INFINITY};
  PetscCall(create(problem, &g));
  PetscCall(evaluate(initial, &g));
  PetscCall(find_excess(initial, &g));
  if (log_norm(&g) > PetscLogReal(room * problem->tolerance)) {
    for (PetscInt k = 0; k < SHRINKS && shrink(&g); k++) PetscCall(evaluate(initial, &g));
    PetscCall(find_excess(initial, &g));
    high = largest(&g, g.excess) + 100;
    low = high - 2000;
    for (PetscInt k = 0; k < HALVINGS; k++) {
      const PetscReal middle = 0.5 * (low + high);

      *(part_above(&g, middle) <= allowed ? &high : &low) = middle;
    }
    if (isfinite(high)) initial->height = high;
  }
  PetscCall(PetscFree4(g.q, g.p, g.log_rho, g.excess));
  PetscFunctionReturn(0);
}
