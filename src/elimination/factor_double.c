#include "elimination_private.h"
#include "scaled_weight.h"
#include <limits.h>
#include <string.h>

#define REAL      double
#define POWER     ldexp
#define ROOT      sqrt
#define LOGARITHM log
#define NAME(x)   x##Double

/* Four doubles at a time: gcc and clang make of it what the processor has. */
typedef double Quad __attribute__((vector_size(32), aligned(8), may_alias));

static inline __attribute__((always_inline)) void tile_body(PetscInt depth, const double *a, const double *b,
                                                            double acc[4][8])
{
  Quad low[4] = {{0}}, high[4] = {{0}};
  for (PetscInt k = 0; k < depth; k++, a += 8, b += 8) {
    const Quad a0 = *(const Quad *)a, a1 = *(const Quad *)(a + 4);
    for (int j = 0; j < 4; j++) {
      low[j] += a0 * b[j];
      high[j] += a1 * b[j];
    }
  }
  for (int j = 0; j < 4; j++) {
    *(Quad *)acc[j] = low[j];
    *(Quad *)(acc[j] + 4) = high[j];
  }
}

static void tile_plain(PetscInt depth, const double *a, const double *b, double acc[4][8])
{
  tile_body(depth, a, b, acc);
}

#if defined(__x86_64__)
static __attribute__((target("avx2,fma"))) void tile_wide(PetscInt depth, const double *a, const double *b,
                                                          double acc[4][8])
{
  tile_body(depth, a, b, acc);
}
static void update_tile(PetscInt depth, const double *a, const double *b, double acc[4][8])
{
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    tile_wide(depth, a, b, acc);
  else
    tile_plain(depth, a, b, acc);
}
#define RANK_UPDATE update_tile
#else
#define RANK_UPDATE tile_plain
#endif
#include "factor_kernel.h"
