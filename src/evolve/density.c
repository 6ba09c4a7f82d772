/*
  Densities whose tails are heavier than those of the weight: |g(0)| exceeds what the mass is worth by e^50 or e^1000, and
  sums of vectors of that size (Chebyshev, Lanczos) leave no digit. Steps in time have no such error; they go until the
  state has come down to where the method asked for is right, which then does the later times.
*/
#include "evolve_private.h"

/* What the method that follows is asked for, at the least. */
#define FINEST 1e-13
/* The part of the tolerance that the sums may cost. */
#define PART 0.1
/* So few products are made before anything else is tried. */
#define CHEAP 1e4

static const EvolveOps march = {.name = "march", .summary = "steps in time"};

/* The method on the state that is in start, at the time `reached`: for times[done ..], and back. */
static PetscErrorCode run_rest(Evolve e, PetscInt done, PetscReal reached, PetscReal mass, PetscReal root)
{
  PetscReal *const times = e->times, *shifted, rounding = 0;
  Vec *early;

  PetscFunctionBegin;
  if (e->system->conservative) PetscCall(EvolveSetConstant(e, e->start, 0));
  PetscCall(EvolveNorm(e, e->start, &e->start_norm));
  e->accuracy = PetscMin(PetscMax(PART * e->tolerance * mass / (root * e->start_norm), FINEST), 0.5);
  PetscCall(PetscMalloc1(e->n_times, &shifted));
  for (PetscInt k = 0; k < e->n_times; k++) shifted[k] = PetscMax(times[k] - reached, 0);
  PetscCall(VecDuplicateVecs(e->start, PetscMax(done, 1), &early));
  for (PetscInt k = 0; k < done; k++) PetscCall(VecCopy(e->states[k], early[k]));
  e->times = shifted;
  e->info.error = 0;
  PetscCall(e->method->solve(e));
  e->info.error *= e->start_norm * root / mass;
  for (PetscInt k = 0; k < done; k++) PetscCall(VecZeroEntries(e->states[k]));
  if (e->failure->status == CELL_OK) PetscCall(EvolveRounding(e, &rounding));
  e->info.error += PetscMin(rounding * root / mass, 1);
  e->times = times;
  for (PetscInt k = 0; k < done; k++) PetscCall(VecCopy(early[k], e->states[k]));
  for (PetscInt k = done; k < e->n_times && e->system->conservative; k++)
    PetscCall(EvolveSetConstant(e, e->states[k], e->constant));
  PetscCall(PetscFree(shifted));
  PetscCall(VecDestroyVecs(PetscMax(done, 1), &early));
  PetscFunctionReturn(0);
}

/* A checkpoint of the later method makes the steps again, which are the same ones, and goes on from there. */
static PetscErrorCode march_first(Evolve e, PetscReal mass, PetscReal root)
{
  const EvolveOps *const later = e->method;
  const PetscReal enough = 0.5 * PART * e->tolerance / FINEST * mass / root;
  PetscReal reached, error;
  PetscInt done;

  PetscFunctionBegin;
  if (later->splits && e->system->conservative) PetscCall(EvolveSetConstant(e, e->start, e->constant));
  PetscCall(EvolveMassNorm(e, e->start, &e->mass_scale));
  e->info = (EvolveInfo){.method = march.name};
  e->method = &march;
  PetscCall(EvolveMarchUntil(e, enough, &done, &reached));
  e->method = later;
  error = e->info.error;
  if (e->failure->status == CELL_OK && done < e->n_times) {
    e->info.method = later->after_march;
    PetscCall(run_rest(e, done, reached, mass, root));
  }
  e->info.error += error;
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveTails(Evolve e, PetscReal mass, PetscBool *solved)
{
  const PetscReal products = e->times[e->n_times - 1] * e->system->norm;
  PetscReal root;

  PetscFunctionBegin;
  *solved = PETSC_FALSE;
  if (!e->density || !(mass > 0)) PetscFunctionReturn(0);
  if (e->system->m_matrix && !strcmp(e->asked, "auto") && products < CHEAP) {
    e->method = EvolveFindMethod("uniformisation");
    PetscFunctionReturn(0);
  }
  if (!e->method->after_march) PetscFunctionReturn(0);
  PetscCall(EvolveNorm(e, e->system->root, &root));
  PetscCall(march_first(e, mass, root));
  *solved = PETSC_TRUE;
  PetscFunctionReturn(0);
}
