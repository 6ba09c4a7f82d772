/*
  The largest step of Euler's scheme: 1/L, L the largest spectral norm of the Hessian of V^e. Fast variables are taken as
  free, since they pass through the whole cell within e. Exact second derivatives at quasi-random points, then a compass
  search from the largest. Kinks have none: there the noise of a step, sqrt(2 s dt), must resolve the period e^k, and the
  length s e^k/J over which a jump J e^-k of the drift changes the density by a factor. The error of Euler's effective diffusion
  is by the power 3/2 of the step (exact for chains of a saw-tooth, symmetric and skew, s/J from 0.06 to 0.75): below two
  percent with the two parts below.
*/
#include "multiscale.h"
#include <petscblaslapack.h>

/* Of the period, and of s e^k/J. */
static const PetscReal part_of_period = 0.25, part_of_length = 0.75;

enum { SAMPLES = 16384, POINTS = 256, SEARCH_ROUNDS = 40 };

/* The second derivatives that are not zero: pairs (i, j), i <= j, of variables. */
typedef struct {
  const Multiscale *m;
  const PetscReal (*box)[2];
  PetscInt n, n_variables, variable[REITER_VARIABLES];
  PetscInt pair[REITER_VARIABLES * REITER_VARIABLES][2];
  Program program;
  PetscReal *memory, *values[REITER_VARIABLES], *out[REITER_VARIABLES * REITER_VARIABLES];
  PetscReal low[REITER_VARIABLES], high[REITER_VARIABLES]; /* range of the partial derivatives m->partials */
} Curvature;

static PetscErrorCode curvature_create(Curvature *h)
{
  const Multiscale *const m = h->m;
  Expression *all, first;
  PetscReal *next;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(REITER_VARIABLES * REITER_VARIABLES, &all));
  for (PetscInt v = 0; v < REITER_VARIABLES; v++)
    if (m->used & ((VariableSet)1 << v)) h->variable[h->n_variables++] = v;
  for (PetscInt i = 0; i < h->n_variables; i++) {
    PetscCall(ExpressionDerive(m->V, h->variable[i], &first));
    for (PetscInt j = i; j < h->n_variables; j++) {
      PetscCall(ExpressionDerive(first, h->variable[j], &all[h->n]));
      h->pair[h->n][0] = h->variable[i];
      h->pair[h->n++][1] = h->variable[j];
    }
    PetscCall(ExpressionDestroy(&first));
  }
  if (h->n) PetscCall(ProgramCreate(h->n, all, &h->program));
  for (PetscInt i = 0; i < h->n; i++) PetscCall(ExpressionDestroy(&all[i]));
  PetscCall(PetscFree(all));
  PetscCall(PetscCalloc1((h->n + h->n_variables) * POINTS, &h->memory));
  next = h->memory;
  for (PetscInt i = 0; i < h->n_variables; i++, next += POINTS) h->values[h->variable[i]] = next;
  for (PetscInt i = 0; i < h->n; i++, next += POINTS) h->out[i] = next;
  PetscFunctionReturn(0);
}

/* The largest modulus of an eigenvalue of the symmetric H (full, row-major); infinity if it is not finite. */
static PetscErrorCode spectral_norm(PetscInt dim, PetscReal H[], PetscReal *norm)
{
  const PetscBLASInt n = (PetscBLASInt)dim, lwork = 32;
  PetscBLASInt info = 0;
  PetscReal eigenvalues[REITER_MAX_DIM], work[32];

  PetscFunctionBegin;
  *norm = PETSC_INFINITY;
  for (PetscInt i = 0; i < dim * dim; i++)
    if (!isfinite(H[i])) PetscFunctionReturn(0);
  LAPACKsyev_("N", "U", &n, H, &n, eigenvalues, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's syev failed: %d", (int)info);
  *norm = PetscMax(PetscAbsReal(eigenvalues[0]), PetscAbsReal(eigenvalues[dim - 1]));
  PetscFunctionReturn(0);
}

/* norm[POINTS] at h->values. Points where V has no second derivative are left out: norm 0. */
static PetscErrorCode norms(Curvature *h, PetscInt n, PetscReal norm[])
{
  const Multiscale *const m = h->m;

  PetscFunctionBegin;
  PetscCall(ProgramEvaluatePoints(h->program, n, (const PetscReal *const *)h->values, h->out));
  for (PetscInt p = 0; p < n; p++) {
    PetscReal H[REITER_MAX_DIM * REITER_MAX_DIM] = {0};

    for (PetscInt i = 0; i < h->n; i++) {
      const PetscInt u = h->pair[i][0], v = h->pair[i][1], a = u % REITER_MAX_DIM, b = v % REITER_MAX_DIM;
      const PetscReal value = m->inverse[u / REITER_MAX_DIM] * m->inverse[v / REITER_MAX_DIM] * h->out[i][p];

      H[a * m->dim + b] += value;
      if (u != v) H[b * m->dim + a] += value;
    }
    PetscCall(spectral_norm(m->dim, H, &norm[p]));
    if (!isfinite(norm[p])) norm[p] = 0;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode widen_ranges(Curvature *h)
{
  const Multiscale *const m = h->m;

  PetscFunctionBegin;
  if (!m->n_partials) PetscFunctionReturn(0);
  PetscCall(ProgramEvaluatePoints(m->partials, POINTS, (const PetscReal *const *)h->values, m->out));
  for (PetscInt i = 0; i < m->n_partials; i++) {
    for (PetscInt p = 0; p < POINTS; p++) {
      if (!isfinite(m->out[i][p])) continue;
      h->low[i] = PetscMin(h->low[i], m->out[i][p]);
      h->high[i] = PetscMax(h->high[i], m->out[i][p]);
    }
  }
  PetscFunctionReturn(0);
}

/* J is the range of the derivative, over the scales in which V has kinks. */
static PetscErrorCode resolve_kinks(const Curvature *h, PetscReal *step)
{
  const Multiscale *const m = h->m;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < m->n_partials; i++) {
    const PetscInt k = m->scale[i];
    PetscBool smooth = PETSC_TRUE;

    if (k) PetscCall(ExpressionIsSmooth(m->V, ScaleBits(k), &smooth));
    if (smooth) continue;
    const PetscReal J = h->high[i] - h->low[i];
    const PetscReal noise = PetscMin(part_of_period, part_of_length * m->temperature / J) / m->inverse[k];

    *step = PetscMin(*step, noise * noise / (2 * m->temperature));
  }
  PetscFunctionReturn(0);
}

static PetscReal place(const Curvature *h, PetscInt v, PetscReal u)
{
  if (v >= REITER_MAX_DIM) return u - floor(u);
  return h->box[v][0] + PetscMin(PetscMax(u, 0), 1) * (h->box[v][1] - h->box[v][0]);
}

/* Kronecker's sequence of the golden ratio's generalisation to n dimensions (the root of t^(n+1) = t + 1). */
static PetscErrorCode sample(Curvature *h, PetscReal best[], PetscReal *largest)
{
  PetscReal root = 1.5, norm[POINTS], u[REITER_VARIABLES];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 60; i++) root = PetscPowReal(1 + root, 1. / (PetscReal)(h->n_variables + 1));
  for (PetscInt start = 0; start < SAMPLES; start += POINTS) {
    for (PetscInt i = 0; i < h->n_variables; i++) {
      const PetscReal step = PetscPowReal(root, -(PetscReal)(i + 1));

      for (PetscInt p = 0; p < POINTS; p++) {
        const PetscReal at = 0.5 + step * (PetscReal)(start + p);
        h->values[h->variable[i]][p] = place(h, h->variable[i], at - floor(at));
      }
    }
    PetscCall(widen_ranges(h));
    PetscCall(norms(h, POINTS, norm));
    for (PetscInt p = 0; p < POINTS; p++) {
      if (norm[p] <= *largest) continue;
      *largest = norm[p];
      for (PetscInt i = 0; i < h->n_variables; i++) {
        u[i] = 0.5 + PetscPowReal(root, -(PetscReal)(i + 1)) * (PetscReal)(start + p);
        best[i] = u[i] - floor(u[i]);
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Steps along the axes, halved when none of them climbs. */
static PetscErrorCode climb(Curvature *h, PetscReal best[], PetscReal *largest)
{
  PetscReal length = 0.25, norm[POINTS];

  PetscFunctionBegin;
  for (PetscInt round = 0; round < SEARCH_ROUNDS; round++) {
    const PetscInt n = 2 * h->n_variables;
    PetscInt winner = -1;

    for (PetscInt p = 0; p < n; p++) {
      for (PetscInt i = 0; i < h->n_variables; i++) {
        const PetscReal shift = p / 2 == i ? (p % 2 ? length : -length) : 0;
        h->values[h->variable[i]][p] = place(h, h->variable[i], best[i] + shift);
      }
    }
    PetscCall(norms(h, n, norm));
    for (PetscInt p = 0; p < n; p++) {
      if (norm[p] <= *largest) continue;
      *largest = norm[p];
      winner = p;
    }
    if (winner < 0) {
      length /= 2;
    } else {
      const PetscInt i = winner / 2;

      best[i] += winner % 2 ? length : -length;
      if (h->variable[i] < REITER_MAX_DIM) best[i] = PetscMin(PetscMax(best[i], 0), 1);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MultiscaleLargestStep(Dynamics dynamics, const PetscReal box[][2], PetscReal *smooth,
                                     PetscReal *kinks)
{
  PetscReal best[REITER_VARIABLES] = {0}, largest = 0;
  Curvature *h;

  PetscFunctionBegin;
  *kinks = PETSC_INFINITY;
  PetscCall(PetscNew(&h));
  h->m = dynamics->data;
  h->box = box;
  PetscCall(curvature_create(h));
  if (h->n) {
    PetscCall(sample(h, best, &largest));
    PetscCall(climb(h, best, &largest));
    PetscCall(resolve_kinks(h, kinks));
  }
  *smooth = largest > 0 ? 1 / largest : PETSC_INFINITY;
  PetscCall(ProgramDestroy(&h->program));
  PetscCall(PetscFree(h->memory));
  PetscCall(PetscFree(h));
  PetscFunctionReturn(0);
}
