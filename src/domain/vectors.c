/*
  Matrices and vectors on the nodes, and their values elsewhere: with the ghosts, and all of them on rank 0.
*/
#include "domain/domain_private.h"

static PetscErrorCode create_numbering(Domain domain, ISLocalToGlobalMapping *numbering)
{
  PetscFunctionBegin;
  PetscCall(ISLocalToGlobalMappingCreate(domain->comm, 1, domain->mesh.n_nodes, domain->global,
                                         PETSC_COPY_VALUES, numbering));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainCreateMatrix(Domain domain, Mat *A)
{
  const DomainMesh *const mesh = &domain->mesh;
  ISLocalToGlobalMapping numbering;

  PetscFunctionBegin;
  PetscCall(MatCreate(domain->comm, A));
  PetscCall(MatSetSizes(*A, mesh->n_owned, mesh->n_owned, mesh->n_global, mesh->n_global));
  PetscCall(MatSetType(*A, MATAIJ));
  PetscCall(MatXAIJSetPreallocation(*A, 1, domain->diagonal, domain->off_diagonal, NULL, NULL));
  PetscCall(create_numbering(domain, &numbering));
  PetscCall(MatSetLocalToGlobalMapping(*A, numbering, numbering));
  PetscCall(ISLocalToGlobalMappingDestroy(&numbering));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainCreateVector(Domain domain, Vec *v)
{
  ISLocalToGlobalMapping numbering;

  PetscFunctionBegin;
  PetscCall(VecCreate(domain->comm, v));
  PetscCall(VecSetSizes(*v, domain->mesh.n_owned, domain->mesh.n_global));
  PetscCall(VecSetType(*v, VECSTANDARD));
  PetscCall(create_numbering(domain, &numbering));
  PetscCall(VecSetLocalToGlobalMapping(*v, numbering));
  PetscCall(ISLocalToGlobalMappingDestroy(&numbering));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_scatter(Domain domain, Vec v)
{
  IS ghosts;

  PetscFunctionBegin;
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, domain->mesh.n_nodes, NULL, &domain->local));
  PetscCall(
      ISCreateGeneral(PETSC_COMM_SELF, domain->mesh.n_nodes, domain->global, PETSC_USE_POINTER, &ghosts));
  PetscCall(VecScatterCreate(v, ghosts, domain->local, NULL, &domain->scatter));
  PetscCall(ISDestroy(&ghosts));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainGetLocalValues(Domain domain, Vec v, PetscReal values[])
{
  PetscFunctionBegin;
  if (domain->size == 1) {
    const PetscScalar *array;
    PetscCall(VecGetArrayRead(v, &array));
    PetscCall(PetscArraycpy(values, array, domain->mesh.n_nodes));
    PetscCall(VecRestoreArrayRead(v, &array));
    PetscFunctionReturn(0);
  }
  if (!domain->scatter) PetscCall(create_scatter(domain, v));
  PetscCall(VecPlaceArray(domain->local, values));
  PetscCall(VecScatterBegin(domain->scatter, v, domain->local, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(domain->scatter, v, domain->local, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecResetArray(domain->local));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainGather(Domain domain, Vec v, PetscReal values[])
{
  const PetscInt n = domain->mesh.n_global;
  const PetscScalar *array;
  PetscReal *all = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v, &array));
  if (domain->size == 1) {
    PetscCall(PetscArraycpy(values, array, n));
  } else {
    if (domain->rank == 0) PetscCall(PetscMalloc1(n, &all));
    PetscCallMPI(MPI_Gatherv(array, (PetscMPIInt)domain->mesh.n_owned, MPIU_REAL, all, domain->counts,
                             domain->firsts, MPIU_REAL, 0, domain->comm));
    if (domain->rank == 0)
      for (PetscInt i = 0; i < n; i++) values[domain->gathered[i]] = all[i];
    PetscCall(PetscFree(all));
  }
  PetscCall(VecRestoreArrayRead(v, &array));
  PetscFunctionReturn(0);
}

PetscErrorCode DomainScatter(Domain domain, const PetscReal values[], Vec v)
{
  const PetscInt n = domain->mesh.n_global;
  PetscScalar *array;
  PetscReal *all = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(v, &array));
  if (domain->size == 1) {
    PetscCall(PetscArraycpy(array, values, n));
  } else {
    if (domain->rank == 0) {
      PetscCall(PetscMalloc1(n, &all));
      for (PetscInt i = 0; i < n; i++) all[i] = values[domain->gathered[i]];
    }
    PetscCallMPI(MPI_Scatterv(all, domain->counts, domain->firsts, MPIU_REAL, array,
                              (PetscMPIInt)domain->mesh.n_owned, MPIU_REAL, 0, domain->comm));
    PetscCall(PetscFree(all));
  }
  PetscCall(VecRestoreArrayWrite(v, &array));
  PetscFunctionReturn(0);
}
