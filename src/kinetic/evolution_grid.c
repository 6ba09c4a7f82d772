#include "evolution_private.h"
#include <math.h>

enum { LINE_POSITIONS = 96, LINE_MOMENTA = 81, PLANE_POSITIONS = 16, PLANE_MOMENTA = 17 };
static const PetscReal farthest = 7, most_missing = 1e-3;

PetscErrorCode EvolutionGridCreate(const PhaseSpaceSettings *s, EvolutionGrid *grid)
{
  const PetscInt dim = s->dim, n_q = dim == 1 ? LINE_POSITIONS : PLANE_POSITIONS,
                 n_p = dim == 1 ? LINE_MOMENTA : PLANE_MOMENTA;
  const PetscReal reach = farthest * PetscSqrtReal(s->mass * s->temperature);

  PetscFunctionBegin;
  grid->n = 1;
  grid->volume = 1;
  for (PetscInt a = 0; a < dim; a++) {
    grid->n *= n_q * n_p;
    grid->volume *= (s->box[a][1] - s->box[a][0]) / (PetscReal)n_q * 2 * reach / (PetscReal)n_p;
  }
  PetscCall(PetscMalloc2(grid->n * dim, &grid->q, grid->n * dim, &grid->p));
  for (PetscInt i = 0; i < grid->n; i++) {
    PetscInt rest = i;
    for (PetscInt a = 0; a < dim; a++, rest /= n_q)
      grid->q[i * dim + a] =
          s->box[a][0] + (s->box[a][1] - s->box[a][0]) * ((PetscReal)(rest % n_q) + 0.5) / (PetscReal)n_q;
    for (PetscInt a = 0; a < dim; a++, rest /= n_p)
      grid->p[i * dim + a] = reach * (2 * ((PetscReal)(rest % n_p) + 0.5) / (PetscReal)n_p - 1);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionGridDestroy(EvolutionGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(grid->q, grid->p));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionGridDistance(const EvolutionGrid *grid, PhaseSpace space, Vec f,
                                     PhaseSpace other_space, Vec other, PetscReal *distance)
{
  PetscReal *W[2], sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(grid->n, &W[0], grid->n, &W[1]));
  PetscCall(PhaseSpaceSample(space, f, grid->n, grid->q, grid->p, W[0], NULL));
  PetscCall(PhaseSpaceSample(other_space, other, grid->n, grid->q, grid->p, W[1], NULL));
  for (PetscInt i = 0; i < grid->n; i++) sum += PetscAbsReal(W[0][i] - W[1][i]);
  *distance = sum * grid->volume;
  PetscCall(PetscFree2(W[0], W[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionGridMeasure(const EvolutionGrid *grid, PhaseSpace space, Vec f, PetscReal allowed,
                                    PetscReal *entropy, PetscReal *minimum)
{
  PetscReal *W, *h, least = PETSC_MAX_REAL, most = 0, mass = 0, sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(grid->n, &W, grid->n, &h));
  PetscCall(PhaseSpaceSample(space, f, grid->n, grid->q, grid->p, W, h));
  for (PetscInt i = 0; i < grid->n; i++) {
    least = PetscMin(least, W[i]);
    most = PetscMax(most, W[i]);
    mass += W[i] * grid->volume;
    if (W[i] > 0) sum += W[i] * grid->volume * PetscLogReal(h[i]);
  }
  *minimum = least / most;
  *entropy = least < -allowed * most || !(PetscAbsReal(mass - 1) < most_missing) ? NAN : sum;
  PetscCall(PetscFree2(W, h));
  PetscFunctionReturn(0);
}
