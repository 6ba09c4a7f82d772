/*
  The spine: case -> potential -> cascade -> effective coefficients -> run folder.
*/
#pragma once
#include <reiter/case.h>
#include <reiter/effective.h>

/* Exit codes of the program (contract with users). */
enum {
  REITER_DONE = 0,
  REITER_INTERNAL = 1,
  REITER_INVALID_INPUT = 2,
  REITER_NOT_CONVERGED = 3,
  REITER_UNVERIFIED = 4,
  REITER_INTERRUPTED = 130
};

/* What the command line says beside the case. */
typedef struct {
  PetscBool overwrite, resume, quiet;
  int argc;
  char **argv;                     /* as given, for the record */
  const volatile int *interrupted; /* set by a signal handler */
} RunRequest;

/* Runs the case on all ranks of comm; *exit_code is one of the above. Mistakes that only show while running
   go to d. Collective. */
PetscErrorCode RunCase(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code);
/* One line per scale: which method, and why (the first of the points). Rank 0. */
PetscErrorCode RunPlan(Case c, FILE *stream);
/* The versions of reiter and of the libraries, one per line. */
PetscErrorCode RunVersion(FILE *stream);
