/* The two-point-flux scheme (mathematics, eq. 2.9): S from the edges, whose logarithms are kept. */
#include "monotone_edges.h"
#include "monotone_graph.h"

/* Beyond this the roots of two weights are no factors of one another any more. */
#define FAR_APART 1200

typedef struct {
  EdgeRows rows;
  PetscInt *local; /* beside rows.columns: number among own free nodes, or n_free + number in `far` */
  VecScatter scatter;
  Vec far; /* values at columns of other ranks */
  PetscReal *far_log_b;
} Monotone;

/* Own values, then those of far columns; both stay valid until release_columns. */
typedef struct {
  const PetscScalar *own, *far;
} Columns;

static PetscErrorCode read_columns(Monotone *m, Vec v, Columns *columns)
{
  PetscFunctionBegin;
  PetscCall(VecScatterBegin(m->scatter, v, m->far, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(m->scatter, v, m->far, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(v, &columns->own));
  PetscCall(VecGetArrayRead(m->far, &columns->far));
  PetscFunctionReturn(0);
}

static PetscErrorCode release_columns(Monotone *m, Vec v, Columns *columns)
{
  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(m->far, &columns->far));
  PetscCall(VecRestoreArrayRead(v, &columns->own));
  PetscFunctionReturn(0);
}

static PetscReal column_value(const Columns *columns, PetscInt n, PetscInt local)
{
  return local < n ? columns->own[local] : columns->far[local - n];
}

static PetscErrorCode number_columns(Diffusion d, Monotone *m)
{
  const EdgeRows *rows = &m->rows;
  const PetscInt edges = rows->offsets[rows->n];
  PetscInt *far, n_far = 0;
  Vec pattern;
  IS is;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(edges, &m->local));
  PetscCall(PetscMalloc1(edges, &far));
  for (PetscInt e = 0; e < edges; e++) {
    const PetscInt k = rows->columns[e] - d->first_free;
    m->local[e] = k;
    if (k < 0 || k >= d->n_free) far[n_far++] = rows->columns[e];
  }
  PetscCall(PetscSortRemoveDupsInt(&n_far, far));
  for (PetscInt e = 0; e < edges; e++) {
    PetscInt at;
    if (m->local[e] >= 0 && m->local[e] < d->n_free) continue;
    PetscCall(PetscFindInt(rows->columns[e], n_far, far, &at));
    m->local[e] = d->n_free + at;
  }
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, n_far, &m->far));
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, n_far, far, PETSC_OWN_POINTER, &is));
  PetscCall(FreeNodesCreateVector(d, &pattern));
  PetscCall(VecScatterCreate(pattern, is, m->far, NULL, &m->scatter));
  PetscCall(VecDestroy(&pattern));
  PetscCall(ISDestroy(&is));
  PetscFunctionReturn(0);
}

/* log_b of the far columns, from a free vector that is made for it */
static PetscErrorCode fetch_log_b(Diffusion d, Monotone *m)
{
  PetscScalar *values;
  Columns columns;
  PetscInt n;
  Vec v;

  PetscFunctionBegin;
  PetscCall(FreeNodesCreateVector(d, &v));
  PetscCall(VecGetArray(v, &values));
  for (PetscInt k = 0; k < d->n_free; k++) values[k] = d->log_b[d->free_node[k]];
  PetscCall(VecRestoreArray(v, &values));
  PetscCall(VecGetLocalSize(m->far, &n));
  PetscCall(PetscMalloc1(n, &m->far_log_b));
  PetscCall(read_columns(m, v, &columns));
  PetscCall(PetscArraycpy(m->far_log_b, columns.far, n));
  PetscCall(release_columns(m, v, &columns));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

static PetscReal log_b_of(const Diffusion d, const Monotone *m, PetscInt local)
{
  return local < d->n_free ? d->log_b[d->free_node[local]] : m->far_log_b[local - d->n_free];
}

/* One row of S with its diagonal in place: returns the number of entries. */
static PetscInt fill_row(Diffusion d, const Monotone *m, PetscInt k, PetscInt columns[], PetscReal values[])
{
  const EdgeRows *rows = &m->rows;
  const PetscReal log_b = d->log_b[d->free_node[k]];
  PetscReal diagonal = PetscExpReal(rows->log_killing[k] - log_b);
  PetscInt n = 0, at = -1;

  for (PetscInt e = rows->offsets[k]; e < rows->offsets[k + 1]; e++) {
    const PetscReal mine = rows->log_weight[e] - log_b;
    const PetscReal other = rows->log_weight[e] - log_b_of(d, m, m->local[e]);
    if (at < 0 && rows->columns[e] > d->first_free + k) at = n++;
    columns[n] = rows->columns[e];
    values[n++] = -PetscExpReal(0.5 * (mine + other));
    diagonal += PetscExpReal(mine);
  }
  if (at < 0) at = n++;
  columns[at] = d->first_free + k;
  values[at] = diagonal;
  return n;
}

static PetscErrorCode assemble(Diffusion d, Monotone *m, CoefficientFault *fault)
{
  const EdgeRows *rows = &m->rows;
  PetscInt *offsets, *columns;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(rows->n + 1, &offsets, rows->offsets[rows->n] + rows->n, &columns,
                         rows->offsets[rows->n] + rows->n, &values));
  offsets[0] = 0;
  for (PetscInt k = 0; k < rows->n; k++) {
    const PetscInt n = fill_row(d, m, k, columns + offsets[k], values + offsets[k]);
    offsets[k + 1] = offsets[k] + n;
    for (PetscInt e = offsets[k]; e < offsets[k + 1]; e++) {
      if (PetscIsInfOrNanReal(values[e])) {
        PetscCall(FaultUnresolved(d, d->mesh->x + d->free_node[k] * d->dim, fault));
      }
    }
  }
  PetscCall(FaultAgree(d->comm, fault));
  if (fault->trouble == COEFFICIENT_GOOD) {
    PetscCall(MatCreate(d->comm, &d->system.S));
    PetscCall(MatSetSizes(d->system.S, d->n_free, d->n_free, d->system.n_free, d->system.n_free));
    PetscCall(MatSetType(d->system.S, MATAIJ));
    PetscCall(MatSeqAIJSetPreallocationCSR(d->system.S, offsets, columns, values));
    PetscCall(MatMPIAIJSetPreallocationCSR(d->system.S, offsets, columns, values));
    PetscCall(MatSetOption(d->system.S, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(MatSetOption(d->system.S, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
  }
  PetscCall(PetscFree3(offsets, columns, values));
  PetscFunctionReturn(0);
}

static PetscErrorCode monotone_set_up(Diffusion d, CoefficientFault *fault)
{
  Monotone *m;
  EdgeList list;

  PetscFunctionBegin;
  PetscCheck(d->mesh->box && d->mesh->order == 1, d->comm, PETSC_ERR_SUP,
             "The monotone scheme needs a box with elements of order 1");
  PetscCall(PetscNew(&m));
  d->data = m;
  PetscCall(NodesEvaluate(d, PETSC_TRUE, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  PetscCall(NodesLump(d));
  PetscCall(EdgeListCreate(d, &list, fault));
  if (fault->trouble == COEFFICIENT_GOOD) {
    PetscCall(EdgeRowsCreate(d, &list, &m->rows));
    PetscCall(number_columns(d, m));
    PetscCall(fetch_log_b(d, m));
  }
  PetscCall(EdgeListDestroy(&list));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  PetscCall(assemble(d, m, fault));
  if (fault->trouble == COEFFICIENT_GOOD) PetscCall(SystemFinish(d, 1));
  PetscFunctionReturn(0);
}

/* w_ij (h_i - h_j)^2, h in units of 1/sqrt(b) at the heavier end: exact where h is constant. */
static PetscReal edge_energy(PetscReal log_weight, PetscReal log_bi, PetscReal log_bj, PetscReal gi,
                             PetscReal gj)
{
  const PetscReal top = PetscMax(log_bi, log_bj);
  PetscReal difference;

  if (PetscAbsReal(log_bi - log_bj) > FAR_APART) {
    difference =
        gi * PetscExpReal(0.5 * (log_weight - log_bi)) - gj * PetscExpReal(0.5 * (log_weight - log_bj));
    return difference * difference;
  }
  difference = gi * PetscExpReal(0.5 * (top - log_bi)) - gj * PetscExpReal(0.5 * (top - log_bj));
  difference *= PetscExpReal(0.5 * (log_weight - top));
  return difference * difference;
}

static PetscErrorCode monotone_energy(Diffusion d, Vec g, PetscReal *energy)
{
  Monotone *m = d->data;
  const EdgeRows *rows = &m->rows;
  Columns columns;

  PetscFunctionBegin;
  *energy = 0;
  PetscCall(read_columns(m, g, &columns));
  for (PetscInt k = 0; k < rows->n; k++) {
    const PetscReal log_b = d->log_b[d->free_node[k]], here = columns.own[k];
    for (PetscInt e = rows->offsets[k]; e < rows->offsets[k + 1]; e++) {
      /* every edge is seen from both ends */
      *energy += 0.5 * edge_energy(rows->log_weight[e], log_b, log_b_of(d, m, m->local[e]), here,
                                   column_value(&columns, d->n_free, m->local[e]));
    }
    *energy += PetscExpReal(rows->log_killing[k] - log_b) * here * here;
  }
  PetscCall(release_columns(m, g, &columns));
  PetscFunctionReturn(0);
}

static PetscErrorCode monotone_graph(Diffusion d, Graph *graph)
{
  PetscFunctionBegin;
  PetscCall(EdgeRowsGather(d, &((Monotone *)d->data)->rows, graph));
  PetscFunctionReturn(0);
}

static PetscErrorCode monotone_destroy(Diffusion d)
{
  Monotone *m = d->data;

  PetscFunctionBegin;
  if (!m) PetscFunctionReturn(0);
  PetscCall(EdgeRowsDestroy(&m->rows));
  PetscCall(PetscFree(m->local));
  PetscCall(PetscFree(m->far_log_b));
  PetscCall(VecScatterDestroy(&m->scatter));
  PetscCall(VecDestroy(&m->far));
  PetscCall(PetscFree(m));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSchemeMonotone(Diffusion d)
{
  PetscFunctionBegin;
  d->ops = (DiffusionOps){.SetUp = monotone_set_up,
                          .Energy = monotone_energy,
                          .Graph = monotone_graph,
                          .Destroy = monotone_destroy};
  PetscFunctionReturn(0);
}
