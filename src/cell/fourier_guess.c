#include "fourier_fields.h"

/* The index from which on the coefficients of exp(sign (log_f - shift)) are below eps of the whole, in the
   largest component of the wave number; n/2 + 1 if they never are. */
static PetscErrorCode tail_index(Spectral g, const PetscReal log_f[], PetscReal sign, PetscReal shift,
                                 PetscReal eps, PetscInt *index)
{
  PetscReal *f, *energy;
  Coefficient *hat;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(g->total, &f, g->half, &hat));
  PetscCall(PetscCalloc1(g->n / 2 + 2, &energy));
  for (PetscInt q = 0; q < g->total; q++) f[q] = PetscExpReal(sign * (log_f[q] - shift));
  PetscCall(SpectralForward(g, f, hat));
  for (PetscInt h = 0; h < g->half; h++) {
    PetscReal top = 0;
    for (PetscInt c = 0; c < g->dim; c++) top = PetscMax(top, PetscAbsReal(g->k[c][h]));
    energy[(PetscInt)(top / (2 * PETSC_PI) + 0.5)] +=
        g->weight[h] * (hat[h].re * hat[h].re + hat[h].im * hat[h].im);
  }
  PetscReal whole = 0, tail = 0;
  for (PetscInt i = 0; i <= g->n / 2; i++) whole += energy[i];
  for (*index = g->n / 2 + 1; *index > 0; (*index)--) {
    tail += energy[*index - 1];
    if (tail > eps * eps * whole) break;
  }
  PetscCall(PetscFree2(f, hat));
  PetscCall(PetscFree(energy));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierGuess(Spectral *grids, const CellProblem *problem, PetscInt *n, PetscReal *rtol)
{
  const PetscInt first = problem->dim == 3 ? 24 : 32, most = problem->dim == 3   ? 96
                                                             : problem->dim == 2 ? 512
                                                                                 : 8192;

  PetscFunctionBegin;
  for (PetscInt m = first;; m *= 2) {
    CellSamples samples;
    CellFailure failure = {CELL_OK, ""};
    Spectral g;
    PetscReal low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL, z = 0, zhat = 0;
    PetscInt index[2] = {0, 0};
    PetscCall(SpectralGet(grids, problem->dim, m, &g));
    PetscCall(FourierSample(problem, m, PETSC_FALSE, &samples, &failure));
    if (failure.status == CELL_OK) {
      for (PetscInt q = 0; q < g->total; q++) {
        samples.log_w[q] *= 0.5;
        low = PetscMin(low, samples.log_w[q]);
        high = PetscMax(high, samples.log_w[q]);
      }
      for (PetscInt q = 0; q < g->total; q++) {
        z += PetscExpReal(2 * (samples.log_w[q] - high)) / (PetscReal)g->total;
        zhat += PetscExpReal(2 * (low - samples.log_w[q])) / (PetscReal)g->total;
      }
      /* K lies between 1/zhat and z, usually near their geometric mean; a relative error of K needs f and the
         solution to the square root of that, measured against the deepest well. */
      const PetscReal log_ratio = (low - high) - 0.5 * PetscLogReal(z) - 0.5 * PetscLogReal(zhat);
      const PetscReal eps =
          PetscMax(1e-15, 10 * PetscSqrtReal(problem->goal) * PetscExpReal(0.5 * log_ratio));
      PetscCall(tail_index(g, samples.log_w, 1, high, eps, &index[0]));
      PetscCall(tail_index(g, samples.log_w, -1, low, eps, &index[1]));
      *rtol = PetscMax(1e-13, 0.03 * PetscSqrtReal(problem->goal));
    }
    PetscCall(CellSamplesDestroy(&samples));
    *n = SpectralGoodSize(PetscMax(9, 2 * PetscMax(index[0], index[1]) + 1));
    if (failure.status != CELL_OK || *n < m || 2 * m > most) break;
  }
  PetscFunctionReturn(0);
}
