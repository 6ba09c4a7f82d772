/* The loop over the steps of one block. */
#include "paths_private.h"

/* Copies the block to where it is worked on. Lanes beyond its paths hold the first one's place, and do not run. */
static void take(Paths paths, PathBlock *block, Work *w)
{
  w->block = block;
  w->lanes = (block->n + DYNAMICS_LANES - 1) / DYNAMICS_LANES * DYNAMICS_LANES;
  w->n_runs = 0;
  w->current = PETSC_FALSE;
  for (PetscInt i = 0; i < w->lanes; i++) {
    const PetscInt from = i < block->n ? i : 0;
    const PetscBool runs = (PetscBool)(i < block->n && block->state[i] == PATH_RUNS);

    for (PetscInt c = 0; c < paths->info.dim; c++) {
      w->x[c * DYNAMICS_BLOCK + i] = block->x[c * DYNAMICS_BLOCK + from];
      w->carry[c * DYNAMICS_BLOCK + i] = block->carry[c * DYNAMICS_BLOCK + from];
    }
    w->runs[i] = runs ? -1 : 0;
    w->n_runs += runs;
  }
}

static void give_back(Paths paths, Work *w)
{
  for (PetscInt c = 0; c < paths->info.dim; c++) {
    for (PetscInt i = 0; i < w->block->n; i++) {
      w->block->x[c * DYNAMICS_BLOCK + i] = w->x[c * DYNAMICS_BLOCK + i];
      w->block->carry[c * DYNAMICS_BLOCK + i] = w->carry[c * DYNAMICS_BLOCK + i];
    }
  }
}

/* The noises of the pair that step k belongs to. */
static void draw(Paths paths, Work *w, PetscInt64 k)
{
  const uint64_t pair = (uint64_t)k / 2, first = (uint64_t)w->block->first;

  for (PetscInt c = 0; c < paths->info.dim; c++) {
    NoiseNormals(&paths->noise, (int)c, pair, first, w->lanes, &w->normal[0][c * DYNAMICS_BLOCK],
                 &w->normal[1][c * DYNAMICS_BLOCK]);
  }
  if (paths->scheme == PATHS_METROPOLIS ||
      (paths->scheme == PATHS_SECOND_ORDER && paths->info.dim > 1 && !paths->info.constant_noise))
    NoiseUniforms(&paths->noise, NOISE_ACCEPTANCE, pair, first, w->lanes, w->uniform[0], w->uniform[1]);
}

/* What is true before the first step: who is in the target, and the first noise of Leimkuhler-Matthews. */
static PetscErrorCode begin(Paths paths, Work *w)
{
  PetscFunctionBegin;
  if (paths->target) {
    PetscCall(TargetInside(paths->target, w->lanes, w->x, w->flag));
    for (PetscInt i = 0; i < w->block->n; i++)
      if (w->flag[i] & w->runs[i]) PathEnds(w, i, PATH_ARRIVED, 0);
  }
  if (paths->scheme == PATHS_LEIMKUHLER_MATTHEWS) {
    draw(paths, w, 0);
    PetscCall(PetscArraycpy(w->carry, w->normal[0], REITER_MAX_DIM * DYNAMICS_BLOCK));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PathsAdvance(Paths paths, PathBlock *block, PetscInt64 steps)
{
  const PetscInt64 last = block->step + steps;
  const PetscInt64 ahead = paths->scheme == PATHS_LEIMKUHLER_MATTHEWS; /* step k ends with noise k + 1 */
  Work *const w = paths->work;
  PetscBool drawn = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCheck(paths->ready, PETSC_COMM_SELF, PETSC_ERR_ORDER, "PathsSetUp() comes first");
  take(paths, block, w);
  if (block->step == 0) PetscCall(begin(paths, w));
  for (; block->step < last && w->n_runs; block->step++) {
    const PetscInt64 k = block->step + ahead;

    if (!drawn || k % 2 == 0) draw(paths, w, k);
    drawn = PETSC_TRUE;
    if (paths->scheme == PATHS_METROPOLIS)
      PetscCall(MetropolisStep(paths, w, w->normal[k % 2], w->uniform[k % 2]));
    else if (paths->scheme == PATHS_SECOND_ORDER)
      PetscCall(SecondOrderStep(paths, w, w->normal[k % 2], w->uniform[k % 2]));
    else
      PetscCall(EulerStep(paths, w, w->normal[k % 2]));
  }
  block->step = last;
  give_back(paths, w);
  PetscFunctionReturn(0);
}
