/*
  The free energy of a family of potentials and its derivatives: Phi(x; p) = F/s = V0/s - log int exp(-V1/s)
  (mathematics, eq. 1.3), where up to two numbers p of the case are free: parameters, or the temperature. Derivatives
  are exact: cumulants of the exact derivatives of V/s under the measure exp(-V1/s) over the fast variables.
*/
#pragma once
#include <reiter/case.h>

#define FREE_PARAMETERS 2

typedef struct _p_FreeEnergy *FreeEnergy;

/* With d components and m free parameters; symmetric arrays are stored in full, row-major. */
typedef struct {
  PetscReal Phi;     /* F/s */
  PetscReal F;       /* unit of the potential */
  PetscReal G[3];    /* d Phi / dx_i */
  PetscReal H[9];    /* d2 Phi / dx_i dx_j: [d][d] */
  PetscReal T[27];   /* d3 Phi / dx_i dx_j dx_k: [d][d][d] */
  PetscReal G_p[6];  /* d2 Phi / dx_i dp_a: [d][m] */
  PetscReal H_p[18]; /* d3 Phi / dx_i dx_j dp_a: [d][d][m] */
  PetscReal error;   /* estimated relative error of the averages */
} FreeEnergyJet;

/* names[m]: parameters of the case, or "temperature". A name that the case does not have, or that no formula uses, goes
   to *refused, a whole sentence (PetscFree), with the nearest name in *suggestion (PetscFree) or NULL. The case is
   borrowed. */
PetscErrorCode FreeEnergyCreate(Case c, PetscInt m, const char *const names[], FreeEnergy *energy,
                                char **refused, char **suggestion);
PetscErrorCode FreeEnergyDestroy(FreeEnergy *energy);
PetscErrorCode FreeEnergyGetSizes(FreeEnergy energy, PetscInt *dim, PetscInt *m);
/* Values that the case gives the free parameters; p[m]. */
PetscErrorCode FreeEnergyGetDefaults(FreeEnergy energy, PetscReal p[]);
/* Relative error allowed in the averages over the fast variables (default 1e-13). */
PetscErrorCode FreeEnergySetTolerance(FreeEnergy energy, PetscReal tolerance);
/* The work: all of the jet up to derivatives of the given order (1, 2 or 3; in G_p one less, ...) in x[d] at p[m].
   *good is false where a formula is not finite, the temperature is not positive, or the averages do not converge. */
PetscErrorCode FreeEnergyEvaluate(FreeEnergy energy, const PetscReal x[], const PetscReal p[], PetscInt order,
                                  FreeEnergyJet *jet, PetscBool *good);
