/*
  Each component of f_th from bins of the same component of R: the mean force of a bin stands at the mean position of its samples, in
  between f_th is linear, and constant beyond the first and the last. Bins with few samples are left out.
*/
#include "green_kubo_private.h"

typedef struct {
  PetscInt n; /* used bins */
  const PetscReal *x, *f;
} Line;

/* Between which used bins x lies: the left one, 0 .. n - 2; found from a guess. */
static PetscInt left_of(const Line *line, PetscReal x)
{
  PetscInt low = 0, high = line->n - 1;

  while (high - low > 1) {
    const PetscInt middle = (low + high) / 2;

    if (line->x[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static PetscReal force_at(const Line *line, PetscReal x)
{
  if (x <= line->x[0] || line->n == 1) return line->f[0];
  if (x >= line->x[line->n - 1]) return line->f[line->n - 1];
  const PetscInt i = left_of(line, x);
  const PetscReal part = (x - line->x[i]) / (line->x[i + 1] - line->x[i]);

  return (1 - part) * line->f[i] + part * line->f[i + 1];
}

/* The bins of component c that have enough samples, in order; x and f [bins] are the caller's. */
static Line used(const GreenKuboResult *result, PetscInt c, PetscReal x[], PetscReal f[])
{
  Line line = {0, x, f};

  for (PetscInt k = 0; k < result->bins; k++) {
    const PetscInt at = c * result->bins + k;

    if (result->bin_count[at] < GK_FEWEST_IN_BIN) continue;
    x[line.n] = result->bin_centre[at];
    f[line.n++] = result->bin_force[at];
  }
  return line;
}

typedef struct {
  PetscReal low, width;
  PetscInt bins;
  PetscReal *count, *force, *position; /* [blocks][bins] sums, positions less low */
} Sums;

static PetscInt bin_of(const Sums *sums, PetscReal x)
{
  const PetscInt k = (PetscInt)((x - sums->low) / sums->width);

  return PetscMin(PetscMax(k, 0), sums->bins - 1);
}

static PetscErrorCode range(GreenKubo gk, PetscInt c, PetscReal *x, Sums *sums)
{
  PetscReal low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < gk->n;) {
    const PetscInt m = SamplesTogether(at, gk->n);

    SamplesLoad(gk, gk->first[GK_POSITION] + c, at, m, x);
    for (PetscInt i = 0; i < m; i++) {
      low = PetscMin(low, x[i]);
      high = PetscMax(high, x[i]);
    }
    at += m;
  }
  sums->low = low;
  sums->width = high > low ? (high - low) / (PetscReal)sums->bins : 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode collect(GreenKubo gk, PetscInt c, const Blocks *blocks, PetscReal x[], PetscReal F[],
                              Sums *sums)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < blocks->n; b++) {
    for (PetscInt k = b * sums->bins; k < (b + 1) * sums->bins; k++)
      sums->count[k] = sums->force[k] = sums->position[k] = 0;
    for (PetscInt64 at = blocks->cut[b]; at < blocks->cut[b + 1];) {
      const PetscInt m = SamplesTogether(at, blocks->cut[b + 1]);

      SamplesLoad(gk, gk->first[GK_POSITION] + c, at, m, x);
      SamplesLoad(gk, gk->first[GK_FORCE] + c, at, m, F);
      for (PetscInt i = 0; i < m; i++) {
        const PetscInt k = b * sums->bins + bin_of(sums, x[i]);

        sums->count[k] += 1;
        sums->force[k] += F[i];
        sums->position[k] += x[i] - sums->low;
      }
      at += m;
    }
  }
  PetscFunctionReturn(0);
}

/* A mean is a ratio of sums; its error from what the blocks leave of it. */
static void conclude(const Sums *sums, PetscInt blocks, PetscInt c, GreenKuboResult *result)
{
  for (PetscInt k = 0; k < sums->bins; k++) {
    const PetscInt at = c * sums->bins + k;
    PetscReal count = 0, force = 0, position = 0, squares = 0;
    PetscInt visited = 0;

    for (PetscInt b = 0; b < blocks; b++) {
      if (sums->count[b * sums->bins + k] > 0) visited++;
      count += sums->count[b * sums->bins + k];
      force += sums->force[b * sums->bins + k];
      position += sums->position[b * sums->bins + k];
    }
    result->bin_count[at] = (PetscInt64)count;
    result->bin_centre[at] = sums->low + (count > 0 ? position / count : ((PetscReal)k + 0.5) * sums->width);
    result->bin_force[at] = result->bin_error[at] = NAN;
    if (count < GK_FEWEST_IN_BIN) continue;
    result->bin_force[at] = force / count;
    if (visited < 2) continue; /* one visit has no error */
    for (PetscInt b = 0; b < blocks; b++) {
      const PetscReal rest =
          sums->force[b * sums->bins + k] - sums->count[b * sums->bins + k] * force / count;

      squares += rest * rest;
    }
    result->bin_error[at] = PetscSqrtReal(squares * (PetscReal)blocks / (PetscReal)(blocks - 1)) / count;
  }
}

static PetscErrorCode subtract(GreenKubo gk, PetscInt c, const Line *line, PetscReal x[], PetscReal F[])
{
  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < gk->n;) {
    const PetscInt m = SamplesTogether(at, gk->n);

    SamplesLoad(gk, gk->first[GK_POSITION] + c, at, m, x);
    SamplesLoad(gk, gk->first[GK_FORCE] + c, at, m, F);
    for (PetscInt i = 0; i < m; i++) F[i] -= force_at(line, x[i]);
    SamplesStore(gk, gk->first[GK_FORCE] + c, at, m, F);
    at += m;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode create_sums(PetscInt blocks, PetscInt bins, Sums *sums)
{
  PetscFunctionBegin;
  *sums = (Sums){.bins = bins};
  PetscCall(
      PetscMalloc3(blocks * bins, &sums->count, blocks * bins, &sums->force, blocks * bins, &sums->position));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy_sums(Sums *sums)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(sums->count, sums->force, sums->position));
  PetscFunctionReturn(0);
}

PetscErrorCode ThermalTabulate(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result)
{
  const PetscInt bins = gk->s.bins > 0 ? gk->s.bins : GK_BINS, dim = gk->s.dim;
  PetscReal *x, *F;
  Sums sums;

  PetscFunctionBegin;
  result->bins = bins;
  PetscCall(PetscMalloc1(dim * bins, &result->bin_centre));
  PetscCall(PetscMalloc1(dim * bins, &result->bin_force));
  PetscCall(PetscMalloc1(dim * bins, &result->bin_error));
  PetscCall(PetscMalloc1(dim * bins, &result->bin_model));
  PetscCall(PetscMalloc1(dim * bins, &result->bin_count));
  PetscCall(PetscMalloc2(GK_PIECE, &x, GK_PIECE, &F));
  PetscCall(create_sums(blocks->n, bins, &sums));
  for (PetscInt c = 0; c < dim; c++) {
    PetscCall(range(gk, c, x, &sums));
    PetscCall(collect(gk, c, blocks, x, F, &sums));
    conclude(&sums, blocks->n, c, result);
  }
  PetscCall(destroy_sums(&sums));
  PetscCall(PetscFree2(x, F));
  PetscFunctionReturn(0);
}

PetscErrorCode ThermalTabulateModel(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result)
{
  PetscReal *x, *F;
  Sums sums;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(GK_PIECE, &x, GK_PIECE, &F));
  PetscCall(create_sums(blocks->n, result->bins, &sums));
  for (PetscInt c = 0; c < gk->s.dim; c++) {
    PetscCall(range(gk, c, x, &sums));
    PetscCall(collect(gk, c, blocks, x, F, &sums));
    for (PetscInt k = 0; k < result->bins; k++) {
      const PetscInt at = c * result->bins + k;
      PetscReal left = 0;

      for (PetscInt b = 0; b < blocks->n; b++) left += sums.force[b * result->bins + k];
      result->bin_model[at] = gk->s.thermal == THERMAL_MEAN
                                  ? result->mean_force[c]
                                  : result->bin_force[at] - left / (PetscReal)result->bin_count[at];
      if (result->bin_count[at] < GK_FEWEST_IN_BIN) result->bin_model[at] = NAN;
    }
  }
  PetscCall(destroy_sums(&sums));
  PetscCall(PetscFree2(x, F));
  PetscFunctionReturn(0);
}

PetscErrorCode ThermalBins(GreenKubo gk, GreenKuboResult *result, char **refused)
{
  PetscReal *x, *F, *centre, *force;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(GK_PIECE, &x, GK_PIECE, &F, result->bins, &centre, result->bins, &force));
  for (PetscInt c = 0; c < gk->s.dim && !*refused; c++) {
    const Line line = used(result, c, centre, force);

    if (line.n)
      PetscCall(subtract(gk, c, &line, x, F));
    else
      PetscCall(GreenKuboRefuse(refused, "no bin of component %c has %d samples: fewer bins are needed",
                                "xyz"[c], GK_FEWEST_IN_BIN));
  }
  PetscCall(PetscFree4(x, F, centre, force));
  PetscFunctionReturn(0);
}

/* The integral of the line from its first bin to x. */
static PetscReal integral_to(const Line *line, PetscReal x)
{
  PetscReal sum = 0;

  if (x <= line->x[0] || line->n == 1) return (x - line->x[0]) * line->f[0];
  for (PetscInt i = 0; i + 1 < line->n && line->x[i] < x; i++) {
    const PetscReal to = PetscMin(x, line->x[i + 1]);

    sum += (to - line->x[i]) * (line->f[i] + force_at(line, to)) / 2;
  }
  return sum + PetscMax(x - line->x[line->n - 1], 0) * line->f[line->n - 1];
}

PetscErrorCode GreenKuboThermalPotential(const GreenKuboResult *result, PetscInt n, const PetscReal x[],
                                         PetscReal U[])
{
  PetscReal *centre, *force;

  PetscFunctionBegin;
  PetscCheck(result->dim == 1 && result->thermal == THERMAL_BINS, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE,
             "The thermal force is not one of bins in one dimension");
  PetscCall(PetscMalloc2(result->bins, &centre, result->bins, &force));
  const Line line = used(result, 0, centre, force);

  for (PetscInt i = 0; i < n; i++) U[i] = integral_to(&line, x[i]) / result->temperature;
  PetscCall(PetscFree2(centre, force));
  PetscFunctionReturn(0);
}
