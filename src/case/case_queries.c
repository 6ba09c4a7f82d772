/* spectrum, passage and converge. */
#include "case_private.h"
#include <math.h>
#include <string.h>

/* Which method fits to the dimension and to the scheme. */
static PetscErrorCode check_method(CaseReader *r)
{
  const CaseSpectrum *const spectrum = &r->c->spectrum;
  const YamlNode *const method = YamlFind(r->root, "spectrum.method", NULL);
  const YamlNode *const precision = YamlFind(r->root, "spectrum.precision", NULL);

  PetscFunctionBegin;
  if (method && !strcmp(spectrum->method, "flux") && r->c->dim > 1) {
    PetscCall(DiagnosticsError(r->d, method->where, "dimension 1, or another method", NULL,
                               "spectrum.method flux does not work in dimension %" PetscInt_FMT, r->c->dim));
  }
  if (method && !strcmp(spectrum->method, "elimination") && r->c->domain.given &&
      strcmp(r->c->domain.scheme, "monotone")) {
    PetscCall(DiagnosticsError(r->d, method->where, "domain.scheme: monotone, or another method", NULL,
                               "spectrum.method elimination needs scheme monotone"));
  }
  if (precision && !strcmp(spectrum->precision, "long_double") && !strcmp(spectrum->method, "slepc")) {
    PetscCall(DiagnosticsError(r->d, precision->where, "auto or double, or another method", NULL,
                               "spectrum.method slepc knows no long_double"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode check_epsilon(CaseReader *r)
{
  YamlNode *name;
  const char *needed = NULL;

  PetscFunctionBegin;
  if (!YamlFind(r->root, "spectrum.epsilon", &name)) PetscFunctionReturn(0);
  if (r->c->dim > 2) needed = "dimension 1 or 2";
  if (!YamlFind(r->root, "potential.micro", NULL)) needed = "potential.micro";
  if (!r->c->spectrum.constants) needed = "constants: true";
  if (needed) {
    PetscCall(DiagnosticsError(r->d, name->where, NULL, NULL, "spectrum.epsilon needs %s", needed));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadSpectrum(CaseReader *r)
{
  CaseSpectrum *const spectrum = &r->c->spectrum;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "spectrum", &spectrum->given, &name));
  if (!spectrum->given) PetscFunctionReturn(0);
  PetscCall(CaseNeedDomain(r, "spectrum", name));
  PetscCall(CaseReadInteger(r, "spectrum.count", &spectrum->count));
  PetscCall(CaseReadChoice(r, "spectrum.method", spectrum->method, sizeof(spectrum->method)));
  PetscCall(CaseReadChoice(r, "spectrum.precision", spectrum->precision, sizeof(spectrum->precision)));
  PetscCall(CaseReadReal(r, "spectrum.tolerance", &spectrum->tolerance));
  PetscCall(CaseReadBool(r, "spectrum.constants", &spectrum->constants));
  PetscCall(CaseReadList(r, "spectrum.epsilon", &spectrum->n_epsilon, &spectrum->epsilon));
  PetscCall(check_method(r));
  PetscCall(check_epsilon(r));
  PetscFunctionReturn(0);
}

static PetscBool is_absorbing_somewhere(const CaseDomain *domain)
{
  for (PetscInt c = 0; c < REITER_MAX_DIM && domain->is_box; ++c) {
    if (domain->sides[c][0] == BOUNDARY_ABSORBING || domain->sides[c][1] == BOUNDARY_ABSORBING)
      return PETSC_TRUE;
  }
  for (PetscInt g = 0; g < domain->n_groups; ++g) {
    if (domain->group_kinds[g] == BOUNDARY_ABSORBING) return PETSC_TRUE;
  }
  return domain->otherwise == BOUNDARY_ABSORBING ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode read_from(CaseReader *r)
{
  CasePassage *const passage = &r->c->passage;
  YamlNode *name, *const node = YamlFind(r->root, "passage.from", &name);

  PetscFunctionBegin;
  PetscCall(CaseReadPoints(r, "passage.from", &passage->n_from, &passage->from));
  for (PetscInt i = 0; i < passage->n_from; ++i) {
    PetscCall(CaseCheckInside(r, "passage.from", node->values[i], passage->from + i * r->c->dim));
  }
  if (node && !YamlFind(r->root, "passage.to", NULL) && !is_absorbing_somewhere(&r->c->domain)) {
    PetscBool misspelt;

    PetscCall(CaseIsMisspelt(YamlFind(r->root, "passage", NULL), "passage", "to", &misspelt));
    if (!misspelt) {
      PetscCall(DiagnosticsError(r->d, name->where, "passage.to, or an absorbing boundary", NULL,
                                 "passage.from has nowhere to go"));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadPassage(CaseReader *r)
{
  CasePassage *const passage = &r->c->passage;
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "passage", &passage->given, &name));
  if (!passage->given) PetscFunctionReturn(0);
  PetscCall(CaseNeedDomain(r, "passage", name));
  PetscCall(read_from(r));
  PetscCall(CaseReadFormula(r, "passage.to", &r->c->to, &passage->to));
  PetscCall(CaseReadFormula(r, "passage.committor.a", &r->c->a, &passage->committor_a));
  PetscCall(CaseReadFormula(r, "passage.committor.b", &r->c->b, &passage->committor_b));
  PetscCall(CaseReadChoice(r, "passage.precision", passage->precision, sizeof(passage->precision)));
  PetscCall(CaseReadReal(r, "passage.tolerance", &passage->tolerance));
  PetscFunctionReturn(0);
}

/* Numbers by the names of quantities, which are added to names[n] where they are not there yet; room for all of them is. */
static PetscErrorCode read_quantities(CaseReader *r, const char *path, PetscInt *n, char *names[],
                                      PetscReal values[])
{
  const KeySpec *key;
  YamlNode *node;

  PetscFunctionBegin;
  PetscCall(CaseReadNode(r, path, &key, &node));
  if (!node || YamlIsNull(node)) PetscFunctionReturn(0);
  if (node->kind != NODE_MAPPING) PetscCall(CaseWrongType(r, key, node, NULL));
  for (PetscInt i = 0; node->kind == NODE_MAPPING && i < node->n; ++i) {
    PetscBool named, good;
    PetscReal value;
    PetscInt at = 0;

    PetscCall(CaseCheckName(r, node->keys[i], "a quantity", &named));
    PetscCall(CaseReadNumber(r, key, node->values[i], &value, &good));
    if (!named || !good) continue;
    while (at < *n && strcmp(names[at], node->keys[i]->text)) ++at;
    if (at == *n) PetscCall(PetscStrallocpy(node->keys[i]->text, &names[(*n)++]));
    values[at] = value;
  }
  PetscFunctionReturn(0);
}

static int descending(const void *first, const void *second)
{
  const PetscReal a = *(const PetscReal *)first, b = *(const PetscReal *)second;

  return (a < b) - (a > b);
}

/* The list of e and the orders in it. */
static PetscErrorCode read_epsilon(CaseReader *r)
{
  CaseConverge *const converge = &r->c->converge;
  const YamlNode *const rates = YamlFind(r->root, "converge.epsilon_rates", NULL);
  const PetscInt most = rates ? rates->n : 0;

  PetscFunctionBegin;
  PetscCall(CaseReadList(r, "converge.epsilon", &converge->n_epsilon, &converge->epsilon));
  if (converge->n_epsilon > 1)
    qsort(converge->epsilon, (size_t)converge->n_epsilon, sizeof(*converge->epsilon), descending);
  PetscCall(PetscCalloc1(most, &converge->epsilon_quantities));
  PetscCall(PetscMalloc1(most, &converge->epsilon_rates));
  PetscCall(read_quantities(r, "converge.epsilon_rates", &converge->n_epsilon_rates,
                            converge->epsilon_quantities, converge->epsilon_rates));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReadConverge(CaseReader *r)
{
  CaseConverge *const converge = &r->c->converge;
  const YamlNode *const rates = YamlFind(r->root, "converge.rates", NULL);
  const YamlNode *const exact = YamlFind(r->root, "converge.exact", NULL);
  const PetscInt most = (rates ? rates->n : 0) + (exact ? exact->n : 0);
  YamlNode *name;

  PetscFunctionBegin;
  PetscCall(CaseReadSection(r, "converge", &converge->given, &name));
  if (!converge->given) PetscFunctionReturn(0);
  PetscCall(CaseReadInteger(r, "converge.levels", &converge->levels));
  PetscCall(PetscCalloc1(most, &converge->quantities));
  PetscCall(PetscMalloc1(most, &converge->rates));
  PetscCall(PetscMalloc1(most, &converge->exact));
  for (PetscInt i = 0; i < most; ++i) converge->rates[i] = converge->exact[i] = NAN;
  PetscCall(read_quantities(r, "converge.rates", &converge->n_rates, converge->quantities, converge->rates));
  PetscCall(read_quantities(r, "converge.exact", &converge->n_rates, converge->quantities, converge->exact));
  PetscCall(read_epsilon(r));
  PetscFunctionReturn(0);
}
