/*
  Coefficients are a table of operations per source. A source fills blocks of at most COEFFICIENT_BLOCK points, one
  array per component and per entry; what all sources share (checks, exact symmetry, the layout of the caller) is done
  in coefficients.c.
*/
#pragma once
#include <reiter/coefficients.h>
#include <math.h>

#define COEFFICIENT_BLOCK 1024

typedef struct {
  PetscInt n;
  PetscReal *x[REITER_MAX_DIM];                  /* [n] of each component */
  PetscReal *log_w;                              /* [n]; NULL: not wanted */
  PetscReal *D[REITER_MAX_DIM * REITER_MAX_DIM]; /* [n] of each entry, row-major; D[0] = NULL: not wanted */
  PetscInt outside; /* the first point outside of where the source has values, -1: none */
} CoefficientBlock;

/* Any of them but Evaluate and Destroy may be NULL. */
typedef struct {
  const char *source;
  PetscBool positive; /* D is symmetric positive definite by construction */
  const char
      *weight; /* how a sentence goes on that ends "at x = (..)" where w is zero or infinite: a way out */
  const char *where; /* what a point may lie outside of: "x lies outside of the .." */
  PetscErrorCode (*SetUp)(Coefficients coefficients, const volatile int *interrupted, CellFailure *failure);
  PetscErrorCode (*Evaluate)(void *data, CoefficientBlock *block);
  PetscErrorCode (*Destroy)(void *data);
} CoefficientsOps;

struct _p_Coefficients {
  PetscInt references, dim;
  const CoefficientsOps *ops, *words; /* words: the source that faults are told of */
  void *data;
  CoefficientsInfo info;
  Checkpoint checkpoint; /* borrowed */
  PetscInt max_points;
  PetscBool quiet, ready;
  PetscReal *memory; /* of one block */
};

/* Takes `data` over. */
PETSC_INTERN PetscErrorCode CoefficientsCreate(PetscInt dim, const CoefficientsOps *ops, void *data,
                                               Coefficients *coefficients);

/* The first trouble of D[dim][dim] (row-major) at x: COEFFICIENT_GOOD, or the fault is filled. With `positive` only
   entries that are not finite are looked for. */
PETSC_INTERN CoefficientTrouble FaultTensor(PetscInt dim, const PetscReal x[], const PetscReal D[],
                                            PetscBool positive, CoefficientFault *fault);
/* D is known not to be positive definite: says so. */
PETSC_INTERN CoefficientTrouble FaultIndefinite(PetscInt dim, const PetscReal x[], const PetscReal D[],
                                                CoefficientFault *fault);
/* The same as FaultTensor() of a log w; `advice` ends the sentence where it is -inf. */
PETSC_INTERN CoefficientTrouble FaultWeight(PetscInt dim, const PetscReal x[], PetscReal log_w,
                                            const char advice[], CoefficientFault *fault);
PETSC_INTERN void FaultOutside(PetscInt dim, const PetscReal x[], const char where[],
                               CoefficientFault *fault);
/* "(0.5, 1)" */
PETSC_INTERN void FormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size);
