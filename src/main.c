/*
  reiter VERB ...: the table of verbs, start-up and shut-down, exit codes.
*/
#include <reiter/run.h>
#include <errno.h>
#include <signal.h>
#include <slepcsys.h>
#include <time.h>
#include <unistd.h>
#include "command_line_tables.h"
#include "first_rank.h"
#include "options.h"

/* Set by SIGINT and SIGTERM; the only state that a signal handler can reach. */
static volatile sig_atomic_t interrupted;

/* Factorisations do not look at it: people who wait for one should know. */
static void on_signal(int number)
{
  static const char says[] = "\nreiter: stopping when it can; once more stops it at once\n";
  const int kept = errno;

  signal(number, SIG_DFL); /* the second one ends the program at once */
  interrupted = 1;
  if (isatty(STDERR_FILENO)) {
    const ssize_t written = write(STDERR_FILENO, says, sizeof(says) - 1);
    (void)written; /* a terminal that is gone needs no word */
  }
  errno = kept;
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

/* The first sentence about an error, and where it was raised. PETSc's own report is a stack of frames. */
typedef struct {
  char sentence[1024], place[256];
} FirstError;

static PetscErrorCode keep_first_error(MPI_Comm comm, int line, const char *function, const char *file,
                                       PetscErrorCode code, PetscErrorType type, const char *message,
                                       void *ctx)
{
  FirstError *const first = ctx;

  (void)comm;
  if (type == PETSC_ERROR_INITIAL) {
    snprintf(first->sentence, sizeof(first->sentence), "%s", message && message[0] ? message : "no message");
    snprintf(first->place, sizeof(first->place), "%s, %s:%d", function, file, line);
  }
  return code;
}

/* The results of one verb do not replace those of another: results/NAME_paths stands beside results/NAME. */
static PetscErrorCode choose_folder(const CommandLine *line, Case c)
{
  const VerbEntry *const verb = CommandLineVerb(line->verb);
  const CaseOutput *output;
  char directory[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(c, &output));
  if (line->output) {
    PetscCall(CaseSetOutputDirectory(c, line->output));
  } else if (verb->own_folder && output->by_default) {
    PetscCall(PetscSNPrintf(directory, sizeof(directory), "%s_%s", output->directory, verb->name));
    PetscCall(CaseSetOutputDirectory(c, directory));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_case(const CommandLine *line, Diagnostics d, Case *c)
{
  PetscFunctionBegin;
  PetscCall(CaseRead(line->file, line->n_overrides, line->overrides, d, c));
  if (*c) {
    PetscCall(OptionsInsertCase(*c));
    PetscCall(OptionsCheck(*c, d));
    PetscCall(choose_folder(line, *c));
  }
  PetscFunctionReturn(0);
}

/* Each rank reads the case by itself, and a file may be missing on one machine only. All learn whether anybody
   found a mistake; the first that did speaks. */
static PetscErrorCode agree(Diagnostics d, PetscBool *mistaken)
{
  PetscMPIInt rank, size, first;
  PetscInt errors;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(DiagnosticsCount(d, &errors, NULL));
  first = errors ? rank : size;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  *mistaken = (PetscBool)(first < size);
  if (rank == first) PetscCall(DiagnosticsPrint(d, stderr));
  PetscFunctionReturn(0);
}

static PetscErrorCode validate(const CommandLine *line, Case c, Diagnostics d, int *exit_code)
{
  PetscInt errors;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank) PetscFunctionReturn(0);
  char *plan;
  size_t length;
  FILE *const stream = open_memstream(&plan, &length);
  PetscCheck(stream, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the plan");
  PetscCall(RunPlan(c, d, stream));
  if (line->cost) PetscCall(RunCost(c, line->ranks, stream));
  fclose(stream);
  PetscCall(DiagnosticsCount(d, &errors, NULL));
  if (errors) {
    *exit_code = REITER_INVALID_INPUT; /* what only shows when a mesh or a table is opened */
    PetscCall(DiagnosticsPrint(d, stderr));
  } else if (!line->quiet) {
    printf("%s: valid\n%s", line->file, plan);
  }
  free(plan);
  PetscFunctionReturn(0);
}

static PetscErrorCode do_work(const CommandLine *line, Case c, Diagnostics d, int *exit_code)
{
  const RunRequest request = {.overwrite = line->overwrite,
                              .resume = line->resume,
                              .quiet = line->quiet,
                              .resumable = CommandLineIsResumable(line->verb),
                              .argc = line->argc,
                              .argv = line->argv,
                              .interrupted = &interrupted};
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (line->verb == VERB_CONVERGE && line->study && !strcmp(line->study, "epsilon"))
    PetscCall(RunConvergeEpsilon(PETSC_COMM_WORLD, c, &request, d, exit_code));
  else if (line->verb == VERB_CONVERGE)
    PetscCall(RunConverge(PETSC_COMM_WORLD, line->file, line->n_overrides, line->overrides, line->output,
                          &request, d, exit_code));
  else if (line->verb == VERB_PATHS)
    PetscCall(RunPaths(PETSC_COMM_WORLD, c, &request, d, exit_code));
  else if (line->verb == VERB_ESTIMATE)
    PetscCall(RunEstimate(PETSC_COMM_WORLD, c, &request, d, exit_code));
  else if (line->verb == VERB_GREENKUBO)
    PetscCall(RunGreenKubo(PETSC_COMM_WORLD, c, &request, d, exit_code));
  else if (line->verb == VERB_TRANSITIONS)
    PetscCall(RunTransitions(PETSC_COMM_WORLD, c, &request, d, exit_code));
  else
    PetscCall(RunCase(PETSC_COMM_WORLD, c, &request, d, exit_code));
  if (rank == 0) PetscCall(DiagnosticsPrint(d, stderr));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_verb(const CommandLine *line, int *exit_code)
{
  Diagnostics d;
  Case c = NULL;
  PetscBool mistaken = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(DiagnosticsCreate(&d));
  PetscCall(read_case(line, d, &c));
  PetscCall(agree(d, &mistaken));
  if (mistaken)
    *exit_code = REITER_INVALID_INPUT;
  else if (line->verb == VERB_VALIDATE)
    PetscCall(validate(line, c, d, exit_code));
  else
    PetscCall(do_work(line, c, d, exit_code));
  PetscCall(CaseDestroy(&c));
  PetscCall(DiagnosticsDestroy(&d));
  PetscFunctionReturn(0);
}

/* A full disk, too little memory and a solver that stops short are no mistakes in reiter: no place in the source
   then. */
static int print_failure(PetscErrorCode code, const FirstError *first)
{
  fflush(stdout);
  switch (code) {
  case PETSC_ERR_FILE_OPEN:
  case PETSC_ERR_FILE_WRITE:
  case PETSC_ERR_FILE_READ:
    fprintf(stderr, "reiter: error: %s\n", first->sentence);
    return REITER_INTERNAL;
  case PETSC_ERR_MEM:
    fprintf(stderr, "reiter: error: out of memory (%s)\n", first->place);
    return REITER_INTERNAL;
  case PETSC_ERR_NOT_CONVERGED:
    fprintf(stderr, "reiter: error: %s\n", first->sentence);
    return REITER_NOT_CONVERGED;
  default:
    fprintf(stderr, "reiter: internal error: %s (%s)\n", first->sentence, first->place);
    return REITER_INTERNAL;
  }
}

/* Handles are in an unknown state: nothing is destroyed, MPI is not told to finish. The other ranks may wait for
   this one, so they have to be stopped; rank 0 speaks first if it failed too. */
static void give_up(PetscErrorCode code, const FirstError *first)
{
  const struct timespec pause = {.tv_nsec = 300000000};
  int rank, size, exit_code;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (rank) nanosleep(&pause, NULL);
  exit_code = print_failure(code, first);
  if (size > 1) MPI_Abort(PETSC_COMM_WORLD, exit_code);
  fflush(NULL);
  _exit(exit_code);
}

static int with_petsc(CommandLine *line)
{
  static const char help[] = "reiter: diffusion in rugged, multiscale energy landscapes\n";
  FirstError first = {"", ""};
  int exit_code = REITER_DONE;
  PetscErrorCode error;

  quicken_singleton();
  if (SlepcInitialize(&line->petsc_argc, &line->petsc_argv, NULL, help)) return REITER_INTERNAL;
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  PetscPushErrorHandler(keep_first_error, &first);
  error = run_verb(line, &exit_code);
  if (error) give_up(error, &first);
  PetscPopErrorHandler();
  return SlepcFinalize() ? REITER_INTERNAL : exit_code;
}

/* Verbs that only print. */
static int answer(const CommandLine *line)
{
  PetscErrorCode failed = 0;

  if (!IsFirstRank()) return REITER_DONE;
  switch (line->verb) {
  case VERB_SCHEMA:
    failed = line->markdown ? SchemaWriteReference(stdout) : SchemaWriteJson(stdout);
    break;
  case VERB_CITE:
    CommandLineCite(stdout);
    break;
  case VERB_VERSION:
    failed = RunVersion(stdout);
    break;
  default:
    failed = CommandLineHelp(line->topic, stdout);
  }
  return failed ? REITER_INTERNAL : REITER_DONE;
}

int main(int argc, char **argv)
{
  const struct timespec pause = {.tv_nsec = 500000000};
  CommandLine line;
  int exit_code;

  if (CommandLineParse(argc, argv, &line, &exit_code)) {
    const PetscBool solves = (PetscBool)(line.verb != VERB_NONE && CommandLineVerb(line.verb)->takes_case);
    exit_code = solves ? with_petsc(&line) : answer(&line);
  } else if (!IsFirstRank()) {
    nanosleep(&pause, NULL); /* mpiexec ends all as soon as one ends: let the first rank speak */
  }
  CommandLineFree(&line);
  if (fflush(stdout) || ferror(stdout)) {
    fprintf(stderr, "reiter: error: cannot write to the standard output\n");
    return REITER_INTERNAL;
  }
  return exit_code;
}
