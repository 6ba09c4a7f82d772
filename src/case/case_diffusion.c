/* diffusion: weight and tensor in place of a potential. */
#include "case_private.h"
#include <string.h>

static ExpressionScope scope_of(const CaseReader *r)
{
  return (ExpressionScope){r->c->dim ? r->c->dim : REITER_MAX_DIM, 0, r->c->n_parameters, r->c->parameters};
}

/* log of the sum of the formulas, which are good ones by themselves. */
static PetscErrorCode take_logarithm(CaseReader *r, const YamlNode *node)
{
  const CaseFormulas *const weight = &r->c->weight;
  const ExpressionScope scope = scope_of(r);
  ExpressionError error;
  size_t size = 1, used = 0;
  char *text;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < weight->n; ++i) size += strlen(weight->items[i].text) + sizeof("()+");
  PetscCall(PetscMalloc1(size, &text));
  if (weight->n == 1) {
    snprintf(text, size, "%s", weight->items[0].text);
  } else {
    for (PetscInt i = 0; i < weight->n; ++i) {
      used += (size_t)snprintf(text + used, size - used, "%s(%s)", i ? "+" : "", weight->items[i].text);
    }
  }
  PetscCall(CaseParseLogarithm(text, &scope, NULL, &r->c->diffusion.log_weight, &error));
  PetscCall(PetscFree(text));
  if (!r->c->diffusion.log_weight) {
    PetscCall(DiagnosticsError(r->d, node->where, "a formula whose logarithm is one too", NULL,
                               "the logarithm of diffusion.weight: %s", error.message));
  }
  PetscFunctionReturn(0);
}

/* A formula or several that are added. */
static PetscErrorCode read_weight(CaseReader *r, const char *path, PetscBool is_log)
{
  CaseFormulas *const weight = &r->c->weight;
  const KeySpec *key;
  YamlNode *node;
  Expression *parsed;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node || weight->items) PetscFunctionReturn(0);
  if (node->kind == NODE_MAPPING || (node->kind == NODE_SEQUENCE && !node->n)) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  const PetscInt n_items = node->kind == NODE_SEQUENCE ? node->n : 1;

  PetscCall(PetscCalloc1(n_items, &weight->items));
  PetscCall(PetscMalloc1(n_items, &parsed));
  for (PetscInt i = 0; i < n_items; ++i) {
    PetscCall(
        CaseParseFormula(r, key, node->kind == NODE_SEQUENCE ? node->values[i] : node, weight, &parsed[n]));
    if (parsed[n]) ++n;
  }
  r->c->weight_is_log = is_log;
  if (n == n_items && is_log) PetscCall(ExpressionSum(n, parsed, &r->c->diffusion.log_weight));
  if (n == n_items && !is_log) PetscCall(take_logarithm(r, node));
  for (PetscInt i = 0; i < n; ++i) PetscCall(ExpressionDestroy(&parsed[i]));
  PetscCall(PetscFree(parsed));
  PetscFunctionReturn(0);
}

/* One formula times the identity. */
static PetscErrorCode fill_identity(CaseReader *r, Expression factor)
{
  const ExpressionScope scope = scope_of(r);
  const PetscInt dim = r->c->dim;
  ExpressionError error;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim * dim; ++i) {
    Expression *const entry = &r->c->diffusion.tensor[i];

    if (i % (dim + 1)) {
      PetscCall(ExpressionParse("0", 1, &scope, entry, &error));
    } else {
      PetscCall(ExpressionReference(factor));
      *entry = factor;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_row(CaseReader *r, const KeySpec *key, const YamlNode *row, PetscInt which)
{
  const PetscInt dim = r->c->dim;
  char expected[64];

  PetscFunctionBegin;
  snprintf(expected, sizeof(expected), "%" PetscInt_FMT " rows of %" PetscInt_FMT " formulas", dim, dim);
  if (row->kind != NODE_SEQUENCE || row->n != dim) {
    PetscCall(CaseWrongType(r, key, row, expected));
    PetscFunctionReturn(0);
  }
  for (PetscInt j = 0; j < dim; ++j) {
    PetscCall(
        CaseParseFormula(r, key, row->values[j], &r->c->tensor, &r->c->diffusion.tensor[which * dim + j]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_tensor(CaseReader *r)
{
  const PetscInt dim = r->c->dim;
  const KeySpec *key;
  YamlNode *node;
  Expression factor;
  char expected[64];

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "diffusion.tensor", &key, &node));
  if (!node) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(REITER_MAX_DIM * REITER_MAX_DIM, &r->c->tensor.items));
  if (node->kind == NODE_SCALAR) {
    PetscCall(CaseParseFormula(r, key, node, &r->c->tensor, &factor));
    if (!factor) PetscFunctionReturn(0);
    PetscCall(fill_identity(r, factor));
    PetscCall(ExpressionDestroy(&factor));
    PetscFunctionReturn(0);
  }
  snprintf(expected, sizeof(expected), "a formula, or %" PetscInt_FMT " rows of %" PetscInt_FMT " formulas",
           dim, dim);
  if (node->kind != NODE_SEQUENCE || (dim && node->n != dim)) {
    PetscCall(CaseWrongType(r, key, node, dim ? expected : NULL));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < dim; ++i) PetscCall(read_row(r, key, node->values[i], i));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadDiffusion(CaseReader *r)
{
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "diffusion", &r->c->diffusion.given, &name));
  if (!r->c->diffusion.given) PetscFunctionReturn(0);
  PetscCall(read_weight(r, "diffusion.weight", PETSC_FALSE));
  PetscCall(read_weight(r, "diffusion.log_weight", PETSC_TRUE));
  PetscCall(read_tensor(r));
  PetscCall(CaseReadFile(r, "diffusion.table", r->c->diffusion.table, &r->c->table_hash));
  PetscFunctionReturn(0);
}
