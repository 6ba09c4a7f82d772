/* Estimators on paths whose law is known: Brownian motion, Ornstein-Uhlenbeck processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <reiter/estimate.h>

#define OK(call) assert_int_equal(call, 0)

/* SplitMix64 and Box-Muller: nothing of the project. */
static double uniform(uint64_t *seed)
{
  uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *seed)
{
  const double r = sqrt(-2 * log(uniform(seed)));

  return r * cos(2 * M_PI * uniform(seed));
}

/* A process X_{n+1} = a X_n + L xi with paths and an estimator. */
typedef struct {
  PetscInt dim;
  double a, L[9];
  PetscInt64 paths, samples;
  uint64_t seed;
} Process;

static Expression formula_of(const char *text, PetscInt dim)
{
  const ExpressionScope scope = {dim, 0, 0, NULL};
  ExpressionError error;
  Expression e;

  OK(ExpressionParse(text, strlen(text), &scope, &e, &error));
  assert_non_null(e);
  return e;
}

static void step(const Process *p, double x[], uint64_t *seed)
{
  double xi[3];

  for (PetscInt i = 0; i < p->dim; i++) xi[i] = normal(seed);
  for (PetscInt i = 0; i < p->dim; i++) {
    x[i] *= p->a;
    for (PetscInt j = 0; j < p->dim; j++) x[i] += p->L[i * p->dim + j] * xi[j];
  }
}

static void run_path(const Process *p, PetscInt64 path, Estimator e, void *state)
{
  PetscReal x[REITER_MAX_DIM * ESTIMATE_BLOCK];
  double at[3] = {0};
  uint64_t seed = p->seed + (uint64_t)path * UINT64_C(0x123456789abcdef);

  for (int i = 0; i < 200 && p->a < 1; i++) step(p, at, &seed); /* into equilibrium */
  for (PetscInt64 done = 0; done < p->samples;) {
    /* Odd lengths: nothing may depend on them. */
    const PetscInt n = (PetscInt)PetscMin(done % 3 ? 177 : ESTIMATE_BLOCK, p->samples - done);
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt c = 0; c < p->dim; c++) x[c * ESTIMATE_BLOCK + i] = at[c];
      step(p, at, &seed);
    }
    OK(EstimatorAddSeries(e, n, ESTIMATE_BLOCK, x, state));
    done += n;
  }
}

static Estimates estimates_of(const Process *p, const EstimatorSettings *settings)
{
  Estimator e;
  Estimates result;
  PetscInt which;
  char *refused;

  OK(EstimatorCreate(settings, &e));
  void *const total = calloc(EstimatorTotalSize(e), 1);

  for (PetscInt64 k = 0; k < p->paths; k++) {
    void *const state = calloc(EstimatorStateSize(e), 1);
    run_path(p, k, e, state);
    OK(EstimatorFinish(e, state, total));
    free(state);
  }
  OK(EstimatorConclude(e, total, &result, &which, &refused));
  if (refused) fail_msg("%s", refused);
  assert_int_equal(result.paths, p->paths);
  assert_int_equal(result.samples, p->paths * p->samples);
  free(total);
  OK(EstimatorDestroy(&e));
  return result;
}

static void assert_within(const char *what, double got, double error, double wanted, double errors)
{
  if (!(fabs(got - wanted) <= errors * error))
    fail_msg("%s: %.10g +- %.2g is not %.10g", what, got, error, wanted);
}

/* sd of the mean of overlapping squared increments of Brownian motion, as a part of the mean. */
static double theory(PetscInt k, double samples)
{
  double sum = 1;

  for (PetscInt j = 1; j < k; j++) sum += 2 * (1 - (double)j / k) * (1 - (double)j / k);
  return sqrt(2 * sum / samples);
}

static const PetscInt times[] = {1, 4, 25};

static void check_brownian(PetscInt64 paths, PetscInt64 samples, PetscInt offsets)
{
  const double D = 0.7, dt = 0.01;
  const Process p = {1, 1, {sqrt(2 * D * dt)}, paths, samples, 5};
  const EstimatorSettings s = {.dim = 1, .dt = dt, .n_subsampling = 3, .steps = times, .offsets = offsets};
  Estimates r = estimates_of(&p, &s);

  assert_int_equal(r.over_paths, paths >= 8);
  for (int i = 0; i < 3; i++) {
    const Estimate *const e = &r.subsampled[i];
    const double n = (double)(samples * paths);
    const double sd = D * (offsets ? sqrt(2 * times[i] / n) : theory(times[i], n));
    assert_within("D of Brownian motion", e->D[0], sd, D, 3.5);
    /* An error from m groups is itself uncertain by 1/sqrt(2 m). */
    assert_within("its error", e->D_error[0], sd / sqrt(2.0 * e->groups), sd, 3.5);
    assert_int_equal(e->terms, offsets ? paths * ((samples - 1) / times[i]) : paths * (samples - times[i]));
  }
  OK(EstimatesDestroy(&r));
}

static void brownian_motion(void **state)
{
  (void)state;
  check_brownian(1, 200000, 0); /* errors over batches in time */
  check_brownian(3, 70000, 0);
  check_brownian(150, 2000, 0); /* over paths */
  check_brownian(1, 200000, 1); /* increments that do not overlap: sd sqrt(2/m) */
  check_brownian(40, 5000, 1);
}

/* All offsets are worth 2/3 of the variance. */
static void offsets_help(void **state)
{
  (void)state;
  assert_true(fabs(theory(25, 1) / sqrt(2.0 * 25) - sqrt(2.0 / 3)) < 0.01);
}

static void correlated_noise(void **state)
{
  const double dt = 0.02, L[] = {0.3, 0, 0, -0.2, 0.5, 0, 0.1, 0.4, 0.6};
  const Process p = {3, 1, {0.3, 0, 0, -0.2, 0.5, 0, 0.1, 0.4, 0.6}, 20, 8000, 11};
  const PetscReal width = 0.2;
  const EstimatorSettings s = {
      .dim = 3, .dt = dt, .n_subsampling = 3, .steps = times, .n_filters = 1, .widths = &width};
  Estimates r = estimates_of(&p, &s);

  (void)state;
  for (int i = 0; i < 4; i++) {
    const Estimate *const e = i < 3 ? &r.subsampled[i] : &r.filtered[0];
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        double D = 0;
        for (int k = 0; k < 3; k++) D += L[a * 3 + k] * L[b * 3 + k] / (2 * dt);
        assert_within("D of correlated noise", e->D[a * 3 + b], e->D_error[a * 3 + b], D, 3.5);
        assert_true(e->D_error[a * 3 + b] < 1);
        assert_true(e->D[a * 3 + b] == e->D[b * 3 + a]);
      }
    }
  }
  OK(EstimatesDestroy(&r));
}

/* X_{n+1} = a X_n + xi, a = exp(-dt): what the estimators tend to, exactly. */
static void ornstein_uhlenbeck(void **state)
{
  const double dt = 0.05, D = 0.4, a = exp(-dt), noise = D * (1 - a * a), variance = D;
  const Process p = {1, a, {sqrt(noise)}, 1, 400000, 3};
  const PetscReal widths[] = {0.1, 0.5};
  Expression x = formula_of("x", 1);
  const EstimatorSettings s = {1, dt, 0, 3, times, 0, 2, widths, 1, &x};
  Estimates r = estimates_of(&p, &s);

  (void)state;
  for (int i = 0; i < 3; i++) {
    const Estimate *const e = &r.subsampled[i];
    const double delta = times[i] * dt;
    assert_within("D", e->D[0], e->D_error[0], D * (1 - exp(-delta)) / delta, 4);
    assert_within("theta", e->theta[0], e->theta_error[0], -(1 - exp(-delta)) / delta, 4);
    assert_true(e->theta_error[0] < 0.03);
  }
  for (int i = 0; i < 2; i++) {
    const Estimate *const e = &r.filtered[i];
    const double keep = exp(-dt / widths[i]);
    /* Covariances of (X, Z) from Z' = keep Z + (1 - keep) X, X' = a X + xi. */
    const double xz = a * (1 - keep) * variance / (1 - a * keep);
    const double zz = ((1 - keep) * (1 - keep) * variance + 2 * keep * (1 - keep) * xz) / (1 - keep * keep);
    assert_within("D of the filter", e->D[0], e->D_error[0],
                  (variance - 2 * xz + zz) * (1 - keep * keep) / (2 * dt), 4);
    assert_within("theta of the filter", e->theta[0], e->theta_error[0], -(1 - a) / dt, 4);
    assert_true(e->theta_error[0] < 0.05);
  }
  /* Asymptotic sd of the drift's estimate, 2 theta / T to the half: T = 20000. */
  assert_within("error of theta", r.subsampled[0].theta_error[0], 0.01 / sqrt(2.0 * r.subsampled[0].groups),
                0.01, 4);
  OK(ExpressionDestroy(&x));
  OK(EstimatesDestroy(&r));
}

/* Two functions, of which the process needs one; two dimensions. */
static void basis_of_two(void **state)
{
  const double dt = 0.05, a = exp(-dt);
  const Process p = {2, a, {0.3, 0, 0.1, 0.25}, 24, 8000, 21};
  Expression f[] = {formula_of("x", 2), formula_of("y", 2), formula_of("x^3", 2), formula_of("0", 2)};
  const EstimatorSettings s = {2, dt, 24, 1, times, 0, 0, NULL, 2, f};
  Estimates r = estimates_of(&p, &s);
  const Estimate *const e = &r.subsampled[0];

  (void)state;
  assert_within("theta 1", e->theta[0], e->theta_error[0], -(1 - a) / dt, 4);
  assert_within("theta 2", e->theta[1], e->theta_error[1], 0, 4);
  assert_true(e->theta_error[0] < 0.05 && e->theta_error[1] < 0.1);
  for (int i = 0; i < 4; i++) OK(ExpressionDestroy(&f[i]));
  OK(EstimatesDestroy(&r));
}

/* Paths side by side are paths one after the other, and a state may be moved: the same to the bit. */
static void blocks_and_series(void **state)
{
  enum { PATHS = 9, SAMPLES = 900 };
  const Process p = {1, 0.9, {0.3}, PATHS, SAMPLES, 8};
  const PetscReal width = 0.3;
  Expression x = formula_of("x - x^3", 1);
  const EstimatorSettings s = {1, 0.1, PATHS, 3, times, 4, 1, &width, 1, &x};
  Estimates one = estimates_of(&p, &s), two;
  PetscReal at[ESTIMATE_BLOCK];
  double now[PATHS][3] = {{0}};
  uint64_t seed[PATHS];
  PetscInt which;
  char *refused;
  Estimator e;

  (void)state;
  OK(EstimatorCreate(&s, &e));
  const size_t size = EstimatorStateSize(e);
  char *states = calloc(PATHS, size), *const total = calloc(EstimatorTotalSize(e), 1);
  for (int k = 0; k < PATHS; k++) {
    seed[k] = p.seed + (uint64_t)k * UINT64_C(0x123456789abcdef);
    for (int i = 0; i < 200; i++) step(&p, now[k], &seed[k]);
  }
  for (int n = 0; n < SAMPLES; n++) {
    for (int k = 0; k < PATHS; k++) {
      at[k] = now[k][0];
      step(&p, now[k], &seed[k]);
    }
    OK(EstimatorAddBlock(e, PATHS, ESTIMATE_BLOCK, at, NULL, states));
    if (n == SAMPLES / 2) { /* stored, and loaded into an estimator of the same settings */
      char *const moved = malloc(PATHS * size);
      memcpy(moved, states, PATHS * size);
      free(states);
      states = moved;
      OK(EstimatorDestroy(&e));
      OK(EstimatorCreate(&s, &e));
    }
  }
  for (int k = 0; k < PATHS; k++) OK(EstimatorFinish(e, states + (size_t)k * size, total));
  OK(EstimatorConclude(e, total, &two, &which, &refused));
  assert_null(refused);
  assert_memory_equal(one.subsampled, two.subsampled, 3 * sizeof(Estimate));
  assert_memory_equal(one.filtered, two.filtered, sizeof(Estimate));
  free(states);
  free(total);
  OK(EstimatorDestroy(&e));
  OK(ExpressionDestroy(&x));
  OK(EstimatesDestroy(&one));
  OK(EstimatesDestroy(&two));
}

static void check_refused(const Process *p, const EstimatorSettings *s, PetscInt about, const char *words)
{
  Estimates r;
  PetscInt which;
  char *refused;
  Estimator e;

  OK(EstimatorCreate(s, &e));
  void *const state = calloc(EstimatorStateSize(e), 1), *const total = calloc(EstimatorTotalSize(e), 1);
  run_path(p, 0, e, state);
  OK(EstimatorFinish(e, state, total));
  OK(EstimatorConclude(e, total, &r, &which, &refused));
  assert_non_null(refused);
  assert_non_null(strstr(refused, words));
  assert_int_equal(which, about);
  OK(PetscFree(refused));
  free(state);
  free(total);
  OK(EstimatorDestroy(&e));
}

static void refusals(void **state)
{
  const Process p = {1, 0.9, {0.3}, 1, 400, 8};
  const PetscReal width = 20;
  Expression f[] = {formula_of("x", 1), formula_of("2*x", 1)}, zero = formula_of("0*x", 1),
             huge = formula_of("exp(900 + x)", 1);

  (void)state;
  check_refused(&p, &(EstimatorSettings){1, 0.1, 0, 3, times, 0, 0, NULL, 0, NULL}, 2,
                "too short for a time of 2.5");
  check_refused(&p, &(EstimatorSettings){1, 0.1, 0, 1, times, 0, 1, &width, 0, NULL}, 1,
                "too short for a time of 20");
  check_refused(&p, &(EstimatorSettings){1, 0.1, 0, 1, times, 0, 0, NULL, 2, f}, 0,
                "do not determine the drift");
  check_refused(&p, &(EstimatorSettings){1, 0.1, 0, 1, times, 0, 0, NULL, 1, &zero}, 0, "do not determine");
  check_refused(&p, &(EstimatorSettings){1, 0.1, 0, 1, times, 0, 0, NULL, 1, &huge}, 0, "");
  OK(ExpressionDestroy(&f[0]));
  OK(ExpressionDestroy(&f[1]));
  OK(ExpressionDestroy(&zero));
  OK(ExpressionDestroy(&huge));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(brownian_motion),  cmocka_unit_test(offsets_help),
      cmocka_unit_test(correlated_noise), cmocka_unit_test(ornstein_uhlenbeck),
      cmocka_unit_test(basis_of_two),     cmocka_unit_test(blocks_and_series),
      cmocka_unit_test(refusals),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
