/*
  The kinetic equation (Klein-Kramers, eq. 56) in one and two dimensions of position,
    dQ = P/m dt,   dP = -grad U(Q) dt - G P dt + sqrt(2 m s G) dW,   G = g s D(Q)^-1 (symmetric),
  for a weight w = exp(-U/s) and a tensor D that come from Coefficients: formulas, tables, or the cascade (D = s M; then
  the overdamped limit g -> oo, in the time unit m g, is the homogenized diffusion, and G = g where M = I).

  The unknown is h = W/W_st, W_st ~ w(q) exp(-|p|^2/2ms), expanded in normalised Hermite polynomials of p/sqrt(ms) (by total
  degree: a level) with functions of q as coefficients: dh/dt = sum_i (a_i D_i^* - a_i^+ D_i) h - sum_ij G_ij a_i^+ a_j h,
  D_i = sqrt(s/m) d/dq_i and D_i^* its adjoint in L2(w). Discretely D_i^* is the exact adjoint of
  D_i and D_i 1 = 0: constants are stationary, the mass is conserved, energy |h|^2 never grows, and the reversal of momenta
  turns the matrix into its transpose, all to round-off and at every resolution. Even degrees live in continuous elements, odd ones in their derivatives
  (per component), so no saw-tooth is a null mode.

  Everything here is local to a process (PETSC_COMM_SELF).
*/
#pragma once
#include <reiter/coefficients.h>
#include <reiter/domain.h>

enum { KINETIC_MAX_DIM = 2 };

/* ---- One discretisation. ---- */
typedef struct _p_PhaseSpace *PhaseSpace;

typedef struct {
  PetscInt dim;
  PetscReal mass, temperature;
  PetscBool plain_friction; /* G = g, whatever D is */
  PetscReal box[KINETIC_MAX_DIM][2];
  PetscBool periodic[KINETIC_MAX_DIM]; /* else the walls reflect: W(q, p) = W(q, p - 2 (p.n) n) */
  char positions[32];              /* elements | fourier (all directions periodic), or a registered name */
  PetscInt cells[KINETIC_MAX_DIM]; /* elements per direction; fourier: waves K, 2K + 1 functions */
  PetscInt order;                  /* elements, 1 to 12 */
  PetscInt levels;                 /* degrees 0, .., levels - 1 */
} PhaseSpaceSettings;

/* B f' = (T + g C) f. Sequential AIJ; the basis is scaled so that diag B = 1; B symmetric positive definite and block
   diagonal; C symmetric, negative semidefinite, level by level; T antisymmetric, couples neighbouring levels only. */
typedef struct {
  PetscInt dim, n, levels;
  const PetscInt *level_begin; /* [levels + 1] rows of a level */
  Mat T, C, B;
  Vec one;      /* the state h = 1: T one = C one = 0 */
  Vec total;    /* B one: total . f is the mass (int W_st = 1) */
  Vec reversal; /* +-1: diag(reversal) f is h(q, -p) */
} KineticSystem;

/* On trouble (coefficients that are none) *space is NULL. */
PetscErrorCode PhaseSpaceCreate(Coefficients coefficients, const PhaseSpaceSettings *settings,
                                PhaseSpace *space, CoefficientFault *fault);
PetscErrorCode PhaseSpaceDestroy(PhaseSpace *space);
PetscErrorCode PhaseSpaceGetSystem(PhaseSpace space, const KineticSystem **system);
PetscErrorCode PhaseSpaceGetSettings(PhaseSpace space, const PhaseSpaceSettings **settings);

/* values[n] at q[n][dim], p[n][dim]. */
typedef PetscErrorCode (*PhaseFunction)(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                                        PetscReal values[]);
/* l_i = int f phi_i W_st: l . f(t) is the mean of f at time t, B^-1 l the state h = f. */
PetscErrorCode PhaseSpaceLoadFunction(PhaseSpace space, PhaseFunction f, void *ctx, Vec load);
/* l_i = int rho phi_i for a density rho; B^-1 l is the state. log_rho: f gives log rho with any factor, and the mass is made one.
   Adaptive: peaks narrower than a cell are found by the slope of log rho. */
PetscErrorCode PhaseSpaceLoadDensity(PhaseSpace space, PhaseFunction f, void *ctx, PetscBool log_rho,
                                     Vec load);
/* The load of p_a/m. */
PetscErrorCode PhaseSpaceLoadVelocity(PhaseSpace space, PetscInt a, Vec load);
/* Solves B f = load. */
PetscErrorCode PhaseSpaceSolveMass(PhaseSpace space, Vec load, Vec f);
/* At n points: W (density in phase space, int W = total . f), and h; either may be NULL. */
PetscErrorCode PhaseSpaceSample(PhaseSpace space, Vec f, PetscInt n, const PetscReal q[], const PetscReal p[],
                                PetscReal W[], PetscReal h[]);
/* The density of the position alone at n points q[n][dim] (degree 0). */
PetscErrorCode PhaseSpaceSamplePosition(PhaseSpace space, Vec f, PetscInt n, const PetscReal q[],
                                        PetscReal rho[]);

/* ---- (shift B - T - g C) x = b. ---- */
typedef struct _p_KineticSolver *KineticSolver;
/* "continued_fraction": block elimination from the highest level down, every Schur complement symmetric positive definite;
   "lu": sparse; "krylov": GMRES with an approximate block elimination, for two dimensions; "auto". shift >= 0; shift = 0: b must
   have no part along `total` (b . one = 0), and x has none (total . x = 0). The system is borrowed. */
PetscErrorCode KineticSolverCreate(const KineticSystem *system, PetscReal g, PetscReal shift,
                                   const char name[], KineticSolver *solver, CellFailure *failure);
PetscErrorCode KineticSolverSolve(KineticSolver solver, Vec b, Vec x, CellFailure *failure);
/* The method that is used, and whether, at shift 0, answers that are huge (gaps that are tiny) keep their digits: elements in one
   dimension. Either may be NULL. */
PetscErrorCode KineticSolverGetInfo(KineticSolver solver, const char **name, PetscBool *sharp);
PetscErrorCode KineticSolverDestroy(KineticSolver *solver);

/* ---- What is asked, at resolutions that grow until two agree. ---- */
typedef struct {
  Coefficients coefficients;
  PhaseSpaceSettings settings; /* cells, order or levels 0: chosen; else fixed */
  PetscReal friction;          /* g */
  PetscReal tolerance;         /* relative */
  char solver[32];
  PetscInt max_unknowns; /* limit of work */
  const volatile int *interrupted;
} KineticProblem;

/* The effective diffusion tensor of a periodic potential, D_ab = <v_a, (-L)^-1 v_b>. Relative error asked: tolerance.
   failure->status other than CELL_OK: no number. */
typedef struct {
  PetscReal D[4], error[4]; /* [dim*dim] */
  PhaseSpaceSettings used;
  char solver[32];
  PetscReal seconds;
} KineticDiffusivity;
PetscErrorCode KineticDiffusivityCompute(const KineticProblem *problem, KineticDiffusivity *d,
                                         CellFailure *failure, CoefficientFault *fault);

/* The eigenvalues of L nearest to zero, by modulus (0 itself first); those that are not found at another resolution within
   the tolerance are no eigenvalues of the equation and are left out. */
typedef struct {
  PetscInt n;
  PetscReal *re, *im, *error; /* absolute error: difference of resolutions and residual */
  PetscInt rejected;          /* spurious ones that were met */
  PhaseSpaceSettings used;
  char solver[32];
  PetscReal seconds;
} KineticSpectrum;
PetscErrorCode KineticSpectrumCompute(const KineticProblem *problem, PetscInt count,
                                      KineticSpectrum *spectrum, CellFailure *failure,
                                      CoefficientFault *fault);
PetscErrorCode KineticSpectrumDestroy(KineticSpectrum *spectrum);

/* The evolution from an initial density to ascending times >= 0. */
typedef struct {
  PhaseFunction initial; /* log of a density, any factor */
  void *initial_ctx;
  PetscInt n_times;
  const PetscReal *times;
  PetscInt n_observables;
  const PhaseFunction *observables;
  void *const *observable_ctx;
} KineticEvolutionSettings;
typedef struct {
  PetscInt n_times, n_observables;
  PetscReal *mass;        /* [n_times] */
  PetscReal *observables; /* [n_times][n_observables] */
  PetscReal *observable_errors;
  PetscReal *
      relative_entropy; /* [n_times] int W log(W/W_st) on a grid of phase space; NaN where W is negative by more than the tolerance of its maximum */
  PetscReal *chi_square; /* [n_times] |h - 1|^2, never grows */
  PetscReal *minimum;    /* [n_times] of W on that grid, over its maximum */
  PetscReal error;       /* of W, int |error|, time and resolution */
  PhaseSpace space;      /* of the finest resolution; the states below belong to it */
  Vec *states;           /* [n_times] */
  PetscInt steps;
  PetscReal seconds;
} KineticEvolution;
/* Work done is kept in folder/NAME_1.checkpoint, .. , one for each resolution in their order (folder NULL: nowhere), until the
   answer is there; resume continues to the same bits. */
PetscErrorCode KineticEvolutionCompute(const KineticProblem *problem,
                                       const KineticEvolutionSettings *settings, RunFolder folder,
                                       const char name[], const char digest[], PetscReal checkpoint_seconds,
                                       PetscBool resume, KineticEvolution *evolution, CellFailure *failure,
                                       CoefficientFault *fault);
PetscErrorCode KineticEvolutionDestroy(KineticEvolution *evolution);
