#include "lane_fourier.h"
#include "lane_fields.h"
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
static void take_form(const LaneCell c, PetscReal gram[LANES][LANES], PetscInt first, PetscReal E[])
{
  const PetscInt dim = c->grid->dim;

  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) E[i * dim + j] = gram[first + i][first + j];
  }
}

typedef struct {
  EnergyTensor tensor[2]; /* primal and (two dimensions) dual */
  PetscReal tails, solver; /* relative errors: quadrature, and an estimate of the solver's */
} LaneEnergies;

/* Energies of what the lanes hold now. */
static PetscErrorCode collect(LaneCell c, LaneEnergies *e)
{
  PetscReal gram[LANES][LANES], E[9], tails[2];

  PetscFunctionBegin;
  PetscCall(LaneCellEnergies(c, gram));
  PetscCall(LaneCellTails(c, gram, tails));
  e->tails = c->grid->dim == 2 ? PetscMax(tails[0], tails[1]) : tails[0];
  e->solver = 0;
  for (PetscInt form = 0; form < (c->grid->dim == 2 ? 2 : 1); form++) {
    EnergyTensor *t = &e->tensor[form];
    take_form(c, gram, 2 * form, E);
    t->dim = c->grid->dim;
    if (t->rotated) /* the lanes are in the basis already */
      PetscCall(PetscArraycpy(t->E, E, t->dim * t->dim));
    else
      PetscCall(EnergyTensorFromGram(E, t));
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
                          "the linear solver did not converge in %" PetscInt_FMT " iterations on %" PetscInt_FMT
                          " points per direction",
                          c->steps, c->grid->n));
  PetscFunctionReturn(0);
}

/* Solves and measures; once more in the directions of the energies' own basis where their entries would cancel. */
static PetscErrorCode solve_lanes(LaneCell c, PetscReal relative, LaneEnergies *e, CellResult *result)
{
  const PetscInt dim = c->grid->dim;
  PetscReal P[2][9];
  PetscBool rotated = PETSC_FALSE, converged;

  PetscFunctionBegin;
  e->tensor[0].rotated = e->tensor[1].rotated = PETSC_FALSE;
  set_directions(c, NULL, NULL);
  for (PetscInt pass = 0; pass < 2; pass++) {
    PetscCall(LaneCellStart(c));
    PetscCall(LaneCellSolve(c, relative, MAX_STEPS, &converged));
    for (PetscInt l = 0; l < LANES; l++) result->iterations += c->wanted[l] ? c->iterations[l] : 0;
    if (!converged) {
      PetscCall(not_converged(c, &result->failure));
      PetscFunctionReturn(0);
    }
    PetscCall(collect(c, e));
    if (pass == 1) break;
    for (PetscInt form = 0; form < (dim == 2 ? 2 : 1); form++)
      if (EnergyTensorDirections(&e->tensor[form], P[form])) rotated = PETSC_TRUE;
    if (!rotated) break;
    set_directions(c, P[0], P[1]);
    for (PetscInt form = 0; form < (dim == 2 ? 2 : 1); form++) e->tensor[form].rotated = PETSC_TRUE;
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
  LaneFieldsList fields;
  const void *sampled_ctx; /* the problem whose samples the fields of sampled_n points hold, for the solve that follows */
  PetscInt sampled_n;
};

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
    PetscCall(LaneCellDestroyAll(&(*lanes)->cells));
    PetscCall(LaneGridDestroyAll(&(*lanes)->grids));
  }
  PetscCall(PetscFree(*lanes));
  PetscFunctionReturn(0);
}

PetscBool LaneFourierApplies(const CellProblem *problem, PetscInt n)
{
  static const PetscInt most[] = {0, 512, 64}; /* by dimension; points per direction */

  return (PetscBool)(problem->dim == 2 && problem->scalar && problem->constant && n <= most[problem->dim - 1]);
}

/* The handles for n points, with the coefficient in them. */
static PetscErrorCode sample_at(LaneFourier lanes, const CellProblem *problem, PetscInt n, LaneFields **fields,
                                LaneCell *cell, CellFailure *failure)
{
  LaneGrid grid;

  PetscFunctionBegin;
  PetscCall(LaneGridGet(&lanes->grids, problem->dim, n, &grid));
  PetscCall(LaneFieldsGet(&lanes->fields, problem, grid, fields));
  PetscCall(LaneCellGet(&lanes->cells, grid, problem->scalar, cell));
  if (lanes->sampled_ctx == problem->ctx && lanes->sampled_n == n) {
    lanes->sampled_ctx = NULL; /* used up: the next problem may live at the same address */
    PetscFunctionReturn(0);
  }
  lanes->sampled_ctx = NULL;
  PetscCall(LaneFieldsSample(*fields, problem, failure));
  if (failure->status == CELL_OK) PetscCall(LaneFieldsFillScalar(*fields, *cell));
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFourierStart(LaneFourier lanes, const CellProblem *problem, CellResolution *resolution)
{
  static const PetscInt most[] = {0, 512, 64};
  PetscBool resolved = PETSC_FALSE;
  PetscInt n = 16, next;

  PetscFunctionBegin;
  resolution->order = 0;
  resolution->rtol = 0.05; /* <r, P r> of the wanted error of the energy */
  lanes->sampled_ctx = NULL;
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
    if (next > most[problem->dim - 1]) break;
  }
  resolution->cells = n;
  PetscFunctionReturn(0);
}

/* Solves until the bracket is as wide as the problem's goal or the solver's share of it is small. */
PetscErrorCode LaneFourierSolve(LaneFourier lanes, const CellProblem *problem, CellResolution resolution,
                                CellResult *result)
{
  LaneFields *fields;
  LaneCell cell;
  LaneEnergies e;
  PetscReal width = PETSC_INFINITY, partition, relative = resolution.rtol * problem->goal;
  PetscBool converged;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(result, sizeof(*result)));
  result->resolution = resolution;
  PetscCall(sample_at(lanes, problem, resolution.cells, &fields, &cell, &result->failure));
  if (result->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(LaneFieldsPartition(fields, cell, &result->log_z, &result->log_zhat, &partition));
  for (PetscInt l = 0; l < LANES; l++) cell->wanted[l] = PETSC_TRUE;
  PetscCall(solve_lanes(cell, relative, &e, result));
  for (PetscInt turn = 0; result->failure.status == CELL_OK; turn++) {
    const PetscReal before = width;
    const PetscInt steps = cell->steps;
    PetscCall(bracket_2d(fields, &e, result));
    result->quadrature = PetscMax(1e-15, PetscMax(partition, e.tails));
    PetscCall(TensorBracketWidth(problem->dim, result->lower, result->upper, &width));
    if (width + 2 * result->quadrature <= problem->goal) break;
    if (turn == 3 || 2 * result->quadrature > problem->goal || width > 0.5 * before || e.solver < 1e-15) break;
    relative *= 1e-2;
    PetscCall(LaneCellSolve(cell, relative, MAX_STEPS, &converged));
    result->iterations += (cell->steps - steps) * LANES;
    if (!converged) break;
    PetscCall(collect(cell, &e));
  }
  PetscFunctionReturn(0);
}
