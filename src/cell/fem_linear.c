#include "fem_linear.h"
#include "linear_solve.h"

/* Above this many unknowns the factor of a 2-d or 3-d problem costs more than conjugate gradients with multigrid. */
#define DIRECT_2D 20000
#define DIRECT_3D 1000
/* of multigrid: a grid that resolves the coefficient needs eight; then a factor takes over, in three dimensions an
   incomplete one */
#define MOST_STEPS_2D       20
#define MOST_STEPS_3D       100
#define MOST_STEPS_FALLBACK 2000

/* In the norm of the energy, whose error is the square: no smaller tolerance gives more digits. */
#define MULTIGRID_RTOL 1e-8
#define DIRECT_RTOL    1e-10

/* The user's word, or else the size. */
static PetscErrorCode wants_multigrid(PetscInt dim, PetscInt size, PetscBool *multigrid)
{
  char type[16];
  PetscBool given;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetString(NULL, "cell_", "-pc_type", type, sizeof(type), &given));
  if (given)
    PetscCall(PetscStrcmp(type, PCMG, multigrid));
  else
    *multigrid = dim > 1 && size > (dim == 2 ? DIRECT_2D : DIRECT_3D) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode choose_factor(PC pc)
{
  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCCHOLESKY));
  PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGND));
  PetscFunctionReturn(0);
}

/* From the elements' polynomials to functions that are multilinear in them. Gauss-Seidel sweeps need ten times as many
   steps where the coefficient changes by a factor of 1e12 in an element; an incomplete factor does not see it, and
   Chebyshev's polynomial keeps the cycle positive where the factor alone would not. In the order of the nodes the factor
   breaks down and has to be shifted, with which a thousand steps were needed. */
static PetscErrorCode choose_multigrid(FemLinear *s, PC pc)
{
  KSP smoother;
  PC sweep;

  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCMG));
  PetscCall(PCMGSetLevels(pc, 2, NULL));
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_BOTH));
  PetscCall(PCMGGetSmoother(pc, 1, &smoother));
  PetscCall(KSPSetType(smoother, KSPCHEBYSHEV));
  PetscCall(KSPSetTolerances(smoother, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 2));
  PetscCall(KSPGetPC(smoother, &sweep));
  PetscCall(PCSetType(sweep, PCICC));
  PetscCall(PCFactorSetMatOrderingType(sweep, MATORDERINGRCM));
  PetscCall(PCMGGetCoarseSolve(pc, &smoother));
  PetscCall(KSPGetPC(smoother, &sweep));
  PetscCall(choose_factor(sweep));
  /* the root of r.Br is the error in the norm of the energy, up to the quality of B */
  PetscCall(KSPSetNormType(s->ksp, KSP_NORM_NATURAL));
  PetscFunctionReturn(0);
}

static PetscErrorCode choose_solver(FemLinear *s)
{
  PetscInt most = 2000;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PETSC_COMM_SELF, &s->ksp));
  PetscCall(KSPSetOptionsPrefix(s->ksp, "cell_"));
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscCall(KSPSetType(s->ksp, KSPCG));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(wants_multigrid(s->dim, s->size, &s->multigrid));
  s->rtol = s->multigrid ? MULTIGRID_RTOL : DIRECT_RTOL;
  if (s->multigrid) most = s->dim == 2 ? MOST_STEPS_2D : MOST_STEPS_3D;
  if (s->multigrid) {
    PetscCall(choose_multigrid(s, pc));
  } else {
    PetscCall(choose_factor(pc));
  }
  PetscCall(KSPSetTolerances(s->ksp, s->rtol, PETSC_DEFAULT, PETSC_DEFAULT, most));
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearCreate(PetscInt dim, PetscInt size, PetscInt *row, PetscInt *column, FemLinear *s)
{
  PetscFunctionBegin;
  s->dim = dim;
  s->size = size;
  s->row = row;
  s->column = column;

  PetscCall(PetscCalloc1(row[size], &s->value));
  PetscCall(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, size, size, row, column, s->value, &s->A));
  PetscCall(MatSetOption(s->A, MAT_SPD, PETSC_TRUE));
  PetscCall(MatCreateVecs(s->A, &s->x, &s->b));
  PetscCall(choose_solver(s));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearDestroy(FemLinear *s)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(KSPDestroy(&s->direct));
  PetscCall(VecDestroy(&s->x));
  PetscCall(VecDestroy(&s->b));
  PetscCall(MatDestroy(&s->A));
  PetscCall(MatDestroy(&s->P));
  PetscCall(PetscFree(s->row));
  PetscCall(PetscFree(s->column));
  PetscCall(PetscFree(s->value));
  PetscCall(PetscMemzero(s, sizeof(*s)));
  PetscFunctionReturn(0);
}

/* Multigrid has to know the functions that were constant before the scaling. */
static PetscErrorCode set_near_null(FemLinear *s, const PetscReal constants[])
{
  MatNullSpace space;
  PetscReal norm;
  PetscReal *array;
  Vec v;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->b, &v));
  norm = 0;
  for (PetscInt i = 0; i < s->size; i++) norm += constants[i] * constants[i];
  norm = PetscSqrtReal(norm);
  PetscCall(VecGetArray(v, &array));
  for (PetscInt i = 0; i < s->size; i++) array[i] = norm > 0 ? constants[i] / norm : 0;
  PetscCall(VecRestoreArray(v, &array));
  if (norm > 0) {
    PetscCall(MatNullSpaceCreate(PETSC_COMM_SELF, PETSC_FALSE, 1, &v, &space));
    PetscCall(MatSetNearNullSpace(s->A, space));
    PetscCall(MatNullSpaceDestroy(&space));
  }
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearSetValues(FemLinear *s, const PetscReal constants[], PetscReal rtol)
{
  PetscScalar *array;

  PetscFunctionBegin;
  /* tells the preconditioner that the entries are new and the pattern is not */
  PetscCall(MatSeqAIJGetArray(s->A, &array));
  PetscCall(MatSeqAIJRestoreArray(s->A, &array));
  PetscCall(set_near_null(s, constants));
  s->stopped = PETSC_FALSE;
  if (s->multigrid && rtol > 0) rtol = PetscMax(rtol, MULTIGRID_RTOL);
  if (rtol > 0 && rtol != s->rtol) {
    PetscCall(KSPSetTolerances(s->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    PetscCall(KSPSetFromOptions(s->ksp));
    s->rtol = rtol;
  }
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  if (s->direct) PetscCall(KSPSetOperators(s->direct, s->A, s->A));
  if (s->multigrid) {
    PC pc;
    PetscCall(KSPGetPC(s->ksp, &pc));
    PetscCall(PCMGSetInterpolation(pc, 1, s->P));
  }
  PetscFunctionReturn(0);
}

/* What does not need the elements to resolve the coefficient: a factor, in three dimensions an incomplete one. */
static PetscErrorCode choose_fallback(FemLinear *s, PC pc)
{
  PetscFunctionBegin;
  if (s->dim == 2) {
    PetscCall(choose_factor(pc));
  } else {
    PetscCall(PCSetType(pc, PCICC));
    PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGRCM));
    PetscCall(PCFactorSetShiftType(pc, MAT_SHIFT_POSITIVE_DEFINITE));
  }
  PetscFunctionReturn(0);
}

/* The matrix that multigrid stopped short of. */
static PetscErrorCode solve_otherwise(FemLinear *s, PetscInt *its, KSPConvergedReason *reason)
{
  PetscFunctionBegin;
  if (!s->direct) {
    PC pc;
    PetscCall(KSPCreate(PETSC_COMM_SELF, &s->direct));
    PetscCall(KSPSetOperators(s->direct, s->A, s->A));
    PetscCall(KSPSetType(s->direct, KSPCG));
    PetscCall(KSPSetTolerances(s->direct, DIRECT_RTOL, PETSC_DEFAULT, PETSC_DEFAULT, MOST_STEPS_FALLBACK));
    PetscCall(KSPGetPC(s->direct, &pc));
    PetscCall(choose_fallback(s, pc));
  }
  PetscCall(KSPSolve(s->direct, s->b, s->x));
  PetscCall(KSPGetConvergedReason(s->direct, reason));
  PetscCall(KSPGetIterationNumber(s->direct, its));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(FemLinear *s, PetscInt *iterations, PetscInt *its, KSPConvergedReason *reason,
                            CellFailure *failure)
{
  PetscBool given;

  PetscFunctionBegin;
  if (s->stopped) {
    PetscCall(solve_otherwise(s, its, reason));
    *iterations += *its;
    PetscFunctionReturn(0);
  }
  PetscCall(LinearSolve(s->ksp, s->b, s->x, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(KSPGetConvergedReason(s->ksp, reason));
  PetscCall(KSPGetIterationNumber(s->ksp, its));
  *iterations += *its;
  if (*reason > 0 || !s->multigrid) PetscFunctionReturn(0);
  PetscCall(LinearOptionsGiven(&given));
  if (given) PetscFunctionReturn(0);
  s->stopped = PETSC_TRUE;
  PetscCall(solve_otherwise(s, its, reason));
  *iterations += *its;
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearSolve(FemLinear *s, const PetscReal b[], PetscReal x[], PetscInt *iterations,
                              CellFailure *failure)
{
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscInt its = 0;

  PetscFunctionBegin;
  PetscCall(VecPlaceArray(s->b, b));
  PetscCall(VecPlaceArray(s->x, x));
  PetscCall(solve(s, iterations, &its, &reason, failure));
  PetscCall(VecResetArray(s->x));
  PetscCall(VecResetArray(s->b));
  if (failure->status == CELL_OK && reason < 0) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The linear solver of a cell problem with %" PetscInt_FMT
                            " unknowns stopped after %" PetscInt_FMT " iterations: %s",
                            s->size, its, KSPConvergedReasons[reason]));
  }
  PetscFunctionReturn(0);
}
