#pragma once
#include <reiter/spectrum.h>

/* FLUX only among the names: flux integrals are the caller's, and this room's part of it is AUTO. */
typedef enum { SPECTRUM_AUTO, SPECTRUM_SLEPC, SPECTRUM_ELIMINATION, SPECTRUM_FLUX } SpectrumMethod;

enum { SPECTRUM_MAX_COARSE = 4 };

/* Eigenpairs of one diffusion, from the smallest. functions[k] is NULL where there is none. */
typedef struct {
  PetscInt n;
  SpectrumValue *values;
  Vec *functions;
} SpectrumModes;

struct _p_Spectrum {
  Diffusion diffusion; /* borrowed */
  PetscInt count;
  SpectrumMethod method;
  Precision precision;
  PetscBool estimate;
  PetscInt n_coarse;
  Diffusion coarse[SPECTRUM_MAX_COARSE]; /* borrowed */
  PetscReal ratio[SPECTRUM_MAX_COARSE], rate;
  SpectrumModes modes;
};

/* All values unknown, the constant first if the diffusion is conservative. */
PetscErrorCode SpectrumModesCreate(Diffusion diffusion, PetscInt count, SpectrumModes *modes);
PetscErrorCode SpectrumModesDestroy(SpectrumModes *modes);
/* Fills residuals; the state of the constant is made here. */
PetscErrorCode SpectrumResidual(const DiffusionSystem *system, Vec g, PetscReal log_value,
                                PetscReal *residual);
/* Largest |f| one, where f = g/sqrt(b) can be told (|g| above the noise, which is scaled with it), positive there. */
PetscErrorCode SpectrumNormalize(Diffusion diffusion, Vec g, PetscReal *noise);

/* The two ways to eigenpairs of one discretisation. */
PetscErrorCode SpectrumSolveSlepc(Diffusion diffusion, const volatile int *interrupted, SpectrumModes *modes,
                                  CellFailure *failure);
/* *found: how many values, counted from lambda_0, are there. functions: states are made, too. */
PetscErrorCode SpectrumSolveGraph(Diffusion diffusion, Precision precision, PetscBool functions,
                                  const volatile int *interrupted, SpectrumModes *modes, PetscInt *found,
                                  CellFailure *failure);

/* B g (B NULL: a copy), and <f, g> in B. */
PetscErrorCode SpectrumApplyMass(const DiffusionSystem *system, Vec g, Vec Bg);
PetscErrorCode SpectrumInner(const DiffusionSystem *system, Vec f, Vec g, Vec work, PetscReal *inner);

/* Makes the vectors of slow modes (B-orthonormal, orthogonal to the constant) the stationary ones of the factored energy
   among themselves; sorts them; values[n] = energy/square. */
PetscErrorCode SpectrumSeparate(Diffusion diffusion, PetscInt n, PetscReal slow, Vec g[], PetscReal values[]);

/* Free nodes (positive entries) of elements that do not resolve the weight, and the part of a mode that sits on them. */
PetscErrorCode SpectrumUnresolved(Diffusion diffusion, Vec *flags);
PetscErrorCode SpectrumShare(Vec flags, Vec g, PetscReal *share);

/* The same problem on a box with cells/divisor cells per direction (multiplied first by `times`), of an order and scheme.
   *diffusion is NULL where there is none: no box, no whole number of cells (unless it is rounded), too few of them,
   coefficients that fail. */
PetscErrorCode SpectrumBox(Diffusion diffusion, PetscInt times, PetscInt divisor, PetscInt order,
                           const char scheme[], PetscBool rounded, Domain *domain, Diffusion *box);
/* The state of the same function on another domain, by multilinear interpolation from a box of order 1. */
PetscErrorCode SpectrumTransfer(Diffusion box, Vec box_g, Diffusion diffusion, Vec *g);
/* Errors of the discretisation from n values on coarser domains (ratios of h to the finest). series, for the graph: the
   error is one in h^2, and the value is extrapolated. */
PetscErrorCode SpectrumEstimate(PetscInt n, const SpectrumModes coarse[], const PetscReal ratio[],
                                PetscReal rate, PetscBool series, SpectrumModes *modes);
