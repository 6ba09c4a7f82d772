/*
  Time: B g' = -S g from t = 0 to all output times. Methods by name: "chebyshev" (expansion in Chebyshev polynomials, for
  a diagonal mass and T |S| below 1e5 or so), "lanczos" (shift-invert Lanczos on one factorisation), "ts" (PETSc's TS,
  prefix evolve_), "uniformisation" (positive terms only). One basis serves all output times. The constant mode is
  split off exactly, so that the mass stays to round-off.
*/
#pragma once
#include <reiter/diffusion.h>

typedef struct _p_Evolve *Evolve;

typedef PetscErrorCode (*EvolveMethod)(Evolve evolve);

/* The diffusion is borrowed, and set up. */
PetscErrorCode EvolveCreate(Diffusion diffusion, Evolve *evolve);
/* The same for a system of any origin: comm, dim, n_free, S, B, root, total, norm, conservative and m_matrix are used,
   the matrices are AIJ. Borrowed. */
PetscErrorCode EvolveCreateSystem(const DiffusionSystem *system, Evolve *evolve);
PetscErrorCode EvolveDestroy(Evolve *evolve);
PetscErrorCode EvolveSetMethod(Evolve evolve, const char name[]); /* or "auto" */
PetscErrorCode EvolveSetTolerance(Evolve evolve,
                                  PetscReal tolerance); /* error of g over |g(0)| at every time */
/* rho >= 0 at every node at every output time, exactly: refused (NULL if not) for systems that are no M-matrix. */
PetscErrorCode EvolveSetPositive(Evolve evolve, PetscBool positive, const char **refused);
/* The state is a density: errors are counted as int |error of rho| over the mass, by the bound |error of g| |root|, and the
   farthest tails of the initial density, which hold a hundredth of the tolerance, are cut where rho/w is largest. Without
   it (functions of the backward equation) errors are relative to |g(0)|. Where |g(0)| is more than chebyshev or lanczos can
   hold, steps in time go before them ("march, lanczos" in the info). */
PetscErrorCode EvolveSetDensity(Evolve evolve, PetscBool density);
/* Ascending, >= 0. */
PetscErrorCode EvolveSetTimes(Evolve evolve, PetscInt n, const PetscReal times[]);
PetscErrorCode EvolveSetInitial(Evolve evolve, Vec g0);
/* Work done is kept in folder/evolve_NAME.checkpoint (rank 0 writes) at most every `seconds`, finished states too;
   resume continues from it to the bit. A checkpoint of another digest or number of ranks is not used. It stays until
   EvolveRemoveCheckpoint(). */
PetscErrorCode EvolveSetCheckpoint(Evolve evolve, RunFolder folder, const char name[], const char digest[],
                                   PetscReal seconds, PetscBool resume);
PetscErrorCode EvolveRemoveCheckpoint(Evolve evolve);
PetscErrorCode EvolveSetProgress(Evolve evolve, Progress progress); /* in thousandths of the work */
PetscErrorCode
EvolveSetFromOptions(Evolve evolve); /* -evolve_method, -evolve_tolerance, -evolve_ts_*, -evolve_ksp_* */
/* failure->status: CELL_OK, CELL_NOT_CONVERGED, CELL_INTERRUPTED (checkpoint written). */
PetscErrorCode EvolveSolve(Evolve evolve, const volatile int *interrupted, CellFailure *failure);
/* The state at output time k; borrowed. */
PetscErrorCode EvolveGetState(Evolve evolve, PetscInt k, Vec *g);
typedef struct {
  const char *method;
  PetscInt steps; /* products with S, or solves */
  PetscReal
      error; /* estimated, the largest one: of g over |g(0)|; for a density int |error of rho| over its mass */
  PetscReal clipped; /* positive: mass of the round-off that was set to zero */
} EvolveInfo;
PetscErrorCode EvolveGetInfo(Evolve evolve, EvolveInfo *info);
