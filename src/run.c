#include <reiter/run.h>
#include <time.h>
#include "options.h"
#include "report.h"

/* What one run holds; made and destroyed in run order. */
typedef struct {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  Case c;
  const RunRequest *request;
  Diagnostics diagnostics;
  RunFolder folder; /* rank 0 */
  Cascade cascade;
  Effective effective;
  Report report;
} Run;

static PetscErrorCode open_folder(Run *run, int *exit_code)
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

static PetscErrorCode make_cascade(Case c, Cascade *cascade)
{
  Potential potential;
  const CaseCell *cell;
  CellSolver solver;

  PetscFunctionBegin;
  PetscCall(CaseGetPotential(c, &potential));
  PetscCall(CaseGetCell(c, &cell));
  PetscCall(CascadeCreate(potential, cascade));
  PetscCall(CascadeSetTolerance(*cascade, cell->tolerance));
  PetscCall(CascadeSetMaxSolves(*cascade, cell->max_solves));
  PetscCall(CascadeSetBreaks(*cascade, cell->n_breaks, (const PetscReal *const *)cell->breaks));
  PetscCall(CascadeGetCellSolver(*cascade, &solver));
  PetscCall(CellSolverSetMethod(solver, cell->method));
  PetscCall(CellSolverSetResolution(solver, cell->cells, cell->order));
  PetscCall(CellSolverSetLimit(solver, cell->max_unknowns));
  PetscCall(CellSolverSetFromOptions(solver));
  PetscFunctionReturn(0);
}

/* The plan of the cells into log.txt (and stdout, unless quiet). */
static PetscErrorCode log_plan(Run *run)
{
  const CaseEffective *effective;
  PetscViewer viewer;
  FILE *stream;
  char *text, *line, *rest;
  size_t length;

  PetscFunctionBegin;
  if (run->rank) PetscFunctionReturn(0);
  PetscCall(CaseGetEffective(run->c, &effective));
  stream = open_memstream(&text, &length);
  PetscCheck(stream, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the plan");
  PetscCall(PetscViewerASCIIOpenWithFILE(PETSC_COMM_SELF, stream, &viewer));
  PetscCall(CascadeView(run->cascade, effective->points, viewer));
  PetscCall(PetscViewerDestroy(&viewer));
  fclose(stream);
  for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    PetscCall(RunFolderLog(run->folder, "%s", line));
  }
  free(text);
  PetscFunctionReturn(0);
}

/* A checkpoint of failures alone is worth nothing, and would only hold the folder against a mended case. */
static PetscBool failed_everywhere(const Report *r)
{
  for (PetscInt i = 0; i < r->n; i++) {
    if (!r->finished[i] || r->points[i].failure.status == CELL_OK) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscErrorCode compute_effective(Run *run)
{
  const CaseEffective *wanted;
  Checkpoint checkpoint = NULL;
  Progress progress = NULL;
  char digest[17];

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(run->c, &wanted));
  PetscCall(EffectiveCreate(run->comm, run->cascade, wanted->n_points, wanted->points, &run->effective));
  if (run->rank == 0) {
    PetscCall(CaseDigest(run->c, digest));
    PetscCall(CheckpointOpen(run->folder, "effective.checkpoint", digest, sizeof(EffectivePoint),
                             run->request->resume, &checkpoint));
    PetscCall(ProgressCreate("points", wanted->n_points, run->request->quiet, &progress));
    PetscCall(EffectiveSetCheckpoint(run->effective, checkpoint));
    PetscCall(EffectiveSetProgress(run->effective, progress));
  }
  PetscCall(EffectiveCompute(run->effective, run->request->interrupted));
  PetscCall(EffectiveGetPoints(run->effective, &run->report.n, &run->report.points, &run->report.finished));
  if (run->rank == 0) {
    PetscCall(ProgressDestroy(&progress));
    PetscCall(CheckpointClose(&checkpoint, failed_everywhere(&run->report)));
  }
  PetscFunctionReturn(0);
}

static void print_point(char text[], size_t size, PetscInt dim, const PetscReal x[])
{
  size_t used = 0;

  for (PetscInt c = 0; c < dim && used < size; c++) {
    used += (size_t)snprintf(text + used, size - used, "%s%.10g%s", c ? ", " : "(", (double)x[c],
                             c + 1 < dim ? "" : ")");
  }
}

/* Points without a result: which, and why the first of them has none. */
static PetscErrorCode report_failures(Run *run, PetscInt failed, const EffectivePoint *first)
{
  PetscInt dim;
  char place[96];

  PetscFunctionBegin;
  PetscCall(CascadeGetDimension(run->cascade, &dim));
  print_point(place, sizeof(place), dim, first->x);
  if (run->report.n == 1) {
    PetscCall(DiagnosticsError(run->diagnostics, (SourceSpan){0}, NULL, NULL, "no result at x = %s: %s",
                               place, first->failure.message));
  } else {
    PetscCall(DiagnosticsError(run->diagnostics, (SourceSpan){0}, NULL, NULL,
                               "%" PetscInt_FMT " of %" PetscInt_FMT
                               " points have no result, among them x = %s: %s",
                               failed, run->report.n, place, first->failure.message));
  }
  PetscFunctionReturn(0);
}

/* What the points say about the run as a whole: interrupted, invalid, not converged, or done. */
static PetscErrorCode judge(Run *run, int *exit_code)
{
  const Report *r = &run->report;
  PetscInt failed = 0, missing = 0, first = -1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->n; i++) {
    missing += !r->finished[i];
    if (!r->finished[i] || r->points[i].failure.status == CELL_OK) continue;
    failed++;
    if (first < 0 || r->points[i].failure.status == CELL_NOT_FINITE) first = i;
  }
  if (missing) {
    *exit_code = REITER_INTERRUPTED;
    if (run->rank == 0) {
      PetscCall(RunFolderLog(run->folder,
                             "interrupted with %" PetscInt_FMT " of %" PetscInt_FMT
                             " points done; the same command with --resume goes on from here",
                             r->n - missing, r->n));
    }
  } else if (failed) {
    const EffectivePoint *p = &r->points[first];
    const PetscBool invalid =
        (PetscBool)(p->failure.status == CELL_NOT_FINITE || p->failure.status == CELL_REFUSED);
    *exit_code = invalid ? REITER_INVALID_INPUT : REITER_NOT_CONVERGED;
    PetscCall(report_failures(run, failed, p));
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
  if (run->rank) PetscFunctionReturn(0);
  r->status = exit_code == REITER_DONE          ? "ok"
              : exit_code == REITER_INTERRUPTED ? "interrupted"
                                                : "not converged";
  if (output->csv) PetscCall(ReportWriteCsv(r, run->folder));
  if (output->xdmf && exit_code == REITER_DONE) PetscCall(ReportWriteFields(r, run->folder));
  PetscCall(ReportWriteJson(r, run->folder));
  if (exit_code == REITER_DONE && !run->request->quiet) PetscCall(ReportPrint(r, stdout));
  PetscCall(RunFolderLog(run->folder, "%s: %s in %s after %.2f s", r->status,
                         exit_code == REITER_DONE          ? "results"
                         : exit_code == REITER_INTERRUPTED ? "the finished points"
                                                           : "the best so far",
                         output->directory, MPI_Wtime() - r->started));
  PetscFunctionReturn(0);
}

static PetscErrorCode close_run(Run *run)
{
  PetscFunctionBegin;
  PetscCall(EffectiveDestroy(&run->effective));
  PetscCall(CascadeDestroy(&run->cascade));
  if (run->folder) PetscCall(RunFolderClose(&run->folder));
  PetscFunctionReturn(0);
}

/* The spine: case -> potential -> cascade -> coefficients -> run folder. */
static PetscErrorCode run_case(Run *run, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(open_folder(run, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  PetscCall(make_cascade(run->c, &run->cascade));
  PetscCall(CascadeSetInterrupt(run->cascade, run->request->interrupted)); /* the plan may solve cells, too */
  PetscCall(log_plan(run));
  PetscCall(compute_effective(run));
  PetscCall(judge(run, exit_code));
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (*exit_code != REITER_INVALID_INPUT) PetscCall(write_results(run, *exit_code));
  PetscFunctionReturn(0);
}

PetscErrorCode RunCase(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  const time_t now = time(NULL);

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCallMPI(MPI_Comm_rank(comm, &run.rank));
  PetscCallMPI(MPI_Comm_size(comm, &run.size));
  run.report = (Report){.c = c, .request = request, .ranks = run.size, .started = MPI_Wtime()};
  strftime(run.report.started_at, sizeof(run.report.started_at), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  PetscCall(run_case(&run, exit_code));
  PetscCall(close_run(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlan(Case c, FILE *stream)
{
  const CaseEffective *effective;
  Cascade cascade;
  PetscViewer viewer;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(c, &effective));
  if (!effective->n_points) PetscFunctionReturn(0);
  PetscCall(make_cascade(c, &cascade));
  fprintf(stream, "%" PetscInt_FMT " macroscopic point%s\n", effective->n_points,
          effective->n_points == 1 ? "" : "s");
  PetscCall(PetscViewerASCIIOpenWithFILE(PETSC_COMM_SELF, stream, &viewer));
  PetscCall(CascadeView(cascade, effective->points, viewer));
  PetscCall(PetscViewerDestroy(&viewer));
  PetscCall(CascadeDestroy(&cascade));
  PetscFunctionReturn(0);
}
