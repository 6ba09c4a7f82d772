/*
  What the kernels of the finite-element method share: quadrature on a torus, the coefficient of one energy at
  its points, and the element they are looking at.

  Every element works relative to exp(level), level the largest log of the coefficient among its own points;
  levels of different elements meet only as differences of logarithms.
*/
#pragma once
#include "element.h"
#include "torus.h"

/* Gauss points on every element, with the problem's samples there. */
typedef struct {
  ElementTable table[REITER_MAX_DIM];
  PetscInt points; /* of one element */
  PetscInt cells;  /* elements of the torus */
  CellSamples samples;
} FemQuadrature;

/* order + extra points per direction, as few as will do where the coefficient does not vary. */
PetscErrorCode FemQuadratureCreate(const Torus *torus, PetscInt extra, FemQuadrature *quadrature);
PetscErrorCode FemQuadratureDestroy(FemQuadrature *quadrature);
/* Calls the sampler and looks for values that are not finite; *failure says what is wrong with them. */
PetscErrorCode FemQuadratureSample(FemQuadrature *quadrature, const Torus *torus, const CellProblem *problem,
                                   CellFailure *failure);
/* log int exp(log_w) z and log int exp(-log_w) zhat over the cell. */
PetscErrorCode FemQuadratureLogZ(const FemQuadrature *quadrature, const Torus *torus, PetscReal *log_z,
                                 PetscReal *log_zhat);

typedef enum { FEM_PRIMAL, FEM_DUAL } FemSide;

/* exp(log) * tensor at the samples: w C for the primal energy; for the dual one, in terms of the inverse of
   C, the coefficient R C^{-1} R^T / w of Keller's cell problem in one and two dimensions (R = 1 and the
   quarter turn), and C^{-1} / w in three. Tensors have trace dim; NULL is the identity. */
typedef struct {
  PetscReal *log;
  PetscReal *tensor[CELL_PACKED];
} FemCoefficient;

PetscErrorCode FemCoefficientCreate(const FemQuadrature *quadrature, const CellProblem *problem, FemSide side,
                                    FemCoefficient *coefficient, CellFailure *failure);
PetscErrorCode FemCoefficientDestroy(FemCoefficient *coefficient);

/* A view of one element after the other. */
typedef struct {
  const Torus *torus;
  const FemQuadrature *quadrature;
  const FemCoefficient *coefficient;
  PetscInt e[REITER_MAX_DIM];
  PetscReal h[REITER_MAX_DIM];
  PetscReal level;   /* largest log of the coefficient here */
  PetscInt *node;    /* [local] */
  PetscInt *sample;  /* [points] the quadrature points' places among the samples */
  PetscReal *weight; /* [points] quadrature weight * exp(log - level) */
  PetscReal *scaled; /* [points], of the kernels */
  PetscReal *buffer[3];
} FemElement;

PetscErrorCode FemElementCreate(const Torus *torus, const FemQuadrature *quadrature,
                                const FemCoefficient *coefficient, FemElement *element);
PetscErrorCode FemElementDestroy(FemElement *element);
void FemElementMove(FemElement *element, PetscInt c);
/* Entry kl of the tensor at sample p. */
static inline PetscReal FemCoefficientEntry(const FemCoefficient *c, PetscInt k, PetscInt l, PetscInt p)
{
  return c->tensor[0] ? c->tensor[CellPackedIndex(k, l)][p] : (k == l ? 1 : 0);
}

/* matrix[a][b] (+)= int values d_k(phi_a) d_l(phi_b), values[points] without quadrature weights' geometry:
   they are multiplied by 1/(h_k h_l) here. */
void FemElementMatrix(FemElement *element, PetscInt k, PetscInt l, const PetscReal values[], PetscBool add,
                      PetscReal matrix[]);
/* The same for the diagonal alone, diagonal[local]; the last node of a single periodic element counts as the
 * first. */
void FemElementDiagonal(FemElement *element, PetscInt k, PetscInt l, const PetscReal values[], PetscBool add,
                        PetscReal diagonal[]);
/* out[points] = d_k(sum_a local[a] phi_a) at the quadrature points */
void FemElementSlope(FemElement *element, PetscInt k, const PetscReal local[], PetscReal out[]);

/* Adds scale[a] matrix[a][b] scale[b] to a matrix with TorusPattern. */
void FemElementScatter(const FemElement *element, const PetscReal matrix[], const PetscReal scale[],
                       const PetscInt row[], PetscReal value[]);
