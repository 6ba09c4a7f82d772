/*
  Metropolis-adjusted Langevin: Euler's step y proposed from x is accepted with the probability
    min(1, w(y) q(x|y) / (w(x) q(y|x))),  q(y|x) = N(y; x + b(x) dt, 2 dt D(x)),
  so that the equilibrium w is exact for every dt, for any D. Where w is not known (outside of the box) it counts as zero.
*/
#include "vectorised.h"
#include "paths_private.h"

/* log q up to a constant: -|z|^2/2 - log det S, S z = (to - from - b dt)/sqrt(2 dt), by forward substitution. */
ANY_MACHINE static void log_density(PetscInt dim, PetscInt n, PetscReal dt, const PetscReal *restrict from,
                                    const PetscReal *restrict b, const PetscReal *restrict S,
                                    const PetscReal *restrict to, PetscReal *restrict log_q)
{
  const PetscReal scale = 1 / sqrt(2 * dt);

  for (PetscInt p = 0; p < n; p++) {
    PetscReal z[REITER_MAX_DIM] = {0, 0, 0}, squares = 0, determinant = 1;

    for (PetscInt i = 0; i < dim; i++) {
      const PetscInt at = i * DYNAMICS_BLOCK + p;
      PetscReal sum = (to[at] - from[at] - dt * b[at]) * scale;

      for (PetscInt j = 0; j < i; j++) sum -= S[(i * dim + j) * DYNAMICS_BLOCK + p] * z[j];
      z[i] = sum / S[(i * dim + i) * DYNAMICS_BLOCK + p];
      squares += z[i] * z[i];
      determinant *= S[(i * dim + i) * DYNAMICS_BLOCK + p];
    }
    log_q[p] = -0.5 * squares - log(determinant);
  }
}

/* flag: accepted. Comparisons with what is not a number are false: no such place is taken. */
ANY_MACHINE static void decide(PetscInt n, const PetscReal *restrict log_ratio, const PetscReal *restrict u,
                               const int64_t *restrict runs, int64_t *restrict flag)
{
  for (PetscInt i = 0; i < n; i++) flag[i] = log(u[i]) < log_ratio[i] ? runs[i] : 0;
}

ANY_MACHINE static void choose(PetscInt n, const int64_t *restrict flag, const PetscReal *restrict y,
                               PetscReal *restrict x)
{
  for (PetscInt i = 0; i < n; i++) x[i] = flag[i] ? y[i] : x[i];
}

static void take(const Paths paths, Work *w)
{
  const PetscInt dim = paths->info.dim;

  for (PetscInt c = 0; c < dim; c++) {
    choose(w->lanes, w->flag, w->y + c * DYNAMICS_BLOCK, w->x + c * DYNAMICS_BLOCK);
    choose(w->lanes, w->flag, w->b_y + c * DYNAMICS_BLOCK, w->b + c * DYNAMICS_BLOCK);
  }
  for (PetscInt i = 0; i < dim * dim && !paths->info.constant_noise; i++)
    choose(w->lanes, w->flag, w->S_y + i * DYNAMICS_BLOCK, w->S + i * DYNAMICS_BLOCK);
  choose(w->lanes, w->flag, w->log_w_y, w->log_w);
}

/* Without a limit to the weight a path may run away by steps that are all accepted. */
static void end_escapes(Paths paths, Work *w)
{
  for (PetscInt i = 0; i < w->n; i++) {
    for (PetscInt c = 0; c < paths->info.dim && w->flag[i]; c++) {
      const PetscReal x = w->x[c * DYNAMICS_BLOCK + i], y = w->y[c * DYNAMICS_BLOCK + i];

      if (PetscAbsReal(y) <= LARGEST_PLACE && PetscAbsReal(y - x) <= paths->farthest[c]) continue;
      PathEnds(w, i, PATH_ESCAPED, paths->dt * (PetscReal)(w->block->step + 1));
      w->flag[i] = 0;
    }
  }
}

/* Outside of the box: no weight, whatever the dynamics say there. */
ANY_MACHINE static void confine(PetscInt n, PetscReal low, PetscReal high, const PetscReal *restrict y,
                                PetscReal *restrict log_ratio)
{
  for (PetscInt i = 0; i < n; i++)
    log_ratio[i] = ((y[i] >= low) & (y[i] <= high)) ? log_ratio[i] : -PETSC_INFINITY;
}

/* Constant noise is written out once, so that log_density() reads both kinds alike. */
static PetscErrorCode evaluate_start(Paths paths, Work *w)
{
  PetscFunctionBegin;
  PetscCall(DynamicsEvaluate(paths->dynamics, w->lanes, DYNAMICS_BLOCK, w->x, w->b, w->S, w->log_w));
  if (paths->info.constant_noise)
    PetscCall(PetscArraycpy(w->S_y, w->S, REITER_MAX_DIM * REITER_MAX_DIM * DYNAMICS_BLOCK));
  w->current = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode MetropolisStep(Paths paths, Work *w, const PetscReal normal[], const PetscReal uniform[])
{
  const PetscInt dim = paths->info.dim, n = w->lanes;
  PetscReal forth[DYNAMICS_BLOCK], back[DYNAMICS_BLOCK];

  PetscFunctionBegin;
  if (!w->current) PetscCall(evaluate_start(paths, w));
  PathsPropose(paths, w, normal);
  PetscCall(DynamicsEvaluate(paths->dynamics, n, DYNAMICS_BLOCK, w->y, w->b_y,
                             paths->info.constant_noise ? NULL : w->S_y, w->log_w_y));
  log_density(dim, n, paths->dt, w->x, w->b, w->S, w->y, forth);
  log_density(dim, n, paths->dt, w->y, w->b_y, w->S_y, w->x, back);
  for (PetscInt i = 0; i < n; i++) back[i] += w->log_w_y[i] - w->log_w[i] - forth[i];
  for (PetscInt c = 0; c < dim && paths->info.bounded; c++)
    confine(n, paths->low[c], paths->high[c], w->y + c * DYNAMICS_BLOCK, back);
  decide(n, back, uniform, w->runs, w->flag);
  w->block->proposals += w->n_runs;
  for (PetscInt i = 0; i < w->n; i++) w->block->accepted += w->flag[i] ? 1 : 0;
  end_escapes(paths, w);
  take(paths, w);
  PetscFunctionReturn(0);
}
