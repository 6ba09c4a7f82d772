#include "elimination_private.h"
#include <metis.h>
#include <signal.h>

/* Nodes from which some grounded or killed node can be reached; without one the chain never leaves them. */
static PetscErrorCode mark_reachable(const Graph *g, PetscInt n_grounded, const PetscInt grounded[],
                                     PetscInt position[])
{
  PetscInt *queue, head = 0, tail = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->n + n_grounded, &queue));
  for (PetscInt i = 0; i < g->n; i++) position[i] = POSITION_UNREACHABLE;
  for (PetscInt k = 0; k < n_grounded; k++) {
    position[grounded[k]] = POSITION_GROUNDED;
    queue[tail++] = grounded[k];
  }
  for (PetscInt i = 0; i < g->n; i++) {
    if (position[i] != POSITION_UNREACHABLE || g->log_killing[i] == PETSC_NINFINITY) continue;
    position[i] = 0;
    queue[tail++] = i;
  }
  while (head < tail) {
    const PetscInt i = queue[head++];
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      const PetscInt j = g->neighbours[e];
      if (position[j] != POSITION_UNREACHABLE || g->log_weight[e] == PETSC_NINFINITY) continue;
      position[j] = 0;
      queue[tail++] = j;
    }
  }
  PetscCall(PetscFree(queue));
  PetscFunctionReturn(0);
}

/* order[] by nested dissection of the free nodes; position[] follows. */
static PetscErrorCode dissect(const Graph *g, Plan *p)
{
  idx_t options[METIS_NOPTIONS], n = 0, *start, *neighbours, *permutation, *inverse;
  PetscInt64 edges = 0;
  PetscInt *node;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->n; i++) {
    if (p->position[i] < 0) continue;
    p->position[i] = n++;
    edges += g->offsets[i + 1] - g->offsets[i];
  }
  p->n = n;
  PetscCall(PetscMalloc1(n, &p->order));
  PetscCall(PetscMalloc5(n, &node, n + 1, &start, edges, &neighbours, n, &permutation, n, &inverse));
  start[0] = 0;
  for (PetscInt i = 0; i < g->n; i++) {
    const PetscInt k = p->position[i];
    idx_t end;
    if (k < 0) continue;
    node[k] = i;
    end = start[k];
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      const PetscInt j = g->neighbours[e];
      if (p->position[j] >= 0 && j != i) neighbours[end++] = p->position[j];
    }
    start[k + 1] = end;
  }
  for (idx_t k = 0; k < n; k++) permutation[k] = k;
  if (n > 2 && start[n] > 0) {
    METIS_SetDefaultOptions(options);
    options[METIS_OPTION_SEED] = 1;
    options[METIS_OPTION_COMPRESS] = 0;
    int status = METIS_NodeND(&n, start, neighbours, NULL, options, permutation, inverse);
    if (status == METIS_ERROR) { /* it takes SIGTERM for an error of its own: the signal is for the program */
      raise(SIGTERM);
      status = METIS_NodeND(&n, start, neighbours, NULL, options, permutation, inverse);
    }
    PetscCheck(status == METIS_OK, PETSC_COMM_SELF, PETSC_ERR_LIB, "METIS_NodeND returned %d", status);
  }
  for (PetscInt k = 0; k < n; k++) {
    p->order[k] = node[permutation[k]];
    p->position[p->order[k]] = k;
  }
  PetscCall(PetscFree5(node, start, neighbours, permutation, inverse));
  PetscFunctionReturn(0);
}

/* Elimination tree by path compression (Liu 1986). */
static PetscErrorCode grow_tree(const Graph *g, const Plan *p, PetscInt tree[])
{
  PetscInt *ancestor;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->n, &ancestor));
  for (PetscInt k = 0; k < p->n; k++) {
    const PetscInt i = p->order[k];
    tree[k] = ancestor[k] = -1;
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      PetscInt j = p->position[g->neighbours[e]], next;
      for (; j >= 0 && j < k; j = next) {
        next = ancestor[j];
        ancestor[j] = k;
        if (next < 0) tree[j] = k;
      }
    }
  }
  PetscCall(PetscFree(ancestor));
  PetscFunctionReturn(0);
}

/* Renumbers the positions so that every subtree is contiguous and ends in its root. */
static PetscErrorCode postorder(Plan *p, PetscInt tree[])
{
  PetscInt *child, *sibling, *stack, *rank, *old, count = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(p->n, &child, p->n, &sibling, p->n, &stack, p->n, &rank, p->n, &old));
  for (PetscInt k = 0; k < p->n; k++) child[k] = -1;
  for (PetscInt k = p->n - 1; k >= 0; k--) {
    if (tree[k] < 0) continue;
    sibling[k] = child[tree[k]];
    child[tree[k]] = k;
  }
  for (PetscInt root = 0; root < p->n; root++) {
    PetscInt top = 0;
    if (tree[root] >= 0) continue;
    stack[0] = root;
    while (top >= 0) {
      const PetscInt k = stack[top];
      if (child[k] >= 0) {
        stack[++top] = child[k];
        child[k] = sibling[child[k]];
      } else {
        rank[k] = count++;
        top--;
      }
    }
  }
  PetscCall(PetscArraycpy(old, tree, p->n));
  PetscCall(PetscArraycpy(stack, p->order, p->n));
  for (PetscInt k = 0; k < p->n; k++) {
    tree[rank[k]] = old[k] < 0 ? -1 : rank[old[k]];
    p->order[rank[k]] = stack[k];
    p->position[stack[k]] = rank[k];
  }
  PetscCall(PetscFree5(child, sibling, stack, rank, old));
  PetscFunctionReturn(0);
}

/* Entries of every column of the factor, diagonal included (Gilbert, Ng, Peyton 1994); positions in postorder. */
static PetscErrorCode count_columns(const Graph *g, const Plan *p, const PetscInt tree[], PetscInt count[])
{
  PetscInt *first, *latest, *previous, *ancestor;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(p->n, &first, p->n, &latest, p->n, &previous, p->n, &ancestor));
  for (PetscInt k = 0; k < p->n; k++) {
    first[k] = latest[k] = previous[k] = -1;
    ancestor[k] = k;
  }
  for (PetscInt k = 0; k < p->n; k++) {
    count[k] = first[k] < 0;
    for (PetscInt j = k; j >= 0 && first[j] < 0; j = tree[j]) first[j] = k;
  }
  for (PetscInt j = 0; j < p->n; j++) {
    const PetscInt node = p->order[j];
    if (tree[j] >= 0) count[tree[j]]--;
    for (PetscInt64 e = g->offsets[node]; e < g->offsets[node + 1]; e++) {
      const PetscInt i = p->position[g->neighbours[e]];
      PetscInt q, before;
      if (i <= j || first[j] <= latest[i]) continue;
      latest[i] = first[j];
      before = previous[i];
      previous[i] = j;
      count[j]++;
      if (before < 0) continue;
      for (q = before; q != ancestor[q]; q = ancestor[q]) continue;
      for (PetscInt s = before, next; s != q; s = next) {
        next = ancestor[s];
        ancestor[s] = q;
      }
      count[q]--;
    }
    if (tree[j] >= 0) ancestor[j] = tree[j];
  }
  for (PetscInt k = 0; k < p->n; k++) {
    if (tree[k] >= 0) count[tree[k]] += count[k];
  }
  PetscCall(PetscFree4(first, latest, previous, ancestor));
  PetscFunctionReturn(0);
}

/* Whether two neighbouring fronts are better one: a few zeros cost less than small fronts (as in CHOLMOD). */
static PetscBool worth_merging(PetscInt pivots, PetscReal zeros, PetscReal entries)
{
  const PetscReal share = zeros / entries;
  if (pivots <= 4) return PETSC_TRUE;
  if (pivots <= 16) return (PetscBool)(share < 0.8);
  if (pivots <= 48) return (PetscBool)(share < 0.1);
  return (PetscBool)(share < 0.05);
}

/* Columns of equal structure become fronts; a front joins its parent when it is the last child. */
static PetscErrorCode gather_fronts(Plan *p, const PetscInt tree[], const PetscInt count[])
{
  PetscInt n_fronts = 0, *front_of;
  PetscReal *zeros;
  PetscInt *size;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->n + 1, &p->first));
  PetscCall(PetscMalloc3(p->n, &zeros, p->n, &size, p->n, &front_of));
  for (PetscInt k = 0; k < p->n; n_fronts++) {
    PetscInt last = k;
    while (last + 1 < p->n && tree[last] == last + 1 && count[last + 1] == count[last] - 1) last++;
    p->first[n_fronts] = k;
    size[n_fronts] = count[k];
    zeros[n_fronts] = 0;
    k = last + 1;
    /* the front below on the stack ends just before this one; it is a child if its tree says so */
    while (n_fronts > 0 && tree[p->first[n_fronts] - 1] >= p->first[n_fronts] &&
           tree[p->first[n_fronts] - 1] <= last) {
      const PetscInt below = p->first[n_fronts] - p->first[n_fronts - 1], own = k - p->first[n_fronts];
      const PetscReal wide = (PetscReal)below + (PetscReal)size[n_fronts];
      const PetscReal new_zeros =
          zeros[n_fronts] + zeros[n_fronts - 1] + (PetscReal)below * (wide - (PetscReal)size[n_fronts - 1]);
      const PetscReal pivots = (PetscReal)(below + own);
      if (!worth_merging(below + own, new_zeros, pivots * wide - pivots * (pivots - 1) / 2)) break;
      n_fronts--;
      size[n_fronts] = below + size[n_fronts + 1];
      zeros[n_fronts] = new_zeros;
    }
  }
  p->n_fronts = n_fronts;
  p->first[n_fronts] = p->n;
  PetscCall(PetscMalloc3(n_fronts, &p->parent, n_fronts + 1, &p->rows_at, n_fronts + 1, &p->panel_at));
  p->rows_at[0] = p->panel_at[0] = 0;
  for (PetscInt s = 0; s < n_fronts; s++) {
    const PetscInt pivots = p->first[s + 1] - p->first[s];
    p->rows_at[s + 1] = p->rows_at[s] + size[s] - pivots;
    p->panel_at[s + 1] = p->panel_at[s] + (PetscInt64)size[s] * pivots;
    for (PetscInt k = p->first[s]; k < p->first[s + 1]; k++) front_of[k] = s;
  }
  for (PetscInt s = 0; s < n_fronts; s++) {
    const PetscInt above = tree[p->first[s + 1] - 1];
    p->parent[s] = above < 0 ? -1 : front_of[above];
  }
  PetscCall(PetscFree3(zeros, size, front_of));
  PetscFunctionReturn(0);
}

static void take_row(PetscInt row, PetscInt last, PetscInt s, PetscInt mark[], PetscInt rows[], PetscInt *n)
{
  if (row <= last || mark[row] == s) return;
  mark[row] = s;
  rows[(*n)++] = row;
}

/* The rows of every front: of its pivots' edges and of its children's updates. */
static PetscErrorCode list_rows(const Graph *g, Plan *p)
{
  PetscInt *mark, *child, *sibling;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->rows_at[p->n_fronts] + 1, &p->rows));
  PetscCall(PetscMalloc3(p->n, &mark, p->n_fronts, &child, p->n_fronts, &sibling));
  for (PetscInt k = 0; k < p->n; k++) mark[k] = -1;
  for (PetscInt s = 0; s < p->n_fronts; s++) child[s] = -1;
  for (PetscInt s = 0; s < p->n_fronts; s++) {
    const PetscInt last = p->first[s + 1] - 1;
    PetscInt *rows = p->rows + p->rows_at[s], n = 0;
    for (PetscInt k = p->first[s]; k <= last; k++) {
      const PetscInt i = p->order[k];
      for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++)
        take_row(p->position[g->neighbours[e]], last, s, mark, rows, &n);
    }
    for (PetscInt c = child[s]; c >= 0; c = sibling[c]) {
      for (PetscInt64 r = p->rows_at[c]; r < p->rows_at[c + 1]; r++)
        take_row(p->rows[r], last, s, mark, rows, &n);
    }
    PetscCheck(n == p->rows_at[s + 1] - p->rows_at[s], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "front %" PetscInt_FMT " has %" PetscInt_FMT " rows, counted were %" PetscInt64_FMT, s, n,
               p->rows_at[s + 1] - p->rows_at[s]);
    PetscCall(PetscSortInt(n, rows));
    if (p->parent[s] >= 0) {
      sibling[s] = child[p->parent[s]];
      child[p->parent[s]] = s;
    }
  }
  PetscCall(PetscFree3(mark, child, sibling));
  PetscFunctionReturn(0);
}

/* Memory of the stack of updates, and the work. */
static PetscErrorCode measure(Plan *p)
{
  PetscInt64 *waiting, stack = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(p->n_fronts, &waiting));
  for (PetscInt s = 0; s < p->n_fronts; s++) {
    const PetscInt u = (PetscInt)(p->rows_at[s + 1] - p->rows_at[s]), m = u + p->first[s + 1] - p->first[s];
    const PetscInt64 packed = (PetscInt64)u * (u + 1) / 2;
    p->largest_front = PetscMax(p->largest_front, m);
    p->largest_update = PetscMax(p->largest_update, u);
    for (PetscInt k = u; k < m; k++) p->flops += (PetscReal)k * (PetscReal)(k + 1);
    stack += packed - waiting[s];
    p->largest_stack = PetscMax(p->largest_stack, stack);
    if (p->parent[s] >= 0) waiting[p->parent[s]] += packed;
  }
  PetscCall(PetscFree(waiting));
  PetscFunctionReturn(0);
}

/* The order of an earlier plan of the same graph; nodes that were grounded then come last. */
static PetscErrorCode follow(const Graph *g, const Plan *like, Plan *p)
{
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->n, &p->order));
  for (PetscInt k = 0; k < like->n; k++) {
    if (p->position[like->order[k]] >= 0) p->order[n++] = like->order[k];
  }
  for (PetscInt i = 0; i < g->n; i++) {
    if (p->position[i] >= 0 && like->position[i] < 0) p->order[n++] = i;
  }
  for (PetscInt k = 0; k < n; k++) p->position[p->order[k]] = k;
  p->n = n;
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationPlanCreate(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                                     const Plan *like, Plan *plan)
{
  PetscInt *tree, *count;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(plan, sizeof(*plan)));
  PetscCall(PetscMalloc1(graph->n, &plan->position));
  PetscCall(mark_reachable(graph, n_grounded, grounded, plan->position));
  if (like)
    PetscCall(follow(graph, like, plan));
  else
    PetscCall(dissect(graph, plan));
  PetscCall(PetscMalloc2(plan->n, &tree, plan->n, &count));
  PetscCall(grow_tree(graph, plan, tree));
  PetscCall(postorder(plan, tree));
  PetscCall(count_columns(graph, plan, tree, count));
  PetscCall(gather_fronts(plan, tree, count));
  PetscCall(PetscFree2(tree, count));
  PetscCall(list_rows(graph, plan));
  PetscCall(measure(plan));
  PetscFunctionReturn(0);
}

PetscErrorCode EliminationPlanDestroy(Plan *plan)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(plan->order));
  PetscCall(PetscFree(plan->position));
  PetscCall(PetscFree(plan->first));
  PetscCall(PetscFree3(plan->parent, plan->rows_at, plan->panel_at));
  PetscCall(PetscFree(plan->rows));
  PetscFunctionReturn(0);
}
