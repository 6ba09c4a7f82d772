/*
  The multifrontal elimination without subtraction (2.7), for one floating-point type. Included by factor_double.c and
  factor_long.c with
    REAL        the type
    NAME(x)     the names of the two entry points
    POWER, ROOT the type's ldexp and sqrt
    RANK_UPDATE a function for update_tile of that type: acc[4][8] = sum_k a[8 k + r] b[8 k + j]
  Only positive numbers are added and multiplied; no entry of a diagonal is ever read.
*/
enum { TILE = 8, STRIP = 4, DEPTH = 64 };

typedef struct {
  const Plan *plan;
  const int *exponent;
  int outside;
  REAL *panels, *roots;
  REAL *killing;       /* [n] edges to the outside, updated like a right-hand side */
  REAL *update, *pack; /* the update of the current front, a full square; operands of the rank update */
  REAL *stack;         /* updates that wait, packed lower triangles by column */
  PetscInt *waiting;   /* the fronts they are of */
  PetscInt n_waiting, *local, *map;
  PetscInt64 top;
  PetscInt lost;
  PetscReal least_log_pivot;
} Front;

/* C_ij += sum_k A_ik A_jk for i >= j, j < columns; C and A have their rows in common. */
static void add_products(PetscInt rows, PetscInt columns, PetscInt depth, const REAL *A, size_t lda, REAL *C,
                         size_t ldc, REAL *pack)
{
  for (PetscInt k0 = 0; k0 < depth; k0 += DEPTH) {
    const PetscInt kd = PetscMin(DEPTH, depth - k0);
    for (PetscInt t = 0; t < rows; t += TILE) {
      REAL *to = pack + (size_t)t * kd;
      for (PetscInt k = 0; k < kd; k++, to += TILE) {
        const REAL *from = A + (size_t)(k0 + k) * lda + t;
        for (PetscInt r = 0; r < TILE; r++) to[r] = t + r < rows ? from[r] : 0;
      }
    }
    for (PetscInt j = 0; j < columns; j += STRIP) {
      const REAL *b = pack + (size_t)(j - j % TILE) * kd + j % TILE;
      for (PetscInt t = j - j % TILE; t < rows; t += TILE) {
        REAL acc[STRIP][TILE];
        RANK_UPDATE(kd, pack + (size_t)t * kd, b, acc);
        for (PetscInt c = 0; c < PetscMin(STRIP, columns - j); c++) {
          REAL *to = C + (size_t)(j + c) * ldc + t;
          const PetscInt n = PetscMin(TILE, rows - t);
          if (n == TILE) {
            for (PetscInt r = 0; r < TILE; r++) to[r] += acc[c][r];
          } else {
            for (PetscInt r = 0; r < n; r++) to[r] += acc[c][r];
          }
        }
      }
    }
  }
}

static PetscInt row_position(const Plan *p, PetscInt s, PetscInt pivots, PetscInt row)
{
  return row < pivots ? p->first[s] + row : p->rows[p->rows_at[s] + row - pivots];
}

/* Scales column k of a front by its pivot, the sum of what is left of its row. */
static void scale_column(Front *f, PetscInt s, PetscInt pivots, PetscInt m, PetscInt k, REAL *column)
{
  const Plan *p = f->plan;
  const PetscInt at = p->first[s] + k;
  const int own = f->exponent[at];
  REAL sum = POWER(f->killing[at], f->outside - own), root, part;

  for (PetscInt i = k + 1; i < m; i++) {
    const int shift = f->exponent[row_position(p, s, pivots, i)] - own;
    sum += shift ? POWER(column[i], shift) : column[i];
  }
  root = ROOT(sum);
  f->roots[at] = root;
  if (!(root > 0)) { /* nothing holds this node any more: what was left has underflowed */
    f->lost++;
    for (PetscInt i = k + 1; i < m; i++) column[i] = 0;
    return;
  }
  f->least_log_pivot = PetscMin(f->least_log_pivot, (PetscReal)(2 * LOGARITHM(root)));
  part = f->killing[at] / root;
  for (PetscInt i = k + 1; i < m; i++) column[i] /= root;
  if (part > 0) {
    for (PetscInt i = k + 1; i < m; i++) f->killing[row_position(p, s, pivots, i)] += column[i] * part;
  }
}

static void eliminate_pivots(Front *f, PetscInt s, PetscInt pivots, PetscInt m, REAL *panel)
{
  for (PetscInt k0 = 0; k0 < pivots; k0 += DEPTH / 2) {
    const PetscInt k1 = PetscMin(pivots, k0 + DEPTH / 2);
    for (PetscInt k = k0; k < k1; k++) {
      REAL *column = panel + (size_t)k * m;
      scale_column(f, s, pivots, m, k, column);
      for (PetscInt j = k + 1; j < k1; j++) {
        const REAL factor = column[j];
        REAL *to = panel + (size_t)j * m;
        if (!(factor > 0)) continue;
        for (PetscInt i = j + 1; i < m; i++) to[i] += column[i] * factor;
      }
    }
    add_products(m - k1, pivots - k1, k1 - k0, panel + (size_t)k0 * m + k1, (size_t)m,
                 panel + (size_t)k1 * m + k1, (size_t)m, f->pack);
  }
}

static void add_edges(Front *f, const Elimination E, const Graph *g, PetscInt s, PetscInt pivots, PetscInt m,
                      REAL *panel)
{
  const Plan *p = f->plan;
  for (PetscInt k = 0; k < pivots; k++) {
    const PetscInt at = p->first[s] + k, i = p->order[at];
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      const PetscInt j = p->position[g->neighbours[e]];
      if (j <= at) continue;
      panel[(size_t)k * m + (j < p->first[s + 1] ? j - p->first[s] : f->local[j])] +=
          (REAL)ScaledWeight(g->log_weight[e], E->log_unit, f->exponent[at] + f->exponent[j]);
    }
  }
}

/* Extend-add of the updates of the children, which are on top of the stack. */
static void add_children(Front *f, PetscInt s, PetscInt pivots, PetscInt m, REAL *panel)
{
  const Plan *p = f->plan;
  const PetscInt u = m - pivots;

  while (f->n_waiting && p->parent[f->waiting[f->n_waiting - 1]] == s) {
    const PetscInt c = f->waiting[--f->n_waiting], uc = (PetscInt)(p->rows_at[c + 1] - p->rows_at[c]);
    const PetscInt *rows = p->rows + p->rows_at[c];
    const REAL *from = f->stack + (f->top -= (PetscInt64)uc * (uc + 1) / 2);
    for (PetscInt a = 0; a < uc; a++)
      f->map[a] = rows[a] < p->first[s + 1] ? rows[a] - p->first[s] : f->local[rows[a]];
    for (PetscInt a = 0; a < uc; a++) {
      const PetscInt column = f->map[a];
      REAL *to =
          column < pivots ? panel + (size_t)column * m : f->update + (size_t)(column - pivots) * u - pivots;
      for (PetscInt b = a; b < uc; b++) to[f->map[b]] += *from++;
    }
  }
}

static void eliminate_front(Front *f, const Elimination E, const Graph *g, PetscInt s)
{
  const Plan *p = f->plan;
  const PetscInt pivots = p->first[s + 1] - p->first[s], u = (PetscInt)(p->rows_at[s + 1] - p->rows_at[s]);
  const PetscInt m = pivots + u;
  REAL *panel = f->panels + p->panel_at[s];

  for (PetscInt a = 0; a < u; a++) f->local[p->rows[p->rows_at[s] + a]] = pivots + a;
  memset(panel, 0, sizeof(*panel) * (size_t)m * (size_t)pivots);
  memset(f->update, 0, sizeof(*panel) * (size_t)u * (size_t)u);
  add_edges(f, E, g, s, pivots, m, panel);
  add_children(f, s, pivots, m, panel);
  eliminate_pivots(f, s, pivots, m, panel);
  add_products(u, u, pivots, panel + pivots, (size_t)m, f->update, (size_t)u, f->pack);
  if (!u) return;
  f->waiting[f->n_waiting++] = s;
  for (PetscInt a = 0; a < u; a++) {
    memcpy(f->stack + f->top, f->update + (size_t)a * (size_t)u + a, sizeof(REAL) * (size_t)(u - a));
    f->top += u - a;
  }
}

/* Edges to grounded nodes, and the killing of the graph. */
static void collect_killing(Front *f, const Elimination E, const Graph *g)
{
  const Plan *p = f->plan;
  for (PetscInt k = 0; k < p->n; k++) {
    const PetscInt i = p->order[k];
    const int power = f->exponent[k] + f->outside;
    f->killing[k] = (REAL)ScaledWeight(g->log_killing[i], E->log_unit, power);
    for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
      if (p->position[g->neighbours[e]] == POSITION_GROUNDED)
        f->killing[k] += (REAL)ScaledWeight(g->log_weight[e], E->log_unit, power);
    }
  }
}

PetscErrorCode NAME(Factor)(Elimination E, const Graph *g)
{
  const Plan *p = &E->plan;
  const size_t u = (size_t)p->largest_update, m = (size_t)p->largest_front;
  Front f = {.plan = p, .exponent = E->exponent, .outside = E->outside};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(p->panel_at[p->n_fronts] + 1, &f.panels));
  PetscCall(PetscMalloc1(p->n, &f.roots));
  PetscCall(PetscMalloc1(p->largest_stack + 1, &f.stack));
  PetscCall(PetscMalloc6(p->n, &f.killing, u * u + 1, &f.update, (m + TILE) * DEPTH, &f.pack, p->n_fronts,
                         &f.waiting, p->n, &f.local, u, &f.map));
  collect_killing(&f, E, g);
  for (PetscInt s = 0; s < p->n_fronts; s++) eliminate_front(&f, E, g, s);
  PetscCall(PetscFree6(f.killing, f.update, f.pack, f.waiting, f.local, f.map));
  PetscCall(PetscFree(f.stack));
  E->panels = f.panels;
  E->roots = f.roots;
  E->lost = f.lost;
  E->least_log_pivot = f.least_log_pivot;
  PetscFunctionReturn(0);
}

static void substitute_forward(const Plan *p, PetscInt s, const REAL *panel, const REAL *roots, REAL *y,
                               REAL *w)
{
  const PetscInt first = p->first[s], pivots = p->first[s + 1] - first;
  const PetscInt u = (PetscInt)(p->rows_at[s + 1] - p->rows_at[s]), m = pivots + u;
  const PetscInt *rows = p->rows + p->rows_at[s];

  for (PetscInt i = 0; i < u; i++) w[i] = 0;
  for (PetscInt k = 0; k < pivots; k++) {
    const REAL *column = panel + (size_t)k * m, *below = column + pivots;
    const REAL value = roots[first + k] > 0 ? y[first + k] / roots[first + k] : 0;
    y[first + k] = value;
    if (!(value > 0)) continue;
    for (PetscInt i = k + 1; i < pivots; i++) y[first + i] += column[i] * value;
    for (PetscInt i = 0; i < u; i++) w[i] += below[i] * value;
  }
  for (PetscInt i = 0; i < u; i++) y[rows[i]] += w[i];
}

static void substitute_back(const Plan *p, PetscInt s, const REAL *panel, const REAL *roots, REAL *y, REAL *w)
{
  const PetscInt first = p->first[s], pivots = p->first[s + 1] - first;
  const PetscInt u = (PetscInt)(p->rows_at[s + 1] - p->rows_at[s]), m = pivots + u;
  const PetscInt *rows = p->rows + p->rows_at[s];

  for (PetscInt i = 0; i < u; i++) w[i] = y[rows[i]];
  for (PetscInt k = pivots - 1; k >= 0; k--) {
    const REAL *column = panel + (size_t)k * m, *below = column + pivots;
    REAL sum[4] = {y[first + k], 0, 0, 0};
    PetscInt i = 0;
    for (PetscInt j = k + 1; j < pivots; j++) sum[0] += column[j] * y[first + j];
    for (; i + 4 <= u; i += 4) {
      for (PetscInt r = 0; r < 4; r++) sum[r] += below[i + r] * w[i + r];
    }
    for (; i < u; i++) sum[0] += below[i] * w[i];
    y[first + k] = roots[first + k] > 0 ? ((sum[0] + sum[1]) + (sum[2] + sum[3])) / roots[first + k] : 0;
  }
}

/* x[n] by position, in units of exp(log_unit). */
PetscErrorCode NAME(Substitute)(Elimination E, long double x[])
{
  const Plan *p = &E->plan;
  const REAL *panels = E->panels, *roots = E->roots;
  REAL *y, *w;
  int largest = INT_MIN, power;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(p->n, &y, p->largest_update + 1, &w));
  for (PetscInt k = 0; k < p->n; k++) {
    if (!(x[k] > 0)) continue;
    frexpl(x[k], &power);
    largest = PetscMax(largest, power - E->exponent[k]);
  }
  if (largest == INT_MIN) largest = 0;
  for (PetscInt k = 0; k < p->n; k++) y[k] = (REAL)ldexpl(x[k], -E->exponent[k] - largest);
  for (PetscInt s = 0; s < p->n_fronts; s++) substitute_forward(p, s, panels + p->panel_at[s], roots, y, w);
  for (PetscInt s = p->n_fronts - 1; s >= 0; s--) substitute_back(p, s, panels + p->panel_at[s], roots, y, w);
  for (PetscInt k = 0; k < p->n; k++) x[k] = ldexpl((long double)y[k], largest - E->exponent[k]);
  PetscCall(PetscFree2(y, w));
  PetscFunctionReturn(0);
}
