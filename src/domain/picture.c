/*
  The domain as the fields on disk show it: a grid, or nodes and linear cells.
*/
#include "domain/lattice.h"

/* The nodes of a box with its periodic planes closed, and the natural number each one repeats. */
static PetscErrorCode draw_box(Domain domain)
{
  const Whole *const whole = &domain->whole;
  FieldMesh *const picture = &domain->picture;
  PetscInt n[3] = {1, 1, 1}, m = 0;

  PetscFunctionBegin;
  picture->grid = PETSC_TRUE;
  picture->corners = 1 << whole->dim;
  picture->n_cells = 1;
  for (PetscInt c = 0; c < whole->dim; c++) {
    n[c] = whole->cells[c] * whole->order + 1;
    picture->axis[c] = whole->axis[c];
    picture->n_cells *= n[c] - 1;
  }
  picture->n_nodes = n[0] * n[1] * n[2];
  PetscCall(PetscMalloc1(picture->n_nodes, &domain->picture_natural));
  for (PetscInt i2 = 0; i2 < n[2]; i2++)
    for (PetscInt i1 = 0; i1 < n[1]; i1++)
      for (PetscInt i0 = 0; i0 < n[0]; i0++)
        domain->picture_natural[m++] =
            (i2 % whole->grid[2] * whole->grid[1] + i1 % whole->grid[1]) * whole->grid[0] +
            i0 % whole->grid[0];
  for (PetscInt c = 0; c < 3; c++) picture->n[c] = n[c];
  PetscFunctionReturn(0);
}

/* Pieces of a tensor element: the corners of each in VTK's order, as places in the list of its nodes. */
static PetscInt cut_tensor(PetscInt dim, PetscInt p, PetscInt pieces[])
{
  const PetscInt n = p + 1, stride[3] = {1, n, n * n};
  /* around the bottom, then around the top */
  static const PetscInt order[8] = {0, 1, 3, 2, 4, 5, 7, 6};
  PetscInt m = 0;

  for (PetscInt k = 0; k < (dim > 2 ? p : 1); k++)
    for (PetscInt j = 0; j < (dim > 1 ? p : 1); j++)
      for (PetscInt i = 0; i < p; i++)
        for (PetscInt corner = 0; corner < 1 << dim; corner++) {
          const PetscInt q = order[corner];
          pieces[m++] = i + (q & 1) + (j + (q >> 1 & 1)) * stride[1] + (k + (q >> 2)) * stride[2];
        }
  return m >> dim;
}

/* Kuhn's cut: every cube of the lattice falls into dim! simplices, one for each order in which a path from its low to
   its high corner takes the directions; a piece is kept if it lies in the element. In coordinates that are summed up
   (s0 >= s1 >= s2) the element itself is one such simplex, so the pieces that are kept fill it: order^dim of them. */
static PetscInt cut_simplex(PetscInt dim, PetscInt p, PetscInt pieces[])
{
  static const PetscInt paths[2][6][3] = {{{0, 1}, {1, 0}},
                                          {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  const PetscInt n_paths = dim == 2 ? 2 : 6;
  PetscInt m = 0;

  for (PetscInt cube = 0; cube < p * p * (dim > 2 ? p : 1); cube++) {
    for (PetscInt path = 0; path < n_paths; path++) {
      PetscInt s[3] = {cube % p, cube / p % p, cube / p / p}, corners[4][3];
      PetscBool inside = PETSC_TRUE;
      for (PetscInt k = 0; k <= dim; k++) {
        if (k > 0) s[paths[dim - 2][path][k - 1]]++;
        for (PetscInt c = 0; c < dim; c++) {
          corners[k][c] = s[c] - (c + 1 < dim ? s[c + 1] : 0);
          if (corners[k][c] < 0 || s[0] > p) inside = PETSC_FALSE;
        }
      }
      if (!inside) continue;
      for (PetscInt k = 0; k <= dim; k++) pieces[m++] = SimplexPlace(dim, p, corners[k]);
    }
  }
  return m / (dim + 1);
}

/* The pieces turn the way VTK wants them: positive volume. */
static void orient(PetscInt dim, const PetscReal x[], PetscInt cell[])
{
  PetscReal a[3][3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 1}};

  for (PetscInt k = 0; k < dim; k++)
    for (PetscInt c = 0; c < dim; c++) a[k][c] = x[cell[k + 1] * dim + c] - x[cell[0] * dim + c];
  if (a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
          a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]) <
      0) {
    const PetscInt first = cell[0];
    cell[0] = cell[1];
    cell[1] = first;
  }
}

static PetscErrorCode draw_mesh(Domain domain)
{
  const Whole *const whole = &domain->whole;
  FieldMesh *const picture = &domain->picture;
  PetscInt pieces[64 * 8], n_pieces, corners;

  PetscFunctionBegin;
  corners = WholeNumberOfCorners(whole);
  n_pieces = whole->simplex ? cut_simplex(whole->dim, whole->order, pieces)
                            : cut_tensor(whole->dim, whole->order, pieces);
  picture->simplex = whole->simplex;
  picture->corners = corners;
  picture->n_nodes = whole->n_nodes;
  picture->n_cells = whole->n_elements * n_pieces;
  PetscCall(PetscMalloc1(picture->n_cells * corners, &domain->picture_cells));
  for (PetscInt e = 0, m = 0; e < whole->n_elements; e++) {
    const PetscInt *const nodes = whole->element_nodes + e * whole->nodes_per_element;
    for (PetscInt i = 0; i < n_pieces; i++, m += corners) {
      for (PetscInt k = 0; k < corners; k++) domain->picture_cells[m + k] = nodes[pieces[i * corners + k]];
      if (whole->simplex) orient(whole->dim, whole->x, domain->picture_cells + m);
    }
  }
  PetscCall(PetscMalloc1(whole->n_nodes, &domain->picture_natural));
  for (PetscInt i = 0; i < whole->n_nodes; i++) domain->picture_natural[i] = i;
  picture->x = whole->x;
  picture->cells = domain->picture_cells;
  PetscFunctionReturn(0);
}

PetscErrorCode DomainGetFieldMesh(Domain domain, const FieldMesh **mesh, const PetscInt **natural)
{
  PetscFunctionBegin;
  if (domain->rank == 0 && !domain->picture_natural) {
    domain->picture.dim = domain->whole.dim;
    if (domain->whole.box) {
      PetscCall(draw_box(domain));
    } else {
      PetscCall(draw_mesh(domain));
    }
  }
  *mesh = &domain->picture;
  *natural = domain->picture_natural;
  PetscFunctionReturn(0);
}
