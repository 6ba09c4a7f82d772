#include "elimination_private.h"
#include <math.h>

static PetscErrorCode members(PetscInt n, const PetscBool set[], const PetscBool other[], PetscInt *count,
                              PetscInt **list)
{
  PetscInt k = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) k += set[i] || (other && other[i]);
  PetscCall(PetscMalloc1(k, list));
  *count = k;
  k = 0;
  for (PetscInt i = 0; i < n; i++) {
    if (set[i] || (other && other[i])) (*list)[k++] = i;
  }
  PetscFunctionReturn(0);
}

static PetscBool any(PetscInt n, const PetscBool set[])
{
  for (PetscInt i = 0; i < n; i++) {
    if (set[i]) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Whether something that is positive by theory has underflowed, and a wider type is left to try. */
static PetscBool has_underflowed(const Elimination E, Precision asked, const long double x[])
{
  if (asked != PRECISION_AUTO || E->precision == PRECISION_LONG_DOUBLE) return PETSC_FALSE;
  for (PetscInt k = 0; k < E->plan.n; k++) {
    if (!(x[E->plan.order[k]] > 0)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode GraphPassageTime(const Graph *graph, const PetscBool target[], Precision precision,
                                PetscReal log_time[])
{
  PetscInt n_grounded, *grounded;
  Elimination E;

  PetscFunctionBegin;
  PetscCall(members(graph->n, target, NULL, &n_grounded, &grounded));
  PetscCall(EliminationCreate(graph, n_grounded, grounded, precision, &E));
  PetscCall(EliminationSolve(E, graph->log_mass, log_time));
  /* The time to leave is infinite where rounding to zero has cut the graph beyond the range of the numbers. */
  for (PetscInt i = 0; i < graph->n && E->lost; i++) {
    if (!target[i] && log_time[i] == PETSC_NINFINITY) log_time[i] = PETSC_INFINITY;
  }
  PetscCall(EliminationDestroy(&E));
  PetscCall(PetscFree(grounded));
  PetscFunctionReturn(0);
}

/* r_i = sum of the edges from i into the set, with the killing if asked for. */
static void edges_into(const Graph *g, const PetscBool set[], PetscBool killing, PetscReal log_unit,
                       long double r[])
{
  for (PetscInt i = 0; i < g->n; i++) {
    r[i] = killing ? GraphRelative(g->log_killing[i], log_unit) : 0;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      if (set[g->neighbours[e]]) r[i] += GraphRelative(g->log_weight[e], log_unit);
    }
  }
}

/* Current out of a: all of its terms are positive. */
static PetscReal log_current(const Graph *g, const PetscBool a[], PetscReal log_unit, const long double q[])
{
  long double sum = 0;
  for (PetscInt i = 0; i < g->n; i++) {
    if (!a[i]) continue;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      const PetscInt j = g->neighbours[e];
      if (!a[j] && q[j] > 0) sum += GraphRelative(g->log_weight[e], log_unit) * q[j];
    }
  }
  return sum > 0 ? (PetscReal)(logl(sum) + (long double)log_unit) : PETSC_NINFINITY;
}

static PetscReal log_or_zero(long double x)
{
  return x > 0 ? (PetscReal)logl(x) : PETSC_NINFINITY;
}

PetscErrorCode GraphCommittor(const Graph *graph, const PetscBool a[], const PetscBool b[],
                              Precision precision, PetscReal q[], PetscReal log_q[], PetscReal log_1mq[],
                              PetscReal *log_capacity)
{
  const PetscInt n = graph->n;
  PetscInt n_grounded, *grounded;
  long double *to_b, *to_a;
  Elimination E;

  PetscFunctionBegin;
  PetscCall(members(n, a, b, &n_grounded, &grounded));
  PetscCall(PetscMalloc2(n, &to_b, n, &to_a));
  for (PetscBool again = PETSC_TRUE; again;) {
    PetscCall(EliminationCreate(graph, n_grounded, grounded, precision, &E));
    edges_into(graph, b, PETSC_FALSE, E->log_unit, to_b);
    edges_into(graph, a, PETSC_TRUE, E->log_unit, to_a); /* who is killed never reaches b */
    PetscCall(EliminationApply(E, to_b, to_b));
    PetscCall(EliminationApply(E, to_a, to_a));
    again = (PetscBool)(any(n, b) && has_underflowed(E, precision, to_b));
    again = (PetscBool)(again || (any(n, a) && has_underflowed(E, precision, to_a)));
    if (!again) break;
    precision = PRECISION_LONG_DOUBLE;
    PetscCall(EliminationDestroy(&E));
  }
  for (PetscInt i = 0; i < n; i++) {
    if (a[i] || b[i]) {
      to_b[i] = b[i] ? 1 : 0;
      to_a[i] = b[i] ? 0 : 1;
    }
    if (q) q[i] = to_b[i] <= to_a[i] ? (PetscReal)to_b[i] : (PetscReal)(1 - to_a[i]);
    if (log_q) log_q[i] = log_or_zero(to_b[i]);
    if (log_1mq) log_1mq[i] = log_or_zero(to_a[i]);
  }
  if (log_capacity) *log_capacity = log_current(graph, a, E->log_unit, to_b);
  PetscCall(PetscFree2(to_b, to_a));
  PetscCall(EliminationDestroy(&E));
  PetscCall(PetscFree(grounded));
  PetscFunctionReturn(0);
}
