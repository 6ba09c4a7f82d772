#include "cascade_frozen.h"

PetscErrorCode CascadeCreate(Potential potential, Cascade *cascade)
{
  Cascade c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->potential = potential;
  PetscCall(PotentialGetSizes(potential, &c->dim, &c->scales, &c->temperature));
  c->tolerance = 1e-8;
  c->max_solves = 1000000;
  c->symmetric = PETSC_TRUE;
  PetscCall(CellSolverCreate(c->dim, &c->solver));
  *cascade = c;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeDestroy(Cascade *cascade)
{
  Cascade c = *cascade;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  for (PetscInt k = 1; k <= c->scales; k++) {
    PetscCall(CellSolverDestroy(&c->level[k].solver));
    PetscCall(MemoDestroy(&c->level[k].memo));
    PetscCall(SymmetryDestroy(&c->level[k].symmetry));
    PetscCall(LevelTableDestroy(&c->level[k].table));
  }
  for (PetscInt i = 0; i < REITER_MAX_DIM; i++) PetscCall(PetscFree(c->breaks[i]));
  PetscCall(CellSolverDestroy(&c->solver));
  PetscCall(WorkShareDestroy(&c->share));
  PetscCall(PetscFree(*cascade));
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeGetDimension(Cascade cascade, PetscInt *dim)
{
  PetscFunctionBegin;
  *dim = cascade->dim;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetTolerance(Cascade cascade, PetscReal tolerance)
{
  PetscFunctionBegin;
  cascade->tolerance = tolerance;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetMaxSolves(Cascade cascade, PetscInt max_solves)
{
  PetscFunctionBegin;
  cascade->max_solves = max_solves;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetBreaks(Cascade cascade, const PetscInt n[], const PetscReal *const breaks[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < cascade->dim; i++) {
    PetscCall(PetscFree(cascade->breaks[i]));
    PetscCall(PetscMalloc1(n[i], &cascade->breaks[i]));
    PetscCall(PetscArraycpy(cascade->breaks[i], breaks[i], n[i]));
    cascade->n_breaks[i] = n[i];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetSymmetry(Cascade cascade, PetscBool used)
{
  PetscFunctionBegin;
  cascade->symmetric = used;
  cascade->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetInterrupt(Cascade cascade, const volatile int *interrupted)
{
  PetscFunctionBegin;
  cascade->interrupted = interrupted;
  PetscCall(CellSolverSetInterrupt(cascade->solver, interrupted));
  cascade->ready = PETSC_FALSE; /* the levels' solvers are copies */
  PetscFunctionReturn(0);
}

static const char *const frozen_names[] = {"auto", "product", "sparse"};

FrozenQuadrature FrozenQuadratureNamed(const char name[])
{
  if (!strcmp(name, frozen_names[FROZEN_PRODUCT])) return FROZEN_PRODUCT;
  return strcmp(name, frozen_names[FROZEN_SPARSE]) ? FROZEN_AUTO : FROZEN_SPARSE;
}

PetscErrorCode CascadeSetFrozen(Cascade cascade, FrozenQuadrature frozen)
{
  PetscFunctionBegin;
  cascade->frozen = frozen;
  cascade->ready = PETSC_FALSE; /* tables made otherwise are dropped */
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetFromOptions(Cascade cascade)
{
  PetscInt frozen = (PetscInt)cascade->frozen;
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(CellSolverSetFromOptions(cascade->solver));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-cell_symmetry", &cascade->symmetric, NULL));
  cascade->ready = PETSC_FALSE;
  PetscOptionsBegin(PETSC_COMM_SELF, "cell_", "Cascade", "Cascade");
  PetscCall(PetscOptionsEList("-frozen", "Quadrature over the frozen scales", "CascadeSetFrozen",
                              frozen_names, 3, frozen_names[frozen], &frozen, &set));
  PetscOptionsEnd();
  if (set) PetscCall(CascadeSetFrozen(cascade, (FrozenQuadrature)frozen));
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeGetCellSolver(Cascade cascade, CellSolver *solver)
{
  PetscFunctionBegin;
  *solver = cascade->solver;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeSetComm(Cascade cascade, MPI_Comm comm)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCall(WorkShareDestroy(&cascade->share));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size > 1) PetscCall(WorkShareCreate(comm, &cascade->share));
  cascade->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Which variables each level sees, from the fastest scale down. */
static PetscErrorCode analyse_levels(Cascade c)
{
  VariableSet above = 0;
  PetscInt active = 0;

  PetscFunctionBegin;
  for (PetscInt k = c->scales; k >= 1; k--) {
    Level *level = &c->level[k];
    PetscCall(PotentialLevelVariables(c->potential, k, &level->own));
    level->above = above;
    level->scalar = (PetscBool)(active == 0);
    level->trivial = (PetscBool) !((level->own | above) & ScaleBits(k));
    above = (above | level->own) & ~ScaleBits(k);
    level->share = (PetscReal)(level->trivial ? active : ++active);
    PetscCall(PotentialLevelIsSmooth(c->potential, k, &level->smooth));
    level->free = above;
    PetscCall(MemoDestroy(&level->memo));
    PetscCall(LevelTableDestroy(&level->table));
    PetscCall(MemoCreate(above, &level->memo));
    PetscCall(SymmetryDestroy(&level->symmetry));
    PetscCall(CellSolverDestroy(&level->solver));
    PetscCall(CellSolverDuplicate(c->solver, &level->solver));
  }
  for (PetscInt k = 1; k <= c->scales; k++) c->level[k].share /= (PetscReal)PetscMax(active, 1);
  PetscFunctionReturn(0);
}

PetscErrorCode CascadePrepare(Cascade c)
{
  PetscFunctionBegin;
  if (c->ready) PetscFunctionReturn(0);
  PetscCall(analyse_levels(c));
  c->shared_level = 0;
  for (PetscInt k = c->scales; k >= 1 && c->share; k--) {
    if (c->level[k].above & ScaleBits(k)) c->shared_level = k; /* the slowest that samples a cascade */
  }
  /* One rank alone must not leave a cell that the others wait in. */
  for (PetscInt k = 1; k <= c->shared_level; k++) {
    if (c->level[k].solver) PetscCall(CellSolverSetInterrupt(c->level[k].solver, NULL));
  }
  c->ready = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeHasFrozenPoints(Cascade c, PetscBool *has)
{
  PetscFunctionBegin;
  PetscCall(CascadePrepare(c));
  *has = PETSC_FALSE;
  for (PetscInt k = 1; k <= c->scales; k++) {
    if (c->level[k].above & ScaleBits(k)) *has = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeView(Cascade c, const PetscReal x[], PetscViewer viewer)
{
  PetscReal frozen[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  PetscCall(CascadePrepare(c));
  PetscCall(PetscArraycpy(frozen, x, c->dim));
  for (PetscInt k = c->scales; k >= 1; k--) {
    LevelCell cell;
    CellProblem problem;
    const char *method, *why;
    if (c->level[k].trivial) {
      PetscCall(PetscViewerASCIIPrintf(
          viewer, "scale %" PetscInt_FMT ": no cell, the potential does not see it\n", k));
      continue;
    }
    PetscCall(LevelCellCreate(c, k, frozen, &cell, &problem));
    PetscCall(CellSolverChoose(c->level[k].solver, &problem, &method, &why));
    PetscCall(PetscViewerASCIIPrintf(
        viewer, "scale %" PetscInt_FMT ": %s, %s%s\n", k, method ? method : "no method", why,
        problem.constant ? "" : "; each node of its grid is a cascade of faster scales"));
    PetscCall(LevelCellDestroy(&cell));
  }
  PetscFunctionReturn(0);
}

/* Rounding of the entries next to the diagonal can move a small eigenvalue across the bracket: its ends give way by
   as much, so that M_lower <= M <= M_upper holds for the printed numbers. */
static void allow_for_entries(PetscInt dim, EffectivePoint *p)
{
  for (PetscInt i = 0; i < dim; i++) {
    PetscReal moved = 0;
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal ratio = PetscSqrtReal(p->M[i * (dim + 1)]) / PetscSqrtReal(p->M[j * (dim + 1)]);
      if (j != i) moved += 4 * PETSC_MACHINE_EPSILON * PetscAbsReal(p->M[i * dim + j]) * ratio;
    }
    if (!(moved < PETSC_INFINITY)) continue; /* a diagonal that underflowed */
    p->M_upper[i * (dim + 1)] += moved;
    p->M_lower[i * (dim + 1)] -= moved;
  }
}

/* (1.2), (1.3) and the bracket (1.7) from the tensor A_0 = K_0 exp(T_0/s) and its partition functions. The
   bracket carries an allowance for what was estimated and not bounded: quadrature, and rounding of
   exponentials of V/s. */
static PetscErrorCode finish_point(Cascade c, const InnerTensor *inner, PetscReal T0, EffectivePoint *p)
{
  const PetscReal s = c->temperature, scale = PetscExpReal(inner->log_scale - inner->log_z);
  const PetscReal allowance =
      PetscMax(inner->quadrature, 0) +
      PetscMax(0.15 * c->tolerance, 1e-15 * PetscAbsReal(inner->log_z - inner->log_zhat));

  PetscFunctionBegin;
  p->log_Z1 = -T0 / s + inner->log_z;
  p->log_Zhat1 = T0 / s + inner->log_zhat;
  p->log_Z = -p->V0 / s + p->log_Z1;
  p->free_energy = -s * p->log_Z;
  p->bound_lower = PetscExpReal(-inner->log_z - inner->log_zhat);
  p->bound_upper = 1;
  for (PetscInt i = 0; i < c->dim; i++) {
    for (PetscInt j = 0; j < c->dim; j++) {
      const PetscInt q = i * c->dim + j, t = j * c->dim + i;
      p->M[q] = scale * 0.5 * (inner->upper[q] + inner->upper[t]);
      p->M_upper[q] = (1 + allowance) * p->M[q];
      p->M_lower[q] = (1 - allowance) * scale * 0.5 * (inner->lower[q] + inner->lower[t]);
    }
  }
  PetscCall(TensorBracketWidth(c->dim, p->M_lower, p->M_upper, &p->error));
  p->error = PetscMax(p->error, 2 * allowance); /* rounding of the entries hides no more than that */
  if (p->error == PETSC_INFINITY) { /* a coarse cell proves nothing from below; (1.6) still holds */
    for (PetscInt i = 0; i < c->dim * c->dim; i++) p->M_lower[i] = i % (c->dim + 1) ? 0 : p->bound_lower;
    PetscCall(TensorBracketWidth(c->dim, p->M_lower, p->M_upper, &p->error));
  } else {
    allow_for_entries(c->dim, p);
  }
  PetscFunctionReturn(0);
}

/* (1.6): 1/(Z1 Zhat1) <= M <= 1. A violation is our own mistake, never a result. */
static PetscErrorCode check_bounds(Cascade c, const EffectivePoint *p)
{
  const PetscReal slack = 1e-8 + 4 * p->error;
  PetscReal most[9] = {0}, least[9] = {0}, above, below;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < c->dim; i++) {
    most[i * (c->dim + 1)] = 1 + slack;
    least[i * (c->dim + 1)] = p->bound_lower * (1 - slack);
  }
  PetscCall(TensorBracketWidthBeyond(c->dim, most, p->M_lower, 1e-12, &above));
  PetscCall(TensorBracketWidthBeyond(c->dim, p->M_upper, least, 1e-12, &below));
  PetscCheck(above <= 0 && below <= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the bounds 1/(Z1 Zhat1) <= M <= 1 are violated: 1/(Z1 Zhat1) = %.17g, M_11 = %.17g",
             (double)p->bound_lower, (double)p->M[0]);
  PetscFunctionReturn(0);
}

/* Of the levels that several frozen points ask for. */
static PetscErrorCode find_symmetries(Cascade c, const PetscReal x[])
{
  PetscFunctionBegin;
  for (PetscInt k = 2; k <= c->scales && c->symmetric; k++) {
    Level *level = &c->level[k];

    if (level->symmetry || level->trivial || !(level->free & ~ScaleBits(0))) continue;
    PetscCall(SymmetryCreate(c->potential, k - 1, x, &level->symmetry));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeCompute(Cascade c, const PetscReal x[], EffectivePoint *p)
{
  PetscReal frozen[REITER_VARIABLES] = {0}, T0 = 0;
  const PetscInt one[3] = {1, 1, 1};
  InnerTensor inner = {0};

  PetscFunctionBegin;
  PetscCall(CascadePrepare(c));
  PetscCall(PetscMemzero(p, sizeof(*p)));
  PetscCall(PetscArraycpy(p->x, x, c->dim));
  PetscCall(PetscArraycpy(frozen, x, c->dim));
  c->solved = c->reused = c->iterations = 0;
  for (PetscInt k = 1; k <= c->scales; k++) {
    /* What depends on x is of no use at another point; the rest stays. */
    if (!((c->level[k].above | c->level[k].own) & ScaleBits(0))) continue;
    PetscCall(MemoClear(c->level[k].memo));
    PetscCall(SymmetryDestroy(&c->level[k].symmetry));
  }
  PetscCall(find_symmetries(c, x));
  const PetscReal *const axis[3] = {&frozen[0], &frozen[1], &frozen[2]};
  PetscCall(PotentialEvaluateMacro(c->potential, x, &p->V0, NULL));
  PetscCall(PotentialEvaluateLevel(c->potential, 0, frozen, one, axis, &T0, NULL, NULL));
  PetscCall(CascadeTabulate(c, frozen, &p->failure));
  if (p->failure.status == CELL_OK) PetscCall(CascadeLevel(c, 1, frozen, &inner, &p->failure));
  p->cells_solved = c->solved;
  p->cells_reused = c->reused;
  p->iterations = c->iterations;
  if (c->pilot) PetscFunctionReturn(0);
  const PetscBool stopped =
      (PetscBool)(p->failure.status == CELL_LIMIT || p->failure.status == CELL_NOT_CONVERGED);
  if (p->failure.status == CELL_OK || (stopped && inner.upper[0] > 0)) {
    PetscCall(finish_point(c, &inner, T0, p));
    PetscCall(MethodsName(inner.methods, p->method, sizeof(p->method)));
  }
  if (p->failure.status != CELL_OK) PetscFunctionReturn(0);
  PetscReal least = inner.upper[0];
  for (PetscInt i = 1; i < c->dim; i++) least = PetscMin(least, inner.upper[i * (c->dim + 1)]);
  least = inner.log_scale - inner.log_z + PetscLogReal(least);
  if (least < -690) { /* a number without digits is no result */
    p->failure.status = CELL_LIMIT;
    PetscCall(PetscSNPrintf(
        p->failure.message, sizeof(p->failure.message),
        "M has a diagonal entry of about 10^%.0f, below the smallest number of double precision",
        (double)(least / PetscLogReal(10.0))));
  } else if (PetscIsInfOrNanReal(p->V0) || PetscIsInfOrNanReal(T0)) {
    p->failure = (CellFailure){CELL_NOT_FINITE, "the potential is not finite at this macroscopic point"};
  } else {
    PetscCall(check_bounds(c, p));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeCorrectors(Cascade c, PetscInt k, const PetscReal frozen[], PetscInt m,
                                 PetscReal *const theta[], PetscBool *exists)
{
  LevelCell cell;
  CellProblem problem;
  CellResult result = {.failure = {CELL_OK, ""}};

  PetscFunctionBegin;
  PetscCall(CascadePrepare(c));
  *exists = (PetscBool)!c->level[k].trivial;
  if (!*exists) PetscFunctionReturn(0);
  PetscCall(CascadeTabulate(c, frozen, &result.failure));
  PetscCall(LevelCellCreate(c, k, frozen, &cell, &problem));
  PetscCall(CellSolverSolve(c->level[k].solver, &problem, &result));
  PetscCheck(result.failure.status == CELL_OK, PETSC_COMM_SELF, PETSC_ERR_NOT_CONVERGED, "%s",
             result.failure.message);
  PetscCall(CellSolverCorrectors(c->level[k].solver, &problem, &result, m, theta));
  PetscCall(LevelCellDestroy(&cell));
  PetscFunctionReturn(0);
}
