/* The linear systems (B + sigma S) x = y of lanczos and ts. */
#include "evolve_private.h"

enum { SENTENCE = 256 };

PetscErrorCode EvolveCombine(Evolve e, PetscReal shift_b, PetscReal shift_s, Mat *matrix)
{
  Mat S = e->system->S, B = e->system->B;

  PetscFunctionBegin;
  if (!*matrix) {
    PetscCall(MatDuplicate(S, MAT_COPY_VALUES, matrix));
    if (B) PetscCall(MatAXPY(*matrix, 1, B, DIFFERENT_NONZERO_PATTERN));
    PetscCall(MatSetOption(*matrix, MAT_SPD, PETSC_TRUE));
  }
  PetscCall(MatZeroEntries(*matrix));
  PetscCall(MatAXPY(*matrix, shift_s, S, B ? SUBSET_NONZERO_PATTERN : SAME_NONZERO_PATTERN));
  if (B)
    PetscCall(MatAXPY(*matrix, shift_b, B, SUBSET_NONZERO_PATTERN));
  else
    PetscCall(MatShift(*matrix, shift_b));
  PetscFunctionReturn(0);
}

/* Measured on grids: PETSc's own Cholesky with nested dissection is the fastest up to some 2e5 unknowns in the plane,
   CHOLMOD beyond and in space. */
static PetscErrorCode choose_factor(Evolve e, PC pc)
{
  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCCHOLESKY));
#if defined(PETSC_HAVE_SUITESPARSE)
  if (e->system->dim > 2 || e->system->n_free > 200000) {
    PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERCHOLMOD));
    PetscFunctionReturn(0);
  }
#endif
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERPETSC));
  PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGND));
  PetscFunctionReturn(0);
}

/* MUMPS adds in the order in which messages come, so that a resumed run would differ in the last bits; it is also two to
   four times slower on one core. As long as it fits into memory, every process has the whole factor. */
static PetscErrorCode choose_parallel(Evolve e, PC pc)
{
  const PetscInt fits = e->system->dim < 3 ? 1000000 : 100000;
  KSP inner;
  PC inner_pc;

  PetscFunctionBegin;
#if defined(PETSC_HAVE_MUMPS)
  if (e->system->n_free > fits) {
    PetscCall(PCSetType(pc, PCCHOLESKY));
    PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    PetscFunctionReturn(0);
  }
#endif
  PetscCall(PCSetType(pc, PCREDUNDANT));
  PetscCall(PCRedundantGetKSP(pc, &inner));
  PetscCall(KSPGetPC(inner, &inner_pc));
  PetscCall(choose_factor(e, inner_pc));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveLinearDefaults(Evolve e, KSP ksp)
{
  const PetscReal rtol = PetscMax(1e-14, 0.01 * e->tolerance);
  PetscMPIInt size;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPSetTolerances(ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCallMPI(MPI_Comm_size(e->comm, &size));
  PetscCall(size > 1 ? choose_parallel(e, pc) : choose_factor(e, pc));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveLinearSetUp(Evolve e, Mat matrix, KSP *ksp)
{
  PetscFunctionBegin;
  if (!*ksp) {
    PetscCall(KSPCreate(e->comm, ksp));
    PetscCall(KSPSetOptionsPrefix(*ksp, "evolve_"));
    PetscCall(KSPSetOperators(*ksp, matrix, matrix));
    PetscCall(EvolveLinearDefaults(e, *ksp));
    PetscCall(KSPSetFromOptions(*ksp));
  }
  PetscCall(KSPSetOperators(*ksp, matrix, matrix));
  PetscCall(KSPSetUp(*ksp));
  PetscFunctionReturn(0);
}

static PetscErrorCode options_given(PetscBool *given)
{
  char *all;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetAll(NULL, &all));
  *given = (PetscBool)(strstr(all, "-evolve_ksp_") || strstr(all, "-evolve_pc_") ||
                       strstr(all, "-evolve_ts_") || strstr(all, "-evolve_snes_"));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(0);
}

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

PetscErrorCode EvolveGuard(Evolve e, PetscErrorCode (*call)(void *ctx), void *ctx)
{
  char sentence[SENTENCE] = "no reason given";
  PetscErrorCode code;
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(options_given(&given));
  if (!given) {
    PetscCall(call(ctx));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscPushErrorHandler(keep_sentence, sentence));
  code = call(ctx);
  PetscCall(PetscPopErrorHandler());
  if (!code) PetscFunctionReturn(0);
  PetscCheck(code != PETSC_ERR_MEM && code != PETSC_ERR_PLIB && code != PETSC_ERR_FILE_WRITE, PETSC_COMM_SELF,
             code, "%s", sentence);
  PetscCall(EvolveFail(e, CELL_REFUSED, "PETSc refuses the options -evolve_..: %s", sentence));
  PetscFunctionReturn(0);
}
