/* What users of molecular dynamics get wrong, seen from the numbers. */
#include "green_kubo_private.h"
#include <stdarg.h>

static const PetscReal significant = 5, /* standard errors */
    coarse = 0.5,                       /* of C(dt)/C(0) */
    off = 0.1, far = 3;                 /* of a kinetic temperature: relative, and in errors */

PetscErrorCode ResultWarn(GreenKuboResult *result, const char format[], ...)
{
  const PetscInt n = result->n_warnings;
  va_list arguments;

  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(n + 1) * sizeof(*result->warnings), &result->warnings));
  va_start(arguments, format);
  vsnprintf(result->warnings[n], sizeof(*result->warnings), format, arguments);
  va_end(arguments);
  result->n_warnings = n + 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode warn_of_temperature(GreenKubo gk, GreenKuboResult *result)
{
  const PetscReal measured = result->kinetic_temperature, error = result->kinetic_temperature_error,
                  given = gk->s.temperature;

  PetscFunctionBegin;
  if (gk->first[GK_MOMENTUM] < 0 || PetscAbsReal(measured - given) < PetscMax(far * error, off * given))
    PetscFunctionReturn(0);
  PetscCall(ResultWarn(
      result,
      "The kinetic temperature <P^2>/m is %.4g +- %.2g, but the temperature is %.4g: is the column "
      "P = m v (not v), are mass, temperature and units consistent?",
      (double)measured, (double)error, (double)given));
  PetscFunctionReturn(0);
}

/* The slope of the force (less what was taken off) on the position, over all components, with its error over blocks. */
static PetscErrorCode regress(GreenKubo gk, const Blocks *blocks, PetscReal *slope, PetscReal *error)
{
  const PetscInt n = blocks->n;
  PetscReal *xy, *xx, *one, mean_R, mean_F, sum_xy = 0, sum_xx = 0, squares = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(n, &xy));
  PetscCall(PetscCalloc1(n, &xx));
  PetscCall(PetscMalloc1(n, &one));
  for (PetscInt c = 0; c < gk->s.dim; c++) {
    const PetscInt R = gk->first[GK_POSITION] + c, F = gk->first[GK_FORCE] + c;

    PetscCall(SamplesMean(gk, R, &mean_R));
    PetscCall(SamplesMean(gk, F, &mean_F));
    PetscCall(BlockMeans(gk, blocks, R, mean_R, F, mean_F, one));
    for (PetscInt b = 0; b < n; b++) xy[b] += one[b];
    PetscCall(BlockMeans(gk, blocks, R, mean_R, R, mean_R, one));
    for (PetscInt b = 0; b < n; b++) xx[b] += one[b];
  }
  for (PetscInt b = 0; b < n; b++) {
    sum_xy += xy[b];
    sum_xx += xx[b];
  }
  *slope = sum_xx > 0 ? sum_xy / sum_xx : 0;
  for (PetscInt b = 0; b < n; b++) squares += (xy[b] - *slope * xx[b]) * (xy[b] - *slope * xx[b]);
  *error = sum_xx > 0 ? PetscSqrtReal(squares * (PetscReal)n / (PetscReal)(n - 1)) / sum_xx : 0;
  PetscCall(PetscFree(xy));
  PetscCall(PetscFree(xx));
  PetscCall(PetscFree(one));
  PetscFunctionReturn(0);
}

PetscErrorCode WarnOfSamples(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result)
{
  PetscFunctionBegin;
  PetscCall(warn_of_temperature(gk, result));
  if (blocks->n < GK_FEWEST_BLOCKS)
    PetscCall(ResultWarn(result, "Errors from %d blocks are uncertain themselves; %d or more are better.",
                         (int)blocks->n, GK_FEWEST_BLOCKS));
  result->force_slope = result->force_slope_error = NAN;
  if (gk->first[GK_POSITION] < 0 || gk->first[GK_FORCE] < 0) PetscFunctionReturn(0);
  PetscCall(regress(gk, blocks, &result->force_slope, &result->force_slope_error));
  if (PetscAbsReal(result->force_slope) <= significant * result->force_slope_error) PetscFunctionReturn(0);
  if (gk->s.thermal == THERMAL_MEAN)
    PetscCall(ResultWarn(
        result,
        "The mean force depends on the position, with the slope %.4g +- %.2g (a tether, a wall?): take it "
        "off with thermal_force.potential, bins or given, or theta contains it.",
        (double)result->force_slope, (double)result->force_slope_error));
  else
    PetscCall(ResultWarn(
        result,
        "What is left of the force still depends on the position, with the slope %.4g +- %.2g: the "
        "thermal force does not fit.",
        (double)result->force_slope, (double)result->force_slope_error));
  PetscFunctionReturn(0);
}

static PetscErrorCode warn_of_sampling(const char what[], const GreenKuboCurve *curve,
                                       GreenKuboResult *result)
{
  PetscReal first = 0, second = 0;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < curve->dim && curve->given && curve->n > 1; a++) {
    first += curve->correlation[a * curve->dim + a];
    second += curve->correlation[(curve->dim + a) * curve->dim + a];
  }
  if (first > 0 && second < coarse * first)
    PetscCall(ResultWarn(
        result,
        "Sampling every %.4g misses the %s correlation, which falls to %.2g of its beginning in one step: "
        "the integral is not resolved.",
        (double)curve->dt, what, (double)(second / first)));
  PetscFunctionReturn(0);
}

PetscErrorCode WarnOfCurves(GreenKubo gk, GreenKuboResult *result)
{
  const GreenKuboCurve *const theta = &result->theta;
  PetscReal last, error;

  PetscFunctionBegin;
  PetscCall(warn_of_sampling("momentum", &result->gamma, result));
  PetscCall(warn_of_sampling("force", theta, result));
  if (!theta->has_plateau || (gk->first[GK_POSITION] < 0 && gk->first[GK_MOMENTUM] < 0))
    PetscFunctionReturn(0);
  last = theta->mean[theta->n - 1];
  error = hypot(theta->mean_error[theta->n - 1], theta->scalar_error);
  if (last < 0.8 * theta->scalar && last < theta->scalar - 3 * error)
    PetscCall(ResultWarn(
        result,
        "Beyond the plateau the integral of the force falls, to %.4g +- %.2g at the lag %.4g: for a particle "
        "that moves its integral to infinity is zero.",
        (double)last, (double)theta->mean_error[theta->n - 1], (double)(theta->n - 1) * (double)theta->dt));
  PetscFunctionReturn(0);
}
