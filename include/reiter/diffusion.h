/*
  A reversible diffusion on a domain, discretised: d_t (w h) = div( w D grad h ), h = rho/w (mathematics, eq. 2.2).

  Schemes are registered by name. "fem": Lagrange elements of order 1 to 4; "monotone": the two-point-flux graph of
  Selling's decomposition on a box, an M-matrix for every positive D (2.9).

  Everything is relative to the largest weight, exp(log_scale), and scaled symmetrically: with b_i the diagonal of the
  mass matrix and g_i = sqrt(b_i) h_i the system is
      B g' = -S g,   S_ij = A_ij / sqrt(b_i b_j),   B_ij = mass_ij / sqrt(b_i b_j)   (unit diagonal),
  so weights that span 1e300 and more neither overflow nor leave zeros on a diagonal. Unknowns are the nodes that are not
  absorbing ("free nodes").
*/
#pragma once
#include <reiter/coefficients.h>
#include <reiter/domain.h>

typedef struct _p_Diffusion *Diffusion;

/* A function of the position for initial densities, observables, regions: values[n] at x[n][dim]. */
typedef PetscErrorCode (*PointFunction)(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[]);
/* The PointFunction of an expression of x, y, z; ctx is a ProgramFunction: a program of that one formula, and the dim of
   the points (which a program does not know). */
typedef struct {
  Program program;
  PetscInt dim;
} ProgramFunction;
PetscErrorCode PointFunctionProgram(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[]);

/* What the consumers (evolve, spectrum, passage) work with; borrowed. Vectors and matrices live on the free nodes. */
typedef struct {
  MPI_Comm comm;
  PetscInt dim, n_free;
  const char *scheme;
  Mat S;                  /* scaled stiffness, 1/time; symmetric positive (semi)definite, AIJ */
  Mat B;                  /* scaled mass with unit diagonal; NULL: the identity */
  Vec root;               /* sqrt(b_i): h = 1. S root = 0 if conservative. Entries may underflow to 0 */
  Vec total;              /* B root: the functional g -> int w h = int rho */
  Vec log_b;              /* log b_i, relative to log_scale */
  Vec log_w;              /* log w at the free nodes, relative to log_scale */
  PetscReal log_scale;    /* of the largest weight */
  PetscReal log_mass;     /* log int w, with log_scale in it */
  PetscBool conservative; /* nothing is absorbed: int rho stays */
  PetscBool m_matrix;     /* S has no positive entry off its diagonal, and B is diagonal */
  PetscReal
      largest_positive; /* the largest off-diagonal entry of S if positive, over the largest diagonal one; else 0 */
  PetscReal
      norm; /* an upper bound of the spectrum of B^-1 S (Gershgorin, or B's smallest eigenvalue taken in) */
} DiffusionSystem;

typedef PetscErrorCode (*DiffusionSchemeCreate)(Diffusion diffusion);
PetscErrorCode DiffusionSchemeRegister(const char name[], const char summary[], DiffusionSchemeCreate create);
PetscErrorCode DiffusionSchemeRegisterAll(void);

/* Domain and coefficients are borrowed. Collective on the domain's communicator, as all calls here. */
PetscErrorCode DiffusionCreate(Domain domain, Coefficients coefficients, Diffusion *diffusion);
PetscErrorCode DiffusionDestroy(Diffusion *diffusion);
PetscErrorCode DiffusionSetScheme(Diffusion diffusion, const char name[]);
PetscErrorCode DiffusionSetFromOptions(Diffusion diffusion); /* -diffusion_scheme */
/* Assembles. On trouble (same on all ranks) *fault says where: coefficients that are none, or a weight that changes
   by more than e^1400 across one element. */
PetscErrorCode DiffusionSetUp(Diffusion diffusion, CoefficientFault *fault);
PetscErrorCode DiffusionGetSystem(Diffusion diffusion, const DiffusionSystem **system);
PetscErrorCode DiffusionGetDomain(Diffusion diffusion, Domain *domain);
PetscErrorCode DiffusionGetCoefficients(Diffusion diffusion, Coefficients *coefficients);

/* Loads: vectors l with l.g = int f w h. For a density rho: l_i = int rho phi_i / sqrt(b_i); the state at time 0 then
   solves B g = l. For a point mass: l_i = phi_i(x0)/sqrt(b_i); *inside is false if x0 is not in the domain; nodes that cannot
   hold their part are left out, 1 - total.l is what is lost.
   *lost: the part of the mass that sits on nodes whose weight is too small to hold it (its h would overflow). */
PetscErrorCode DiffusionLoadDensity(Diffusion diffusion, PointFunction rho, void *ctx, Vec load,
                                    PetscReal *lost);
PetscErrorCode DiffusionLoadPoint(Diffusion diffusion, const PetscReal x0[], Vec load, PetscBool *inside);
PetscErrorCode DiffusionLoadFunction(Diffusion diffusion, PointFunction f, void *ctx, Vec load);
/* The state g of h = f (nodal interpolation). */
PetscErrorCode DiffusionStateFunction(Diffusion diffusion, PointFunction f, void *ctx, Vec g);
/* Solves B g = load (identity: copies). */
PetscErrorCode DiffusionSolveMass(Diffusion diffusion, Vec load, Vec g);
/* From a state to what people look at, as domain node vectors (zero at absorbing nodes): h = g/sqrt(b), rho = w h
   (w relative to log_scale), either may be NULL; h stops at the largest number. The flux -w D grad h at the nodes, absorbing
   ones too: dim vectors, averaged over elements. */
PetscErrorCode DiffusionGetField(Diffusion diffusion, Vec g, Vec h, Vec rho);
PetscErrorCode DiffusionGetFlux(Diffusion diffusion, Vec g, Vec flux[]);
/* int w phi(h) for phi = h log h (zero where h <= 0) and for phi = (h - 1)^2, h in units of its mean over w; and the
   least nodal rho = w h (w relative to log_scale). Each may be NULL. */
PetscErrorCode DiffusionGetEntropy(Diffusion diffusion, Vec g, PetscReal *relative_entropy,
                                   PetscReal *chi_square, PetscReal *minimum);
/* The Rayleigh quotient int w grad h.D grad h / int w h^2 of a state, summed as squares over quadrature points (fem) or
   edges (monotone): no cancellation. energy and square are relative to exp(log_scale); either may be NULL. */
PetscErrorCode DiffusionGetQuotient(Diffusion diffusion, Vec g, PetscReal *energy, PetscReal *square);
/* The free node vector of a domain node vector, and back (absorbing nodes keep their values). */
PetscErrorCode DiffusionRestrict(Diffusion diffusion, Vec nodes, Vec free);
PetscErrorCode DiffusionProlong(Diffusion diffusion, Vec free, Vec nodes);

/* The monotone scheme's graph, gathered on rank 0 (elimination.h): undirected, on the free nodes in natural order,
   logarithms relative to log_scale. *exists is false for other schemes. */
typedef struct {
  PetscInt n;
  PetscInt64 *offsets;    /* [n + 1] */
  PetscInt *neighbours;   /* both directions of every edge, ascending per node */
  PetscReal *log_weight;  /* of the edges, beside neighbours */
  PetscReal *log_mass;    /* [n] log b_i */
  PetscReal *log_killing; /* [n] to the absorbing boundary; -infinity: none */
  PetscInt *natural;      /* [n] the node's number in the domain */
} Graph;
PetscErrorCode DiffusionGetGraph(Diffusion diffusion, PetscBool *exists, Graph *graph);
PetscErrorCode GraphDestroy(Graph *graph);

/* Selling's decomposition D = sum_k lambda_k e_k e_k^T (2.9), at most 3 (d = 2) or 6 (d = 3) terms: lambda > 0 and
   integer offsets e. D is row-major dim x dim, on a grid of unit spacing. */
PetscErrorCode SellingDecompose(PetscInt dim, const PetscReal D[], PetscInt *n, PetscReal lambda[6],
                                PetscInt offset[6][REITER_MAX_DIM]);
