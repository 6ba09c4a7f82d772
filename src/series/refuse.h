/* Sentences about a file. */
#pragma once
#include <petscsys.h>

enum { SERIES_MAX_WARNINGS = 24 };

/* A whole sentence into *refused (PetscFree), unless there is one already. */
PetscErrorCode SeriesRefuse(char **refused, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/* What was odd but not wrong; the last one says so if there are too many. */
typedef struct {
  PetscInt n;
  char *text[SERIES_MAX_WARNINGS];
} SeriesWarnings;
PetscErrorCode SeriesWarn(SeriesWarnings *warnings, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
PetscErrorCode SeriesWarningsDestroy(SeriesWarnings *warnings);
