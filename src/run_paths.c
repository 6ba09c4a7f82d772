/* `reiter paths`: case -> dynamics -> ensembles of paths -> run folder. */
#include "options.h"
#include "run_paths.h"

/* Both parts of a voyage: the paths that go on, and those that stop at the target. */
static PetscErrorCode make_parts(Run *run, Voyage *voyage, int *exit_code)
{
  const CaseOutput *output;
  char digest[17];

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(run->c, &output));
  PetscCall(CaseDigest(run->c, digest));
  for (PetscInt k = 0; k < PARTS && *exit_code == REITER_DONE; k++) {
    EnsemblePlan plan;
    const char *section;
    char *refused;
    PetscBool asked;

    PetscCall(PathsPlanPart(&voyage->plan, k, &plan, &asked));
    if (!asked) continue;
    PetscCall(EnsembleCreate(run->comm, &plan, &voyage->parts[k], &section, &refused));
    if (refused) {
      PetscCall(RunRefuse(run->c, run->diagnostics, section, NULL, exit_code, "%s", refused));
      PetscCall(PetscFree(refused));
    } else {
      PetscCall(EnsembleSetCheckpoint(voyage->parts[k], run->folder, digest, output->checkpoint_seconds,
                                      run->request->resume));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode prepare(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  const CasePaths *wanted;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(run->c, &wanted));
  PetscCall(CaseGetPotential(run->c, &potential));
  for (PetscInt i = 0; i < n && *exit_code == REITER_DONE; i++) {
    Voyage *const v = &voyages[i];

    PetscCall(PathsBeginPlan(run->c, i, &v->plan));
    if (i < wanted->n_epsilon)
      PetscCall(DynamicsCreateMultiscale(potential, wanted->epsilon[i], &v->plan.dynamics));
    else
      PetscCall(PathsMakeHomogenized(run, &v->plan.dynamics, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(PathsChooseSteps(i, &v->plan, run->diagnostics, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(make_parts(run, v, exit_code));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode travel(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  PetscInt64 total = 0, before = 0, work;
  CellFailure failure = {CELL_OK, ""};
  Progress progress = NULL;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n * PARTS; i++) {
    if (!voyages[i / PARTS].parts[i % PARTS]) continue;
    PetscCall(EnsembleGetWork(voyages[i / PARTS].parts[i % PARTS], &work));
    total += work;
  }
  if (run->rank == 0)
    PetscCall(ProgressCreate("million path-steps", (PetscInt)PetscMin(total / 1000000, PETSC_MAX_INT),
                             run->request->quiet, &progress));
  for (PetscInt i = 0; i < n * PARTS && failure.status == CELL_OK; i++) {
    Ensemble const part = voyages[i / PARTS].parts[i % PARTS];

    if (!part) continue;
    PetscCall(EnsembleAdvance(part, run->request->interrupted, progress, before, &failure));
    PetscCall(EnsembleGetWork(part, &work));
    before += work;
  }
  if (progress) PetscCall(ProgressDestroy(&progress));
  PetscCall(RunJudgeFailure(run, &failure, "the paths", exit_code));
  PetscFunctionReturn(0);
}

/* Results that the paths do not give, although they went to their end; the others are kept. */
static PetscErrorCode report_missing(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n * PARTS && run->rank == 0; i++) {
    Ensemble const part = voyages[i / PARTS].parts[i % PARTS];
    const char *section, *missing = NULL;
    char equation[64];
    SourceSpan where;

    if (part) PetscCall(EnsembleGetMissing(part, &section, &missing));
    if (!missing) continue;
    PathsNameEquation(&voyages[i / PARTS].plan, equation, sizeof(equation));
    PetscCall(CaseGetPlace(run->c, run->diagnostics, section, &where));
    PetscCall(DiagnosticsError(run->diagnostics, where, NULL, NULL, "%s: %s", equation, missing));
    *exit_code = REITER_NOT_CONVERGED;
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  PetscFunctionReturn(0);
}

/* arrived: the paths went to their end. */
static PetscErrorCode write_results(Run *run, PetscInt n, Voyage voyages[], PetscBool arrived, int exit_code)
{
  PetscFunctionBegin;
  if (run->rank) PetscFunctionReturn(0);
  run->report.status = RunStatus(exit_code);
  PetscCall(ReportPathsJson(&run->report, run->folder, arrived ? n : 0, voyages));
  if (arrived) {
    PetscCall(ReportPathsFiles(run->folder, n, voyages));
    if (!run->request->quiet) PetscCall(ReportPathsPrint(n, voyages, stdout));
    PetscCall(ReportPathsWarn(run->c, run->diagnostics, n, voyages));
  }
  PetscCall(RunLogEnd(run, exit_code == REITER_DONE ? "results" : "what was finished"));
  for (PetscInt i = 0; i < n * PARTS && arrived; i++) {
    if (voyages[i / PARTS].parts[i % PARTS]) PetscCall(EnsembleForget(voyages[i / PARTS].parts[i % PARTS]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode run_paths(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  PetscBool arrived;

  PetscFunctionBegin;
  PetscCall(RunOpenFolder(run, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  PetscCall(prepare(run, n, voyages, exit_code));
  /* before the work: who could use an option has been made by now */
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(travel(run, n, voyages, exit_code));
  arrived = (PetscBool)(*exit_code == REITER_DONE);
  if (arrived) PetscCall(report_missing(run, n, voyages, exit_code));
  if (*exit_code != REITER_INVALID_INPUT) PetscCall(write_results(run, n, voyages, arrived, *exit_code));
  if (run->coefficients_checkpoint)
    PetscCall(CheckpointClose(&run->coefficients_checkpoint,
                              (PetscBool)(*exit_code == REITER_INVALID_INPUT || arrived)));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPaths(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  const CasePaths *wanted;
  Voyage *voyages;

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(RunBegin(&run));
  PetscCall(CaseGetPaths(c, &wanted));
  /* before the run folder is touched: it would be held against the mended case */
  PetscCall(PathsJudge(c, d, NULL, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  run.report.seed = wanted->seed;
  const PetscInt n = wanted->n_epsilon + (wanted->homogenized ? 1 : 0);

  PetscCall(PetscCalloc1(n, &voyages));
  PetscCall(run_paths(&run, n, voyages, exit_code));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = 0; k < PARTS; k++) PetscCall(EnsembleDestroy(&voyages[i].parts[k]));
    if (voyages[i].plan.dynamics) PetscCall(DynamicsDestroy(&voyages[i].plan.dynamics));
  }
  PetscCall(PetscFree(voyages));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}
