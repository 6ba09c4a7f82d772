/*
  The coefficient of a cell at the points of a lane grid, sampled into arrays that are allocated once per grid, and what
  a lane cell needs of it.
*/
#pragma once
#include <reiter/cell.h>
#include "lane_cell.h"

enum { MAX_STEPS = 5000 };

typedef struct _p_LaneFields *LaneFieldsList;
typedef struct _p_LaneFields LaneFields;
struct _p_LaneFields {
  LaneGrid grid;
  CellSamples samples;
  PetscReal max_log_f, min_log_f; /* K = f^2 C, trace C = dim */
  PetscReal *f, *inverse;         /* [total] exp(log_f - max_log_f) and exp(min_log_f - log_f) */
  LaneFieldsList next;
};

PetscErrorCode LaneFieldsGet(LaneFieldsList *list, const CellProblem *problem, LaneGrid grid,
                             LaneFields **fields);
PetscErrorCode LaneFieldsDestroyAll(LaneFieldsList *list);
/* Samples the problem; a value that is not finite is a failure. */
PetscErrorCode LaneFieldsSample(LaneFields *fields, const CellProblem *problem, CellFailure *failure);
/* A scalar cell: f and 1/f, a and W with derivatives from the formula. */
PetscErrorCode LaneFieldsFillScalar(LaneFields *fields, LaneCell cell);
/* Points per direction that f and 1/f need for the problem's goal, from their Fourier tails; *resolved if the grid has
   as many and its interpolants are f and 1/f between its points, too. */
PetscErrorCode LaneFieldsNeeds(const LaneFields *fields, LaneCell cell, const CellProblem *problem,
                               PetscInt *n, PetscBool *resolved);
/* log int exp(log_w) and log int exp(-log_w) of a scalar cell and the relative error of both. */
PetscErrorCode LaneFieldsPartition(const LaneFields *fields, LaneCell cell, PetscReal *log_z,
                                   PetscReal *log_zhat, PetscReal *error);
