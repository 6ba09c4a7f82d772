/* Mean first passage times and committors between closed sets [c, d] on the line (mathematics, eqs. 2.4, 2.8). */
#include <math.h>
#include "green.h"

/* A closed set, and what the function is there. */
typedef struct {
  PetscReal from, to, value;
} Closed;

/* A part of the line outside of all sets: its ends are sets (held), or a reflecting side (free). */
typedef struct {
  PetscReal from, to;
  PetscBool held[2];
  PetscReal value[2];
} Opening;

static int by_start(const void *first, const void *second)
{
  const Closed *p = (const Closed *)first, *q = (const Closed *)second;
  return (p->from > q->from) - (p->from < q->from);
}

/* Adds [c, d] as far as it lies on the line. */
static void add_closed(Interval interval, PetscReal c, PetscReal d, PetscReal value, PetscInt *n,
                       Closed sets[])
{
  const Closed set = {PetscMax(c, interval->a), PetscMin(d, interval->b), value};

  if (set.from <= set.to) sets[(*n)++] = set;
}

/* Sets sorted, overlapping ones joined, with the absorbing sides. */
static void close_sets(Interval interval, PetscInt *n, Closed sets[])
{
  PetscInt kept = 0;

  if (interval->sides[0] == BOUNDARY_ABSORBING) add_closed(interval, interval->a, interval->a, 0, n, sets);
  if (interval->sides[1] == BOUNDARY_ABSORBING) add_closed(interval, interval->b, interval->b, 0, n, sets);
  qsort(sets, (size_t)*n, sizeof(Closed), by_start);
  for (PetscInt i = 1; i < *n; i++) {
    if (sets[i].from <= sets[kept].to)
      sets[kept].to = PetscMax(sets[kept].to, sets[i].to);
    else
      sets[++kept] = sets[i];
  }
  if (*n) *n = kept + 1;
}

/* Opening k of n + 1 (on a circle of n: the last runs over the end to the first set); false if it is empty. */
static PetscBool get_opening(Interval interval, PetscInt n, const Closed sets[], PetscInt k, Opening *opening)
{
  const PetscReal turn = interval->b - interval->a;
  const PetscBool circle = (PetscBool)(interval->sides[0] == BOUNDARY_PERIODIC);

  if (circle && k == 0) return PETSC_FALSE;
  opening->held[0] = (PetscBool)(k > 0);
  opening->held[1] = (PetscBool)(k < n || circle);
  opening->from = k > 0 ? sets[k - 1].to : interval->from;
  opening->to = k < n ? sets[k].from : interval->to;
  opening->value[0] = k > 0 ? sets[k - 1].value : 0;
  opening->value[1] = k < n ? sets[k].value : 0;
  if (circle && k == n) {
    opening->to = sets[0].from + turn;
    opening->value[1] = sets[0].value;
  }
  return (PetscBool)(opening->to > opening->from);
}

/* Where x is in the opening, on a circle perhaps one turn further; false if outside. What a cut wall holds counts as its
   foot. */
static PetscBool is_in(Interval interval, const Opening *opening, PetscReal x, PetscReal *place)
{
  *place = PetscMax(PetscMin(x, interval->b), interval->a);
  if (interval->sides[0] == BOUNDARY_PERIODIC && *place < opening->from) *place += interval->b - interval->a;
  if (!opening->held[0]) *place = PetscMax(*place, opening->from);
  if (!opening->held[1]) *place = PetscMin(*place, opening->to);
  return (PetscBool)((*place > opening->from || !opening->held[0]) &&
                     (*place < opening->to || !opening->held[1]));
}

/* The time down a wall that was cut off is not known. */
static PetscBool is_on_wall(Interval interval, PetscReal x)
{
  if (interval->sides[0] == BOUNDARY_PERIODIC) return PETSC_FALSE;
  return (PetscBool)((x < interval->from && interval->from > interval->a) ||
                     (x > interval->to && interval->to < interval->b));
}

static PetscErrorCode places_in(Interval interval, const Opening *opening, PetscInt n, const PetscReal x[],
                                PetscInt *n_places, PetscInt which[], PetscReal places[])
{
  PetscFunctionBegin;
  *n_places = 0;
  for (PetscInt i = 0; i < n; i++) {
    if (!is_in(interval, opening, x[i], &places[*n_places])) continue;
    which[(*n_places)++] = i;
  }
  PetscFunctionReturn(0);
}

/* The times from the places of one opening. */
static PetscErrorCode times_in(Interval interval, const Opening *opening, Lines *lines, PetscInt n,
                               const PetscInt which[], const PetscReal places[], IntervalResult time[])
{
  const GreenKind kind =
      GreenKindOf(opening->held[0] ? BOUNDARY_ABSORBING : BOUNDARY_REFLECTING,
                  opening->held[1] ? BOUNDARY_ABSORBING : BOUNDARY_REFLECTING, PETSC_FALSE);
  long double *edges[LINES], *one, *points, log_time[LINES], log_scale[LINES];
  Green green;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < LINES; k++) {
    PetscCall(GreenCreate(&interval->rule, &lines->line[k], kind, &green));
    PetscCall(PetscMalloc1(green.line->n + 1, &edges[k]));
    PetscCall(PetscMalloc2(green.n, &one, green.n, &points));
    for (PetscInt i = 0; i < green.n; i++) one[i] = 1;
    GreenApply(&green, one, points);
    GreenEdges(&green, edges[k]);
    log_scale[k] = green.log_scale;
    PetscCall(PetscFree2(one, points));
    PetscCall(GreenDestroy(&green));
  }
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = 0; k < LINES; k++)
      log_time[k] = logl(edges[k][LineEdge(&lines->line[k], places[i])]) + log_scale[k];
    time[which[i]] = LinesResult(log_time);
  }
  for (PetscInt k = 0; k < LINES; k++) PetscCall(PetscFree(edges[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalPassage(Interval interval, PetscInt n_targets, const PetscReal target[][2], PetscInt n,
                               const PetscReal x[], IntervalResult time[])
{
  const IntervalResult now = {-INFINITY, 0}, never = {INFINITY, 0}, unknown = {NAN, INFINITY};
  Closed *sets;
  PetscReal *places;
  PetscInt *which, n_sets = 0;

  PetscFunctionBegin;
  PetscCheck(interval->whole, PETSC_COMM_SELF, PETSC_ERR_ORDER, "IntervalSetUp() first");
  PetscCall(PetscMalloc3(n_targets + 2, &sets, n, &places, n, &which));
  for (PetscInt i = 0; i < n_targets; i++) add_closed(interval, target[i][0], target[i][1], 0, &n_sets, sets);
  close_sets(interval, &n_sets, sets);
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal place = PetscMax(PetscMin(x[i], interval->b), interval->a);
    time[i] = n_sets ? unknown : never;
    for (PetscInt k = 0; k < n_sets; k++)
      if (place >= sets[k].from && place <= sets[k].to) time[i] = now;
  }
  for (PetscInt k = 0; n_sets && k <= n_sets; k++) {
    Opening opening;
    Lines *lines;
    PetscInt n_places;

    if (!get_opening(interval, n_sets, sets, k, &opening)) continue;
    PetscCall(places_in(interval, &opening, n, x, &n_places, which, places));
    if (!n_places) continue;
    PetscCall(LinesCreate(interval, opening.from, opening.to, n_places, places, &lines));
    if (!lines) continue;
    PetscCall(times_in(interval, &opening, lines, n_places, which, places, time));
    PetscCall(LinesDestroy(&lines));
    for (PetscInt i = 0; i < n_places; i++)
      if (is_on_wall(interval, x[which[i]])) time[which[i]] = unknown;
  }
  PetscCall(PetscFree3(sets, places, which));
  PetscFunctionReturn(0);
}

/* The committor in an opening runs with int v from one end's value to the other's; a free end flattens it. */
static PetscErrorCode committor_in(Interval interval, const Opening *opening, Lines *lines, PetscInt n,
                                   const PetscInt which[], const PetscReal places[], PetscReal q[],
                                   long double log_resistance[LINES])
{
  Green green;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < LINES; k++) {
    const Line *line = &lines->line[k];
    PetscCall(GreenCreate(&interval->rule, line, GREEN_HELD, &green));
    log_resistance[k] = green.log_total;
    for (PetscInt i = 0; i < n && k == LINE_FINE; i++) {
      const PetscInt edge = LineEdge(line, places[i]);
      q[which[i]] =
          (PetscReal)(opening->value[0] * green.rest_edge[edge] + opening->value[1] * green.share_edge[edge]);
    }
    PetscCall(GreenDestroy(&green));
  }
  PetscFunctionReturn(0);
}

/* Conductances between a and b side by side. */
static void add_conductance(const long double log_resistance[LINES], PetscBool *any,
                            long double log_sum[LINES])
{
  for (PetscInt k = 0; k < LINES; k++) {
    const long double added = -log_resistance[k];
    if (!*any)
      log_sum[k] = added;
    else
      log_sum[k] = fmaxl(log_sum[k], added) + log1pl(expl(-fabsl(log_sum[k] - added)));
  }
  *any = PETSC_TRUE;
}

PetscErrorCode IntervalCommittor(Interval interval, const PetscReal a[2], const PetscReal b[2], PetscInt n,
                                 const PetscReal x[], PetscReal q[], IntervalResult *capacity)
{
  long double log_capacity[LINES], log_resistance[LINES];
  PetscBool any = PETSC_FALSE, good = PETSC_TRUE;
  Closed sets[4];
  PetscReal *places;
  PetscInt *which, n_sets = 0;

  PetscFunctionBegin;
  PetscCheck(interval->whole, PETSC_COMM_SELF, PETSC_ERR_ORDER, "IntervalSetUp() first");
  PetscCall(PetscMalloc2(n, &places, n, &which));
  add_closed(interval, a[0], a[1], 0, &n_sets, sets);
  add_closed(interval, b[0], b[1], 1, &n_sets, sets);
  close_sets(interval, &n_sets, sets);
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal place = PetscMax(PetscMin(x[i], interval->b), interval->a);
    q[i] = NAN;
    for (PetscInt k = 0; k < n_sets; k++)
      if (place >= sets[k].from && place <= sets[k].to) q[i] = sets[k].value;
  }
  for (PetscInt k = 0; n_sets && k <= n_sets; k++) {
    Opening opening;
    Lines *lines;
    PetscInt n_places;

    if (!get_opening(interval, n_sets, sets, k, &opening)) continue;
    PetscCall(places_in(interval, &opening, n, x, &n_places, which, places));
    if (!opening.held[0] || !opening.held[1]) {
      for (PetscInt i = 0; i < n_places; i++) q[which[i]] = opening.value[opening.held[0] ? 0 : 1];
      continue;
    }
    PetscCall(LinesCreate(interval, opening.from, opening.to, n_places, places, &lines));
    if (!lines) {
      good = PETSC_FALSE;
      continue;
    }
    PetscCall(committor_in(interval, &opening, lines, n_places, which, places, q, log_resistance));
    if (opening.value[0] != opening.value[1]) add_conductance(log_resistance, &any, log_capacity);
    PetscCall(LinesDestroy(&lines));
  }
  capacity->log_value = NAN;
  capacity->error = INFINITY;
  if (any && good) *capacity = LinesResult(log_capacity);
  PetscCall(PetscFree2(places, which));
  PetscFunctionReturn(0);
}
