/* An evolution on one space, and what is measured of it on a grid of phase space that all resolutions share. */
#pragma once
#include "evolution_march.h"

/* Midpoints of the box, and of |p_a| <= 7 sqrt(m s). */
typedef struct {
  PetscInt n;
  PetscReal *q, *p; /* [n][dim] */
  PetscReal volume; /* of a cell */
} EvolutionGrid;
PETSC_INTERN PetscErrorCode EvolutionGridCreate(const PhaseSpaceSettings *settings, EvolutionGrid *grid);
PETSC_INTERN PetscErrorCode EvolutionGridDestroy(EvolutionGrid *grid);
/* int |W - W'| on the grid. */
PETSC_INTERN PetscErrorCode EvolutionGridDistance(const EvolutionGrid *grid, PhaseSpace space, Vec f,
                                                  PhaseSpace other_space, Vec other, PetscReal *distance);
/* Relative entropy (NaN: W is negative by more than the allowed part of its maximum, or the grid misses a thousandth of the
   mass) and minimum over maximum. */
PETSC_INTERN PetscErrorCode EvolutionGridMeasure(const EvolutionGrid *grid, PhaseSpace space, Vec f,
                                                 PetscReal allowed, PetscReal *entropy, PetscReal *minimum);

/* The initial density of a run: that of the settings, h = W/W_st cut at exp(height) of the unnormalised ones. */
typedef struct {
  const KineticProblem *problem;
  const KineticEvolutionSettings *settings;
  PetscReal height; /* INFINITY: not cut */
} EvolutionInitial;
PETSC_INTERN PetscErrorCode EvolutionInitialCreate(const KineticProblem *problem,
                                                   const KineticEvolutionSettings *settings,
                                                   EvolutionInitial *initial);
/* A PhaseFunction; ctx: EvolutionInitial. */
PETSC_INTERN PetscErrorCode EvolutionInitialDensity(void *ctx, PetscInt n, const PetscReal q[],
                                                    const PetscReal p[], PetscReal values[]);

typedef struct {
  PetscReal *mass, *chi_square; /* [n_times] */
  PetscReal *observables;       /* [n_times][n_observables] */
  PetscReal
      *weights; /* [n_observables] what an error of h is worth: the norm of the function less its mean */
  PetscReal error, size; /* of the march: absolute; |h(0) - 1| */
  PetscInt steps;
  Vec *states;
} EvolutionAnswer;

/* What all resolutions have in common. */
typedef struct {
  const KineticProblem *problem;
  const KineticEvolutionSettings *settings;
  RunFolder folder;
  const char *name, *digest;
  PetscReal seconds;
  PetscBool resume;
  PetscInt rung; /* resolutions that were begun: their order is always the same */
  EvolutionGrid grid;
  EvolutionInitial initial;
} EvolutionContext;
/* Of a ResolutionTask; ctx: EvolutionContext. */
PETSC_INTERN PetscErrorCode EvolutionSolve(void *ctx, PhaseSpace space, void **answer, CellFailure *failure);
PETSC_INTERN PetscErrorCode EvolutionAnswerDestroy(void *ctx, void **answer);
/* Removes the checkpoints of the rungs that were begun. */
PETSC_INTERN PetscErrorCode EvolutionForget(const EvolutionContext *context);
