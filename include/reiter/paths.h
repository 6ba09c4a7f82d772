/*
  Paths of a stochastic equation, many at once: a block of paths is taken through its steps while it stays in the
  cache. The noise of path i at step k is a function of (seed, i, k) alone (Random123's Philox: stream = path, counter =
  step), so that any number of ranks, any block size and any interruption give the same paths to the bit.
*/
#pragma once
#include <reiter/dynamics.h>

typedef struct _p_Paths *Paths;

typedef enum {
  PATHS_EULER,               /* Euler-Maruyama: weak order 1 */
  PATHS_LEIMKUHLER_MATTHEWS, /* the mean of two neighbouring noises: order 2 in the equilibrium */
  PATHS_METROPOLIS,          /* Euler's step as proposal, accepted or not: the equilibrium is exact */
  PATHS_SECOND_ORDER         /* Platen's explicit scheme, Heun's for constant noise: weak order 2 for any D */
} PathScheme;

/* Where a path ended before its time. */
typedef enum {
  PATH_RUNS,
  PATH_ESCAPED, /* left the box of the dynamics, or runs away (PathsSetReach) */
  PATH_ARRIVED  /* in the target */
} PathState;

/* Paths first .. first + n of the ensemble; plain memory, so that it can be stored. x and carry are [dim][DYNAMICS_BLOCK]. */
typedef struct {
  PetscInt n;
  PetscInt64 first; /* path number of the first one */
  PetscInt64 step;  /* steps done */
  PetscInt64 proposals, accepted;
  PetscReal x[REITER_MAX_DIM * DYNAMICS_BLOCK];
  PetscReal carry[REITER_MAX_DIM * DYNAMICS_BLOCK]; /* the scheme's: the last noise of Leimkuhler-Matthews */
  PetscReal end[DYNAMICS_BLOCK];                    /* time of the arrival or escape */
  int8_t state[DYNAMICS_BLOCK];                     /* PathState */
} PathBlock;

/* The dynamics are borrowed. */
PetscErrorCode PathsCreate(Dynamics dynamics, Paths *paths);
PetscErrorCode PathsDestroy(Paths *paths);
PetscErrorCode PathsSetScheme(Paths paths, PathScheme scheme);
PetscErrorCode PathsSetStep(Paths paths, PetscReal dt);
PetscErrorCode PathsSetSeed(Paths paths, uint64_t seed);
/* Where no box bounds the dynamics, a path has escaped when one step moves a component of it by more than `reach` (and ten
   standard deviations of the noise): the drift has become so large that the path runs away, soon beyond all numbers.
   Without a reach only at 1e100. */
PetscErrorCode PathsSetReach(Paths paths, PetscReal reach);
/* Paths stop where the formula (of x, y, z) is not zero. In one dimension, with target ends that are single points, a
   crossing between two steps is drawn from the Brownian bridge, which removes the error of order sqrt(dt); the path then
   keeps the end that it crossed as its place. Euler's scheme only. NULL: no target. Referenced. */
PetscErrorCode PathsSetTarget(Paths paths, Expression target);
/* Before the first block. Refuses what does not go together (a scheme that needs constant noise, ...): *refused is a whole
   sentence (PetscFree). */
PetscErrorCode PathsSetUp(Paths paths, char **refused);

/* All paths of the block start at x[dim]. */
PetscErrorCode PathsStartAt(Paths paths, PetscInt64 first, PetscInt n, const PetscReal x[], PathBlock *block);
/* Uniform numbers in (0, 1) for draws of other things than steps: u[n_draws][n] of paths first.., a stream of their own. */
PetscErrorCode PathsUniform(Paths paths, PetscInt64 first, PetscInt n, PetscInt n_draws, PetscReal u[]);
/* The work: `steps` steps of the block. Paths that ended keep their place, those that escaped their last one inside.
   Metropolis rejects places outside of the box, where no weight is known. A path that ended costs nothing any more. */
PetscErrorCode PathsAdvance(Paths paths, PathBlock *block, PetscInt64 steps);
/* All that this handle has done: steps of running paths, and those computed for them, in whole vectors of
   DYNAMICS_LANES (NULL: not wanted). */
PetscErrorCode PathsGetWork(Paths paths, PetscInt64 *path_steps, PetscInt64 *lane_steps);
