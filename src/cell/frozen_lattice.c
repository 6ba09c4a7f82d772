#include "frozen_private.h"

/* Generators tried for a lattice. */
enum { TRIALS = 24 };

static PetscBool is_prime(PetscInt n)
{
  for (PetscInt p = 2; p * p <= n; p++) {
    if (n % p == 0) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* SplitMix64: the same numbers on every machine. */
static uint64_t scramble(uint64_t x)
{
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

PetscInt LatticeResidue(const Lattice *lattice, const int k[])
{
  PetscInt sum = 0;

  for (PetscInt i = 0; i < lattice->m; i++) sum = (sum + k[i] * lattice->z[i]) % lattice->size;
  return sum < 0 ? sum + lattice->size : sum;
}

/* How many waves share their residue with one that came before. */
static PetscInt collisions(const Lattice *lattice, const WaveSet *set, char taken[])
{
  PetscInt found = 0;

  for (PetscInt i = 0; i < set->n; i++) {
    const PetscInt r = LatticeResidue(lattice, &set->k[i * set->m]), opposite = r ? lattice->size - r : 0;
    if (taken[r] || (r == 0 && i > 0)) found++;
    taken[r] = taken[opposite] = 1;
  }
  return found;
}

PetscErrorCode LatticeChoose(const WaveSet *set, PetscInt size, PetscInt number, Lattice *lattice)
{
  PetscInt fewest = PETSC_MAX_INT;
  Lattice trial = {.m = set->m, .size = PetscMax(size, 31)};
  char *taken;

  PetscFunctionBegin;
  while (!is_prime(trial.size)) trial.size++;
  PetscCall(PetscMalloc1(trial.size, &taken));
  for (PetscInt t = 0; t < TRIALS && fewest > 0; t++) {
    for (PetscInt i = 0; i < set->m; i++) {
      const uint64_t seed = (uint64_t)((number * TRIALS + t) * FROZEN_MAX_VARIABLES + i);
      trial.z[i] = 1 + (PetscInt)(scramble(seed) % (uint64_t)(trial.size - 1));
    }
    PetscCall(PetscArrayzero(taken, trial.size));
    const PetscInt found = collisions(&trial, set, taken);
    if (found < fewest) *lattice = trial;
    fewest = PetscMin(fewest, found);
  }
  PetscCall(PetscFree(taken));
  PetscFunctionReturn(0);
}

void LatticePoints(const Lattice *lattice, PetscReal y[])
{
  for (PetscInt j = 0; j < lattice->size; j++) {
    for (PetscInt i = 0; i < lattice->m; i++) {
      const int64_t step = (int64_t)j * lattice->z[i] % lattice->size;
      y[j * lattice->m + i] = (PetscReal)step / (PetscReal)lattice->size;
    }
  }
}

PetscErrorCode LatticeTransform(Lattice *lattice, PetscInt components, const PetscReal values[])
{
  const PetscInt half = lattice->size / 2 + 1;
  PetscReal *line;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(components * half, &lattice->hat));
  PetscCall(PetscMalloc1(lattice->size, &line));
  for (PetscInt c = 0; c < components; c++) {
    Coefficient *hat = &lattice->hat[c * half];
    fftw_plan plan =
        fftw_plan_dft_r2c_1d((int)lattice->size, line, (fftw_complex *)hat, FFTW_ESTIMATE | FFTW_UNALIGNED);
    for (PetscInt j = 0; j < lattice->size; j++) line[j] = values[j * components + c];
    fftw_execute(plan);
    fftw_destroy_plan(plan);
    for (PetscInt r = 0; r < half; r++) {
      hat[r].re /= (PetscReal)lattice->size;
      hat[r].im /= (PetscReal)lattice->size;
    }
  }
  PetscCall(PetscFree(line));
  PetscFunctionReturn(0);
}

PetscErrorCode LatticeEvaluate(const Lattice *lattice, const WaveSet *set, PetscInt components,
                               const Coefficient c[], PetscReal values[])
{
  const PetscInt half = lattice->size / 2 + 1;
  PetscReal *line;
  Coefficient *hat;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(lattice->size, &line));
  PetscCall(PetscMalloc1(half, &hat));
  for (PetscInt d = 0; d < components; d++) {
    const Coefficient *from = &c[d * set->n];
    fftw_plan plan =
        fftw_plan_dft_c2r_1d((int)lattice->size, (fftw_complex *)hat, line, FFTW_ESTIMATE | FFTW_UNALIGNED);
    PetscCall(PetscArrayzero(hat, half));
    for (PetscInt i = 0; i < set->n; i++) {
      const PetscInt r = LatticeResidue(lattice, &set->k[i * set->m]);
      if (r == 0) {
        hat[0].re += (PetscReal)WaveMultiplicity(set, i) * from[i].re;
      } else {
        hat[PetscMin(r, lattice->size - r)].re += from[i].re;
        hat[PetscMin(r, lattice->size - r)].im += r < half ? from[i].im : -from[i].im;
      }
    }
    fftw_execute(plan);
    fftw_destroy_plan(plan);
    for (PetscInt j = 0; j < lattice->size; j++) values[j * components + d] = line[j];
  }
  PetscCall(PetscFree(line));
  PetscCall(PetscFree(hat));
  PetscFunctionReturn(0);
}

PetscErrorCode LatticeDestroy(Lattice *lattice)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(lattice->hat));
  PetscFunctionReturn(0);
}
