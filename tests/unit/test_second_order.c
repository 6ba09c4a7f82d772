/*
  One step of the weak scheme of second order against exact moments. Student's diffusion D = a (1 + |x|^2) I,
  w = (1 + |x|^2)^-k has the drift -t x, t = 2 a (k - 1), so that polynomials stay polynomials under its generator
    L x_i = -t x_i,   L r^2 = -2 t r^2 + 2 d a (1 + r^2),   L r^4 = -4 t r^4 + a (1 + r^2)(8 + 4 d) r^2,
    L x_i x_j = -2 t x_i x_j (i != j);   its noises do not commute.
  The expectation over the normal numbers is a Gauss-Hermite sum that is exact for the polynomials that matter, so there is
  no statistical error: local errors fall with dt^3.
*/
#include "coefficients_fixture.h"
#include "paths/paths_private.h"
#include <slepcsys.h>

enum { NODES = 7, MOMENTS = 4 };
/* Of the weight exp(-x^2/2)/sqrt(2 pi), degree 13 (Abramowitz and Stegun 25.4.46, scaled). */
static const PetscReal node[NODES] = {0,
                                      1.1544053947399681,
                                      -1.1544053947399681,
                                      2.3667594107345416,
                                      -2.3667594107345416,
                                      3.7504397177257425,
                                      -3.7504397177257425};
static const PetscReal weight[NODES] = {0.45714285714285713,   0.24012317860501271,  0.24012317860501271,
                                        0.030757123967586498,  0.030757123967586498, 0.00054826885597221793,
                                        0.00054826885597221793};

static const PetscReal a = 0.4, k = 2.5, start[3] = {0.8, -0.5, 0.3};

/* x, r^2, r^4, x y after the time t, by the series of exp(t L). */
static void exact(PetscInt dim, PetscReal t, PetscReal moment[MOMENTS])
{
  const PetscReal rate = 2 * a * (k - 1), d = (PetscReal)dim;
  PetscReal r2 = 0;

  for (PetscInt c = 0; c < dim; c++) r2 += start[c] * start[c];
  /* 1, r^2, r^4 of the expectation, by rows of the transposed generator on (1, r^2, r^4) */
  for (PetscInt what = 0; what < 2; what++) {
    PetscReal f[3] = {0, what == 0, what == 1}, value = f[1] * r2 + f[2] * r2 * r2;
    for (PetscInt n = 1; n < 30; n++) {
      const PetscReal g[3] = {2 * d * a * f[1], (-2 * rate + 2 * d * a) * f[1] + a * (8 + 4 * d) * f[2],
                              (-4 * rate + a * (8 + 4 * d)) * f[2]};
      for (PetscInt i = 0; i < 3; i++) f[i] = g[i] * t / (PetscReal)n;
      value += f[0] + f[1] * r2 + f[2] * r2 * r2;
    }
    moment[1 + what] = value;
  }
  moment[0] = start[0] * PetscExpReal(-rate * t);
  moment[3] = dim > 1 ? start[0] * start[1] * PetscExpReal(-2 * rate * t) : 0;
}

/* The expectations after one step, by quadrature: blocks of DYNAMICS_BLOCK nodes. */
static void one_step(Paths paths, Work *w, PetscInt dim, PetscReal moment[MOMENTS])
{
  const PetscInt signs = dim == 1 ? 1 : 8;
  PetscInt total = signs, n = 0;
  static PetscReal weights[DYNAMICS_BLOCK], normal[3 * DYNAMICS_BLOCK], uniform[DYNAMICS_BLOCK];
  static PathBlock block;

  for (PetscInt c = 0; c < dim; c++) total *= NODES;
  for (PetscInt m = 0; m < MOMENTS; m++) moment[m] = 0;
  w->lanes = DYNAMICS_BLOCK;
  w->block = &block;
  for (PetscInt at = 0; at < total; at++) {
    PetscInt rest = at / signs;
    weights[n] = 1 / (PetscReal)signs;
    uniform[n] = ((PetscReal)(at % signs) + 0.5) / 8;
    for (PetscInt c = 0; c < dim; c++, rest /= NODES) {
      normal[c * DYNAMICS_BLOCK + n] = node[rest % NODES];
      weights[n] *= weight[rest % NODES];
      w->x[c * DYNAMICS_BLOCK + n] = start[c];
    }
    w->runs[n] = -1;
    if (++n < DYNAMICS_BLOCK && at + 1 < total) continue;
    for (PetscInt i = n; i < DYNAMICS_BLOCK; i++) {
      w->runs[i] = 0;
      weights[i] = 0;
      for (PetscInt c = 0; c < dim; c++) w->x[c * DYNAMICS_BLOCK + i] = start[c];
    }
    OK(SecondOrderStep(paths, w, normal, uniform));
    for (PetscInt i = 0; i < DYNAMICS_BLOCK; i++) {
      const PetscReal *const x = w->x + i;
      PetscReal r2 = 0;
      for (PetscInt c = 0; c < dim; c++) r2 += x[c * DYNAMICS_BLOCK] * x[c * DYNAMICS_BLOCK];
      moment[0] += weights[i] * x[0];
      moment[1] += weights[i] * r2;
      moment[2] += weights[i] * r2 * r2;
      if (dim > 1) moment[3] += weights[i] * x[0] * x[DYNAMICS_BLOCK];
    }
    n = 0;
  }
}

static void assert_third_order(PetscInt dim)
{
  static const char *const weights[] = {"-2.5*log(1+x^2)", "-2.5*log(1+x^2+y^2)", "-2.5*log(1+x^2+y^2+z^2)"};
  static const char *const tensors[] = {"0.4*(1+x^2)", "0.4*(1+x^2+y^2)", "0.4*(1+x^2+y^2+z^2)"};
  static const PetscReal box[][2] = {{-5, 5}, {-5, 5}, {-5, 5}};
  Expression log_w = parse(dim, 0, weights[dim - 1]), D[9];
  PetscReal error[2][MOMENTS];
  CoefficientFault fault;
  Coefficients c;
  Dynamics d;
  Paths paths;
  char *refused;

  for (PetscInt i = 0; i < dim * dim; i++) D[i] = parse(dim, 0, i % (dim + 1) ? "0" : tensors[dim - 1]);
  OK(CoefficientsCreateFormulas(dim, log_w, D, &c));
  OK(DynamicsCreateDiffusion(c, box, dim == 3 ? 1e-5 : 1e-8, &d, &fault));
  if (!d) fail_msg("%s", fault.message);
  OK(PathsCreate(d, &paths));
  OK(PathsSetScheme(paths, PATHS_SECOND_ORDER));
  OK(PathsSetSeed(paths, 1));
  for (PetscInt half = 0; half < 2; half++) {
    const PetscReal dt = half ? 0.05 : 0.1;
    PetscReal moment[MOMENTS], reference[MOMENTS];
    OK(PathsSetStep(paths, dt));
    OK(PathsSetUp(paths, &refused));
    assert_null(refused);
    one_step(paths, paths->work, dim, moment);
    exact(dim, dt, reference);
    for (PetscInt m = 0; m < MOMENTS; m++) error[half][m] = PetscAbsReal(moment[m] - reference[m]);
  }
  for (PetscInt m = 0; m < (dim > 1 ? MOMENTS : MOMENTS - 1); m++) {
    const PetscReal order = PetscLogReal(error[0][m] / error[1][m]) / PetscLogReal(2.);
    if (!(order > 2.7))
      fail_msg("moment %d in dimension %d: local order %.3f", (int)m, (int)dim, (double)order);
  }
  OK(PathsDestroy(&paths));
  OK(DynamicsDestroy(&d));
  OK(CoefficientsDestroy(&c));
  OK(ExpressionDestroy(&log_w));
  for (PetscInt i = 0; i < dim * dim; i++) OK(ExpressionDestroy(&D[i]));
}

static void test_line(void **state)
{
  (void)state;
  assert_third_order(1);
}

static void test_plane(void **state)
{
  (void)state;
  assert_third_order(2);
}

static void test_space(void **state)
{
  (void)state;
  assert_third_order(3);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_line), cmocka_unit_test(test_plane),
                                     cmocka_unit_test(test_space)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
