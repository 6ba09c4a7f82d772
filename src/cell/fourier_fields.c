#include "fourier_fields.h"

static PetscErrorCode grid_create(Spectral grid, PetscBool laplacian, PetscBool tensor, FourierGrid *g)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(g, sizeof(*g)));
  g->grid = grid;
  PetscCall(PetscMalloc3(grid->total, &g->log_f, grid->total, &g->log_mass, grid->total, &g->log_hat));
  for (PetscInt c = 0; c < grid->dim; c++) PetscCall(PetscMalloc1(grid->total, &g->a[c]));
  if (laplacian) PetscCall(PetscMalloc1(grid->total, &g->laplacian));
  for (PetscInt p = 0; tensor && p < CELL_PACKED; p++) {
    PetscCall(PetscMalloc1(grid->total, &g->upper[p]));
    PetscCall(PetscMalloc1(grid->total, &g->lower[p]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode grid_destroy(FourierGrid *g)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(g->log_f, g->log_mass, g->log_hat));
  for (PetscInt c = 0; c < 3; c++) PetscCall(PetscFree(g->a[c]));
  PetscCall(PetscFree(g->laplacian));
  for (PetscInt p = 0; p < CELL_PACKED; p++) {
    PetscCall(PetscFree(g->upper[p]));
    PetscCall(PetscFree(g->lower[p]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FourierFieldsDestroy(FourierFields *fields)
{
  PetscFunctionBegin;
  PetscCall(grid_destroy(&fields->coarse));
  PetscCall(grid_destroy(&fields->fine));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierSample(const CellProblem *problem, PetscInt n, PetscBool derivatives,
                             CellSamples *samples, CellFailure *failure)
{
  const PetscInt sizes[3] = {n, n, n};
  PetscReal *axis;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &axis));
  for (PetscInt i = 0; i < n; i++) axis[i] = (PetscReal)i / (PetscReal)n;
  const PetscReal *axes[3] = {axis, axis, axis};
  PetscCall(CellSamplesCreate(problem, sizes, axes, derivatives, samples));
  PetscCall(PetscFree(axis));
  PetscCall(problem->sample(problem->ctx, samples));
  *failure = samples->failure;
  for (PetscInt q = 0; q < samples->total && failure->status == CELL_OK; q++) {
    if (!PetscIsInfOrNanReal(samples->log_w[q])) continue;
    failure->status = CELL_NOT_FINITE;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "the potential is not finite at the point (%g, %g, %g) of the cell",
                            (double)samples->axis[0][q % n],
                            problem->dim > 1 ? (double)axes[1][q / n % n] : 0.0,
                            problem->dim > 2 ? (double)axes[2][q / n / n] : 0.0));
  }
  PetscFunctionReturn(0);
}

/* Everything but the derivatives, from samples on the same grid. */
static void take_samples(const CellSamples *s, FourierGrid *g)
{
  const PetscReal d = (PetscReal)s->dim;

  for (PetscInt q = 0; q < s->total; q++) {
    PetscReal trace = 1;
    if (s->upper[0]) {
      trace = s->upper[0][q];
      if (s->dim > 1) trace += s->upper[CellPackedIndex(1, 1)][q];
      if (s->dim > 2) trace += s->upper[CellPackedIndex(2, 2)][q];
      trace /= d;
      for (PetscInt p = 0; p < CELL_PACKED; p++) {
        g->upper[p][q] = s->upper[p][q] / trace;
        g->lower[p][q] = s->lower[p][q] / trace;
      }
    }
    g->log_f[q] = 0.5 * (s->log_w[q] + PetscLogReal(trace));
    g->log_mass[q] = s->log_w[q] + (s->log_z ? s->log_z[q] : 0);
    g->log_hat[q] = -s->log_w[q] + (s->log_zhat ? s->log_zhat[q] : 0);
  }
}

/* Every second point of the fine grid. */
static PetscErrorCode thin_out(const FourierGrid *fine, FourierGrid *coarse)
{
  const PetscInt n = coarse->grid->n, dim = coarse->grid->dim;
  PetscInt to = 0;

  PetscFunctionBegin;
  for (PetscInt i2 = 0; i2 < (dim > 2 ? n : 1); i2++) {
    for (PetscInt i1 = 0; i1 < (dim > 1 ? n : 1); i1++) {
      for (PetscInt i0 = 0; i0 < n; i0++, to++) {
        const PetscInt from = 2 * (i0 + 2 * n * (i1 + 2 * n * i2));
        coarse->log_f[to] = fine->log_f[from];
        coarse->log_mass[to] = fine->log_mass[from];
        coarse->log_hat[to] = fine->log_hat[from];
        if (fine->laplacian) coarse->laplacian[to] = fine->laplacian[from];
        for (PetscInt c = 0; c < dim; c++) coarse->a[c][to] = fine->a[c][from];
        for (PetscInt p = 0; fine->upper[0] && p < CELL_PACKED; p++) {
          coarse->upper[p][to] = fine->upper[p][from];
          coarse->lower[p][to] = fine->lower[p][from];
        }
      }
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode from_formula(Spectral *grids, const CellProblem *problem, PetscInt n,
                                   FourierFields *fields, CellFailure *failure)
{
  const PetscBool tensor = (PetscBool)!problem->scalar;
  Spectral grid;
  CellSamples samples;

  PetscFunctionBegin;
  PetscCall(SpectralGet(grids, problem->dim, n, &grid));
  PetscCall(grid_create(grid, PETSC_TRUE, tensor, &fields->coarse));
  PetscCall(SpectralGet(grids, problem->dim, 2 * n, &grid));
  PetscCall(grid_create(grid, PETSC_TRUE, tensor, &fields->fine));
  PetscCall(FourierSample(problem, 2 * n, PETSC_TRUE, &samples, failure));
  if (failure->status == CELL_OK) {
    take_samples(&samples, &fields->fine);
    for (PetscInt q = 0; q < grid->total; q++) {
      for (PetscInt c = 0; c < problem->dim; c++) fields->fine.a[c][q] = -0.5 * samples.gradient[c][q];
      fields->fine.laplacian[q] = 0.5 * samples.laplacian[q];
    }
    PetscCall(thin_out(&fields->fine, &fields->coarse));
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

/* One field of the coarse grid on the fine one. */
static PetscErrorCode interpolate(Spectral coarse, const PetscReal values[], Spectral fine, Coefficient *hat,
                                  Coefficient *padded, PetscReal result[])
{
  PetscFunctionBegin;
  PetscCall(SpectralForward(coarse, values, hat));
  PetscCall(SpectralTransfer(coarse, hat, fine, padded));
  PetscCall(SpectralBackward(fine, padded, result));
  PetscFunctionReturn(0);
}

static PetscErrorCode derive(FourierGrid *g, Coefficient *hat, Coefficient *work)
{
  PetscFunctionBegin;
  PetscCall(SpectralForward(g->grid, g->log_f, hat));
  for (PetscInt c = 0; c < g->grid->dim; c++) {
    PetscCall(SpectralDerive(g->grid, c, hat, work));
    PetscCall(SpectralBackward(g->grid, work, g->a[c]));
    for (PetscInt q = 0; q < g->grid->total; q++) g->a[c][q] = -g->a[c][q];
  }
  PetscFunctionReturn(0);
}

/* The fine grid and all derivatives from the values on the coarse one. */
static PetscErrorCode interpolate_fields(FourierFields *fields)
{
  FourierGrid *coarse = &fields->coarse, *fine = &fields->fine;
  const Spectral small = coarse->grid, big = fine->grid;
  Coefficient *hat, *padded;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(big->half, &hat, big->half, &padded));
  PetscCall(interpolate(small, coarse->log_f, big, hat, padded, fine->log_f));
  PetscCall(interpolate(small, coarse->log_mass, big, hat, padded, fine->log_mass));
  PetscCall(interpolate(small, coarse->log_hat, big, hat, padded, fine->log_hat));
  for (PetscInt p = 0; coarse->upper[0] && p < CELL_PACKED; p++) {
    PetscCall(interpolate(small, coarse->upper[p], big, hat, padded, fine->upper[p]));
    PetscCall(interpolate(small, coarse->lower[p], big, hat, padded, fine->lower[p]));
  }
  PetscCall(derive(coarse, hat, padded));
  PetscCall(derive(fine, hat, padded));
  PetscCall(PetscFree2(hat, padded));
  PetscFunctionReturn(0);
}

static PetscErrorCode from_samples(Spectral *grids, const CellProblem *problem, PetscInt n,
                                   FourierFields *fields, CellFailure *failure)
{
  const PetscBool tensor = (PetscBool)!problem->scalar;
  Spectral small, big;
  CellSamples samples;

  PetscFunctionBegin;
  PetscCall(SpectralGet(grids, problem->dim, n, &small));
  PetscCall(grid_create(small, PETSC_FALSE, tensor, &fields->coarse));
  PetscCall(SpectralGet(grids, problem->dim, 2 * n, &big));
  PetscCall(grid_create(big, PETSC_FALSE, tensor, &fields->fine));
  PetscCall(FourierSample(problem, n, PETSC_FALSE, &samples, failure));
  if (failure->status == CELL_OK) {
    take_samples(&samples, &fields->coarse);
    PetscCall(interpolate_fields(fields));
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

static void find_range(FourierFields *fields)
{
  fields->max_log_f = -PETSC_MAX_REAL;
  fields->min_log_f = PETSC_MAX_REAL;
  for (PetscInt q = 0; q < fields->fine.grid->total; q++) {
    fields->max_log_f = PetscMax(fields->max_log_f, fields->fine.log_f[q]);
    fields->min_log_f = PetscMin(fields->min_log_f, fields->fine.log_f[q]);
  }
}

/* out = the modes of values with all |k_c| <= top. */
static PetscErrorCode low_pass(Spectral g, PetscInt top, const PetscReal values[], Coefficient *hat,
                               PetscReal out[])
{
  const PetscReal limit = 2 * PETSC_PI * ((PetscReal)top + 0.5);

  PetscFunctionBegin;
  PetscCall(SpectralForward(g, values, hat));
  for (PetscInt h = 0; h < g->half; h++) {
    for (PetscInt c = 0; c < g->dim; c++) {
      if (PetscAbsReal(g->k[c][h]) > limit) hat[h] = (Coefficient){0, 0};
    }
  }
  PetscCall(SpectralBackward(g, hat, out));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierFieldsTruncate(const FourierFields *full, PetscInt top, FourierFields *low)
{
  const Spectral g = full->coarse.grid;
  Coefficient *hat;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(low, sizeof(*low)));
  low->dim = full->dim;
  PetscCall(grid_create(g, PETSC_FALSE, (PetscBool)(full->coarse.upper[0] != NULL), &low->coarse));
  PetscCall(
      grid_create(full->fine.grid, PETSC_FALSE, (PetscBool)(full->coarse.upper[0] != NULL), &low->fine));
  PetscCall(PetscMalloc1(g->half, &hat));
  PetscCall(low_pass(g, top, full->coarse.log_f, hat, low->coarse.log_f));
  PetscCall(low_pass(g, top, full->coarse.log_mass, hat, low->coarse.log_mass));
  PetscCall(low_pass(g, top, full->coarse.log_hat, hat, low->coarse.log_hat));
  for (PetscInt p = 0; full->coarse.upper[0] && p < CELL_PACKED; p++) {
    PetscCall(low_pass(g, top, full->coarse.upper[p], hat, low->coarse.upper[p]));
    PetscCall(low_pass(g, top, full->coarse.lower[p], hat, low->coarse.lower[p]));
  }
  PetscCall(PetscFree(hat));
  PetscCall(interpolate_fields(low));
  find_range(low);
  PetscFunctionReturn(0);
}

PetscErrorCode FourierFieldsCreate(Spectral *grids, const CellProblem *problem, PetscInt n,
                                   FourierFields *fields, CellFailure *failure)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(fields, sizeof(*fields)));
  fields->dim = problem->dim;
  if (problem->constant)
    PetscCall(from_formula(grids, problem, n, fields, failure));
  else
    PetscCall(from_samples(grids, problem, n, fields, failure));
  if (failure->status == CELL_OK) find_range(fields);
  PetscFunctionReturn(0);
}

/* sign = 1: f = exp(log_f - shift), C_upper; sign = -1: f = exp(shift - log_f), C_lower / det C_lower. */
static PetscErrorCode make_form(const FourierGrid *g, PetscReal sign, PetscReal shift, WittenForm *form)
{
  const PetscInt total = g->grid->total, dim = g->grid->dim;
  const PetscBool scalar = (PetscBool)!g->upper[0];

  PetscFunctionBegin;
  PetscCall(WittenFormCreate(g->grid, scalar, (PetscBool)(scalar && g->laplacian), form));
  for (PetscInt q = 0; q < total; q++) form->f[q] = PetscExpReal(sign * (g->log_f[q] - shift));
  for (PetscInt c = 0; c < dim; c++) {
    for (PetscInt q = 0; q < total; q++) form->a[c][q] = sign * g->a[c][q];
  }
  /* B* B = -Lap + W, W = |a|^2 + Lap f-exponent: a = -grad log f, so div a = -Lap log f. */
  for (PetscInt q = 0; form->W && q < total; q++) {
    form->W[q] = sign * g->laplacian[q];
    for (PetscInt c = 0; c < dim; c++) form->W[q] += form->a[c][q] * form->a[c][q];
  }
  if (scalar) PetscFunctionReturn(0);
  for (PetscInt p = 0; p < CELL_PACKED; p++) {
    PetscCall(PetscArraycpy(form->C[p], sign > 0 ? g->upper[p] : g->lower[p], total));
  }
  for (PetscInt q = 0; sign < 0 && q < total; q++) {
    const PetscReal xx = g->lower[0][q], xy = g->lower[1][q], yy = g->lower[3][q], det = xx * yy - xy * xy;
    form->C[0][q] = xx / det;
    form->C[1][q] = xy / det;
    form->C[3][q] = yy / det;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FourierPrimalForms(const FourierFields *fields, WittenForm *coarse, WittenForm *fine)
{
  PetscFunctionBegin;
  PetscCall(make_form(&fields->coarse, 1, fields->max_log_f, coarse));
  PetscCall(make_form(&fields->fine, 1, fields->max_log_f, fine));
  PetscCall(WittenFormSetTrial(coarse, fine));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierDualForms(const FourierFields *fields, WittenForm *coarse, WittenForm *fine)
{
  PetscFunctionBegin;
  PetscCall(make_form(&fields->coarse, -1, fields->min_log_f, coarse));
  PetscCall(make_form(&fields->fine, -1, fields->min_log_f, fine));
  PetscCall(WittenFormSetTrial(coarse, fine));
  PetscFunctionReturn(0);
}

/* log of the mean of exp(values), shifted by the largest. */
static PetscReal log_mean_exp(PetscInt n, const PetscReal values[])
{
  PetscReal top = values[0], sum = 0;

  for (PetscInt q = 1; q < n; q++) top = PetscMax(top, values[q]);
  for (PetscInt q = 0; q < n; q++) sum += PetscExpReal(values[q] - top);
  return top + PetscLogReal(sum / (PetscReal)n);
}

PetscErrorCode FourierHarmonicMean(const FourierFields *fields, PetscReal *log_mean, PetscReal *change)
{
  const FourierGrid *grid[2] = {&fields->coarse, &fields->fine};
  PetscReal value[2];

  PetscFunctionBegin;
  for (PetscInt level = 0; level < 2; level++) {
    const PetscInt total = grid[level]->grid->total;
    PetscReal *minus;
    PetscCall(PetscMalloc1(total, &minus));
    for (PetscInt q = 0; q < total; q++) {
      minus[q] =
          -2 * grid[level]->log_f[q] - (grid[level]->lower[0] ? PetscLogReal(grid[level]->lower[0][q]) : 0);
    }
    value[level] = -log_mean_exp(total, minus);
    PetscCall(PetscFree(minus));
  }
  *change = PetscMax(*change, PetscAbsReal(value[1] - value[0]));
  *log_mean = value[1];
  PetscFunctionReturn(0);
}

PetscErrorCode FourierPartition(const FourierFields *fields, PetscReal *log_z, PetscReal *log_zhat,
                                PetscReal *change)
{
  const FourierGrid *c = &fields->coarse, *f = &fields->fine;

  PetscFunctionBegin;
  *log_z = log_mean_exp(f->grid->total, f->log_mass);
  *log_zhat = log_mean_exp(f->grid->total, f->log_hat);
  *change = PetscMax(*change, PetscAbsReal(*log_z - log_mean_exp(c->grid->total, c->log_mass)));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierFieldsWidth(const FourierFields *fields, PetscReal *width)
{
  const FourierGrid *g = &fields->coarse;
  const PetscInt dim = fields->dim;

  PetscFunctionBegin;
  *width = 0;
  for (PetscInt q = 0; g->upper[0] && q < g->grid->total; q++) {
    PetscReal lower[9], upper[9], w;
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) {
        lower[i * dim + j] = g->lower[CellPackedIndex(i, j)][q];
        upper[i * dim + j] = g->upper[CellPackedIndex(i, j)][q];
      }
    }
    PetscCall(TensorBracketWidth(dim, lower, upper, &w));
    *width = PetscMax(*width, w);
  }
  PetscFunctionReturn(0);
}
