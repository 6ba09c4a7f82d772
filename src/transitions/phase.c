/* Curves of folds and of branch points in two parameters, and where they end or meet. */
#include "collect.h"

static PetscErrorCode keep(Collector *c, const System s, PetscInt curve, EventKind kind, const CurvePoint *at)
{
  const PetscInt d = c->family.dim;
  Event event = {.kind = kind, .curve = curve, .error = at->error, .coefficient = at->monitor};

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(event.x, at->u, d));
  PetscCall(PetscArraycpy(event.v, at->u + d, d));
  SystemParameters(s, at->u, event.p);
  if (c->found.n_events < 400) c->found.events[c->found.n_events++] = event;
  PetscFunctionReturn(0);
}

/* v . dG/d(p, q), which stands across the curve of folds in the plane: where it turns round, that passes a degenerate
   pitchfork, which is no cusp and is found on the curve of pitchforks. At a cusp it goes on, though one of its components may
   change sign. */
static PetscErrorCode passes_pitchfork(System s, const CurvePoint *a, const CurvePoint *b, PetscBool *passes)
{
  const PetscInt d = s->family.dim, m = s->family.m;
  const CurvePoint *const ends[] = {a, b};
  PetscReal across[2][2] = {{0}}, turn = 0;
  FreeEnergyJet jet;
  PetscBool good;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < 2; ++k) {
    PetscCall(SystemJet(s, ends[k]->u, 2, &jet, &good));
    for (PetscInt i = 0; i < d && good; ++i) {
      for (PetscInt e = 0; e < m; ++e)
        across[k][e] += ends[k]->u[d + i] * jet.G_p[i * m + e] * s->scale[s->n - 1 + e];
    }
  }
  for (PetscInt e = 0; e < m; ++e) turn += across[0][e] * across[1][e];
  *passes = (PetscBool)(turn <= 0);
  PetscFunctionReturn(0);
}

/* The zero of the monitor between two points of a curve: regula falsi (Illinois) in the arc. */
static PetscErrorCode locate(Collector *c, PetscInt curve, const CurvePoint *a, const CurvePoint *b)
{
  const System s = c->systems[c->found.curves[curve].kind];
  const PetscInt d = c->family.dim;
  PetscReal low = 0, high = 1, f_low = a->monitor, f_high = b->monitor, t[TRANSITION_UNKNOWNS], last = -1,
            coefficient_error = 0;
  CurvePoint at = *a;
  PetscBool good = PETSC_TRUE, passes = PETSC_FALSE;

  PetscFunctionBegin;
  if (f_low * f_high > 0 || !(PetscAbsReal(f_low) + PetscAbsReal(f_high) > 0)) PetscFunctionReturn(0);
  if (s->kind == SYSTEM_FOLD) PetscCall(passes_pitchfork(s, a, b, &passes));
  if (passes) PetscFunctionReturn(0);
  for (PetscInt i = 0; i <= s->n; ++i) t[i] = b->u[i] - a->u[i];
  for (PetscInt k = 0; k < 60 && good; ++k) {
    const PetscReal part = (low * f_high - high * f_low) / (f_high - f_low);
    FreeEnergyJet jet;
    PetscReal p[2], f = 0;

    for (PetscInt i = 0; i <= s->n; ++i) at.u[i] = a->u[i] + part * t[i];
    PetscCall(SystemSolve(s, t, at.u, &at.error, &good));
    if (!good) break;
    SystemParameters(s, at.u, p);
    if (s->kind == SYSTEM_FOLD) {
      PetscCall(SystemJet(s, at.u, 3, &jet, &good));
      for (PetscInt i = 0; i < d * d * d; ++i)
        f += jet.T[i] * at.u[d + i / (d * d)] * at.u[d + i / d % d] * at.u[d + i % d];
    } else {
      PetscCall(
          PitchforkCoefficient(&c->family, at.u, p, at.u + d, s->scale[0], &f, &coefficient_error, &good));
    }
    at.monitor = f;
    at.error += PetscAbsReal(part - last);
    if (PetscAbsReal(part - last) < 1e-13 || f == 0) break;
    at.error = PetscMax(at.error - PetscAbsReal(part - last), 0);
    last = part;
    if (f * f_low > 0) {
      low = part;
      f_low = f;
      f_high *= k ? 0.5 : 1;
    } else {
      high = part;
      f_high = f;
      f_low *= k ? 0.5 : 1;
    }
  }
  /* What the differences leave unknown of the coefficient, by its slope along the step. */
  at.error += PetscAbsReal(coefficient_error / (b->monitor - a->monitor));
  if (good)
    PetscCall(keep(c, s, curve, s->kind == SYSTEM_FOLD ? EVENT_CUSP : EVENT_DEGENERATE, &at));
  else
    ++c->found.lost;
  PetscFunctionReturn(0);
}

static PetscErrorCode trace(Collector *c, const Event *event, const PetscReal ranges[][2])
{
  const SystemKind kind = event->kind == EVENT_FOLD ? SYSTEM_FOLD : SYSTEM_BRANCHING;
  const System s = c->systems[kind];
  const PetscInt d = c->family.dim, at = c->found.n_curves;
  PetscReal u[TRANSITION_UNKNOWNS] = {0}, lower[TRANSITION_UNKNOWNS], upper[TRANSITION_UNKNOWNS];
  PetscBool known;

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= s->n; ++i) {
    lower[i] = -2;
    upper[i] = 2;
  }
  for (PetscInt i = 0; i < d; ++i) {
    u[i] = event->x[i];
    u[d + i] = event->v[i];
    lower[i] = c->box[i][0];
    upper[i] = c->box[i][1];
  }
  for (PetscInt a = 0; a < 2; ++a) {
    u[s->n - 1 + a] = event->p[a];
    lower[s->n - 1 + a] = ranges[a][0];
    upper[s->n - 1 + a] = ranges[a][1];
  }
  /* What is added to the gradient for branch points to persist: where it is not zero, they do not. */
  if (kind == SYSTEM_BRANCHING) {
    lower[2 * d] = -1e-8;
    upper[2 * d] = 1e-8;
  }
  PetscCall(CollectorKnows(c, kind, u, &known));
  if (known || at == 100) PetscFunctionReturn(0);
  PetscCall(CurveTrace(s, u, lower, upper, 0.02, &c->found.curves[at]));
  if (c->found.curves[at].n < 2) {
    PetscCall(CurveDestroy(&c->found.curves[at]));
    PetscFunctionReturn(0);
  }
  ++c->found.n_curves;
  for (PetscInt i = 0; i + 1 < c->found.curves[at].n; ++i)
    PetscCall(locate(c, at, &c->found.curves[at].points[i], &c->found.curves[at].points[i + 1]));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseCurvesFind(const EnergyFamily *family, const PetscReal box[][2],
                               const PetscReal ranges[][2], PetscInt slices, Branches *phase)
{
  Collector c;

  PetscFunctionBegin;
  PetscCall(CollectorBegin(family, box, ranges, &c));
  for (PetscInt k = 0; k < slices; ++k) {
    const PetscReal q =
        ranges[1][0] + (ranges[1][1] - ranges[1][0]) * ((PetscReal)k + 0.5) / (PetscReal)slices;
    Branches at;

    PetscCall(BranchesFind(family, box, ranges[0], q, 3, &at));
    for (PetscInt i = 0; i < at.n_events; ++i)
      if (at.events[i].kind != EVENT_MULTIPLE) PetscCall(trace(&c, &at.events[i], ranges));
    c.found.lost += at.lost;
    PetscCall(BranchesDestroy(&at));
  }
  *phase = c.found;
  PetscCall(CollectorEnd(&c));
  PetscFunctionReturn(0);
}
