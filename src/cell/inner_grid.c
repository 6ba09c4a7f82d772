#include "inner_grid.h"
#include "cascade_frozen.h"

static Symmetry symmetry_of(const LevelCell *cell)
{
  return CascadeSolvedLevel(cell->cascade, cell->k + 1)->symmetry;
}

static void freeze_node(const LevelCell *cell, const CellSamples *s, const InnerGrid *grid, PetscInt node,
                        PetscReal frozen[])
{
  memcpy(frozen, cell->frozen, sizeof(cell->frozen));
  for (PetscInt c = 0; c < s->dim; c++) {
    frozen[VariableIndex(cell->k, c)] = s->axis[c][node % grid->n[c]];
    node /= grid->n[c];
  }
}

/* Nodes with the same representative get the same problem, numbered in the order of their first nodes. */
static PetscErrorCode share_problems(const LevelCell *cell, const CellSamples *s, InnerGrid *grid)
{
  const Level *inside = CascadeSolvedLevel(cell->cascade, cell->k + 1);
  PetscReal frozen[REITER_VARIABLES];
  Memo seen;

  PetscFunctionBegin;
  PetscCall(MemoCreate(inside->free, &seen));
  for (PetscInt node = 0; node < grid->nodes; node++) {
    freeze_node(cell, s, grid, node, frozen);
    PetscCall(SymmetryReduce(inside->symmetry, frozen, &grid->element[node]));
    PetscCall(MemoNumber(seen, frozen, &grid->problem[node]));
    if (grid->problem[node] == grid->total) grid->node[grid->total++] = node;
  }
  PetscCall(MemoDestroy(&seen));
  PetscFunctionReturn(0);
}

PetscErrorCode InnerGridCreate(const LevelCell *cell, const CellSamples *s, InnerGrid *grid)
{
  PetscInt elements;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(grid, sizeof(*grid)));
  grid->nodes = 1;
  for (PetscInt i = 0; i < s->dim; i++) {
    grid->n[i] = cell->cascade->level[cell->k].above & VariableBit(cell->k, i) ? s->n[i] : 1;
    grid->nodes *= grid->n[i];
  }
  PetscCall(PetscMalloc3(grid->nodes, &grid->problem, grid->nodes, &grid->node, grid->nodes, &grid->element));
  PetscCall(SymmetryGetSize(symmetry_of(cell), &elements));
  if (LevelHasTable(cell)) elements = 1; /* its nodes are evaluated all at once */
  if (elements > 1) PetscCall(share_problems(cell, s, grid));
  for (PetscInt node = 0; node < grid->nodes && elements == 1; node++) {
    grid->problem[node] = grid->node[node] = grid->total++;
    grid->element[node] = (SymmetryElement){{0, 1, 2}, {1, 1, 1}};
  }
  PetscCall(PetscMalloc1(grid->total, &grid->inner));
  PetscFunctionReturn(0);
}

PetscErrorCode InnerGridDestroy(InnerGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(grid->problem, grid->node, grid->element));
  PetscCall(PetscFree(grid->inner));
  PetscFunctionReturn(0);
}

PetscErrorCode InnerGridFreeze(const LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                               PetscInt which, PetscReal frozen[])
{
  SymmetryElement element;

  PetscFunctionBegin;
  freeze_node(cell, s, grid, grid->node[which], frozen);
  PetscCall(SymmetryReduce(symmetry_of(cell), frozen, &element));
  PetscFunctionReturn(0);
}

PetscErrorCode InnerGridGet(const CellSamples *s, const InnerGrid *grid, PetscInt q, InnerTensor *inner)
{
  PetscInt node = 0, stride = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim; c++) {
    node += stride * (q % s->n[c] % grid->n[c]);
    q /= s->n[c];
    stride *= grid->n[c];
  }
  *inner = grid->inner[grid->problem[node]];
  PetscCall(SymmetryRestore(&grid->element[node], s->dim, inner));
  PetscFunctionReturn(0);
}
