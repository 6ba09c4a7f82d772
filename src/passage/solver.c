#include "passage_private.h"

static PetscErrorCode create_inside(Vec held, IS *inside)
{
  const PetscScalar *flag;
  PetscInt first, end, n = 0, *index;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(held, &first, &end));
  PetscCall(PetscMalloc1(end - first, &index));
  PetscCall(VecGetArrayRead(held, &flag));
  for (PetscInt i = 0; i < end - first; i++)
    if (!(flag[i] > 0)) index[n++] = first + i;
  PetscCall(VecRestoreArrayRead(held, &flag));
  PetscCall(ISCreateGeneral(PetscObjectComm((PetscObject)held), n, index, PETSC_COPY_VALUES, inside));
  PetscCall(PetscFree(index));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSolverCreate(const DiffusionSystem *system, Vec held, PassageSolver *solver)
{
  PetscMPIInt size;
  PC pc;

  PetscFunctionBegin;
  solver->system = system;
  PetscCallMPI(MPI_Comm_size(system->comm, &size));
  PetscCall(create_inside(held, &solver->inside));
  PetscCall(MatCreateSubMatrix(system->S, solver->inside, solver->inside, MAT_INITIAL_MATRIX, &solver->K));
  PetscCall(MatSetOption(solver->K, MAT_SPD, PETSC_TRUE));
  PetscCall(MatCreateVecs(solver->K, &solver->x, &solver->r));
  PetscCall(KSPCreate(system->comm, &solver->ksp));
  PetscCall(KSPSetOptionsPrefix(solver->ksp, "passage_"));
  PetscCall(KSPSetOperators(solver->ksp, solver->K, solver->K));
  PetscCall(KSPSetType(solver->ksp, KSPPREONLY));
  PetscCall(KSPSetTolerances(solver->ksp, 1e-13, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPGetPC(solver->ksp, &pc));
  PetscCall(PCSetType(pc, PCCHOLESKY));
#if defined(PETSC_HAVE_MUMPS)
  if (size > 1) PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
#endif
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSolverDestroy(PassageSolver *solver)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&solver->ksp));
  PetscCall(MatDestroy(&solver->K));
  PetscCall(VecDestroy(&solver->x));
  PetscCall(VecDestroy(&solver->r));
  PetscCall(ISDestroy(&solver->inside));
  PetscFunctionReturn(0);
}

enum { SENTENCE = 256 };

static PetscErrorCode keep_sentence(MPI_Comm comm, int line, const char *function, const char *file,
                                    PetscErrorCode code, PetscErrorType type, const char *message, void *ctx)
{
  (void)comm;
  (void)line;
  (void)function;
  (void)file;
  if (type == PETSC_ERROR_INITIAL)
    snprintf(ctx, SENTENCE, "%s", message && message[0] ? message : "no reason given");
  return code;
}

static PetscErrorCode options_given(PetscBool *given)
{
  char *all;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  *given = (PetscBool)(strstr(all, "-passage_ksp_") || strstr(all, "-passage_pc_"));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

static PetscErrorCode try_solve(PassageSolver *solver)
{
  PetscFunctionBegin;
  PetscCall(KSPSetFromOptions(solver->ksp));
  PetscCall(KSPSolve(solver->ksp, solver->r, solver->x));
  PetscFunctionReturn(0);
}

/* x = K^-1 r. What PETSc refuses because of the user's options is a failure, not an error. */
static PetscErrorCode solve_inside(PassageSolver *solver, CellFailure *failure)
{
  char sentence[SENTENCE] = "no reason given";
  KSPConvergedReason reason;
  PetscErrorCode code;
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
  code = try_solve(solver);
  PetscCall(PetscPopErrorHandler());
  if (code) {
    PetscCall(options_given(&given));
    PetscCheck(given && code != PETSC_ERR_MEM, PETSC_COMM_SELF, code, "%s", sentence);
    failure->status = CELL_REFUSED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "PETSc refuses the options of the passage solver: %s", sentence));
    PetscFunctionReturn(0);
  }
  PetscCall(KSPGetConvergedReason(solver->ksp, &reason));
  if (reason < 0) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "the solver of passage times did not converge (%s)",
                            KSPConvergedReasons[reason]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSolverSolve(PassageSolver *solver, Vec right, Vec g, CellFailure *failure)
{
  Vec inside, Kx;

  PetscFunctionBegin;
  PetscCall(VecGetSubVector(right, solver->inside, &inside));
  PetscCall(VecCopy(inside, solver->r));
  PetscCall(VecRestoreSubVector(right, solver->inside, &inside));
  PetscCall(VecDuplicate(solver->r, &Kx));
  PetscCall(VecGetSubVector(g, solver->inside, &inside));
  PetscCall(VecSet(inside, 0));
  for (PetscInt step = 0; step < 2 && !failure->status; step++) {
    PetscCall(solve_inside(solver, failure));
    if (failure->status) break;
    PetscCall(VecAXPY(inside, 1, solver->x));
    PetscCall(MatMult(solver->K, solver->x, Kx));
    PetscCall(VecAXPY(solver->r, -1, Kx));
  }
  PetscCall(VecRestoreSubVector(g, solver->inside, &inside));
  PetscCall(VecDestroy(&Kx));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSolverPerturb(PassageSolver *solver, Vec g, Vec e, CellFailure *failure)
{
  const PetscScalar *value;
  PetscScalar *right;
  PetscInt first, end;
  Vec inside;

  PetscFunctionBegin;
  PetscCall(MatGetDiagonal(solver->K, solver->r));
  PetscCall(VecGetSubVector(g, solver->inside, &inside));
  PetscCall(VecGetOwnershipRange(inside, &first, &end));
  PetscCall(VecGetArrayRead(inside, &value));
  PetscCall(VecGetArray(solver->r, &right));
  for (PetscInt i = 0; i < end - first; i++) {
    const PetscReal turn = (PetscReal)(first + i + 1);
    right[i] *= 4 * PETSC_MACHINE_EPSILON * value[i] * 1.414 * PetscCosReal(0.7 * turn * turn);
  }
  PetscCall(VecRestoreArray(solver->r, &right));
  PetscCall(VecRestoreArrayRead(inside, &value));
  PetscCall(VecRestoreSubVector(g, solver->inside, &inside));
  PetscCall(solve_inside(solver, failure));
  PetscCall(VecSet(e, 0));
  PetscCall(VecGetSubVector(e, solver->inside, &inside));
  PetscCall(VecCopy(solver->x, inside));
  PetscCall(VecRestoreSubVector(e, solver->inside, &inside));
  PetscFunctionReturn(0);
}
