/* Room for matrices on the free nodes. */
#pragma once
#include <reiter/diffusion.h>

/* An empty matrix with room for all pairs of free nodes that share an element. Collective. */
PetscErrorCode ElementMatrixCreate(Diffusion d, Mat *A);
