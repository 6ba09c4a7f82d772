#include "modes_private.h"

static PetscInt find_root(PetscInt parent[], PetscInt i)
{
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

/* The largest weight at a node stands for the weight there: the mass is halved at boundaries. */
static PetscErrorCode node_heights(const Graph *g, PetscReal height[], PetscInt order[])
{
  PetscReal *depth;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->n, &depth));
  for (PetscInt i = 0; i < g->n; i++) {
    height[i] = PETSC_NINFINITY;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++)
      height[i] = PetscMax(height[i], g->log_weight[e]);
    depth[i] = -height[i];
    order[i] = i;
  }
  PetscCall(PetscSortRealWithPermutation(g->n, depth, order));
  PetscCall(PetscFree(depth));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscInt n, size, *bottoms;
  PetscReal *persistence;
} WellList;

static PetscErrorCode add_well(WellList *list, PetscInt bottom, PetscReal persistence)
{
  PetscFunctionBegin;
  if (list->n == list->size) {
    list->size = 2 * list->size + 8;
    PetscCall(PetscRealloc(sizeof(PetscInt) * list->size, &list->bottoms));
    PetscCall(PetscRealloc(sizeof(PetscReal) * list->size, &list->persistence));
  }
  list->bottoms[list->n] = bottom;
  list->persistence[list->n++] = persistence;
  PetscFunctionReturn(0);
}

PetscErrorCode WellsFind(const Graph *g, PetscReal barrier, PetscInt *n, PetscInt **bottoms,
                         PetscReal **persistence)
{
  PetscInt *parent, *order;
  PetscReal *height;
  WellList list = {0, 0, NULL, NULL};

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(g->n, &parent, g->n, &order, g->n, &height));
  PetscCall(node_heights(g, height, order));
  for (PetscInt i = 0; i < g->n; i++) parent[i] = -1;
  for (PetscInt k = 0; k < g->n; k++) { /* the root of a tree is its bottom: the first that was there */
    const PetscInt i = order[k];
    parent[i] = i;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      const PetscInt j = g->neighbours[e];
      PetscInt a, b;
      if (parent[j] < 0 || g->log_weight[e] == PETSC_NINFINITY) continue;
      a = find_root(parent, i);
      b = find_root(parent, j);
      if (a == b) continue;
      if (height[a] > height[b]) {
        const PetscInt swap = a;
        a = b;
        b = swap;
      }
      parent[a] = b;
      if (height[a] - height[i] > barrier) PetscCall(add_well(&list, a, height[a] - height[i]));
    }
  }
  for (PetscInt i = 0; i < g->n; i++) { /* what was never merged */
    if (parent[i] == i) PetscCall(add_well(&list, i, 1e300));
  }
  for (PetscInt k = 0; k < list.n; k++) list.persistence[k] = -list.persistence[k];
  PetscCall(PetscSortRealWithArrayInt(list.n, list.persistence, list.bottoms));
  for (PetscInt k = 0; k < list.n; k++) list.persistence[k] = -list.persistence[k];
  PetscCall(PetscFree3(parent, order, height));
  *n = list.n;
  *bottoms = list.bottoms;
  *persistence = list.persistence;
  PetscFunctionReturn(0);
}
