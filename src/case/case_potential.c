/* Parameters and formulas. */
#include "case_private.h"
#include "source_text.h"
#include <ctype.h>
#include <string.h>

static PetscBool is_identifier(const YamlNode *name)
{
  if (!name->length || name->length > 60 || isdigit((unsigned char)name->text[0])) return PETSC_FALSE;
  for (size_t i = 0; i < name->length; ++i) {
    const unsigned char c = (unsigned char)name->text[i];

    if (c >= 0x80 || (!isalnum(c) && c != '_')) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Whether formulas know the name already. Asking the parser keeps its list of names in one place. */
static PetscErrorCode is_taken(const char *name, PetscBool *taken)
{
  static const char *const uses[] = {"%s", "%s(0.5)", "%s(0.5, 0.5)", "%s(1, 0.5, 0.5)"};
  const ExpressionScope scope = {REITER_MAX_DIM, REITER_MAX_SCALES, 0, NULL};
  char formula[96];

  PetscFunctionBegin;
  *taken = PETSC_FALSE;
  for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]) && !*taken; ++i) {
    ExpressionError error;
    Expression e = NULL;

    PetscCall(PetscSNPrintf(formula, sizeof(formula), uses[i], name));
    PetscCall(ExpressionParse(formula, strlen(formula), &scope, &e, &error));
    if (e) *taken = PETSC_TRUE;
    if (e) PetscCall(ExpressionDestroy(&e));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseCheckName(CaseReader *r, const YamlNode *name, const char *of, PetscBool *good)
{
  PetscFunctionBegin;
  *good = is_identifier(name);
  if (!*good) {
    PetscCall(DiagnosticsError(r->d, name->where, "letters, digits and _, no digit first", NULL,
                               "'%.*s' cannot be the name of %s", (int)TextFit(name->text, name->length, 60),
                               name->text, of));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_name(CaseReader *r, const YamlNode *name, PetscBool *good)
{
  PetscBool taken;

  PetscFunctionBegin;
  PetscCall(CaseCheckName(r, name, "a parameter", good));
  if (!*good) PetscFunctionReturn(0);
  PetscCall(is_taken(name->text, &taken));
  if (taken) {
    *good = PETSC_FALSE;
    PetscCall(DiagnosticsError(r->d, name->where, "another name", NULL,
                               "parameter '%s' would hide a variable, function or constant", name->text));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseKeepFormula(const YamlNode *node, char **text)
{
  PetscReal number;

  PetscFunctionBegin;
  if (node && node->kind == NODE_SCALAR && !YamlIsNumber(node, &number)) {
    PetscCall(PetscStrallocpy(node->text, text));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadParameters(CaseReader *r)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "parameters", &key, &node));
  if (!node || YamlIsNull(node)) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(node->n, &r->c->parameters));
  PetscCall(PetscCalloc1(node->n, &r->c->parameter_texts));
  for (PetscInt i = 0; i < node->n; ++i) {
    PetscBool named, valued;
    PetscReal value = 1;
    char *name;

    PetscCall(check_name(r, node->keys[i], &named));
    PetscCall(CaseReadNumber(r, key, node->values[i], &value, &valued));
    /* Formulas may use a parameter of unknown value without a second complaint; their values mean nothing. */
    if (!named || !valued) r->parameters_failed = PETSC_TRUE;
    if (!named) continue;
    PetscCall(PetscStrallocpy(node->keys[i]->text, &name));
    PetscCall(CaseKeepFormula(node->values[i], &r->c->parameter_texts[r->c->n_parameters]));
    r->c->parameters[r->c->n_parameters++] = (Parameter){name, value};
  }
  PetscFunctionReturn(0);
}

/* Scales that a formula uses: *highest (0: only macroscopic variables). */
static PetscErrorCode highest_scale(Expression e, PetscInt *highest)
{
  VariableSet set;

  PetscFunctionBegin;
  PetscCall(ExpressionVariables(e, &set));
  *highest = 0;
  for (PetscInt k = 1; k <= REITER_MAX_SCALES; ++k) {
    if (set & ScaleBits(k)) *highest = k;
  }
  PetscFunctionReturn(0);
}

/* The parser knows where the fast variable stands, once it is forbidden. */
static PetscErrorCode report_fast_variable(CaseReader *r, const YamlNode *node, ExpressionScope scope)
{
  ExpressionError error = {0, node->length, "", ""};
  Expression e = NULL;
  SourceSpan where;

  PetscFunctionBegin;
  scope.scales = 0;
  PetscCall(ExpressionParse(node->text, node->length, &scope, &e, &error));
  if (e) {
    PetscCall(ExpressionDestroy(&e));
    error = (ExpressionError){0, node->length, "", ""};
  }
  PetscCall(YamlLocate(&r->tree, node, error.offset, error.length, &where));
  PetscCall(DiagnosticsError(r->d, where, "x, y, z alone; fast variables belong to potential.micro", NULL,
                             "potential.macro uses the fast variable '%.*s'", (int)error.length,
                             node->text + error.offset));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_formula(CaseReader *r, const KeySpec *key, const YamlNode *node,
                                   CaseFormulas *formulas, Expression *e, PetscInt *highest)
{
  const ExpressionScope scope = {r->c->dim ? r->c->dim : REITER_MAX_DIM, REITER_MAX_SCALES,
                                 r->c->n_parameters, r->c->parameters};
  CaseFormula *const formula = &formulas->items[formulas->n];
  ExpressionError error;
  Expression *terms;

  PetscFunctionBegin;
  *e = NULL;
  *highest = 0;
  if (node->kind != NODE_SCALAR || YamlIsNull(node)) {
    PetscCall(CaseWrongType(r, key, node, node->kind == NODE_SCALAR ? NULL : "a formula"));
    PetscFunctionReturn(0);
  }
  PetscCall(ExpressionParse(node->text, node->length, &scope, e, &error));
  if (!*e) {
    PetscCall(CaseReportFormula(r, node, &error, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(highest_scale(*e, highest));
  PetscCall(ExpressionTerms(*e, &formula->n_terms, &terms));
  for (PetscInt i = 0; i < formula->n_terms; ++i) PetscCall(ExpressionDestroy(&terms[i]));
  PetscCall(PetscFree(terms));
  PetscCall(PetscStrallocpy(node->text, &formula->text));
  PetscCall(YamlLocate(&r->tree, node, 0, node->length, &formula->where));
  ++formulas->n;
  PetscFunctionReturn(0);
}

/* Reads a formula or a list of them; *sum is NULL if the key is missing or there was a mistake. */
static PetscErrorCode read_formulas(CaseReader *r, const char *path, CaseFormulas *formulas, PetscBool macro,
                                    Expression *sum, PetscInt *highest)
{
  const KeySpec *key;
  YamlNode *node;
  Expression *parsed;
  PetscInt scale, n = 0;

  PetscFunctionBegin;
  *sum = NULL;
  *highest = 0;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind == NODE_MAPPING || (node->kind == NODE_SEQUENCE && !node->n)) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  YamlNode *const single[1] = {node};
  YamlNode *const *const items = node->kind == NODE_SEQUENCE ? node->values : single;
  const PetscInt n_items = node->kind == NODE_SEQUENCE ? node->n : 1;

  PetscCall(PetscCalloc1(n_items, &formulas->items));
  PetscCall(PetscMalloc1(n_items, &parsed));
  for (PetscInt i = 0; i < n_items; ++i) {
    PetscCall(read_formula(r, key, items[i], formulas, &parsed[n], &scale));
    if (!parsed[n]) continue;
    ++n;
    if (scale > *highest) *highest = scale;
    if (macro && scale) {
      const ExpressionScope scope = {r->c->dim ? r->c->dim : REITER_MAX_DIM, 0, r->c->n_parameters,
                                     r->c->parameters};

      PetscCall(report_fast_variable(r, items[i], scope));
    }
  }
  if (n == n_items) PetscCall(ExpressionSum(n, parsed, sum));
  for (PetscInt i = 0; i < n; ++i) PetscCall(ExpressionDestroy(&parsed[i]));
  PetscCall(PetscFree(parsed));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadFormulas(CaseReader *r)
{
  YamlNode *const scales = YamlFind(r->root, "potential.scales", NULL);
  PetscInt macro_highest, highest;
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "potential", &key, &node));
  PetscCall(read_formulas(r, "potential.macro", &r->c->macro, PETSC_TRUE, &r->V0, &macro_highest));
  PetscCall(read_formulas(r, "potential.micro", &r->c->micro, PETSC_FALSE, &r->V1, &highest));
  r->c->scales = highest ? highest : 1;
  PetscCall(CaseReadInteger(r, "potential.scales", &r->c->scales));
  if (scales && r->c->scales < highest) {
    char expected[64];

    snprintf(expected, sizeof(expected), "at least %" PetscInt_FMT, highest);
    PetscCall(DiagnosticsError(r->d, scales->where, expected, NULL,
                               "potential.scales is %" PetscInt_FMT
                               ", but potential.micro uses scale %" PetscInt_FMT,
                               r->c->scales, highest));
  }
  PetscFunctionReturn(0);
}

/* Where the formula will be asked for: at the points of `effective`, else on a coarse lattice of the box. Of a mesh
   nothing is known here. */
static PetscErrorCode check_points(Case c, PetscInt *n, PetscReal points[])
{
  PetscFunctionBegin;
  *n = 1;
  for (PetscInt i = 0; i < c->dim; ++i) *n *= 3;
  for (PetscInt p = 0, q = 0; p < *n; ++p) {
    q = p;
    for (PetscInt i = 0; i < c->dim; ++i, q /= 3) {
      const PetscReal at = 0.5 * (PetscReal)(q % 3);

      points[p * c->dim + i] = (1 - at) * c->domain.box[i][0] + at * c->domain.box[i][1];
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseBuildPotential(CaseReader *r)
{
  Case c = r->c;
  PotentialFault fault;
  PetscReal lattice[27 * REITER_MAX_DIM];
  const PetscReal *points = c->effective.points;
  PetscInt n = c->effective.n_points;

  PetscFunctionBegin;
  if (c->diffusion.given || !YamlFind(r->root, "potential", NULL)) PetscFunctionReturn(0);
  PetscCall(PotentialCreate(c->dim, c->scales, c->temperature, r->V0, r->V1, &c->potential));
  if (!r->V1) PetscFunctionReturn(0);
  if (!n) {
    VariableSet set;

    PetscCall(ExpressionVariables(r->V1, &set));
    if (!c->domain.is_box && (set & ScaleBits(0))) PetscFunctionReturn(0);
    PetscCall(check_points(c, &n, lattice));
    points = lattice;
  }
  PetscCall(PetscMemzero(&fault, sizeof(fault)));
  PetscCall(PotentialCheck(c->potential, n, points, &fault));
  if (fault.failed) PetscCall(CaseReportFault(c, r->d, &fault));
  PetscFunctionReturn(0);
}
