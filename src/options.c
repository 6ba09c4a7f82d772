#include "options.h"

/* Looking for an option by name marks it as used, so the unused ones are searched first. */
static PetscErrorCode is_given(const char name[], PetscBool *given)
{
  char **names, **values;
  PetscInt n;

  PetscFunctionBegin;
  *given = PETSC_FALSE;
  PetscCall(PetscOptionsLeftGet(NULL, &n, &names, &values));
  for (PetscInt i = 0; i < n; i++) {
    if (!strcmp(names[i], name + 1)) *given = PETSC_TRUE;
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  if (!*given) PetscCall(PetscOptionsHasName(NULL, NULL, name, given));
  PetscFunctionReturn(0);
}

PetscErrorCode OptionsInsertCase(Case c)
{
  static const char *const plain[] = {"ksp_view", "ksp_monitor", "ksp_converged_reason"};
  PetscInt n;
  const char *const *names, *const *values;

  PetscFunctionBegin;
  PetscCall(CaseGetPetscOptions(c, &n, &names, &values));
  for (PetscInt i = 0; i < n; i++) {
    PetscBool given;
    PetscCall(is_given(names[i], &given));
    if (!given) PetscCall(PetscOptionsSetValue(NULL, names[i], values[i][0] ? values[i] : NULL));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(plain); i++) {
    char name[64], cell[64], value[256] = "";
    PetscBool given;
    PetscCall(PetscSNPrintf(name, sizeof(name), "-%s", plain[i]));
    PetscCall(PetscSNPrintf(cell, sizeof(cell), "-cell_%s", plain[i]));
    PetscCall(PetscOptionsGetString(NULL, NULL, name, value, sizeof(value), &given));
    if (given) PetscCall(PetscOptionsSetValue(NULL, cell, value[0] ? value : NULL));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report_unused(Case c, Diagnostics d, const char name[])
{
  char dashed[258], nearest[256], suggestion[258] = "";
  SourceSpan where;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(dashed, sizeof(dashed), "-%s", name));
  OptionsNearest(name, nearest, sizeof(nearest));
  if (nearest[0] && strcmp(nearest, name))
    PetscCall(PetscSNPrintf(suggestion, sizeof(suggestion), "-%s", nearest));
  PetscCall(CaseGetOptionPlace(c, d, dashed, NULL, PETSC_FALSE, &where));
  PetscCall(DiagnosticsError(
      d, where, NULL, suggestion,
      "nothing used the PETSc option %s; without it, --resume keeps the computed points", dashed));
  PetscFunctionReturn(0);
}

PetscErrorCode OptionsReportUnused(MPI_Comm comm, Case c, Diagnostics d, int *exit_code)
{
  char **names, **values, name[256];
  PetscInt n, total;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscOptionsLeftGet(NULL, &n, &names, &values));
  total = n;
  PetscCallMPI(MPI_Bcast(&total, 1, MPIU_INT, 0, comm));
  for (PetscInt i = 0; i < total; i++) {
    PetscBool used;
    PetscMPIInt any;
    if (rank == 0) PetscCall(PetscStrncpy(name, names[i], sizeof(name)));
    PetscCallMPI(MPI_Bcast(name, sizeof(name), MPI_CHAR, 0, comm));
    PetscCall(PetscOptionsUsed(NULL, name, &used));
    any = used ? 1 : 0;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, comm));
    if (any || OptionsIsGeneral(name)) continue;
    PetscCall(report_unused(c, d, name));
    *exit_code = REITER_INVALID_INPUT;
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  PetscFunctionReturn(0);
}
