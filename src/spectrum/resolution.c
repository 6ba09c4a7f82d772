/*
  Elements across which the weight falls by many orders of magnitude hold functions of no energy: the quadrature sees little
  but one of its points, and a polynomial may be flat there. Such traps are slow modes of the discretisation and of nothing
  else.
*/
#include "spectrum_private.h"

/* By how much log w may change across an element, per order. */
static const PetscReal resolved = 5;

/* log w at the local nodes; a number beyond all of them at absorbing nodes. */
static PetscErrorCode weights_of_nodes(Diffusion diffusion, Domain domain, PetscReal beyond,
                                       PetscReal log_w[])
{
  const DiffusionSystem *system;
  Vec nodes;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DomainCreateVector(domain, &nodes));
  PetscCall(VecSet(nodes, beyond));
  PetscCall(DiffusionProlong(diffusion, system->log_w, nodes));
  PetscCall(DomainGetLocalValues(domain, nodes, log_w));
  PetscCall(VecDestroy(&nodes));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumUnresolved(Diffusion diffusion, Vec *flags)
{
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  PetscReal *log_w;
  Domain domain;
  Vec nodes;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(diffusion, &domain));
  PetscCall(DomainGetMesh(domain, &mesh));
  PetscCall(PetscMalloc1(mesh->n_nodes, &log_w));
  PetscCall(weights_of_nodes(diffusion, domain, PETSC_MAX_REAL, log_w));
  PetscCall(DomainCreateVector(domain, &nodes));
  PetscCall(VecSet(nodes, 0));
  for (PetscInt e = 0; e < mesh->n_elements; e++) {
    const PetscInt n = mesh->nodes_per_element, *at = mesh->element_nodes + e * n;
    PetscReal least = PETSC_MAX_REAL, largest = PETSC_NINFINITY;
    for (PetscInt i = 0; i < n; i++) {
      if (log_w[at[i]] == PETSC_MAX_REAL) continue;
      least = PetscMin(least, log_w[at[i]]);
      largest = PetscMax(largest, log_w[at[i]]);
    }
    if (!(largest - least > resolved * (PetscReal)mesh->order)) continue;
    for (PetscInt i = 0; i < n; i++) PetscCall(VecSetValue(nodes, mesh->global[at[i]], 1, ADD_VALUES));
  }
  PetscCall(VecAssemblyBegin(nodes));
  PetscCall(VecAssemblyEnd(nodes));
  PetscCall(VecDuplicate(system->root, flags));
  PetscCall(DiffusionRestrict(diffusion, nodes, *flags));
  PetscCall(VecDestroy(&nodes));
  PetscCall(PetscFree(log_w));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumShare(Vec flags, Vec g, PetscReal *share)
{
  const PetscScalar *flag, *value;
  PetscReal sums[2] = {0, 0};
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(flags, &flag));
  PetscCall(VecGetArrayRead(g, &value));
  for (PetscInt i = 0; i < n; i++) {
    sums[0] += value[i] * value[i];
    if (flag[i] > 0) sums[1] += value[i] * value[i];
  }
  PetscCall(VecRestoreArrayRead(flags, &flag));
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPI_SUM, PetscObjectComm((PetscObject)g)));
  *share = sums[0] > 0 ? sums[1] / sums[0] : 0;
  PetscFunctionReturn(0);
}
