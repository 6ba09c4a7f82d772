/*
  How many levels and cells: an answer is computed on one space, on one with more levels and on one with more cells or
  waves; what changes by more than the tolerance is refined, until neither does. What the user has fixed stays: the
  changes are then only measured.
*/
#pragma once
#include <reiter/kinetic.h>

/* An answer to the same question on any space. */
typedef struct {
  void *ctx;
  /* failure->status other than CELL_OK: no answer. */
  PetscErrorCode (*Compute)(void *ctx, PhaseSpace space, void **answer, CellFailure *failure);
  /* How much two answers differ, in the unit of the tolerance. */
  PetscErrorCode (*Distance)(void *ctx, PhaseSpace space, const void *answer, PhaseSpace other_space,
                             const void *other, PetscReal *distance);
  PetscErrorCode (*Destroy)(void *ctx, void **answer);
} ResolutionTask;

typedef struct {
  PhaseSpace space;
  void *answer; /* NULL: none was computed */
} ResolvedAnswer;

typedef struct {
  ResolvedAnswer best, levels,
      positions; /* the answer; with more levels; with more cells, waves, or a higher order */
  PetscReal level_error, position_error; /* distances of the last two from the first */
  PetscInt spaces;                       /* that were solved on */
} Resolution;

/* failure->status: CELL_OK; CELL_NOT_CONVERGED with a sentence where the limit of work came first; what Compute says. With a
   fault or failure nothing is left in *resolution. */
PetscErrorCode ResolutionFind(const KineticProblem *problem, const ResolutionTask *task,
                              Resolution *resolution, CellFailure *failure, CoefficientFault *fault);
/* What two changes say about the error of the best answer: half as much again, for finer answers have errors too. */
static inline PetscReal ResolutionError(PetscReal level_change, PetscReal position_change)
{
  return 1.5 * (level_change + position_change);
}
PetscErrorCode ResolutionClear(const ResolutionTask *task, Resolution *resolution);
