/* greenkubo: what is read, and how coefficients are made of it. */
#include "case_private.h"
#include <string.h>

enum { MOST_FORMULAS = 8 };

/* A mistake at the value of a key that is there. */
static PetscErrorCode mistake(CaseReader *r, const char *path, const char *expected, const char *words)
{
  YamlNode *name = NULL, *const node = YamlFind(r->root, path, &name);

  PetscFunctionBegin;
  PetscCall(DiagnosticsError(r->d, node->kind == NODE_MAPPING ? name->where : node->where, expected, NULL,
                             "%s", words));
  PetscFunctionReturn(0);
}

/* Whether one of the names read so far is this one. */
static PetscBool is_used(const CaseGreenKubo *g, PetscInt dim, const char *name)
{
  char *const *const lists[] = {g->position, g->momentum, g->force};

  for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); ++l) {
    for (PetscInt i = 0; i < dim; ++i) {
      if (lists[l][i] && !strcmp(lists[l][i], name)) return PETSC_TRUE;
    }
  }
  return PETSC_FALSE;
}

/* One name per component. */
static PetscErrorCode read_names(CaseReader *r, const char *path, char *names[])
{
  const PetscInt dim = r->c->dim;
  char expected[64];
  const KeySpec *key;
  YamlNode *node, **items;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CaseReadItems(r, path, &key, &node, &n, &items));
  if (!n || !dim) PetscFunctionReturn(0);
  if (n != dim) {
    snprintf(expected, sizeof(expected), "%" PetscInt_FMT " name%s, one per component", dim,
             dim > 1 ? "s" : "");
    PetscCall(CaseWrongType(r, key, node, expected));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < dim; ++i) {
    if (items[i]->kind != NODE_SCALAR || !items[i]->length || items[i]->length > 60) {
      PetscCall(CaseWrongType(r, key, items[i], "the name of a column"));
      continue;
    }
    if (is_used(&r->c->greenkubo, dim, items[i]->text))
      PetscCall(DiagnosticsError(r->d, items[i]->where, "a column of its own", NULL,
                                 "column '%s' stands for two components", items[i]->text));
    else
      PetscCall(PetscStrallocpy(items[i]->text, &names[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_columns(CaseReader *r)
{
  CaseGreenKubo *const g = &r->c->greenkubo;

  PetscFunctionBegin;
  g->velocity = (PetscBool)(YamlFind(r->root, "greenkubo.columns.velocity", NULL) &&
                            !YamlFind(r->root, "greenkubo.columns.momentum", NULL));
  PetscCall(read_names(r, "greenkubo.columns.position", g->position));
  PetscCall(
      read_names(r, g->velocity ? "greenkubo.columns.velocity" : "greenkubo.columns.momentum", g->momentum));
  PetscCall(read_names(r, "greenkubo.columns.force", g->force));
  PetscCall(CaseReadText(r, "greenkubo.columns.time", &g->time));
  PetscCall(CaseReadText(r, "greenkubo.columns.path", &g->path));
  PetscCall(CaseReadReal(r, "greenkubo.time_step", &g->time_step));
  PetscCall(CaseReadReal(r, "greenkubo.timestep", &g->timestep));
  if (g->time && YamlFind(r->root, "greenkubo.time_step", NULL))
    PetscCall(mistake(r, "greenkubo.time_step", "only one of them",
                      "both greenkubo.time_step and greenkubo.columns.time"));
  PetscFunctionReturn(0);
}

/* What only some formats have. */
static PetscErrorCode read_format(CaseReader *r)
{
  CaseGreenKubo *const g = &r->c->greenkubo;

  PetscFunctionBegin;
  PetscCall(CaseReadChoice(r, "greenkubo.format", g->format, sizeof(g->format)));
  PetscCall(CaseReadInteger(r, "greenkubo.atom", &g->atom));
  if (g->atom && strcmp(g->format, "auto") && strcmp(g->format, "lammps_dump"))
    PetscCall(mistake(r, "greenkubo.atom", "format: lammps_dump", "greenkubo.atom is for dumps of LAMMPS"));
  if (YamlFind(r->root, "greenkubo.timestep", NULL) && strcmp(g->format, "auto") &&
      strncmp(g->format, "lammps", 6))
    PetscCall(mistake(r, "greenkubo.timestep", "time_step, the time between two rows",
                      "greenkubo.timestep is for files of LAMMPS"));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_periods(CaseReader *r)
{
  CaseGreenKubo *const g = &r->c->greenkubo;
  const YamlNode *const node = YamlFind(r->root, "greenkubo.periods", NULL);
  const PetscInt dim = r->c->dim;
  PetscReal *values = NULL;
  PetscInt n = 0;
  char expected[64];

  PetscFunctionBegin;
  PetscCall(CaseReadNumbers(r, "greenkubo.periods", &n, &values));
  for (PetscInt i = 0; i < dim && n; ++i) g->periods[i] = values[n == 1 ? 0 : PetscMin(i, n - 1)];
  PetscCall(PetscFree(values));
  if (!node || !n) PetscFunctionReturn(0);
  if (node->kind == NODE_SEQUENCE && n == node->n && dim && n != dim) {
    snprintf(expected, sizeof(expected), "one number, or %" PetscInt_FMT ", one per component", dim);
    PetscCall(CaseWrongType(r, SchemaFind("greenkubo.periods"), node, expected));
  }
  if (!YamlFind(r->root, "greenkubo.columns.position", NULL))
    PetscCall(mistake(r, "greenkubo.periods", "columns.position too",
                      "greenkubo.periods unwraps positions, and the case names none"));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_formulas(CaseReader *r, const char *path)
{
  CaseGreenKubo *const g = &r->c->greenkubo;
  const PetscBool given = (PetscBool)!strcmp(g->thermal, "given");
  const PetscInt most = given ? r->c->dim : MOST_FORMULAS;
  const KeySpec *key;
  YamlNode *node, **items;
  char expected[64];
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CaseReadItems(r, path, &key, &node, &n, &items));
  if (!n || !r->c->dim) PetscFunctionReturn(0);
  if (given ? n != most : n > most) {
    snprintf(expected, sizeof(expected),
             given ? "%" PetscInt_FMT " formula%s, one per component" : "at most %" PetscInt_FMT " formula%s",
             most, most > 1 ? "s" : "");
    PetscCall(CaseWrongType(r, key, node, expected));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscCalloc1(n, &r->c->thermal.items));
  PetscCall(PetscCalloc1(n, &g->formulas));
  g->n_formulas = n;
  for (PetscInt i = 0; i < n; ++i)
    PetscCall(CaseParseFormula(r, key, items[i], &r->c->thermal, &g->formulas[i]));
  PetscFunctionReturn(0);
}

/* Which of the keys of thermal_force there is. */
static PetscErrorCode choose_thermal(CaseReader *r, PetscBool *mean)
{
  static const char *const kinds[] = {"mean", "given", "potential", "bins"};
  CaseGreenKubo *const g = &r->c->greenkubo;
  YamlNode *name = NULL, *const section = YamlFind(r->root, "greenkubo.thermal_force", &name);
  PetscInt n = 0;

  PetscFunctionBegin;
  *mean = PETSC_TRUE;
  PetscCall(PetscStrncpy(g->thermal, g->position[0] ? "bins" : "mean", sizeof(g->thermal)));
  if (!section || section->kind != NODE_MAPPING) PetscFunctionReturn(0);
  for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); ++k) {
    if (!YamlMember(section, kinds[k], strlen(kinds[k]), NULL)) continue;
    PetscCall(PetscStrncpy(g->thermal, kinds[k], sizeof(g->thermal)));
    ++n;
  }
  if (n > 1)
    PetscCall(DiagnosticsError(r->d, name->where, "only one of mean, given, potential and bins", NULL,
                               "greenkubo.thermal_force has %" PetscInt_FMT " of its keys", n));
  if (!strcmp(g->thermal, "mean")) PetscCall(CaseReadBool(r, "greenkubo.thermal_force.mean", mean));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_thermal(CaseReader *r)
{
  CaseGreenKubo *const g = &r->c->greenkubo;
  const PetscBool given = (PetscBool)(YamlFind(r->root, "greenkubo.thermal_force", NULL) != NULL);
  char words[128];
  PetscBool mean;

  PetscFunctionBegin;
  PetscCall(choose_thermal(r, &mean));
  if (!mean)
    PetscCall(mistake(r, "greenkubo.thermal_force.mean", "true, or one of given, potential and bins",
                      "greenkubo.thermal_force has nothing to go by"));
  PetscCall(CaseReadInteger(r, "greenkubo.thermal_force.bins", &g->bins));
  if (!strcmp(g->thermal, "given")) PetscCall(read_formulas(r, "greenkubo.thermal_force.given"));
  if (!strcmp(g->thermal, "potential")) PetscCall(read_formulas(r, "greenkubo.thermal_force.potential"));
  if (!given) PetscFunctionReturn(0);
  if (!YamlFind(r->root, "greenkubo.columns.force", NULL)) {
    PetscCall(mistake(r, "greenkubo.thermal_force", "columns.force too",
                      "greenkubo.thermal_force is an average of forces, and the case names none"));
  } else if (strcmp(g->thermal, "mean") && !YamlFind(r->root, "greenkubo.columns.position", NULL)) {
    snprintf(words, sizeof(words), "thermal_force.%s is a function of the position, and the case names none",
             g->thermal);
    PetscCall(mistake(r, "greenkubo.thermal_force", "columns.position too, or mean: true", words));
  }
  PetscFunctionReturn(0);
}

/* Two lags, and columns to go with them. */
static PetscErrorCode read_plateau(CaseReader *r, const char *path, PetscBool usable, const char *columns,
                                   PetscReal plateau[2])
{
  const KeySpec *const key = SchemaFind(path);
  const YamlNode *const node = YamlFind(r->root, path, NULL);
  PetscReal *values = NULL;
  PetscInt n = 0;

  PetscFunctionBegin;
  if (node && node->kind != NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, "two lags, as [0.5, 1]"));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseReadNumbers(r, path, &n, &values));
  if (n == 2) {
    plateau[0] = values[0];
    plateau[1] = values[1];
  }
  PetscCall(PetscFree(values));
  if (!node || n != node->n) PetscFunctionReturn(0);
  if (n != 2)
    PetscCall(CaseWrongType(r, key, node, "two lags, as [0.5, 1]"));
  else if (plateau[0] >= plateau[1])
    PetscCall(DiagnosticsError(r->d, node->where, "first < last", NULL, "%s goes from %.12g to %.12g", path,
                               plateau[0], plateau[1]));
  if (!usable) PetscCall(mistake(r, path, columns, "a plateau of an integral that the columns do not give"));
  PetscFunctionReturn(0);
}

/* Without a model there is nothing that these sections could be about. */
static PetscErrorCode check_model(CaseReader *r)
{
  static const char *const sections[] = {"cell", "effective", "paths", "transitions", "converge"};
  YamlNode *name;

  PetscFunctionBegin;
  (void)YamlFind(r->root, "greenkubo", &name);
  if (!YamlFind(r->root, "temperature", NULL) &&
      (YamlFind(r->root, "diffusion", NULL) ||
       (YamlFind(r->root, "estimate.series", NULL) && !YamlFind(r->root, "potential", NULL))))
    PetscCall(DiagnosticsError(r->d, name->where, "temperature: k_B T, at the top level", NULL,
                               "greenkubo needs the temperature of the fluid"));
  if (YamlFind(r->root, "potential", NULL) || YamlFind(r->root, "diffusion", NULL)) PetscFunctionReturn(0);
  for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); ++i) {
    if (!YamlFind(r->root, sections[i], &name)) continue;
    PetscCall(DiagnosticsError(r->d, name->where, "potential or diffusion", NULL,
                               "%s needs a model, and greenkubo only makes one of a diffusion on domain",
                               sections[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadGreenKubo(CaseReader *r)
{
  CaseGreenKubo *const g = &r->c->greenkubo;
  const PetscBool momentum = (PetscBool)(YamlFind(r->root, "greenkubo.columns.momentum", NULL) ||
                                         YamlFind(r->root, "greenkubo.columns.velocity", NULL));
  const PetscBool force = (PetscBool)(YamlFind(r->root, "greenkubo.columns.force", NULL) != NULL);
  const KeySpec *key;
  YamlNode *name, *columns;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "greenkubo", &g->given, &name));
  if (!g->given) PetscFunctionReturn(0);
  PetscCall(CaseReadFiles(r, "greenkubo.series", &g->n_series, &g->series, &r->c->greenkubo_hash));
  PetscCall(CaseReadNode(r, "greenkubo.columns", &key, &columns));
  PetscCall(read_columns(r));
  PetscCall(read_format(r));
  PetscCall(read_periods(r));
  PetscCall(CaseReadReal(r, "greenkubo.mass", &g->mass));
  PetscCall(read_thermal(r));
  PetscCall(CaseReadReal(r, "greenkubo.longest", &g->longest));
  PetscCall(CaseReadInteger(r, "greenkubo.blocks", &g->blocks));
  PetscCall(read_plateau(r, "greenkubo.plateau.momentum", momentum, "columns.momentum or velocity too",
                         g->plateau_momentum));
  PetscCall(read_plateau(r, "greenkubo.plateau.force", force, "columns.force too", g->plateau_force));
  PetscCall(check_model(r));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseClearGreenKubo(Case c)
{
  CaseGreenKubo *const g = &c->greenkubo;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->n_series; ++i) PetscCall(PetscFree(g->series[i]));
  PetscCall(PetscFree(g->series));
  for (PetscInt i = 0; i < REITER_MAX_DIM; ++i) {
    PetscCall(PetscFree(g->position[i]));
    PetscCall(PetscFree(g->momentum[i]));
    PetscCall(PetscFree(g->force[i]));
  }
  PetscCall(PetscFree(g->time));
  PetscCall(PetscFree(g->path));
  for (PetscInt i = 0; i < g->n_formulas; ++i) {
    if (g->formulas[i]) PetscCall(ExpressionDestroy(&g->formulas[i]));
  }
  PetscCall(PetscFree(g->formulas));
  PetscCall(CaseFormulasClear(&c->thermal));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetGreenKubo(Case c, const CaseGreenKubo **greenkubo)
{
  PetscFunctionBegin;
  *greenkubo = &c->greenkubo;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetThermalText(Case c, PetscInt which, const char **text)
{
  PetscFunctionBegin;
  *text = c->thermal.items[which].text;
  PetscFunctionReturn(0);
}
