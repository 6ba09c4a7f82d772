/* Values of single keys, checked against the table. */
#include "case_private.h"
#include "diagnostics_private.h"
#include "source_text.h"
#include <stdlib.h>
#include <string.h>

PetscErrorCode CaseIsMisspelt(const YamlNode *holder, const char *section, const char *key,
                              PetscBool *misspelt)
{
  char path[128];
  const char *nearest;

  PetscFunctionBegin;
  *misspelt = PETSC_FALSE;
  for (PetscInt i = 0; holder->kind == NODE_MAPPING && i < holder->n; ++i) {
    const YamlNode *const name = holder->keys[i];

    if (name->length > 60) continue;
    snprintf(path, sizeof(path), "%s%s%s", section, section[0] ? "." : "", name->text);
    if (SchemaFind(path)) continue;
    PetscCall(CaseNearestKey(name->text, section, &nearest));
    if (nearest && !strcmp(nearest, key)) *misspelt = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

/* A key that must be there is missed at the section that should hold it; not if that is missing too. */
static PetscErrorCode report_missing(CaseReader *r, const KeySpec *key)
{
  char section[64] = "", expected[256];
  const char *const last = SchemaLastName(key);
  YamlNode *holder = r->root, *name = r->root;
  PetscBool misspelt;

  PetscFunctionBegin;
  if (last != key->path) {
    snprintf(section, sizeof(section), "%.*s", (int)(last - key->path) - 1, key->path);
    holder = YamlFind(r->root, section, &name);
  }
  if (!holder || (holder->kind != NODE_MAPPING && !YamlIsNull(holder))) PetscFunctionReturn(0);
  PetscCall(CaseIsMisspelt(holder, section, last, &misspelt));
  if (misspelt) PetscFunctionReturn(0);
  if (key->unless) {
    if (YamlMember(holder, key->unless, strlen(key->unless), NULL)) PetscFunctionReturn(0);
    PetscCall(CaseIsMisspelt(holder, section, key->unless, &misspelt));
    if (misspelt) PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; key->elsewhere[i]; ++i) {
    if (YamlFind(r->root, key->elsewhere[i], NULL) && !YamlFind(r->root, "potential", NULL))
      PetscFunctionReturn(0);
  }
  SourceSpan where = name->where;

  if (name == r->root) where.length = 1;
  if (key->unless && key->type == KEY_SECTION) {
    snprintf(expected, sizeof(expected), "%s or %s", last, key->unless);
  } else {
    SchemaDescribe(key, expected, sizeof(expected));
  }
  PetscCall(DiagnosticsError(r->d, where, expected, NULL, "'%s' is missing", key->path));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadNode(CaseReader *r, const char *path, const KeySpec **key, YamlNode **node)
{
  char expected[256];
  YamlNode *name = NULL;

  PetscFunctionBegin;
  *key = SchemaFind(path);
  PetscCheck(*key, PETSC_COMM_SELF, PETSC_ERR_PLIB, "No key %s in the table", path);
  *node = YamlFind(r->root, path, &name);
  if (!*node) {
    if ((*key)->required) PetscCall(report_missing(r, *key));
  } else if (YamlIsNull(*node) && (*key)->type != KEY_SECTION && (*key)->type != KEY_PARAMETERS &&
             (*key)->type != KEY_OPTIONS) {
    /* An empty value has no place of its own in a file; in an override it is what the user wrote last. */
    const SourceSpan where = (*node)->where.source == name->where.source ? name->where : (*node)->where;

    PetscCall(DiagnosticsError(r->d, where, SchemaDescribe(*key, expected, sizeof(expected)), NULL,
                               "'%s' has no value", path));
    *node = NULL;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseWrongType(CaseReader *r, const KeySpec *key, const YamlNode *node, const char *expected)
{
  char found[96], whole[256];

  PetscFunctionBegin;
  if (!expected) expected = SchemaDescribe(key, whole, sizeof(whole));
  PetscCall(DiagnosticsError(r->d, node->where, expected, NULL, "wrong value for %s: %s", key->path,
                             YamlDescribe(node, found, sizeof(found))));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadItems(CaseReader *r, const char *path, const KeySpec **key, YamlNode **node,
                             PetscInt *n, YamlNode ***items)
{
  PetscFunctionBegin;
  *n = 0;
  PetscCall(CaseReadNode(r, path, key, node));
  if (!*node) PetscFunctionReturn(0);
  if ((*node)->kind == NODE_MAPPING || ((*node)->kind == NODE_SEQUENCE && !(*node)->n)) {
    PetscCall(CaseWrongType(r, *key, *node, NULL));
    PetscFunctionReturn(0);
  }
  *n = (*node)->kind == NODE_SEQUENCE ? (*node)->n : 1;
  *items = (*node)->kind == NODE_SEQUENCE ? (*node)->values : node;
  PetscFunctionReturn(0);
}

/* Inside of { } and [ ] a comma ends a text without quotes: max(a, b) breaks there. */
static PetscErrorCode is_cut_at_comma(CaseReader *r, const YamlNode *node, PetscBool *cut)
{
  const char *text;
  size_t length, at = node->end, open = 0;

  PetscFunctionBegin;
  *cut = PETSC_FALSE;
  PetscCall(DiagnosticsGetSource(r->d, node->where.source, NULL, &text, &length));
  for (size_t i = 0; i < node->length; ++i) {
    if (node->text[i] == '(') ++open;
    if (node->text[i] == ')' && open) --open;
  }
  while (at < length && text[at] == ' ') ++at;
  if (node->style == STYLE_PLAIN && open && at < length && text[at] == ',') *cut = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReportFormula(CaseReader *r, const YamlNode *node, const ExpressionError *error,
                                 const char *expected)
{
  SourceSpan where;
  PetscBool cut;

  PetscFunctionBegin;
  PetscCall(YamlLocate(&r->tree, node, error->offset, error->length, &where));
  PetscCall(is_cut_at_comma(r, node, &cut));
  if (cut) expected = "quotes around a formula with a comma, inside of { } or [ ]";
  PetscCall(DiagnosticsError(r->d, where, expected, error->suggestion, "%s", error->message));
  PetscFunctionReturn(0);
}

/* A formula of parameters alone. */
static PetscErrorCode evaluate(CaseReader *r, const YamlNode *node, const char *expected, PetscReal *value,
                               PetscBool *good)
{
  const ExpressionScope scope = {0, 0, r->c->n_parameters, r->c->parameters};
  const PetscReal none[REITER_VARIABLES] = {0};
  ExpressionError error;
  Expression e = NULL;

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  PetscCall(ExpressionParse(node->text, node->length, &scope, &e, &error));
  if (!e) {
    PetscCall(CaseReportFormula(r, node, &error, error.suggestion[0] ? NULL : expected));
    PetscFunctionReturn(0);
  }
  PetscCall(ExpressionEvaluate(e, none, value));
  PetscCall(ExpressionDestroy(&e));
  *good = r->parameters_failed ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscBool is_whole(const KeySpec *key)
{
  return key->type == KEY_INTEGER || key->type == KEY_INTEGERS ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode CaseReadNumber(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscReal *value,
                              PetscBool *good)
{
  const PetscBool may_be_formula = is_whole(key) || key->type == KEY_NUMBER ? PETSC_FALSE : PETSC_TRUE;
  char expected[256];
  PetscReal number = 0;
  PetscBool truth;

  PetscFunctionBegin;
  if (key->type == KEY_INTEGER) {
    SchemaDescribe(key, expected, sizeof(expected));
  } else {
    SchemaDescribeNumber(key, expected, sizeof(expected));
  }
  *good = PETSC_FALSE;
  if (!YamlIsNumber(node, &number)) {
    if (!may_be_formula || node->kind != NODE_SCALAR || YamlIsNull(node) || YamlIsBool(node, &truth)) {
      PetscCall(CaseWrongType(r, key, node, expected));
      PetscFunctionReturn(0);
    }
    PetscCall(evaluate(r, node, expected, &number, good));
    if (!*good) PetscFunctionReturn(0);
  }
  /* Integers must fit into PetscInt even where the table sets no upper bound. */
  if (is_whole(key) && (number != PetscFloorReal(number) || PetscAbsReal(number) > 1e9)) {
    *good = PETSC_FALSE;
  } else {
    *good = SchemaInBounds(key, number);
  }
  if (*good) {
    *value = number;
    PetscFunctionReturn(0);
  }
  if (PetscIsInfOrNanReal(number)) {
    PetscCall(DiagnosticsError(r->d, node->where, expected, NULL, "%s is not finite", key->path));
  } else {
    PetscCall(
        DiagnosticsError(r->d, node->where, expected, NULL, "%s is out of range: %.12g", key->path, number));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadReal(CaseReader *r, const char *path, PetscReal *value)
{
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (node) {
    PetscCall(CaseReadNumber(r, key, node, value, &good));
  } else if (key->fallback) {
    *value = strtod(key->fallback, NULL);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadInteger(CaseReader *r, const char *path, PetscInt *value)
{
  const KeySpec *key;
  YamlNode *node;
  PetscReal number;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) {
    if (key->fallback) *value = (PetscInt)strtol(key->fallback, NULL, 10); /* a word gives 0 */
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; key->choices && key->choices[i] && node->kind == NODE_SCALAR; ++i) {
    if (strcmp(key->choices[i], node->text)) continue;
    *value = 0;
    PetscFunctionReturn(0);
  }
  PetscCall(CaseReadNumber(r, key, node, &number, &good));
  if (good) *value = (PetscInt)number;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadBool(CaseReader *r, const char *path, PetscBool *value)
{
  static const char *const yes[] = {"yes", "Yes", "on", "On"}, *const no[] = {"no", "No", "off", "Off"};
  const KeySpec *key;
  const char *suggestion = NULL;
  YamlNode *node;
  char expected[64];

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) {
    if (key->fallback) *value = !strcmp(key->fallback, "true") ? PETSC_TRUE : PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  PetscBool truth;

  if (YamlIsBool(node, &truth)) {
    *value = truth;
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < 4 && node->kind == NODE_SCALAR; ++i) {
    if (!strcmp(node->text, yes[i])) suggestion = "true";
    if (!strcmp(node->text, no[i])) suggestion = "false";
  }
  if (!suggestion) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(DiagnosticsError(r->d, node->where, SchemaDescribe(key, expected, sizeof(expected)), suggestion,
                             "wrong value for %s: '%s'", path, node->text));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadText(CaseReader *r, const char *path, char **value)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (node && node->kind != NODE_SCALAR) {
    PetscCall(CaseWrongType(r, key, node, NULL));
  } else if (node) {
    PetscCall(PetscStrallocpy(node->text, value));
  } else if (key->fallback) {
    PetscCall(PetscStrallocpy(key->fallback, value));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseCheckChoice(CaseReader *r, const KeySpec *key, const YamlNode *node, PetscInt *which)
{
  char choices[128], expected[160];
  PetscInt n = 0;

  PetscFunctionBegin;
  *which = -1;
  SchemaDescribeChoices(key, choices, sizeof(choices));
  snprintf(expected, sizeof(expected), "%s", choices);
  if (node->kind != NODE_SCALAR) {
    PetscCall(CaseWrongType(r, key, node, expected));
    PetscFunctionReturn(0);
  }
  for (; key->choices[n]; ++n) {
    if (!strcmp(node->text, key->choices[n])) *which = n;
  }
  if (*which >= 0) PetscFunctionReturn(0);
  PetscCall(DiagnosticsError(r->d, node->where, expected, NearestName(node->text, n, key->choices),
                             "unknown value '%.*s' for %s", (int)TextFit(node->text, node->length, 60),
                             node->text, key->path));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadChoice(CaseReader *r, const char *path, char value[], size_t size)
{
  const KeySpec *key;
  YamlNode *node;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (node) {
    PetscCall(CaseCheckChoice(r, key, node, &which));
    if (which >= 0) PetscCall(PetscStrncpy(value, key->choices[which], size));
  } else if (key->fallback) {
    PetscCall(PetscStrncpy(value, key->fallback, size));
  }
  PetscFunctionReturn(0);
}
