/* The loop over the steps of one block. */
#include "paths_private.h"

static PetscInt whole_lanes(PetscInt n)
{
  return (n + DYNAMICS_LANES - 1) / DYNAMICS_LANES * DYNAMICS_LANES;
}

/* Copies the running paths to where they are worked on, side by side: what a path does depends on its number, not on its
   lane. Lanes beyond them hold the first one's place, and do not run. */
static void take(Paths paths, PathBlock *block, Work *w)
{
  w->block = block;
  w->n = 0;
  for (PetscInt i = 0; i < block->n; i++)
    if (block->state[i] == PATH_RUNS) w->at[w->n++] = i;
  w->n_runs = w->n;
  w->lanes = whole_lanes(w->n);
  w->current = PETSC_FALSE;
  for (PetscInt i = 0; i < w->lanes; i++) {
    const PetscInt from = w->at[i < w->n ? i : 0];

    for (PetscInt c = 0; c < paths->info.dim; c++) {
      w->x[c * DYNAMICS_BLOCK + i] = block->x[c * DYNAMICS_BLOCK + from];
      w->carry[c * DYNAMICS_BLOCK + i] = block->carry[c * DYNAMICS_BLOCK + from];
    }
    w->path[i] = (uint64_t)(block->first + from);
    w->runs[i] = i < w->n ? -1 : 0;
  }
}

static void give_back(Paths paths, Work *w)
{
  for (PetscInt c = 0; c < paths->info.dim; c++) {
    PetscReal *const x = w->block->x + c * DYNAMICS_BLOCK, *const carry =
                                                               w->block->carry + c * DYNAMICS_BLOCK;

    for (PetscInt i = 0; i < w->n; i++) {
      x[w->at[i]] = w->x[c * DYNAMICS_BLOCK + i];
      carry[w->at[i]] = w->carry[c * DYNAMICS_BLOCK + i];
    }
  }
}

/* Those that ended make room, as soon as that saves lanes. */
static void close_ranks(Paths paths, Work *w)
{
  if (whole_lanes(w->n_runs) == w->lanes) return;
  give_back(paths, w);
  take(paths, w->block, w);
}

/* The noises of the pair that step k belongs to. */
static void draw(Paths paths, Work *w, PetscInt64 k)
{
  const uint64_t pair = (uint64_t)k / 2;

  for (PetscInt c = 0; c < paths->info.dim; c++) {
    NoiseNormals(&paths->noise, (int)c, pair, w->path, w->lanes, &w->normal[0][c * DYNAMICS_BLOCK],
                 &w->normal[1][c * DYNAMICS_BLOCK]);
  }
  if (paths->scheme == PATHS_METROPOLIS ||
      (paths->scheme == PATHS_SECOND_ORDER && paths->info.dim > 1 && !paths->info.constant_noise))
    NoiseUniforms(&paths->noise, NOISE_ACCEPTANCE, pair, w->path, w->lanes, w->uniform[0], w->uniform[1]);
}

/* What is true before the first step: who is in the target, and the first noise of Leimkuhler-Matthews. */
static PetscErrorCode begin(Paths paths, Work *w)
{
  PetscFunctionBegin;
  if (paths->target) {
    PetscCall(TargetInside(paths->target, w->lanes, w->x, w->flag));
    for (PetscInt i = 0; i < w->n; i++)
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
  if (block->step == 0 && w->n) PetscCall(begin(paths, w));
  for (; block->step < last && w->n_runs; block->step++) {
    const PetscInt64 k = block->step + ahead;

    if (!drawn || k % 2 == 0) {
      close_ranks(paths, w);
      draw(paths, w, k);
    }
    drawn = PETSC_TRUE;
    paths->path_steps += w->n_runs;
    paths->lane_steps += w->lanes;
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

PetscErrorCode PathsGetWork(Paths paths, PetscInt64 *path_steps, PetscInt64 *lane_steps)
{
  PetscFunctionBegin;
  *path_steps = paths->path_steps;
  if (lane_steps) *lane_steps = paths->lane_steps;
  PetscFunctionReturn(0);
}
