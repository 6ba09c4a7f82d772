/* Edges of the monotone scheme, weights as logarithms relative to log_scale. */
#pragma once
#include "diffusion_private.h"

/* Contributions to edges {row, column} of free global numbers; column -1: to the absorbing boundary. */
typedef struct {
  PetscInt n, capacity;
  PetscInt *row, *column;
  PetscReal *log_weight;
} EdgeList;

/* The rows of this rank's free nodes: every edge in both directions, columns ascending. */
typedef struct {
  PetscInt n;             /* rows */
  PetscInt *offsets;      /* [n + 1] */
  PetscInt *columns;      /* free global numbers */
  PetscReal *log_weight;  /* beside columns */
  PetscReal *log_killing; /* [n], -infinity: none */
} EdgeRows;

PetscErrorCode EdgeListDestroy(EdgeList *list);
/* What the tensors at this rank's nodes contribute (2.9). */
PetscErrorCode EdgeListCreate(Diffusion d, EdgeList *list, CoefficientFault *fault);
/* Contributions brought to the ranks of their ends, sorted and merged. Collective. */
PetscErrorCode EdgeRowsCreate(Diffusion d, const EdgeList *list, EdgeRows *rows);
PetscErrorCode EdgeRowsDestroy(EdgeRows *rows);
