/* passage.csv, passage.h5, and what run.json and the terminal say of passage times. */
#include "passages.h"

static PetscErrorCode write_table(Passages p, RunFolder folder)
{
  static const char *const axes[] = {"x", "y", "z"};
  const PetscInt columns = p->dim + 3;
  const char *header[REITER_MAX_DIM + 3];
  PetscReal *table;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < p->dim; c++) header[c] = axes[c];
  header[p->dim] = "mean_first_passage_time";
  header[p->dim + 1] = "log";
  header[p->dim + 2] = "error";
  PetscCall(PetscMalloc1(p->wanted->n_from * columns, &table));
  for (PetscInt i = 0; i < p->wanted->n_from; i++) {
    PetscReal *const row = &table[i * columns];
    PetscCall(PetscArraycpy(row, &p->wanted->from[i * p->dim], p->dim));
    row[p->dim] = PetscExpReal(p->log_times[i]);
    row[p->dim + 1] = p->log_times[i];
    row[p->dim + 2] = p->errors[i];
  }
  PetscCall(CsvWrite(folder, "passage.csv", p->wanted->n_from, columns, header, table));
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_fields(Passages p, const Setting *setting)
{
  const FieldMesh *mesh;
  const PetscInt *natural;
  FieldSeries series;
  Field fields[2];
  PetscReal *log_time = NULL, *q = NULL;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(DomainGetFieldMesh(setting->domain, &mesh, &natural));
  if (p->log_time) PetscCall(GatherForFields(setting, p->log_time, &log_time));
  if (p->committor) PetscCall(GatherForFields(setting, p->committor, &q));
  if (p->log_time) fields[n++] = (Field){"log_mean_first_passage_time", "log(time)", 1, log_time};
  if (p->committor) fields[n++] = (Field){"committor", "1", 1, q};
  if (setting->rank == 0) {
    PetscCall(FieldSeriesOpen(setting->folder, "passage", mesh, &series));
    PetscCall(FieldSeriesAdd(series, 0, n, fields));
    PetscCall(FieldSeriesClose(&series));
  }
  PetscCall(PetscFree(log_time));
  PetscCall(PetscFree(q));
  PetscFunctionReturn(0);
}

PetscErrorCode PassagesWriteFiles(void *answer, const Setting *setting)
{
  const Passages p = answer;
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(setting->c, &output));
  if (setting->rank == 0 && p->has_time) PetscCall(write_table(p, setting->folder));
  if (output->xdmf) PetscCall(write_fields(p, setting));
  PetscFunctionReturn(0);
}

PetscErrorCode PassagesWriteJson(void *answer, Json json)
{
  const Passages p = answer;

  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, "passage"));
  if (p->has_time && p->wanted->n_from) {
    PetscCall(JsonLogReal(json, "mean_first_passage_time", "log", p->log_times[0]));
    PetscCall(JsonReal(json, "error", p->errors[0]));
  }
  PetscCall(JsonBool(json, "discretisation_known", p->discretisation_known));
  PetscCall(JsonBeginArray(json, "points"));
  for (PetscInt i = 0; p->has_time && i < p->wanted->n_from; i++) {
    PetscCall(JsonBeginObject(json, NULL));
    PetscCall(JsonRealArray(json, "x", p->dim, &p->wanted->from[i * p->dim]));
    PetscCall(JsonLogReal(json, "mean_first_passage_time", "log", p->log_times[i]));
    PetscCall(JsonReal(json, "error", p->errors[i]));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndArray(json));
  if (p->has_committor) {
    PetscCall(JsonBeginObject(json, "committor"));
    PetscCall(JsonLogReal(json, "capacity", "log_capacity", p->log_capacity));
    PetscCall(JsonLogReal(json, "reaction_rate", "log_reaction_rate", p->log_rate));
    PetscCall(JsonReal(json, "error", p->committor_error));
    PetscCall(JsonEndObject(json));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

/* A number, or its logarithm where it has left the range. */
static void print_log(FILE *stream, PetscReal log_value)
{
  if (PetscAbsReal(log_value) < 690)
    fprintf(stream, "%.13g", (double)PetscExpReal(log_value));
  else
    fprintf(stream, "exp(%.13g)", (double)log_value);
}

PetscErrorCode PassagesPrint(void *answer, FILE *stream)
{
  const Passages p = answer;

  PetscFunctionBegin;
  for (PetscInt i = 0; p->has_time && i < PetscMin(p->wanted->n_from, 8); i++) {
    fprintf(stream, "mean first passage time from (");
    for (PetscInt c = 0; c < p->dim; c++)
      fprintf(stream, "%s%g", c ? ", " : "", (double)p->wanted->from[i * p->dim + c]);
    fprintf(stream, ") = ");
    print_log(stream, p->log_times[i]);
    fprintf(stream, "  error %.1e%s\n", (double)p->errors[i],
            p->discretisation_known ? "" : " of the solver alone");
  }
  if (p->has_committor) {
    fprintf(stream, "capacity = ");
    print_log(stream, p->log_capacity);
    fprintf(stream, "  reaction rate = ");
    print_log(stream, p->log_rate);
    fprintf(stream, "  error %.1e%s\n", (double)p->committor_error,
            p->discretisation_known ? "" : " of the solver alone");
  }
  PetscFunctionReturn(0);
}
