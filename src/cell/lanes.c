#include "lanes.h"
#include <stdlib.h>

/* Up to 32 the sizes that FFTW transforms in one step, then products of small primes that were found quick. */
PetscInt LaneGoodSize(PetscInt n)
{
  static const PetscInt quick[] = {8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 25, 32, 36, 40, 48, 60, 72, 80, 100};

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(quick); i++) {
    if (quick[i] >= n) return quick[i];
  }
  for (;; n++) {
    PetscInt rest = n;
    for (PetscInt p = 2; p <= 5; p++) {
      while (rest % p == 0) rest /= p;
    }
    if (rest == 1) return n;
  }
}

PetscErrorCode LaneAllocate(LaneGrid grid, Lane **array)
{
  const size_t line = 64, size = ((size_t)grid->total * sizeof(Lane) + line - 1) / line * line;

  PetscFunctionBegin;
  *array = aligned_alloc(line, size);
  PetscCheck(*array, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %" PetscInt_FMT " points of a cell",
             grid->total);
  PetscFunctionReturn(0);
}

PetscErrorCode LaneFree(Lane **array)
{
  PetscFunctionBegin;
  free(*array);
  *array = NULL;
  PetscFunctionReturn(0);
}

static void fill_wave_numbers(LaneGrid g)
{
  const PetscInt n = g->n;

  for (PetscInt q = 0; q < g->total; q++) {
    const PetscInt index[3] = {q % n, q / n % n, q / n / n};
    g->k2[q] = 0;
    g->shell[q] = 0;
    for (PetscInt c = 0; c < g->dim; c++) {
      const PetscInt m = index[c] <= n / 2 ? index[c] : index[c] - n;
      const PetscReal k = 2 * PETSC_PI * (PetscReal)m;
      g->k2[q] += k * k;
      g->k[c][q] = n % 2 == 0 && m == n / 2 ? 0 : k;
      g->shell[q] = PetscMax(g->shell[q], PetscAbsInt(m));
    }
  }
}

static PetscErrorCode lane_grid_create(PetscInt dim, PetscInt n, LaneGrid *grid)
{
  const int pairs = LANES / 2, sizes[3] = {(int)n, (int)n, (int)n};
  LaneGrid g;
  Lane *in, *out;

  PetscFunctionBegin;
  PetscCall(PetscNew(&g));
  g->dim = dim;
  g->n = n;
  g->total = 1;
  for (PetscInt c = 0; c < dim; c++) g->total *= n;
  PetscCall(PetscMalloc3(g->total, &g->k2, g->total, &g->shell, n, &g->axis));
  for (PetscInt c = 0; c < dim; c++) PetscCall(PetscMalloc1(g->total, &g->k[c]));
  for (PetscInt i = 0; i < n; i++) g->axis[i] = (PetscReal)i / (PetscReal)n;
  fill_wave_numbers(g);
  PetscCall(LaneAllocate(g, &in));
  PetscCall(LaneAllocate(g, &out));
  /* ESTIMATE: as fast as MEASURE at these sizes, plans at once, and gives the same bits in every run. */
  g->forward = fftw_plan_many_dft((int)dim, sizes, pairs, (fftw_complex *)in, NULL, pairs, 1,
                                  (fftw_complex *)out, NULL, pairs, 1, FFTW_FORWARD, FFTW_ESTIMATE);
  g->backward = fftw_plan_many_dft((int)dim, sizes, pairs, (fftw_complex *)in, NULL, pairs, 1,
                                   (fftw_complex *)out, NULL, pairs, 1, FFTW_BACKWARD, FFTW_ESTIMATE);
  PetscCall(LaneFree(&in));
  PetscCall(LaneFree(&out));
  PetscCheck(g->forward && g->backward, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW made no plan");
  *grid = g;
  PetscFunctionReturn(0);
}

PetscErrorCode LaneGridGet(LaneGrid *list, PetscInt dim, PetscInt n, LaneGrid *grid)
{
  PetscFunctionBegin;
  for (LaneGrid g = *list; g; g = g->next) {
    if (g->dim == dim && g->n == n) {
      *grid = g;
      PetscFunctionReturn(0);
    }
  }
  PetscCall(lane_grid_create(dim, n, grid));
  (*grid)->next = *list;
  *list = *grid;
  PetscFunctionReturn(0);
}

PetscErrorCode LaneGridDestroyAll(LaneGrid *list)
{
  PetscFunctionBegin;
  while (*list) {
    LaneGrid g = *list;
    *list = g->next;
    fftw_destroy_plan(g->forward);
    fftw_destroy_plan(g->backward);
    for (PetscInt c = 0; c < g->dim; c++) PetscCall(PetscFree(g->k[c]));
    PetscCall(PetscFree3(g->k2, g->shell, g->axis));
    PetscCall(PetscFree(g));
  }
  PetscFunctionReturn(0);
}

void LaneForward(LaneGrid g, const Lane values[], Lane hat[])
{
  /* Out of place FFTW keeps its input; its prototype has no const. */
  fftw_execute_dft(g->forward, (fftw_complex *)(uintptr_t)values, (fftw_complex *)hat);
}

void LaneBackward(LaneGrid g, const Lane hat[], Lane values[])
{
  fftw_execute_dft(g->backward, (fftw_complex *)(uintptr_t)hat, (fftw_complex *)values);
}

ANY_MACHINE void LaneDerive(LaneGrid g, PetscInt c, PetscReal scale, const Lane hat[], Lane out[])
{
  const PetscReal *k = g->k[c];

  for (PetscInt q = 0; q < g->total; q++) {
    const PetscReal s = scale * k[q];
    const Lane h = hat[q];
    out[q] = (Lane){-s * h[1], s * h[0], -s * h[3], s * h[2]};
  }
}

ANY_MACHINE void LaneDeriveAdd(LaneGrid g, PetscInt c, PetscReal scale, const Lane hat[], Lane out[])
{
  const PetscReal *k = g->k[c];

  for (PetscInt q = 0; q < g->total; q++) {
    const PetscReal s = scale * k[q];
    const Lane h = hat[q];
    out[q] += (Lane){-s * h[1], s * h[0], -s * h[3], s * h[2]};
  }
}

void LaneTransfer(LaneGrid from, const Lane hat[], LaneGrid to, Lane out[])
{
  const PetscInt nf = from->n, nt = to->n, top = (PetscMin(nf, nt) - 1) / 2;
  const PetscInt m1 = from->dim > 1 ? top : 0, m2 = from->dim > 2 ? top : 0;

  for (PetscInt q = 0; q < to->total; q++) out[q] = (Lane){0, 0, 0, 0};
  for (PetscInt j2 = -m2; j2 <= m2; j2++) {
    for (PetscInt j1 = -m1; j1 <= m1; j1++) {
      const Lane *in = hat + nf * ((j1 < 0 ? j1 + nf : j1) + nf * (j2 < 0 ? j2 + nf : j2));
      Lane *row = out + nt * ((j1 < 0 ? j1 + nt : j1) + nt * (j2 < 0 ? j2 + nt : j2));
      for (PetscInt j0 = -top; j0 <= top; j0++) row[j0 < 0 ? j0 + nt : j0] = in[j0 < 0 ? j0 + nf : j0];
    }
  }
}

ANY_MACHINE void LaneDot(LaneGrid g, const Lane x[], const Lane y[], PetscReal sum[LANES])
{
  Lane even = {0, 0, 0, 0}, odd = {0, 0, 0, 0};
  PetscInt q = 0;

  for (; q + 1 < g->total; q += 2) {
    even += x[q] * y[q];
    odd += x[q + 1] * y[q + 1];
  }
  if (q < g->total) even += x[q] * y[q];
  even += odd;
  for (PetscInt l = 0; l < LANES; l++) sum[l] = even[l];
}

void LaneShells(LaneGrid g, const Lane hat[], PetscReal shells[][2])
{
  for (PetscInt i = 0; i <= g->n / 2; i++) shells[i][0] = shells[i][1] = 0;
  for (PetscInt q = 0; q < g->total; q++) {
    const Lane h = hat[q] * hat[q];
    shells[g->shell[q]][0] += h[0] + h[1];
    shells[g->shell[q]][1] += h[2] + h[3];
  }
}
