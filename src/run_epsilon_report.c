/* What a study in e says: converge.csv, converge.json, the table. */
#include <math.h>
#include <string.h>
#include "run_epsilon.h"

/* An observed order may stay this much below the stated one: it is asymptotic. */
static const PetscReal slack = 0.15;
/* A difference below this part of the value has converged, whatever its order. */
static const PetscReal converged = 1e-6;

PetscReal EpsilonStatedOrder(const EpsilonStudy *s, PetscInt quantity)
{
  for (PetscInt i = 0; i < s->wanted->n_epsilon_rates; i++)
    if (!strcmp(s->wanted->epsilon_quantities[i], s->quantities[quantity].name))
      return s->wanted->epsilon_rates[i];
  return NAN;
}

EpsilonNumber EpsilonDifference(const EpsilonStudy *s, PetscInt quantity, PetscInt which)
{
  const EpsilonNumber at = s->at[which * s->n + quantity], limit = s->limit[quantity];

  return (EpsilonNumber){at.value - limit.value, at.error + limit.error};
}

/* A difference that its error could have made shows no order. */
static PetscReal seen_difference(const EpsilonStudy *s, PetscInt quantity, PetscInt which)
{
  const EpsilonNumber difference = EpsilonDifference(s, quantity, which);

  return PetscAbsReal(difference.value) > 2 * difference.error ? PetscAbsReal(difference.value) : NAN;
}

PetscReal EpsilonOrder(const EpsilonStudy *s, PetscInt quantity, PetscInt which)
{
  if (!which) return NAN;
  return PetscLogReal(seen_difference(s, quantity, which - 1) / seen_difference(s, quantity, which)) /
         PetscLogReal(s->wanted->epsilon[which - 1] / s->wanted->epsilon[which]);
}

PetscReal EpsilonJudgedOrder(const EpsilonStudy *s, PetscInt quantity)
{
  for (PetscInt k = s->done - 1; k > 0; k--) {
    const PetscReal order = EpsilonOrder(s, quantity, k);
    if (!PetscIsNanReal(order)) return order;
  }
  return NAN;
}

/* Differences that hide in large errors verify nothing. */
PetscBool EpsilonIsMet(const EpsilonStudy *s, PetscInt quantity)
{
  const PetscReal stated = EpsilonStatedOrder(s, quantity), order = EpsilonJudgedOrder(s, quantity);
  const EpsilonNumber last = EpsilonDifference(s, quantity, s->done - 1);

  if (PetscIsNanReal(stated)) return PETSC_TRUE;
  if (!PetscIsNanReal(order)) return (PetscBool)(order >= stated - slack);
  return (PetscBool)(PetscAbsReal(last.value) + last.error <=
                     converged * PetscAbsReal(s->limit[quantity].value));
}

PetscErrorCode EpsilonWriteCsv(const EpsilonStudy *s)
{
  static const char *const parts[] = {"", "_error", "_homogenized", "_difference", "_order"};
  enum { PARTS = PETSC_STATIC_ARRAY_LENGTH(parts) };
  const PetscInt columns = 1 + PARTS * s->n;
  char(*names)[128];
  const char **header;
  PetscReal *table;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(columns, &names, columns, &header, columns * s->done, &table));
  PetscCall(PetscStrncpy(names[0], "epsilon", sizeof(names[0])));
  for (PetscInt i = 0; i < s->n; i++)
    for (PetscInt p = 0; p < PARTS; p++)
      PetscCall(
          PetscSNPrintf(names[1 + PARTS * i + p], sizeof(names[0]), "%s%s", s->quantities[i].name, parts[p]));
  for (PetscInt i = 0; i < columns; i++) header[i] = names[i];
  for (PetscInt k = 0; k < s->done; k++) {
    PetscReal *const row = &table[k * columns];
    row[0] = s->wanted->epsilon[k];
    for (PetscInt i = 0; i < s->n; i++) {
      const PetscReal cells[] = {s->at[k * s->n + i].value, s->at[k * s->n + i].error, s->limit[i].value,
                                 EpsilonDifference(s, i, k).value, EpsilonOrder(s, i, k)};
      PetscCall(PetscArraycpy(&row[1 + PARTS * i], cells, PARTS));
    }
  }
  PetscCall(CsvWrite(s->run.folder, "converge.csv", s->done, columns, header, table));
  PetscCall(PetscFree3(names, header, table));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_quantity(const EpsilonStudy *s, PetscInt i, Json json)
{
  static const char *const keys[] = {"values", "errors", "differences", "orders"};
  const PetscReal stated = EpsilonStatedOrder(s, i), order = EpsilonJudgedOrder(s, i);

  PetscFunctionBegin;
  PetscCall(JsonBeginObject(json, NULL));
  PetscCall(JsonString(json, "name", s->quantities[i].name));
  PetscCall(JsonString(json, "description", s->quantities[i].text));
  PetscCall(JsonReal(json, "homogenized", s->limit[i].value));
  PetscCall(JsonReal(json, "homogenized_error", s->limit[i].error));
  for (PetscInt c = 0; c < (PetscInt)PETSC_STATIC_ARRAY_LENGTH(keys); c++) {
    PetscCall(JsonBeginArray(json, keys[c]));
    for (PetscInt k = 0; k < s->done; k++) {
      const EpsilonNumber at = s->at[k * s->n + i];
      const PetscReal cells[] = {at.value, at.error, EpsilonDifference(s, i, k).value, EpsilonOrder(s, i, k)};
      PetscCall(JsonReal(json, NULL, cells[c]));
    }
    PetscCall(JsonEndArray(json));
  }
  PetscCall(JsonReal(json, "order", order));
  if (!PetscIsNanReal(stated)) {
    PetscCall(JsonReal(json, "least_order", stated));
    PetscCall(JsonBool(json, "met", EpsilonIsMet(s, i)));
  }
  PetscCall(JsonEndObject(json));
  PetscFunctionReturn(0);
}

PetscErrorCode EpsilonWriteJson(const EpsilonStudy *s)
{
  FILE *stream;
  Json json;

  PetscFunctionBegin;
  PetscCall(ReportBeginJson(&s->run.report, s->run.folder, "converge.json", &stream, &json));
  PetscCall(JsonString(json, "study", "epsilon"));
  PetscCall(JsonRealArray(json, "epsilon", s->done, s->wanted->epsilon));
  PetscCall(JsonBeginArray(json, "elements"));
  for (PetscInt k = 0; k < s->done; k++) PetscCall(JsonInt(json, NULL, s->elements[k]));
  PetscCall(JsonEndArray(json));
  PetscCall(JsonBeginArray(json, "quantities"));
  for (PetscInt i = 0; i < s->n; i++) PetscCall(write_quantity(s, i, json));
  PetscCall(JsonEndArray(json));
  PetscCall(ReportEndJson(s->run.folder, "converge.json", &stream, &json));
  PetscFunctionReturn(0);
}

static void print_verdict(const EpsilonStudy *s, PetscInt i, FILE *stream)
{
  const PetscReal order = EpsilonJudgedOrder(s, i), stated = EpsilonStatedOrder(s, i);

  if (PetscIsNanReal(order) && s->done > 1)
    fprintf(stream, "  no order can be seen: the differences are within their errors%s\n",
            EpsilonIsMet(s, i) ? "" : ", NOT MET");
  else if (!PetscIsNanReal(stated))
    fprintf(stream, "  order %.2f in e, stated %g: %s\n", (double)order, (double)stated,
            EpsilonIsMet(s, i) ? "met" : "NOT MET");
}

PetscErrorCode EpsilonPrint(const EpsilonStudy *s, FILE *stream)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->n; i++) {
    fprintf(stream, "%s (%s)\n  homogenized: ", s->quantities[i].name, s->quantities[i].text);
    if (PetscIsNanReal(s->limit[i].value))
      fprintf(stream, "not known\n");
    else
      fprintf(stream, "%.15g, error %.1e\n", (double)s->limit[i].value, (double)s->limit[i].error);
    fprintf(stream, "  e        value                    error    difference  order\n");
    for (PetscInt k = 0; k < s->done; k++) {
      const EpsilonNumber at = s->at[k * s->n + i];
      const PetscReal difference = EpsilonDifference(s, i, k).value, order = EpsilonOrder(s, i, k);
      fprintf(stream, "  %-7.4g  %-23.15g  %.1e", (double)s->wanted->epsilon[k], (double)at.value,
              (double)at.error);
      if (!PetscIsNanReal(difference)) fprintf(stream, "  %10.3e", (double)difference);
      if (!PetscIsNanReal(order)) fprintf(stream, "  %.2f", (double)order);
      fprintf(stream, "\n");
    }
    print_verdict(s, i, stream);
  }
  PetscFunctionReturn(0);
}
