/* The maximum of a function on a box times a torus: quasi-random starts, the best of them improved by pattern search. */
#pragma once
#include <petscsys.h>

enum { SEARCH_MAX_DIM = 30 };

/* value at x[dim]; -infinity where there is none. */
typedef PetscErrorCode (*SearchFunction)(void *ctx, const PetscReal x[], PetscReal *value);

typedef struct {
  PetscInt dim;
  PetscReal box[SEARCH_MAX_DIM][2];
  PetscBool periodic[SEARCH_MAX_DIM]; /* the coordinate is free to leave its range */
  PetscInt samples;
  SearchFunction function;
  void *ctx;
} Search;

/* Found from below: what lies between the samples and is narrower than their distance is missed. */
PetscErrorCode SearchMaximum(const Search *search, PetscReal *maximum);
