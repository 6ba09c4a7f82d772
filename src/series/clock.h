/* The times of the rows of a path, at equal steps. */
#pragma once
#include "columns.h"

typedef struct {
  PetscReal dt;            /* 0: not known yet */
  PetscReal start, last;   /* of the path */
  PetscInt64 n, last_line; /* rows of the path so far */
} SeriesClock;

/* The step is that of the first two rows. */
PetscErrorCode SeriesClockSet(SeriesClock *clock, const SeriesColumns *columns, const SeriesRow *first,
                              const SeriesRow *second, char **refused);
/* The first row of a path. */
void SeriesClockStart(SeriesClock *clock);
/* The next row must lie a step after the last one. */
PetscErrorCode SeriesClockNext(SeriesClock *clock, const SeriesColumns *columns, const SeriesRow *row,
                               char **refused);
