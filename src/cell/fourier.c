#include "fourier.h"
#include "fourier_fields.h"
#include "lane_fourier.h"
#include "lanes.h"
#include "linear_solve.h"
#include "witten.h"

typedef struct {
  Spectral grids;
  WittenSolver solver;
  LaneFourier lanes; /* NULL: the user wants a linear solver of PETSc */
} FourierWork;

static PetscErrorCode fourier_create(CellSolver owner, void **work)
{
  FourierWork *w;
  PetscBool given;

  PetscFunctionBegin;
  (void)owner;
  PetscCall(PetscNew(&w));
  PetscCall(LinearOptionsGiven(&given));
  if (!given) PetscCall(LaneFourierCreate(&w->lanes));
  PetscCall(WittenSolverCreate(&w->solver));
  *work = w;
  PetscFunctionReturn(0);
}

static PetscErrorCode fourier_destroy(void **work)
{
  FourierWork *w = *work;

  PetscFunctionBegin;
  PetscCall(WittenSolverDestroy(&w->solver));
  PetscCall(LaneFourierDestroy(&w->lanes));
  PetscCall(SpectralDestroyAll(&w->grids));
  PetscCall(PetscFree(*work));
  PetscFunctionReturn(0);
}

static PetscErrorCode fourier_applies(const CellProblem *problem, PetscBool *applies, const char **why)
{
  PetscFunctionBegin;
  *applies = problem->smooth;
  *why = problem->smooth ? "the coefficient is smooth: trigonometric functions converge exponentially"
                         : "the coefficient has kinks or jumps: trigonometric functions converge slowly";
  PetscFunctionReturn(0);
}

static PetscInt fourier_unknowns(const CellProblem *problem, CellResolution resolution)
{
  PetscInt total = 1;
  for (PetscInt c = 0; c < problem->dim; c++) total *= resolution.cells;
  return total;
}

static PetscErrorCode fourier_start(void *work, const CellProblem *problem, CellResolution *resolution)
{
  FourierWork *w = work;

  PetscFunctionBegin;
  resolution->order = 0;
  if (w->lanes && LaneFourierApplies(problem, 0)) {
    PetscCall(LaneFourierStart(w->lanes, problem, resolution));
  } else if (problem->constant) {
    PetscCall(FourierGuess(&w->grids, problem, &resolution->cells, &resolution->rtol));
  } else { /* every sample is a cascade of its own: begin low, and let the change between grids decide */
    resolution->cells = 9;
    resolution->rtol = PetscMax(1e-13, 1e-3 * PetscSqrtReal(problem->goal));
  }
  PetscFunctionReturn(0);
}

/* The grid where a geometric error e(n) = q^n would meet the goal, between 1.25 and 2 times the last. */
static PetscReal growth(const CellProblem *problem, const CellResult *last)
{
  const PetscReal least = 1.25, most = 2, e = last->quadrature;

  if (problem->constant || last->failure.status != CELL_OK || !(e > 0 && e < 0.1))
    return problem->constant ? least : 1.5;
  return PetscMin(most, PetscMax(least, 1.05 * PetscLogReal(problem->goal) / PetscLogReal(e)));
}

static PetscErrorCode fourier_refine(void *work, const CellProblem *problem, const CellResult *last,
                                     CellResolution *resolution)
{
  PetscFunctionBegin;
  resolution->order = 0;
  if (((FourierWork *)work)->lanes && LaneFourierApplies(problem, last->resolution.cells)) {
    resolution->cells = LaneGoodSize((PetscInt)(growth(problem, last) * (PetscReal)last->resolution.cells));
    PetscFunctionReturn(0);
  }
  resolution->cells = SpectralGoodSize((PetscInt)(growth(problem, last) * (PetscReal)last->resolution.cells));
  resolution->rtol = PetscMax(1e-13, 3e-2 * last->resolution.rtol);
  PetscFunctionReturn(0);
}

/* One energy matrix: solve on the coarse grid, bound on the fine one. *change is its relative change between
   every second and every fine point. */
static PetscErrorCode solve_form(FourierWork *w, WittenForm *coarse, WittenForm *fine, PetscReal rtol,
                                 PetscReal *const u[], EnergyTensor *energy, PetscReal *change,
                                 CellResult *result)
{
  const PetscReal before = *change;
  PetscInt iterations;

  PetscFunctionBegin;
  energy->rotated = PETSC_FALSE;
  for (PetscInt pass = 0; pass < 2; pass++) {
    PetscCall(WittenSolve(w->solver, coarse, rtol, u, &iterations, &result->failure));
    result->iterations += iterations;
    if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
    if (pass == 1) *change = before;
    PetscCall(WittenEnergy(fine, coarse->grid, (const PetscReal *const *)u, energy, change));
    if (pass == 1 || !EnergyTensorDirections(energy, coarse->P)) break;
    (void)EnergyTensorDirections(energy, fine->P);
  }
  PetscFunctionReturn(0);
}

/* upper = E / t, lower = (1 - width of C) (E - residual bound) / t. */
static PetscErrorCode lower_by_residual(FourierWork *w, const FourierFields *fields, const WittenForm *coarse,
                                        const WittenForm *fine, const PetscReal *const u[],
                                        const EnergyTensor *energy, CellResult *result)
{
  const PetscInt dim = coarse->grid->dim;
  PetscReal gap, bound[9], width, lower[9];
  EnergyTensor rest = *energy;

  PetscFunctionBegin;
  PetscCall(WittenPreconditionedGap(w->solver, coarse, &gap));
  if (!(gap > 0)) {
    result->failure.status = CELL_LIMIT;
    PetscCall(PetscSNPrintf(result->failure.message, sizeof(result->failure.message),
                            "the spectral gap of the cell, which the lower bound needs, did not converge"));
    PetscFunctionReturn(0);
  }
  PetscCall(WittenResidualBound(fine, coarse->grid, gap, u, bound));
  PetscCall(FourierFieldsWidth(fields, &width));
  for (PetscInt i = 0; i < dim * dim; i++) {
    /* The residuals are those of the basis' correctors; without a basis E is scaled and they are not. */
    rest.E[i] -= energy->rotated ? bound[i] : bound[i] / (energy->scale[i / dim] * energy->scale[i % dim]);
  }
  EnergyTensorAssemble(&rest, lower);
  for (PetscInt i = 0; i < dim * dim; i++) {
    result->lower[i] = (1 - width) * lower[i] * PetscExpReal(2 * fields->max_log_f - result->log_scale);
  }
  PetscFunctionReturn(0);
}

/* Keller's dual cell (1.7): the coefficient C/det C exp(-log_w) has the tensor G, and K = R^T G^{-1} R. */
static PetscErrorCode lower_by_dual(FourierWork *w, FourierFields *fields, PetscReal rtol,
                                    PetscReal *const u[], PetscReal *change, CellResult *result)
{
  WittenForm coarse, fine;
  EnergyTensor G;
  PetscReal inverse[4];

  PetscFunctionBegin;
  PetscCall(FourierDualForms(fields, &coarse, &fine));
  PetscCall(solve_form(w, &coarse, &fine, rtol, u, &G, change, result));
  if (result->failure.status == CELL_OK) {
    const PetscReal scale = PetscExpReal(2 * fields->min_log_f - result->log_scale);
    EnergyTensorInvert(&G, inverse);
    result->lower[0] = inverse[3] * scale; /* R^T G^{-1} R */
    result->lower[3] = inverse[0] * scale;
    result->lower[1] = result->lower[2] = -inverse[1] * scale;
  }
  PetscCall(WittenFormDestroy(&coarse));
  PetscCall(WittenFormDestroy(&fine));
  PetscFunctionReturn(0);
}

/* The coefficient is known at the samples only. What would a grid of two thirds the points have found? Its
   error, for geometric convergence, to the power 3/2 is that of the whole grid; 5/4 to be careful. */
static PetscErrorCode interpolation_error(FourierWork *w, const FourierFields *fields, PetscReal rtol,
                                          const CellResult *result, PetscReal *error)
{
  const PetscInt dim = fields->dim;
  PetscReal *v[3] = {NULL, NULL, NULL}, energy[9], unused = 0, log_z, log_zhat;
  EnergyTensor tensor;
  FourierFields low;
  WittenForm coarse, fine;
  CellResult ignored;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&ignored, sizeof(ignored)));
  PetscCall(FourierFieldsTruncate(fields, fields->coarse.grid->n / 3, &low));
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscMalloc1(low.coarse.grid->total, &v[j]));
  PetscCall(FourierPrimalForms(&low, &coarse, &fine));
  PetscCall(solve_form(w, &coarse, &fine, rtol, v, &tensor, &unused, &ignored));
  *error = PETSC_INFINITY;
  if (ignored.failure.status == CELL_OK) {
    const PetscReal scale = PetscExpReal(2 * low.max_log_f - result->log_scale);
    EnergyTensorAssemble(&tensor, energy);
    PetscCall(FourierPartition(&low, &log_z, &log_zhat, &unused));
    *error = PetscAbsReal(log_z - result->log_z);
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) {
        const PetscReal size = PetscSqrtReal(result->upper[i * dim + i] * result->upper[j * dim + j]);
        *error =
            PetscMax(*error, PetscAbsReal(energy[i * dim + j] * scale - result->upper[i * dim + j]) / size);
      }
    }
    if (*error < 1) *error = PetscPowReal(*error, 1.25);
  }
  PetscCall(WittenFormDestroy(&coarse));
  PetscCall(WittenFormDestroy(&fine));
  PetscCall(FourierFieldsDestroy(&low));
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscFree(v[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_fields(FourierWork *w, const CellProblem *problem, FourierFields *fields,
                                   PetscReal rtol, CellResult *result)
{
  const PetscInt dim = problem->dim;
  PetscReal *u[3] = {NULL, NULL, NULL}, energy[9], change = 0, trace = 0;
  EnergyTensor tensor;
  WittenForm coarse, fine;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscMalloc1(fields->coarse.grid->total, &u[j]));
  PetscCall(FourierPrimalForms(fields, &coarse, &fine));
  PetscCall(solve_form(w, &coarse, &fine, rtol, u, &tensor, &change, result));
  if (result->failure.status == CELL_OK) {
    EnergyTensorAssemble(&tensor, energy);
    for (PetscInt i = 0; i < dim; i++) trace += energy[i * dim + i] / (PetscReal)dim;
    result->log_scale = 2 * fields->max_log_f + PetscLogReal(trace);
    for (PetscInt i = 0; i < dim * dim; i++) result->upper[i] = energy[i] / trace;
    if (dim == 1) {
      PetscCall(FourierHarmonicMean(fields, &result->lower[0], &change));
      result->lower[0] = PetscExpReal(result->lower[0] - result->log_scale);
    } else if (dim == 2) {
      PetscCall(lower_by_dual(w, fields, rtol, u, &change, result));
    } else {
      PetscCall(lower_by_residual(w, fields, &coarse, &fine, (const PetscReal *const *)u, &tensor, result));
    }
  }
  PetscCall(FourierPartition(fields, &result->log_z, &result->log_zhat, &change));
  /* The trapezoid rule converges geometrically: halving the spacing squares the error. 3/2 in place of 2. */
  result->quadrature = PetscMax(1e-15, PetscPowReal(change, 1.5));
  result->confirm = (PetscBool)!problem->constant;
  if (result->confirm && result->failure.status == CELL_OK) {
    PetscReal missing = PETSC_INFINITY;
    PetscCall(interpolation_error(w, fields, rtol, result, &missing));
    result->quadrature = PetscMax(result->quadrature, missing);
  }
  PetscCall(WittenFormDestroy(&coarse));
  PetscCall(WittenFormDestroy(&fine));
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscFree(u[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode fourier_solve_at(void *work, const CellProblem *problem, CellResolution resolution,
                                       CellResult *result)
{
  FourierWork *w = work;
  FourierFields fields;

  PetscFunctionBegin;
  if (w->lanes && LaneFourierApplies(problem, resolution.cells)) {
    PetscCall(LaneFourierSolve(w->lanes, problem, resolution, result));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMemzero(result, sizeof(*result)));
  resolution.cells |= 1; /* even grids have a spurious null vector */
  result->resolution = resolution;
  PetscCall(FourierFieldsCreate(&w->grids, problem, resolution.cells, &fields, &result->failure));
  if (result->failure.status == CELL_OK)
    PetscCall(solve_fields(w, problem, &fields, resolution.rtol, result));
  PetscCall(FourierFieldsDestroy(&fields));
  PetscFunctionReturn(0);
}

/* The part of theta_j that the trial field f chi_j e_j stands for, theta' = chi_j - 1, at i/m: integrated term by
   term in its Fourier series. */
static void integrate_trial(const WittenForm *form, PetscInt j, PetscInt m, PetscReal part[])
{
  const PetscInt n = form->grid->n;
  const PetscReal turn = 2 * PETSC_PI;

  for (PetscInt i = 0; i < m; i++) part[i] = 0;
  for (PetscInt k = 1; 2 * k < n; k++) {
    PetscReal even = 0, odd = 0;
    for (PetscInt q = 0; q < n; q++) {
      const PetscReal angle = turn * (PetscReal)(k * q % n) / (PetscReal)n;
      even += form->chi[j][q] * PetscCosReal(angle);
      odd += form->chi[j][q] * PetscSinReal(angle);
    }
    for (PetscInt i = 0; i < m; i++) {
      const PetscReal angle = turn * (PetscReal)(k * i % m) / (PetscReal)m;
      part[i] +=
          2 / (PetscReal)n * (even * PetscSinReal(angle) - odd * PetscCosReal(angle)) / (turn * (PetscReal)k);
    }
  }
}

/* theta = u / f + the trial field's part on m points per direction, through a grid that is a multiple of m and holds all modes. */
static PetscErrorCode corrector_values(FourierWork *w, const CellProblem *problem,
                                       const FourierFields *fields, const WittenForm *form, PetscInt m,
                                       PetscReal *const u[], PetscReal *const theta[])
{
  const Spectral grid = fields->coarse.grid;
  const PetscInt times = (grid->n + m - 1) / m, n = times * m, dim = problem->dim;
  Spectral target;
  Coefficient *hat, *padded;
  PetscReal *log_f, *value, *part;

  PetscFunctionBegin;
  PetscCall(SpectralGet(&w->grids, dim, n, &target));
  PetscCall(PetscMalloc5(grid->half, &hat, target->half, &padded, target->total, &log_f, target->total,
                         &value, m, &part));
  PetscCall(SpectralForward(grid, fields->coarse.log_f, hat));
  PetscCall(SpectralTransfer(grid, hat, target, padded));
  PetscCall(SpectralBackward(target, padded, log_f));
  for (PetscInt j = 0; j < dim; j++) {
    PetscReal mean = 0;
    PetscInt count = 0;
    integrate_trial(form, j, m, part);
    PetscCall(SpectralForward(grid, u[j], hat));
    PetscCall(SpectralTransfer(grid, hat, target, padded));
    PetscCall(SpectralBackward(target, padded, value));
    for (PetscInt i2 = 0; i2 < (dim > 2 ? m : 1); i2++) {
      for (PetscInt i1 = 0; i1 < (dim > 1 ? m : 1); i1++) {
        for (PetscInt i0 = 0; i0 < m; i0++, count++) {
          const PetscInt q = times * (i0 + n * (i1 + n * i2));
          theta[j][count] = value[q] * PetscExpReal(fields->max_log_f - log_f[q]) + part[j == 0   ? i0
                                                                                         : j == 1 ? i1
                                                                                                  : i2];
          mean += theta[j][count];
        }
      }
    }
    for (PetscInt i = 0; i < count; i++) theta[j][i] -= mean / (PetscReal)count;
  }
  PetscCall(PetscFree5(hat, padded, log_f, value, part));
  PetscFunctionReturn(0);
}

static PetscErrorCode fourier_correctors(void *work, const CellProblem *problem, CellResolution resolution,
                                         PetscInt m, PetscReal *const theta[])
{
  FourierWork *w = work;
  PetscReal *u[3] = {NULL, NULL, NULL};
  FourierFields fields;
  WittenForm coarse, fine;
  CellFailure failure = {CELL_OK, ""};
  PetscInt iterations;

  PetscFunctionBegin;
  PetscCall(FourierFieldsCreate(&w->grids, problem, resolution.cells | 1, &fields, &failure));
  PetscCheck(failure.status == CELL_OK, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a solved cell cannot be sampled again: %s", failure.message);
  for (PetscInt j = 0; j < problem->dim; j++) PetscCall(PetscMalloc1(fields.coarse.grid->total, &u[j]));
  PetscCall(FourierPrimalForms(&fields, &coarse, &fine));
  PetscCall(WittenSolve(w->solver, &coarse, PetscMin(resolution.rtol, 1e-11), u, &iterations, &failure));
  PetscCheck(failure.status == CELL_OK, PETSC_COMM_SELF, PETSC_ERR_NOT_CONVERGED,
             "the correctors of a solved cell did not converge: %s", failure.message);
  PetscCall(corrector_values(w, problem, &fields, &fine, m, u, theta));
  PetscCall(WittenFormDestroy(&coarse));
  PetscCall(WittenFormDestroy(&fine));
  PetscCall(FourierFieldsDestroy(&fields));
  for (PetscInt j = 0; j < problem->dim; j++) PetscCall(PetscFree(u[j]));
  PetscFunctionReturn(0);
}

const CellMethodOps CellMethodFourier = {
    .summary = "trigonometric functions in the Witten form, for smooth coefficients",
    .anywhere = PETSC_TRUE,
    .Create = fourier_create,
    .Destroy = fourier_destroy,
    .Applies = fourier_applies,
    .Start = fourier_start,
    .Refine = fourier_refine,
    .Unknowns = fourier_unknowns,
    .SolveAt = fourier_solve_at,
    .Correctors = fourier_correctors,
};
