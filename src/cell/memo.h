/*
  Inner cascades already computed at one macroscopic point, keyed by the exact values of the frozen variables
  that they depend on: what a scale does not see costs nothing (1.8).
*/
#pragma once
#include <reiter/expression.h>

/* The cascade of the scales above k at frozen slower scales: K_k / prod_{j <= k} exp(-T_j/s) and its
   partition functions. */
typedef struct {
  PetscReal log_scale, upper[9], lower[9]; /* row-major dim x dim; times exp(log_scale) */
  PetscReal log_z, log_zhat;
  PetscReal quadrature; /* relative, summed over the levels inside */
  PetscReal methods;    /* that solved the cells inside: see cascade_methods.c */
} InnerTensor;

typedef struct _p_Memo *Memo;

/* Keys are the values of the variables in `set`. */
PetscErrorCode MemoCreate(VariableSet set, Memo *memo);
PetscErrorCode MemoDestroy(Memo *memo);
PetscErrorCode MemoClear(Memo memo);
PetscErrorCode MemoFind(Memo memo, const PetscReal values[], const InnerTensor **inner); /* NULL: not there */
PetscErrorCode MemoInsert(Memo memo, const PetscReal values[], const InnerTensor *inner);
/* The number of the entry in the order of insertion; a key that is not there is inserted with an empty tensor. */
PetscErrorCode MemoNumber(Memo memo, const PetscReal values[], PetscInt *number);
