/*
  Columns of text: names in the first line, or in the last comment before the numbers (LAMMPS' fix print and fix ave/time,
  NumPy's savetxt). Commas, semicolons, tabs or blanks, as the names show it.
*/
#include <string.h>
#include "format.h"
#include "number.h"
#include "table.h"

typedef struct {
  char separator;
} Csv;

static PetscBool any_text(const char bytes[], size_t n, const char name[])
{
  (void)bytes;
  (void)n;
  (void)name;
  return PETSC_TRUE;
}

/* The next line that is not empty; comments too, if they are wanted. */
static PetscErrorCode next_line(SeriesText text, PetscBool comments, char **line, PetscInt64 *number,
                                char **refused)
{
  PetscFunctionBegin;
  for (;;) {
    PetscCall(SeriesTextLine(text, line, number, refused));
    if (!*line || *refused) break;
    *line += strspn(*line, " \t\r\f\v");
    if (**line && (comments || **line != '#')) break;
  }
  PetscFunctionReturn(0);
}

static char separator_of(const char line[])
{
  return strchr(line, ',') ? ',' : strchr(line, ';') ? ';' : strchr(line, '\t') ? '\t' : SERIES_BLANKS;
}

/* Names may be numbers if they are asked for, or if the first is none. */
static PetscErrorCode is_data(const SeriesColumns *columns, const char line[], PetscBool *data)
{
  char *copy, **fields, *end;
  PetscReal value;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(line, &copy));
  PetscCall(SeriesSplit(copy, separator_of(line), &n, &fields));
  *data = (PetscBool)(n && SeriesNumber(fields[0], &end, &value) && !*end);
  for (PetscInt k = 0; k < n && *data; ++k) {
    for (PetscInt r = 0; r < columns->n_wanted; ++r) {
      if (!strcmp(fields[k], columns->wanted[r])) *data = PETSC_FALSE;
    }
  }
  PetscCall(PetscFree(fields));
  PetscCall(PetscFree(copy));
  PetscFunctionReturn(0);
}

/* Tabs are separators if the first row has as many of them as the names. */
static PetscErrorCode check_tabs(SeriesSource *s, const char names[], char *separator, char **refused)
{
  PetscInt in_names = 0, in_row = 0;
  PetscInt64 number;
  char *row;

  PetscFunctionBegin;
  for (const char *c = names; *c; ++c) in_names += *c == '\t';
  PetscCall(next_line(s->text, PETSC_FALSE, &row, &number, refused));
  if (!row || *refused) PetscFunctionReturn(0);
  for (const char *c = row; *c; ++c) in_row += *c == '\t';
  if (in_row != in_names) *separator = SERIES_BLANKS;
  SeriesTextHold(s->text);
  PetscFunctionReturn(0);
}

/* names may be changed. */
static PetscErrorCode set_names(SeriesSource *s, PetscInt64 number, char names[], char separator,
                                char **refused)
{
  char **fields;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(SeriesSplit(names, separator, &n, &fields));
  if (n > SERIES_MOST_COLUMNS)
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " has more than %d columns", number,
                           SERIES_MOST_COLUMNS));
  else
    PetscCall(SeriesColumnsSet(&s->columns, number, n, fields, PETSC_FALSE, s->timestep, refused));
  PetscCall(PetscFree(fields));
  PetscFunctionReturn(0);
}

/* The last comment goes to *comment, the first line below to *line. */
static PetscErrorCode find_names(SeriesSource *s, char **comment, PetscInt64 *of_comment, char **line,
                                 PetscInt64 *number, char **refused)
{
  PetscFunctionBegin;
  *comment = NULL;
  for (;;) {
    PetscCall(next_line(s->text, PETSC_TRUE, line, number, refused));
    if (!*line || *refused || **line != '#') break;
    const char *const words = *line + strspn(*line, "# \t");

    if (!*words) continue;
    PetscCall(PetscFree(*comment));
    PetscCall(PetscStrallocpy(words, comment));
    *of_comment = *number;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode csv_open(SeriesSource *s, char **refused)
{
  char *comment, *line, *names = NULL;
  PetscInt64 of_comment = 0, number = 0;
  PetscBool data = PETSC_FALSE;
  Csv *csv;

  PetscFunctionBegin;
  PetscCall(PetscNew(&csv));
  s->state = csv;
  PetscCall(find_names(s, &comment, &of_comment, &line, &number, refused));
  if (!line) PetscCall(SeriesRefuse(refused, "it is empty"));
  if (!*refused) PetscCall(is_data(&s->columns, line, &data));
  if (!*refused && data && !comment)
    PetscCall(SeriesRefuse(
        refused, "line %" PetscInt64_FMT " has numbers, and no line above names the columns", number));
  if (!*refused) {
    csv->separator = separator_of(line);
    PetscCall(PetscStrallocpy(data ? comment : line, &names));
    if (data) {
      SeriesTextHold(s->text);
      if (csv->separator == '\t') PetscCall(check_tabs(s, names, &csv->separator, refused));
      PetscCall(set_names(s, of_comment, names,
                          strchr(names, csv->separator) ? csv->separator : SERIES_BLANKS, refused));
    } else {
      if (csv->separator == '\t') PetscCall(check_tabs(s, names, &csv->separator, refused));
      PetscCall(set_names(s, number, names, csv->separator, refused));
    }
  }
  PetscCall(PetscFree(names));
  PetscCall(PetscFree(comment));
  PetscFunctionReturn(0);
}

static PetscErrorCode csv_read(SeriesSource *s, SeriesRow *row, char **refused)
{
  const Csv *const csv = s->state;
  PetscInt64 number;
  char *line;

  PetscFunctionBegin;
  row->is_there = PETSC_FALSE;
  PetscCall(next_line(s->text, PETSC_FALSE, &line, &number, refused));
  if (line && !*refused) PetscCall(SeriesReadFields(&s->columns, csv->separator, line, number, row, refused));
  PetscFunctionReturn(0);
}

const SeriesFormat SeriesCsv = {"csv", any_text, csv_open, csv_read, NULL};
