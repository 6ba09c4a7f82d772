/*
  Work items handed out one by one to the ranks of a communicator as they become free.
*/
#pragma once
#include <petscsys.h>

typedef struct _p_WorkShare *WorkShare;

/* Collective. */
PetscErrorCode WorkShareCreate(MPI_Comm comm, WorkShare *share);
PetscErrorCode WorkShareDestroy(WorkShare *share);
PetscErrorCode WorkShareGetComm(WorkShare share, MPI_Comm *comm);
/* Starts again at item 0. Collective. */
PetscErrorCode WorkShareRestart(WorkShare share);
/* The next item that nobody has taken. Not collective. */
PetscErrorCode WorkShareNext(WorkShare share, PetscInt *item);
/* The next block first .. last - 1 of the items 0 .. total - 1, empty if all are taken: large ones first, single items in
   the end, so that the counter is not asked too often and no rank waits for long. Not collective; all ranks ask for
   blocks of the same total between restarts. */
PetscErrorCode WorkShareNextBlock(WorkShare share, PetscInt total, PetscInt *first, PetscInt *last);
/* No more items until the next restart: whoever asks is told that all are taken. Not collective. */
PetscErrorCode WorkShareClose(WorkShare share);
