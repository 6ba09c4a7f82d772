/* The potential of a given force: U(x) = int_0^1 f(t x).x dt, a Gauss rule in t, as a formula. */
#include <reiter/gauss.h>
#include <ctype.h>
#include <string.h>
#include "found_equations.h"

enum { FEW = 3, PROBES = 7 };

static const PetscReal close_enough = 1e-9; /* of the gradient to the force, against its largest value */

typedef struct {
  PetscInt n;
  PetscReal t[GAUSS_POINTS], weight[GAUSS_POINTS];
} Rule;

/* Three points are exact for powers up to the fifth; else sixteen. */
static Rule rule_of(PetscBool few)
{
  Rule rule = {FEW, {0.5 - sqrt(0.15), 0.5, 0.5 + sqrt(0.15)}, {5.0 / 18, 8.0 / 18, 5.0 / 18}};
  GaussRule gauss;

  if (few) return rule;
  GaussRuleCreate(&gauss);
  rule.n = GAUSS_POINTS;
  for (PetscInt k = 0; k < GAUSS_POINTS; k++) {
    rule.t[k] = (PetscReal)gauss.t[k];
    rule.weight[k] = (PetscReal)gauss.weight[k];
  }
  return rule;
}

/* Component a of the gradient of U at x. slopes[c * dim + a] = df_c/dx_a. */
static PetscErrorCode gradient(const Rule *rule, PetscInt dim, PetscInt a, const Expression f[],
                               const Expression slopes[], const PetscReal x[], PetscReal *value)
{
  PetscReal at[REITER_VARIABLES] = {0}, v;

  PetscFunctionBegin;
  *value = 0;
  for (PetscInt k = 0; k < rule->n; k++) {
    PetscReal sum;

    for (PetscInt c = 0; c < dim; c++) at[VariableIndex(0, c)] = rule->t[k] * x[c];
    PetscCall(ExpressionEvaluate(f[a], at, &sum));
    for (PetscInt c = 0; c < dim; c++) {
      PetscCall(ExpressionEvaluate(slopes[c * dim + a], at, &v));
      sum += rule->t[k] * x[c] * v;
    }
    *value += rule->weight[k] * sum;
  }
  PetscFunctionReturn(0);
}

/* Whether the gradient of U is f, at probes in the box. */
static PetscErrorCode check(const Rule *rule, PetscInt dim, PetscReal range[][2], const Expression f[],
                            const Expression slopes[], PetscBool *good)
{
  PetscReal at[REITER_VARIABLES], largest = 0, off = 0;
  PetscInt all = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) all *= PROBES;
  for (PetscInt i = 0; i < all; i++) {
    PetscReal x[REITER_MAX_DIM];

    memset(at, 0, sizeof(at));
    for (PetscInt c = 0, rest = i; c < dim; c++, rest /= PROBES) {
      x[c] = range[c][0] + (range[c][1] - range[c][0]) * ((PetscReal)(rest % PROBES) + 0.4) / PROBES;
      at[VariableIndex(0, c)] = x[c];
    }
    for (PetscInt a = 0; a < dim; a++) {
      PetscReal force, slope;

      PetscCall(ExpressionEvaluate(f[a], at, &force));
      PetscCall(gradient(rule, dim, a, f, slopes, x, &slope));
      if (!isfinite(force) || !isfinite(slope)) off = PETSC_MAX_REAL;
      largest = PetscMax(largest, PetscAbsReal(force));
      off = PetscMax(off, PetscAbsReal(force - slope));
    }
  }
  *good = (PetscBool)(off <= close_enough * largest);
  PetscFunctionReturn(0);
}

/* A formula with t x, t y, t z in place of x, y, z. */
static void write_scaled(FILE *stream, PetscInt dim, const char text[], PetscReal t)
{
  const char *s = text;

  while (*s) {
    const char *const begin = s;

    if (isdigit((unsigned char)*s) || *s == '.') {
      char *end;

      (void)strtod(s, &end); /* so that the e of 1e-3 is no name */
      s = end > s ? end : s + 1;
      fprintf(stream, "%.*s", (int)(s - begin), begin);
    } else if (isalpha((unsigned char)*s) || *s == '_') {
      while (isalnum((unsigned char)*s) || *s == '_') s++;
      if (s == begin + 1 && *begin >= 'x' && *begin < 'x' + dim)
        fprintf(stream, "(%.17g*%c)", (double)t, *begin);
      else
        fprintf(stream, "%.*s", (int)(s - begin), begin);
    } else {
      fputc(isspace((unsigned char)*s) ? ' ' : *s, stream);
      s++;
    }
  }
}

static PetscErrorCode write_terms(const FoundModel *model, const Rule *rule, FILE *stream)
{
  const GreenKuboResult *const r = model->result;

  PetscFunctionBegin;
  fputs("  log_weight:\n", stream);
  for (PetscInt c = 0; c < r->dim; c++) {
    const char *text;

    PetscCall(CaseGetThermalText(model->c, c, &text));
    for (PetscInt k = 0; k < rule->n; k++) {
      fprintf(stream, "    - \"(%.17g)*%c*(", (double)(rule->weight[k] / r->temperature), "xyz"[c]);
      write_scaled(stream, r->dim, text, rule->t[k]);
      fputs(")\"\n", stream);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FoundGivenWrite(const FoundModel *model, FILE *stream, PetscBool *known, char words[],
                               size_t size)
{
  const PetscInt dim = model->result->dim;
  Expression slopes[REITER_MAX_DIM * REITER_MAX_DIM];
  PetscReal range[REITER_MAX_DIM][2];
  const CaseGreenKubo *wanted;
  const CaseDomain *domain;
  Rule rule;

  PetscFunctionBegin;
  PetscCall(CaseGetGreenKubo(model->c, &wanted));
  PetscCall(CaseGetDomain(model->c, &domain));
  for (PetscInt c = 0; c < dim; c++) {
    for (PetscInt i = 0; i < 2; i++)
      range[c][i] = domain->given && domain->is_box ? domain->box[c][i] : model->seen[c][i];
    for (PetscInt a = 0; a < dim; a++)
      PetscCall(ExpressionDerive(wanted->formulas[c], VariableIndex(0, a), &slopes[c * dim + a]));
  }
  *known = PETSC_FALSE;
  for (PetscInt few = 1; few >= 0 && !*known; few--) {
    rule = rule_of((PetscBool)few);
    PetscCall(check(&rule, dim, range, wanted->formulas, slopes, known));
  }
  for (PetscInt i = 0; i < dim * dim; i++) PetscCall(ExpressionDestroy(&slopes[i]));
  if (*known) {
    PetscCall(write_terms(model, &rule, stream));
    snprintf(words, size, "log w = int f_th/k_B T of the formulas, along rays from zero by %d Gauss points.",
             (int)rule.n);
  } else {
    snprintf(words, size,
             "The formulas of f_th are no gradient, to 9 digits along rays from zero: "
             "thermal_force.potential gives one.");
  }
  PetscFunctionReturn(0);
}
