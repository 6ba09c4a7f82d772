/*
  A cascade solved for its cost only: every cell but the innermost is solved with a surrogate of its inner tensors, the
  sum over the components of what they do along one line each. Its resolutions, methods and times are those of real
  cells; inner problems are counted, not solved.
*/
#pragma once
#include "coordinates.h"
#include "inner_grid.h"

typedef struct {
  PetscInt inside; /* the level of the cells at the nodes of this one's grids; 0: none */
  PetscBool own_lines, knows_pairs;
  PetscReal pair[REITER_MAX_DIM]
                [MOST_COORDINATES]; /* of components c and e at c + e - 1: as the first cell says */
  PetscInt cells;                   /* solved by the pilot */
  PetscReal seconds, squares, first;
  PetscInt points[2];
  const char *method;
  PetscReal nodes;                     /* of all grids of all cells */
  VariableSet slow;                    /* slower frozen scales that problems of this level depend on */
  Memo problems, slow_pilot, slow_all; /* sets of frozen points: inner problems of the pilot's cells; */
  PetscInt n_problems, n_slow_pilot,
      n_slow_all;                    /* their slower scales; those of all cells that were counted */
  PetscReal lines[REITER_VARIABLES]; /* slower scales that the lines are taken at */
  PetscBool table; /* this level's inner tensors come from a table over its frozen scales, not from grids: */
  PetscReal samples[3],
      rounds; /* expected, least, most; taken in so many rounds; also those of a table given up */
  PetscReal fit, fit_pilot; /* seconds for its waves, and what the pilot spent */
  PetscReal evaluate;       /* for its values on the grids of one cell */
} PilotLevel;

struct _p_Pilot {
  Cascade cascade;
  PetscReal base; /* the point that all lines go through: base + 0.05 k at scale k */
  PilotLevel level[REITER_MAX_SCALES + 2];
  PetscInt depth, at[REITER_MAX_SCALES + 2]; /* the cells under way, one inside the other */
  PetscReal start[REITER_MAX_SCALES + 2], within[REITER_MAX_SCALES + 2];
  PetscInt shared, n_rounds; /* the level whose problems ranks would share; 0: none */
  PetscReal round[COST_ROUNDS];
};

PetscErrorCode PilotCreate(Cascade cascade, PetscReal base, Pilot *pilot);
PetscErrorCode PilotDestroy(Pilot *pilot);
/* Around each cell that is solved. */
PetscErrorCode PilotBegin(Pilot pilot, PetscInt k, const PetscReal frozen[]);
PetscErrorCode PilotEnd(Pilot pilot, const CellResult *result);
/* Counts the problems of the grid, and fills it with the surrogate: one problem per node then. */
PetscErrorCode PilotSample(Pilot pilot, const LevelCell *cell, const CellSamples *samples, InnerGrid *grid,
                           CellFailure *failure);
/* A_k at one frozen point as such coordinates; zero once there is a failure. */
PetscErrorCode PilotLook(Pilot pilot, PetscInt k, const PetscReal frozen[], PetscReal f[MOST_COORDINATES],
                         PetscReal bracket[3], CellFailure *failure);
/* Adds the problems of a grid to those of its level. */
PetscErrorCode PilotCount(Pilot pilot, const LevelCell *cell, const CellSamples *samples,
                          const InnerGrid *grid);
/* Processor time of this process so far. */
PetscReal PilotClock(void);
