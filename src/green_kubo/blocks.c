#include "green_kubo_private.h"

/* The border of a path nearest to `at`, if it is within `near`; else `at`. Paths that are whole lose no pairs. */
static PetscInt64 snap(GreenKubo gk, PetscInt64 at, PetscInt64 near)
{
  PetscInt64 low = 0, high = gk->paths, best = at, least = near + 1;

  while (high - low > 1) {
    const PetscInt64 middle = (low + high) / 2;

    if (gk->begins[middle] <= at)
      low = middle;
    else
      high = middle;
  }
  for (PetscInt64 p = low; p <= low + 1 && p < gk->paths; p++) {
    const PetscInt64 distance = gk->begins[p] > at ? gk->begins[p] - at : at - gk->begins[p];

    if (distance >= least) continue;
    least = distance;
    best = gk->begins[p];
  }
  return best;
}

PetscErrorCode BlocksCreate(GreenKubo gk, PetscInt n, Blocks *blocks)
{
  const PetscInt64 length = gk->n / n;

  PetscFunctionBegin;
  blocks->n = n;
  PetscCall(PetscMalloc1(n + 1, &blocks->cut));
  blocks->cut[0] = 0;
  blocks->cut[n] = gk->n;
  for (PetscInt b = 1; b < n; b++) blocks->cut[b] = snap(gk, gk->n * b / n, length / 4);
  PetscFunctionReturn(0);
}

PetscErrorCode BlocksDestroy(Blocks *blocks)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(blocks->cut));
  PetscFunctionReturn(0);
}

PetscReal BlockError(PetscInt n, PetscInt stride, const PetscReal x[], PetscReal *mean)
{
  PetscReal sum = 0, squares = 0;

  for (PetscInt b = 0; b < n; b++) sum += x[b * stride];
  sum /= (PetscReal)n;
  for (PetscInt b = 0; b < n; b++) squares += (x[b * stride] - sum) * (x[b * stride] - sum);
  if (mean) *mean = sum;
  return n > 1 ? PetscSqrtReal(squares / (PetscReal)(n * (n - 1))) : NAN;
}

PetscErrorCode BlockMeans(GreenKubo gk, const Blocks *blocks, PetscInt a, PetscReal shift_a, PetscInt b,
                          PetscReal shift_b, PetscReal mean[])
{
  PetscReal *x, *y;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(GK_PIECE, &x, GK_PIECE, &y));
  for (PetscInt k = 0; k < blocks->n; k++) {
    PetscReal sum = 0;

    for (PetscInt64 at = blocks->cut[k]; at < blocks->cut[k + 1];) {
      const PetscInt m = SamplesTogether(at, blocks->cut[k + 1]);
      PetscReal part = 0;

      SamplesLoad(gk, a, at, m, x);
      if (b >= 0) SamplesLoad(gk, b, at, m, y);
      for (PetscInt i = 0; i < m; i++) part += (x[i] - shift_a) * (b >= 0 ? y[i] - shift_b : 1);
      sum += part;
      at += m;
    }
    mean[k] = sum / (PetscReal)(blocks->cut[k + 1] - blocks->cut[k]);
  }
  PetscCall(PetscFree2(x, y));
  PetscFunctionReturn(0);
}
