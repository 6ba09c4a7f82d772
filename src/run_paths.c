/* `reiter paths`: case -> dynamics -> ensembles of paths -> run folder. */
#include <math.h>
#include "options.h"
#include "report_paths.h"
#include "run_private.h"

/* A double counts the steps. */
static const PetscReal most_steps = 4e15;
/* The part of the largest step that `auto` takes: the relative weak error of Euler's scheme is about half of it. */
static const PetscReal automatic_part = 0.02;
/* Half of the box in which the drift is looked at where the case gives none. */
static const PetscReal half_box = 2;

/* A mistake at a key of the case. */
static PetscErrorCode refuse(Case c, Diagnostics d, const char key[], const char expected[], int *exit_code,
                             const char format[], ...) PETSC_ATTRIBUTE_FORMAT(6, 7);

static PetscErrorCode refuse(Case c, Diagnostics d, const char key[], const char expected[], int *exit_code,
                             const char format[], ...)
{
  char message[512];
  SourceSpan where;
  va_list arguments;

  PetscFunctionBegin;
  va_start(arguments, format);
  vsnprintf(message, sizeof(message), format, arguments);
  va_end(arguments);
  PetscCall(CaseGetPlace(c, d, key, &where));
  PetscCall(DiagnosticsError(d, where, expected, NULL, "%s", message));
  *exit_code = REITER_INVALID_INPUT;
  PetscFunctionReturn(0);
}

static PetscErrorCode check_asked(Case c, Diagnostics d, int *exit_code)
{
  const CasePaths *wanted;
  PetscInt stopping, others;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  if (!wanted->given) {
    PetscCall(DiagnosticsError(d, (SourceSpan){0}, "paths: {epsilon: 0.1, time: 100, observables: {mean: x}}",
                               NULL, "the case has no section paths"));
    *exit_code = REITER_INVALID_INPUT;
    PetscFunctionReturn(0);
  }
  PetscCall(EnsembleAsked(c, PETSC_TRUE, &stopping));
  PetscCall(EnsembleAsked(c, PETSC_FALSE, &others));
  if (!stopping && !others)
    PetscCall(refuse(c, d, "paths", "observables, histogram, autocorrelation, passage or trajectories",
                     exit_code, "nothing is measured on the paths"));
  PetscFunctionReturn(0);
}

/* Where the drift is looked at. */
static void box_of(const CasePaths *wanted, PetscReal box[][2])
{
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    box[c][0] = wanted->has_box ? wanted->box[c][0] : wanted->initial[c] - half_box;
    box[c][1] = wanted->has_box ? wanted->box[c][1] : wanted->initial[c] + half_box;
  }
}

/* "e = 0.1", or the homogenized equation. */
static void name_equation(const EnsemblePlan *plan, char name[], size_t size)
{
  if (plan->epsilon > 0)
    snprintf(name, size, "e = %.10g", (double)plan->epsilon);
  else
    snprintf(name, size, "the homogenized equation");
}

/* The step of ensemble i, and what follows from it. */
static PetscErrorCode choose_steps(const CasePaths *wanted, PetscInt i, EnsemblePlan *plan, Diagnostics d,
                                   int *exit_code)
{
  PetscReal box[REITER_MAX_DIM][2], largest, steps;
  char equation[64];

  PetscFunctionBegin;
  box_of(wanted, box);
  name_equation(plan, equation, sizeof(equation));
  PetscCall(DynamicsLargestStep(plan->dynamics, (const PetscReal(*)[2])box, &largest));
  if (wanted->n_steps)
    plan->dt = wanted->steps[wanted->n_steps == 1 ? 0 : i];
  else
    plan->dt = PetscMin(automatic_part * largest, wanted->time);
  if (!(plan->dt > 0) || PetscIsInfOrNanReal(plan->dt)) {
    PetscCall(refuse(plan->c, d, "paths.step", NULL, exit_code,
                     "no step can be found: the drift of %s is not finite", equation));
    PetscFunctionReturn(0);
  }
  if (plan->dt > largest) {
    PetscCall(refuse(
        plan->c, d, "paths.step", NULL, exit_code,
        "the step %.10g is too large for %s: the largest sensible one is %.3g", (double)plan->dt, equation,
        (double)(floor(largest / pow(10, floor(log10(largest)) - 2)) * pow(10, floor(log10(largest)) - 2))));
    PetscFunctionReturn(0);
  }
  steps = PetscCeilReal(wanted->time / plan->dt * (1 - 1e-12));
  if (steps > most_steps) {
    PetscCall(refuse(plan->c, d, "paths.time", NULL, exit_code, "%.3g steps are more than can be counted",
                     (double)steps));
    PetscFunctionReturn(0);
  }
  plan->steps = (PetscInt64)steps;
  plan->burn_in = (PetscInt64)PetscCeilReal(wanted->burn_in / plan->dt * (1 - 1e-12));
  if ((wanted->histogram[0] || wanted->autocorrelation || (wanted->n_observables && !wanted->n_times)) &&
      plan->burn_in + plan->every > plan->steps)
    PetscCall(refuse(plan->c, d, "paths.every", NULL, exit_code,
                     "no sample is taken: there are %lld steps after burn_in with %s",
                     (long long)(plan->steps - plan->burn_in), equation));
  PetscFunctionReturn(0);
}

static PathScheme scheme_of(const CasePaths *wanted)
{
  if (!strcmp(wanted->scheme, "second_order")) return PATHS_SECOND_ORDER;
  if (!strcmp(wanted->scheme, "metropolis")) return PATHS_METROPOLIS;
  if (!strcmp(wanted->scheme, "leimkuhler_matthews")) return PATHS_LEIMKUHLER_MATTHEWS;
  return PATHS_EULER;
}

/* All but the dynamics. */
static PetscErrorCode begin_plan(Case c, PetscInt i, EnsemblePlan *plan)
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

/* The homogenized equation, or the diffusion that the case gives, in the box. */
static PetscErrorCode make_homogenized(Run *run, Dynamics *dynamics, int *exit_code)
{
  const CasePaths *wanted;
  const CaseCell *cell;
  CoefficientFault fault;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(run->c, &wanted));
  PetscCall(CaseGetCell(run->c, &cell));
  PetscCall(CaseGetPotential(run->c, &potential));
  PetscCall(RunMakeCascade(run->c, &run->cascade));
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

/* Both parts of a voyage: the paths that go on, and those that stop at the target. */
static PetscErrorCode make_parts(Run *run, Voyage *voyage, int *exit_code)
{
  const CaseOutput *output;
  const CasePaths *wanted;
  char digest[17];

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(run->c, &wanted));
  PetscCall(CaseGetOutput(run->c, &output));
  PetscCall(CaseDigest(run->c, digest));
  for (PetscInt k = 0; k < PARTS && *exit_code == REITER_DONE; k++) {
    EnsemblePlan plan = voyage->plan;
    const char *section;
    char *refused;
    PetscInt asked;

    PetscCall(EnsembleAsked(run->c, k == PART_STOPPING ? PETSC_TRUE : PETSC_FALSE, &asked));
    if (!asked) continue;
    if (k == PART_STOPPING) {
      plan.target = wanted->passage_to;
      plan.scheme = PATHS_EULER; /* the others are made for the equilibrium and falsify times */
    }
    PetscCall(EnsembleCreate(run->comm, &plan, &voyage->parts[k], &section, &refused));
    if (refused) {
      PetscCall(refuse(run->c, run->diagnostics, section, NULL, exit_code, "%s", refused));
      PetscCall(PetscFree(refused));
    } else {
      PetscCall(EnsembleSetCheckpoint(voyage->parts[k], run->folder, digest, output->checkpoint_seconds,
                                      run->request->resume));
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode prepare(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  const CasePaths *wanted;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(run->c, &wanted));
  PetscCall(CaseGetPotential(run->c, &potential));
  for (PetscInt i = 0; i < n && *exit_code == REITER_DONE; i++) {
    Voyage *const v = &voyages[i];

    PetscCall(begin_plan(run->c, i, &v->plan));
    if (i < wanted->n_epsilon)
      PetscCall(DynamicsCreateMultiscale(potential, wanted->epsilon[i], &v->plan.dynamics));
    else
      PetscCall(make_homogenized(run, &v->plan.dynamics, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(choose_steps(wanted, i, &v->plan, run->diagnostics, exit_code));
    if (*exit_code == REITER_DONE) PetscCall(make_parts(run, v, exit_code));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode travel(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  PetscInt64 total = 0, before = 0, work;
  CellFailure failure = {CELL_OK, ""};
  Progress progress = NULL;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n * PARTS; i++) {
    if (!voyages[i / PARTS].parts[i % PARTS]) continue;
    PetscCall(EnsembleGetWork(voyages[i / PARTS].parts[i % PARTS], &work));
    total += work;
  }
  if (run->rank == 0)
    PetscCall(ProgressCreate("million path-steps", (PetscInt)PetscMin(total / 1000000, PETSC_MAX_INT),
                             run->request->quiet, &progress));
  for (PetscInt i = 0; i < n * PARTS && failure.status == CELL_OK; i++) {
    Ensemble const part = voyages[i / PARTS].parts[i % PARTS];

    if (!part) continue;
    PetscCall(EnsembleAdvance(part, run->request->interrupted, progress, before, &failure));
    PetscCall(EnsembleGetWork(part, &work));
    before += work;
  }
  if (progress) PetscCall(ProgressDestroy(&progress));
  PetscCall(RunJudgeFailure(run, &failure, "the paths", exit_code));
  PetscFunctionReturn(0);
}

static PetscErrorCode write_results(Run *run, PetscInt n, Voyage voyages[], int exit_code)
{
  const CaseOutput *output;

  PetscFunctionBegin;
  PetscCall(CaseGetOutput(run->c, &output));
  if (run->rank) PetscFunctionReturn(0);
  run->report.status = exit_code == REITER_DONE          ? "ok"
                       : exit_code == REITER_INTERRUPTED ? "interrupted"
                                                         : "not converged";
  PetscCall(ReportPathsJson(&run->report, run->folder, exit_code == REITER_DONE ? n : 0, voyages));
  if (exit_code == REITER_DONE) PetscCall(ReportPathsFiles(run->folder, n, voyages));
  if (exit_code == REITER_DONE && !run->request->quiet) PetscCall(ReportPathsPrint(n, voyages, stdout));
  if (exit_code == REITER_DONE) PetscCall(ReportPathsWarn(run->c, run->diagnostics, n, voyages));
  PetscCall(RunFolderLog(run->folder, "%s: %s in %s after %.2f s", run->report.status,
                         exit_code == REITER_DONE ? "results" : "what was finished", output->directory,
                         MPI_Wtime() - run->report.started));
  for (PetscInt i = 0; i < n * PARTS && exit_code == REITER_DONE; i++) {
    if (voyages[i / PARTS].parts[i % PARTS]) PetscCall(EnsembleForget(voyages[i / PARTS].parts[i % PARTS]));
  }
  PetscFunctionReturn(0);
}

/* The steps of the multiscale equations, which cost nothing to judge; stream may be NULL. */
static PetscErrorCode plan_multiscale(Case c, Diagnostics d, FILE *stream, int *exit_code)
{
  const CasePaths *wanted;
  Potential potential;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  PetscCall(CaseGetPotential(c, &potential));
  for (PetscInt i = 0; i < wanted->n_epsilon && *exit_code == REITER_DONE; i++) {
    EnsemblePlan plan;

    PetscCall(begin_plan(c, i, &plan));
    PetscCall(DynamicsCreateMultiscale(potential, wanted->epsilon[i], &plan.dynamics));
    PetscCall(choose_steps(wanted, i, &plan, d, exit_code));
    if (*exit_code == REITER_DONE && stream)
      fprintf(stream, "paths: %lld of e = %.10g, each %lld steps of %.4g, scheme %s\n", (long long)plan.count,
              (double)plan.epsilon, (long long)plan.steps, (double)plan.dt, wanted->scheme);
    PetscCall(DynamicsDestroy(&plan.dynamics));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode run_paths(Run *run, PetscInt n, Voyage voyages[], int *exit_code)
{
  PetscFunctionBegin;
  PetscCall(RunOpenFolder(run, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  PetscCall(prepare(run, n, voyages, exit_code));
  /* before the work: who could use an option has been made by now */
  if (*exit_code == REITER_DONE)
    PetscCall(OptionsReportUnused(run->comm, run->c, run->diagnostics, exit_code));
  if (*exit_code == REITER_DONE) PetscCall(travel(run, n, voyages, exit_code));
  if (*exit_code != REITER_INVALID_INPUT) PetscCall(write_results(run, n, voyages, *exit_code));
  if (run->coefficients_checkpoint)
    PetscCall(CheckpointClose(&run->coefficients_checkpoint,
                              (PetscBool)(*exit_code == REITER_INVALID_INPUT || *exit_code == REITER_DONE)));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPaths(MPI_Comm comm, Case c, const RunRequest *request, Diagnostics d, int *exit_code)
{
  Run run = {.comm = comm, .c = c, .request = request, .diagnostics = d};
  const CasePaths *wanted;
  Voyage *voyages;

  PetscFunctionBegin;
  *exit_code = REITER_DONE;
  PetscCall(RunBegin(&run));
  PetscCall(CaseGetPaths(c, &wanted));
  PetscCall(check_asked(c, d, exit_code));
  /* before the run folder is touched: it would be held against the mended case */
  if (*exit_code == REITER_DONE) PetscCall(plan_multiscale(c, d, NULL, exit_code));
  if (*exit_code) PetscFunctionReturn(0);
  run.report.seed = wanted->seed;
  const PetscInt n = wanted->n_epsilon + (wanted->homogenized ? 1 : 0);

  PetscCall(PetscCalloc1(n, &voyages));
  PetscCall(run_paths(&run, n, voyages, exit_code));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = 0; k < PARTS; k++) PetscCall(EnsembleDestroy(&voyages[i].parts[k]));
    if (voyages[i].plan.dynamics) PetscCall(DynamicsDestroy(&voyages[i].plan.dynamics));
  }
  PetscCall(PetscFree(voyages));
  PetscCall(RunClose(&run));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlanPaths(Case c, Diagnostics d, FILE *stream)
{
  int exit_code = REITER_DONE;
  const CasePaths *wanted;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(c, &wanted));
  if (!wanted->given) PetscFunctionReturn(0);
  PetscCall(check_asked(c, d, &exit_code));
  if (exit_code == REITER_DONE) PetscCall(plan_multiscale(c, d, stream, &exit_code));
  if (wanted->homogenized && exit_code == REITER_DONE)
    fprintf(stream, "paths: %" PetscInt_FMT " of the homogenized equation, scheme %s\n", wanted->count,
            wanted->scheme);
  PetscFunctionReturn(0);
}
