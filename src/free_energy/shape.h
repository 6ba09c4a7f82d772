/*
  Which derivatives a jet has. The variables are w = (x_1..x_d, p_1..p_m), D = d + m in number. Beside the first
  derivatives there are pairs (i, b), i <= b, and triples (i, j, c), i <= j <= c, of which i and j are among x: p comes
  once at most. Every set of derivatives is one array: value, first, pairs, triples.
*/
#pragma once
#include <reiter/free_energy.h>

#define MOST_FIRST   (REITER_MAX_DIM + FREE_PARAMETERS)
#define MOST_PAIRS   12
#define MOST_TRIPLES 22
#define MOST_ENTRIES (1 + MOST_FIRST + MOST_PAIRS + MOST_TRIPLES)

typedef struct {
  PetscInt d, m, D;
  PetscInt n_pairs, n_triples;
  PetscInt pair[MOST_PAIRS][2], triple[MOST_TRIPLES][3];
  PetscInt pair_at[MOST_FIRST][MOST_FIRST]; /* the number of a pair in either order, -1: not there */
  PetscInt end[4];                          /* entries of the derivatives up to each order: 1, 1 + D, .. */
} Shape;

PETSC_INTERN void ShapeSet(PetscInt d, PetscInt m, Shape *shape);
/* Of the numbers of derivatives, their places in the array. */
static inline PetscInt ShapeFirst(PetscInt a)
{
  return 1 + a;
}
static inline PetscInt ShapePair(const Shape *shape, PetscInt i, PetscInt b)
{
  return shape->end[1] + shape->pair_at[i][b];
}
