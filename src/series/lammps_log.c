/*
  Thermo output of LAMMPS: lines of names, rows, "Loop time". Several runs of one log follow each other: the first row of
  a run repeats the last one of the run before, and the last row of a run is written whatever its step.
*/
#include <stdlib.h>
#include <string.h>
#include "format.h"
#include "number.h"
#include "table.h"

enum { STEP = SERIES_EXTRA };

typedef struct {
  PetscBool timestep_is_given;
  PetscBool names_follow;      /* the next line names the columns */
  PetscBool in_block, skipped; /* skipped: a block without what is wanted */
  PetscBool in_shake;          /* below statistics of fix shake, which may be numbers */
  PetscInt64 in_this_block;    /* rows, with those left out */
  PetscInt64 n;                /* rows kept so far */
  PetscReal last[SERIES_ROLES];
  PetscReal interval; /* steps between rows; 0: not known yet */
  PetscBool told;     /* of a last row that was left out */
  char why[500];      /* what the last skipped block has not */
} Log;

static PetscBool begins_with(const char line[], const char words[])
{
  return (PetscBool)!strncmp(line, words, strlen(words));
}

static PetscBool announces_names(const char line[])
{
  return (PetscBool)(begins_with(line, "Per MPI rank memory allocation") ||
                     begins_with(line, "Memory usage per processor"));
}

static PetscBool looks_like_log(const char bytes[], size_t n, const char name[])
{
  char line[64];

  if (begins_with(name, "log.lammps")) return PETSC_TRUE;
  for (size_t i = 0; i < n;) {
    const char *const end = memchr(bytes + i, '\n', n - i);
    const size_t length = end ? (size_t)(end - bytes) - i : n - i;

    memcpy(line, bytes + i, PetscMin(length, sizeof(line) - 1));
    line[PetscMin(length, sizeof(line) - 1)] = 0;
    if (begins_with(line, "LAMMPS (") || announces_names(line)) return PETSC_TRUE;
    if (!end) break;
    i = (size_t)(end - bytes) + 1;
  }
  return PETSC_FALSE;
}

static PetscErrorCode log_open(SeriesSource *s, char **refused)
{
  Log *g;

  PetscFunctionBegin;
  (void)refused;
  PetscCall(PetscNew(&g));
  s->state = g;
  g->timestep_is_given = (PetscBool)(s->timestep > 0);
  PetscCall(PetscStrallocpy("Step", &s->columns.wanted[STEP]));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_names(SeriesSource *s, PetscInt64 number, char line[], char **refused)
{
  Log *const g = s->state;
  char **names, *why = NULL;
  PetscInt n;

  PetscFunctionBegin;
  g->names_follow = PETSC_FALSE;
  if (begins_with(line, "-----"))
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT
                           " is of thermo_style multi, which is not read; thermo_style "
                           "custom writes a row for each step",
                           number));
  if (begins_with(line, "---") || begins_with(line, "keywords:"))
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT " is of thermo_modify line yaml, which is not read; "
                           "thermo_modify line one writes a row for each step",
                           number));
  if (*refused) PetscFunctionReturn(0);
  PetscCall(SeriesSplit(line, SERIES_BLANKS, &n, &names));
  PetscCall(SeriesColumnsSet(&s->columns, number, PetscMin(n, SERIES_MOST_COLUMNS), names, PETSC_FALSE,
                             s->timestep, &why));
  PetscCall(PetscFree(names));
  g->in_block = PETSC_TRUE;
  g->skipped = (PetscBool) !!why;
  g->in_shake = PETSC_FALSE;
  g->in_this_block = 0;
  if (why) {
    PetscCall(PetscStrncpy(g->why, why, sizeof(g->why)));
    PetscCall(SeriesWarn(&s->warnings, "a run is left out: %s", why));
    PetscCall(PetscFree(why));
  }
  PetscFunctionReturn(0);
}

static void read_timestep(SeriesSource *s, const char line[])
{
  const Log *const g = s->state;
  double value = 0;

  if (g->timestep_is_given) return;
  if ((sscanf(line, "timestep %lf", &value) == 1 || sscanf(line, "Time step : %lf", &value) == 1) &&
      value > 0 && value < PETSC_INFINITY)
    s->timestep = value;
}

static PetscInt count_fields(const char line[])
{
  PetscInt n = 0;

  for (line += strspn(line, " \t\r"); *line; ++n) {
    line += strcspn(line, " \t\r");
    line += strspn(line, " \t\r");
  }
  return n;
}

/* Whether the line is a row of the block. */
static PetscErrorCode is_row(SeriesSource *s, PetscInt64 number, const char line[], PetscBool *row)
{
  Log *const g = s->state;
  PetscReal value;
  char *end;

  PetscFunctionBegin;
  *row = (PetscBool)(SeriesNumber(line, &end, &value) && (!*end || strchr(" \t\r", *end)));
  if (begins_with(line, "Loop time")) g->in_block = PETSC_FALSE;
  if (begins_with(line, "SHAKE stats")) g->in_shake = PETSC_TRUE;
  if (begins_with(line, "ERROR"))
    PetscCall(SeriesWarn(&s->warnings, "line %" PetscInt64_FMT ": the run ended with %.160s", number, line));
  if (*row && g->in_shake) {
    if (count_fields(line) != s->columns.n_fields)
      *row = PETSC_FALSE;
    else
      g->in_shake = PETSC_FALSE;
  }
  if (g->skipped) *row = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Whether the line names columns: a row of as many numbers follows. */
static PetscErrorCode is_header(SeriesSource *s, const char line[], char **header, char **refused)
{
  PetscInt64 number;
  PetscReal value;
  char *row, *end;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(line, header));
  PetscCall(SeriesTextLine(s->text, &row, &number, refused));
  if (!row || *refused || count_fields(row) != count_fields(*header) ||
      !SeriesNumber(row + strspn(row, " \t"), &end, &value))
    PetscCall(PetscFree(*header));
  if (row && !*refused) SeriesTextHold(s->text);
  PetscFunctionReturn(0);
}

/* A line between the runs. */
static PetscErrorCode read_between(SeriesSource *s, PetscInt64 number, const char line[], char **refused)
{
  char *header = NULL;

  PetscFunctionBegin;
  read_timestep(s, line);
  if (begins_with(line, "Step ")) PetscCall(is_header(s, line, &header, refused));
  if (header) PetscCall(read_names(s, number, header, refused));
  PetscCall(PetscFree(header));
  PetscFunctionReturn(0);
}

/* The next line of rows that is wanted. */
static PetscErrorCode next_row(SeriesSource *s, char **line, PetscInt64 *number, char **refused)
{
  Log *const g = s->state;
  PetscBool row = PETSC_FALSE;

  PetscFunctionBegin;
  while (!row) {
    PetscCall(SeriesTextLine(s->text, line, number, refused));
    if (!*line || *refused) break;
    *line += strspn(*line, " \t\r");
    if (!**line || begins_with(*line, "WARNING")) continue;
    if (announces_names(*line)) {
      g->names_follow = PETSC_TRUE;
      g->in_block = PETSC_FALSE;
    } else if (g->names_follow) {
      PetscCall(read_names(s, *number, *line, refused));
      if (*refused) break;
    } else if (g->in_block) {
      PetscCall(is_row(s, *number, *line, &row));
    } else {
      PetscCall(read_between(s, *number, *line, refused));
      if (*refused) break;
    }
  }
  PetscFunctionReturn(0);
}

/* Whether the run ends behind the row that was read. */
static PetscErrorCode is_last(SeriesSource *s, PetscBool *last, char **refused)
{
  PetscInt64 number;
  char *line;

  PetscFunctionBegin;
  do {
    PetscCall(SeriesTextLine(s->text, &line, &number, refused));
  } while (line && !*refused && begins_with(line, "WARNING"));
  *last = (PetscBool)(!line || begins_with(line, "Loop time"));
  if (line) SeriesTextHold(s->text);
  PetscFunctionReturn(0);
}

/* Whether the row belongs to the series. */
static PetscErrorCode keep(SeriesSource *s, const SeriesRow *row, PetscBool *kept, char **refused)
{
  Log *const g = s->state;
  const PetscBool first = (PetscBool)(g->in_this_block++ == 0);
  PetscBool last = PETSC_FALSE, same = PETSC_TRUE;

  PetscFunctionBegin;
  *kept = PETSC_TRUE;
  if (!g->n) PetscFunctionReturn(0);
  if (s->columns.column_of[STEP] < 0) { /* all that is known tells a row that is repeated */
    for (PetscInt c = 0; c < s->columns.n_wanted; ++c)
      same = (PetscBool)(same && row->value[c] == g->last[c]);
    *kept = (PetscBool) !(first && same);
    PetscFunctionReturn(0);
  }
  const PetscReal step = row->value[STEP] - g->last[STEP];

  if (first && step == 0) *kept = PETSC_FALSE;
  if (!*kept || step == g->interval) PetscFunctionReturn(0);
  if (step > 0 && step < g->interval) {
    PetscCall(is_last(s, &last, refused));
    *kept = (PetscBool) !(first || last);
    if (last && !first && !g->told)
      PetscCall(SeriesWarn(&s->warnings,
                           "line %" PetscInt64_FMT ": the last row of a run, at step %.15g, lies between the "
                           "others and is left out",
                           row->line, row->value[STEP]));
    g->told = (PetscBool)(g->told || last);
    if (!*kept) PetscFunctionReturn(0);
  }
  if (g->interval == 0)
    g->interval = step;
  else if (s->columns.column_of[SERIES_TIME] < 0)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT
                           ", column Step: from %.15g to %.15g, where every %.15g steps "
                           "a row was expected",
                           row->line, g->last[STEP], row->value[STEP], g->interval));
  PetscFunctionReturn(0);
}

static PetscErrorCode log_read(SeriesSource *s, SeriesRow *row, char **refused)
{
  Log *const g = s->state;
  PetscBool kept = PETSC_FALSE;
  PetscInt64 number;
  char *line;

  PetscFunctionBegin;
  while (!kept && !*refused) {
    row->is_there = PETSC_FALSE;
    PetscCall(next_row(s, &line, &number, refused));
    if (!line || *refused) break;
    PetscCall(SeriesReadFields(&s->columns, SERIES_BLANKS, line, number, row, refused));
    if (!*refused) PetscCall(keep(s, row, &kept, refused));
  }
  if (*refused) row->is_there = PETSC_FALSE;
  if (row->is_there) {
    PetscCall(PetscArraycpy(g->last, row->value, SERIES_ROLES));
    g->n++;
  } else if (!g->n) {
    PetscCall(SeriesRefuse(refused, "%s",
                           g->why[0] ? g->why : "there are no rows of thermo output, below a line Step .."));
  }
  PetscFunctionReturn(0);
}

const SeriesFormat SeriesLammpsLog = {"lammps_log", looks_like_log, log_open, log_read, NULL};
