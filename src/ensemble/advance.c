/* The shared work: rounds of one block a rank. Inside of a round all ranks work in slices of time, after each of which
   they look together for signals and for the time of the next checkpoint. */
#include "ensemble_private.h"
#include <string.h>

/* Seconds; steps between two looks at the clock. */
static const double slice = 0.25;
enum { STRIDE = 512, TAG = 71 };

static PetscBool all_ended(const PathBlock *block)
{
  for (PetscInt i = 0; i < block->n; i++) {
    if (block->state[i] == PATH_RUNS) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Shows the block to those who want to see it at this step, and asks for their next one. */
static PetscErrorCode show(Ensemble e, LiveBlock *live)
{
  const PathBlock *const block = &live->record->block;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers; i++) {
    if (live->next[i] != block->step) continue;
    PetscCall(e->observers[i]->Observe(e->selves[i], block, EnsembleState(e, live, i)));
    live->next[i] = e->observers[i]->Next(e->selves[i], block->step);
  }
  PetscFunctionReturn(0);
}

/* The steps at which observers wait for a block that stands at `step` and was shown already. */
static PetscErrorCode ask_next(Ensemble e, LiveBlock *live, PetscInt64 step)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers; i++)
    live->next[i] = e->observers[i]->Next ? e->observers[i]->Next(e->selves[i], step) : e->plan.steps + 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode begin_block(Ensemble e, LiveBlock *live)
{
  PathBlock *const block = &live->record->block;
  const CasePaths *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(e->plan.c, &wanted));
  PetscCall(PathsStartAt(e->paths, live->number * e->width, EnsembleBlockPaths(e, live->number),
                         wanted->initial, block));
  if (e->start) PetscCall(EnsembleStartDraw(e->start, e->paths, block));
  PetscCall(ask_next(e, live, -1));
  PetscCall(show(e, live));
  PetscFunctionReturn(0);
}

/* Until the time is over. */
static PetscErrorCode advance_block(Ensemble e, LiveBlock *live, const volatile int *interrupted)
{
  PathBlock *const block = &live->record->block;
  const double deadline = MPI_Wtime() + slice;
  PetscInt64 unseen = 0;

  PetscFunctionBegin;
  while (block->step < e->plan.steps) {
    PetscInt64 to = PetscMin(e->plan.steps, block->step + STRIDE);

    for (PetscInt i = 0; i < e->n_observers; i++) to = PetscMin(to, live->next[i]);
    const PetscInt64 steps = to - block->step;

    PetscCall(PathsAdvance(e->paths, block, steps));
    PetscCheck(block->step == to, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a block did not do its steps");
    PetscCall(show(e, live));
    unseen += steps;
    if (unseen < STRIDE) continue;
    unseen = 0;
    if (all_ended(block)) break;
    if (MPI_Wtime() > deadline || (interrupted && *interrupted)) PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < e->n_observers; i++) {
    if (e->observers[i]->Finish)
      PetscCall(e->observers[i]->Finish(e->selves[i], block, EnsembleState(e, live, i)));
  }
  live->record->finished = 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode merge_block(Ensemble e, PetscInt64 number, Record *record)
{
  LiveBlock live = {.number = number, .record = record};
  const PathBlock *const block = &record->block;

  PetscFunctionBegin;
  e->counts.paths += block->n;
  e->counts.proposals += block->proposals;
  e->counts.accepted += block->accepted;
  for (PetscInt i = 0; i < block->n; i++) {
    e->counts.escaped += block->state[i] == PATH_ESCAPED;
    e->counts.arrived += block->state[i] == PATH_ARRIVED;
  }
  for (PetscInt i = 0; i < e->n_observers; i++)
    PetscCall(e->observers[i]->Merge(e->selves[i], block->first, block->n, EnsembleState(e, &live, i),
                                     e->totals + e->total_offset[i]));
  PetscFunctionReturn(0);
}

/* The blocks of a round that is over, in their order. */
static PetscErrorCode merge_round(Ensemble e, LiveBlock *live)
{
  PetscFunctionBegin;
  if (e->rank && live->number >= 0)
    PetscCallMPI(MPI_Send(live->record, (PetscMPIInt)live->size, MPI_BYTE, 0, TAG, e->comm));
  for (PetscMPIInt r = 0; r < e->size && e->merged + r < e->n_blocks && e->rank == 0; r++) {
    const size_t size = EnsembleRecordSize(e, e->merged + r);
    Record *received = NULL;

    if (r) {
      PetscCall(PetscMalloc(size, &received));
      PetscCallMPI(MPI_Recv(received, (PetscMPIInt)size, MPI_BYTE, r, TAG, e->comm, MPI_STATUS_IGNORE));
    }
    PetscCall(merge_block(e, e->merged + r, r ? received : live->record));
    PetscCall(PetscFree(received));
  }
  e->merged += PetscMin((PetscInt64)e->size, e->n_blocks - e->merged);
  PetscFunctionReturn(0);
}

/* Takes the record of a block out of those that the checkpoint left; NULL if it is not there. Rank 0. */
static PetscErrorCode take_pending(Ensemble e, PetscInt64 number, Record **record)
{
  PetscFunctionBegin;
  *record = NULL;
  for (PendingBlock **p = &e->pending; *p; p = &(*p)->next) {
    PendingBlock *found = *p;

    if (found->number != number) continue;
    *record = found->record;
    *p = found->next;
    PetscCall(PetscFree(found));
    break;
  }
  PetscFunctionReturn(0);
}

/* The block of this rank in the round, from its start or from where a checkpoint left it. */
static PetscErrorCode deal(Ensemble e, LiveBlock *live)
{
  Record **records;
  int *resumed, mine;

  PetscFunctionBegin;
  *live = (LiveBlock){.number = e->merged + e->rank < e->n_blocks ? e->merged + e->rank : -1};
  if (live->number >= 0) live->size = EnsembleRecordSize(e, live->number);
  if (live->number >= 0) PetscCall(PetscCalloc(live->size, &live->record));
  PetscCall(PetscCalloc2(e->size, &records, e->size, &resumed));
  for (PetscMPIInt r = 0; r < e->size && e->rank == 0; r++) {
    PetscCall(take_pending(e, e->merged + r, &records[r]));
    resumed[r] = records[r] ? 1 : 0;
  }
  PetscCallMPI(MPI_Scatter(resumed, 1, MPI_INT, &mine, 1, MPI_INT, 0, e->comm));
  for (PetscMPIInt r = 0; r < e->size && e->rank == 0; r++) {
    const size_t size = records[r] ? EnsembleRecordSize(e, e->merged + r) : 0;

    if (records[r] && r) PetscCallMPI(MPI_Send(records[r], (PetscMPIInt)size, MPI_BYTE, r, TAG, e->comm));
    if (records[r] && !r) PetscCall(PetscMemcpy(live->record, records[r], size));
    PetscCall(PetscFree(records[r]));
  }
  if (mine && e->rank)
    PetscCallMPI(
        MPI_Recv(live->record, (PetscMPIInt)live->size, MPI_BYTE, 0, TAG, e->comm, MPI_STATUS_IGNORE));
  if (mine)
    PetscCall(ask_next(e, live, live->record->block.step));
  else if (live->number >= 0)
    PetscCall(begin_block(e, live));
  PetscCall(PetscFree2(records, resumed));
  PetscFunctionReturn(0);
}

typedef struct {
  const volatile int *interrupted;
  Progress progress;
  PetscInt64 before;
} Watch;

/* Of all ranks: path-steps that are done. */
static PetscErrorCode show_progress(Ensemble e, const Watch *watch, const LiveBlock *live)
{
  PetscInt64 done = live->number >= 0 ? live->record->block.step * live->record->block.n : 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &done, 1, MPIU_INT64, MPI_SUM, e->comm));
  done += watch->before + PetscMin(e->plan.count, e->merged * e->width) * e->plan.steps;
  PetscCall(ProgressUpdate(watch->progress, (PetscInt)(done / 1000000)));
  PetscFunctionReturn(0);
}

/* One round, until all of its blocks are done. */
static PetscErrorCode do_round(Ensemble e, const Watch *watch, CellFailure *failure)
{
  enum { INTERRUPTED, UNFINISHED, DUE, WORDS };
  LiveBlock live;

  PetscFunctionBegin;
  PetscCall(deal(e, &live));
  for (;;) {
    int words[WORDS] = {0, 0, 0};

    if (live.number >= 0 && !live.record->finished) PetscCall(advance_block(e, &live, watch->interrupted));
    words[INTERRUPTED] = watch->interrupted ? *watch->interrupted : 0;
    words[UNFINISHED] = live.number >= 0 && !live.record->finished;
    words[DUE] = e->rank == 0 && e->folder && MPI_Wtime() - e->written >= e->checkpoint_seconds;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, words, WORDS, MPI_INT, MPI_MAX, e->comm));
    PetscCall(show_progress(e, watch, &live));
    if (!words[UNFINISHED]) break;
    if (words[INTERRUPTED] || words[DUE]) PetscCall(EnsembleCheckpointSave(e, &live));
    if (!words[INTERRUPTED]) continue;
    failure->status = CELL_INTERRUPTED;
    PetscCall(PetscFree(live.record));
    PetscFunctionReturn(0);
  }
  PetscCall(merge_round(e, &live));
  PetscCall(PetscFree(live.record));
  PetscFunctionReturn(0);
}

static PetscErrorCode conclude(Ensemble e)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_observers && e->rank == 0; i++) {
    if (e->observers[i]->Conclude)
      PetscCall(e->observers[i]->Conclude(e->selves[i], e->totals + e->total_offset[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleAdvance(Ensemble e, const volatile int *interrupted, Progress progress,
                               PetscInt64 before, CellFailure *failure)
{
  const Watch watch = {interrupted, progress, before};
  const LiveBlock none = {.number = -1};
  double started = MPI_Wtime();
  int any;

  PetscFunctionBegin;
  if (e->resume) PetscCall(EnsembleCheckpointLoad(e));
  e->written = MPI_Wtime();
  while (e->merged < e->n_blocks && failure->status == CELL_OK) {
    PetscCall(do_round(e, &watch, failure));
    any = interrupted ? *interrupted : 0;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, e->comm));
    if (!any || failure->status != CELL_OK) continue;
    PetscCall(EnsembleCheckpointSave(e, &none));
    failure->status = CELL_INTERRUPTED;
  }
  PetscCall(PathsGetWork(e->paths, &e->path_steps, NULL));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &e->path_steps, 1, MPIU_INT64, MPI_SUM, e->comm));
  e->seconds = MPI_Wtime() - started;
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  if (e->path_steps) PetscCall(EnsembleCheckpointSave(e, &none)); /* the next ensemble may be cut off */
  PetscCall(conclude(e));
  PetscFunctionReturn(0);
}
