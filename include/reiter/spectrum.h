/*
  Eigenvalues and eigenfunctions of -(1/w) div( w D grad f ) = lambda f (mathematics, eq. 2.5), the constant deflated:
  SLEPc (prefix spectrum_), each value computed again as a quotient of sums of squares, with an honest error; small gaps
  by elimination on the monotone graph (elimination.h), in one dimension by flux integrals (interval.h).
*/
#pragma once
#include <reiter/diffusion.h>
#include <reiter/elimination.h>

typedef struct _p_Spectrum *Spectrum;

/* One eigenvalue. value and log_value agree; digits without any certainty are not given: known = false then, and `why`
   (a static sentence, else NULL) tells the reason. Values of the monotone graph are extrapolated to h = 0 where there are
   coarser grids; log_discrete is that of the given domain alone. */
typedef struct {
  PetscBool known;
  PetscReal value, log_value; /* 1/time; value may underflow to 0 where log_value is finite */
  PetscReal error;            /* relative, of the linear algebra and of the discretisation together */
  PetscReal residual;         /* |S g - lambda B g| / (lambda |g|), of the original matrices */
  const char *method;         /* "constant" | "slepc" | "elimination" | "flux" */
  /* error counts the discretisation; what nothing was compared with is not known then, unless no estimate is wanted */
  PetscBool discretisation_known;
  PetscReal log_discrete;
  const char *why;
} SpectrumValue;

/* The diffusion is borrowed. Boxes make the coarser domains for the estimate of the discretisation's error themselves
   (cells halved, and halved again, where they can be). SpectrumAddCoarse gives other ones, borrowed, in the order of
   their h: coarse h / fine h is `ratio`, the error of an eigenvalue of the order `rate`. */
PetscErrorCode SpectrumCreate(Diffusion diffusion, Spectrum *spectrum);
PetscErrorCode SpectrumAddCoarse(Spectrum spectrum, Diffusion coarse, PetscReal ratio, PetscReal rate);
PetscErrorCode SpectrumSetCount(Spectrum spectrum, PetscInt count); /* with lambda_0 = 0 if conservative */
/* auto | slepc | elimination; flux integrals are the caller's, here it is auto. */
PetscErrorCode SpectrumSetMethod(Spectrum spectrum, const char name[]);
PetscErrorCode SpectrumSetPrecision(Spectrum spectrum, Precision precision);
/* -spectrum_method auto|slepc|elimination|flux, -spectrum_estimate, -spectrum_eps_*, ... */
PetscErrorCode SpectrumSetFromOptions(Spectrum spectrum);
PetscErrorCode SpectrumSolve(Spectrum spectrum, const volatile int *interrupted, CellFailure *failure);
PetscErrorCode SpectrumGetValues(Spectrum spectrum, PetscInt *n, const SpectrumValue **values);
/* The state g of eigenfunction k: largest value of |f|, f = g/sqrt(b), one and positive. Where sqrt(b) is too small for
   anything of f to survive in g, f is continued smoothly from its neighbours. NULL: there is none. Borrowed. */
PetscErrorCode SpectrumGetFunction(Spectrum spectrum, PetscInt k, Vec *g);
/* Largest |f_i B f_j| over i != j of normalised states. */
PetscErrorCode SpectrumGetOrthogonality(Spectrum spectrum, PetscReal *largest);
/* For a state g = sqrt(b) f, |f| about one: replaces g where sqrt(b) is so small that its rounding (noise: absolute) leaves
   fewer than two digits of f; f is continued smoothly from the neighbours there. f (NULL: not wanted) is the function on
   the free nodes; it is finite also where sqrt(b) underflows. Collective. */
PetscErrorCode SpectrumExtend(const DiffusionSystem *system, PetscReal noise, Vec g, Vec f);
PetscErrorCode SpectrumDestroy(Spectrum *spectrum);
