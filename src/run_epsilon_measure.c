/* The numbers of one diffusion, at a finite e or homogenized, with their errors. */
#include <math.h>
#include <reiter/distance.h>
#include <reiter/interval.h>
#include <string.h>
#include "run_epsilon.h"

/* Elements of order 4 for each shortest period that an evolution begins with, and the most that it may take. */
enum { ORDER = 4, ELEMENTS_PER_PERIOD = 4, MOST_ELEMENTS = 200000 };

static const char *const distance_names[] = {"total_variation", "equilibrium_entropy", "wasserstein"};
static const char *const distance_texts[] = {"int |mu^e - mu0|, without a factor 1/2",
                                             "relative entropy of mu^e to mu0",
                                             "Wasserstein-1 distance of mu^e and mu0"};

static PetscErrorCode add(EpsilonStudy *s, EpsilonSource source, PetscInt which, const char name[],
                          const char text[])
{
  EpsilonQuantity *const q = &s->quantities[s->n++];

  PetscFunctionBegin;
  q->source = source;
  q->which = which;
  PetscCall(PetscStrncpy(q->name, name, sizeof(q->name)));
  PetscCall(PetscStrncpy(q->text, text, sizeof(q->text)));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_observables(EpsilonStudy *s, const CaseEvolve *evolve)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < evolve->n_observables && evolve->given; i++) {
    for (PetscInt k = 0; k < evolve->n_times; k++) {
      char name[96], text[128];
      PetscCall(PetscSNPrintf(name, sizeof(name), "%s_at_%" PetscInt_FMT, evolve->observables[i].name, k));
      (void)snprintf(text, sizeof(text), "%s at t = %g", evolve->observables[i].name,
                     (double)evolve->times[k]);
      PetscCall(add(s, FROM_EVOLVE, k, name, text));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EpsilonListQuantities(EpsilonStudy *s)
{
  const CaseSpectrum *spectrum;
  const CaseEvolve *evolve;
  const CasePassage *passage;
  /* Passage times on a circle need a mesh: the interval's integrals do not know them. */
  const PetscBool line = (PetscBool)(s->sides[0] != BOUNDARY_PERIODIC);
  const PetscBool absorbs =
      (PetscBool)(s->sides[0] == BOUNDARY_ABSORBING || s->sides[1] == BOUNDARY_ABSORBING);

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(s->run.c, &spectrum));
  PetscCall(CaseGetEvolve(s->run.c, &evolve));
  PetscCall(CaseGetPassage(s->run.c, &passage));
  PetscCall(PetscCalloc1(8 + evolve->n_observables * evolve->n_times + passage->n_from, &s->quantities));
  if (spectrum->given)
    PetscCall(add(s, FROM_GAP, 0, "gap", absorbs ? "smallest eigenvalue" : "spectral gap"));
  PetscCall(add_observables(s, evolve));
  for (PetscInt k = 0; k < passage->n_from && passage->given && line; k++) {
    char name[96] = "mean_first_passage_time", text[128];
    if (k) (void)snprintf(name, sizeof(name), "mean_first_passage_time_%" PetscInt_FMT, k);
    (void)snprintf(text, sizeof(text), "mean first passage time from x = %g", (double)passage->from[k]);
    PetscCall(add(s, FROM_PASSAGE, k, name, text));
  }
  if (passage->given && passage->committor_a && line) {
    PetscCall(add(s, FROM_PASSAGE, 0, "capacity", "capacity, int w D q'^2"));
    PetscCall(add(s, FROM_PASSAGE, 0, "reaction_rate", "reaction rate"));
  }
  /* On a circle int |P - Q| depends on where it is cut. */
  for (PetscInt k = 0; k < DISTANCES && !absorbs; k++)
    if (k != DISTANCE_WASSERSTEIN || line)
      PetscCall(add(s, FROM_DISTANCE, k, distance_names[k], distance_texts[k]));
  PetscFunctionReturn(0);
}

/* No number, because of the coefficients. */
static PetscErrorCode fail(CellFailure *failure, const CoefficientFault *fault)
{
  PetscFunctionBegin;
  failure->status = fault->trouble == COEFFICIENT_UNRESOLVED ? CELL_NOT_CONVERGED : CELL_NOT_FINITE;
  PetscCall(PetscStrncpy(failure->message, fault->message, sizeof(failure->message)));
  PetscFunctionReturn(0);
}

/* Orders are read off numbers, not off logarithms. */
static PetscErrorCode check(const char name[], PetscReal value, CellFailure *failure)
{
  PetscFunctionBegin;
  if (PetscIsInfOrNanReal(value) || (!strcmp(name, "gap") && value <= 0)) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(
        PetscSNPrintf(failure->message, sizeof(failure->message), "%s is beyond the range of numbers", name));
  }
  PetscFunctionReturn(0);
}

/* Panels that begin with half a period. */
static PetscErrorCode gap(const EpsilonStudy *s, Coefficients coefficients, PetscReal period,
                          EpsilonNumber *number, CellFailure *failure)
{
  const PetscReal length = s->box[1] - s->box[0];
  const PetscInt n = period > 0 ? (PetscInt)PetscMin(PetscCeilReal(2 * length / period), 1e5) : 0;
  const CaseSpectrum *wanted;
  CoefficientFault fault;
  IntervalResult result;
  Interval interval;
  PetscReal *breaks;

  PetscFunctionBegin;
  PetscCall(CaseGetSpectrum(s->run.c, &wanted));
  PetscCall(PetscMalloc1(n, &breaks));
  for (PetscInt i = 0; i < n; i++) breaks[i] = s->box[0] + length * (PetscReal)i / (PetscReal)n;
  PetscCall(IntervalCreate(coefficients, s->box[0], s->box[1], s->sides, n, breaks, &interval));
  PetscCall(PetscFree(breaks));
  PetscCall(IntervalSetTolerance(interval, wanted->tolerance));
  PetscCall(IntervalSetUp(interval, &fault));
  if (fault.trouble == COEFFICIENT_GOOD) {
    PetscCall(IntervalGap(interval, &result, 0, NULL, NULL));
    number->value = PetscExpReal(result.log_value);
    number->error = number->value * result.error;
    PetscCall(check("gap", number->value, failure));
  } else
    PetscCall(fail(failure, &fault));
  PetscCall(IntervalDestroy(&interval));
  PetscFunctionReturn(0);
}

/* Asks one of the questions for the numbers that come from it. */
static PetscErrorCode ask(const EpsilonStudy *s, const char key[], EpsilonSource source,
                          const Setting *setting, EpsilonNumber numbers[], CellFailure *failure)
{
  const Question *question = NULL;
  void *answer = NULL;

  PetscFunctionBegin;
  for (PetscInt i = 0; Questions[i]; i++)
    if (!strcmp(Questions[i]->key, key)) question = Questions[i];
  PetscCheck(question && question->QuantityError, s->run.comm, PETSC_ERR_PLIB, "No question %s", key);
  PetscCall(question->Answer(setting, &answer, failure));
  for (PetscInt i = 0; i < s->n && failure->status == CELL_OK; i++) {
    PetscBool known = PETSC_FALSE;
    if (s->quantities[i].source != source) continue;
    PetscCall(question->Quantity(answer, s->quantities[i].name, &numbers[i].value, &known));
    PetscCheck(known, s->run.comm, PETSC_ERR_PLIB, "The answer has no %s", s->quantities[i].name);
    PetscCall(question->QuantityError(answer, s->quantities[i].name, &numbers[i].error));
    PetscCall(check(s->quantities[i].name, numbers[i].value, failure));
  }
  if (answer) PetscCall(question->Destroy(&answer));
  PetscFunctionReturn(0);
}

static Setting setting_of(const EpsilonStudy *s, Coefficients coefficients)
{
  return (Setting){.comm = s->run.comm,
                   .rank = s->run.rank,
                   .c = s->run.c,
                   .diagnostics = s->run.diagnostics,
                   .quiet = PETSC_TRUE,
                   .interrupted = s->run.request->interrupted,
                   .potential = s->potential,
                   .coefficients = coefficients,
                   .domain = s->run.domain};
}

static PetscErrorCode evolve_on(const EpsilonStudy *s, Coefficients coefficients, PetscInt elements,
                                EpsilonNumber numbers[], CellFailure *failure)
{
  const PetscReal box[1][2] = {{s->box[0], s->box[1]}};
  const Boundary sides[1][2] = {{s->sides[0], s->sides[1]}};
  Setting setting = setting_of(s, coefficients);
  CoefficientFault fault;

  PetscFunctionBegin;
  PetscCall(DomainCreateBox(s->run.comm, 1, box, &elements, ORDER, sides, &setting.domain));
  PetscCall(DiffusionCreate(setting.domain, coefficients, &setting.diffusion));
  PetscCall(DiffusionSetScheme(setting.diffusion, "fem"));
  PetscCall(DiffusionSetUp(setting.diffusion, &fault));
  if (fault.trouble == COEFFICIENT_GOOD)
    PetscCall(ask(s, "evolve", FROM_EVOLVE, &setting, numbers, failure));
  else
    PetscCall(fail(failure, &fault));
  PetscCall(DiffusionDestroy(&setting.diffusion));
  PetscCall(DomainDestroy(&setting.domain));
  PetscFunctionReturn(0);
}

/* Whether twice the elements change nothing but what the evolution's own tolerance allows; errors[i] then count the mesh
   too: the change over 2^4 - 1, though linear functionals are better than the order of the elements. */
static PetscBool is_resolved(const EpsilonStudy *s, const EpsilonNumber coarse[], EpsilonNumber fine[])
{
  PetscBool resolved = PETSC_TRUE;

  for (PetscInt i = 0; i < s->n; i++) {
    if (s->quantities[i].source != FROM_EVOLVE) continue;
    const PetscReal change = PetscAbsReal(fine[i].value - coarse[i].value) / ((1 << ORDER) - 1);
    if (change > fine[i].error + 1e-9 * PetscAbsReal(fine[i].value)) resolved = PETSC_FALSE;
    fine[i].error += change;
  }
  return resolved;
}

/* Elements are doubled until that changes nothing. */
static PetscErrorCode evolve(const EpsilonStudy *s, Coefficients coefficients, PetscReal period,
                             EpsilonNumber numbers[], PetscInt *elements, CellFailure *failure)
{
  const PetscReal length = s->box[1] - s->box[0],
                  wanted = period > 0 ? ELEMENTS_PER_PERIOD * PetscCeilReal(length / period) : 0;
  const CaseDomain *domain;
  EpsilonNumber *coarse;
  PetscBool resolved = PETSC_FALSE;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(s->run.c, &domain));
  if (2 * wanted > MOST_ELEMENTS) {
    failure->status = CELL_NOT_CONVERGED;
    PetscCall(
        PetscSNPrintf(failure->message, sizeof(failure->message),
                      "the evolution would need %.0f elements and then twice as many, and %d are the most",
                      (double)wanted, (int)MOST_ELEMENTS));
    PetscFunctionReturn(0);
  }
  n = PetscMax((PetscInt)wanted, PetscMin(domain->cells[0], MOST_ELEMENTS / 2));
  PetscCall(PetscCalloc1(s->n, &coarse));
  PetscCall(evolve_on(s, coefficients, n, coarse, failure));
  while (failure->status == CELL_OK && !resolved && 2 * n <= MOST_ELEMENTS) {
    n *= 2;
    PetscCall(evolve_on(s, coefficients, n, numbers, failure));
    PetscCall(CheckSignal(s->run.comm, s->run.request->interrupted, failure));
    if (failure->status == CELL_OK) resolved = is_resolved(s, coarse, numbers);
    PetscCall(PetscArraycpy(coarse, numbers, s->n));
  }
  *elements = n;
  PetscCall(PetscFree(coarse));
  PetscFunctionReturn(0);
}

/* Of mu^e from mu0, or what that tends to. */
static PetscErrorCode distances(const EpsilonStudy *s, Coefficients coefficients, PetscReal period,
                                EpsilonNumber numbers[], CellFailure *failure)
{
  CoefficientFault fault;
  CoefficientsInfo info;
  Distances d;

  PetscFunctionBegin;
  if (period > 0)
    PetscCall(DistancesCompute(coefficients, s->run.coefficients, s->box[0], s->box[1], period, &d, &fault));
  else
    PetscCall(DistancesLimit(s->potential, s->box[0], s->box[1], 1e-9, &d, &fault));
  if (fault.trouble != COEFFICIENT_GOOD) PetscCall(fail(failure, &fault));
  /* An error of log Z1 of delta moves log(p/q), and so each distance over its scale, by that at most. */
  PetscCall(CoefficientsGetInfo(s->run.coefficients, NULL, &info));
  for (PetscInt i = 0; i < s->n && failure->status == CELL_OK; i++) {
    const PetscInt k = s->quantities[i].which;
    const PetscReal scale = k == DISTANCE_WASSERSTEIN ? s->box[1] - s->box[0] : 2;
    if (s->quantities[i].source != FROM_DISTANCE) continue;
    numbers[i].value = d.value[k];
    numbers[i].error = d.error[k] + (period > 0 ? scale * info.error : 0);
  }
  PetscFunctionReturn(0);
}

static PetscBool needs(const EpsilonStudy *s, EpsilonSource source)
{
  for (PetscInt i = 0; i < s->n; i++)
    if (s->quantities[i].source == source) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscErrorCode measure(EpsilonStudy *s, Coefficients coefficients, PetscReal period,
                              EpsilonNumber numbers[], PetscInt *elements, CellFailure *failure)
{
  const Setting setting = setting_of(s, coefficients);

  PetscFunctionBegin;
  if (needs(s, FROM_DISTANCE)) PetscCall(distances(s, coefficients, period, numbers, failure));
  if (needs(s, FROM_GAP) && failure->status == CELL_OK)
    PetscCall(gap(s, coefficients, period, &numbers[0], failure));
  if (needs(s, FROM_PASSAGE) && failure->status == CELL_OK)
    PetscCall(ask(s, "passage", FROM_PASSAGE, &setting, numbers, failure));
  if (failure->status == CELL_OK) PetscCall(CheckSignal(s->run.comm, s->run.request->interrupted, failure));
  if (needs(s, FROM_EVOLVE) && failure->status == CELL_OK)
    PetscCall(evolve(s, coefficients, period, numbers, elements, failure));
  PetscFunctionReturn(0);
}

/* The homogenized values have the error of M and Z too: to first order each is worth as much as the other. */
static PetscErrorCode add_error_of_coefficients(const EpsilonStudy *s, EpsilonNumber numbers[])
{
  CoefficientsInfo info;

  PetscFunctionBegin;
  PetscCall(CoefficientsGetInfo(s->run.coefficients, NULL, &info));
  for (PetscInt i = 0; i < s->n; i++)
    if (s->quantities[i].source != FROM_DISTANCE)
      numbers[i].error += info.error * PetscAbsReal(numbers[i].value);
  PetscFunctionReturn(0);
}

/* An e that is too small for the limits of work has a place in the case. */
static PetscErrorCode judge(EpsilonStudy *s, const CellFailure *failure, PetscReal epsilon, int *exit_code)
{
  char what[64] = "the homogenized diffusion";
  SourceSpan where;

  PetscFunctionBegin;
  if (epsilon > 0) (void)snprintf(what, sizeof(what), "e = %g", (double)epsilon);
  if (failure->status == CELL_INTERRUPTED) {
    *exit_code = REITER_INTERRUPTED;
    if (s->run.rank == 0) PetscCall(RunFolderLog(s->run.folder, "interrupted at %s", what));
    PetscFunctionReturn(0);
  }
  if (failure->status != CELL_NOT_CONVERGED || epsilon <= 0) {
    PetscCall(RunJudgeFailure(&s->run, failure, what, exit_code));
    PetscFunctionReturn(0);
  }
  PetscCall(CaseGetPlace(s->run.c, s->run.diagnostics, "converge.epsilon", &where));
  PetscCall(DiagnosticsError(s->run.diagnostics, where, "a larger e, or a shorter domain.box", NULL,
                             "no result for %s: %s", what, failure->message));
  *exit_code = REITER_NOT_CONVERGED;
  PetscFunctionReturn(0);
}

PetscErrorCode EpsilonMeasure(EpsilonStudy *s, PetscReal epsilon, EpsilonNumber numbers[], PetscInt *elements,
                              int *exit_code)
{
  CellFailure failure = {CELL_OK, ""};
  Coefficients resolved = NULL;
  PetscReal period = 0;
  PetscInt scales;

  PetscFunctionBegin;
  *elements = 0;
  if (epsilon > 0) {
    PetscCall(PotentialGetSizes(s->potential, NULL, &scales, NULL));
    period = PetscPowReal(epsilon, (PetscReal)scales);
    PetscCall(CoefficientsCreateResolved(s->potential, epsilon, &resolved));
    PetscCall(CoefficientsSetUp(resolved, s->run.request->interrupted, &failure));
  }
  if (failure.status == CELL_OK)
    PetscCall(measure(s, resolved ? resolved : s->run.coefficients, period, numbers, elements, &failure));
  if (failure.status == CELL_OK && !resolved) PetscCall(add_error_of_coefficients(s, numbers));
  PetscCall(judge(s, &failure, epsilon, exit_code));
  PetscCall(CoefficientsDestroy(&resolved));
  PetscFunctionReturn(0);
}
