#include "monotone_graph.h"

/* n values of each rank, one rank after the other, on rank 0; *all is allocated there and NULL elsewhere. */
static PetscErrorCode gather(Diffusion d, PetscInt n, const void *mine, size_t size, MPI_Datatype type,
                             void **all)
{
  PetscMPIInt *count = NULL, *start = NULL, own;

  PetscFunctionBegin;
  *all = NULL;
  PetscCall(PetscMPIIntCast(n, &own));
  PetscCall(PetscCalloc2(d->size, &count, d->size + 1, &start));
  PetscCallMPI(MPI_Gather(&own, 1, MPI_INT, count, 1, MPI_INT, 0, d->comm));
  for (PetscMPIInt r = 0; r < d->size; r++) start[r + 1] = start[r] + count[r];
  if (d->rank == 0) PetscCall(PetscMalloc(size * (size_t)PetscMax(1, start[d->size]), all));
  PetscCallMPI(MPI_Gatherv(mine, own, type, *all, count, start, type, 0, d->comm));
  PetscCall(PetscFree2(count, start));
  PetscFunctionReturn(0);
}

/* Everything of the rows in free global order. */
typedef struct {
  PetscInt *degree, *natural, *columns;
  PetscReal *log_weight, *log_mass, *log_killing;
} Gathered;

static PetscErrorCode gather_rows(Diffusion d, const EdgeRows *rows, Gathered *all)
{
  const PetscInt n = rows->n, edges = rows->offsets[n];
  PetscInt *degree, *natural;
  PetscReal *log_mass;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &degree, n, &natural, n, &log_mass));
  for (PetscInt k = 0; k < n; k++) {
    degree[k] = rows->offsets[k + 1] - rows->offsets[k];
    natural[k] = d->mesh->natural[d->free_node[k]];
    log_mass[k] = d->log_b[d->free_node[k]];
  }
  PetscCall(gather(d, n, degree, sizeof(PetscInt), MPIU_INT, (void **)&all->degree));
  PetscCall(gather(d, n, natural, sizeof(PetscInt), MPIU_INT, (void **)&all->natural));
  PetscCall(gather(d, n, log_mass, sizeof(PetscReal), MPIU_REAL, (void **)&all->log_mass));
  PetscCall(gather(d, n, rows->log_killing, sizeof(PetscReal), MPIU_REAL, (void **)&all->log_killing));
  PetscCall(gather(d, edges, rows->columns, sizeof(PetscInt), MPIU_INT, (void **)&all->columns));
  PetscCall(gather(d, edges, rows->log_weight, sizeof(PetscReal), MPIU_REAL, (void **)&all->log_weight));
  PetscCall(PetscFree3(degree, natural, log_mass));
  PetscFunctionReturn(0);
}

/* order[new] = old, ascending natural numbers; place[old] = new; start[old] of the old rows' edges */
static PetscErrorCode order_rows(PetscInt n, const Gathered *all, PetscInt order[], PetscInt new_number[],
                                 PetscInt64 start[])
{
  PetscInt *key;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &key));
  start[0] = 0;
  for (PetscInt k = 0; k < n; k++) {
    key[k] = all->natural[k];
    order[k] = k;
    start[k + 1] = start[k] + all->degree[k];
  }
  PetscCall(PetscSortIntWithArray(n, key, order));
  for (PetscInt k = 0; k < n; k++) new_number[order[k]] = k;
  PetscCall(PetscFree(key));
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_graph(const Gathered *all, Graph *graph)
{
  const PetscInt n = graph->n;
  PetscInt *order, *new_number;
  PetscInt64 *start;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &order, n, &new_number, n + 1, &start));
  PetscCall(order_rows(n, all, order, new_number, start));
  PetscCall(PetscMalloc1(n + 1, &graph->offsets));
  PetscCall(PetscMalloc1(start[n] + 1, &graph->neighbours));
  PetscCall(PetscMalloc1(start[n] + 1, &graph->log_weight));
  PetscCall(PetscMalloc1(n, &graph->log_mass));
  PetscCall(PetscMalloc1(n, &graph->log_killing));
  PetscCall(PetscMalloc1(n, &graph->natural));
  graph->offsets[0] = 0;
  for (PetscInt k = 0; k < n; k++) {
    const PetscInt old = order[k];
    const PetscInt64 to = graph->offsets[k];
    PetscBool sorted;
    for (PetscInt e = 0; e < all->degree[old]; e++) {
      graph->neighbours[to + e] = new_number[all->columns[start[old] + e]];
      graph->log_weight[to + e] = all->log_weight[start[old] + e];
    }
    PetscCall(PetscSortedInt(all->degree[old], graph->neighbours + to, &sorted));
    if (!sorted) {
      PetscReal work;
      PetscCall(PetscSortIntWithDataArray(all->degree[old], graph->neighbours + to, graph->log_weight + to,
                                          sizeof(PetscReal), &work));
    }
    graph->offsets[k + 1] = to + all->degree[old];
    graph->log_mass[k] = all->log_mass[old];
    graph->log_killing[k] = all->log_killing[old];
    graph->natural[k] = all->natural[old];
  }
  PetscCall(PetscFree3(order, new_number, start));
  PetscFunctionReturn(0);
}

PetscErrorCode EdgeRowsGather(Diffusion d, const EdgeRows *rows, Graph *graph)
{
  Gathered all;

  PetscFunctionBegin;
  PetscCall(gather_rows(d, rows, &all));
  if (d->rank == 0) {
    graph->n = d->system.n_free;
    PetscCall(fill_graph(&all, graph));
  }
  PetscCall(PetscFree(all.degree));
  PetscCall(PetscFree(all.natural));
  PetscCall(PetscFree(all.columns));
  PetscCall(PetscFree(all.log_weight));
  PetscCall(PetscFree(all.log_mass));
  PetscCall(PetscFree(all.log_killing));
  PetscFunctionReturn(0);
}
