/* Sparse LU of the whole: MUMPS where PETSc has it, else PETSc's own, both in the order of nested dissection. */
#include "solver_private.h"

typedef struct {
  KSP ksp;
} Lu;

static PetscErrorCode lu_destroy(void *data)
{
  Lu *lu = data;

  PetscFunctionBegin;
  PetscCall(KSPDestroy(&lu->ksp));
  PetscCall(PetscFree(lu));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticChoosePackage(PC pc, MatFactorType type)
{
  PetscBool known, matrix;
  PetscErrorCode (*create)(Mat, MatFactorType, Mat *);
  Mat factor;

  PetscFunctionBegin;
  PetscCall(MatSolverTypeGet(MATSOLVERMUMPS, MATSEQAIJ, type, &known, &matrix, &create));
  if (create) {
    PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    PetscCall(PCFactorSetUpMatSolverType(pc));
    PetscCall(PCFactorGetMatrix(pc, &factor));
#if defined(PETSC_HAVE_MUMPS)
    PetscCall(MatMumpsSetIcntl(factor, 7, 5));    /* METIS */
    PetscCall(MatMumpsSetIcntl(factor, 14, 300)); /* room for pivots, in percent */
#endif
  } else {
    PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGND));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode lu_create(const LevelSystem *system, void **data, CellFailure *failure)
{
  KSPConvergedReason reason;
  Lu *lu;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(&lu));
  *data = lu;
  PetscCall(KSPCreate(PETSC_COMM_SELF, &lu->ksp));
  PetscCall(KSPSetOptionsPrefix(lu->ksp, "kinetic_"));
  PetscCall(KSPSetOperators(lu->ksp, system->M, system->M));
  PetscCall(KSPSetType(lu->ksp, KSPPREONLY));
  PetscCall(KSPGetPC(lu->ksp, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(KineticChoosePackage(pc, MAT_FACTOR_LU));
  PetscCall(KSPSetFromOptions(lu->ksp));
  PetscCall(KSPSetUp(lu->ksp));
  PetscCall(KSPGetConvergedReason(lu->ksp, &reason));
  PCFailedReason failed;
  PetscCall(PCGetFailedReason(pc, &failed));
  if (failed)
    PetscCall(KineticFail(failure, CELL_LIMIT,
                          "the sparse factorisation of %" PetscInt_FMT " unknowns failed (%s)", system->n,
                          PCFailedReasons[failed]));
  PetscFunctionReturn(0);
}

static PetscErrorCode lu_solve(void *data, Vec b, Vec x, CellFailure *failure)
{
  KSPConvergedReason reason;
  Lu *lu = data;

  PetscFunctionBegin;
  PetscCall(KSPSolve(lu->ksp, b, x));
  PetscCall(KSPGetConvergedReason(lu->ksp, &reason));
  if (reason < 0)
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED, "the sparse solver stopped: %s",
                          KSPConvergedReasons[reason]));
  PetscFunctionReturn(0);
}

const KineticMethod KineticMethodLu = {"lu", lu_create, lu_solve, lu_destroy};
