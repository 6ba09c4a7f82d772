/* The box of a frame of a LAMMPS dump, and what it makes of the coordinates of one particle. */
#pragma once
#include "format.h"
#include "wrapping.h"

typedef struct {
  PetscReal low[3], high[3];
  PetscBool periodic[3], triclinic;
} DumpBox;

/* What a wanted column is. */
typedef enum {
  DUMP_PLAIN,
  DUMP_WRAPPED,       /* x */
  DUMP_SCALED,        /* xs, asked for as x */
  DUMP_SCALED_FOREVER /* xsu, asked for as xu */
} DumpKind;

typedef struct {
  DumpKind kind;
  PetscInt axis;
  PetscBool flagged; /* image flags are there */
  SeriesImages images;
  PetscInt64 far; /* steps whose image is doubtful */
} DumpCoordinate;

/* Extra roles: the particle's number and its image flags. */
enum { DUMP_ID = SERIES_EXTRA, DUMP_IMAGE };

/* A column of scaled coordinates takes the name of what it can be made into, if that is wanted and not there; names
   that change are freed. */
PetscErrorCode DumpRename(SeriesColumns *columns, PetscInt n, char *names[], PetscInt64 line,
                          DumpCoordinate coordinates[], char **refused);
/* Of the names as set, before the first frame. */
PetscErrorCode DumpTell(SeriesSource *source, const DumpBox *box, PetscInt64 line,
                        DumpCoordinate coordinates[], char **refused);
/* The values of a row, in place. */
PetscErrorCode DumpConvert(SeriesSource *source, const DumpBox *box, DumpCoordinate coordinates[],
                           SeriesRow *row);
