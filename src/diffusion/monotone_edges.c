/*
  Every node decomposes its tensor, in units of the grid, by Selling's algorithm and gives half of each edge x_i +- e,
  with the weight w(x_i +- e h/2) at the mid-point: lambda/2 w |cell|, so that an edge gets the mean of its two ends'
  lambda: symmetric, positive, second order. The weight is fitted exponentially (Il'in; Scharfetter, Gummel): times
  y/sinh(y), y = half of the change of log w along the edge, which is exact where log w is a straight line, and keeps the
  rates of steep slopes proportional to the slope where the bare mid-point gives its exponential.

  At a reflecting side edges that would leave are dropped; what is left of the same offset takes their part. Direction by
  direction, a node on a side counts an edge half that stays in the side and fully one that leaves it; a node near a side
  whose opposite edge -e would cross it counts e twice. The sums over all nodes then are those of the trapezoidal rule:
  linear functions have the right energy, and for offsets -1, 0, 1 the right flux through every node of a side: second
  order. Longer offsets (in two dimensions where |D_xy| is above D_xx or D_yy, in units of the grid) spread the flux over
  the nodes near the side: first order there if the side reflects.

  In corners an offset may leave both ways. Where the node's other offsets are not there to tie it to the rest (the axes
  are not all among them), such a term is replaced by e_c^2 along the axes: the gradient vanishes in reflecting corners, so
  this costs no order, but without it clusters of nodes would be cut off, each with a zero eigenvalue of its own.

  An edge that jumps across an absorbing side is cut there and is stiffer by the fraction that is left; it has no other
  end that would give its half.
*/
#include "monotone_edges.h"

/* Most that one node gives: six terms, each both ways or in its place three axes both ways. */
#define MOST_EDGES  48
#define BLOCK_EDGES 6144

/* The box as the scheme sees it. */
typedef struct {
  Diffusion d;
  const DomainMesh *m;
  PetscInt dim;
  PetscReal h[REITER_MAX_DIM], log_cell;
  PetscBool periodic[REITER_MAX_DIM];
  PetscInt *free_of_natural; /* [n_global] -1: absorbing */
  PetscBool constant;        /* the tensor, decomposed once: */
  PetscInt n_terms;
  PetscBool has_axes; /* all of them are among the offsets */
  PetscReal lambda[6];
  PetscInt offset[6][REITER_MAX_DIM];
  PetscInt n_points; /* the last edges of the list, whose weight is still to come: */
  PetscReal *x;      /* [n_points][2][dim] mid-points and far ends */
  PetscReal *log_w;  /* [n_points][2] there, */
  PetscReal *near;   /* [n_points] and at the node */
} Grid;

PetscErrorCode EdgeListDestroy(EdgeList *list)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(list->row));
  PetscCall(PetscFree(list->column));
  PetscCall(PetscFree(list->log_weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode list_reserve(EdgeList *list, PetscInt more)
{
  PetscFunctionBegin;
  if (list->n + more <= list->capacity) PetscFunctionReturn(0);
  list->capacity = PetscMax(list->n + more, list->capacity + list->capacity / 2);
  PetscCall(PetscRealloc(sizeof(PetscInt) * (size_t)list->capacity, &list->row));
  PetscCall(PetscRealloc(sizeof(PetscInt) * (size_t)list->capacity, &list->column));
  PetscCall(PetscRealloc(sizeof(PetscReal) * (size_t)list->capacity, &list->log_weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode decompose(Grid *g, const PetscReal D[])
{
  PetscReal scaled[9];
  PetscInt n_axes = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->dim; i++) {
    for (PetscInt j = 0; j < g->dim; j++) scaled[i * g->dim + j] = D[i * g->dim + j] / (g->h[i] * g->h[j]);
  }
  PetscCall(SellingDecompose(g->dim, scaled, &g->n_terms, g->lambda, g->offset));
  for (PetscInt k = 0; k < g->n_terms; k++) {
    PetscInt length = 0;
    for (PetscInt c = 0; c < g->dim; c++) length += PetscAbsInt(g->offset[k][c]);
    if (length == 1) n_axes++;
  }
  g->has_axes = n_axes == g->dim ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Edges reach nodes of any rank, so the numbers of all nodes are known everywhere: one integer each. */
static PetscErrorCode grid_create(Diffusion d, Grid *g)
{
  const DomainMesh *m = d->mesh;
  CoefficientsInfo info;
  PetscInt dim, total;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(g, sizeof(*g)));
  g->d = d;
  g->m = m;
  g->dim = d->dim;
  for (PetscInt c = 0; c < g->dim; c++) {
    g->h[c] = (m->bounds[c][1] - m->bounds[c][0]) / (PetscReal)m->cells[c];
    g->log_cell += PetscLogReal(g->h[c]);
    g->periodic[c] = m->sides[c][0] == BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscCall(PetscMalloc3(2 * BLOCK_EDGES * g->dim, &g->x, 2 * BLOCK_EDGES, &g->log_w, BLOCK_EDGES, &g->near));
  PetscCall(PetscMalloc1(m->n_global, &g->free_of_natural));
  for (PetscInt k = 0; k < m->n_global; k++) g->free_of_natural[k] = -1;
  for (PetscInt k = 0; k < d->n_free; k++)
    g->free_of_natural[m->natural[d->free_node[k]]] = d->first_free + k;
  total = m->n_global;
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, g->free_of_natural, (PetscMPIInt)total, MPIU_INT, MPI_MAX, d->comm));
  PetscCall(CoefficientsGetInfo(d->coefficients, &dim, &info));
  g->constant = info.constant_tensor;
  if (g->constant && m->n_owned) PetscCall(decompose(g, d->D));
  PetscFunctionReturn(0);
}

static PetscErrorCode grid_destroy(Grid *g)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(g->x, g->log_w, g->near));
  PetscCall(PetscFree(g->free_of_natural));
  PetscFunctionReturn(0);
}

/* The share of the edge from at[] along e that the node gives, in units of one half of lambda |cell|. */
static PetscReal side_factor(const Grid *g, const PetscInt at[], const PetscInt e[])
{
  PetscReal factor = 1;

  for (PetscInt c = 0; c < g->dim; c++) {
    const PetscInt behind = e[c] > 0 ? at[c] : g->m->cells[c] - at[c], length = PetscAbsInt(e[c]);
    if (g->periodic[c]) continue;
    if (e[c] == 0 && (at[c] == 0 || at[c] == g->m->cells[c])) factor *= 0.5;
    if (g->m->sides[c][e[c] > 0 ? 0 : 1] == BOUNDARY_REFLECTING && behind > 0 && behind < length) factor *= 2;
  }
  return factor;
}

/* Where the edge from at[] along e leaves the box: the fraction of its length (1: it does not), and through what;
   absorbing sides first where it meets two at once. */
static PetscReal leaving_fraction(const Grid *g, const PetscInt at[], const PetscInt e[], Boundary *side)
{
  PetscReal fraction = 1;

  *side = BOUNDARY_REFLECTING;
  for (PetscInt c = 0; c < g->dim; c++) {
    const PetscInt end = at[c] + e[c], up = e[c] > 0;
    PetscReal t;
    if (g->periodic[c] || (end >= 0 && end <= g->m->cells[c])) continue;
    t = (PetscReal)(up ? g->m->cells[c] - at[c] : at[c]) / (PetscReal)PetscAbsInt(e[c]);
    if (t < fraction || (t == fraction && g->m->sides[c][up] == BOUNDARY_ABSORBING)) {
      fraction = t;
      *side = g->m->sides[c][up];
    }
  }
  return fraction;
}

/* Where the edge from node l along e is after a fraction of its length. */
static void point_on_edge(const Grid *g, PetscInt l, const PetscInt e[], PetscReal fraction, PetscReal x[])
{
  for (PetscInt c = 0; c < g->dim; c++) {
    const PetscReal low = g->m->bounds[c][0], length = g->m->bounds[c][1] - low;
    x[c] = g->m->x[l * g->dim + c] + fraction * (PetscReal)e[c] * g->h[c];
    if (g->periodic[c]) x[c] -= length * PetscFloorReal((x[c] - low) / length);
  }
}

/* One contribution of node l; the weight of the edge comes when its points are evaluated. */
static void add_edge(Grid *g, EdgeList *list, PetscInt row, PetscInt column, PetscReal weight, PetscInt l,
                     const PetscInt e[], PetscReal fraction)
{
  PetscReal *const x = g->x + 2 * g->n_points * g->dim;

  list->row[list->n] = row;
  list->column[list->n] = column;
  list->log_weight[list->n++] = PetscLogReal(weight) + g->log_cell - g->d->system.log_scale;
  point_on_edge(g, l, e, 0.5 * fraction, x);
  point_on_edge(g, l, e, fraction, x + g->dim);
  g->near[g->n_points++] = g->d->log_w[l] + g->d->system.log_scale;
}

/* Contributes lambda e e^T along e (not -e) from node l; with both halves if the other end has the same to give. False if
   the edge leaves through a reflecting side. */
static PetscBool node_edge(Grid *g, EdgeList *list, PetscInt l, const PetscInt at[], PetscReal lambda,
                           const PetscInt e[], PetscBool both)
{
  const PetscInt from = g->free_of_natural[g->m->natural[l]];
  PetscInt back[REITER_MAX_DIM] = {0}, end[REITER_MAX_DIM] = {0}, natural = 0, to;
  PetscReal weight = lambda * side_factor(g, at, e);
  Boundary side;
  const PetscReal fraction = leaving_fraction(g, at, e, &side);

  if (fraction < 1) {
    if (side != BOUNDARY_ABSORBING) return PETSC_FALSE;
    if (from >= 0) add_edge(g, list, from, -1, weight / fraction, l, e, fraction);
    return PETSC_TRUE;
  }
  for (PetscInt c = g->dim - 1; c >= 0; c--) {
    back[c] = -e[c];
    end[c] = at[c] + e[c];
    if (g->periodic[c]) end[c] = (end[c] % g->m->cells[c] + g->m->cells[c]) % g->m->cells[c];
    natural = natural * g->m->grid[c] + end[c];
  }
  to = g->free_of_natural[natural];
  if ((from < 0 && to < 0) || natural == g->m->natural[l]) return PETSC_TRUE;
  weight *= 0.5;
  if (both) weight += 0.5 * lambda * side_factor(g, end, back);
  if (from >= 0) {
    add_edge(g, list, from, to, weight, l, e, 1);
  } else {
    add_edge(g, list, to, -1, weight, l, e, 1);
  }
  return PETSC_TRUE;
}

/* Term k of node l. With one tensor for all, the half of the other end is known, and half of the edges are enough: those
   inside are given by their lower ends. */
static void node_term(Grid *g, EdgeList *list, PetscInt l, const PetscInt at[], PetscInt k)
{
  const PetscInt *e = g->offset[k];
  PetscInt back[REITER_MAX_DIM] = {0};
  PetscBool kept;
  Boundary side;

  for (PetscInt c = 0; c < g->dim; c++) back[c] = -e[c];
  kept = node_edge(g, list, l, at, g->lambda[k], e, g->constant);
  if (g->constant && leaving_fraction(g, at, back, &side) == 1) {
    kept = PETSC_TRUE;
  } else if (node_edge(g, list, l, at, g->lambda[k], back, PETSC_FALSE)) {
    kept = PETSC_TRUE;
  }
  for (PetscInt c = 0; !kept && !g->has_axes && c < g->dim; c++) {
    PetscInt axis[REITER_MAX_DIM] = {0};
    const PetscReal lambda = g->lambda[k] * (PetscReal)(e[c] * e[c]);
    for (axis[c] = -1; e[c] && axis[c] < 2; axis[c] += 2) {
      node_edge(g, list, l, at, lambda, axis, PETSC_FALSE);
    }
  }
}

/* log of y/sinh(y), y = half of the difference of log w between the ends: what the mean of 1/w along an edge on which
   log w is a straight line has over 1/w at its middle. */
static PetscReal log_fitting(PetscReal difference)
{
  const PetscReal y = 0.5 * PetscAbsReal(difference);

  if (y < 0.01) return -y * y / 6 * (1 - y * y / 30);
  return PetscLogReal(2 * y) - y - log1p(-PetscExpReal(-2 * y));
}

static PetscErrorCode finish_block(Grid *g, EdgeList *list, CoefficientFault *fault)
{
  CoefficientFault found = {.trouble = COEFFICIENT_GOOD};
  PetscReal *log_weight = list->log_weight + list->n - g->n_points;

  PetscFunctionBegin;
  if (g->n_points) {
    PetscCall(CoefficientsEvaluate(g->d->coefficients, 2 * g->n_points, g->x, g->log_w, NULL, &found));
  }
  for (PetscInt k = 0; k < g->n_points; k++) {
    log_weight[k] += g->log_w[2 * k] + log_fitting(g->log_w[2 * k + 1] - g->near[k]);
  }
  if (fault->trouble == COEFFICIENT_GOOD) *fault = found;
  g->n_points = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode EdgeListCreate(Diffusion d, EdgeList *list, CoefficientFault *fault)
{
  const DomainMesh *m = d->mesh;
  Grid g;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(list, sizeof(*list)));
  fault->trouble = COEFFICIENT_GOOD;
  PetscCall(grid_create(d, &g));
  PetscCall(list_reserve(list, m->n_owned * (g.constant ? g.n_terms : d->dim * (d->dim + 1))));
  for (PetscInt l = 0; l < m->n_owned; l++) {
    PetscInt at[REITER_MAX_DIM], rest = m->natural[l];
    for (PetscInt c = 0; c < d->dim; c++) {
      at[c] = rest % m->grid[c];
      rest /= m->grid[c];
    }
    if (!g.constant) PetscCall(decompose(&g, d->D + l * d->dim * d->dim));
    if (g.n_points + MOST_EDGES > BLOCK_EDGES) PetscCall(finish_block(&g, list, fault));
    PetscCall(list_reserve(list, MOST_EDGES));
    for (PetscInt k = 0; k < g.n_terms; k++) node_term(&g, list, l, at, k);
  }
  PetscCall(finish_block(&g, list, fault));
  PetscCall(grid_destroy(&g));
  PetscCall(FaultAgree(d->comm, fault));
  PetscFunctionReturn(0);
}
