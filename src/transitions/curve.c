/* Pseudo-arclength along the solutions of a system. */
#include "system.h"

enum { MOST_STEPS = 3000 };

static PetscErrorCode describe(System s, CurvePoint *c, PetscBool *good)
{
  const PetscInt d = s->family.dim;
  PetscReal eigenvalues[3], error, p[2];
  FreeEnergyJet jet;

  PetscFunctionBegin;
  PetscCall(SystemJet(s, c->u, s->kind == SYSTEM_FOLD ? 3 : 2, &jet, good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(JetSpectrum(d, &jet, eigenvalues, NULL, &c->index));
  c->monitor = 0;
  for (PetscInt i = 0; i < d && s->kind == SYSTEM_FOLD; ++i) {
    for (PetscInt j = 0; j < d; ++j) {
      for (PetscInt k = 0; k < d; ++k)
        c->monitor += jet.T[(i * d + j) * d + k] * c->u[d + i] * c->u[d + j] * c->u[d + k];
    }
  }
  SystemParameters(s, c->u, p);
  if (s->kind == SYSTEM_BRANCHING)
    PetscCall(PitchforkCoefficient(&s->family, c->u, p, c->u + d, s->scale[0], &c->monitor, &error, good));
  PetscFunctionReturn(0);
}

static PetscBool inside(System s, const PetscReal u[], const PetscReal lower[], const PetscReal upper[])
{
  for (PetscInt i = 0; i <= s->n; ++i) {
    if (!(u[i] >= lower[i] && u[i] <= upper[i])) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* One step from a; *next is on the curve, with its tangent. Rejected where the tangent turns too far. */
static PetscErrorCode advance(System s, const CurvePoint *a, PetscReal h, CurvePoint *next, PetscBool *good)
{
  PetscReal turn = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= s->n; ++i) next->u[i] = a->u[i] + h * a->t[i];
  PetscCall(SystemSolve(s, a->t, next->u, &next->error, good));
  if (*good) PetscCall(SystemTangent(s, next->u, a->t, next->t, &next->sign, good));
  for (PetscInt i = 0; i <= s->n && *good; ++i) turn += a->t[i] * next->t[i] / PetscSqr(s->scale[i]);
  if (*good && turn < 0.97) *good = PETSC_FALSE;
  if (*good) PetscCall(describe(s, next, good));
  PetscFunctionReturn(0);
}

static PetscErrorCode one_way(System s, CurvePoint from, const PetscReal lower[], const PetscReal upper[],
                              PetscReal largest, PetscInt *n, CurvePoint points[], PetscBool *closed,
                              PetscBool *broken)
{
  const CurvePoint first = from;
  PetscReal h = 0.1 * largest;
  PetscBool good;

  PetscFunctionBegin;
  *n = 0;
  *closed = *broken = PETSC_FALSE;
  while (*n < MOST_STEPS) {
    CurvePoint next = from;
    PetscReal distance = 0;

    PetscCall(advance(s, &from, h, &next, &good));
    if (!good) {
      h *= 0.5;
      if (h > 1e-8) continue;
      *broken = PETSC_TRUE;
      break;
    }
    if (!inside(s, next.u, lower, upper)) {
      h *= 0.5; /* creeps up to the border */
      if (h > 1e-4 * largest) continue;
      break;
    }
    points[(*n)++] = next;
    for (PetscInt i = 0; i <= s->n; ++i) distance += PetscSqr((next.u[i] - first.u[i]) / s->scale[i]);
    if (*n > 5 && PetscSqrtReal(distance) < 0.9 * h) {
      *closed = PETSC_TRUE;
      points[(*n)++] = first;
      break;
    }
    from = next;
    h = PetscMin(1.5 * h, largest);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CurveTrace(System s, const PetscReal u[], const PetscReal lower[], const PetscReal upper[],
                          PetscReal largest_step, Curve *curve)
{
  CurvePoint start = {.error = 0}, *ahead, *behind;
  PetscInt n_ahead = 0, n_behind = 0;
  PetscBool good, broken[2] = {PETSC_FALSE, PETSC_FALSE}, closed = PETSC_FALSE, ignored;

  PetscFunctionBegin;
  *curve = (Curve){.kind = s->kind};
  PetscCall(PetscArraycpy(start.u, u, s->n + 1));
  PetscCall(SystemTangent(s, u, NULL, start.t, &start.sign, &good));
  if (good) PetscCall(SystemTangent(s, u, start.t, start.t, &start.sign, &good));
  if (good) PetscCall(describe(s, &start, &good));
  if (!good) PetscFunctionReturn(0);
  PetscCall(PetscMalloc2(MOST_STEPS + 1, &ahead, MOST_STEPS + 1, &behind));
  PetscCall(one_way(s, start, lower, upper, largest_step, &n_ahead, ahead, &closed, &broken[0]));
  if (!closed) {
    CurvePoint back = start;

    for (PetscInt i = 0; i <= s->n; ++i) back.t[i] = -back.t[i];
    PetscCall(one_way(s, back, lower, upper, largest_step, &n_behind, behind, &ignored, &broken[1]));
  }
  curve->n = n_behind + 1 + n_ahead;
  curve->closed = closed;
  curve->broken = (PetscBool)(broken[0] || broken[1]);
  PetscCall(PetscMalloc1(curve->n, &curve->points));
  for (PetscInt k = 0; k < n_behind; ++k) {
    CurvePoint *const c = &curve->points[n_behind - 1 - k];

    *c = behind[k];
    for (PetscInt i = 0; i <= s->n; ++i) c->t[i] = -c->t[i];
    c->sign = -c->sign; /* an odd border: the tangent's row alone turns */
  }
  curve->points[n_behind] = start;
  PetscCall(PetscArraycpy(curve->points + n_behind + 1, ahead, n_ahead));
  PetscCall(PetscFree2(ahead, behind));
  PetscFunctionReturn(0);
}

PetscErrorCode CurveDestroy(Curve *curve)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(curve->points));
  PetscFunctionReturn(0);
}
