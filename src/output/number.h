/* Reals as text. */
#pragma once
#include <petscsys.h>

#define NUMBER_LENGTH 32

/* The shortest of 15, 16, 17 digits that reads back to the same double, with a point or an exponent so that
   it stays a real (and -0.0 keeps its sign) in every reader; nan, inf and -inf as such. */
const char *NumberPrint(PetscReal value, char text[NUMBER_LENGTH]);
