#include <sys/resource.h>
#include "cost_pilot.h"

/* Points that lines of two pilots go through: generic, so that products of waves are seen, and equal in all components,
   so that symmetries of the potential save lines, too. */
static const PetscReal bases[2] = {0.137, 0.391};
/* A second pilot, for the range, is worth it while both take less than this share of the work, or 0.2 s. */
#define MOST_SHARE   0.05
#define MOST_SECONDS 0.2
/* Fewer cells do not tell the first from the others. */
enum { CELLS_WITH_SETUP = 4 };

static PetscReal largest_memory(void)
{
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  return 1024 * (PetscReal)usage.ru_maxrss;
}

static PetscReal mean_seconds(const PilotLevel *l)
{
  if (l->cells < CELLS_WITH_SETUP) return (l->first + l->seconds) / PetscMax(1, l->cells);
  return l->seconds / (PetscReal)(l->cells - 1);
}

static PetscReal uncertainty(const PilotLevel *l)
{
  const PetscReal n = (PetscReal)(l->cells - 1), mean = mean_seconds(l);

  if (l->cells < CELLS_WITH_SETUP) return 0;
  return PetscSqrtReal(PetscMax(0, l->squares / n - mean * mean) / n) / mean;
}

static PetscErrorCode describe(Cascade c, const PilotLevel *l, PetscInt k, PetscReal cells, PetscReal full,
                               LevelCost *cost)
{
  PetscFunctionBegin;
  cost->scale = k;
  PetscCall(PetscStrncpy(cost->method, l->method ? l->method : "none", sizeof(cost->method)));
  PetscCall(PetscArraycpy(cost->points, l->points, 2));
  for (PetscInt i = 0; i < 3; i++) cost->cells[i] = cells;
  cost->full = full;
  cost->seconds = mean_seconds(l);
  if (l->table) cost->seconds += l->evaluate;
  cost->uncertainty = uncertainty(l);
  if (l->cells >= CELLS_WITH_SETUP) cost->setup = PetscMax(0, l->first - cost->seconds);
  cost->anew = (PetscBool)(((c->level[k].above | c->level[k].own) & ScaleBits(0)) != 0);
  PetscFunctionReturn(0);
}

static void add_samples(const PilotLevel *outside, LevelCost *cost)
{
  for (PetscInt i = 0; i < 3; i++) cost->cells[i] += outside->samples[i];
  cost->rounds = outside->rounds;
}

/* Cells of each level from those of the slower one. A set of problems that depends on slower scales stands for as many
   more as there are values of these. */
static PetscErrorCode extrapolate(Pilot p, CascadeCost *cost)
{
  PetscReal cells = 1, full = 1, more = 1;
  PetscInt k = 1;
  const PilotLevel *sampled = NULL;

  PetscFunctionBegin;
  while (k <= p->cascade->scales && p->cascade->level[k].trivial) k++;
  cost->n_levels = 0;
  while (k && k <= p->cascade->scales) {
    const PilotLevel *l = &p->level[k], *next = &p->level[l->inside];

    PetscCall(describe(p->cascade, l, k, cells, full, &cost->level[cost->n_levels]));
    if (sampled) add_samples(sampled, &cost->level[cost->n_levels]);
    cost->n_levels++;
    cost->pilot_cells += l->cells;
    if (k == p->shared) cost->shared = cost->n_levels;
    if (!l->inside) break;
    cells = l->table ? 0 : (PetscReal)l->n_problems * more;
    sampled = l->samples[0] > 0 ? l : NULL;
    full *= l->nodes / PetscMax(1, l->cells);
    if (next->inside && next->slow) {
      const PetscReal slower = next->slow & ~ScaleBits(k) ? more : 1;

      more = slower * (PetscReal)next->n_slow_all / PetscMax(1, next->n_slow_pilot);
    } else {
      more = 1;
    }
    k = l->inside;
  }
  if (!p->shared) cost->shared = cost->n_levels;
  cost->n_rounds = p->n_rounds;
  PetscCall(PetscArraycpy(cost->round, p->round, COST_ROUNDS));
  PetscFunctionReturn(0);
}

/* What the memos will hold beyond the pilot's sets. */
static PetscReal memo_bytes(Pilot p, const CascadeCost *cost)
{
  PetscReal bytes = 0;

  for (PetscInt i = 1; i < cost->n_levels; i++) {
    const PilotLevel *outside = &p->level[cost->level[i - 1].scale];
    const PetscReal entry = sizeof(InnerTensor) + (2 * sizeof(PetscInt) + 3 * sizeof(PetscReal));

    bytes += PetscMax(0, cost->level[i].cells[0] - (PetscReal)outside->n_problems) * entry;
  }
  return bytes;
}

/* The cells outside once more, by a solver that has made its plans and work arrays: what the next points take. */
static PetscErrorCode time_again(Cascade c, const PetscReal x[], PetscReal base, CascadeCost *cost)
{
  EffectivePoint point;
  Pilot p;

  PetscFunctionBegin;
  PetscCall(PilotCreate(c, base, &p));
  c->pilot = p;
  PetscCall(CascadeCompute(c, x, &point));
  c->pilot = NULL;
  for (PetscInt i = 0; i < cost->n_levels; i++) {
    const PilotLevel *l = &p->level[cost->level[i].scale];

    if (point.failure.status != CELL_OK || cost->level[i].cells[0] > 1 || l->cells != 1) continue;
    cost->level[i].setup = PetscMax(0, cost->level[i].seconds - l->first);
    cost->level[i].seconds -= cost->level[i].setup;
  }
  PetscCall(PilotDestroy(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_pilot(Cascade c, const PetscReal x[], PetscReal base, CascadeCost *cost)
{
  const PetscReal memory = largest_memory(), start = PilotClock();
  EffectivePoint point;
  Pilot p;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(cost, sizeof(*cost)));
  c->ready = PETSC_FALSE; /* nothing is remembered */
  PetscCall(PilotCreate(c, base, &p));
  c->pilot = p;
  PetscCall(CascadeCompute(c, x, &point));
  c->pilot = NULL;
  cost->failure = point.failure;
  cost->pilot_seconds = PilotClock() - start;
  PetscCall(extrapolate(p, cost));
  cost->seconds = cost->pilot_seconds - p->within[0];
  for (PetscInt k = 1; k <= c->scales; k++) cost->seconds += p->level[k].fit - p->level[k].fit_pilot;
  cost->bytes = largest_memory() - memory + memo_bytes(p, cost);
  PetscCall(PilotDestroy(&p));
  if (cost->failure.status == CELL_OK && cost->level[0].anew && cost->pilot_seconds < MOST_SECONDS / 4)
    PetscCall(time_again(c, x, base, cost));
  c->ready = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Where the pilots differ nothing tells which is right: the geometric mean is least wrong. */
static void widen(const CascadeCost *other, CascadeCost *cost)
{
  for (PetscInt i = 0; i < PetscMin(cost->n_levels, other->n_levels); i++) {
    LevelCost *l = &cost->level[i];
    const LevelCost *o = &other->level[i];

    l->cells[1] = PetscMin(l->cells[1], o->cells[0]);
    l->cells[2] = PetscMax(l->cells[2], o->cells[0]);
    l->cells[0] = PetscSqrtReal(l->cells[1] * l->cells[2]);
    l->full = PetscSqrtReal(l->full * o->full);
    l->points[0] = PetscMin(l->points[0], o->points[0]);
    l->points[1] = PetscMax(l->points[1], o->points[1]);
    l->uncertainty = PetscMax(l->uncertainty, PetscAbsReal(o->seconds / l->seconds - 1) / 2);
  }
  cost->pilot_cells += other->pilot_cells;
  cost->pilot_seconds += other->pilot_seconds;
}

PetscErrorCode CascadePredict(Cascade c, const PetscReal x[], CascadeCost *cost)
{
  CascadeCost other;

  PetscFunctionBegin;
  PetscCall(run_pilot(c, x, bases[0], cost));
  if (cost->failure.status != CELL_OK) PetscFunctionReturn(0);
  if (2 * cost->pilot_seconds > PetscMax(MOST_SECONDS, MOST_SHARE * CascadeCostSeconds(cost, 1, 0)))
    PetscFunctionReturn(0);
  PetscCall(run_pilot(c, x, bases[1], &other));
  if (other.failure.status == CELL_OK) widen(&other, cost);
  PetscFunctionReturn(0);
}

/* Cells of one level, by their expected number and time or an end of the ranges of both. */
PetscReal CascadeLevelSeconds(const LevelCost *l, PetscInt bound)
{
  const PetscReal cells = l->cells[bound < 0 ? 1 : bound > 0 ? 2 : 0];

  return cells * l->seconds * PetscMax(0.5, 1 + 2 * (PetscReal)bound * l->uncertainty) + l->setup;
}

/* The part of a table's samples that the busiest rank takes. */
static PetscReal blocks(const LevelCost *l, PetscInt ranks)
{
  const PetscReal block = 8, samples = PetscMax(1, l->cells[0]), round = samples / l->rounds;

  if (ranks == 1) return 1;
  return PetscMin(1, l->rounds * block * PetscCeilReal(round / block / (PetscReal)ranks) / samples);
}

PetscReal CascadeCostSeconds(const CascadeCost *cost, PetscInt ranks, PetscInt bound)
{
  PetscReal alone = cost->seconds, shared = 0, turns = 0, items = 0;

  for (PetscInt i = 0; i < cost->n_levels; i++) {
    const LevelCost *l = &cost->level[i];

    if (l->rounds > 0)
      alone += CascadeLevelSeconds(l, bound) * blocks(l, ranks);
    else if (i < cost->shared)
      alone += CascadeLevelSeconds(&cost->level[i], bound);
    else
      shared += CascadeLevelSeconds(&cost->level[i], bound);
  }
  for (PetscInt r = 0; r < cost->n_rounds; r++) {
    items += cost->round[r];
    turns += PetscCeilReal(cost->round[r] / (PetscReal)ranks);
  }
  return alone + (items > 0 ? shared * turns / items : shared);
}
