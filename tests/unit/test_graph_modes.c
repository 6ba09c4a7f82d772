/* Small eigenvalues of graphs: against closed forms, bisection for chains, LAPACK, and products of chains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <petscsys.h>
#include <petscblaslapack.h>
#include "graph_fixture.h"

static void expect_modes(const GraphModes *modes, PetscInt count, const PetscReal log_lambda[],
                         PetscReal tolerance)
{
  assert_int_equal(modes->n_found, count);
  for (PetscInt k = 0; k < count; k++) {
    const PetscReal off = PetscAbsReal(modes->log_lambda[k] - log_lambda[k]);
    if (!(off <= tolerance + 4e-16 * PetscAbsReal(log_lambda[k])))
      fail_msg("mode %d: log lambda %.17g is not %.17g: off by %.2g", (int)k, (double)modes->log_lambda[k],
               (double)log_lambda[k], (double)off);
    if (!(modes->error[k] < tolerance))
      fail_msg("mode %d: error estimate %.2g, off by %.2g", (int)k, (double)modes->error[k], (double)off);
  }
}

/* K f = lambda B f at every node, up to the digits of what functions of size 1 give; f is at most 1. */
static void expect_functions(const Graph *g, const GraphModes *modes, PetscInt count, PetscReal tolerance)
{
  for (PetscInt k = 0; k < PetscMin(count, modes->n_found); k++) {
    const PetscReal *f = modes->f + (size_t)k * (size_t)g->n;
    const long double lambda = expl(modes->log_lambda[k]);
    PetscReal largest = 0;
    for (PetscInt i = 0; i < g->n; i++) {
      const long double load = lambda * expl(g->log_mass[i]) * (long double)f[i];
      long double flow = expl(g->log_killing[i]) * (long double)f[i], size = lambda * expl(g->log_mass[i]);
      for (PetscInt64 e = g->offsets[i]; e < g->offsets[i + 1]; e++) {
        flow += expl(g->log_weight[e]) * ((long double)f[i] - (long double)f[g->neighbours[e]]);
        size += expl(g->log_weight[e]);
      }
      if (fabsl(flow - load) > (long double)tolerance * size)
        fail_msg("mode %d, node %d: f = %.3g, residual %.2Lg of %.2Lg", (int)k, (int)i, (double)f[i],
                 flow - load, size);
      largest = PetscMax(largest, f[i]);
    }
    assert_true(PetscAbsReal(largest - 1) < 1e-15);
  }
}

static void check_chain(const Graph *g, PetscInt count, PetscReal tolerance)
{
  PetscReal expected[8];
  GraphModes modes;
  for (PetscInt k = 0; k < count; k++) expected[k] = chain_eigenvalue(g, k);
  assert_int_equal(GraphComputeModes(g, count, PRECISION_AUTO, NULL, &modes), 0);
  expect_modes(&modes, count, expected, tolerance);
  /* further ones may lie so close together in deep wells that any mixture will do */
  expect_functions(g, &modes, 2, 1e-7);
  assert_int_equal(GraphModesDestroy(&modes), 0);
}

static void equal_weights(void **unused)
{
  enum { N = 40 };
  PetscReal zero[N] = {0}, expected[6], square[6];
  GraphModes modes;
  Graph g, product;
  (void)unused;
  graph_chain(N, zero, zero, &g);
  for (PetscInt k = 0; k < 6; k++) expected[k] = log(2 - 2 * cos(PETSC_PI * (PetscReal)(k + 1) / N));
  assert_int_equal(GraphComputeModes(&g, 6, PRECISION_AUTO, NULL, &modes), 0);
  expect_modes(&modes, 6, expected, 2e-13);
  expect_functions(&g, &modes, 9, 1e-7);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  /* the square: pairs of equal eigenvalues, (1,0) (0,1) (1,1) (2,0) (0,2) (2,1) */
  graph_product(&g, &g, &product);
  square[0] = square[1] = expected[0];
  square[2] = log(2) + expected[0];
  square[3] = square[4] = expected[1];
  square[5] = log(exp(expected[0]) + exp(expected[1]));
  assert_int_equal(GraphComputeModes(&product, 6, PRECISION_AUTO, NULL, &modes), 0);
  expect_modes(&modes, 6, square, 2e-13);
  expect_functions(&product, &modes, 9, 1e-7);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  graph_free(&product);
  graph_free(&g);
}

static void complete_graph_and_star(void **unused)
{
  PetscReal weight[81], expected[8];
  GraphModes modes;
  Graph g;
  (void)unused;
  for (PetscInt k = 0; k < 81; k++) weight[k] = 0;
  graph_dense(9, weight, &g);
  for (PetscInt k = 0; k < 8; k++) expected[k] = log(9);
  assert_int_equal(GraphComputeModes(&g, 20, PRECISION_AUTO, NULL, &modes), 0); /* there are 8 */
  expect_modes(&modes, 8, expected, 1e-13);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  graph_free(&g);
  for (PetscInt k = 0; k < 81; k++) weight[k] = k < 9 || k % 9 == 0 ? 0 : PETSC_NINFINITY;
  graph_dense(9, weight, &g);
  for (PetscInt k = 0; k < 7; k++) expected[k] = 0;
  expected[7] = log(9);
  assert_int_equal(GraphComputeModes(&g, 8, PRECISION_AUTO, NULL, &modes), 0);
  expect_modes(&modes, 8, expected, 1e-13);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  graph_free(&g);
}

static PetscReal quartic(PetscReal x)
{
  return x * x * x * x / 4 - x * x / 2;
}

/* Three wells of different depth, barriers of different height. */
static PetscReal three_wells(PetscReal x)
{
  return 1.0 * cos(2 * PETSC_PI * x) + 0.35 * x - 0.25 * cos(PETSC_PI * x);
}

static void double_well_down_to_nothing(void **unused)
{
  const PetscReal temperatures[] = {0.25, 0.1, 0.05, 0.025, 0.0125, 0.00625, 0.0028, 0.001, 0.0003};
  (void)unused;
  for (PetscInt t = 0; t < 9; t++) {
    Graph g;
    graph_landscape(quartic, -2, 2, temperatures[t], 161, &g);
    check_chain(&g, 3, 1e-13);
    graph_free(&g);
  }
}

static void three_wells_graded(void **unused)
{
  const PetscReal temperatures[] = {0.2, 0.1, 0.05, 0.03, 0.01, 0.004};
  (void)unused;
  for (PetscInt t = 0; t < 6; t++) {
    Graph g;
    graph_landscape(three_wells, 0, 3, temperatures[t], 301, &g);
    check_chain(&g, 4, 1e-13);
    if (t == 4) assert_true(chain_eigenvalue(&g, 1) - chain_eigenvalue(&g, 0) > 20); /* graded it is */
    graph_free(&g);
  }
}

static PetscReal leaning(PetscReal x)
{
  return quartic(x) + 0.05 * x;
}

static void absorbed_at_the_ends(void **unused)
{
  const PetscReal temperatures[] = {0.5, 0.05, 0.004};
  (void)unused;
  for (PetscInt t = 0; t < 3; t++) {
    for (PetscInt ends = 1; ends < 4; ends++) {
      Graph g;
      graph_landscape(leaning, -2, 2, temperatures[t], 121, &g);
      if (ends & 1) g.log_killing[0] = g.log_weight[0] + log(2);
      if (ends & 2) g.log_killing[g.n - 1] = g.log_weight[g.offsets[g.n] - 1] + log(2);
      check_chain(&g, 4, 1e-13);
      graph_free(&g);
    }
  }
}

/* Wells in both directions: the rates of a product are sums, and pairs of them are equal to many digits. */
static void product_of_wells(void **unused)
{
  const PetscReal temperatures[] = {0.05, 0.01};
  (void)unused;
  for (PetscInt t = 0; t < 2; t++) {
    PetscReal expected[3], rates[2];
    GraphModes modes;
    Graph a, b, g;
    graph_landscape(leaning, -2, 2, temperatures[t], 61, &a);
    graph_landscape(quartic, -1.9, 1.9, temperatures[t] * 1.7, 51, &b);
    rates[0] = chain_eigenvalue(&a, 0);
    rates[1] = chain_eigenvalue(&b, 0);
    graph_product(&a, &b, &g);
    expected[0] = PetscMin(rates[0], rates[1]);
    expected[1] = PetscMax(rates[0], rates[1]);
    expected[2] = log(exp(rates[0]) + exp(rates[1]));
    assert_int_equal(GraphComputeModes(&g, 3, PRECISION_AUTO, NULL, &modes), 0);
    expect_modes(&modes, 3, expected, 1e-13);
    expect_functions(&g, &modes, 9, 1e-7);
    if (t == 1) assert_int_equal(modes.n_wells, 4);
    assert_int_equal(GraphModesDestroy(&modes), 0);
    graph_free(&a);
    graph_free(&b);
    graph_free(&g);
  }
}

static PetscReal tilted(PetscReal x, PetscReal y)
{
  return quartic(x) + y * y / 2 + 0.1 * x * y + 0.02 * x;
}

static void double_against_long_double(void **unused)
{
  const PetscReal temperatures[] = {0.1, 0.02, 0.0042};
  (void)unused;
  for (PetscInt t = 0; t < 3; t++) {
    GraphModes modes, longer;
    Graph g;
    graph_plane(tilted, temperatures[t], 65, 33, &g);
    assert_int_equal(GraphComputeModes(&g, 3, PRECISION_DOUBLE, NULL, &modes), 0);
    assert_int_equal(GraphComputeModes(&g, 3, PRECISION_LONG_DOUBLE, NULL, &longer), 0);
    assert_int_equal(longer.precision, PRECISION_LONG_DOUBLE);
    expect_modes(&modes, 3, longer.log_lambda, 1e-13);
    assert_int_equal(GraphModesDestroy(&modes), 0);
    assert_int_equal(GraphModesDestroy(&longer), 0);
    graph_free(&g);
  }
}

/* Random graphs, well conditioned, with and without killing: LAPACK. */
static void random_graphs(void **unused)
{
  enum { N = 80 };
  PetscInt64 state = 11;
  (void)unused;
  for (PetscInt trial = 0; trial < 6; trial++) {
    PetscReal weight[N * N], *S, lambda[N], expected[5], work[8 * N];
    PetscBLASInt n = N, lwork = 8 * N, info;
    GraphModes modes;
    Graph g;
    for (PetscInt i = 0; i < N; i++) {
      for (PetscInt j = 0; j <= i; j++)
        weight[i * N + j] = weight[j * N + i] =
            draw(&state) < 0.06 || j == i - 1 ? 2 * draw(&state) : PETSC_NINFINITY;
    }
    graph_dense(N, weight, &g);
    for (PetscInt i = 0; i < N; i++) {
      g.log_mass[i] = 3 * draw(&state);
      if (trial % 2 && i % 5 == 0) g.log_killing[i] = draw(&state);
    }
    assert_int_equal(PetscCalloc1(N * N, &S), 0);
    for (PetscInt i = 0; i < N; i++) {
      S[i * (N + 1)] = exp(g.log_killing[i] - g.log_mass[i]);
      for (PetscInt64 e = g.offsets[i]; e < g.offsets[i + 1]; e++) {
        const PetscInt j = g.neighbours[e];
        S[i * (N + 1)] += exp(g.log_weight[e] - g.log_mass[i]);
        S[i * N + j] -= exp(g.log_weight[e] - (g.log_mass[i] + g.log_mass[j]) / 2);
      }
    }
    LAPACKsyev_("N", "L", &n, S, &n, lambda, work, &lwork, &info);
    assert_int_equal(info, 0);
    for (PetscInt k = 0; k < 5; k++) expected[k] = log(lambda[k + (trial % 2 ? 0 : 1)]);
    assert_int_equal(GraphComputeModes(&g, 5, PRECISION_AUTO, NULL, &modes), 0);
    expect_modes(&modes, 5, expected, 1e-12);
    expect_functions(&g, &modes, 9, 1e-7);
    assert_int_equal(GraphModesDestroy(&modes), 0);
    assert_int_equal(PetscFree(S), 0);
    graph_free(&g);
  }
}

/* A trap that no weight shows: a node of usual mass behind one weak edge. */
static void trap_of_mass(void **unused)
{
  enum { N = 30 };
  PetscReal weight[N] = {0}, mass[N] = {0};
  Graph g;
  (void)unused;
  weight[N - 2] = -50;
  graph_chain(N, weight, mass, &g);
  check_chain(&g, 2, 1e-13);
  graph_free(&g);
}

static void interrupted_at_once(void **unused)
{
  const volatile int interrupted = 1;
  GraphModes modes;
  Graph g;
  (void)unused;
  graph_landscape(quartic, -2, 2, 0.05, 61, &g);
  assert_int_equal(GraphComputeModes(&g, 2, PRECISION_AUTO, &interrupted, &modes), 0);
  assert_int_equal(modes.n_found, 0);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  graph_free(&g);
}

/* Beyond the range of a long double nothing is claimed. */
static void beyond_every_range(void **unused)
{
  GraphModes modes;
  Graph g;
  (void)unused;
  graph_landscape(quartic, -2, 2, 1e-5, 61, &g);
  assert_int_equal(GraphComputeModes(&g, 1, PRECISION_AUTO, NULL, &modes), 0);
  assert_int_equal(modes.n_found, 0);
  assert_int_equal(GraphModesDestroy(&modes), 0);
  graph_free(&g);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_weights),
      cmocka_unit_test(complete_graph_and_star),
      cmocka_unit_test(double_well_down_to_nothing),
      cmocka_unit_test(three_wells_graded),
      cmocka_unit_test(absorbed_at_the_ends),
      cmocka_unit_test(product_of_wells),
      cmocka_unit_test(double_against_long_double),
      cmocka_unit_test(random_graphs),
      cmocka_unit_test(trap_of_mass),
      cmocka_unit_test(interrupted_at_once),
      cmocka_unit_test(beyond_every_range),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
