/* The plan of the ensembles that a case asks for: equations, steps, and what `reiter validate` says of them. */
#include <math.h>
#include "run_paths.h"

/* A double counts the steps. */
static const PetscReal most_steps = 4e15;
static PetscErrorCode check_asked(Case c, Diagnostics d, int *exit_code)
{
  const CasePaths *wanted;
  PetscInt stopping, others;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  if (!wanted->given) {
    PetscCall(RunRefuse(c, d, NULL, "paths: {epsilon: 0.1, time: 100, observables: {mean: x}}", exit_code,
                        "the case has no section paths"));
    PetscFunctionReturn(0);
  }
  PetscCall(EnsembleAsked(c, PETSC_TRUE, &stopping));
  PetscCall(EnsembleAsked(c, PETSC_FALSE, &others));
  if (!stopping && !others)
    PetscCall(
        RunRefuse(c, d, "paths",
                  "observables, histogram, autocorrelation, passage or trajectories; or a section estimate",
                  exit_code, "nothing is measured on the paths"));
  PetscFunctionReturn(0);
}

void PathsNameEquation(const EnsemblePlan *plan, char name[], size_t size)
{
  if (plan->epsilon > 0)
    snprintf(name, size, "e = %.10g", (double)plan->epsilon);
  else
    snprintf(name, size, "the homogenized equation");
}

/* What follows from the step of a plan. */
static PetscErrorCode count_steps(const CasePaths *wanted, EnsemblePlan *plan, Diagnostics d, int *exit_code)
{
  const PetscReal steps = PetscCeilReal(wanted->time / plan->dt * (1 - 1e-12));
  char equation[64];

  PetscFunctionBegin;
  if (steps > most_steps) {
    PetscCall(RunRefuse(plan->c, d, "paths.time", NULL, exit_code, "%.3g steps are more than can be counted",
                        (double)steps));
    PetscFunctionReturn(0);
  }
  plan->steps = (PetscInt64)steps;
  plan->burn_in = (PetscInt64)PetscCeilReal(wanted->burn_in / plan->dt * (1 - 1e-12));
  PathsNameEquation(plan, equation, sizeof(equation));
  if ((wanted->histogram[0] || wanted->autocorrelation || (wanted->n_observables && !wanted->n_times)) &&
      plan->burn_in + plan->every > plan->steps)
    PetscCall(RunRefuse(plan->c, d, "paths.every", NULL, exit_code,
                        "no sample is taken: there are %lld steps after burn_in with %s",
                        (long long)(plan->steps - plan->burn_in), equation));
  PetscFunctionReturn(0);
}

/* Down to three digits, so that it is not too large itself. */
static PetscReal rounded_down(PetscReal step)
{
  const PetscReal unit = pow(10, floor(log10(step)) - 2);

  return floor(step / unit) * unit;
}

/* The step that the case gives to ensemble i; 0: none. */
static PetscReal given_step(const CasePaths *wanted, PetscInt i)
{
  return wanted->n_steps ? wanted->steps[wanted->n_steps == 1 ? 0 : i] : 0;
}

PetscErrorCode PathsChooseSteps(PetscInt i, EnsemblePlan *plan, Diagnostics d, int *exit_code)
{
  const CasePaths *wanted;
  PetscReal box[REITER_MAX_DIM][2], largest, automatic;
  char equation[64];

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(EnsembleGetBox(plan->c, box));
  PathsNameEquation(plan, equation, sizeof(equation));
  PetscCall(DynamicsLargestStep(plan->dynamics, (const PetscReal(*)[2])box, &largest, &automatic));
  plan->dt = given_step(wanted, i);
  if (!wanted->n_steps) plan->dt = PetscMin(automatic, wanted->time);
  if (!(plan->dt > 0) || PetscIsInfOrNanReal(plan->dt))
    PetscCall(RunRefuse(plan->c, d, "paths.step", NULL, exit_code,
                        "no step can be found: the drift of %s is not finite", equation));
  else if (plan->dt > largest)
    PetscCall(RunRefuse(plan->c, d, "paths.step", NULL, exit_code,
                        "the step %.10g is too large for %s: the largest sensible one is %.3g",
                        (double)plan->dt, equation, (double)rounded_down(largest)));
  else
    PetscCall(count_steps(wanted, plan, d, exit_code));
  PetscFunctionReturn(0);
}

static PathScheme scheme_of(const CasePaths *wanted)
{
  if (!strcmp(wanted->scheme, "second_order")) return PATHS_SECOND_ORDER;
  if (!strcmp(wanted->scheme, "metropolis")) return PATHS_METROPOLIS;
  if (!strcmp(wanted->scheme, "leimkuhler_matthews")) return PATHS_LEIMKUHLER_MATTHEWS;
  return PATHS_EULER;
}

PetscErrorCode PathsBeginPlan(Case c, PetscInt i, EnsemblePlan *plan)
{
  const CasePaths *wanted;
  Potential potential;
  PetscInt scales = 0;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  PetscCall(CaseGetPotential(c, &potential));
  *plan = (EnsemblePlan){.c = c,
                         .scheme = scheme_of(wanted),
                         .count = wanted->count,
                         .every = wanted->every,
                         .seed = (uint64_t)wanted->seed};
  PetscCall(CaseGetDimension(c, &plan->dim));
  if (i < wanted->n_epsilon) {
    PetscCall(PotentialGetSizes(potential, NULL, &scales, NULL));
    plan->epsilon = wanted->epsilon[i];
    plan->finest = scales ? pow(plan->epsilon, (double)scales) : 0;
    PetscCall(PetscSNPrintf(plan->label, sizeof(plan->label), "epsilon_%.10g", (double)plan->epsilon));
  } else {
    PetscCall(PetscStrncpy(plan->label, "homogenized", sizeof(plan->label)));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PathsMakeHomogenized(Run *run, Dynamics *dynamics, int *exit_code)
{
  const CasePaths *wanted;
  const CaseCell *cell;
  CoefficientFault fault;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(run->c, &wanted));
  PetscCall(CaseGetCell(run->c, &cell));
  PetscCall(CaseGetPotential(run->c, &potential));
  PetscCall(CascadeOfCase(run->c, &run->cascade));
  PetscCall(RunLogPlan(run));
  PetscCall(RunCoefficientsOver(run, wanted->box, exit_code));
  if (*exit_code != REITER_DONE) PetscFunctionReturn(0);
  PetscCall(DynamicsCreateDiffusion(run->coefficients, wanted->box, potential ? cell->tolerance : 1e-10,
                                    dynamics, &fault));
  if (*dynamics) PetscFunctionReturn(0);
  PetscCall(RunReportFault(run, &fault));
  *exit_code = REITER_INVALID_INPUT;
  PetscFunctionReturn(0);
}

PetscErrorCode PathsPlanPart(const EnsemblePlan *whole, PetscInt k, EnsemblePlan *plan, PetscBool *asked)
{
  const CasePaths *wanted;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(whole->c, &wanted));
  PetscCall(EnsembleAsked(whole->c, k == PART_STOPPING ? PETSC_TRUE : PETSC_FALSE, &n));
  *asked = n ? PETSC_TRUE : PETSC_FALSE;
  *plan = *whole;
  if (k == PART_GOING) PetscFunctionReturn(0);
  plan->target = wanted->passage_to;
  /* The others are made for the equilibrium and falsify times. */
  if (plan->scheme != PATHS_SECOND_ORDER) plan->scheme = PATHS_EULER;
  PetscFunctionReturn(0);
}

/* Steps, scheme and statistics of ensemble i, whose dynamics are there; stream may be NULL. */
static PetscErrorCode judge_plan(PetscInt i, EnsemblePlan *plan, Diagnostics d, FILE *stream, int *exit_code)
{
  const CasePaths *wanted;
  char equation[64];

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(PathsChooseSteps(i, plan, d, exit_code));
  for (PetscInt k = 0; k < PARTS && *exit_code == REITER_DONE; k++) {
    EnsemblePlan part;
    const char *section;
    char *refused = NULL;
    PetscBool asked;

    PetscCall(PathsPlanPart(plan, k, &part, &asked));
    if (asked) PetscCall(EnsembleCheck(&part, &section, &refused));
    if (refused) PetscCall(RunRefuse(plan->c, d, section, NULL, exit_code, "%s", refused));
    PetscCall(PetscFree(refused));
  }
  PathsNameEquation(plan, equation, sizeof(equation));
  if (*exit_code == REITER_DONE && stream)
    fprintf(stream, "paths: %lld of %s, each %lld steps of %.4g, scheme %s\n", (long long)plan->count,
            equation, (long long)plan->steps, (double)plan->dt, wanted->scheme);
  PetscFunctionReturn(0);
}

PetscErrorCode PathsJudge(Case c, Diagnostics d, FILE *stream, int *exit_code)
{
  const CasePaths *wanted;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(check_asked(c, d, exit_code));
  PetscCall(CaseGetPaths(c, &wanted));
  PetscCall(CaseGetPotential(c, &potential));
  for (PetscInt i = 0; i < wanted->n_epsilon && *exit_code == REITER_DONE; i++) {
    EnsemblePlan plan;

    PetscCall(PathsBeginPlan(c, i, &plan));
    PetscCall(DynamicsCreateMultiscale(potential, wanted->epsilon[i], &plan.dynamics));
    PetscCall(judge_plan(i, &plan, d, stream, exit_code));
    PetscCall(DynamicsDestroy(&plan.dynamics));
  }
  if (!wanted->homogenized || !potential || *exit_code != REITER_DONE) PetscFunctionReturn(0);
  if (wanted->n_steps) {
    EnsemblePlan plan;

    PetscCall(PathsBeginPlan(c, wanted->n_epsilon, &plan));
    plan.dt = given_step(wanted, wanted->n_epsilon);
    PetscCall(count_steps(wanted, &plan, d, exit_code));
  }
  if (stream && *exit_code == REITER_DONE)
    fprintf(stream, "paths: %" PetscInt_FMT " of the homogenized equation, scheme %s\n", wanted->count,
            wanted->scheme);
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanPaths(Case c, Diagnostics d, FILE *stream)
{
  const RunRequest request = {.quiet = PETSC_TRUE};
  Run run = {.comm = PETSC_COMM_SELF, .c = c, .request = &request, .diagnostics = d};
  int exit_code = REITER_DONE;
  const CasePaths *wanted;
  Potential potential;
  EnsemblePlan plan;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  PetscCall(CaseGetPotential(c, &potential));
  if (!wanted->given) PetscFunctionReturn(0);
  PetscCall(PathsJudge(c, d, stream, &exit_code));
  if (potential || exit_code != REITER_DONE) PetscFunctionReturn(0);
  PetscCall(RunBegin(&run)); /* a diffusion that the case gives: its dynamics need no cells */
  PetscCall(PathsBeginPlan(c, wanted->n_epsilon, &plan));
  PetscCall(PathsMakeHomogenized(&run, &plan.dynamics, &exit_code));
  if (exit_code == REITER_DONE) PetscCall(judge_plan(wanted->n_epsilon, &plan, d, stream, &exit_code));
  if (plan.dynamics) PetscCall(DynamicsDestroy(&plan.dynamics));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}
