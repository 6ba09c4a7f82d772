/*
  Random123's own functions do not vectorise inside a loop over paths; its generator written over arrays does, with each
  32-bit word in a lane of 64 bits. tests/unit/test_noise.c holds it against the library word for word.
*/
#include "vectorised.h"
#include "noise.h"
#include <Random123/philox.h>

enum { ROUNDS = 10, BLOCK = 256 };

Noise NoiseCreate(uint64_t seed)
{
  const Noise noise = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};

  return noise;
}

/* Words 0 and 1 of the counter; the path is words 2 and 3. */
static uint64_t counter_of(int kind, uint64_t pair)
{
  return (pair & 0xffffffffffffffu) | (uint64_t)kind << 56;
}

ANY_MACHINE static void philox(const uint64_t *restrict key0, const uint64_t *restrict key1, uint64_t counter,
                               const uint64_t *restrict path, PetscInt n, uint64_t *restrict low,
                               uint64_t *restrict high)
{
  for (PetscInt i = 0; i < n; i++) {
    uint64_t x0 = counter, x1 = counter >> 32, x2 = path[i], x3 = path[i] >> 32;

#pragma GCC unroll 10
    for (int r = 0; r < ROUNDS; r++) {
      const uint64_t p0 = (uint64_t)PHILOX_M4x32_0 * (uint32_t)x0;
      const uint64_t p1 = (uint64_t)PHILOX_M4x32_1 * (uint32_t)x2;

      x0 = (p1 >> 32) ^ x1 ^ key0[r];
      x1 = p1; /* upper halves are left as they are: only lower ones are read */
      x2 = (p0 >> 32) ^ x3 ^ key1[r];
      x3 = p0;
    }
    low[i] = (uint32_t)x0 | x1 << 32;
    high[i] = (uint32_t)x2 | x3 << 32;
  }
}

void NoiseWords(const Noise *noise, int kind, uint64_t pair, const uint64_t path[], PetscInt n,
                uint64_t low[], uint64_t high[])
{
  uint64_t key0[ROUNDS], key1[ROUNDS];

  for (uint32_t r = 0; r < ROUNDS; r++) {
    key0[r] = noise->key[0] + r * PHILOX_W32_0;
    key1[r] = noise->key[1] + r * PHILOX_W32_1;
  }
  philox(key0, key1, counter_of(kind, pair), path, n, low, high);
}

/* The upper 52 bits, in the middle of their interval. */
static inline PetscReal uniform(uint64_t word)
{
  const union {
    uint64_t bits;
    PetscReal value;
  } in_1_2 = {word >> 12 | 0x3ff0000000000000u};

  return (in_1_2.value - 1) + 0x1p-53;
}

ANY_MACHINE static void to_uniforms(PetscInt n, const uint64_t *restrict low, const uint64_t *restrict high,
                                    PetscReal *restrict u, PetscReal *restrict v)
{
  for (PetscInt i = 0; i < n; i++) {
    u[i] = uniform(low[i]);
    v[i] = uniform(high[i]);
  }
}

/* One loop for each function: gcc makes sine and cosine of one argument a call that does not vectorise. */
ANY_MACHINE static void box_muller(PetscInt n, PetscReal *restrict u, PetscReal *restrict v,
                                   PetscReal *restrict even, PetscReal *restrict odd)
{
  for (PetscInt i = 0; i < n; i++) {
    u[i] = sqrt(-2 * log(u[i]));
    v[i] *= 2 * PETSC_PI;
  }
  for (PetscInt i = 0; i < n; i++) even[i] = u[i] * cos(v[i]);
  for (PetscInt i = 0; i < n; i++) odd[i] = u[i] * sin(v[i]);
}

void NoiseUniforms(const Noise *noise, int kind, uint64_t pair, const uint64_t path[], PetscInt n,
                   PetscReal even[], PetscReal odd[])
{
  for (PetscInt start = 0; start < n; start += BLOCK) {
    const PetscInt count = PetscMin(n - start, BLOCK);
    uint64_t low[BLOCK], high[BLOCK];

    NoiseWords(noise, kind, pair, path + start, count, low, high);
    to_uniforms(count, low, high, even + start, odd + start);
  }
}

void NoiseNormals(const Noise *noise, int kind, uint64_t pair, const uint64_t path[], PetscInt n,
                  PetscReal even[], PetscReal odd[])
{
  for (PetscInt start = 0; start < n; start += BLOCK) {
    const PetscInt count = PetscMin(n - start, BLOCK);
    PetscReal u[BLOCK], v[BLOCK];

    NoiseUniforms(noise, kind, pair, path + start, count, u, v);
    box_muller(count, u, v, even + start, odd + start);
  }
}

void NoiseOne(const Noise *noise, int kind, uint64_t counter, uint64_t path, PetscReal u[2])
{
  const uint64_t c = counter_of(kind, counter);
  const philox4x32_ctr_t in = {{(uint32_t)c, (uint32_t)(c >> 32), (uint32_t)path, (uint32_t)(path >> 32)}};
  const philox4x32_key_t key = {{noise->key[0], noise->key[1]}};
  const philox4x32_ctr_t out = philox4x32(in, key);

  u[0] = uniform(out.v[0] | (uint64_t)out.v[1] << 32);
  u[1] = uniform(out.v[2] | (uint64_t)out.v[3] << 32);
}
