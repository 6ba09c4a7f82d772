/* A file, a block of rows at a time. */
#include <reiter/series.h>
#include "clock.h"
#include "format.h"
#include "wrapping.h"

struct _p_SeriesFile {
  const SeriesFormat *format;
  SeriesSource source;
  SeriesClock clock;
  SeriesRow ahead, second; /* second: read already, to know the step */
  SeriesRow last;          /* of the path */
  PetscReal path;          /* the number of the one under way */
  PetscBool in_path, concluded;
  PetscReal periods[SERIES_MAX_COLUMNS];
  PetscBool may_have_periods; /* the case has a key for them */
  SeriesImages images[SERIES_MAX_COLUMNS];
  SeriesWatch watches[SERIES_MAX_COLUMNS]; /* NULL: nothing is looked for */
};

static PetscErrorCode read_row(SeriesFile s, char **refused)
{
  PetscFunctionBegin;
  if (s->second.is_there) {
    s->ahead = s->second;
    s->second.is_there = PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  s->ahead.is_there = PETSC_FALSE;
  PetscCall(s->format->read(&s->source, &s->ahead, refused));
  if (*refused) s->ahead.is_there = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* The first row into ahead; the step between samples is that of the first two, if it was not given. */
static PetscErrorCode begin(SeriesFile s, char **refused)
{
  PetscFunctionBegin;
  PetscCall(read_row(s, refused));
  if (!s->ahead.is_there) PetscCall(SeriesRefuse(refused, "there are no rows below its header"));
  if (*refused || s->clock.dt > 0) PetscFunctionReturn(0);
  PetscCall(s->format->read(&s->source, &s->second, refused));
  if (!*refused && !s->second.is_there)
    PetscCall(SeriesRefuse(refused, "one row gives no time between rows"));
  if (!*refused) PetscCall(SeriesClockSet(&s->clock, &s->source.columns, &s->ahead, &s->second, refused));
  PetscFunctionReturn(0);
}

static PetscErrorCode watch_positions(SeriesFile s, const SeriesSettings *settings)
{
  PetscFunctionBegin;
  s->may_have_periods = (PetscBool) !!settings->periods;
  for (PetscInt c = 0; c < settings->n; ++c) {
    if (settings->periods) s->periods[c] = settings->periods[c];
    if (s->periods[c] > 0 || (settings->positions && settings->positions[c]))
      PetscCall(SeriesWatchCreate(settings->columns[c], s->periods[c], &s->watches[c]));
  }
  s->source.periods = s->periods;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesOpen(const char file[], const SeriesSettings *settings, SeriesFile *series,
                          char **refused)
{
  SeriesFile s;

  PetscFunctionBegin;
  PetscCheck(settings->n > 0 && settings->n <= SERIES_MAX_COLUMNS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " columns", settings->n);
  *refused = NULL;
  PetscCall(PetscNew(&s));
  *series = s;
  s->clock.dt = settings->dt;
  s->source.timestep = settings->timestep;
  s->source.atom = settings->atom;
  PetscCall(SeriesColumnsCreate(settings, &s->source.columns));
  PetscCall(watch_positions(s, settings));
  PetscCall(SeriesTextOpen(file, &s->source.text, refused));
  if (!*refused) PetscCall(SeriesFormatFind(settings->format, file, s->source.text, &s->format, refused));
  if (!*refused) PetscCall(s->format->open(&s->source, refused));
  if (!*refused) PetscCall(begin(s, refused));
  if (*refused) PetscCall(SeriesClose(series));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesClose(SeriesFile *series)
{
  SeriesFile s = *series;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < SERIES_MAX_COLUMNS; ++c) PetscCall(SeriesWatchDestroy(&s->watches[c]));
  if (s->format && s->format->close) PetscCall(s->format->close(&s->source));
  PetscCall(SeriesTextClose(&s->source.text));
  PetscCall(SeriesColumnsDestroy(&s->source.columns));
  PetscCall(SeriesWarningsDestroy(&s->source.warnings));
  PetscCall(PetscFree(s->source.state));
  PetscCall(PetscFree(*series));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetStep(SeriesFile s, PetscReal *dt)
{
  PetscFunctionBegin;
  *dt = s->clock.dt;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetFormat(SeriesFile s, const char **format)
{
  PetscFunctionBegin;
  *format = s->format->name;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetProgress(SeriesFile s, PetscInt64 *done, PetscInt64 *all)
{
  PetscFunctionBegin;
  SeriesTextProgress(s->source.text, done, all);
  PetscFunctionReturn(0);
}

/* Whether the row ahead begins another path. */
static PetscErrorCode begins_path(SeriesFile s, PetscBool *begins, char **refused)
{
  const SeriesColumns *const c = &s->source.columns;
  const PetscBool numbered = (PetscBool)(c->column_of[SERIES_PATH] >= 0);
  const PetscReal path = numbered ? s->ahead.value[SERIES_PATH] : 0;

  PetscFunctionBegin;
  *begins = (PetscBool)(!s->in_path || path != s->path);
  if (*begins && s->in_path && path < s->path)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT
                           ", column %s: path %.15g comes after path %.15g; the rows of a path "
                           "stand together, the paths in ascending order",
                           s->ahead.line, c->names[c->column_of[SERIES_PATH]], path, s->path));
  s->path = path;
  PetscFunctionReturn(0);
}

static void take_row(SeriesFile s, PetscBool begins, PetscInt i, PetscReal x[])
{
  for (PetscInt c = 0; c < s->source.columns.n_wanted; ++c) {
    PetscReal value = s->ahead.value[c];

    if (s->watches[c]) SeriesWatchAdd(s->watches[c], begins, value, s->ahead.line);
    if (s->periods[c] > 0) {
      if (begins) s->images[c] = (SeriesImages){.started = PETSC_FALSE};
      value = SeriesUnwrap(&s->images[c], s->periods[c], value, NULL);
    }
    x[c * SERIES_BLOCK + i] = value;
  }
}

/* Whether the row ahead is the last one once more: LAMMPS' fix print writes it at the end of a run and at the start of the
   next. */
static PetscErrorCode is_repeated(SeriesFile s, PetscBool *repeated)
{
  const SeriesColumns *const c = &s->source.columns;

  PetscFunctionBegin;
  *repeated = (PetscBool)(c->column_of[SERIES_TIME] >= 0 &&
                          s->ahead.value[SERIES_TIME] == s->last.value[SERIES_TIME]);
  for (PetscInt r = 0; r < c->n_wanted && *repeated; ++r)
    *repeated = (PetscBool)(s->ahead.value[r] == s->last.value[r]);
  if (*repeated)
    PetscCall(SeriesWarn(&s->source.warnings,
                         "line %" PetscInt64_FMT " repeats line %" PetscInt64_FMT " and is left out",
                         s->ahead.line, s->last.line));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesRead(SeriesFile s, PetscInt *m, PetscReal x[], PetscBool *begins, char **refused)
{
  PetscFunctionBegin;
  *m = 0;
  *begins = PETSC_FALSE;
  *refused = NULL;
  while (s->ahead.is_there && *m < SERIES_BLOCK && !*refused) {
    const PetscReal before = s->path;
    PetscBool another, repeated = PETSC_FALSE;

    PetscCall(begins_path(s, &another, refused));
    if (!another) PetscCall(is_repeated(s, &repeated));
    if (repeated) {
      PetscCall(read_row(s, refused));
      continue;
    }
    if (another && *m) { /* the next call begins with it */
      s->path = before;
      PetscCall(PetscFree(*refused));
      break;
    }
    if (another) {
      *begins = s->in_path = PETSC_TRUE;
      SeriesClockStart(&s->clock);
    }
    if (!*refused) PetscCall(SeriesClockNext(&s->clock, &s->source.columns, &s->ahead, refused));
    if (*refused) break;
    take_row(s, another, (*m)++, x);
    s->last = s->ahead;
    PetscCall(read_row(s, refused));
  }
  if (*refused) s->ahead.is_there = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetWarnings(SeriesFile s, PetscInt *n, const char *const **warnings)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->source.columns.n_wanted && !s->concluded; ++c) {
    if (s->watches[c])
      PetscCall(SeriesWatchConclude(s->watches[c], s->may_have_periods ? s->source.columns.section : NULL,
                                    &s->source.warnings));
  }
  s->concluded = PETSC_TRUE;
  *n = s->source.warnings.n;
  *warnings = (const char *const *)s->source.warnings.text;
  PetscFunctionReturn(0);
}
