/* A table as text: names in the first line, numbers separated by commas below; # begins a comment. */
#include "table.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  PetscInt n; /* fields of a line */
  PetscInt capacity;
  char **fields;    /* [capacity] into the line */
  PetscInt *column; /* [n of the header] the column of the table, -1: not used */
} Fields;

/* Cuts a line at its commas; blanks and quotes around a field fall away. */
static PetscErrorCode split(char *line, Fields *f)
{
  char *next = line;

  PetscFunctionBegin;
  f->n = 0;
  while (next) {
    char *field = next, *end;

    next = strchr(field, ',');
    if (next) *next++ = '\0';
    end = field + strlen(field);
    while (isspace((unsigned char)*field) || *field == '"') field++;
    while (end > field && (isspace((unsigned char)end[-1]) || end[-1] == '"')) *--end = '\0';
    if (f->n == f->capacity) {
      f->capacity = 2 * f->capacity + 16;
      PetscCall(PetscRealloc((size_t)f->capacity * sizeof(*f->fields), &f->fields));
    }
    f->fields[f->n++] = field;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_header(PetscInt dim, const Fields *f, PetscInt line, TableFile *file,
                                  PetscInt **column, char **refused)
{
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(f->n, column));
  for (PetscInt i = 0; i < f->n; i++) {
    (*column)[i] = -1;
    if (!TableColumnIsKnown(dim, f->fields[i])) continue;
    for (PetscInt k = 0; k < file->n_columns; k++) {
      if (!strcmp(file->columns[k].name, f->fields[i]))
        PetscCall(
            TableRefuse(refused, "line %" PetscInt_FMT " names the column %s twice", line, f->fields[i]));
    }
    (*column)[i] = file->n_columns;
    PetscCall(TableFileAddColumn(file, f->fields[i], &values));
  }
  if (!file->n_columns)
    PetscCall(TableRefuse(
        refused,
        "line %" PetscInt_FMT
        " should name the columns, separated by commas (x, log_w, D, ...), but names none of them",
        line));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_row(const Fields *f, const PetscInt column[], PetscInt line, PetscInt *capacity,
                               TableFile *file, char **refused)
{
  PetscFunctionBegin;
  if (file->rows == *capacity) {
    *capacity = 2 * *capacity + 64;
    PetscCall(PetscRealloc((size_t)*capacity * sizeof(PetscInt), &file->line));
    for (PetscInt k = 0; k < file->n_columns; k++)
      PetscCall(PetscRealloc((size_t)*capacity * sizeof(PetscReal), &file->columns[k].values));
  }
  for (PetscInt i = 0; i < f->n; i++) {
    const char *text = f->fields[i];
    char *end;
    PetscReal value;

    if (column[i] < 0) continue;
    value = strtod(text, &end);
    if (end == text || *end)
      PetscCall(TableRefuse(refused, "line %" PetscInt_FMT ", column %s: \"%.40s\" is not a number", line,
                            file->columns[column[i]].name, text));
    else if (!isfinite(value))
      PetscCall(TableRefuse(refused, "line %" PetscInt_FMT ", column %s: %.40s is not a finite number", line,
                            file->columns[column[i]].name, text));
    file->columns[column[i]].values[file->rows] = value;
  }
  file->line[file->rows++] = line;
  PetscFunctionReturn(0);
}

static PetscErrorCode take_line(PetscInt dim, char *text, PetscInt line, Fields *f, PetscInt *n_header,
                                PetscInt *capacity, TableFile *file, char **refused)
{
  char *comment = strchr(text, '#');

  PetscFunctionBegin;
  if (line == 1 && !strncmp(text, "\xef\xbb\xbf", 3)) text += 3; /* byte order mark */
  if (comment) *comment = '\0';
  while (isspace((unsigned char)*text)) text++;
  if (!*text) PetscFunctionReturn(0);
  PetscCall(split(text, f));
  if (!*n_header) {
    *n_header = f->n;
    PetscCall(read_header(dim, f, line, file, &f->column, refused));
  } else if (f->n != *n_header) {
    PetscCall(TableRefuse(refused,
                          "line %" PetscInt_FMT " has %" PetscInt_FMT
                          " entries, but the header has %" PetscInt_FMT " columns",
                          line, f->n, *n_header));
  } else {
    PetscCall(read_row(f, f->column, line, capacity, file, refused));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode TableFileReadCsv(FILE *stream, PetscInt dim, TableFile *file, char **refused)
{
  Fields f = {0};
  PetscInt line = 0, n_header = 0, capacity = 0;
  char *text = NULL;
  size_t size = 0;
  ssize_t length;

  PetscFunctionBegin;
  while (!*refused && (errno = 0, length = getline(&text, &size, stream)) >= 0) {
    line++;
    if (strlen(text) != (size_t)length)
      PetscCall(TableRefuse(refused, "line %" PetscInt_FMT " is not text", line));
    else
      PetscCall(take_line(dim, text, line, &f, &n_header, &capacity, file, refused));
  }
  if (ferror(stream)) PetscCall(TableRefuse(refused, "it cannot be read: %s", strerror(errno)));
  if (!n_header) PetscCall(TableRefuse(refused, "it is empty"));
  if (!file->rows) PetscCall(TableRefuse(refused, "there are no rows below its header"));
  free(text);
  PetscCall(PetscFree(f.fields));
  PetscCall(PetscFree(f.column));
  PetscFunctionReturn(0);
}
