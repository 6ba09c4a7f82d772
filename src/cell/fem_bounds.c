#include "fem_bounds.h"

/* energy / exp(scales of bound): a unit diagonal for the energy whose diagonal went into the scales. */
static void balance(PetscInt dim, const FemEnergy *energy, const FemEnergy *by, PetscReal k[])
{
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt l = 0; l < dim; l++) {
      k[dim * j + l] = energy->e[3 * j + l] / PetscSqrtReal(by->e[4 * j] * by->e[4 * l]);
    }
  }
}

void BoundUpper(PetscInt dim, const FemEnergy *energy, Bound *bound)
{
  for (PetscInt j = 0; j < dim; j++) bound->log_scale[j] = energy->scale[j] + PetscLogReal(energy->e[4 * j]);
  balance(dim, energy, energy, bound->k);
}

static void invert3(const PetscReal g[], PetscReal inverse[])
{
  PetscReal determinant = 0;

  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = 0; j < 3; j++) {
      const PetscInt i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
      inverse[3 * i + j] = g[3 * i1 + j1] * g[3 * i2 + j2] - g[3 * i1 + j2] * g[3 * i2 + j1];
    }
  }
  for (PetscInt j = 0; j < 3; j++) determinant += g[j] * inverse[j];
  for (PetscInt i = 0; i < 9; i++) inverse[i] /= determinant;
}

/* E E'^{-1} E = E' - 2 D + D E'^{-1} D with the small D = E' - E. */
static void combine3(const PetscReal e[], const PetscReal rich[], PetscReal k[])
{
  PetscReal inverse[9], d[9], half[9];

  invert3(rich, inverse);
  for (PetscInt i = 0; i < 9; i++) d[i] = rich[i] - e[i];
  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = 0; j < 3; j++) {
      half[3 * i + j] = 0;
      for (PetscInt m = 0; m < 3; m++) half[3 * i + j] += inverse[3 * i + m] * d[3 * m + j];
    }
  }
  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = 0; j < 3; j++) {
      k[3 * i + j] = rich[3 * i + j] - 2 * d[3 * i + j];
      for (PetscInt m = 0; m < 3; m++) k[3 * i + j] += d[3 * i + m] * half[3 * m + j];
    }
  }
}

void BoundLower(PetscInt dim, const FemEnergy dual[], Bound *bound)
{
  PetscReal e[9];

  BoundUpper(dim, &dual[1], bound);
  if (dim == 1) {
    bound->log_scale[0] *= -1;
  } else if (dim == 2) {
    /* R^T G^{-1} R = G / det G, and G has a unit diagonal here */
    const PetscReal both = bound->log_scale[0] + bound->log_scale[1];
    const PetscReal determinant = (1 - bound->k[1]) * (1 + bound->k[1]);
    for (PetscInt i = 0; i < 4; i++) bound->k[i] /= determinant;
    for (PetscInt j = 0; j < 2; j++) bound->log_scale[j] -= both;
  } else {
    PetscReal rich[9];
    for (PetscInt i = 0; i < 9; i++) rich[i] = bound->k[i];
    balance(dim, &dual[0], &dual[1], e);
    combine3(e, rich, bound->k);
  }
}

void BoundWrite(PetscInt dim, const Bound *bound, PetscReal log_scale, PetscReal tensor[])
{
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < dim; k++) {
      tensor[dim * j + k] =
          bound->k[dim * j + k] * PetscExpReal(0.5 * (bound->log_scale[j] + bound->log_scale[k]) - log_scale);
    }
  }
}

PetscReal EnergyChange(PetscInt dim, const FemEnergy energy[])
{
  PetscReal change = 0;

  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k < dim; k++) {
      const PetscReal size = PetscSqrtReal(energy[1].e[4 * j] * energy[1].e[4 * k]);
      change = PetscMax(change, PetscAbsReal(energy[1].e[3 * j + k] - energy[0].e[3 * j + k]) / size);
    }
  }
  return change;
}
