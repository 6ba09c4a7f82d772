/*
  Numbers, corners and neighbours of the elements of a box (by formula) and of a mesh (by its arrays).
*/
#include "domain/domain_private.h"

void GaussLobatto(PetscInt order, PetscReal point[])
{
  const PetscReal inner = order == 3 ? 1 / PetscSqrtReal(5) : PetscSqrtReal(3. / 7);

  point[0] = 0;
  point[order] = 1;
  if (order == 2 || order == 4) point[order / 2] = 0.5;
  if (order < 3) return;
  point[1] = (1 - inner) / 2;
  point[order - 1] = (1 + inner) / 2;
}

static void split(const PetscInt n[], PetscInt number, PetscInt index[])
{
  index[0] = number % n[0];
  index[1] = number / n[0] % n[1];
  index[2] = number / n[0] / n[1];
}

void WholeElement(const Whole *whole, PetscInt element, PetscInt nodes[])
{
  const PetscInt p = whole->order, dim = whole->dim;
  PetscInt e[3], at[3][DOMAIN_MAX_ORDER + 1] = {{0}}, stride = 1, m = 0;

  if (!whole->box) {
    const PetscInt *const from = whole->element_nodes + element * whole->nodes_per_element;
    for (PetscInt a = 0; a < whole->nodes_per_element; a++) nodes[a] = from[a];
    return;
  }
  split(whole->cells, element, e);
  for (PetscInt c = 0; c < dim; c++) {
    for (PetscInt a = 0; a <= p; a++) {
      const PetscInt i = e[c] * p + a;
      at[c][a] = stride * (i < whole->grid[c] ? i : i - whole->grid[c]);
    }
    stride *= whole->grid[c];
  }
  for (PetscInt a2 = 0; a2 <= (dim > 2 ? p : 0); a2++)
    for (PetscInt a1 = 0; a1 <= (dim > 1 ? p : 0); a1++)
      for (PetscInt a0 = 0; a0 <= p; a0++) nodes[m++] = at[2][a2] + at[1][a1] + at[0][a0];
}

PetscInt WholeNumberOfCorners(const Whole *whole)
{
  return whole->simplex ? whole->dim + 1 : 1 << whole->dim;
}

PetscInt WholeCornerPlace(const Whole *whole, PetscInt k)
{
  const PetscInt p = whole->order, n = p + 1;

  if (!whole->simplex) return (k & 1) * p + (k >> 1 & 1) * p * n + (k >> 2) * p * n * n;
  if (k == 2) return n * (n + 1) / 2 - 1;
  return k == 0 ? 0 : k == 1 ? p : whole->nodes_per_element - 1;
}

void WholeCorners(const Whole *whole, PetscInt element, PetscReal v[])
{
  const PetscInt dim = whole->dim;
  PetscInt e[3];

  if (!whole->box) {
    const PetscInt *const nodes = whole->element_nodes + element * whole->nodes_per_element;
    for (PetscInt k = 0; k < WholeNumberOfCorners(whole); k++)
      for (PetscInt c = 0; c < dim; c++)
        v[k * dim + c] = whole->x[nodes[WholeCornerPlace(whole, k)] * dim + c];
    return;
  }
  split(whole->cells, element, e);
  for (PetscInt k = 0; k < 1 << dim; k++)
    for (PetscInt c = 0; c < dim; c++) v[k * dim + c] = whole->edge[c][e[c] + (k >> c & 1)];
}

static PetscErrorCode box_nodes(const Whole *whole, PetscInt n, const PetscInt natural[], PetscReal x[],
                                PetscBool absorbing[])
{
  const PetscInt dim = whole->dim;
  PetscInt index[3] = {0}, before = -2;
  PetscBool *on[REITER_MAX_DIM] = {NULL};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) {
    PetscCall(PetscCalloc1(whole->grid[c], &on[c]));
    for (PetscInt side = 0; side < 2; side++)
      if (whole->sides[c][side] == BOUNDARY_ABSORBING) on[c][side ? whole->grid[c] - 1 : 0] = PETSC_TRUE;
  }
  for (PetscInt i = 0; i < n; i++) {
    /* mostly the next one in its row: no division then */
    if (natural[i] == before + 1 && index[0] + 1 < whole->grid[0])
      index[0]++;
    else
      split(whole->grid, natural[i], index);
    before = natural[i];
    absorbing[i] = PETSC_FALSE;
    for (PetscInt c = 0; c < dim; c++) {
      x[i * dim + c] = whole->axis[c][index[c]];
      if (on[c][index[c]]) absorbing[i] = PETSC_TRUE;
    }
  }
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscFree(on[c]));
  PetscFunctionReturn(0);
}

PetscErrorCode WholeNodes(const Whole *whole, PetscInt n, const PetscInt natural[], PetscReal x[],
                          PetscBool absorbing[])
{
  PetscFunctionBegin;
  if (whole->box) {
    PetscCall(box_nodes(whole, n, natural, x, absorbing));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt c = 0; c < whole->dim; c++) x[i * whole->dim + c] = whole->x[natural[i] * whole->dim + c];
    absorbing[i] = whole->absorbing[natural[i]];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode box_graph(const Whole *whole, PetscInt **start, PetscInt **adjacency)
{
  PetscInt n = 0, stride[REITER_MAX_DIM] = {1};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(whole->n_elements + 1, start));
  PetscCall(PetscMalloc1(2 * whole->dim * whole->n_elements, adjacency));
  for (PetscInt c = 1; c < whole->dim; c++) stride[c] = stride[c - 1] * whole->cells[c - 1];
  for (PetscInt e = 0; e < whole->n_elements; e++) {
    (*start)[e] = n;
    for (PetscInt c = 0; c < whole->dim; c++) {
      const PetscInt cells = whole->cells[c], at = e / stride[c] % cells, first = e - at * stride[c];
      const PetscBool wraps = whole->sides[c][0] == BOUNDARY_PERIODIC && cells > 2 ? PETSC_TRUE : PETSC_FALSE;
      if (at > 0 || wraps) (*adjacency)[n++] = first + (at > 0 ? at - 1 : cells - 1) * stride[c];
      if (at < cells - 1 || wraps) (*adjacency)[n++] = first + (at < cells - 1 ? at + 1 : 0) * stride[c];
    }
  }
  (*start)[whole->n_elements] = n;
  PetscFunctionReturn(0);
}

PetscErrorCode WholeGraph(const Whole *whole, PetscInt **start, PetscInt **adjacency)
{
  PetscFunctionBegin;
  if (whole->box) {
    PetscCall(box_graph(whole, start, adjacency));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(whole->n_elements + 1, start));
  PetscCall(PetscArraycpy(*start, whole->start, whole->n_elements + 1));
  PetscCall(PetscMalloc1(whole->start[whole->n_elements], adjacency));
  PetscCall(PetscArraycpy(*adjacency, whole->adjacency, whole->start[whole->n_elements]));
  PetscFunctionReturn(0);
}

PetscErrorCode WholeDestroy(Whole *whole)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    PetscCall(PetscFree(whole->edge[c]));
    PetscCall(PetscFree(whole->axis[c]));
  }
  PetscCall(PetscFree(whole->element_nodes));
  PetscCall(PetscFree(whole->x));
  PetscCall(PetscFree(whole->absorbing));
  PetscCall(PetscFree(whole->start));
  PetscCall(PetscFree(whole->adjacency));
  PetscCall(PetscMemzero(whole, sizeof *whole));
  PetscFunctionReturn(0);
}
