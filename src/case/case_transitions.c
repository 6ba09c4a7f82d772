/* transitions. */
#include "case_private.h"
#include "case_write.h"
#include <string.h>

static PetscErrorCode read_range(CaseReader *r, const char *path, const char *owner, const char *parameter,
                                 PetscReal range[2])
{
  YamlNode *name = NULL, *node;
  PetscReal *values = NULL;
  PetscInt n = 0;

  PetscFunctionBegin;
  node = YamlFind(r->root, path, &name);
  PetscCall(CaseReadList(r, path, &n, &values));
  if (n == 2) {
    range[0] = values[0];
    range[1] = values[1];
  } else if (node) {
    PetscCall(DiagnosticsError(r->d, node->where, "two different numbers, as [-1, 1]", NULL,
                               "%s is no interval: it is empty or has more than two ends", path));
  } else if (parameter) {
    (void)YamlFind(r->root, owner, &name);
    PetscCall(DiagnosticsError(r->d, name->where, path, NULL, "%s has no range", owner));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

/* Its own box, or that of the domain. */
static PetscErrorCode read_box(CaseReader *r, const YamlNode *name)
{
  CaseTransitions *const t = &r->c->transitions;

  PetscFunctionBegin;
  if (YamlFind(r->root, "transitions.box", NULL))
    PetscCall(CaseReadBox(r, "transitions.box", t->box));
  else if (r->c->domain.given && r->c->domain.is_box)
    PetscCall(PetscArraycpy(&t->box[0][0], &r->c->domain.box[0][0], 2 * REITER_MAX_DIM));
  else
    PetscCall(DiagnosticsError(r->d, name->where, "transitions.box, or domain.box", NULL,
                               "transitions needs a box"));
  PetscFunctionReturn(0);
}

/* A temperature stays positive. */
static PetscErrorCode check_temperature(CaseReader *r)
{
  static const char *const keys[] = {"transitions.range", "transitions.second_range"};
  const CaseTransitions *const t = &r->c->transitions;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < 2; ++k) {
    const YamlNode *const node = YamlFind(r->root, keys[k], NULL);

    if (node && t->names[k] && !strcmp(t->names[k], "temperature") && t->ranges[k][0] < t->ranges[k][1] &&
        !(t->ranges[k][0] > 0))
      PetscCall(DiagnosticsError(r->d, node->where, "temperatures > 0", NULL,
                                 "%s of the temperature begins at %.12g", keys[k], t->ranges[k][0]));
  }
  PetscFunctionReturn(0);
}

/* The columns of branches.csv and phase_curves.csv have names of their own. */
static PetscErrorCode check_observables(CaseReader *r)
{
  static const char *const columns[] = {"curve", "kind", "p", "q", "index", "error"};

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(columns); ++k) {
    YamlNode *name = NULL;
    char path[64];

    PetscCall(PetscSNPrintf(path, sizeof(path), "transitions.observables.%s", columns[k]));
    if (YamlFind(r->root, path, &name))
      PetscCall(DiagnosticsError(
          r->d, name->where, "another name", NULL,
          "an observable of transitions cannot be called '%s': that is a column of branches.csv",
          columns[k]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadTransitions(CaseReader *r)
{
  CaseTransitions *const t = &r->c->transitions;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "transitions", &t->given, &name));
  if (!t->given) PetscFunctionReturn(0);
  PetscCall(read_box(r, name));
  PetscCall(CaseReadText(r, "transitions.parameter", &t->names[0]));
  PetscCall(CaseReadText(r, "transitions.second", &t->names[1]));
  PetscCall(read_range(r, "transitions.range", "transitions.parameter", t->names[0], t->ranges[0]));
  PetscCall(read_range(r, "transitions.second_range", "transitions.second", t->names[1], t->ranges[1]));
  PetscCall(check_temperature(r));
  PetscCall(CaseReadInteger(r, "transitions.map", &t->map));
  PetscCall(CaseReadReal(r, "transitions.tolerance", &t->tolerance));
  PetscCall(CaseReadNamed(r, "transitions.observables", &t->n_observables, &t->observables,
                          &r->c->transition_observables));
  PetscCall(check_observables(r));
  if (r->c->diffusion.given)
    PetscCall(DiagnosticsError(r->d, name->where, "potential in place of diffusion", NULL,
                               "transitions needs a potential"));
  PetscCall(CaseReadList(r, "transitions.exponents", &t->n_exponents, &t->exponents));
  if (t->names[1] && !t->names[0])
    PetscCall(DiagnosticsError(r->d, name->where, "transitions.parameter", NULL,
                               "transitions has a second parameter, but no first"));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseClearTransitions(Case c)
{
  CaseTransitions *const t = &c->transitions;

  PetscFunctionBegin;
  PetscCall(PetscFree(t->names[0]));
  PetscCall(PetscFree(t->names[1]));
  PetscCall(PetscFree(t->exponents));
  for (PetscInt i = 0; i < t->n_observables; ++i) {
    PetscCall(PetscFree(t->observables[i].name));
    PetscCall(ExpressionDestroy(&t->observables[i].formula));
  }
  PetscCall(PetscFree(t->observables));
  PetscCall(CaseFormulasClear(&c->transition_observables));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetTransitions(Case c, const CaseTransitions **transitions)
{
  PetscFunctionBegin;
  *transitions = &c->transitions;
  PetscFunctionReturn(0);
}

void CaseWriteTransitions(FILE *f, const Case c)
{
  static const char *const keys[2][2] = {{"parameter", "range"}, {"second", "second_range"}};
  const CaseTransitions *const t = &c->transitions;

  if (!t->given) return;
  fputs("transitions:\n  box: [", f);
  for (PetscInt i = 0; i < c->dim; ++i) {
    if (i) fputs(", ", f);
    CaseWriteList(f, 2, t->box[i]);
  }
  fputs("]\n", f);
  for (PetscInt k = 0; k < 2; ++k) {
    if (!t->names[k]) continue;
    fprintf(f, "  %s: ", keys[k][0]);
    CaseWriteText(f, t->names[k]);
    fprintf(f, "\n  %s: ", keys[k][1]);
    CaseWriteList(f, 2, t->ranges[k]);
    fputc('\n', f);
  }
  fprintf(f, "  map: %" PetscInt_FMT "\n", t->map);
  CaseWriteEntry(f, "tolerance", t->tolerance);
  if (t->n_observables)
    CaseWriteNamed(f, "observables", t->n_observables, t->observables, &c->transition_observables);
  if (!t->n_exponents) return;
  fputs("  exponents: ", f);
  CaseWriteList(f, t->n_exponents, t->exponents);
  fputc('\n', f);
}
