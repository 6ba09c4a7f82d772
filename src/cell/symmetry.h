/*
  Equivalent inner problems: frozen points that a symmetry of the potential maps onto each other share one cascade.
  Every point is replaced by the representative of its orbit, which depends on the point alone, not on the grid or on
  what was met before.
*/
#pragma once
#include <reiter/potential.h>
#include "memo.h"

typedef struct _p_Symmetry *Symmetry;

/* R of A(g f) = R A(f) R^T, where g f is the representative. */
typedef struct {
  int8_t axis[REITER_MAX_DIM], axis_sign[REITER_MAX_DIM];
} SymmetryElement;

/* Of A_k at the macroscopic point x. */
PetscErrorCode SymmetryCreate(Potential potential, PetscInt k, const PetscReal x[], Symmetry *symmetry);
PetscErrorCode SymmetryDestroy(Symmetry *symmetry);
PetscErrorCode SymmetryGetSize(Symmetry symmetry, PetscInt *elements);
/* frozen[REITER_VARIABLES] becomes the representative of its orbit; nothing moves if symmetry is NULL. */
PetscErrorCode SymmetryReduce(Symmetry symmetry, PetscReal frozen[], SymmetryElement *element);
/* The tensor at the point that was reduced, from the one at its representative: upper and lower. */
PetscErrorCode SymmetryRestore(const SymmetryElement *element, PetscInt dim, InnerTensor *inner);
/* The origin of a uniform grid of the scale j variables, any odd number of nodes, that most reflections and
   permutations map to itself; origin[dim]. */
PetscErrorCode SymmetryOrigin(Symmetry symmetry, PetscInt j, PetscReal origin[]);
