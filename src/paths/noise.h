/*
  Random numbers that are functions of where they are used: Philox 4x32-10 (Salmon et al. 2011), the key is the seed, the
  counter is (pair of steps, kind, path). One call gives two numbers, of the even and of the odd step of the pair.
*/
#pragma once
#include <petscsys.h>
#include <stdint.h>

/* Streams of one path. Kinds 0, 1, 2 are the components of the noise. */
enum { NOISE_ACCEPTANCE = 3, NOISE_CROSSING, NOISE_CROSSING_TIME, NOISE_DRAW };

typedef struct {
  uint32_t key[2];
} Noise;

PETSC_INTERN Noise NoiseCreate(uint64_t seed);
/* Of paths path[n]: the words of the generator, two to each 64 bits: word 0 is the low half of low[i]. */
PETSC_INTERN void NoiseWords(const Noise *noise, int kind, uint64_t pair, const uint64_t path[], PetscInt n,
                             uint64_t low[], uint64_t high[]);
/* Uniform in (0, 1), multiples of 2^-53. */
PETSC_INTERN void NoiseUniforms(const Noise *noise, int kind, uint64_t pair, const uint64_t path[],
                                PetscInt n, PetscReal even[], PetscReal odd[]);
/* Normal with mean 0 and variance 1 (Box-Muller). The bits depend on n unless it is a multiple of DYNAMICS_LANES. */
PETSC_INTERN void NoiseNormals(const Noise *noise, int kind, uint64_t pair, const uint64_t path[], PetscInt n,
                               PetscReal even[], PetscReal odd[]);
/* Two uniform numbers of one path, for what happens rarely. */
PETSC_INTERN void NoiseOne(const Noise *noise, int kind, uint64_t counter, uint64_t path, PetscReal u[2]);
