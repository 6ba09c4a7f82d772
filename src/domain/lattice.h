/* Nodes of order p on the cells of a DMPlex. */
#pragma once
#include "domain/domain_private.h"
#include <petscdmplex.h>

/* The place of a lattice point i + j + k <= order of a simplex, i fastest. */
PetscInt SimplexPlace(PetscInt dim, PetscInt order, const PetscInt at[]);
/* Fills the arrays of a mesh from whole->dim, order, simplex, n_elements and nodes_per_element. absorbing_faces[face -
   first face] are the points of codimension one. corner[n_elements][corners] are vertices as points of the DM, x
   their coordinates, [vertex - first vertex][dim]. */
PetscErrorCode LatticeFill(DM dm, const PetscBool absorbing_faces[], const PetscInt corner[],
                           const PetscReal x[], Whole *whole);
