/* The kinetic equation: diffusion and spectrum over the friction, and how a density in phase space evolves. */
#include <stdio.h>
#include <string.h>
#include "kinetics.h"

static PetscErrorCode is_asked(Case c, PetscBool *asked)
{
  const CaseKinetic *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetKinetic(c, &wanted));
  *asked = wanted->given;
  PetscFunctionReturn(0);
}

/* Whether a formula has no kinks, and the period of the box in every component: else waves do not converge. Fast variables
   may have any values. */
static PetscErrorCode suits_waves(Expression e, const PhaseSpaceSettings *s, PetscBool *suits)
{
  const PetscReal golden = 0.6180339887498949, round_off = 1e-9;

  PetscFunctionBegin;
  PetscCall(ExpressionIsSmooth(e, ScaleBits(0), suits));
  for (PetscInt k = 0; k < 8 * s->dim && *suits; k++) {
    const PetscInt c = k % s->dim, v = VariableIndex(0, c);
    PetscReal point[REITER_SLOTS], value, shifted, part;

    for (PetscInt i = 0; i < REITER_SLOTS; i++) {
      part = golden * (PetscReal)((k + 1) * (i + 3));
      point[i] = part - PetscFloorReal(part);
    }
    for (PetscInt i = 0; i < s->dim; i++)
      point[VariableIndex(0, i)] = s->box[i][0] + point[VariableIndex(0, i)] * (s->box[i][1] - s->box[i][0]);
    PetscCall(ExpressionEvaluate(e, point, &value));
    point[v] += s->box[c][1] - s->box[c][0];
    PetscCall(ExpressionEvaluate(e, point, &shifted));
    if (!(PetscAbsReal(value - shifted) <= round_off * (1 + PetscAbsReal(value)))) *suits = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

/* What the cascade tabulates is smooth and periodic where the formulas are. */
static PetscErrorCode do_formulas_suit(const Setting *setting, const PhaseSpaceSettings *s, PetscBool *suit)
{
  const CaseDiffusion *given;
  CaseFamily family;
  char *refused = NULL, *suggestion = NULL;
  PetscBool part;

  PetscFunctionBegin;
  PetscCall(CaseGetDiffusion(setting->c, &given));
  if (given->given) {
    *suit = given->log_weight ? PETSC_TRUE : PETSC_FALSE; /* a table has no formula */
    if (*suit) PetscCall(suits_waves(given->log_weight, s, suit));
    for (PetscInt i = 0; i < s->dim * s->dim && *suit; i++) PetscCall(suits_waves(given->tensor[i], s, suit));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseMakeFamily(setting->c, 0, NULL, &family, &refused, &suggestion));
  PetscCheck(!refused, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", refused);
  PetscCall(suits_waves(family.V0, s, suit));
  PetscCall(suits_waves(family.V1, s, &part));
  *suit = (PetscBool)(*suit && part);
  PetscCall(CaseFamilyDestroy(&family));
  PetscFunctionReturn(0);
}

static PetscErrorCode choose_positions(const Setting *setting, PhaseSpaceSettings *settings)
{
  PetscBool waves = PETSC_TRUE;

  PetscFunctionBegin;
  if (strcmp(settings->positions, "auto")) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < settings->dim; i++) waves = (PetscBool)(waves && settings->periodic[i]);
  if (settings->order) waves = PETSC_FALSE; /* elements have one */
  if (waves) PetscCall(do_formulas_suit(setting, settings, &waves));
  PetscCall(PetscStrncpy(settings->positions, waves ? "fourier" : "elements", sizeof(settings->positions)));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsProblem(const Setting *setting, PetscReal friction, KineticProblem *problem)
{
  const CaseKinetic *wanted;
  const CaseDomain *domain;
  PhaseSpaceSettings *const s = &problem->settings;

  PetscFunctionBegin;
  PetscCall(CaseGetKinetic(setting->c, &wanted));
  PetscCall(CaseGetDomain(setting->c, &domain));
  PetscCall(PetscMemzero(problem, sizeof(*problem)));
  problem->coefficients = setting->coefficients;
  problem->friction = friction;
  problem->tolerance = wanted->tolerance;
  problem->max_unknowns = wanted->max_unknowns;
  problem->interrupted = setting->interrupted;
  PetscCall(PetscStrncpy(problem->solver, wanted->solver, sizeof(problem->solver)));
  PetscCall(CaseGetDimension(setting->c, &s->dim));
  PetscCall(CaseGetTemperature(setting->c, &s->temperature));
  s->mass = wanted->mass;
  s->plain_friction = wanted->plain_friction;
  s->order = wanted->order;
  s->levels = wanted->levels;
  for (PetscInt i = 0; i < s->dim; i++) {
    s->box[i][0] = domain->box[i][0];
    s->box[i][1] = domain->box[i][1];
    s->periodic[i] = (PetscBool)(domain->sides[i][0] == BOUNDARY_PERIODIC);
    s->cells[i] = wanted->cells[i];
  }
  PetscCall(PetscStrncpy(s->positions, wanted->positions, sizeof(s->positions)));
  PetscCall(choose_positions(setting, s));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticsReportFault(const Setting *setting, const CoefficientFault *fault,
                                   CellFailure *failure)
{
  const CaseDiffusion *given;

  PetscFunctionBegin;
  PetscCall(CaseGetDiffusion(setting->c, &given));
  PetscCall(ReportAtKey(setting, given->given ? "diffusion" : "domain", NULL, failure, "%s", fault->message));
  PetscFunctionReturn(0);
}

PetscInt KineticsSlowest(const KineticRecord *record)
{
  PetscInt slowest = -1;

  for (PetscInt i = 1; i < record->n; i++) {
    if (slowest < 0 || record->re[i] > record->re[slowest]) slowest = i;
  }
  return slowest;
}

static PetscErrorCode create(const Setting *setting, Kinetics *made)
{
  Kinetics k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  PetscCall(CaseGetKinetic(setting->c, &k->wanted));
  PetscCall(CaseGetDimension(setting->c, &k->dim));
  const PetscInt n = k->wanted->n_times, observed = n * k->wanted->n_observables;

  PetscCall(PetscCalloc1(k->wanted->n_frictions, &k->records));
  PetscCall(PetscCalloc6(n, &k->mass, n, &k->minimum, n, &k->relative_entropy, n, &k->chi_square, observed,
                         &k->observables, observed, &k->observable_errors));
  *made = k;
  PetscFunctionReturn(0);
}

static PetscErrorCode answer(const Setting *setting, void **made, CellFailure *failure)
{
  Kinetics k = NULL;

  PetscFunctionBegin;
  PetscCall(create(setting, &k));
  *made = k;
  k->has_records = (PetscBool)(k->wanted->diffusion || k->wanted->spectrum);
  if (k->has_records) PetscCall(KineticsShare(setting, k, failure));
  if (failure->status == CELL_OK && k->has_records && k->wanted->overdamped)
    PetscCall(KineticsLimit(setting, k, failure));
  if (failure->status == CELL_OK && k->wanted->n_times) PetscCall(KineticsEvolve(setting, k, failure));
  PetscFunctionReturn(0);
}

/* A number of the first friction, or of the last time, with its error; *known is false if there is none. */
static void find_quantity(const Kinetics k, const char name[], PetscReal *value, PetscReal *error,
                          PetscBool *known)
{
  const KineticRecord *const record = k->records;
  const PetscInt slowest = KineticsSlowest(record), observables = k->wanted->n_observables;
  const PetscInt last = (k->wanted->n_times - 1) * observables;
  int number, end = 0;

  *known = PETSC_FALSE;
  if (!strcmp(name, "kinetic_gap") && slowest > 0) {
    *value = -record->re[slowest];
    *error = record->error[slowest];
    *known = PETSC_TRUE;
  }
  if (sscanf(name, "kinetic_eigenvalue_%d%n", &number, &end) == 1 && !name[end] && number >= 0 &&
      number < record->n) {
    *value = record->re[number];
    *error = record->error[number];
    *known = PETSC_TRUE;
  }
  for (PetscInt i = 0; i < k->dim * k->dim && k->wanted->diffusion; i++) {
    char entry[32];

    snprintf(entry, sizeof(entry), k->dim == 1 ? "kinetic_diffusion" : "kinetic_diffusion_%c%c",
             "xy"[i / k->dim], "xy"[i % k->dim]);
    if (strcmp(name, entry)) continue;
    *value = record->D[i];
    *error = record->D_error[i];
    *known = PETSC_TRUE;
  }
  for (PetscInt i = 0; i < observables; i++) {
    if (strcmp(name, k->wanted->observables[i].name)) continue;
    *value = k->observables[last + i];
    *error = k->observable_errors[last + i];
    *known = PETSC_TRUE;
  }
}

static PetscErrorCode quantity(void *answer, const char name[], PetscReal *value, PetscBool *known)
{
  PetscReal error;

  PetscFunctionBegin;
  find_quantity(answer, name, value, &error, known);
  PetscFunctionReturn(0);
}

static PetscErrorCode quantity_error(void *answer, const char name[], PetscReal *error)
{
  PetscReal value;
  PetscBool known;

  PetscFunctionBegin;
  *error = NAN;
  find_quantity(answer, name, &value, error, &known);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **answer)
{
  Kinetics k = *answer;

  PetscFunctionBegin;
  if (!k) PetscFunctionReturn(0);
  if (k->checkpoint) PetscCall(CheckpointClose(&k->checkpoint, PETSC_FALSE));
  if (k->evolution.space) PetscCall(KineticEvolutionDestroy(&k->evolution));
  PetscCall(PetscFree6(k->mass, k->minimum, k->relative_entropy, k->chi_square, k->observables,
                       k->observable_errors));
  PetscCall(PetscFree(k->records));
  PetscCall(PetscFree(k));
  *answer = NULL;
  PetscFunctionReturn(0);
}

const Question KineticQuestion = {.key = "kinetic",
                                  .IsAsked = is_asked,
                                  .Answer = answer,
                                  .WriteFiles = KineticsWriteFiles,
                                  .WriteJson = KineticsWriteJson,
                                  .Print = KineticsPrint,
                                  .Quantity = quantity,
                                  .QuantityError = quantity_error,
                                  .Destroy = destroy};
