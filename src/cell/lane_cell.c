#include "lane_cell.h"

static PetscErrorCode allocate(LaneCell c)
{
  const PetscInt dim = c->grid->dim, n = c->grid->n;
  Lane **const all[] = {&c->f, &c->Af, &c->inverse, &c->f_hat, &c->x,   &c->r,
                        &c->p, &c->Ap, &c->z,       &c->hat,   &c->work};
  struct _p_LaneGrid axis = {.total = n};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(all); i++) PetscCall(LaneAllocate(c->grid, all[i]));
  for (PetscInt i = 0; i < dim; i++) {
    PetscCall(LaneAllocate(c->grid, &c->a[i]));
    PetscCall(LaneAllocate(c->grid, &c->v[i]));
    PetscCall(LaneAllocate(c->grid, &c->trial[i]));
    PetscCall(LaneAllocate(&axis, &c->chi[i]));
    PetscCall(LaneAllocate(&axis, &c->slope[i]));
  }
  if (c->scalar) {
    PetscCall(LaneAllocate(c->grid, &c->W));
    PetscCall(LaneAllocate(c->grid, &c->shifted));
  }
  for (PetscInt i = 0; i < dim && !c->scalar; i++) {
    for (PetscInt j = i; j < dim; j++) PetscCall(LaneAllocate(c->grid, &c->C[CellPackedIndex(i, j)]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode LaneCellGet(LaneCell *list, LaneGrid grid, PetscBool scalar, LaneCell *cell)
{
  PetscFunctionBegin;
  for (LaneCell c = *list; c; c = c->next) {
    if (c->grid == grid && c->scalar == scalar) {
      *cell = c;
      PetscFunctionReturn(0);
    }
  }
  PetscCall(PetscNew(cell));
  (*cell)->grid = grid;
  (*cell)->scalar = scalar;
  PetscCall(allocate(*cell));
  (*cell)->next = *list;
  *list = *cell;
  PetscFunctionReturn(0);
}

PetscErrorCode LaneCellDestroyAll(LaneCell *list)
{
  PetscFunctionBegin;
  while (*list) {
    LaneCell c = *list;
    Lane **const all[] = {&c->f,  &c->Af, &c->inverse, &c->f_hat, &c->x, &c->r,      &c->p,
                          &c->Ap, &c->z,  &c->hat,     &c->work,  &c->W, &c->shifted};
    *list = c->next;
    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(all); i++) PetscCall(LaneFree(all[i]));
    for (PetscInt i = 0; i < 3; i++) {
      PetscCall(LaneFree(&c->a[i]));
      PetscCall(LaneFree(&c->v[i]));
      PetscCall(LaneFree(&c->trial[i]));
      PetscCall(LaneFree(&c->chi[i]));
      PetscCall(LaneFree(&c->slope[i]));
    }
    for (PetscInt p = 0; p < CELL_PACKED; p++) PetscCall(LaneFree(&c->C[p]));
    PetscCall(PetscFree(c));
  }
  PetscFunctionReturn(0);
}

/* The index along axis j of the points of a row (n points along component 0): `at` + i step. */
static void row_place(LaneGrid g, PetscInt row, PetscInt j, PetscInt *at, PetscInt *step)
{
  *at = j == 0 ? 0 : j == 1 ? row % g->n : row / g->n;
  *step = j == 0;
}

/* chi_j ~ (int f^2 C_jj over the other components)^{-1/2}, mean one, its slope from d f^2 = -2 a f^2, and f chi_j. The
   power 1/2 keeps f chi as smooth as f; -1, the best for C = I, would make it as steep as 1/f. */
ANY_MACHINE static void set_trial(LaneCell c, PetscInt j)
{
  const LaneGrid g = c->grid;
  const PetscInt n = g->n;
  Lane *chi = c->chi[j], *slope = c->slope[j], sum = {0, 0, 0, 0};
  const Lane zero = {0, 0, 0, 0}, *f = c->f, *a = c->a[j];
  const Lane *C = c->scalar ? NULL : c->C[CellPackedIndex(j, j)];
  PetscInt at, step;

  for (PetscInt i = 0; i < n; i++) chi[i] = slope[i] = zero;
  for (PetscInt row = 0; row < g->total / n; row++) {
    row_place(g, row, j, &at, &step);
    for (PetscInt i = 0, q = row * n; i < n; i++, q++) {
      const Lane w = C ? f[q] * f[q] * C[q] : f[q] * f[q];
      chi[at + step * i] += w;
      slope[at + step * i] += w * a[q];
    }
  }
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt l = 0; l < LANES; l++) {
      const PetscReal weight = PetscMax(chi[i][l], 1e-280); /* any positive weight gives a bound */
      slope[i][l] *= 0.5 / weight;
      chi[i][l] = 1 / PetscSqrtReal(weight);
    }
    sum += chi[i];
  }
  sum /= (PetscReal)n;
  for (PetscInt i = 0; i < n; i++) chi[i] /= sum;
  for (PetscInt row = 0; row < g->total / n; row++) {
    row_place(g, row, j, &at, &step);
    for (PetscInt i = 0, q = row * n; i < n; i++, q++) c->trial[j][q] = f[q] * chi[at + step * i];
  }
}

/* The symbol k.Cmean k + c of the preconditioner, c = mean of max(W, 0) or of a.Cmean a, which keeps it from zero. */
ANY_MACHINE static void set_inverse(LaneCell c)
{
  const LaneGrid g = c->grid;
  const PetscReal total = (PetscReal)g->total;
  Lane mean[CELL_PACKED] = {{0}}, shift = {0, 0, 0, 0};

  for (PetscInt i = 0; i < g->dim && !c->scalar; i++) {
    for (PetscInt j = i; j < g->dim; j++) {
      const PetscInt p = CellPackedIndex(i, j);
      for (PetscInt q = 0; q < g->total; q++) mean[p] += c->C[p][q];
      mean[p] /= total;
    }
  }
  for (PetscInt q = 0; q < g->total; q++) {
    if (c->scalar) {
      const Lane W = c->W[q];
      for (PetscInt l = 0; l < LANES; l++) shift[l] += PetscMax(W[l], 0);
    }
    for (PetscInt i = 0; i < g->dim && !c->scalar; i++) {
      for (PetscInt j = 0; j < g->dim; j++) shift += mean[CellPackedIndex(i, j)] * c->a[i][q] * c->a[j][q];
    }
  }
  for (PetscInt l = 0; l < LANES; l++) shift[l] = c->shift[l] = PetscMax(shift[l] / total, 1e-2);
  for (PetscInt q = 0; q < g->total && c->scalar; q++) c->shifted[q] = c->W[q] - shift;
  for (PetscInt q = 0; q < g->total; q++) {
    Lane s = shift;
    if (c->scalar) s += g->k2[q];
    for (PetscInt i = 0; i < g->dim && !c->scalar; i++) {
      for (PetscInt j = 0; j < g->dim; j++) s += mean[CellPackedIndex(i, j)] * (g->k[i][q] * g->k[j][q]);
    }
    c->inverse[q] = 1 / (total * s);
    /* The Nyquist mode has no derivative on the grid: it is left out of the space. */
    if (!c->scalar && 2 * g->shell[q] == g->n) c->inverse[q] = (Lane){0, 0, 0, 0};
  }
}

ANY_MACHINE static void scale_by_k2(LaneGrid g, Lane hat[])
{
  for (PetscInt q = 0; q < g->total; q++) hat[q] *= g->k2[q] / (PetscReal)g->total;
}

ANY_MACHINE void LaneAddProduct(LaneGrid g, const Lane a[], const Lane x[], Lane y[])
{
  for (PetscInt q = 0; q < g->total; q++) y[q] += a[q] * x[q];
}

ANY_MACHINE void LaneApplyTensor(LaneCell c, Lane *const v[])
{
  const PetscInt dim = c->grid->dim;

  if (c->scalar) return;
  for (PetscInt q = 0; q < c->grid->total; q++) {
    Lane w[3];
    for (PetscInt i = 0; i < dim; i++) {
      w[i] = (Lane){0, 0, 0, 0};
      for (PetscInt j = 0; j < dim; j++) w[i] += c->C[CellPackedIndex(i, j)][q] * v[j][q];
    }
    for (PetscInt i = 0; i < dim; i++) v[i][q] = w[i];
  }
}

void LaneApplyAdjoint(LaneCell c, Lane *const v[], Lane y[])
{
  const LaneGrid g = c->grid;
  const PetscReal scale = -1 / (PetscReal)g->total;

  for (PetscInt i = 0; i < g->dim; i++) {
    LaneForward(g, v[i], c->hat);
    if (i == 0)
      LaneDerive(g, i, scale, c->hat, c->work);
    else
      LaneDeriveAdd(g, i, scale, c->hat, c->work);
  }
  LaneBackward(g, c->work, y);
  for (PetscInt i = 0; i < g->dim; i++) LaneAddProduct(g, c->a[i], v[i], y);
}

void LaneApplyGradient(LaneCell c, const Lane hat[], const Lane x[], Lane *const v[])
{
  for (PetscInt i = 0; i < c->grid->dim; i++) {
    LaneDerive(c->grid, i, 1 / (PetscReal)c->grid->total, hat, c->work);
    LaneBackward(c->grid, c->work, v[i]);
    LaneAddProduct(c->grid, c->a[i], x, v[i]);
  }
}

/* y = B* C B x, not projected. */
void LaneApplyOperator(LaneCell c, const Lane x[], Lane y[])
{
  const LaneGrid g = c->grid;

  LaneForward(g, x, c->hat);
  if (c->scalar) {
    scale_by_k2(g, c->hat);
    LaneBackward(g, c->hat, y);
    LaneAddProduct(g, c->W, x, y);
    return;
  }
  LaneApplyGradient(c, c->hat, x, c->v);
  LaneApplyTensor(c, c->v);
  LaneApplyAdjoint(c, c->v, y);
}

PetscErrorCode LaneCellPrepare(LaneCell c)
{
  const LaneGrid g = c->grid;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) set_trial(c, j);
  set_inverse(c);
  LaneDot(g, c->f, c->f, c->ff);
  LaneForward(g, c->f, c->f_hat);
  if (c->scalar) LaneApplyOperator(c, c->f, c->Af);
  PetscFunctionReturn(0);
}
