/* The largest eigenvalue of a Green operator. */
#pragma once
#include "green.h"

/* log of the smallest eigenvalue of the diffusion, the relative error of the iteration, and the eigenvector at the points
   (mode[n], may be NULL; of a flux: the flux). */
PetscErrorCode SlowModeFind(Green *green, long double *log_gap, PetscReal *error, long double mode[]);
