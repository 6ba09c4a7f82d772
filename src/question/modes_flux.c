/* The gap where it is an integral of positive terms, and the Poincare constant. */
#include <reiter/interval.h>
#include "modes.h"

/* An Interval over the case's box; *fault->trouble if there is none. */
static PetscErrorCode make_interval(const Setting *setting, Coefficients coefficients, Interval *interval,
                                    CoefficientFault *fault)
{
  const CaseSpectrum *wanted;
  const DomainMesh *mesh;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(setting->c, &wanted));
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(IntervalCreate(coefficients, mesh->bounds[0][0], mesh->bounds[0][1], mesh->sides[0], 0, NULL,
                           interval));
  PetscCall(IntervalSetTolerance(*interval, wanted->tolerance));
  PetscCall(IntervalSetUp(*interval, fault));
  PetscFunctionReturn(0);
}

/* Every rank holds all of the line: the eigenfunction goes to its own nodes. */
static PetscErrorCode take_flux(const Setting *setting, Interval interval, Modes m)
{
  const DomainMesh *mesh;
  IntervalResult gap;
  PetscReal *f;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  if (!m->functions[m->gap]) PetscCall(DomainCreateVector(setting->domain, &m->functions[m->gap]));
  PetscCall(VecGetArrayWrite(m->functions[m->gap], &f));
  PetscCall(IntervalGap(interval, &gap, mesh->n_owned, mesh->x, f));
  PetscCall(VecRestoreArrayWrite(m->functions[m->gap], &f));
  m->values[m->gap] = (SpectrumValue){.known = PETSC_TRUE,
                                      .value = PetscExpReal(gap.log_value),
                                      .log_value = gap.log_value,
                                      .log_discrete = gap.log_value,
                                      .discretisation_known = PETSC_TRUE,
                                      .error = gap.error,
                                      .residual = gap.error,
                                      .method = "flux"};
  PetscFunctionReturn(0);
}

PetscErrorCode ModesUseFlux(const Setting *setting, Modes m, CellFailure *failure)
{
  CoefficientFault fault;
  Interval interval;

  PetscFunctionBegin;
  PetscCall(make_interval(setting, setting->coefficients, &interval, &fault));
  if (fault.trouble == COEFFICIENT_GOOD) {
    PetscCall(take_flux(setting, interval, m));
  } else {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(PetscStrncpy(failure->message, fault.message, sizeof(failure->message)));
  }
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}

/* One dimension. */
static PetscErrorCode poincare_line(const Setting *setting, Coefficients unit, Modes m)
{
  CoefficientFault fault;
  IntervalResult gap;
  Interval interval;

  PetscFunctionBegin;
  PetscCall(make_interval(setting, unit, &interval, &fault));
  if (fault.trouble == COEFFICIENT_GOOD) {
    PetscCall(IntervalGap(interval, &gap, 0, NULL, NULL));
    m->has_poincare = PETSC_TRUE;
    m->log_poincare = -gap.log_value;
    m->poincare_error = gap.error;
  }
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}

/* The same scheme on the same domain with D = I. */
static PetscErrorCode poincare_domain(const Setting *setting, Coefficients unit, Modes m,
                                      CellFailure *failure)
{
  const DiffusionSystem *system;
  const SpectrumValue *values;
  Comparison comparison;
  CoefficientFault fault;
  Diffusion diffusion;
  Setting with_unit = *setting;
  Spectrum spectrum;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  PetscCall(DiffusionCreate(setting->domain, unit, &diffusion));
  PetscCall(DiffusionSetScheme(diffusion, system->scheme));
  PetscCall(DiffusionSetUp(diffusion, &fault));
  if (fault.trouble == COEFFICIENT_GOOD) {
    PetscCall(SpectrumCreate(diffusion, &spectrum));
    PetscCall(SpectrumSetCount(spectrum, 2));
    with_unit.coefficients = unit;
    with_unit.diffusion = diffusion;
    PetscCall(ModesCompareOrders(&with_unit, spectrum, &comparison));
    PetscCall(SpectrumSetFromOptions(spectrum));
    PetscCall(SpectrumSolve(spectrum, setting->interrupted, failure));
    if (failure->status == CELL_OK) {
      PetscCall(SpectrumGetValues(spectrum, &n, &values));
      m->has_poincare = (PetscBool)(n > 1 && values[1].known);
      if (m->has_poincare) {
        m->log_poincare = -values[1].log_value;
        m->poincare_error = values[1].error;
      }
    }
    PetscCall(SpectrumDestroy(&spectrum));
    PetscCall(ComparisonDestroy(&comparison));
  }
  PetscCall(DiffusionDestroy(&diffusion));
  PetscFunctionReturn(0);
}

PetscErrorCode ModesPoincare(const Setting *setting, Modes m, CellFailure *failure)
{
  const DomainMesh *mesh;
  Coefficients unit;

  PetscFunctionBegin;
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  PetscCall(CoefficientsCreateIsotropic(setting->coefficients, 1, &unit));
  PetscCall(CoefficientsSetUp(unit, setting->interrupted, failure));
  if (failure->status == CELL_OK && mesh->dim == 1 && mesh->box && mesh->sides[0][0] != BOUNDARY_PERIODIC)
    PetscCall(poincare_line(setting, unit, m));
  else if (failure->status == CELL_OK)
    PetscCall(poincare_domain(setting, unit, m, failure));
  PetscCall(CoefficientsDestroy(&unit));
  PetscFunctionReturn(0);
}
