/*
  Dynamics with noise that depends on x, in closed form, behind the same table of functions: log w = -|x|^2/2 and
    1-d: S = 1 + 0.5 sin x;   2-d: S = [[1.5 + sin x, 0], [0.5 cos y, 1]],
  with D = S S^T and b = D grad log w + div D.
*/
#pragma once
#include "paths_fixture.h"

static inline void at_point(PetscInt dim, double x, double y, double b[], double S[])
{
  if (dim == 1) {
    S[0] = 1 + 0.5 * sin(x);
    b[0] = -S[0] * S[0] * x + 2 * S[0] * 0.5 * cos(x);
  } else {
    /* D_xx = p^2, D_xy = p q, D_yy = q^2 + 1, p of x and q of y. */
    const double p = 1.5 + sin(x), q = 0.5 * cos(y), dp = cos(x), dq = -0.5 * sin(y);

    S[0] = p;
    S[1] = 0;
    S[2] = q;
    S[3] = 1;
    b[0] = -p * p * x - p * q * y + 2 * p * dp + p * dq;
    b[1] = -p * q * x - (q * q + 1) * y + dp * q + 2 * q * dq;
  }
}

static inline PetscErrorCode evaluate_closed(Dynamics dynamics, PetscInt n, PetscInt stride,
                                             const PetscReal x[], PetscReal b[], PetscReal S[],
                                             PetscReal log_w[])
{
  const PetscInt dim = dynamics->info.dim;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    const double y = dim > 1 ? x[stride + i] : 0;
    double drift[2], noise[4];

    at_point(dim, x[i], y, drift, noise);
    for (PetscInt c = 0; c < dim && b; c++) b[c * stride + i] = drift[c];
    for (PetscInt c = 0; c < dim * dim && S; c++) S[c * stride + i] = noise[c];
    if (log_w) log_w[i] = -(x[i] * x[i] + y * y) / 2;
  }
  PetscFunctionReturn(0);
}

static inline PetscErrorCode destroy_closed(Dynamics dynamics)
{
  (void)dynamics;
  return 0;
}

static inline Ensemble ensemble_closed(PetscInt dim)
{
  static const DynamicsOps ops = {evaluate_closed, NULL, destroy_closed};
  Ensemble e = {NULL, NULL, NULL};

  OK(PetscNew(&e.dynamics));
  e.dynamics->ops = &ops;
  e.dynamics->info.dim = dim;
  OK(PathsCreate(e.dynamics, &e.paths));
  return e;
}
