/*
  LABEL.checkpoint: what the ensemble is, how many blocks are merged, counts and totals; then the blocks under way, each
  with its number and size; a checksum of all that. Rank 0 writes and reads. A file that is torn, or of another ensemble,
  counts as none.
*/
#include "ensemble_private.h"
#include <string.h>

enum { VERSION = 1, BYTE_ORDER_MARK = 0x01020304, TAG = 72 };

typedef struct {
  char magic[8], digest[24], file[128];
  uint32_t version, byte_order;
  int64_t count, steps, width;
  double dt;
  uint64_t totals;
} Identity;

typedef struct {
  int64_t merged, n_live;
  EnsembleCounts counts;
} Head;

static PetscErrorCode make_identity(Ensemble e, Identity *identity)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(identity, sizeof(*identity)));
  memcpy(identity->magic, "reiterpa", 8);
  PetscCall(PetscStrncpy(identity->digest, e->digest, sizeof(identity->digest)));
  PetscCall(PetscStrncpy(identity->file, e->file, sizeof(identity->file)));
  identity->version = VERSION;
  identity->byte_order = BYTE_ORDER_MARK;
  identity->count = e->plan.count;
  identity->steps = e->plan.steps;
  identity->width = e->width;
  identity->dt = e->plan.dt;
  identity->totals = e->total_offset[e->n_observers];
  PetscFunctionReturn(0);
}

static void put_block(FILE *stream, int64_t number, uint64_t size, const Record *record, uint32_t *sum)
{
  ChecksumWrite(stream, &number, sizeof(number), sum);
  ChecksumWrite(stream, &size, sizeof(size), sum);
  ChecksumWrite(stream, record, size, sum);
}

static PetscErrorCode begin_file(Ensemble e, int64_t n_live, FILE **stream, uint32_t *sum)
{
  Head head = {.merged = e->merged, .n_live = n_live, .counts = e->counts};
  Identity identity;

  PetscFunctionBegin;
  for (const PendingBlock *p = e->pending; p; p = p->next) head.n_live++;
  PetscCall(make_identity(e, &identity));
  PetscCall(RunFolderBegin(e->folder, e->file, stream));
  ChecksumWrite(*stream, &identity, sizeof(identity), sum);
  ChecksumWrite(*stream, &head, sizeof(head), sum);
  ChecksumWrite(*stream, e->totals, e->total_offset[e->n_observers], sum);
  for (const PendingBlock *p = e->pending; p; p = p->next)
    put_block(*stream, p->number, p->size, p->record, sum);
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleCheckpointSave(Ensemble e, const LiveBlock *live)
{
  int64_t mine[2] = {live->number, (int64_t)live->size}, *all = NULL, n_live = 0;
  uint32_t sum = 0;
  FILE *stream = NULL;
  int wanted = e->folder ? 1 : 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&wanted, 1, MPI_INT, 0, e->comm));
  if (!wanted) PetscFunctionReturn(0);
  if (e->rank == 0) PetscCall(PetscMalloc1(2 * e->size, &all));
  PetscCallMPI(MPI_Gather(mine, 2, MPI_INT64_T, all, 2, MPI_INT64_T, 0, e->comm));
  if (e->rank && live->number >= 0)
    PetscCallMPI(MPI_Send(live->record, (PetscMPIInt)live->size, MPI_BYTE, 0, TAG, e->comm));
  if (e->rank) PetscFunctionReturn(0);
  for (PetscMPIInt r = 0; r < e->size; r++) n_live += all[2 * r] >= 0;
  PetscCall(begin_file(e, n_live, &stream, &sum));
  for (PetscMPIInt r = 0; r < e->size; r++) {
    const size_t size = (size_t)all[2 * r + 1];
    Record *received = NULL;

    if (all[2 * r] < 0) continue;
    if (r) {
      PetscCall(PetscMalloc(size, &received));
      PetscCallMPI(MPI_Recv(received, (PetscMPIInt)size, MPI_BYTE, r, TAG, e->comm, MPI_STATUS_IGNORE));
    }
    put_block(stream, all[2 * r], size, r ? received : live->record, &sum);
    PetscCall(PetscFree(received));
  }
  (void)fwrite(&sum, 1, sizeof(sum), stream);
  PetscCall(RunFolderCommit(e->folder, e->file, &stream));
  PetscCall(PetscFree(all));
  e->written = MPI_Wtime();
  PetscFunctionReturn(0);
}

/* One block of the file onto the list; *good is false at the end of a torn file. */
static PetscErrorCode read_block(Ensemble e, FILE *stream, uint32_t *sum, PetscBool *good)
{
  PendingBlock *block;
  int64_t number;
  uint64_t size;

  PetscFunctionBegin;
  *good = (PetscBool)(ChecksumRead(stream, &number, sizeof(number), sum) &&
                      ChecksumRead(stream, &size, sizeof(size), sum));
  if (*good)
    *good = (PetscBool)(number >= 0 && number < e->n_blocks && size == EnsembleRecordSize(e, number));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(PetscNew(&block));
  PetscCall(PetscMalloc(size, &block->record));
  block->number = number;
  block->size = size;
  block->next = e->pending;
  e->pending = block;
  *good = ChecksumRead(stream, block->record, size, sum);
  PetscFunctionReturn(0);
}

static PetscErrorCode read_file(Ensemble e, FILE *stream, Head *head, PetscBool *good)
{
  Identity wanted, found;
  uint32_t sum = 0, stored;

  PetscFunctionBegin;
  PetscCall(make_identity(e, &wanted));
  *good = (PetscBool)(ChecksumRead(stream, &found, sizeof(found), &sum) &&
                      !memcmp(&found, &wanted, sizeof(found)) &&
                      ChecksumRead(stream, head, sizeof(*head), &sum) &&
                      ChecksumRead(stream, e->totals, e->total_offset[e->n_observers], &sum));
  for (int64_t i = 0; *good && i < head->n_live; i++) PetscCall(read_block(e, stream, &sum, good));
  if (*good)
    *good = (PetscBool)(fread(&stored, 1, sizeof(stored), stream) == sizeof(stored) && stored == sum);
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleCheckpointLoad(Ensemble e)
{
  char path[PETSC_MAX_PATH_LEN];
  PetscBool good = PETSC_FALSE;
  FILE *stream = NULL;
  Head head = {0};

  PetscFunctionBegin;
  if (e->rank == 0 && e->folder) {
    PetscCall(RunFolderPath(e->folder, e->file, path, sizeof(path)));
    stream = fopen(path, "rb");
  }
  if (stream) {
    PetscCall(read_file(e, stream, &head, &good));
    fclose(stream);
    if (good) {
      e->merged = head.merged;
      e->counts = head.counts;
    } else {
      PetscCall(RunFolderLog(e->folder, "warning: %s cannot be used; its paths begin again", e->file));
      PetscCall(PetscMemzero(e->totals, e->total_offset[e->n_observers]));
    }
  }
  while (!good && e->pending) {
    PendingBlock *block = e->pending;

    e->pending = block->next;
    PetscCall(PetscFree(block->record));
    PetscCall(PetscFree(block));
  }
  PetscCallMPI(MPI_Bcast(&e->merged, 1, MPIU_INT64, 0, e->comm));
  PetscFunctionReturn(0);
}
