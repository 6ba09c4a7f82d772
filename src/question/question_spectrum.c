/* Relaxation rates and slow modes. */
#include <string.h>
#include "modes.h"

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CaseSpectrum *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(c, &wanted));
  *asked = wanted->given;
  PetscFunctionReturn(0);
}

static PetscErrorCode solve(const Setting *setting, const CaseSpectrum *wanted, Spectrum spectrum,
                            CellFailure *failure)
{
  Precision precision = PRECISION_AUTO;

  PetscFunctionBegin;
  if (!strcmp(wanted->precision, "double")) precision = PRECISION_DOUBLE;
  if (!strcmp(wanted->precision, "long_double")) precision = PRECISION_LONG_DOUBLE;
  PetscCall(SpectrumSetMethod(spectrum, wanted->method));
  PetscCall(SpectrumSetCount(spectrum, wanted->count));
  PetscCall(SpectrumSetPrecision(spectrum, precision));
  PetscCall(SpectrumSetFromOptions(spectrum));
  PetscCall(SpectrumSolve(spectrum, setting->interrupted, failure));
  PetscFunctionReturn(0);
}

/* Whether the gap is to be one of flux integrals: of the case's method, or of -spectrum_method in its place. */
static PetscErrorCode wants_flux(const Setting *setting, const CaseSpectrum *wanted, PetscBool *flux,
                                 CellFailure *failure)
{
  const DomainMesh *mesh;
  PetscBool interval;
  char method[32];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(method, wanted->method, sizeof(method)));
  PetscCall(PetscOptionsGetString(NULL, NULL, "-spectrum_method", method, sizeof(method), NULL));
  PetscCall(DomainGetMesh(setting->domain, &mesh));
  interval = (PetscBool)(mesh->dim == 1 && mesh->box && mesh->sides[0][0] != BOUNDARY_PERIODIC);
  *flux = (PetscBool)(interval && (!strcmp(method, "auto") || !strcmp(method, "flux")));
  if (!strcmp(method, "flux") && !interval) {
    PetscCall(ReportAtKey(setting, "spectrum.method", "auto, slepc or elimination", failure,
                          "flux integrals need an interval (domain.box in one dimension, not periodic)"));
  }
  PetscFunctionReturn(0);
}

/* Extrapolation may change the order of values that are nearly the same. Unknown ones keep their places: what comes after
   an unknown gap is not the gap. */
static void sort_values(Modes m)
{
  for (PetscInt i = 1; i < m->n; i++) {
    PetscInt k = i;
    for (PetscInt j = i - 1; j >= 0 && m->values[k].known; j--) {
      const SpectrumValue lower = m->values[j], upper = m->values[k];
      Vec function = m->functions[j];
      if (!lower.known) continue;
      if (lower.log_value <= upper.log_value) break;
      m->values[j] = upper;
      m->values[k] = lower;
      m->functions[j] = m->functions[k];
      m->functions[k] = function;
      k = j;
    }
  }
}

/* Values and functions of the Spectrum, copied: flux integrals may replace some of them. */
static PetscErrorCode take_values(const Setting *setting, Modes m)
{
  const SpectrumValue *values;
  Vec g, rho;

  PetscFunctionBegin;
  PetscCall(SpectrumGetValues(m->spectrum, &m->n, &values));
  PetscCall(PetscMalloc1(m->n, &m->values));
  PetscCall(PetscArraycpy(m->values, values, m->n));
  PetscCall(PetscCalloc1(m->n, &m->functions));
  PetscCall(DomainCreateVector(setting->domain, &rho));
  for (PetscInt k = 0; k < m->n; k++) {
    PetscCall(SpectrumGetFunction(m->spectrum, k, &g));
    if (!g) continue;
    PetscCall(VecDuplicate(rho, &m->functions[k]));
    PetscCall(DiffusionGetField(setting->diffusion, g, m->functions[k], rho));
  }
  PetscCall(VecDestroy(&rho));
  sort_values(m);
  PetscCall(SpectrumGetOrthogonality(m->spectrum, &m->orthogonality));
  PetscFunctionReturn(0);
}

/* Ratio 2 and rate 1: the error is twice the difference, which is about that of the lower order. */
PetscErrorCode ModesCompareOrders(const Setting *setting, Spectrum spectrum, Comparison *comparison)
{
  const CaseDomain *wanted;
  PetscBool estimate = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(setting->c, &wanted));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-spectrum_estimate", &estimate, NULL));
  *comparison = (Comparison){.domain = NULL};
  if (wanted->is_box || !estimate) PetscFunctionReturn(0);
  PetscCall(ComparisonCreate(setting, comparison));
  if (comparison->exists) PetscCall(SpectrumAddCoarse(spectrum, comparison->diffusion, 2, 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode answer(const Setting *setting, void **made, CellFailure *failure)
{
  const CaseSpectrum *wanted;
  const DiffusionSystem *system;
  PetscBool flux;
  Modes m;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(setting->c, &wanted));
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  PetscCall(PetscNew(&m));
  *made = m;
  PetscCall(wants_flux(setting, wanted, &flux, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(SpectrumCreate(setting->diffusion, &m->spectrum));
  PetscCall(ModesCompareOrders(setting, m->spectrum, &m->comparison));
  PetscCall(solve(setting, wanted, m->spectrum, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(take_values(setting, m));
  m->gap = system->conservative ? 1 : 0;
  if (m->gap >= m->n) m->gap = -1;
  if (flux && m->gap >= 0) PetscCall(ModesUseFlux(setting, m, failure));
  if (failure->status == CELL_OK && m->gap >= 0 && system->conservative) {
    PetscCall(ModesPoincare(setting, m, failure));
  }
  PetscFunctionReturn(0);
}

/* "gap", or "eigenvalue_K" */
static PetscErrorCode quantity(void *answer, const char name[], PetscReal *value, PetscBool *known)
{
  const Modes m = answer;
  PetscInt k = -1;
  int number, end = 0;

  PetscFunctionBegin;
  if (!strcmp(name, "gap")) k = m->gap;
  if (sscanf(name, "eigenvalue_%d%n", &number, &end) == 1 && !name[end]) k = number;
  *known = (PetscBool)(k >= 0 && k < m->n && m->values[k].known);
  /* Of this domain: what is extrapolated to h = 0 does not show how the domain converges. */
  if (*known) *value = NumberOfLog(m->values[k].log_discrete);
  if (!strcmp(name, "poincare_constant") && m->has_poincare) {
    *known = PETSC_TRUE;
    *value = NumberOfLog(m->log_poincare);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer)
{
  Modes m = *answer;

  PetscFunctionBegin;
  if (!m) PetscFunctionReturn(0);
  PetscCall(SpectrumDestroy(&m->spectrum));
  PetscCall(ComparisonDestroy(&m->comparison));
  for (PetscInt k = 0; k < m->n && m->functions; k++) PetscCall(VecDestroy(&m->functions[k]));
  PetscCall(PetscFree(m->functions));
  PetscCall(PetscFree(m->values));
  PetscCall(PetscFree(m));
  *answer = NULL;
  PetscFunctionReturn(0);
}

const Question SpectrumQuestion = {.key = "spectrum",
                                   .IsAsked = is_asked,
                                   .Answer = answer,
                                   .WriteFiles = ModesWriteFiles,
                                   .WriteJson = ModesWriteJson,
                                   .Print = ModesPrint,
                                   .Quantity = quantity,
                                   .Destroy = destroy};
