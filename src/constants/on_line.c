/* One dimension: everything by integrals (interval.h). */
#include <reiter/interval.h>
#include <math.h>
#include "constants_private.h"

/* Panels that begin with half a period: more than the interval's own first panels could guess. */
static PetscErrorCode period_breaks(const ConstantsRequest *request, PetscReal period, PetscInt *n,
                                    PetscReal **breaks)
{
  const PetscReal length = request->box[0][1] - request->box[0][0];

  PetscFunctionBegin;
  *n = period > 0 ? (PetscInt)PetscMin(PetscCeilReal(2 * length / period), 1e5) : 0;
  PetscCall(PetscMalloc1(*n, breaks));
  for (PetscInt i = 0; i < *n; i++) (*breaks)[i] = request->box[0][0] + length * (PetscReal)i / (PetscReal)*n;
  PetscFunctionReturn(0);
}

/* A static sentence for a fault. */
static const char *reason(const CoefficientFault *fault)
{
  if (fault->trouble == COEFFICIENT_UNRESOLVED)
    return "The coefficients vary too fast, or over too long a range, to be integrated.";
  return "The coefficients are not finite and positive on the whole box.";
}

static PetscErrorCode brackets_of(Interval interval, MeasureConstants *constants)
{
  PetscReal *gap = constants->log_muckenhoupt, *sobolev = constants->log_log_sobolev;

  PetscFunctionBegin;
  PetscCall(IntervalMuckenhoupt(interval, &gap[0], &gap[1]));
  PetscCall(IntervalLogSobolev(interval, &sobolev[0], &sobolev[1]));
  constants->has_muckenhoupt = (PetscBool)(isfinite(gap[0]) && isfinite(gap[1]));
  constants->has_log_sobolev = (PetscBool)(isfinite(sobolev[0]) && isfinite(sobolev[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode ConstantsOnLine(const ConstantsRequest *request, Coefficients coefficients, PetscReal period,
                               ConstantValue *gap, MeasureConstants *brackets)
{
  const PetscBool reflecting =
      (PetscBool)(request->sides[0][0] == BOUNDARY_REFLECTING && request->sides[0][1] == BOUNDARY_REFLECTING);
  CoefficientFault fault;
  IntervalResult result;
  Interval interval;
  PetscReal *breaks;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(period_breaks(request, period, &n, &breaks));
  PetscCall(IntervalCreate(coefficients, request->box[0][0], request->box[0][1], request->sides[0], n, breaks,
                           &interval));
  PetscCall(PetscFree(breaks));
  /* Splines of a table and the cascade's interpolation have their own errors: no digits beyond them. */
  PetscCall(IntervalSetTolerance(interval, PetscMin(PetscMax(1e-3 * request->tolerance, 1e-12), 1e-6)));
  PetscCall(IntervalSetUp(interval, &fault));
  if (fault.trouble == COEFFICIENT_GOOD) {
    PetscCall(IntervalGap(interval, &result, 0, NULL, NULL));
    gap->known = PETSC_TRUE;
    gap->log_value = result.log_value;
    gap->error = result.error;
    if (!isfinite(result.log_value)) ConstantUnknown(gap, "The gap is beyond the range of numbers.");
    if (brackets && reflecting) PetscCall(brackets_of(interval, brackets));
  } else
    ConstantUnknown(gap, reason(&fault));
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}
