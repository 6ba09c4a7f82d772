/* A series as text, a block of rows at a time. */
#include <reiter/estimate.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "refuse.h"

/* Printed times lie this close to their grid: each, as a part of the step, and over long times. */
static const PetscReal slack = 1e-2, drift = 1e-4;
enum { MOST_COLUMNS = 4096, ROLES = REITER_MAX_DIM + 2, TIME = REITER_MAX_DIM, PATH };

/* The column of a component, of the time, or of the number of the path. */
typedef struct {
  char name[64];
  PetscInt column; /* -1: none */
} Role;

struct _p_SeriesFile {
  FILE *stream;
  char *line;
  size_t size;
  PetscInt64 row, bytes, all; /* row: of the file, from 1 */
  PetscInt dim, columns;
  Role role[ROLES];
  PetscInt *role_of; /* [columns]: index of role, or -1 */
  PetscBool is_open; /* a row waits in ahead */
  PetscReal ahead[ROLES];
  PetscReal dt, start, last, path;
  PetscInt64 in_path; /* samples of the path so far, without the one ahead */
};

/* The next line that is no comment and not empty; *text is NULL at the end. */
static PetscErrorCode next_line(SeriesFile s, char **text, char **refused)
{
  ssize_t length;

  PetscFunctionBegin;
  *text = NULL;
  while (!*text && !*refused && (errno = 0, length = getline(&s->line, &s->size, s->stream)) >= 0) {
    char *start = s->line;

    s->row++;
    s->bytes += length;
    if (memchr(s->line, 0, (size_t)length))
      PetscCall(EstimateRefuse(refused, "line %" PetscInt64_FMT " is not text", s->row));
    if (s->row == 1 && !strncmp(start, "\xef\xbb\xbf", 3)) start += 3; /* byte order mark */
    while (isspace((unsigned char)*start)) start++;
    if (*start && *start != '#') *text = start;
  }
  if (!*text && ferror(s->stream))
    PetscCall(EstimateRefuse(refused, "it cannot be read: %s", strerror(errno)));
  PetscFunctionReturn(0);
}

/* Cuts the next field off, without blanks and quotes around it; NULL after the last one. */
static char *next_field(char **rest)
{
  char *field = *rest, *end;

  if (!field) return NULL;
  end = field + strcspn(field, ",");
  *rest = *end ? end + 1 : NULL;
  while (isspace((unsigned char)*field) || *field == '"') field++;
  while (end > field && (isspace((unsigned char)end[-1]) || end[-1] == '"')) --end;
  *end = 0;
  return field;
}

static PetscInt role_named(SeriesFile s, const char name[])
{
  for (PetscInt r = 0; r < ROLES; ++r) {
    if (s->role[r].name[0] && !strcmp(s->role[r].name, name)) return r;
  }
  return -1;
}

static PetscErrorCode read_header(SeriesFile s, char **refused)
{
  char *rest, *field, seen[200] = "";
  size_t used = 0;

  PetscFunctionBegin;
  PetscCall(next_line(s, &rest, refused));
  if (!rest) PetscCall(EstimateRefuse(refused, "it is empty"));
  PetscCall(PetscMalloc1(MOST_COLUMNS, &s->role_of));
  while (!*refused && (field = next_field(&rest))) {
    const PetscInt r = role_named(s, field);

    if (s->columns == MOST_COLUMNS) {
      PetscCall(
          EstimateRefuse(refused, "line %" PetscInt64_FMT " has more than %d columns", s->row, MOST_COLUMNS));
      break;
    }
    if (used < sizeof(seen) - 1)
      used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%s%s", s->columns ? ", " : "", field);
    s->role_of[s->columns] = r;
    if (r >= 0 && s->role[r].column >= 0)
      PetscCall(EstimateRefuse(refused, "line %" PetscInt64_FMT " names the column %s twice", s->row, field));
    if (r >= 0) s->role[r].column = s->columns;
    s->columns++;
  }
  for (PetscInt r = 0; r < s->dim && !*refused; ++r) {
    if (s->role[r].column < 0)
      PetscCall(EstimateRefuse(refused, "line %" PetscInt64_FMT " names no column %s, but %s", s->row,
                               s->role[r].name, seen));
  }
  PetscFunctionReturn(0);
}

/* A row into ahead; is_open is false at the end of the file. */
static PetscErrorCode read_row(SeriesFile s, char **refused)
{
  PetscInt column = 0;
  char *rest, *field, *end;

  PetscFunctionBegin;
  s->is_open = PETSC_FALSE;
  PetscCall(next_line(s, &rest, refused));
  if (!rest || *refused) PetscFunctionReturn(0);
  for (; (field = next_field(&rest)); ++column) {
    const PetscInt r = column < s->columns ? s->role_of[column] : -1;

    if (r < 0) continue;
    s->ahead[r] = strtod(field, &end);
    if (end == field || *end)
      PetscCall(EstimateRefuse(refused, "line %" PetscInt64_FMT ", column %s: \"%.40s\" is not a number",
                               s->row, s->role[r].name, field));
    else if (!isfinite(s->ahead[r]))
      PetscCall(EstimateRefuse(refused, "line %" PetscInt64_FMT ", column %s: %.40s is not a finite number",
                               s->row, s->role[r].name, field));
  }
  if (column != s->columns)
    PetscCall(EstimateRefuse(refused,
                             "line %" PetscInt64_FMT " has %" PetscInt_FMT
                             " entries, but the header has %" PetscInt_FMT " columns",
                             s->row, column, s->columns));
  s->is_open = *refused ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* Whether the row ahead begins another path. */
static PetscErrorCode begins_path(SeriesFile s, PetscBool *begins, char **refused)
{
  PetscFunctionBegin;
  *begins = (PetscBool)(s->in_path == 0 || (s->role[PATH].column >= 0 && s->ahead[PATH] != s->path));
  if (*begins && s->in_path && s->ahead[PATH] < s->path)
    PetscCall(EstimateRefuse(refused,
                             "line %" PetscInt64_FMT
                             ", column %s: path %.15g comes after path %.15g; the rows of a path "
                             "stand together, the paths in ascending order",
                             s->row, s->role[PATH].name, s->ahead[PATH], s->path));
  PetscFunctionReturn(0);
}

/* The row ahead must lie a step after the last one. The step is that of the first two rows: what is wrong with it shows
   in time. */
static PetscErrorCode check_time(SeriesFile s, char **refused)
{
  const PetscReal now = s->ahead[TIME], step = now - s->last;
  const PetscReal away = PetscAbsReal(now - s->start - (PetscReal)s->in_path * s->dt);

  PetscFunctionBegin;
  if (s->role[TIME].column < 0 || s->in_path == 0) PetscFunctionReturn(0);
  if (PetscAbsReal(step - s->dt) > slack * s->dt ||
      away > slack * s->dt + drift * PetscAbsReal(now - s->start))
    PetscCall(EstimateRefuse(
        refused,
        "line %" PetscInt64_FMT ", column %s: a step of %.9g from %.15g to %.15g, where steps of %.9g were "
        "expected; if times are only printed with few digits, estimate.time_step can say the step",
        s->row, s->role[TIME].name, step, s->last, now, s->dt));
  PetscFunctionReturn(0);
}

/* The step between samples is that of the first two rows, if it was not given. Leaves the first row ahead. */
static PetscErrorCode find_step(SeriesFile s, char **refused)
{
  PetscReal first[ROLES];
  PetscInt64 row;
  off_t second;

  PetscFunctionBegin;
  PetscCall(read_row(s, refused));
  if (!s->is_open) {
    PetscCall(EstimateRefuse(refused, "there are no rows below its header"));
    PetscFunctionReturn(0);
  }
  if (s->dt > 0) PetscFunctionReturn(0);
  PetscCall(PetscArraycpy(first, s->ahead, ROLES));
  row = s->row;
  second = ftello(s->stream);
  const PetscInt64 bytes = s->bytes;

  PetscCall(read_row(s, refused));
  if (!*refused && !s->is_open) PetscCall(EstimateRefuse(refused, "one row gives no time between rows"));
  if (*refused) PetscFunctionReturn(0);
  s->dt = s->ahead[TIME] - first[TIME];
  if (!(s->dt > 0))
    PetscCall(EstimateRefuse(
        refused, "line %" PetscInt64_FMT ", column %s: the time does not go forward from %.15g to %.15g",
        s->row, s->role[TIME].name, first[TIME], s->ahead[TIME]));
  if (fseeko(s->stream, second, SEEK_SET))
    PetscCall(EstimateRefuse(refused, "it is no file that can be read twice"));
  PetscCall(PetscArraycpy(s->ahead, first, ROLES));
  s->row = row;
  s->bytes = bytes;
  PetscFunctionReturn(0);
}

static PetscErrorCode set_roles(SeriesFile s, const SeriesSettings *wanted, char **refused)
{
  const char *const defaults[] = {wanted->time ? wanted->time : "t", wanted->path ? wanted->path : "path"};

  PetscFunctionBegin;
  for (PetscInt r = 0; r < ROLES; ++r) s->role[r].column = -1;
  for (PetscInt c = 0; c < wanted->dim; ++c)
    PetscCall(PetscStrncpy(s->role[c].name, wanted->columns[c], sizeof(s->role[c].name)));
  PetscCall(PetscStrncpy(s->role[TIME].name, defaults[0], sizeof(s->role[TIME].name)));
  PetscCall(PetscStrncpy(s->role[PATH].name, defaults[1], sizeof(s->role[PATH].name)));
  if (wanted->dt > 0) s->role[TIME].name[0] = 0; /* a step that is given goes before the column */
  PetscCall(read_header(s, refused));
  if (!*refused && wanted->dt <= 0 && s->role[TIME].column < 0)
    PetscCall(EstimateRefuse(
        refused, "there is no column %s of the time; estimate.time_step can say the time between rows",
        s->role[TIME].name));
  if (!*refused && wanted->path && s->role[PATH].column < 0)
    PetscCall(
        EstimateRefuse(refused, "there is no column %s with the numbers of the paths", s->role[PATH].name));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesOpen(const char file[], const SeriesSettings *settings, SeriesFile *series,
                          char **refused)
{
  struct stat about;
  SeriesFile s;

  PetscFunctionBegin;
  *refused = NULL;
  PetscCall(PetscNew(&s));
  *series = s;
  s->dim = settings->dim;
  s->dt = settings->dt;
  s->stream = fopen(file, "rb");
  if (!s->stream) {
    PetscCall(EstimateRefuse(refused, "it cannot be opened: %s", strerror(errno)));
  } else {
    if (!fstat(fileno(s->stream), &about)) s->all = (PetscInt64)about.st_size;
    PetscCall(set_roles(s, settings, refused));
    if (!*refused) PetscCall(find_step(s, refused));
  }
  if (*refused) PetscCall(SeriesClose(series));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesClose(SeriesFile *series)
{
  PetscFunctionBegin;
  if (!*series) PetscFunctionReturn(0);
  if ((*series)->stream) fclose((*series)->stream);
  free((*series)->line);
  PetscCall(PetscFree((*series)->role_of));
  PetscCall(PetscFree(*series));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetStep(SeriesFile s, PetscReal *dt)
{
  PetscFunctionBegin;
  *dt = s->dt;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesGetProgress(SeriesFile s, PetscInt64 *done, PetscInt64 *all)
{
  PetscFunctionBegin;
  *done = s->bytes;
  *all = s->all;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesRead(SeriesFile s, PetscInt *n, PetscReal x[], PetscBool *begins, char **refused)
{
  PetscBool another = PETSC_FALSE;

  PetscFunctionBegin;
  *n = 0;
  *begins = PETSC_FALSE;
  while (s->is_open && !*refused && *n < ESTIMATE_BLOCK) {
    PetscCall(begins_path(s, &another, refused));
    if (another && *n) break; /* the next call begins with it */
    if (another) {
      *begins = PETSC_TRUE;
      s->in_path = 0;
      s->path = s->ahead[PATH];
      s->start = s->ahead[TIME];
    }
    PetscCall(check_time(s, refused));
    if (*refused) break;
    for (PetscInt c = 0; c < s->dim; ++c) x[c * ESTIMATE_BLOCK + *n] = s->ahead[c];
    s->last = s->ahead[TIME];
    s->in_path++;
    ++*n;
    PetscCall(read_row(s, refused));
  }
  PetscFunctionReturn(0);
}
