#include "spectral.h"

static PetscErrorCode fill_wave_numbers(Spectral g)
{
  const PetscInt n = g->n, h0 = n / 2 + 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->half; i++) {
    const PetscInt index[3] = {i % h0, (i / h0) % n, i / (h0 * n)};
    g->k2[i] = 0;
    for (PetscInt c = 0; c < g->dim; c++) {
      const PetscInt m = index[c] <= n / 2 ? index[c] : index[c] - n;
      const PetscBool middle = (PetscBool)(n % 2 == 0 && index[c] == n / 2);
      g->k2[i] += PetscSqr(2 * PETSC_PI * (PetscReal)m);
      g->k[c][i] = middle ? 0 : 2 * PETSC_PI * (PetscReal)m;
    }
    g->weight[i] = index[0] == 0 || (n % 2 == 0 && index[0] == n / 2) ? 1 : 2;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode spectral_create(PetscInt dim, PetscInt n, Spectral *grid)
{
  Spectral g;
  int sizes[3];

  PetscFunctionBegin;
  PetscCall(PetscNew(&g));
  g->dim = dim;
  g->n = n;
  g->total = 1;
  for (PetscInt c = 0; c < dim; c++) {
    g->total *= n;
    sizes[c] = (int)n;
  }
  g->half = g->total / n * (n / 2 + 1);
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscMalloc1(g->half, &g->k[c]));
  PetscCall(PetscMalloc2(g->half, &g->k2, g->half, &g->weight));
  PetscCall(fill_wave_numbers(g));
  double *values = fftw_alloc_real((size_t)g->total);
  fftw_complex *hat = fftw_alloc_complex((size_t)g->half);
  PetscCheck(values && hat, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a Fourier grid");
  /* ESTIMATE: as fast as MEASURE at these sizes, and plans at once. */
  g->forward = fftw_plan_dft_r2c((int)dim, sizes, values, hat, FFTW_ESTIMATE);
  g->backward = fftw_plan_dft_c2r((int)dim, sizes, hat, values, FFTW_ESTIMATE);
  fftw_free(values);
  fftw_free(hat);
  PetscCheck(g->forward && g->backward, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW made no plan");
  *grid = g;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralGet(Spectral *list, PetscInt dim, PetscInt n, Spectral *grid)
{
  PetscFunctionBegin;
  for (Spectral g = *list; g; g = g->next) {
    if (g->dim == dim && g->n == n) {
      *grid = g;
      PetscFunctionReturn(0);
    }
  }
  PetscCall(spectral_create(dim, n, grid));
  (*grid)->next = *list;
  *list = *grid;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralDestroyAll(Spectral *list)
{
  PetscFunctionBegin;
  while (*list) {
    Spectral g = *list;
    *list = g->next;
    fftw_destroy_plan(g->forward);
    fftw_destroy_plan(g->backward);
    for (PetscInt c = 0; c < g->dim; c++) PetscCall(PetscFree(g->k[c]));
    PetscCall(PetscFree2(g->k2, g->weight));
    PetscCall(PetscFree(g));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralForward(Spectral g, const PetscReal values[], Coefficient hat[])
{
  const PetscReal scale = 1 / (PetscReal)g->total;

  PetscFunctionBegin;
  PetscAssert(!fftw_alignment_of((PetscReal *)values) && !fftw_alignment_of((PetscReal *)hat),
              PETSC_COMM_SELF, PETSC_ERR_MEM, "Fourier arrays must be aligned as PetscMalloc aligns them");
  /* Out of place and multi-dimensional r2c keeps its input; FFTW's prototype has no const. */
  fftw_execute_dft_r2c(g->forward, (PetscReal *)values, (fftw_complex *)hat);
  for (PetscInt i = 0; i < g->half; i++) {
    hat[i].re *= scale;
    hat[i].im *= scale;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralBackward(Spectral g, Coefficient hat[], PetscReal values[])
{
  PetscFunctionBegin;
  fftw_execute_dft_c2r(g->backward, (fftw_complex *)hat, values);
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralDerive(Spectral g, PetscInt c, const Coefficient hat[], Coefficient out[])
{
  const PetscReal *k = g->k[c];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->half; i++) {
    const PetscReal re = hat[i].re, im = hat[i].im;
    out[i].re = -k[i] * im;
    out[i].im = k[i] * re;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpectralTransfer(Spectral from, const Coefficient hat[], Spectral to, Coefficient out[])
{
  const PetscInt nf = from->n, nt = to->n, hf = nf / 2 + 1, ht = nt / 2 + 1;
  const PetscInt top = (PetscMin(nf, nt) - 1) / 2; /* highest number that both represent with its conjugate */
  const PetscInt m1 = from->dim > 1 ? top : 0, m2 = from->dim > 2 ? top : 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(out, to->half));
  for (PetscInt j2 = -m2; j2 <= m2; j2++) {
    for (PetscInt j1 = -m1; j1 <= m1; j1++) {
      const PetscInt rf = (j1 < 0 ? j1 + nf : j1) + nf * (j2 < 0 ? j2 + nf : j2);
      const PetscInt rt = (j1 < 0 ? j1 + nt : j1) + nt * (j2 < 0 ? j2 + nt : j2);
      PetscCall(PetscArraycpy(&out[rt * ht], &hat[rf * hf], top + 1));
    }
  }
  PetscFunctionReturn(0);
}

PetscInt SpectralGoodSize(PetscInt n)
{
  static const PetscInt primes[] = {3, 5, 7, 11, 13};

  for (n |= 1;; n += 2) {
    PetscInt rest = n;
    for (size_t p = 0; p < PETSC_STATIC_ARRAY_LENGTH(primes); p++) {
      while (rest % primes[p] == 0) rest /= primes[p];
    }
    if (rest == 1 && n > 1) return n;
  }
}
