/*
  Cells in two dimensions with a tensor K = f^2 C, trace C = 2, known at the points of the grid (brackets of the inner
  cells): lanes 0 and 1 take C from above, lanes 2 and 3 the dual weight 1/f^2 with C from below over its determinant.
*/
#pragma once
#include "lane_fields.h"

/* Fills the cell from the samples; derivatives of log f by its interpolant unless C is constant and the
   formula has them. */
PetscErrorCode LaneTensorFill(LaneFields *fields, const CellProblem *problem, LaneCell cell);
/* log_z, log_zhat and their relative quadrature error. Overwrites the cell's work arrays. */
PetscErrorCode LaneTensorPartition(const LaneFields *fields, LaneCell cell, PetscReal *log_z,
                                   PetscReal *log_zhat, PetscReal *error);
/* Samples without the modes beyond |k_c| <= top: what a coarser grid would have known. */
PetscErrorCode LaneTensorTruncate(const LaneFields *fields, PetscInt top, LaneCell cell, LaneFields *low);
