/* Integrals of the basis against a density of phase space. */
#include "space_density.h"
#include <math.h>
#include <petscdt.h>
#include <stdlib.h>

enum { GAUSS_LINE = 14, GAUSS_PLANE = 8 };

typedef struct {
  PetscInt gauss, levels;
  PetscInt n_q, n_x; /* points of a box in the positions and in the momenta */
  PetscReal t[GAUSS_LINE], weight[GAUSS_LINE];
  PetscReal *z, *q, *p, *log_rho, *sign; /* [n_q][n_x] */
  PetscReal *psi[2], *half;
  PetscReal *sums; /* [n_q][n_degrees] over the momenta of boxes at one place, relative to exp(high) */
  PetscReal high;
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
  PetscCall(PetscMalloc4(w->gauss * w->levels, &w->psi[0], w->gauss * w->levels, &w->psi[1], w->levels,
                         &w->half, w->n_q * space->n_degrees, &w->sums));
  PetscCall(SpacePointCreate(space, &w->point));
  PetscFunctionReturn(0);
}

static PetscErrorCode work_destroy(Work *w)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(w->z, w->q, w->p, w->log_rho, w->sign));
  PetscCall(PetscFree4(w->psi[0], w->psi[1], w->half, w->sums));
  PetscCall(SpacePointDestroy(&w->point));
  PetscFunctionReturn(0);
}

/* Gauss' point i of a box in the direction a. */
static PetscReal coordinate(const Work *w, const PhaseBox *box, PetscInt a, PetscInt i)
{
  return box->lo[a] + (box->hi[a] - box->lo[a]) * w->t[i];
}

static PetscReal measure(const Work *w, PetscInt dim, const PhaseBox *box, PetscInt first, PetscInt k)
{
  PetscReal mu = 1;

  for (PetscInt a = 0; a < dim; a++, k /= w->gauss)
    mu *= w->weight[k % w->gauss] * (box->hi[first + a] - box->lo[first + a]);
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

/* Adds a box's momenta at its position i: v[n_x], with the root of N taken out of He. */
static void add_momenta(PhaseSpace space, PetscInt i, const PetscReal v[], Work *w)
{
  const PetscInt L = w->levels, rows = w->n_x / w->gauss;
  PetscReal *const sums = w->sums + i * space->n_degrees;

  for (PetscInt r = 0; r < rows; r++) {
    for (PetscInt k = 0; k < L; k++) w->half[k] = 0;
    for (PetscInt j = 0; j < w->gauss; j++)
      for (PetscInt k = 0; k < L; k++) w->half[k] += v[r * w->gauss + j] * w->psi[0][j * L + k];
    for (PetscInt k = 0; k < space->n_degrees; k++) {
      const PetscInt *const degree = space->degree + 2 * k;
      sums[k] += w->half[degree[0]] * (space->settings.dim > 1 ? w->psi[1][r * L + degree[1]] : 1);
    }
  }
}

/* What was summed gets a larger reference. */
static void raise_reference(PhaseSpace space, PetscReal high, Work *w)
{
  const PetscReal factor = PetscExpReal(w->high - high);

  if (!(high > w->high)) return;
  for (PetscInt k = 0; k < w->n_q * space->n_degrees; k++) w->sums[k] *= factor;
  w->high = high;
}

/* Adds a box to the sums; the mass is relative to exp(reference). */
static PetscErrorCode add_box(PhaseSpace space, const PhaseDensity *density, const PhaseBox *box,
                              PetscReal reference, Work *w, PetscReal *mass)
{
  const PetscInt dim = space->settings.dim, n = w->n_q * w->n_x;
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
  raise_reference(space, high, w);
  for (PetscInt i = 0; i < w->n_q; i++) {
    PetscReal *const v = w->log_rho + i * w->n_x;
    for (PetscInt j = 0; j < w->n_x; j++)
      v[j] = w->sign[i * w->n_x + j] * measure(w, dim, box, dim, j) * PetscExpReal(v[j] - w->high);
    add_momenta(space, i, v, w);
  }
  PetscFunctionReturn(0);
}

/* The sums of the boxes at one place, to the load; they begin anew. */
static PetscErrorCode add_sums(PhaseSpace space, const PhaseBox *box, PetscReal reference, Work *w,
                               PetscScalar load[])
{
  const PetscInt dim = space->settings.dim;
  const PetscReal root = 0.25 * (PetscReal)dim * PetscLogReal(2 * PETSC_PI);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < w->n_q && w->high > -PETSC_MAX_REAL; i++) {
    PetscReal at[2] = {0};
    for (PetscInt a = 0; a < dim; a++) at[a] = coordinate(w, box, a, (a ? i / w->gauss : i) % w->gauss);
    SpaceAddPoint(space, box->cell, at, measure(w, dim, box, 0, i), w->high - reference + root,
                  w->sums + i * space->n_degrees, &w->point, load);
  }
  PetscCall(PetscArrayzero(w->sums, w->n_q * space->n_degrees));
  w->high = -PETSC_MAX_REAL;
  PetscFunctionReturn(0);
}

/* The first `n` directions decide. */
static int compare_sides(const PhaseBox *a, const PhaseBox *b, PetscInt n)
{
  for (PetscInt c = 0; c < n; c++) {
    if (a->lo[c] != b->lo[c]) return a->lo[c] < b->lo[c] ? -1 : 1;
    if (a->hi[c] != b->hi[c]) return a->hi[c] < b->hi[c] ? -1 : 1;
  }
  return 0;
}

/* Boxes at one place follow each other. */
static int compare_boxes(const void *a, const void *b)
{
  return compare_sides(a, b, 2 * ((const PhaseBox *)a)->dim);
}

PetscErrorCode PhaseSpaceLoadDensity(PhaseSpace space, PhaseFunction f, void *ctx, PetscBool log_rho,
                                     Vec load)
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
  qsort(boxes, (size_t)n, sizeof(*boxes), compare_boxes);
  PetscCall(VecSet(load, 0));
  PetscCall(VecGetArray(load, &l));
  PetscCall(PetscArrayzero(w.sums, w.n_q * space->n_degrees));
  w.high = -PETSC_MAX_REAL;
  for (PetscInt k = 0; k < n; k++) {
    PetscCall(add_box(space, &density, &boxes[k], reference, &w, &mass));
    if (k + 1 == n || compare_sides(&boxes[k], &boxes[k + 1], space->settings.dim))
      PetscCall(add_sums(space, &boxes[k], reference, &w, l));
  }
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
