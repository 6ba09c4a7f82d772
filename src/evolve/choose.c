/*
  The cheapest method by a model of the work, in seconds measured on one core: a product of the matrix costs its entries;
  a factorisation n^1.5 in the plane and n^2 in space, a solve what the factor holds.
*/
#include "evolve_private.h"

PetscErrorCode EvolveChooseMethod(Evolve e, const char **name)
{
  const PetscReal longest = e->times[e->n_times - 1];
  PetscReal n, degree, product, factor, solve;
  MatInfo info;

  PetscFunctionBegin;
  *name = "lanczos";
  if (e->system->B) PetscFunctionReturn(0);
  PetscCall(MatGetInfo(e->system->S, MAT_GLOBAL_SUM, &info));
  n = PetscMax((PetscReal)e->system->n_free, 2);
  product = 1.2e-9 * info.nz_used + 5e-9 * n;
  switch (e->system->dim) {
  case 1:
    factor = 5e-7 * n;
    solve = 3e-8 * n;
    break;
  case 2:
    factor = 2e-6 * n + 4e-8 * PetscPowReal(n, 1.5);
    solve = 1e-8 * n * PetscLogReal(n);
    break;
  default:
    factor = 2e-6 * n + 5e-9 * n * n;
    solve = 2e-9 * PetscPowReal(n, 4.0 / 3);
  }
  /* Both add to every state; Lanczos orthogonalises about 40 vectors besides. */
  degree = (PetscReal)ChebyshevDegree(PetscMin(0.5 * longest * e->system->norm, 1e12), e->tolerance);
  if (degree * (product + 1e-9 * n * (PetscReal)e->n_times) <
      factor + 40 * (solve + 1e-9 * n * (80 + (PetscReal)e->n_times)))
    *name = "chebyshev";
  PetscFunctionReturn(0);
}
