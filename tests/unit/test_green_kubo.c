/* Correlations, integrals, errors and plateaus of series whose correlations are known. */
#include "green_kubo_fixture.h"

/* Against sums over pairs: windows, pieces of memory, paths of many lengths. */
static void correlates_as_sums_do(void **state)
{
  enum { N = 70000, DIM = 3, LAGS = 40 };
  static const PetscInt border[] = {0, 30, 31, 2000, 66000, N};
  const GreenKuboSettings s = {.dim = DIM, .dt = 1, .mass = 1, .temperature = 1, .has_force = PETSC_TRUE};
  double *const F = series(DIM * N);
  double C[LAGS * DIM * DIM], mean[DIM] = {0};
  Correlator correlator;
  GreenKubo gk;

  (void)state;
  for (PetscInt i = 0; i < DIM * N; i++) F[i] = normal() + (i % N ? F[i - 1] / 2 : 3);
  OK(GreenKuboCreate(&s, &gk));
  for (PetscInt p = 0; p + 1 < 6; p++)
    OK(GreenKuboAdd(gk, border[p + 1] - border[p], N, NULL, NULL, &F[border[p]], PETSC_TRUE));
  for (PetscInt a = 0; a < DIM; a++)
    for (PetscInt i = 0; i < N; i++) mean[a] += F[a * N + i] / N;
  OK(CorrelatorCreate(DIM, LAGS, &correlator));
  OK(CorrelatorRun(correlator, gk, 0, 0, N, mean, C));
  for (PetscInt k = 0; k < LAGS; k++) {
    for (PetscInt ab = 0; ab < DIM * DIM; ab++) {
      const double *const x = &F[ab / DIM * N], *const y = &F[ab % DIM * N];
      double sum = 0, pairs = 0;

      for (PetscInt p = 0; p + 1 < 6; p++) {
        for (PetscInt i = border[p]; i + k < border[p + 1]; i++, pairs++)
          sum += (x[i] - mean[ab / DIM]) * (y[i + k] - mean[ab % DIM]);
      }
      near("correlation", C[k * DIM * DIM + ab], sum / pairs, 1e-12);
    }
  }
  OK(CorrelatorDestroy(&correlator));
  OK(GreenKuboDestroy(&gk));
  free(F);
}

/* The same with more lags than a short window, some longer than a path. */
static void correlates_at_long_lags(void **state)
{
  enum { N = 9000, LAGS = 3000 };
  const GreenKuboSettings s = {.dim = 1, .dt = 1, .mass = 1, .temperature = 1, .has_momentum = PETSC_TRUE};
  double *const P = series(N), *const C = series(LAGS);
  const double zero = 0;
  Correlator correlator;
  GreenKubo gk;

  (void)state;
  for (PetscInt i = 0; i < N; i++) P[i] = normal();
  OK(GreenKuboCreate(&s, &gk));
  OK(GreenKuboAdd(gk, 2000, N, NULL, P, NULL, PETSC_TRUE));
  OK(GreenKuboAdd(gk, N - 2000, N, NULL, &P[2000], NULL, PETSC_TRUE));
  OK(CorrelatorCreate(1, LAGS, &correlator));
  OK(CorrelatorRun(correlator, gk, 0, 500, N - 100, &zero, C));
  for (PetscInt k = 0; k < LAGS; k += 7) {
    double sum = 0, pairs = 0;

    for (PetscInt i = 500; i + k < N - 100; i++) {
      if (i < 2000 && i + k >= 2000) continue;
      sum += P[i] * P[i + k];
      pairs++;
    }
    near("correlation", C[k], sum / pairs, 1e-12);
  }
  OK(CorrelatorDestroy(&correlator));
  OK(GreenKuboDestroy(&gk));
  free(P);
  free(C);
}

/* Trapezoid sums of known correlations, to infinity. */
static void integrates(void **state)
{
  enum { N = 20000 };
  double *const f = series(3 * N), *const J = series(3 * N);
  const double dt = 0.05, g = 0.4, w = 2, w1 = sqrt(w * w - g * g / 4);

  (void)state;
  for (PetscInt k = 0; k < N; k++) {
    const double t = k * dt;

    f[3 * k] = 2 * exp(-t / 2);
    f[3 * k + 1] = exp(-0.3 * t) * cos(2 * t);
    f[3 * k + 2] = exp(-g * t / 2) * (cos(w1 * t) - g / (2 * w1) * sin(w1 * t));
  }
  Trapezoid(N, 3, dt, f, J);
  assert_true(J[0] == 0 && J[1] == 0 && J[2] == 0);
  near("OU", J[3 * N - 3], 4.0002083312, 1e-10);
  near("complex OU", J[3 * N - 2], 0.0734121643, 1e-10);
  /* Euler-Maclaurin: the integral, zero, less dt^2 C'(0)/12 with C'(0) = -g. */
  near("bound", J[3 * N - 1], g * dt * dt / 12, 1e-6);
  free(f);
  free(J);
}

/* gamma = 4, theta = 1, m T = 2: all within three errors, which are those of theory. */
static void diffuses(void **state)
{
  enum { N = 400000 };
  const double dt = 0.05;
  const GreenKuboSettings s = {.dim = 1, .dt = dt, .mass = 2, .temperature = 1};
  double *const P = series(N), *const F = series(N);
  GreenKuboResult r;

  (void)state;
  seed = 19690720;
  ornstein_uhlenbeck(N, dt, 2, 0.5, P);
  ornstein_uhlenbeck(N, dt, 5, 5, F);
  conclude_series(s, N, NULL, P, F, &r);
  assert_true(r.gamma.has_plateau && r.theta.has_plateau);
  near("gamma", r.gamma.scalar, 4, 3 * r.gamma.scalar_error);
  near("theta", r.theta.scalar, 1, 3 * r.theta.scalar_error);
  near("consistency", r.consistency, 1, 3 * r.consistency_error);
  near("kinetic temperature", r.kinetic_temperature, 1, 3 * r.kinetic_temperature_error);
  assert_true(r.consistency_error < 0.2 && r.kinetic_temperature_error < 0.02);
  for (PetscInt k = 0; k < r.gamma.n; k += 20)
    near("running integral", r.gamma.mean[k], 4 * (1 - exp(-k * dt / 2)), 4 * r.gamma.mean_error[k] + 1e-3);
  /* Fluctuation of int_0^t of an unbiased correlation for t large: 2 (int C)^2 (2 t - ..)/T, a quarter of it uncertain. */
  const PetscInt at = (PetscInt)(10 / dt);
  const double error = 4 * sqrt(2 * 10 / (N * dt));
  assert_true(r.gamma.mean_error[at] > error / 2.5 && r.gamma.mean_error[at] < 2.5 * error);
  assert_int_equal(r.n_warnings, 0);
  OK(GreenKuboResultDestroy(&r));
  free(P);
  free(F);
}

/* int e^(-a t) cos wt = a/(a^2 + w^2), and the sine: off the diagonal, antisymmetric. */
static void sees_tensors(void **state)
{
  enum { N = 400000 };
  const double dt = 0.05, a = 0.3, w = 2;
  const GreenKuboSettings s = {.dim = 2, .dt = dt, .mass = 1, .temperature = 1, .longest = 30};
  double *const P = series(2 * N);
  GreenKuboResult r;

  (void)state;
  seed = 20260708;
  rotating(N, dt, a, w, P, &P[N]);
  conclude_series(s, N, NULL, P, NULL, &r);
  if (!r.gamma.has_plateau) fail_msg("%s", r.gamma.why);
  near("trace", r.gamma.scalar, a / (a * a + w * w), 3 * r.gamma.scalar_error);
  near("yx", r.gamma.value[2], -w / (a * a + w * w), 3 * r.gamma.value_error[2]);
  near("xy", r.gamma.value[1], w / (a * a + w * w), 3 * r.gamma.value_error[1]);
  assert_true(r.gamma.scalar_error < 0.01 && r.gamma.value_error[1] < 0.03);
  OK(GreenKuboResultDestroy(&r));
  free(P);
}

/* A particle on a spring (BAOAB): gamma is zero, and is not reported. */
static void flags_bound_particles(void **state)
{
  enum { N = 200000 };
  const double dt = 0.05, m = 2, k = 3, g = 0.4, T = 1.5;
  const double keep = exp(-g * dt), kick = sqrt(m * T * (1 - keep * keep));
  const GreenKuboSettings s = {.dim = 1, .dt = dt, .mass = m, .temperature = T};
  double *const P = series(N), *const R = series(N);
  double q = 0, p = 0;
  GreenKuboResult r;

  (void)state;
  seed = 31415926;
  for (PetscInt i = 0; i < N; i++) {
    p -= dt / 2 * k * q;
    q += dt / 2 * p / m;
    p = keep * p + kick * normal();
    q += dt / 2 * p / m;
    p -= dt / 2 * k * q;
    P[i] = p;
    R[i] = q;
  }
  conclude_series(s, N, R, P, NULL, &r);
  assert_false(r.gamma.has_plateau);
  assert_true(isnan(r.gamma.scalar) && isnan(r.gamma.value[0]) && isnan(r.consistency));
  assert_non_null(strstr(r.gamma.why, "bound"));
  near("variance", r.position_variance[0], T / k, 4 * r.position_variance_error[0]);
  OK(GreenKuboResultDestroy(&r));
  free(P);
  free(R);
}

/* Errors over blocks of white noise: the correlation at a lag has the variance 1/N. */
static void knows_its_errors(void **state)
{
  enum { N = 100000, LAGS = 200 };
  const GreenKuboSettings s = {.dim = 3, .dt = 1, .mass = 1, .temperature = 1, .longest = LAGS, .blocks = 20};
  double *const F = series(3 * N);
  double squares = 0;
  GreenKuboResult r;

  (void)state;
  seed = 27182818;
  for (PetscInt i = 0; i < 3 * N; i++) F[i] = normal();
  conclude_series(s, N, NULL, NULL, F, &r);
  assert_int_equal(r.blocks, 20);
  assert_int_equal(r.theta.n, LAGS + 1);
  for (PetscInt k = 1; k <= LAGS; k++)
    for (PetscInt i = 0; i < 9; i++) squares += pow(r.theta.correlation_error[9 * k + i], 2);
  near("variance of the correlation", squares / (9 * LAGS) * N, 1, 0.06);
  assert_true(warns(&r, "misses the force correlation"));
  OK(GreenKuboResultDestroy(&r));
  free(F);
}

/* Many short paths, cut into blocks of whole ones; and the momentum's unit. */
static void takes_many_paths(void **state)
{
  enum { N = 2000, PATHS = 200 };
  const double dt = 0.05, m = 4;
  const GreenKuboSettings s = {.dim = 1, .dt = dt, .mass = m, .temperature = 2, .has_momentum = PETSC_TRUE};
  double *const P = series(N);
  const char *key;
  char *refused;
  GreenKuboResult r;
  GreenKubo gk;

  (void)state;
  seed = 57721566;
  OK(GreenKuboCreate(&s, &gk));
  for (PetscInt p = 0; p < PATHS; p++) {
    ornstein_uhlenbeck(N, dt, 2 / m, 0.5, P); /* velocities */
    OK(GreenKuboAdd(gk, N, N, NULL, P, NULL, PETSC_TRUE));
  }
  OK(GreenKuboConclude(gk, &r, &key, &refused));
  assert_null(refused);
  assert_int_equal(r.paths, PATHS);
  assert_int_equal(r.samples, N * PATHS);
  near("int <v v>", r.gamma.scalar, 1, 3 * r.gamma.scalar_error);
  assert_true(warns(&r, "P = m v"));
  OK(GreenKuboResultDestroy(&r));
  OK(GreenKuboDestroy(&gk));
  free(P);
}

static void refuses(void **state)
{
  static const struct {
    const char *key, *words;
    PetscInt n;
    GreenKuboSettings s;
  } wrong[] = {
      {"series", "no samples", 0, {.dt = 1}},
      {"series", "400 samples are too few", 400, {.dt = 1}},
      {"longest", "longest lag 100, need 5000, and it covers 4000", 4000, {.dt = 1, .longest = 100}},
      {"blocks", "30 blocks", 4000, {.dt = 1, .longest = 50, .blocks = 30}},
      {"plateau.force",
       "beyond the longest lag 20",
       4000,
       {.dt = 1, .longest = 20, .plateau_force = {10, 30}}},
      {"thermal_force", "columns with the position", 4000, {.dt = 1, .thermal = THERMAL_BINS, .bins = 5}},
  };

  (void)state;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    GreenKuboSettings s = wrong[i].s;
    double *const F = series(4000);
    const char *key;
    char *refused;
    GreenKuboResult r;
    GreenKubo gk;

    s.dim = 1;
    s.mass = s.temperature = 1;
    s.has_force = PETSC_TRUE;
    ornstein_uhlenbeck(4000, 1, 1, 0.5, F);
    OK(GreenKuboCreate(&s, &gk));
    OK(GreenKuboAdd(gk, wrong[i].n, 4000, NULL, NULL, F, PETSC_TRUE));
    OK(GreenKuboConclude(gk, &r, &key, &refused));
    if (!refused || !strstr(refused, wrong[i].words) || strcmp(key, wrong[i].key))
      fail_msg("%s: said '%s' of %s", wrong[i].words, refused ? refused : "nothing", key);
    OK(PetscFree(refused));
    OK(GreenKuboDestroy(&gk));
    free(F);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(correlates_as_sums_do),
                                     cmocka_unit_test(correlates_at_long_lags),
                                     cmocka_unit_test(integrates),
                                     cmocka_unit_test(diffuses),
                                     cmocka_unit_test(sees_tensors),
                                     cmocka_unit_test(flags_bound_particles),
                                     cmocka_unit_test(knows_its_errors),
                                     cmocka_unit_test(takes_many_paths),
                                     cmocka_unit_test(refuses)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
