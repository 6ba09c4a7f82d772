#include "columns.h"
#include <math.h>
#include <reiter/diagnostics.h>
#include <string.h>
#include "number.h"
#include "refuse.h"

static const char *const times[] = {"t", "time", "Time"};
static const char *const steps[] = {"Step", "TimeStep", "Timestep", "step"};

PetscErrorCode SeriesColumnsCreate(const SeriesSettings *settings, SeriesColumns *c)
{
  PetscFunctionBegin;
  *c = (SeriesColumns){.n_wanted = settings->n, .section = settings->section, .time_scale = 1};
  for (PetscInt r = 0; r < settings->n; ++r) PetscCall(PetscStrallocpy(settings->columns[r], &c->wanted[r]));
  PetscCall(PetscStrallocpy(settings->path ? settings->path : "path", &c->wanted[SERIES_PATH]));
  c->path_is_optional = (PetscBool)!settings->path;
  if (settings->dt <= 0) { /* a step that is given goes before the column */
    PetscCall(PetscStrallocpy(settings->time ? settings->time : times[0], &c->wanted[SERIES_TIME]));
    c->time_is_open = (PetscBool)!settings->time;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode forget_names(SeriesColumns *c)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < c->n; ++k) PetscCall(PetscFree(c->names[k]));
  PetscCall(PetscFree(c->names));
  PetscCall(PetscFree(c->first_role));
  c->n = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesColumnsDestroy(SeriesColumns *c)
{
  PetscFunctionBegin;
  PetscCall(forget_names(c));
  for (PetscInt r = 0; r < SERIES_ROLES; ++r) PetscCall(PetscFree(c->wanted[r]));
  PetscFunctionReturn(0);
}

PetscBool SeriesNameIs(const char name[], const char wanted[])
{
  const size_t n = strlen(wanted);

  if (strncmp(name, wanted, n)) return PETSC_FALSE;
  name += n;
  if (!*name) return PETSC_TRUE;
  while (*name == ' ' || *name == '_') ++name;
  if (*name && name[1] >= '0' && name[1] <= '9') return PETSC_FALSE; /* the element of an array, as in f[1] */
  const char close = *name == '(' ? ')' : *name == '[' ? ']' : 0;
  const char *const end = close ? strchr(name, close) : NULL;

  return (PetscBool)(end && !end[1]);
}

/* An exact name goes before those with units. */
static PetscErrorCode find(const SeriesColumns *c, PetscInt64 line, const char wanted[], PetscInt *column,
                           char **refused)
{
  PetscInt near = -1, others = 0, exact = -1;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < c->n; ++k) {
    if (!strcmp(c->names[k], wanted)) {
      if (exact >= 0)
        PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " names the column %s twice", line, wanted));
      exact = k;
    } else if (SeriesNameIs(c->names[k], wanted)) {
      others += near >= 0;
      near = k;
    }
  }
  if (exact < 0 && others)
    PetscCall(SeriesRefuse(
        refused, "line %" PetscInt64_FMT " names the column %s twice, with different units", line, wanted));
  *column = exact >= 0 ? exact : near;
  PetscFunctionReturn(0);
}

static PetscErrorCode find_first(const SeriesColumns *c, PetscInt64 line, PetscInt n,
                                 const char *const candidates[], PetscInt *column, char **refused)
{
  PetscFunctionBegin;
  *column = -1;
  for (PetscInt k = 0; k < n && *column < 0 && !*refused; ++k)
    PetscCall(find(c, line, candidates[k], column, refused));
  PetscFunctionReturn(0);
}

/* Or what the time between rows can be said by. */
static PetscErrorCode refuse_time(const SeriesColumns *c, const char why[], char **refused)
{
  PetscFunctionBegin;
  PetscCall(SeriesRefuse(refused, "there is no column %s of the time%s%s%s%s", c->wanted[SERIES_TIME], why,
                         c->section ? "; " : "", c->section ? c->section : "",
                         c->section ? ".time_step can say the time between rows" : ""));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_time(SeriesColumns *c, PetscInt64 line, PetscBool first_is_time,
                                PetscReal timestep, char **refused)
{
  const PetscInt n_steps = PETSC_STATIC_ARRAY_LENGTH(steps), n_times = PETSC_STATIC_ARRAY_LENGTH(times);
  PetscInt *const column = &c->column_of[SERIES_TIME];
  PetscBool counts = PETSC_FALSE, usual = PETSC_FALSE;

  PetscFunctionBegin;
  c->time_scale = 1;
  if (!c->wanted[SERIES_TIME]) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < n_times; ++k)
    usual = (PetscBool)(usual || !strcmp(c->wanted[SERIES_TIME], times[k]));
  if (usual && first_is_time) {
    *column = 0;
    PetscFunctionReturn(0);
  }
  if (c->time_is_open) {
    PetscCall(find_first(c, line, n_times, times, column, refused));
    if (*column < 0) {
      PetscCall(find_first(c, line, n_steps, steps, column, refused));
      if (*column >= 0 && timestep <= 0)
        PetscCall(
            refuse_time(c, ", only one that counts steps, and the time of a step is not known", refused));
    }
  } else {
    PetscCall(find(c, line, c->wanted[SERIES_TIME], column, refused));
  }
  if (*column < 0) PetscCall(refuse_time(c, "", refused));
  for (PetscInt k = 0; k < n_steps && *column >= 0; ++k)
    counts = (PetscBool)(counts || !strcmp(c->names[*column], steps[k]));
  if (counts && timestep > 0) c->time_scale = timestep;
  PetscFunctionReturn(0);
}

static PetscErrorCode refuse_missing(const SeriesColumns *c, PetscInt64 line, const char wanted[],
                                     char **refused)
{
  const char *const nearest = NearestName(wanted, c->n, (const char *const *)c->names);
  char seen[260] = "";
  size_t used = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < c->n && used < sizeof(seen) - 1; ++k)
    used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%s%s", k ? ", " : "", c->names[k]);
  if (used >= sizeof(seen)) memcpy(seen + sizeof(seen) - 4, "...", 4);
  PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT " names no column %s, but %s%s%s%s", line, wanted,
                         seen, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : ""));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesColumnsSet(SeriesColumns *c, PetscInt64 line, PetscInt n, char *const names[],
                                PetscBool first_is_time, PetscReal timestep, char **refused)
{
  PetscFunctionBegin;
  PetscCall(forget_names(c));
  PetscCall(PetscMalloc1(n, &c->names));
  PetscCall(PetscMalloc1(n, &c->first_role));
  for (; c->n < n; ++c->n) {
    PetscCall(PetscStrallocpy(names[c->n], &c->names[c->n]));
    c->first_role[c->n] = -1;
  }
  for (PetscInt r = 0; r < SERIES_ROLES; ++r) c->column_of[r] = c->next_role[r] = -1;
  for (PetscInt r = 0; r < c->n_wanted; ++r) {
    PetscCall(find(c, line, c->wanted[r], &c->column_of[r], refused));
    if (c->column_of[r] < 0) PetscCall(refuse_missing(c, line, c->wanted[r], refused));
  }
  PetscCall(find_time(c, line, first_is_time, timestep, refused));
  PetscCall(find(c, line, c->wanted[SERIES_PATH], &c->column_of[SERIES_PATH], refused));
  if (c->column_of[SERIES_PATH] < 0 && !c->path_is_optional)
    PetscCall(
        SeriesRefuse(refused, "there is no column %s with the numbers of the paths", c->wanted[SERIES_PATH]));
  for (PetscInt r = SERIES_EXTRA; r < SERIES_ROLES; ++r) {
    if (c->wanted[r]) PetscCall(find(c, line, c->wanted[r], &c->column_of[r], refused));
  }
  c->n_fields = c->n;
  for (PetscInt r = SERIES_ROLES - 1; r >= 0 && !*refused; --r) {
    const PetscInt column = c->column_of[r];

    if (column < 0) continue;
    c->next_role[r] = c->first_role[column];
    c->first_role[column] = r;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesRefuseNumber(const SeriesColumns *c, PetscInt64 line, PetscInt role, const char text[],
                                  char **refused)
{
  const char *const name = c->names[c->column_of[role]];
  PetscReal value;
  char *end;

  PetscFunctionBegin;
  if (SeriesNumber(text, &end, &value) && !*end && !isfinite(value))
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT ", column %s: %.40s is not a finite number", line,
                           name, text));
  else
    PetscCall(SeriesRefuse(refused, "line %" PetscInt64_FMT ", column %s: \"%.40s\" is not a number%s", line,
                           name, text, strchr(text, ',') ? "; decimal points are expected, not commas" : ""));
  PetscFunctionReturn(0);
}
