#include "spectrum_private.h"

/* Richardson's value from two grids whose error is of the order h^rate. */
static PetscReal extrapolate(PetscReal fine, PetscReal coarse, PetscReal ratio, PetscReal rate)
{
  return fine + (fine - coarse) / (PetscPowReal(ratio, rate) - 1);
}

/* By how much the difference of two grids shrinks if the rate holds. */
static PetscReal expected_shrinking(const PetscReal ratio[2], PetscReal rate)
{
  const PetscReal first = PetscPowReal(ratio[0], rate);

  return (PetscPowReal(ratio[1], rate) - first) / (first - 1);
}

/*
  The graph: log lambda = L + a h^2 + b h^4 + .. for smooth coefficients. Three grids tell whether that holds: if so the
  value is extrapolated twice, and differs from the better of the two once extrapolated ones by about the latter's error;
  if not, the value stays as it is. The answer is a change of log lambda and an error.
*/
static void estimate_series(PetscInt n, const PetscReal log_value[], const PetscReal ratio[],
                            PetscReal *change, PetscReal *error)
{
  const PetscReal first = extrapolate(log_value[0], log_value[1], ratio[0], 2);

  *change = first - log_value[0];
  *error = PetscAbsReal(*change);
  if (n < 2) return;
  const PetscReal shrinking = (log_value[1] - log_value[2]) / (log_value[0] - log_value[1]);
  const PetscReal expected = expected_shrinking(ratio, 2);
  const PetscReal step = ratio[1] / ratio[0];
  const PetscReal second = extrapolate(log_value[1], log_value[2], step, 2);

  if (PetscAbsReal(first - second) < 1e-13) {
    *error = PetscAbsReal(first - second);
    return;
  }
  if (!(shrinking > 0.5 * expected && shrinking < 2 * expected)) {
    /* of no order yet, or none at all */
    *change = 0;
    *error = PetscAbsReal(log_value[0] - log_value[1]);
    return;
  }
  *change = extrapolate(first, second, step, 4) - log_value[0];
  *error = PetscAbsReal(first - second);
}

/* Elements: the value stays. Half of the rate of the theory is relied on, or the one that is seen if it is lower still:
   grids that only begin to resolve a well show any rate. */
static PetscReal estimate_difference(PetscInt n, const PetscReal log_value[], const PetscReal ratio[],
                                     PetscReal rate)
{
  const PetscReal difference = PetscAbsReal(PetscExpReal(log_value[1] - log_value[0]) - 1);
  PetscReal expected = PetscPowReal(ratio[0], PetscMax(rate / 2, 1));

  if (n < 2) return 2 * difference / (PetscMin(expected, ratio[0]) - 1);
  const PetscReal earlier = PetscAbsReal(PetscExpReal(log_value[2] - log_value[1]) - 1);
  if (!(difference > 1e-13)) return difference;
  expected = PetscMin(expected, PetscMax(earlier / difference, 1.5));
  return 2 * difference / (expected - 1);
}

/* log lambda of value k on the given domain and the coarser ones by the same method; *n is how many of them. */
static void collect(PetscInt k, PetscInt *n, const SpectrumModes coarse[], const SpectrumValue *value,
                    PetscReal log_value[])
{
  log_value[0] = value->log_discrete;
  for (PetscInt c = 0; c < *n; c++) {
    const SpectrumValue *other = k < coarse[c].n ? &coarse[c].values[k] : NULL;
    if (!other || !other->known || strcmp(other->method, value->method)) {
      *n = c;
      return;
    }
    log_value[c + 1] = other->log_discrete;
  }
}

PetscErrorCode SpectrumEstimate(PetscInt n, const SpectrumModes coarse[], const PetscReal ratio[],
                                PetscReal rate, SpectrumModes *modes)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < modes->n; k++) {
    SpectrumValue *value = &modes->values[k];
    PetscReal log_value[SPECTRUM_MAX_COARSE + 1], change = 0, error;
    PetscInt grids = PetscMin(n, 2);

    if (!value->known || value->discretisation_known) continue;
    collect(k, &grids, coarse, value, log_value);
    if (!grids) continue;
    if (!strcmp(value->method, "elimination"))
      estimate_series(grids, log_value, ratio, &change, &error);
    else
      error = estimate_difference(grids, log_value, ratio, rate);
    value->log_value = value->log_discrete + change;
    value->value = PetscExpReal(value->log_value);
    value->error += error;
    value->discretisation_known = PETSC_TRUE;
    value->known = (PetscBool)(value->error <= 0.5);
    if (!value->known) value->why = "the domain is too coarse: a coarser one gives a different value";
  }
  PetscFunctionReturn(0);
}
