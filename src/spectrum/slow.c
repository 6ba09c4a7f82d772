/*
  Slow modes after the eigensolver. With eigenvalues far below the rounding of the matrix a solver gives the space of the
  slow modes well and their mixture not at all. The energy summed as squares (DiffusionGetQuotient) tells them apart.
*/
#include "spectrum_private.h"

static PetscErrorCode energy_of(Diffusion diffusion, Vec g, PetscReal *energy)
{
  PetscReal square;

  PetscFunctionBegin;
  PetscCall(DiffusionGetQuotient(diffusion, g, energy, &square));
  PetscFunctionReturn(0);
}

/* One Jacobi rotation of two vectors. Scaled to the same energy before they are added, so that the smaller one keeps its
   digits whatever the other's size. */
static PetscErrorCode rotate_pair(Diffusion diffusion, Vec g[2], Vec work, PetscReal energy[2],
                                  PetscReal *turned)
{
  PetscReal plus, minus;

  PetscFunctionBegin;
  *turned = 0;
  if (!(energy[0] > 0 && energy[1] > 0)) PetscFunctionReturn(0);
  const PetscReal scale = PetscSqrtReal(energy[0] / energy[1]), mean = PetscSqrtReal(energy[0] * energy[1]);
  PetscCall(VecWAXPY(work, scale, g[1], g[0]));
  PetscCall(energy_of(diffusion, work, &plus));
  PetscCall(VecWAXPY(work, -scale, g[1], g[0]));
  PetscCall(energy_of(diffusion, work, &minus));
  const PetscReal mixed = (plus - minus) / (4 * scale);
  *turned = PetscAbsReal(mixed) / mean;
  if (*turned < 1e-14) PetscFunctionReturn(0);
  const PetscReal theta = (energy[1] - energy[0]) / (2 * mixed);
  const PetscReal t = (theta >= 0 ? 1 : -1) / (PetscAbsReal(theta) + hypot(theta, 1));
  const PetscReal c = 1 / hypot(t, 1), s = c * t;
  PetscCall(VecCopy(g[0], work));
  PetscCall(VecAXPBY(g[0], -s, c, g[1]));
  PetscCall(VecAXPBY(g[1], s, c, work));
  for (PetscInt i = 0; i < 2; i++) PetscCall(energy_of(diffusion, g[i], &energy[i]));
  PetscFunctionReturn(0);
}

static void swap_modes(Vec g[], PetscReal values[], PetscInt i, PetscInt j)
{
  const Vec v = g[i];
  const PetscReal value = values[i];

  g[i] = g[j];
  g[j] = v;
  values[i] = values[j];
  values[j] = value;
}

PetscErrorCode SpectrumSeparate(Diffusion diffusion, PetscInt n, PetscReal slow, Vec g[], PetscReal values[])
{
  PetscReal turned, largest, square;
  PetscInt n_slow = 0;
  Vec work;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    PetscCall(DiffusionGetQuotient(diffusion, g[i], &values[i], &square));
    PetscCall(VecScale(g[i], 1 / PetscSqrtReal(square)));
    values[i] /= square;
  }
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt j = i; j > 0 && values[j] < values[j - 1]; j--) swap_modes(g, values, j - 1, j);
  while (n_slow < n && values[n_slow] < slow) n_slow++;
  if (n_slow < 2) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(g[0], &work));
  for (PetscInt sweep = 0; sweep < 8; sweep++) {
    largest = 0;
    for (PetscInt j = 1; j < n_slow; j++) {
      for (PetscInt i = 0; i < j; i++) {
        Vec pair[2] = {g[i], g[j]};
        PetscReal energy[2] = {values[i], values[j]};
        PetscCall(rotate_pair(diffusion, pair, work, energy, &turned));
        values[i] = energy[0];
        values[j] = energy[1];
        largest = PetscMax(largest, turned);
      }
    }
    if (largest < 1e-10) break;
  }
  for (PetscInt i = 0; i < n_slow; i++)
    for (PetscInt j = i; j > 0 && values[j] < values[j - 1]; j--) swap_modes(g, values, j - 1, j);
  PetscCall(VecDestroy(&work));
  PetscFunctionReturn(0);
}
