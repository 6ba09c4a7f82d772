/* The potential once more, from the texts that were kept, with numbers of the case left free. */
#include "case_private.h"
#include <stdio.h>
#include <string.h>

#define TEMPERATURE (-1) /* in place of the number of a parameter */

typedef struct {
  Case c;
  PetscInt m, which[REITER_FREE];
  Expression *formulas; /* [n_parameters] of those that are free, or follow free ones; NULL: numbers */
} Maker;

static PetscErrorCode refuse(char **refused, const char *format, const char *name, const char *other)
{
  char text[320];

  PetscFunctionBegin;
  (void)snprintf(text, sizeof(text), format, name, other);
  PetscCall(PetscStrallocpy(text, refused));
  PetscFunctionReturn(0);
}

/* The nearest among the names that can be free. */
static PetscErrorCode suggest(Case c, const char *name, char **suggestion)
{
  const char **candidates, *nearest;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(c->n_parameters + 1, &candidates));
  for (; n < c->n_parameters; ++n) candidates[n] = c->parameters[n].name;
  candidates[n++] = "temperature";
  nearest = NearestName(name, n, candidates);
  if (nearest) PetscCall(PetscStrallocpy(nearest, suggestion));
  PetscCall(PetscFree(candidates));
  PetscFunctionReturn(0);
}

/* What the names stand for. */
static PetscErrorCode look_up(Maker *maker, const char *const names[], CaseFamily *family, char **refused,
                              char **suggestion)
{
  Case c = maker->c;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < maker->m && !*refused; ++i) {
    PetscInt p = strcmp(names[i], "temperature") ? 0 : TEMPERATURE;

    while (p >= 0 && p < c->n_parameters && strcmp(names[i], c->parameters[p].name)) ++p;
    if (p == c->n_parameters) {
      PetscCall(refuse(refused,
                       c->n_parameters ? "the case has no parameter '%s'%s"
                                       : "the case has no parameter '%s': it has no parameters%s",
                       names[i], ""));
      PetscCall(suggest(c, names[i], suggestion));
      break;
    }
    for (PetscInt j = 0; j < i && !*refused; ++j) {
      if (maker->which[j] == p) PetscCall(refuse(refused, "'%s' is given twice%s", names[i], ""));
    }
    maker->which[i] = p;
    family->defaults[i] = p == TEMPERATURE ? c->temperature : c->parameters[p].value;
  }
  PetscFunctionReturn(0);
}

/* The number of the free slot, -1 if it is not free. */
static PetscInt slot_of(const Maker *maker, PetscInt p)
{
  for (PetscInt i = 0; i < maker->m; ++i)
    if (maker->which[i] == p) return i;
  return -1;
}

/* A text that was parsed before, when the case was read. */
static PetscErrorCode parse(const Maker *maker, const char *text, PetscInt dim, PetscInt scales,
                            PetscInt n_parameters, Expression *e)
{
  const ExpressionScope scope = {dim, scales, n_parameters, maker->c->parameters};
  ExpressionError error;

  PetscFunctionBegin;
  PetscCall(ExpressionParseFree(text, strlen(text), &scope, maker->formulas, e, &error));
  PetscCheck(*e, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", text, error.message);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_parameters(Maker *maker)
{
  Case c = maker->c;

  PetscFunctionBegin;
  for (PetscInt p = 0; p < c->n_parameters; ++p) {
    const PetscInt slot = slot_of(maker, p);
    VariableSet set = 0;

    if (slot >= 0) PetscCall(ExpressionVariable(FreeIndex(slot), &maker->formulas[p]));
    if (slot >= 0 || !c->parameter_texts[p]) continue;
    PetscCall(parse(maker, c->parameter_texts[p], 0, 0, p, &maker->formulas[p]));
    PetscCall(ExpressionVariables(maker->formulas[p], &set));
    if (!set) PetscCall(ExpressionDestroy(&maker->formulas[p])); /* the value is the same, bit by bit */
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode make_temperature(const Maker *maker, Expression *temperature)
{
  const PetscInt slot = slot_of(maker, TEMPERATURE);
  Case c = maker->c;

  PetscFunctionBegin;
  if (slot >= 0)
    PetscCall(ExpressionVariable(FreeIndex(slot), temperature));
  else if (c->temperature_text)
    PetscCall(parse(maker, c->temperature_text, 0, 0, c->n_parameters, temperature));
  else
    PetscCall(ExpressionNumber(c->temperature, temperature));
  PetscFunctionReturn(0);
}

static PetscErrorCode make_sum(const Maker *maker, const CaseFormulas *formulas, PetscInt scales,
                               Expression *sum)
{
  Expression *terms;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(formulas->n, &terms));
  for (PetscInt i = 0; i < formulas->n; ++i) {
    PetscCall(
        parse(maker, formulas->items[i].text, maker->c->dim, scales, maker->c->n_parameters, &terms[i]));
  }
  PetscCall(ExpressionSum(formulas->n, terms, sum));
  for (PetscInt i = 0; i < formulas->n; ++i) PetscCall(ExpressionDestroy(&terms[i]));
  PetscCall(PetscFree(terms));
  PetscFunctionReturn(0);
}

/* A free number that changes nothing is a mistake. */
static PetscErrorCode check_use(const CaseFamily *family, const char *const names[], char **refused)
{
  const Expression parts[] = {family->V0, family->V1, family->temperature};
  VariableSet set, used = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
    PetscCall(ExpressionVariables(parts[i], &set));
    used |= set;
  }
  for (PetscInt i = 0; i < family->m && !*refused; ++i) {
    if (used & FreeBit(i)) continue;
    PetscCall(refuse(refused, "no formula of the potential depends on the parameter '%s'%s", names[i], ""));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseMakeFamily(Case c, PetscInt m, const char *const names[], CaseFamily *family,
                              char **refused, char **suggestion)
{
  Maker maker = {c, m, {0}, NULL};

  PetscFunctionBegin;
  PetscCheck(m >= 0 && m <= REITER_FREE, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " free numbers; %d are possible", m, REITER_FREE);
  PetscCall(PetscMemzero(family, sizeof(*family)));
  *refused = *suggestion = NULL;
  family->dim = c->dim;
  family->m = m;
  if (!c->potential) {
    PetscCall(refuse(refused, "the case has no potential%s%s", "", ""));
    PetscFunctionReturn(0);
  }
  PetscCall(look_up(&maker, names, family, refused, suggestion));
  if (*refused) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(c->n_parameters, &maker.formulas));
  PetscCall(make_parameters(&maker));
  PetscCall(make_temperature(&maker, &family->temperature));
  PetscCall(make_sum(&maker, &c->macro, 0, &family->V0));
  PetscCall(make_sum(&maker, &c->micro, c->scales, &family->V1));
  for (PetscInt p = 0; p < c->n_parameters; ++p) PetscCall(ExpressionDestroy(&maker.formulas[p]));
  PetscCall(PetscFree(maker.formulas));
  PetscCall(check_use(family, names, refused));
  if (*refused) PetscCall(CaseFamilyDestroy(family));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseFamilyDestroy(CaseFamily *family)
{
  PetscFunctionBegin;
  PetscCall(ExpressionDestroy(&family->V0));
  PetscCall(ExpressionDestroy(&family->V1));
  PetscCall(ExpressionDestroy(&family->temperature));
  PetscFunctionReturn(0);
}
