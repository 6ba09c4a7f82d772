/* Coordinates in a periodic box: unwrapped where its length is known, noticed where it is not. */
#pragma once
#include "columns.h"
#include "refuse.h"

/* One coordinate of one path: the sum of the nearest images of its steps. */
typedef struct {
  PetscBool started;
  PetscReal last;   /* as wrapped */
  PetscReal images; /* how often the path has crossed the box */
} SeriesImages;

/* The next value, unwrapped; *step, which may be NULL, is the one that was taken, in lengths of the box. */
PetscReal SeriesUnwrap(SeriesImages *images, PetscReal length, PetscReal value, PetscReal *step);

typedef struct _p_SeriesWatch *SeriesWatch;

/* What one column shows: all values in the order of the rows, and begins where a path does. A length that is given is
   doubted if the values do not fit into the box, else (0) jumps through the whole range of the values are looked for. */
PetscErrorCode SeriesWatchCreate(const char name[], PetscReal length, SeriesWatch *watch);
PetscErrorCode SeriesWatchDestroy(SeriesWatch *watch);
void SeriesWatchAdd(SeriesWatch watch, PetscBool begins, PetscReal value, PetscInt64 line);
/* At the end of the file. section: of the case, that has a key periods; or NULL. */
PetscErrorCode SeriesWatchConclude(SeriesWatch watch, const char section[], SeriesWarnings *warnings);
