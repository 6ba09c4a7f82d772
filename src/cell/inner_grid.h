/*
  The inner problems of a sample grid: components that A_k does not see have one node, and nodes that a symmetry maps
  onto each other share one problem.
*/
#pragma once
#include "cascade_private.h"

typedef struct {
  PetscInt n[REITER_MAX_DIM], nodes;
  PetscInt total;           /* problems */
  PetscInt *problem;        /* [nodes] */
  PetscInt *node;           /* [total] the first one of each problem */
  SymmetryElement *element; /* [nodes] */
  InnerTensor *inner;       /* [total] A_k at the representatives; the caller fills it in */
} InnerGrid;

PetscErrorCode InnerGridCreate(const LevelCell *cell, const CellSamples *samples, InnerGrid *grid);
PetscErrorCode InnerGridDestroy(InnerGrid *grid);
/* The frozen variables of problem `which`. */
PetscErrorCode InnerGridFreeze(const LevelCell *cell, const CellSamples *samples, const InnerGrid *grid,
                               PetscInt which, PetscReal frozen[]);
/* A_k at sample q. */
PetscErrorCode InnerGridGet(const CellSamples *samples, const InnerGrid *grid, PetscInt q,
                            InnerTensor *inner);
