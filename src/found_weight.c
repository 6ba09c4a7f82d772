/* log w = int f_th/k_B T of the thermal force that was found: formulas, or a table in one dimension. */
#include <reiter/gauss.h>
#include <string.h>
#include "found_equations.h"

enum { ROWS_PER_BIN = 20, FEWEST_ROWS = 401, MOST_ROWS = 8001 };

static const PetscReal significant = 3; /* standard errors of a mean force */

/* A formula on one line, in double quotes. */
static void write_formula(FILE *stream, const char before[], const char formula[], const char after[])
{
  fprintf(stream, "\"%s", before);
  for (const char *s = formula; *s; s++) fputc(*s == '\n' || *s == '\r' || *s == '\t' ? ' ' : *s, stream);
  fprintf(stream, "%s\"", after);
}

static PetscErrorCode write_mean(const FoundModel *model, FILE *stream, char words[], size_t size)
{
  const GreenKuboResult *const r = model->result;
  PetscInt terms = 0;

  PetscFunctionBegin;
  fputs("  log_weight: \"", stream);
  for (PetscInt c = 0; c < r->dim && r->theta.given; c++) {
    if (!(PetscAbsReal(r->mean_force[c]) > significant * r->mean_force_error[c])) continue;
    fprintf(stream, "%s(%.17g)*%c", terms++ ? " + " : "", (double)(r->mean_force[c] / r->temperature),
            "xyz"[c]);
  }
  fputs(terms ? "\"\n" : "0\"\n", stream);
  snprintf(words, size, "%s",
           !r->theta.given ? "The series has no forces, so the weight is flat."
           : terms         ? "f_th is the mean force, a constant: log w = f.x/k_B T."
                           : "The mean force is zero within 3 errors, so the weight is flat.");
  PetscFunctionReturn(0);
}

static PetscErrorCode write_potential(const FoundModel *model, FILE *stream, char words[], size_t size)
{
  const GreenKuboResult *const r = model->result;
  char factor[48];
  size_t used;

  PetscFunctionBegin;
  used = (size_t)snprintf(words, size, "f_th = -grad sum c_j U_j by least squares:");
  fputs("  log_weight:\n", stream);
  for (PetscInt j = 0; j < r->n_basis; j++) {
    const char *text;

    PetscCall(CaseGetThermalText(model->c, j, &text));
    snprintf(factor, sizeof(factor), "(%.17g)*(", (double)(-r->coefficients[j] / r->temperature));
    fputs("    - ", stream);
    write_formula(stream, factor, text, ")");
    fputc('\n', stream);
    if (used < size)
      used += (size_t)snprintf(words + used, size - used, "%s c_%d = %.6g +- %.2g", j ? "," : "", (int)j + 1,
                               (double)r->coefficients[j], (double)r->coefficient_errors[j]);
  }
  if (used < size) snprintf(words + used, size - used, ".");
  PetscFunctionReturn(0);
}

/* int f/k_B T from x[0] on, by a Gauss rule between each two points. */
static PetscErrorCode integrate(const FoundModel *model, PetscInt n, const PetscReal x[], PetscReal U[])
{
  const CaseGreenKubo *wanted;
  GaussRule rule;

  PetscFunctionBegin;
  PetscCall(CaseGetGreenKubo(model->c, &wanted));
  GaussRuleCreate(&rule);
  U[0] = 0;
  for (PetscInt i = 1; i < n; i++) {
    PetscReal sum = 0;

    for (PetscInt k = 0; k < GAUSS_POINTS; k++) {
      PetscReal at[REITER_VARIABLES] = {0}, f;

      at[VariableIndex(0, 0)] = x[i - 1] + (PetscReal)rule.t[k] * (x[i] - x[i - 1]);
      PetscCall(ExpressionEvaluate(wanted->formulas[0], at, &f));
      sum += (PetscReal)rule.weight[k] * f;
    }
    U[i] = U[i - 1] + sum * (x[i] - x[i - 1]) / model->result->temperature;
  }
  PetscFunctionReturn(0);
}

/* The domain where it is a box, else the positions of the series. */
static PetscErrorCode range_of(const FoundModel *model, PetscReal range[2])
{
  const CaseDomain *domain;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(model->c, &domain));
  for (PetscInt i = 0; i < 2; i++)
    range[i] = domain->given && domain->is_box ? domain->box[0][i] : model->seen[0][i];
  PetscFunctionReturn(0);
}

static PetscErrorCode write_table(const FoundModel *model, const char name[], PetscReal tensor, FILE *stream,
                                  char words[], size_t size)
{
  static const char *const header[] = {"x", "log_w", "D_xx"};
  const GreenKuboResult *const r = model->result;
  const PetscBool bins = (PetscBool)(r->thermal == THERMAL_BINS);
  const PetscInt rows = PetscClipInterval(ROWS_PER_BIN * (bins ? r->bins : 0) + 1, FEWEST_ROWS, MOST_ROWS);
  PetscReal range[2] = {0, 0}, *x, *U, *table;
  char file[64];

  PetscFunctionBegin;
  PetscCall(range_of(model, range));
  PetscCall(PetscMalloc3(rows, &x, rows, &U, 3 * rows, &table));
  for (PetscInt i = 0; i < rows; i++) {
    const PetscReal at = (PetscReal)i / (PetscReal)(rows - 1);
    x[i] = (1 - at) * range[0] + at * range[1];
  }
  if (bins)
    PetscCall(GreenKuboThermalPotential(r, rows, x, U));
  else
    PetscCall(integrate(model, rows, x, U));
  for (PetscInt i = 0; i < rows; i++) {
    table[3 * i] = x[i];
    table[3 * i + 1] = U[i];
    table[3 * i + 2] = tensor;
  }
  snprintf(file, sizeof(file), "%s.csv", name);
  PetscCall(CsvWrite(model->folder, file, rows, 3, header, table));
  fprintf(stream, "  table: %s\n", file);
  snprintf(words, size, "log w = int f_th/k_B T of %s is a table from %.6g to %.6g%s.",
           bins ? "the means in bins" : "the formula", (double)range[0], (double)range[1],
           bins && (range[0] < model->seen[0][0] || range[1] > model->seen[0][1])
               ? "; beyond the positions of the series f_th is taken as constant"
               : "");
  PetscCall(PetscFree3(x, U, table));
  PetscFunctionReturn(0);
}

static void write_tensor(PetscInt dim, const PetscReal tensor[], FILE *stream)
{
  fputs("  tensor:\n", stream);
  for (PetscInt a = 0; a < dim; a++) {
    fputs("    - [", stream);
    for (PetscInt b = 0; b < dim; b++) fprintf(stream, "%s%.17g", b ? ", " : "", (double)tensor[a * dim + b]);
    fputs("]\n", stream);
  }
}

PetscErrorCode FoundDiffusionWrite(const FoundModel *model, const char name[], const PetscReal tensor[],
                                   FILE *stream, PetscBool *known, char words[], size_t size)
{
  const GreenKuboResult *const r = model->result;
  const CaseGreenKubo *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetGreenKubo(model->c, &wanted));
  const PetscBool mean = (PetscBool)(!r->theta.given || !strcmp(wanted->thermal, "mean")),
                  formulas = (PetscBool)!strcmp(wanted->thermal, "potential");

  const PetscBool given = (PetscBool)(!mean && !formulas && r->thermal != THERMAL_BINS && r->dim > 1);
  *known = (PetscBool)(mean || formulas || given || r->dim == 1);
  if (!*known) {
    snprintf(
        words, size,
        "f_th by bins has no potential that is known in %d dimensions: thermal_force.potential fits one.",
        (int)r->dim);
    PetscFunctionReturn(0);
  }
  fputs("diffusion:\n", stream);
  if (mean)
    PetscCall(write_mean(model, stream, words, size));
  else if (formulas)
    PetscCall(write_potential(model, stream, words, size));
  else if (given)
    PetscCall(FoundGivenWrite(model, stream, known, words, size));
  else
    PetscCall(write_table(model, name, tensor[0], stream, words, size));
  if (mean || formulas || given) write_tensor(r->dim, tensor, stream);
  PetscFunctionReturn(0);
}
