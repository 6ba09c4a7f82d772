/* Formulas of the position alone: one, or several with names. */
#include "case_private.h"
#include <string.h>

PetscErrorCode CaseFormulasClear(CaseFormulas *formulas)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < formulas->n; ++i) PetscCall(PetscFree(formulas->items[i].text));
  PetscCall(PetscFree(formulas->items));
  formulas->n = 0;
  PetscFunctionReturn(0);
}

/* formulas->items must have room. */
PetscErrorCode CaseParseFormula(CaseReader *r, const KeySpec *key, const YamlNode *node,
                                CaseFormulas *formulas, Expression *e)
{
  const ExpressionScope scope = {r->c->dim ? r->c->dim : REITER_MAX_DIM, 0, r->c->n_parameters,
                                 r->c->parameters};
  ExpressionError error;

  PetscFunctionBegin;
  *e = NULL;
  if (node->kind != NODE_SCALAR || YamlIsNull(node)) {
    PetscCall(CaseWrongType(r, key, node, "a formula"));
    PetscFunctionReturn(0);
  }
  PetscCall(ExpressionParse(node->text, node->length, &scope, e, &error));
  if (!*e) {
    PetscCall(CaseReportFormula(r, node, &error, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscStrallocpy(node->text, &formulas->items[formulas->n++].text));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadFormula(CaseReader *r, const char *path, CaseFormulas *formulas, Expression *e)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(1, &formulas->items));
  PetscCall(CaseParseFormula(r, key, node, formulas, e));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadNamed(CaseReader *r, const char *path, PetscInt *n, CaseNamed **named,
                             CaseFormulas *formulas)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(node->n, named));
  PetscCall(PetscCalloc1(node->n, &formulas->items));
  for (PetscInt i = 0; i < node->n; ++i) {
    CaseNamed *const entry = &(*named)[*n];
    PetscBool good;

    PetscCall(CaseCheckName(r, node->keys[i], "an observable", &good));
    PetscCall(CaseParseFormula(r, key, node->values[i], formulas, &entry->formula));
    if (!entry->formula) continue;
    PetscCall(PetscStrallocpy(node->keys[i]->text, &entry->name));
    ++*n;
  }
  PetscFunctionReturn(0);
}

/* The argument if the formula is nothing but exp(..): its logarithm holds where exp(..) underflows. */
static PetscBool is_exponential(const char *text, size_t *begin, size_t *end)
{
  static const char blanks[] = " \t\r\n";
  size_t open = 0;

  *begin = strspn(text, blanks);
  *end = strlen(text);
  while (*end > *begin && strchr(blanks, text[*end - 1])) --*end;
  if (strncmp(text + *begin, "exp", 3)) return PETSC_FALSE;
  *begin += 3;
  *begin += strspn(text + *begin, blanks);
  if (text[*begin] != '(') return PETSC_FALSE;
  for (size_t i = *begin; i < *end; ++i) {
    open += text[i] == '(';
    open -= text[i] == ')';
    if (!open && i + 1 < *end) return PETSC_FALSE;
  }
  ++*begin;
  --*end;
  return PETSC_TRUE;
}

PetscErrorCode CaseParseLogarithm(const char *text, const ExpressionScope *scope, const Expression formulas[],
                                  Expression *e, ExpressionError *error)
{
  const size_t size = strlen(text) + sizeof("log()");
  size_t begin, end;
  char *logarithm;

  PetscFunctionBegin;
  *e = NULL;
  if (is_exponential(text, &begin, &end))
    PetscCall(ExpressionParseFree(text + begin, end - begin, scope, formulas, e, error));
  if (*e) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(size, &logarithm));
  snprintf(logarithm, size, "log(%s)", text);
  PetscCall(ExpressionParseFree(logarithm, strlen(logarithm), scope, formulas, e, error));
  PetscCall(PetscFree(logarithm));
  PetscFunctionReturn(0);
}
