/*
  FGMRES on the whole, preconditioned from the right by the block elimination of the continued fraction with sparse Schur
  complements: S_N = A_N, S_n ~ A_n + K_n^T diag(S_{n+1})^-1 K_n with K_n = M_{n+1,n}. They stay symmetric positive definite;
  each is factored by itself. Good where friction is strong against the fastest wave; there is no limit of small friction.
*/
#include "solver_private.h"

static const PetscReal default_rtol = 1e-12;
enum { MOST_STEPS = 500, RESTART = 100 };

typedef struct {
  KSP ksp;
  PetscInt levels;
  IS *rows; /* [levels] */
  Mat *K;   /* [levels - 1] */
  KSP *level;
  Vec r;
} Krylov;

static PetscErrorCode krylov_destroy(void *data)
{
  Krylov *k = data;

  PetscFunctionBegin;
  PetscCall(KSPDestroy(&k->ksp));
  for (PetscInt n = 0; n < k->levels; n++) {
    PetscCall(ISDestroy(&k->rows[n]));
    PetscCall(MatDestroy(&k->K[n]));
    PetscCall(KSPDestroy(&k->level[n]));
  }
  PetscCall(VecDestroy(&k->r));
  PetscCall(PetscFree3(k->rows, k->K, k->level));
  PetscCall(PetscFree(k));
  PetscFunctionReturn(0);
}

/* S += K^T diag(above)^-1 K */
static PetscErrorCode add_square(Mat K, Mat above, Mat S)
{
  Mat scaled, square;
  Vec d;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(above, &d, NULL));
  PetscCall(MatGetDiagonal(above, d));
  PetscCall(VecSqrtAbs(d));
  PetscCall(VecReciprocal(d));
  PetscCall(MatDuplicate(K, MAT_COPY_VALUES, &scaled));
  PetscCall(MatDiagonalScale(scaled, d, NULL));
  PetscCall(MatTransposeMatMult(scaled, scaled, MAT_INITIAL_MATRIX, PETSC_DEFAULT, &square));
  PetscCall(MatAXPY(S, 1, square, DIFFERENT_NONZERO_PATTERN));
  PetscCall(MatDestroy(&square));
  PetscCall(MatDestroy(&scaled));
  PetscCall(VecDestroy(&d));
  PetscFunctionReturn(0);
}

static PetscErrorCode factor_level(Mat S, PetscInt n, KSP *ksp, CellFailure *failure)
{
  PCFailedReason failed;
  PC pc;

  PetscFunctionBegin;
  PetscCall(MatSetOption(S, MAT_SPD, PETSC_TRUE));
  PetscCall(KSPCreate(PETSC_COMM_SELF, ksp));
  PetscCall(KSPSetOptionsPrefix(*ksp, "kinetic_level_"));
  PetscCall(KSPSetOperators(*ksp, S, S));
  PetscCall(KSPSetType(*ksp, KSPPREONLY));
  PetscCall(KSPGetPC(*ksp, &pc));
  PetscCall(PCSetType(pc, PCCHOLESKY));
  PetscCall(KineticChoosePackage(pc, MAT_FACTOR_CHOLESKY));
  PetscCall(KSPSetFromOptions(*ksp));
  PetscCall(KSPSetUp(*ksp));
  PetscCall(KSPGetPC(*ksp, &pc));
  PetscCall(PCGetFailedReason(pc, &failed));
  if (failed)
    PetscCall(KineticFail(failure, CELL_LIMIT, "the factorisation of level %" PetscInt_FMT " failed (%s)", n,
                          PCFailedReasons[failed]));
  PetscFunctionReturn(0);
}

static PetscErrorCode eliminate(Krylov *k, const LevelSystem *system, CellFailure *failure)
{
  Mat above = NULL, S;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < k->levels; n++)
    PetscCall(ISCreateStride(PETSC_COMM_SELF, system->level_begin[n + 1] - system->level_begin[n],
                             system->level_begin[n], 1, &k->rows[n]));
  for (PetscInt n = k->levels - 1; n >= 0 && !failure->status; n--) {
    PetscCall(MatCreateSubMatrix(system->M, k->rows[n], k->rows[n], MAT_INITIAL_MATRIX, &S));
    if (above) {
      PetscCall(MatCreateSubMatrix(system->M, k->rows[n + 1], k->rows[n], MAT_INITIAL_MATRIX, &k->K[n]));
      PetscCall(add_square(k->K[n], above, S));
    }
    PetscCall(factor_level(S, n, &k->level[n], failure));
    PetscCall(MatDestroy(&above));
    above = S;
  }
  PetscCall(MatDestroy(&above));
  PetscFunctionReturn(0);
}

/* y_n = S_n^-1 r_n */
static PetscErrorCode solve_level(Krylov *k, PetscInt n, Vec y)
{
  Vec from, to;

  PetscFunctionBegin;
  PetscCall(VecGetSubVector(k->r, k->rows[n], &from));
  PetscCall(VecGetSubVector(y, k->rows[n], &to));
  PetscCall(KSPSolve(k->level[n], from, to));
  PetscCall(VecRestoreSubVector(y, k->rows[n], &to));
  PetscCall(VecRestoreSubVector(k->r, k->rows[n], &from));
  PetscFunctionReturn(0);
}

/* r_to -= M_{to,from} y_from of the neighbours `to` and `from`. */
static PetscErrorCode move_part(Krylov *k, PetscInt to, PetscInt from, Vec y)
{
  Vec target, source, product;

  PetscFunctionBegin;
  PetscCall(VecGetSubVector(k->r, k->rows[to], &target));
  PetscCall(VecGetSubVector(y, k->rows[from], &source));
  if (from > to) { /* M_{n,n+1} = -K_n^T */
    PetscCall(MatMultTransposeAdd(k->K[to], source, target, target));
  } else {
    PetscCall(VecDuplicate(target, &product));
    PetscCall(MatMult(k->K[from], source, product));
    PetscCall(VecAXPY(target, -1, product));
    PetscCall(VecDestroy(&product));
  }
  PetscCall(VecRestoreSubVector(y, k->rows[from], &source));
  PetscCall(VecRestoreSubVector(k->r, k->rows[to], &target));
  PetscFunctionReturn(0);
}

static PetscErrorCode apply(PC pc, Vec b, Vec y)
{
  Krylov *k;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &k));
  PetscCall(VecCopy(b, k->r));
  for (PetscInt n = k->levels - 1; n > 0; n--) {
    PetscCall(solve_level(k, n, y));
    PetscCall(move_part(k, n - 1, n, y));
  }
  PetscCall(solve_level(k, 0, y));
  for (PetscInt n = 1; n < k->levels; n++) {
    PetscCall(move_part(k, n, n - 1, y));
    PetscCall(solve_level(k, n, y));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode krylov_create(const LevelSystem *system, void **data, CellFailure *failure)
{
  PetscBool shell;
  Krylov *k;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *data = k;
  k->levels = system->levels;
  PetscCall(PetscCalloc3(k->levels, &k->rows, k->levels, &k->K, k->levels, &k->level));
  PetscCall(MatCreateVecs(system->M, &k->r, NULL));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &k->ksp));
  PetscCall(KSPSetOptionsPrefix(k->ksp, "kinetic_"));
  PetscCall(KSPSetOperators(k->ksp, system->M, system->M));
  PetscCall(KSPSetType(k->ksp, KSPFGMRES));
  PetscCall(KSPGMRESSetRestart(k->ksp, RESTART));
  PetscCall(KSPSetTolerances(k->ksp, default_rtol, PETSC_DEFAULT, PETSC_DEFAULT, MOST_STEPS));
  PetscCall(KSPGetPC(k->ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, k));
  PetscCall(PCShellSetApply(pc, apply));
  PetscCall(PCShellSetName(pc, "approximate block elimination"));
  PetscCall(KSPSetFromOptions(k->ksp));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCSHELL, &shell));
  if (shell) PetscCall(eliminate(k, system, failure));
  PetscFunctionReturn(0);
}

static PetscErrorCode krylov_solve(void *data, Vec b, Vec x, CellFailure *failure)
{
  KSPConvergedReason reason;
  Krylov *k = data;
  PetscInt steps;

  PetscFunctionBegin;
  PetscCall(KSPSolve(k->ksp, b, x));
  PetscCall(KSPGetConvergedReason(k->ksp, &reason));
  PetscCall(KSPGetIterationNumber(k->ksp, &steps));
  PetscCall(PetscInfo(k->ksp, "krylov: %" PetscInt_FMT " steps, %s\n", steps, KSPConvergedReasons[reason]));
  if (reason < 0)
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                          "the solver krylov stopped after %" PetscInt_FMT
                          " steps (%s); at small friction the solver lu is the one to take",
                          steps, KSPConvergedReasons[reason]));
  PetscFunctionReturn(0);
}

const KineticMethod KineticMethodKrylov = {"krylov", krylov_create, krylov_solve, krylov_destroy};
