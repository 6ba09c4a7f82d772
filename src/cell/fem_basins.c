/* Flooding: nodes in the order of falling weight join the wells of their neighbours. */
#include "fem_basins.h"

#define LOWEST_THRESHOLD 14

typedef struct {
  const Torus *torus;
  const PetscReal *weight; /* [nodes] logarithms */
  PetscReal threshold;
  PetscInt dim;
  PetscInt *up, *shift; /* trees of nodes: parent, and shift of this node against it [nodes][dim] */
  PetscInt *label;      /* [nodes] the well a node joined; -1: still dry */
  PetscInt *peak;       /* [nodes] by label: its deepest node */
  PetscInt *merged;     /* [nodes] by label: the label it was merged into, or itself */
  PetscInt *hangs;      /* [nodes] by label: the label it hangs on, or -1 */
  PetscInt labels;
} Flood;

/* The root of a node's tree; total[dim] is the shift of the node against it. Shortens the path. */
static PetscInt find_root(Flood *f, PetscInt i, PetscInt total[])
{
  PetscInt root = i, sum[REITER_MAX_DIM] = {0};

  while (f->up[root] != root) {
    for (PetscInt c = 0; c < f->dim; c++) sum[c] += f->shift[root * f->dim + c];
    root = f->up[root];
  }
  for (PetscInt c = 0; c < f->dim; c++) total[c] = sum[c];
  while (f->up[i] != root) {
    const PetscInt next = f->up[i];
    for (PetscInt c = 0; c < f->dim; c++) {
      const PetscInt own = f->shift[i * f->dim + c];
      f->shift[i * f->dim + c] = sum[c];
      sum[c] -= own;
    }
    f->up[i] = root;
    i = next;
  }
  return root;
}

static PetscInt final_label(Flood *f, PetscInt label)
{
  while (f->merged[label] != label) label = f->merged[label] = f->merged[f->merged[label]];
  return label;
}

/* Joins the trees of i and of its neighbour j, whose copy shifted by cross[dim] touches i's copy 0, when the
   water stands at the weight `level`. */
static void join(Flood *f, PetscInt i, PetscInt j, const PetscInt cross[], PetscReal level)
{
  PetscInt si[REITER_MAX_DIM], sj[REITER_MAX_DIM];
  PetscInt ri = find_root(f, i, si), rj = find_root(f, j, sj), sign = 1;

  if (ri == rj) return;
  PetscInt stays = final_label(f, f->label[i]), goes = final_label(f, f->label[rj]);
  /* labels are given by falling weight: the smaller one is the deeper well, ties included */
  if (f->label[rj] < f->label[ri]) {
    const PetscInt swap = ri;
    ri = rj;
    rj = swap;
    sign = -1;
    stays = final_label(f, f->label[j]);
    goes = final_label(f, f->label[rj]);
  }
  /* the copies that touch: si + cross = sj + shift of j's root against i's */
  for (PetscInt c = 0; c < f->dim; c++) f->shift[rj * f->dim + c] = sign * (si[c] + cross[c] - sj[c]);
  f->up[rj] = ri;
  if (f->weight[rj] - level < f->threshold)
    f->merged[goes] = stays;
  else
    f->hangs[goes] = stays;
}

static void flood_node(Flood *f, PetscInt i)
{
  PetscInt rest = i, stride = 1, best = -1, neighbour[2 * REITER_MAX_DIM], cross[2 * REITER_MAX_DIM];
  PetscInt m = 0;

  for (PetscInt c = 0; c < f->dim; c++) {
    const PetscInt n = f->torus->axis[c].nodes, k = rest % n;
    rest /= n;
    for (PetscInt side = -1; side <= 1 && n > 1; side += 2) {
      const PetscInt to = k + side, wrap = to < 0 ? -1 : (to == n ? 1 : 0);
      neighbour[m] = i + (side - wrap * n) * stride;
      cross[m] = wrap * (c + 1);
      if (f->label[neighbour[m]] < 0) continue;
      if (best < 0 || f->weight[neighbour[m]] > f->weight[neighbour[best]]) best = m;
      m++;
    }
    stride *= n;
  }
  f->up[i] = i;
  for (PetscInt c = 0; c < f->dim; c++) f->shift[i * f->dim + c] = 0;
  if (best < 0) {
    f->label[i] = f->labels;
    f->peak[f->labels] = i;
    f->merged[f->labels] = f->labels;
    f->hangs[f->labels] = -1;
    f->labels++;
    return;
  }
  f->label[i] = f->label[neighbour[best]];
  for (PetscInt k = 0; k < m; k++) {
    /* the strongest neighbour first: the node becomes part of its tree */
    const PetscInt at = k == 0 ? best : (k <= best ? k - 1 : k);
    PetscInt over[REITER_MAX_DIM] = {0};
    if (cross[at]) over[PetscAbsInt(cross[at]) - 1] = cross[at] > 0 ? 1 : -1;
    if (k == 0) {
      PetscInt total[REITER_MAX_DIM];
      f->up[i] = find_root(f, neighbour[at], total);
      for (PetscInt c = 0; c < f->dim; c++) f->shift[i * f->dim + c] = total[c] - over[c];
    } else {
      join(f, i, neighbour[at], over, f->weight[i]);
    }
  }
}

static PetscErrorCode flood_all(Flood *f, const PetscInt order[])
{
  PetscFunctionBegin;
  f->labels = 0;
  for (PetscInt i = 0; i < f->torus->nodes; i++) f->label[i] = -1;
  for (PetscInt i = 0; i < f->torus->nodes; i++) flood_node(f, order[i]);
  PetscFunctionReturn(0);
}

/* Numbers the wells that are left by falling depth of their peaks (the order in which labels were given). */
static PetscErrorCode collect(Flood *f, Basins *b)
{
  PetscInt *number, total[REITER_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(f->labels, &number));
  b->count = 0;
  for (PetscInt l = 0; l < f->labels; l++) {
    if (f->merged[l] == l) number[l] = b->count++;
  }
  PetscCall(PetscMalloc4(f->torus->nodes, &b->basin, f->torus->nodes * b->dim, &b->shift, b->count, &b->root,
                         b->count * b->count, &b->inside));
  PetscCall(PetscArrayzero(b->inside, b->count * b->count));
  for (PetscInt l = 0; l < f->labels; l++) {
    if (f->merged[l] != l) continue;
    b->root[number[l]] = f->peak[l];
    for (PetscInt m = l; m >= 0; m = f->hangs[m] < 0 ? -1 : final_label(f, f->hangs[m])) {
      b->inside[number[m] * b->count + number[l]] = PETSC_TRUE;
    }
  }
  for (PetscInt i = 0; i < f->torus->nodes; i++) {
    b->basin[i] = number[final_label(f, f->label[i])];
    (void)find_root(f, i, total);
    for (PetscInt c = 0; c < b->dim; c++) b->shift[i * b->dim + c] = total[c];
  }
  PetscCall(PetscFree(number));
  PetscFunctionReturn(0);
}

static PetscInt count_left(const Flood *f)
{
  PetscInt n = 0;

  for (PetscInt l = 0; l < f->labels; l++) n += f->merged[l] == l;
  return n;
}

PetscErrorCode BasinsCreate(const Torus *torus, const PetscReal log_weight[], PetscInt most, Basins *basins)
{
  const PetscInt n = torus->nodes;
  Flood f = {.torus = torus, .weight = log_weight, .threshold = LOWEST_THRESHOLD, .dim = torus->dim};
  PetscReal *key;
  PetscInt *order;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(basins, sizeof(*basins)));
  basins->dim = torus->dim;
  PetscCall(PetscMalloc2(n, &key, n, &order));
  PetscCall(PetscMalloc6(n, &f.up, n * f.dim, &f.shift, n, &f.label, n, &f.peak, n, &f.merged, n, &f.hangs));
  for (PetscInt i = 0; i < n; i++) {
    key[i] = -log_weight[i];
    order[i] = i;
  }
  PetscCall(PetscSortRealWithArrayInt(n, key, order));
  PetscCall(flood_all(&f, order));
  while (count_left(&f) > most) {
    f.threshold *= 1.5;
    PetscCall(flood_all(&f, order));
  }
  PetscCall(collect(&f, basins));
  PetscCall(PetscFree2(key, order));
  PetscCall(PetscFree6(f.up, f.shift, f.label, f.peak, f.merged, f.hangs));
  PetscFunctionReturn(0);
}

PetscErrorCode BasinsDestroy(Basins *basins)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(basins->basin, basins->shift, basins->root, basins->inside));
  PetscFunctionReturn(0);
}

void BasinsTurns(const Torus *t, const PetscInt e[], PetscInt turns[])
{
  for (PetscInt a = 0; a < t->local; a++) {
    PetscInt rest = a;
    for (PetscInt c = 0; c < t->dim; c++) {
      const TorusAxis *x = &t->axis[c];
      turns[a * t->dim + c] = rest % (x->order + 1) == x->order && e[c] == x->cells - 1;
      rest /= x->order + 1;
    }
  }
}

PetscBool BasinsLift(const Basins *b, PetscInt local, const PetscInt index[], const PetscInt turns[],
                     PetscReal value[], PetscBool active[])
{
  const PetscInt wells = b->count - 1, d = b->dim, first = index[0];
  PetscBool any = PETSC_FALSE;

  for (PetscInt a = 1; a < local && !any; a++) {
    if (b->basin[index[a]] != b->basin[first]) any = PETSC_TRUE;
    for (PetscInt c = 0; c < d; c++) {
      if (turns[a * d + c] - b->shift[index[a] * d + c] != turns[c] - b->shift[first * d + c])
        any = PETSC_TRUE;
    }
  }
  if (!any) return PETSC_FALSE;
  for (PetscInt f = 0; f < wells + d; f++) {
    active[f] = PETSC_FALSE;
    for (PetscInt a = 0; a < local; a++) {
      PetscInt v = 0;
      if (f >= wells) {
        const PetscInt c = f - wells;
        v = turns[a * d + c] - b->shift[index[a] * d + c] - turns[c] + b->shift[first * d + c];
      } else if (b->root[f + 1] >= 0) {
        const PetscBool *in = b->inside + (f + 1) * b->count;
        v = (PetscInt)in[b->basin[index[a]]] - (PetscInt)in[b->basin[first]];
      }
      value[f * local + a] = (PetscReal)v;
      if (v != 0) active[f] = PETSC_TRUE;
    }
  }
  return PETSC_TRUE;
}
