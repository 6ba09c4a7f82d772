/* Integrals of the basis against a density of phase space. */
#include "space_density.h"
#include <math.h>
#include <petscdt.h>

enum { GAUSS_LINE = 14, GAUSS_PLANE = 8 };

typedef struct {
  PetscInt gauss, levels;
  PetscInt n_q, n_x; /* points of a box in the positions and in the momenta */
  PetscReal t[GAUSS_LINE], weight[GAUSS_LINE];
  PetscReal *z, *q, *p, *log_rho, *sign; /* [n_q][n_x] */
  PetscReal *psi[2], *half, *coefficients;
  SpacePoint point;
} Work;

static PetscErrorCode work_create(PhaseSpace space, Work *w)
{
  const PetscInt dim = space->settings.dim;
  PetscInt n;

  PetscFunctionBegin;
  w->gauss = dim == 1 ? GAUSS_LINE : GAUSS_PLANE;
  w->levels = space->settings.levels;
  PetscCall(PetscDTGaussQuadrature(w->gauss, 0, 1, w->t, w->weight));
  w->n_q = w->n_x = dim == 1 ? w->gauss : w->gauss * w->gauss;
  n = w->n_q * w->n_x;
  PetscCall(PetscMalloc5(2 * n * dim, &w->z, n * dim, &w->q, n * dim, &w->p, n, &w->log_rho, n, &w->sign));
  PetscCall(PetscMalloc4(w->gauss * w->levels, &w->psi[0], w->gauss * w->levels, &w->psi[1], w->levels, &w->half,
                         space->n_degrees, &w->coefficients));
  PetscCall(SpacePointCreate(space, &w->point));
  PetscFunctionReturn(0);
}

static PetscErrorCode work_destroy(Work *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(w->z, w->q, w->p, w->log_rho, w->sign));
  PetscCall(PetscFree4(w->psi[0], w->psi[1], w->half, w->coefficients));
  PetscCall(SpacePointDestroy(&w->point));
  PetscFunctionReturn(0);
}

/* Coordinate a of point k of a box's direction group */
static PetscReal coordinate(const Work *w, const PhaseBox *box, PetscInt a, PetscInt i)
{
  return box->lo[a] + (box->hi[a] - box->lo[a]) * w->t[i];
}

static PetscReal measure(const Work *w, PetscInt dim, const PhaseBox *box, PetscInt first, PetscInt k)
{
  PetscReal mu = 1;

  for (PetscInt a = 0; a < dim; a++, k /= w->gauss) mu *= w->weight[k % w->gauss] * (box->hi[first + a] - box->lo[first + a]);
  return mu;
}

static void fill_points(PetscInt dim, const PhaseBox *box, Work *w)
{
  for (PetscInt i = 0; i < w->n_q; i++) {
    for (PetscInt j = 0; j < w->n_x; j++) {
      PetscReal *const z = w->z + (i * w->n_x + j) * 2 * dim;
      for (PetscInt a = 0; a < dim; a++) {
        z[a] = coordinate(w, box, a, (a ? i / w->gauss : i) % w->gauss);
        z[dim + a] = coordinate(w, box, dim + a, (a ? j / w->gauss : j) % w->gauss);
      }
    }
  }
  for (PetscInt a = 0; a < dim; a++)
    for (PetscInt j = 0; j < w->gauss; j++)
      HermiteFunctions(w->levels, coordinate(w, box, dim + a, j), w->psi[a] + j * w->levels);
}

/* Sums over momenta at one place: v[n_x], with the root of N taken out of He. */
static void hermite_sums(PhaseSpace space, const PetscReal v[], Work *w)
{
  const PetscInt L = w->levels, rows = w->n_x / w->gauss;

  for (PetscInt k = 0; k < space->n_degrees; k++) w->coefficients[k] = 0;
  for (PetscInt r = 0; r < rows; r++) {
    for (PetscInt k = 0; k < L; k++) w->half[k] = 0;
    for (PetscInt j = 0; j < w->gauss; j++)
      for (PetscInt k = 0; k < L; k++) w->half[k] += v[r * w->gauss + j] * w->psi[0][j * L + k];
    for (PetscInt k = 0; k < space->n_degrees; k++) {
      const PetscInt *const degree = space->degree + 2 * k;
      w->coefficients[k] += w->half[degree[0]] * (space->settings.dim > 1 ? w->psi[1][r * L + degree[1]] : 1);
    }
  }
}

/* Adds a box, relative to exp(reference). */
static PetscErrorCode add_box(PhaseSpace space, const PhaseDensity *density, const PhaseBox *box, PetscReal reference,
                              Work *w, PetscReal *mass, PetscScalar load[])
{
  const PetscInt dim = space->settings.dim, n = w->n_q * w->n_x;
  const PetscReal root = 0.25 * (PetscReal)dim * PetscLogReal(2 * PETSC_PI);
  PetscReal high = -PETSC_MAX_REAL;

  PetscFunctionBegin;
  fill_points(dim, box, w);
  PetscCall(PhaseDensityEvaluate(space, density, n, w->z, w->q, w->p, w->log_rho, w->sign));
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal mu = measure(w, dim, box, 0, k / w->n_x) * measure(w, dim, box, dim, k % w->n_x);
    if (w->log_rho[k] == -PETSC_MAX_REAL) continue;
    *mass += mu * w->sign[k] * PetscExpReal(w->log_rho[k] - reference);
    for (PetscInt a = 0; a < dim; a++) w->log_rho[k] += 0.25 * PetscSqr(w->z[k * 2 * dim + dim + a]);
    high = PetscMax(high, w->log_rho[k]);
  }
  if (high == -PETSC_MAX_REAL) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < w->n_q; i++) {
    PetscReal *const v = w->log_rho + i * w->n_x, at[2] = {0};
    for (PetscInt j = 0; j < w->n_x; j++)
      v[j] = w->sign[i * w->n_x + j] * measure(w, dim, box, dim, j) * PetscExpReal(v[j] - high);
    for (PetscInt a = 0; a < dim; a++) at[a] = w->z[i * w->n_x * 2 * dim + a];
    hermite_sums(space, v, w);
    SpaceAddPoint(space, box->cell, at, measure(w, dim, box, 0, i), high - reference + root, w->coefficients, &w->point,
                  load);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseSpaceLoadDensity(PhaseSpace space, PhaseFunction f, void *ctx, PetscBool log_rho, Vec load)
{
  const PetscReal unit = PetscSqrtReal(space->settings.mass * space->settings.temperature);
  const PhaseDensity density = {f, ctx, log_rho};
  PetscInt n;
  PhaseBox *boxes;
  PetscReal reference, mass = 0;
  PetscScalar *l;
  Work w;

  PetscFunctionBegin;
  PetscCall(work_create(space, &w));
  PetscCall(PhaseBoxesCreate(space, &density, w.gauss, &n, &boxes, &reference));
  PetscCall(VecSet(load, 0));
  PetscCall(VecGetArray(load, &l));
  for (PetscInt k = 0; k < n; k++) PetscCall(add_box(space, &density, &boxes[k], reference, &w, &mass, l));
  PetscCall(VecRestoreArray(load, &l));
  if (!log_rho) {
    PetscCall(VecScale(load, PetscExpReal(reference) * PetscPowRealInt(unit, (int)space->settings.dim)));
  } else if (mass > 0) {
    PetscCall(VecScale(load, 1 / mass));
  }
  PetscCall(PetscFree(boxes));
  PetscCall(work_destroy(&w));
  PetscFunctionReturn(0);
}
