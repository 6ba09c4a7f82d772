/* The cascade and what it gives at single points. */
#include "run_private.h"

PetscErrorCode RunLogPlan(Run *run)
{
  PetscReal x[REITER_MAX_DIM];
  PetscViewer viewer;
  FILE *stream;
  char *text, *line, *rest;
  size_t length;

  PetscFunctionBegin;
  if (run->rank || !run->cascade) PetscFunctionReturn(0);
  PetscCall(RunPlanPoint(run->c, x));
  stream = open_memstream(&text, &length);
  PetscCheck(stream, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the plan");
  PetscCall(PetscViewerASCIIOpenWithFILE(PETSC_COMM_SELF, stream, &viewer));
  run->report.cells_seconds -= MPI_Wtime();
  PetscCall(CascadeView(run->cascade, x, viewer));
  run->report.cells_seconds += MPI_Wtime();
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
  run->report.cells_seconds -= MPI_Wtime();
  PetscCall(EffectiveCompute(run->effective, run->request->interrupted));
  run->report.cells_seconds += MPI_Wtime();
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
                             "interrupted with %" PetscInt_FMT " of %" PetscInt_FMT " points done%s",
                             r->n - missing, r->n, RunHowToGoOn(run)));
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

PetscErrorCode RunEffective(Run *run, int *exit_code)
{
  const CaseEffective *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(run->c, &wanted));
  if (!wanted->n_points || !run->cascade) PetscFunctionReturn(0);
  PetscCall(compute_effective(run));
  PetscCall(judge(run, exit_code));
  PetscFunctionReturn(0);
}
