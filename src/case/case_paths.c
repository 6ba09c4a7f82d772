/* paths: what is simulated, and what is measured on it. */
#include "case_private.h"
#include <string.h>

PetscErrorCode CaseReadNumbers(CaseReader *r, const char *path, PetscInt *n, PetscReal **values)
{
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node) PetscFunctionReturn(0);
  for (PetscInt i = 0; node->kind == NODE_SCALAR && key->choices && key->choices[i]; ++i) {
    if (!strcmp(node->text, key->choices[i])) PetscFunctionReturn(0);
  }
  const PetscBool list = node->kind == NODE_SEQUENCE ? PETSC_TRUE : PETSC_FALSE;

  if (node->kind == NODE_MAPPING || (list && !node->n)) {
    PetscCall(CaseWrongType(r, key, node, NULL));
    PetscFunctionReturn(0);
  }
  PetscCall(PetscMalloc1(list ? node->n : 1, values));
  for (PetscInt i = 0; i < (list ? node->n : 1); ++i) {
    PetscCall(CaseReadNumber(r, key, list ? node->values[i] : node, &(*values)[*n], &good));
    if (good) ++*n;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report(CaseReader *r, const char *path, const char *expected, const char *message)
{
  YamlNode *name = NULL, *const node = YamlFind(r->root, path, &name);

  PetscFunctionBegin;
  if (!name) (void)YamlFind(r->root, "paths", &name);
  PetscCall(DiagnosticsError(r->d, node && node->kind != NODE_MAPPING ? node->where : name->where, expected,
                             NULL, "%s", message));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_start(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;
  const KeySpec *key;
  YamlNode *node;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, "paths.initial", &key, &node));
  if (!node) PetscFunctionReturn(0);
  if (node->kind == NODE_SCALAR && !strcmp(node->text, key->choices[0]))
    p->equilibrium = PETSC_TRUE;
  else
    PetscCall(CaseReadPoint(r, key, node, p->initial, &good));
  PetscFunctionReturn(0);
}

/* Its own box, or that of the domain; who needs one and has none is told so. */
static PetscErrorCode read_box(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;
  const char *needing = NULL;

  PetscFunctionBegin;
  p->has_box = PETSC_TRUE;
  if (YamlFind(r->root, "paths.box", NULL)) {
    PetscCall(CaseReadBox(r, "paths.box", p->box));
  } else if (r->c->domain.given && r->c->domain.is_box) {
    PetscCall(PetscArraycpy(&p->box[0][0], &r->c->domain.box[0][0], 2 * REITER_MAX_DIM));
  } else {
    p->has_box = PETSC_FALSE;
  }
  if (p->has_box) PetscFunctionReturn(0);
  if (p->homogenized) needing = "paths.homogenized";
  if (p->equilibrium) needing = "paths.initial";
  if (YamlFind(r->root, "paths.histogram", NULL)) needing = "paths.histogram";
  if (needing) {
    char message[80];

    snprintf(message, sizeof(message), "%s needs a box", needing);
    PetscCall(report(r, needing, "paths.box, or domain.box", message));
  }
  PetscFunctionReturn(0);
}

/* The homogenized equation knows nothing outside of its box. */
static PetscErrorCode check_start(CaseReader *r)
{
  const CasePaths *const p = &r->c->paths;

  PetscFunctionBegin;
  if (!p->homogenized || !p->has_box || p->equilibrium) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < r->c->dim; ++c) {
    char expected[96], message[96];

    if (p->box[c][0] >= p->box[c][1] || (p->initial[c] >= p->box[c][0] && p->initial[c] <= p->box[c][1]))
      continue;
    snprintf(expected, sizeof(expected), "%c from %.12g to %.12g", "xyz"[c], p -> box[c][0], p -> box[c][1]);
    snprintf(message, sizeof(message), "paths.initial lies outside of the box: %c = %.12g", "xyz"[c],
             p -> initial[c]);
    PetscCall(report(r, YamlFind(r->root, "paths.initial", NULL) ? "paths.initial" : "paths.box", expected,
                     message));
    break;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_ensembles(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;
  char expected[120];

  PetscFunctionBegin;
  PetscCall(CaseReadNumbers(r, "paths.epsilon", &p->n_epsilon, &p->epsilon));
  p->homogenized = YamlFind(r->root, "paths.epsilon", NULL) ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(CaseReadBool(r, "paths.homogenized", &p->homogenized));
  if (p->n_epsilon && r->c->diffusion.given)
    PetscCall(
        report(r, "paths.epsilon", "potential in place of diffusion", "paths.epsilon needs a potential"));
  for (PetscInt i = 1; i < p->n_epsilon; ++i) {
    for (PetscInt j = 0; j < i; ++j) {
      if (p->epsilon[i] == p->epsilon[j])
        PetscCall(report(r, "paths.epsilon", "every number once", "paths.epsilon holds a number twice"));
    }
  }
  const PetscInt ensembles = p->n_epsilon + (p->homogenized ? 1 : 0);

  if (!ensembles && !YamlFind(r->root, "paths.epsilon", NULL))
    PetscCall(report(r, "paths.homogenized", "paths.epsilon, or homogenized: true",
                     "paths has nothing to simulate"));
  PetscCall(CaseReadNumbers(r, "paths.step", &p->n_steps, &p->steps));
  if (p->n_steps <= 1 || p->n_steps == ensembles) PetscFunctionReturn(0);
  snprintf(expected, sizeof(expected), "one step, or %" PetscInt_FMT ": one for each ensemble", ensembles);
  PetscCall(
      report(r, "paths.step", expected, "paths.step holds another number of steps than there are ensembles"));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_times(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;

  PetscFunctionBegin;
  PetscCall(CaseReadReal(r, "paths.time", &p->time));
  PetscCall(CaseReadReal(r, "paths.burn_in", &p->burn_in));
  PetscCall(CaseReadInteger(r, "paths.every", &p->every));
  PetscCall(CaseReadList(r, "paths.times", &p->n_times, &p->times));
  if (p->time > 0 && p->burn_in >= p->time)
    PetscCall(report(r, "paths.burn_in", "less than paths.time", "nothing is left after paths.burn_in"));
  if (p->time > 0 && p->n_times && p->times[p->n_times - 1] > p->time * (1 + 1e-12))
    PetscCall(report(r, "paths.times", "times up to paths.time", "paths.times goes beyond paths.time"));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_autocorrelation(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;
  PetscReal until = 0;
  PetscInt count = 0;

  PetscFunctionBegin;
  if (!YamlFind(r->root, "paths.autocorrelation", NULL)) PetscFunctionReturn(0);
  PetscCall(CaseReadFormula(r, "paths.autocorrelation.of", &r->c->paths_of, &p->autocorrelation));
  PetscCall(CaseReadList(r, "paths.autocorrelation.lags", &p->n_lags, &p->lags));
  PetscCall(CaseReadReal(r, "paths.autocorrelation.until", &until));
  PetscCall(CaseReadInteger(r, "paths.autocorrelation.count", &count));
  if (!p->lags && until > 0 && count > 0) {
    p->n_lags = count + 1;
    PetscCall(PetscMalloc1(p->n_lags, &p->lags));
    for (PetscInt i = 0; i <= count; ++i) p->lags[i] = until * (PetscReal)i / (PetscReal)count;
  }
  if (p->n_lags && p->time > 0 && p->lags[p->n_lags - 1] > p->time - p->burn_in)
    PetscCall(report(r,
                     YamlFind(r->root, "paths.autocorrelation.until", NULL) ? "paths.autocorrelation.until"
                                                                            : "paths.autocorrelation.lags",
                     "less than paths.time without its burn_in", "a lag is longer than the paths"));
  PetscFunctionReturn(0);
}

static PetscErrorCode read_statistics(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;

  PetscFunctionBegin;
  if (YamlFind(r->root, "paths.histogram", NULL)) {
    PetscCall(CaseReadIntegers(r, "paths.histogram.cells", p->histogram));
    PetscReal cells = 1;

    for (PetscInt i = 0; i < r->c->dim; ++i) cells *= p->histogram[i];
    if (cells > 1e7)
      PetscCall(
          report(r, "paths.histogram.cells", "at most 10 million cells", "the histogram has too many cells"));
  }
  PetscCall(
      CaseReadNamed(r, "paths.observables", &p->n_observables, &p->observables, &r->c->paths_observables));
  if (p->n_times && !p->n_observables && !YamlFind(r->root, "paths.observables", NULL))
    PetscCall(report(r, "paths.times", "paths.observables beside it",
                     "paths.times has nothing to take the mean of"));
  if (YamlFind(r->root, "paths.passage", NULL))
    PetscCall(CaseReadFormula(r, "paths.passage.to", &r->c->paths_to, &p->passage_to));
  PetscCall(read_autocorrelation(r));
  if (YamlFind(r->root, "paths.trajectories", NULL)) {
    PetscCall(CaseReadInteger(r, "paths.trajectories.count", &p->trajectories));
    PetscCall(CaseReadInteger(r, "paths.trajectories.every", &p->trajectory_every));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadPaths(CaseReader *r)
{
  CasePaths *const p = &r->c->paths;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "paths", &p->given, &name));
  if (!p->given) PetscFunctionReturn(0);
  PetscCall(read_ensembles(r));
  PetscCall(CaseReadChoice(r, "paths.scheme", p->scheme, sizeof(p->scheme)));
  PetscCall(CaseReadInteger(r, "paths.count", &p->count));
  PetscCall(CaseReadInteger(r, "paths.seed", &p->seed));
  PetscCall(read_times(r));
  PetscCall(read_start(r));
  PetscCall(read_box(r));
  PetscCall(check_start(r));
  PetscCall(read_statistics(r));
  PetscFunctionReturn(0);
}
