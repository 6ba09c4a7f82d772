/* Paths: the same to the bit however they are cut, escapes, moments of linear equations. */
#include "paths_fixture.h"

enum { N = DYNAMICS_BLOCK };

static const PathScheme schemes[] = {PATHS_EULER, PATHS_LEIMKUHLER_MATTHEWS, PATHS_METROPOLIS};

/* Paths of one block, from `first` on, in calls of these lengths (until one is 0). */
static PathBlock *advance(Ensemble *e, PetscInt64 first, PetscInt n, const PetscInt64 steps[])
{
  const PetscReal start[] = {0.3, -0.2, 0.1};
  PathBlock *block = malloc(sizeof(*block));

  assert_non_null(block);
  OK(PathsStartAt(e->paths, first, n, start, block));
  for (int i = 0; steps[i]; i++) OK(PathsAdvance(e->paths, block, steps[i]));
  return block;
}

static void assert_same(PetscInt dim, const PathBlock *whole, const PathBlock *part)
{
  const PetscInt shift = (PetscInt)(part->first - whole->first);

  for (PetscInt i = 0; i < part->n; i++) {
    assert_int_equal(whole->state[shift + i], part->state[i]);
    assert_memory_equal(&whole->end[shift + i], &part->end[i], sizeof(PetscReal));
    for (PetscInt c = 0; c < dim; c++) {
      assert_memory_equal(&whole->x[c * N + shift + i], &part->x[c * N + i], sizeof(PetscReal));
    }
  }
}

static void cut_in_every_way(PetscInt dim, PathScheme scheme, const char *V0, const char *V1,
                             const char *target)
{
  Ensemble e = ensemble_of(dim, 2, 0.7, 0.2, V0, V1);
  PathBlock *whole, *other;

  paths_set(e.paths, scheme, 0.003, 17, target, dim);
  whole = advance(&e, 1000, N, (PetscInt64[]){101, 0});
  other = advance(&e, 1000, N, (PetscInt64[]){1, 36, 7, 57, 0});
  assert_same(dim, whole, other);
  assert_int_equal(whole->step, other->step);
  assert_int_equal(whole->proposals, other->proposals);
  assert_int_equal(whole->accepted, other->accepted);
  free(other);
  other = advance(&e, 1000, 101, (PetscInt64[]){101, 0});
  assert_same(dim, whole, other);
  free(other);
  other = advance(&e, 1101, 13, (PetscInt64[]){50, 51, 0});
  assert_same(dim, whole, other);
  free(other);
  other = advance(&e, 1255, 1, (PetscInt64[]){101, 0});
  assert_same(dim, whole, other);
  free(other);
  free(whole);
  ensemble_destroy(&e);
}

static void the_same_however_cut(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    cut_in_every_way(1, schemes[i], "x^4/4 - exp(-x^2)", "0.1*cos(2*pi*(x1 - x2)) + 0.1*x*sin(2*pi*x1)",
                     NULL);
    cut_in_every_way(3, schemes[i], "x^2/2 + y^2/2 + z^4 + x*y*z/10", "0.1*cos(2*pi*(x1 - y1))*sin(2*pi*z1)",
                     NULL);
  }
  cut_in_every_way(1, PATHS_EULER, "x^4/4", "0.1*cos(2*pi*x1)", "abs(x - 0.3) > 0.5");
  cut_in_every_way(2, PATHS_EULER, "x^2/2 + y^2/2", "0.1*cos(2*pi*x1)", "x^2 + y^2 > 1");
}

static void seeds_and_paths_differ(void **state)
{
  Ensemble e = ensemble_of(1, 0, 1, 1, "x^2/2", NULL);
  PathBlock *one, *other;

  (void)state;
  paths_set(e.paths, PATHS_EULER, 0.01, 1, NULL, 1);
  one = advance(&e, 0, N, (PetscInt64[]){10, 0});
  paths_set(e.paths, PATHS_EULER, 0.01, 2, NULL, 1);
  other = advance(&e, 0, N, (PetscInt64[]){10, 0});
  for (PetscInt i = 0; i < N; i++) {
    assert_true(one->x[i] != other->x[i]);
    for (PetscInt j = 0; j < i; j++) assert_true(one->x[i] != one->x[j]);
  }
  free(one);
  free(other);
  ensemble_destroy(&e);
}

/* Mean and variance of x_0 over paths and, after `steps`, every `between` steps; blocks * samples * 256 values. */
static void moments(Paths paths, const PetscReal start[], PetscInt blocks, PetscInt64 steps, PetscInt samples,
                    PetscInt64 between, double *mean, double *variance)
{
  PathBlock *block = malloc(sizeof(*block));
  double sum = 0, squares = 0;
  const double n = (double)blocks * samples * N;

  for (PetscInt j = 0; j < blocks; j++) {
    OK(PathsStartAt(paths, j * N, N, start, block));
    OK(PathsAdvance(paths, block, steps));
    for (PetscInt k = 0; k < samples; k++) {
      for (PetscInt i = 0; i < N; i++) {
        assert_int_equal(block->state[i], PATH_RUNS);
        sum += block->x[i];
        squares += block->x[i] * block->x[i];
      }
      OK(PathsAdvance(paths, block, between));
    }
  }
  *mean = sum / n;
  *variance = squares / n - *mean * *mean;
  free(block);
}

/* V = x^2/2: x_k is Gaussian; Euler's variance is s/(1 - dt/2) in the end, the two others' is s. */
static void stationary_variance(void **state)
{
  const double s = 0.8, dt = 0.5;

  (void)state;
  for (int i = 0; i < 3; i++) {
    const double wanted = schemes[i] == PATHS_EULER ? s / (1 - dt / 2) : s;
    const double n = 40. * 20 * N;
    Ensemble e = ensemble_of(1, 0, s, 1, "x^2/2", NULL);
    double mean, variance;

    paths_set(e.paths, schemes[i], dt, 5, NULL, 1);
    moments(e.paths, (PetscReal[]){1}, 40, 60, 20, 12, &mean, &variance);
    assert_within("mean", mean, 0, sqrt(wanted / n), 4);
    assert_within("variance", variance, wanted, wanted * sqrt(2 / n), 4);
    ensemble_destroy(&e);
  }
}

/* The transient: mean (1 - dt)^k x_0 and the sum of the noises so far. */
static void euler_step_by_step(void **state)
{
  const double s = 0.8, dt = 0.1, k = 7, n = 400. * N;
  Ensemble e = ensemble_of(1, 0, s, 1, "x^2/2", NULL);
  double mean, variance, wanted = 2 * s * dt * (1 - pow(1 - dt, 2 * k)) / (1 - pow(1 - dt, 2));

  (void)state;
  paths_set(e.paths, PATHS_EULER, dt, 6, NULL, 1);
  moments(e.paths, (PetscReal[]){2}, 400, (PetscInt64)k, 1, 1, &mean, &variance);
  assert_within("mean", mean, 2 * pow(1 - dt, k), sqrt(wanted / n), 4);
  assert_within("variance", variance, wanted, wanted * sqrt(2 / n), 4);
  ensemble_destroy(&e);
}

/* V = -x^4: Euler's paths run away, are counted, and keep a finite place. */
static void escapes(void **state)
{
  for (int i = 0; i < 3; i++) {
    Ensemble e = ensemble_of(1, 0, 0.5, 1, "-x^4", NULL);
    PathBlock *block;
    PetscInt escaped = 0;

    (void)state;
    paths_set(e.paths, schemes[i], 0.01, 7, NULL, 1);
    block = advance(&e, 0, N, (PetscInt64[]){2000, 0});
    for (PetscInt j = 0; j < N; j++) {
      escaped += block->state[j] == PATH_ESCAPED;
      assert_true(isfinite(block->x[j]) && fabs(block->x[j]) <= 1e100);
      if (block->state[j] == PATH_ESCAPED) assert_true(block->end[j] > 0 && block->end[j] <= 20.0001);
    }
    if (schemes[i] != PATHS_METROPOLIS) assert_int_equal(escaped, N);
    assert_int_equal(block->step, 2000);
    free(block);
    ensemble_destroy(&e);
  }
}

/* Beyond the top at 1 drift throws them outwards: they are counted there and then, within a few boxes. Constant drift and
   free paths go as far as they like. */
static void escapes_within_reach(void **state)
{
  static const struct {
    const char *V;
    PetscBool holds;
  } cases[] = {{"x^2/2 - x^4/4", PETSC_FALSE},
               {"-x^4/4", PETSC_FALSE},
               {"-300*x", PETSC_TRUE},
               {"0*x", PETSC_TRUE},
               {"x^4/4 - x^2/2", PETSC_TRUE}};
  const double reach = 40;

  (void)state;
  for (int i = 0; i < 5 * 4; i++) {
    static const PathScheme all[] = {PATHS_EULER, PATHS_LEIMKUHLER_MATTHEWS, PATHS_SECOND_ORDER,
                                     PATHS_METROPOLIS};
    Ensemble e = ensemble_of(1, 0, 0.5, 1, cases[i / 4].V, NULL);
    PetscInt escaped = 0;
    PathBlock *block;

    if (all[i % 4] == PATHS_METROPOLIS && !cases[i / 4].holds) {
      ensemble_destroy(&e);
      continue;
    }
    OK(PathsSetReach(e.paths, reach));
    paths_set(e.paths, all[i % 4], 0.001, 7, NULL, 1);
    block = advance(&e, 0, N, (PetscInt64[]){20000, 0});
    for (PetscInt j = 0; j < N; j++) {
      escaped += block->state[j] == PATH_ESCAPED;
      if (!cases[i / 4].holds && !(fabs(block->x[j]) < 3 * reach))
        fail_msg("%s: %g", cases[i / 4].V, block->x[j]);
    }
    if (cases[i / 4].holds)
      assert_int_equal(escaped, 0);
    else
      assert_true(escaped > 250);
    free(block);
    ensemble_destroy(&e);
  }
}

static void refused_with(Paths paths, const char *part)
{
  char *refused;

  OK(PathsSetUp(paths, &refused));
  assert_non_null(refused);
  if (!strstr(refused, part)) fail_msg("'%s' does not say '%s'", refused, part);
  OK(PetscFree(refused));
}

static void refusals(void **state)
{
  Ensemble e = ensemble_of(1, 0, 1, 1, "x^2/2", NULL);
  Expression to = formula_of(1, 0, "x > 1"), never = formula_of(1, 0, "x^2 < -1"),
             comb = formula_of(1, 0, "sin(40*x) > 0");

  (void)state;
  OK(PathsSetStep(e.paths, 0.1));
  OK(PathsSetTarget(e.paths, to));
  OK(PathsSetScheme(e.paths, PATHS_METROPOLIS));
  refused_with(e.paths, "euler");
  OK(PathsSetScheme(e.paths, PATHS_LEIMKUHLER_MATTHEWS));
  refused_with(e.paths, "euler");
  OK(PathsSetScheme(e.paths, PATHS_EULER));
  OK(PathsSetTarget(e.paths, never));
  refused_with(e.paths, "empty");
  OK(PathsSetTarget(e.paths, comb));
  refused_with(e.paths, "64 ends");
  OK(ExpressionDestroy(&to));
  OK(ExpressionDestroy(&never));
  OK(ExpressionDestroy(&comb));
  ensemble_destroy(&e);
}

/* Draws do not depend on how the paths are cut, and are not those of the steps. */
static void draws(void **state)
{
  Ensemble e = ensemble_of(1, 0, 1, 1, "x^2/2", NULL);
  PetscReal all[3 * 40], some[3 * 10];

  (void)state;
  paths_set(e.paths, PATHS_EULER, 0.1, 8, NULL, 1);
  OK(PathsUniform(e.paths, 100, 40, 3, all));
  OK(PathsUniform(e.paths, 115, 10, 3, some));
  for (int j = 0; j < 3; j++) {
    for (int i = 0; i < 10; i++) {
      assert_true(all[j * 40 + 15 + i] == some[j * 10 + i]);
      assert_true(some[j * 10 + i] > 0 && some[j * 10 + i] < 1);
    }
  }
  assert_true(all[0] != all[40] && all[40] != all[80] && all[0] != all[80]);
  ensemble_destroy(&e);
}

/* 1/L of a cosine by hand, e = 0.1; at kinks the noise is 3/4 of s e^k/J, J = 4, and at most a quarter of the period. */
static void largest_steps(void **state)
{
  const PetscReal box[][2] = {{-1, 1}};
  static const struct {
    PetscReal s;
    const char *V0, *V1;
    PetscReal step, automatic, error;
  } cases[] = {{1, "0", "0.5*cos(2*pi*x1)", 0.01 / (2 * PETSC_PI * PETSC_PI), 0.02, 1e-6},
               {1, "3*x^2/2", "0", 1. / 3, 0.02, 1e-12},
               {1, "0", "1 - abs(1 - 2*mod(x1, 1))", 0.01 * 9 / 512, 0.1, 1e-12},
               {1, "0", "1 - abs(1 - 2*mod(x2, 1))", 0.0001 * 9 / 512, 0.1, 1e-12},
               {0.1, "0", "1 - abs(1 - 2*mod(x1, 1))", 0.001 * 9 / 512, 0.1, 1e-12},
               {3, "0", "1 - abs(1 - 2*mod(x1, 1))", 0.01 / 96, 0.1, 1e-12}};

  (void)state;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    Ensemble e = ensemble_of(1, 2, cases[i].s, 0.1, cases[i].V0, cases[i].V1);
    PetscReal step, automatic;

    OK(DynamicsLargestStep(e.dynamics, box, &step, &automatic));
    assert_true(PetscAbsReal(step / cases[i].step - 1) < cases[i].error);
    assert_true(PetscAbsReal(automatic / (cases[i].automatic * step) - 1) < 1e-12);
    ensemble_destroy(&e);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_however_cut),
      cmocka_unit_test(seeds_and_paths_differ),
      cmocka_unit_test(stationary_variance),
      cmocka_unit_test(euler_step_by_step),
      cmocka_unit_test(escapes),
      cmocka_unit_test(escapes_within_reach),
      cmocka_unit_test(refusals),
      cmocka_unit_test(draws),
      cmocka_unit_test(largest_steps),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
