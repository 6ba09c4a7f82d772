/*
  Shift-invert Lanczos: X = (B + sigma S)^-1 B is self-adjoint in the inner product of B, and with X V = V T + .. on an
  orthonormal basis V, exp(-t B^-1 S) g is close to |g| V exp(t (I - T^-1)/sigma) e_1 (van den Eshof, Hochbruck 2006). The
  number of vectors does not depend on the norm of S. sigma = t/10 is good for t and, with more vectors, for times some
  decades around it, so one basis serves them all; times it does not serve get another one, with their own sigma.
*/
#include "evolve_private.h"
#include "krylov.h"

enum { PATIENCE = 100, MOST = 400, STRIDE = 5 };

/* A basis whose exponents are less certain than this says nothing. */
#define MOST_ROUNDING 0.1

typedef struct {
  Evolve evolve;
  KSP ksp;
  Mat matrix;
  Vec product, x;
  Krylov krylov;
  PetscReal sigma;
  PetscInt first, end; /* times to do: first <= k < end; those from end on are done */
  PetscReal error;     /* of those done */
} Solver;

/* So large a sigma that only rounding is left of B gains nothing: exp(-t S) is stationary on its complement. What counts
   are the rates where the weight is; a few nodes without weight may have rates that exceed them without bound, and a sigma
   small enough for those would turn X into the identity. */
static PetscErrorCode choose_sigma(Solver *s, PetscReal t, PetscReal *sigma)
{
  const DiffusionSystem *system = s->evolve->system;
  PetscReal square, rate;

  PetscFunctionBegin;
  PetscCall(MatGetDiagonal(system->S, s->x));
  PetscCall(VecPointwiseMult(s->product, system->root, system->root));
  PetscCall(VecDot(s->product, s->x, &rate));
  PetscCall(VecDot(system->root, system->root, &square));
  *sigma = t / 10;
  if (rate > 0 && square > 0) *sigma = PetscMin(*sigma, 1e12 * square / rate);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up_solver(void *ctx)
{
  Solver *s = ctx;

  PetscFunctionBegin;
  PetscCall(EvolveLinearSetUp(s->evolve, s->matrix, &s->ksp));
  PetscFunctionReturn(0);
}

static PetscErrorCode call_solve(void *ctx)
{
  Solver *s = ctx;

  PetscFunctionBegin;
  PetscCall(KSPSolve(s->ksp, s->product, s->x));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_sigma(Solver *s, PetscReal sigma)
{
  PetscFunctionBegin;
  s->sigma = sigma;
  PetscCall(EvolveCombine(s->evolve, 1, sigma, &s->matrix));
  PetscCall(EvolveGuard(s->evolve, set_up_solver, s));
  PetscFunctionReturn(0);
}

/* x = X v, without its part along root: rounding would bring the constant mode back. */
static PetscErrorCode apply(Solver *s, Vec v)
{
  const DiffusionSystem *system = s->evolve->system;
  KSPConvergedReason reason;
  PetscReal part, whole;

  PetscFunctionBegin;
  if (system->B)
    PetscCall(MatMult(system->B, v, s->product));
  else
    PetscCall(VecCopy(v, s->product));
  PetscCall(EvolveGuard(s->evolve, call_solve, s));
  if (s->evolve->failure->status != CELL_OK) PetscFunctionReturn(0);
  s->evolve->info.steps++;
  PetscCall(KSPGetConvergedReason(s->ksp, &reason));
  if (reason < 0) {
    PetscCall(EvolveFail(
        s->evolve, CELL_NOT_CONVERGED,
        "the linear solver of the evolution stopped with %s; -evolve_ksp_.. and -evolve_pc_.. set it",
        KSPConvergedReasons[reason]));
    PetscFunctionReturn(0);
  }
  if (system->conservative) {
    PetscCall(VecDot(system->total, s->x, &part));
    PetscCall(VecDot(system->total, system->root, &whole));
    PetscCall(VecAXPY(s->x, -part / whole, system->root));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode save(Solver *s)
{
  const Krylov *k = &s->krylov;
  PetscReal *numbers;

  PetscFunctionBegin;
  if (!s->evolve->store.active) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(4 + 2 * k->m, &numbers));
  numbers[0] = (PetscReal)s->end;
  numbers[1] = s->sigma;
  numbers[2] = s->error;
  numbers[3] = (PetscReal)k->m;
  PetscCall(PetscArraycpy(numbers + 4, k->alpha, k->m));
  PetscCall(PetscArraycpy(numbers + 4 + k->m, k->beta, k->m));
  PetscCall(EvolveStoreSave(s->evolve, 4 + 2 * k->m, numbers, k->m + 1, k->v));
  PetscCall(PetscFree(numbers));
  PetscFunctionReturn(0);
}

/* *resumed: the basis is there. */
static PetscErrorCode load(Solver *s, PetscBool *resumed)
{
  Evolve e = s->evolve;
  Krylov *k = &s->krylov;
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  *resumed = (PetscBool)(n_numbers > 0);
  if (!n_numbers) PetscFunctionReturn(0);
  s->end = (PetscInt)numbers[0];
  s->error = numbers[2];
  PetscCall(KrylovRestore(k, (PetscInt)numbers[3], numbers + 4, vectors));
  for (PetscInt j = 0; j < e->n_times; j++)
    PetscCall(VecCopy(vectors[n_vectors - e->n_times + j], e->states[j]));
  PetscCall(set_sigma(s, numbers[1]));
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}

/* How many of the latest times are good enough, and the largest of their errors. */
static PetscErrorCode judge(Solver *s, PetscInt *good, PetscReal *error)
{
  Evolve e = s->evolve;

  PetscFunctionBegin;
  *good = 0;
  *error = 0;
  for (PetscInt j = s->end - 1; j >= s->first; j--) {
    PetscReal estimate, rounding;
    PetscCall(KrylovEstimate(&s->krylov, STRIDE, e->times[j] / s->sigma, &estimate, &rounding));
    if (estimate > e->accuracy || rounding > MOST_ROUNDING) break;
    *error = PetscMax(*error, estimate + rounding);
    ++*good;
  }
  PetscFunctionReturn(0);
}

/* One basis: the states of the latest times that it serves. */
static PetscErrorCode run_basis(Solver *s, PetscBool *halt)
{
  Evolve e = s->evolve;
  Krylov *k = &s->krylov;
  PetscInt good = 0;
  PetscReal error = 0;
  PetscBool due;

  PetscFunctionBegin;
  while (e->failure->status == CELL_OK) {
    if (k->m % STRIDE == 0 || k->invariant) {
      PetscCall(judge(s, &good, &error));
      if (good == s->end - s->first || k->invariant || (good && k->m >= PATIENCE) || k->m >= MOST) break;
    }
    PetscCall(apply(s, k->v[k->m]));
    if (e->failure->status != CELL_OK) break;
    PetscCall(KrylovExtend(k, e->system->B, s->x));
    PetscCall(
        EvolvePoll(e, (e->n_times - s->end + (PetscReal)k->m / PATIENCE) / (e->n_times + 1), &due, halt));
    if (due) PetscCall(save(s));
  }
  if (e->failure->status != CELL_OK) PetscFunctionReturn(0);
  if (!good)
    PetscCall(EvolveFail(e, CELL_NOT_CONVERGED,
                         "Lanczos took %" PetscInt_FMT " vectors for the time %g and is not within %.1e yet",
                         k->m, e->times[s->end - 1], e->tolerance));
  for (; good; good--) {
    s->end--;
    PetscCall(KrylovEvaluate(k, e->times[s->end] / s->sigma, e->start_norm, e->states[s->end]));
  }
  s->error = PetscMax(s->error, error);
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveLanczos(Evolve e)
{
  Solver s;
  PetscBool resumed = PETSC_FALSE, halt = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&s, sizeof(s)));
  s.evolve = e;
  s.end = e->n_times;
  while (s.first < s.end && e->times[s.first] <= 0) {
    PetscCall(VecCopy(e->start, e->states[s.first]));
    s.first++;
  }
  PetscCall(VecDuplicate(e->start, &s.product));
  PetscCall(VecDuplicate(e->start, &s.x));
  PetscCall(KrylovCreate(MOST + 1, &s.krylov));
  PetscCall(load(&s, &resumed));
  while (s.first < s.end && e->failure->status == CELL_OK && !halt) {
    if (!resumed) {
      PetscReal sigma = 0;
      PetscCall(choose_sigma(&s, e->times[s.end - 1], &sigma));
      PetscCall(set_sigma(&s, sigma));
      PetscCall(KrylovStart(&s.krylov, e->start, e->start_norm));
    }
    resumed = PETSC_FALSE;
    PetscCall(run_basis(&s, &halt));
  }
  e->info.error = s.error;
  PetscCall(KrylovDestroy(&s.krylov));
  PetscCall(KSPDestroy(&s.ksp));
  PetscCall(MatDestroy(&s.matrix));
  PetscCall(VecDestroy(&s.product));
  PetscCall(VecDestroy(&s.x));
  PetscFunctionReturn(0);
}
