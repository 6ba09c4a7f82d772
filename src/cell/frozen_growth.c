/*
  Which waves a fit should have. The logarithm of an inner tensor depends on the frozen variables through a few
  combinations of them, so its large coefficients lie on and near lower-dimensional sets: they are followed along the
  directions in which the small waves are large, by geometric extrapolation.
*/
#include "frozen_private.h"

/* A direction counts if its own wave has this part of the largest. */
#define DIRECTION_SHARE 1e-2
/* Bounds of the ratio of two coefficients, one step apart. */
#define SLOWEST_DECAY 0.5
#define FASTEST_DECAY 0.02

typedef struct {
  WaveSet set;      /* the waves there are, and after them the candidates */
  PetscReal *value; /* [room] size or prediction */
  PetscInt room;
} Candidates;

/* Short waves (at most 4 in all, 2 in a component) that are large; `wide` adds -1, 0, 1 in every component. */
static PetscErrorCode list_directions(const WaveSet *set, const PetscReal size[], PetscBool wide,
                                      WaveSet *directions)
{
  PetscReal largest = 0;
  PetscInt total = 1, index;

  PetscFunctionBegin;
  PetscCall(WaveSetCreate(set->m, directions));
  for (PetscInt i = 0; i < set->n; i++) {
    if (WaveMultiplicity(set, i) == 2) largest = PetscMax(largest, size[i]);
  }
  for (PetscInt i = 0; i < set->n; i++) {
    PetscInt sum = 0, most = 0;
    for (PetscInt v = 0; v < set->m; v++) {
      const PetscInt k = PetscAbsInt(set->k[i * set->m + v]);
      sum += k;
      most = PetscMax(most, k);
    }
    if (sum && sum <= 4 && most <= 2 && size[i] >= DIRECTION_SHARE * largest)
      PetscCall(WaveSetAdd(directions, &set->k[i * set->m], &index));
  }
  for (PetscInt i = 0; i < set->m && wide; i++) total *= 3;
  for (PetscInt code = 0; code < total && wide; code++) {
    int k[FROZEN_MAX_VARIABLES];
    PetscInt nonzero = 0;
    for (PetscInt i = 0, rest = code; i < set->m; i++, rest /= 3) {
      k[i] = (int)(rest % 3) - 1;
      nonzero += k[i] != 0;
    }
    if (nonzero && !WaveNormalise(set->m, k)) PetscCall(WaveSetAdd(directions, k, &index));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode add_candidate(Candidates *all, PetscInt known, const int k[], PetscReal value)
{
  PetscInt index;
  const PetscInt before = all->set.n;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < all->set.m; i++) {
    if (PetscAbsInt(k[i]) >= WAVE_LIMIT) PetscFunctionReturn(0);
  }
  PetscCall(WaveSetAdd(&all->set, k, &index));
  if (all->set.n > all->room) {
    all->room = 2 * all->room + 64;
    PetscCall(PetscRealloc((size_t)all->room * sizeof(PetscReal), &all->value));
  }
  if (index >= before)
    all->value[index] = value;
  else if (index >= known)
    all->value[index] = PetscMax(all->value[index], value);
  PetscFunctionReturn(0);
}

/* The neighbours of wave i along a direction, on both sides. */
static PetscErrorCode extrapolate(const WaveSet *set, const PetscReal size[], PetscInt i, const int step[],
                                  Candidates *all)
{
  PetscFunctionBegin;
  for (int side = -1; side <= 1; side += 2) {
    int ahead[FROZEN_MAX_VARIABLES], behind[FROZEN_MAX_VARIABLES];
    for (PetscInt v = 0; v < set->m; v++) {
      ahead[v] = set->k[i * set->m + v] + side * step[v];
      behind[v] = set->k[i * set->m + v] - side * step[v];
    }
    (void)WaveNormalise(set->m, ahead);
    (void)WaveNormalise(set->m, behind);
    if (WaveSetFind(set, ahead) >= 0) continue;
    const PetscInt b = WaveSetFind(set, behind);
    PetscReal ratio = b >= 0 && size[b] > 0 ? size[i] / size[b] : SLOWEST_DECAY;
    ratio = PetscMax(FASTEST_DECAY, PetscMin(SLOWEST_DECAY, ratio));
    PetscCall(add_candidate(all, set->n, ahead, ratio * size[i]));
  }
  PetscFunctionReturn(0);
}

/* Keeps the largest: all but a rest of the given sum, and not more than at_most. */
static PetscErrorCode keep_largest(const Candidates *all, PetscReal rest, PetscInt at_most, WaveSet *grown,
                                   PetscBool *complete)
{
  const PetscInt n = all->set.n;
  PetscInt *order, kept = n, index, size = 0;
  PetscReal *value, tail = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n, &order, n, &value));
  for (PetscInt i = 0; i < n; i++) {
    order[i] = i;
    value[i] = -all->value[i];
  }
  PetscCall(PetscSortRealWithArrayInt(n, value, order));
  while (kept > 1 && tail - 2 * value[kept - 1] <= rest) tail -= 2 * value[--kept];
  *complete = PETSC_TRUE;
  PetscCall(WaveSetCreate(all->set.m, grown));
  for (PetscInt i = 0; i < kept && *complete; i++) {
    if (size >= at_most)
      *complete = PETSC_FALSE;
    else
      PetscCall(WaveSetAdd(grown, &all->set.k[order[i] * all->set.m], &index));
    size += 2;
  }
  PetscCall(PetscFree2(order, value));
  PetscFunctionReturn(0);
}

PetscErrorCode FrozenGrow(const WaveSet *set, const PetscReal size[], PetscReal rest, PetscInt at_most,
                          PetscBool wide, WaveSet *grown, PetscBool *complete)
{
  Candidates all = {.room = 0};
  WaveSet directions;

  PetscFunctionBegin;
  PetscCall(list_directions(set, size, wide, &directions));
  PetscCall(WaveSetCreate(set->m, &all.set));
  for (PetscInt i = 0; i < set->n; i++) PetscCall(add_candidate(&all, 0, &set->k[i * set->m], size[i]));
  for (PetscInt i = 0; i < set->n; i++) {
    if (size[i] < 1e-3 * rest) continue;
    for (PetscInt s = 0; s < directions.n; s++)
      PetscCall(extrapolate(set, size, i, &directions.k[s * set->m], &all));
  }
  PetscCall(keep_largest(&all, rest, at_most, grown, complete));
  PetscCall(WaveSetDestroy(&directions));
  PetscCall(WaveSetDestroy(&all.set));
  PetscCall(PetscFree(all.value));
  PetscFunctionReturn(0);
}
