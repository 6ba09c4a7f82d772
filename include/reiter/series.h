/*
  Time series from files, read once and not kept: columns of text (CSV and its kin), LAMMPS logs (thermo) and dumps,
  GROMACS .xvg; each plain or .gz. A row is a sample; columns are asked for by their names, with or without the unit in
  brackets behind them. Rows of one path stand together, in the order of time. Whatever is wrong in a file is a sentence
  with the line.
*/
#pragma once
#include <petscsys.h>

typedef struct _p_SeriesFile *SeriesFile;

enum { SERIES_BLOCK = 256, SERIES_MAX_COLUMNS = 16 };

typedef struct {
  /* auto | csv | lammps_log | lammps_dump | xvg; NULL: auto, by first lines and name */
  const char *format;
  PetscInt n; /* columns asked for, at most SERIES_MAX_COLUMNS */
  /* [n]; lammps_dump: x, y, z of a wrapped particle are unwrapped by the box of each frame */
  const char *const *columns;
  /* [n] length of the box that a column is wrapped into, to be unwrapped; 0: none. NULL: the case has no such key */
  const PetscReal *periods;
  const PetscBool *positions; /* [n] a jump that looks like wrapping is looked for; NULL: nowhere */
  const char *path;           /* the column with the numbers of paths; NULL: "path", if it is there */
  PetscReal dt;               /* between two rows; 0: from the column of the time */
  /* NULL: "t", "time" or "Time" (xvg: the first column), or "Step" or "TimeStep" times timestep */
  const char *time;
  PetscReal
      timestep;  /* time of one step, where there are only steps; 0: not given, a LAMMPS log may say it */
  PetscInt atom; /* lammps_dump: id of the particle; 0: there must be only one in a frame */
  const char *section; /* of the case: messages name its keys (time_step, ..). NULL: none is named */
} SeriesSettings;

/* A mistake in the file is a whole sentence with line and column in *refused (PetscFree); *series is NULL then. The
   settings are copied. */
PetscErrorCode SeriesOpen(const char file[], const SeriesSettings *settings, SeriesFile *series,
                          char **refused);
PetscErrorCode SeriesClose(SeriesFile *series);
/* The time between two samples. */
PetscErrorCode SeriesGetStep(SeriesFile series, PetscReal *dt);
/* csv, lammps_log, ...: what was found, if it was not said. */
PetscErrorCode SeriesGetFormat(SeriesFile series, const char **format);
/* Bytes read so far, and of the file (of what is on disk, for .gz too). */
PetscErrorCode SeriesGetProgress(SeriesFile series, PetscInt64 *done, PetscInt64 *all);
/* The next samples of one path, m <= SERIES_BLOCK: column c of sample i at x[c * SERIES_BLOCK + i]; *begins if they are
   the first of their path. *m is 0 at the end. After *refused (PetscFree) nothing more may be read. */
PetscErrorCode SeriesRead(SeriesFile series, PetscInt *m, PetscReal x[], PetscBool *begins, char **refused);
/* What was odd but not wrong, a sentence with the line each (a column that looks wrapped); borrowed, after the last read. */
PetscErrorCode SeriesGetWarnings(SeriesFile series, PetscInt *n, const char *const **warnings);
