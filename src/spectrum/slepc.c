/*
  Eigenpairs by SLEPc: Krylov-Schur with shift-and-invert at a small negative target, the constant deflated.

  The value of an eigenvector is computed again as energy/square (mathematics, eq. 2.7): an error e of the vector, B-orthogonal
  to the slow modes, changes it by the energy of e only. What the rounding of S does to the vector is estimated by
  perturbing S at random by the rounding of its diagonal, from which most of it comes.
*/
#include "attempt.h"
#include "spectrum_private.h"

/* The target relative to the mean diagonal entry of S: S - target B keeps eight digits for the slowest modes, and is
   positive definite beyond the rounding of the factorisation. Modes slower than it are separated by their energies
   afterwards. */
static const PetscReal relative_target = 1e-8;

/*
  Across an element whose weight falls by e^30 and more, functions that vanish where it is large have an energy and a mass
  below the rounding of S and B: their quotients would be any number. At nodes of little weight S and B get so much of their
  diagonals in addition that these are large ones. What it does to modes is estimated with the rounding.
*/
static const PetscReal stiffening = 1e-13, little_log_weight = -14;
/* Nodes of such elements with less weight than this are held at zero. */
static const PetscReal negligible_log_weight = -90;

typedef struct {
  Diffusion diffusion;
  const DiffusionSystem *system;
  const volatile int *interrupted;
  PetscBool stopped;
  PetscInt n; /* nonconstant modes */
  Vec *g;
  PetscReal *values;
  Mat S, B;              /* stiffened; the system's, if there is no B */
  PetscReal scale, slow; /* mean of S_ii over the weight (its largest entries have none), and -target */
  KSP inverse;           /* of S - target B; NULL if the user chose otherwise. Borrowed */
  Vec work[2];
  Vec unresolved;    /* nodes of elements that do not resolve the weight */
  PetscBool trapped; /* a mode sits there, and those above may be out of order */
} Solver;

static PetscErrorCode stop_when_interrupted(EPS eps, PetscInt its, PetscInt max_it, PetscInt nconv,
                                            PetscInt nev, EPSConvergedReason *reason, void *ctx)
{
  Solver *solver = ctx;
  int interrupted = solver->interrupted ? *solver->interrupted != 0 : 0;

  PetscFunctionBegin;
  PetscCall(EPSStoppingBasic(eps, its, max_it, nconv, nev, reason, NULL));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &interrupted, 1, MPI_INT, MPI_MAX, solver->system->comm));
  if (interrupted) {
    solver->stopped = PETSC_TRUE;
    *reason = EPS_CONVERGED_USER;
  }
  PetscFunctionReturn(0);
}

/* The residual of the inverted problem relative to its own eigenvalue 1/(lambda - target). SLEPc's test divides by lambda,
   which slow modes never meet. Their values come from their energies. */
static PetscErrorCode relative_residual(EPS eps, PetscScalar value, PetscScalar imaginary, PetscReal residual,
                                        PetscReal *error, void *ctx)
{
  PetscBool inverts;
  PetscScalar target;
  ST st;

  (void)imaginary;
  (void)ctx;
  PetscFunctionBegin;
  PetscCall(EPSGetST(eps, &st));
  PetscCall(PetscObjectTypeCompare((PetscObject)st, STSINVERT, &inverts));
  PetscCall(STGetShift(st, &target));
  *error = inverts ? residual * PetscAbsReal(value - target) : residual / PetscAbsReal(value);
  PetscFunctionReturn(0);
}

/* Shift-and-invert by a Cholesky factorisation. */
static PetscErrorCode set_transformation(EPS eps, const DiffusionSystem *system)
{
  ST st;
  KSP ksp;
  PC pc;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(system->comm, &size));
  PetscCall(EPSGetST(eps, &st));
  PetscCall(STSetType(st, STSINVERT));
  PetscCall(STSetMatStructure(st, system->B ? SUBSET_NONZERO_PATTERN : SAME_NONZERO_PATTERN));
  PetscCall(STGetKSP(st, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCCHOLESKY));
  PetscCall(PCFactorSetShiftType(pc, MAT_SHIFT_INBLOCKS));
#if defined(PETSC_HAVE_SUITESPARSE) /* twice as fast for elements (and no faster for few neighbours) */
  if (size == 1 && system->B) PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERCHOLMOD));
#endif
#if defined(PETSC_HAVE_MUMPS)
  if (size > 1) PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
#endif
  PetscFunctionReturn(0);
}

/* *stiff = A with a part of its diagonal more where there is little weight. */
static PetscErrorCode stiffen(const DiffusionSystem *system, Mat A, Vec work, Mat *stiff)
{
  const PetscScalar *log_b;
  PetscScalar *more;
  PetscReal largest;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(MatDuplicate(A, MAT_COPY_VALUES, stiff));
  PetscCall(VecMax(system->log_b, NULL, &largest));
  PetscCall(MatGetDiagonal(A, work));
  PetscCall(VecGetLocalSize(system->log_b, &n));
  PetscCall(VecGetArrayRead(system->log_b, &log_b));
  PetscCall(VecGetArray(work, &more));
  for (PetscInt i = 0; i < n; i++) more[i] *= log_b[i] - largest < little_log_weight ? stiffening : 0;
  PetscCall(VecRestoreArray(work, &more));
  PetscCall(VecRestoreArrayRead(system->log_b, &log_b));
  PetscCall(MatDiagonalSet(*stiff, work, ADD_VALUES));
  PetscCall(MatSetOption(*stiff, MAT_SYMMETRIC, PETSC_TRUE));
  PetscFunctionReturn(0);
}

/* Nodes of unresolved elements with a weight that changes no eigenvalue a matrix in doubles can have: *rows. */
static PetscErrorCode find_negligible(Solver *solver, IS *rows)
{
  const PetscScalar *log_b, *flag;
  PetscReal largest;
  PetscInt first, end, n = 0, *row;

  PetscFunctionBegin;
  PetscCall(VecMax(solver->system->log_b, NULL, &largest));
  PetscCall(VecGetOwnershipRange(solver->unresolved, &first, &end));
  PetscCall(PetscMalloc1(end - first, &row));
  PetscCall(VecGetArrayRead(solver->system->log_b, &log_b));
  PetscCall(VecGetArrayRead(solver->unresolved, &flag));
  for (PetscInt i = 0; i < end - first; i++)
    if (flag[i] > 0 && log_b[i] - largest < negligible_log_weight) row[n++] = first + i;
  PetscCall(VecRestoreArrayRead(solver->system->log_b, &log_b));
  PetscCall(VecRestoreArrayRead(solver->unresolved, &flag));
  PetscCall(ISCreateGeneral(solver->system->comm, n, row, PETSC_OWN_POINTER, rows));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_operators(Solver *solver)
{
  const DiffusionSystem *system = solver->system;
  IS negligible;

  PetscFunctionBegin;
  if (system->B) {
    PetscCall(stiffen(system, system->S, solver->work[0], &solver->S));
    PetscCall(stiffen(system, system->B, solver->work[0], &solver->B));
    PetscCall(find_negligible(solver, &negligible));
    PetscCall(MatZeroRowsColumnsIS(solver->S, negligible, solver->scale, NULL, NULL));
    PetscCall(MatZeroRowsColumnsIS(solver->B, negligible, 1e-3, NULL, NULL));
    PetscCall(ISDestroy(&negligible));
  } else {
    solver->S = system->S;
    PetscCall(PetscObjectReference((PetscObject)solver->S));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode create_solver(Solver *solver, EPS *eps)
{
  const DiffusionSystem *system = solver->system;
  Vec root = system->root;

  PetscFunctionBegin;
  PetscCall(EPSCreate(system->comm, eps));
  PetscCall(EPSSetOptionsPrefix(*eps, "spectrum_"));
  PetscCall(EPSSetOperators(*eps, solver->S, solver->B));
  PetscCall(EPSSetProblemType(*eps, system->B ? EPS_GHEP : EPS_HEP));
  PetscCall(EPSSetType(*eps, EPSKRYLOVSCHUR));
  PetscCall(EPSSetDimensions(*eps, solver->n, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(EPSSetTarget(*eps, -solver->slow));
  PetscCall(EPSSetWhichEigenpairs(*eps, EPS_TARGET_MAGNITUDE));
  PetscCall(EPSSetTolerances(*eps, 1e-11, 1000));
  if (system->conservative) PetscCall(EPSSetDeflationSpace(*eps, 1, &root));
  PetscCall(EPSSetConvergenceTestFunction(*eps, relative_residual, NULL, NULL));
  PetscCall(EPSSetStoppingTestFunction(*eps, stop_when_interrupted, solver, NULL));
  PetscCall(set_transformation(*eps, system));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_solver(EPS eps, void *ctx)
{
  (void)ctx;
  PetscFunctionBegin;
  PetscCall(EPSSetFromOptions(eps));
  PetscCall(EPSSolve(eps));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_vectors(Solver *solver, EPS eps, CellFailure *failure)
{
  EPSConvergedReason reason;
  PetscInt converged, iterations;
  PetscBool inverts;
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSGetConverged(eps, &converged));
  PetscCall(EPSGetConvergedReason(eps, &reason));
  if (solver->stopped) {
    failure->status = CELL_INTERRUPTED;
    PetscCall(PetscStrncpy(failure->message, "interrupted", sizeof(failure->message)));
    PetscFunctionReturn(0);
  }
  if (converged < solver->n || reason < 0) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(EPSGetIterationNumber(eps, &iterations));
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "SLEPc found %" PetscInt_FMT " of %" PetscInt_FMT " eigenvalues in %" PetscInt_FMT
                            " iterations (%s)",
                            converged, solver->n, iterations, EPSConvergedReasons[reason]));
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < solver->n; k++) PetscCall(EPSGetEigenvector(eps, k, solver->g[k], NULL));
  PetscCall(EPSGetST(eps, &st));
  PetscCall(PetscObjectTypeCompare((PetscObject)st, STSINVERT, &inverts));
  if (inverts) PetscCall(STGetKSP(st, &solver->inverse));
  PetscFunctionReturn(0);
}

static PetscErrorCode remove_mode(Solver *solver, Vec mode, Vec g)
{
  PetscReal inner, square;

  PetscFunctionBegin;
  PetscCall(SpectrumInner(solver->system, g, mode, solver->work[1], &inner));
  PetscCall(VecDot(mode, solver->work[1], &square));
  if (square > 0) PetscCall(VecAXPY(g, -inner / square, mode));
  PetscFunctionReturn(0);
}

/* B-orthonormal vectors, orthogonal to the constant. */
static PetscErrorCode orthonormalize(Solver *solver)
{
  PetscReal square;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < solver->n; k++) {
    for (PetscInt twice = 0; twice < 2; twice++) {
      if (solver->system->conservative) PetscCall(remove_mode(solver, solver->system->root, solver->g[k]));
      for (PetscInt j = 0; j < k; j++) PetscCall(remove_mode(solver, solver->g[j], solver->g[k]));
    }
    PetscCall(SpectrumInner(solver->system, solver->g[k], solver->g[k], solver->work[1], &square));
    if (square > 0) PetscCall(VecScale(solver->g[k], 1 / PetscSqrtReal(square)));
  }
  PetscFunctionReturn(0);
}

/* One more step of inverse iteration for all: modes far above the wanted ones, left by the tolerance, go. */
static PetscErrorCode sharpen(Solver *solver)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < solver->n && solver->inverse; k++) {
    if (solver->B)
      PetscCall(MatMult(solver->B, solver->g[k], solver->work[0]));
    else
      PetscCall(VecCopy(solver->g[k], solver->work[0]));
    PetscCall(KSPSolve(solver->inverse, solver->work[0], solver->g[k]));
  }
  PetscCall(orthonormalize(solver));
  PetscCall(SpectrumSeparate(solver->diffusion, solver->n, solver->slow, solver->g, solver->values));
  PetscFunctionReturn(0);
}

/* work[0] = E g, E diagonal: about four units in the last place of S_ii, of any sign (from the position in the vector), and
   what S was stiffened by. */
static PetscErrorCode perturb(Solver *solver, Vec g)
{
  const PetscScalar *value, *stiff;
  PetscScalar *e;
  PetscInt first, end;

  PetscFunctionBegin;
  PetscCall(MatGetDiagonal(solver->system->S, solver->work[0]));
  PetscCall(MatGetDiagonal(solver->S, solver->work[1]));
  PetscCall(VecGetOwnershipRange(g, &first, &end));
  PetscCall(VecGetArrayRead(g, &value));
  PetscCall(VecGetArrayRead(solver->work[1], &stiff));
  PetscCall(VecGetArray(solver->work[0], &e));
  for (PetscInt i = 0; i < end - first; i++) {
    const PetscReal turn = (PetscReal)(first + i + 1);
    const PetscReal rounding = 4 * PETSC_MACHINE_EPSILON * e[i] * 1.414 * PetscCosReal(0.7 * turn * turn);
    e[i] = value[i] * (rounding + PetscMax(stiff[i] - e[i], 0));
  }
  PetscCall(VecRestoreArray(solver->work[0], &e));
  PetscCall(VecRestoreArrayRead(solver->work[1], &stiff));
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscFunctionReturn(0);
}

/* <g, diag(S) g>: what the rounding of g and of S is relative to. */
static PetscErrorCode diagonal_energy(Solver *solver, Vec g, PetscReal *energy)
{
  PetscFunctionBegin;
  PetscCall(MatGetDiagonal(solver->S ? solver->S : solver->system->S, solver->work[0]));
  PetscCall(VecPointwiseMult(solver->work[0], solver->work[0], g));
  PetscCall(VecDot(g, solver->work[0], energy));
  PetscFunctionReturn(0);
}

/* e = (S - target B)^-1 work[0] without the modes that are known, and its energy. */
static PetscErrorCode response(Solver *solver, PetscInt k, Vec e, PetscReal *energy)
{
  const PetscReal slow = PetscMax(solver->slow, solver->values[k]);
  PetscReal square;

  PetscFunctionBegin;
  PetscCall(KSPSolve(solver->inverse, solver->work[0], e));
  if (solver->system->conservative) PetscCall(remove_mode(solver, solver->system->root, e));
  for (PetscInt j = 0; j < solver->n; j++)
    if (j == k || solver->values[j] < slow) PetscCall(remove_mode(solver, solver->g[j], e));
  PetscCall(DiffusionGetQuotient(solver->diffusion, e, energy, &square));
  PetscFunctionReturn(0);
}

/* The energy that rounding and what the solver left add to mode k, relative to its own; *noise: the largest error of an
   entry of its vector. Half of the residual's energy would be the error, were there nothing close above: ten times. */
static PetscErrorCode vector_error(Solver *solver, PetscInt k, PetscReal *error, PetscReal *noise)
{
  const PetscReal value = solver->values[k], last = solver->values[solver->n - 1];
  PetscReal energy, rounding;
  Vec e;

  PetscFunctionBegin;
  /* the nodal values themselves are rounded, which the quotient sees */
  PetscCall(diagonal_energy(solver, solver->g[k], &rounding));
  rounding *= PetscSqr(4 * PETSC_MACHINE_EPSILON);
  *error = rounding / value;
  *noise = PetscSqrtReal(rounding * solver->scale) / PetscMax(last, solver->slow);
  if (!solver->inverse) {
    *error *= solver->scale / PetscMax(last, solver->slow);
    PetscFunctionReturn(0);
  }
  PetscCall(VecDuplicate(solver->g[k], &e));
  if (solver->B)
    PetscCall(MatMult(solver->B, solver->g[k], solver->work[1]));
  else
    PetscCall(VecCopy(solver->g[k], solver->work[1]));
  PetscCall(MatMult(solver->S, solver->g[k], solver->work[0]));
  PetscCall(VecAXPY(solver->work[0], -value, solver->work[1]));
  PetscCall(response(solver, k, e, &energy));
  *error += 10 * energy / value;
  PetscCall(perturb(solver, solver->g[k]));
  PetscCall(response(solver, k, e, &energy));
  *error += 4 * energy / value; /* one sample of the signs */
  PetscCall(VecNorm(e, NORM_INFINITY, noise));
  PetscCall(VecDestroy(&e));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge_value(Solver *solver, PetscInt k, SpectrumValue *value, Vec g)
{
  PetscReal error = 0, noise = 0, share;

  PetscFunctionBegin;
  value->method = "slepc";
  value->why = "rounding leaves no digit of it";
  value->known = PETSC_FALSE;
  PetscCall(VecCopy(solver->g[k], g));
  if (!(solver->values[k] > 0)) PetscFunctionReturn(0);
  PetscCall(vector_error(solver, k, &error, &noise));
  value->value = solver->values[k];
  value->log_value = value->log_discrete = PetscLogReal(value->value);
  PetscCall(SpectrumResidual(solver->system, g, value->log_value, &value->residual));
  value->error = 2e-14 + error;
  value->known = (PetscBool)(value->error <= 0.1);
  if (value->known) value->why = NULL;
  PetscCall(SpectrumShare(solver->unresolved, solver->g[k], &share));
  if (share > 1e-3) solver->trapped = PETSC_TRUE;
  if (solver->trapped) {
    value->known = PETSC_FALSE;
    value->why =
        "this mode or one before it sits in elements that do not resolve the weight: refine the domain";
  }
  PetscCall(SpectrumNormalize(solver->diffusion, g, &noise));
  PetscCall(SpectrumExtend(solver->system, noise, g, NULL));
  PetscFunctionReturn(0);
}

/* After an error in the middle of a solve SLEPc may not be able to. */
static PetscErrorCode destroy_solver(EPS *eps, const CellFailure *failure)
{
  PetscFunctionBegin;
  if (!failure->status) {
    PetscCall(EPSDestroy(eps));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL));
  (void)EPSDestroy(eps);
  PetscCall(PetscPopErrorHandler());
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSolveSlepc(Diffusion diffusion, const volatile int *interrupted, SpectrumModes *modes,
                                  CellFailure *failure)
{
  Solver solver = {.diffusion = diffusion, .interrupted = interrupted};
  PetscReal size, share;
  EPS eps;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &solver.system));
  const PetscInt first = solver.system->conservative ? 1 : 0;
  solver.n = modes->n - first;
  if (solver.n <= 0) PetscFunctionReturn(0);
  PetscCall(VecDuplicateVecs(solver.system->root, solver.n, &solver.g));
  PetscCall(PetscCalloc1(solver.n, &solver.values));
  for (PetscInt k = 0; k < 2; k++) PetscCall(VecDuplicate(solver.system->root, &solver.work[k]));
  PetscCall(diagonal_energy(&solver, solver.system->root, &solver.scale));
  PetscCall(VecNorm(solver.system->root, NORM_2, &size));
  solver.scale /= size * size;
  solver.slow = relative_target * solver.scale;
  PetscCall(SpectrumUnresolved(diffusion, &solver.unresolved));
  PetscCall(create_operators(&solver));
  PetscCall(create_solver(&solver, &eps));
  PetscCall(SpectrumShare(solver.unresolved, solver.system->root, &share));
  if (share > 0.1) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscStrncpy(failure->message,
                           "the equilibrium sits in elements that do not resolve the weight",
                           sizeof(failure->message)));
  }
  if (!failure->status) PetscCall(AttemptSolve(eps, run_solver, NULL, failure));
  if (!failure->status) PetscCall(take_vectors(&solver, eps, failure));
  if (!failure->status) PetscCall(sharpen(&solver));
  for (PetscInt k = 0; k < solver.n && !failure->status; k++) {
    PetscCall(VecDuplicate(solver.g[k], &modes->functions[first + k]));
    PetscCall(judge_value(&solver, k, &modes->values[first + k], modes->functions[first + k]));
  }
  PetscCall(destroy_solver(&eps, failure));
  PetscCall(MatDestroy(&solver.S));
  PetscCall(MatDestroy(&solver.B));
  PetscCall(VecDestroy(&solver.unresolved));
  for (PetscInt k = 0; k < 2; k++) PetscCall(VecDestroy(&solver.work[k]));
  PetscCall(PetscFree(solver.values));
  PetscCall(VecDestroyVecs(solver.n, &solver.g));
  PetscFunctionReturn(0);
}
