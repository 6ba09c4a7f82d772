/* Nodal functions of a torus on uniform grids. */
#pragma once
#include "torus.h"

/* theta[m^dim] at the points (i0, i1, i2)/m, component 0 fastest, less its mean over them. */
PetscErrorCode FemSampleTheta(const Torus *torus, const PetscReal nodal[], PetscInt m, PetscReal theta[]);
