#include "space_density.h"
#include <math.h>

enum {
  SAMPLES = 3,
  MOST_SAMPLES = 81,
  FIRST_PANELS = 4,
  MOST_ROUNDS = 60,
  JUMP_ROUNDS = 10,
  MOST_BOXES = 400000
};
/* exp(-nothing) of the largest is nothing; of two dimensions 1e-12 has to do, for boxes of phase space are many. A Gauss rule
   of 8 points integrates exp(6 t) to 5e-11, one of 14 exp(7 t) to round-off. */
static PetscReal nothing_of(PetscInt D)
{
  return D == 2 ? 45 : 28;
}
static PetscReal most_variation(PetscInt D)
{
  return D == 2 ? 7 : 6;
}
static const PetscReal zero = -PETSC_MAX_REAL;
/* Beyond it e^(x^2/4) has no room, and no Hermite function of the levels allowed is there. */
static const PetscReal farthest = 50;

typedef struct {
  PhaseBox box;
  PetscReal log_rho, log_h; /* the largest of rho, and of rho over the root of W_st */
  PetscReal variation[PHASE_DIM];
} Candidate;

typedef struct {
  PetscInt n, room;
  Candidate *all;
} List;

static PetscErrorCode list_add(List *list, const Candidate *c)
{
  PetscFunctionBegin;
  if (list->n == list->room) {
    list->room = list->room ? 2 * list->room : 1024;
    PetscCall(PetscRealloc((size_t)list->room * sizeof(Candidate), &list->all));
  }
  list->all[list->n++] = *c;
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseDensityEvaluate(PhaseSpace space, const PhaseDensity *density, PetscInt n,
                                    const PetscReal z[], PetscReal q[], PetscReal p[], PetscReal log_rho[],
                                    PetscReal sign[])
{
  const PetscInt dim = space->settings.dim;
  const PetscReal unit = PetscSqrtReal(space->settings.mass * space->settings.temperature);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt a = 0; a < dim; a++) {
      q[i * dim + a] = z[i * 2 * dim + a];
      p[i * dim + a] = unit * z[i * 2 * dim + dim + a];
    }
  }
  PetscCall(density->f(density->ctx, n, q, p, log_rho));
  for (PetscInt i = 0; i < n; i++) {
    sign[i] = density->log_rho || log_rho[i] >= 0 ? 1 : -1;
    if (!density->log_rho) log_rho[i] = PetscLogReal(PetscAbsReal(log_rho[i]));
    if (!(log_rho[i] > zero)) log_rho[i] = zero;
  }
  PetscFunctionReturn(0);
}

/* Cells (in the pieces of their quadrature) times a few intervals of each momentum. */
static PetscErrorCode first_boxes(PhaseSpace space, List *list)
{
  const PetscInt dim = space->settings.dim;
  const PetscReal far = PetscMin(2 * PetscSqrtReal((PetscReal)space->settings.levels) + 10, farthest);
  PetscInt n[PHASE_DIM], total = 1;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 2 * dim; a++) {
    n[a] = a < dim ? space->line[a].cells * space->line[a].pieces : FIRST_PANELS;
    total *= n[a];
  }
  for (PetscInt k = 0; k < total; k++) {
    Candidate c = {.box.dim = dim, .log_rho = zero};
    for (PetscInt a = 0, rest = k; a < 2 * dim; rest /= n[a++]) {
      const PetscReal lo = a < dim ? space->line[a].lo : -far,
                      length = a < dim ? space->line[a].hi - lo : 2 * far;
      const PetscInt i = rest % n[a];
      c.box.lo[a] = lo + length * (PetscReal)i / (PetscReal)n[a];
      c.box.hi[a] = i + 1 == n[a] ? lo + length : lo + length * (PetscReal)(i + 1) / (PetscReal)n[a];
      if (a < dim) c.box.cell[a] = i / space->line[a].pieces;
    }
    PetscCall(list_add(list, &c));
  }
  PetscFunctionReturn(0);
}

/* Samples at the ends and the middle of all directions. */
static void sample_points(PetscInt D, const PhaseBox *box, PetscInt n, PetscReal z[])
{
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt a = 0, rest = k; a < D; a++, rest /= SAMPLES)
      z[k * D + a] = box->lo[a] + (box->hi[a] - box->lo[a]) * (PetscReal)(rest % SAMPLES) / (SAMPLES - 1);
  }
}

/* From the logarithms at those points. */
static void judge(PhaseSpace space, PetscInt n, const PetscReal z[], PetscReal value[], Candidate *c)
{
  const PetscInt dim = space->settings.dim, D = 2 * dim;
  const PetscReal most = space->weight.most[c->box.cell[1] * space->line[0].cells + c->box.cell[0]];

  c->log_rho = c->log_h = zero;
  for (PetscInt k = 0; k < n; k++) {
    c->log_rho = PetscMax(c->log_rho, value[k]);
    if (value[k] == zero) continue;
    for (PetscInt a = dim; a < D; a++) value[k] += 0.25 * z[k * D + a] * z[k * D + a];
    c->log_h = PetscMax(c->log_h, value[k] - 0.5 * most);
  }
  for (PetscInt a = 0, step = 1; a < D; a++, step *= SAMPLES) {
    c->variation[a] = 0;
    for (PetscInt k = 0; k < n; k++) {
      PetscReal low = PETSC_MAX_REAL, high = zero;
      if (k / step % SAMPLES) continue;
      for (PetscInt i = 0; i < SAMPLES; i++) {
        low = PetscMin(low, value[k + i * step]);
        high = PetscMax(high, value[k + i * step]);
      }
      if (high > zero) c->variation[a] = PetscMax(c->variation[a], low > zero ? high - low : PETSC_INFINITY);
    }
  }
}

static PetscErrorCode judge_all(PhaseSpace space, const PhaseDensity *density, List *list,
                                PetscReal highest[2])
{
  const PetscInt D = 2 * space->settings.dim, n = D == 2 ? SAMPLES * SAMPLES : MOST_SAMPLES, block = 64;
  PetscReal *z, *q, *p, *value, *sign;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(block * n * D, &z, block * n * D, &q, block * n * D, &p, block * n, &value,
                         block * n, &sign));
  for (PetscInt k = 0; k < list->n; k += block) {
    const PetscInt m = PetscMin(block, list->n - k);
    for (PetscInt i = 0; i < m; i++) sample_points(D, &list->all[k + i].box, n, z + i * n * D);
    PetscCall(PhaseDensityEvaluate(space, density, m * n, z, q, p, value, sign));
    for (PetscInt i = 0; i < m; i++) {
      Candidate *const c = &list->all[k + i];
      judge(space, n, z + i * n * D, value + i * n, c);
      highest[0] = PetscMax(highest[0], c->log_rho);
      highest[1] = PetscMax(highest[1], c->log_h);
    }
  }
  PetscCall(PetscFree5(z, q, p, value, sign));
  PetscFunctionReturn(0);
}

/* A box may hide as much above its samples as they vary. */
static PetscBool is_nothing(PetscInt D, const Candidate *c, const PetscReal highest[2], PetscBool early)
{
  PetscReal hidden = 0;

  if (c->log_rho == zero) return early ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt a = 0; a < D; a++) hidden += c->variation[a];
  return c->log_rho + hidden < highest[0] - nothing_of(D) && c->log_h + hidden < highest[1] - nothing_of(D)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Halves in the directions that ask for it; false: in none. */
static PetscErrorCode split(PhaseSpace space, const Candidate *c, PetscInt gauss, PetscInt round,
                            PetscBool early, List *next, PetscBool *done)
{
  const PetscInt dim = space->settings.dim, D = 2 * dim;
  /* a wave of the highest Hermite function has that many points in a panel */
  const PetscReal widest = (PetscReal)gauss / 2 / PetscSqrtReal((PetscReal)space->settings.levels);
  PetscInt cut = 0;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < D; a++) {
    const PetscReal v = c->variation[a];
    const PetscBool varies =
        v > most_variation(D) && (v < PETSC_INFINITY || round < JUMP_ROUNDS) ? PETSC_TRUE : PETSC_FALSE;
    if (varies || (a >= dim && c->box.hi[a] - c->box.lo[a] > widest) || (early && c->log_rho == zero))
      cut |= 1 << a;
  }
  *done = cut ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt part = 0; cut && part < 1 << D; part++) {
    Candidate child = *c;
    if (part & ~cut) continue;
    for (PetscInt a = 0; a < D; a++) {
      const PetscReal middle = 0.5 * (c->box.lo[a] + c->box.hi[a]);
      if (!(cut >> a & 1)) continue;
      if (part >> a & 1) {
        child.box.lo[a] = middle;
      } else {
        child.box.hi[a] = middle;
      }
    }
    PetscCall(list_add(next, &child));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseBoxesCreate(PhaseSpace space, const PhaseDensity *density, PetscInt gauss, PetscInt *n,
                                PhaseBox **boxes, PetscReal *highest)
{
  const PetscInt D = 2 * space->settings.dim;
  PetscReal high[2] = {zero, zero};
  List now = {0}, next = {0}, good = {0};
  PetscInt kept = 0;

  PetscFunctionBegin;
  PetscCall(first_boxes(space, &now));
  for (PetscInt round = 0; now.n; round++) {
    const PetscBool early = round < (D == 2 ? 3 : 1) ? PETSC_TRUE : PETSC_FALSE;
    const PetscBool last = round == MOST_ROUNDS || now.n + good.n > MOST_BOXES ? PETSC_TRUE : PETSC_FALSE;
    List swap = now;
    PetscCall(judge_all(space, density, &now, high));
    next.n = 0;
    for (PetscInt i = 0; i < now.n; i++) {
      PetscBool done = last;
      if (is_nothing(D, &now.all[i], high, early)) continue;
      if (!done) PetscCall(split(space, &now.all[i], gauss, round, early, &next, &done));
      if (done) PetscCall(list_add(&good, &now.all[i]));
    }
    now = next;
    next = swap;
  }
  PetscCall(PetscMalloc1(good.n, boxes));
  for (PetscInt i = 0; i < good.n; i++)
    if (!is_nothing(D, &good.all[i], high, PETSC_FALSE)) (*boxes)[kept++] = good.all[i].box;
  *n = kept;
  *highest = high[0];
  PetscCall(PetscFree(now.all));
  PetscCall(PetscFree(next.all));
  PetscCall(PetscFree(good.all));
  PetscFunctionReturn(0);
}
