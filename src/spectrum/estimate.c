#include "spectrum_private.h"

/* Logarithms that differ by more are not yet values of a series that begins to converge, whatever their ratios. */
static const PetscReal far_off = 0.25;

/* Richardson's value from two grids whose error is of the order h^rate. */
static PetscReal extrapolate(PetscReal fine, PetscReal coarse, PetscReal ratio, PetscReal rate)
{
  return fine + (fine - coarse) / (PetscPowReal(ratio, rate) - 1);
}

/* By how much the difference of two grids shrinks if the rate holds; not asked for with a single coarser grid. */
static PetscReal expected_shrinking(PetscInt n, const PetscReal ratio[], PetscReal rate)
{
  if (n < 2) return 1;
  const PetscReal first = PetscPowReal(ratio[0], rate);

  return (PetscPowReal(ratio[1], rate) - first) / (first - 1);
}

/* The relative difference of two values. */
static PetscReal differ(const PetscReal log_value[2])
{
  return PetscAbsReal(PetscExpReal(log_value[1] - log_value[0]) - 1);
}

/*
  The error of a value that stays: the difference of the two finer grids over what the rate makes of it, times `safety`. No
  more of the rate is relied on than `trusted`, nor than the decay that is seen: grids that only begin to resolve a well
  show any rate. They may also agree by chance: the difference counts as no smaller than the earlier one over `fastest`.
*/
static PetscReal error_of_difference(PetscInt n, const PetscReal log_value[], const PetscReal ratio[],
                                     PetscReal safety, PetscReal trusted, PetscReal fastest)
{
  PetscReal difference = differ(&log_value[0]);

  if (n < 2) return 2 * difference / (PetscMin(trusted, ratio[0]) - 1);
  const PetscReal earlier = differ(&log_value[1]);
  difference = PetscMax(difference, earlier / fastest);
  if (!(difference > 1e-13) || PetscIsInfReal(difference))
    return difference; /* a ratio of infinities is no rate */
  return safety * difference / (PetscMin(trusted, PetscMax(earlier / difference, 1.5)) - 1);
}

/*
  The graph: log lambda = L + a h^2 + b h^4 + .. for smooth coefficients. Three grids tell whether that holds: if so the
  value is extrapolated twice, and differs from the better of the two once extrapolated ones by about the latter's error,
  which is counted twice; if not, if the coarsest grid is far off, or with two grids only, the value stays as it is. The
  answer is a change of log lambda and an error.
*/
static void estimate_series(PetscInt n, const PetscReal log_value[], const PetscReal ratio[],
                            PetscReal *change, PetscReal *error)
{
  const PetscReal expected = expected_shrinking(n, ratio, 2);

  *change = 0;
  *error = error_of_difference(n, log_value, ratio, 1, ratio[0], expected);
  if (n < 2) return;
  const PetscReal shrinking = (log_value[1] - log_value[2]) / (log_value[0] - log_value[1]);
  const PetscReal step = ratio[1] / ratio[0];
  const PetscReal first = extrapolate(log_value[0], log_value[1], ratio[0], 2);
  const PetscReal second = extrapolate(log_value[1], log_value[2], step, 2);

  if (PetscAbsReal(first - second) < 1e-13) {
    *change = first - log_value[0];
    *error = PetscAbsReal(first - second);
    return;
  }
  if (!(shrinking > 0.5 * expected && shrinking < 2 * expected)) return; /* of no order yet, or none at all */
  if (PetscAbsReal(log_value[1] - log_value[2]) > far_off) return;
  *change = extrapolate(first, second, step, 4) - log_value[0];
  *error = 2 * PetscAbsReal(first - second);
}

/* Elements: half of the rate of the theory is relied on; well resolved ones may be better than it for a while. */
static PetscReal error_of_elements(PetscInt n, const PetscReal log_value[], const PetscReal ratio[],
                                   PetscReal rate)
{
  return error_of_difference(n, log_value, ratio, 2, PetscPowReal(ratio[0], PetscMax(rate / 2, 1)),
                             PetscSqr(expected_shrinking(n, ratio, rate)));
}

/* log lambda of value k on the given domain and the coarser ones, whichever way it came there; *n is how many of them. */
static void collect(PetscInt k, PetscInt *n, const SpectrumModes coarse[], const SpectrumValue *value,
                    PetscReal log_value[])
{
  log_value[0] = value->log_discrete;
  for (PetscInt c = 0; c < *n; c++) {
    const SpectrumValue *other = k < coarse[c].n ? &coarse[c].values[k] : NULL;
    if (!other || !other->known) {
      *n = c;
      return;
    }
    log_value[c + 1] = other->log_discrete;
  }
}

/*
  Neighbours that come closer together, or apart, by more than half of their distance mix with each other or change places
  from grid to grid: value k of another grid is then not quite the same mode. The largest such change of a distance.
*/
static PetscReal mixing(PetscInt k, const SpectrumModes *modes, const SpectrumModes *coarse)
{
  PetscReal largest = 0;

  for (PetscInt j = PetscMax(k - 1, 0); j <= k + 1 && j < PetscMin(modes->n, coarse->n); j++) {
    if (j == k || !modes->values[j].known || !coarse->values[j].known) continue;
    if (!PetscIsNormalReal(modes->values[j].log_discrete)) continue; /* the constant */
    const PetscReal here = PetscAbsReal(modes->values[j].log_discrete - modes->values[k].log_discrete);
    const PetscReal there = PetscAbsReal(coarse->values[j].log_discrete - coarse->values[k].log_discrete);
    if (PetscAbsReal(there - here) > here / 2) largest = PetscMax(largest, PetscAbsReal(there - here));
  }
  return largest;
}

/* Of values so wide that they overlap, the k-th is between the k-th of the lower ends and the k-th of the
   upper ones. */
static PetscErrorCode widen_overlapping(SpectrumModes *modes)
{
  PetscReal *lower, *upper;
  PetscInt *which, n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(modes->n, &lower, modes->n, &upper, modes->n, &which));
  for (PetscInt k = 0; k < modes->n; k++) {
    const SpectrumValue *value = &modes->values[k];
    if (!value->known || !value->discretisation_known || !strcmp(value->method, "constant")) continue;
    lower[n] = value->log_value - value->error;
    upper[n] = value->log_value + value->error;
    which[n++] = k;
  }
  PetscCall(PetscSortReal(n, lower));
  PetscCall(PetscSortReal(n, upper));
  for (PetscInt i = 0; i < n; i++) {
    SpectrumValue *value = &modes->values[which[i]];
    value->error = PetscMax(value->error, value->log_value - lower[i]);
    value->error = PetscMax(value->error, upper[i] - value->log_value);
  }
  PetscCall(PetscFree3(lower, upper, which));
  PetscFunctionReturn(0);
}

/* Value k, which is known, of n > 0 other grids. */
static void estimate_value(PetscInt k, PetscInt n, const SpectrumModes coarse[], const PetscReal log_value[],
                           const PetscReal ratio[], PetscReal rate, PetscBool series, SpectrumModes *modes)
{
  SpectrumValue *value = &modes->values[k];
  const PetscReal mixed = mixing(k, modes, &coarse[0]);
  PetscReal change = 0, error;

  if (mixed > 0)
    error = error_of_difference(n, log_value, ratio, series ? 1 : 2, ratio[0],
                                expected_shrinking(n, ratio, rate)) +
            mixed;
  else if (series)
    estimate_series(n, log_value, ratio, &change, &error);
  else
    error = error_of_elements(n, log_value, ratio, rate);
  value->log_value = value->log_discrete + change;
  value->value = PetscExpReal(value->log_value);
  value->error += error;
  value->discretisation_known = PETSC_TRUE;
}

PetscErrorCode SpectrumEstimate(PetscInt n, const SpectrumModes coarse[], const PetscReal ratio[],
                                PetscReal rate, PetscBool series, SpectrumModes *modes)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < modes->n; k++) {
    const SpectrumValue *value = &modes->values[k];
    PetscReal log_value[SPECTRUM_MAX_COARSE + 1];
    PetscInt grids = PetscMin(n, 2);

    if (!value->known || value->discretisation_known) continue;
    collect(k, &grids, coarse, value, log_value);
    if (grids) estimate_value(k, grids, coarse, log_value, ratio, rate, series, modes);
  }
  PetscCall(widen_overlapping(modes));
  for (PetscInt k = 0; k < modes->n; k++) {
    SpectrumValue *value = &modes->values[k];
    if (!value->known || value->error <= 0.5) continue;
    value->known = PETSC_FALSE;
    value->why = "the domain is too coarse: another one gives a different value";
  }
  PetscFunctionReturn(0);
}
