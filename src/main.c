/*
  reiter VERB ...: the table of verbs, start-up and shut-down, exit codes.
*/
#include <reiter/run.h>
#include <signal.h>
#include <slepcsys.h>
#include "command_line.h"
#include "options.h"

/* Set by SIGINT and SIGTERM; the only state that a signal handler can reach. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
  interrupted = 1;
  signal(number, SIG_DFL); /* the second one ends the program at once */
}

/* Without mpiexec, Open MPI need not look for networks and daemons: 70 ms in place of 350 ms. */
static void quicken_singleton(void)
{
  if (getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK")) return;
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  setenv("OMPI_MCA_btl", "self", 0);
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_mtl", "^ofi,psm2", 0);
  /* Isolated singletons would all use one session directory and pull it from under each other. */
  setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
}

/* PETSc's own report of an error is a stack of frames; the sentence that matters is the first one. */
static PetscErrorCode keep_first_message(MPI_Comm comm, int line, const char *function, const char *file,
                                         PetscErrorCode code, PetscErrorType type, const char *message,
                                         void *ctx)
{
  (void)comm;
  if (type == PETSC_ERROR_INITIAL) {
    snprintf(ctx, 1024, "%s (%s, %s:%d)", message ? message : "no message", function, file, line);
  }
  return code;
}

static PetscErrorCode read_case(const CommandLine *line, Diagnostics d, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseRead(line->file, line->n_overrides, line->overrides, d, c));
  if (*c) {
    PetscCall(OptionsInsertCase(*c));
    PetscCall(OptionsCheckPrefixes(d));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode run_verb(const CommandLine *line, Diagnostics d, int *exit_code)
{
  Case c = NULL;
  PetscInt errors, warnings;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(read_case(line, d, &c));
  PetscCall(DiagnosticsCount(d, &errors, &warnings));
  if (errors) {
    *exit_code = REITER_INVALID_INPUT;
  } else if (line->verb == VERB_VALIDATE) {
    if (rank == 0) {
      printf("%s: valid\n", line->file);
      PetscCall(RunPlan(c, stdout));
    }
  } else {
    const RunRequest request = {.overwrite = line->overwrite,
                                .resume = line->resume,
                                .quiet = line->quiet,
                                .argc = line->argc,
                                .argv = line->argv,
                                .interrupted = &interrupted};
    if (line->output) PetscCall(CaseSetOutputDirectory(c, line->output));
    PetscCall(RunCase(PETSC_COMM_WORLD, c, &request, d, exit_code));
  }
  if (rank == 0) PetscCall(DiagnosticsPrint(d, stderr));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(0);
}

/* PETSc refuses what the user wrote (an unknown solver type, a value out of range): invalid input, not our
 * bug. */
static PetscBool is_users_mistake(PetscErrorCode code)
{
  return (PetscBool)(code == PETSC_ERR_ARG_UNKNOWN_TYPE || code == PETSC_ERR_USER_INPUT ||
                     code == PETSC_ERR_SUP || code == PETSC_ERR_MISSING_FACTOR);
}

static int with_petsc(CommandLine *line)
{
  static const char help[] = "reiter: diffusion in rugged, multiscale energy landscapes\n";
  char message[1024] = "";
  int exit_code = REITER_DONE, size;
  PetscErrorCode error;
  Diagnostics d;

  quicken_singleton();
  if (SlepcInitialize(&line->petsc_argc, &line->petsc_argv, NULL, help)) return REITER_INTERNAL;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  PetscPushErrorHandler(keep_first_message, message);
  error = DiagnosticsCreate(&d);
  if (!error) error = run_verb(line, d, &exit_code);
  if (!error) error = DiagnosticsDestroy(&d);
  PetscPopErrorHandler();
  if (error) {
    exit_code = is_users_mistake(error) ? REITER_INVALID_INPUT : REITER_INTERNAL;
    fprintf(stderr, "reiter: %s: %s\n",
            exit_code == REITER_INTERNAL ? "internal error" : "error: PETSc refuses", message);
    if (size > 1) MPI_Abort(PETSC_COMM_WORLD, exit_code);
    exit(exit_code); /* handles are in an unknown state: do not touch them again */
  }
  if (SlepcFinalize()) return REITER_INTERNAL;
  return exit_code;
}

int main(int argc, char **argv)
{
  CommandLine line;
  int exit_code;

  if (CommandLineParse(argc, argv, &line, &exit_code)) {
    switch (line.verb) {
    case VERB_RUN:
    case VERB_VALIDATE:
      exit_code = with_petsc(&line);
      break;
    case VERB_SCHEMA:
      exit_code = line.markdown ? (SchemaWriteReference(stdout) ? REITER_INTERNAL : REITER_DONE)
                                : (SchemaWriteJson(stdout) ? REITER_INTERNAL : REITER_DONE);
      break;
    case VERB_CITE:
      CommandLineCite(stdout);
      break;
    case VERB_VERSION:
      exit_code = RunVersion(stdout) ? REITER_INTERNAL : REITER_DONE;
      break;
    case VERB_HELP:
      exit_code = CommandLineHelp(line.topic, stdout) ? REITER_INTERNAL : REITER_DONE;
      break;
    }
  }
  CommandLineFree(&line);
  if (fflush(stdout)) return REITER_INTERNAL;
  return exit_code;
}
