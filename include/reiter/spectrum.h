/*
  Eigenvalues and eigenfunctions of -(1/w) div( w D grad f ) = lambda f (mathematics, eq. 2.5), the constant deflated:
  SLEPc (prefix spectrum_), each value computed again as a quotient of sums of squares, with an honest error; small gaps
  by elimination on the monotone graph (elimination.h), in one dimension by flux integrals (interval.h).
*/
#pragma once
#include <reiter/diffusion.h>
#include <reiter/elimination.h>

typedef struct _p_Spectrum *Spectrum;

/* One eigenvalue. value and log_value agree; digits without any certainty are not given: known = false then. */
typedef struct {
  PetscBool known;
  PetscReal value, log_value; /* 1/time; value may underflow to 0 where log_value is finite */
  PetscReal error;            /* relative, of the linear algebra and of the discretisation together */
  PetscReal residual;         /* |S g - lambda B g| / (lambda |g|), of the original matrices */
  const char *method;         /* "constant" | "slepc" | "elimination" | "flux" */
  const char *why;            /* a sentence if not known, else NULL */
} SpectrumValue;

/* The diffusion is borrowed; `coarse` (NULL: none) is the same problem on a coarser domain, for the estimate of the
   discretisation's error (assumed of the order `rate`: coarse h / fine h is `ratio`). */
PetscErrorCode SpectrumCreate(Diffusion diffusion, Spectrum *spectrum);
PetscErrorCode SpectrumSetCoarse(Spectrum spectrum, Diffusion coarse, PetscReal ratio, PetscReal rate);
PetscErrorCode SpectrumSetCount(Spectrum spectrum, PetscInt count); /* with lambda_0 = 0 if conservative */
PetscErrorCode SpectrumSetMethod(Spectrum spectrum, const char name[]); /* auto | slepc | elimination */
PetscErrorCode SpectrumSetPrecision(Spectrum spectrum, Precision precision);
PetscErrorCode
SpectrumSetFromOptions(Spectrum spectrum); /* -spectrum_method auto|slepc|elimination, -spectrum_eps_*, .. */
PetscErrorCode SpectrumSolve(Spectrum spectrum, const volatile int *interrupted, CellFailure *failure);
PetscErrorCode SpectrumGetValues(Spectrum spectrum, PetscInt *n, const SpectrumValue **values);
/* The state g of eigenfunction k (largest value of |f| one). Borrowed. */
PetscErrorCode SpectrumGetFunction(Spectrum spectrum, PetscInt k, Vec *g);
/* Largest |f_i B f_j| over i != j of normalised states. */
PetscErrorCode SpectrumGetOrthogonality(Spectrum spectrum, PetscReal *largest);
PetscErrorCode SpectrumDestroy(Spectrum *spectrum);
