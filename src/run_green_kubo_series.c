/* The series of `reiter greenkubo` into its estimator. */
#include <string.h>
#include "run_green_kubo.h"

enum { PARTS_OF_PROGRESS = 1000 };

static PetscInt add_columns(GreenKuboStudy *s, char *const names[], PetscBool positions)
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

PetscErrorCode GreenKuboStudyPrepare(Run *run, GreenKuboStudy *s)
{
  PetscFunctionBegin;
  *s = (GreenKuboStudy){.run = run};
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

PetscErrorCode GreenKuboStudyClear(GreenKuboStudy *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->n_warnings; i++) PetscCall(PetscFree(s->warnings[i]));
  PetscCall(PetscFree(s->warnings));
  PetscCall(GreenKuboResultDestroy(&s->result));
  PetscCall(GreenKuboDestroy(&s->gk));
  PetscFunctionReturn(0);
}

static const char *name_of(const char file[])
{
  const char *const slash = strrchr(file, '/');

  return slash ? slash + 1 : file;
}

/* A mistake in series i. */
static PetscErrorCode refuse_series(GreenKuboStudy *s, PetscInt i, char **refused, int *exit_code)
{
  char key[64];

  PetscFunctionBegin;
  snprintf(key, sizeof(key), "greenkubo.series.%" PetscInt_FMT, i);
  PetscCall(RunRefuse(s->run->c, s->run->diagnostics, key, NULL, exit_code, "%s: %s",
                      name_of(s->wanted->series[i]), *refused));
  PetscCall(PetscFree(*refused));
  PetscFunctionReturn(0);
}

PetscErrorCode GreenKuboStudyWarn(GreenKuboStudy *s, const char key[], const char words[])
{
  SourceSpan where = {0};

  PetscFunctionBegin;
  PetscCall(CaseGetPlace(s->run->c, s->run->diagnostics, key, &where));
  PetscCall(DiagnosticsWarning(s->run->diagnostics, where, NULL, NULL, "%s", words));
  PetscFunctionReturn(0);
}

/* What was odd in series i, which has been read. */
static PetscErrorCode warn_of_series(GreenKuboStudy *s, SeriesFile series, PetscInt i)
{
  const char *const *warnings;
  char key[64], words[512];
  PetscInt n;

  PetscFunctionBegin;
  snprintf(key, sizeof(key), "greenkubo.series.%" PetscInt_FMT, i);
  PetscCall(SeriesGetWarnings(series, &n, &warnings));
  for (PetscInt k = 0; k < n; k++) {
    snprintf(words, sizeof(words), "%s: %s", name_of(s->wanted->series[i]), warnings[k]);
    PetscCall(GreenKuboStudyWarn(s, key, words));
    PetscCall(PetscRealloc((size_t)(s->n_warnings + 1) * sizeof(*s->warnings), &s->warnings));
    PetscCall(PetscStrallocpy(words, &s->warnings[s->n_warnings++]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode open_series(GreenKuboStudy *s, PetscInt i, SeriesFile *series, char **refused)
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

  PetscFunctionBegin;
  PetscCall(SeriesOpen(s->wanted->series[i], &settings, series, refused));
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
static PetscErrorCode make_estimator(GreenKuboStudy *s, SeriesFile series, PetscInt i, int *exit_code)
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

static PetscErrorCode add_samples(GreenKuboStudy *s, PetscInt m, PetscReal x[], PetscBool begins)
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

static PetscErrorCode read_series(GreenKuboStudy *s, SeriesFile series, PetscInt i, int *exit_code)
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

/* What cannot be opened is refused when it is read. */
static PetscErrorCode count_bytes(GreenKuboStudy *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->wanted->n_series; i++) {
    PetscInt64 done, all = 0;
    SeriesFile series;
    char *refused;

    PetscCall(open_series(s, i, &series, &refused));
    PetscCall(PetscFree(refused));
    if (!series) continue;
    PetscCall(SeriesGetProgress(series, &done, &all));
    s->all += all;
    PetscCall(SeriesClose(&series));
  }
  PetscFunctionReturn(0);
}

/* A file with a mistake does not keep those of the next ones back. */
PetscErrorCode GreenKuboStudyRead(GreenKuboStudy *s, PetscBool quiet, int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(count_bytes(s));
  if (!quiet) PetscCall(ProgressCreate("thousandths of the series", PARTS_OF_PROGRESS, quiet, &s->progress));
  for (PetscInt i = 0; i < s->wanted->n_series && *exit_code != REITER_INTERRUPTED; i++) {
    int code = REITER_DONE;
    SeriesFile series;
    char *refused;

    PetscCall(open_series(s, i, &series, &refused));
    if (refused) PetscCall(refuse_series(s, i, &refused, exit_code));
    if (!series) continue;
    PetscCall(make_estimator(s, series, i, &code));
    if (code == REITER_DONE) PetscCall(read_series(s, series, i, &code));
    if (code != REITER_DONE) *exit_code = code;
    PetscCall(SeriesClose(&series));
  }
  if (s->progress) PetscCall(ProgressDestroy(&s->progress));
  PetscFunctionReturn(0);
}
