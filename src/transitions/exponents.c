/* Local exponents d log y / d log X = X (dy/dX)/y from exact tangents, and their limit for X to 0. Solutions are marched in
   X to and from the critical point; the local power law itself is the predictor. */
#include "system.h"
#include <math.h>

enum { LEVELS = 6 };
/* Where a march starts, at least; where the first of the halved distances for the limit is. */
static const PetscReal start_distance = 0.01, first_distance = 0.02;
/* Largest ratio of two distances that follow each other; below the other one a march has failed. */
static const PetscReal largest_ratio = 1.25, smallest_ratio = 1.0001;

typedef struct {
  System s;
  PetscReal critical[TRANSITION_UNKNOWNS], critical_error; /* u; in parts of the scales */
  PetscReal side, unit;                                    /* u[n] = critical[n] + side X unit */
  PetscReal u[TRANSITION_UNKNOWNS], X;
  PetscReal bend; /* d log|x - x_c| / d log X */
  PetscReal y, exponent, error;
} March;

static PetscReal square_distance(const March *m, const PetscReal u[])
{
  PetscReal sum = 0;

  for (PetscInt i = 0; i < m->s->family.dim; ++i) sum += PetscSqr(u[i] - m->critical[i]);
  return sum;
}

/* Exponents in m->u, whose own error in parts of the scales is given. */
static PetscErrorCode judge(March *m, PetscReal error, PetscBool *good)
{
  const System s = m->s;
  const PetscInt d = s->family.dim, n = s->n;
  const PetscReal size = square_distance(m, m->u), distance = m->u[n] - m->critical[n];
  PetscReal t[TRANSITION_UNKNOWNS], along = 0, scale = 0;
  PetscInt sign;

  PetscFunctionBegin;
  PetscCall(SystemTangent(s, m->u, NULL, t, &sign, good));
  if (!*good) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < d; ++i) {
    along += (m->u[i] - m->critical[i]) * t[i] / t[n];
    scale = PetscMax(scale, s->scale[i]);
  }
  m->bend = distance * along / size;
  if (s->kind == SYSTEM_FOLD) {
    const PetscReal away = m->u[n - 1] - m->critical[n - 1];

    m->y = PetscAbsReal(away);
    m->exponent = distance * t[n - 1] / t[n] / away;
    scale = s->scale[n - 1];
  } else {
    m->y = PetscSqrtReal(size);
    m->exponent = m->bend;
  }
  m->error = PetscAbsReal(m->exponent) * ((error + m->critical_error + PETSC_MACHINE_EPSILON) * scale / m->y +
                                          m->critical_error * s->scale[n] / PetscAbsReal(distance));
  *good = (PetscBool)(m->y > 0 && size > 0 && !PetscIsInfOrNanReal(m->exponent));
  PetscFunctionReturn(0);
}

static PetscErrorCode step_to(March *m, PetscReal X, PetscBool *good)
{
  const System s = m->s;
  const PetscInt d = s->family.dim, n = s->n;
  const PetscReal ratio = X / m->X;
  PetscReal error, grown;
  March next = *m;

  PetscFunctionBegin;
  next.X = X;
  for (PetscInt i = 0; i < d; ++i)
    next.u[i] = m->critical[i] + pow(ratio, m->bend) * (m->u[i] - m->critical[i]);
  if (s->kind == SYSTEM_FOLD)
    next.u[n - 1] = m->critical[n - 1] + pow(ratio, m->exponent) * (m->u[n - 1] - m->critical[n - 1]);
  next.u[n] = m->critical[n] + m->side * X * m->unit;
  PetscCall(SystemSolve(s, NULL, next.u, &error, good));
  if (*good) PetscCall(judge(&next, error, good));
  if (!*good) PetscFunctionReturn(0);
  /* another solution, as the critical one, does not grow like this */
  grown = log(square_distance(&next, next.u) / square_distance(m, m->u));
  *good = (PetscBool)(PetscAbsReal(grown - (m->bend + next.bend) * log(ratio)) < 0.1);
  if (*good) *m = next;
  PetscFunctionReturn(0);
}

static PetscErrorCode march_to(March *m, PetscReal X, PetscBool *good)
{
  PetscReal ratio = largest_ratio;

  PetscFunctionBegin;
  *good = PETSC_TRUE;
  while (m->X != X && ratio > smallest_ratio) {
    const PetscReal next = X > m->X ? PetscMin(X, m->X * ratio) : PetscMax(X, m->X / ratio);

    PetscCall(step_to(m, next, good));
    if (!*good) ratio = PetscSqrtReal(ratio);
  }
  *good = (PetscBool)(m->X == X);
  PetscFunctionReturn(0);
}

/* Neville's scheme at 0 for values at X, X/2, X/4, ...: the least change between two of its columns is the error. */
static void extrapolate(PetscInt n, PetscReal values[], PetscReal round_off, ExponentSeries *series)
{
  PetscReal last = values[n - 1];

  series->limit_error = PETSC_MAX_REAL;
  for (PetscInt k = 1; k < n; ++k) {
    for (PetscInt i = n - 1; i >= k; --i) values[i] += (values[i] - values[i - 1]) / ((1 << k) - 1);
    if (PetscAbsReal(values[n - 1] - last) < series->limit_error) {
      series->limit_error = PetscAbsReal(values[n - 1] - last);
      series->limit = values[n - 1];
    }
    last = values[n - 1];
  }
  series->limit_error += 2 * round_off;
}

static PetscErrorCode measure(const March *start, PetscInt n, const PetscReal X[], ExponentSeries *series)
{
  const PetscInt last = start->s->n;
  PetscReal values[LEVELS], round_off = 0;
  PetscInt levels = 0;
  PetscBool good;
  March m;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &series->at));
  for (PetscInt i = 0; i < n; ++i) {
    m = *start;
    PetscCall(march_to(&m, X[i], &good));
    if (!good) continue;
    series->at[series->n++] = (LocalExponent){X[i],
                                              start->s->kind == SYSTEM_FOLD ? m.u[last - 1] : m.u[last],
                                              start->s->kind == SYSTEM_FOLD ? m.u[last] : start->s->q,
                                              m.y,
                                              m.exponent,
                                              m.error};
  }
  m = *start;
  for (PetscReal at = first_distance; levels < LEVELS; at /= 2) {
    PetscCall(march_to(&m, at, &good));
    if (!good) break;
    values[levels++] = m.exponent;
    round_off = PetscMax(round_off, m.error);
  }
  series->has_limit = (PetscBool)(levels > 2);
  if (series->has_limit) extrapolate(levels, values, round_off, series);
  PetscFunctionReturn(0);
}

/* The node of a curve of folds at which a march can start; -1 if the curve does not go through the critical point. */
static PetscInt find_start(const March *m, const Curve *folds)
{
  const System s = m->s;
  const PetscInt d = s->family.dim, n = s->n;
  PetscReal nearest = 0.05;
  PetscInt at = -1;

  for (PetscInt i = 0; i < folds->n; ++i) {
    const PetscReal *const u = folds->points[i].u;
    PetscReal distance = 0;

    for (PetscInt j = 0; j <= n; ++j)
      if (j < d || j >= n - 1)
        distance = PetscMax(distance, PetscAbsReal(u[j] - m->critical[j]) / s->scale[j]);
    if (distance >= nearest) continue;
    nearest = distance;
    at = i;
  }
  for (PetscInt step = 1; at >= 0 && step >= -1; step -= 2)
    for (PetscInt i = at; i >= 0 && i < folds->n; i += step)
      if (PetscAbsReal(folds->points[i].u[n] - m->critical[n]) >= start_distance * m->unit) return i;
  return -1;
}

/* X is relative, but to a critical value of zero, round-off included. */
static PetscReal unit_of(PetscReal critical, PetscReal range)
{
  return PetscAbsReal(critical) > 1e-9 * range ? PetscAbsReal(critical) : 1;
}

PetscErrorCode ExponentsOfFolds(const EnergyFamily *family, const PetscReal box[][2],
                                const PetscReal ranges[][2], const Curve *folds, const Event *end, PetscInt n,
                                const PetscReal X[], ExponentSeries *series, PetscBool *found)
{
  const PetscReal scale_p[2] = {ranges[0][1] - ranges[0][0], ranges[1][1] - ranges[1][0]};
  const PetscInt d = family->dim;
  PetscReal scale_x[3] = {1, 1, 1};
  March m = {.critical_error = end->error, .unit = unit_of(end->p[1], scale_p[1])};
  PetscInt start;

  PetscFunctionBegin;
  *series = (ExponentSeries){.n = 0};
  *found = PETSC_FALSE;
  for (PetscInt i = 0; i < d; ++i) scale_x[i] = box[i][1] - box[i][0];
  PetscCall(SystemCreate(family, SYSTEM_FOLD, scale_x, scale_p, &m.s));
  PetscCall(PetscArraycpy(m.critical, end->x, d));
  PetscCall(PetscArraycpy(m.critical + d, end->v, d));
  PetscCall(PetscArraycpy(m.critical + m.s->n - 1, end->p, 2));
  start = find_start(&m, folds);
  if (start >= 0) {
    PetscCall(PetscArraycpy(m.u, folds->points[start].u, m.s->n + 1));
    m.side = m.u[m.s->n] < m.critical[m.s->n] ? -1 : 1;
    m.X = PetscAbsReal(m.u[m.s->n] - m.critical[m.s->n]) / m.unit;
    PetscCall(judge(&m, folds->points[start].error, found));
    if (*found) PetscCall(measure(&m, n, X, series));
  }
  PetscCall(SystemDestroy(&m.s));
  PetscFunctionReturn(0);
}

PetscErrorCode ExponentsOfBranch(const EnergyFamily *family, const PetscReal box[][2],
                                 const PetscReal range[2], PetscReal q, const Event *event, PetscInt n,
                                 const PetscReal X[], ExponentSeries *series, PetscBool *found)
{
  const PetscReal scale_p[2] = {range[1] - range[0], 1};
  const PetscInt d = family->dim;
  PetscReal scale_x[3] = {1, 1, 1}, t[TRANSITION_UNKNOWNS] = {0}, error;
  March m = {.critical_error = event->error, .unit = unit_of(event->p[0], scale_p[0])};

  PetscFunctionBegin;
  *series = (ExponentSeries){.n = 0};
  for (PetscInt i = 0; i < d; ++i) scale_x[i] = box[i][1] - box[i][0];
  PetscCall(SystemCreate(family, SYSTEM_POINT, scale_x, scale_p, &m.s));
  PetscCall(SystemSetSecond(m.s, q));
  PetscCall(PetscArraycpy(m.critical, event->x, d));
  m.critical[d] = m.u[d] = event->p[0];
  for (PetscInt i = 0; i < d; ++i) {
    t[i] = event->v[i];
    m.u[i] = event->x[i] + start_distance * scale_x[i] * event->v[i];
  }
  PetscCall(SystemSolve(m.s, t, m.u, &error, found));
  m.side = m.u[d] < m.critical[d] ? -1 : 1;
  m.X = PetscAbsReal(m.u[d] - m.critical[d]) / m.unit;
  if (*found && m.X > 0) PetscCall(judge(&m, error, found));
  if (m.X == 0) *found = PETSC_FALSE;
  if (*found) PetscCall(measure(&m, n, X, series));
  PetscCall(SystemDestroy(&m.s));
  PetscFunctionReturn(0);
}

PetscErrorCode ExponentSeriesDestroy(ExponentSeries *series)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(series->at));
  series->n = 0;
  PetscFunctionReturn(0);
}
