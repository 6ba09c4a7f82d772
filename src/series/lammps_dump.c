/* Text dumps of LAMMPS: a frame is a row, with the columns of one particle. */
#include <stdlib.h>
#include <string.h>
#include "dump_box.h"
#include "number.h"
#include "table.h"

typedef struct {
  DumpBox box;
  PetscReal step, time;
  PetscBool has_time;
  PetscInt64 first_line, atoms; /* of the frame */
  PetscBool in_frame, has_box;
  char *names;         /* the line of names that is set; NULL: none */
  PetscBool with_time; /* that it was set with */
  PetscInt id;         /* its column; -1: none */
  DumpCoordinate coordinates[SERIES_MAX_COLUMNS];
} Dump;

static const char *const extra[] = {"id", "ix", "iy", "iz"};
static const char atoms[] = "ITEM: ATOMS";

static PetscBool begins_with(const char line[], const char words[])
{
  return (PetscBool)!strncmp(line, words, strlen(words));
}

static PetscBool looks_like_dump(const char bytes[], size_t n, const char name[])
{
  (void)name;
  return (PetscBool)(n >= 5 && !memcmp(bytes, "ITEM:", 5));
}

static PetscErrorCode dump_open(SeriesSource *s, char **refused)
{
  Dump *d;

  PetscFunctionBegin;
  (void)refused;
  PetscCall(PetscNew(&d));
  s->state = d;
  for (PetscInt k = 0; k < 4; ++k) PetscCall(PetscStrallocpy(extra[k], &s->columns.wanted[SERIES_EXTRA + k]));
  PetscFunctionReturn(0);
}

/* The next line of a frame that has begun. */
static PetscErrorCode must_line(SeriesSource *s, char **line, PetscInt64 *number, char **refused)
{
  const Dump *const d = s->state;

  PetscFunctionBegin;
  PetscCall(SeriesTextLine(s->text, line, number, refused));
  if (!*line)
    PetscCall(SeriesRefuse(
        refused, "after line %" PetscInt64_FMT ": the file breaks off in the frame of line %" PetscInt64_FMT,
        *number, d->first_line));
  PetscFunctionReturn(0);
}

/* A line of n numbers. */
static PetscErrorCode read_numbers(SeriesSource *s, PetscInt n, PetscReal values[], char **refused)
{
  PetscInt64 number;
  char *line, *end;

  PetscFunctionBegin;
  PetscCall(must_line(s, &line, &number, refused));
  for (PetscInt k = 0; k < n && !*refused; ++k) {
    line += strspn(line, " \t");
    if (!SeriesNumber(line, &end, &values[k]) || PetscIsInfOrNanReal(values[k]))
      PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT ": %s expected, but there is \"%.40s\"", number,
                             n == 1 ? "a number was" : "the two ends of the box were", line));
    line = end;
  }
  PetscFunctionReturn(0);
}

/* ITEM: BOX BOUNDS pp pp ff, with xy xz yz before if the box is triclinic. */
static PetscErrorCode read_box(SeriesSource *s, const char line[], char **refused)
{
  Dump *const d = s->state;
  char kind[6][16] = {"", "", "", "", "", ""};
  int n;

  PetscFunctionBegin;
  n = sscanf(line, "ITEM: BOX BOUNDS %15s %15s %15s %15s %15s %15s", kind[0], kind[1], kind[2], kind[3],
             kind[4], kind[5]);
  d->box.triclinic = (PetscBool)(n == 6 || begins_with(kind[0], "xy") || begins_with(kind[0], "abc"));
  for (PetscInt axis = 0; axis < 3 && !*refused; ++axis) {
    PetscReal ends[2] = {0, 0};

    PetscCall(read_numbers(s, 2, ends, refused));
    d->box.low[axis] = ends[0];
    d->box.high[axis] = ends[1];
    d->box.periodic[axis] = (PetscBool)(n == 3 && !strcmp(kind[axis], "pp") && ends[1] > ends[0]);
  }
  d->has_box = PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscErrorCode check_names(SeriesSource *s, PetscInt64 number, char **refused)
{
  Dump *const d = s->state;

  PetscFunctionBegin;
  d->id = s->columns.column_of[DUMP_ID];
  if (s->atom && d->id < 0)
    PetscCall(SeriesRefuse(
        refused, "line %" PetscInt64_FMT " names no column id to find particle %" PetscInt_FMT " by", number,
        s->atom));
  if (!d->has_box)
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT ": the frame has no ITEM: BOX BOUNDS", number));
  if (!*refused) PetscCall(DumpTell(s, &d->box, number, d->coordinates, refused));
  PetscFunctionReturn(0);
}

/* The names of line, and of what stands before them. */
static PetscErrorCode read_names(SeriesSource *s, PetscInt64 number, const char line[], char **refused)
{
  Dump *const d = s->state;
  char *copy, **fields, *names[SERIES_MOST_COLUMNS + 2];
  PetscInt n, n_fields;

  PetscFunctionBegin;
  if (d->names) {
    if (strcmp(d->names, line) || d->with_time != d->has_time)
      PetscCall(SeriesRefuse(refused,
                             "line %" PetscInt64_FMT ": the frame of line %" PetscInt64_FMT
                             " has other columns than those before",
                             number, d->first_line));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscStrallocpy(line, &d->names));
  d->with_time = d->has_time;
  PetscCall(PetscStrallocpy(line + strlen(atoms), &copy));
  PetscCall(SeriesSplit(copy, SERIES_BLANKS, &n_fields, &fields));
  n_fields = PetscMin(n_fields, SERIES_MOST_COLUMNS);
  for (n = 0; n < n_fields; ++n) PetscCall(PetscStrallocpy(fields[n], &names[n]));
  PetscCall(PetscStrallocpy("Step", &names[n++]));
  if (d->has_time) PetscCall(PetscStrallocpy("Time", &names[n++]));
  PetscCall(DumpRename(&s->columns, n_fields, names, number, d->coordinates, refused));
  if (!*refused)
    PetscCall(SeriesColumnsSet(&s->columns, number, n, names, PETSC_FALSE, s->timestep, refused));
  s->columns.n_fields = n_fields;
  for (PetscInt k = 0; k < n; ++k) PetscCall(PetscFree(names[k]));
  PetscCall(PetscFree(fields));
  PetscCall(PetscFree(copy));
  if (!*refused) PetscCall(check_names(s, number, refused));
  PetscFunctionReturn(0);
}

/* Whether the line is of the particle that is wanted. */
static PetscBool is_wanted(const SeriesSource *s, const char line[])
{
  const Dump *const d = s->state;

  if (!s->atom) return PETSC_TRUE;
  for (PetscInt k = 0;; ++k) {
    line += strspn(line, " \t");
    if (k == d->id) break;
    line += strcspn(line, " \t");
  }
  return (PetscBool)(strtoll(line, NULL, 10) == s->atom);
}

static PetscErrorCode read_atoms(SeriesSource *s, SeriesRow *row, char **refused)
{
  Dump *const d = s->state;
  PetscInt64 number = d->first_line;

  PetscFunctionBegin;
  if (!s->atom && d->atoms != 1)
    PetscCall(SeriesRefuse(refused,
                           "the frame of line %" PetscInt64_FMT " has %" PetscInt64_FMT
                           " particles; the id of one is needed%s%s%s",
                           d->first_line, d->atoms, s->columns.section ? " (" : "",
                           s->columns.section ? s->columns.section : "", s->columns.section ? ".atom)" : ""));
  for (PetscInt64 i = 0; i < d->atoms && !*refused; ++i) {
    char *line;

    PetscCall(must_line(s, &line, &number, refused));
    if (*refused) break;
    if (begins_with(line, "ITEM:"))
      PetscCall(SeriesRefuse(refused,
                             "line %" PetscInt64_FMT ": the frame of line %" PetscInt64_FMT
                             " has %" PetscInt64_FMT " particles, where it announces %" PetscInt64_FMT,
                             number, d->first_line, i, d->atoms));
    else if (!row->is_there && is_wanted(s, line))
      PetscCall(SeriesReadFields(&s->columns, SERIES_BLANKS, line, number, row, refused));
  }
  if (!row->is_there)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT ": the frame that begins at line %" PetscInt64_FMT
                           " has no particle with id %" PetscInt_FMT,
                           number, d->first_line, s->atom));
  PetscFunctionReturn(0);
}

/* The frame is whole: what does not stand in the line of the particle, and the box. */
static PetscErrorCode finish_row(SeriesSource *s, SeriesRow *row)
{
  Dump *const d = s->state;
  const SeriesColumns *const c = &s->columns;

  PetscFunctionBegin;
  for (PetscInt k = c->n_fields; k < c->n; ++k) {
    for (PetscInt r = c->first_role[k]; r >= 0; r = c->next_role[r])
      row->value[r] = k == c->n_fields ? d->step : d->time;
  }
  PetscCall(DumpConvert(s, &d->box, d->coordinates, row));
  PetscFunctionReturn(0);
}

/* One ITEM: with what is below it; *whole at the end of a frame. */
static PetscErrorCode read_item(SeriesSource *s, PetscInt64 number, const char line[], SeriesRow *row,
                                PetscBool *whole, char **refused)
{
  Dump *const d = s->state;
  PetscReal value = 0;

  PetscFunctionBegin;
  if (begins_with(line, atoms)) {
    PetscCall(read_names(s, number, line, refused));
    if (!*refused) PetscCall(read_atoms(s, row, refused));
    *whole = PETSC_TRUE;
  } else if (begins_with(line, "ITEM: BOX BOUNDS")) {
    PetscCall(read_box(s, line, refused));
  } else if (begins_with(line, "ITEM: NUMBER OF ATOMS")) {
    PetscCall(read_numbers(s, 1, &value, refused));
    d->atoms = value >= 0 && value < 1e15 ? (PetscInt64)value : 0;
  } else if (begins_with(line, "ITEM: TIMESTEP")) {
    PetscCall(read_numbers(s, 1, &d->step, refused));
  } else if (begins_with(line, "ITEM: TIME")) {
    PetscCall(read_numbers(s, 1, &d->time, refused));
    d->has_time = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode dump_read(SeriesSource *s, SeriesRow *row, char **refused)
{
  Dump *const d = s->state;
  PetscBool whole = PETSC_FALSE;
  PetscInt64 number;
  char *line;

  PetscFunctionBegin;
  row->is_there = PETSC_FALSE;
  d->has_time = d->has_box = d->in_frame = PETSC_FALSE;
  d->atoms = 0;
  while (!whole && !*refused) {
    PetscCall(SeriesTextLine(s->text, &line, &number, refused));
    if (*refused || (!line && !d->in_frame)) break;
    if (!line) {
      PetscCall(must_line(s, &line, &number, refused));
      break;
    }
    if (!begins_with(line, "ITEM:")) {
      if (!d->in_frame && line[strspn(line, " \t")])
        PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT ": ITEM: was expected, not \"%.40s\"", number,
                               line));
      continue; /* units and others that are not needed */
    }
    if (!d->in_frame) d->first_line = number;
    d->in_frame = PETSC_TRUE;
    PetscCall(read_item(s, number, line, row, &whole, refused));
  }
  if (whole && !*refused) PetscCall(finish_row(s, row));
  PetscFunctionReturn(0);
}

static PetscErrorCode dump_close(SeriesSource *s)
{
  Dump *const d = s->state;

  PetscFunctionBegin;
  if (d) PetscCall(PetscFree(d->names));
  PetscFunctionReturn(0);
}

const SeriesFormat SeriesLammpsDump = {"lammps_dump", looks_like_dump, dump_open, dump_read, dump_close};
