/* The columns of a file by their names, and what each is wanted for. */
#pragma once
#include <reiter/series.h>

/* Roles: the columns asked for, the time, the number of the path, and what a format wants for itself if it is there. */
enum {
  SERIES_TIME = SERIES_MAX_COLUMNS,
  SERIES_PATH,
  SERIES_EXTRA,
  SERIES_ROLES = SERIES_EXTRA + 4,
  SERIES_MOST_COLUMNS = 4096
};

typedef struct {
  PetscBool is_there;
  PetscInt64 line;
  PetscReal value[SERIES_ROLES];
} SeriesRow;

typedef struct {
  PetscInt n_wanted;
  char *wanted[SERIES_ROLES];               /* NULL: nothing is asked for */
  PetscBool path_is_optional, time_is_open; /* the latter: the time by one of its usual names */
  const char *section;                      /* for messages, may be NULL */

  PetscInt n;
  PetscInt n_fields; /* of a row, the first columns; what is behind them a format knows from elsewhere */
  char **names;
  PetscInt column_of[SERIES_ROLES]; /* -1: none */
  PetscInt *first_role;             /* [n] what a column is wanted for: roles in a list, -1 at its end */
  PetscInt next_role[SERIES_ROLES];
  PetscReal time_scale; /* of the time's column: 1, or the time of a step */
} SeriesColumns;

PetscErrorCode SeriesColumnsCreate(const SeriesSettings *settings, SeriesColumns *columns);
PetscErrorCode SeriesColumnsDestroy(SeriesColumns *columns);
/* The names, copied, as line says them. first_is_time: whatever the name of the first. timestep: of columns that count
   steps; 0: not known. What is asked for and not there goes to *refused. */
PetscErrorCode SeriesColumnsSet(SeriesColumns *columns, PetscInt64 line, PetscInt n, char *const names[],
                                PetscBool first_is_time, PetscReal timestep, char **refused);
/* Whether the name of a file is the one asked for, but for a unit in brackets behind it. */
PetscBool SeriesNameIs(const char name[], const char wanted[]);
/* Text that is no finite number, in the column of a role. */
PetscErrorCode SeriesRefuseNumber(const SeriesColumns *columns, PetscInt64 line, PetscInt role,
                                  const char text[], char **refused);
