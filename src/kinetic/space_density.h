/*
  Where a density of phase space is: boxes of it (within one cell, momenta in units of sqrt(m s)), cut until the logarithm of
  the density varies little in each and Hermite functions are resolved; boxes that hold nothing are left out.
*/
#pragma once
#include "space_private.h"

enum { PHASE_DIM = 2 * KINETIC_MAX_DIM };

typedef struct {
  PetscInt dim;
  PetscReal lo[PHASE_DIM], hi[PHASE_DIM]; /* q, then x */
  PetscInt cell[2];
} PhaseBox;

/* f as sign and logarithm; log_rho: f is the logarithm. */
typedef struct {
  PhaseFunction f;
  void *ctx;
  PetscBool log_rho;
} PhaseDensity;
/* At n points z[n][2 dim] (q, x): log |rho| and the sign; -PETSC_MAX_REAL where rho is 0. q, p: work for n dim. */
PETSC_INTERN PetscErrorCode PhaseDensityEvaluate(PhaseSpace space, const PhaseDensity *density, PetscInt n,
                                                 const PetscReal z[], PetscReal q[], PetscReal p[],
                                                 PetscReal log_rho[], PetscReal sign[]);
/* PetscFree. *highest: of log |rho|. */
PETSC_INTERN PetscErrorCode PhaseBoxesCreate(PhaseSpace space, const PhaseDensity *density, PetscInt gauss,
                                             PetscInt *n, PhaseBox **boxes, PetscReal *highest);
