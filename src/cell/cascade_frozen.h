/*
  The inner tensors of a level as a table (frozen.h) over all frozen variables that they depend on, in place of one
  cascade at every node of every grid: what makes more than one frozen scale, or three dimensions, affordable.
*/
#pragma once
#include "cascade_private.h"

PetscErrorCode LevelTableDestroy(LevelTable *table);
/* Tabulates A_k for every level k that is to have a table at the macroscopic point in frozen[]; collective over the
   cascade's ranks. A level whose table misses its tolerance goes without. Fails only if interrupted. */
PetscErrorCode CascadeTabulate(Cascade cascade, const PetscReal frozen[], CellFailure *failure);
/* Whether the inner tensors of the cell come from a table. */
PetscBool LevelHasTable(const LevelCell *cell);
/* Them on the tensor grid of the nodes axis[c][n[c]] of x_k, component 0 fastest; n[c] = 1 where A_k does not see it.
   Collective at the shared level, and fails there if a rank is interrupted. */
PetscErrorCode LevelTableSample(const LevelCell *cell, const PetscInt n[], PetscReal *const axis[],
                                InnerTensor inner[], CellFailure *failure);
