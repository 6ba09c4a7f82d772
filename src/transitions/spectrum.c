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
  enum { LEVELS = 4 };
  const PetscInt d = family->dim;
  PetscReal w[3], at[3], slope[LEVELS], coarse = 0, h = 0.01 * scale, size = 0;
  FreeEnergyJet jet, there;

  PetscFunctionBegin;
  PetscCall(family->Evaluate(family->context, x, p, 3, &jet, good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(bend(d, &jet, v, w));
  for (PetscInt k = 0; k < LEVELS; ++k, h /= 2) {
    slope[k] = 0;
    for (PetscInt side = -1; side <= 1; side += 2) {
      for (PetscInt i = 0; i < d; ++i) at[i] = x[i] + side * h * v[i];
      PetscCall(family->Evaluate(family->context, at, p, 3, &there, good));
      if (!*good) PetscFunctionReturn(0);
      const PetscReal T = cubic(d, &there, v, v, v);

      slope[k] += side * T / (2 * h);
      size = PetscMax(size, PetscAbsReal(T));
    }
  }
  /* Richardson in h^2: of order six from the last three steps, against the same from the first three */
  for (PetscInt order = 1; order < LEVELS - 1; ++order)
    for (PetscInt k = LEVELS - 1; k >= order; --k)
      slope[k] += (slope[k] - slope[k - 1]) / ((1 << 2 * order) - 1);
  coarse = slope[LEVELS - 2];
  *c = slope[LEVELS - 1] + 3 * cubic(d, &jet, v, v, w);
  *error = PetscAbsReal(slope[LEVELS - 1] - coarse) + 4 * PETSC_MACHINE_EPSILON * size / h;
  PetscFunctionReturn(0);
}
