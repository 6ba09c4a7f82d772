/*
  PETSc's TS for schemes of the user's choice: B g' + S g = 0, prefix evolve_. Every output time is a solve of its own
  that starts from the state before it, so that times are met exactly and a resumed run repeats the same steps.
*/
#include "evolve_private.h"
#include <petscts.h>

typedef struct {
  Evolve evolve;
  TS ts;
  Mat matrix;
  Vec g;
  PetscReal from, to, error;
  PetscBool explicit_scheme, halt, estimated;
} Stepper;

static PetscErrorCode residual(TS ts, PetscReal t, Vec g, Vec rate, Vec f, void *ctx)
{
  Stepper *s = ctx;
  const DiffusionSystem *system = s->evolve->system;

  PetscFunctionBegin;
  (void)ts;
  (void)t;
  PetscCall(MatMult(system->S, g, f));
  if (system->B)
    PetscCall(MatMultAdd(system->B, rate, f, f));
  else
    PetscCall(VecAXPY(f, 1, rate));
  s->evolve->info.steps++;
  PetscFunctionReturn(0);
}

static PetscErrorCode jacobian(TS ts, PetscReal t, Vec g, Vec rate, PetscReal shift, Mat J, Mat P, void *ctx)
{
  Stepper *s = ctx;

  PetscFunctionBegin;
  (void)ts;
  (void)t;
  (void)g;
  (void)rate;
  (void)J;
  PetscCall(EvolveCombine(s->evolve, shift, 1, &P));
  PetscFunctionReturn(0);
}

/* For explicit schemes: g' = -S g. */
static PetscErrorCode right_side(TS ts, PetscReal t, Vec g, Vec f, void *ctx)
{
  Stepper *s = ctx;

  PetscFunctionBegin;
  (void)ts;
  (void)t;
  PetscCall(MatMult(s->evolve->system->S, g, f));
  PetscCall(VecScale(f, -1));
  s->evolve->info.steps++;
  PetscFunctionReturn(0);
}

/* After every step: an interrupt leaves the interval. */
static PetscErrorCode look(TS ts)
{
  Stepper *s;
  PetscReal t;
  PetscBool due;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &s));
  PetscCall(TSGetTime(ts, &t));
  PetscCall(EvolvePoll(s->evolve, t / s->evolve->times[s->evolve->n_times - 1], &due, &s->halt));
  if (s->halt) PetscCall(TSSetConvergedReason(ts, TS_CONVERGED_USER));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_equation(Stepper *s)
{
  PetscBool rk, euler, ssp;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)s->ts, TSRK, &rk));
  PetscCall(PetscObjectTypeCompare((PetscObject)s->ts, TSEULER, &euler));
  PetscCall(PetscObjectTypeCompare((PetscObject)s->ts, TSSSP, &ssp));
  s->explicit_scheme = (PetscBool)(rk || euler || ssp);
  if (s->explicit_scheme) {
    PetscCall(TSSetRHSFunction(s->ts, NULL, right_side, s));
  } else {
    PetscCall(TSSetIFunction(s->ts, NULL, residual, s));
    PetscCall(TSSetIJacobian(s->ts, s->matrix, s->matrix, jacobian, s));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up_solver(void *ctx)
{
  Stepper *s = ctx;
  Evolve e = s->evolve;
  PetscInt n;
  SNES snes;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(VecGetSize(e->start, &n));
  PetscCall(TSCreate(e->comm, &s->ts));
  PetscCall(TSSetOptionsPrefix(s->ts, "evolve_"));
  PetscCall(TSSetApplicationContext(s->ts, s));
  PetscCall(TSSetProblemType(s->ts, TS_LINEAR));
  PetscCall(TSSetType(s->ts, TSBDF));
  PetscCall(TSSetTolerances(s->ts, e->accuracy * e->start_norm / PetscSqrtReal((PetscReal)n), NULL,
                            e->accuracy, NULL));
  PetscCall(TSSetExactFinalTime(s->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetMaxSteps(s->ts, 10000000));
  PetscCall(TSSetErrorIfStepFails(s->ts, PETSC_FALSE));
  PetscCall(TSSetPostStep(s->ts, look));
  PetscCall(TSGetSNES(s->ts, &snes));
  PetscCall(SNESSetType(snes, SNESKSPONLY));
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(EvolveLinearDefaults(e, ksp));
  PetscCall(TSSetTime(s->ts, s->from));
  PetscCall(TSSetMaxTime(s->ts, s->to));
  PetscCall(TSSetTimeStep(s->ts, PetscMin(s->to - s->from, 1 / e->system->norm)));
  PetscCall(TSSetFromOptions(s->ts));
  PetscCall(set_equation(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode call_solve(void *ctx)
{
  Stepper *s = ctx;

  PetscFunctionBegin;
  PetscCall(TSSolve(s->ts, s->g));
  PetscFunctionReturn(0);
}

/* The local errors add up, for the equation does not let them grow; each is at most what the adaptor accepts. */
static PetscErrorCode add_error(Stepper *s)
{
  TSAdapt adapt;
  PetscBool none;
  PetscInt steps;

  PetscFunctionBegin;
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(PetscObjectTypeCompare((PetscObject)adapt, TSADAPTNONE, &none));
  PetscCall(TSGetStepNumber(s->ts, &steps));
  if (none) s->estimated = PETSC_FALSE;
  s->error += 2 * s->evolve->accuracy * (PetscReal)steps;
  PetscFunctionReturn(0);
}

static PetscErrorCode run_interval(Stepper *s)
{
  Evolve e = s->evolve;
  TSConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(EvolveGuard(e, set_up_solver, s));
  if (s->explicit_scheme && e->system->B)
    PetscCall(
        EvolveFail(e, CELL_REFUSED,
                   "explicit schemes need a diagonal mass; choose an implicit -evolve_ts_type or the scheme "
                   "monotone"));
  if (e->failure->status == CELL_OK) PetscCall(EvolveGuard(e, call_solve, s));
  if (e->failure->status == CELL_OK && !s->halt) {
    PetscReal reached;
    PetscCall(TSGetConvergedReason(s->ts, &reason));
    PetscCall(TSGetSolveTime(s->ts, &reached));
    PetscCall(add_error(s));
    if (reason < 0 || reached < s->to * (1 - 1e-12))
      PetscCall(EvolveFail(e, CELL_NOT_CONVERGED, "PETSc's TS stopped at the time %g of %g with %s", reached,
                           s->to, TSConvergedReasons[reason]));
  }
  PetscCall(TSDestroy(&s->ts));
  PetscFunctionReturn(0);
}

/* The state at the last finished time is among the states. */
static PetscErrorCode save(Stepper *s, PetscInt finished)
{
  const PetscReal numbers[3] = {(PetscReal)finished, s->error, s->estimated ? 1 : 0};

  PetscFunctionBegin;
  PetscCall(EvolveStoreSave(s->evolve, 3, numbers, 0, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode load(Stepper *s, PetscInt *finished)
{
  Evolve e = s->evolve;
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  if (!n_numbers) PetscFunctionReturn(0);
  *finished = (PetscInt)numbers[0];
  s->error = numbers[1];
  s->estimated = (PetscBool)(numbers[2] != 0);
  for (PetscInt j = 0; j < *finished; j++) PetscCall(VecCopy(vectors[j], e->states[j]));
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveTS(Evolve e)
{
  Stepper s;
  PetscInt k = 0;
  PetscBool due;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&s, sizeof(s)));
  s.evolve = e;
  s.estimated = PETSC_TRUE;
  PetscCall(EvolveCombine(e, 1, 1, &s.matrix));
  PetscCall(VecDuplicate(e->start, &s.g));
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecZeroEntries(e->states[j]));
  PetscCall(load(&s, &k));
  PetscCall(VecCopy(k ? e->states[k - 1] : e->start, s.g));
  while (k < e->n_times && e->failure->status == CELL_OK) {
    const PetscInt before = e->info.steps;
    s.from = k ? e->times[k - 1] : 0;
    s.to = e->times[k];
    if (s.to > s.from) PetscCall(run_interval(&s));
    if (e->failure->status == CELL_INTERRUPTED) e->info.steps = before; /* they will be made again */
    if (e->failure->status != CELL_OK) break;
    PetscCall(VecCopy(s.g, e->states[k++]));
    PetscCall(EvolvePoll(e, s.to / e->times[e->n_times - 1], &due, &s.halt));
    if (due && !s.halt) PetscCall(save(&s, k));
  }
  if (e->failure->status == CELL_INTERRUPTED) PetscCall(save(&s, k));
  e->info.error = s.estimated ? s.error : NAN;
  PetscCall(MatDestroy(&s.matrix));
  PetscCall(VecDestroy(&s.g));
  PetscFunctionReturn(0);
}
