#include <time.h>
#include "options.h"
#include "run_private.h"

PetscErrorCode RunRefuse(Case c, Diagnostics d, const char key[], const char expected[], int *exit_code,
                         const char format[], ...)
{
  char message[512];
  SourceSpan where = {0};
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  if (key) PetscCall(CaseGetPlace(c, d, key, &where));
  PetscCall(DiagnosticsError(d, where, expected, NULL, "%s", message));
  *exit_code = REITER_INVALID_INPUT;
  PetscFunctionReturn(0);
}

const char *RunStatus(int exit_code)
{
  return exit_code == REITER_DONE          ? "ok"
         : exit_code == REITER_UNVERIFIED  ? "unverified"
         : exit_code == REITER_INTERRUPTED ? "interrupted"
                                           : "not converged";
}

const char *RunHowToGoOn(const Run *run)
{
  return run->request->resumable ? "; the same command with --resume goes on from here" : "";
}

PetscErrorCode RunLogEnd(Run *run, const char left[])
{
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(run->c, &output));
  PetscCall(RunFolderLog(run->folder, "%s: %s in %s after %.2f s", run->report.status, left,
                         output->directory, MPI_Wtime() - run->report.started));
  PetscFunctionReturn(0);
}

PetscErrorCode RunOpenFolder(Run *run, int *exit_code)
{
  const CaseOutput *output;
  const char *text;
  char digest[17], *resolved, *refused = NULL;
  size_t length;

  PetscFunctionBegin;
  if (run->rank == 0) {
    PetscCall(CaseGetOutput(run->c, &output));
    PetscCall(CaseDigest(run->c, digest));
    PetscCall(RunFolderOpen(output->directory, digest, run->request->overwrite, run->request->resume,
                            &run->folder, &refused));
    if (refused) {
      PetscCall(DiagnosticsError(run->diagnostics, (SourceSpan){0}, NULL, NULL, "%s", refused));
      *exit_code = REITER_INVALID_INPUT;
      PetscCall(PetscFree(refused));
    } else {
      PetscCall(RunFolderSetQuiet(run->folder, run->request->quiet));
      PetscCall(CaseGetText(run->c, &text, &length));
      PetscCall(RunFolderWriteText(run->folder, "case.yaml", text, length));
      PetscCall(CaseWriteResolved(run->c, &resolved));
      PetscCall(RunFolderWriteText(run->folder, "resolved.yaml", resolved, strlen(resolved)));
      PetscCall(PetscFree(resolved));
    }
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  PetscFunctionReturn(0);
}

/* From the case to a diffusion that questions can be asked of; nothing without `domain:`. */
static PetscErrorCode make_diffusion(Run *run, int *exit_code)
{
  const CaseDomain *wanted;
  PetscLogDouble clock[3];

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(run->c, &wanted));
  if (!wanted->given) PetscFunctionReturn(0);
  clock[0] = MPI_Wtime();
  PetscCall(RunDomain(run, exit_code));
  clock[1] = MPI_Wtime();
  if (*exit_code == REITER_DONE) PetscCall(RunCoefficients(run, exit_code));
  clock[2] = MPI_Wtime();
  if (*exit_code == REITER_DONE) PetscCall(RunDiffusion(run, exit_code));
  /* Of a case that has to be changed the cascades are worth nothing, and would only hold the folder against it. */
  if (run->coefficients_checkpoint)
    PetscCall(
        CheckpointClose(&run->coefficients_checkpoint, (PetscBool)(*exit_code == REITER_INVALID_INPUT)));
  run->report.domain_seconds = clock[1] - clock[0];
  run->report.coefficients_seconds = clock[2] - clock[1];
  run->report.diffusion_seconds = MPI_Wtime() - clock[2];
  PetscFunctionReturn(0);
}

static PetscErrorCode ask_one(Run *run, PetscInt i, CellFailure *failure)
{
  const Setting *const s = &run->report.setting;
  PetscInt before, after;
  SourceSpan where;

  PetscFunctionBegin;
  PetscCall(DiagnosticsCount(run->diagnostics, &before, NULL));
  PetscCall(CheckSignal(run->comm, run->request->interrupted, failure));
  if (failure->status == CELL_OK) PetscCall(Questions[i]->Answer(s, &run->report.answers[i], failure));
  if (failure->status != CELL_OK && run->report.answers[i])
    PetscCall(Questions[i]->Destroy(&run->report.answers[i]));
  PetscCall(DiagnosticsCount(run->diagnostics, &after, NULL));
  /* Solvers refuse options without knowing of the case. */
  if (failure->status == CELL_REFUSED && after == before) {
    PetscCall(CaseGetPlace(run->c, run->diagnostics, Questions[i]->key, &where));
    PetscCall(DiagnosticsError(run->diagnostics, where, NULL, NULL, "%s", failure->message));
  }
  PetscFunctionReturn(0);
}

/* evolve | spectrum | passage: each question that the case asks, until one has no answer. */
static PetscErrorCode ask(Run *run, int *exit_code)
{
  Setting *const s = &run->report.setting;

  PetscFunctionBegin;
  *s = (Setting){.comm = run->comm,
                 .rank = run->rank,
                 .c = run->c,
                 .diagnostics = run->diagnostics,
                 .folder = run->folder,
                 .resume = run->request->resume,
                 .quiet = run->request->quiet,
                 .interrupted = run->request->interrupted,
                 .coefficients = run->coefficients,
                 .domain = run->domain,
                 .diffusion = run->diffusion};
  PetscCall(CaseGetPotential(run->c, &s->potential));
  for (PetscInt i = 0; Questions[i] && run->diffusion && *exit_code == REITER_DONE; i++) {
    CellFailure failure = {CELL_OK, ""};
    PetscBool asked;
    PetscCall(Questions[i]->IsAsked(run->c, &asked));
    if (!asked) continue;
    run->report.seconds[i] = -MPI_Wtime();
    PetscCall(ask_one(run, i, &failure));
    run->report.seconds[i] += MPI_Wtime();
    PetscCall(RunJudgeFailure(run, &failure, Questions[i]->key, exit_code));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(Run *run, int exit_code)
{
  const CaseEffective *wanted;
  const CaseOutput *output;
  Report *r = &run->report;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(run->c, &wanted));
  PetscCall(CaseGetOutput(run->c, &output));
  if (exit_code == REITER_DONE && wanted->correctors && run->rank == 0) {
    PetscCall(CascadeSetComm(run->cascade, PETSC_COMM_SELF)); /* rank 0 alone */
    PetscCall(ReportWriteCorrectors(r, run->cascade, run->folder));
  }
  if (exit_code == REITER_DONE) PetscCall(ReportWriteAnswers(r));
  if (run->rank) PetscFunctionReturn(0);
  r->status = RunStatus(exit_code);
  if (output->csv && r->n) PetscCall(ReportWriteCsv(r, run->folder));
  if (output->xdmf && exit_code == REITER_DONE) PetscCall(ReportWriteFields(r, run->folder));
  PetscCall(ReportWriteJson(r, run->folder));
  if (exit_code == REITER_DONE && !run->request->quiet) PetscCall(ReportPrint(r, stdout));
  PetscCall(RunLogEnd(run, exit_code == REITER_DONE          ? "results"
                           : exit_code == REITER_INTERRUPTED ? "what was finished"
                                                             : "the best so far"));
  PetscFunctionReturn(0);
}

PetscErrorCode RunClose(Run *run)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; Questions[i]; i++) PetscCall(Questions[i]->Destroy(&run->report.answers[i]));
  PetscCall(DiffusionDestroy(&run->diffusion));
  PetscCall(CoefficientsDestroy(&run->coefficients));
  PetscCall(CascadeDestroy(&run->domain_cascade));
  PetscCall(DomainDestroy(&run->domain));
  PetscCall(EffectiveDestroy(&run->effective));
  PetscCall(CascadeDestroy(&run->cascade));
  if (run->folder) PetscCall(RunFolderClose(&run->folder));
  PetscFunctionReturn(0);
}

/* The spine: case -> potential -> cascade -> coefficients -> diffusion -> evolve | spectrum | passage -> run folder. */
static PetscErrorCode run_case(Run *run, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(RunOpenFolder(run, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  run->report.cells_seconds = -MPI_Wtime();
  PetscCall(CascadeOfCase(run->c, &run->cascade));
  run->report.cells_seconds += MPI_Wtime();
  if (run->cascade) PetscCall(CascadeSetInterrupt(run->cascade, run->request->interrupted));
  PetscCall(RunLogPlan(run));
  PetscCall(RunEffective(run, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(make_diffusion(run, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(ask(run, exit_code));
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (*exit_code != REITER_INVALID_INPUT) PetscCall(write_results(run, *exit_code));
  PetscFunctionReturn(0);
}

PetscErrorCode RunBegin(Run *run)
{
  const time_t now = time(NULL);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &run->rank));
  PetscCallMPI(MPI_Comm_size(run->comm, &run->size));
  run->report = (Report){.c = run->c, .request = run->request, .ranks = run->size, .started = MPI_Wtime()};
  strftime(run->report.started_at, sizeof(run->report.started_at), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_and_measure(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d,
                                      PetscInt n, const char *const names[], PetscReal values[],
                                      PetscBool known[], int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(RunBegin(&run));
  PetscCall(run_case(&run, exit_code));
  for (PetscInt i = 0; i < n; i++) PetscCall(ReportQuantity(&run.report, names[i], &values[i], &known[i]));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

/* A case without potential and domain that only other verbs can do something with. */
static PetscErrorCode check_asked(Case c, Diagnostics d, int *exit_code)
{
  const CaseEffective *effective;
  const CaseDomain *domain;
  const CasePaths *paths;
  const CaseEstimate *estimate;
  const CaseGreenKubo *greenkubo;
  const char *verb;
  char expected[64];
  Potential potential;
  const CaseDiffusion *diffusion;

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(CaseGetEffective(c, &effective));
  PetscCall(CaseGetDomain(c, &domain));
  PetscCall(CaseGetPaths(c, &paths));
  PetscCall(CaseGetEstimate(c, &estimate));
  PetscCall(CaseGetGreenKubo(c, &greenkubo));
  PetscCall(CaseGetPotential(c, &potential));
  PetscCall(CaseGetDiffusion(c, &diffusion));
  if (greenkubo->given && !potential && !diffusion->given) {
    PetscCall(RunRefuse(c, d, "greenkubo", "`reiter greenkubo`, or a section potential or diffusion", exit_code,
                        "`reiter run` has no model: `reiter greenkubo` makes one of the series, and runs it"));
    PetscFunctionReturn(0);
  }
  verb = estimate->given ? "estimate" : greenkubo->given ? "greenkubo" : paths->given ? "paths" : NULL;
  if (effective->n_points || domain->given || !verb) PetscFunctionReturn(0);
  snprintf(expected, sizeof(expected), "`reiter %s`, or a section effective or domain", verb);
  PetscCall(RunRefuse(c, d, verb, expected, exit_code,
                      "`reiter run` has nothing to do: %s is for `reiter %s`", verb, verb));
  PetscFunctionReturn(0);
}

PetscErrorCode RunCase(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(check_asked(c, d, exit_code));
  if (*exit_code != REITER_DONE) PetscFunctionReturn(0);
  PetscCall(run_and_measure(comm, c, request, d, 0, NULL, NULL, NULL, exit_code));
  PetscFunctionReturn(0);
}

PetscErrorCode RunMeasure(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, PetscInt n,
                          const char *const names[], PetscReal values[], PetscBool known[], int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(run_and_measure(comm, c, request, d, n, names, values, known, exit_code));
  PetscFunctionReturn(0);
}
