/* The evolution on one space, with a checkpoint of its own. */
#include "evolution_private.h"
#include "solver_private.h"
#include <string.h>

typedef struct {
  const EvolutionContext *context;
  March march;
  KineticSolver solver;
  Vec residual, product;
  PetscReal tau, pending; /* what residuals of the step under way are worth */
  Checkpoint checkpoint;
  PetscLogDouble saved;
} Run;

static PetscErrorCode factor(void *ctx, PetscReal shift, CellFailure *failure)
{
  Run *run = ctx;

  PetscFunctionBegin;
  PetscCall(KineticSolverDestroy(&run->solver));
  PetscCall(KineticSolverCreate(run->march.system, run->march.g, shift, run->context->problem->solver,
                                &run->solver, failure));
  run->tau = 1 / shift;
  run->pending = 0;
  PetscFunctionReturn(0);
}

/* |(B - tau L)^-1 r| <= |r| where diag B = 1 up to the condition of B's blocks; every step takes its basis of unit vectors
   times |u| <= size, and its exponential takes each of them some ten times. */
static PetscErrorCode solve(void *ctx, Vec b, Vec x, CellFailure *failure)
{
  Run *run = ctx;
  const March *m = &run->march;
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(KineticSolverSolve(run->solver, b, x, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(MatMult(m->system->T, x, run->residual));
  PetscCall(MatMult(m->system->C, x, run->product));
  PetscCall(VecAXPY(run->residual, m->g, run->product));
  PetscCall(MatMult(m->system->B, x, run->product));
  PetscCall(VecAXPBY(run->residual, -1 / run->tau, 1, run->product));
  PetscCall(VecAXPY(run->residual, 1, b));
  PetscCall(VecNorm(run->residual, NORM_2, &norm));
  run->pending += 10 * run->tau * norm * m->size;
  PetscFunctionReturn(0);
}

static PetscErrorCode keep(void *ctx)
{
  Run *run = ctx;

  PetscFunctionBegin;
  run->march.error += run->pending;
  run->pending = 0;
  if (!run->checkpoint) PetscFunctionReturn(0);
  if (run->march.k < run->march.n_times && MPI_Wtime() - run->saved < run->context->seconds)
    PetscFunctionReturn(0);
  PetscCall(MarchSave(&run->march, run->checkpoint));
  run->saved = MPI_Wtime();
  PetscFunctionReturn(0);
}

static PetscErrorCode open_checkpoint(EvolutionContext *c, PhaseSpace space, Run *run)
{
  const PhaseSpaceSettings *s;
  char name[PETSC_MAX_PATH_LEN], digest[256];
  PetscBool loaded;

  PetscFunctionBegin;
  if (!c->folder) PetscFunctionReturn(0);
  PetscCall(PhaseSpaceGetSettings(space, &s));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s_%" PetscInt_FMT ".checkpoint", c->name, c->rung));
  PetscCall(PetscSNPrintf(digest, sizeof(digest),
                          "%s %" PetscInt_FMT " %" PetscInt_FMT " %" PetscInt_FMT " %" PetscInt_FMT,
                          c->digest, s->levels, s->order, s->cells[0], s->dim > 1 ? s->cells[1] : 0));
  PetscCall(
      CheckpointOpen(c->folder, name, digest, MarchRecordSize(&run->march), c->resume, &run->checkpoint));
  PetscCall(MarchLoad(&run->march, run->checkpoint, &loaded));
  run->saved = MPI_Wtime();
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionForget(const EvolutionContext *c)
{
  char name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  for (PetscInt k = 1; c->folder && k <= c->rung; k++) {
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_%" PetscInt_FMT ".checkpoint", c->name, k));
    PetscCall(RunFolderRemove(c->folder, name));
  }
  PetscFunctionReturn(0);
}

/* Times that are all zero: states are the initial one, without its constant mode. */
static PetscErrorCode stay(March *m)
{
  PetscFunctionBegin;
  while (m->k < m->n_times) PetscCall(VecCopy(m->u, m->states[m->k++]));
  PetscFunctionReturn(0);
}

static PetscErrorCode march(EvolutionContext *c, PhaseSpace space, Vec start, EvolutionAnswer *a,
                            CellFailure *failure)
{
  const KineticEvolutionSettings *const s = c->settings;
  Run run;

  PetscFunctionBegin;
  memset(&run, 0, sizeof(run));
  run.context = c;
  PetscCall(PhaseSpaceGetSystem(space, &run.march.system));
  run.march.g = c->problem->friction;
  run.march.solver = (MarchSolver){&run, factor, solve};
  run.march.n_times = s->n_times;
  run.march.times = s->times;
  run.march.states = a->states;
  run.march.interrupted = c->problem->interrupted;
  run.march.keep = keep;
  run.march.keep_ctx = &run;
  PetscCall(MarchStart(&run.march, start));
  run.march.accuracy = 0.1 * c->problem->tolerance / PetscMax(1, run.march.size); /* int |W| <= |h| */
  PetscCall(VecDuplicate(start, &run.residual));
  PetscCall(VecDuplicate(start, &run.product));
  if (s->times[s->n_times - 1] > 0) {
    PetscCall(open_checkpoint(c, space, &run));
    PetscCall(MarchRun(&run.march, failure));
    if (run.checkpoint && failure->status != CELL_NOT_CONVERGED)
      PetscCall(MarchSave(&run.march, run.checkpoint));
    PetscCall(CheckpointClose(&run.checkpoint, PETSC_FALSE));
  } else {
    PetscCall(stay(&run.march));
  }
  a->error = run.march.error;
  a->size = run.march.size;
  a->steps = run.march.steps;
  PetscCall(MarchEnd(&run.march));
  PetscCall(KineticSolverDestroy(&run.solver));
  PetscCall(VecDestroy(&run.residual));
  PetscCall(VecDestroy(&run.product));
  PetscFunctionReturn(0);
}

/* The norm of l - <f> total in the dual of the states. */
static PetscErrorCode measure(EvolutionContext *c, PhaseSpace space, EvolutionAnswer *a)
{
  const KineticEvolutionSettings *const s = c->settings;
  const KineticSystem *system;
  PetscReal mean, square;
  Vec load, f;

  PetscFunctionBegin;
  PetscCall(PhaseSpaceGetSystem(space, &system));
  PetscCall(VecDuplicate(system->one, &load));
  PetscCall(VecDuplicate(system->one, &f));
  for (PetscInt k = 0; k < s->n_times; k++) {
    PetscCall(MatMult(system->B, a->states[k], f));
    PetscCall(VecDot(f, a->states[k], &a->chi_square[k]));
    PetscCall(VecAXPY(a->states[k], 1, system->one));
    PetscCall(VecDot(system->total, a->states[k], &a->mass[k]));
  }
  for (PetscInt j = 0; j < s->n_observables; j++) {
    PetscCall(PhaseSpaceLoadFunction(space, s->observables[j], s->observable_ctx[j], load));
    for (PetscInt k = 0; k < s->n_times; k++)
      PetscCall(VecDot(load, a->states[k], &a->observables[k * s->n_observables + j]));
    PetscCall(VecDot(load, system->one, &mean));
    PetscCall(PhaseSpaceSolveMass(space, load, f));
    PetscCall(VecDot(load, f, &square));
    a->weights[j] = PetscSqrtReal(PetscMax(square - mean * mean, 0));
  }
  PetscCall(VecDestroy(&load));
  PetscCall(VecDestroy(&f));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionSolve(void *ctx, PhaseSpace space, void **answer, CellFailure *failure)
{
  EvolutionContext *const c = ctx;
  const KineticEvolutionSettings *const s = c->settings;
  const KineticSystem *system;
  EvolutionAnswer *a;
  void *made;
  Vec load, start;

  PetscFunctionBegin;
  c->rung++;
  PetscCall(PhaseSpaceGetSystem(space, &system));
  PetscCall(PetscNew(&a));
  PetscCall(PetscCalloc4(s->n_times, &a->mass, s->n_times, &a->chi_square, s->n_times * s->n_observables,
                         &a->observables, s->n_observables, &a->weights));
  PetscCall(VecDuplicateVecs(system->one, s->n_times, &a->states));
  PetscCall(VecDuplicate(system->one, &load));
  PetscCall(VecDuplicate(system->one, &start));
  PetscCall(PhaseSpaceLoadDensity(space, EvolutionInitialDensity, &c->initial, PETSC_TRUE, load));
  PetscCall(PhaseSpaceSolveMass(space, load, start));
  PetscCall(march(c, space, start, a, failure));
  if (failure->status == CELL_OK) PetscCall(measure(c, space, a));
  PetscCall(VecDestroy(&load));
  PetscCall(VecDestroy(&start));
  made = a;
  if (failure->status == CELL_OK)
    *answer = a;
  else
    PetscCall(EvolutionAnswerDestroy(ctx, &made));
  PetscFunctionReturn(0);
}

PetscErrorCode EvolutionAnswerDestroy(void *ctx, void **answer)
{
  EvolutionAnswer *a = *answer;
  const KineticEvolutionSettings *const s = ((EvolutionContext *)ctx)->settings;

  PetscFunctionBegin;
  PetscCall(PetscFree4(a->mass, a->chi_square, a->observables, a->weights));
  if (a->states) PetscCall(VecDestroyVecs(s->n_times, &a->states));
  PetscCall(PetscFree(a));
  *answer = NULL;
  PetscFunctionReturn(0);
}
