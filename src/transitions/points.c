/* All stationary points in a box, each once, with index and error; the topological degree tells whether any is missing. */
#include "cells.h"
#include "system.h"
#include <math.h>

enum { MOST_POINTS = 1024, AROUND = 400 };

typedef struct {
  const EnergyFamily *family;
  const PetscReal (*box)[2];
  PetscReal p[2], scale[3];
  System system;
  StationaryPoint found[MOST_POINTS];
  PetscInt n;
} Search;

static PetscErrorCode keep(Search *s, const PetscReal u[], PetscReal error)
{
  const PetscInt d = s->family->dim;
  StationaryPoint point = {.error = 0};
  FreeEnergyJet jet;
  PetscBool good;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < d; ++i) {
    if (!(u[i] >= s->box[i][0] && u[i] <= s->box[i][1])) PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < s->n; ++k) {
    PetscReal distance = 0;

    for (PetscInt i = 0; i < d; ++i)
      distance = PetscMax(distance, PetscAbsReal(u[i] - s->found[k].x[i]) / s->scale[i]);
    if (distance < 1e-8 + 4 * (error + s->found[k].error)) PetscFunctionReturn(0);
  }
  PetscCall(s->family->Evaluate(s->family->context, u, s->p, 2, &jet, &good));
  if (!good || s->n == MOST_POINTS) PetscFunctionReturn(0);
  PetscCall(PetscArraycpy(point.x, u, d));
  PetscCall(JetSpectrum(d, &jet, point.eigenvalues, NULL, &point.index));
  point.F = jet.F;
  point.Phi = jet.Phi;
  point.error = error;
  s->found[s->n++] = point;
  PetscFunctionReturn(0);
}

static PetscErrorCode start(Search *s, const PetscReal x[])
{
  PetscReal u[TRANSITION_UNKNOWNS], error;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(u, x, s->family->dim));
  u[s->family->dim] = s->p[0];
  PetscCall(SystemSolve(s->system, NULL, u, &error, &good));
  if (good) PetscCall(keep(s, u, error));
  PetscFunctionReturn(0);
}

/* G on the boundary: outward everywhere, degree 1; in one and two dimensions by signs and winding too. */
static PetscErrorCode find_degree(const Search *s, PetscInt *degree, PetscBool *known)
{
  const PetscInt d = s->family->dim, each = d == 3 ? 12 : AROUND / 4;
  PetscReal turned = 0, angle = 0, most = 0, sides[2] = {0, 0};
  PetscBool good, outward = PETSC_TRUE;
  FreeEnergyJet jet;

  PetscFunctionBegin;
  *known = PETSC_TRUE;
  for (PetscInt face = 0; face < 2 * d && *known; ++face) {
    /* In two dimensions the faces follow each other around: bottom, right, top, left. */
    const PetscInt axis = d == 2 ? (face % 2 ? 0 : 1) : face / 2;
    const PetscInt side = d == 2 ? (face == 1 || face == 2) : face % 2;
    const PetscInt n = d == 1 ? 1 : d == 2 ? each : each * each;

    for (PetscInt i = 0; i < n && *known; ++i) {
      PetscReal x[3], part[2] = {(PetscReal)(i % each) / (PetscReal)(each - (d == 3)),
                                 (PetscReal)(i / each) / (PetscReal)(each - 1)};

      if (d == 2 && face >= 2) part[0] = 1 - part[0];
      for (PetscInt c = 0, k = 0; c < d; ++c)
        x[c] = c == axis ? s->box[c][side] : s->box[c][0] + (s->box[c][1] - s->box[c][0]) * part[k++];
      PetscCall(s->family->Evaluate(s->family->context, x, s->p, 1, &jet, &good));
      if (!good) *known = PETSC_FALSE;
      if ((side ? jet.G[axis] : -jet.G[axis]) <= 0) outward = PETSC_FALSE;
      if (d == 1) sides[side] = jet.G[0] > 0 ? 1 : -1;
      if (d != 2) continue;
      const PetscReal now = atan2(jet.G[1], jet.G[0]);

      if (face || i) {
        const PetscReal turn = remainder(now - angle, 2 * PETSC_PI);

        turned += turn;
        most = PetscMax(most, PetscAbsReal(turn));
      } else {
        sides[0] = now;
      }
      angle = now;
    }
  }
  if (d == 2) turned += remainder(sides[0] - angle, 2 * PETSC_PI);
  *degree = outward  ? 1
            : d == 1 ? (PetscInt)((sides[1] - sides[0]) / 2)
                     : (PetscInt)lround(turned / (2 * PETSC_PI));
  if (!outward && (d == 3 || most > 1.5)) *known = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static int by_place(const void *a, const void *b)
{
  const PetscReal *const x = ((const StationaryPoint *)a)->x, *const y = ((const StationaryPoint *)b)->x;

  for (PetscInt i = 0; i < 3; ++i) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

PetscErrorCode StationaryPointsFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal p[],
                                    StationaryPoints *points)
{
  Search *s;
  PetscReal one[2] = {1, 1};
  PetscBool known, complete;
  CellZeros zeros;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->family = family;
  s->box = box;
  for (PetscInt a = 0; a < family->m; ++a) s->p[a] = p[a];
  for (PetscInt i = 0; i < family->dim; ++i) s->scale[i] = box[i][1] - box[i][0];
  PetscCall(SystemCreate(family, SYSTEM_POINT, s->scale, one, &s->system));
  PetscCall(SystemSetSecond(s->system, s->p[1]));
  PetscCall(CellZerosFind(family, s->p, box, &zeros));
  for (PetscInt k = 0; k < zeros.n; ++k) PetscCall(start(s, zeros.x + k * family->dim));
  complete = (PetscBool)(zeros.complete && !zeros.unknown && s->n < MOST_POINTS);
  PetscCall(CellZerosDestroy(&zeros));
  PetscCall(SystemDestroy(&s->system));
  *points = (StationaryPoints){.n = s->n};
  PetscCall(PetscMalloc1(s->n, &points->points));
  PetscCall(PetscArraycpy(points->points, s->found, s->n));
  qsort(points->points, (size_t)s->n, sizeof(StationaryPoint), by_place);
  for (PetscInt k = 0; k < s->n; ++k) points->sum += s->found[k].index % 2 ? -1 : 1;
  PetscCall(find_degree(s, &points->degree, &known));
  points->degree_checked = (PetscBool)(known && complete && points->degree == points->sum);
  PetscCall(PetscFree(s));
  PetscFunctionReturn(0);
}

PetscErrorCode StationaryPointsDestroy(StationaryPoints *points)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(points->points));
  PetscFunctionReturn(0);
}
