/* From contributions of edges, wherever they arose, to complete sorted rows. */
#include "monotone_edges.h"

typedef struct {
  PetscInt row, column;
  PetscReal log_weight;
} Record;

/* The rank that owns a free global number; first[size + 1]. */
static PetscMPIInt owner(const PetscInt first[], PetscMPIInt size, PetscInt number)
{
  PetscMPIInt low = 0, high = size;

  while (high - low > 1) {
    const PetscMPIInt middle = (low + high) / 2;
    if (first[middle] <= number) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Both ends of edge k of the list as records: how many, one at most without a free other end. */
static PetscInt ends(const EdgeList *list, PetscInt k, Record record[2])
{
  record[0] = (Record){list->row[k], list->column[k], list->log_weight[k]};
  record[1] = (Record){list->column[k], list->row[k], list->log_weight[k]};
  return list->column[k] < 0 ? 1 : 2;
}

/* Records whose row is elsewhere, sent there; received[n] are those of this rank's rows. */
static PetscErrorCode exchange(Diffusion d, const EdgeList *list, PetscInt *n, Record **received)
{
  const PetscMPIInt size = d->size;
  PetscMPIInt *count, *start, *count_in, *start_in, total = 0;
  PetscInt *first;
  Record *out, pair[2];
  MPI_Datatype type;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size + 1, &first));
  PetscCall(PetscCalloc4(size, &count, size + 1, &start, size, &count_in, size + 1, &start_in));
  PetscCallMPI(MPI_Allgather(&d->first_free, 1, MPIU_INT, first, 1, MPIU_INT, d->comm));
  first[size] = d->system.n_free;
  for (PetscInt pass = 0; pass < 2; pass++) {
    if (pass) {
      for (PetscMPIInt r = 0; r < size; r++) {
        start[r + 1] = start[r] + count[r];
        count[r] = 0;
      }
      PetscCall(PetscMalloc1(start[size], &out));
    }
    for (PetscInt k = 0; k < list->n; k++) {
      const PetscInt n_ends = ends(list, k, pair);
      for (PetscInt side = 0; side < n_ends; side++) {
        const PetscMPIInt r = owner(first, size, pair[side].row);
        if (r == d->rank) continue;
        if (pass) out[start[r] + count[r]] = pair[side];
        count[r]++;
      }
    }
  }
  PetscCallMPI(MPI_Alltoall(count, 1, MPI_INT, count_in, 1, MPI_INT, d->comm));
  for (PetscMPIInt r = 0; r < size; r++) start_in[r + 1] = start_in[r] + count_in[r];
  total = start_in[size];
  PetscCall(PetscMalloc1(total, received));
  PetscCallMPI(MPI_Type_contiguous((int)sizeof(Record), MPI_BYTE, &type));
  PetscCallMPI(MPI_Type_commit(&type));
  PetscCallMPI(MPI_Alltoallv(out, count, start, type, *received, count_in, start_in, type, d->comm));
  PetscCallMPI(MPI_Type_free(&type));
  *n = total;
  PetscCall(PetscFree(out));
  PetscCall(PetscFree4(count, start, count_in, start_in));
  PetscCall(PetscFree(first));
  PetscFunctionReturn(0);
}

/* Calls for every record of this rank's rows: counts them, or puts them into rows. */
static void place(const Record *record, PetscInt first, PetscInt at[], EdgeRows *rows)
{
  const PetscInt k = record->row - first;

  if (rows->columns) {
    rows->columns[at[k]] = record->column;
    rows->log_weight[at[k]] = record->log_weight;
  }
  at[k]++;
}

static void place_all(Diffusion d, const EdgeList *list, PetscInt n, const Record received[], PetscInt at[],
                      EdgeRows *rows)
{
  Record pair[2];

  for (PetscInt k = 0; k < list->n; k++) {
    const PetscInt n_ends = ends(list, k, pair);
    for (PetscInt side = 0; side < n_ends; side++) {
      const PetscInt row = pair[side].row - d->first_free;
      if (row >= 0 && row < rows->n) place(&pair[side], d->first_free, at, rows);
    }
  }
  for (PetscInt k = 0; k < n; k++) place(&received[k], d->first_free, at, rows);
}

/* By column, then by weight: sums then do not depend on where contributions came from. */
static void sort_row(PetscInt n, PetscInt columns[], PetscReal log_weight[])
{
  for (PetscInt k = 1; k < n; k++) {
    const PetscInt column = columns[k];
    const PetscReal w = log_weight[k];
    PetscInt to = k;
    for (; to > 0 && (columns[to - 1] > column || (columns[to - 1] == column && log_weight[to - 1] > w));
         to--) {
      columns[to] = columns[to - 1];
      log_weight[to] = log_weight[to - 1];
    }
    columns[to] = column;
    log_weight[to] = w;
  }
}

static PetscReal log_add(PetscReal a, PetscReal b)
{
  const PetscReal high = PetscMax(a, b), low = PetscMin(a, b);

  return low == PETSC_NINFINITY ? high : high + log1p(PetscExpReal(low - high));
}

static void merge_rows(EdgeRows *rows)
{
  PetscInt used = 0;

  for (PetscInt k = 0; k < rows->n; k++) {
    const PetscInt begin = rows->offsets[k], end = rows->offsets[k + 1], start = used;
    sort_row(end - begin, rows->columns + begin, rows->log_weight + begin);
    rows->offsets[k] = start;
    for (PetscInt e = begin; e < end; e++) {
      const PetscReal w = rows->log_weight[e];
      if (rows->columns[e] < 0) {
        rows->log_killing[k] = log_add(rows->log_killing[k], w);
      } else if (used > start && rows->columns[used - 1] == rows->columns[e]) {
        rows->log_weight[used - 1] = log_add(rows->log_weight[used - 1], w);
      } else {
        rows->columns[used] = rows->columns[e];
        rows->log_weight[used++] = w;
      }
    }
  }
  rows->offsets[rows->n] = used;
}

PetscErrorCode EdgeRowsCreate(Diffusion d, const EdgeList *list, EdgeRows *rows)
{
  PetscInt n_received = 0, *at;
  Record *received = NULL;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(rows, sizeof(*rows)));
  rows->n = d->n_free;
  if (d->size > 1) PetscCall(exchange(d, list, &n_received, &received));
  PetscCall(PetscMalloc1(rows->n + 1, &rows->offsets));
  PetscCall(PetscMalloc1(rows->n, &rows->log_killing));
  PetscCall(PetscCalloc1(rows->n, &at));
  place_all(d, list, n_received, received, at, rows);
  rows->offsets[0] = 0;
  for (PetscInt k = 0; k < rows->n; k++) {
    rows->offsets[k + 1] = rows->offsets[k] + at[k];
    at[k] = rows->offsets[k];
    rows->log_killing[k] = PETSC_NINFINITY;
  }
  PetscCall(PetscMalloc1(rows->offsets[rows->n] + 1, &rows->columns));
  PetscCall(PetscMalloc1(rows->offsets[rows->n] + 1, &rows->log_weight));
  place_all(d, list, n_received, received, at, rows);
  merge_rows(rows);
  PetscCall(PetscFree(at));
  PetscCall(PetscFree(received));
  PetscFunctionReturn(0);
}

PetscErrorCode EdgeRowsDestroy(EdgeRows *rows)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(rows->offsets));
  PetscCall(PetscFree(rows->columns));
  PetscCall(PetscFree(rows->log_weight));
  PetscCall(PetscFree(rows->log_killing));
  PetscFunctionReturn(0);
}
