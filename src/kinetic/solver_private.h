/* The methods behind KineticSolver, by name, and what they share. */
#pragma once
#include <petscksp.h>
#include <reiter/kinetic.h>

/* A regular system M x = b whose rows come in levels: the symmetric part of a block on the diagonal is positive definite,
   M_{n,n+1} = -M_{n+1,n}^T, nothing further off. Sequential AIJ. */
typedef struct {
  Mat M;
  PetscInt n, levels;
  const PetscInt *level_begin; /* [levels + 1], from 0 */
} LevelSystem;

typedef struct {
  const char *name;
  PetscErrorCode (*Create)(const LevelSystem *system, void **data, CellFailure *failure);
  PetscErrorCode (*Solve)(void *data, Vec b, Vec x, CellFailure *failure);
  PetscErrorCode (*Destroy)(void *data);
} KineticMethod;

extern const KineticMethod KineticMethodFraction, KineticMethodLu, KineticMethodKrylov;

/* MUMPS where PETSc has it, else PETSc's own; nested dissection in both. Of a PC that has its operators. */
PetscErrorCode KineticChoosePackage(PC pc, MatFactorType type);

/* At shift 0 in one dimension K_0 = T_{1,0} is a derivative element by element, and K_0^T f_1 = b_0 is the flux: sums of b
   that need no subtraction. Then f_0 is an integral of f_1 and f_2, so that a gap of 1e-30 keeps its digits. */
typedef struct _p_KineticChain *KineticChain;

/* *chain is NULL where the first two levels are no chain of elements (fourier, two dimensions, one level). */
PetscErrorCode KineticChainCreate(const KineticSystem *system, KineticChain *chain);
PetscErrorCode KineticChainDestroy(KineticChain *chain);
/* f1 with K_0^T f1 = b0; where the chain is a ring, one of them. [rows of level 0] -> [rows of level 1] */
PetscErrorCode KineticChainFlux(KineticChain chain, const PetscReal b0[], PetscReal f1[]);
/* The f1 with K_0^T f1 = 0; NULL if there is none (no ring). */
PetscErrorCode KineticChainLoop(KineticChain chain, const PetscReal *loop[]);
/* f0 with K_0 f0 = v, zero at some place. Of a ring: v . loop = 0. */
PetscErrorCode KineticChainIntegrate(KineticChain chain, const PetscReal v[], PetscReal f0[]);

/* A sentence and a status. */
PetscErrorCode KineticFail(CellFailure *failure, CellStatus status, const char format[], ...)
    PETSC_ATTRIBUTE_FORMAT(3, 4);
