/* kinetic: the evolution, whose formulas know the momenta. */
#include "case_private.h"
#include <string.h>

enum { MOST_DIMENSIONS = 2 }; /* of the position */

/* Columns of kinetic_observables.csv that are always there. */
static const char *const columns[] = {"time", "mass", "minimum", "relative_entropy", "chi_square", NULL};

/* The names of formulas, with those of the momenta as free numbers. */
typedef struct {
  ExpressionScope scope;
  Parameter *parameters;
  Expression *formulas; /* NULL for numbers */
  const char *expected;
} Names;

static const char *momentum_name(PetscInt dim, PetscInt component)
{
  static const char *const names[] = {"p", "px", "py"};

  return names[dim > 1 ? component + 1 : 0];
}

static PetscErrorCode names_create(const CaseReader *r, Names *names)
{
  const PetscInt n = r->c->n_parameters, dim = PetscMax(PetscMin(r->c->dim, MOST_DIMENSIONS), 1);

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(n + dim, &names->parameters));
  PetscCall(PetscCalloc1(n + dim, &names->formulas));
  for (PetscInt i = 0; i < dim; ++i) {
    names->parameters[i].name = momentum_name(dim, i);
    PetscCall(ExpressionVariable(FreeIndex(i), &names->formulas[i]));
  }
  for (PetscInt i = 0; i < n; ++i) names->parameters[dim + i] = r->c->parameters[i];
  names->scope = (ExpressionScope){dim, 0, n + dim, names->parameters};
  names->expected =
      dim > 1 ? "a formula of x, y, px, py and the parameters" : "a formula of x, p and the parameters";
  PetscFunctionReturn(0);
}

static PetscErrorCode names_destroy(Names *names)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < names->scope.n_parameters; ++i) {
    if (names->formulas[i]) PetscCall(ExpressionDestroy(&names->formulas[i]));
  }
  PetscCall(PetscFree(names->formulas));
  PetscCall(PetscFree(names->parameters));
  PetscFunctionReturn(0);
}

/* A parameter would hide a momentum, or be hidden by it. */
static PetscErrorCode check_parameters(CaseReader *r)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < PetscMin(r->c->dim, MOST_DIMENSIONS); ++i) {
    const char *const momentum = momentum_name(r->c->dim, i);
    YamlNode *name;
    char path[32];

    PetscCall(PetscSNPrintf(path, sizeof(path), "parameters.%s", momentum));
    if (YamlFind(r->root, path, &name))
      PetscCall(DiagnosticsError(r->d, name->where, "another name", NULL,
                                 "a case with kinetic cannot have a parameter '%s': that is the momentum",
                                 momentum));
  }
  PetscFunctionReturn(0);
}

/* The text goes to `formulas`, which must have room; *e is NULL after a mistake. */
static PetscErrorCode parse(CaseReader *r, const Names *names, const KeySpec *key, const YamlNode *node,
                            CaseFormulas *formulas, Expression *e)
{
  ExpressionError error;

  PetscFunctionBegin;
  *e = NULL;
  if (node->kind != NODE_SCALAR || YamlIsNull(node)) {
    PetscCall(CaseWrongType(r, key, node, names->expected));
    PetscFunctionReturn(0);
  }
  PetscCall(ExpressionParseFree(node->text, node->length, &names->scope, names->formulas, e, &error));
  if (*e)
    PetscCall(PetscStrallocpy(node->text, &formulas->items[formulas->n++].text));
  else
    PetscCall(CaseReportFormula(r, node, &error, names->expected));
  PetscFunctionReturn(0);
}

/* A density of the position alone has no integral over the momenta. */
static PetscErrorCode check_momenta(CaseReader *r, const YamlNode *node, Expression e, PetscBool *good)
{
  VariableSet set;

  PetscFunctionBegin;
  *good = PETSC_TRUE;
  PetscCall(ExpressionVariables(e, &set));
  for (PetscInt i = 0; i < PetscMin(r->c->dim, MOST_DIMENSIONS) && *good; ++i) {
    if (set & FreeBit(i)) continue;
    *good = PETSC_FALSE;
    PetscCall(DiagnosticsError(r->d, node->where,
                               r->c->dim > 1 ? "a density in phase space, as exp(-x^2 - y^2 - px^2 - py^2)"
                                             : "a density in phase space, as exp(-(x - 1)^2 - p^2)",
                               NULL, "kinetic.initial does not depend on %s: it has no integral",
                               momentum_name(r->c->dim, i)));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_formula(CaseReader *r, const Names *names, const KeySpec *key, YamlNode *node)
{
  CaseKinetic *const k = &r->c->kinetic;
  ExpressionError error;
  Expression density;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(1, &r->c->kinetic_initial.items));
  PetscCall(parse(r, names, key, node, &r->c->kinetic_initial, &density));
  if (!density) PetscFunctionReturn(0);
  PetscCall(check_momenta(r, node, density, &good));
  PetscCall(ExpressionDestroy(&density));
  if (!good) PetscFunctionReturn(0);
  PetscCall(CaseParseLogarithm(node->text, &names->scope, names->formulas, &k->log_initial, &error));
  if (!k->log_initial)
    PetscCall(DiagnosticsError(r->d, node->where, "a formula whose logarithm is one too", NULL,
                               "the logarithm of kinetic.initial: %s", error.message));
  PetscFunctionReturn(0);
}

/* Broader momenta than sqrt(2) times the thermal ones are not square integrable against the equilibrium. */
static PetscErrorCode check_temperature(CaseReader *r, PetscReal temperature)
{
  YamlNode *node = YamlFind(r->root, "kinetic.initial.temperature", NULL);
  char expected[96];

  PetscFunctionBegin;
  if (!node || !(r->c->temperature > 0) || temperature < 2 * r->c->temperature) PetscFunctionReturn(0);
  snprintf(expected, sizeof(expected), "a temperature below %.12g, twice that of the case",
           2 * r->c->temperature);
  PetscCall(
      DiagnosticsError(r->d, node->where, expected, NULL,
                       "kinetic.initial.temperature is %.12g: the density has no finite norm against the "
                       "equilibrium of the case",
                       temperature));
  PetscFunctionReturn(0);
}

/* -(U + |p|^2/(2 m))/T */
static PetscErrorCode read_gibbs(CaseReader *r, const Names *names)
{
  CaseKinetic *const k = &r->c->kinetic;
  PetscReal temperature = r->c->temperature;
  ExpressionError error;
  Expression U = NULL;
  char *text;

  PetscFunctionBegin;
  PetscCall(CaseReadReal(r, "kinetic.initial.temperature", &temperature));
  PetscCall(check_temperature(r, temperature));
  PetscCall(CaseReadFormula(r, "kinetic.initial.gibbs", &r->c->kinetic_initial, &U));
  if (!U) PetscFunctionReturn(0);
  PetscCall(ExpressionDestroy(&U));
  if (!(temperature > 0) || !(k->mass > 0)) PetscFunctionReturn(0);
  const char *const formula = r->c->kinetic_initial.items[0].text;
  const size_t size = strlen(formula) + 128;

  PetscCall(PetscMalloc1(size, &text));
  snprintf(text, size, "-((%s) + (%s)/%.17g)/%.17g", formula, r->c->dim > 1 ? "px^2 + py^2" : "p^2",
           2 * k->mass, temperature);
  PetscCall(ExpressionParseFree(text, strlen(text), &names->scope, names->formulas, &k->log_initial, &error));
  PetscCall(PetscFree(text));
  PetscCheck(k->log_initial, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A formula that loses its meaning: %s",
             formula);
  k->initial_temperature = temperature;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_initial(CaseReader *r, const Names *names)
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "kinetic.initial", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind == NODE_SEQUENCE) PetscCall(CaseWrongType(r, key, node, NULL));
  if (node->kind == NODE_SCALAR) PetscCall(read_formula(r, names, key, node));
  if (node->kind == NODE_MAPPING) PetscCall(read_gibbs(r, names));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_observables(CaseReader *r, const Names *names)
{
  CaseKinetic *const k = &r->c->kinetic;
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "kinetic.observables", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(node->n, &k->observables));
  PetscCall(PetscCalloc1(node->n, &r->c->kinetic_observables.items));
  for (PetscInt i = 0; i < node->n; ++i) {
    CaseNamed *const entry = &k->observables[k->n_observables];
    PetscBool good;

    PetscCall(CaseCheckName(r, node->keys[i], "an observable", &good));
    for (PetscInt c = 0; columns[c]; ++c) {
      if (strcmp(node->keys[i]->text, columns[c])) continue;
      PetscCall(DiagnosticsError(r->d, node->keys[i]->where, "another name", NULL,
                                 "an observable cannot be called '%s': that is always given", columns[c]));
    }
    PetscCall(parse(r, names, key, node->values[i], &r->c->kinetic_observables, &entry->formula));
    if (!entry->formula) continue;
    PetscCall(PetscStrallocpy(node->keys[i]->text, &entry->name));
    ++k->n_observables;
  }
  PetscFunctionReturn(0);
}

/* A key without which another one means nothing. */
static PetscErrorCode check_companion(CaseReader *r, const char *key, const char *needed,
                                      const char *expected)
{
  char path[64], other[64];
  YamlNode *name;

  PetscFunctionBegin;
  snprintf(path, sizeof(path), "kinetic.%s", key);
  snprintf(other, sizeof(other), "kinetic.%s", needed);
  if (YamlFind(r->root, path, &name) && !YamlFind(r->root, other, NULL))
    PetscCall(DiagnosticsError(r->d, name->where, expected, NULL, "%s needs %s", path, other));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadKineticEvolution(CaseReader *r)
{
  CaseKinetic *const k = &r->c->kinetic;
  const YamlNode *const frictions = YamlFind(r->root, "kinetic.friction", NULL);
  Names names = {0};

  PetscFunctionBegin;
  PetscCall(CaseReadList(r, "kinetic.times", &k->n_times, &k->times));
  PetscCall(check_companion(r, "times", "initial", "kinetic.initial, the density at time 0"));
  PetscCall(check_companion(r, "initial", "times", "kinetic.times, a list of times"));
  PetscCall(check_companion(r, "observables", "times", "kinetic.times, a list of times"));
  PetscCall(check_companion(r, "density", "times", "kinetic.times, a list of times"));
  if (k->n_times && k->n_frictions > 1)
    PetscCall(DiagnosticsError(r->d, frictions->where, "one friction, or no kinetic.times", NULL,
                               "an evolution has one friction, not %" PetscInt_FMT, k->n_frictions));
  PetscCall(check_parameters(r));
  PetscCall(names_create(r, &names));
  PetscCall(read_initial(r, &names));
  PetscCall(read_observables(r, &names));
  PetscCall(names_destroy(&names));
  PetscCall(CaseReadInteger(r, "kinetic.density.positions", &k->grid_positions));
  PetscCall(CaseReadInteger(r, "kinetic.density.momenta", &k->grid_momenta));
  PetscCall(CaseReadReal(r, "kinetic.density.extent", &k->grid_extent));
  PetscFunctionReturn(0);
}
