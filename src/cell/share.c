#include "share.h"

/* The first block is this part of what one rank would have. */
enum { PARTS = 4 };

struct _p_WorkShare {
  MPI_Comm comm;
  MPI_Win window;
  PetscMPIInt rank;
  PetscInt *counter;     /* on rank 0 */
  PetscInt block, begin; /* blocks before this one were looked at, it begins there */
};

PetscErrorCode WorkShareCreate(MPI_Comm comm, WorkShare *share)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(share));
  PetscCallMPI(MPI_Comm_dup(comm, &(*share)->comm));
  PetscCallMPI(MPI_Comm_rank(comm, &(*share)->rank));
  const MPI_Aint size = (*share)->rank == 0 ? (MPI_Aint)sizeof(PetscInt) : 0;
  PetscCallMPI(MPI_Win_allocate(size, sizeof(PetscInt), MPI_INFO_NULL, (*share)->comm, &(*share)->counter,
                                &(*share)->window));
  PetscCall(WorkShareRestart(*share));
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareDestroy(WorkShare *share)
{
  PetscFunctionBegin;
  if (*share) {
    PetscCallMPI(MPI_Win_free(&(*share)->window));
    PetscCallMPI(MPI_Comm_free(&(*share)->comm));
  }
  PetscCall(PetscFree(*share));
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareGetComm(WorkShare share, MPI_Comm *comm)
{
  PetscFunctionBegin;
  *comm = share->comm;
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareRestart(WorkShare share)
{
  PetscInt zero = 0;

  PetscFunctionBegin;
  share->block = share->begin = 0;
  PetscCallMPI(MPI_Barrier(share->comm)); /* nobody still draws from the last round */
  if (share->rank == 0) {
    PetscCallMPI(MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, share->window));
    PetscCallMPI(MPI_Put(&zero, 1, MPIU_INT, 0, 0, 1, MPIU_INT, share->window));
    PetscCallMPI(MPI_Win_unlock(0, share->window));
  }
  PetscCallMPI(MPI_Barrier(share->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareNext(WorkShare share, PetscInt *item)
{
  PetscInt one = 1;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, share->window));
  PetscCallMPI(MPI_Fetch_and_op(&one, item, MPIU_INT, 0, 0, MPI_SUM, share->window));
  PetscCallMPI(MPI_Win_unlock(0, share->window));
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareNextBlock(WorkShare share, PetscInt total, PetscInt *first, PetscInt *last)
{
  PetscMPIInt ranks;
  PetscInt block;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(share->comm, &ranks));
  PetscCall(WorkShareNext(share, &block));
  *first = *last = total;
  while (share->begin < total) {
    const PetscInt size = PetscMax(1, (total - share->begin) / (PARTS * ranks));

    if (share->block++ == block) {
      *first = share->begin;
      *last = share->begin += size;
      break;
    }
    share->begin += size;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode WorkShareClose(WorkShare share)
{
  const PetscInt end = PETSC_MAX_INT / 2; /* room for every rank to ask once more */
  PetscInt last;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, share->window));
  PetscCallMPI(MPI_Fetch_and_op(&end, &last, MPIU_INT, 0, 0, MPI_MAX, share->window));
  PetscCallMPI(MPI_Win_unlock(0, share->window));
  PetscFunctionReturn(0);
}
