/* The sums over the coefficients around a point, for each dimension, degree and number of functions of its own. */
#include "vectorised.h"
#include "spline.h"
#include "spline_weights.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef PetscReal Two __attribute__((vector_size(2 * sizeof(PetscReal))));
typedef PetscReal Four __attribute__((vector_size(4 * sizeof(PetscReal))));
typedef PetscReal Eight __attribute__((vector_size(8 * sizeof(PetscReal))));

typedef struct {
  PetscReal w[SPLINE_DIM][SPLINE_ORDER][SPLINE_BLOCK], d[SPLINE_DIM][SPLINE_ORDER][SPLINE_BLOCK];
  PetscInt at[SPLINE_BLOCK]; /* the first coefficient */
} Weights;

INLINE void weigh(const SplineGrid *grid, int dim, int degree, PetscInt stride, const PetscReal x[],
                  Weights *weights)
{
  for (int p = 0; p < SPLINE_BLOCK; p++) weights->at[p] = 0;
  for (int a = 0; a < dim; a++) {
    const PetscReal low = grid->low[a], scale = 1 / grid->h[a];
    const PetscInt last = grid->cells[a] - 1, distance = grid->distance[a];
    for (int p = 0; p < SPLINE_BLOCK; p++) {
      const PetscReal s = (x[a * stride + p] - low) * scale;
      PetscInt cell = (PetscInt)s;
      PetscReal w[SPLINE_ORDER], d[SPLINE_ORDER];
      cell = cell > last ? last : cell;
      spline_weights(degree, s - (PetscReal)cell, w, d);
#pragma GCC unroll 6
      for (int q = 0; q <= degree; q++) {
        weights->w[a][q][p] = w[q];
        weights->d[a][q][p] = scale * d[q];
      }
      weights->at[p] += cell * distance;
    }
  }
}

/* Several functions: vectors over the functions. */
#define SUM_FUNCTIONS(NAME, V)                                                                               \
  INLINE void NAME(const SplineGrid *grid, int dim, int degree, const Weights *g,                            \
                   PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS])                                         \
  {                                                                                                          \
    enum { F = sizeof(V) / sizeof(PetscReal) };                                                              \
    const PetscInt row = grid->distance[1], plane = grid->distance[2];                                       \
    for (int p = 0; p < SPLINE_BLOCK; p++) {                                                                 \
      const PetscReal *const base = grid->c + g->at[p] * F;                                                  \
      V sum = {0}, sum_x = {0}, sum_y = {0}, sum_z = {0};                                                    \
      for (int k = 0; k <= (dim > 2 ? degree : 0); k++) {                                                    \
        V flat = {0}, flat_x = {0}, flat_y = {0};                                                            \
        for (int j = 0; j <= (dim > 1 ? degree : 0); j++) {                                                  \
          V line = {0}, line_x = {0}, c;                                                                     \
          _Pragma("GCC unroll 6") for (int i = 0; i <= degree; i++)                                          \
          {                                                                                                  \
            memcpy(&c, base + (k * plane + j * row + i) * F, sizeof(c));                                     \
            line += g->w[0][i][p] * c;                                                                       \
            line_x += g->d[0][i][p] * c;                                                                     \
          }                                                                                                  \
          if (dim == 1) {                                                                                    \
            flat = line;                                                                                     \
            flat_x = line_x;                                                                                 \
          } else {                                                                                           \
            flat += g->w[1][j][p] * line;                                                                    \
            flat_x += g->w[1][j][p] * line_x;                                                                \
            flat_y += g->d[1][j][p] * line;                                                                  \
          }                                                                                                  \
        }                                                                                                    \
        if (dim < 3) {                                                                                       \
          sum = flat;                                                                                        \
          sum_x = flat_x;                                                                                    \
          sum_y = flat_y;                                                                                    \
        } else {                                                                                             \
          sum += g->w[2][k][p] * flat;                                                                       \
          sum_x += g->w[2][k][p] * flat_x;                                                                   \
          sum_y += g->w[2][k][p] * flat_y;                                                                   \
          sum_z += g->d[2][k][p] * flat;                                                                     \
        }                                                                                                    \
      }                                                                                                      \
      memcpy(&out[0][p * F], &sum, sizeof(sum));                                                             \
      memcpy(&out[1][p * F], &sum_x, sizeof(sum));                                                           \
      if (dim > 1) memcpy(&out[2][p * F], &sum_y, sizeof(sum));                                              \
      if (dim > 2) memcpy(&out[3][p * F], &sum_z, sizeof(sum));                                              \
    }                                                                                                        \
  }
SUM_FUNCTIONS(sum_two, Two)
SUM_FUNCTIONS(sum_four, Four)
SUM_FUNCTIONS(sum_eight, Eight)

/* One function: vectors along x, a whole row of coefficients each (the last weights of a longer vector are zero). */
#define SUM_ROWS(NAME, V)                                                                                    \
  INLINE void NAME(const SplineGrid *grid, int dim, int degree, const Weights *g,                            \
                   PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS])                                         \
  {                                                                                                          \
    const PetscInt row = grid->distance[1], plane = grid->distance[2];                                       \
    for (int p = 0; p < SPLINE_BLOCK; p++) {                                                                 \
      const PetscReal *const base = grid->c + g->at[p];                                                      \
      V sum = {0}, sum_y = {0}, sum_z = {0}, w = {0}, d = {0};                                               \
      PetscReal value = 0, along[SPLINE_DIM] = {0};                                                          \
      _Pragma("GCC unroll 6") for (int i = 0; i <= degree; i++)                                              \
      {                                                                                                      \
        w[i] = g->w[0][i][p];                                                                                \
        d[i] = g->d[0][i][p];                                                                                \
      }                                                                                                      \
      for (int k = 0; k <= (dim > 2 ? degree : 0); k++) {                                                    \
        V flat = {0}, flat_y = {0}, c;                                                                       \
        for (int j = 0; j <= (dim > 1 ? degree : 0); j++) {                                                  \
          memcpy(&c, base + k * plane + j * row, sizeof(c));                                                 \
          if (dim == 1) {                                                                                    \
            flat = c;                                                                                        \
          } else {                                                                                           \
            flat += g->w[1][j][p] * c;                                                                       \
            flat_y += g->d[1][j][p] * c;                                                                     \
          }                                                                                                  \
        }                                                                                                    \
        if (dim < 3) {                                                                                       \
          sum = flat;                                                                                        \
          sum_y = flat_y;                                                                                    \
        } else {                                                                                             \
          sum += g->w[2][k][p] * flat;                                                                       \
          sum_y += g->w[2][k][p] * flat_y;                                                                   \
          sum_z += g->d[2][k][p] * flat;                                                                     \
        }                                                                                                    \
      }                                                                                                      \
      d *= sum;                                                                                              \
      sum *= w;                                                                                              \
      sum_y *= w;                                                                                            \
      sum_z *= w;                                                                                            \
      _Pragma("GCC unroll 6") for (int i = 0; i <= degree; i++)                                              \
      {                                                                                                      \
        value += sum[i];                                                                                     \
        along[0] += d[i];                                                                                    \
        along[1] += sum_y[i];                                                                                \
        along[2] += sum_z[i];                                                                                \
      }                                                                                                      \
      out[0][p] = value;                                                                                     \
      for (int a = 0; a < dim; a++) out[1 + a][p] = along[a];                                                \
    }                                                                                                        \
  }
SUM_ROWS(sum_row_four, Four)
SUM_ROWS(sum_row_eight, Eight)

INLINE void evaluate(const SplineGrid *grid, int dim, int degree, PetscInt stride, const PetscReal x[],
                     PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS])
{
  Weights weights;

  weigh(grid, dim, degree, stride, x, &weights);
  if (grid->functions == 1 && degree == 3)
    sum_row_four(grid, dim, degree, &weights, out);
  else if (grid->functions == 1)
    sum_row_eight(grid, dim, degree, &weights, out);
  else if (dim == 1)
    sum_two(grid, dim, degree, &weights, out);
  else if (dim == 2)
    sum_four(grid, dim, degree, &weights, out);
  else
    sum_eight(grid, dim, degree, &weights, out);
}

#define CASE(DIM, DEGREE)                                                                                    \
  ANY_MACHINE static void evaluate_##DIM##_##DEGREE(const SplineGrid *grid, PetscInt stride,                 \
                                                    const PetscReal x[],                                     \
                                                    PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS])        \
  {                                                                                                          \
    evaluate(grid, DIM, DEGREE, stride, x, out);                                                             \
  }
CASE(1, 3)
CASE(1, 5)
CASE(2, 3)
CASE(2, 5)
CASE(3, 3)
CASE(3, 5)

void SplineEvaluate(const SplineGrid *grid, PetscInt stride, const PetscReal x[],
                    PetscReal out[][SPLINE_BLOCK * SPLINE_FUNCTIONS])
{
  const PetscBool cubic = (PetscBool)(grid->degree == 3);

  if (grid->dim == 1)
    (cubic ? evaluate_1_3 : evaluate_1_5)(grid, stride, x, out);
  else if (grid->dim == 2)
    (cubic ? evaluate_2_3 : evaluate_2_5)(grid, stride, x, out);
  else
    (cubic ? evaluate_3_3 : evaluate_3_5)(grid, stride, x, out);
}
