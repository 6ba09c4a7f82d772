/*
  From the whole mesh and the parts to what a rank keeps. A node belongs to the lowest rank that touches it; every rank
  derives all numbers from the same parts, so nothing is communicated.
*/
#include "domain/domain_private.h"

static PetscErrorCode keep_all(Domain domain)
{
  const Whole *const whole = &domain->whole;
  DomainMesh *const mesh = &domain->mesh;

  PetscFunctionBegin;
  mesh->n_elements = whole->n_elements;
  mesh->n_nodes = mesh->n_owned = whole->n_nodes;
  PetscCall(PetscMalloc1(whole->n_elements * whole->nodes_per_element, &domain->element_nodes));
  for (PetscInt e = 0; e < whole->n_elements; e++)
    WholeElement(whole, e, domain->element_nodes + e * whole->nodes_per_element);
  PetscCall(PetscMalloc1(whole->n_nodes, &domain->natural));
  for (PetscInt i = 0; i < whole->n_nodes; i++) domain->natural[i] = i;
  domain->global = domain->natural;
  PetscFunctionReturn(0);
}

/* owner and global number of every node, by natural number */
static PetscErrorCode number_nodes(Domain domain, const PetscMPIInt part[], PetscMPIInt owner[],
                                   PetscInt global[])
{
  const Whole *const whole = &domain->whole;
  PetscInt nodes[DOMAIN_MAX_NODES], *next;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < whole->n_nodes; i++) owner[i] = domain->size;
  for (PetscInt e = 0; e < whole->n_elements; e++) {
    WholeElement(whole, e, nodes);
    for (PetscInt a = 0; a < whole->nodes_per_element; a++)
      owner[nodes[a]] = PetscMin(owner[nodes[a]], part[e]);
  }
  PetscCall(PetscCalloc1(domain->size, &domain->counts));
  PetscCall(PetscCalloc1(domain->size, &domain->firsts));
  for (PetscInt i = 0; i < whole->n_nodes; i++) domain->counts[owner[i]]++;
  for (PetscMPIInt r = 1; r < domain->size; r++)
    domain->firsts[r] = domain->firsts[r - 1] + domain->counts[r - 1];
  PetscCall(PetscMalloc1(domain->size, &next));
  for (PetscMPIInt r = 0; r < domain->size; r++) next[r] = domain->firsts[r];
  for (PetscInt i = 0; i < whole->n_nodes; i++) global[i] = next[owner[i]]++;
  PetscCall(PetscFree(next));
  if (domain->rank == 0) {
    PetscCall(PetscMalloc1(whole->n_nodes, &domain->gathered));
    for (PetscInt i = 0; i < whole->n_nodes; i++) domain->gathered[global[i]] = i;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode keep_elements(Domain domain, const PetscMPIInt part[])
{
  const Whole *const whole = &domain->whole;
  PetscInt n = 0;

  PetscFunctionBegin;
  for (PetscInt e = 0; e < whole->n_elements; e++) n += part[e] == domain->rank;
  domain->mesh.n_elements = n;
  PetscCall(PetscMalloc1(n, &domain->element_natural));
  PetscCall(PetscMalloc1(n * whole->nodes_per_element, &domain->element_nodes));
  for (PetscInt e = 0, k = 0; e < whole->n_elements; e++) {
    if (part[e] != domain->rank) continue;
    WholeElement(whole, e,
                 domain->element_nodes + k * whole->nodes_per_element); /* natural, for the moment */
    domain->element_natural[k++] = e;
  }
  PetscFunctionReturn(0);
}

/* Owned nodes, then ghosts, both ascending. */
static PetscErrorCode keep_nodes(Domain domain, const PetscMPIInt owner[], const PetscInt global[])
{
  const Whole *const whole = &domain->whole;
  DomainMesh *const mesh = &domain->mesh;
  const PetscInt entries = mesh->n_elements * whole->nodes_per_element;
  PetscInt *local, ghosts = 0, n[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(whole->n_nodes, &local));
  for (PetscInt i = 0; i < whole->n_nodes; i++) local[i] = -1;
  for (PetscInt k = 0; k < entries; k++) {
    const PetscInt i = domain->element_nodes[k];
    if (local[i] < 0 && owner[i] != domain->rank) ghosts++;
    local[i] = 0;
  }
  mesh->n_owned = domain->counts[domain->rank];
  mesh->n_nodes = mesh->n_owned + ghosts;
  PetscCall(PetscMalloc1(mesh->n_nodes, &domain->natural));
  PetscCall(PetscMalloc1(mesh->n_nodes, &domain->global));
  n[0] = 0;
  n[1] = mesh->n_owned;
  for (PetscInt i = 0; i < whole->n_nodes; i++) {
    if (local[i] < 0) continue;
    local[i] = n[owner[i] != domain->rank]++;
    domain->natural[local[i]] = i;
    domain->global[local[i]] = global[i];
  }
  for (PetscInt k = 0; k < entries; k++) domain->element_nodes[k] = local[domain->element_nodes[k]];
  PetscCall(PetscFree(local));
  PetscFunctionReturn(0);
}

/* The elements around each owned node, whoever has them: around[start[i] .. start[i + 1]). */
static PetscErrorCode find_elements(Domain domain, const PetscMPIInt owner[], const PetscInt global[],
                                    PetscInt **start, PetscInt **around)
{
  const Whole *const whole = &domain->whole;
  const PetscInt owned = domain->mesh.n_owned, first = domain->mesh.first_global;
  PetscInt nodes[DOMAIN_MAX_NODES], *at;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(owned + 2, start));
  at = *start + 1; /* where the next element goes; in the end, the next start */
  for (PetscInt pass = 0; pass < 2; pass++) {
    for (PetscInt e = 0; e < whole->n_elements; e++) {
      WholeElement(whole, e, nodes);
      for (PetscInt a = 0; a < whole->nodes_per_element; a++) {
        if (owner && owner[nodes[a]] != domain->rank) continue;
        const PetscInt i = (global ? global[nodes[a]] : nodes[a]) - first;
        if (pass == 0)
          at[i + 1]++;
        else
          (*around)[at[i]++] = e;
      }
    }
    if (pass == 1) break;
    for (PetscInt i = 0; i < owned; i++) at[i + 1] += at[i];
    PetscCall(PetscMalloc1(at[owned], around));
  }
  PetscFunctionReturn(0);
}

/* Entries of each owned row with owned and with other columns; owner and global are NULL on one rank. */
static PetscErrorCode count_entries(Domain domain, const PetscMPIInt owner[], const PetscInt global[])
{
  const Whole *const whole = &domain->whole;
  PetscInt nodes[DOMAIN_MAX_NODES], *start, *around, *last;

  PetscFunctionBegin;
  PetscCall(find_elements(domain, owner, global, &start, &around));
  PetscCall(PetscMalloc1(whole->n_nodes, &last));
  for (PetscInt i = 0; i < whole->n_nodes; i++) last[i] = -1;
  for (PetscInt i = 0; i < domain->mesh.n_owned; i++) {
    for (PetscInt k = start[i]; k < start[i + 1]; k++) {
      WholeElement(whole, around[k], nodes);
      for (PetscInt a = 0; a < whole->nodes_per_element; a++) {
        if (last[nodes[a]] == i) continue;
        last[nodes[a]] = i;
        if (!owner || owner[nodes[a]] == domain->rank)
          domain->diagonal[i]++;
        else
          domain->off_diagonal[i]++;
      }
    }
  }
  PetscCall(PetscFree(last));
  PetscCall(PetscFree(around));
  PetscCall(PetscFree(start));
  PetscFunctionReturn(0);
}

/* The same for a box on one rank: the stencil of a node is a product. */
static PetscErrorCode count_stencils(Domain domain)
{
  const Whole *const whole = &domain->whole;
  const PetscInt p = whole->order;
  PetscInt *width[REITER_MAX_DIM], m = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    PetscCall(PetscMalloc1(whole->grid[c], &width[c]));
    for (PetscInt i = 0; i < whole->grid[c]; i++) {
      const PetscBool between =
          i % p == 0 && (whole->sides[c][0] == BOUNDARY_PERIODIC || (i > 0 && i < whole->grid[c] - 1))
              ? PETSC_TRUE
              : PETSC_FALSE;
      width[c][i] = PetscMin(between ? 2 * p + 1 : p + 1, whole->grid[c]);
    }
  }
  for (PetscInt i2 = 0; i2 < whole->grid[2]; i2++)
    for (PetscInt i1 = 0; i1 < whole->grid[1]; i1++)
      for (PetscInt i0 = 0; i0 < whole->grid[0]; i0++)
        domain->diagonal[m++] = width[2][i2] * width[1][i1] * width[0][i0];
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) PetscCall(PetscFree(width[c]));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainDistribute(Domain domain)
{
  const Whole *const whole = &domain->whole;
  DomainMesh *const mesh = &domain->mesh;
  PetscMPIInt *part, *owner = NULL;
  PetscInt *global = NULL;

  PetscFunctionBegin;
  PetscCall(PartitionElements(domain->comm, whole, &part));
  if (part) {
    PetscCall(PetscMalloc1(whole->n_nodes, &owner));
    PetscCall(PetscMalloc1(whole->n_nodes, &global));
    PetscCall(number_nodes(domain, part, owner, global));
    mesh->first_global = domain->firsts[domain->rank];
    PetscCall(keep_elements(domain, part));
    PetscCall(keep_nodes(domain, owner, global));
  } else {
    PetscCall(keep_all(domain));
  }
  PetscCall(PetscCalloc1(mesh->n_owned, &domain->diagonal));
  if (part) PetscCall(PetscCalloc1(mesh->n_owned, &domain->off_diagonal));
  if (!part && whole->box) {
    PetscCall(count_stencils(domain));
  } else {
    PetscCall(count_entries(domain, owner, global));
  }
  PetscCall(PetscMalloc1(mesh->n_nodes * whole->dim, &domain->x));
  PetscCall(PetscMalloc1(mesh->n_nodes, &domain->absorbing));
  PetscCall(WholeNodes(whole, mesh->n_nodes, domain->natural, domain->x, domain->absorbing));
  PetscCall(PetscFree(part));
  PetscCall(PetscFree(owner));
  PetscCall(PetscFree(global));
  PetscFunctionReturn(0);
}
