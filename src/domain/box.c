/*
  Boxes: a tensor grid of equal elements with Gauss-Lobatto nodes. Periodic directions have their last plane
  identified with the first.
*/
#include "domain/domain_private.h"

static PetscErrorCode make_axis(Whole *whole, PetscInt c, const PetscReal side[2])
{
  const PetscInt p = whole->order, cells = whole->cells[c];
  PetscReal point[DOMAIN_MAX_ORDER + 1];

  PetscFunctionBegin;
  GaussLobatto(p, point);
  PetscCall(PetscMalloc1(cells + 1, &whole->edge[c]));
  PetscCall(PetscMalloc1(cells * p + 1, &whole->axis[c]));
  for (PetscInt i = 0; i <= cells; i++) /* exact at both ends */
    whole->edge[c][i] = ((PetscReal)(cells - i) * side[0] + (PetscReal)i * side[1]) / (PetscReal)cells;
  for (PetscInt i = 0; i <= cells * p; i++) {
    const PetscInt e = i < cells * p ? i / p : cells - 1, a = i - e * p;
    const PetscReal low = whole->edge[c][e], high = whole->edge[c][e + 1];
    whole->axis[c][i] = a == 0 ? low : a == p ? high : low + (high - low) * point[a];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DomainCreateBox(MPI_Comm comm, PetscInt dim, const PetscReal box[][2], const PetscInt cells[],
                               PetscInt order, const Boundary sides[][2], Domain *domain)
{
  Whole whole = {.dim = dim,
                 .order = order,
                 .box = PETSC_TRUE,
                 .n_elements = 1,
                 .n_nodes = 1,
                 .nodes_per_element = 1,
                 .cells = {1, 1, 1},
                 .grid = {1, 1, 1}};
  double nodes = 1, elements = 1;

  PetscFunctionBegin;
  *domain = NULL;
  PetscCheck(dim >= 1 && dim <= REITER_MAX_DIM, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "a box has 1 to %d dimensions, not %" PetscInt_FMT, REITER_MAX_DIM, dim);
  PetscCheck(order >= 1 && order <= DOMAIN_MAX_ORDER, comm, PETSC_ERR_ARG_OUTOFRANGE,
             "elements have order 1 to %d, not %" PetscInt_FMT, DOMAIN_MAX_ORDER, order);
  for (PetscInt c = 0; c < dim; c++) {
    const PetscBool periodic = sides[c][0] == BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    PetscCheck(cells[c] >= 1 && box[c][0] < box[c][1], comm, PETSC_ERR_ARG_OUTOFRANGE,
               "%" PetscInt_FMT " cells from %g to %g in component %" PetscInt_FMT, cells[c],
               (double)box[c][0], (double)box[c][1], c);
    PetscCheck(periodic == (sides[c][1] == BOUNDARY_PERIODIC), comm, PETSC_ERR_ARG_INCOMP,
               "one side of component %" PetscInt_FMT " only is periodic", c);
    nodes *= (double)cells[c] * (double)order + 1;
    elements *= (double)cells[c];
    PetscCheck(nodes < PETSC_MAX_INT && elements * 2 * (double)dim < PETSC_MAX_INT, comm,
               PETSC_ERR_ARG_OUTOFRANGE, "the box has more nodes than an index can count");
    PetscCheck(!periodic || cells[c] * order >= 3, comm, PETSC_ERR_ARG_OUTOFRANGE,
               "a periodic direction needs three nodes, component %" PetscInt_FMT " has %" PetscInt_FMT, c,
               cells[c] * order);
    whole.cells[c] = cells[c];
    whole.grid[c] = cells[c] * order + (periodic ? 0 : 1);
    whole.sides[c][0] = sides[c][0];
    whole.sides[c][1] = sides[c][1];
    whole.n_elements *= cells[c];
    whole.n_nodes *= whole.grid[c];
    whole.nodes_per_element *= order + 1;
  }
  for (PetscInt c = 0; c < dim; c++) PetscCall(make_axis(&whole, c, box[c]));
  PetscCall(DomainCreate(comm, &whole, domain));
  PetscFunctionReturn(0);
}
