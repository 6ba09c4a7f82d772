#include "lane_fourier.h"
#include "lane_fields.h"
#include "lane_tensor.h"
#include "witten.h"

/* Directions of the correctors: unit vectors, primal and dual in two dimensions. */
static void set_directions(LaneCell c, const PetscReal primal[], const PetscReal dual[])
{
  const PetscInt dim = c->grid->dim;

  for (PetscInt l = 0; l < LANES; l++) {
    const PetscReal *P = dim == 2 && l >= 2 ? dual : primal;
    const PetscInt column = l % dim;
    for (PetscInt j = 0; j < dim; j++) c->P[j][l] = P ? P[j * dim + column] : j == column;
  }
}

/* The Gram matrix of one form's lanes, row-major. */
static void take_form(PetscReal gram[LANES][LANES], PetscInt dim, PetscInt first, PetscReal E[])
{
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) E[i * dim + j] = gram[first + i][first + j];
  }
}

typedef struct {
  EnergyTensor tensor[2];  /* primal and (two dimensions) dual */
  PetscBool settled;       /* the lanes have been solved in the tensors' bases, which stay */
  PetscReal tails, solver; /* relative errors: quadrature, and an estimate of the solver's */
} LaneEnergies;

/* Energies in the basis in which the lanes were solved, unless that is still open. */
static PetscErrorCode take_energies(const PetscReal E[], PetscBool settled, EnergyTensor *t,
                                    CellFailure *failure)
{
  const PetscInt d = t->dim;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < d; i++) {
    const PetscReal energy = E[i * (d + 1)];
    if (energy > 0 && energy < PETSC_INFINITY) continue;
    failure->status = energy == 0 ? CELL_LIMIT : CELL_NOT_FINITE;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "the energy of a corrector is %g, not a positive number", (double)energy));
    PetscFunctionReturn(0);
  }
  if (settled && t->rotated) {
    PetscCall(PetscArraycpy(t->E, E, d * d));
    PetscFunctionReturn(0);
  }
  PetscCall(EnergyTensorFromGram(E, t));
  if (settled && t->rotated) { /* nearly singular only now: scaled all the same */
    t->rotated = PETSC_FALSE;
    for (PetscInt i = 0; i < d * d; i++) t->Q[i] = i % (d + 1) == 0;
  }
  PetscFunctionReturn(0);
}

/* Energies of what the lanes hold now. */
static PetscErrorCode collect(LaneCell c, LaneEnergies *e, CellFailure *failure)
{
  PetscReal gram[LANES][LANES], E[9], tails[2];

  PetscFunctionBegin;
  PetscCall(LaneCellEnergies(c, gram));
  PetscCall(LaneCellTails(c, gram, tails));
  e->tails = PetscMax(tails[0], tails[1]);
  e->solver = 0;
  for (PetscInt form = 0; form < (c->grid->dim == 2 ? 2 : 1); form++) {
    EnergyTensor *t = &e->tensor[form];
    t->dim = c->grid->dim;
    if (!c->wanted[2 * form]) continue;
    take_form(gram, c->grid->dim, 2 * form, E);
    PetscCall(take_energies(E, e->settled, t, failure));
    if (failure->status != CELL_OK) break;
    for (PetscInt l = 2 * form; l < 2 * form + c->grid->dim; l++) {
      if (gram[l][l] > 0)
        e->solver = PetscMax(e->solver, c->rz[l] / ((PetscReal)c->grid->total * gram[l][l]));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode not_converged(LaneCell c, CellFailure *failure)
{
  PetscFunctionBegin;
  failure->status = CELL_NOT_CONVERGED;
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                          "the linear solver did not converge in %" PetscInt_FMT
                          " iterations on %" PetscInt_FMT " points per direction",
                          c->steps, c->grid->n));
  PetscFunctionReturn(0);
}

/* Solves and measures; once more in the directions of the energies' own basis where their entries would cancel. */
static PetscErrorCode solve_lanes(LaneCell c, PetscReal relative, LaneEnergies *e, CellResult *result)
{
  const PetscInt forms = c->grid->dim == 2 && c->wanted[2] ? 2 : 1;
  PetscReal P[2][9];
  PetscBool rotated = PETSC_FALSE, converged;

  PetscFunctionBegin;
  e->settled = PETSC_FALSE;
  set_directions(c, NULL, NULL);
  for (;;) {
    PetscCall(LaneCellStart(c));
    PetscCall(LaneCellSolve(c, relative, MAX_STEPS, &converged));
    for (PetscInt l = 0; l < LANES; l++)
      result->iterations += c->wanted[l] && !(c->probe && l == LANES - 1) ? c->iterations[l] : 0;
    if (!converged) {
      PetscCall(not_converged(c, &result->failure));
      PetscFunctionReturn(0);
    }
    PetscCall(collect(c, e, &result->failure));
    if (result->failure.status != CELL_OK || e->settled) break;
    e->settled = PETSC_TRUE;
    for (PetscInt form = 0; form < forms; form++)
      if (EnergyTensorDirections(&e->tensor[form], P[form])) rotated = PETSC_TRUE;
    if (!rotated) break;
    set_directions(c, P[0], forms == 2 ? P[1] : NULL);
    for (PetscInt form = 0; form < forms; form++) e->tensor[form].rotated = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* upper is the primal energy, lower Keller's dual one, K = R^T G^{-1} R (1.7). */
static PetscErrorCode bracket_2d(const LaneFields *fields, const LaneEnergies *e, CellResult *result)
{
  PetscReal energy[4], inverse[4];

  PetscFunctionBegin;
  EnergyTensorAssemble(&e->tensor[0], energy);
  const PetscReal trace = 0.5 * (energy[0] + energy[3]);
  result->log_scale = 2 * fields->max_log_f + PetscLogReal(trace);
  for (PetscInt i = 0; i < 4; i++) result->upper[i] = energy[i] / trace;
  const PetscReal scale = PetscExpReal(2 * fields->min_log_f - result->log_scale);
  EnergyTensorInvert(&e->tensor[1], inverse);
  result->lower[0] = inverse[3] * scale;
  result->lower[3] = inverse[0] * scale;
  result->lower[1] = result->lower[2] = -inverse[1] * scale;
  PetscFunctionReturn(0);
}

struct _p_LaneFourier {
  LaneGrid grids;
  LaneCell cells;
  LaneFieldsList fields, truncated;
  const void *
      sampled_ctx; /* the problem whose samples the fields of sampled_n points hold, for the solve that follows */
  PetscInt sampled_n;
  PetscBool fine_known; /* the finer grid of three dimensions has been sampled for the problem under way */
};

static const PetscInt most_points[] = {0, 512,
                                       64}; /* per direction, by dimension: bigger cells are left to PETSc */

PetscErrorCode LaneFourierCreate(LaneFourier *lanes)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(lanes));
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFourierDestroy(LaneFourier *lanes)
{
  PetscFunctionBegin;
  if (*lanes) {
    PetscCall(LaneFieldsDestroyAll(&(*lanes)->fields));
    PetscCall(LaneFieldsDestroyAll(&(*lanes)->truncated));
    PetscCall(LaneCellDestroyAll(&(*lanes)->cells));
    PetscCall(LaneGridDestroyAll(&(*lanes)->grids));
  }
  PetscCall(PetscFree(*lanes));
  PetscFunctionReturn(0);
}

PetscBool LaneFourierApplies(const CellProblem *problem, PetscInt n)
{
  return (PetscBool)((problem->dim == 2 || (problem->dim == 3 && problem->scalar && problem->constant)) &&
                     n <= most_points[problem->dim - 1]);
}

/* The handles for n points, with the coefficient in them. */
static PetscErrorCode sample_at(LaneFourier lanes, const CellProblem *problem, PetscInt n,
                                LaneFields **fields, LaneCell *cell, CellFailure *failure)
{
  const PetscBool known = (PetscBool)(lanes->sampled_ctx == problem->ctx && lanes->sampled_n == n);
  LaneGrid grid;

  PetscFunctionBegin;
  PetscCall(LaneGridGet(&lanes->grids, problem->dim, n, &grid));
  PetscCall(LaneFieldsGet(&lanes->fields, problem, grid, fields));
  PetscCall(LaneCellGet(&lanes->cells, grid, problem->scalar, cell));
  lanes->sampled_ctx = NULL; /* used up: the next problem may live at the same address */
  if (known) PetscFunctionReturn(0);
  PetscCall(LaneFieldsSample(*fields, problem, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  if (problem->scalar)
    PetscCall(LaneFieldsFillScalar(*fields, *cell));
  else
    PetscCall(LaneTensorFill(*fields, problem, *cell));
  PetscCall(LaneCellPrepare(*cell));
  for (PetscInt l = 0; l < LANES; l++) { /* a mean over the cell, which any derivative spoils */
    if (PetscIsInfOrNanReal((*cell)->shift[l]))
      *failure =
          (CellFailure){CELL_NOT_FINITE, "the derivatives of the potential are not finite in the cell"};
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFourierStart(LaneFourier lanes, const CellProblem *problem, CellResolution *resolution)
{
  PetscBool resolved = PETSC_FALSE;
  PetscInt n = problem->dim == 2 && problem->goal < 1e-5 ? 16 : 12, next; /* most mild cells need no more */

  PetscFunctionBegin;
  resolution->order = 0;
  resolution->rtol = PetscSqrtReal(0.02 * problem->goal); /* the energy's error is its square */
  lanes->sampled_ctx = NULL;
  if (!problem
           ->constant) { /* every sample is a cascade of its own: begin low, let the change between grids decide */
    resolution->cells = 8;
    PetscFunctionReturn(0);
  }
  for (;; n = next) {
    CellFailure failure = {CELL_OK, ""};
    LaneFields *fields;
    LaneCell cell;
    PetscCall(sample_at(lanes, problem, n, &fields, &cell, &failure));
    if (failure.status != CELL_OK) break; /* the solve meets it again and reports it */
    PetscCall(LaneFieldsNeeds(fields, cell, problem, &next, &resolved));
    lanes->sampled_ctx = problem->ctx;
    lanes->sampled_n = n;
    if (resolved) break;
    next = PetscMax(next, LaneGoodSize(n + 1));
    if (next > most_points[problem->dim - 1]) break;
  }
  resolution->cells = n;
  PetscFunctionReturn(0);
}

/* The coefficient is known at the samples only. What would a grid of two thirds the points have found? Its error, for
   geometric convergence, to the power 3/2 is that of the whole grid; 5/4 to be careful. */
static PetscErrorCode interpolation_error(LaneFourier lanes, const CellProblem *problem,
                                          const LaneFields *fields, LaneCell cell, PetscReal relative,
                                          const CellResult *result, PetscReal *error)
{
  const PetscInt dim = problem->dim;
  CellResult coarse;
  LaneFields *low;
  LaneEnergies e;
  PetscReal unused, energy[9];

  PetscFunctionBegin;
  *error = PETSC_INFINITY;
  PetscCall(PetscMemzero(&coarse, sizeof(coarse)));
  PetscCall(LaneFieldsGet(&lanes->truncated, problem, fields->grid, &low));
  PetscCall(LaneTensorTruncate(fields, fields->grid->n / 3, cell, low));
  PetscCall(LaneTensorFill(low, problem, cell));
  PetscCall(LaneCellPrepare(cell));
  PetscCall(LaneTensorPartition(low, cell, &coarse.log_z, &coarse.log_zhat, &unused));
  cell->wanted[2] = cell->wanted[3] = PETSC_FALSE;
  PetscCall(solve_lanes(cell, relative, &e, &coarse));
  if (coarse.failure.status == CELL_OK) {
    const PetscReal scale = PetscExpReal(2 * low->max_log_f - result->log_scale);
    EnergyTensorAssemble(&e.tensor[0], energy);
    *error = PetscAbsReal(coarse.log_z - result->log_z);
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) {
        const PetscReal size = PetscSqrtReal(result->upper[i * dim + i] * result->upper[j * dim + j]);
        *error =
            PetscMax(*error, PetscAbsReal(energy[i * dim + j] * scale - result->upper[i * dim + j]) / size);
      }
    }
    if (!(*error >= 0)) *error = PETSC_INFINITY;
    if (*error < 1) *error = PetscPowReal(*error, 1.25);
  }
  PetscFunctionReturn(0);
}

/* upper is the energy on a grid of a quarter more points, lower that less the residuals' bound over the gap. */
static PetscErrorCode bracket_3d(LaneFourier lanes, const CellProblem *problem, const LaneFields *fields,
                                 LaneCell cell, LaneEnergies *e, CellResult *result)
{
  const PetscInt m = LaneGoodSize(5 * cell->grid->n / 4);
  PetscReal gram[LANES][LANES], residual[LANES][LANES], E[9], energy[9], gap, trace, tails[2];
  EnergyTensor *t = &e->tensor[0], rest;
  LaneGrid grid;
  LaneFields *fine_fields;
  LaneCell fine;

  PetscFunctionBegin;
  PetscCall(LaneGridGet(&lanes->grids, 3, m, &grid));
  PetscCall(LaneFieldsGet(&lanes->fields, problem, grid, &fine_fields));
  PetscCall(LaneCellGet(&lanes->cells, grid, PETSC_TRUE, &fine));
  if (!lanes->fine_known) {
    PetscCall(LaneFieldsSample(fine_fields, problem, &result->failure));
    if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
    PetscCall(LaneFieldsFillScalar(fine_fields, fine));
    /* The largest value of f on the solver's grid counts. */
    const PetscReal scale = PetscExpReal(fine_fields->max_log_f - fields->max_log_f);
    for (PetscInt q = 0; q < grid->total; q++) fine->f[q] *= scale;
    lanes->fine_known = PETSC_TRUE;
  }
  PetscCall(LaneCellResiduals(cell, fine, gram, residual));
  PetscCall(LaneCellTails(fine, gram, tails));
  e->tails = PetscMax(tails[0], tails[1]);
  take_form(gram, 3, 0, E);
  PetscCall(take_energies(E, PETSC_TRUE, t, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  EnergyTensorAssemble(t, energy);
  trace = (energy[0] + energy[4] + energy[8]) / 3;
  result->log_scale = 2 * fields->max_log_f + PetscLogReal(trace);
  for (PetscInt i = 0; i < 9; i++) result->upper[i] = energy[i] / trace;
  PetscCall(LaneCellGap(cell, &gap));
  if (!(gap > 0)) {
    result->failure.status = CELL_LIMIT;
    PetscCall(PetscSNPrintf(result->failure.message, sizeof(result->failure.message),
                            "the spectral gap of the cell, which the lower bound needs, did not converge"));
    PetscFunctionReturn(0);
  }
  take_form(residual, 3, 0, E);
  rest = *t;
  for (PetscInt i = 0; i < 9; i++) { /* in the basis or, without one, scaled as E is */
    const PetscReal bound = E[i] / gap;
    rest.E[i] -= t->rotated ? bound : bound / (t->scale[i / 3] * t->scale[i % 3]);
  }
  EnergyTensorAssemble(&rest, result->lower);
  for (PetscInt i = 0; i < 9; i++) result->lower[i] /= trace;
  PetscFunctionReturn(0);
}

/* Solves until the bracket is as wide as the goal or the solver's share of it is small. */
static PetscErrorCode solve_to_goal(LaneFourier lanes, const CellProblem *problem, const LaneFields *fields,
                                    LaneCell cell, PetscReal relative, CellResult *result)
{
  PetscReal width = PETSC_INFINITY;
  const PetscReal partition = result->quadrature;
  PetscBool converged;
  LaneEnergies e;

  PetscFunctionBegin;
  for (PetscInt l = 0; l < LANES; l++) cell->wanted[l] = PETSC_TRUE;
  cell->probe = (PetscBool)(problem->dim == 3);
  lanes->fine_known = PETSC_FALSE;
  PetscCall(solve_lanes(cell, relative, &e, result));
  for (PetscInt turn = 0; result->failure.status == CELL_OK; turn++) {
    const PetscReal before = width;
    const PetscInt steps = cell->steps;
    if (problem->dim == 2)
      PetscCall(bracket_2d(fields, &e, result));
    else
      PetscCall(bracket_3d(lanes, problem, fields, cell, &e, result));
    if (result->failure.status != CELL_OK) break;
    result->quadrature = PetscMax(1e-15, PetscMax(partition, e.tails));
    PetscCall(TensorBracketWidth(problem->dim, result->lower, result->upper, &width));
    if (width + 2 * result->quadrature <= problem->goal) break;
    if (turn == 3 || 2 * result->quadrature > problem->goal || width > 0.5 * before || e.solver < 1e-15)
      break;
    relative *= 1e-2;
    PetscCall(LaneCellSolve(cell, relative, MAX_STEPS, &converged));
    result->iterations += (cell->steps - steps) * (problem->dim == 2 ? 4 : 3);
    if (!converged) break;
    PetscCall(collect(cell, &e, &result->failure));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFourierSolve(LaneFourier lanes, const CellProblem *problem, CellResolution resolution,
                                CellResult *result)
{
  const PetscReal relative = resolution.rtol * resolution.rtol;
  LaneFields *fields;
  LaneCell cell;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  result->resolution = resolution;
  PetscCall(sample_at(lanes, problem, resolution.cells, &fields, &cell, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  if (problem->scalar)
    PetscCall(LaneFieldsPartition(fields, cell, &result->log_z, &result->log_zhat, &result->quadrature));
  else
    PetscCall(LaneTensorPartition(fields, cell, &result->log_z, &result->log_zhat, &result->quadrature));
  PetscCall(solve_to_goal(lanes, problem, fields, cell, relative, result));
  result->confirm = (PetscBool)!problem->constant;
  if (result->confirm && result->failure.status == CELL_OK) {
    PetscReal missing;
    PetscCall(interpolation_error(lanes, problem, fields, cell, relative, result, &missing));
    result->quadrature = PetscMax(result->quadrature, missing);
  }
  PetscFunctionReturn(0);
}
