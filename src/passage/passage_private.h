#pragma once
#include <petscksp.h>
#include <reiter/passage.h>

typedef enum { PASSAGE_AUTO, PASSAGE_ELIMINATION, PASSAGE_FACTOR } PassageMethod;

struct _p_Passage {
  Diffusion diffusion; /* borrowed */
  const DiffusionSystem *system;
  Domain domain;
  const DomainMesh *mesh;
  PassageMethod method;
  Precision precision;
};

/* One where the region is, else zero, as a domain node vector; *inside: how many free nodes that are. */
PetscErrorCode PassageRegion(Passage passage, PointFunction region, void *ctx, Vec *nodes, PetscInt *inside);

/* On the monotone graph. Regions are node vectors of zeros and ones. */
PetscErrorCode PassageGraphTime(Passage passage, Vec target, Vec log_time);
PetscErrorCode PassageGraphCommittor(Passage passage, Vec a, Vec b, Vec q, PetscReal *log_capacity);

/* By a factorisation of S. */
PetscErrorCode PassageFactorTime(Passage passage, Vec target, Vec log_time, PetscReal *error,
                                 const char **refused, CellFailure *failure);
PetscErrorCode PassageFactorCommittor(Passage passage, Vec a, Vec b, Vec q, PetscReal *log_capacity,
                                      PetscReal *error, const char **refused, CellFailure *failure);

/* S restricted to the free nodes where `held` (a free node vector) is zero. */
typedef struct {
  const DiffusionSystem *system;
  IS inside;
  Mat K;
  KSP ksp;
  Vec x, r;
} PassageSolver;
PetscErrorCode PassageSolverCreate(const DiffusionSystem *system, Vec held, PassageSolver *solver);
PetscErrorCode PassageSolverDestroy(PassageSolver *solver);
/* g on the inside solves S g = right (right: a free node vector), with one step of refinement; entries of g elsewhere
   stay. */
PetscErrorCode PassageSolverSolve(PassageSolver *solver, Vec right, Vec g, CellFailure *failure);
/* What the rounding of S does to g: e = K^-1 E g, E about four units in the last place of the diagonal. */
PetscErrorCode PassageSolverPerturb(PassageSolver *solver, Vec g, Vec e, CellFailure *failure);

/* Lagrange basis at a reference point of [0,1]^dim, in the order of DomainMesh. */
PetscErrorCode LagrangeBasis(PetscInt dim, PetscInt order, PetscBool simplex, const PetscReal reference[],
                             PetscReal basis[]);
