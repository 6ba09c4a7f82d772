#include "evolution_private.h"
#include "resolution.h"
#include "solver_private.h"
#include <math.h>

/* What the quadrature of the initial density may be wrong by. */
static const PetscReal quadrature = 1e-10;

/* The largest distance of the states over all times. */
static PetscErrorCode states_apart(const EvolutionContext *c, PhaseSpace space, const EvolutionAnswer *a,
                                   PhaseSpace other_space, const EvolutionAnswer *b, PetscReal *apart)
{
  PetscReal d;

  PetscFunctionBegin;
  *apart = 0;
  for (PetscInt k = 0; k < c->settings->n_times; k++) {
    PetscCall(EvolutionGridDistance(&c->grid, space, a->states[k], other_space, b->states[k], &d));
    *apart = !(d <= *apart) ? d : *apart;
  }
  PetscFunctionReturn(0);
}

/* int |W - W'|, and changes of the observables in units of their values and spread in equilibrium. */
static PetscErrorCode distance(void *ctx, PhaseSpace space, const void *answer, PhaseSpace other_space,
                               const void *other, PetscReal *d)
{
  const EvolutionContext *const c = ctx;
  const EvolutionAnswer *const a = answer, *const b = other;
  const PetscInt n = c->settings->n_observables;

  PetscFunctionBegin;
  PetscCall(states_apart(c, space, a, other_space, b, d));
  for (PetscInt k = 0; k < c->settings->n_times; k++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscReal change = PetscAbsReal(a->observables[k * n + j] - b->observables[k * n + j]);
      const PetscReal unit = b->weights[j] + PetscAbsReal(b->observables[k * n + j]);

      if (unit > 0) *d = PetscMax(*d, change / unit);
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(const KineticEvolutionSettings *s, KineticEvolution *e)
{
  PetscFunctionBegin;
  e->n_times = s->n_times;
  e->n_observables = s->n_observables;
  PetscCall(PetscCalloc6(s->n_times, &e->mass, s->n_times * s->n_observables, &e->observables,
                         s->n_times * s->n_observables, &e->observable_errors, s->n_times,
                         &e->relative_entropy, s->n_times, &e->chi_square, s->n_times, &e->minimum));
  PetscFunctionReturn(0);
}

/* Changes by both finer resolutions, the march, rounding, and the tails that were cut. */
static void conclude_observables(const Resolution *r, PetscReal tails, KineticEvolution *e)
{
  const EvolutionAnswer *const best = r->best.answer, *const levels = r->levels.answer,
                               *const positions = r->positions.answer;

  for (PetscInt i = 0; i < e->n_times * e->n_observables; i++) {
    const PetscReal weight = best->weights[i % e->n_observables];
    e->observables[i] = best->observables[i];
    e->observable_errors[i] =
        ResolutionError(PetscAbsReal(levels->observables[i] - best->observables[i]),
                        PetscAbsReal(positions->observables[i] - best->observables[i])) +
        weight * best->error + quadrature * (weight * (1 + best->size) + PetscAbsReal(best->observables[i])) +
        tails * (weight + PetscAbsReal(best->observables[i]));
  }
}

/* The states and the space change hands. */
static PetscErrorCode conclude(EvolutionContext *c, Resolution *r, KineticEvolution *e)
{
  EvolutionAnswer *const best = r->best.answer;
  PetscReal finer[2];

  PetscFunctionBegin;
  PetscCall(allocate(c->settings, e));
  conclude_observables(r, isfinite(c->initial.height) ? 0.1 * c->problem->tolerance : 0, e);
  PetscCall(states_apart(c, r->best.space, best, r->levels.space, r->levels.answer, &finer[0]));
  PetscCall(states_apart(c, r->best.space, best, r->positions.space, r->positions.answer, &finer[1]));
  e->error = ResolutionError(finer[0], finer[1]) + best->error;
  e->steps = best->steps;
  for (PetscInt k = 0; k < e->n_times; k++) {
    e->mass[k] = best->mass[k];
    e->chi_square[k] = best->chi_square[k];
    PetscCall(EvolutionGridMeasure(&c->grid, r->best.space, best->states[k], c->problem->tolerance,
                                   &e->relative_entropy[k], &e->minimum[k]));
  }
  e->states = best->states;
  best->states = NULL;
  e->space = r->best.space;
  r->best.space = NULL;
  PetscFunctionReturn(0);
}

/* Both are in the unit of the answer, int |W| >= 1: an error of one leaves no number. A resolution that is given may end like that. */
static PetscErrorCode check_errors(const EvolutionContext *c, const Resolution *r, CellFailure *failure)
{
  const EvolutionAnswer *const best = r->best.answer;
  const PetscReal finer = r->level_error + r->position_error;

  PetscFunctionBegin;
  /* Far from equilibrium |h| is more than rounding leaves room for. */
  if (!(best->error <= c->problem->tolerance))
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                          "the evolution in time is known to %.1e only, the tolerance is %.1e: the initial "
                          "density has |W/W_st| = %.1e",
                          (double)best->error, (double)c->problem->tolerance, (double)best->size));
  else if (!(finer < 1))
    PetscCall(
        KineticFail(failure, CELL_NOT_CONVERGED,
                    "the resolution that is given is too coarse: the density or a mean changes by %.1e of "
                    "itself with %s",
                    (double)finer,
                    r->level_error > r->position_error ? "more levels" : "more functions of the position"));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticEvolutionCompute(const KineticProblem *problem,
                                       const KineticEvolutionSettings *settings, RunFolder folder,
                                       const char name[], const char digest[], PetscReal checkpoint_seconds,
                                       PetscBool resume, KineticEvolution *evolution, CellFailure *failure,
                                       CoefficientFault *fault)
{
  const PetscLogDouble started = MPI_Wtime();
  EvolutionContext context = {.problem = problem,
                              .settings = settings,
                              .folder = folder,
                              .name = name,
                              .digest = digest,
                              .seconds = checkpoint_seconds,
                              .resume = resume};
  const ResolutionTask task = {&context, EvolutionSolve, distance, EvolutionAnswerDestroy};
  Resolution resolution;

  PetscFunctionBegin;
  PetscCheck(settings->n_times > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "No output times");
  PetscCall(PetscMemzero(evolution, sizeof(*evolution)));
  PetscCall(EvolutionGridCreate(&problem->settings, &context.grid));
  PetscCall(EvolutionInitialCreate(problem, settings, &context.initial));
  PetscCall(ResolutionFind(problem, &task, &resolution, failure, fault));
  if (failure->status == CELL_OK && !fault->trouble) {
    PetscCall(check_errors(&context, &resolution, failure));
    if (failure->status == CELL_OK) PetscCall(conclude(&context, &resolution, evolution));
    PetscCall(ResolutionClear(&task, &resolution));
    PetscCall(EvolutionForget(&context));
  }
  PetscCall(EvolutionGridDestroy(&context.grid));
  evolution->seconds = MPI_Wtime() - started;
  PetscFunctionReturn(0);
}

PetscErrorCode KineticEvolutionDestroy(KineticEvolution *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree6(e->mass, e->observables, e->observable_errors, e->relative_entropy, e->chi_square,
                       e->minimum));
  if (e->states) PetscCall(VecDestroyVecs(e->n_times, &e->states));
  PetscCall(PhaseSpaceDestroy(&e->space));
  PetscFunctionReturn(0);
}
