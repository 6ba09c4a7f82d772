/*
  Real trigonometric fields on the uniform grid of n^dim points of the torus (component 0 fastest) and their
  Fourier coefficients; FFTW plans are made once per (dim, n) and kept.
*/
#pragma once
#include <petscsys.h>
#include <fftw3.h>

/* A Fourier coefficient; laid out as FFTW's (and C's) complex number. */
typedef struct {
  PetscReal re, im;
} Coefficient;

typedef struct _p_Spectral *Spectral;
struct _p_Spectral {
  PetscInt dim, n, total; /* total = n^dim real values */
  PetscInt half;          /* number of stored coefficients: component 0 runs over 0 .. n/2 only */
  PetscReal *k[3]; /* [half] wave numbers 2 pi k_c; zero for the Nyquist number of even n (odd derivatives) */
  PetscReal *k2;   /* [half] |2 pi k|^2, Nyquist included */
  PetscReal *weight; /* [half] 2 where the conjugate coefficient is not stored, else 1 */
  fftw_plan forward, backward;
  Spectral next;
};

/* A set of grids, made on demand. */
PetscErrorCode SpectralGet(Spectral *list, PetscInt dim, PetscInt n, Spectral *grid);
PetscErrorCode SpectralDestroyAll(Spectral *list);
/* values[total] -> coefficients hat[half] (of exp(2 pi i k.y), normalised). */
PetscErrorCode SpectralForward(Spectral grid, const PetscReal values[], Coefficient hat[]);
/* The inverse; hat is destroyed. */
PetscErrorCode SpectralBackward(Spectral grid, Coefficient hat[], PetscReal values[]);
/* hat *= i k_c (differentiation along component c), out may be hat. */
PetscErrorCode SpectralDerive(Spectral grid, PetscInt c, const Coefficient hat[], Coefficient out[]);
/* Copies the modes that both grids have; the others are zero. */
PetscErrorCode SpectralTransfer(Spectral from, const Coefficient hat[], Spectral to, Coefficient out[]);
/* The smallest odd number >= n with prime factors up to 13. */
PetscInt SpectralGoodSize(PetscInt n);
