/* Numbers as text. */
#pragma once
#include <petscsys.h>

/* The number that the text begins with, rounded to the nearest as strtod() does; *end is behind it. False if there is
   none. It may be infinite or NaN. */
PetscBool SeriesNumber(const char *text, char **end, PetscReal *value);
