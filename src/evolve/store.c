/*
  evolve_NAME.checkpoint: the identity of the solve, the method at work, its numbers and vectors, a checksum of all that. Rank
  0 writes and reads, one vector at a time. A file that is torn or of another solve counts as none.
*/
#include "evolve_private.h"
#include <petsctime.h>
#include <unistd.h>

enum { VERSION = 1, BYTE_ORDER_MARK = 0x01020304 };

typedef struct {
  char method[32];
  int64_t steps, n_numbers, n_vectors;
} Head;

static PetscErrorCode make_identity(Evolve e, EvolveIdentity *identity)
{
  const PetscReal *x;
  PetscMPIInt size;
  uint32_t sum;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(identity, sizeof(*identity)));
  memcpy(identity->magic, "reiterev", 8);
  PetscCall(PetscStrncpy(identity->digest, e->store.digest, sizeof(identity->digest)));
  PetscCall(PetscStrncpy(identity->asked, e->asked, sizeof(identity->asked)));
  identity->version = VERSION;
  identity->byte_order = BYTE_ORDER_MARK;
  PetscCallMPI(MPI_Comm_size(e->comm, &size));
  identity->ranks = (uint32_t)size;
  identity->positive = e->positive ? 1 : 0;
  identity->times = Checksum(0, e->times, (size_t)e->n_times * sizeof(PetscReal));
  PetscCall(VecGetSize(e->initial, &n));
  identity->n = (uint64_t)n;
  identity->tolerance = e->tolerance;
  PetscCall(VecGetLocalSize(e->initial, &n));
  PetscCall(VecGetArrayRead(e->initial, &x));
  sum = Checksum(Checksum(0, &e->rank, sizeof(e->rank)), x, (size_t)n * sizeof(PetscReal));
  PetscCall(VecRestoreArrayRead(e->initial, &x));
  PetscCallMPI(MPI_Allreduce(&sum, &identity->initial, 1, MPI_UINT32_T, MPI_BXOR, e->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStoreOpen(Evolve e)
{
  PetscFunctionBegin;
  if (e->store.active) PetscCall(make_identity(e, &e->store.identity));
  PetscCall(PetscTime(&e->store.opened));
  e->store.written = e->store.opened;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStoreSave(Evolve e, PetscInt n_numbers, const PetscReal numbers[], PetscInt n_own,
                               const Vec own[])
{
  const PetscInt n_vectors = n_own + e->n_times;
  Head head = {.steps = e->info.steps, .n_numbers = n_numbers, .n_vectors = n_vectors};
  VecScatter scatter;
  FILE *stream = NULL;
  uint32_t sum = 0;
  Vec whole;

  PetscFunctionBegin;
  if (!e->store.active) PetscFunctionReturn(0);
  PetscCall(PetscStrncpy(head.method, e->method->name, sizeof(head.method)));
  PetscCall(VecScatterCreateToZero(e->start, &scatter, &whole));
  if (e->rank == 0) {
    PetscCall(RunFolderBegin(e->store.folder, e->store.file, &stream));
    ChecksumWrite(stream, &e->store.identity, sizeof(e->store.identity), &sum);
    ChecksumWrite(stream, &head, sizeof(head), &sum);
    ChecksumWrite(stream, numbers, (size_t)n_numbers * sizeof(PetscReal), &sum);
  }
  for (PetscInt i = 0; i < n_vectors; i++) {
    Vec v = i < n_own ? own[i] : e->states[i - n_own];
    const PetscReal *x;
    PetscInt n;
    PetscCall(VecScatterBegin(scatter, v, whole, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(scatter, v, whole, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecGetLocalSize(whole, &n));
    PetscCall(VecGetArrayRead(whole, &x));
    if (stream) ChecksumWrite(stream, x, (size_t)n * sizeof(PetscReal), &sum);
    PetscCall(VecRestoreArrayRead(whole, &x));
  }
  if (stream) {
    (void)fwrite(&sum, 1, sizeof(sum), stream);
    PetscCall(RunFolderCommit(e->store.folder, e->store.file, &stream));
  }
  PetscCall(PetscTime(&e->store.written));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&whole));
  PetscFunctionReturn(0);
}

/* Reads the file through and says whether it is whole and ours; it is then at its numbers. Rank 0. */
static PetscErrorCode inspect(Evolve e, FILE **stream, Head *head)
{
  char path[PETSC_MAX_PATH_LEN];
  EvolveIdentity found;
  uint32_t sum = 0, stored;
  PetscReal buffer[512];
  PetscBool good;
  long start;

  PetscFunctionBegin;
  PetscCall(RunFolderPath(e->store.folder, e->store.file, path, sizeof(path)));
  *stream = fopen(path, "rb");
  if (!*stream) PetscFunctionReturn(0);
  good = (PetscBool)(ChecksumRead(*stream, &found, sizeof(found), &sum) &&
                     !memcmp(&found, &e->store.identity, sizeof(found)) &&
                     ChecksumRead(*stream, head, sizeof(*head), &sum));
  start = ftell(*stream);
  if (good && head->n_numbers >= 0 && head->n_vectors >= 0) {
    uint64_t left = (uint64_t)head->n_numbers + (uint64_t)head->n_vectors * found.n;
    for (; good && left > 0; left -= PetscMin(left, 512))
      good = ChecksumRead(*stream, buffer, (size_t)PetscMin(left, 512) * sizeof(PetscReal), &sum);
    good = (PetscBool)(good && fread(&stored, 1, sizeof(stored), *stream) == sizeof(stored) && stored == sum);
  }
  if (good && !fseek(*stream, start, SEEK_SET)) PetscFunctionReturn(0);
  fclose(*stream);
  *stream = NULL;
  PetscFunctionReturn(0);
}

/* The head, on all ranks; n_numbers = 0 if there is nothing to go on from. */
static PetscErrorCode open_file(Evolve e, FILE **stream, Head *head)
{
  PetscFunctionBegin;
  *stream = NULL;
  PetscCall(PetscMemzero(head, sizeof(*head)));
  if (!e->store.active || !e->store.resume) PetscFunctionReturn(0);
  if (e->rank == 0) {
    PetscCall(inspect(e, stream, head));
    if (!*stream) PetscCall(PetscMemzero(head, sizeof(*head)));
  }
  PetscCallMPI(MPI_Bcast(head, (PetscMPIInt)sizeof(*head), MPI_BYTE, 0, e->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStorePeek(Evolve e, char method[32])
{
  FILE *stream;
  Head head;

  PetscFunctionBegin;
  PetscCall(open_file(e, &stream, &head));
  if (stream) fclose(stream);
  PetscCall(PetscStrncpy(method, head.method, sizeof(head.method)));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_vectors(Evolve e, FILE *stream, PetscInt n_vectors, Vec vectors[])
{
  VecScatter scatter;
  Vec whole;

  PetscFunctionBegin;
  PetscCall(VecScatterCreateToZero(e->start, &scatter, &whole));
  for (PetscInt i = 0; i < n_vectors; i++) {
    PetscReal *x;
    PetscInt n;
    PetscCall(VecGetLocalSize(whole, &n));
    PetscCall(VecGetArrayWrite(whole, &x));
    PetscCheck(!stream || fread(x, sizeof(PetscReal), (size_t)n, stream) == (size_t)n, PETSC_COMM_SELF,
               PETSC_ERR_FILE_READ, "%s was damaged while the run used it", e->store.file);
    PetscCall(VecRestoreArrayWrite(whole, &x));
    PetscCall(VecScatterBegin(scatter, whole, vectors[i], INSERT_VALUES, SCATTER_REVERSE));
    PetscCall(VecScatterEnd(scatter, whole, vectors[i], INSERT_VALUES, SCATTER_REVERSE));
  }
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&whole));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStoreLoad(Evolve e, PetscInt *n_numbers, PetscReal **numbers, PetscInt *n_vectors,
                               Vec **vectors)
{
  FILE *stream;
  Head head;

  PetscFunctionBegin;
  *n_numbers = 0;
  PetscCall(open_file(e, &stream, &head));
  if (head.n_numbers > 0 && !strcmp(head.method, e->method->name)) {
    *n_numbers = (PetscInt)head.n_numbers;
    *n_vectors = (PetscInt)head.n_vectors;
    e->info.steps = (PetscInt)head.steps;
    PetscCall(PetscMalloc1(*n_numbers, numbers));
    PetscCheck(!stream ||
                   fread(*numbers, sizeof(PetscReal), (size_t)*n_numbers, stream) == (size_t)*n_numbers,
               PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s was damaged while the run used it", e->store.file);
    PetscCallMPI(MPI_Bcast(*numbers, (PetscMPIInt)*n_numbers, MPIU_REAL, 0, e->comm));
    PetscCall(VecDuplicateVecs(e->start, *n_vectors, vectors));
    PetscCall(read_vectors(e, stream, *n_vectors, *vectors));
  }
  if (stream) fclose(stream);
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStoreRemove(Evolve e)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  if (!e->store.active || e->rank) PetscFunctionReturn(0);
  PetscCall(RunFolderPath(e->store.folder, e->store.file, path, sizeof(path)));
  (void)unlink(path); /* none was written if the solve was short */
  PetscFunctionReturn(0);
}

/* The method name under which finished states are kept. */
static const EvolveOps finished_states = {.name = "finished"};

PetscErrorCode EvolveStoreFinish(Evolve e)
{
  const EvolveOps *const method = e->method;
  const PetscReal numbers[] = {e->info.error, e->info.clipped, (PetscReal)e->info.steps,
                               (PetscReal)EvolveMethodNumber(e->info.method)};
  PetscLogDouble now;
  PetscMPIInt worth;

  PetscFunctionBegin;
  PetscCall(PetscTime(&now));
  worth = now - e->store.opened >= e->store.seconds ? 1 : 0;
  PetscCallMPI(MPI_Bcast(&worth, 1, MPI_INT, 0, e->comm));
  e->method = &finished_states;
  if (worth) PetscCall(EvolveStoreSave(e, 4, numbers, 0, NULL));
  e->method = method;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveStoreTakeFinished(Evolve e, PetscBool *finished)
{
  const EvolveOps *const method = e->method;
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  e->method = &finished_states;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  e->method = method;
  *finished = (PetscBool)(n_numbers == 4 && n_vectors == e->n_times);
  if (!n_numbers) PetscFunctionReturn(0);
  if (*finished) {
    e->info = (EvolveInfo){.method = EvolveMethodName((PetscInt)numbers[3]),
                           .error = numbers[0],
                           .clipped = numbers[1],
                           .steps = (PetscInt)numbers[2]};
    for (PetscInt k = 0; k < e->n_times; k++) PetscCall(VecCopy(vectors[k], e->states[k]));
  }
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}
