/*
  Where the running integral is read. The correlation has decayed at the first lag t1 at which it is below its standard error.
  From there on stretches [t, 2t] are tried; the plateau is the first one on which the integral stays, within 2 per cent or
  twice the standard error of its change (over blocks), where it was at t. Late stretches, t > 4 t1, must stay so up to 4t or the
  longest lag, or what noise hides of a slow decay would pass. The value there must be positive by 2 standard errors, and by 4 where
  the integral was three times as large before.
*/
#include "green_kubo_private.h"
#include <string.h>

static const PetscReal flat = 0.02, errors_of_change = 2, late = 4, positive = 2, fallen = 3,
                       positive_after_fall = 4;
/* An integral that rises so many errors above zero and comes back to it belongs to a bound particle. */
static const PetscReal high = 5;

/* The trace's change between two lags with its error over blocks. */
static PetscReal change(const CurveBlocks *data, PetscInt n, PetscInt from, PetscInt to, PetscReal *error)
{
  PetscReal mean = 0, squares = 0;

  for (PetscInt b = 0; b < data->blocks; b++) {
    const PetscReal *const trace = &data->traces[(size_t)b * (size_t)n];

    mean += (trace[to] - trace[from]) / (PetscReal)data->blocks;
  }
  for (PetscInt b = 0; b < data->blocks; b++) {
    const PetscReal *const trace = &data->traces[(size_t)b * (size_t)n];
    const PetscReal rest = trace[to] - trace[from] - mean;

    squares += rest * rest;
  }
  *error = PetscSqrtReal(squares / (PetscReal)(data->blocks * (data->blocks - 1)));
  return mean;
}

static PetscReal correlation(const GreenKuboCurve *curve, PetscInt k)
{
  PetscReal sum = 0;

  for (PetscInt a = 0; a < curve->dim; a++) sum += curve->correlation[(k * curve->dim + a) * curve->dim + a];
  return sum / (PetscReal)curve->dim;
}

/* The first lag at which the correlation is below its error, which is taken from what a step adds to the integral. */
static PetscInt decay(const CurveBlocks *data, const GreenKuboCurve *curve)
{
  PetscReal error;

  for (PetscInt k = 1; k < curve->n; k++) {
    (void)change(data, curve->n, k - 1, k, &error);
    if (correlation(curve, k) <= error / curve->dt) return k;
  }
  return curve->n;
}

static PetscBool is_flat(const CurveBlocks *data, const GreenKuboCurve *curve, PetscInt from, PetscInt to)
{
  PetscReal error, most = flat * PetscAbsReal(curve->mean[from]);

  (void)change(data, curve->n, from, to, &error);
  most = PetscMax(most, errors_of_change * error);
  for (PetscInt k = from + 1; k <= to; k++)
    if (PetscAbsReal(curve->mean[k] - curve->mean[from]) > most) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The mean of the integral over lags from, .., to: of every entry and of the trace, with errors. */
static PetscErrorCode average(const CurveBlocks *data, PetscInt from, PetscInt to, GreenKuboCurve *curve)
{
  const PetscInt dd = curve->dim * curve->dim, n = curve->n;
  PetscReal *x;

  PetscFunctionBegin;
  curve->plateau[0] = (PetscReal)from * curve->dt;
  curve->plateau[1] = (PetscReal)to * curve->dt;
  PetscCall(PetscMalloc1(data->blocks, &x));
  for (PetscInt i = 0; i <= dd; i++) {
    const PetscInt width = i < dd ? dd : 1;
    const PetscReal *const all = i < dd ? &data->integrals[i] : data->traces;
    PetscReal mean;

    for (PetscInt b = 0; b < data->blocks; b++) {
      x[b] = 0;
      for (PetscInt k = from; k <= to; k++) x[b] += all[((size_t)b * (size_t)n + (size_t)k) * (size_t)width];
      x[b] /= (PetscReal)(to - from + 1);
    }
    const PetscReal error = BlockError(data->blocks, 1, x, &mean);

    *(i < dd ? &curve->value[i] : &curve->scalar) = mean;
    *(i < dd ? &curve->value_error[i] : &curve->scalar_error) = error;
  }
  PetscCall(PetscFree(x));
  PetscFunctionReturn(0);
}

/* The largest running integral up to a lag, and where. */
static PetscInt largest(const GreenKuboCurve *curve, PetscInt to)
{
  PetscInt at = 0;

  for (PetscInt k = 0; k <= to; k++)
    if (curve->mean[k] > curve->mean[at]) at = k;
  return at;
}

static PetscBool stands(const GreenKuboCurve *curve, PetscInt to)
{
  const PetscReal top = curve->mean[largest(curve, to)];

  return (
      PetscBool)(curve->scalar > positive * curve->scalar_error &&
                 (top < fallen * curve->scalar || curve->scalar > positive_after_fall * curve->scalar_error));
}

/* Whether the integral, after its maximum, is back at zero. */
static PetscBool comes_back(const GreenKuboCurve *curve, PetscInt *top, PetscInt *zero)
{
  *top = largest(curve, curve->n - 1);
  if (!(curve->mean[*top] > 0) || curve->mean[*top] < high * curve->mean_error[*top]) return PETSC_FALSE;
  for (*zero = *top + 1; *zero < curve->n; ++*zero)
    if (curve->mean[*zero] <= positive * curve->mean_error[*zero]) return PETSC_TRUE;
  return PETSC_FALSE;
}

static void say_why_not(SampleKind kind, PetscInt decayed, GreenKuboCurve *curve)
{
  const double longest = (double)(curve->n - 1) * (double)curve->dt;
  PetscInt top, zero;

  curve->bound = comes_back(curve, &top, &zero);
  if (curve->bound) {
    snprintf(
        curve->why, sizeof(curve->why),
        "No plateau: the integral rises to %.4g +- %.2g at the lag %.4g and is back at zero at %.4g; %s.",
        (double)curve->mean[top], (double)curve->mean_error[top], (double)top * (double)curve->dt,
        (double)zero * (double)curve->dt,
        kind == GK_MOMENTUM
            ? "so it does for a particle that is bound (tethered), whose diffusion coefficient is zero"
            : "the thermal force is not all taken off, or the particle moves too fast");
  } else if (decayed == curve->n) {
    snprintf(curve->why, sizeof(curve->why),
             "No plateau: at the longest lag, %.4g, the correlation is still above its error; longer series "
             "are needed.",
             longest);
  } else {
    snprintf(curve->why, sizeof(curve->why),
             "No plateau: behind the lag %.4g, where the correlation has decayed, the integral is flat and "
             "positive on no "
             "stretch [t, 2t] up to the longest lag, %.4g.",
             (double)decayed * (double)curve->dt, longest);
  }
}

static PetscErrorCode by_rule(SampleKind kind, const CurveBlocks *data, GreenKuboCurve *curve)
{
  const PetscInt decayed = decay(data, curve), first = PetscMax(decayed, 2);

  PetscFunctionBegin;
  for (PetscInt k = first; 2 * k < curve->n; k++) {
    if (!is_flat(data, curve, k, 2 * k)) continue;
    if (k > late * first && !is_flat(data, curve, k, PetscMin(4 * k, curve->n - 1))) continue;
    PetscCall(average(data, k, 2 * k, curve));
    curve->has_plateau = stands(curve, 2 * k);
    break;
  }
  if (curve->has_plateau)
    snprintf(curve->why, sizeof(curve->why),
             "The correlation has decayed to its error at the lag %.4g, and from %.4g to %.4g the integral "
             "is flat to 2 per "
             "cent or 2 errors: its mean there.",
             (double)decayed * (double)curve->dt, (double)curve->plateau[0], (double)curve->plateau[1]);
  else
    say_why_not(kind, decayed, curve);
  PetscFunctionReturn(0);
}

PetscErrorCode PlateauRead(SampleKind kind, const CurveBlocks *data, const PetscReal given[2],
                           GreenKuboCurve *curve)
{
  PetscFunctionBegin;
  if (given[1] > 0) {
    const PetscInt from = (PetscInt)round(given[0] / curve->dt), to = (PetscInt)round(given[1] / curve->dt);
    const PetscInt last = PetscMin(to, curve->n - 1);

    PetscCall(average(data, PetscMin(from, last), last, curve));
    curve->has_plateau = stands(curve, last);
    if (curve->has_plateau)
      snprintf(curve->why, sizeof(curve->why),
               "The mean of the integral over the lags that were given, %.4g to %.4g%s.",
               (double)curve->plateau[0], (double)curve->plateau[1],
               is_flat(data, curve, PetscMin(from, last), last) ? "" : "; it is not flat there");
    else
      say_why_not(kind, decay(data, curve), curve);
  } else {
    PetscCall(by_rule(kind, data, curve));
  }
  if (!curve->has_plateau) {
    for (PetscInt i = 0; i < 9; i++) curve->value[i] = curve->value_error[i] = NAN;
    curve->plateau[0] = curve->plateau[1] = curve->scalar = curve->scalar_error = NAN;
  }
  PetscFunctionReturn(0);
}
