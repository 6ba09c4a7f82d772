/*
  Inside of the evolution. A method fills states[k] with exp(-times[k] B^-1 S) start, from one sequence of vectors for
  all times; everything around it (the constant mode, positivity, the checkpoint) is the same for all methods.
*/
#pragma once
#include <reiter/evolve.h>
#include <stdint.h>

enum { EVOLVE_BLOCK = 8 }; /* vectors of a sequence that are added to the states in one pass */

typedef struct {
  const char *name, *summary;
  PetscBool splits; /* evolves the state without its constant mode */
  EvolveMethod solve;
  const char *after_march; /* its name where steps in time went before; NULL: they do not */
} EvolveOps;

/* What makes two solves the same one; the head of a checkpoint. */
typedef struct {
  char magic[8], digest[128], asked[32];
  uint32_t version, byte_order, ranks, positive, times, initial; /* the last two: checksums */
  uint64_t n;
  double tolerance;
} EvolveIdentity;

typedef struct {
  RunFolder folder; /* borrowed, rank 0 */
  char file[160], digest[128];
  PetscBool active, resume;
  PetscReal seconds;      /* between two writes */
  double opened, written; /* when, seconds */
  EvolveIdentity identity;
} EvolveStore;

struct _p_Evolve {
  MPI_Comm comm;
  PetscMPIInt rank;
  const DiffusionSystem *system; /* borrowed */
  char asked[32];                /* the method, or "auto" */
  PetscReal tolerance;
  PetscBool positive, density;
  PetscInt n_times;
  PetscReal *times;
  Vec initial, *states;
  Progress progress; /* borrowed */
  EvolveStore store;
  EvolveInfo info;

  /* The solve under way. */
  const EvolveOps *method;
  const volatile int *interrupted;
  CellFailure *failure;
  Vec start;            /* what is evolved, [n_free] */
  PetscReal start_norm; /* its B-norm, > 0 */
  PetscReal constant;   /* the coefficient of root that was split off */
  PetscReal mass_scale; /* int |rho| at the start */
  PetscReal accuracy;   /* wanted error of every state over start_norm */
};

/* The entry called name, or NULL; the names in one line. */
const EvolveOps *EvolveFindMethod(const char name[]);
/* A method's number for files, and back. */
PetscInt EvolveMethodNumber(const char name[]);
const char *EvolveMethodName(PetscInt number);
PetscErrorCode EvolveListMethods(char text[], size_t length);
/* The cheapest method for the system and the times. */
PetscErrorCode EvolveChooseMethod(Evolve evolve, const char **name);

PetscErrorCode EvolveChebyshev(Evolve evolve);
PetscErrorCode EvolveLanczos(Evolve evolve);
PetscErrorCode EvolveUniformisation(Evolve evolve);
PetscErrorCode EvolveTS(Evolve evolve);

/* Steps in time from start up to the state whose norm is at most `enough`, or to the last time; start is then that state,
   at the time *reached, and states[0 .. *done - 1] are there. info.error is int |error of rho| over mass_scale. */
PetscErrorCode EvolveMarchUntil(Evolve evolve, PetscReal enough, PetscInt *done, PetscReal *reached);
/* Densities that are more than the method can hold: another method, or all is done, with info.error over the mass. */
PetscErrorCode EvolveTails(Evolve evolve, PetscReal mass, PetscBool *solved);
/* int |rho| of a state (a consistent mass: about). */
PetscErrorCode EvolveMassNorm(Evolve evolve, Vec g, PetscReal *norm);
/* The part of g along root becomes keep. */
PetscErrorCode EvolveSetConstant(Evolve evolve, Vec g, PetscReal keep);
/* The largest error of a state, in its norm, that the rounding of S leaves. */
PetscErrorCode EvolveRounding(Evolve evolve, PetscReal *error);

/* trim.c. Cuts the tails of start where h is largest, a part of the mass at most; the rest takes their mass over. */
PetscErrorCode EvolveTrim(Evolve evolve, PetscReal part);

/* |g| in the norm of B. */
PetscErrorCode EvolveNorm(Evolve evolve, Vec g, PetscReal *norm);
/* Collective, once a step: done in [0, 1] goes to the progress line. *save: write a checkpoint now; *halt: then stop
   (the failure is set). */
PetscErrorCode EvolvePoll(Evolve evolve, PetscReal done, PetscBool *save, PetscBool *halt);
/* The failure (once), printf style. */
PetscErrorCode EvolveFail(Evolve evolve, CellStatus status, const char format[], ...)
    PETSC_ATTRIBUTE_FORMAT(3, 4);
/* states[k] += sum_b coefficients[b * n_times + k] block[b] for first <= k < n_times, in one pass. */
PetscErrorCode EvolveAccumulate(Evolve evolve, PetscInt first, const PetscReal coefficients[], Vec block[]);

/* Chebyshev coefficients of exp(-a (1 - y)), -1 <= y <= 1: 2 exp(-a) I_k(a), halved for k = 0. *n of them leave a
   remainder below tail; c holds at least ChebyshevDegree(a, tail) + 1. */
PetscInt ChebyshevDegree(PetscReal a, PetscReal tail);
PetscErrorCode ChebyshevCoefficients(PetscReal a, PetscReal tail, PetscInt *n, PetscReal c[]);
/* The largest eigenvalue of S (B the identity), from a few Lanczos steps and no bound: what uses it must look. */
PetscErrorCode EvolveEstimateNorm(Evolve evolve, PetscReal *norm);

/* Poisson weights exp(-a) a^k / k!, first <= k < first + n, all but tail of their sum (at most half of it at each end). */
PetscErrorCode PoissonWindow(PetscReal a, PetscReal tail, PetscInt *first, PetscInt *n);
PetscReal PoissonWeight(PetscReal a, PetscInt k);

/* The matrix shift_b B + shift_s S with the union of their patterns. *matrix is made if NULL. */
PetscErrorCode EvolveCombine(Evolve evolve, PetscReal shift_b, PetscReal shift_s, Mat *matrix);
/* Cholesky unless options say otherwise: prefix evolve_. */
PetscErrorCode EvolveLinearDefaults(Evolve evolve, KSP ksp);
/* A solver with these defaults, made at first, set up for the matrix as it is now. */
PetscErrorCode EvolveLinearSetUp(Evolve evolve, Mat matrix, KSP *ksp);
/* Runs call(ctx). Where options of the user (-evolve_..) make PETSc refuse, that is a failure and no error. */
PetscErrorCode EvolveGuard(Evolve evolve, PetscErrorCode (*call)(void *ctx), void *ctx);

/* The checkpoint. Open learns what this solve is; Save keeps the method's numbers, its own vectors and, after them, all
   states; Load gives what was stored for the method (PetscFree the numbers,
   VecDestroyVecs the vectors; none if *n_numbers is 0); Peek the name of the method that wrote it ("" if none). */
PetscErrorCode EvolveStoreOpen(Evolve evolve);
PetscErrorCode EvolveStorePeek(Evolve evolve, char method[32]);
PetscErrorCode EvolveStoreSave(Evolve evolve, PetscInt n_numbers, const PetscReal numbers[], PetscInt n_own,
                               const Vec own[]);
PetscErrorCode EvolveStoreLoad(Evolve evolve, PetscInt *n_numbers, PetscReal **numbers, PetscInt *n_vectors,
                               Vec **vectors);
PetscErrorCode EvolveStoreRemove(Evolve evolve);
/* The states of a solve that is done, for a run that is killed afterwards; and whether they were there already. */
PetscErrorCode EvolveStoreFinish(Evolve evolve);
PetscErrorCode EvolveStoreTakeFinished(Evolve evolve, PetscBool *finished);
