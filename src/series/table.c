#include "table.h"
#include <math.h>
#include <string.h>
#include "number.h"
#include "refuse.h"

static inline PetscBool is_blank(char c, char separator)
{
  return (PetscBool)((c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r') &&
                     (c != separator || separator == SERIES_BLANKS));
}

static inline char *skip_blanks(char *p, char separator)
{
  while (is_blank(*p, separator)) ++p;
  return p;
}

/* The end of the field that begins at p: its separator, or the end of the line. */
static inline char *end_of_field(char *p, char separator)
{
  if (*p == '"') {
    char *const quote = strchr(p + 1, '"');
    if (quote) p = quote + 1;
  }
  return separator == SERIES_BLANKS ? p + strcspn(p, " \t\f\v\r") : strchrnul(p, separator);
}

/* Behind a name, a unit in brackets after blanks; or end. */
static char *end_of_unit(char *end)
{
  char *const p = skip_blanks(end, SERIES_BLANKS);
  char *const close = *p == '(' ? strchr(p, ')') : *p == '[' ? strchr(p, ']') : NULL;

  return close ? close + 1 : end;
}

/* The field itself, ended by a zero. */
static char *trim(char *field, char *end, char separator)
{
  while (end > field && is_blank(end[-1], separator)) --end;
  if (*field == '"' && end > field + 1 && end[-1] == '"') {
    ++field;
    --end;
  }
  field = skip_blanks(field, separator);
  while (end > field && is_blank(end[-1], separator)) --end;
  if (end < field) end = field;
  *end = 0;
  return field;
}

PetscErrorCode SeriesSplit(char line[], char separator, PetscInt *n, char ***fields)
{
  char *p = line;

  PetscFunctionBegin;
  *n = 0;
  PetscCall(PetscMalloc1(SERIES_MOST_COLUMNS + 1, fields));
  while (*n <= SERIES_MOST_COLUMNS) {
    char *end, *next;

    p = skip_blanks(p, separator);
    if (separator == SERIES_BLANKS && !*p) break;
    end = end_of_field(p, separator);
    if (separator == SERIES_BLANKS) end = end_of_unit(end);
    next = *end ? end + 1 : NULL;
    (*fields)[(*n)++] = trim(p, end, separator);
    if (!next) break;
    p = next;
  }
  PetscFunctionReturn(0);
}

/* A field that is not simply a number: in quotes, or wrong. */
static PetscErrorCode read_odd(const SeriesColumns *c, PetscInt64 line, PetscInt role, char separator,
                               char *field, PetscReal *value, char **refused)
{
  char text[64], *end;
  const size_t n = (size_t)(end_of_field(field, separator) - field);

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(text, field, PetscMin(n + 1, sizeof(text))));
  field = trim(text, text + strlen(text), separator);
  if (n >= sizeof(text) || !SeriesNumber(field, &end, value) || *end || !isfinite(*value))
    PetscCall(SeriesRefuseNumber(c, line, role, field, refused));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesReadFields(const SeriesColumns *c, char separator, char line[], PetscInt64 number,
                                SeriesRow *row, char **refused)
{
  PetscInt column = 0;
  char *p = line, *end;

  PetscFunctionBegin;
  row->line = number;
  for (;; ++column) {
    PetscReal value = 0;
    PetscInt r = column < c->n_fields ? c->first_role[column] : -1;

    p = skip_blanks(p, separator);
    if (separator == SERIES_BLANKS && !*p) break;
    if (r < 0) {
      end = end_of_field(p, separator);
    } else if (!SeriesNumber(p, &end, &value) || !isfinite(value) ||
               (end = skip_blanks(end, separator), *end && *end != separator && separator != SERIES_BLANKS) ||
               (separator == SERIES_BLANKS && *end && !is_blank(end[-1], separator))) {
      PetscCall(read_odd(c, number, r, separator, p, &value, refused));
      end = end_of_field(p, separator);
    }
    for (; r >= 0; r = c->next_role[r]) row->value[r] = value;
    p = end;
    if (separator == SERIES_BLANKS) continue;
    if (!*p++) {
      ++column;
      break;
    }
  }
  if (column != c->n_fields)
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT " has %" PetscInt_FMT
                           " entries, but the header has %" PetscInt_FMT " columns",
                           number, column, c->n_fields));
  row->is_there = *refused ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}
