/* estimate. */
#include "case_private.h"
#include <math.h>
#include <reiter/estimate.h>
#include <string.h>

static PetscErrorCode read_columns(CaseReader *r)
{
  static const char *const usual[] = {"x", "y", "z"};
  CaseEstimate *const e = &r->c->estimate;
  const PetscInt dim = r->c->dim;
  const KeySpec *key;
  YamlNode *node, **items;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CaseReadItems(r, "estimate.columns", &key, &node, &n, &items));
  if (node && n && dim && n != dim) {
    char expected[64];

    snprintf(expected, sizeof(expected), "%" PetscInt_FMT " name%s, one per component", dim,
             dim > 1 ? "s" : "");
    PetscCall(CaseWrongType(r, key, node, expected));
    n = 0;
  }
  for (PetscInt i = 0; i < dim; ++i) {
    if (n && (items[i]->kind != NODE_SCALAR || !items[i]->length || items[i]->length > 60))
      PetscCall(CaseWrongType(r, key, items[i], "the name of a column"));
    else
      PetscCall(PetscStrallocpy(n ? items[i]->text : usual[i], &e->columns[i]));
  }
  PetscFunctionReturn(0);
}

/* from, to, count: equal ratios. */
static PetscErrorCode read_spacing(CaseReader *r)
{
  CaseEstimate *const e = &r->c->estimate;
  PetscReal from = 0, to = 0;
  PetscInt count = 0;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadReal(r, "estimate.subsampling.from", &from));
  PetscCall(CaseReadReal(r, "estimate.subsampling.to", &to));
  PetscCall(CaseReadInteger(r, "estimate.subsampling.count", &count));
  if (!(from > 0) || !(to > 0)) PetscFunctionReturn(0);
  if (to <= from) {
    YamlFind(r->root, "estimate.subsampling", &name);
    PetscCall(DiagnosticsError(r->d, name->where, "from < to", NULL,
                               "estimate.subsampling goes from %.12g to %.12g", from, to));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(count, &e->subsampling));
  e->n_subsampling = count;
  e->spaced = PETSC_TRUE;
  for (PetscInt i = 0; i < count; ++i)
    e->subsampling[i] = from * PetscPowReal(to / from, (PetscReal)i / (PetscReal)(count - 1));
  e->subsampling[count - 1] = to;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_subsampling(CaseReader *r)
{
  CaseEstimate *const e = &r->c->estimate;
  const YamlNode *const node = YamlFind(r->root, "estimate.subsampling", NULL);

  PetscFunctionBegin;
  if (node && node->kind == NODE_MAPPING)
    PetscCall(read_spacing(r));
  else
    PetscCall(CaseReadList(r, "estimate.subsampling", &e->n_subsampling, &e->subsampling));
  PetscFunctionReturn(0);
}

/* -grad U of the last formula read. */
static PetscErrorCode add_gradient(CaseReader *r, PetscInt at)
{
  const CaseFormulas *const formulas = &r->c->drift;
  const char *const text = formulas->items[formulas->n - 1].text;
  const ExpressionScope scope = {r->c->dim, 0, r->c->n_parameters, r->c->parameters};
  const size_t size = strlen(text) + sizeof("-()");
  ExpressionError error;
  Expression U;
  char *negative;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &negative));
  snprintf(negative, size, "-(%s)", text);
  PetscCall(ExpressionParse(negative, strlen(negative), &scope, &U, &error));
  PetscCheck(U, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A formula that loses its meaning in parentheses: %s", text);
  for (PetscInt c = 0; c < r->c->dim; ++c)
    PetscCall(ExpressionDerive(U, VariableIndex(0, c), &r->c->estimate.basis[at * r->c->dim + c]));
  PetscCall(ExpressionDestroy(&U));
  PetscCall(PetscFree(negative));
  PetscFunctionReturn(0);
}

/* One function of the basis: a formula, or one per component. */
static PetscErrorCode read_function(CaseReader *r, const KeySpec *key, YamlNode *node, PetscInt at)
{
  CaseEstimate *const e = &r->c->estimate;
  const PetscInt dim = r->c->dim, wanted = r->c->gradients ? 1 : dim;
  YamlNode *const *const items = node->kind == NODE_SEQUENCE ? node->values : &node;
  const PetscInt n = node->kind == NODE_SEQUENCE ? node->n : 1;
  Expression U;

  PetscFunctionBegin;
  if (n != wanted) {
    char expected[96];

    snprintf(expected, sizeof(expected), "%s",
             r->c->gradients ? "a formula"
             : dim == 2      ? "a list of 2 formulas, one per component, or estimate.drift.potential"
             : dim == 3      ? "a list of 3 formulas, one per component, or estimate.drift.potential"
                             : "a formula");
    PetscCall(CaseWrongType(r, key, node, expected));
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < n; ++c) {
    PetscCall(CaseParseFormula(r, key, items[c], &r->c->drift, &U));
    if (U && r->c->gradients) {
      PetscCall(add_gradient(r, at));
      PetscCall(ExpressionDestroy(&U));
    } else {
      e->basis[at * dim + c] = U;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_basis(CaseReader *r)
{
  CaseEstimate *const e = &r->c->estimate;
  const KeySpec *key;
  YamlNode *node, **items;
  const char *path = "estimate.drift.basis";
  PetscInt n;

  PetscFunctionBegin;
  if (YamlFind(r->root, "estimate.drift.potential", NULL)) {
    r->c->gradients = PETSC_TRUE;
    path = "estimate.drift.potential";
  }
  PetscCall(CaseReadItems(r, path, &key, &node, &n, &items));
  if (n > ESTIMATE_MAX_BASIS) {
    char expected[32];

    snprintf(expected, sizeof(expected), "at most %d functions", ESTIMATE_MAX_BASIS);
    PetscCall(CaseWrongType(r, key, node, expected));
    PetscFunctionReturn(0);
  }
  if (!n || !r->c->dim) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(n * r->c->dim, &r->c->drift.items));
  PetscCall(PetscCalloc1(n * r->c->dim, &e->basis));
  e->n_basis = n;
  for (PetscInt i = 0; i < n; ++i) PetscCall(read_function(r, key, items[i], i));
  PetscFunctionReturn(0);
}

/* Without a model, only estimates can be asked for. */
static PetscErrorCode check_model(CaseReader *r)
{
  static const char *const sections[] = {"cell", "effective", "domain", "converge"};

  PetscFunctionBegin;
  if (YamlFind(r->root, "potential", NULL) || YamlFind(r->root, "diffusion", NULL)) PetscFunctionReturn(0);
  if (!r->c->estimate.n_series || YamlFind(r->root, "greenkubo", NULL)) PetscFunctionReturn(0);
  for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); ++i) {
    YamlNode *name;

    if (!YamlFind(r->root, sections[i], &name)) continue;
    PetscCall(DiagnosticsError(r->d, name->where, "potential or diffusion", NULL,
                               "%s needs a model, and the case has only series", sections[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadEstimate(CaseReader *r)
{
  CaseEstimate *const e = &r->c->estimate;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "estimate", &e->given, &name));
  if (!e->given) PetscFunctionReturn(0);
  PetscCall(CaseReadFiles(r, "estimate.series", &e->n_series, &e->series, &r->c->series_hash));
  PetscCall(read_columns(r));
  PetscCall(CaseReadText(r, "estimate.time", &e->time));
  PetscCall(CaseReadReal(r, "estimate.time_step", &e->time_step));
  PetscCall(CaseReadText(r, "estimate.path", &e->path));
  PetscCall(CaseReadInteger(r, "estimate.every", &e->every));
  PetscCall(read_subsampling(r));
  PetscCall(CaseReadInteger(r, "estimate.offsets", &e->offsets));
  PetscCall(CaseReadList(r, "estimate.filter", &e->n_filters, &e->filters));
  PetscCall(read_basis(r));
  PetscCall(check_model(r));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseClearEstimate(Case c)
{
  CaseEstimate *const e = &c->estimate;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < e->n_series; ++i) PetscCall(PetscFree(e->series[i]));
  PetscCall(PetscFree(e->series));
  for (PetscInt i = 0; i < REITER_MAX_DIM; ++i) PetscCall(PetscFree(e->columns[i]));
  PetscCall(PetscFree(e->time));
  PetscCall(PetscFree(e->path));
  PetscCall(PetscFree(e->subsampling));
  PetscCall(PetscFree(e->filters));
  for (PetscInt i = 0; i < e->n_basis * c->dim; ++i) {
    if (e->basis[i]) PetscCall(ExpressionDestroy(&e->basis[i]));
  }
  PetscCall(PetscFree(e->basis));
  PetscCall(CaseFormulasClear(&c->drift));
  PetscFunctionReturn(0);
}
