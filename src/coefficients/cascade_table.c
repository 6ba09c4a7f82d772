/*
  Refinement in rounds. Every open box asks for its nodes; the points that are new are computed together, shared over
  the ranks; then each box is settled, given twice the order in the direction that decays slowest, or split there. A box
  whose coefficients have decayed is checked at points off its nodes before it is settled. All ranks see the same values
  and take the same decisions, and so does a resumed run.
*/
#include "cascade_table.h"
#include "tensor.h"

/* Parts of the tolerance: cells, and interpolation between them (twice: what decays slowly hides behind the estimate). */
#define CELL_PART          0.3
#define INTERPOLATION_PART 0.5
#define LEAST_WIDTH        0x1p-40 /* of a box, relative: below it is a jump */

typedef struct {
  Coefficients coefficients;
  CascadeTable *t;
  const volatile int *interrupted;
  CellFailure *failure;
  PointStore store;
  PetscInt n_computed, cells_solved;
  PetscInt n_open, *open; /* boxes; those open in the next round behind them */
  PetscBool *checking;    /* of each open box */
  PetscReal cell_error, worst;
} Build;

/* What is kept of a cascade. V0 may be infinite here: its formula speaks for itself at every point. */
static PetscBool take_point(const EffectivePoint *p, PetscInt dim, PetscReal values[])
{
  const PetscBool good = (PetscBool)(p->failure.status == CELL_OK || (p->failure.status == CELL_NOT_FINITE &&
                                                                      !isfinite(p->V0) && p->M[0] > 0));

  values[0] = p->log_Z1;
  return (PetscBool)(good && isfinite(p->log_Z1) && TensorPack(dim, p->M, &values[1]));
}

static PetscErrorCode fail_point(Build *b, const EffectivePoint *p)
{
  const PetscBool good = (PetscBool)(p->failure.status == CELL_OK);
  char place[96];

  PetscFunctionBegin;
  FormatPoint(b->t->dim, p->x, place, sizeof(place));
  b->failure->status = good ? CELL_LIMIT : p->failure.status;
  PetscCall(PetscSNPrintf(b->failure->message, sizeof(b->failure->message), "no coefficients at x = %s: %s",
                          place, good ? "M is too anisotropic for double precision" : p->failure.message));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_points(Build *b, Effective effective)
{
  const EffectivePoint *points;
  const PetscBool *finished;
  PetscInt n;
  PetscBool all = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(EffectiveGetPoints(effective, &n, &points, &finished));
  for (PetscInt i = 0; i < n && !b->failure->status; i++) {
    PetscReal *values = b->store.values + (b->n_computed + i) * CHEBYSHEV_COMPONENTS;

    if (!finished[i]) {
      all = PETSC_FALSE;
      continue;
    }
    if (!take_point(&points[i], b->t->dim, values)) PetscCall(fail_point(b, &points[i]));
    b->cells_solved += points[i].cells_solved;
    b->cell_error = PetscMax(b->cell_error, points[i].error);
    if (b->n_computed + i == 0)
      PetscCall(
          PetscStrncpy(b->coefficients->info.method, points[i].method, sizeof(b->coefficients->info.method)));
  }
  if (!all && !b->failure->status) {
    b->failure->status = CELL_INTERRUPTED;
    snprintf(b->failure->message, sizeof(b->failure->message),
             "interrupted while the cascade was tabulated, after about %" PetscInt_FMT " points",
             b->n_computed);
  }
  PetscFunctionReturn(0);
}

/* The points of the store that have no values yet. */
static PetscErrorCode compute_new(Build *b)
{
  const PetscInt n = b->store.n - b->n_computed, dim = b->t->dim;
  Effective effective;
  Progress progress = NULL;
  PetscMPIInt rank;
  PetscReal *x;

  PetscFunctionBegin;
  if (n == 0) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(n * dim, &x));
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt c = 0; c < dim; c++) x[i * dim + c] = b->store.x[(b->n_computed + i) * REITER_MAX_DIM + c];
  PetscCall(EffectiveCreate(b->t->comm, b->t->cascade, n, x, &effective));
  PetscCall(EffectiveSetOffset(effective, b->n_computed));
  PetscCallMPI(MPI_Comm_rank(b->t->comm, &rank));
  if (rank == 0) {
    PetscCall(ProgressCreate("points of the table", n, b->coefficients->quiet, &progress));
    PetscCall(EffectiveSetProgress(effective, progress));
    PetscCall(EffectiveSetCheckpoint(effective, b->coefficients->checkpoint));
  }
  PetscCall(EffectiveCompute(effective, b->interrupted));
  if (rank == 0) PetscCall(ProgressDestroy(&progress));
  PetscCall(take_points(b, effective));
  PetscCall(EffectiveDestroy(&effective));
  PetscCall(PetscFree(x));
  b->n_computed = b->store.n;
  PetscFunctionReturn(0);
}

/* The error of Z1 and of M (relative to the diagonal) that a change of the components means. */
static PetscReal size_of(PetscInt dim, const PetscReal values[])
{
  PetscReal square = 0;

  for (PetscInt i = 0, k = 1; i < dim; i++)
    for (PetscInt j = i; j < dim; j++, k++) square += (i == j ? 1 : 2) * values[k] * values[k];
  return PetscMax(PetscAbsReal(values[0]), PetscSqrtReal(square));
}

/* sums[c][k]: what the coefficients of order k in direction c add up to. */
static void sum_orders(const CascadeTable *t, const ChebyshevBox *box, const PetscReal coefficients[],
                       PetscReal sums[REITER_MAX_DIM][CHEBYSHEV_ORDER + 1])
{
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++)
    for (PetscInt k = 0; k <= CHEBYSHEV_ORDER; k++) sums[c][k] = 0;
  for (PetscInt i = ChebyshevNodes(box) - 1; i >= 0; i--) {
    const PetscReal size = size_of(t->dim, coefficients + i * t->tree.stride);

    for (PetscInt c = 0, rest = i; c < REITER_MAX_DIM; rest /= box->order[c] + 1, c++)
      sums[c][rest % (box->order[c] + 1)] += size;
  }
}

static PetscReal last_orders(const PetscReal sums[], PetscInt n)
{
  return PetscMax(sums[n], sums[n - 1]);
}

/* What the orders beyond n add up to, going on as between n/2 and n, twice: the interpolant misses them and takes them
   for others. */
static PetscReal tail_of(const PetscReal sums[], PetscInt n)
{
  const PetscReal now = last_orders(sums, n), before = last_orders(sums, n / 2);
  const PetscReal rate = now < before ? PetscPowReal(now / before, 2 / (PetscReal)n) : 1;
  /* Slow decay is that of a kink, and erratic. */
  const PetscReal envelope = rate > 0.5 ? now : PetscMax(sums[n], rate * sums[n - 1]);

  return envelope * PetscMax(1, 2 * rate / PetscMax(1 - rate, 0.1));
}

/* Twice the order, or half the box, in direction c: the order if its decay leads below the goal at the highest one. */
static PetscErrorCode refine(Build *b, PetscInt which, PetscInt c, const PetscReal sums[], PetscReal goal)
{
  ChebyshevTree *tree = &b->t->tree;
  ChebyshevBox child = tree->boxes[which];
  const PetscInt n = child.order[c];
  const PetscReal now = last_orders(sums, n), before = last_orders(sums, n / 2);
  const PetscReal gain = before > 0 ? PetscMin(now / before, 1) : 0; /* of n/2 orders */

  PetscFunctionBegin;
  if (n == 4 ||
      (n < CHEBYSHEV_ORDER && now * gain * gain <= goal)) { /* four orders tell little of the decay */
    tree->boxes[which].order[c] = 2 * n;
    b->open[b->n_open++] = which;
    PetscFunctionReturn(0);
  }
  if (child.high[c] - child.low[c] < LEAST_WIDTH * (b->t->box[c][1] - b->t->box[c][0])) {
    b->failure->status = CELL_LIMIT;
    snprintf(
        b->failure->message, sizeof(b->failure->message),
        "the table of log Z1 and M does not converge near %c = %.10g: V1 seems to jump there (error %.2g, "
        "tolerance %.2g)",
        "xyz"[c], (double)child.low[c], (double)child.error, (double)b->t->tolerance);
    PetscFunctionReturn(0);
  }
  child.order[c] = 4;
  tree->boxes[which].split = c;
  for (PetscInt side = 0; side < 2; side++) {
    const PetscReal middle = 0.5 * (tree->boxes[which].low[c] + tree->boxes[which].high[c]);
    PetscInt number;

    child.low[c] = side ? middle : tree->boxes[which].low[c];
    child.high[c] = side ? tree->boxes[which].high[c] : middle;
    PetscCall(ChebyshevTreeAdd(tree, &child, &number));
    tree->boxes[which].child[side] = number;
    b->open[b->n_open++] = number;
  }
  PetscFunctionReturn(0);
}

/* The largest error at the points off the nodes. */
static PetscErrorCode measure_checks(Build *b, const ChebyshevBox *box, PetscReal coefficients[],
                                     PetscReal *error)
{
  const CascadeTable *t = b->t;
  ChebyshevBox trial = *box;
  PetscInt point[CHEBYSHEV_CHECKS];
  PetscReal values[CHEBYSHEV_COMPONENTS];

  PetscFunctionBegin;
  trial.coefficients = coefficients;
  *error = 0;
  PetscCall(ChebyshevFindChecks(box, &b->store, point));
  for (PetscInt i = ChebyshevChecks(box) - 1; i >= 0; i--) {
    ChebyshevEvaluateBox(&t->tree, &trial, b->store.x + point[i] * REITER_MAX_DIM, values);
    for (PetscInt k = 0; k < t->tree.components; k++)
      values[k] -= b->store.values[point[i] * CHEBYSHEV_COMPONENTS + k];
    *error = PetscMax(*error, size_of(t->dim, values));
  }
  PetscFunctionReturn(0);
}

/* The direction that decays slowest; where all have decayed and a check failed, the one of lowest order. */
static PetscInt choose_direction(const Build *b, const ChebyshevBox *box,
                                 PetscReal sums[REITER_MAX_DIM][CHEBYSHEV_ORDER + 1], PetscReal goal)
{
  PetscInt slowest = -1, lowest = -1;

  for (PetscInt c = 0; c < b->t->dim; c++) {
    if (!box->order[c]) continue;
    if (slowest < 0 || tail_of(sums[c], box->order[c]) > tail_of(sums[slowest], box->order[slowest]))
      slowest = c;
    if (lowest < 0 || box->order[c] < box->order[lowest]) lowest = c;
  }
  return tail_of(sums[slowest], box->order[slowest]) > 0.1 * goal ? slowest : lowest;
}

static PetscErrorCode judge_box(Build *b, PetscInt which, PetscBool checked)
{
  CascadeTable *t = b->t;
  const PetscReal goal = INTERPOLATION_PART * t->tolerance;
  ChebyshevBox *box = &t->tree.boxes[which];
  PetscReal sums[REITER_MAX_DIM][CHEBYSHEV_ORDER + 1], *coefficients, tail = 0, error = 0;
  PetscInt c;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(ChebyshevNodes(box) * t->tree.stride, &coefficients));
  PetscCall(ChebyshevTransform(&t->tree, box, &b->store, coefficients));
  sum_orders(t, box, coefficients, sums);
  for (c = 0; c < t->dim; c++)
    if (box->order[c]) tail += tail_of(sums[c], box->order[c]);
  if (checked) PetscCall(measure_checks(b, box, coefficients, &error));
  box->error = PetscMax(tail, error);
  if (tail <= goal && error <= goal) {
    if (checked || !ChebyshevChecks(box)) {
      b->worst = PetscMax(b->worst, box->error);
      PetscCall(ChebyshevSettle(&t->tree, box, coefficients, 0.01 * t->tolerance));
      PetscFunctionReturn(0);
    }
    b->checking[b->n_open] = PETSC_TRUE;
    b->open[b->n_open++] = which;
  } else {
    c = choose_direction(b, box, sums, goal);
    PetscCall(refine(b, which, c, sums[c], goal));
  }
  PetscCall(PetscFree(coefficients));
  PetscFunctionReturn(0);
}

/* Every point that the open boxes need. */
static PetscErrorCode ask(Build *b)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < b->n_open; i++) {
    const ChebyshevBox *box = &b->t->tree.boxes[b->open[i]];
    PetscInt *point;

    PetscCall(PetscMalloc1(ChebyshevNodes(box), &point));
    PetscCall(ChebyshevFindNodes(box, &b->store, point));
    PetscCall(PetscFree(point));
    PetscInt checks[CHEBYSHEV_CHECKS];
    if (b->checking[i]) PetscCall(ChebyshevFindChecks(box, &b->store, checks));
  }
  PetscFunctionReturn(0);
}

static void fail_limit(Build *b)
{
  PetscReal worst = b->worst;
  const ChebyshevBox *at = NULL;
  char place[96];

  for (PetscInt i = 0; i < b->n_open; i++) {
    const ChebyshevBox *box = &b->t->tree.boxes[b->open[i]];
    if (!at || box->error > at->error) at = box;
  }
  worst = PetscMax(worst, at->error);
  FormatPoint(b->t->dim, at->low, place, sizeof(place));
  b->failure->status = CELL_LIMIT;
  snprintf(b->failure->message, sizeof(b->failure->message),
           "the table of log Z1 and M needs more than %" PetscInt_FMT
           " points: its error is still about %.2g near x = %s, the tolerance is %.2g; a larger tolerance, a "
           "smaller box or a V1 without kinks in x needs fewer",
           b->coefficients->max_points, (double)worst, place, (double)b->t->tolerance);
}

static PetscErrorCode run_round(Build *b)
{
  const PetscInt n = b->n_open;
  PetscInt *boxes = b->open;
  PetscBool *checking = b->checking;

  PetscFunctionBegin;
  PetscCall(ask(b));
  if (b->store.n > b->coefficients->max_points) {
    fail_limit(b);
    PetscFunctionReturn(0);
  }
  PetscCall(compute_new(b));
  if (b->failure->status) PetscFunctionReturn(0);
  PetscCall(PetscCalloc2(2 * n, &b->open, 2 * n, &b->checking));
  b->n_open = 0;
  for (PetscInt i = 0; i < n && !b->failure->status; i++) PetscCall(judge_box(b, boxes[i], checking[i]));
  PetscCall(PetscFree2(boxes, checking));
  PetscFunctionReturn(0);
}

static PetscErrorCode plant(CascadeTable *t)
{
  ChebyshevBox root = {.split = -1, .error = PETSC_INFINITY};
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(ChebyshevTreeDestroy(&t->tree)); /* of a run that was interrupted */
  t->tree.components = 1 + TensorEntries(t->dim);
  t->tree.stride = t->dim == 1 ? 2 : (t->dim == 2 ? 4 : CHEBYSHEV_COMPONENTS);
  for (PetscInt c = 0; c < t->dim; c++) {
    root.low[c] = t->box[c][0];
    root.high[c] = t->box[c][1];
    root.order[c] = t->active[c] ? 4 : 0;
  }
  PetscCall(ChebyshevTreeAdd(&t->tree, &root, &which));
  PetscFunctionReturn(0);
}

PetscErrorCode CascadeTableBuild(Coefficients coefficients, const volatile int *interrupted,
                                 CellFailure *failure)
{
  Build b = {.coefficients = coefficients, .interrupted = interrupted, .failure = failure};
  CoefficientsInfo *info = &coefficients->info;

  PetscFunctionBegin;
  b.t = coefficients->data;
  PetscCall(CascadeSetTolerance(b.t->cascade, CELL_PART * b.t->tolerance));
  PetscCall(plant(b.t));
  PetscCall(PetscCalloc2(1, &b.open, 1, &b.checking));
  b.n_open = 1;
  while (b.n_open && !failure->status) PetscCall(run_round(&b));
  PetscCall(PetscFree2(b.open, b.checking));
  info->points = b.n_computed;
  info->cells_solved = b.cells_solved;
  info->error = b.cell_error + b.worst;
  PetscCall(PointStoreDestroy(&b.store));
  PetscFunctionReturn(0);
}
