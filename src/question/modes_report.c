/* spectrum.csv, eigenfunctions.h5, and what run.json and the terminal say of a spectrum. */
#include "modes.h"

static PetscErrorCode write_table(Modes m, RunFolder folder)
{
  static const char *const header[] = {"index", "eigenvalue", "log_eigenvalue", "error", "residual"};
  enum { COLUMNS = PETSC_STATIC_ARRAY_LENGTH(header) };
  PetscReal *table;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m->n * COLUMNS, &table));
  for (PetscInt k = 0; k < m->n; k++) {
    const SpectrumValue *const v = &m->values[k];
    const PetscReal row[] = {(PetscReal)k, v->known ? v->value : NAN, v->known ? v->log_value : NAN,
                             v->known ? v->error : NAN, v->known ? v->residual : NAN};
    PetscCall(PetscArraycpy(&table[k * COLUMNS], row, COLUMNS));
  }
  PetscCall(CsvWrite(folder, "spectrum.csv", m->n, COLUMNS, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_functions(Modes m, const Setting *setting)
{
  const FieldMesh *mesh;
  const PetscInt *natural;
  FieldSeries series;
  Field *fields;
  char(*names)[24];
  PetscInt used = 0;

  PetscFunctionBegin;
  PetscCall(DomainGetFieldMesh(setting->domain, &mesh, &natural));
  PetscCall(PetscCalloc2(m->n, &fields, m->n, &names));
  for (PetscInt k = 0; k < m->n; k++) {
    PetscReal *values;
    if (!m->functions[k]) continue;
    PetscCall(GatherForFields(setting, m->functions[k], &values));
    PetscCall(PetscSNPrintf(names[used], sizeof(names[used]), "f_%" PetscInt_FMT, k));
    fields[used] = (Field){names[used], "1", 1, values};
    used++;
  }
  if (setting->rank == 0 && used) {
    PetscCall(FieldSeriesOpen(setting->folder, "eigenfunctions", mesh, &series));
    PetscCall(FieldSeriesAdd(series, 0, used, fields));
    PetscCall(FieldSeriesClose(&series));
  }
  for (PetscInt k = 0; k < used; k++) PetscCall(PetscFree(fields[k].values));
  PetscCall(PetscFree2(fields, names));
  PetscFunctionReturn(0);
}

PetscErrorCode ModesWriteFiles(void *answer, const Setting *setting)
{
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(setting->c, &output));
  if (setting->rank == 0) PetscCall(write_table(answer, setting->folder));
  if (output->xdmf) PetscCall(write_functions(answer, setting));
  PetscFunctionReturn(0);
}

/* A value without a digit is null, with the reason. */
static PetscErrorCode write_value(Json json, const SpectrumValue *v)
{
  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, NULL));
  PetscCall(JsonReal(json, "value", v->known ? v->value : NAN));
  PetscCall(JsonReal(json, "log", v->known ? v->log_value : NAN));
  PetscCall(JsonReal(json, "error", v->known ? v->error : NAN));
  PetscCall(JsonReal(json, "residual", v->known ? v->residual : NAN));
  PetscCall(JsonString(json, "method", v->method));
  PetscCall(JsonBool(json, "discretisation_known", v->discretisation_known));
  if (!v->known && v->why) PetscCall(JsonString(json, "why_not", v->why));
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* The list is ascending numbers and then nothing: those above an unknown value are in the details only. */
PetscErrorCode ModesWriteJson(void *answer, Json json)
{
  const Modes m = answer;
  PetscBool known = PETSC_TRUE;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m->n, &values));
  for (PetscInt k = 0; k < m->n; k++) {
    known = (PetscBool)(known && m->values[k].known);
    values[k] = known ? m->values[k].value : NAN;
  }
  PetscCall(JsonBeginObject(json, "spectrum"));
  PetscCall(JsonRealArray(json, "eigenvalues", m->n, values));
  if (m->gap >= 0) {
    const SpectrumValue *const gap = &m->values[m->gap];
    PetscCall(JsonReal(json, "gap", gap->known ? gap->value : NAN));
    PetscCall(JsonReal(json, "log_gap", gap->known ? gap->log_value : NAN));
    PetscCall(JsonReal(json, "gap_error", gap->known ? gap->error : NAN));
    PetscCall(JsonString(json, "gap_method", gap->method));
    if (!gap->known && gap->why) PetscCall(JsonString(json, "gap_why_not", gap->why));
  }
  if (m->has_poincare) {
    PetscCall(JsonLogReal(json, "poincare_constant", "log_poincare_constant", m->log_poincare));
    PetscCall(JsonReal(json, "poincare_error", m->poincare_error));
  }
  PetscCall(JsonReal(json, "orthogonality", m->orthogonality));
  PetscCall(JsonBeginArray(json, "details"));
  for (PetscInt k = 0; k < m->n; k++) PetscCall(write_value(json, &m->values[k]));
  PetscCall(JsonEndArray(json));
  PetscCall(JsonEndObject(json));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscErrorCode ModesPrint(void *answer, FILE *stream)
{
  const Modes m = answer;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < m->n; k++) {
    const SpectrumValue *const v = &m->values[k];
    fprintf(stream, "%s %" PetscInt_FMT " = ", k == m->gap ? "gap: eigenvalue" : "eigenvalue", k);
    if (!v->known)
      fprintf(stream, "unknown: %s\n", v->why ? v->why : "no digit is certain");
    else if (v->value == 0 && !(v->log_value > -PETSC_MAX_REAL / 4))
      fprintf(stream, "0  (%s)\n", v->method);
    else if (v->log_value < -690)
      fprintf(stream, "exp(%.13g)  error %.1e  (%s)\n", (double)v->log_value, (double)v->error, v->method);
    else
      fprintf(stream, "%.13g  error %.1e  (%s)\n", (double)v->value, (double)v->error, v->method);
  }
  if (m->has_poincare) fprintf(stream, "Poincare constant = %.13g\n", (double)PetscExpReal(m->log_poincare));
  PetscFunctionReturn(0);
}
