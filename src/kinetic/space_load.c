/* Integrals of functions against the basis, in the stationary measure. */
#include "space_private.h"
#include <math.h>

/* Momenta in units of sqrt(m s), weights, and He_n there: Gauss' points; those whose weight is nothing are left out. */
typedef struct {
  PetscInt n, levels;
  PetscReal *x, *weight, *He; /* He[n][levels] */
} Momenta;

enum { MORE_POINTS = 16 };
static const PetscReal least_log_weight = -100;

static PetscErrorCode momenta_create(PetscInt levels, Momenta *m)
{
  const PetscInt n = levels + MORE_POINTS;
  PetscReal *x, *log_weight;

  PetscFunctionBegin;
  m->n = 0;
  m->levels = levels;
  PetscCall(PetscMalloc2(n, &x, n, &log_weight));
  PetscCall(HermiteGauss(n, x, log_weight));
  PetscCall(PetscMalloc3(n, &m->x, n, &m->weight, n * levels, &m->He));
  for (PetscInt j = 0; j < n; j++) {
    PetscReal *const He = m->He + m->n * levels;
    /* f grows like a polynomial; e^(x^2/4) = e^50 on the root of the weight is more than enough for He */
    if (log_weight[j] < least_log_weight) continue;
    HermiteFunctions(levels, x[j], He);
    for (PetscInt k = 0; k < levels; k++)
      He[k] *= PetscExpReal(0.25 * x[j] * x[j] + 0.25 * PetscLogReal(2 * PETSC_PI));
    m->x[m->n] = x[j];
    m->weight[m->n++] = PetscExpReal(log_weight[j]);
  }
  PetscCall(PetscFree2(x, log_weight));
  PetscFunctionReturn(0);
}

/* Hermite coefficients of f at one place: out[n_degrees]. q, p and values are work for all momenta. */
static PetscErrorCode coefficients_at(PhaseSpace space, const Momenta *m, PhaseFunction f, void *ctx,
                                      const PetscReal at[2], PetscReal q[], PetscReal p[], PetscReal values[],
                                      PetscReal half[], PetscReal out[])
{
  const PetscInt dim = space->settings.dim, rows = dim == 1 ? 1 : m->n, n = m->n * rows, L = m->levels;
  const PetscReal unit = PetscSqrtReal(space->settings.mass * space->settings.temperature);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < n; j++) {
    for (PetscInt a = 0; a < dim; a++) {
      q[j * dim + a] = at[a];
      p[j * dim + a] = unit * m->x[a ? j / m->n : j % m->n];
    }
  }
  PetscCall(f(ctx, n, q, p, values));
  for (PetscInt r = 0; r < rows; r++) {
    for (PetscInt k = 0; k < L; k++) half[r * L + k] = 0;
    for (PetscInt j = 0; j < m->n; j++) {
      const PetscReal v = m->weight[j] * values[r * m->n + j];
      for (PetscInt k = 0; k < L; k++) half[r * L + k] += v * m->He[j * L + k];
    }
  }
  for (PetscInt k = 0; k < space->n_degrees; k++) {
    const PetscInt *const degree = space->degree + 2 * k;
    out[k] = dim == 1 ? half[degree[0]] : 0;
    for (PetscInt r = 0; dim > 1 && r < rows; r++)
      out[k] += m->weight[r] * m->He[r * L + degree[1]] * half[r * L + degree[0]];
  }
  PetscFunctionReturn(0);
}

void SpaceAddPoint(PhaseSpace space, const PetscInt cell[2], const PetscReal at[2], PetscReal mu,
                   PetscReal log_mu, const PetscReal coefficients[], const SpacePoint *point,
                   PetscScalar load[])
{
  PetscInt n[SPACES];

  for (PetscInt s = 0; s < space->spaces; s++) {
    n[s] = SpaceNumbers(space, s, cell, point->number[s]);
    SpaceEvaluate(space, s, cell, at, point->values[s]);
    for (PetscInt i = 0; i < n[s]; i++)
      point->values[s][i] *= mu * PetscExpReal(log_mu + space->log_scale[s][point->number[s][i]]);
  }
  for (PetscInt k = 0; k < space->n_degrees; k++) {
    const PetscInt s = SpaceOfDegree(space->degree + 2 * k);
    for (PetscInt i = 0; i < n[s]; i++)
      load[space->begin[k] + point->number[s][i]] += coefficients[k] * point->values[s][i];
  }
}

typedef struct {
  Momenta momenta;
  PetscReal *q, *p, *values, *half, *coefficients;
  SpacePoint point;
} Work;

static PetscErrorCode work_create(PhaseSpace space, Work *w)
{
  const PetscInt dim = space->settings.dim;
  PetscInt points;

  PetscFunctionBegin;
  PetscCall(momenta_create(space->settings.levels, &w->momenta));
  points = dim == 1 ? w->momenta.n : w->momenta.n * w->momenta.n;
  PetscCall(PetscMalloc5(points * dim, &w->q, points * dim, &w->p, points, &w->values,
                         w->momenta.n * space->settings.levels, &w->half, space->n_degrees,
                         &w->coefficients));
  PetscCall(SpacePointCreate(space, &w->point));
  PetscFunctionReturn(0);
}

static PetscErrorCode work_destroy(Work *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(w->momenta.x, w->momenta.weight, w->momenta.He));
  PetscCall(PetscFree5(w->q, w->p, w->values, w->half, w->coefficients));
  PetscCall(SpacePointDestroy(&w->point));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceLoadFunction(PhaseSpace space, PhaseFunction f, void *ctx, Vec load)
{
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];
  PetscInt cell[2];
  PetscScalar *l;
  Work w;

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  PetscCall(VecSet(load, 0));
  PetscCall(VecGetArray(load, &l));
  for (cell[1] = 0; cell[1] < l1->cells; cell[1]++) {
    for (cell[0] = 0; cell[0] < l0->cells; cell[0]++) {
      for (PetscInt j = l1->first[cell[1]]; j < l1->first[cell[1] + 1]; j++) {
        for (PetscInt i = l0->first[cell[0]]; i < l0->first[cell[0] + 1]; i++) {
          const PetscReal at[2] = {l0->x[i], l1->x[j]};
          PetscCall(
              coefficients_at(space, &w.momenta, f, ctx, at, w.q, w.p, w.values, w.half, w.coefficients));
          SpaceAddPoint(space, cell, at, l0->weight[i] * l1->weight[j],
                        space->weight.log_w[j * space->weight.points[0] + i], w.coefficients, &w.point, l);
        }
      }
    }
  }
  PetscCall(VecRestoreArray(load, &l));
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}

/* p_a/m = sqrt(s/m) He_1 */
PetscErrorCode PhaseSpaceLoadVelocity(PhaseSpace space, PetscInt a, Vec load)
{
  const PetscReal speed = PetscSqrtReal(space->settings.temperature / space->settings.mass);
  const PetscInt k = 1 + a, s = 1 << a;
  PetscScalar *l;

  PetscFunctionBegin;
  PetscCheck(a >= 0 && a < space->settings.dim && space->settings.levels > 1, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Component %" PetscInt_FMT " of the velocity", a);
  PetscCall(VecSet(load, 0));
  PetscCall(VecGetArray(load, &l));
  for (PetscInt i = 0; i < space->size[s]; i++) l[space->begin[k] + i] = speed * space->integral[s][i];
  PetscCall(VecRestoreArray(load, &l));
  PetscFunctionReturn(0);
}
