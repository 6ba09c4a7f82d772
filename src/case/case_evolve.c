/* evolve: the density over time. */
#include "case_private.h"
#include <string.h>

/* Columns of observables.csv that are always there. */
static const char *const columns[] = {"time", "mass", "minimum", "relative_entropy", NULL};

static PetscErrorCode read_delta(CaseReader *r)
{
  CaseEvolve *const evolve = &r->c->evolve;
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "evolve.initial.delta", &key, &node));
  if (!node) PetscFunctionReturn(0);
  evolve->initial = INITIAL_DELTA;
  PetscCall(CaseReadPoint(r, key, node, evolve->delta, &good));
  if (good) PetscCall(CaseCheckInside(r, "evolve.initial.delta", node, evolve->delta));
  PetscFunctionReturn(0);
}

/* A key that means something beside another one only. */
static PetscErrorCode check_companion(CaseReader *r, const char *path, const char *needed)
{
  char other[64], expected[80];
  YamlNode *name;

  PetscFunctionBegin;
  snprintf(other, sizeof(other), "evolve.initial.%s", needed);
  snprintf(expected, sizeof(expected), "%s beside it", needed);
  if (YamlFind(r->root, path, &name) && !YamlFind(r->root, other, NULL)) {
    PetscCall(DiagnosticsError(r->d, name->where, expected, NULL, "%s belongs to %s", path, other));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_gibbs(CaseReader *r)
{
  CaseEvolve *const evolve = &r->c->evolve;
  YamlNode *name, *const node = YamlFind(r->root, "evolve.initial.gibbs", &name);

  PetscFunctionBegin;
  PetscCall(check_companion(r, "evolve.initial.temperature", "gibbs"));
  evolve->gibbs_temperature = r->c->temperature;
  PetscCall(CaseReadReal(r, "evolve.initial.temperature", &evolve->gibbs_temperature));
  if (!node) PetscFunctionReturn(0);
  evolve->initial = INITIAL_GIBBS;
  PetscCall(CaseReadFormula(r, "evolve.initial.gibbs", &r->c->initial, &evolve->density));
  if (!YamlFind(r->root, "evolve.initial.temperature", NULL) && !YamlFind(r->root, "temperature", NULL) &&
      r->c->diffusion.given) {
    PetscCall(DiagnosticsError(r->d, name->where, "evolve.initial.temperature, or the case's temperature",
                               NULL, "evolve.initial.gibbs needs a temperature"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_initial(CaseReader *r)
{
  CaseEvolve *const evolve = &r->c->evolve;
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  evolve->file_time = -1;
  PetscCall(CaseReadNode(r, "evolve.initial", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind == NODE_SEQUENCE) PetscCall(CaseWrongType(r, key, node, NULL));
  if (node->kind == NODE_SCALAR) {
    PetscCall(CaseReadFormula(r, "evolve.initial", &r->c->initial, &evolve->density));
  }
  if (node->kind != NODE_MAPPING) PetscFunctionReturn(0);
  PetscCall(read_delta(r));
  if (YamlFind(r->root, "evolve.initial.file", NULL)) evolve->initial = INITIAL_FILE;
  PetscCall(CaseReadFile(r, "evolve.initial.file", evolve->file, &r->c->initial_hash));
  PetscCall(check_companion(r, "evolve.initial.time", "file"));
  PetscCall(CaseReadReal(r, "evolve.initial.time", &evolve->file_time));
  PetscCall(read_gibbs(r));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_observables(CaseReader *r)
{
  CaseEvolve *const evolve = &r->c->evolve;
  const YamlNode *const node = YamlFind(r->root, "evolve.observables", NULL);

  PetscFunctionBegin;
  PetscCall(CaseReadNamed(r, "evolve.observables", &evolve->n_observables, &evolve->observables,
                          &r->c->observables));
  for (PetscInt i = 0; node && node->kind == NODE_MAPPING && i < node->n; ++i) {
    for (PetscInt k = 0; columns[k]; ++k) {
      if (strcmp(node->keys[i]->text, columns[k])) continue;
      PetscCall(DiagnosticsError(r->d, node->keys[i]->where, "another name", NULL,
                                 "an observable cannot be called '%s': that is always given", columns[k]));
    }
  }
  PetscCall(CaseReadNamed(r, "evolve.backward", &evolve->n_backward, &evolve->backward, &r->c->backward));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_marginals(CaseReader *r)
{
  const KeySpec *key;
  YamlNode *node;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "evolve.marginals", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind != NODE_SEQUENCE) {
    PetscCall(CaseWrongType(r, key, node, "a list of axes, as [x, y]"));
    PetscFunctionReturn(0);
  }
  if (node->n && r->c->domain.given && !r->c->domain.is_box) {
    PetscCall(DiagnosticsError(r->d, node->where, "domain.box in place of domain.mesh", NULL,
                               "evolve.marginals needs a box"));
  }
  for (PetscInt i = 0; i < node->n; ++i) {
    PetscCall(CaseCheckChoice(r, key, node->values[i], &which));
    if (which < 0) continue;
    r->c->evolve.marginals[which] = PETSC_TRUE;
    if (!r->c->dim || which < r->c->dim) continue;
    PetscCall(DiagnosticsError(r->d, node->values[i]->where, NULL, NULL,
                               "%s needs dimension %" PetscInt_FMT ", but dimension is %" PetscInt_FMT,
                               key->choices[which], which + 1, r->c->dim));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadEvolve(CaseReader *r)
{
  CaseEvolve *const evolve = &r->c->evolve;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "evolve", &evolve->given, &name));
  if (!evolve->given) PetscFunctionReturn(0);
  PetscCall(CaseNeedDomain(r, "evolve", name));
  PetscCall(read_initial(r));
  PetscCall(CaseReadList(r, "evolve.times", &evolve->n_times, &evolve->times));
  PetscCall(read_observables(r));
  PetscCall(read_marginals(r));
  PetscCall(CaseReadBool(r, "evolve.currents", &evolve->currents));
  PetscCall(CaseReadChoice(r, "evolve.method", evolve->method, sizeof(evolve->method)));
  PetscCall(CaseReadReal(r, "evolve.tolerance", &evolve->tolerance));
  evolve->positive = !strcmp(r->c->domain.scheme, "monotone") ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(CaseReadBool(r, "evolve.positive", &evolve->positive));
  PetscFunctionReturn(0);
}
