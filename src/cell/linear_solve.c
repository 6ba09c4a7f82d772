#include "linear_solve.h"

enum { SENTENCE = 256 };

PetscErrorCode LinearOptionsGiven(PetscBool *given)
{
  char *all;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  *given = (PetscBool)(strstr(all, "-cell_ksp_") || strstr(all, "-cell_pc_"));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

/* Keeps the sentence that the error began with. */
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

/* What PETSc says of a choice that does not fit, as opposed to memory, files and our own mistakes. */
static CellStatus judge(PetscErrorCode code)
{
  switch (code) {
  case PETSC_ERR_ARG_UNKNOWN_TYPE:
  case PETSC_ERR_ARG_OUTOFRANGE:
  case PETSC_ERR_ARG_INCOMP:
  case PETSC_ERR_ARG_WRONG:
  case PETSC_ERR_MISSING_FACTOR:
  case PETSC_ERR_SUP:
  case PETSC_ERR_USER:
  case PETSC_ERR_USER_INPUT:
    return CELL_REFUSED;
  case PETSC_ERR_NOT_CONVERGED:
  case PETSC_ERR_CONV_FAILED:
  case PETSC_ERR_MAT_LU_ZRPVT:
  case PETSC_ERR_MAT_CH_ZRPVT:
    return CELL_NOT_CONVERGED;
  default:
    return CELL_OK;
  }
}

PetscErrorCode LinearSolve(KSP ksp, Vec b, Vec x, CellFailure *failure)
{
  char sentence[SENTENCE] = "no reason given";
  PetscErrorCode code;
  PetscBool given;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
  code = KSPSolve(ksp, b, x);
  PetscCall(PetscPopErrorHandler());
  if (!code) PetscFunctionReturn(0);
  PetscCall(LinearOptionsGiven(&given));
  PetscCheck(given && judge(code) != CELL_OK, PETSC_COMM_SELF, code, "%s", sentence);
  failure->status = judge(code);
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                          failure->status == CELL_REFUSED
                              ? "PETSc refuses the options of the linear solver: %s"
                              : "the linear solver failed: %s",
                          sentence));
  PetscFunctionReturn(0);
}
