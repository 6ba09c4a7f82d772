/* Finite-element cells at their limits: a few cells, enormous contrast, values and solvers that fail, correctors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include "cell_fixture.h"

/* log_w = -sum_c (a_c cos(2 pi f_c y_c) + b_c cos(2 pi y_c)) / s */
typedef struct {
  PetscInt dim, f[3];
  PetscReal a[3], b[3], s;
} Waves;

static PetscReal wave(const Waves *w, PetscInt c, PetscReal y)
{
  return (w->a[c] * PetscCosReal(2 * PETSC_PI * (PetscReal)w->f[c] * y) +
          w->b[c] * PetscCosReal(2 * PETSC_PI * y)) /
         w->s;
}

static void waves(const PetscReal y[], const void *data, PetscReal *log_w, PetscReal c[])
{
  const Waves *w = data;

  (void)c;
  *log_w = 0;
  for (PetscInt k = 0; k < w->dim; k++) *log_w -= wave(w, k, y[k]);
}

/* log of int exp(sign V_c / s), periodic trapezoid rule in logarithms. */
static PetscReal log_integral(const Waves *w, PetscInt c, PetscReal sign)
{
  const PetscInt m = 4096;
  PetscReal top = PETSC_NINFINITY, sum = 0;

  for (PetscInt i = 0; i < m; i++) top = PetscMax(top, sign * wave(w, c, (PetscReal)i / (PetscReal)m));
  for (PetscInt i = 0; i < m; i++) sum += PetscExpReal(sign * wave(w, c, (PetscReal)i / (PetscReal)m) - top);
  return top + PetscLogReal(sum / (PetscReal)m);
}

/* log K_cc of the sum of one-dimensional potentials. */
static PetscReal log_exact(const Waves *w, PetscInt c)
{
  PetscReal log_k = -log_integral(w, c, 1);

  for (PetscInt i = 0; i < w->dim; i++) log_k += i == c ? 0 : log_integral(w, i, -1);
  return log_k;
}

/* Largest relative error of the diagonals, compared in logarithms, and the largest width. */
static void check_waves(const Waves *w, unsigned varies, PetscInt cells, PetscInt order, PetscReal tolerance)
{
  CellFixture fixture = {waves, w};
  CellProblem problem = fixture_problem(w->dim, &fixture, PETSC_TRUE);
  CellResult r;

  problem.varies = varies;
  fem_solve(&problem, cells, order, &r);
  assert_string_equal(r.failure.message, "");
  for (PetscInt c = 0; c < w->dim; c++) {
    const PetscReal exact = log_exact(w, c), upper = r.log_scale + PetscLogReal(r.upper[c * (w->dim + 1)]),
                    lower = r.log_scale + PetscLogReal(r.lower[c * (w->dim + 1)]);
    print_message("d = %d, log K_%d%d: upper %.12g, exact %.12g, lower %.12g\n", (int)w->dim, (int)c + 1,
                  (int)c + 1, upper, exact, lower);
    assert_true(PetscAbsReal(upper - exact) < tolerance && PetscAbsReal(lower - exact) < tolerance);
    for (PetscInt k = 0; k < c; k++) {
      /* exactly zero; what is left must not show beside the diagonal */
      const PetscReal size =
          PetscSqrtReal(r.upper[c * (w->dim + 1)]) * PetscSqrtReal(r.upper[k * (w->dim + 1)]);
      assert_true(PetscAbsReal(r.upper[c * w->dim + k]) < 1e-6 * size);
      assert_true(PetscAbsReal(r.lower[c * w->dim + k]) < 1e-6 * size);
    }
  }
}

static void contrast_in_logarithms(void **state)
{
  /* contrast e^600 across the layers, none along them */
  const Waves layers = {2, {1, 1}, {300, 0}, {0, 0}, 1};
  /* the same with a second direction that makes a lattice of wells, contrast e^700 */
  const Waves lattice = {2, {1, 1}, {200, 150}, {0, 0}, 1};
  /* two unequal wells and two equal ones in a cell: e^230 */
  const Waves wells = {2, {2, 2}, {1, 0.8}, {0.1, 0}, 0.016};
  const Waves three = {3, {1, 1, 1}, {15, 12, 8}, {0, 0, 0}, 1};

  (void)state;
  check_waves(&layers, 1, 128, 8, 1e-10);
  check_waves(&layers, 3, 64, 4, 1e-4);
  check_waves(&lattice, 3, 48, 8, 1e-5);
  check_waves(&wells, 3, 32, 8, 1e-5);
  check_waves(&three, 7, 7, 4, 0.2);
  check_waves(&(Waves){3, {1, 2, 1}, {0, 40, 0}, {0, 10, 0}, 1}, 2, 64, 6, 1e-7);
}

static void a_few_cells(void **state)
{
  const Waves gentle = {3, {1, 1, 1}, {0.4, 0.3, 0.2}, {0, 0, 0}, 1};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    Waves w = gentle;
    CellFixture fixture = {waves, &w};
    CellProblem problem = fixture_problem(dim, &fixture, PETSC_TRUE);
    w.dim = dim;
    for (PetscInt cells = 1; cells <= 2; cells++) {
      for (PetscInt order = 1; order <= 3; order++) {
        CellResult r;
        fem_solve(&problem, cells, order, &r);
        assert_string_equal(r.failure.message, "");
        for (PetscInt c = 0; c < dim; c++) {
          const PetscReal exact = PetscExpReal(log_exact(&w, c) - r.log_scale);
          /* the quadrature on so few cells is what it says it is */
          assert_true(r.upper[c * (dim + 1)] >= exact * (1 - r.quadrature));
          assert_true(r.lower[c * (dim + 1)] <= exact * (1 + r.quadrature));
          assert_true(r.lower[c * (dim + 1)] > 0);
        }
      }
    }
    check_waves(&w, 7, 1, dim < 3 ? 12 : 6, dim < 3 ? 1e-7 : 1e-2);
    check_waves(&w, 7, 2, dim < 3 ? 8 : 5, dim < 3 ? 1e-7 : 1e-4);
  }
}

static void broken(const PetscReal y[], const void *data, PetscReal *log_w, PetscReal c[])
{
  const Waves flat = {2, {1, 1}, {1, 1}, {0, 0}, 1};

  waves(y, &flat, log_w, c);
  if (y[0] > 0.5 && y[1] > 0.75) *log_w = data ? -INFINITY : NAN;
}

static PetscErrorCode failing_sample(void *ctx, CellSamples *s)
{
  PetscFunctionBegin;
  PetscCall(fixture_sample(ctx, s));
  s->failure.status = CELL_LIMIT;
  PetscCall(PetscStrcpy(s->failure.message, "an inner cell"));
  PetscFunctionReturn(0);
}

static void failures_are_reported(void **state)
{
  const Waves steep = {2, {1, 1}, {900, 900}, {0, 0}, 1}, mild = {2, {1, 1}, {1, 1}, {0, 0}, 1};
  CellFixture fixture = {broken, NULL};
  CellProblem problem = fixture_problem(2, &fixture, PETSC_TRUE);
  CellResult r;

  (void)state;
  fem_solve(&problem, 4, 2, &r);
  assert_int_equal(r.failure.status, CELL_NOT_FINITE);
  assert_non_null(strstr(r.failure.message, "y = (0.5"));
  fixture.data = "infinite";
  fem_solve(&problem, 4, 2, &r);
  assert_int_equal(r.failure.status, CELL_NOT_FINITE);

  fixture = (CellFixture){waves, &mild};
  problem.sample = failing_sample;
  fem_solve(&problem, 4, 2, &r);
  assert_int_equal(r.failure.status, CELL_LIMIT);
  assert_string_equal(r.failure.message, "an inner cell");

  /* the user's solver options take effect, and a solver that stops short is no result */
  problem.sample = fixture_sample;
  assert_int_equal(PetscOptionsSetValue(NULL, "-cell_ksp_max_it", "2"), 0);
  assert_int_equal(PetscOptionsSetValue(NULL, "-cell_pc_type", "jacobi"), 0);
  fem_solve(&problem, 4, 4, &r);
  assert_int_equal(r.failure.status, CELL_NOT_CONVERGED);
  assert_non_null(strstr(r.failure.message, "DIVERGED_ITS"));
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_ksp_max_it"), 0);
  fem_solve(&problem, 4, 4, &r);
  assert_int_equal(r.failure.status, CELL_OK);
  assert_true(r.iterations > 20);
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_pc_type"), 0);

  /* a grid on which the weight cannot be seen asks for a finer one */
  fixture.data = &steep;
  fem_solve(&problem, 4, 4, &r);
  assert_int_equal(r.failure.status, CELL_LIMIT);
}

static PetscErrorCode inner_sample(void *ctx, CellSamples *s)
{
  PetscFunctionBegin;
  PetscCall(fixture_sample(ctx, s));
  for (PetscInt p = 0; p < s->total; p++) {
    s->log_z[p] = 0.25;
    s->log_zhat[p] = -0.5;
    for (PetscInt k = 0; k < CELL_PACKED; k++) {
      s->upper[k][p] = k == 0 || k == 3 ? 1.1e-9 : 0;
      s->lower[k][p] = k == 0 || k == 3 ? 0.9e-9 : 0;
    }
  }
  PetscFunctionReturn(0);
}

/* Brackets and Z of the scales inside come through. */
static void inner_scales(void **state)
{
  const Waves w = {2, {1, 1}, {1, 0.5}, {0, 0}, 1};
  CellFixture fixture = {waves, &w};
  CellProblem problem = fixture_problem(2, &fixture, PETSC_FALSE);
  CellResult r;

  (void)state;
  problem.inner_z = PETSC_TRUE;
  problem.sample = inner_sample;
  fem_solve(&problem, 8, 6, &r);
  assert_string_equal(r.failure.message, "");
  for (PetscInt c = 0; c < 2; c++) {
    const PetscReal exact = PetscExpReal(log_exact(&w, c) - r.log_scale) * 1e-9;
    assert_true(PetscAbsReal(r.upper[3 * c] / exact - 1.1) < 1e-7);
    assert_true(PetscAbsReal(r.lower[3 * c] / exact - 0.9) < 1e-7);
  }
  assert_true(PetscAbsReal(r.log_z - log_integral(&w, 0, -1) - log_integral(&w, 1, -1) - 0.25) < 1e-10);
  assert_true(PetscAbsReal(r.log_zhat - log_integral(&w, 0, 1) - log_integral(&w, 1, 1) + 0.5) < 1e-10);
}

/* theta' = K/w - 1 in each direction: cumulative sums of the trapezoid rule are exact to round-off at the grid. */
static void correctors_of_waves(void **state)
{
  const PetscInt m = 20, fine = 400;
  const Waves w = {2, {1, 1}, {3, 1}, {0, 0}, 1};
  CellFixture fixture = {waves, &w};
  const CellProblem problem = fixture_problem(2, &fixture, PETSC_TRUE);
  PetscReal first[400], second[400], exact[20], mean = 0, *const theta[2] = {first, second};
  void *work;

  (void)state;
  assert_int_equal(CellMethodFem.Create(NULL, &work), 0);
  assert_int_equal(CellMethodFem.Correctors(work, &problem, (CellResolution){12, 8, 0}, m, theta), 0);
  assert_int_equal(CellMethodFem.Destroy(&work), 0);
  for (PetscInt c = 0; c < 2; c++) {
    const PetscReal log_k = -log_integral(&w, c, 1);
    PetscReal sum = 0;
    mean = 0;
    for (PetscInt i = 0; i < m; i++) {
      exact[i] = sum - (PetscReal)i / (PetscReal)m;
      mean += exact[i] / (PetscReal)m;
      for (PetscInt q = 0; q < fine; q++) { /* Simpson over one interval of the grid */
        const PetscReal h = 1 / (PetscReal)(m * fine), y = (PetscReal)(i * fine + q) * h;
        sum += h / 6 *
               (PetscExpReal(log_k + wave(&w, c, y)) + 4 * PetscExpReal(log_k + wave(&w, c, y + h / 2)) +
                PetscExpReal(log_k + wave(&w, c, y + h)));
      }
    }
    assert_true(PetscAbsReal(sum - 1) < 1e-12);
    for (PetscInt p = 0; p < m * m; p++) {
      assert_true(PetscAbsReal(theta[c][p] - exact[c == 0 ? p % m : p / m] + mean) < 1e-6);
    }
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contrast_in_logarithms), cmocka_unit_test(a_few_cells),
      cmocka_unit_test(failures_are_reported),  cmocka_unit_test(inner_scales),
      cmocka_unit_test(correctors_of_waves),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
