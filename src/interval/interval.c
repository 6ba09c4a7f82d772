#include <math.h>
#include "panels.h"
#include "slow_mode.h"

PetscErrorCode IntervalCreate(Coefficients coefficients, PetscReal a, PetscReal b, const Boundary sides[2],
                              PetscInt n_breaks, const PetscReal breaks[], Interval *interval)
{
  PetscFunctionBegin;
  PetscCheck(b > a, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Interval [%g, %g]", (double)a, (double)b);
  PetscCheck((sides[0] == BOUNDARY_PERIODIC) == (sides[1] == BOUNDARY_PERIODIC), PETSC_COMM_SELF,
             PETSC_ERR_ARG_INCOMP, "One side of an interval is periodic, the other is not");
  PetscCall(PetscNew(interval));
  (*interval)->coefficients = coefficients;
  (*interval)->a = (*interval)->from = a;
  (*interval)->b = (*interval)->to = b;
  PetscCall(PetscArraycpy((*interval)->sides, sides, 2));
  (*interval)->n_breaks = n_breaks;
  PetscCall(PetscMalloc1(n_breaks, &(*interval)->breaks));
  PetscCall(PetscArraycpy((*interval)->breaks, breaks, n_breaks));
  (*interval)->relative = 1e-12;
  GaussRuleCreate(&(*interval)->rule);
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalDestroy(Interval *interval)
{
  PetscFunctionBegin;
  if (!*interval) PetscFunctionReturn(0);
  PetscCall(LinesDestroy(&(*interval)->whole));
  PetscCall(PetscFree((*interval)->breaks));
  PetscCall(PetscFree(*interval));
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalSetTolerance(Interval interval, PetscReal relative)
{
  PetscFunctionBegin;
  PetscCheck(relative > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Tolerance %g", (double)relative);
  interval->relative = relative;
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalSetUp(Interval interval, CoefficientFault *fault)
{
  PetscFunctionBegin;
  PetscCall(LinesDestroy(&interval->whole));
  PetscCall(PetscMemzero(&interval->fault, sizeof(interval->fault)));
  PetscCall(PanelsCutWalls(interval));
  if (interval->fault.trouble == COEFFICIENT_GOOD)
    PetscCall(LinesCreate(interval, interval->from, interval->to, 0, NULL, &interval->whole));
  *fault = interval->fault;
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalGetFault(Interval interval, CoefficientFault *fault)
{
  PetscFunctionBegin;
  *fault = interval->fault;
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalMass(Interval interval, IntervalResult *mass)
{
  long double log_mass[LINES];

  PetscFunctionBegin;
  PetscCheck(interval->whole, PETSC_COMM_SELF, PETSC_ERR_ORDER, "IntervalSetUp() first");
  for (PetscInt k = 0; k < LINES; k++) {
    const Line *line = &interval->whole->line[k];
    log_mass[k] = logl(LineIntegral(&interval->rule, line, line->w)) + line->log_w;
  }
  *mass = LinesResult(log_mass);
  PetscFunctionReturn(0);
}

/* The slow function at the places, largest absolute value at an edge one. */
static PetscErrorCode read_function(Interval interval, Green *green, const long double mode[], PetscInt n,
                                    const PetscReal x[], PetscReal f[])
{
  const Line *line = green->line;
  long double *edges, *again, largest = 0, mean = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(line->n + 1, &edges, green->n, &again));
  GreenApply(green, mode, again);
  if (green->kind == GREEN_FLUX)
    GreenFluxFunction(green, edges);
  else
    GreenEdges(green, edges);
  if (green->kind == GREEN_CIRCLE) {
    for (PetscInt i = 0; i < green->n; i++) green->density[i] = line->w[i] * again[i];
    mean = LineIntegral(green->rule, line, green->density) / LineIntegral(green->rule, line, line->w);
  }
  for (PetscInt i = 0; i <= line->n; i++) {
    edges[i] -= mean;
    if (fabsl(edges[i]) > fabsl(largest)) largest = edges[i];
  }
  if (green->kind == GREEN_FLUX) largest = fabsl(largest);
  for (PetscInt i = 0; i < n; i++) {
    PetscReal place = PetscMax(PetscMin(x[i], interval->b), interval->a);
    if (place < line->edge[0] && green->kind == GREEN_CIRCLE) place += interval->b - interval->a;
    f[i] = (PetscReal)(edges[LineEdge(line, place)] / largest);
  }
  PetscCall(PetscFree2(edges, again));
  PetscFunctionReturn(0);
}

/* Places where something is wanted become panel ends; on a circle they follow its cut. */
static PetscErrorCode lines_with_places(Interval interval, PetscInt n, const PetscReal x[], Lines **lines)
{
  PetscReal *places;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &places));
  for (PetscInt i = 0; i < n; i++) {
    places[i] = x[i];
    if (interval->sides[0] == BOUNDARY_PERIODIC && x[i] < interval->from)
      places[i] += interval->b - interval->a;
  }
  PetscCall(LinesCreate(interval, interval->from, interval->to, n, places, lines));
  PetscCall(PetscFree(places));
  PetscFunctionReturn(0);
}

PetscErrorCode IntervalGap(Interval interval, IntervalResult *gap, PetscInt n, const PetscReal x[],
                           PetscReal f[])
{
  const GreenKind kind = GreenKindOf(interval->sides[0], interval->sides[1], PETSC_TRUE);
  Lines *lines = interval->whole;
  long double log_gap[LINES];
  PetscReal error = 0;

  PetscFunctionBegin;
  PetscCheck(interval->whole, PETSC_COMM_SELF, PETSC_ERR_ORDER, "IntervalSetUp() first");
  if (n > 0) PetscCall(lines_with_places(interval, n, x, &lines));
  if (!lines) {
    gap->log_value = NAN;
    gap->error = INFINITY;
    for (PetscInt i = 0; i < n; i++) f[i] = NAN;
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < LINES; k++) {
    const PetscBool wanted = (PetscBool)(n > 0 && k == LINE_FINE);
    long double *mode = NULL;
    Green green;

    PetscCall(GreenCreate(&interval->rule, &lines->line[k], kind, &green));
    if (wanted) PetscCall(PetscMalloc1(green.n, &mode));
    PetscCall(SlowModeFind(&green, &log_gap[k], &error, mode));
    if (wanted) PetscCall(read_function(interval, &green, mode, n, x, f));
    PetscCall(PetscFree(mode));
    PetscCall(GreenDestroy(&green));
  }
  *gap = LinesResult(log_gap);
  gap->error += error;
  if (n > 0) PetscCall(LinesDestroy(&lines));
  PetscFunctionReturn(0);
}
