/* Where the gradient of a family vanishes in a box. */
#pragma once
#include <reiter/transitions.h>

typedef struct {
  PetscInt n, room;
  PetscReal *x;       /* [n][dim]; a zero may be there more than once, and a little outside of the box */
  PetscInt unknown;   /* cells at whose centre the family has no value */
  PetscBool complete; /* no cell was left over by the limit of work */
} CellZeros;

PETSC_INTERN PetscErrorCode CellZerosFind(const EnergyFamily *family, const PetscReal p[],
                                          const PetscReal box[][2], CellZeros *zeros);
PETSC_INTERN PetscErrorCode CellZerosDestroy(CellZeros *zeros);
