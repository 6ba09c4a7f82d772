#include "cascade_frozen.h"
#include "coordinates.h"
#include "cost_table.h"
#include "frozen.h"

/* Of the tolerance of M, for the largest error of a table; K and Z both have it. */
#define TABLE_SHARE 0.05
/* Nodes per variable and in all that the grids of nested cells would need at least: a table may cost no more. */
enum { PRODUCT_NODES = 17, MOST_SAMPLES = 200000 };

struct _p_LevelTable {
  FrozenTable table;
  FrozenReport report;
  PetscInt n_variables, variables[FROZEN_MAX_VARIABLES]; /* the fast ones that A_k depends on, ascending */
  PetscReal x[REITER_MAX_DIM];                           /* the macroscopic point; */
  PetscBool everywhere;                                  /* it does not matter */
  PetscReal width, quadrature, methods;                  /* of all samples */
};

/* A fill under way. */
typedef struct {
  Cascade cascade;
  PetscInt k;
  LevelTable table;
  const PetscReal *frozen;
  CellFailure *failure;
} Sampling;

PetscErrorCode LevelTableDestroy(LevelTable *table)
{
  PetscFunctionBegin;
  if (*table) PetscCall(FrozenTableDestroy(&(*table)->table));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(0);
}

/* FrozenDistance: relative, of K in the sense of forms and of both partition functions. */
static PetscErrorCode inner_distance(void *ctx, const PetscReal a[], const PetscReal b[], PetscReal *distance)
{
  const PetscInt dim = ((Sampling *)ctx)->cascade->dim, n = CoordinatesCount(dim);
  const PetscReal scale = CoordinatesScale(dim, a);
  PetscReal one[9], other[9], above, below;

  PetscFunctionBegin;
  CoordinatesToTensor(dim, a, scale, one);
  CoordinatesToTensor(dim, b, scale, other);
  PetscCall(TensorBracketWidth(dim, one, other, &above));
  PetscCall(TensorBracketWidth(dim, other, one, &below));
  *distance = PetscMax(PetscMax(above, below), 0);
  for (PetscInt i = n - 2; i < n; i++) *distance = PetscMax(*distance, PetscAbsReal(a[i] - b[i]));
  PetscFunctionReturn(0);
}

static void freeze(const Sampling *s, const PetscReal y[], PetscReal frozen[])
{
  memcpy(frozen, s->frozen, REITER_VARIABLES * sizeof(*frozen));
  for (PetscInt i = 0; i < s->table->n_variables; i++) frozen[s->table->variables[i]] = y[i];
}

/* The inner cascades of points first .. last - 1, up to the first failure. */
static PetscErrorCode compute_points(Sampling *s, PetscInt first, PetscInt last, const PetscReal y[],
                                     InnerTensor inner[])
{
  PetscReal frozen[REITER_VARIABLES];

  PetscFunctionBegin;
  for (PetscInt q = first; q < last && s->failure->status == CELL_OK; q++) {
    freeze(s, &y[q * s->table->n_variables], frozen);
    PetscCall(CascadeLevel(s->cascade, s->k + 1, frozen, &inner[q], s->failure));
  }
  PetscFunctionReturn(0);
}

/* All points by all ranks. Entries of others are zero and are added exactly. */
static PetscErrorCode compute_shared(Sampling *s, PetscInt n, const PetscReal y[], InnerTensor inner[])
{
  Cascade c = s->cascade;
  const PetscInt size = (PetscInt)(sizeof(InnerTensor) / sizeof(PetscReal)),
                 before[2] = {c->solved, c->iterations};
  PetscInt item, last, counts[2], failed = PETSC_MAX_INT;
  MPI_Comm comm;

  PetscFunctionBegin;
  PetscCall(WorkShareGetComm(c->share, &comm));
  PetscCall(WorkShareRestart(c->share));
  PetscCall(PetscMemzero(inner, (size_t)n * sizeof(InnerTensor)));
  while (s->failure->status == CELL_OK) {
    PetscCall(WorkShareNextBlock(c->share, n, &item, &last));
    if (item == last) break;
    PetscCall(compute_points(s, item, last, y, inner));
    if (s->failure->status != CELL_OK) {
      failed = item;
      PetscCall(WorkShareClose(c->share));
    }
  }
  PetscCall(CascadeAgreeOnFailure(comm, failed, s->failure));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, inner, (PetscMPIInt)(n * size), MPIU_REAL, MPI_SUM, comm));
  counts[0] = c->solved - before[0];
  counts[1] = c->iterations - before[1];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPIU_INT, MPI_SUM, comm));
  c->solved = before[0] + counts[0];
  c->iterations = before[1] + counts[1];
  PetscFunctionReturn(0);
}

/* FrozenSampler */
static PetscErrorCode sample_points(void *ctx, PetscInt n, const PetscReal y[], PetscReal f[], PetscBool *ok)
{
  Sampling *s = ctx;
  const PetscInt dim = s->cascade->dim;
  InnerTensor *inner;

  PetscFunctionBegin;
  *ok = PETSC_FALSE;
  PetscCall(PetscMalloc1(n, &inner));
  if (s->cascade->share)
    PetscCall(compute_shared(s, n, y, inner));
  else
    PetscCall(compute_points(s, 0, n, y, inner));
  *ok = (PetscBool)(s->failure->status == CELL_OK);
  for (PetscInt q = 0; q < n && *ok; q++) {
    PetscReal width;
    if (!CoordinatesFromInner(dim, &inner[q], &f[q * CoordinatesCount(dim)])) *ok = PETSC_FALSE;
    PetscCall(TensorBracketWidth(dim, inner[q].lower, inner[q].upper, &width));
    s->table->width = PetscMax(s->table->width, width);
    s->table->quadrature = PetscMax(s->table->quadrature, inner[q].quadrature);
    s->table->methods = MethodsJoin(s->table->methods, inner[q].methods);
  }
  PetscCall(PetscFree(inner));
  PetscFunctionReturn(0);
}

/* The fast variables that A_k depends on; none if there are more than a table can have. */
static PetscInt list_variables(Cascade c, PetscInt k, PetscInt variables[])
{
  PetscInt n = 0;

  for (PetscInt v = VariableIndex(1, 0); v < VariableIndex(k + 1, 0); v++) {
    if (!(c->level[k].above & ((VariableSet)1 << v))) continue;
    if (n == FROZEN_MAX_VARIABLES) return 0;
    variables[n++] = v;
  }
  return n;
}

/* A product grid is right for few variables; a table needs smoothness in all of them. */
static PetscBool wants_table(Cascade c, PetscInt k, PetscInt n_variables)
{
  if (c->frozen == FROZEN_PRODUCT || !n_variables || c->level[k].trivial) return PETSC_FALSE;
  if (!(c->level[k].above & ScaleBits(k))) return PETSC_FALSE;
  for (PetscInt j = 1; j <= k; j++) {
    if (!c->level[j].trivial && !c->level[j].smooth) return PETSC_FALSE;
  }
  return (PetscBool)(c->frozen == FROZEN_SPARSE || n_variables > 2);
}

/* No more samples than nested grids would have nodes, if all were of one size. */
static FrozenLimits limits_of(Cascade c, PetscInt n_variables)
{
  PetscReal most = c->frozen == FROZEN_SPARSE ? (PetscReal)MOST_SAMPLES : 1;

  for (PetscInt i = 0; i < n_variables && c->frozen != FROZEN_SPARSE; i++) most *= PRODUCT_NODES;
  most = PetscMin(most, PetscMin(MOST_SAMPLES, (PetscReal)(c->max_solves - c->solved)));
  return (FrozenLimits){TABLE_SHARE * c->tolerance, (PetscInt)most};
}

static PetscErrorCode fill_table(Cascade c, PetscInt k, const PetscReal frozen[], LevelTable t,
                                 CellFailure *failure)
{
  Sampling s = {c, k, t, frozen, failure};
  const FrozenLimits limits = limits_of(c, t->n_variables);
  Level *inner = &c->level[k + 1];

  PetscFunctionBegin;
  PetscCall(FrozenTableCreate(t->n_variables, CoordinatesCount(c->dim), &t->table));
  PetscCall(FrozenTableFill(t->table, sample_points, inner_distance, &s, &limits, &t->report));
  while (inner->trivial) inner++;
  PetscCall(MemoClear(inner->memo)); /* no sample is asked for again, and other ranks had others */
  PetscCall(PetscInfo(NULL,
                      "level %" PetscInt_FMT ": table of %" PetscInt_FMT
                      " variables %s: error %.2g, %" PetscInt_FMT " samples, %" PetscInt_FMT " waves\n",
                      k, t->n_variables, t->report.met ? "used" : "given up", (double)t->report.error,
                      t->report.samples, t->report.waves));
  PetscFunctionReturn(0);
}

static PetscBool is_for(Cascade c, const struct _p_LevelTable *t, const PetscReal frozen[])
{
  for (PetscInt i = 0; i < c->dim && !t->everywhere; i++) {
    if (t->x[i] != frozen[i]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscErrorCode CascadeTabulate(Cascade c, const PetscReal frozen[], CellFailure *failure)
{
  PetscFunctionBegin;
  for (PetscInt k = c->scales - 1; k >= 1 && failure->status == CELL_OK; k--) {
    Level *level = &c->level[k];
    PetscInt variables[FROZEN_MAX_VARIABLES];
    const PetscInt n = list_variables(c, k, variables);
    if (c->pilot && wants_table(c, k, n)) {
      const FrozenLimits limits = limits_of(c, n);
      PetscCall(PilotTabulate(c->pilot, k, n, variables, frozen, &limits, failure));
      continue;
    }
    if (!wants_table(c, k, n) || (level->table && is_for(c, level->table, frozen))) continue;
    PetscCall(LevelTableDestroy(&level->table));
    PetscCall(PetscNew(&level->table));
    PetscCall(PetscArraycpy(level->table->x, frozen, c->dim));
    PetscCall(PetscArraycpy(level->table->variables, variables, n));
    level->table->n_variables = n;
    level->table->everywhere = (PetscBool) !(level->above & ScaleBits(0));
    PetscCall(fill_table(c, k, frozen, level->table, failure));
    if (failure->status == CELL_INTERRUPTED)
      PetscCall(LevelTableDestroy(&level->table));
    else
      *failure = (CellFailure){CELL_OK, ""}; /* the product grid will meet it, or not */
  }
  PetscFunctionReturn(0);
}

PetscBool LevelHasTable(const LevelCell *cell)
{
  const Cascade c = cell->cascade;
  const struct _p_LevelTable *t = c->level[cell->k].table;

  return (PetscBool)(t && t->report.met && is_for(c, t, cell->frozen));
}

/* A cell that all ranks solve together stops on all of them, here where they meet. */
static PetscErrorCode agree_on_interruption(Cascade c, CellFailure *failure)
{
  int stop = c->interrupted && *c->interrupted;
  MPI_Comm comm;

  PetscFunctionBegin;
  PetscCall(WorkShareGetComm(c->share, &comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &stop, 1, MPI_INT, MPI_MAX, comm));
  if (stop) *failure = (CellFailure){CELL_INTERRUPTED, "interrupted"};
  PetscFunctionReturn(0);
}

PetscErrorCode LevelTableSample(const LevelCell *cell, const PetscInt n[], PetscReal *const axis[],
                                InnerTensor inner[], CellFailure *failure)
{
  const Cascade c = cell->cascade;
  const struct _p_LevelTable *t = c->level[cell->k].table;
  const PetscInt components = CoordinatesCount(c->dim);
  PetscReal slow[FROZEN_MAX_VARIABLES], *values;
  const PetscReal *own[REITER_MAX_DIM];
  PetscInt own_n[REITER_MAX_DIM], grid = 0, total = 1;

  PetscFunctionBegin;
  if (c->share && c->shared_level == cell->k) PetscCall(agree_on_interruption(c, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < t->n_variables; i++) {
    const PetscInt v = t->variables[i];
    if (v < VariableIndex(cell->k, 0)) {
      slow[i] = cell->frozen[v];
    } else {
      own_n[grid] = n[v - VariableIndex(cell->k, 0)];
      own[grid] = axis[v - VariableIndex(cell->k, 0)];
      total *= own_n[grid++];
    }
  }
  PetscCall(PetscMalloc1(total * components, &values));
  PetscCall(FrozenTableEvaluate(t->table, slow, grid, own_n, own, values));
  /* The bracket has the largest width of the samples; the table's own error joins the estimated ones. */
  for (PetscInt q = 0; q < total; q++)
    CoordinatesToInner(c->dim, &values[q * components], t->width, t->quadrature + 2 * t->report.error,
                       t->methods, &inner[q]);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}
