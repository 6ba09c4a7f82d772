#include "case_private.h"
#include "diagnostics_private.h"

PetscErrorCode CaseCreate(Case *c)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(c));
  PetscFunctionReturn(0);
}

static PetscErrorCode named_clear(PetscInt n, CaseNamed **named)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; ++i) {
    PetscCall(PetscFree((*named)[i].name));
    PetscCall(ExpressionDestroy(&(*named)[i].formula));
  }
  PetscCall(PetscFree(*named));
  PetscFunctionReturn(0);
}

static PetscErrorCode expression_clear(Expression *e)
{
  PetscFunctionBegin;
  if (*e) PetscCall(ExpressionDestroy(e));
  PetscFunctionReturn(0);
}

/* The sections of the macroscopic side. */
static PetscErrorCode dynamics_clear(Case c)
{
  CaseFormulas *const formulas[] = {&c->weight,   &c->tensor, &c->initial, &c->observables,
                                    &c->backward, &c->to,     &c->a,       &c->b};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); ++i)
    PetscCall(CaseFormulasClear(formulas[i]));
  PetscCall(expression_clear(&c->diffusion.log_weight));
  for (PetscInt i = 0; i < REITER_MAX_DIM * REITER_MAX_DIM; ++i) {
    PetscCall(expression_clear(&c->diffusion.tensor[i]));
  }
  for (PetscInt g = 0; g < c->domain.n_groups; ++g) PetscCall(PetscFree(c->domain.groups[g]));
  PetscCall(PetscFree(c->domain.groups));
  PetscCall(PetscFree(c->domain.group_kinds));
  PetscCall(expression_clear(&c->evolve.density));
  PetscCall(PetscFree(c->evolve.times));
  PetscCall(named_clear(c->evolve.n_observables, &c->evolve.observables));
  PetscCall(named_clear(c->evolve.n_backward, &c->evolve.backward));
  PetscCall(PetscFree(c->spectrum.epsilon));
  PetscCall(PetscFree(c->passage.from));
  PetscCall(expression_clear(&c->passage.to));
  PetscCall(expression_clear(&c->passage.committor_a));
  PetscCall(expression_clear(&c->passage.committor_b));
  for (PetscInt i = 0; i < c->converge.n_rates; ++i) PetscCall(PetscFree(c->converge.quantities[i]));
  PetscCall(PetscFree(c->converge.quantities));
  PetscCall(PetscFree(c->converge.rates));
  PetscCall(PetscFree(c->converge.exact));
  for (PetscInt i = 0; i < c->converge.n_epsilon_rates; ++i)
    PetscCall(PetscFree(c->converge.epsilon_quantities[i]));
  PetscCall(PetscFree(c->converge.epsilon_quantities));
  PetscCall(PetscFree(c->converge.epsilon_rates));
  PetscCall(PetscFree(c->converge.epsilon));
  PetscFunctionReturn(0);
}

static PetscErrorCode paths_clear(Case c)
{
  CasePaths *const p = &c->paths;

  PetscFunctionBegin;
  PetscCall(CaseFormulasClear(&c->paths_observables));
  PetscCall(CaseFormulasClear(&c->paths_to));
  PetscCall(CaseFormulasClear(&c->paths_of));
  PetscCall(PetscFree(p->epsilon));
  PetscCall(PetscFree(p->steps));
  PetscCall(PetscFree(p->times));
  PetscCall(PetscFree(p->lags));
  PetscCall(named_clear(p->n_observables, &p->observables));
  PetscCall(expression_clear(&p->passage_to));
  PetscCall(expression_clear(&p->autocorrelation));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseDestroy(Case *c)
{
  PetscFunctionBegin;
  if (!*c) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < (*c)->n_sources; ++i) {
    PetscCall(PetscFree((*c)->sources[i].name));
    PetscCall(PetscFree((*c)->sources[i].text));
  }
  PetscCall(PetscFree((*c)->sources));
  PetscCall(PetscFree((*c)->title));
  PetscCall(PetscFree((*c)->text));
  for (PetscInt i = 0; i < (*c)->n_parameters; ++i) PetscCall(PetscFree((*c)->parameters[i].name));
  for (PetscInt i = 0; i < (*c)->n_parameters; ++i) PetscCall(PetscFree((*c)->parameter_texts[i]));
  PetscCall(PetscFree((*c)->parameters));
  PetscCall(PetscFree((*c)->parameter_texts));
  PetscCall(PetscFree((*c)->temperature_text));
  PetscCall(CaseFormulasClear(&(*c)->macro));
  PetscCall(CaseFormulasClear(&(*c)->micro));
  PetscCall(CaseClearEstimate(*c));
  PetscCall(CaseClearGreenKubo(*c));
  PetscCall(CaseClearTransitions(*c));
  PetscCall(CaseClearKinetic(*c));
  PetscCall(dynamics_clear(*c));
  PetscCall(paths_clear(*c));
  if ((*c)->potential) PetscCall(PotentialDestroy(&(*c)->potential));
  for (PetscInt i = 0; i < REITER_MAX_DIM; ++i) PetscCall(PetscFree((*c)->cell.breaks[i]));
  PetscCall(PetscFree((*c)->effective.points));
  for (PetscInt i = 0; i < (*c)->n_options; ++i) {
    PetscCall(PetscFree((*c)->option_names[i]));
    PetscCall(PetscFree((*c)->option_values[i]));
  }
  PetscCall(PetscFree((*c)->option_names));
  PetscCall(PetscFree((*c)->option_values));
  PetscCall(PetscFree((*c)->option_places));
  for (PetscInt i = 0; i < (*c)->n_places; ++i) PetscCall(PetscFree((*c)->places[i].path));
  PetscCall(PetscFree((*c)->places));
  PetscCall(PetscFree(*c));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetTitle(Case c, const char **title)
{
  PetscFunctionBegin;
  *title = c->title;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetText(Case c, const char **text, size_t *length)
{
  PetscFunctionBegin;
  *text = c->text;
  *length = c->length;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetPotential(Case c, Potential *potential)
{
  PetscFunctionBegin;
  *potential = c->potential;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetCell(Case c, const CaseCell **cell)
{
  PetscFunctionBegin;
  *cell = &c->cell;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetEffective(Case c, const CaseEffective **effective)
{
  PetscFunctionBegin;
  *effective = &c->effective;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetDiffusion(Case c, const CaseDiffusion **diffusion)
{
  PetscFunctionBegin;
  *diffusion = &c->diffusion;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetDomain(Case c, const CaseDomain **domain)
{
  PetscFunctionBegin;
  *domain = &c->domain;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetEvolve(Case c, const CaseEvolve **evolve)
{
  PetscFunctionBegin;
  *evolve = &c->evolve;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetSpectrum(Case c, const CaseSpectrum **spectrum)
{
  PetscFunctionBegin;
  *spectrum = &c->spectrum;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetPassage(Case c, const CasePassage **passage)
{
  PetscFunctionBegin;
  *passage = &c->passage;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetPaths(Case c, const CasePaths **paths)
{
  PetscFunctionBegin;
  *paths = &c->paths;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetConverge(Case c, const CaseConverge **converge)
{
  PetscFunctionBegin;
  *converge = &c->converge;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetEstimate(Case c, const CaseEstimate **estimate)
{
  PetscFunctionBegin;
  *estimate = &c->estimate;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetDimension(Case c, PetscInt *dim)
{
  PetscFunctionBegin;
  *dim = c->dim;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetTemperature(Case c, PetscReal *temperature)
{
  PetscFunctionBegin;
  *temperature = c->temperature;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetOutput(Case c, const CaseOutput **output)
{
  PetscFunctionBegin;
  *output = &c->output;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseSetOutputDirectory(Case c, const char directory[])
{
  PetscFunctionBegin;
  PetscCall(PetscStrncpy(c->output.directory, directory, sizeof(c->output.directory)));
  c->output.by_default = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetPetscOptions(Case c, PetscInt *n, const char *const **names, const char *const **values)
{
  PetscFunctionBegin;
  *n = c->n_options;
  *names = (const char *const *)c->option_names;
  *values = (const char *const *)c->option_values;
  PetscFunctionReturn(0);
}

/* A place in the case's own sources becomes one of the diagnostics'. */
static PetscErrorCode carry_place(Case c, Diagnostics d, SourceSpan *where)
{
  const CaseSource *const source = &c->sources[where->source];

  PetscFunctionBegin;
  PetscCall(DiagnosticsFindSource(d, source->name, source->text, source->length, &where->source));
  PetscFunctionReturn(0);
}

PetscErrorCode CaseGetOptionPlace(Case c, Diagnostics d, const char name[], const char given[],
                                  PetscBool at_value, SourceSpan *where)
{
  PetscFunctionBegin;
  *where = (SourceSpan){0, 0, 0, 0};
  for (PetscInt i = 0; i < c->n_options; ++i) {
    if (strcmp(c->option_names[i], name) || (given && strcmp(c->option_values[i], given))) continue;
    *where = c->option_places[i][at_value ? 1 : 0];
    PetscCall(carry_place(c, d, where));
    break;
  }
  PetscFunctionReturn(0);
}

/* What a formula has to do with a fault: how much it changes over the period, or whether it is not finite. */
static PetscErrorCode measure_fault(Case c, const CaseFormula *formula, const PotentialFault *fault,
                                    PetscReal *share)
{
  const ExpressionScope scope = {c->dim, REITER_MAX_SCALES, c->n_parameters, c->parameters};
  PetscReal point[REITER_VARIABLES], value, shifted = 0;
  ExpressionError error;
  Expression e;

  PetscFunctionBegin;
  *share = 0;
  PetscCall(ExpressionParse(formula->text, strlen(formula->text), &scope, &e, &error));
  if (!e) PetscFunctionReturn(0);
  PetscCall(PetscArraycpy(point, fault->point, REITER_VARIABLES));
  PetscCall(ExpressionEvaluate(e, point, &value));
  if (fault->scale) {
    point[VariableIndex(fault->scale, fault->component)] += 1;
    PetscCall(ExpressionEvaluate(e, point, &shifted));
    *share = PetscAbsReal(value - shifted);
  } else if (PetscIsInfOrNanReal(value)) {
    *share = 1;
  }
  PetscCall(ExpressionDestroy(&e));
  PetscFunctionReturn(0);
}

/* The formula of the list that is to blame; the terms have an order of their own, so they are the second choice. */
static PetscErrorCode find_formula(Case c, const PotentialFault *fault, PetscInt *which)
{
  PetscReal largest = 0, share;
  PetscInt first = 0;

  PetscFunctionBegin;
  *which = 0;
  while (*which + 1 < c->micro.n && fault->term >= first + c->micro.items[*which].n_terms) {
    first += c->micro.items[(*which)++].n_terms;
  }
  for (PetscInt i = 0; i < c->micro.n; ++i) {
    PetscCall(measure_fault(c, &c->micro.items[i], fault, &share));
    if (share <= largest) continue;
    largest = share;
    *which = i;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CaseReportFault(Case c, Diagnostics d, const PotentialFault *fault)
{
  PetscInt which;

  PetscFunctionBegin;
  PetscCheck(c->micro.n, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A fault of a potential without micro formula");
  PetscCall(find_formula(c, fault, &which));
  SourceSpan where = c->micro.items[which].where;

  PetscCall(carry_place(c, d, &where));
  PetscCall(DiagnosticsError(d, where,
                             fault->scale ? "a formula of period 1 in every fast variable"
                                          : "a formula that is finite everywhere",
                             NULL, "potential.micro: %s", fault->message));
  PetscFunctionReturn(0);
}
