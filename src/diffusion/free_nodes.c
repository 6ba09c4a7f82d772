#include "diffusion_private.h"

PetscErrorCode FreeNodesNumber(Diffusion d)
{
  const DomainMesh *m = d->mesh;
  PetscInt *key, total, end = 0;
  PetscReal *number;
  Vec v;

  PetscFunctionBegin;
  PetscCall(DomainCreateVector(d->domain, &d->nodes));
  PetscCall(PetscMalloc2(m->n_owned, &d->free_node, m->n_nodes, &d->free_global));
  PetscCall(PetscMalloc2(m->n_owned, &key, m->n_nodes, &number));
  d->n_free = 0;
  for (PetscInt l = 0; l < m->n_owned; l++) {
    if (m->absorbing[l]) continue;
    key[d->n_free] = m->natural[l];
    d->free_node[d->n_free++] = l;
  }
  PetscCall(PetscSortIntWithArray(d->n_free, key, d->free_node));
  PetscCallMPI(MPI_Scan(&d->n_free, &end, 1, MPIU_INT, MPI_SUM, d->comm));
  d->first_free = end - d->n_free;
  PetscCallMPI(MPI_Allreduce(&d->n_free, &total, 1, MPIU_INT, MPI_SUM, d->comm));
  d->system.n_free = total;

  /* the numbers of ghosts travel as values of a node vector: integers below 2^53 are exact */
  PetscCall(VecDuplicate(d->nodes, &v));
  PetscCall(VecSet(v, -1));
  for (PetscInt k = 0; k < d->n_free; k++) {
    PetscCall(VecSetValue(v, m->global[d->free_node[k]], (PetscReal)(d->first_free + k), INSERT_VALUES));
  }
  PetscCall(VecAssemblyBegin(v));
  PetscCall(VecAssemblyEnd(v));
  PetscCall(DomainGetLocalValues(d->domain, v, number));
  for (PetscInt l = 0; l < m->n_nodes; l++) d->free_global[l] = (PetscInt)number[l];
  PetscCall(VecDestroy(&v));
  PetscCall(PetscFree2(key, number));
  PetscFunctionReturn(0);
}

PetscErrorCode FreeNodesCreateVector(Diffusion d, Vec *v)
{
  PetscFunctionBegin;
  PetscCall(VecCreate(d->comm, v));
  PetscCall(VecSetSizes(*v, d->n_free, d->system.n_free));
  PetscCall(VecSetType(*v, VECSTANDARD));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionRestrict(Diffusion d, Vec nodes, Vec free)
{
  const PetscScalar *from;
  PetscScalar *to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(nodes, &from));
  PetscCall(VecGetArray(free, &to));
  for (PetscInt k = 0; k < d->n_free; k++)
    to[k] = from[d->mesh->global[d->free_node[k]] - d->mesh->first_global];
  PetscCall(VecRestoreArray(free, &to));
  PetscCall(VecRestoreArrayRead(nodes, &from));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionProlong(Diffusion d, Vec free, Vec nodes)
{
  const PetscScalar *from;
  PetscScalar *to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(free, &from));
  PetscCall(VecGetArray(nodes, &to));
  for (PetscInt k = 0; k < d->n_free; k++)
    to[d->mesh->global[d->free_node[k]] - d->mesh->first_global] = from[k];
  PetscCall(VecRestoreArray(nodes, &to));
  PetscCall(VecRestoreArrayRead(free, &from));
  PetscFunctionReturn(0);
}

PetscErrorCode FreeNodesGetLocalValues(Diffusion d, Vec g, PetscReal values[])
{
  PetscFunctionBegin;
  PetscCall(VecSet(d->nodes, 0));
  PetscCall(DiffusionProlong(d, g, d->nodes));
  PetscCall(DomainGetLocalValues(d->domain, d->nodes, values));
  PetscFunctionReturn(0);
}

PetscErrorCode NodesSum(Diffusion d, PetscReal values[])
{
  PetscFunctionBegin;
  if (d->size == 1) PetscFunctionReturn(0);
  PetscCall(VecSet(d->nodes, 0));
  PetscCall(VecSetValues(d->nodes, d->mesh->n_nodes, d->mesh->global, values, ADD_VALUES));
  PetscCall(VecAssemblyBegin(d->nodes));
  PetscCall(VecAssemblyEnd(d->nodes));
  PetscCall(DomainGetLocalValues(d->domain, d->nodes, values));
  PetscFunctionReturn(0);
}

PetscErrorCode NodesMost(Diffusion d, PetscReal values[])
{
  VecScatter scatter;
  Vec local;
  IS all;

  PetscFunctionBegin;
  if (d->size == 1) PetscFunctionReturn(0);
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, d->mesh->n_nodes, d->mesh->global, PETSC_COPY_VALUES, &all));
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, d->mesh->n_nodes, values, &local));
  PetscCall(VecScatterCreate(d->nodes, all, local, NULL, &scatter));
  PetscCall(VecSet(d->nodes, PETSC_NINFINITY));
  PetscCall(VecScatterBegin(scatter, local, d->nodes, MAX_VALUES, SCATTER_REVERSE));
  PetscCall(VecScatterEnd(scatter, local, d->nodes, MAX_VALUES, SCATTER_REVERSE));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&local));
  PetscCall(ISDestroy(&all));
  PetscCall(DomainGetLocalValues(d->domain, d->nodes, values));
  PetscFunctionReturn(0);
}
