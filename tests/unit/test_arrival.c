/* First passage: the Brownian bridge against exact times, targets of any shape. */
#include "paths_noise_fixture.h"

enum { N = DYNAMICS_BLOCK };

typedef struct {
  double mean, variance, standard_error;
} Times;

/* Times of blocks * N paths from x; all must arrive. */
static Times times_of(Paths paths, PetscInt blocks, const PetscReal x[], PetscInt64 steps)
{
  PathBlock *block = malloc(sizeof(*block));
  double sum = 0, squares = 0, n = (double)blocks * N;
  Times t;

  for (PetscInt j = 0; j < blocks; j++) {
    OK(PathsStartAt(paths, j * N, N, x, block));
    OK(PathsAdvance(paths, block, steps));
    for (PetscInt i = 0; i < N; i++) {
      assert_int_equal(block->state[i], PATH_ARRIVED);
      sum += block->end[i];
      squares += block->end[i] * block->end[i];
    }
  }
  free(block);
  t.mean = sum / n;
  t.variance = squares / n - t.mean * t.mean;
  t.standard_error = sqrt(t.variance / n);
  return t;
}

/* Constant drift b to a: mean a/b, variance 2 s a/b^3, at any step, since the bridge and its time are exact. */
static void exact_for_a_constant_drift(void **state)
{
  const double s = 0.5, b = 2, a = 1.5;

  (void)state;
  for (double dt = 0.02; dt < 2; dt *= 5) {
    Ensemble e = ensemble_of(1, 0, s, 1, "-2*x", NULL);
    Times t;

    paths_set(e.paths, PATHS_EULER, dt, 21, "x >= 1.5", 1);
    t = times_of(e.paths, 100, (PetscReal[]){0}, (PetscInt64)(20 / dt));
    assert_within("mean", t.mean, a / b, t.standard_error, 4);
    assert_within("variance", t.variance, 2 * s * a / (b * b * b), t.variance * 0.03, 4);
    ensemble_destroy(&e);
  }
}

/* No drift, both sides: (1 - x^2)/(2 s). */
static void two_ends(void **state)
{
  const double s = 0.7, x = 0.4;
  Ensemble e = ensemble_of(1, 0, s, 1, "0*x", NULL);
  Times t;

  (void)state;
  paths_set(e.paths, PATHS_EULER, 0.01, 22, "abs(x) > 1", 1);
  t = times_of(e.paths, 100, &x, 3000);
  assert_within("mean", t.mean, (1 - x * x) / (2 * s), t.standard_error, 4);
  ensemble_destroy(&e);
}

/* (2.8): tau = int_x^a e^(V/s)/s int_-inf^y e^(-V/s). */
static double exact_time(double (*V)(double), double s, double x, double a)
{
  const double far = -6, h = 1e-4;
  double inner = 0, tau = 0;

  for (double y = far + h / 2; y < a; y += h) {
    inner += h / 2 * exp(-V(y) / s);
    if (y > x) tau += h * exp(V(y) / s) / s * inner;
    inner += h / 2 * exp(-V(y) / s);
  }
  return tau;
}

static double double_well(double x)
{
  return x * x * x * x / 4 - x * x / 2;
}

static void over_a_barrier(void **state)
{
  const double s = 0.25, wanted = exact_time(double_well, s, -1, 0.5);
  Ensemble e = ensemble_of(1, 0, s, 1, "x^4/4 - x^2/2", NULL);
  Times t;

  (void)state;
  paths_set(e.paths, PATHS_EULER, 0.005, 23, "x > 0.5", 1);
  t = times_of(e.paths, 40, (PetscReal[]){-1}, 30000);
  assert_within("mean", t.mean, wanted, t.standard_error + 0.002 * wanted, 3);
  ensemble_destroy(&e);
}

/* log w = -x^2/2, D = (1 + sin(x)/2)^2: tau = int_x^a dy/(w D) int_-inf^y w. */
static void noise_that_depends_on_x(void **state)
{
  const double h = 1e-4, a = 1, x = -0.5;
  Ensemble e = ensemble_closed(1);
  double inner = 0, wanted = 0;
  Times t;

  (void)state;
  for (double y = -8 + h / 2; y < a; y += h) {
    inner += h * exp(-y * y / 2);
    if (y > x) wanted += h * exp(y * y / 2) / pow(1 + 0.5 * sin(y), 2) * (inner - h / 2 * exp(-y * y / 2));
  }
  paths_set(e.paths, PATHS_EULER, 0.002, 24, "x > 1", 1);
  t = times_of(e.paths, 40, &x, 20000);
  assert_within("mean", t.mean, wanted, t.standard_error + 0.002 * wanted, 3);
  ensemble_destroy(&e);
}

/* From the middle of a disc: R^2/(4 s), late by O(sqrt(dt)) as no bridge helps. */
static void a_disc(void **state)
{
  const double s = 0.5;
  Ensemble e = ensemble_of(2, 0, s, 1, "0*x", NULL);
  Times t;

  (void)state;
  paths_set(e.paths, PATHS_EULER, 1e-4, 25, "x^2 + y^2 >= 1", 2);
  t = times_of(e.paths, 12, (PetscReal[]){0, 0}, 60000);
  /* The boundary moves outwards by 0.5826 sqrt(2 s dt) (Gobet, Menozzi). */
  assert_within("mean", t.mean, pow(1 + 0.5826 * sqrt(2 * s * 1e-4), 2) / (4 * s), t.standard_error, 4);
  ensemble_destroy(&e);
}

/* From x without drift until the target is met: where, and when at the earliest. */
static void assert_place(const char *target, double x, double low, double high)
{
  Ensemble e = ensemble_of(1, 0, 0.5, 1, "x^2/2", NULL);
  PathBlock *block = malloc(sizeof(*block));

  paths_set(e.paths, PATHS_EULER, 0.05, 26, target, 1);
  OK(PathsStartAt(e.paths, 0, N, &x, block));
  OK(PathsAdvance(e.paths, block, 20000));
  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(block->state[i], PATH_ARRIVED);
    if (!(fabs(block->x[i] - low) < 1e-12 || fabs(block->x[i] - high) < 1e-12))
      fail_msg("%s: a path arrived at %.17g", target, block->x[i]);
    if (x == low || x == high) assert_true(block->end[i] == 0);
  }
  free(block);
  ensemble_destroy(&e);
}

static void targets_of_any_shape(void **state)
{
  (void)state;
  assert_place("(x > 0.5)*(x < 0.50001)", 0, 0.5, 0.5);
  assert_place("abs(x - 0.7) < 1e-7", 1, 0.7 + 1e-7, 0.7 + 1e-7);
  assert_place("x == 0.25", -1, 0.25, 0.25);
  assert_place("(x < -0.3) + (x > 0.6)", 0, -0.3, 0.6);
  assert_place("max(x - 0.4, 0)", 0, 0.4, 0.4);
  assert_place("x > 0.4", 0.5, 0.5, 0.5);
}

/* A block costs what its running paths cost, in whole vectors; its last path is the same as alone. */
static void arrived_paths_cost_nothing(void **state)
{
  const double dt = 0.005, x = -1;
  const PetscInt64 steps = 30000;
  Ensemble e = ensemble_of(1, 0, 0.25, 1, "x^4/4 - x^2/2", NULL);
  PathBlock *block = malloc(sizeof(*block)), *alone = malloc(sizeof(*alone));
  PetscInt64 path_steps, lane_steps, wanted = 0, before;
  PetscInt last = 0;

  (void)state;
  paths_set(e.paths, PATHS_EULER, dt, 27, "x > 0.5", 1);
  OK(PathsStartAt(e.paths, 7000, N, &x, block));
  OK(PathsAdvance(e.paths, block, steps));
  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(block->state[i], PATH_ARRIVED);
    wanted += (PetscInt64)floor(block->end[i] / dt) + 1;
    if (block->end[i] > block->end[last]) last = i;
  }
  OK(PathsGetWork(e.paths, &path_steps, &lane_steps));
  assert_int_equal(path_steps, wanted);
  before = N * (PetscInt64)(block->end[last] / dt);
  if (!(lane_steps - path_steps <= (DYNAMICS_LANES + 1) * (PetscInt64)(block->end[last] / dt) &&
        lane_steps < before / 2))
    fail_msg("%lld steps of lanes for %lld of paths", (long long)lane_steps, (long long)path_steps);
  OK(PathsStartAt(e.paths, 7000 + last, 1, &x, alone));
  OK(PathsAdvance(e.paths, alone, steps));
  assert_memory_equal(&alone->end[0], &block->end[last], sizeof(PetscReal));
  free(block);
  free(alone);
  ensemble_destroy(&e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_for_a_constant_drift),
      cmocka_unit_test(two_ends),
      cmocka_unit_test(over_a_barrier),
      cmocka_unit_test(noise_that_depends_on_x),
      cmocka_unit_test(a_disc),
      cmocka_unit_test(targets_of_any_shape),
      cmocka_unit_test(arrived_paths_cost_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
