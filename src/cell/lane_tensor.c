#include "lane_tensor.h"

/* The trace goes to log_w: it is smooth there, wherever else it was before. */
static void normalise(CellSamples *s)
{
  const PetscInt packed[3] = {CellPackedIndex(0, 0), CellPackedIndex(0, 1), CellPackedIndex(1, 1)};

  for (PetscInt q = 0; q < s->total; q++) {
    const PetscReal trace = 0.5 * (s->upper[packed[0]][q] + s->upper[packed[2]][q]);
    const PetscReal log_trace = PetscLogReal(trace);
    s->log_w[q] += log_trace;
    if (s->log_z) {
      s->log_z[q] -= log_trace;
      s->log_zhat[q] += log_trace;
    }
    for (PetscInt p = 0; p < 3; p++) {
      s->upper[packed[p]][q] /= trace;
      s->lower[packed[p]][q] /= trace;
    }
  }
}

/* log f, for now, and its range. */
static void take_logarithms(LaneFields *fields)
{
  const CellSamples *s = &fields->samples;

  fields->max_log_f = -PETSC_MAX_REAL;
  fields->min_log_f = PETSC_MAX_REAL;
  for (PetscInt q = 0; q < s->total; q++) {
    fields->f[q] = 0.5 * s->log_w[q];
    fields->max_log_f = PetscMax(fields->max_log_f, fields->f[q]);
    fields->min_log_f = PetscMin(fields->min_log_f, fields->f[q]);
  }
}

/* a = -+ grad log f of the interpolant, or from the formula where log f is log_w / 2 and a constant. */
static void fill_gradient(const LaneFields *fields, const CellProblem *problem, LaneCell cell)
{
  const LaneGrid g = fields->grid;

  if (!problem->constant) {
    for (PetscInt q = 0; q < g->total; q++) {
      const PetscReal v = fields->f[q];
      cell->work[q] = (Lane){-v, -v, v, v};
    }
    LaneForward(g, cell->work, cell->hat);
  }
  for (PetscInt i = 0; i < 2; i++) {
    if (problem->constant) {
      for (PetscInt q = 0; q < g->total; q++) {
        const PetscReal v = 0.5 * fields->samples.gradient[i][q];
        cell->a[i][q] = (Lane){-v, -v, v, v};
      }
      continue;
    }
    LaneDerive(g, i, 1 / (PetscReal)g->total, cell->hat, cell->work);
    LaneBackward(g, cell->work, cell->a[i]);
  }
}

PetscErrorCode LaneTensorFill(LaneFields *fields, const CellProblem *problem, LaneCell cell)
{
  CellSamples *s = &fields->samples;
  const PetscReal *const *u = (const PetscReal *const *)s->upper, *const *d =
                                                                      (const PetscReal *const *)s->lower;
  const PetscInt xx = CellPackedIndex(0, 0), xy = CellPackedIndex(0, 1), yy = CellPackedIndex(1, 1);

  PetscFunctionBegin;
  normalise(s);
  take_logarithms(fields);
  fill_gradient(fields, problem, cell);
  for (PetscInt q = 0; q < s->total; q++) {
    const PetscReal down = 1 / (d[xx][q] * d[yy][q] - d[xy][q] * d[xy][q]); /* of lower / det lower */
    const PetscReal f = PetscExpReal(fields->f[q] - fields->max_log_f);
    const PetscReal h = PetscExpReal(fields->min_log_f - fields->f[q]);
    fields->f[q] = f;
    fields->inverse[q] = h;
    cell->f[q] = (Lane){f, f, h, h};
    cell->C[xx][q] = (Lane){u[xx][q], u[xx][q], down * d[xx][q], down * d[xx][q]};
    cell->C[xy][q] = (Lane){u[xy][q], u[xy][q], down * d[xy][q], down * d[xy][q]};
    cell->C[yy][q] = (Lane){u[yy][q], u[yy][q], down * d[yy][q], down * d[yy][q]};
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneTensorPartition(const LaneFields *fields, LaneCell cell, PetscReal *log_z,
                                   PetscReal *log_zhat, PetscReal *error)
{
  const CellSamples *s = &fields->samples;
  const LaneGrid g = fields->grid;
  PetscReal top[2] = {-PETSC_MAX_REAL, -PETSC_MAX_REAL}, sums[LANES], (*shells)[2];

  PetscFunctionBegin;
  for (PetscInt q = 0; q < s->total; q++) {
    const PetscReal z = s->log_w[q] + (s->log_z ? s->log_z[q] : 0);
    const PetscReal h = (s->log_z ? s->log_zhat[q] : 0) - s->log_w[q];
    cell->work[q] = (Lane){z, z, h, h};
    top[0] = PetscMax(top[0], z);
    top[1] = PetscMax(top[1], h);
  }
  for (PetscInt q = 0; q < s->total; q++) { /* square roots: their squares are summed */
    const PetscReal z = PetscExpReal(0.5 * (cell->work[q][0] - top[0]));
    const PetscReal h = PetscExpReal(0.5 * (cell->work[q][2] - top[1]));
    cell->work[q] = (Lane){z, z, h, h};
  }
  LaneDot(g, cell->work, cell->work, sums);
  *log_z = top[0] + PetscLogReal(sums[0] / (PetscReal)g->total);
  *log_zhat = top[1] + PetscLogReal(sums[2] / (PetscReal)g->total);
  LaneForward(g, cell->work, cell->hat);
  PetscCall(PetscMalloc1(g->n / 2 + 1, &shells));
  LaneShells(g, cell->hat, shells);
  *error = PetscMax(LaneTailError(g->n, shells, 0), LaneTailError(g->n, shells, 1));
  PetscCall(PetscFree(shells));
  PetscFunctionReturn(0);
}

/* Low-passes up to four fields at once, one per lane. */
static void low_pass(LaneGrid g, PetscInt top, LaneCell cell, const PetscReal *const in[LANES],
                     PetscReal *const out[LANES])
{
  for (PetscInt q = 0; q < g->total; q++) {
    for (PetscInt l = 0; l < LANES; l++) cell->work[q][l] = in[l] ? in[l][q] : 0;
  }
  LaneForward(g, cell->work, cell->hat);
  for (PetscInt q = 0; q < g->total; q++) {
    if (g->shell[q] > top) cell->hat[q] = (Lane){0, 0, 0, 0};
  }
  LaneBackward(g, cell->hat, cell->work);
  for (PetscInt q = 0; q < g->total; q++) {
    for (PetscInt l = 0; l < LANES; l++) {
      if (out[l]) out[l][q] = cell->work[q][l] / (PetscReal)g->total;
    }
  }
}

PetscErrorCode LaneTensorTruncate(const LaneFields *fields, PetscInt top, LaneCell cell, LaneFields *low)
{
  const CellSamples *s = &fields->samples;
  CellSamples *t = &low->samples;
  const PetscInt xx = CellPackedIndex(0, 0), xy = CellPackedIndex(0, 1), yy = CellPackedIndex(1, 1);

  PetscFunctionBegin;
  low_pass(fields->grid, top, cell,
           (const PetscReal *const[LANES]){s->log_w, s->log_z, s->log_zhat, s->upper[xx]},
           (PetscReal *const[LANES]){t->log_w, t->log_z, t->log_zhat, t->upper[xx]});
  low_pass(fields->grid, top, cell,
           (const PetscReal *const[LANES]){s->upper[xy], s->upper[yy], s->lower[xx], s->lower[xy]},
           (PetscReal *const[LANES]){t->upper[xy], t->upper[yy], t->lower[xx], t->lower[xy]});
  low_pass(fields->grid, top, cell, (const PetscReal *const[LANES]){s->lower[yy], NULL, NULL, NULL},
           (PetscReal *const[LANES]){t->lower[yy], NULL, NULL, NULL});
  PetscFunctionReturn(0);
}
