/* All branches in one parameter, with their folds and branch points. */
#include "collect.h"
#include <math.h>

enum { MOST_CURVES = 100, MOST_EVENTS = 400 };

PetscErrorCode CollectorBegin(const EnergyFamily *family, const PetscReal box[][2],
                              const PetscReal ranges[][2], Collector *c)
{
  static const SystemKind kinds[] = {SYSTEM_POINT, SYSTEM_FOLD, SYSTEM_BRANCHING};

  PetscFunctionBegin;
  *c = (Collector){.family = *family, .box = box};
  for (PetscInt i = 0; i < family->dim; ++i) c->scale_x[i] = box[i][1] - box[i][0];
  c->scale_p[0] = c->scale_p[1] = 1;
  for (PetscInt a = 0; a < 2 && ranges; ++a) {
    if (ranges[a][1] > ranges[a][0]) c->scale_p[a] = ranges[a][1] - ranges[a][0];
  }
  for (PetscInt k = 0; k < 3; ++k)
    PetscCall(SystemCreate(family, kinds[k], c->scale_x, c->scale_p, &c->systems[k]));
  PetscCall(PetscCalloc1(MOST_CURVES, &c->found.curves));
  PetscCall(PetscCalloc1(MOST_EVENTS, &c->found.events));
  PetscFunctionReturn(0);
}

PetscErrorCode CollectorEnd(Collector *c)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < 3; ++k) PetscCall(SystemDestroy(&c->systems[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode BranchesDestroy(Branches *b)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < b->n_curves; ++k) PetscCall(CurveDestroy(&b->curves[k]));
  PetscCall(PetscFree(b->curves));
  PetscCall(PetscFree(b->events));
  b->n_curves = b->n_events = 0;
  PetscFunctionReturn(0);
}

/* Whether a curve of the same kind already goes through u. */
PetscErrorCode CollectorKnows(Collector *c, SystemKind kind, const PetscReal u[], PetscBool *known)
{
  const System s = c->systems[kind];
  const PetscInt d = c->family.dim;

  PetscFunctionBegin;
  *known = PETSC_FALSE;
  for (PetscInt k = 0; k < c->found.n_curves && !*known; ++k) {
    const Curve *const curve = &c->found.curves[k];

    for (PetscInt i = 0; i + 1 < curve->n && curve->kind == kind && !*known; ++i) {
      const PetscReal *const a = curve->points[i].u, *const b = curve->points[i + 1].u;
      PetscReal at[TRANSITION_UNKNOWNS], error, distance = 0;
      PetscBool good;

      if ((a[s->n] - u[s->n]) * (b[s->n] - u[s->n]) > 0 || a[s->n] == b[s->n]) continue;
      const PetscReal part = (u[s->n] - a[s->n]) / (b[s->n] - a[s->n]);

      for (PetscInt j = 0; j <= s->n; ++j) at[j] = a[j] + part * (b[j] - a[j]);
      for (PetscInt j = 0; j < d; ++j)
        distance = PetscMax(distance, PetscAbsReal(at[j] - u[j]) / s->scale[j]);
      if (distance > 0.05) continue;
      at[s->n] = u[s->n];
      PetscCall(SystemSolve(s, NULL, at, &error, &good));
      if (!good) continue;
      distance = kind == SYSTEM_POINT ? 0 : PetscAbsReal(at[s->n - 1] - u[s->n - 1]) / s->scale[s->n - 1];
      for (PetscInt j = 0; j < d; ++j)
        distance = PetscMax(distance, PetscAbsReal(at[j] - u[j]) / s->scale[j]);
      if (distance < 1e-7) *known = PETSC_TRUE;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode keep_event(Collector *c, const Event *event, PetscBool *fresh)
{
  PetscFunctionBegin;
  *fresh = PETSC_FALSE;
  for (PetscInt k = 0; k < c->found.n_events; ++k) {
    const Event *const e = &c->found.events[k];
    PetscReal distance = 0;

    for (PetscInt i = 0; i < c->family.dim; ++i)
      distance = PetscMax(distance, PetscAbsReal(e->x[i] - event->x[i]) / c->scale_x[i]);
    for (PetscInt a = 0; a < c->family.m; ++a)
      distance = PetscMax(distance, PetscAbsReal(e->p[a] - event->p[a]) / c->scale_p[a]);
    if (distance < 1e-7 && e->kind == event->kind) PetscFunctionReturn(0);
  }
  if (c->found.n_events == MOST_EVENTS) PetscFunctionReturn(0);
  c->found.events[c->found.n_events++] = *event;
  *fresh = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* Newton on the extended system from the middle of a step of the branch. */
static PetscErrorCode locate(Collector *c, SystemKind kind, const PetscReal at[], PetscReal q, PetscReal u[],
                             PetscReal *error, PetscBool *good)
{
  const PetscInt d = c->family.dim;
  const System s = c->systems[kind];
  PetscReal eigenvalues[3];
  FreeEnergyJet jet;
  PetscInt index;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(u, TRANSITION_UNKNOWNS));
  PetscCall(PetscArraycpy(u, at, d));
  PetscCall(SystemJet(c->systems[SYSTEM_POINT], at, 2, &jet, good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(JetSpectrum(d, &jet, eigenvalues, u + d, &index));
  u[s->n - 1] = at[d];
  u[s->n] = q;
  PetscCall(SystemSolve(s, NULL, u, error, good));
  if (*good && kind == SYSTEM_BRANCHING && PetscAbsReal(u[2 * d]) > 1e-8) *good = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* v.T.v.v with its size: what tells pitchforks from transcritical points. */
static PetscReal asymmetry(PetscInt d, const FreeEnergyJet *jet, const PetscReal v[], PetscReal *size)
{
  PetscReal sum = 0;

  *size = 0;
  for (PetscInt i = 0; i < d * d * d; ++i) {
    const PetscReal term = jet->T[i] * v[i / (d * d)] * v[i / d % d] * v[i % d];

    sum += term;
    *size = PetscMax(*size, PetscAbsReal(jet->T[i]));
  }
  return sum;
}

/* The index changes, and the determinant does not: by an even number of eigenvalues. Halved until it is known where. */
static PetscErrorCode several_between(Collector *c, PetscInt curve, const CurvePoint *a, const CurvePoint *b,
                                      PetscReal q)
{
  const System s = c->systems[SYSTEM_POINT];
  const PetscInt d = c->family.dim;
  PetscReal low = 0, high = 1, u[TRANSITION_UNKNOWNS], error, eigenvalues[3];
  Event event = {.kind = EVENT_MULTIPLE, .curve = curve};
  PetscBool good = PETSC_TRUE, fresh;

  PetscFunctionBegin;
  while (high - low > 1e-9 && good) {
    const PetscReal middle = 0.5 * (low + high);
    FreeEnergyJet jet;
    PetscInt index;

    for (PetscInt i = 0; i <= d; ++i) u[i] = a->u[i] + middle * (b->u[i] - a->u[i]);
    PetscCall(SystemSolve(s, a->t, u, &error, &good));
    if (good) PetscCall(SystemJet(s, u, 2, &jet, &good));
    if (!good) break;
    PetscCall(JetSpectrum(d, &jet, eigenvalues, event.v, &index));
    if (index == a->index)
      low = middle;
    else
      high = middle;
    PetscCall(PetscArraycpy(event.x, u, d));
    event.p[0] = u[d];
  }
  if (!good) {
    ++c->found.lost;
    PetscFunctionReturn(0);
  }
  event.p[1] = q;
  event.error = high - low;
  PetscCall(keep_event(c, &event, &fresh));
  PetscFunctionReturn(0);
}

static void miss(Collector *c, const CurvePoint *a, const CurvePoint *b, const PetscReal middle[])
{
  const System s = c->systems[SYSTEM_POINT];
  PetscReal length = 0;

  if (c->n_missed == 64) {
    ++c->found.lost;
    return;
  }
  for (PetscInt i = 0; i <= c->family.dim; ++i) {
    length = PetscMax(length, PetscAbsReal(b->u[i] - a->u[i]) / s->scale[i]);
    c->missed[c->n_missed][i] = middle[i];
  }
  c->reach[c->n_missed++] = length;
}

/* Whether several eigenvalues vanish at most so far from u = (x, p). */
static PetscBool near_multiple(const Collector *c, const PetscReal u[], PetscReal reach)
{
  const System s = c->systems[SYSTEM_POINT];
  const PetscInt d = c->family.dim;

  for (PetscInt k = 0; k < c->found.n_events; ++k) {
    const Event *const e = &c->found.events[k];
    PetscReal distance = PetscAbsReal(e->p[0] - u[d]) / s->scale[d];

    for (PetscInt j = 0; j < d; ++j)
      distance = PetscMax(distance, PetscAbsReal(e->x[j] - u[j]) / s->scale[j]);
    if (e->kind == EVENT_MULTIPLE && distance <= reach) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Where several eigenvalues vanish, branches cross that Newton cannot tell apart: nothing is lost there, and what it finds
   along one direction is no event of its own. */
static void settle(Collector *c)
{
  PetscInt n = 0;

  for (PetscInt i = 0; i < c->n_missed; ++i)
    if (!near_multiple(c, c->missed[i], c->reach[i])) ++c->found.lost;
  for (PetscInt k = 0; k < c->found.n_events; ++k) {
    const Event e = c->found.events[k];
    PetscReal u[4] = {0, 0, 0, 0};

    for (PetscInt j = 0; j < c->family.dim; ++j) u[j] = e.x[j];
    u[c->family.dim] = e.p[0];
    if (e.kind == EVENT_MULTIPLE || !near_multiple(c, u, 1e-6)) c->found.events[n++] = e;
  }
  c->found.n_events = n;
}

static PetscErrorCode event_between(Collector *c, PetscInt curve, const CurvePoint *a, const CurvePoint *b,
                                    PetscReal q)
{
  const PetscInt d = c->family.dim;
  const PetscBool fold = (PetscBool)((a->t[d] > 0) != (b->t[d] > 0)),
                  branch = (PetscBool)(a->sign != b->sign);
  const SystemKind kind = branch ? SYSTEM_BRANCHING : SYSTEM_FOLD;
  PetscReal u[TRANSITION_UNKNOWNS], middle[TRANSITION_UNKNOWNS], size;
  Event event = {.curve = curve};
  FreeEnergyJet jet;
  PetscBool good, fresh;

  PetscFunctionBegin;
  if (!fold && !branch) {
    if (a->index != b->index) PetscCall(several_between(c, curve, a, b, q));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i <= d; ++i) middle[i] = 0.5 * (a->u[i] + b->u[i]);
  PetscCall(locate(c, kind, middle, q, u, &event.error, &good));
  for (PetscInt i = 0; i <= d && good; ++i) {
    const PetscReal *const at = i < d ? u : u + c->systems[kind]->n - 1 - d;

    if (PetscAbsReal(at[i] - middle[i]) / c->systems[SYSTEM_POINT]->scale[i] > 0.1) good = PETSC_FALSE;
  }
  if (!good) {
    miss(c, a, b, middle);
    PetscFunctionReturn(0);
  }
  PetscCall(PetscArraycpy(event.x, u, d));
  PetscCall(PetscArraycpy(event.v, u + d, d));
  SystemParameters(c->systems[kind], u, event.p);
  event.p[1] = q;
  PetscCall(SystemJet(c->systems[kind], u, 3, &jet, &good));
  event.coefficient = asymmetry(d, &jet, event.v, &size);
  event.kind = !branch ? EVENT_FOLD : EVENT_TRANSCRITICAL;
  PetscCall(PitchforkCoefficient(&c->family, event.x, event.p, event.v, c->scale_x[0], &size,
                                 &event.coefficient_error, &good));
  if (branch && good && PetscAbsReal(event.coefficient) < 1e-6 * PetscAbsReal(size) * c->scale_x[0] + 1e-9) {
    event.kind = EVENT_PITCHFORK;
    event.coefficient = size;
  }
  PetscCall(keep_event(c, &event, &fresh));
  PetscFunctionReturn(0);
}

/* Traces the branch through u unless it is known. */
static PetscErrorCode trace_branch(Collector *c, const PetscReal u[], const PetscReal range[2], PetscReal q)
{
  const PetscInt d = c->family.dim;
  PetscReal lower[TRANSITION_UNKNOWNS], upper[TRANSITION_UNKNOWNS];
  PetscBool known;

  PetscFunctionBegin;
  PetscCall(CollectorKnows(c, SYSTEM_POINT, u, &known));
  if (known || c->found.n_curves == MOST_CURVES) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < d; ++i) {
    lower[i] = c->box[i][0];
    upper[i] = c->box[i][1];
  }
  lower[d] = range[0];
  upper[d] = range[1];
  const PetscInt at = c->found.n_curves;
  Curve *const curve = &c->found.curves[at];

  PetscCall(CurveTrace(c->systems[SYSTEM_POINT], u, lower, upper, 0.02, curve));
  if (!curve->n) PetscFunctionReturn(0);
  ++c->found.n_curves;
  for (PetscInt i = 0; i + 1 < curve->n; ++i)
    PetscCall(event_between(c, at, &curve->points[i], &curve->points[i + 1], q));
  PetscFunctionReturn(0);
}

/* The branches that leave a branch point along +-v. */
static PetscErrorCode switch_branches(Collector *c, const Event *event, const PetscReal range[2], PetscReal q)
{
  const PetscInt d = c->family.dim;

  PetscFunctionBegin;
  for (PetscInt side = -1; side <= 1; side += 2) {
    PetscReal u[TRANSITION_UNKNOWNS], t[TRANSITION_UNKNOWNS] = {0}, error;
    PetscBool good;

    for (PetscInt i = 0; i < d; ++i) {
      t[i] = event->v[i];
      u[i] = event->x[i] + side * 0.01 * c->scale_x[i] * event->v[i];
    }
    u[d] = event->p[0];
    PetscCall(SystemSolve(c->systems[SYSTEM_POINT], t, u, &error, &good));
    if (good && u[d] >= range[0] && u[d] <= range[1]) PetscCall(trace_branch(c, u, range, q));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode BranchesFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal range[2],
                            PetscReal q, PetscInt starts, Branches *branches)
{
  const PetscReal ranges[2][2] = {{range[0], range[1]}, {0, 0}};
  const PetscInt d = family->dim;
  Collector c;

  PetscFunctionBegin;
  PetscCall(CollectorBegin(family, box, ranges, &c));
  PetscCall(SystemSetSecond(c.systems[SYSTEM_POINT], q));
  for (PetscInt k = 0; k < starts; ++k) {
    /* Not at round numbers, where families like to be degenerate. */
    const PetscReal p[2] = {range[0] + (range[1] - range[0]) * ((PetscReal)k + 0.4871) / (PetscReal)starts,
                            q};
    StationaryPoints points;
    PetscReal u[TRANSITION_UNKNOWNS];

    PetscCall(StationaryPointsFind(family, box, p, &points));
    for (PetscInt i = 0; i < points.n; ++i) {
      PetscCall(PetscArraycpy(u, points.points[i].x, d));
      u[d] = p[0];
      PetscCall(trace_branch(&c, u, range, q));
    }
    PetscCall(StationaryPointsDestroy(&points));
  }
  for (PetscInt k = 0; k < c.found.n_events; ++k) {
    if (c.found.events[k].kind != EVENT_FOLD && c.found.events[k].kind != EVENT_MULTIPLE)
      PetscCall(switch_branches(&c, &c.found.events[k], range, q));
  }
  settle(&c);
  *branches = c.found;
  PetscCall(CollectorEnd(&c));
  PetscFunctionReturn(0);
}
