/* Values of a state at points. */
#include "space_private.h"
#include <math.h>

typedef struct {
  SpacePoint point;
  PetscReal *psi[2];
} Work;

static PetscErrorCode work_create(PhaseSpace space, Work *w)
{
  PetscFunctionBegin;
  PetscCall(SpacePointCreate(space, &w->point));
  PetscCall(PetscMalloc2(space->settings.levels, &w->psi[0], space->settings.levels, &w->psi[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode work_destroy(Work *w)
{
  PetscFunctionBegin;
  PetscCall(SpacePointDestroy(&w->point));
  PetscCall(PetscFree2(w->psi[0], w->psi[1]));
  PetscFunctionReturn(0);
}

/* Basis functions in a cell at q, less a common factor exp(*log_factor). */
static void basis(PhaseSpace space, PetscInt spaces, const PetscInt cell[2], const PetscReal q[2], Work *w,
                  PetscReal *log_factor)
{
  PetscInt n[SPACES];

  *log_factor = -PETSC_MAX_REAL;
  for (PetscInt s = 0; s < spaces; s++) {
    n[s] = SpaceNumbers(space, s, cell, w->point.number[s]);
    SpaceEvaluate(space, s, cell, q, w->point.values[s]);
    for (PetscInt i = 0; i < n[s]; i++)
      *log_factor = PetscMax(*log_factor, space->log_scale[s][w->point.number[s][i]]);
  }
  for (PetscInt s = 0; s < spaces; s++)
    for (PetscInt i = 0; i < n[s]; i++)
      w->point.values[s][i] *= PetscExpReal(space->log_scale[s][w->point.number[s][i]] - *log_factor);
}

static PetscReal degree_at(PhaseSpace space, PetscInt k, const Work *w, const PetscScalar f[])
{
  const PetscInt s = SpaceOfDegree(space->degree + 2 * k);
  PetscInt n = 1;
  PetscReal sum = 0;

  for (PetscInt a = 0; a < 2; a++) n *= space->line[a].local[SpaceParity(s, a)];
  for (PetscInt i = 0; i < n; i++) sum += w->point.values[s][i] * f[space->begin[k] + w->point.number[s][i]];
  return sum;
}

/* The point's place; false outside of the walls. */
static PetscBool locate(PhaseSpace space, const PetscReal point[], PetscReal q[2], PetscInt cell[2])
{
  for (PetscInt a = 0; a < 2; a++) {
    q[a] = a < space->settings.dim ? point[a] : 0;
    cell[a] = LineLocate(&space->line[a], &q[a]);
    if (cell[a] < 0) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* log w/Z at all points; outside of the walls it is not asked for. */
static PetscErrorCode weights(PhaseSpace space, PetscInt n, const PetscReal point[], PetscReal log_w[])
{
  const PetscInt dim = space->settings.dim;
  CoefficientFault fault = {.trouble = COEFFICIENT_GOOD};
  PetscReal *q;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n * dim, &q));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt a = 0; a < dim; a++) {
      PetscReal at = point[i * dim + a];
      if (LineLocate(&space->line[a], &at) < 0) at = space->line[a].lo;
      q[i * dim + a] = at;
    }
  }
  PetscCall(CoefficientsEvaluate(space->coefficients, n, q, log_w, NULL, &fault));
  PetscCheck(!fault.trouble, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%s", fault.message);
  for (PetscInt i = 0; i < n; i++) log_w[i] -= space->weight.log_Z;
  PetscCall(PetscFree(q));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceSample(PhaseSpace space, Vec f, PetscInt n, const PetscReal q[], const PetscReal p[],
                                PetscReal W[], PetscReal h[])
{
  const PetscInt dim = space->settings.dim, levels = space->settings.levels;
  const PetscReal unit = PetscSqrtReal(space->settings.mass * space->settings.temperature);
  const PetscScalar *values;
  PetscReal *log_w, at[2];
  PetscInt cell[2];
  Work w;

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  PetscCall(PetscMalloc1(n, &log_w));
  PetscCall(weights(space, n, q, log_w));
  PetscCall(VecGetArrayRead(f, &values));
  w.psi[1][0] = 1;
  for (PetscInt i = 0; i < n; i++) {
    PetscReal log_factor, sum = 0, half_log_N = 0; /* of the root of the density of momenta */
    if (W) W[i] = 0;
    if (h) h[i] = 0;
    if (!locate(space, q + i * dim, at, cell)) continue;
    basis(space, space->spaces, cell, at, &w, &log_factor);
    for (PetscInt a = 0; a < dim; a++) {
      const PetscReal x = p[i * dim + a] / unit;
      HermiteFunctions(levels, x, w.psi[a]);
      half_log_N -= 0.25 * x * x + 0.25 * PetscLogReal(2 * PETSC_PI);
    }
    for (PetscInt k = 0; k < space->n_degrees; k++)
      sum += w.psi[0][space->degree[2 * k]] * w.psi[1][space->degree[2 * k + 1]] *
             degree_at(space, k, &w, values);
    if (W)
      W[i] = sum * PetscExpReal(log_w[i] + log_factor + half_log_N - (PetscReal)dim * PetscLogReal(unit));
    if (h) h[i] = sum * PetscExpReal(log_factor - half_log_N);
  }
  PetscCall(VecRestoreArrayRead(f, &values));
  PetscCall(PetscFree(log_w));
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceSamplePosition(PhaseSpace space, Vec f, PetscInt n, const PetscReal q[],
                                        PetscReal rho[])
{
  const PetscScalar *values;
  PetscReal *log_w, at[2];
  PetscInt cell[2];
  Work w;

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  PetscCall(PetscMalloc1(n, &log_w));
  PetscCall(weights(space, n, q, log_w));
  PetscCall(VecGetArrayRead(f, &values));
  for (PetscInt i = 0; i < n; i++) {
    PetscReal log_factor;
    rho[i] = 0;
    if (!locate(space, q + i * space->settings.dim, at, cell)) continue;
    basis(space, 1, cell, at, &w, &log_factor);
    rho[i] = degree_at(space, 0, &w, values) * PetscExpReal(log_w[i] + log_factor);
  }
  PetscCall(VecRestoreArrayRead(f, &values));
  PetscCall(PetscFree(log_w));
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}
