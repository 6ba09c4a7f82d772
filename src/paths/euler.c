/*
  Euler-Maruyama, x += b dt + sqrt(2 dt) S(x) xi_k, and Leimkuhler-Matthews (2013), which takes (xi_k + xi_{k+1})/2 for
  xi_k: of second order in the equilibrium for constant noise at the price of Euler's scheme.
*/
#include "vectorised.h"
#include "paths_private.h"

void PathEnds(Work *w, PetscInt i, PathState state, PetscReal end)
{
  w->block->state[w->at[i]] = (int8_t)state;
  w->block->end[w->at[i]] = end;
  w->runs[i] = 0;
  w->n_runs--;
}

ANY_MACHINE static void drift(PetscInt n, PetscReal dt, const PetscReal *restrict x,
                              const PetscReal *restrict b, PetscReal factor, const PetscReal *restrict xi,
                              PetscReal *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] = x[i] + dt * b[i] + factor * xi[i];
}

ANY_MACHINE static void add_constant(PetscInt n, PetscReal factor, const PetscReal *restrict xi,
                                     PetscReal *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] += factor * xi[i];
}

ANY_MACHINE static void add(PetscInt n, PetscReal factor, const PetscReal *restrict S,
                            const PetscReal *restrict xi, PetscReal *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] += factor * S[i] * xi[i];
}

void PathsPropose(Paths paths, Work *w, const PetscReal normal[])
{
  const PetscInt dim = paths->info.dim, n = w->lanes;
  const PetscReal factor = PetscSqrtReal(2 * paths->dt);

  for (PetscInt i = 0; i < dim; i++) {
    const PetscInt at = i * DYNAMICS_BLOCK;

    if (paths->info.constant_noise) {
      drift(n, paths->dt, w->x + at, w->b + at, factor * paths->root[i * dim], normal, w->y + at);
      for (PetscInt j = 1; j <= i; j++)
        add_constant(n, factor * paths->root[i * dim + j], normal + j * DYNAMICS_BLOCK, w->y + at);
    } else {
      drift(n, paths->dt, w->x + at, w->b + at, 0, normal, w->y + at);
      for (PetscInt j = 0; j <= i; j++) {
        add(n, factor, w->S + (i * dim + j) * DYNAMICS_BLOCK, normal + j * DYNAMICS_BLOCK, w->y + at);
      }
    }
  }
}

/* Which running paths would leave [low, high], or go too far at once; what is not a number does. */
ANY_MACHINE static int64_t find_escapes(PetscInt n, PetscReal low, PetscReal high, PetscReal farthest,
                                        const PetscReal *restrict x, const PetscReal *restrict y,
                                        const int64_t *restrict runs, int64_t *restrict flag)
{
  int64_t any = 0;

  for (PetscInt i = 0; i < n; i++) {
    const int64_t out = ((y[i] >= low) & (y[i] <= high) & (fabs(y[i] - x[i]) <= farthest)) ? 0 : runs[i];

    flag[i] = out;
    any |= out;
  }
  return any;
}

static void end_escapes(Paths paths, Work *w)
{
  for (PetscInt c = 0; c < paths->info.dim; c++) {
    const PetscInt at = c * DYNAMICS_BLOCK;

    if (!find_escapes(w->lanes, paths->low[c], paths->high[c], paths->farthest[c], w->x + at, w->y + at,
                      w->runs, w->flag))
      continue;
    for (PetscInt i = 0; i < w->n; i++)
      if (w->flag[i]) PathEnds(w, i, PATH_ESCAPED, paths->dt * (PetscReal)(w->block->step + 1));
  }
}

ANY_MACHINE static void move(PetscInt n, const int64_t *restrict runs, const PetscReal *restrict y,
                             PetscReal *restrict x)
{
  for (PetscInt i = 0; i < n; i++) x[i] = runs[i] ? y[i] : x[i];
}

/* carry = (carry + xi)/2, the noise of the step; the new noise is carried on by the caller. */
ANY_MACHINE static void mean(PetscInt n, const PetscReal *restrict xi, PetscReal *restrict carry)
{
  for (PetscInt i = 0; i < n; i++) carry[i] = 0.5 * (carry[i] + xi[i]);
}

PetscErrorCode PathsMove(Paths paths, Work *w)
{
  PetscFunctionBegin;
  if (paths->target) PetscCall(TargetReached(paths, w));
  end_escapes(paths, w);
  for (PetscInt c = 0; c < paths->info.dim; c++)
    move(w->lanes, w->runs, w->y + c * DYNAMICS_BLOCK, w->x + c * DYNAMICS_BLOCK);
  PetscFunctionReturn(0);
}

PetscErrorCode EulerStep(Paths paths, Work *w, const PetscReal normal[])
{
  const PetscInt dim = paths->info.dim;

  PetscFunctionBegin;
  PetscCall(DynamicsEvaluate(paths->dynamics, w->lanes, DYNAMICS_BLOCK, w->x, w->b,
                             paths->info.constant_noise ? NULL : w->S, NULL));
  if (paths->scheme == PATHS_LEIMKUHLER_MATTHEWS) {
    for (PetscInt c = 0; c < dim; c++)
      mean(w->lanes, normal + c * DYNAMICS_BLOCK, w->carry + c * DYNAMICS_BLOCK);
    PathsPropose(paths, w, w->carry);
    PetscCall(PetscArraycpy(w->carry, normal, dim * DYNAMICS_BLOCK));
  } else {
    PathsPropose(paths, w, normal);
  }
  PetscCall(PathsMove(paths, w));
  PetscFunctionReturn(0);
}
