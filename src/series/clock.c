#include "clock.h"
#include "refuse.h"

/* Printed times lie this close to their grid: each, as a part of the step, and over long times. */
static const PetscReal slack = 1e-2, drift = 1e-4;

static PetscReal time_of(const SeriesColumns *c, const SeriesRow *row)
{
  return c->time_scale * row->value[SERIES_TIME];
}

static PetscErrorCode refuse_back(const SeriesColumns *c, PetscReal last, PetscInt64 last_line,
                                  const SeriesRow *row, char **refused)
{
  const char *const name = c->names[c->column_of[SERIES_TIME]];
  const PetscReal now = time_of(c, row);

  PetscFunctionBegin;
  PetscCall(SeriesRefuse(
      refused,
      "line %" PetscInt64_FMT ", column %s: the time does not go forward from %.15g (line %" PetscInt64_FMT
      ") to %.15g; %s",
      row->line, name, last, last_line, now,
      now == last
          ? "is a row there twice?"
          : "a simulation that was restarted writes rows twice, from its last checkpoint on: take out "
            "the first ones, or number the paths in a column path"));
  PetscFunctionReturn(0);
}

PetscErrorCode SeriesClockSet(SeriesClock *clock, const SeriesColumns *c, const SeriesRow *first,
                              const SeriesRow *second, char **refused)
{
  PetscFunctionBegin;
  clock->dt = time_of(c, second) - time_of(c, first);
  if (!(clock->dt > 0)) PetscCall(refuse_back(c, time_of(c, first), first->line, second, refused));
  PetscFunctionReturn(0);
}

void SeriesClockStart(SeriesClock *clock)
{
  clock->n = 0;
}

PetscErrorCode SeriesClockNext(SeriesClock *clock, const SeriesColumns *c, const SeriesRow *row,
                               char **refused)
{
  PetscFunctionBegin;
  if (c->column_of[SERIES_TIME] < 0) PetscFunctionReturn(0);
  const PetscReal now = time_of(c, row);

  if (clock->n == 0) clock->start = now;
  const PetscReal step = now - clock->last, since = now - clock->start;
  const PetscReal away = PetscAbsReal(since - (PetscReal)clock->n * clock->dt);

  if (clock->n && !(step > 0)) PetscCall(refuse_back(c, clock->last, clock->last_line, row, refused));
  if (clock->n && (PetscAbsReal(step - clock->dt) > slack * clock->dt ||
                   away > slack * clock->dt + drift * PetscAbsReal(since)))
    PetscCall(SeriesRefuse(refused,
                           "line %" PetscInt64_FMT
                           ", column %s: a step of %.9g from %.15g to %.15g, where steps of %.9g were "
                           "expected%s%s%s",
                           row->line, c->names[c->column_of[SERIES_TIME]], step, clock->last, now, clock->dt,
                           c->section ? "; if times are only printed with few digits, " : "",
                           c->section ? c->section : "", c->section ? ".time_step can say the step" : ""));
  clock->last = now;
  clock->last_line = row->line;
  clock->n++;
  PetscFunctionReturn(0);
}
