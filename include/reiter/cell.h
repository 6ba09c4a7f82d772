/*
  One cell problem on the unit torus T^d, d = 1, 2, 3 (mathematics, eq. 1.1): for a positive coefficient
  K(y) = exp(log_w(y)) C(y) find theta with div( K (grad theta + I) ) = 0 and the tensor
  int (I + grad theta)^T K (I + grad theta), with a bracket lower <= K_eff <= upper in the sense of forms
  (1.7).

  Methods ("fourier", "fem", "closed_form") are registered by name. Each solves at a given resolution and
  brackets what it found; CellSolverSolve() raises the resolution until bracket and quadrature meet the
  tolerance.
*/
#pragma once
#include <petscksp.h>
#include <reiter/expression.h>

typedef struct _p_CellSolver *CellSolver;

/* Why a cell problem has no result. */
typedef enum {
  CELL_OK,
  CELL_NOT_CONVERGED, /* a linear solver stopped short */
  CELL_LIMIT,         /* the tolerance was not met within the limit of work; the bracket is the best so far */
  CELL_NOT_FINITE,    /* the potential is infinite or undefined somewhere */
  CELL_REFUSED,       /* the method that was asked for does not apply */
  CELL_INTERRUPTED
} CellStatus;
typedef struct {
  CellStatus status;
  char message[320];
} CellFailure;

/* Symmetric d x d tensors in samples are packed xx xy xz yy yz zz; unused entries are left alone. */
#define CELL_PACKED           6
#define CellPackedIndex(i, j) ((i) <= (j) ? (i) * (5 - (i)) / 2 + (j) : (j) * (5 - (j)) / 2 + (i))

/* The coefficient on the tensor grid axis[0] x .. x axis[dim-1]; entry i0 + n[0]*(i1 + n[1]*i2), component 0
   fastest. The arrays belong to whoever called CellSamplesCreate. */
typedef struct {
  PetscInt dim, n[REITER_MAX_DIM], total;
  PetscReal *axis[REITER_MAX_DIM];     /* [n[c]] nodes in [0, 1) */
  PetscReal *log_w;                    /* [total] */
  PetscReal *gradient[REITER_MAX_DIM]; /* of log_w; NULL unless asked for */
  PetscReal *laplacian;                /* of log_w; NULL unless asked for */
  PetscReal *upper[CELL_PACKED];       /* C from above and below (brackets of the inner cells); */
  PetscReal *lower[CELL_PACKED];       /* NULL if the problem is scalar: C = I */
  PetscReal *log_z, *log_zhat;         /* of the scales inside; NULL if there are none: zero */
  CellFailure failure;                 /* of an inner cell */
} CellSamples;

typedef PetscErrorCode (*CellSampler)(void *ctx, CellSamples *samples);

typedef struct {
  PetscInt dim;
  CellSampler sample;
  void *ctx;
  PetscBool scalar;    /* C = I everywhere */
  PetscBool constant;  /* C does not depend on y: derivatives of log_w come from the formula */
  PetscBool inner_z;   /* samples carry log_z and log_zhat */
  PetscBool smooth;    /* log_w and C are smooth on the torus */
  PetscBool aligned;   /* all kinks lie on the planes y_c = breaks[c][.] */
  PetscBool separable; /* log_w is a sum of functions of one component; C is constant and diagonal */
  unsigned varies;     /* bit c: K depends on y_c */
  PetscInt n_breaks[REITER_MAX_DIM];
  const PetscReal *breaks[REITER_MAX_DIM]; /* sorted in [0, 1) */
  PetscReal goal;                          /* relative width to aim at; */
  PetscReal tolerance; /* and to accept when round-off or algebraic convergence stop short of the goal */
} CellProblem;

typedef struct {
  PetscInt cells, order; /* fem: elements per direction and order; fourier: points per direction and 0 */
  PetscReal rtol;        /* of the linear solver */
} CellResolution;

typedef struct {
  PetscReal log_scale;          /* K_eff = exp(log_scale) * (lower .. upper) */
  PetscReal upper[9], lower[9]; /* row-major dim x dim; upper is the primal energy, the value to use */
  PetscReal log_z, log_zhat;    /* log int exp(log_w) z, log int exp(-log_w) zhat over the cell */
  PetscReal quadrature;         /* estimated relative error of the quadratures behind K and z */
  PetscBool confirm;            /* the estimate comes from one grid of samples: another must agree with it */
  CellResolution resolution;
  PetscInt iterations; /* of the linear solver, all right-hand sides */
  const char *method;
  CellFailure failure;
} CellResult;

/* A way to solve a cell problem. `work` belongs to the method and is made once per solver. */
typedef struct {
  const char *summary; /* one line for help */
  PetscBool
      anywhere; /* may be asked for by name where Applies says no: slow there, but bracketed all the same */
  PetscErrorCode (*Create)(CellSolver solver, void **work);
  PetscErrorCode (*Destroy)(void **work);
  /* Whether the method can solve it; *why is a static sentence for the log either way. */
  PetscErrorCode (*Applies)(const CellProblem *problem, PetscBool *applies, const char **why);
  /* The first resolution to try, from the problem and its goal. */
  PetscErrorCode (*Start)(void *work, const CellProblem *problem, CellResolution *resolution);
  /* The next one after `last`, whose result was not good enough. */
  PetscErrorCode (*Refine)(void *work, const CellProblem *problem, const CellResult *last,
                           CellResolution *resolution);
  /* Unknowns of one scalar problem at that resolution, for the limit of work. */
  PetscInt (*Unknowns)(const CellProblem *problem, CellResolution resolution);
  PetscErrorCode (*SolveAt)(void *work, const CellProblem *problem, CellResolution resolution,
                            CellResult *result);
  /* theta_j at the points (i0, i1, i2)/m of the cell, theta[j][i0 + m*(i1 + m*i2)], mean zero in the
     coefficient's grid quadrature; NULL if the method has none. */
  PetscErrorCode (*Correctors)(void *work, const CellProblem *problem, CellResolution resolution, PetscInt m,
                               PetscReal *const theta[]);
} CellMethodOps;

PetscErrorCode CellMethodRegister(const char name[], const CellMethodOps *ops);
PetscErrorCode CellMethodRegisterAll(void);
PetscErrorCode CellMethodList(PetscInt *n, const char *const **names, const char *const **summaries);

PetscErrorCode CellSolverCreate(PetscInt dim, CellSolver *solver);
PetscErrorCode CellSolverDestroy(CellSolver *solver);
/* A solver with the same settings and workspace of its own. */
PetscErrorCode CellSolverDuplicate(CellSolver solver, CellSolver *copy);
/* "auto" or a registered name. */
PetscErrorCode CellSolverSetMethod(CellSolver solver, const char name[]);
/* Fixes cells and/or order (0: free): one solve at that resolution, whatever the tolerance. */
PetscErrorCode CellSolverSetResolution(CellSolver solver, PetscInt cells, PetscInt order);
/* A solve stops before its next resolution once *interrupted is nonzero (NULL: never). */
PetscErrorCode CellSolverSetInterrupt(CellSolver solver, const volatile int *interrupted);
/* Largest number of unknowns of one cell problem. */
PetscErrorCode CellSolverSetLimit(CellSolver solver, PetscInt max_unknowns);
/* -cell_method, -cell_points, -cell_order; methods read -cell_ksp_*, -cell_pc_* themselves. */
PetscErrorCode CellSolverSetFromOptions(CellSolver solver);
PetscErrorCode CellSolverSolve(CellSolver solver, const CellProblem *problem, CellResult *result);
/* Correctors of the problem at the resolution of a result (see CellMethodOps). */
PetscErrorCode CellSolverCorrectors(CellSolver solver, const CellProblem *problem, const CellResult *result,
                                    PetscInt m, PetscReal *const theta[]);
/* Name of the method that `auto` takes for the problem, and why. */
PetscErrorCode CellSolverChoose(CellSolver solver, const CellProblem *problem, const char **name,
                                const char **why);

/* Allocates samples for a grid (copies the axes); derivatives: also gradient and laplacian. */
PetscErrorCode CellSamplesCreate(const CellProblem *problem, const PetscInt n[],
                                 const PetscReal *const axis[], PetscBool derivatives, CellSamples *samples);
PetscErrorCode CellSamplesDestroy(CellSamples *samples);
/* Largest relative width max_q (q.(upper - lower) q)/(q.lower q) of a bracket of row-major d x d tensors, as far as their
   entries can tell (a few units of their last digit are not counted); infinity if lower is not positive definite. */
PetscErrorCode TensorBracketWidth(PetscInt dim, const PetscReal lower[], const PetscReal upper[],
                                  PetscReal *width);
/* The same beyond a relative rounding of the entries. */
PetscErrorCode TensorBracketWidthBeyond(PetscInt dim, const PetscReal lower[], const PetscReal upper[],
                                        PetscReal rounding, PetscReal *width);
