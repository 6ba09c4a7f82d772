/*
  Parts of a FrozenTable: sets of waves, lattices, the fit.
*/
#pragma once
#include "frozen.h"
#include "spectral.h"

/* One of each pair k, -k: that whose first nonzero number is positive. */
typedef struct {
  PetscInt m, n, capacity;
  int *k; /* [capacity][m], |k_i| < WAVE_LIMIT */
  PetscInt n_slots;
  PetscInt *slot; /* 1 + index, or 0 */
} WaveSet;

enum { WAVE_LIMIT = 500 };

PetscErrorCode WaveSetCreate(PetscInt m, WaveSet *set);
PetscErrorCode WaveSetDestroy(WaveSet *set);
/* Brings k to the kept half; PETSC_TRUE if the sign changed. */
PetscBool WaveNormalise(PetscInt m, int k[]);
/* Index of a normalised k, or -1. */
PetscInt WaveSetFind(const WaveSet *set, const int k[]);
/* Its index, new or old. */
PetscErrorCode WaveSetAdd(WaveSet *set, const int k[], PetscInt *index);
static inline PetscInt WaveMultiplicity(const WaveSet *set, PetscInt i)
{
  for (PetscInt c = 0; c < set->m; c++) {
    if (set->k[i * set->m + c]) return 2;
  }
  return 1;
}
/* Waves, k and -k counted as two. */
PetscInt WaveSetSize(const WaveSet *set);

/* The points j z/size mod 1, j = 0 .. size-1: a wave is seen as its residue k.z mod size. */
typedef struct {
  PetscInt m, size; /* a prime number */
  PetscInt z[FROZEN_MAX_VARIABLES];
  Coefficient *hat; /* [components][size/2 + 1], of the samples, normalised */
} Lattice;

/* A lattice with at least `size` points on which the waves collide little; the choice is the number'th of its kind. */
PetscErrorCode LatticeChoose(const WaveSet *set, PetscInt size, PetscInt number, Lattice *lattice);
void LatticePoints(const Lattice *lattice, PetscReal y[]);
PetscInt LatticeResidue(const Lattice *lattice, const int k[]);
/* values[size][components] -> hat (allocated). */
PetscErrorCode LatticeTransform(Lattice *lattice, PetscInt components, const PetscReal values[]);
/* Values [size][components] of the sum with coefficients c[components][set->n]. */
PetscErrorCode LatticeEvaluate(const Lattice *lattice, const WaveSet *set, PetscInt components,
                               const Coefficient c[], PetscReal values[]);
PetscErrorCode LatticeDestroy(Lattice *lattice);

/* Least squares over all samples of all lattices: c[components][set->n] is the first guess and the result.
   *noise: size of a coefficient that the fit cannot tell from zero. */
PetscErrorCode FrozenFit(const WaveSet *set, PetscInt n_lattices, const Lattice lattices[],
                         PetscInt components, Coefficient c[], PetscReal *noise);

/* The ball |k|_1 <= radius. */
PetscErrorCode WaveSetFillBall(WaveSet *set, PetscInt radius);
/* The waves that the next fit should have: those of `set` that matter and the neighbours predicted from them, until the
   rest sums to at most `rest`; *complete if that is not cut short by at_most. size[set->n] are sizes of coefficients. */
PetscErrorCode FrozenGrow(const WaveSet *set, const PetscReal size[], PetscReal rest, PetscInt at_most,
                          PetscBool wide, WaveSet *grown, PetscBool *complete);

struct _p_FrozenTable {
  PetscInt m, components;
  WaveSet waves;
  Coefficient *c;  /* [components][waves.n] */
  PetscReal noise; /* of the last fit */
  PetscInt n_lattices, capacity;
  Lattice *lattices;
};
