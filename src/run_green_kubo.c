/* `reiter greenkubo`: case -> series -> thermal force, gamma, theta -> run folder -> the equations that they give, as cases
   that are run at once. Rank 0 reads; all solve. */
#include <reiter/series.h>
#include <string.h>
#include "found_equations.h"
#include "options.h"
#include "run_private.h"

enum { PARTS_OF_PROGRESS = 1000 };

typedef struct {
  Run *run;
  const CaseGreenKubo *wanted;
  PetscInt dim, n;                         /* columns */
  PetscInt position, momentum, force;      /* the first column of each; -1: none */
  const char *columns[SERIES_MAX_COLUMNS]; /* [n], and the next two */
  PetscReal periods[SERIES_MAX_COLUMNS];
  PetscBool positions[SERIES_MAX_COLUMNS];
  PetscReal dt;
  GreenKubo gk;
  PetscInt64 done, all; /* bytes of the files before this one, and of all */
  PetscInt64 samples, paths;
  PetscReal seen[REITER_MAX_DIM][2]; /* ranges of the positions */
  Progress progress;
  PetscBool concluded;
  GreenKuboResult result;
  FoundCase found[FOUND_EQUATIONS];
  int exit_codes[FOUND_EQUATIONS]; /* of those that were run */
} Study;

static PetscInt add_columns(Study *s, char *const names[], PetscBool positions)
{
  const PetscInt first = s->n;

  if (!names[0]) return -1;
  for (PetscInt c = 0; c < s->dim; c++) {
    s->columns[s->n] = names[c];
    s->periods[s->n] = positions ? s->wanted->periods[c] : 0;
    s->positions[s->n++] = positions;
  }
  return first;
}

static PetscErrorCode prepare(Run *run, Study *s)
{
  PetscFunctionBegin;
  *s = (Study){.run = run};
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    s->seen[c][0] = PETSC_MAX_REAL;
    s->seen[c][1] = PETSC_MIN_REAL;
  }
  PetscCall(CaseGetGreenKubo(run->c, &s->wanted));
  PetscCall(CaseGetDimension(run->c, &s->dim));
  s->position = add_columns(s, s->wanted->position, PETSC_TRUE);
  s->momentum = add_columns(s, s->wanted->momentum, PETSC_FALSE);
  s->force = add_columns(s, s->wanted->force, PETSC_FALSE);
  PetscFunctionReturn(0);
}

static const char *name_of(const char file[])
{
  const char *const slash = strrchr(file, '/');

  return slash ? slash + 1 : file;
}

/* A mistake in series i. */
static PetscErrorCode refuse_series(Study *s, PetscInt i, char **refused, int *exit_code)
{
  char key[64];

  PetscFunctionBegin;
  snprintf(key, sizeof(key), "greenkubo.series.%" PetscInt_FMT, i);
  PetscCall(RunRefuse(s->run->c, s->run->diagnostics, key, NULL, exit_code, "%s: %s",
                      name_of(s->wanted->series[i]), *refused));
  PetscCall(PetscFree(*refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode warn(Study *s, const char key[], const char words[])
{
  SourceSpan where = {0};

  PetscFunctionBegin;
  PetscCall(CaseGetPlace(s->run->c, s->run->diagnostics, key, &where));
  PetscCall(DiagnosticsWarning(s->run->diagnostics, where, NULL, NULL, "%s", words));
  PetscFunctionReturn(0);
}

/* What was odd in series i, which has been read. */
static PetscErrorCode warn_of_series(Study *s, SeriesFile series, PetscInt i)
{
  const char *const *warnings;
  char key[64], words[512];
  PetscInt n;

  PetscFunctionBegin;
  snprintf(key, sizeof(key), "greenkubo.series.%" PetscInt_FMT, i);
  PetscCall(SeriesGetWarnings(series, &n, &warnings));
  for (PetscInt k = 0; k < n; k++) {
    snprintf(words, sizeof(words), "%s: %s", name_of(s->wanted->series[i]), warnings[k]);
    PetscCall(warn(s, key, words));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode open_series(Study *s, PetscInt i, SeriesFile *series, int *exit_code)
{
  const SeriesSettings settings = {.format = s->wanted->format,
                                   .n = s->n,
                                   .columns = s->columns,
                                   .periods = s->periods,
                                   .positions = s->positions,
                                   .path = s->wanted->path,
                                   .dt = s->wanted->time_step,
                                   .time = s->wanted->time,
                                   .timestep = s->wanted->timestep,
                                   .atom = s->wanted->atom,
                                   .section = "greenkubo"};
  char *refused;

  PetscFunctionBegin;
  PetscCall(SeriesOpen(s->wanted->series[i], &settings, series, &refused));
  if (refused) PetscCall(refuse_series(s, i, &refused, exit_code));
  PetscFunctionReturn(0);
}

static ThermalKind kind_of(const char word[])
{
  return !strcmp(word, "given")       ? THERMAL_GIVEN
         : !strcmp(word, "potential") ? THERMAL_POTENTIAL
         : !strcmp(word, "bins")      ? THERMAL_BINS
                                      : THERMAL_MEAN;
}

/* One estimator for all files: their samples must lie at one distance. */
static PetscErrorCode make_estimator(Study *s, SeriesFile series, PetscInt i, int *exit_code)
{
  GreenKuboSettings settings = {.dim = s->dim,
                                .mass = s->wanted->mass,
                                .has_position = (PetscBool)(s->position >= 0),
                                .has_momentum = (PetscBool)(s->momentum >= 0),
                                .has_force = (PetscBool)(s->force >= 0),
                                .thermal = kind_of(s->wanted->thermal),
                                .n_basis = s->wanted->n_formulas,
                                .basis = s->wanted->formulas,
                                .bins = s->wanted->bins,
                                .longest = s->wanted->longest,
                                .blocks = s->wanted->blocks};
  char *refused = NULL, text[256];

  PetscFunctionBegin;
  PetscCall(SeriesGetStep(series, &settings.dt));
  if (s->gk && PetscAbsReal(settings.dt - s->dt) > 1e-6 * s->dt) {
    snprintf(text, sizeof(text), "its samples lie at %.9g, those of the files before at %.9g", settings.dt,
             s->dt);
    PetscCall(PetscStrallocpy(text, &refused));
    PetscCall(refuse_series(s, i, &refused, exit_code));
  }
  if (s->gk) PetscFunctionReturn(0);
  s->dt = settings.dt;
  PetscCall(CaseGetTemperature(s->run->c, &settings.temperature));
  PetscCall(PetscArraycpy(settings.plateau_momentum, s->wanted->plateau_momentum, 2));
  PetscCall(PetscArraycpy(settings.plateau_force, s->wanted->plateau_force, 2));
  PetscCall(GreenKuboCreate(&settings, &s->gk));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_samples(Study *s, PetscInt m, PetscReal x[], PetscBool begins)
{
  const PetscReal *const R = s->position < 0 ? NULL : x + s->position * SERIES_BLOCK;
  const PetscReal *const F = s->force < 0 ? NULL : x + s->force * SERIES_BLOCK;
  PetscReal *const P = s->momentum < 0 ? NULL : x + s->momentum * SERIES_BLOCK;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim && P && s->wanted->velocity; c++) {
    for (PetscInt i = 0; i < m; i++) P[c * SERIES_BLOCK + i] *= s->wanted->mass;
  }
  for (PetscInt c = 0; c < s->dim && R; c++) {
    for (PetscInt i = 0; i < m; i++) {
      s->seen[c][0] = PetscMin(s->seen[c][0], R[c * SERIES_BLOCK + i]);
      s->seen[c][1] = PetscMax(s->seen[c][1], R[c * SERIES_BLOCK + i]);
    }
  }
  s->samples += m;
  s->paths += begins ? 1 : 0;
  if (m) PetscCall(GreenKuboAdd(s->gk, m, SERIES_BLOCK, R, P, F, begins));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_series(Study *s, SeriesFile series, PetscInt i, int *exit_code)
{
  const volatile int *const interrupted = s->run->request ? s->run->request->interrupted : NULL;
  PetscReal x[SERIES_MAX_COLUMNS * SERIES_BLOCK];
  PetscInt64 done = 0, all = 0;
  PetscBool begins;
  PetscInt m = 0;
  char *refused = NULL;

  PetscFunctionBegin;
  do {
    PetscCall(SeriesRead(series, &m, x, &begins, &refused));
    if (!refused) PetscCall(add_samples(s, m, x, begins));
    PetscCall(SeriesGetProgress(series, &done, &all));
    if (s->progress)
      PetscCall(ProgressUpdate(s->progress, (PetscInt)(PARTS_OF_PROGRESS * ((double)(s->done + done) /
                                                                            (double)PetscMax(s->all, 1)))));
    if (interrupted && *interrupted) *exit_code = REITER_INTERRUPTED;
  } while (m && !refused && *exit_code == REITER_DONE);
  s->done += all;
  if (refused)
    PetscCall(refuse_series(s, i, &refused, exit_code));
  else
    PetscCall(warn_of_series(s, series, i));
  PetscFunctionReturn(0);
}

static PetscErrorCode count_bytes(Study *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_series && *exit_code == REITER_DONE; i++) {
    PetscInt64 done, all;
    SeriesFile series;

    PetscCall(open_series(s, i, &series, exit_code));
    if (!series) break;
    PetscCall(SeriesGetProgress(series, &done, &all));
    s->all += all;
    PetscCall(SeriesClose(&series));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_all(Study *s, PetscBool quiet, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(count_bytes(s, exit_code));
  if (!quiet) PetscCall(ProgressCreate("thousandths of the series", PARTS_OF_PROGRESS, quiet, &s->progress));
  for (PetscInt i = 0; i < s->wanted->n_series && *exit_code == REITER_DONE; i++) {
    SeriesFile series;

    PetscCall(open_series(s, i, &series, exit_code));
    if (!series) break;
    PetscCall(make_estimator(s, series, i, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(read_series(s, series, i, exit_code));
    PetscCall(SeriesClose(&series));
  }
  if (s->progress) PetscCall(ProgressDestroy(&s->progress));
  PetscFunctionReturn(0);
}

static PetscErrorCode conclude(Study *s, int *exit_code)
{
  const char *key = NULL;
  char *refused = NULL, path[64];

  PetscFunctionBegin;
  PetscCall(GreenKuboConclude(s->gk, &s->result, &key, &refused));
  s->concluded = (PetscBool)!refused;
  if (refused) {
    snprintf(path, sizeof(path), "greenkubo.%s", key);
    PetscCall(RunRefuse(s->run->c, s->run->diagnostics, path, NULL, exit_code, "%s: %s", path, refused));
    PetscCall(PetscFree(refused));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < s->result.n_warnings; i++) PetscCall(warn(s, "greenkubo", s->result.warnings[i]));
  PetscFunctionReturn(0);
}

/* One of the equations, by its file, into a folder of its own. Collective. */
static PetscErrorCode solve(Study *s, FoundEquation equation, int *exit_code)
{
  Run *const run = s->run;
  const CaseOutput *output;
  RunRequest request = *run->request;
  char path[PETSC_MAX_PATH_LEN];
  Case c;

  PetscFunctionBegin;
  request.resume = PETSC_FALSE;
  PetscCall(CaseGetOutput(run->c, &output));
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/%s.yaml", output->directory, FoundEquationName(equation)));
  PetscCall(CaseRead(path, 0, NULL, run->diagnostics, &c));
  if (!c) {
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/%s", output->directory, FoundEquationName(equation)));
  PetscCall(CaseSetOutputDirectory(c, path));
  PetscCall(RunCase(run->comm, c, &request, run->diagnostics, exit_code));
  PetscCall(CaseDestroy(&c));
  PetscFunctionReturn(0);
}

/* Whether the equation can be solved on the domain, if there is one: the kinetic one on boxes without absorbing sides. */
static PetscErrorCode is_asked(Case c, FoundEquation equation, PetscBool *asked)
{
  const CaseDomain *domain;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDimension(c, &dim));
  PetscCall(CaseGetDomain(c, &domain));
  *asked = domain->given;
  if (equation == FOUND_SMOLUCHOWSKI) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < 2 * dim && domain->is_box; i++) {
    if (domain->sides[i / 2][i % 2] == BOUNDARY_ABSORBING) *asked = PETSC_FALSE;
  }
  if (!domain->is_box) *asked = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode write_equations(Study *s, Json json)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "equations"));
  for (PetscInt e = 0; e < FOUND_EQUATIONS; e++) {
    const char *const name = FoundEquationName((FoundEquation)e);
    char file[64];

    snprintf(file, sizeof(file), "%s.yaml", name);
    PetscCall(JsonBeginObject(json, name));
    if (s->found[e].written)
      PetscCall(JsonString(json, "case", file));
    else
      PetscCall(JsonReal(json, "case", NAN));
    PetscCall(JsonString(json, "why", s->found[e].why));
    if (s->found[e].solvable) PetscCall(JsonString(json, "folder", name));
    if (s->found[e].solvable && s->exit_codes[e] >= 0)
      PetscCall(JsonString(json, "status", RunStatus(s->exit_codes[e])));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(Study *s, int exit_code)
{
  Run *const run = s->run;
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  run->report.status = RunStatus(exit_code);
  PetscCall(ReportBeginJson(&run->report, run->folder, "run.json", &stream, &json));
  if (s->concluded) {
    PetscCall(JsonBeginObject(json, "greenkubo"));
    PetscCall(GreenKuboResultWriteJson(&s->result, json));
    PetscCall(write_equations(s, json));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(ReportEndJson(run->folder, "run.json", &stream, &json));
  PetscFunctionReturn(0);
}

/* Tables, and the equations as cases. Rank 0. */
static PetscErrorCode write_results(Study *s, int exit_code)
{
  Run *const run = s->run;
  const FoundModel model = {run->c, &s->result, run->folder, s->seen};

  PetscFunctionBegin;
  if (s->concluded) {
    PetscCall(GreenKuboResultWriteFiles(&s->result, run->folder));
    if (!run->request->quiet) PetscCall(GreenKuboResultPrint(&s->result, stdout));
    for (PetscInt e = 0; e < FOUND_EQUATIONS; e++) {
      PetscBool asked = PETSC_FALSE;

      s->exit_codes[e] = -1;
      PetscCall(FoundCaseWrite(&model, (FoundEquation)e, &s->found[e]));
      PetscCall(is_asked(run->c, (FoundEquation)e, &asked));
      s->found[e].solvable = (PetscBool)(s->found[e].written && asked);
      PetscCall(RunFolderLog(run->folder, "%s%s: %s", FoundEquationName((FoundEquation)e),
                             s->found[e].written ? ".yaml" : "", s->found[e].why));
    }
  } else {
    PetscCall(RunFolderLog(run->folder, "interrupted: a series has no checkpoint, the same command reads it "
                                        "from its start"));
  }
  PetscCall(write_json(s, exit_code));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_all(Study *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt e = 0; e < FOUND_EQUATIONS && *exit_code == REITER_DONE; e++) {
    PetscMPIInt wanted = s->found[e].solvable ? 1 : 0;

    PetscCallMPI(MPI_Bcast(&wanted, 1, MPI_INT, 0, s->run->comm));
    if (!wanted) continue;
    PetscCall(solve(s, (FoundEquation)e, exit_code));
    s->exit_codes[e] = *exit_code;
    if (s->run->rank == 0) PetscCall(write_json(s, *exit_code));
  }
  PetscFunctionReturn(0);
}

/* The run folder is touched when the series have been read: a mistake in them costs no earlier results. */
static PetscErrorCode work(Study *s, int *exit_code)
{
  Run *const run = s->run;
  int folder_code = REITER_DONE;

  PetscFunctionBegin;
  if (run->rank == 0) {
    PetscCall(read_all(s, run->request->quiet, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(conclude(s, exit_code));
  }
  PetscCallMPI(MPI_Bcast(exit_code, 1, MPI_INT, 0, run->comm));
  if (*exit_code == REITER_INVALID_INPUT) PetscFunctionReturn(0);
  PetscCall(RunOpenFolder(run, &folder_code));
  if (folder_code != REITER_DONE) {
    *exit_code = folder_code;
    PetscFunctionReturn(0);
  }
  if (run->rank == 0) PetscCall(write_results(s, *exit_code));
  if (*exit_code == REITER_DONE) PetscCall(solve_all(s, exit_code));
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (run->rank == 0) PetscCall(RunLogEnd(run, s->concluded ? "results" : "no results"));
  PetscFunctionReturn(0);
}

PetscErrorCode RunGreenKubo(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  Study study;

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(prepare(&run, &study));
  if (!study.wanted->given) {
    PetscCall(RunRefuse(c, d, NULL, "greenkubo: {series: md.csv, columns: {force: [Fx]}}", exit_code,
                        "the case has no section greenkubo"));
    PetscFunctionReturn(0);
  }
  PetscCall(RunBegin(&run));
  PetscCall(work(&study, exit_code));
  PetscCall(GreenKuboResultDestroy(&study.result));
  PetscCall(GreenKuboDestroy(&study.gk));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanGreenKubo(Case c, Diagnostics d, FILE *stream)
{
  Run run = {.c = c, .diagnostics = d};
  int exit_code = REITER_DONE;
  Study s;

  PetscFunctionBegin;
  PetscCall(prepare(&run, &s));
  if (!s.wanted->given) PetscFunctionReturn(0);
  PetscCall(read_all(&s, PETSC_TRUE, &exit_code));
  PetscCall(GreenKuboDestroy(&s.gk));
  if (exit_code != REITER_DONE) PetscFunctionReturn(0);
  fprintf(stream,
          "greenkubo: %" PetscInt_FMT " series with %" PetscInt64_FMT " samples of %" PetscInt64_FMT
          " path%s, one every %.6g; columns",
          s.wanted->n_series, s.samples, s.paths, s.paths == 1 ? "" : "s", (double)s.dt);
  for (PetscInt k = 0; k < s.n; k++) fprintf(stream, "%s %s", k ? "," : "", s.columns[k]);
  fprintf(stream, "; thermal force: %s\n", s.force < 0 ? "none" : s.wanted->thermal);
  PetscFunctionReturn(0);
}
