#include "attempt.h"

enum { SENTENCE = 256 };

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

static PetscErrorCode options_given(PetscBool *given)
{
  char *all;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  *given = (PetscBool)(strstr(all, "-spectrum_eps_") || strstr(all, "-spectrum_st_") ||
                       strstr(all, "-spectrum_bv_") || strstr(all, "-spectrum_ds_"));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

PetscErrorCode AttemptSolve(EPS eps, PetscErrorCode (*solve)(EPS eps, void *ctx), void *ctx,
                            CellFailure *failure)
{
  char sentence[SENTENCE] = "no reason given";
  PetscErrorCode code;
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
  code = solve(eps, ctx);
  PetscCall(PetscPopErrorHandler());
  if (!code) PetscFunctionReturn(0);
  if (code == PETSC_ERR_MAT_CH_ZRPVT || code == PETSC_ERR_MAT_LU_ZRPVT || code == PETSC_ERR_NOT_CONVERGED ||
      strstr(sentence, "indefinite matrix")) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(
        PetscSNPrintf(failure->message, sizeof(failure->message), "the eigensolver failed: %s", sentence));
    PetscFunctionReturn(0);
  }
  PetscCall(options_given(&given));
  PetscCheck(given && code != PETSC_ERR_MEM, PETSC_COMM_SELF, code, "%s", sentence);
  failure->status = CELL_REFUSED;
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                          "PETSc or SLEPc refuse the options of the eigensolver: %s", sentence));
  PetscFunctionReturn(0);
}
