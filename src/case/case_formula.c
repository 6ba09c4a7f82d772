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
