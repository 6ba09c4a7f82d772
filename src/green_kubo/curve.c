/* Correlations and running integrals of blocks, their means and errors. */
#include "green_kubo_private.h"

void Trapezoid(PetscInt n, PetscInt width, PetscReal dt, const PetscReal f[], PetscReal integral[])
{
  for (PetscInt w = 0; w < width; w++) integral[w] = 0;
  for (PetscInt k = 1; k < n; k++) {
    const PetscInt at = k * width, before = at - width;

    for (PetscInt w = 0; w < width; w++)
      integral[at + w] = integral[before + w] + dt * (f[at + w] + f[before + w]) / 2;
  }
}

static PetscErrorCode means(GreenKubo gk, SampleKind kind, PetscReal mean[])
{
  PetscFunctionBegin;
  for (PetscInt a = 0; a < gk->s.dim; a++) PetscCall(SamplesMean(gk, gk->first[kind] + a, &mean[a]));
  PetscFunctionReturn(0);
}

static PetscReal trace(PetscInt dim, const PetscReal tensor[])
{
  PetscReal sum = 0;

  for (PetscInt a = 0; a < dim; a++) sum += tensor[a * dim + a];
  return sum / (PetscReal)dim;
}

/* The first lag k such that the correlation stays below e^-2 of its beginning on all of [k, 2k]; -1: none up to n. */
static PetscInt falls(PetscInt n, PetscInt dim, const PetscReal C[])
{
  const PetscReal least = PetscExpReal(-2) * PetscAbsReal(trace(dim, C));
  PetscInt last = 0; /* that is large */

  for (PetscInt k = 0; k < n; k++) {
    if (PetscAbsReal(trace(dim, &C[k * dim * dim])) > least) last = k;
    if (last && k >= 2 * (last + 1)) return last + 1;
  }
  return -1;
}

PetscErrorCode CurveScale(GreenKubo gk, SampleKind kind, PetscInt most, PetscReal *samples)
{
  const PetscInt dim = gk->s.dim;
  PetscReal mean[GK_MAX_DIM], *C;
  PetscInt found = -1;

  PetscFunctionBegin;
  PetscCall(means(gk, kind, mean));
  for (PetscInt n = PetscMin(512, most); found < 0; n = PetscMin(4 * n, most)) {
    Correlator correlator;

    PetscCall(CorrelatorCreate(dim, n, &correlator));
    PetscCall(PetscMalloc1(n * dim * dim, &C));
    PetscCall(CorrelatorRun(correlator, gk, gk->first[kind], 0, gk->n, mean, C));
    found = falls(n, dim, C);
    PetscCall(PetscFree(C));
    PetscCall(CorrelatorDestroy(&correlator));
    if (n == most) break;
  }
  /* e^-2 is two times of an exponential. */
  *samples = found < 0 ? (PetscReal)most : (PetscReal)found / 2;
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(GreenKubo gk, PetscInt n, GreenKuboCurve *curve)
{
  const PetscInt all = n * gk->s.dim * gk->s.dim;

  PetscFunctionBegin;
  curve->given = PETSC_TRUE;
  curve->dim = gk->s.dim;
  curve->n = n;
  curve->dt = gk->s.dt;
  PetscCall(PetscMalloc1(all, &curve->correlation));
  PetscCall(PetscMalloc1(all, &curve->correlation_error));
  PetscCall(PetscMalloc1(all, &curve->integral));
  PetscCall(PetscMalloc1(all, &curve->error));
  PetscCall(PetscMalloc1(n, &curve->mean));
  PetscCall(PetscMalloc1(n, &curve->mean_error));
  PetscCall(PetscMalloc1(n, &curve->slope));
  PetscFunctionReturn(0);
}

/* d ln I/d ln t = t C/I, with the trapezoid's own C. */
static void slopes(GreenKuboCurve *curve)
{
  const PetscInt dd = curve->dim * curve->dim;

  for (PetscInt k = 0; k < curve->n; k++) {
    const PetscReal t = (PetscReal)k * curve->dt, C = trace(curve->dim, &curve->correlation[k * dd]);

    curve->slope[k] = curve->mean[k] > 0 ? t * C / curve->mean[k] : NAN;
  }
}

PetscErrorCode CurveCompute(GreenKubo gk, SampleKind kind, const Blocks *blocks, PetscInt n,
                            GreenKuboCurve *curve, CurveBlocks *data)
{
  const PetscInt dim = gk->s.dim, dd = dim * dim, all = n * dd;
  PetscReal mean[GK_MAX_DIM], *C;
  Correlator correlator;

  PetscFunctionBegin;
  PetscCall(allocate(gk, n, curve));
  PetscCall(means(gk, kind, mean));
  data->blocks = blocks->n;
  PetscCall(PetscMalloc1((size_t)blocks->n * (size_t)all, &C));
  PetscCall(PetscMalloc1((size_t)blocks->n * (size_t)all, &data->integrals));
  PetscCall(PetscMalloc1((size_t)blocks->n * (size_t)n, &data->traces));
  PetscCall(CorrelatorCreate(dim, n, &correlator));
  for (PetscInt b = 0; b < blocks->n; b++) {
    PetscReal *const integral = &data->integrals[(size_t)b * (size_t)all];

    PetscCall(CorrelatorRun(correlator, gk, gk->first[kind], blocks->cut[b], blocks->cut[b + 1], mean,
                            &C[(size_t)b * (size_t)all]));
    Trapezoid(n, dd, gk->s.dt, &C[(size_t)b * (size_t)all], integral);
    for (PetscInt k = 0; k < n; k++)
      data->traces[(size_t)b * (size_t)n + (size_t)k] = trace(dim, &integral[k * dd]);
  }
  for (PetscInt i = 0; i < all; i++) {
    curve->correlation_error[i] = BlockError(blocks->n, all, &C[i], &curve->correlation[i]);
    curve->error[i] = BlockError(blocks->n, all, &data->integrals[i], &curve->integral[i]);
  }
  for (PetscInt k = 0; k < n; k++)
    curve->mean_error[k] = BlockError(blocks->n, n, &data->traces[k], &curve->mean[k]);
  slopes(curve);
  PetscCall(CorrelatorDestroy(&correlator));
  PetscCall(PetscFree(C));
  PetscFunctionReturn(0);
}

PetscErrorCode CurveBlocksDestroy(CurveBlocks *data)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(data->integrals));
  PetscCall(PetscFree(data->traces));
  PetscFunctionReturn(0);
}
