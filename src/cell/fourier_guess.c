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

/* The trigonometric interpolant at one point y[dim], from phases per axis. */
static PetscErrorCode interpolant(Spectral g, const Coefficient hat[], const PetscReal y[], PetscReal *value)
{
  const PetscInt n = g->n, h0 = n / 2 + 1;
  Coefficient *phase[3] = {NULL, NULL, NULL};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < g->dim; c++) {
    PetscCall(PetscMalloc1(n, &phase[c]));
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal angle = 2 * PETSC_PI * (PetscReal)(i <= n / 2 ? i : i - n) * y[c];
      phase[c][i] = (Coefficient){PetscCosReal(angle), PetscSinReal(angle)};
    }
  }
  *value = 0;
  for (PetscInt h = 0; h < g->half; h++) {
    Coefficient e = phase[0][h % h0];
    for (PetscInt c = 1; c < g->dim; c++) {
      const Coefficient p = phase[c][(c == 1 ? h / h0 : h / (h0 * n)) % n];
      e = (Coefficient){e.re * p.re - e.im * p.im, e.re * p.im + e.im * p.re};
    }
    *value += g->weight[h] * (hat[h].re * e.re - hat[h].im * e.im);
  }
  for (PetscInt c = 0; c < g->dim; c++) PetscCall(PetscFree(phase[c]));
  PetscFunctionReturn(0);
}

/* Whether the grid shows f = exp(sign (log_f - shift)) as it is: between its nodes, too, the interpolant is within a
   hundred times eps. A wave that the grid cannot see would otherwise be taken for a slow one. */
static PetscErrorCode grid_sees(const CellProblem *problem, Spectral g, const PetscReal log_f[],
                                PetscReal sign, PetscReal shift, PetscReal eps, PetscBool *sees)
{
  static const PetscReal generic[2] = {0.31783724519578205,
                                       0.7390851332151607}; /* far from all simple fractions */
  const PetscReal *axes[3] = {generic, generic, generic};
  const PetscInt two[3] = {2, 2, 2};
  CellSamples exact;
  PetscReal *f;
  Coefficient *hat;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(g->total, &f, g->half, &hat));
  for (PetscInt q = 0; q < g->total; q++) f[q] = PetscExpReal(sign * (log_f[q] - shift));
  PetscCall(SpectralForward(g, f, hat));
  PetscCall(CellSamplesCreate(problem, two, axes, PETSC_FALSE, &exact));
  PetscCall(problem->sample(problem->ctx, &exact));
  *sees = PETSC_TRUE;
  for (PetscInt q = 0; q < exact.total && *sees; q++) {
    const PetscReal y[3] = {generic[q & 1], generic[(q >> 1) & 1], generic[(q >> 2) & 1]};
    PetscReal value = 0;
    PetscCall(interpolant(g, hat, y, &value));
    const PetscReal miss = value - PetscExpReal(sign * (0.5 * exact.log_w[q] - shift));
    if (!(PetscAbsReal(miss) <= PetscMin(100 * eps, 0.1))) *sees = PETSC_FALSE;
  }
  PetscCall(CellSamplesDestroy(&exact));
  PetscCall(PetscFree2(f, hat));
  PetscFunctionReturn(0);
}

/* Points per direction for f and 1/f on one grid of samples; *resolved is false if the grid is too coarse to tell. */
static PetscErrorCode guess_from(const CellProblem *problem, Spectral g, CellSamples *samples, PetscInt *n,
                                 PetscBool *resolved)
{
  PetscReal *log_f = samples->log_w, low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL, z = 0, zhat = 0;
  PetscInt index[2];

  PetscFunctionBegin;
  for (PetscInt q = 0; q < g->total; q++) {
    log_f[q] *= 0.5;
    low = PetscMin(low, log_f[q]);
    high = PetscMax(high, log_f[q]);
  }
  for (PetscInt q = 0; q < g->total; q++) {
    z += PetscExpReal(2 * (log_f[q] - high)) / (PetscReal)g->total;
    zhat += PetscExpReal(2 * (low - log_f[q])) / (PetscReal)g->total;
  }
  /* K lies between 1/zhat and z, usually near their geometric mean; a relative error of K needs f and the solution to
     the square root of that, measured against the deepest well. */
  const PetscReal log_ratio = (low - high) - 0.5 * PetscLogReal(z) - 0.5 * PetscLogReal(zhat);
  const PetscReal eps = PetscMax(1e-15, 10 * PetscSqrtReal(problem->goal) * PetscExpReal(0.5 * log_ratio));
  PetscCall(tail_index(g, log_f, 1, high, eps, &index[0]));
  PetscCall(tail_index(g, log_f, -1, low, eps, &index[1]));
  *n = SpectralGoodSize(PetscMax(9, 2 * PetscMax(index[0], index[1]) + 1));
  *resolved = (PetscBool)(*n < g->n);
  if (*resolved) PetscCall(grid_sees(problem, g, log_f, 1, high, eps, resolved));
  if (*resolved) PetscCall(grid_sees(problem, g, log_f, -1, low, eps, resolved));
  PetscFunctionReturn(0);
}

PetscErrorCode FourierGuess(Spectral *grids, const CellProblem *problem, PetscInt *n, PetscReal *rtol)
{
  static const PetscInt first[] = {32, 32, 24}, most[] = {8192, 512, 96}; /* by dimension */
  PetscBool resolved = PETSC_FALSE;
  CellFailure failure = {CELL_OK, ""};

  PetscFunctionBegin;
  *rtol = PetscMax(1e-13, 0.03 * PetscSqrtReal(problem->goal));
  *n = 9;
  for (PetscInt m = first[problem->dim - 1]; m <= most[problem->dim - 1] && !resolved; m *= 2) {
    CellSamples samples;
    Spectral g;
    PetscCall(SpectralGet(grids, problem->dim, m, &g));
    PetscCall(FourierSample(problem, m, PETSC_FALSE, &samples, &failure));
    if (failure.status == CELL_OK) PetscCall(guess_from(problem, g, &samples, n, &resolved));
    PetscCall(CellSamplesDestroy(&samples));
    if (failure.status != CELL_OK) break; /* the solve meets it again and reports it */
  }
  PetscFunctionReturn(0);
}
