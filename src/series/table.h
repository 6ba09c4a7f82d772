/* Rows of fields with something between them. */
#pragma once
#include "columns.h"

/* The separator of white space, any amount of it. */
#define SERIES_BLANKS ' '

/* Cuts a line into fields, without blanks and quotes around them; a unit in brackets belongs to the name before it.
   *fields (PetscFree) points into the line. *n is SERIES_MOST_COLUMNS + 1 if there are more than so many. */
PetscErrorCode SeriesSplit(char line[], char separator, PetscInt *n, char ***fields);
/* What a row says about the columns that are wanted; the line may be changed. */
PetscErrorCode SeriesReadFields(const SeriesColumns *columns, char separator, char line[], PetscInt64 number,
                                SeriesRow *row, char **refused);
