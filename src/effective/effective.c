#include <reiter/effective.h>
#include "../cell/share.h"

enum { TAG_POINT = 71, TAG_DONE = 72 };

struct _p_Effective {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  Cascade cascade; /* borrowed */
  PetscInt dim, n, n_finished;
  PetscInt first; /* number of point 0 in the checkpoint */
  PetscReal *x;
  EffectivePoint *points;
  PetscBool *finished;
  Checkpoint checkpoint; /* borrowed, rank 0 */
  Progress progress;     /* borrowed, rank 0 */
};

/* A point on its way to rank 0. */
typedef struct {
  PetscInt item;
  EffectivePoint point;
} Parcel;

PetscErrorCode EffectiveCreate(MPI_Comm comm, Cascade cascade, PetscInt n, const PetscReal x[],
                               Effective *effective)
{
  Effective e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->comm = comm;
  e->cascade = cascade;
  e->n = n;
  PetscCallMPI(MPI_Comm_rank(comm, &e->rank));
  PetscCallMPI(MPI_Comm_size(comm, &e->size));
  PetscCall(CascadeGetDimension(cascade, &e->dim));
  PetscCall(PetscCalloc3(n * e->dim, &e->x, n, &e->points, n, &e->finished));
  PetscCall(PetscArraycpy(e->x, x, n * e->dim));
  *effective = e;
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveDestroy(Effective *effective)
{
  PetscFunctionBegin;
  if (*effective) PetscCall(PetscFree3((*effective)->x, (*effective)->points, (*effective)->finished));
  PetscCall(PetscFree(*effective));
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveSetCheckpoint(Effective effective, Checkpoint checkpoint)
{
  PetscFunctionBegin;
  effective->checkpoint = checkpoint;
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveSetOffset(Effective effective, PetscInt first)
{
  PetscFunctionBegin;
  effective->first = first;
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveSetProgress(Effective effective, Progress progress)
{
  PetscFunctionBegin;
  effective->progress = progress;
  PetscFunctionReturn(0);
}

/* Rank 0 keeps a finished point; failed ones are kept for the report but not in the checkpoint, so that a
   later run with more work allowed tries them again. */
static PetscErrorCode keep(Effective e, PetscInt item, const EffectivePoint *point, PetscBool store)
{
  PetscFunctionBegin;
  if (point->failure.status == CELL_INTERRUPTED) PetscFunctionReturn(0);
  e->points[item] = *point;
  e->finished[item] = PETSC_TRUE;
  e->n_finished++;
  if (store && e->checkpoint && point->failure.status == CELL_OK) {
    PetscCall(CheckpointAppend(e->checkpoint, e->first + item, point));
  }
  if (e->progress) PetscCall(ProgressUpdate(e->progress, e->n_finished));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_checkpoint(Effective e)
{
  PetscInt n = 0, item;
  EffectivePoint point;

  PetscFunctionBegin;
  if (e->checkpoint) PetscCall(CheckpointGetCount(e->checkpoint, &n));
  for (PetscInt i = 0; i < n; i++) {
    PetscCall(CheckpointRead(e->checkpoint, i, &item, &point));
    item -= e->first;
    if (item >= 0 && item < e->n && !e->finished[item]) PetscCall(keep(e, item, &point, PETSC_FALSE));
  }
  PetscCallMPI(MPI_Bcast(e->finished, (PetscMPIInt)e->n, MPIU_BOOL, 0, e->comm));
  PetscFunctionReturn(0);
}

/* Rank 0 takes what has arrived (all of it until every worker is done, if it waits). */
static PetscErrorCode receive(Effective e, PetscBool wait, PetscMPIInt *working)
{
  PetscFunctionBegin;
  while (*working > 0) {
    int waiting = 1;
    MPI_Status status;
    Parcel parcel;
    if (wait)
      PetscCallMPI(MPI_Probe(MPI_ANY_SOURCE, MPI_ANY_TAG, e->comm, &status));
    else
      PetscCallMPI(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, e->comm, &waiting, &status));
    if (!waiting) break;
    PetscCallMPI(MPI_Recv(&parcel, (PetscMPIInt)sizeof(parcel), MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG,
                          e->comm, &status));
    if (status.MPI_TAG == TAG_DONE)
      (*working)--;
    else
      PetscCall(keep(e, parcel.item, &parcel.point, PETSC_TRUE));
  }
  PetscFunctionReturn(0);
}

/* Many points: each rank computes whole points, whichever is next. */
static PetscErrorCode compute_by_points(Effective e, const PetscInt todo[], PetscInt n_todo,
                                        const volatile int *stop)
{
  PetscMPIInt working = e->size - 1;
  WorkShare share;
  Parcel parcel;

  PetscFunctionBegin;
  PetscCall(WorkShareCreate(e->comm, &share));
  PetscCall(PetscMemzero(&parcel, sizeof(parcel)));
  while (!(stop && *stop)) {
    PetscInt next;
    PetscCall(WorkShareNext(share, &next));
    if (next >= n_todo) break;
    parcel.item = todo[next];
    PetscCall(CascadeCompute(e->cascade, &e->x[parcel.item * e->dim], &parcel.point));
    if (e->rank == 0) {
      PetscCall(keep(e, parcel.item, &parcel.point, PETSC_TRUE));
      PetscCall(receive(e, PETSC_FALSE, &working));
    } else {
      PetscCallMPI(MPI_Send(&parcel, (PetscMPIInt)sizeof(parcel), MPI_BYTE, 0, TAG_POINT, e->comm));
    }
  }
  if (stop && *stop) PetscCall(WorkShareClose(share)); /* the signal may have reached this rank alone */
  if (e->rank == 0)
    PetscCall(receive(e, PETSC_TRUE, &working));
  else
    PetscCallMPI(MPI_Send(&parcel, 0, MPI_BYTE, 0, TAG_DONE, e->comm));
  PetscCall(WorkShareDestroy(&share));
  PetscFunctionReturn(0);
}

/* Few points: all ranks work on each together, sharing its frozen points. */
static PetscErrorCode compute_together(Effective e, const PetscInt todo[], PetscInt n_todo,
                                       const volatile int *stop)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n_todo; i++) {
    PetscMPIInt halt = stop && *stop ? 1 : 0;
    EffectivePoint point;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &halt, 1, MPI_INT, MPI_MAX, e->comm));
    if (halt) break;
    PetscCall(CascadeCompute(e->cascade, &e->x[todo[i] * e->dim], &point));
    if (e->rank == 0) PetscCall(keep(e, todo[i], &point, PETSC_TRUE));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveCompute(Effective e, const volatile int *interrupted)
{
  PetscInt *todo, n_todo = 0;
  PetscBool has_frozen;

  PetscFunctionBegin;
  PetscCall(CascadeHasFrozenPoints(e->cascade, &has_frozen));
  PetscCall(read_checkpoint(e));
  PetscCall(PetscMalloc1(e->n, &todo));
  for (PetscInt i = 0; i < e->n; i++) {
    if (!e->finished[i]) todo[n_todo++] = i;
  }
  /* Either way every point is computed by the same operations, so the numbers do not depend on the choice. */
  const PetscBool together =
      (PetscBool)(e->size > 1 && (n_todo == 1 || (has_frozen && n_todo < 8 * e->size)));
  PetscCall(CascadeSetInterrupt(e->cascade, interrupted));
  PetscCall(CascadeSetComm(e->cascade, together ? e->comm : PETSC_COMM_SELF));
  if (together || e->size == 1)
    PetscCall(compute_together(e, todo, n_todo, interrupted));
  else
    PetscCall(compute_by_points(e, todo, n_todo, interrupted));
  PetscCall(PetscFree(todo));
  PetscCallMPI(MPI_Bcast(e->finished, (PetscMPIInt)e->n, MPIU_BOOL, 0, e->comm));
  for (PetscInt i = 0; i < e->n; i += 4096) { /* the length of one message is an int */
    const PetscInt count = PetscMin(4096, e->n - i);
    PetscCallMPI(MPI_Bcast(&e->points[i], (PetscMPIInt)((size_t)count * sizeof(EffectivePoint)), MPI_BYTE, 0,
                           e->comm));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EffectiveGetPoints(Effective e, PetscInt *n, const EffectivePoint **points,
                                  const PetscBool **finished)
{
  PetscFunctionBegin;
  *n = e->n;
  *points = e->points;
  *finished = e->finished;
  PetscFunctionReturn(0);
}
