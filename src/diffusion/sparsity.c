#include "sparsity.h"
#include "diffusion_private.h"

/* Elements around every local node: offsets[n_nodes + 1], elements[]. Caller frees. */
static PetscErrorCode elements_of_nodes(const DomainMesh *m, PetscInt **offsets, PetscInt **elements)
{
  const PetscInt n = m->nodes_per_element, pairs = m->n_elements * n;
  PetscInt *at;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(m->n_nodes + 2, offsets));
  PetscCall(PetscMalloc1(pairs, elements));
  at = *offsets + 1; /* becomes the offsets after filling */
  for (PetscInt k = 0; k < pairs; k++) at[m->element_nodes[k] + 1]++;
  for (PetscInt l = 0; l < m->n_nodes; l++) at[l + 1] += at[l];
  for (PetscInt k = 0; k < pairs; k++) (*elements)[at[m->element_nodes[k]]++] = k / n;
  PetscFunctionReturn(0);
}

/* How many distinct free nodes this rank's elements put beside each node; ghosts[l] whether one of them is foreign. */
static PetscErrorCode count_neighbours(Diffusion d, PetscReal count[], PetscReal ghosts[])
{
  const DomainMesh *m = d->mesh;
  PetscInt *offsets, *elements, *seen;

  PetscFunctionBegin;
  PetscCall(elements_of_nodes(m, &offsets, &elements));
  PetscCall(PetscMalloc1(m->n_nodes, &seen));
  for (PetscInt l = 0; l < m->n_nodes; l++) seen[l] = -1;
  for (PetscInt l = 0; l < m->n_nodes; l++) {
    PetscInt n = 0;
    ghosts[l] = l >= m->n_owned ? 1 : 0;
    for (PetscInt k = offsets[l]; k < offsets[l + 1]; k++) {
      const PetscInt *nodes = m->element_nodes + elements[k] * m->nodes_per_element;
      for (PetscInt a = 0; a < m->nodes_per_element; a++) {
        if (seen[nodes[a]] == l || d->free_global[nodes[a]] < 0) continue;
        seen[nodes[a]] = l;
        if (nodes[a] >= m->n_owned) ghosts[l] = 1;
        n++;
      }
    }
    count[l] = (PetscReal)n;
  }
  PetscCall(PetscFree(seen));
  PetscCall(PetscFree(elements));
  PetscCall(PetscFree(offsets));
  PetscFunctionReturn(0);
}

/* Ranks that share a node count some of its neighbours twice: room to spare at the seams, none missing. */
PetscErrorCode ElementMatrixCreate(Diffusion d, Mat *A)
{
  PetscReal *count, *ghosts;
  PetscInt *inside, *outside;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(d->mesh->n_nodes, &count, d->mesh->n_nodes, &ghosts));
  PetscCall(PetscMalloc2(d->n_free, &inside, d->n_free, &outside));
  PetscCall(count_neighbours(d, count, ghosts));
  PetscCall(NodesSum(d, count));
  PetscCall(NodesSum(d, ghosts));
  for (PetscInt k = 0; k < d->n_free; k++) {
    const PetscInt l = d->free_node[k];
    inside[k] = PetscMin((PetscInt)count[l], d->n_free);
    outside[k] = ghosts[l] > 0 ? PetscMin((PetscInt)count[l], d->system.n_free - d->n_free) : 0;
  }
  PetscCall(MatCreate(d->comm, A));
  PetscCall(MatSetSizes(*A, d->n_free, d->n_free, d->system.n_free, d->system.n_free));
  PetscCall(MatSetType(*A, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(*A, 0, inside));
  PetscCall(MatMPIAIJSetPreallocation(*A, 0, inside, 0, outside));
  PetscCall(MatSetOption(*A, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_TRUE));
  /* zeros that the geometry makes (a diagonal tensor on a grid) need no room in products and factors */
  PetscCall(MatSetOption(*A, MAT_IGNORE_ZERO_ENTRIES, PETSC_TRUE));
  PetscCall(MatSetOption(*A, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatSetOption(*A, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
  PetscCall(PetscFree2(inside, outside));
  PetscCall(PetscFree2(count, ghosts));
  PetscFunctionReturn(0);
}
