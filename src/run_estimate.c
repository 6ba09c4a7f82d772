/* `reiter estimate`: case -> series -> estimates -> run folder. Rank 0 reads; the others have nothing to do. */
#include <reiter/estimate.h>
#include <reiter/series.h>
#include <string.h>
#include "options.h"
#include "run_private.h"

enum { PARTS_OF_PROGRESS = 1000 };
_Static_assert((int)SERIES_BLOCK <= (int)ESTIMATE_BLOCK, "a block of a series is one of the estimator");

/* The estimates of a run, and what they are made of. */
typedef struct {
  Run *run;
  const CaseEstimate *wanted;
  PetscReal dt;
  Estimator estimator;
  void *state, *total;
  PetscInt64 done, all; /* bytes of the files before this one, and of all */
  Progress progress;
  PetscBool concluded; /* there are estimates */
  Estimates estimates;
  EstimateLimits limits;
} Study;

static const char *name_of(const char file[])
{
  const char *const slash = strrchr(file, '/');

  return slash ? slash + 1 : file;
}

/* A mistake at a key of the case; of a file, with its name. */
static PetscErrorCode report(Case c, Diagnostics d, const char key[], const char file[], char **refused,
                             int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(RunRefuse(c, d, key, NULL, exit_code, "%s: %s", file ? name_of(file) : key, *refused));
  PetscCall(PetscFree(*refused));
  PetscFunctionReturn(0);
}

/* A mistake in series i. */
static PetscErrorCode report_series(Case c, Diagnostics d, PetscInt i, char **refused, int *exit_code)
{
  const CaseEstimate *wanted;
  char key[64];

  PetscFunctionBegin;
  PetscCall(CaseGetEstimate(c, &wanted));
  snprintf(key, sizeof(key), "estimate.series.%" PetscInt_FMT, i);
  PetscCall(report(c, d, key, wanted->series[i], refused, exit_code));
  PetscFunctionReturn(0);
}

static PetscErrorCode open_series(Case c, Diagnostics d, PetscInt i, SeriesFile *series, int *exit_code)
{
  const CaseEstimate *wanted;
  PetscBool positions[REITER_MAX_DIM];
  SeriesSettings settings = {.positions = positions, .section = "estimate"};
  char *refused;

  PetscFunctionBegin;
  PetscCall(CaseGetEstimate(c, &wanted));
  PetscCall(CaseGetDimension(c, &settings.n));
  for (PetscInt k = 0; k < settings.n; k++) positions[k] = PETSC_TRUE;
  settings.columns = (const char *const *)wanted->columns;
  settings.path = wanted->path;
  /* The default: the room knows others where it is not there. */
  settings.time = strcmp(wanted->time, "t") ? wanted->time : NULL;
  settings.dt = wanted->time_step;
  PetscCall(SeriesOpen(wanted->series[i], &settings, series, &refused));
  if (refused) PetscCall(report_series(c, d, i, &refused, exit_code));
  PetscFunctionReturn(0);
}

/* One estimator for all files: their samples must lie at one distance. */
static PetscErrorCode make_estimator(Study *s, SeriesFile series, PetscInt i, int *exit_code)
{
  const char *key;
  char *refused = NULL, text[256];
  PetscReal dt;

  PetscFunctionBegin;
  PetscCall(SeriesGetStep(series, &dt));
  if (s->estimator && PetscAbsReal(dt - s->dt) > 1e-6 * s->dt) {
    snprintf(text, sizeof(text), "its samples lie at %.9g, those of the files before at %.9g", dt, s->dt);
    PetscCall(PetscStrallocpy(text, &refused));
    PetscCall(report_series(s->run->c, s->run->diagnostics, i, &refused, exit_code));
  }
  if (s->estimator) PetscFunctionReturn(0);
  s->dt = dt;
  PetscCall(EstimatorCreateFromCase(s->run->c, dt, 0, PETSC_FALSE, &s->estimator, &key, &refused));
  if (refused) {
    PetscCall(report(s->run->c, s->run->diagnostics, key, NULL, &refused, exit_code));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(EstimatorStateSize(s->estimator), (char **)&s->state));
  PetscCall(PetscCalloc1(EstimatorTotalSize(s->estimator), (char **)&s->total));
  PetscFunctionReturn(0);
}

/* What was odd in series i, which has been read. */
static PetscErrorCode warn(Study *s, SeriesFile series, PetscInt i)
{
  Run *const run = s->run;
  const char *const *warnings;
  SourceSpan where = {0};
  PetscInt n;
  char key[64];

  PetscFunctionBegin;
  snprintf(key, sizeof(key), "estimate.series.%" PetscInt_FMT, i);
  PetscCall(CaseGetPlace(run->c, run->diagnostics, key, &where));
  PetscCall(SeriesGetWarnings(series, &n, &warnings));
  for (PetscInt k = 0; k < n; k++)
    PetscCall(DiagnosticsWarning(run->diagnostics, where, NULL, NULL, "%s: %s", name_of(s->wanted->series[i]),
                                 warnings[k]));
  PetscFunctionReturn(0);
}

/* The path under way is at its end. */
static PetscErrorCode end_path(Study *s)
{
  PetscFunctionBegin;
  PetscCall(EstimatorFinish(s->estimator, s->state, s->total));
  PetscCall(PetscMemzero(s->state, EstimatorStateSize(s->estimator)));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_series(Study *s, SeriesFile series, PetscInt i, int *exit_code)
{
  PetscReal x[REITER_MAX_DIM * SERIES_BLOCK];
  PetscInt64 done = 0, all = 0;
  PetscBool begins;
  PetscInt n = 0;
  char *refused = NULL;

  PetscFunctionBegin;
  do {
    PetscCall(SeriesRead(series, &n, x, &begins, &refused));
    if (begins) PetscCall(end_path(s));
    if (!refused) PetscCall(EstimatorAddSeries(s->estimator, n, SERIES_BLOCK, x, s->state));
    PetscCall(SeriesGetProgress(series, &done, &all));
    PetscCall(ProgressUpdate(s->progress, (PetscInt)(PARTS_OF_PROGRESS * ((double)(s->done + done) /
                                                                          (double)PetscMax(s->all, 1)))));
    if (s->run->request->interrupted && *s->run->request->interrupted) *exit_code = REITER_INTERRUPTED;
  } while (n && !refused && *exit_code == REITER_DONE);
  s->done += all;
  if (refused) {
    PetscCall(report_series(s->run->c, s->run->diagnostics, i, &refused, exit_code));
  } else {
    PetscCall(end_path(s));
    PetscCall(warn(s, series, i));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode count_bytes(Study *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_series && *exit_code == REITER_DONE; i++) {
    PetscInt64 done, all;
    SeriesFile series;

    PetscCall(open_series(s->run->c, s->run->diagnostics, i, &series, exit_code));
    if (!series) break;
    PetscCall(SeriesGetProgress(series, &done, &all));
    s->all += all;
    PetscCall(SeriesClose(&series));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_all(Study *s, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(count_bytes(s, exit_code));
  PetscCall(
      ProgressCreate("thousandths of the series", PARTS_OF_PROGRESS, s->run->request->quiet, &s->progress));
  for (PetscInt i = 0; i < s->wanted->n_series && *exit_code == REITER_DONE; i++) {
    SeriesFile series;

    PetscCall(open_series(s->run->c, s->run->diagnostics, i, &series, exit_code));
    if (!series) break;
    PetscCall(make_estimator(s, series, i, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(read_series(s, series, i, exit_code));
    PetscCall(SeriesClose(&series));
  }
  PetscCall(ProgressDestroy(&s->progress));
  PetscFunctionReturn(0);
}

static PetscErrorCode conclude(Study *s, int *exit_code)
{
  char *refused;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(EstimatorConclude(s->estimator, s->total, &s->estimates, &which, &refused));
  s->concluded = (PetscBool)!refused;
  if (refused) {
    const char *const key = strstr(refused, "drift")   ? "estimate.drift"
                            : s->wanted->n_subsampling ? "estimate.subsampling"
                                                       : "estimate.filter";
    PetscCall(report(s->run->c, s->run->diagnostics, key, NULL, &refused, exit_code));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(Study *s, int exit_code)
{
  Run *const run = s->run;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  run->report.status = RunStatus(exit_code);
  if (s->concluded) PetscCall(EstimatesWriteFiles(&s->estimates, "estimate", run->folder));
  PetscCall(ReportBeginJson(&run->report, run->folder, "run.json", &stream, &json));
  if (s->concluded) {
    PetscCall(JsonBeginObject(json, "estimate"));
    PetscCall(EstimatesWriteJson(&s->estimates, json));
    PetscCall(EstimateLimitsWriteJson(&s->limits, json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(ReportEndJson(run->folder, "run.json", &stream, &json));
  if (s->concluded && !run->request->quiet) {
    PetscCall(EstimatesPrint(&s->estimates, stdout));
    PetscCall(EstimateLimitsPrint(&s->limits, stdout));
  }
  if (!s->concluded)
    PetscCall(RunFolderLog(run->folder, "interrupted: a series has no checkpoint, the same command reads it "
                                        "from its start"));
  PetscCall(RunLogEnd(run, s->concluded ? "results" : "no results"));
  PetscFunctionReturn(0);
}

/* Rank 0. */
static PetscErrorCode finish(Study *s, int *exit_code)
{
  CellFailure failure;

  PetscFunctionBegin;
  if (*exit_code == REITER_DONE) {
    PetscCall(CascadeOfCase(s->run->c, &s->run->cascade));
    PetscCall(EstimateLimitsCompute(s->run->c, s->run->cascade, s->run->request->interrupted, &s->limits,
                                    &failure));
    if (failure.status == CELL_INTERRUPTED)
      *exit_code = REITER_INTERRUPTED;
    else
      PetscCall(RunJudgeFailure(s->run, &failure, "the limits of the estimates", exit_code));
  }
  if (*exit_code != REITER_INVALID_INPUT) PetscCall(write_results(s, *exit_code));
  PetscFunctionReturn(0);
}

/* The run folder is touched when the series have been read: a mistake in them costs no earlier results. */
static PetscErrorCode estimate(Study *s, int *exit_code)
{
  Run *const run = s->run;
  int folder_code = REITER_DONE;

  PetscFunctionBegin;
  if (run->rank == 0) {
    PetscCall(read_all(s, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(conclude(s, exit_code));
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  if (*exit_code != REITER_INVALID_INPUT) {
    PetscCall(RunOpenFolder(run, &folder_code));
    if (folder_code != REITER_DONE) *exit_code = folder_code;
  }
  if (*exit_code != REITER_INVALID_INPUT && run->rank == 0) PetscCall(finish(s, exit_code));
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  PetscCall(EstimatesDestroy(&s->estimates));
  PetscCall(EstimatorDestroy(&s->estimator));
  PetscCall(PetscFree(s->state));
  PetscCall(PetscFree(s->total));
  PetscFunctionReturn(0);
}

PetscErrorCode RunEstimate(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  Study study = {.run = &run};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(CaseGetEstimate(c, &study.wanted));
  if (!study.wanted->given) {
    PetscCall(RunRefuse(c, d, NULL, "estimate: {series: path.csv, subsampling: [0.01, 0.1]}", exit_code,
                        "the case has no section estimate"));
    PetscFunctionReturn(0);
  }
  if (!study.wanted->n_series) { /* the program's own paths, with all that is measured on them */
    PetscCall(RunPaths(comm, c, request, d, exit_code));
    PetscFunctionReturn(0);
  }
  if (request->resume) {
    PetscCall(RunRefuse(c, d, "estimate.series", NULL, exit_code,
                        "a series is read from its start: --resume has nothing to go on from"));
    PetscFunctionReturn(0);
  }
  PetscCall(RunBegin(&run));
  PetscCall(estimate(&study, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(OptionsReportUnused(comm, c, d, exit_code));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanEstimate(Case c, Diagnostics d, FILE *stream)
{
  const CaseEstimate *wanted;
  int exit_code = REITER_DONE;
  PetscReal dt = 0;

  PetscFunctionBegin;
  PetscCall(CaseGetEstimate(c, &wanted));
  for (PetscInt i = 0; i < wanted->n_series && exit_code == REITER_DONE; i++) {
    Run run = {.c = c, .diagnostics = d};
    Study study = {.run = &run, .wanted = wanted};
    SeriesFile series;

    PetscCall(open_series(c, d, i, &series, &exit_code));
    if (!series) break;
    PetscCall(SeriesGetStep(series, &dt));
    PetscCall(make_estimator(&study, series, i, &exit_code));
    PetscCall(SeriesClose(&series));
    PetscCall(EstimatorDestroy(&study.estimator));
    PetscCall(PetscFree(study.state));
    PetscCall(PetscFree(study.total));
  }
  if (!wanted->given || exit_code != REITER_DONE) PetscFunctionReturn(0);
  if (wanted->n_series)
    fprintf(stream, "estimate: %" PetscInt_FMT " series with a sample every %.6g", wanted->n_series,
            (double)dt);
  else
    fprintf(stream, "estimate: the paths of paths, every %" PetscInt_FMT " step%s", wanted->every,
            wanted->every == 1 ? "" : "s");
  fprintf(stream,
          ", %" PetscInt_FMT " subsampling times, %" PetscInt_FMT " filters, %" PetscInt_FMT
          " functions of the drift\n",
          wanted->n_subsampling, wanted->n_filters, wanted->n_basis);
  PetscFunctionReturn(0);
}
