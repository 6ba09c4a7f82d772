/* Formats of files, by name. */
#pragma once
#include "columns.h"
#include "refuse.h"
#include "text.h"

/* What a format reads from and tells to. */
typedef struct {
  SeriesText text;
  SeriesColumns columns;
  SeriesWarnings warnings;
  PetscReal timestep;       /* 0: not known */
  PetscInt atom;            /* 0: any */
  const PetscReal *periods; /* [SERIES_MAX_COLUMNS] as given; 0: none */
  void *state;              /* of the format (PetscFree) */
} SeriesSource;

typedef struct {
  const char *name;
  /* Whether the first n bytes, or the name of the file (without .gz), are of this format. */
  PetscBool (*fits)(const char bytes[], size_t n, const char name[]);
  /* Up to the names of the columns. */
  PetscErrorCode (*open)(SeriesSource *source, char **refused);
  /* The next row; row->is_there is false at the end. */
  PetscErrorCode (*read)(SeriesSource *source, SeriesRow *row, char **refused);
  /* What the state holds, but not itself; NULL: nothing. */
  PetscErrorCode (*close)(SeriesSource *source);
} SeriesFormat;

extern const SeriesFormat SeriesCsv, SeriesLammpsLog, SeriesLammpsDump, SeriesXvg;

/* The format of that name (NULL, auto: what the file looks like); NULL if there is none. */
PetscErrorCode SeriesFormatFind(const char name[], const char file[], SeriesText text,
                                const SeriesFormat **format, char **refused);
