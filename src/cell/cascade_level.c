#include "cascade_frozen.h"
#include "cost_pilot.h"

static const InnerTensor identity = {.upper = {0}, .lower = {0}};

static void set_identity(PetscInt dim, InnerTensor *inner)
{
  *inner = identity;
  for (PetscInt i = 0; i < dim; i++) inner->upper[i * dim + i] = inner->lower[i * dim + i] = 1;
}

/* exp(-T_k/s) on the grid of the samples, with derivatives if there is room for them. */
static PetscErrorCode sample_own_terms(LevelCell *cell, CellSamples *s)
{
  Cascade c = cell->cascade;
  const PetscReal scale = -1 / c->temperature;

  PetscFunctionBegin;
  PetscCall(PotentialEvaluateLevel(c->potential, cell->k, cell->frozen, s->n,
                                   (const PetscReal *const *)s->axis, s->log_w,
                                   s->gradient[0] ? s->gradient : NULL, s->laplacian));
  for (PetscInt q = 0; q < s->total; q++) s->log_w[q] *= scale;
  for (PetscInt i = 0; s->gradient[0] && i < c->dim; i++) {
    for (PetscInt q = 0; q < s->total; q++) s->gradient[i][q] *= scale;
  }
  for (PetscInt q = 0; s->laplacian && q < s->total; q++) s->laplacian[q] *= scale;
  PetscFunctionReturn(0);
}

/* Multiplies sample q by the inner tensor. */
static void put_inner(const InnerTensor *inner, PetscInt q, CellSamples *s)
{
  s->log_w[q] += inner->log_scale;
  if (s->log_z) {
    s->log_z[q] = inner->log_z - inner->log_scale;
    s->log_zhat[q] = inner->log_zhat + inner->log_scale;
  }
  for (PetscInt i = 0; s->upper[0] && i < s->dim; i++) {
    for (PetscInt j = i; j < s->dim; j++) {
      s->upper[CellPackedIndex(i, j)][q] = inner->upper[i * s->dim + j];
      s->lower[CellPackedIndex(i, j)][q] = inner->lower[i * s->dim + j];
    }
  }
}

static PetscErrorCode compute_inner(LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                                    PetscInt which, CellFailure *failure)
{
  PetscReal frozen[REITER_VARIABLES];

  PetscFunctionBegin;
  PetscCall(InnerGridFreeze(cell, s, grid, which, frozen));
  PetscCall(CascadeLevel(cell->cascade, cell->k + 1, frozen, &grid->inner[which], failure));
  PetscFunctionReturn(0);
}

static PetscErrorCode fail_at_max_solves(Cascade c, CellFailure *failure)
{
  PetscFunctionBegin;
  failure->status = CELL_LIMIT;
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                          "the limit of work, cell.max_solves = %" PetscInt_FMT ", is reached",
                          c->max_solves));
  PetscFunctionReturn(0);
}

const Level *CascadeSolvedLevel(Cascade c, PetscInt k)
{
  while (k < c->scales && c->level[k].trivial) k++;
  return &c->level[k];
}

/* The memo that CascadeLevel looks into for level k. */
static Memo memo_of(Cascade c, PetscInt k)
{
  return CascadeSolvedLevel(c, k)->memo;
}

/* solves[i]: how many problems before i have to be solved; the memos of all ranks agree here. */
static PetscErrorCode count_solves(LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                                   PetscInt solves[])
{
  PetscReal frozen[REITER_VARIABLES];
  const InnerTensor *known;

  PetscFunctionBegin;
  solves[0] = 0;
  for (PetscInt which = 0; which < grid->total; which++) {
    PetscCall(InnerGridFreeze(cell, s, grid, which, frozen));
    PetscCall(MemoFind(memo_of(cell->cascade, cell->k + 1), frozen, &known));
    solves[which + 1] = solves[which] + !known;
  }
  PetscFunctionReturn(0);
}

/* This rank's part of the inner problems: whichever is next, up to the first failure. *failed is its number. */
static PetscErrorCode compute_part(LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                                   CellFailure *failure, PetscInt *failed)
{
  Cascade c = cell->cascade;
  const PetscInt start = c->solved;
  PetscInt item, last, *solves;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(grid->total + 1, &solves));
  PetscCall(count_solves(cell, s, grid, solves));
  while (failure->status == CELL_OK) {
    PetscCall(WorkShareNextBlock(c->share, grid->total, &item, &last));
    if (item == last) break;
    for (; item < last && failure->status == CELL_OK; item++) {
      if (solves[item + 1] > solves[item] && start + solves[item] >= c->max_solves)
        PetscCall(fail_at_max_solves(c, failure));
      else
        PetscCall(compute_inner(cell, s, grid, item, failure));
      if (failure->status != CELL_OK) {
        *failed = item;
        PetscCall(WorkShareClose(c->share)); /* what comes after it is not needed any more */
      }
    }
  }
  PetscCall(PetscFree(solves));
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeAgreeOnFailure(MPI_Comm comm, PetscInt failed, CellFailure *failure)
{
  PetscInt lowest;
  PetscMPIInt rank, owner, first;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Allreduce(&failed, &lowest, 1, MPIU_INT, MPI_MIN, comm));
  if (lowest == PETSC_MAX_INT) PetscFunctionReturn(0);
  owner = failed == lowest ? rank : PETSC_MPI_INT_MAX;
  PetscCallMPI(MPI_Allreduce(&owner, &first, 1, MPI_INT, MPI_MIN, comm));
  PetscCallMPI(MPI_Bcast(failure, (PetscMPIInt)sizeof(*failure), MPI_BYTE, first, comm));
  PetscFunctionReturn(0);
}

/* All inner problems by all ranks: each takes the next that is free, then everybody learns and remembers all
   results. Entries of others are zero and are added exactly, so the result does not depend on who did what. */
static PetscErrorCode compute_shared(LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                                     CellFailure *failure)
{
  Cascade c = cell->cascade;
  const PetscInt size = (PetscInt)(sizeof(InnerTensor) / sizeof(PetscReal));
  const PetscInt before[3] = {c->solved, c->reused, c->iterations};
  PetscInt failed = PETSC_MAX_INT, counts[3];
  PetscReal frozen[REITER_VARIABLES];
  MPI_Comm comm;

  PetscFunctionBegin;
  PetscCall(WorkShareGetComm(c->share, &comm));
  PetscCall(WorkShareRestart(c->share));
  PetscCall(PetscMemzero(grid->inner, (size_t)grid->total * sizeof(InnerTensor)));
  PetscCall(compute_part(cell, s, grid, failure, &failed));
  PetscCall(CascadeAgreeOnFailure(comm, failed, failure));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, grid->inner, (PetscMPIInt)(grid->total * size), MPIU_REAL, MPI_SUM, comm));
  for (PetscInt which = 0; which < grid->total && failure->status == CELL_OK; which++) {
    PetscCall(InnerGridFreeze(cell, s, grid, which, frozen));
    PetscCall(MemoInsert(memo_of(c, cell->k + 1), frozen, &grid->inner[which]));
  }
  counts[0] = c->solved - before[0];
  counts[1] = c->reused - before[1];
  counts[2] = c->iterations - before[2];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, counts, 3, MPIU_INT, MPI_SUM, comm));
  c->solved = before[0] + counts[0];
  c->reused = before[1] + counts[1];
  c->iterations = before[2] + counts[2];
  PetscFunctionReturn(0);
}

static PetscErrorCode sample_inner(LevelCell *cell, CellSamples *s)
{
  Cascade c = cell->cascade;
  InnerGrid grid;
  InnerTensor inner;

  PetscFunctionBegin;
  PetscCall(InnerGridCreate(cell, s, &grid));
  c->reused += grid.nodes - grid.total;
  if (c->pilot) {
    PetscCall(PilotSample(c->pilot, cell, s, &grid, &s->failure));
  } else if (LevelHasTable(cell)) {
    PetscCall(LevelTableSample(cell, grid.n, s->axis, grid.inner, &s->failure));
  } else if (c->shared_level == cell->k && grid.total > 1) {
    PetscCall(compute_shared(cell, s, &grid, &s->failure));
  } else {
    for (PetscInt which = 0; which < grid.total && s->failure.status == CELL_OK; which++) {
      PetscCall(compute_inner(cell, s, &grid, which, &s->failure));
    }
  }
  for (PetscInt q = 0; q < s->total && s->failure.status == CELL_OK; q++) {
    PetscCall(InnerGridGet(s, &grid, q, &inner));
    put_inner(&inner, q, s);
    cell->inner_quadrature = PetscMax(cell->inner_quadrature, inner.quadrature);
    cell->inner_methods = MethodsJoin(cell->inner_methods, inner.methods);
  }
  PetscCall(InnerGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The cell is periodic, so its grid may begin anywhere: where reflections map nodes to nodes. */
static PetscErrorCode move_grid(const LevelCell *cell, CellSamples *s)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim; c++) {
    for (PetscInt i = 0; i < s->n[c] && cell->origin[c] != 0; i++) {
      s->axis[c][i] += cell->origin[c];
      if (s->axis[c][i] >= 1) s->axis[c][i] -= 1;
    }
  }
  PetscFunctionReturn(0);
}

/* The CellSampler of every level. Another grid of this cell does not help a cell inside that met its limit. */
static PetscErrorCode sample_level(void *ctx, CellSamples *s)
{
  LevelCell *cell = ctx;

  PetscFunctionBegin;
  PetscCall(move_grid(cell, s));
  PetscCall(sample_own_terms(cell, s));
  if (!cell->cascade->level[cell->k].scalar) PetscCall(sample_inner(cell, s));
  if (s->failure.status == CELL_LIMIT) s->failure.status = CELL_NOT_CONVERGED;
  PetscFunctionReturn(0);
}

/* The user's planes and those that the formula shows, sorted and apart. */
static PetscErrorCode collect_breaks(Cascade c, PetscInt k, LevelCell *cell, CellProblem *problem)
{
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  problem->aligned = PETSC_TRUE;
  for (PetscInt i = 0; i < c->dim; i++) {
    PetscInt n = 0, used = 0;
    PetscReal *found = NULL, *all;
    PetscBool aligned = PETSC_TRUE;
    if (!problem->smooth)
      PetscCall(PotentialLevelBreaks(c->potential, k, i, cell->frozen, &n, &found, &aligned));
    PetscCall(PetscMalloc1(n + c->n_breaks[i], &all));
    PetscCall(PetscArraycpy(all, found, n));
    for (PetscInt b = 0; b < c->n_breaks[i]; b++) all[n + b] = c->breaks[i][b];
    PetscCall(PetscSortReal(n + c->n_breaks[i], all));
    for (PetscInt b = 0; b < n + c->n_breaks[i]; b++) {
      if (used == 0 || all[b] - all[used - 1] > 1e-12) all[used++] = all[b];
    }
    PetscCall(PetscFree(found));
    cell->n_breaks[i] = problem->n_breaks[i] = used;
    cell->breaks[i] = all;
    problem->breaks[i] = all;
    if (!aligned) problem->aligned = PETSC_FALSE;
    if (c->n_breaks[i]) given = PETSC_TRUE;
  }
  if (given) problem->aligned = PETSC_TRUE; /* the user says where the kinks are */
  PetscFunctionReturn(0);
}

static PetscBool has_tables(Cascade c)
{
  for (PetscInt k = 1; k <= c->scales; k++) {
    if (c->level[k].table) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode LevelCellCreate(Cascade c, PetscInt k, const PetscReal frozen[], LevelCell *cell,
                               CellProblem *problem)
{
  const Level *level = &c->level[k];
  PetscBool separates;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(cell, sizeof(*cell)));
  PetscCall(PetscMemzero(problem, sizeof(*problem)));
  cell->cascade = c;
  cell->k = k;
  PetscCall(PetscArraycpy(cell->frozen, frozen, REITER_VARIABLES));
  problem->dim = c->dim;
  problem->sample = sample_level;
  problem->ctx = cell;
  problem->scalar = level->scalar;
  problem->constant = (PetscBool) !(level->above & ScaleBits(k));
  problem->inner_z = (PetscBool)!level->scalar;
  problem->smooth = level->smooth;
  problem->varies = ((level->own | level->above) & ScaleBits(k)) >> VariableIndex(k, 0);
  /* The rest is for what is added in the end, and for the errors of tables. */
  problem->tolerance = (has_tables(c) ? 0.25 : 0.5) * c->tolerance * level->share;
  /* A digit more than asked costs a smooth cell little, and holds the entries of M to the tolerance too. */
  problem->goal = problem->smooth ? PetscMax(0.06 * problem->tolerance, 2e-13) : problem->tolerance;
  problem->goal = PetscMin(problem->goal, problem->tolerance);
  PetscCall(PotentialLevelSeparates(c->potential, k, &separates));
  problem->separable = (PetscBool)(separates && problem->constant && problem->scalar);
  if (separates && problem->constant && !problem->scalar) {
    InnerTensor inner;
    CellFailure failure = {CELL_OK, ""};
    PetscCall(
        CascadeLevel(c, k + 1, frozen, &inner, &failure)); /* remembered: the samples ask for it again */
    problem->separable = (PetscBool)(failure.status == CELL_OK);
    for (PetscInt i = 0; i < c->dim * c->dim; i++) {
      if (i % (c->dim + 1) && (inner.upper[i] != 0 || inner.lower[i] != 0)) problem->separable = PETSC_FALSE;
    }
  }
  PetscCall(collect_breaks(c, k, cell, problem));
  PetscFunctionReturn(0);
}

PetscErrorCode LevelCellDestroy(LevelCell *cell)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < REITER_MAX_DIM; i++) PetscCall(PetscFree(cell->breaks[i]));
  PetscFunctionReturn(0);
}

/* Grids of cells with planes of kinks begin where the planes say. */
static PetscErrorCode choose_origin(LevelCell *cell, const CellProblem *problem)
{
  Cascade c = cell->cascade;

  PetscFunctionBegin;
  if (cell->k == c->scales || !problem->smooth || c->level[cell->k].scalar) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < problem->dim; i++) {
    if (problem->n_breaks[i]) PetscFunctionReturn(0);
  }
  const Level *inside = CascadeSolvedLevel(c, cell->k + 1);
  if (inside->symmetry) PetscCall(SymmetryOrigin(inside->symmetry, cell->k, cell->origin));
  PetscFunctionReturn(0);
}

/* One cell problem of level k. */
static PetscErrorCode solve_level(Cascade c, PetscInt k, const PetscReal frozen[], InnerTensor *inner,
                                  CellFailure *failure)
{
  LevelCell cell;
  CellProblem problem;
  CellResult result;

  PetscFunctionBegin;
  if (c->pilot) PetscCall(PilotBegin(c->pilot, k, frozen));
  PetscCall(LevelCellCreate(c, k, frozen, &cell, &problem));
  PetscCall(choose_origin(&cell, &problem));
  PetscCall(CellSolverSolve(c->level[k].solver, &problem, &result));
  PetscCall(LevelCellDestroy(&cell));
  if (c->pilot) PetscCall(PilotEnd(c->pilot, &result));
  c->solved++;
  c->iterations += result.iterations;
  PetscCall(MethodsUsed(k, result.method, &inner->methods));
  inner->methods = MethodsJoin(inner->methods, cell.inner_methods);
  *failure = result.failure;
  inner->log_scale = result.log_scale;
  inner->log_z = result.log_z;
  inner->log_zhat = result.log_zhat;
  inner->quadrature = result.quadrature + cell.inner_quadrature;
  PetscCall(PetscArraycpy(inner->upper, result.upper, 9));
  PetscCall(PetscArraycpy(inner->lower, result.lower, 9));
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeLevel(Cascade c, PetscInt k, const PetscReal frozen[], InnerTensor *inner,
                            CellFailure *failure)
{
  PetscReal at[REITER_VARIABLES];
  SymmetryElement element;
  const InnerTensor *known;

  PetscFunctionBegin;
  while (k <= c->scales && c->level[k].trivial) k++;
  if (k > c->scales) {
    set_identity(c->dim, inner);
    PetscFunctionReturn(0);
  }
  PetscCall(PetscArraycpy(at, frozen, REITER_VARIABLES));
  PetscCall(SymmetryReduce(c->level[k].symmetry, at, &element));
  PetscCall(MemoFind(c->level[k].memo, at, &known));
  if (known) {
    *inner = *known;
    PetscCall(SymmetryRestore(&element, c->dim, inner));
    c->reused++;
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMemzero(inner, sizeof(*inner)));
  /* Cells that all ranks solve together stop where they share their samples: all of them, or none. */
  const PetscBool together = (PetscBool)(k <= c->shared_level);
  if (!together && c->interrupted && *c->interrupted) {
    *failure = (CellFailure){CELL_INTERRUPTED, "interrupted"};
  } else if (c->solved >= c->max_solves) {
    PetscCall(fail_at_max_solves(c, failure));
  } else {
    PetscCall(solve_level(c, k, at, inner, failure));
    if (failure->status == CELL_OK) PetscCall(MemoInsert(c->level[k].memo, at, inner));
  }
  PetscCall(SymmetryRestore(&element, c->dim, inner));
  PetscFunctionReturn(0);
}
