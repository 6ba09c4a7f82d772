#pragma once
#include <reiter/cascade.h>
#include "memo.h"
#include "share.h"
#include "symmetry.h"

typedef struct _p_Pilot *Pilot; /* see cost_pilot.h */

typedef struct _p_LevelTable *LevelTable; /* see cascade_frozen.h */

/* One scale of the cascade. A_k is the tensor that the scales above k leave behind. */
typedef struct {
  VariableSet own;   /* variables of T_k */
  VariableSet above; /* variables that A_k depends on */
  PetscBool trivial; /* nothing in this cell depends on x_k: A_{k-1} = A_k */
  PetscBool scalar;  /* A_k = I: all scales above are trivial */
  PetscBool smooth;  /* V1 is smooth in x_k */
  PetscReal share;   /* of the tolerance: the levels from the fastest to this one */
  CellSolver solver;
  VariableSet free;  /* that A_{k-1}, the result of this level's cell, depends on */
  Memo memo;         /* of A_{k-1} */
  Symmetry symmetry; /* of A_{k-1}; NULL: none */
  LevelTable table;  /* of A_k, or NULL */
} Level;

struct _p_Cascade {
  Potential potential; /* borrowed */
  PetscInt dim, scales;
  PetscReal temperature, tolerance;
  PetscInt max_solves;
  PetscInt n_breaks[REITER_MAX_DIM];
  PetscReal *breaks[REITER_MAX_DIM];
  CellSolver solver;   /* the template */
  PetscBool symmetric; /* symmetries are looked for */
  PetscBool ready;
  Level level[REITER_MAX_SCALES + 2]; /* 1 .. scales */
  PetscInt shared_level;              /* whose samples are shared over the ranks; 0: none */
  WorkShare share;
  FrozenQuadrature frozen;
  PetscInt solved, reused, iterations; /* of the point under way */
  const volatile int *interrupted;
  Pilot pilot; /* of a prediction under way, or NULL */
};

/* The cell problem of one level at frozen slower scales. */
typedef struct {
  Cascade cascade;
  PetscInt k;
  PetscReal frozen[REITER_VARIABLES];
  PetscReal origin[REITER_MAX_DIM]; /* added to the nodes that the cell solver asks for */
  PetscReal inner_quadrature;       /* largest of the samples taken so far */
  PetscReal inner_methods;          /* of all samples */
  PetscInt n_breaks[REITER_MAX_DIM];
  PetscReal *breaks[REITER_MAX_DIM];
} LevelCell;

PetscErrorCode CascadePrepare(Cascade cascade);
/* The level whose cell gives A_{k-1}: k, or the next one that is not trivial. */
const Level *CascadeSolvedLevel(Cascade cascade, PetscInt k);
PetscErrorCode LevelCellCreate(Cascade cascade, PetscInt k, const PetscReal frozen[], LevelCell *cell,
                               CellProblem *problem);
PetscErrorCode LevelCellDestroy(LevelCell *cell);
/* A_{k-1} at the frozen scales below k, and its partition functions; for k > N the identity. */
PetscErrorCode CascadeLevel(Cascade cascade, PetscInt k, const PetscReal frozen[], InnerTensor *inner,
                            CellFailure *failure);

/* Everybody learns the failure of the lowest number, which is the one that a single rank would meet; failed:
   PETSC_MAX_INT on ranks without one. */
PetscErrorCode CascadeAgreeOnFailure(MPI_Comm comm, PetscInt failed, CellFailure *failure);

/* The method called name at level k; both of two sets; "fourier+closed_form", the fastest scale first. */
PetscErrorCode MethodsUsed(PetscInt k, const char name[], PetscReal *methods);
PetscReal MethodsJoin(PetscReal a, PetscReal b);
PetscErrorCode MethodsName(PetscReal methods, char text[], size_t length);
