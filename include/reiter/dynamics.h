/*
  What moves a path: the Ito equation dX = b(X) dt + sqrt(2) S(X) dW, S S^T = D, of which w is the equilibrium
  (mathematics, eqs. 1.4 and 2.2): b = D grad log w + div D. Two sources: the full potential at a finite e, where
  b = -grad V^e and D = s I, and the coefficients of any reversible diffusion. Vectorised over points: arrays are
  [component][stride], point i at [component * stride + i].
*/
#pragma once
#include <reiter/coefficients.h>

typedef struct _p_Dynamics *Dynamics;

/* The multiscale equation at a finite e: exact derivatives of V(x, x/e, .., x/e^N). The potential is borrowed. */
PetscErrorCode DynamicsCreateMultiscale(Potential potential, PetscReal epsilon, Dynamics *dynamics);
/* A reversible diffusion inside of a box: log w, b and S as piecewise polynomials on a uniform grid, refined until they
   agree with the coefficients to the relative tolerance; where D is constant S is too. The coefficients are set up
   already and borrowed until this returns. On trouble *dynamics is NULL and *fault says why. */
PetscErrorCode DynamicsCreateDiffusion(Coefficients coefficients, const PetscReal box[][2],
                                       PetscReal tolerance, Dynamics *dynamics, CoefficientFault *fault);
PetscErrorCode DynamicsDestroy(Dynamics *dynamics);

typedef struct {
  PetscInt dim;
  PetscBool constant_noise; /* D does not depend on x: */
  PetscReal D[9];           /* its value then, row-major dim x dim */
  PetscBool bounded;        /* defined inside of the box only */
  PetscReal box[REITER_MAX_DIM][2];
  PetscReal epsilon; /* 0: homogenized */
  PetscReal error;   /* relative, of the table */
} DynamicsInfo;
PetscErrorCode DynamicsGetInfo(Dynamics dynamics, DynamicsInfo *info);

/* The work, not collective, no allocation: at n <= DYNAMICS_BLOCK points x the drift b[dim], the noise S[dim * dim]
   (lower triangular, row-major: entry (i, j) is the component i * dim + j; for constant noise it may be NULL) and
   log w; each may be NULL. Points outside of the box, and values that are not finite, give NaN. The bits of a point's values
   depend on nothing else if n is a multiple of DYNAMICS_LANES. */
enum { DYNAMICS_BLOCK = 256, DYNAMICS_LANES = 16 };
PetscErrorCode DynamicsEvaluate(Dynamics dynamics, PetscInt n, PetscInt stride, const PetscReal x[],
                                PetscReal b[], PetscReal S[], PetscReal log_w[]);
/* The largest step that Euler's scheme bears: 1/L with L the largest derivative of the drift (spectral norm), sampled in
   the box and over all fast variables. Where V has kinks in a fast variable, the noise of a step must resolve them: Euler's
   effective diffusion is wrong by at most two percent then, by the power 3/2 of the step. *automatic (may be NULL) is a step
   whose error is below that of most statistics: a fiftieth of 1/L, a tenth of what kinks allow. */
PetscErrorCode DynamicsLargestStep(Dynamics dynamics, const PetscReal box[][2], PetscReal *step,
                                   PetscReal *automatic);
