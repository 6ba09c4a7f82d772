/*
  Which rank has which element: a PetscPartitioner on the graph of neighbours, by default METIS.
*/
#include "domain/domain_private.h"
#include <petsc/private/partitionerimpl.h>
#include <metis.h>
#include <signal.h>

/* METIS must not be asked for contiguous parts of a graph that is not. */
static PetscErrorCode is_connected(PetscInt n, const PetscInt start[], const PetscInt adjacency[],
                                   PetscBool *connected)
{
  PetscInt *queue, done = 0, known = 1;
  PetscBool *seen;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &queue));
  PetscCall(PetscCalloc1(n, &seen));
  queue[0] = 0;
  seen[0] = PETSC_TRUE;
  for (; done < known; done++) {
    for (PetscInt k = start[queue[done]]; k < start[queue[done] + 1]; k++) {
      if (seen[adjacency[k]]) continue;
      seen[adjacency[k]] = PETSC_TRUE;
      queue[known++] = adjacency[k];
    }
  }
  *connected = known == n ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(PetscFree(queue));
  PetscCall(PetscFree(seen));
  PetscFunctionReturn(0);
}

static PetscErrorCode call_metis(PetscInt parts, PetscInt n, PetscInt start[], PetscInt adjacency[],
                                 PetscInt part[])
{
  idx_t options[METIS_NOPTIONS], vertices = n, constraints = 1, n_parts = parts, cut;
  PetscBool connected = PETSC_FALSE;
  int status;

  PetscFunctionBegin;
  PetscCheck(sizeof(idx_t) == sizeof(PetscInt), PETSC_COMM_SELF, PETSC_ERR_SUP,
             "METIS and PETSc have integers of different lengths");
  if (parts >= n) { /* one each; METIS wants more elements than parts */
    for (PetscInt e = 0; e < n; e++) part[e] = e;
    PetscFunctionReturn(0);
  }
  PetscCall(is_connected(n, start, adjacency, &connected));
  METIS_SetDefaultOptions(options);
  options[METIS_OPTION_NUMBERING] = 0;
  options[METIS_OPTION_SEED] = 1; /* the same parts at every run */
  options[METIS_OPTION_CONTIG] = connected ? 1 : 0;
  status = METIS_PartGraphKway(&vertices, &constraints, (idx_t *)start, (idx_t *)adjacency, NULL, NULL, NULL,
                               &n_parts, NULL, NULL, options, &cut, (idx_t *)part);
  if (status == METIS_ERROR) { /* it takes SIGTERM for an error of its own: the signal is for the program */
    raise(SIGTERM);
    status = METIS_PartGraphKway(&vertices, &constraints, (idx_t *)start, (idx_t *)adjacency, NULL, NULL,
                                 NULL, &n_parts, NULL, NULL, options, &cut, (idx_t *)part);
  }
  PetscCheck(status == METIS_OK, PETSC_COMM_SELF, PETSC_ERR_LIB, "METIS_PartGraphKway returned %d", status);
  PetscFunctionReturn(0);
}

static PetscErrorCode partition_metis(PetscPartitioner partitioner, PetscInt parts, PetscInt n,
                                      PetscInt start[], PetscInt adjacency[], PetscSection weights,
                                      PetscSection targets, PetscSection sizes, IS *partition)
{
  PetscInt *part, *list, *at;

  PetscFunctionBegin;
  (void)weights;
  (void)targets;
  PetscCall(PetscMalloc1(n, &part));
  PetscCall(PetscCalloc1(parts + 1, &at));
  if (parts > 1) {
    PetscCall(call_metis(parts, n, start, adjacency, part));
  } else {
    PetscCall(PetscArrayzero(part, n));
  }
  for (PetscInt e = 0; e < n; e++) {
    PetscCall(PetscSectionAddDof(sizes, part[e], 1));
    at[part[e] + 1]++;
  }
  for (PetscInt r = 0; r < parts; r++) at[r + 1] += at[r];
  PetscCall(PetscMalloc1(n, &list));
  for (PetscInt e = 0; e < n; e++) list[at[part[e]]++] = e;
  PetscCall(
      ISCreateGeneral(PetscObjectComm((PetscObject)partitioner), n, list, PETSC_OWN_POINTER, partition));
  PetscCall(PetscFree(at));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(0);
}

static PetscErrorCode create_metis(PetscPartitioner partitioner)
{
  PetscFunctionBegin;
  partitioner->noGraph = PETSC_FALSE;
  partitioner->ops->partition = partition_metis;
  PetscFunctionReturn(0);
}

PetscErrorCode DomainPartitionerRegister(void)
{
  PetscFunctionBegin;
  PetscCall(PetscPartitionerInitializePackage());
  PetscCall(PetscPartitionerRegister("metis", create_metis));
  PetscFunctionReturn(0);
}

static PetscErrorCode partition_here(PetscPartitioner partitioner, PetscMPIInt size, const Whole *whole,
                                     PetscMPIInt part[])
{
  PetscInt *start, *adjacency;
  PetscSection sizes;
  IS partition;
  const PetscInt *list;

  PetscFunctionBegin;
  PetscCall(WholeGraph(whole, &start, &adjacency));
  PetscCall(PetscSectionCreate(PETSC_COMM_SELF, &sizes));
  PetscCall(PetscPartitionerPartition(partitioner, size, whole->n_elements, start, adjacency, NULL, NULL,
                                      sizes, &partition));
  PetscCall(ISGetIndices(partition, &list));
  for (PetscMPIInt r = 0; r < size; r++) {
    PetscInt n, first;
    PetscCall(PetscSectionGetDof(sizes, r, &n));
    PetscCall(PetscSectionGetOffset(sizes, r, &first));
    for (PetscInt i = first; i < first + n; i++) part[list[i]] = r;
  }
  PetscCall(ISRestoreIndices(partition, &list));
  PetscCall(ISDestroy(&partition));
  PetscCall(PetscSectionDestroy(&sizes));
  PetscCall(PetscFree(start));
  PetscCall(PetscFree(adjacency));
  PetscFunctionReturn(0);
}

PetscErrorCode PartitionElements(MPI_Comm comm, const Whole *whole, PetscMPIInt **part)
{
  PetscPartitioner partitioner;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  *part = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  /* Every rank makes one, so that a wrong option stops all of them; rank 0 uses it. */
  PetscCall(DomainPartitionerRegister());
  PetscCall(PetscPartitionerCreate(PETSC_COMM_SELF, &partitioner));
  PetscCall(PetscObjectSetOptionsPrefix((PetscObject)partitioner, "domain_"));
  PetscCall(PetscPartitionerSetType(partitioner, "metis"));
  PetscCall(PetscPartitionerSetFromOptions(partitioner));
  if (size > 1) {
    PetscCall(PetscMalloc1(whole->n_elements, part));
    if (rank == 0) PetscCall(partition_here(partitioner, size, whole, *part));
    PetscCallMPI(MPI_Bcast(*part, (PetscMPIInt)whole->n_elements, MPI_INT, 0, comm));
  }
  PetscCall(PetscPartitionerDestroy(&partitioner));
  PetscFunctionReturn(0);
}
