/* `reiter converge --in epsilon`: the full potential at smaller and smaller e against the homogenized diffusion. */
#include <math.h>
#include <string.h>
#include "options.h"
#include "run_epsilon.h"

/* What such a study needs of a case. */
static PetscErrorCode check_case(EpsilonStudy *s, int *exit_code)
{
  const char *key = NULL, *expected = NULL, *mistake = NULL;
  const CaseDomain *domain;
  VariableSet fast = 0;
  Expression V1;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetDimension(s->run.c, &dim));
  PetscCall(CaseGetDomain(s->run.c, &domain));
  if (s->potential) {
    PetscCall(PotentialGetFormulas(s->potential, NULL, &V1));
    PetscCall(ExpressionVariables(V1, &fast));
    fast &= ~ScaleBits(0);
  }
  if (dim != 1) {
    key = "dimension";
    expected = "dimension: 1";
    mistake = "the full potential at a finite e is solved in one dimension only; `reiter paths` simulates it "
              "in others";
  } else if (!s->potential) {
    key = "diffusion";
    expected = "potential: {macro: ..., micro: ...}";
    mistake = "a diffusion that is given directly has no e to converge in";
  } else if (!fast) {
    key = "potential";
    expected = "potential.micro, with fast variables";
    mistake = "the potential has no fast variable that would see e";
  } else if (!s->wanted->n_epsilon) {
    key = "converge";
    expected = "converge: {epsilon: [0.2, 0.1, 0.05, 0.025]}";
    mistake = "the case names no e to converge in";
  } else if (!domain->given || !domain->is_box) {
    key = "domain";
    expected = "domain: {box: [[-2, 2]], cells: 100}";
    mistake = "there is no interval to compare the diffusions on";
  } else if (s->wanted->n_epsilon < 2 && s->wanted->n_epsilon_rates) {
    key = "converge.epsilon";
    expected = "two or more";
    mistake = "a single e shows no order";
  }
  if (mistake) PetscCall(RunRefuse(s->run.c, s->run.diagnostics, key, expected, exit_code, "%s", mistake));
  PetscFunctionReturn(0);
}

/* Orders of quantities that the case does not compute. */
static PetscErrorCode check_rates(EpsilonStudy *s, int *exit_code)
{
  const char **names;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->n, &names));
  for (PetscInt i = 0; i < s->n; i++) names[i] = s->quantities[i].name;
  for (PetscInt r = 0; r < s->wanted->n_epsilon_rates; r++) {
    const char *const name = s->wanted->epsilon_quantities[r];
    char key[160];
    SourceSpan where;
    PetscBool known = PETSC_FALSE;
    for (PetscInt i = 0; i < s->n; i++) known = (PetscBool)(known || !strcmp(name, names[i]));
    if (known) continue;
    PetscCall(PetscSNPrintf(key, sizeof(key), "converge.epsilon_rates.%s", name));
    PetscCall(CaseGetKeyPlace(s->run.c, s->run.diagnostics, key, &where));
    PetscCall(
        DiagnosticsError(s->run.diagnostics, where,
                         "gap (spectrum:), NAME_at_K (evolve:, an observable at time number K), "
                         "mean_first_passage_time, capacity or "
                         "reaction_rate (passage:), total_variation, equilibrium_entropy or wasserstein",
                         NearestName(name, s->n, names), "the study gives no number '%s'", name));
    *exit_code = REITER_INVALID_INPUT;
  }
  PetscCall(PetscFree(names));
  PetscFunctionReturn(0);
}

/* The domain, which the questions read, and the homogenized coefficients over it. */
static PetscErrorCode prepare(EpsilonStudy *s, int *exit_code)
{
  const CaseDomain *domain;

  PetscFunctionBegin;
  PetscCall(CaseGetConverge(s->run.c, &s->wanted));
  PetscCall(CaseGetPotential(s->run.c, &s->potential));
  PetscCall(check_case(s, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  PetscCall(CaseGetDomain(s->run.c, &domain));
  PetscCall(PetscArraycpy(s->box, domain->box[0], 2));
  PetscCall(PetscArraycpy(s->sides, domain->sides[0], 2));
  PetscCall(EpsilonListQuantities(s));
  PetscCall(check_rates(s, exit_code));
  if (!*exit_code) PetscCall(RunOpenFolder(&s->run, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  PetscCall(CascadeOfCase(s->run.c, &s->run.cascade));
  PetscCall(CascadeSetInterrupt(s->run.cascade, s->run.request->interrupted));
  PetscCall(RunDomain(&s->run, exit_code));
  if (!*exit_code) PetscCall(RunCoefficients(&s->run, exit_code));
  if (s->run.coefficients_checkpoint)
    PetscCall(CheckpointClose(&s->run.coefficients_checkpoint, PETSC_TRUE /* a study is not resumed */));
  PetscFunctionReturn(0);
}

/* Values that the case knows go before computed ones. */
static PetscErrorCode use_exact(EpsilonStudy *s)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < s->wanted->n_rates; r++) {
    if (PetscIsNanReal(s->wanted->exact[r])) continue;
    for (PetscInt i = 0; i < s->n; i++)
      if (!strcmp(s->wanted->quantities[r], s->quantities[i].name))
        s->limit[i] = (EpsilonNumber){s->wanted->exact[r], 0};
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode compute(EpsilonStudy *s, int *exit_code)
{
  PetscInt elements;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(s->n, &s->limit));
  PetscCall(PetscCalloc1(s->n * s->wanted->n_epsilon, &s->at));
  PetscCall(PetscCalloc1(s->wanted->n_epsilon, &s->elements));
  PetscCall(EpsilonMeasure(s, 0, s->limit, &elements, exit_code));
  PetscCall(use_exact(s));
  while (*exit_code == REITER_DONE && s->done < s->wanted->n_epsilon) {
    const PetscReal epsilon = s->wanted->epsilon[s->done];
    const PetscLogDouble started = MPI_Wtime();
    PetscCall(EpsilonMeasure(s, epsilon, &s->at[s->done * s->n], &s->elements[s->done], exit_code));
    if (*exit_code != REITER_DONE) break;
    if (s->run.rank == 0)
      PetscCall(RunFolderLog(s->run.folder, "e = %g: %.2f s", (double)epsilon, MPI_Wtime() - started));
    s->done++;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(EpsilonStudy *s, int *exit_code)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->n; i++) {
    const PetscReal order = EpsilonJudgedOrder(s, i), stated = EpsilonStatedOrder(s, i);
    char key[160];
    SourceSpan where;
    if (EpsilonIsMet(s, i)) continue;
    PetscCall(PetscSNPrintf(key, sizeof(key), "converge.epsilon_rates.%s", s->quantities[i].name));
    PetscCall(CaseGetPlace(s->run.c, s->run.diagnostics, key, &where));
    if (PetscIsNanReal(order))
      PetscCall(DiagnosticsError(s->run.diagnostics, where, NULL, NULL,
                                 "%s shows no order in e that its errors would not hide, and %g is stated",
                                 s->quantities[i].name, (double)stated));
    else
      PetscCall(DiagnosticsError(s->run.diagnostics, where, NULL, NULL,
                                 "%s converges with order %.2f in e, and %g is stated", s->quantities[i].name,
                                 (double)order, (double)stated));
    *exit_code = REITER_UNVERIFIED;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report(EpsilonStudy *s, int exit_code)
{
  PetscFunctionBegin;
  if (s->run.rank) PetscFunctionReturn(0);
  s->run.report.status = RunStatus(exit_code);
  if (s->done) PetscCall(EpsilonWriteCsv(s));
  PetscCall(EpsilonWriteJson(s));
  if (!s->run.request->quiet && s->done == s->wanted->n_epsilon) PetscCall(EpsilonPrint(s, stdout));
  PetscFunctionReturn(0);
}

PetscErrorCode RunConvergeEpsilon(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d,
                                  int *exit_code)
{
  EpsilonStudy s = {.run = {.comm = comm, .c = c, .request = request, .diagnostics = d}};

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(RunBegin(&s.run));
  PetscCall(prepare(&s, exit_code));
  if (*exit_code == REITER_DONE) {
    PetscCall(compute(&s, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(OptionsReportUnused(comm, c, d, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(judge(&s, exit_code));
    if (*exit_code != REITER_INVALID_INPUT) PetscCall(report(&s, *exit_code));
  }
  PetscCall(PetscFree(s.elements));
  PetscCall(PetscFree(s.at));
  PetscCall(PetscFree(s.limit));
  PetscCall(PetscFree(s.quantities));
  PetscCall(RunClose(&s.run));
  PetscFunctionReturn(0);
}
