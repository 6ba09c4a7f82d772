/*
  Making and looking at a domain.
*/
#include "domain/domain_private.h"

/* The largest distance between two corners. */
static PetscReal diameter(PetscInt dim, PetscInt corners, const PetscReal v[])
{
  PetscReal most = 0;

  for (PetscInt k = 0; k < corners; k++) {
    for (PetscInt l = 0; l < k; l++) {
      PetscReal square = 0;
      for (PetscInt c = 0; c < dim; c++) square += PetscSqr(v[k * dim + c] - v[l * dim + c]);
      most = PetscMax(most, square);
    }
  }
  return PetscSqrtReal(most);
}

static void measure(const Whole *whole, DomainMesh *mesh)
{
  /* all elements of a box are alike */
  const PetscInt n = whole->box ? 1 : whole->n_elements;
  PetscReal v[DOMAIN_MAX_CORNERS * REITER_MAX_DIM];

  for (PetscInt e = 0; e < n; e++) {
    WholeCorners(whole, e, v);
    mesh->h =
        PetscMax(mesh->h, diameter(whole->dim, WholeNumberOfCorners(whole), v) / (PetscReal)whole->order);
  }
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    mesh->cells[c] = whole->cells[c];
    mesh->grid[c] = whole->grid[c];
  }
  for (PetscInt c = 0; c < whole->dim; c++) {
    for (PetscInt side = 0; side < 2; side++) {
      mesh->sides[c][side] = whole->sides[c][side];
      if (whole->box) mesh->bounds[c][side] = whole->edge[c][side ? whole->cells[c] : 0];
    }
    if (whole->box) continue;
    mesh->bounds[c][0] = mesh->bounds[c][1] = whole->x[c];
    for (PetscInt i = 0; i < whole->n_nodes; i++) {
      mesh->bounds[c][0] = PetscMin(mesh->bounds[c][0], whole->x[i * whole->dim + c]);
      mesh->bounds[c][1] = PetscMax(mesh->bounds[c][1], whole->x[i * whole->dim + c]);
    }
  }
}

PetscErrorCode DomainCreate(MPI_Comm comm, Whole *whole, Domain *domain)
{
  Domain d;
  DomainMesh *mesh;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  *domain = d;
  d->whole = *whole;
  PetscCall(PetscMemzero(whole, sizeof *whole));
  PetscCall(PetscCommDuplicate(comm, &d->comm, NULL));
  PetscCallMPI(MPI_Comm_rank(comm, &d->rank));
  PetscCallMPI(MPI_Comm_size(comm, &d->size));
  mesh = &d->mesh;
  mesh->dim = d->whole.dim;
  mesh->order = d->whole.order;
  mesh->box = d->whole.box;
  mesh->simplex = d->whole.simplex;
  mesh->nodes_per_element = d->whole.nodes_per_element;
  mesh->n_global = d->whole.n_nodes;
  measure(&d->whole, mesh);
  PetscCall(DomainDistribute(d));
  mesh->element_nodes = d->element_nodes;
  mesh->global = d->global;
  mesh->natural = d->natural;
  mesh->x = d->x;
  mesh->absorbing = d->absorbing;
  if (!d->whole.box) { /* rank 0 keeps them for the fields on disk */
    PetscCall(PetscFree(d->whole.absorbing));
    PetscCall(PetscFree(d->whole.start));
    PetscCall(PetscFree(d->whole.adjacency));
    if (d->rank > 0) {
      PetscCall(PetscFree(d->whole.x));
      PetscCall(PetscFree(d->whole.element_nodes));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DomainDestroy(Domain *domain)
{
  Domain d = *domain;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(0);
  if (d->global != d->natural) PetscCall(PetscFree(d->global));
  PetscCall(PetscFree(d->natural));
  PetscCall(PetscFree(d->element_nodes));
  PetscCall(PetscFree(d->element_natural));
  PetscCall(PetscFree(d->x));
  PetscCall(PetscFree(d->absorbing));
  PetscCall(PetscFree(d->diagonal));
  PetscCall(PetscFree(d->off_diagonal));
  PetscCall(PetscFree(d->gathered));
  PetscCall(PetscFree(d->counts));
  PetscCall(PetscFree(d->firsts));
  PetscCall(VecDestroy(&d->local));
  PetscCall(VecScatterDestroy(&d->scatter));
  PetscCall(PetscFree(d->picture_natural));
  PetscCall(PetscFree(d->picture_cells));
  PetscCall(WholeDestroy(&d->whole));
  PetscCall(PetscCommDestroy(&d->comm));
  PetscCall(PetscFree(*domain));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainGetMesh(Domain domain, const DomainMesh **mesh)
{
  PetscFunctionBegin;
  *mesh = &domain->mesh;
  PetscFunctionReturn(0);
}

PetscErrorCode DomainGetComm(Domain domain, MPI_Comm *comm)
{
  PetscFunctionBegin;
  *comm = domain->comm;
  PetscFunctionReturn(0);
}

PetscErrorCode DomainElementCorners(Domain domain, PetscInt element, PetscReal v[])
{
  const DomainMesh *const mesh = &domain->mesh;
  const PetscInt dim = mesh->dim;

  PetscFunctionBegin;
  PetscCheck(element >= 0 && element < mesh->n_elements, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "element %" PetscInt_FMT " of %" PetscInt_FMT, element, mesh->n_elements);
  if (mesh->box) {
    WholeCorners(&domain->whole, domain->size > 1 ? domain->element_natural[element] : element, v);
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < WholeNumberOfCorners(&domain->whole); k++) {
    const PetscInt node =
        mesh->element_nodes[element * mesh->nodes_per_element + WholeCornerPlace(&domain->whole, k)];
    for (PetscInt c = 0; c < dim; c++) v[k * dim + c] = mesh->x[node * dim + c];
  }
  PetscFunctionReturn(0);
}
