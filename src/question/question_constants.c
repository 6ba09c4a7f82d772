/* Gaps and Poincare constants of the measures behind the case (`spectrum: {constants: true}`). */
#include <reiter/constants.h>
#include "question_private.h"

typedef struct {
  PetscInt n;
  MeasureConstants *values;
  PetscReal osc;
  PetscBool has_osc;
} Constants;

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CaseSpectrum *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(c, &wanted));
  *asked = (PetscBool)(wanted->given && wanted->constants);
  PetscFunctionReturn(0);
}

static PetscErrorCode answer(const Setting *setting, void **made, CellFailure *failure)
{
  const CaseSpectrum *wanted;
  const CaseDomain *domain;
  const CaseCell *cell;
  ConstantsRequest request = {
      .comm = setting->comm, .potential = setting->potential, .homogenized = setting->coefficients};
  Constants *constants;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(setting->c, &wanted));
  PetscCall(CaseGetDomain(setting->c, &domain));
  PetscCall(CaseGetCell(setting->c, &cell));
  PetscCall(PetscNew(&constants));
  *made = constants;
  constants->has_osc = (PetscBool)(setting->potential != NULL);
  if (!domain->is_box) {
    PetscCall(ReportAtKey(setting, "spectrum.constants", "a domain with a box", failure,
                          "the constants of the measures are computed on boxes only"));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseGetDimension(setting->c, &request.dim));
  PetscCall(PetscMemcpy(request.box, domain->box, sizeof(request.box)));
  PetscCall(PetscMemcpy(request.cells, domain->cells, sizeof(request.cells)));
  PetscCall(PetscMemcpy(request.sides, domain->sides, sizeof(request.sides)));
  request.order = domain->order;
  request.n_epsilon = wanted->n_epsilon;
  request.epsilon = wanted->epsilon;
  request.tolerance = wanted->tolerance;
  request.max_unknowns = cell->max_unknowns;
  PetscCall(PetscCalloc1(2 + wanted->n_epsilon, &constants->values));
  PetscCall(ConstantsCompute(&request, setting->interrupted, &constants->n, constants->values,
                             &constants->osc, failure));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_files(void *answer, const Setting *setting)
{
  static const char *const header[] = {"epsilon",
                                       "log_gap",
                                       "gap_error",
                                       "log_poincare",
                                       "log_gap_bound",
                                       "holds",
                                       "log_muckenhoupt_lower",
                                       "log_muckenhoupt_upper",
                                       "log_log_sobolev_lower",
                                       "log_log_sobolev_upper"};
  enum { COLUMNS = PETSC_STATIC_ARRAY_LENGTH(header) };
  const Constants *const constants = answer;
  PetscReal *table;

  PetscFunctionBegin;
  if (setting->rank) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(constants->n * COLUMNS, &table));
  for (PetscInt i = 0; i < constants->n; i++) {
    const MeasureConstants *const m = &constants->values[i];
    const PetscReal nan = NAN;
    const PetscReal row[] = {m->epsilon,
                             m->gap.known ? m->gap.log_value : nan,
                             m->gap.known ? m->gap.error : nan,
                             m->poincare.known ? m->poincare.log_value : nan,
                             m->gap_bound.known ? m->gap_bound.log_value : nan,
                             m->gap_bound.known ? (PetscReal)m->bound_holds : nan,
                             m->has_muckenhoupt ? m->log_muckenhoupt[0] : nan,
                             m->has_muckenhoupt ? m->log_muckenhoupt[1] : nan,
                             m->has_log_sobolev ? m->log_log_sobolev[0] : nan,
                             m->has_log_sobolev ? m->log_log_sobolev[1] : nan};
    PetscCall(PetscArraycpy(&table[i * COLUMNS], row, COLUMNS));
  }
  PetscCall(CsvWrite(setting->folder, "constants.csv", constants->n, COLUMNS, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_value(Json json, const char key[], const ConstantValue *value)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, key));
  if (value->known) {
    PetscCall(JsonLogReal(json, "value", "log", value->log_value));
    PetscCall(JsonReal(json, "error", value->error));
  } else {
    PetscCall(JsonString(json, "why_not", value->why_not ? value->why_not : "not asked"));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_measure(Json json, const MeasureConstants *m)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, NULL));
  PetscCall(JsonString(json, "measure", m->measure));
  if (m->epsilon > 0) PetscCall(JsonReal(json, "epsilon", m->epsilon));
  PetscCall(write_value(json, "gap", &m->gap));
  PetscCall(write_value(json, "poincare_constant", &m->poincare));
  PetscCall(write_value(json, "holley_stroock_gap", &m->gap_bound));
  if (m->gap_bound.known) PetscCall(JsonBool(json, "holley_stroock_holds", m->bound_holds));
  if (m->has_muckenhoupt) PetscCall(JsonRealArray(json, "log_muckenhoupt", 2, m->log_muckenhoupt));
  if (m->has_log_sobolev) PetscCall(JsonRealArray(json, "log_log_sobolev", 2, m->log_log_sobolev));
  PetscCall(write_value(json, "bakry_emery_gap", &m->bakry_emery));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_json(void *answer, Json json)
{
  const Constants *const constants = answer;

  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "constants"));
  if (constants->has_osc) PetscCall(JsonReal(json, "oscillation", constants->osc));
  PetscCall(JsonBeginArray(json, "measures"));
  for (PetscInt i = 0; i < constants->n; i++) PetscCall(write_measure(json, &constants->values[i]));
  PetscCall(JsonEndArray(json));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

static void print_value(FILE *stream, const char name[], const ConstantValue *value)
{
  if (!value->known) {
    fprintf(stream, "  %s unknown (%s)", name, value->why_not ? value->why_not : "not asked");
  } else if (PetscAbsReal(value->log_value) < 700) {
    fprintf(stream, "  %s = %.10g", name, (double)PetscExpReal(value->log_value));
  } else {
    fprintf(stream, "  %s = exp(%.12g)", name, (double)value->log_value);
  }
}

static PetscErrorCode print(void *answer, FILE *stream)
{
  const Constants *const constants = answer;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < constants->n; i++) {
    const MeasureConstants *const m = &constants->values[i];
    fprintf(stream, "%s", m->measure);
    if (m->epsilon > 0) fprintf(stream, " (e = %g)", (double)m->epsilon);
    fprintf(stream, ":");
    print_value(stream, "gap", &m->gap);
    print_value(stream, "C_P", &m->poincare);
    if (m->gap_bound.known)
      fprintf(stream, "  Holley-Stroock: gap >= %.4g, %s", (double)PetscExpReal(m->gap_bound.log_value),
              m->bound_holds ? "holds" : "FAILS");
    fprintf(stream, "\n");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode quantity(void *answer, const char name[], PetscReal *value, PetscBool *known)
{
  PetscFunctionBegin;
  (void)answer;
  (void)name;
  (void)value;
  *known = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer)
{
  Constants *constants = *answer;

  PetscFunctionBegin;
  if (constants) PetscCall(PetscFree(constants->values));
  PetscCall(PetscFree(constants));
  *answer = NULL;
  PetscFunctionReturn(0);
}

const Question ConstantsQuestion = {.key = "constants",
                                    .IsAsked = is_asked,
                                    .Answer = answer,
                                    .WriteFiles = write_files,
                                    .WriteJson = write_json,
                                    .Print = print,
                                    .Quantity = quantity,
                                    .Destroy = destroy};
