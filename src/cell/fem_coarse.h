/*
  The coarse space of p-multigrid: continuous multilinear functions on the corners of the elements, as the unknowns of a
  matrix see them that was scaled to a unit diagonal,
    P[i][J] = exp((log_d[i] - log_D[J])/2) phi_J(y_i),   P[i][.] = 0 where i is held,
  with log_D[J] such that no entry is larger than 1. Galerkin's P^T A P is then the coarse matrix of the problem before it
  was scaled, and 1 is in the coarse space, whatever the contrast is.
*/
#pragma once
#include "fem_faces.h"
#include "fem_linear.h"

/* Where unknowns lie, in elements: place[3*i + c] = number of the element of axis c + coordinate in it. */
PetscErrorCode FemCoarsePlaceNodes(const Torus *torus, PetscReal place[]);
PetscErrorCode FemCoarsePlaceFaces(const Torus *torus, const Faces *faces, PetscReal place[]);

/* Gives the linear system its coarse space, if its preconditioner has one: log_d[size], held[size] as in Steps. */
PetscErrorCode FemCoarseSet(const Torus *torus, const PetscReal place[], const PetscReal log_d[],
                            const PetscBool held[], FemLinear *linear);
