/*
  Paths' inside: settings (paths.c), the loop over steps (advance.c), the schemes (euler.c, metropolis.c,
  second_order.c), and where paths end (target.c, ends.c). Scratch belongs to the handle: one handle works on one block
  at a time.
*/
#pragma once
#include <reiter/paths.h>
#include "noise.h"

enum { MOST_ENDS = 64 };
#define LARGEST_PLACE 1e100

/* The target: its formula as a program, and in one dimension the ends of its intervals. */
typedef struct {
  Expression formula;
  Program program;
  PetscInt n_ends;
  PetscReal end[MOST_ENDS]; /* ascending */
} Target;

/* One block at work, in arrays that begin on cache lines: [dim][DYNAMICS_BLOCK] where there are components. */
typedef struct {
  _Alignas(64) PetscReal x[REITER_MAX_DIM * DYNAMICS_BLOCK];
  PetscReal y[REITER_MAX_DIM * DYNAMICS_BLOCK];     /* the next place, or the one proposed */
  PetscReal carry[REITER_MAX_DIM * DYNAMICS_BLOCK]; /* the last noise (Leimkuhler-Matthews) */
  PetscReal b[REITER_MAX_DIM * DYNAMICS_BLOCK];
  PetscReal S[REITER_MAX_DIM * REITER_MAX_DIM * DYNAMICS_BLOCK];
  PetscReal log_w[DYNAMICS_BLOCK];
  PetscReal b_y[REITER_MAX_DIM * DYNAMICS_BLOCK]; /* at the proposed place (Metropolis) */
  PetscReal S_y[REITER_MAX_DIM * REITER_MAX_DIM * DYNAMICS_BLOCK];
  PetscReal log_w_y[DYNAMICS_BLOCK];
  PetscReal normal[2][REITER_MAX_DIM * DYNAMICS_BLOCK]; /* of the even and the odd step of the pair */
  PetscReal uniform[2][DYNAMICS_BLOCK];
  PetscReal stage[REITER_MAX_DIM * DYNAMICS_BLOCK], euler[REITER_MAX_DIM * DYNAMICS_BLOCK]; /* second order */
  PetscReal weight[DYNAMICS_BLOCK];
  int64_t runs[DYNAMICS_BLOCK]; /* all bits or none */
  int64_t flag[DYNAMICS_BLOCK];
  uint64_t path[DYNAMICS_BLOCK]; /* of the ensemble, in this lane */
  PetscInt at[DYNAMICS_BLOCK];   /* its place in the block */
  PetscInt n;                    /* paths taken out of the block: those that had not ended then */
  PetscInt lanes;                /* points at work: n rounded up */
  PetscInt n_runs;               /* paths that have not ended */
  PetscBool current;             /* b, S and log_w belong to x (Metropolis) */
  PathBlock *block;
} Work;

struct _p_Paths {
  Dynamics dynamics;
  DynamicsInfo info;
  PathScheme scheme;
  PetscReal dt;
  Noise noise;
  PetscReal root[REITER_MAX_DIM * REITER_MAX_DIM];     /* S for constant noise */
  PetscReal low[REITER_MAX_DIM], high[REITER_MAX_DIM]; /* paths beyond have escaped */
  PetscReal reach;                                     /* 0: not given */
  PetscReal farthest[REITER_MAX_DIM];                  /* so have those that one step takes further */
  Expression formula;
  Target *target; /* NULL: none */
  Work *work;
  void *memory; /* that `work` lies in */
  PetscBool ready;
  PetscInt64 path_steps, lane_steps; /* done so far: of running paths, and of lanes */
};

/* One step of all running paths with the noise of this step, [dim][DYNAMICS_BLOCK]. */
PETSC_INTERN PetscErrorCode EulerStep(Paths paths, Work *w, const PetscReal normal[]);
PETSC_INTERN PetscErrorCode MetropolisStep(Paths paths, Work *w, const PetscReal normal[],
                                           const PetscReal uniform[]);
PETSC_INTERN PetscErrorCode SecondOrderStep(Paths paths, Work *w, const PetscReal normal[],
                                            const PetscReal uniform[]);
/* Ends the paths that reach the target or escape on their way from x to y, and moves the others there. */
PETSC_INTERN PetscErrorCode PathsMove(Paths paths, Work *w);
/* y = x + b dt + sqrt(2 dt) S xi for the places, drifts and noises given. */
PETSC_INTERN void PathsPropose(Paths paths, Work *w, const PetscReal normal[]);

PETSC_INTERN PetscErrorCode TargetCreate(Expression formula, const DynamicsInfo *info, Target **target,
                                         char **refused);
PETSC_INTERN PetscErrorCode TargetDestroy(Target **target);
/* flag[i]: the formula is not zero at x, and x is a place. */
PETSC_INTERN PetscErrorCode TargetInside(const Target *target, PetscInt n, const PetscReal x[],
                                         int64_t flag[]);
/* Ends the paths that reach the target between x and y. */
PETSC_INTERN PetscErrorCode TargetReached(Paths paths, Work *w);
/* The path of lane i has ended at time `end`. */
PETSC_INTERN void PathEnds(Work *w, PetscInt i, PathState state, PetscReal end);
