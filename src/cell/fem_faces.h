/*
  Unknowns on the faces of a three-dimensional torus: the values of a potential at the Gauss points of each face, as
  many per direction as the order there. A face belongs to the element on whose lower side it lies.
*/
#pragma once
#include "fem_basins.h"

typedef struct {
  PetscInt size;               /* unknowns */
  PetscInt width[3], start[3]; /* unknowns of a face with normal c; the first unknown of all those faces */
  PetscInt local;              /* unknowns around one element: lower and upper face of direction 0, 1, 2 */
  PetscInt offset[6];          /* where the faces 2*c (lower) and 2*c + 1 (upper) begin among them */
} Faces;

void FacesCreate(const Torus *torus, Faces *faces);
/* CSR pattern of all pairs of unknowns around one element; caller frees both. */
PetscErrorCode FacesPattern(const Faces *faces, const Torus *torus, PetscInt **row, PetscInt **column);
/* Unknowns around element e and their turns (see BasinsLift): index[local], turns[local][3]. */
void FacesElement(const Faces *faces, const Torus *torus, const PetscInt e[], PetscInt index[],
                  PetscInt turns[]);
/* value += scale[a] matrix[a][b] scale[b] for the unknowns index[local]. */
void FacesScatter(const Faces *faces, const PetscInt index[], const PetscReal matrix[],
                  const PetscReal scale[], const PetscInt row[], const PetscInt column[], PetscReal value[]);
/* The wells of the nodes, seen by the faces: every unknown follows the nearest node of its face; the deepest unknowns
   (log_d[size]) become the bottoms. Destroy with BasinsDestroy. */
PetscErrorCode FacesBasins(const Faces *faces, const Torus *torus, const Basins *nodes,
                           const PetscReal log_d[], Basins *basins);
