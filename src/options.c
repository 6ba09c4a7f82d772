#include "options.h"

/* PETSc asks for these when it ends, so they still look unused before. */
static PetscBool is_late(const char name[])
{
  static const char *const late[] = {"options_left", "options_view", "malloc_dump", "malloc_debug",
                                     "objects_dump", "log_",         "on_error",    "info",
                                     "skip_petscrc", "mpi_",         "nox",         "saws",
                                     "get_total",    "malloc_view",  "memory_view", "citations"};

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(late); i++) {
    if (!strncmp(name, late[i], strlen(late[i]))) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode OptionsInsertCase(Case c)
{
  static const char *const plain[] = {"ksp_view", "ksp_monitor", "ksp_converged_reason"};
  PetscInt n;
  const char *const *names, *const *values;

  PetscFunctionBegin;
  PetscCall(CaseGetPetscOptions(c, &n, &names, &values));
  for (PetscInt i = 0; i < n; i++) {
    char name[256];
    PetscBool given;
    PetscCall(PetscSNPrintf(name, sizeof(name), "-%s", names[i] + (names[i][0] == '-')));
    PetscCall(PetscOptionsHasName(NULL, NULL, name, &given));
    if (!given) PetscCall(PetscOptionsSetValue(NULL, name, values[i][0] ? values[i] : NULL));
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

PetscErrorCode OptionsCheckPrefixes(Diagnostics d)
{
  static const char *const prefixes[] = {"cell_"};
  char **names, **values;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(PetscOptionsLeftGet(NULL, &n, &names, &values));
  for (PetscInt i = 0; i < n; i++) {
    PetscBool known = is_late(names[i]);
    for (size_t p = 0; p < PETSC_STATIC_ARRAY_LENGTH(prefixes); p++) {
      if (!strncmp(names[i], prefixes[p], strlen(prefixes[p]))) known = PETSC_TRUE;
    }
    if (known) continue;
    char head[64], *rest;
    PetscCall(PetscStrncpy(head, names[i], sizeof(head)));
    rest = strchr(head, '_');
    if (rest) rest[1] = 0;
    const char *near = NearestName(head, PETSC_STATIC_ARRAY_LENGTH(prefixes), prefixes);
    char suggestion[128] = "";
    if (near && rest)
      PetscCall(PetscSNPrintf(suggestion, sizeof(suggestion), "-%s%s", near, strchr(names[i], '_') + 1));
    PetscCall(DiagnosticsError(d, (SourceSpan){0},
                               "an option with the prefix -cell_, or a general one as -log_view",
                               suggestion[0] ? suggestion : NULL, "unknown PETSc option -%s", names[i]));
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OptionsReportUnused(MPI_Comm comm, Diagnostics d, int *exit_code)
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
    if (any || is_late(name)) continue;
    PetscCall(DiagnosticsError(
        d, (SourceSpan){0}, NULL, NULL,
        "nothing used the PETSc option -%s; drop it (the computed points are kept: --resume)", name));
    *exit_code = REITER_INVALID_INPUT;
  }
  PetscCall(PetscOptionsLeftRestore(NULL, &n, &names, &values));
  PetscFunctionReturn(0);
}
