/* The limit of large friction: the reversible diffusion d_t rho = div(w D grad(rho/w)) in the time unit m g. */
#include <reiter/interval.h>
#include <reiter/spectrum.h>
#include "kinetics.h"

enum { FEWEST_POINTS = 64, MOST_POINTS = 1 << 20 };

/* log of the means of exp(log_w) and of exp(-log_w)/D over n points of the period. */
static PetscErrorCode take_means(Coefficients coefficients, const PetscReal box[2], PetscInt n,
                                 PetscReal log_means[2], CoefficientFault *fault)
{
  PetscReal *x, *log_w, *D, largest[2] = {-PETSC_MAX_REAL, -PETSC_MAX_REAL};
  long double sums[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &x, n, &log_w, n, &D));
  for (PetscInt i = 0; i < n; i++) x[i] = box[0] + (box[1] - box[0]) * ((PetscReal)i / (PetscReal)n);
  PetscCall(CoefficientsEvaluate(coefficients, n, x, log_w, D, fault));
  for (PetscInt i = 0; i < n && fault->trouble == COEFFICIENT_GOOD; i++) {
    D[i] = -log_w[i] - PetscLogReal(D[i]);
    largest[0] = PetscMax(largest[0], log_w[i]);
    largest[1] = PetscMax(largest[1], D[i]);
  }
  for (PetscInt i = 0; i < n && fault->trouble == COEFFICIENT_GOOD; i++) {
    sums[0] += (long double)PetscExpReal(log_w[i] - largest[0]);
    sums[1] += (long double)PetscExpReal(D[i] - largest[1]);
  }
  for (PetscInt k = 0; k < 2; k++)
    log_means[k] = largest[k] + PetscLogReal((PetscReal)(sums[k] / (long double)n));
  PetscCall(PetscFree3(x, log_w, D));
  PetscFunctionReturn(0);
}

/* One dimension: 1/(<w> <1/(w D)>) (Lifson and Jackson 1962, J. Chem. Phys. 36, 2410), by the trapezoidal rule, which
   converges fast on periodic functions. */
static PetscErrorCode limit_on_line(const PetscReal box[2], Coefficients coefficients, OverdampedLimit *limit,
                                    CoefficientFault *fault)
{
  const PetscReal round_off = 1e-14;
  PetscReal means[2] = {0, 0}, before = NAN;

  PetscFunctionBegin;
  for (PetscInt n = FEWEST_POINTS; n <= MOST_POINTS; n *= 2) {
    PetscCall(take_means(coefficients, box, n, means, fault));
    if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
    limit->D[0] = PetscExpReal(-means[0] - means[1]);
    limit->D_error[0] = PetscAbsReal(limit->D[0] - before) + round_off * limit->D[0];
    if (limit->D_error[0] < 2 * round_off * limit->D[0]) break;
    before = limit->D[0];
  }
  limit->has_diffusion = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* The gap of an interval is an integral of positive terms: as good as numbers allow. */
static PetscErrorCode sharpen_gap(const CaseDomain *domain, PetscReal tolerance, Coefficients coefficients,
                                  OverdampedLimit *limit, CoefficientFault *fault)
{
  Interval interval;
  IntervalResult gap;

  PetscFunctionBegin;
  PetscCall(IntervalCreate(coefficients, domain->box[0][0], domain->box[0][1], domain->sides[0], 0, NULL,
                           &interval));
  PetscCall(IntervalSetTolerance(interval, PetscMin(tolerance, 1e-10)));
  PetscCall(IntervalSetUp(interval, fault));
  if (fault->trouble == COEFFICIENT_GOOD && limit->n > 1) {
    PetscCall(IntervalGap(interval, &gap, 0, NULL, NULL));
    if (!PetscIsInfOrNanReal(gap.error)) {
      limit->values[1] = PetscExpReal(gap.log_value);
      limit->errors[1] = gap.error * limit->values[1];
    }
  }
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_values(Spectrum spectrum, PetscInt wanted, OverdampedLimit *limit)
{
  const SpectrumValue *values;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(SpectrumGetValues(spectrum, &n, &values));
  limit->n = PetscMin(n, wanted);
  for (PetscInt i = 0; i < limit->n; i++) {
    limit->values[i] = values[i].known ? values[i].value : NAN;
    limit->errors[i] = values[i].known ? values[i].error * values[i].value : NAN;
  }
  PetscFunctionReturn(0);
}

/* On the case's own domain, held by this process alone. */
static PetscErrorCode find_spectrum(const Setting *setting, Coefficients coefficients, const CaseKinetic *k,
                                    OverdampedLimit *limit, CellFailure *failure, CoefficientFault *fault)
{
  const CaseDomain *domain;
  Domain whole;
  Diffusion diffusion;
  Spectrum spectrum;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(setting->c, &domain));
  PetscCall(CaseGetDimension(setting->c, &dim));
  PetscCall(DomainCreateBox(PETSC_COMM_SELF, dim, domain->box, domain->cells, domain->order, domain->sides,
                            &whole));
  PetscCall(DiffusionCreate(whole, coefficients, &diffusion));
  PetscCall(DiffusionSetScheme(diffusion, domain->scheme));
  PetscCall(DiffusionSetUp(diffusion, fault));
  if (fault->trouble == COEFFICIENT_GOOD) {
    PetscCall(SpectrumCreate(diffusion, &spectrum));
    PetscCall(SpectrumSetCount(spectrum, k->spectrum));
    PetscCall(SpectrumSolve(spectrum, setting->interrupted, failure));
    if (failure->status == CELL_OK) PetscCall(take_values(spectrum, k->spectrum, limit));
    PetscCall(SpectrumDestroy(&spectrum));
    if (failure->status == CELL_OK && dim == 1 && domain->sides[0][0] != BOUNDARY_PERIODIC)
      PetscCall(sharpen_gap(domain, k->tolerance, coefficients, limit, fault));
  }
  PetscCall(DiffusionDestroy(&diffusion));
  PetscCall(DomainDestroy(&whole));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_limit(const Setting *setting, Coefficients coefficients, Kinetics k,
                                 CellFailure *failure, CoefficientFault *fault)
{
  const CaseDomain *domain;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(setting->c, &domain));
  if (k->wanted->diffusion && k->dim == 1)
    PetscCall(limit_on_line(domain->box[0], coefficients, &k->limit, fault));
  if (fault->trouble != COEFFICIENT_GOOD || !k->wanted->spectrum) PetscFunctionReturn(0);
  PetscCall(find_spectrum(setting, coefficients, k->wanted, &k->limit, failure, fault));
  /* A comparison that fails is said to be missing; the answer is there without it. */
  if (failure->status == CELL_NOT_CONVERGED || failure->status == CELL_LIMIT) {
    PetscCall(PetscStrncpy(k->limit.why_not, failure->message, sizeof(k->limit.why_not)));
    *failure = (CellFailure){.status = CELL_OK};
  }
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsLimit(const Setting *setting, Kinetics k, CellFailure *failure)
{
  Coefficients coefficients = setting->coefficients;
  CoefficientFault fault = {.trouble = COEFFICIENT_GOOD};
  PetscReal temperature;

  PetscFunctionBegin;
  if (setting->rank == 0) {
    PetscCall(CaseGetTemperature(setting->c, &temperature));
    if (k->wanted->plain_friction)
      PetscCall(CoefficientsCreateIsotropic(setting->coefficients, temperature, &coefficients));
    else
      PetscCall(CoefficientsReference(coefficients));
    if (k->wanted->plain_friction) PetscCall(CoefficientsSetUp(coefficients, setting->interrupted, failure));
    if (failure->status == CELL_OK) PetscCall(find_limit(setting, coefficients, k, failure, &fault));
    PetscCall(CoefficientsDestroy(&coefficients));
  }
  PetscCallMPI(MPI_Bcast(failure, sizeof(*failure), MPI_BYTE, 0, setting->comm));
  PetscCallMPI(MPI_Bcast(&fault, sizeof(fault), MPI_BYTE, 0, setting->comm));
  PetscCallMPI(MPI_Bcast(&k->limit, sizeof(k->limit), MPI_BYTE, 0, setting->comm));
  if (fault.trouble != COEFFICIENT_GOOD) PetscCall(KineticsReportFault(setting, &fault, failure));
  PetscFunctionReturn(0);
}
