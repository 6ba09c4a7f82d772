/*
  Platen's explicit scheme of weak order 2 for noise that depends on the position (Kloeden and Platen, Numerical Solution
  of Stochastic Differential Equations, section 15.1, eq. 1.3): derivatives of S are replaced by differences between stages
  a noise's width away. With a = b dt, s_j = sqrt(2 dt) times column j of S at x, xi the normal numbers:
    Y   = x + a + sum_j s_j xi_j,   R+-_j = x + a +- s_j,   U+-_r = x +- s_r,
    y   = x + (a + a(Y))/2 + sum_j [ s_j xi_j (1 - (d - 1))/2 + sum_+- s_j(R+-_j) (xi_j +- (xi_j^2 - 1))/4
          + sum_{r != j} sum_+- s_j(U+-_r) (xi_j +- (xi_j xi_r + v_rj))/4 ],   v_rj = -v_jr = +-1 with equal chances.
  For constant noise that is Heun's method: y = x + (a + a(Y))/2 + sum_j s_j xi_j. Y is Euler's step; where another stage
  leaves the box of the dynamics, it is the step.
*/
#include "vectorised.h"
#include "paths_private.h"

ANY_MACHINE static void add_scaled(PetscInt n, PetscReal factor, const PetscReal *restrict from,
                                   PetscReal *restrict to)
{
  for (PetscInt i = 0; i < n; i++) to[i] += factor * from[i];
}

ANY_MACHINE static void add_product(PetscInt n, const PetscReal *restrict S, const PetscReal *restrict weight,
                                    PetscReal *restrict to)
{
  for (PetscInt i = 0; i < n; i++) to[i] += S[i] * weight[i];
}

ANY_MACHINE static void weigh_own(PetscInt n, PetscReal factor, PetscReal side, const PetscReal *restrict xi,
                                  PetscReal *restrict weight)
{
  for (PetscInt i = 0; i < n; i++) weight[i] = factor * (xi[i] + side * (xi[i] * xi[i] - 1));
}

/* The sign v is bit `bit` of three, drawn as a uniform number. */
ANY_MACHINE static void weigh_other(PetscInt n, PetscReal factor, PetscReal side, PetscReal sense,
                                    PetscInt bit, const PetscReal *restrict xi,
                                    const PetscReal *restrict other, const PetscReal *restrict uniform,
                                    PetscReal *restrict weight)
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal v = ((int)(8 * uniform[i]) >> bit & 1) ? sense : -sense;

    weight[i] = factor * (xi[i] + side * (xi[i] * other[i] + v));
  }
}

/* not a number where y is not */
ANY_MACHINE static void add_trouble(PetscInt n, const PetscReal *restrict y, PetscReal *restrict trouble)
{
  for (PetscInt i = 0; i < n; i++) trouble[i] += y[i] - y[i];
}

ANY_MACHINE static void keep_euler(PetscInt n, const PetscReal *restrict trouble,
                                   const PetscReal *restrict euler, PetscReal *restrict y)
{
  for (PetscInt i = 0; i < n; i++) y[i] = trouble[i] == 0 ? y[i] : euler[i];
}

/* y += column j of S times the weights. */
static void add_column(Paths paths, const Work *w, PetscInt j, const PetscReal S[], PetscReal y[])
{
  const PetscInt dim = paths->info.dim;

  for (PetscInt i = j; i < dim; i++)
    add_product(w->lanes, S + (i * dim + j) * DYNAMICS_BLOCK, w->weight, y + i * DYNAMICS_BLOCK);
}

/* S_y at the stage x + drift a + factor times column j of S. */
static PetscErrorCode evaluate_stage(Paths paths, Work *w, PetscReal a, PetscReal factor, PetscInt j)
{
  const PetscInt dim = paths->info.dim, n = w->lanes;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim; i++) {
    PetscReal *const to = w->stage + i * DYNAMICS_BLOCK;
    PetscCall(PetscArraycpy(to, w->x + i * DYNAMICS_BLOCK, n));
    if (a != 0) add_scaled(n, a, w->b + i * DYNAMICS_BLOCK, to);
    if (i >= j) add_scaled(n, factor, w->S + (i * dim + j) * DYNAMICS_BLOCK, to);
  }
  PetscCall(DynamicsEvaluate(paths->dynamics, n, DYNAMICS_BLOCK, w->stage, NULL, w->S_y, NULL));
  PetscFunctionReturn(0);
}

/* The part of the noise, added to y. */
static PetscErrorCode add_noise(Paths paths, Work *w, const PetscReal normal[], const PetscReal uniform[],
                                PetscReal y[])
{
  const PetscInt dim = paths->info.dim, n = w->lanes;
  const PetscReal width = PetscSqrtReal(2 * paths->dt);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim && dim != 2; j++) {
    PetscCall(PetscArrayzero(w->weight, n));
    add_scaled(n, width * (PetscReal)(2 - dim) / 2, normal + j * DYNAMICS_BLOCK, w->weight);
    add_column(paths, w, j, w->S, y);
  }
  for (PetscInt r = 0; r < dim; r++) {
    for (PetscInt side = -1; side <= 1; side += 2) {
      const PetscReal sign = (PetscReal)side, *const xi = normal + r * DYNAMICS_BLOCK;

      PetscCall(evaluate_stage(paths, w, paths->dt, sign * width, r));
      weigh_own(n, width / 4, sign, xi, w->weight);
      add_column(paths, w, r, w->S_y, y);
      if (dim == 1) continue;
      PetscCall(evaluate_stage(paths, w, 0, sign * width, r));
      for (PetscInt j = 0; j < dim; j++) {
        if (j == r) continue;
        weigh_other(n, width / 4, sign, r < j ? 1 : -1, r + j - 1, normal + j * DYNAMICS_BLOCK, xi, uniform,
                    w->weight);
        add_column(paths, w, j, w->S_y, y);
      }
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SecondOrderStep(Paths paths, Work *w, const PetscReal normal[], const PetscReal uniform[])
{
  const PetscInt dim = paths->info.dim, n = w->lanes, all = dim * DYNAMICS_BLOCK;
  const PetscBool constant = paths->info.constant_noise;

  PetscFunctionBegin;
  PetscCall(DynamicsEvaluate(paths->dynamics, n, DYNAMICS_BLOCK, w->x, w->b, constant ? NULL : w->S, NULL));
  PathsPropose(paths, w, normal);
  PetscCall(DynamicsEvaluate(paths->dynamics, n, DYNAMICS_BLOCK, w->y, w->b_y, NULL, NULL));
  PetscCall(PetscArraycpy(w->euler, w->y, all));
  if (!constant) PetscCall(PetscArraycpy(w->y, w->x, all));
  for (PetscInt c = 0; c < dim; c++) {
    PetscReal *const y = w->y + c * DYNAMICS_BLOCK;
    add_scaled(n, paths->dt / (constant ? -2 : 2), w->b + c * DYNAMICS_BLOCK, y);
    add_scaled(n, paths->dt / 2, w->b_y + c * DYNAMICS_BLOCK, y);
  }
  if (!constant) PetscCall(add_noise(paths, w, normal, uniform, w->y));
  PetscCall(PetscArrayzero(w->weight, n));
  for (PetscInt c = 0; c < dim; c++) add_trouble(n, w->y + c * DYNAMICS_BLOCK, w->weight);
  for (PetscInt c = 0; c < dim; c++)
    keep_euler(n, w->weight, w->euler + c * DYNAMICS_BLOCK, w->y + c * DYNAMICS_BLOCK);
  PetscCall(PathsMove(paths, w));
  PetscFunctionReturn(0);
}
