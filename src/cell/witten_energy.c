#include <reiter/cell.h>
#include <petscblaslapack.h>
#include "witten.h"

PetscErrorCode WittenFormCreate(Spectral grid, PetscBool identity, PetscBool potential, WittenForm *form)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(form, sizeof(*form)));
  form->grid = grid;
  for (PetscInt i = 0; i < grid->dim; i++) form->P[i * (grid->dim + 1)] = 1;
  PetscCall(PetscMalloc1(grid->total, &form->f));
  for (PetscInt c = 0; c < grid->dim; c++) {
    PetscCall(PetscMalloc1(grid->total, &form->a[c]));
    PetscCall(PetscMalloc1(grid->n, &form->chi[c]));
    PetscCall(PetscMalloc1(grid->n, &form->slope[c]));
  }
  if (!identity) {
    for (PetscInt p = 0; p < CELL_PACKED; p++) PetscCall(PetscMalloc1(grid->total, &form->C[p]));
  }
  if (potential) PetscCall(PetscMalloc1(grid->total, &form->W));
  PetscFunctionReturn(0);
}

PetscErrorCode WittenFormDestroy(WittenForm *form)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(form->f));
  for (PetscInt c = 0; c < 3; c++) {
    PetscCall(PetscFree(form->a[c]));
    PetscCall(PetscFree(form->chi[c]));
    PetscCall(PetscFree(form->slope[c]));
  }
  for (PetscInt p = 0; p < CELL_PACKED; p++) PetscCall(PetscFree(form->C[p]));
  PetscCall(PetscFree(form->W));
  PetscFunctionReturn(0);
}

/* The index along axis j of the first point of a row (n points along component 0). */
static PetscInt row_index(const WittenForm *form, PetscInt row, PetscInt j)
{
  return j == 0 ? 0 : j == 1 ? row % form->grid->n : row / form->grid->n;
}

/* Marginal weight and its derivative, d f^2 = -2 a f^2, along axis j; then chi ~ weight^{-1/2} and its slope.
   The power 1/2 keeps f chi as smooth as f; -1, the best for C = I, would make it as steep as 1/f. */
static PetscErrorCode set_axis_trial(WittenForm *form, PetscInt j)
{
  const PetscInt n = form->grid->n, step = j == 0 ? 1 : 0;
  PetscReal *weight = form->chi[j], *moment = form->slope[j], sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(weight, n));
  PetscCall(PetscArrayzero(moment, n));
  for (PetscInt row = 0; row < form->grid->total / n; row++) {
    const PetscReal *f = &form->f[row * n], *a = &form->a[j][row * n];
    const PetscReal *C = form->C[0] ? &form->C[CellPackedIndex(j, j)][row * n] : NULL;
    const PetscInt at = row_index(form, row, j);
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal w = f[i] * f[i] * (C ? C[i] : 1);
      weight[at + step * i] += w;
      moment[at + step * i] += w * a[i];
    }
  }
  for (PetscInt i = 0; i < n; i++) {
    weight[i] =
        PetscMax(weight[i], 1e-280); /* any positive weight gives a bound; this one is out of reach anyway */
    moment[i] *= 0.5 / weight[i];
    weight[i] = 1 / PetscSqrtReal(weight[i]);
    sum += weight[i] / (PetscReal)n;
  }
  for (PetscInt i = 0; i < n; i++) weight[i] /= sum;
  PetscFunctionReturn(0);
}

PetscErrorCode WittenFormSetTrial(WittenForm *coarse, WittenForm *fine)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < fine->grid->dim; j++) {
    PetscCall(set_axis_trial(fine, j));
    for (PetscInt i = 0; i < coarse->grid->n; i++) {
      coarse->chi[j][i] = fine->chi[j][2 * i];
      coarse->slope[j][i] = fine->slope[j][2 * i];
    }
  }
  PetscFunctionReturn(0);
}

void WittenTrial(const WittenForm *form, PetscInt j, PetscReal values[])
{
  const PetscInt n = form->grid->n, step = j == 0 ? 1 : 0;

  for (PetscInt row = 0; row < form->grid->total / n; row++) {
    const PetscReal *f = &form->f[row * n], *chi = &form->chi[j][row_index(form, row, j)];
    for (PetscInt i = 0; i < n; i++) values[row * n + i] = f[i] * chi[step * i];
  }
}

/* v -> C v at every point. */
void WittenApplyTensor(const WittenForm *form, PetscReal *const v[])
{
  const PetscInt dim = form->grid->dim;

  if (!form->C[0]) return;
  for (PetscInt q = 0; q < form->grid->total; q++) {
    PetscReal w[3] = {0, 0, 0};
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) w[i] += form->C[CellPackedIndex(i, j)][q] * v[j][q];
    }
    for (PetscInt i = 0; i < dim; i++) v[i][q] = w[i];
  }
}

/* The preconditioner's symbol: the mean tensor, and c = mean of max(W, 0), which keeps it away from zero. */
void WittenSymbol(const WittenForm *form, PetscReal symbol[])
{
  const Spectral g = form->grid;
  PetscReal mean[6] = {1, 0, 0, 1, 0, 1}, c = 0;

  if (form->C[0]) {
    for (PetscInt p = 0; p < CELL_PACKED; p++) {
      mean[p] = 0;
      for (PetscInt q = 0; q < g->total; q++) mean[p] += form->C[p][q] / (PetscReal)g->total;
    }
  }
  for (PetscInt q = 0; q < g->total; q++) {
    if (form->W) {
      c += PetscMax(form->W[q], 0);
    } else {
      for (PetscInt i = 0; i < g->dim; i++) {
        for (PetscInt j = 0; j < g->dim; j++)
          c += mean[CellPackedIndex(i, j)] * form->a[i][q] * form->a[j][q];
      }
    }
  }
  c = PetscMax(c / (PetscReal)g->total, 1e-2);
  for (PetscInt h = 0; h < g->half; h++) {
    symbol[h] = form->C[0] ? 0 : g->k2[h];
    for (PetscInt i = 0; form->C[0] && i < g->dim; i++) {
      for (PetscInt j = 0; j < g->dim; j++)
        symbol[h] += mean[CellPackedIndex(i, j)] * g->k[i][h] * g->k[j][h];
    }
    symbol[h] += c;
  }
}

/* g_i = P_ij f chi_i + (B v)_i on the fine grid for corrector j. */
static PetscErrorCode trial_field(const WittenForm *fine, Spectral grid, const PetscReal u[], PetscInt j,
                                  Coefficient *hat, Coefficient *padded, Coefficient *work, PetscReal *value,
                                  PetscReal *const g[])
{
  const Spectral big = fine->grid;

  PetscFunctionBegin;
  PetscCall(SpectralForward(grid, u, hat));
  PetscCall(SpectralTransfer(grid, hat, big, padded));
  PetscCall(PetscArraycpy(work, padded, big->half));
  PetscCall(SpectralBackward(big, work, value));
  for (PetscInt i = 0; i < big->dim; i++) {
    const PetscReal *a = fine->a[i];
    PetscCall(SpectralDerive(big, i, padded, work));
    PetscCall(SpectralBackward(big, work, g[i]));
    for (PetscInt q = 0; q < big->total; q++) g[i][q] += a[q] * value[q];
  }
  for (PetscInt i = 0; i < big->dim; i++) {
    const PetscReal p = fine->P[i * big->dim + j];
    if (p == 0) continue;
    WittenTrial(fine, i, value);
    for (PetscInt q = 0; q < big->total; q++) g[i][q] += p * value[q];
  }
  PetscFunctionReturn(0);
}

/* sum over the grid of x y, and over the points with all indices even. */
static void grid_sums(Spectral g, const PetscReal x[], const PetscReal y[], PetscReal *all, PetscReal *even)
{
  const PetscInt n = g->n;

  for (PetscInt row = 0; row < g->total / n; row++) {
    const PetscReal *px = x + row * n, *py = y + row * n;
    PetscReal e = 0, o = 0;
    for (PetscInt i = 0; i + 1 < n; i += 2) {
      e += px[i] * py[i];
      o += px[i + 1] * py[i + 1];
    }
    if (n % 2) e += px[n - 1] * py[n - 1];
    *all += e + o;
    if (row % n % 2 == 0 && row / n % 2 == 0) *even += e;
  }
}

/* Gram matrix of the fields g[j][.] in the weight C over the grid, and over every second point. */
static PetscErrorCode gram(const WittenForm *fine, PetscReal *const g[3][3], PetscReal *const h[],
                           PetscReal all[], PetscReal half[])
{
  const Spectral big = fine->grid;
  const PetscInt dim = big->dim;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < dim; i++) PetscCall(PetscArraycpy(h[i], g[j][i], big->total));
    WittenApplyTensor(fine, h);
    for (PetscInt k = 0; k <= j; k++) {
      PetscReal sum = 0, even = 0;
      for (PetscInt i = 0; i < dim; i++) grid_sums(big, g[k][i], h[i], &sum, &even);
      all[j * dim + k] = all[k * dim + j] = sum / (PetscReal)big->total;
      half[j * dim + k] = half[k * dim + j] = even * (PetscReal)(1 << dim) / (PetscReal)big->total;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EnergyTensorFromGram(const PetscReal E[], EnergyTensor *t)
{
  const PetscInt d = t->dim;
  PetscReal values[3], work[32];
  PetscBLASInt n = (PetscBLASInt)d, lwork = 32, info;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < d; i++) t->scale[i] = PetscSqrtReal(E[i * d + i]);
  for (PetscInt i = 0; i < d * d; i++) t->E[i] = t->Q[i] = E[i] / (t->scale[i / d] * t->scale[i % d]);
  LAPACKsyev_("V", "U", &n, t->Q, &n, values, work, &lwork, &info); /* column-major: row k is eigenvector k */
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK dsyev returned %d", (int)info);
  t->rotated = (PetscBool)(values[0] < 1e-2);
  if (t->rotated) {
    for (PetscInt i = 0; i < d; i++) {
      for (PetscInt j = 0; j < i; j++) {
        const PetscReal q = t->Q[i * d + j];
        t->Q[i * d + j] = t->Q[j * d + i];
        t->Q[j * d + i] = q;
      }
    }
  } else {
    for (PetscInt i = 0; i < d * d; i++) t->Q[i] = i % (d + 1) == 0;
  }
  PetscFunctionReturn(0);
}

/* g_k <- sum_j g_j Q_jk / scale_j at every point: what cancels does so before it is squared. */
static void recombine(const EnergyTensor *t, PetscInt total, PetscReal *const g[3][3])
{
  for (PetscInt i = 0; i < t->dim; i++) {
    for (PetscInt q = 0; q < total; q++) {
      PetscReal old[3] = {0, 0, 0};
      for (PetscInt j = 0; j < t->dim; j++) old[j] = g[j][i][q] / t->scale[j];
      for (PetscInt k = 0; k < t->dim; k++) {
        g[k][i][q] = 0;
        for (PetscInt j = 0; j < t->dim; j++) g[k][i][q] += old[j] * t->Q[j * t->dim + k];
      }
    }
  }
}

PetscErrorCode WittenEnergy(const WittenForm *fine, Spectral grid, const PetscReal *const v[],
                            EnergyTensor *energy, PetscReal *change)
{
  const Spectral big = fine->grid;
  const PetscInt dim = big->dim;
  PetscReal *g[3][3], *h[3], *value, all[9], half[9];
  Coefficient *hat, *padded, *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(grid->half, &hat, big->half, &padded, big->half, &work, big->total, &value));
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < dim; i++) PetscCall(PetscMalloc1(big->total, &g[j][i]));
    PetscCall(PetscMalloc1(big->total, &h[j]));
    PetscCall(trial_field(fine, grid, v[j], j, hat, padded, work, value, g[j]));
  }
  energy->dim = dim;
  PetscCall(gram(fine, g, h, all, half));
  if (energy->rotated) { /* the fields are in the basis already */
    PetscCall(PetscArraycpy(energy->E, all, dim * dim));
  } else {
    PetscCall(EnergyTensorFromGram(all, energy));
    if (energy->rotated) {
      recombine(energy, big->total, g);
      PetscCall(gram(fine, g, h, all, half));
      PetscCall(PetscArraycpy(energy->E, all, dim * dim));
    }
  }
  for (PetscInt i = 0; i < dim * dim; i++) {
    const PetscReal size = PetscSqrtReal(all[i / dim * (dim + 1)] * all[i % dim * (dim + 1)]);
    *change = PetscMax(*change, PetscAbsReal(half[i] - all[i]) / size);
  }
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < dim; i++) PetscCall(PetscFree(g[j][i]));
    PetscCall(PetscFree(h[j]));
  }
  PetscCall(PetscFree4(hat, padded, work, value));
  PetscFunctionReturn(0);
}

/* matrix = diag(scale)^power Q A Q^T diag(scale)^power, power 1 or -1. */
static void transform_back(const EnergyTensor *t, const PetscReal A[], PetscBool inverse, PetscReal matrix[])
{
  const PetscInt d = t->dim;

  for (PetscInt i = 0; i < d; i++) {
    for (PetscInt j = 0; j < d; j++) {
      const PetscReal scale = t->scale[i] * t->scale[j];
      PetscReal sum = 0;
      for (PetscInt k = 0; k < d; k++) {
        for (PetscInt l = 0; l < d; l++) sum += t->Q[i * d + k] * A[k * d + l] * t->Q[j * d + l];
      }
      matrix[i * d + j] = inverse ? sum / scale : sum * scale;
    }
  }
}

PetscBool EnergyTensorDirections(const EnergyTensor *t, PetscReal P[])
{
  for (PetscInt i = 0; i < t->dim * t->dim; i++) P[i] = t->Q[i] / t->scale[i / t->dim];
  return t->rotated;
}

void EnergyTensorAssemble(const EnergyTensor *energy, PetscReal matrix[])
{
  transform_back(energy, energy->E, PETSC_FALSE, matrix);
}

void EnergyTensorInvert(const EnergyTensor *energy, PetscReal inverse[])
{
  const PetscReal *E = energy->E, det = E[0] * E[3] - E[1] * E[2];
  const PetscReal A[4] = {E[3] / det, -E[1] / det, -E[2] / det, E[0] / det};

  transform_back(energy, A, PETSC_TRUE, inverse);
}

/* hat = Fourier coefficients of the residual B* C (f e_j + B u_j) on the fine grid. */
static PetscErrorCode residual(const WittenForm *fine, PetscReal *const g[], PetscReal *value,
                               Coefficient *work, Coefficient *hat)
{
  const Spectral big = fine->grid;

  PetscFunctionBegin;
  WittenApplyTensor(fine, g);
  PetscCall(PetscArrayzero(value, big->total));
  for (PetscInt i = 0; i < big->dim; i++) {
    for (PetscInt q = 0; q < big->total; q++) value[q] += fine->a[i][q] * g[i][q];
  }
  PetscCall(SpectralForward(big, value, hat));
  for (PetscInt i = 0; i < big->dim; i++) {
    const PetscReal *k = big->k[i];
    PetscCall(SpectralForward(big, g[i], work));
    for (PetscInt h = 0; h < big->half; h++) {
      hat[h].re += k[h] * work[h].im;
      hat[h].im -= k[h] * work[h].re;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode WittenResidualBound(const WittenForm *fine, Spectral grid, PetscReal gap,
                                   const PetscReal *const u[], PetscReal bound[])
{
  const Spectral big = fine->grid;
  const PetscInt dim = big->dim;
  PetscReal *g[3], *value, *symbol;
  Coefficient *hat, *padded, *work, *r[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(grid->half, &hat, big->half, &padded, big->half, &work, big->total, &value));
  PetscCall(PetscMalloc1(big->half, &symbol));
  WittenSymbol(fine, symbol);
  for (PetscInt i = 0; i < dim; i++) PetscCall(PetscMalloc1(big->total, &g[i]));
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(PetscMalloc1(big->half, &r[j]));
    PetscCall(trial_field(fine, grid, u[j], j, hat, padded, work, value, g));
    PetscCall(residual(fine, g, value, work, r[j]));
  }
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt k = 0; k <= j; k++) {
      PetscReal sum = 0;
      for (PetscInt h = 0; h < big->half; h++) {
        sum += big->weight[h] * (r[j][h].re * r[k][h].re + r[j][h].im * r[k][h].im) / symbol[h];
      }
      bound[j * dim + k] = bound[k * dim + j] = sum / gap;
    }
  }
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(PetscFree(g[j]));
    PetscCall(PetscFree(r[j]));
  }
  PetscCall(PetscFree(symbol));
  PetscCall(PetscFree4(hat, padded, work, value));
  PetscFunctionReturn(0);
}
