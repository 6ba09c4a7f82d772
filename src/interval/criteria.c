/* Muckenhoupt's and Barthe-Roberto's criteria (mathematics, eq. 2.6): the supremum over r of a function of the mass beyond
   r and of int dx/(mu D) between the median and r. */
#include <math.h>
#include "line.h"

/* log of what the supremum is taken of: mass beyond r in units of the whole, resistance in units of the whole mass. */
typedef long double (*Criterion)(long double mass, long double resistance);

static long double muckenhoupt(long double mass, long double resistance)
{
  return logl(mass) + logl(resistance);
}

static long double log_sobolev_below(long double mass, long double resistance)
{
  return muckenhoupt(mass, resistance) + logl(log1pl(1 / (2 * mass)));
}

static long double log_sobolev_above(long double mass, long double resistance)
{
  return muckenhoupt(mass, resistance) + logl(log1pl(expl(2) / mass));
}

/* The place that halves the mass: the panel from the sums, then by bisection of the cumulated mass inside. */
static PetscErrorCode find_median(Interval interval, const Line *line, PetscReal *median)
{
  const GaussRule *rule = &interval->rule;
  long double *points, *edges, *rest, low = 0, high = 1;
  PetscInt p = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(line->n * GAUSS_POINTS, &points, line->n + 1, &edges, line->n + 1, &rest));
  LineFromLeft(rule, line, line->w, points, edges);
  LineFromRight(rule, line, line->w, NULL, rest);
  while (p < line->n - 1 && edges[p + 1] < rest[p + 1]) p++;
  for (PetscInt step = 0; step < 60; step++) {
    const long double middle = (low + high) / 2;
    if (GaussRuleInterpolate(rule, &points[p * GAUSS_POINTS], middle) < edges[line->n] / 2)
      low = middle;
    else
      high = middle;
  }
  *median = line->edge[p] + (line->edge[p + 1] - line->edge[p]) * (PetscReal)low;
  PetscCall(PetscFree3(points, edges, rest));
  PetscFunctionReturn(0);
}

/* The largest value in one panel, by golden section on the interpolated integrals. */
static long double refine(const GaussRule *rule, Criterion criterion, const long double mass[],
                          const long double resistance[], long double low, long double high)
{
  const long double golden = 0.61803398874989484820L;
  long double best = -INFINITY;

  for (PetscInt step = 0; step < 40; step++) {
    const long double t[2] = {high - golden * (high - low), low + golden * (high - low)};
    long double value[2];
    for (PetscInt i = 0; i < 2; i++) {
      value[i] =
          criterion(GaussRuleInterpolate(rule, mass, t[i]), GaussRuleInterpolate(rule, resistance, t[i]));
      if (value[i] > best) best = value[i];
    }
    if (value[0] > value[1])
      high = t[1];
    else
      low = t[0];
  }
  return best;
}

/* The supremum over the points of a line on one side of the median: mass beyond and resistance up to them. */
static long double supremum(const GaussRule *rule, PetscInt n, Criterion criterion, const long double mass[],
                            const long double resistance[])
{
  long double best = -INFINITY, refined;
  PetscInt at = 0, p, i;

  for (PetscInt k = 0; k < n; k++) {
    const long double value = criterion(mass[k], resistance[k]);
    if (value > best) {
      best = value;
      at = k;
    }
  }
  p = at / GAUSS_POINTS;
  i = at % GAUSS_POINTS;
  refined = refine(rule, criterion, &mass[p * GAUSS_POINTS], &resistance[p * GAUSS_POINTS],
                   i > 0 ? rule->t[i - 1] : 0, i < GAUSS_POINTS - 1 ? rule->t[i + 1] : 1);
  return fmaxl(best, refined);
}

/* One side of the median; scale is log of (whole mass)^-1 for the mass beyond and its inverse for the resistance. */
static PetscErrorCode one_side(Interval interval, const Line *line, PetscBool right, long double log_mass,
                               PetscInt n, const Criterion criteria[], long double best[])
{
  const GaussRule *rule = &interval->rule;
  const long double to_mass = expl(line->log_w - log_mass);
  const long double log_scale = line->log_v + log_mass; /* the whole mass times the unit of v */
  const PetscInt points = line->n * GAUSS_POINTS;
  long double *mass, *resistance;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(points, &mass, points, &resistance));
  if (right) {
    LineFromRight(rule, line, line->w, mass, NULL);
    LineFromLeft(rule, line, line->v, resistance, NULL);
  } else {
    LineFromLeft(rule, line, line->w, mass, NULL);
    LineFromRight(rule, line, line->v, resistance, NULL);
  }
  for (PetscInt i = 0; i < points; i++) mass[i] *= to_mass;
  for (PetscInt k = 0; k < n; k++)
    best[k] = fmaxl(best[k], supremum(rule, points, criteria[k], mass, resistance) + log_scale);
  PetscCall(PetscFree2(mass, resistance));
  PetscFunctionReturn(0);
}

/* The suprema over both sides; NaN if the coefficients are not resolved. */
static PetscErrorCode both_sides(Interval interval, PetscInt n, const Criterion criteria[],
                                 long double best[])
{
  const Line *line;
  long double log_mass;
  PetscReal median;

  PetscFunctionBegin;
  PetscCheck(interval->whole, PETSC_COMM_SELF, PETSC_ERR_ORDER, "IntervalSetUp() first");
  PetscCheck(interval->sides[0] == BOUNDARY_REFLECTING && interval->sides[1] == BOUNDARY_REFLECTING,
             PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "The criterion is for reflecting sides");
  line = &interval->whole->line[LINE_FINE];
  log_mass = logl(LineIntegral(&interval->rule, line, line->w)) + line->log_w;
  PetscCall(find_median(interval, line, &median));
  for (PetscInt k = 0; k < n; k++) best[k] = -INFINITY;
  for (PetscInt side = 0; side < 2; side++) {
    Lines *lines;

    PetscCall(
        LinesCreate(interval, side ? median : interval->from, side ? interval->to : median, 0, NULL, &lines));
    if (lines) {
      PetscCall(one_side(interval, &lines->line[LINE_FINE], (PetscBool)side, log_mass, n, criteria, best));
      PetscCall(LinesDestroy(&lines));
    } else {
      for (PetscInt k = 0; k < n; k++) best[k] = NAN;
      break;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalMuckenhoupt(Interval interval, PetscReal *log_lower, PetscReal *log_upper)
{
  const Criterion criteria[] = {muckenhoupt};
  long double best = NAN;

  PetscFunctionBegin;
  PetscCall(both_sides(interval, 1, criteria, &best));
  *log_lower = (PetscReal)(best - logl(2));
  *log_upper = (PetscReal)(best + logl(4));
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalLogSobolev(Interval interval, PetscReal *log_lower, PetscReal *log_upper)
{
  const Criterion criteria[] = {log_sobolev_below, log_sobolev_above};
  long double best[2] = {NAN, NAN};

  PetscFunctionBegin;
  PetscCall(both_sides(interval, 2, criteria, best));
  *log_lower = (PetscReal)best[0];
  *log_upper = (PetscReal)(best[1] + logl(4));
  PetscFunctionReturn(0);
}
