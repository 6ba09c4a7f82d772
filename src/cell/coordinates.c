#include "coordinates.h"

PetscBool CoordinatesFromInner(PetscInt dim, const InnerTensor *inner, PetscReal f[])
{
  PetscReal c[3][3];

  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j <= i; j++) {
      PetscReal s = 0.5 * (inner->upper[i * dim + j] + inner->upper[j * dim + i]);
      for (PetscInt l = 0; l < j; l++) s -= c[i][l] * c[j][l];
      if (i == j && !(s > 0)) return PETSC_FALSE;
      c[i][j] = i == j ? PetscSqrtReal(s) : s / c[j][j];
    }
    for (PetscInt j = 0; j < i; j++) *f++ = c[i][j] / c[i][i];
    *f++ = 2 * PetscLogReal(c[i][i]) + inner->log_scale;
  }
  *f++ = inner->log_z;
  *f = inner->log_zhat;
  return PETSC_TRUE;
}

PetscReal CoordinatesScale(PetscInt dim, const PetscReal f[])
{
  PetscReal largest = f[0];

  for (PetscInt i = 1; i < dim; i++) largest = PetscMax(largest, f[i * (i + 3) / 2]);
  return largest;
}

void CoordinatesToTensor(PetscInt dim, const PetscReal f[], PetscReal log_scale, PetscReal K[])
{
  PetscReal c[3][3];

  for (PetscInt i = 0; i < dim; i++) {
    const PetscReal *row = &f[i * (i + 1) / 2], diagonal = PetscExpReal(0.5 * (row[i] - log_scale));
    for (PetscInt j = 0; j <= i; j++) c[i][j] = j < i ? row[j] * diagonal : diagonal;
    for (PetscInt j = 0; j <= i; j++) {
      PetscReal s = 0;
      for (PetscInt l = 0; l <= j; l++) s += c[i][l] * c[j][l];
      K[i * dim + j] = K[j * dim + i] = s;
    }
  }
}

void CoordinatesToInner(PetscInt dim, const PetscReal f[], PetscReal width, PetscReal quadrature,
                        PetscReal methods, InnerTensor *inner)
{
  const PetscInt n = CoordinatesCount(dim);

  memset(inner, 0, sizeof(*inner));
  inner->log_scale = CoordinatesScale(dim, f);
  CoordinatesToTensor(dim, f, inner->log_scale, inner->upper);
  for (PetscInt q = 0; q < dim * dim; q++) inner->lower[q] = inner->upper[q] / (1 + PetscMax(0, width));
  inner->log_z = f[n - 2];
  inner->log_zhat = f[n - 1];
  inner->quadrature = quadrature;
  inner->methods = methods;
}
