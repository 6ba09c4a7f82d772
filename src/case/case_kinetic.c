/* kinetic: the kinetic equation. */
#include "case_private.h"
#include <string.h>

enum { MOST_DIMENSIONS = 2 }; /* of the position */

static PetscErrorCode read_frictions(CaseReader *r)
{
  CaseKinetic *const k = &r->c->kinetic;
  const YamlNode *const node = YamlFind(r->root, "kinetic.friction", NULL);
  YamlNode *name = NULL;

  PetscFunctionBegin;
  PetscCall(CaseReadNumbers(r, "kinetic.friction", &k->n_frictions, &k->frictions));
  (void)YamlFind(r->root, "kinetic", &name);
  if (!node && YamlFind(r->root, "diffusion", NULL) && YamlFind(r->root, "greenkubo", NULL))
    PetscCall(DiagnosticsError(r->d, name->where, "friction: a number", NULL,
                               "kinetic has no friction for the case's diffusion"));
  for (PetscInt i = 0; i < k->n_frictions && node->kind == NODE_SEQUENCE && k->n_frictions == node->n; ++i) {
    for (PetscInt j = 0; j < i; ++j) {
      if (k->frictions[i] == k->frictions[j])
        PetscCall(DiagnosticsError(r->d, node->values[i]->where, "every number once", NULL,
                                   "kinetic.friction holds %.12g twice", k->frictions[i]));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode read_resolution(CaseReader *r)
{
  CaseKinetic *const k = &r->c->kinetic;

  PetscFunctionBegin;
  PetscCall(CaseReadChoice(r, "kinetic.positions", k->positions, sizeof(k->positions)));
  PetscCall(CaseReadIntegers(r, "kinetic.cells", k->cells));
  PetscCall(CaseReadInteger(r, "kinetic.order", &k->order));
  PetscCall(CaseReadInteger(r, "kinetic.levels", &k->levels));
  PetscCall(CaseReadReal(r, "kinetic.tolerance", &k->tolerance));
  PetscCall(CaseReadChoice(r, "kinetic.solver", k->solver, sizeof(k->solver)));
  PetscCall(CaseReadInteger(r, "kinetic.max_unknowns", &k->max_unknowns));
  if (!strcmp(k->positions, "fourier") && k->order)
    PetscCall(DiagnosticsError(r->d, YamlFind(r->root, "kinetic.order", NULL)->where, "kinetic.cells alone",
                               NULL, "kinetic.order belongs to elements, and positions is fourier"));
  if (!strcmp(k->solver, "krylov") && r->c->dim == 1)
    PetscCall(DiagnosticsError(r->d, YamlFind(r->root, "kinetic.solver", NULL)->where,
                               "auto, continued_fraction or lu", NULL,
                               "solver krylov is for two dimensions"));
  PetscFunctionReturn(0);
}

/* What the equation needs of the rest of the case. */
static PetscErrorCode check_model(CaseReader *r, const YamlNode *name)
{
  YamlNode *mesh = NULL;

  PetscFunctionBegin;
  PetscCall(CaseNeedDomain(r, "kinetic", name));
  if (r->c->dim > MOST_DIMENSIONS)
    PetscCall(DiagnosticsError(r->d, name->where, "dimension 1 or 2", NULL,
                               "kinetic has no solver for dimension %" PetscInt_FMT
                               ": its phase space has %" PetscInt_FMT " dimensions",
                               r->c->dim, 2 * r->c->dim));
  if (!YamlFind(r->root, "temperature", NULL))
    PetscCall(DiagnosticsError(r->d, name->where, "temperature: s, as at the top level", NULL,
                               "kinetic needs the case's temperature: the momenta have the variance m s"));
  if (r->c->domain.given && !r->c->domain.is_box) {
    (void)YamlFind(r->root, "domain.mesh", &mesh);
    PetscCall(
        DiagnosticsError(r->d, mesh->where, "domain.box", NULL, "kinetic needs a box in place of a mesh"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_sides(CaseReader *r)
{
  const CaseKinetic *const k = &r->c->kinetic;
  const CaseDomain *const domain = &r->c->domain;
  PetscBool absorbing = PETSC_FALSE, periodic = PETSC_TRUE;
  YamlNode *name = NULL, *node;

  PetscFunctionBegin;
  if (!domain->given || !domain->is_box) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < r->c->dim; ++c) {
    for (PetscInt i = 0; i < 2; ++i) {
      if (domain->sides[c][i] == BOUNDARY_ABSORBING) absorbing = PETSC_TRUE;
      if (domain->sides[c][i] != BOUNDARY_PERIODIC) periodic = PETSC_FALSE;
    }
  }
  if (absorbing)
    PetscCall(DiagnosticsError(r->d, YamlFind(r->root, "domain.boundary", NULL)->where,
                               "reflecting or periodic", NULL, "kinetic has no absorbing sides"));
  if (periodic || absorbing) PetscFunctionReturn(0);
  node = YamlFind(r->root, "kinetic.diffusion", &name);
  if (node && k->diffusion)
    PetscCall(DiagnosticsError(r->d, node->where, "domain.boundary: periodic", NULL,
                               "kinetic.diffusion needs sides that are all periodic: between walls nothing "
                               "diffuses in the end"));
  node = YamlFind(r->root, "kinetic.positions", NULL);
  if (node && !strcmp(k->positions, "fourier"))
    PetscCall(DiagnosticsError(r->d, node->where, "elements, or domain.boundary: periodic", NULL,
                               "positions fourier needs sides that are all periodic"));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadKinetic(CaseReader *r)
{
  CaseKinetic *const k = &r->c->kinetic;
  char tensor[16] = "";
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "kinetic", &k->given, &name));
  if (!k->given) PetscFunctionReturn(0);
  PetscCall(check_model(r, name));
  PetscCall(CaseReadReal(r, "kinetic.mass", &k->mass));
  PetscCall(read_frictions(r));
  PetscCall(CaseReadChoice(r, "kinetic.friction_tensor", tensor, sizeof(tensor)));
  k->plain_friction = !strcmp(tensor, "plain") ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(read_resolution(r));
  PetscCall(CaseReadBool(r, "kinetic.diffusion", &k->diffusion));
  PetscCall(CaseReadInteger(r, "kinetic.spectrum", &k->spectrum));
  PetscCall(CaseReadBool(r, "kinetic.overdamped", &k->overdamped));
  PetscCall(check_sides(r));
  PetscCall(CaseReadKineticEvolution(r));
  if (YamlFind(r->root, "kinetic.diffusion", NULL) && !k->diffusion && !k->spectrum && !k->n_times &&
      !YamlFind(r->root, "kinetic.spectrum", NULL) && !YamlFind(r->root, "kinetic.times", NULL))
    PetscCall(DiagnosticsError(r->d, YamlFind(r->root, "kinetic.diffusion", NULL)->where,
                               "true, or kinetic.spectrum or kinetic.times", NULL,
                               "kinetic asks for nothing"));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseClearKinetic(Case c)
{
  CaseKinetic *const k = &c->kinetic;

  PetscFunctionBegin;
  PetscCall(PetscFree(k->frictions));
  PetscCall(PetscFree(k->times));
  if (k->log_initial) PetscCall(ExpressionDestroy(&k->log_initial));
  for (PetscInt i = 0; i < k->n_observables; ++i) {
    PetscCall(PetscFree(k->observables[i].name));
    PetscCall(ExpressionDestroy(&k->observables[i].formula));
  }
  PetscCall(PetscFree(k->observables));
  PetscCall(CaseFormulasClear(&c->kinetic_initial));
  PetscCall(CaseFormulasClear(&c->kinetic_observables));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetKinetic(Case c, const CaseKinetic **kinetic)
{
  PetscFunctionBegin;
  *kinetic = &c->kinetic;
  PetscFunctionReturn(0);
}
