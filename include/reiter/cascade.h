/*
  The cascade (mathematics, eqs. 1.1-1.3): K_N = exp(-V1/s) I, then one cell problem after another from the
  fastest scale to the slowest, M(x) = K_0 / Z1. Only factors that couple are carried (1.8).
*/
#pragma once
#include <reiter/cell.h>
#include <reiter/potential.h>

typedef struct _p_Cascade *Cascade;

/* Effective coefficients at one macroscopic point. M and its bracket are row-major dim x dim, dimensionless.
 */
typedef struct {
  PetscReal x[REITER_MAX_DIM];
  PetscReal V0;                           /* unit of the potential */
  PetscReal log_Z1, log_Zhat1;            /* natural logarithms of (1.2) */
  PetscReal log_Z, free_energy;           /* (1.3): log_Z = -V0/s + log_Z1, F = -s log_Z */
  PetscReal M[9], M_lower[9], M_upper[9]; /* (1.2), (1.7) */
  PetscReal bound_lower, bound_upper;     /* (1.6): 1/(Z1 Zhat1) and 1 */
  PetscReal error;                        /* largest relative width of the bracket of M */
  PetscInt cells_solved, cells_reused, iterations;
  char method[48];     /* of the cells, fastest scale first: "fourier+closed_form" */
  CellFailure failure; /* status != CELL_OK: no result; the bracket is the best so far */
} EffectivePoint;

/* Where a cell finds the tensors of the scales inside it: a cascade at every node of its grid, or a table over all
   frozen variables that is made before, of many fewer cascades. Auto: a table for more than two variables. */
typedef enum { FROZEN_AUTO, FROZEN_PRODUCT, FROZEN_SPARSE } FrozenQuadrature;

/* The potential is borrowed and must outlive the cascade. */
PetscErrorCode CascadeCreate(Potential potential, Cascade *cascade);
PetscErrorCode CascadeDestroy(Cascade *cascade);
PetscErrorCode CascadeGetDimension(Cascade cascade, PetscInt *dim);
PetscErrorCode CascadeSetTolerance(Cascade cascade, PetscReal tolerance);
PetscErrorCode CascadeSetMaxSolves(Cascade cascade, PetscInt max_solves);
/* Planes with kinks given by the user, per component. */
PetscErrorCode CascadeSetBreaks(Cascade cascade, const PetscInt n[], const PetscReal *const breaks[]);
/* CascadeCompute stops with CELL_INTERRUPTED soon after *interrupted becomes nonzero. */
PetscErrorCode CascadeSetInterrupt(Cascade cascade, const volatile int *interrupted);
/* "auto", "product" or "sparse"; anything else is auto. */
FrozenQuadrature FrozenQuadratureNamed(const char name[]);
PetscErrorCode CascadeSetFrozen(Cascade cascade, FrozenQuadrature frozen);
/* -cell_frozen auto|product|sparse, -cell_symmetry, and the options of the cell solver: before the first point. */
PetscErrorCode CascadeSetFromOptions(Cascade cascade);
/* The solver that every level copies when the first point is computed: set method, resolution and limits
 * before. */
PetscErrorCode CascadeGetCellSolver(Cascade cascade, CellSolver *solver);
/* Shares the frozen points of the outermost coupled level over comm (collective calls then); default: alone.
 */
PetscErrorCode CascadeSetComm(Cascade cascade, MPI_Comm comm);
/* Whether there are such frozen points: otherwise ranks can share whole macroscopic points only. */
PetscErrorCode CascadeHasFrozenPoints(Cascade cascade, PetscBool *has);
/* What will be solved on which level, with which method and why: one line per level. */
PetscErrorCode CascadeView(Cascade cascade, const PetscReal x[], PetscViewer viewer);
/* Whether inner problems that a symmetry of V1 maps onto each other are solved once (1.8); default: yes. */
PetscErrorCode CascadeSetSymmetry(Cascade cascade, PetscBool used);
/* The work: one macroscopic point x[dim]. */
PetscErrorCode CascadeCompute(Cascade cascade, const PetscReal x[], EffectivePoint *point);
/* Correctors of scale k at the frozen values of the slower scales, on m^dim points of the cell; *exists is
   false where the potential does not see that scale. */
PetscErrorCode CascadeCorrectors(Cascade cascade, PetscInt k, const PetscReal frozen[], PetscInt m,
                                 PetscReal *const theta[], PetscBool *exists);

/* What the cells of one scale cost at one macroscopic point. */
typedef struct {
  PetscInt scale;
  char method[16];
  PetscInt points[2];    /* per direction, fewest and most of the last grids met */
  PetscReal full;        /* cells if every node of every grid were one */
  PetscReal cells[3];    /* cells: expected, least, most */
  PetscReal seconds;     /* processor time of one cell without those inside it, */
  PetscReal uncertainty; /* relative standard error of that, */
  PetscReal setup;       /* and what the first one takes in addition */
  PetscReal rounds; /* of a table that these cells are samples of: ranks share them in blocks; 0: no table */
  PetscBool anew;   /* at every macroscopic point */
} LevelCost;

enum { COST_ROUNDS = 16 };

/* What a macroscopic point costs. */
typedef struct {
  PetscInt n_levels;
  LevelCost level[REITER_MAX_SCALES]; /* the slowest scale first */
  PetscReal seconds;                  /* that belong to no cell */
  PetscInt shared;                    /* levels before this one are every rank's, the others are shared; */
  PetscInt n_rounds;                  /* ranks share the cells of one grid after another: */
  PetscReal round[COST_ROUNDS];
  PetscReal bytes; /* that the largest memory of the process grows by */
  PetscInt pilot_cells;
  PetscReal pilot_seconds;
  CellFailure failure;
} CascadeCost;

/* Predicts CascadeCompute(cascade, x) by a pilot: cells outside are solved with inner tensors known along lines of
   frozen points only, so that d n inner cells show the resolutions that n^d will lead to. The range is what another
   base point of the lines says. What the cascade remembered is dropped. */
PetscErrorCode CascadePredict(Cascade cascade, const PetscReal x[], CascadeCost *cost);
/* Processor time of a rank for one such point: alone (ranks = 1), or sharing its inner cells; communication is not
   counted. bound: -1, 0, 1 for the lower end of the range, the expected value, the upper end. */
PetscReal CascadeCostSeconds(const CascadeCost *cost, PetscInt ranks, PetscInt bound);
/* Processor time of the cells of one level at one point. */
PetscReal CascadeLevelSeconds(const LevelCost *level, PetscInt bound);
