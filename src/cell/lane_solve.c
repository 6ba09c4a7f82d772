#include "lane_cell.h"

enum { PROBE_STEPS = 12 };

/* The right-hand side -B* C t of every lane. With exact derivatives grad f = -a f and chi' = 2 slope chi:
   2 f chi (slope - a_j). */
ANY_MACHINE static void scalar_side(LaneCell c, Lane b[])
{
  const LaneGrid g = c->grid;
  const PetscInt n = g->n;

  for (PetscInt j = 0; j < g->dim; j++) {
    Lane P;
    const PetscInt stride = j == 0 ? 1 : j == 1 ? n : n * n;
    const Lane *slope = c->slope[j], *t = c->trial[j], *a = c->a[j];
    for (PetscInt l = 0; l < LANES; l++) P[l] = 2 * c->P[j][l];
    for (PetscInt row = 0; row < g->total / n; row++) {
      for (PetscInt i = 0, q = row * n; i < n; i++, q++) {
        const Lane value = P * t[q] * (slope[j == 0 ? i : q / stride % n] - a[q]);
        b[q] = j == 0 ? value : b[q] + value;
      }
    }
  }
}

/* v_i = sum_j C_ij P_j f chi_j; its quadratic form with t goes to the trial's energy. */
ANY_MACHINE static void tensor_trial(LaneCell c, Lane *const v[])
{
  const LaneGrid g = c->grid;
  Lane P[3], energy = {0, 0, 0, 0};

  for (PetscInt j = 0; j < g->dim; j++) {
    for (PetscInt l = 0; l < LANES; l++) P[j][l] = c->P[j][l];
  }
  for (PetscInt q = 0; q < g->total; q++) {
    Lane t[3];
    for (PetscInt j = 0; j < g->dim; j++) t[j] = P[j] * c->trial[j][q];
    for (PetscInt i = 0; i < g->dim; i++) {
      Lane w = c->scalar ? t[i] : (Lane){0, 0, 0, 0};
      for (PetscInt j = 0; j < g->dim && !c->scalar; j++) w += c->C[CellPackedIndex(i, j)][q] * t[j];
      v[i][q] = w;
      energy += t[i] * w;
    }
  }
  for (PetscInt l = 0; l < LANES; l++) c->trial_energy[l] = energy[l];
}

ANY_MACHINE static void negate(LaneGrid g, Lane y[])
{
  for (PetscInt q = 0; q < g->total; q++) y[q] = -y[q];
}

/* y = y - f <f, y>/<f, f>: what is left of f in y is discretisation error that the solver must not chase. */
ANY_MACHINE static void project(LaneCell c, Lane y[])
{
  Lane sum = {0, 0, 0, 0};

  for (PetscInt q = 0; q < c->grid->total; q++) sum += c->f[q] * y[q];
  for (PetscInt l = 0; l < LANES; l++) sum[l] /= c->ff[l];
  for (PetscInt q = 0; q < c->grid->total; q++) y[q] -= sum * c->f[q];
}

static void largest(LaneGrid g, const Lane x[], PetscReal most[LANES])
{
  for (PetscInt l = 0; l < LANES; l++) most[l] = 0;
  for (PetscInt q = 0; q < g->total; q++) {
    for (PetscInt l = 0; l < LANES; l++) most[l] = PetscMax(most[l], PetscAbsReal(x[q][l]));
  }
}

/* Noise that is the same in every run. */
static void put_noise(LaneGrid g, PetscInt lane, Lane b[])
{
  uint64_t state = 88172645463325252u;

  for (PetscInt q = 0; q < g->total; q++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    b[q][lane] = (PetscReal)(state >> 11) / 9007199254740992.0 - 0.5;
  }
}

PetscErrorCode LaneCellStart(LaneCell c)
{
  const LaneGrid g = c->grid;
  PetscReal size[LANES], whole[3][LANES];

  PetscFunctionBegin;
  tensor_trial(c, c->v);
  if (c->scalar) {
    scalar_side(c, c->r);
  } else {
    LaneApplyAdjoint(c, c->v, c->r);
    negate(g, c->r);
  }
  if (c->probe) put_noise(g, LANES - 1, c->r);
  largest(g, c->r, size);
  for (PetscInt j = 0; j < g->dim; j++) largest(g, c->trial[j], whole[j]);
  project(c, c->r);
  for (PetscInt q = 0; q < g->total; q++) c->x[q] = c->p[q] = c->Ap[q] = (Lane){0, 0, 0, 0};
  c->steps = 0;
  for (PetscInt l = 0; l < LANES; l++) {
    PetscReal trial = 0;
    for (PetscInt j = 0; j < g->dim; j++) trial += PetscAbsReal(c->P[j][l]) * whole[j][l];
    c->energy[l] = c->trial_energy[l];
    c->rz[l] = c->first[l] = c->previous[l] = c->tail[l] = 0;
    c->iterations[l] = 0;
    /* Else the trial field solves the cell: nothing but round-off is left. */
    c->open[l] = (PetscBool)(c->wanted[l] && size[l] > 1e-13 * trial);
  }
  PetscFunctionReturn(0);
}

ANY_MACHINE static void precondition(LaneGrid g, const Lane inverse[], Lane hat[])
{
  for (PetscInt q = 0; q < g->total; q++) hat[q] *= inverse[q];
}

/* <f, z> and <r, z>. */
ANY_MACHINE static void two_dots(LaneCell c, PetscReal fz[LANES], PetscReal rz[LANES])
{
  const Lane *f = c->f, *z = c->z, *r = c->r;
  Lane s[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}}, t[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
  PetscInt q = 0;

  for (; q + 1 < c->grid->total; q += 2) {
    s[0] += f[q] * z[q];
    t[0] += r[q] * z[q];
    s[1] += f[q + 1] * z[q + 1];
    t[1] += r[q + 1] * z[q + 1];
  }
  if (q < c->grid->total) {
    s[0] += f[q] * z[q];
    t[0] += r[q] * z[q];
  }
  for (PetscInt l = 0; l < LANES; l++) {
    fz[l] = s[0][l] + s[1][l];
    rz[l] = t[0][l] + t[1][l];
  }
}

/* p = z - gamma f + beta p and, where A = M - c + W, M z = r, without any transform
   A p = r + (W - c) z - gamma A f + beta A p; sums <p, A p> and <f, A p>. */
ANY_MACHINE static void scalar_direction(LaneCell c, const PetscReal gamma[LANES],
                                         const PetscReal beta[LANES], PetscReal pAp[LANES],
                                         PetscReal fAp[LANES])
{
  const Lane *f = c->f, *z = c->z, *r = c->r, *W = c->shifted, *Af = c->Af;
  Lane *p = c->p, *Ap = c->Ap, g, b, s = {0, 0, 0, 0}, t = {0, 0, 0, 0};

  for (PetscInt l = 0; l < LANES; l++) {
    g[l] = gamma[l];
    b[l] = beta[l];
  }
  for (PetscInt q = 0; q < c->grid->total; q++) {
    const Lane pq = z[q] - g * f[q] + b * p[q];
    const Lane aq = r[q] + W[q] * z[q] - g * Af[q] + b * Ap[q];
    p[q] = pq;
    Ap[q] = aq;
    s += pq * aq;
    t += f[q] * aq;
  }
  for (PetscInt l = 0; l < LANES; l++) {
    pAp[l] = s[l];
    fAp[l] = t[l];
  }
}

ANY_MACHINE static void tensor_direction(LaneCell c, const PetscReal gamma[LANES],
                                         const PetscReal beta[LANES])
{
  const Lane *f = c->f, *z = c->z;
  Lane *p = c->p, g, b;

  for (PetscInt l = 0; l < LANES; l++) {
    g[l] = gamma[l];
    b[l] = beta[l];
  }
  for (PetscInt q = 0; q < c->grid->total; q++) p[q] = z[q] - g * f[q] + b * p[q];
}

/* A p -= delta f, x += alpha p, r -= alpha A p. */
ANY_MACHINE static void advance(LaneCell c, const PetscReal delta[LANES], const PetscReal alpha[LANES])
{
  const Lane *f = c->f, *p = c->p;
  Lane *x = c->x, *r = c->r, *Ap = c->Ap, d, a;

  for (PetscInt l = 0; l < LANES; l++) {
    d[l] = delta[l];
    a[l] = alpha[l];
  }
  for (PetscInt q = 0; q < c->grid->total; q++) {
    const Lane aq = Ap[q] - d * f[q];
    Ap[q] = aq;
    x[q] += a * p[q];
    r[q] -= a * aq;
  }
}

/* Whether lane l has nothing left to do. */
static PetscBool finished(LaneCell c, PetscInt l, PetscReal relative)
{
  if (!c->wanted[l] || !(c->rz[l] > 0)) return PETSC_TRUE;
  /* The probe runs as long as any other lane, but not on its own round-off: that would grow, and reach its neighbour in
     the transforms. */
  if (c->probe && l == LANES - 1) return (PetscBool)(c->rz[l] <= 1e-24 * c->first[l]);
  return (PetscBool)(c->rz[l] <= relative * PetscAbsReal(c->energy[l]) || c->rz[l] <= 1e-31 * c->first[l]);
}

/* z = P r, the lanes' <r, z>, and which are to go on. */
static PetscBool residuals(LaneCell c, PetscReal relative, PetscReal gamma[LANES], PetscReal beta[LANES])
{
  PetscReal fz[LANES], rz[LANES];
  PetscBool any = PETSC_FALSE;

  LaneForward(c->grid, c->r, c->hat);
  precondition(c->grid, c->inverse, c->hat);
  LaneBackward(c->grid, c->hat, c->z);
  two_dots(c, fz, rz);
  for (PetscInt l = 0; l < LANES; l++) {
    gamma[l] = beta[l] = 0;
    if (!c->active[l]) continue;
    if (c->iterations[l] == 0) c->first[l] = rz[l];
    beta[l] = c->previous[l] > 0 ? rz[l] / c->previous[l] : 0;
    if (c->previous[l] > 0 && c->steps <= RITZ_STEPS) c->tail[l] = beta[l];
    gamma[l] = fz[l] / c->ff[l];
    c->rz[l] = rz[l];
    c->active[l] = (PetscBool)!finished(c, l, relative);
    /* The probe runs along, and a few steps for itself. */
    if (c->active[l] && (!(c->probe && l == LANES - 1) || c->steps < PROBE_STEPS)) any = PETSC_TRUE;
  }
  return any;
}

static PetscErrorCode step(LaneCell c, const PetscReal gamma[LANES], const PetscReal beta[LANES])
{
  PetscReal pAp[LANES], fAp[LANES], alpha[LANES];

  PetscFunctionBegin;
  if (c->scalar) {
    scalar_direction(c, gamma, beta, pAp, fAp);
  } else {
    tensor_direction(c, gamma, beta);
    LaneApplyOperator(c, c->p, c->Ap);
    LaneDot(c->grid, c->p, c->Ap, pAp);
    LaneDot(c->grid, c->f, c->Ap, fAp);
  }
  for (PetscInt l = 0; l < LANES; l++) {
    alpha[l] = 0;
    fAp[l] /= c->ff[l];
    c->previous[l] = 0; /* a lane that rests loses its direction */
    if (!c->active[l]) continue;
    if (!(pAp[l] > 0)) { /* round-off has the last word */
      c->active[l] = c->open[l] = PETSC_FALSE;
      continue;
    }
    c->previous[l] = c->rz[l];
    alpha[l] = c->rz[l] / pAp[l];
    c->energy[l] -= alpha[l] * c->rz[l];
    c->iterations[l]++;
  }
  for (PetscInt l = 0; l < LANES && c->steps < RITZ_STEPS; l++) {
    c->alpha[c->steps][l] = alpha[l];
    c->beta[c->steps][l] = beta[l];
  }
  c->steps++;
  advance(c, fAp, alpha);
  PetscFunctionReturn(0);
}

PetscErrorCode LaneCellSolve(LaneCell c, PetscReal relative, PetscInt most, PetscBool *converged)
{
  PetscReal gamma[LANES], beta[LANES];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(c->active, c->open, LANES));
  for (;;) {
    PetscBool more = residuals(c, relative, gamma, beta);
    if (!more && c->probe && c->active[LANES - 1] &&
        c->steps < RITZ_STEPS) { /* until the spectrum is known */
      PetscReal gap = 0;
      if (c->steps % 5 == 0) PetscCall(LaneCellGap(c, &gap));
      more = (PetscBool) !(gap > 0);
    }
    *converged = (PetscBool)!more;
    if (!more || c->steps >= most) break;
    PetscCall(step(c, gamma, beta));
  }
  PetscFunctionReturn(0);
}
