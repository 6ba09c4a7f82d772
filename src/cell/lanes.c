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

/* Axis by axis, the first one out of place: planned in a tenth of the time that FFTW takes for all axes at once, and as
   fast. ESTIMATE: as fast as MEASURE at these sizes, and the same bits in every run. */
static PetscErrorCode plan_transforms(LaneGrid g, Lane *in, Lane *out)
{
  const int n = (int)g->n, pairs = LANES / 2;

  PetscFunctionBegin;
  for (PetscInt c = 0, stride = pairs; c < g->dim; c++, stride *= n) {
    const fftw_iodim along = {n, (int)stride, (int)stride};
    /* everything below the axis is contiguous, everything above it in blocks */
    const fftw_iodim over[2] = {{(int)stride, 1, 1},
                                {(int)(pairs * g->total / (stride * n)), (int)stride * n, (int)stride * n}};
    fftw_complex *from = (fftw_complex *)(c == 0 ? in : out);
    for (PetscInt back = 0; back < 2; back++) {
      g->plan[back][c] = fftw_plan_guru_dft(1, &along, 2, over, from, (fftw_complex *)out,
                                            back ? FFTW_BACKWARD : FFTW_FORWARD, FFTW_ESTIMATE);
      PetscCheck(g->plan[back][c], PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW made no plan");
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode lane_grid_create(PetscInt dim, PetscInt n, LaneGrid *grid)
{
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
  PetscCall(plan_transforms(g, in, out));
  PetscCall(LaneFree(&in));
  PetscCall(LaneFree(&out));
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
    for (PetscInt c = 0; c < g->dim; c++) {
      fftw_destroy_plan(g->plan[0][c]);
      fftw_destroy_plan(g->plan[1][c]);
      PetscCall(PetscFree(g->k[c]));
    }
    PetscCall(PetscFree3(g->k2, g->shell, g->axis));
    PetscCall(PetscFree(g));
  }
  PetscFunctionReturn(0);
}

static void transform(LaneGrid g, const fftw_plan plan[3], const Lane in[], Lane out[])
{
  /* Out of place FFTW keeps its input; its prototype has no const. */
  fftw_execute_dft(plan[0], (fftw_complex *)(uintptr_t)in, (fftw_complex *)out);
  for (PetscInt c = 1; c < g->dim; c++) fftw_execute_dft(plan[c], (fftw_complex *)out, (fftw_complex *)out);
}

void LaneForward(LaneGrid g, const Lane values[], Lane hat[])
{
  transform(g, g->plan[0], values, hat);
}

void LaneBackward(LaneGrid g, const Lane hat[], Lane values[])
{
  transform(g, g->plan[1], hat, values);
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
