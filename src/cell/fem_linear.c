#include "fem_linear.h"
#include "linear_solve.h"

/* Above this many unknowns the factor of a 2-d or 3-d problem costs more than conjugate gradients: with multigrid in two
   dimensions, and with an incomplete factor in three, where the matrices are small and dense. */
#define DIRECT_2D 300000
#define DIRECT_3D 1000

static PetscErrorCode choose_preconditioner(PC pc, PetscInt dim, PetscInt size)
{
  PetscFunctionBegin;
  if (dim == 1 || size <= (dim == 2 ? DIRECT_2D : DIRECT_3D)) {
    PetscCall(PCSetType(pc, PCCHOLESKY));
    PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGND));
  } else if (dim == 3) {
    PetscCall(PCSetType(pc, PCICC));
  } else {
#if defined(PETSC_HAVE_HYPRE)
    PetscCall(PCSetType(pc, PCHYPRE));
    PetscCall(PCHYPRESetType(pc, "boomeramg"));
#else
    PetscCall(PCSetType(pc, PCGAMG));
#endif
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode choose_solver(FemLinear *s, PetscInt dim)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PETSC_COMM_SELF, &s->ksp));
  PetscCall(KSPSetOptionsPrefix(s->ksp, "cell_"));
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscCall(KSPSetType(s->ksp, KSPCG));
  PetscCall(KSPSetTolerances(s->ksp, s->rtol, PETSC_DEFAULT, PETSC_DEFAULT, 2000));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(choose_preconditioner(pc, dim, s->size));
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearCreate(PetscInt dim, PetscInt size, PetscInt *row, PetscInt *column, FemLinear *s)
{
  PetscFunctionBegin;
  s->size = size;
  s->row = row;
  s->column = column;
  s->rtol = 1e-10;
  PetscCall(PetscCalloc1(row[size], &s->value));
  PetscCall(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, size, size, row, column, s->value, &s->A));
  PetscCall(MatSetOption(s->A, MAT_SPD, PETSC_TRUE));
  PetscCall(MatCreateVecs(s->A, &s->x, &s->b));
  PetscCall(choose_solver(s, dim));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearDestroy(FemLinear *s)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(VecDestroy(&s->x));
  PetscCall(VecDestroy(&s->b));
  PetscCall(MatDestroy(&s->A));
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
  if (rtol > 0 && rtol != s->rtol) {
    PetscCall(KSPSetTolerances(s->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    PetscCall(KSPSetFromOptions(s->ksp));
    s->rtol = rtol;
  }
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscFunctionReturn(0);
}

PetscErrorCode FemLinearSolve(FemLinear *s, const PetscReal b[], PetscReal x[], PetscInt *iterations,
                              CellFailure *failure)
{
  KSPConvergedReason reason;
  PetscInt its;

  PetscFunctionBegin;
  PetscCall(VecPlaceArray(s->b, b));
  PetscCall(VecPlaceArray(s->x, x));
  PetscCall(LinearSolve(s->ksp, s->b, s->x, failure));
  PetscCall(VecResetArray(s->x));
  PetscCall(VecResetArray(s->b));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(KSPGetConvergedReason(s->ksp, &reason));
  PetscCall(KSPGetIterationNumber(s->ksp, &its));
  *iterations += its;
  if (reason < 0) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                            "The linear solver of a cell problem with %" PetscInt_FMT
                            " unknowns stopped after %" PetscInt_FMT " iterations: %s",
                            s->size, its, KSPConvergedReasons[reason]));
  }
  PetscFunctionReturn(0);
}
