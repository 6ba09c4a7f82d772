/* From energies to the two bounds of K_eff. */
#pragma once
#include "fem_scalar.h"

/* Entry jk is k[dim*j + k] * exp((log_scale[j] + log_scale[k])/2): the entries of K may differ by hundreds of powers
   of ten. */
typedef struct {
  PetscReal k[9], log_scale[REITER_MAX_DIM];
} Bound;

/* The primal energy itself. */
void BoundUpper(PetscInt dim, const FemEnergy *energy, Bound *bound);
/* From dual energies by the quadrature of the assembly, dual[0], and by the rich one, dual[1]: 1/G in one dimension,
   R^T G^{-1} R in two, E E'^{-1} E in three (see fem_flux.h). */
void BoundLower(PetscInt dim, const FemEnergy dual[], Bound *bound);
/* tensor = bound / exp(log_scale), row-major dim x dim. */
void BoundWrite(PetscInt dim, const Bound *bound, PetscReal log_scale, PetscReal tensor[]);
/* Largest change of an energy between two quadratures, each entry against its diagonal. */
PetscReal EnergyChange(PetscInt dim, const FemEnergy energy[]);
