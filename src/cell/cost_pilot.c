#include "cost_pilot.h"
#include <time.h>

/* Levels whose cells have lines of their own each. Those inside share one cell's lines, or their number would be a power
   of the levels. Either way the surrogate is a smooth function of the slower scales. */
enum { LEVELS_WITH_LINES = 2 };

PetscReal PilotClock(void)
{
  struct timespec now;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (PetscReal)now.tv_sec + 1e-9 * (PetscReal)now.tv_nsec;
}

PetscErrorCode PilotCreate(Cascade c, PetscReal base, Pilot *pilot)
{
  PetscInt sampling = 0;
  Pilot p;

  PetscFunctionBegin;
  PetscCall(CascadePrepare(c));
  PetscCall(PetscNew(&p));
  p->cascade = c;
  p->base = base;
  for (PetscInt k = c->scales; k >= 1; k--) {
    PilotLevel *l = &p->level[k];

    if (c->level[k].trivial || c->level[k].scalar) continue;
    for (l->inside = k + 1; c->level[l->inside].trivial;) l->inside++;
    l->slow = c->level[l->inside].free & ~ScaleBits(k) & ~ScaleBits(0);
    if (c->level[k].above & ScaleBits(k)) p->shared = k;
    PetscCall(MemoCreate(c->level[l->inside].free, &l->problems));
    PetscCall(MemoCreate(l->slow, &l->slow_pilot));
    PetscCall(MemoCreate(l->slow, &l->slow_all));
  }
  for (PetscInt k = 1; k <= c->scales; k++) {
    if (!c->level[k].trivial && c->level[k].above & ScaleBits(k))
      p->level[k].own_lines = (PetscBool)(++sampling <= LEVELS_WITH_LINES);
  }
  *pilot = p;
  PetscFunctionReturn(0);
}

PetscErrorCode PilotDestroy(Pilot *pilot)
{
  PetscFunctionBegin;
  for (PetscInt k = 1; *pilot && k <= REITER_MAX_SCALES; k++) {
    PetscCall(MemoDestroy(&(*pilot)->level[k].problems));
    PetscCall(MemoDestroy(&(*pilot)->level[k].slow_pilot));
    PetscCall(MemoDestroy(&(*pilot)->level[k].slow_all));
  }
  PetscCall(PetscFree(*pilot));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_to(Memo set, const PetscReal values[], PetscInt *n)
{
  PetscInt number;

  PetscFunctionBegin;
  PetscCall(MemoNumber(set, values, &number));
  *n = PetscMax(*n, number + 1);
  PetscFunctionReturn(0);
}

PetscErrorCode PilotBegin(Pilot p, PetscInt k, const PetscReal frozen[])
{
  PilotLevel *l = &p->level[k];

  PetscFunctionBegin;
  p->depth++;
  p->at[p->depth] = k;
  p->within[p->depth] = 0;
  p->start[p->depth] = PilotClock();
  if (l->inside) PetscCall(add_to(l->slow_pilot, frozen, &l->n_slow_pilot));
  if (l->cells == 0 || l->own_lines) PetscCall(PetscArraycpy(l->lines, frozen, REITER_VARIABLES));
  PetscFunctionReturn(0);
}

PetscErrorCode PilotEnd(Pilot p, const CellResult *result)
{
  PilotLevel *l = &p->level[p->at[p->depth]];
  const PetscReal total = PilotClock() - p->start[p->depth], own = total - p->within[p->depth];
  const PetscInt points = result->resolution.cells;

  PetscFunctionBegin;
  if (l->cells++ == 0) {
    l->first = own;
    l->points[0] = l->points[1] = points;
  } else {
    l->seconds += own;
    l->squares += own * own;
  }
  l->points[0] = PetscMin(l->points[0], points);
  l->points[1] = PetscMax(l->points[1], points);
  if (result->method) l->method = result->method;
  p->depth--;
  p->within[p->depth] += total;
  PetscFunctionReturn(0);
}

PetscErrorCode PilotCount(Pilot p, const LevelCell *cell, const CellSamples *s, const InnerGrid *grid)
{
  PilotLevel *l = &p->level[cell->k], *inside = &p->level[l->inside];
  const PetscInt before = l->n_problems;
  PetscReal frozen[REITER_VARIABLES];

  PetscFunctionBegin;
  l->nodes += (PetscReal)grid->nodes;
  if (l->table) PetscFunctionReturn(0);
  for (PetscInt which = 0; which < grid->total; which++) {
    PetscCall(InnerGridFreeze(cell, s, grid, which, frozen));
    PetscCall(add_to(l->problems, frozen, &l->n_problems));
    if (inside->inside) PetscCall(add_to(inside->slow_all, frozen, &inside->n_slow_all));
  }
  if (cell->k != p->shared || l->n_problems == before) PetscFunctionReturn(0);
  if (p->n_rounds < COST_ROUNDS) p->n_rounds++;
  p->round[p->n_rounds - 1] += (PetscReal)(l->n_problems - before);
  PetscFunctionReturn(0);
}
