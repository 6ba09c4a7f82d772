/*
  Steps in time that are exact where the state is small: with w = (1 + z)^-1, z = gamma h B^-1 S, and the polynomials of
  Laguerre,
      exp(-h B^-1 S) = w sum_j L_j(1/gamma) (1 - w)^j,
  cut after j = 7 where L_8(1/gamma) = 0: order 8 with one matrix, and L-stable (the restricted Pade approximation,
  Norsett 1974; Hairer, Wanner, Solving Ordinary Differential Equations II, IV.6).

  Krylov and Chebyshev sums have errors of the size of |g(0)|, which exceeds what the mass is worth without bound where
  the initial density has heavier tails than the weight. Here every solve is local, the error is measured in the norm
  int |rho| in which the equation contracts, so errors of the steps add up and never grow.
*/
#include "evolve_private.h"

enum { ORDER = 8, MOST_STEPS = 20000, MOST_REJECTED = 60 };

static const PetscReal gamma_8 = 0.23437315960558356;

/* Bounds |exp(-h S) - R| / (w (1 - w)^8) over all rates from 0 to infinity, where it is largest (2.6697 at z = 71). */
static const PetscReal error_constant = 2.67;

typedef struct {
  Evolve evolve;
  KSP ksp;
  Mat matrix;
  Vec u, rest, x, next, product;
  PetscReal factored; /* the step whose matrix is factored, or 0 */
  PetscReal t, h, error, mass;
  PetscInt k; /* states that are done */
  PetscReal coefficient[ORDER];
} March;

static PetscErrorCode set_up_solver(void *ctx)
{
  March *m = ctx;

  PetscFunctionBegin;
  PetscCall(EvolveLinearSetUp(m->evolve, m->matrix, &m->ksp));
  PetscFunctionReturn(0);
}

static PetscErrorCode call_solve(void *ctx)
{
  March *m = ctx;

  PetscFunctionBegin;
  PetscCall(KSPSolve(m->ksp, m->product, m->x));
  PetscFunctionReturn(0);
}

static PetscErrorCode set_step(March *m, PetscReal h)
{
  PetscFunctionBegin;
  if (PetscAbsReal(h - m->factored) <= 1e-13 * h) PetscFunctionReturn(0);
  PetscCall(EvolveCombine(m->evolve, 1, gamma_8 * h, &m->matrix));
  PetscCall(EvolveGuard(m->evolve, set_up_solver, m));
  m->factored = h;
  PetscFunctionReturn(0);
}

/* x = w rest. */
static PetscErrorCode apply(March *m)
{
  Evolve e = m->evolve;
  KSPConvergedReason reason;

  PetscFunctionBegin;
  if (e->system->B)
    PetscCall(MatMult(e->system->B, m->rest, m->product));
  else
    PetscCall(VecCopy(m->rest, m->product));
  PetscCall(EvolveGuard(e, call_solve, m));
  if (e->failure->status != CELL_OK) PetscFunctionReturn(0);
  e->info.steps++;
  PetscCall(KSPGetConvergedReason(m->ksp, &reason));
  if (reason < 0)
    PetscCall(EvolveFail(e, CELL_NOT_CONVERGED,
                         "the linear solver of the evolution stopped with %s; -evolve_ksp_.. and "
                         "-evolve_pc_.. set it",
                         KSPConvergedReasons[reason]));
  PetscFunctionReturn(0);
}

/* next is the state a step h later, *error the mass it may be wrong by. */
static PetscErrorCode try_step(March *m, PetscReal h, PetscReal *error)
{
  Evolve e = m->evolve;

  PetscFunctionBegin;
  PetscCall(set_step(m, h));
  PetscCall(VecCopy(m->u, m->rest));
  PetscCall(VecZeroEntries(m->next));
  for (PetscInt j = 0; j <= ORDER && e->failure->status == CELL_OK; j++) {
    PetscCall(apply(m));
    if (e->failure->status != CELL_OK) break;
    if (j < ORDER) {
      PetscCall(VecAXPY(m->next, m->coefficient[j], m->x));
      PetscCall(VecAXPY(m->rest, -1, m->x));
    } else {
      PetscCall(EvolveMassNorm(e, m->x, error));
      *error *= error_constant;
    }
  }
  if (e->failure->status == CELL_OK && e->system->conservative) {
    PetscReal here;
    PetscCall(VecDot(e->system->total, m->next, &here));
    if (here != 0 && m->mass != 0) {
      PetscCall(VecScale(m->next, m->mass / here));
      *error += PetscAbsReal(here - m->mass); /* rounding of the solves, with conservation as its witness */
    }
  }
  PetscFunctionReturn(0);
}

/* The time in which a good part of the mass moves. */
static PetscErrorCode first_step(March *m, PetscReal size)
{
  Evolve e = m->evolve;
  PetscReal rate, longest = e->times[e->n_times - 1];

  PetscFunctionBegin;
  PetscCall(MatMult(e->system->S, m->u, m->product));
  PetscCall(EvolveMassNorm(e, m->product, &rate));
  m->h = rate > 0 && !PetscIsInfOrNanReal(rate) ? PetscMin(longest, 0.1 * size / rate) : 1e-6 * longest;
  PetscFunctionReturn(0);
}

static PetscErrorCode save(March *m)
{
  const PetscReal numbers[5] = {m->t, m->h, m->error, (PetscReal)m->k, m->factored};

  PetscFunctionBegin;
  PetscCall(EvolveStoreSave(m->evolve, 5, numbers, 1, &m->u));
  PetscFunctionReturn(0);
}

static PetscErrorCode load(March *m, PetscBool *resumed)
{
  Evolve e = m->evolve;
  PetscInt n_numbers, n_vectors;
  PetscReal *numbers;
  Vec *vectors;

  PetscFunctionBegin;
  PetscCall(EvolveStoreLoad(e, &n_numbers, &numbers, &n_vectors, &vectors));
  *resumed = (PetscBool)(n_numbers > 0);
  if (!n_numbers) PetscFunctionReturn(0);
  m->t = numbers[0];
  m->h = numbers[1];
  m->error = numbers[2];
  m->k = (PetscInt)numbers[3];
  if (numbers[4] > 0) PetscCall(set_step(m, numbers[4]));
  PetscCall(VecCopy(vectors[0], m->u));
  for (PetscInt j = 0; j < m->k; j++) PetscCall(VecCopy(vectors[1 + j], e->states[j]));
  PetscCall(PetscFree(numbers));
  PetscCall(VecDestroyVecs(n_vectors, &vectors));
  PetscFunctionReturn(0);
}

/* A step that is accepted, ending on the next output time if that is near; h stays as long as it is worth it, for every
   change is a factorisation. */
static PetscErrorCode advance(March *m, PetscReal allowed)
{
  Evolve e = m->evolve;

  PetscFunctionBegin;
  for (PetscInt rejected = 0; e->failure->status == CELL_OK; rejected++) {
    const PetscReal left = e->times[m->k] - m->t;
    const PetscReal h = m->h >= left * (1 - 1e-10) ? left : PetscMin(m->h, 0.5 * left);
    PetscReal error = 0, factor;
    PetscCall(try_step(m, h, &error));
    if (e->failure->status != CELL_OK) break;
    factor = 0.8 * PetscPowReal(allowed / PetscMax(error, 1e-9 * allowed), 1.0 / ORDER);
    if (error <= allowed) {
      PetscCall(VecCopy(m->next, m->u));
      m->t = h == left ? e->times[m->k] : m->t + h;
      m->error += error;
      if (factor >= 1.6) m->h = PetscMax(m->h, h * factor);
      break;
    }
    m->h = h * (error == error ? PetscMin(PetscMax(factor, 0.02), 0.5) : 0.02);
    if (rejected > MOST_REJECTED || m->t + m->h <= m->t)
      PetscCall(EvolveFail(
          e, CELL_NOT_CONVERGED,
          "steps in time get stuck at t = %g: rounding leaves the density uncertain by %.1e of its mass, "
          "more than %.1e. The initial density reaches too far into regions of negligible weight; the "
          "scheme monotone, a narrower initial density, a smaller domain or a larger evolve.tolerance help",
          (double)m->t, (double)(error / e->mass_scale), (double)(allowed / e->mass_scale)));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode march_create(Evolve e, March *m)
{
  const PetscReal x = 1 / gamma_8;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(m, sizeof(*m)));
  m->evolve = e;
  m->coefficient[0] = 1;
  m->coefficient[1] = 1 - x;
  for (PetscInt j = 1; j + 1 < ORDER; j++)
    m->coefficient[j + 1] =
        (((PetscReal)(2 * j + 1) - x) * m->coefficient[j] - (PetscReal)j * m->coefficient[j - 1]) /
        (PetscReal)(j + 1);
  PetscCall(VecDuplicate(e->start, &m->u));
  PetscCall(VecDuplicate(e->start, &m->rest));
  PetscCall(VecDuplicate(e->start, &m->x));
  PetscCall(VecDuplicate(e->start, &m->next));
  PetscCall(VecDuplicate(e->start, &m->product));
  PetscCall(VecCopy(e->start, m->u));
  PetscCall(VecDot(e->system->total, m->u, &m->mass));
  PetscFunctionReturn(0);
}

static PetscErrorCode march_destroy(March *m)
{
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&m->ksp));
  PetscCall(MatDestroy(&m->matrix));
  PetscCall(VecDestroy(&m->u));
  PetscCall(VecDestroy(&m->rest));
  PetscCall(VecDestroy(&m->x));
  PetscCall(VecDestroy(&m->next));
  PetscCall(VecDestroy(&m->product));
  PetscFunctionReturn(0);
}

/* The sum of all steps is to stay below the tolerance: some 100 steps are usual, for they grow with the time. */
static PetscErrorCode march(March *m, PetscReal enough)
{
  Evolve e = m->evolve;
  const PetscReal allowed = PetscMax(0.01 * e->tolerance, 2e-13) * e->mass_scale;
  PetscReal size = PETSC_MAX_REAL;
  PetscBool due, halt = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt steps = 0; m->k < e->n_times && e->failure->status == CELL_OK && !halt; steps++) {
    while (m->k < e->n_times && e->times[m->k] <= m->t) PetscCall(VecCopy(m->u, e->states[m->k++]));
    PetscCall(EvolveNorm(e, m->u, &size));
    if (m->k == e->n_times || size <= enough) break;
    PetscCall(EvolvePoll(e, m->t / e->times[e->n_times - 1], &due, &halt));
    if (due) PetscCall(save(m));
    if (halt) break;
    PetscCall(advance(m, allowed));
    if (steps >= MOST_STEPS)
      PetscCall(EvolveFail(
          e, CELL_NOT_CONVERGED,
          "%" PetscInt_FMT
          " steps in time reached t = %g of %g: the mesh does not resolve how the tails of the initial "
          "density leave where the weight is negligible; a finer mesh, the scheme monotone, a narrower "
          "initial "
          "density or a smaller domain help",
          steps, (double)m->t, (double)e->times[e->n_times - 1]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode EvolveMarchUntil(Evolve e, PetscReal enough, PetscInt *done, PetscReal *reached)
{
  PetscBool resumed = PETSC_FALSE;
  March m;

  PetscFunctionBegin;
  PetscCall(march_create(e, &m));
  for (PetscInt j = 0; j < e->n_times; j++) PetscCall(VecZeroEntries(e->states[j]));
  PetscCall(load(&m, &resumed));
  if (!resumed) PetscCall(first_step(&m, e->mass_scale));
  if (e->failure->status == CELL_OK) PetscCall(march(&m, enough));
  PetscCall(VecCopy(m.u, e->start));
  e->info.error = m.error / e->mass_scale;
  *done = m.k;
  *reached = m.t;
  PetscCall(march_destroy(&m));
  PetscFunctionReturn(0);
}
