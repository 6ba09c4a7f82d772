/*
  Lagrange nodes on cells of any kind. A node inside an edge, a face or a cell is numbered there as the global numbers of
  the vertices tell, so that neighbours agree on it however each of them is turned.
*/
#include "domain/lattice.h"

#define MAX_POINTS 27 /* of the closure of a hexahedron */

typedef struct {
  PetscInt at[3];                      /* lattice coordinates */
  PetscInt weight[DOMAIN_MAX_CORNERS]; /* simplex: barycentric, times the order */
  PetscReal shape[DOMAIN_MAX_CORNERS]; /* value of each corner's linear function */
  unsigned mask;                       /* corners that span the part of the boundary on which the node lies */
} LatticeNode;

PetscInt SimplexPlace(PetscInt dim, PetscInt order, const PetscInt at[])
{
  PetscInt place = at[0], q = order;

  for (PetscInt k = 0; dim > 2 && k < at[2]; k++, q--) place += (q + 1) * (q + 2) / 2;
  for (PetscInt j = 0; dim > 1 && j < at[1]; j++) place += q + 1 - j;
  return place;
}

static void describe_node(const Whole *whole, const PetscReal point[], LatticeNode *node)
{
  const PetscInt p = whole->order, dim = whole->dim;

  node->mask = 0;
  for (PetscInt k = 0; k < WholeNumberOfCorners(whole); k++) {
    if (whole->simplex) {
      node->weight[k] = k > 0 ? node->at[k - 1] : p;
      for (PetscInt c = 0; k == 0 && c < dim; c++) node->weight[k] -= node->at[c];
      node->shape[k] = (PetscReal)node->weight[k] / (PetscReal)p;
    } else {
      node->shape[k] = 1;
      for (PetscInt c = 0; c < dim; c++)
        node->shape[k] *= k >> c & 1 ? point[node->at[c]] : point[p - node->at[c]];
    }
    if (node->shape[k] > 0) node->mask |= 1u << k;
  }
}

static void describe_nodes(const Whole *whole, LatticeNode node[])
{
  const PetscInt p = whole->order, dim = whole->dim;
  PetscReal point[DOMAIN_MAX_ORDER + 1];
  PetscInt m = 0;

  GaussLobatto(p, point);
  for (PetscInt k = 0; k <= (dim > 2 ? p : 0); k++) {
    for (PetscInt j = 0; j <= (dim > 1 ? p : 0); j++) {
      for (PetscInt i = 0; i <= p; i++) {
        if (whole->simplex && i + j + k > p) continue;
        node[m].at[0] = i;
        node[m].at[1] = j;
        node[m].at[2] = k;
        describe_node(whole, point, &node[m++]);
      }
    }
  }
}

/* The number of a node among those inside its vertex, edge, face or cell. */
static PetscInt place_in_simplex(const Whole *whole, const LatticeNode *node, const PetscInt corner[])
{
  PetscInt vertex[4], weight[4], n = 0;

  for (PetscInt k = 0; k <= whole->dim; k++) {
    PetscInt i = n;
    if (!(node->mask >> k & 1)) continue;
    for (; i > 0 && vertex[i - 1] > corner[k]; i--) {
      vertex[i] = vertex[i - 1];
      weight[i] = weight[i - 1];
    }
    vertex[i] = corner[k];
    weight[i] = node->weight[k] - 1; /* inside all are positive */
    n++;
  }
  return n > 1 ? SimplexPlace(n - 1, whole->order - n, weight + 1) : 0;
}

static PetscInt place_in_tensor(const Whole *whole, const LatticeNode *node, const PetscInt corner[])
{
  const PetscInt p = whole->order;
  PetscInt origin = -1, place = 0, stride = 1, before = -1;

  for (PetscInt k = 0; k < 1 << whole->dim; k++)
    if (node->mask >> k & 1 && (origin < 0 || corner[k] < corner[origin])) origin = k;
  for (;;) { /* the free directions, by the vertex at their end */
    PetscInt next = -1;
    for (PetscInt c = 0; c < whole->dim; c++) {
      const PetscInt end = corner[origin ^ 1 << c];
      if (node->at[c] == 0 || node->at[c] == p || end <= before) continue;
      if (next < 0 || end < corner[origin ^ 1 << next]) next = c;
    }
    if (next < 0) return place;
    before = corner[origin ^ 1 << next];
    place += stride * ((origin >> next & 1 ? p - node->at[next] : node->at[next]) - 1);
    stride *= p - 1;
  }
}

/* Nodes inside a point of the DM. */
static PetscInt nodes_inside(DMPolytopeType type, PetscInt p)
{
  switch (type) {
  case DM_POLYTOPE_POINT:
    return 1;
  case DM_POLYTOPE_SEGMENT:
    return p - 1;
  case DM_POLYTOPE_TRIANGLE:
    return (p - 1) * (p - 2) / 2;
  case DM_POLYTOPE_QUADRILATERAL:
    return (p - 1) * (p - 1);
  case DM_POLYTOPE_TETRAHEDRON:
    return (p - 1) * (p - 2) * (p - 3) / 6;
  default:
    return (p - 1) * (p - 1) * (p - 1);
  }
}

/* The first node of every point: vertices, edges, faces, cells. Vertices of no cell (the centre of a circle) have none. */
static PetscErrorCode number_points(DM dm, const PetscInt corner[], Whole *whole, PetscInt **first)
{
  const PetscInt corners = whole->n_elements * WholeNumberOfCorners(whole);
  PetscInt start, end, n = 0;
  PetscBool *used;

  PetscFunctionBegin;
  PetscCall(DMPlexGetChart(dm, &start, &end));
  PetscCall(PetscMalloc1(end, first));
  PetscCall(PetscCalloc1(end, &used));
  for (PetscInt i = 0; i < corners; i++) used[corner[i]] = PETSC_TRUE;
  for (PetscInt depth = 0; depth <= whole->dim; depth++) {
    PetscCall(DMPlexGetDepthStratum(dm, depth, &start, &end));
    for (PetscInt q = start; q < end; q++) {
      DMPolytopeType type;
      PetscCall(DMPlexGetCellType(dm, q, &type));
      (*first)[q] = n;
      if (depth > 0 || used[q]) n += nodes_inside(type, whole->order);
    }
  }
  whole->n_nodes = n;
  PetscCall(PetscFree(used));
  PetscFunctionReturn(0);
}

/* For each point of a cell's closure the corners that span it, as a mask. Faces come before edges, and those before
   vertices: from the end, what a point is bounded by is known. */
static PetscErrorCode mask_points(DM dm, PetscInt cell, PetscInt corners, const PetscInt corner[],
                                  PetscInt *n, PetscInt point[], unsigned mask[])
{
  PetscInt size, *closure = NULL;

  PetscFunctionBegin;
  PetscCall(DMPlexGetTransitiveClosure(dm, cell, PETSC_TRUE, &size, &closure));
  PetscCheck(size <= MAX_POINTS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a cell with %" PetscInt_FMT " parts",
             size);
  for (PetscInt i = size - 1; i >= 0; i--) {
    const PetscInt *cone;
    PetscInt length;
    point[i] = closure[2 * i];
    mask[i] = 0;
    for (PetscInt k = 0; k < corners; k++)
      if (corner[k] == point[i]) mask[i] = 1u << k;
    PetscCall(DMPlexGetConeSize(dm, point[i], &length));
    PetscCall(DMPlexGetCone(dm, point[i], &cone));
    for (PetscInt k = 0; k < length; k++)
      for (PetscInt j = i + 1; j < size; j++)
        if (point[j] == cone[k]) mask[i] |= mask[j];
  }
  *n = size;
  PetscCall(DMPlexRestoreTransitiveClosure(dm, cell, PETSC_TRUE, &size, &closure));
  PetscFunctionReturn(0);
}

PetscErrorCode LatticeFill(DM dm, const PetscBool absorbing_faces[], const PetscInt corner[],
                           const PetscReal x[], Whole *whole)
{
  const PetscInt corners = WholeNumberOfCorners(whole), dim = whole->dim;
  PetscInt *first, n = 0, point[MAX_POINTS], from[256], vertex, face, end, cells;
  unsigned mask[MAX_POINTS];
  LatticeNode node[DOMAIN_MAX_NODES];

  PetscFunctionBegin;
  describe_nodes(whole, node);
  PetscCall(number_points(dm, corner, whole, &first));
  PetscCall(DMPlexGetDepthStratum(dm, 0, &vertex, NULL));
  PetscCall(DMPlexGetHeightStratum(dm, 0, &cells, NULL));
  PetscCall(DMPlexGetHeightStratum(dm, 1, &face, &end));
  PetscCall(PetscMalloc1(whole->n_elements * whole->nodes_per_element, &whole->element_nodes));
  PetscCall(PetscMalloc1(whole->n_nodes * dim, &whole->x));
  PetscCall(PetscCalloc1(whole->n_nodes, &whole->absorbing));
  for (PetscInt e = 0; e < whole->n_elements; e++) {
    const PetscInt *const v = corner + e * corners;
    PetscCall(mask_points(dm, cells + e, corners, v, &n, point, mask));
    for (PetscInt i = 0; i < n; i++) from[mask[i]] = first[point[i]];
    for (PetscInt a = 0; a < whole->nodes_per_element; a++) {
      const PetscInt place =
          whole->simplex ? place_in_simplex(whole, &node[a], v) : place_in_tensor(whole, &node[a], v);
      const PetscInt number = from[node[a].mask] + place;
      whole->element_nodes[e * whole->nodes_per_element + a] = number;
      for (PetscInt c = 0; c < dim; c++) {
        PetscReal sum = 0;
        for (PetscInt k = 0; k < corners; k++) sum += node[a].shape[k] * x[(v[k] - vertex) * dim + c];
        whole->x[number * dim + c] = sum;
      }
      for (PetscInt i = 0; i < n; i++)
        if (point[i] >= face && point[i] < end && absorbing_faces[point[i] - face] &&
            !(node[a].mask & ~mask[i]))
          whole->absorbing[number] = PETSC_TRUE;
    }
  }
  PetscCall(PetscFree(first));
  PetscFunctionReturn(0);
}
