/*
  A space of phases: tensor products of two lines (the second one a single point in one dimension) times Hermite functions.
  The position space of the degrees (n1, n2) has the parities of n1 and n2: number n1 % 2 + 2 (n2 % 2). All
  integrals are of one quadrature, in the measure w dq/Z, and live relative to the logarithm of the weight: a global function
  is exp(log_scale) times a local one of order one.
*/
#pragma once
#include "space_line.h"

enum { SPACES = 1 << KINETIC_MAX_DIM };

/* log w (less log Z, faces too) and s D^-1 on the tensor grid of points, first direction fastest. */
typedef struct {
  PetscInt points[2];
  PetscReal log_Z;
  PetscReal *log_w;       /* [points[1]][points[0]] */
  PetscReal *face[2];     /* at cell ends: [cells[0] + 1][points[1]], [cells[1] + 1][points[0]] */
  PetscReal *most;        /* [cells[1]][cells[0]]: the largest of a cell */
  PetscReal *friction[3]; /* 11, 22, 12 at the points; friction[0] NULL: identity */
} SpaceWeight;

/* Matrices between position spaces: dense in a cell, summed over cells. */
typedef struct {
  Mat mass[SPACES];
  Mat D[2][SPACES]; /* <psi, D_a chi>: chi in this space, psi in that of the other parity of a */
  Mat friction[3]
              [SPACES]; /* 11, 22: in this space; 12: chi in this space, psi in that of the other parities */
} SpaceBlocks;

struct _p_PhaseSpace {
  PhaseSpaceSettings settings;
  Coefficients coefficients;
  PetscInt spaces; /* 2^dim */
  Line line[2];
  SpaceWeight weight;
  PetscInt size[SPACES];
  PetscReal *log_scale[SPACES];
  PetscReal *integral[SPACES]; /* of each function */
  SpaceBlocks blocks;
  Mat factor[SPACES];                  /* Cholesky of the mass */
  PetscInt n_degrees, *degree, *begin; /* [n_degrees][2] by level; [n_degrees + 1] rows */
  PetscInt *level_begin;
  KineticSystem system;
};

/* log w on the grid, cut finely enough; lines get their quadrature and functions. Trouble goes to *fault. */
PETSC_INTERN PetscErrorCode SpaceWeightCreate(PhaseSpace space, CoefficientFault *fault);
PETSC_INTERN PetscErrorCode SpaceWeightDestroy(SpaceWeight *weight);

/* What of a local function is wanted along a direction. */
typedef enum { PICK_VALUE, PICK_SLOPE, PICK_LEFT, PICK_RIGHT } Pick;
/* table[local][points] of a position space in a cell; an end has one point in its direction. */
PETSC_INTERN void SpaceTable(PhaseSpace space, PetscInt s, const PetscInt cell[2], const Pick pick[2],
                             PetscReal table[], PetscInt *local, PetscInt *points);
/* Global numbers of the local functions in a cell, and how many. */
PETSC_INTERN PetscInt SpaceNumbers(PhaseSpace space, PetscInt s, const PetscInt cell[2], PetscInt number[]);
/* Local functions, and products of values at points, that suffice for every cell. */
PETSC_INTERN void SpaceSizes(PhaseSpace space, PetscInt *local, PetscInt *table);
PETSC_INTERN PetscErrorCode SpaceScale(PhaseSpace space);
PETSC_INTERN PetscErrorCode SpaceBlocksCreate(PhaseSpace space);
PETSC_INTERN PetscErrorCode SpaceBlocksDestroy(SpaceBlocks *blocks);
PETSC_INTERN PetscErrorCode SpaceSystemCreate(PhaseSpace space);

/* psi_n(x) = He_n(x) sqrt(N(x)), n < levels, He_n orthonormal in the normal density N. */
PETSC_INTERN void HermiteFunctions(PetscInt levels, PetscReal x, PetscReal psi[]);
/* Gauss' rule for N: points and the logarithms of the weights. */
PETSC_INTERN PetscErrorCode HermiteGauss(PetscInt n, PetscReal x[], PetscReal log_weight[]);

static inline PetscInt SpaceOfDegree(const PetscInt degree[2])
{
  return degree[0] % 2 + 2 * (degree[1] % 2);
}
static inline PetscInt SpaceParity(PetscInt s, PetscInt a)
{
  return s >> a & 1;
}
/* Room for the functions of every space at one place, and their global numbers. */
typedef struct {
  PetscReal *values[SPACES];
  PetscInt *number[SPACES];
} SpacePoint;
PETSC_INTERN PetscErrorCode SpacePointCreate(PhaseSpace space, SpacePoint *point);
PETSC_INTERN PetscErrorCode SpacePointDestroy(SpacePoint *point);
/* The local functions at one place: values as in a SpacePoint (work behind them); returns how many. */
PETSC_INTERN PetscInt SpaceEvaluate(PhaseSpace space, PetscInt s, const PetscInt cell[2],
                                    const PetscReal q[2], PetscReal values[]);
/* load += mu exp(log_mu) times the functions at a place times coefficients[n_degrees]. */
PETSC_INTERN void SpaceAddPoint(PhaseSpace space, const PetscInt cell[2], const PetscReal at[2], PetscReal mu,
                                PetscReal log_mu, const PetscReal coefficients[], const SpacePoint *point,
                                PetscScalar load[]);
