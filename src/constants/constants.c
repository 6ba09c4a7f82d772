#include <math.h>
#include "constants_private.h"

/* What one measure is made from. */
typedef struct {
  const char *name;
  PetscReal epsilon;
  Coefficients coefficients; /* borrowed */
  PetscReal period;          /* the shortest, 0: none */
  PetscReal factor;          /* D = factor I, or 0 if D is no such thing */
} Measure;

void ConstantUnknown(ConstantValue *value, const char why_not[])
{
  value->known = PETSC_FALSE;
  value->log_value = NAN;
  value->error = INFINITY;
  value->why_not = why_not;
}

static PetscErrorCode gap_of(const ConstantsRequest *request, Coefficients coefficients, PetscReal period,
                             const volatile int *interrupted, ConstantValue *gap, MeasureConstants *brackets,
                             CellFailure *failure)
{
  CoefficientsInfo info;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(gap, sizeof(*gap)));
  if (request->dim == 1)
    PetscCall(ConstantsOnLine(request, coefficients, period, gap, brackets));
  else
    PetscCall(ConstantsOnBox(request, coefficients, period, interrupted, gap, failure));
  PetscCall(CoefficientsGetInfo(coefficients, NULL, &info));
  gap->error += info.error;
  PetscFunctionReturn(0);
}

/* Var f <= C int |grad f|^2 dmu: the inverse gap of the operator with D = I. For D = factor I no other solve is needed.
   The log-Sobolev bracket is of the measure with D = I, too: the header's C stands before int f'^2 dmu. */
static PetscErrorCode find_constants(const ConstantsRequest *request, const Measure *measure,
                                     const volatile int *interrupted, MeasureConstants *constants,
                                     CellFailure *failure)
{
  ConstantValue *poincare = &constants->poincare;
  MeasureConstants flat = {0};
  Coefficients isotropic;

  PetscFunctionBegin;
  PetscCall(gap_of(request, measure->coefficients, measure->period, interrupted, &constants->gap, constants,
                   failure));
  if (failure->status) PetscFunctionReturn(0);
  if (measure->factor > 0) {
    *poincare = constants->gap;
    poincare->log_value = PetscLogReal(measure->factor) - constants->gap.log_value;
    for (PetscInt i = 0; i < 2 && constants->has_log_sobolev; i++)
      constants->log_log_sobolev[i] += PetscLogReal(measure->factor);
    PetscFunctionReturn(0);
  }
  PetscCall(CoefficientsCreateIsotropic(measure->coefficients, 1, &isotropic));
  PetscCall(CoefficientsSetUp(isotropic, interrupted, failure));
  if (!failure->status)
    PetscCall(gap_of(request, isotropic, measure->period, interrupted, poincare, &flat, failure));
  poincare->log_value = -poincare->log_value;
  PetscCall(PetscArraycpy(constants->log_log_sobolev, flat.log_log_sobolev, 2));
  constants->has_log_sobolev = flat.has_log_sobolev;
  PetscCall(CoefficientsDestroy(&isotropic));
  PetscFunctionReturn(0);
}

/* Prop. 9 (2.5): gap >= rho exp(-exponent osc/s), and C_P <= C_P(mu_ref) exp(osc/s), as the weight's logarithm differs from
   V0's by at most osc/s. */
static void compare(const MeasureConstants *reference, PetscReal exponent, PetscReal osc_over_s,
                    MeasureConstants *constants)
{
  ConstantValue *bound = &constants->gap_bound;
  PetscReal slack;

  *bound = reference->gap;
  if (!bound->known)
    bound->why_not = "The gap of mu_ref is not known.";
  else
    bound->log_value -= exponent * osc_over_s;
  constants->bound_holds = PETSC_FALSE;
  if (!bound->known || !constants->gap.known || !constants->poincare.known) return;
  slack = bound->error + constants->gap.error;
  constants->bound_holds = (PetscBool)(constants->gap.log_value >= bound->log_value - slack);
  slack = reference->poincare.error + constants->poincare.error;
  if (constants->poincare.log_value > reference->poincare.log_value + osc_over_s + slack)
    constants->bound_holds = PETSC_FALSE;
}

/* The bound for mu0: its tensor constant, its free energy V0 up to a constant. */
static PetscErrorCode homogenized_curvature(const ConstantsRequest *request, ConstantValue *bound)
{
  PetscReal x[REITER_MAX_DIM], D[REITER_MAX_DIM * REITER_MAX_DIM];
  CoefficientsInfo info;
  CoefficientFault fault;
  VariableSet macro;

  PetscFunctionBegin;
  PetscCall(CoefficientsGetInfo(request->homogenized, NULL, &info));
  PetscCall(PotentialMacroVariables(request->potential, &macro));
  if (!info.constant_tensor || macro) {
    ConstantUnknown(bound, "The homogenized tensor or Z1 depends on x.");
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < request->dim; c++) x[c] = 0.5 * (request->box[c][0] + request->box[c][1]);
  PetscCall(CoefficientsEvaluate(request->homogenized, 1, x, NULL, D, &fault));
  if (fault.trouble)
    ConstantUnknown(bound, "There is no homogenized tensor in the middle of the box.");
  else
    PetscCall(ConstantsCurvature(request, D, bound));
  bound->error += info.error;
  PetscFunctionReturn(0);
}

/* mu0 of a potential, or the one measure of a case without. */
static PetscErrorCode homogenized(const ConstantsRequest *request, const volatile int *interrupted,
                                  MeasureConstants *constants, CellFailure *failure)
{
  const Measure measure = {request->potential ? "mu0" : "mu", 0, request->homogenized, 0, 0};

  PetscFunctionBegin;
  constants->measure = measure.name;
  PetscCall(find_constants(request, &measure, interrupted, constants, failure));
  if (request->potential) {
    PetscCall(homogenized_curvature(request, &constants->bakry_emery));
    PetscFunctionReturn(0);
  }
  ConstantUnknown(&constants->gap_bound, "There is no potential to compare with.");
  ConstantUnknown(&constants->bakry_emery, "There is no potential whose curvature could be bounded.");
  PetscFunctionReturn(0);
}

/* mu_ref (epsilon 0) and mu_epsilon: D = s I. */
static PetscErrorCode of_potential(const ConstantsRequest *request, PetscReal epsilon,
                                   const volatile int *interrupted, MeasureConstants *constants,
                                   CellFailure *failure)
{
  Measure measure = {epsilon > 0 ? "mu_epsilon" : "mu_ref", epsilon, NULL, 0, 0};
  PetscInt scales;

  PetscFunctionBegin;
  PetscCall(PotentialGetSizes(request->potential, NULL, &scales, &measure.factor));
  if (epsilon > 0) {
    measure.period = scales ? PetscPowReal(epsilon, (PetscReal)scales) : 0;
    PetscCall(CoefficientsCreateResolved(request->potential, epsilon, &measure.coefficients));
  } else
    PetscCall(CoefficientsCreateReference(request->potential, &measure.coefficients));
  PetscCall(CoefficientsSetUp(measure.coefficients, interrupted, failure));
  constants->measure = measure.name;
  constants->epsilon = epsilon;
  if (!failure->status) PetscCall(find_constants(request, &measure, interrupted, constants, failure));
  PetscCall(CoefficientsDestroy(&measure.coefficients));
  if (epsilon > 0) {
    ConstantUnknown(&constants->bakry_emery,
                    "The curvature of V1(x/e) is of the order 1/e^2 and has both signs.");
    PetscFunctionReturn(0);
  }
  ConstantUnknown(&constants->gap_bound, "This is the measure that the others are compared with.");
  constants->bound_holds = constants->gap.known;
  PetscCall(ConstantsCurvature(request, NULL, &constants->bakry_emery));
  PetscFunctionReturn(0);
}

PetscErrorCode ConstantsCompute(const ConstantsRequest *request, const volatile int *interrupted, PetscInt *n,
                                MeasureConstants values[], PetscReal *osc, CellFailure *failure)
{
  PetscReal s;

  PetscFunctionBegin;
  *n = 0;
  *osc = 0;
  PetscCall(PetscMemzero(failure, sizeof(*failure)));
  PetscCall(PetscArrayzero(values, 2 + request->n_epsilon));
  if (!request->potential) {
    PetscCall(homogenized(request, interrupted, &values[0], failure));
    *n = failure->status ? 0 : 1;
    PetscFunctionReturn(0);
  }
  PetscCall(PotentialGetSizes(request->potential, NULL, NULL, &s));
  PetscCall(ConstantsOscillation(request, osc));
  PetscCall(of_potential(request, 0, interrupted, &values[(*n)++], failure));
  if (failure->status) PetscFunctionReturn(0);
  PetscCall(homogenized(request, interrupted, &values[(*n)++], failure));
  if (failure->status) PetscFunctionReturn(0);
  compare(&values[0], 2, *osc / s, &values[1]);
  for (PetscInt k = 0; k < request->n_epsilon; k++) {
    if (interrupted && *interrupted) {
      *failure = (CellFailure){CELL_INTERRUPTED, "interrupted"};
      break;
    }
    PetscCall(of_potential(request, request->epsilon[k], interrupted, &values[*n], failure));
    if (failure->status) break;
    compare(&values[0], 1, *osc / s, &values[(*n)++]);
  }
  PetscFunctionReturn(0);
}
