/*
  Smooth cells in lanes (lane_cell.h): what the method "fourier" does unless the user chose a linear solver. The bracket
  comes from energies on the solver's own grid, whose quadrature error the Fourier tails of the integrands tell.
*/
#pragma once
#include <reiter/cell.h>

typedef struct _p_LaneFourier *LaneFourier;

PetscErrorCode LaneFourierCreate(LaneFourier *lanes);
PetscErrorCode LaneFourierDestroy(LaneFourier *lanes);
/* Whether cells of this kind are solved in lanes: two and three dimensions, and not too big. */
PetscBool LaneFourierApplies(const CellProblem *problem, PetscInt n);
/* Points per direction to begin with; the samples taken on the way are kept for the solve that follows. */
PetscErrorCode LaneFourierStart(LaneFourier lanes, const CellProblem *problem, CellResolution *resolution);
PetscErrorCode LaneFourierSolve(LaneFourier lanes, const CellProblem *problem, CellResolution resolution,
                                CellResult *result);
