/* The cascade of a case's potential with the settings of its `cell:`, for the spine and for rooms that need one. */
#pragma once
#include <reiter/cascade.h>
#include <reiter/case.h>

/* NULL for a case without a potential. */
static inline PetscErrorCode CascadeOfCase(Case c, Cascade *cascade)
{
  Potential potential;
  const CaseCell *cell;
  CellSolver solver;

  PetscFunctionBegin;
  *cascade = NULL;
  PetscCall(CaseGetPotential(c, &potential));
  if (!potential) PetscFunctionReturn(0);
  PetscCall(CaseGetCell(c, &cell));
  PetscCall(CascadeCreate(potential, cascade));
  PetscCall(CascadeSetTolerance(*cascade, cell->tolerance));
  PetscCall(CascadeSetMaxSolves(*cascade, cell->max_solves));
  PetscCall(CascadeSetBreaks(*cascade, cell->n_breaks, (const PetscReal *const *)cell->breaks));
  PetscCall(CascadeGetCellSolver(*cascade, &solver));
  PetscCall(CellSolverSetMethod(solver, cell->method));
  PetscCall(CellSolverSetResolution(solver, cell->cells, cell->order));
  PetscCall(CellSolverSetLimit(solver, cell->max_unknowns));
  PetscCall(CascadeSetFrozen(*cascade, FrozenQuadratureNamed(cell->frozen)));
  PetscCall(CascadeSetFromOptions(*cascade));
  PetscFunctionReturn(0);
}
