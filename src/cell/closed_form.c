#include "closed_form.h"
#include "line.h"

static PetscErrorCode closed_form_create(CellSolver solver, void **work)
{
  PetscFunctionBegin;
  *work = solver; /* nothing to keep, but not NULL */
  PetscFunctionReturn(0);
}

static PetscErrorCode closed_form_destroy(void **work)
{
  PetscFunctionBegin;
  *work = NULL;
  PetscFunctionReturn(0);
}

static PetscBool is_laminate(const CellProblem *problem)
{
  return (PetscBool)((problem->varies & (problem->varies - 1)) == 0);
}

static PetscErrorCode closed_form_applies(const CellProblem *problem, PetscBool *applies, const char **why)
{
  PetscFunctionBegin;
  *applies = (PetscBool)(is_laminate(problem) || problem->separable);
  *why = problem->varies == 0   ? "the coefficient is constant in the cell"
         : problem->dim == 1    ? "one dimension: the tensor is a harmonic mean"
         : is_laminate(problem) ? "the coefficient varies along one axis: a laminate"
         : problem->separable ? "the potential is a sum of functions of one component: a product of integrals"
                              : "the coefficient is neither a laminate along an axis nor separable";
  PetscFunctionReturn(0);
}

static PetscErrorCode closed_form_start(void *work, const CellProblem *problem, CellResolution *resolution)
{
  PetscFunctionBegin;
  (void)work;
  (void)problem;
  *resolution = (CellResolution){.cells = 1 << 14, .order = 0, .rtol = 0};
  PetscFunctionReturn(0);
}

static PetscErrorCode closed_form_refine(void *work, const CellProblem *problem, const CellResult *last,
                                         CellResolution *resolution)
{
  PetscFunctionBegin;
  (void)work;
  (void)problem;
  *resolution = last->resolution;
  resolution->cells *= 8;
  PetscFunctionReturn(0);
}

static PetscInt closed_form_unknowns(const CellProblem *problem, CellResolution resolution)
{
  (void)problem;
  return resolution.cells;
}

/* Logarithms of the diagonal -> K on a common scale. */
static void from_log_diagonal(PetscInt dim, const PetscReal log_upper[], const PetscReal log_lower[],
                              CellResult *result)
{
  result->log_scale = log_upper[0];
  for (PetscInt i = 1; i < dim; i++) result->log_scale = PetscMax(result->log_scale, log_upper[i]);
  for (PetscInt i = 0; i < dim; i++) {
    result->upper[i * dim + i] = PetscExpReal(log_upper[i] - result->log_scale);
    result->lower[i * dim + i] = PetscExpReal(log_lower[i] - result->log_scale);
  }
}

/* The layered formulas: K_cc = 1/<1/K_cc>, K_cj = <K_cj/K_cc> K*_cc,
   K_ij = <K_ij - K_ic K_cj / K_cc> + <K_ic/K_cc> <K_cj/K_cc> K*_cc. */
static void laminate_tensor(PetscInt dim, PetscInt c, PetscInt side, const LineIntegrals *line,
                            PetscReal log_scale, PetscReal K[])
{
  const PetscReal across = PetscExpReal(-line->log_inverse[side] - log_scale);
  const PetscReal along = PetscExpReal(line->log_top - log_scale);
  PetscReal ratio[3];

  for (PetscInt i = 0; i < dim; i++) ratio[i] = i == c ? 1 : line->ratio[side][i];
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      K[i * dim + j] = ratio[i] * ratio[j] * across;
      if (i != c && j != c) K[i * dim + j] += along * line->schur[side][CellPackedIndex(i, j)];
    }
  }
}

static PetscErrorCode solve_laminate(const CellProblem *problem, PetscInt max_nodes, CellResult *result)
{
  LineIntegrals line;
  PetscInt c = 0;

  PetscFunctionBegin;
  while (c < problem->dim - 1 && !(problem->varies & (1u << c))) c++;
  PetscCall(LineIntegrate(problem, c, max_nodes, &line, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  result->log_scale = -line.log_inverse[0];
  for (PetscInt i = 0; i < problem->dim; i++) {
    const PetscReal along = line.schur[0][CellPackedIndex(i, i)];
    if (i != c && along > 0)
      result->log_scale = PetscMax(result->log_scale, line.log_top + PetscLogReal(along));
  }
  laminate_tensor(problem->dim, c, 0, &line, result->log_scale, result->upper);
  laminate_tensor(problem->dim, c, 1, &line, result->log_scale, result->lower);
  result->log_z = line.log_z;
  result->log_zhat = line.log_zhat;
  result->quadrature = line.error;
  result->resolution.cells = line.nodes;
  PetscFunctionReturn(0);
}

/* log_w = g_0 + sum_c g_c(y_c) and C constant and diagonal: K_ii = C_ii e^{g_0} prod_{j != i} int e^{g_j} /
 * int e^{-g_i}. */
static PetscErrorCode solve_separable(const CellProblem *problem, PetscInt max_nodes, CellResult *result)
{
  const PetscInt dim = problem->dim, one[3] = {1, 1, 1};
  const PetscReal zero = 0, *origin[3] = {&zero, &zero, &zero};
  PetscReal log_upper[3] = {0, 0, 0}, log_lower[3] = {0, 0, 0}, log_z = 0, log_zhat = 0, z[3], zhat[3];
  CellSamples samples;

  PetscFunctionBegin;
  PetscCall(CellSamplesCreate(problem, one, origin, PETSC_FALSE, &samples));
  PetscCall(problem->sample(problem->ctx, &samples));
  result->failure = samples.failure;
  for (PetscInt c = 0; c < dim && result->failure.status == CELL_OK; c++) {
    LineIntegrals line;
    PetscCall(LineIntegrate(problem, c, max_nodes, &line, &result->failure));
    if (result->failure.status != CELL_OK) break;
    z[c] = line.log_w - samples.log_w[0];
    zhat[c] = line.log_what + samples.log_w[0];
    log_z += z[c];
    log_zhat += zhat[c];
    result->quadrature += line.error;
    result->resolution.cells = PetscMax(result->resolution.cells, line.nodes);
  }
  if (result->failure.status == CELL_OK) {
    for (PetscInt i = 0; i < dim; i++) {
      const PetscInt p = CellPackedIndex(i, i);
      const PetscReal log_K = samples.log_w[0] + log_z - z[i] - zhat[i];
      log_upper[i] = log_K + (problem->scalar ? 0 : PetscLogReal(samples.upper[p][0]));
      log_lower[i] = log_K + (problem->scalar ? 0 : PetscLogReal(samples.lower[p][0]));
    }
    from_log_diagonal(dim, log_upper, log_lower, result);
    result->log_z = samples.log_w[0] + log_z + (samples.log_z ? samples.log_z[0] : 0);
    result->log_zhat = -samples.log_w[0] + log_zhat + (samples.log_zhat ? samples.log_zhat[0] : 0);
  }
  PetscCall(CellSamplesDestroy(&samples));
  PetscFunctionReturn(0);
}

static PetscErrorCode closed_form_solve_at(void *work, const CellProblem *problem, CellResolution resolution,
                                           CellResult *result)
{
  PetscFunctionBegin;
  (void)work;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  if (is_laminate(problem))
    PetscCall(solve_laminate(problem, resolution.cells, result));
  else
    PetscCall(solve_separable(problem, resolution.cells, result));
  result->resolution.cells = PetscMax(result->resolution.cells, resolution.cells);
  PetscFunctionReturn(0);
}

const CellMethodOps CellMethodClosedForm = {
    .summary = "quotients of one-dimensional integrals: d = 1, laminates, separable potentials",
    .Create = closed_form_create,
    .Destroy = closed_form_destroy,
    .Applies = closed_form_applies,
    .Start = closed_form_start,
    .Refine = closed_form_refine,
    .Unknowns = closed_form_unknowns,
    .SolveAt = closed_form_solve_at,
};
