/* The elimination itself, passage times and committors, against sums over chains and against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <petscsys.h>
#include "graph_fixture.h"

enum { CHAIN = 200 };

static void close_to(PetscReal value, PetscReal expected, PetscReal tolerance)
{
  if (value == expected || PetscAbsReal(value - expected) <= tolerance) return;
  fail_msg("%.17g is not %.17g: off by %.2g", (double)value, (double)expected, (double)(value - expected));
}

static long double chain_weight(const Graph *g, PetscInt i)
{
  return expl(g->log_weight[g->offsets[i + 1] - 1]);
}

/* A rough chain whose weights span `range` in logarithms. */
static void rough_chain(PetscReal range, Graph *g)
{
  PetscReal weight[CHAIN], mass[CHAIN];
  PetscInt64 state = 7;
  for (PetscInt i = 0; i < CHAIN; i++) {
    weight[i] = range * (sin(0.07 * (PetscReal)i) - 1) / 2 + draw(&state);
    mass[i] = range * (sin(0.07 * (PetscReal)i) - 1) / 2 + draw(&state);
  }
  graph_chain(CHAIN, weight, mass, g);
}

static void passage_along_a_chain(void **unused)
{
  const PetscReal ranges[] = {1, 60, 700, 1500, 4000};
  (void)unused;
  for (PetscInt r = 0; r < 5; r++) {
    PetscBool target[CHAIN] = {PETSC_FALSE};
    PetscReal time[CHAIN];
    long double mass[CHAIN], sum = 0, total = 0;
    Graph g;
    rough_chain(ranges[r], &g);
    target[CHAIN - 1] = PETSC_TRUE;
    assert_int_equal(GraphPassageTime(&g, target, PRECISION_AUTO, time), 0);
    for (PetscInt i = 0; i < CHAIN; i++) mass[i] = total += expl(g.log_mass[i]);
    for (PetscInt i = CHAIN - 2; i >= 0; i--) { /* sum over edges of the mass behind over the weight */
      sum += mass[i] / chain_weight(&g, i);
      close_to(time[i], (PetscReal)logl(sum), 2e-14 + 4e-16 * ranges[r]);
    }
    assert_true(time[CHAIN - 1] == PETSC_NINFINITY);
    graph_free(&g);
  }
}

static void committor_of_a_chain(void **unused)
{
  const PetscReal ranges[] = {1, 60, 600, 2000};
  (void)unused;
  for (PetscInt r = 0; r < 4; r++) {
    PetscBool a[CHAIN] = {PETSC_FALSE}, b[CHAIN] = {PETSC_FALSE};
    PetscReal q[CHAIN], log_q[CHAIN], log_1mq[CHAIN], capacity;
    long double before[CHAIN] = {0}, after[CHAIN] = {0};
    Graph g;
    rough_chain(ranges[r], &g);
    a[0] = b[CHAIN - 1] = PETSC_TRUE;
    assert_int_equal(GraphCommittor(&g, a, b, PRECISION_AUTO, q, log_q, log_1mq, &capacity), 0);
    for (PetscInt i = 1; i < CHAIN; i++) before[i] = before[i - 1] + 1 / chain_weight(&g, i - 1);
    for (PetscInt i = CHAIN - 2; i >= 0; i--) after[i] = after[i + 1] + 1 / chain_weight(&g, i);
    close_to(capacity, (PetscReal)-logl(before[CHAIN - 1]), 2e-14 + 4e-16 * ranges[r]);
    for (PetscInt i = 1; i < CHAIN - 1; i++) {
      close_to(q[i], (PetscReal)(before[i] / after[0]), 1e-14);
      close_to(log_q[i], (PetscReal)logl(before[i] / after[0]), 2e-14 + 4e-16 * ranges[r]);
      close_to(log_1mq[i], (PetscReal)logl(after[i] / after[0]), 2e-14 + 4e-16 * ranges[r]);
    }
    assert_true(q[0] == 0 && q[CHAIN - 1] == 1);
    assert_true(log_q[0] == PETSC_NINFINITY && log_1mq[CHAIN - 1] == PETSC_NINFINITY);
    graph_free(&g);
  }
}

/* Unit weights, unit masses: the walk on n points meets a given one after n - 1 steps of rate n - 1. */
static void complete_graph(void **unused)
{
  PetscReal weight[49] = {0}, time[7];
  PetscBool target[7] = {PETSC_FALSE}, other[7] = {PETSC_FALSE};
  PetscReal q[7], capacity;
  Graph g;
  (void)unused;
  graph_dense(7, weight, &g);
  target[2] = other[5] = PETSC_TRUE;
  assert_int_equal(GraphPassageTime(&g, target, PRECISION_AUTO, time), 0);
  for (PetscInt i = 0; i < 7; i++) close_to(time[i], i == 2 ? PETSC_NINFINITY : 0, 2e-15);
  assert_int_equal(GraphCommittor(&g, target, other, PRECISION_AUTO, q, NULL, NULL, &capacity), 0);
  close_to(q[0], 0.5, 1e-15);
  close_to(capacity, log(1 + 5 / 2.0), 1e-15); /* the edge itself and five paths of two */
  graph_free(&g);
}

static PetscReal tilted(PetscReal x, PetscReal y)
{
  return x * x * x * x / 4 - x * x / 2 + y * y / 2 + 0.1 * x * y;
}

/* A random walk in the plane: A x = r is checked against the edges in long double. */
static void residual_on_a_grid(void **unused)
{
  const PetscReal temperatures[] = {0.5, 0.02, 0.0043};
  (void)unused;
  for (PetscInt t = 0; t < 3; t++) {
    PetscBool *target;
    PetscReal *time, *longer;
    Graph g;
    graph_plane(tilted, temperatures[t], 41, 31, &g);
    assert_int_equal(PetscCalloc3(g.n, &target, g.n, &time, g.n, &longer), 0);
    target[g.n / 3] = PETSC_TRUE;
    assert_int_equal(GraphPassageTime(&g, target, PRECISION_DOUBLE, time), 0);
    assert_int_equal(GraphPassageTime(&g, target, PRECISION_LONG_DOUBLE, longer), 0);
    for (PetscInt i = 0; i < g.n; i++) {
      const long double own = expl(longer[i]);
      long double flow = 0, size = expl(g.log_mass[i]);
      if (target[i]) continue;
      close_to(time[i], longer[i], 4e-14);
      for (PetscInt64 e = g.offsets[i]; e < g.offsets[i + 1]; e++) {
        const long double there = target[g.neighbours[e]] ? 0 : expl(longer[g.neighbours[e]]);
        flow += expl(g.log_weight[e]) * (own - there);
        size += expl(g.log_weight[e]) * own;
      }
      assert_true(fabsl(flow - expl(g.log_mass[i])) < 1e-13L * size);
    }
    assert_int_equal(PetscFree3(target, time, longer), 0);
    graph_free(&g);
  }
}

static void killing_counts_as_reaching(void **unused)
{
  PetscReal weight[4] = {PETSC_NINFINITY, 0, 0, PETSC_NINFINITY}, time[2];
  PetscBool nothing[2] = {PETSC_FALSE, PETSC_FALSE};
  Graph g;
  (void)unused;
  graph_dense(2, weight, &g);
  g.log_killing[1] = log(0.25);
  assert_int_equal(GraphPassageTime(&g, nothing, PRECISION_AUTO, time), 0);
  close_to(time[1], log(8.0), 1e-15); /* both masses leave through 1/4 */
  close_to(time[0], log(9.0), 1e-15);
  graph_free(&g);
}

/* Nodes that cannot reach the target never do, and do not disturb the others. */
static void unreachable_nodes(void **unused)
{
  PetscReal weight[25], time[5], q[5], log_q[5];
  PetscBool target[5] = {PETSC_TRUE}, other[5] = {PETSC_FALSE, PETSC_FALSE, PETSC_TRUE};
  Graph g;
  (void)unused;
  for (PetscInt k = 0; k < 25; k++) weight[k] = PETSC_NINFINITY;
  weight[1] = weight[5] = weight[7] = weight[11] = 0; /* 0 - 1 - 2 */
  weight[19] = weight[23] = 0;                        /* 3 - 4 */
  graph_dense(5, weight, &g);
  assert_int_equal(GraphPassageTime(&g, target, PRECISION_AUTO, time), 0);
  close_to(time[1], log(2.0), 1e-15);
  assert_true(time[3] == PETSC_INFINITY && time[4] == PETSC_INFINITY);
  assert_int_equal(GraphCommittor(&g, target, other, PRECISION_AUTO, q, log_q, NULL, NULL), 0);
  close_to(q[1], 0.5, 1e-15);
  assert_true(q[3] == 0 && log_q[3] == PETSC_NINFINITY);
  graph_free(&g);
}

/* The inverse of a symmetric matrix is symmetric, entry by entry, whatever the order of elimination. */
static void inverse_is_symmetric(void **unused)
{
  enum { N = 60 };
  PetscReal weight[N * N], load[N], x[N], y[N];
  PetscInt64 state = 3;
  const PetscInt grounded = 17;
  Elimination E;
  Graph g;
  (void)unused;
  for (PetscInt i = 0; i < N; i++) {
    for (PetscInt j = 0; j <= i; j++)
      weight[i * N + j] = weight[j * N + i] =
          draw(&state) < 0.1 || j == i - 1 ? -80 * draw(&state) : PETSC_NINFINITY;
  }
  graph_dense(N, weight, &g);
  assert_int_equal(EliminationCreate(&g, 1, &grounded, PRECISION_DOUBLE, &E), 0);
  for (PetscInt i = 0; i < N; i += 7) {
    for (PetscInt j = 0; j < i; j += 5) {
      for (PetscInt k = 0; k < N; k++) load[k] = k == i ? 0 : PETSC_NINFINITY;
      assert_int_equal(EliminationSolve(E, load, x), 0);
      for (PetscInt k = 0; k < N; k++) load[k] = k == j ? 0 : PETSC_NINFINITY;
      assert_int_equal(EliminationSolve(E, load, y), 0);
      close_to(x[j], y[i], 2e-14);
      assert_true(x[i] >= x[j]); /* the longest stay is at home */
    }
  }
  assert_int_equal(EliminationDestroy(&E), 0);
  graph_free(&g);
}

static void precision_follows_the_weights(void **unused)
{
  const PetscReal ranges[] = {100, 4000};
  const PetscInt grounded = CHAIN - 1;
  (void)unused;
  for (PetscInt r = 0; r < 2; r++) {
    Precision precision;
    PetscInt64 entries;
    PetscReal flops;
    Elimination E;
    Graph g;
    rough_chain(ranges[r], &g);
    assert_int_equal(EliminationCreate(&g, 1, &grounded, PRECISION_AUTO, &E), 0);
    assert_int_equal(EliminationGetInfo(E, &entries, &flops, &precision), 0);
    assert_int_equal(precision, r ? PRECISION_LONG_DOUBLE : PRECISION_DOUBLE);
    assert_true(entries >= 2 * CHAIN - 3 && flops > 0);
    assert_int_equal(EliminationDestroy(&E), 0);
    graph_free(&g);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(passage_along_a_chain),
      cmocka_unit_test(committor_of_a_chain),
      cmocka_unit_test(complete_graph),
      cmocka_unit_test(residual_on_a_grid),
      cmocka_unit_test(killing_counts_as_reaching),
      cmocka_unit_test(unreachable_nodes),
      cmocka_unit_test(inverse_is_symmetric),
      cmocka_unit_test(precision_follows_the_weights),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
