#include "system.h"
#include <petscblaslapack.h>

PetscErrorCode JetSpectrum(PetscInt dim, const FreeEnergyJet *jet, PetscReal eigenvalues[], PetscReal v[],
                           PetscInt *index)
{
  PetscReal a[9], work[32];
  PetscBLASInt n = (PetscBLASInt)dim, size = 32, info;
  PetscInt nearest = 0;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(a, jet->H, dim * dim));
  LAPACKsyev_("V", "L", &n, a, &n, eigenvalues, work, &size, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK syev: %d", (int)info);
  *index = 0;
  for (PetscInt i = 0; i < dim; ++i) {
    if (eigenvalues[i] < 0) ++*index;
    if (PetscAbsReal(eigenvalues[i]) < PetscAbsReal(eigenvalues[nearest])) nearest = i;
  }
  if (v) PetscCall(PetscArraycpy(v, a + nearest * dim, dim));
  PetscFunctionReturn(0);
}

/* w with H w = -T v v where H is regular: along the other eigenvectors. */
static PetscErrorCode bend(PetscInt d, const FreeEnergyJet *jet, const PetscReal v[], PetscReal w[])
{
  PetscReal a[9], b[3] = {0, 0, 0}, along = 0;
  PetscBLASInt n = (PetscBLASInt)d, one = 1, info, pivots[3];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < d; ++i) {
    for (PetscInt j = 0; j < d; ++j) {
      a[i + j * d] = jet->H[i * d + j] + v[i] * v[j];
      for (PetscInt k = 0; k < d; ++k) b[i] -= jet->T[(i * d + j) * d + k] * v[j] * v[k];
    }
  }
  for (PetscInt i = 0; i < d; ++i) along += b[i] * v[i];
  for (PetscInt i = 0; i < d; ++i) b[i] -= along * v[i];
  LAPACKgesv_(&n, &one, a, &n, pivots, b, &n, &info);
  for (PetscInt i = 0; i < d; ++i) w[i] = info ? 0 : b[i];
  PetscFunctionReturn(0);
}

static PetscReal cubic(PetscInt d, const FreeEnergyJet *jet, const PetscReal a[], const PetscReal b[],
                       const PetscReal c[])
{
  PetscReal sum = 0;

  for (PetscInt i = 0; i < d; ++i) {
    for (PetscInt j = 0; j < d; ++j) {
      for (PetscInt k = 0; k < d; ++k) sum += jet->T[(i * d + j) * d + k] * a[i] * b[j] * c[k];
    }
  }
  return sum;
}

PetscErrorCode PitchforkCoefficient(const EnergyFamily *family, const PetscReal x[], const PetscReal p[],
                                    const PetscReal v[], PetscReal scale, PetscReal *c, PetscReal *error,
                                    PetscBool *good)
{
  const PetscInt d = family->dim;
  FreeEnergyJet jet;
  PetscReal w[3], at[3], slope[3], extrapolated[2];

  PetscFunctionBegin;
  PetscCall(family->Evaluate(family->context, x, p, 3, &jet, good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(bend(d, &jet, v, w));
  for (PetscInt k = 0; k < 3; ++k) {
    const PetscReal h = 0.004 * scale / (1 << k);

    slope[k] = 0;
    for (PetscInt side = -1; side <= 1 && *good; side += 2) {
      FreeEnergyJet there;

      for (PetscInt i = 0; i < d; ++i) at[i] = x[i] + side * h * v[i];
      PetscCall(family->Evaluate(family->context, at, p, 3, &there, good));
      if (*good) slope[k] += side * cubic(d, &there, v, v, v) / (2 * h);
    }
  }
  for (PetscInt k = 0; k < 2; ++k) extrapolated[k] = (4 * slope[k + 1] - slope[k]) / 3;
  const PetscReal fourth = (16 * extrapolated[1] - extrapolated[0]) / 15;

  *c = fourth + 3 * cubic(d, &jet, v, v, w);
  *error = PetscAbsReal(fourth - extrapolated[1]);
  PetscFunctionReturn(0);
}
