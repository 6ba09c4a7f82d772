/*
  The two series of input/data against figures that were computed from them by other means. Values to 1e-3, as the figures were
  made from numbers with more digits than the files, and to the figures' own last digit; errors to 2 per cent and that.
*/
#include "green_kubo_fixture.h"
#include <zlib.h>

enum { MOST = 100100, N_SPRING = 50001 };

/* columns x[n][MOST] behind the column of the time. */
static PetscInt read_data(const char name[], PetscInt columns, double x[])
{
  char path[512], line[512];
  PetscInt n = 0;
  gzFile f;

  snprintf(path, sizeof(path), "%s/%s", DATA, name);
  f = gzopen(path, "r");
  assert_non_null(f);
  assert_non_null(gzgets(f, line, sizeof(line)));
  while (gzgets(f, line, sizeof(line))) {
    char *at = strchr(line, ',');

    for (PetscInt c = 0; c < columns; c++) x[c * MOST + n] = strtod(at + 1, &at);
    n++;
  }
  gzclose(f);
  return n;
}

typedef struct {
  double lag, value, error, digit, digit_of_error;
} Figure;

static void compare_figures(const GreenKuboCurve *curve, PetscInt n, const Figure figures[])
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt k = (PetscInt)(figures[i].lag / curve->dt + 0.5);

    assert_true(k < curve->n);
    near("value", curve->mean[k], figures[i].value, 1e-3 * fabs(figures[i].value) + figures[i].digit / 2);
    if (figures[i].error > 0)
      near("error", curve->mean_error[k], figures[i].error,
           0.02 * figures[i].error + figures[i].digit_of_error / 2);
  }
}

static void run(const GreenKuboSettings *settings, PetscInt n, const double R[], const double P[],
                const double F[], GreenKuboResult *result)
{
  const char *key;
  char *refused;
  GreenKubo gk;

  OK(GreenKuboCreate(settings, &gk));
  OK(GreenKuboAdd(gk, n, MOST, R, P, F, PETSC_TRUE));
  OK(GreenKuboConclude(gk, result, &key, &refused));
  if (refused) fail_msg("%s: %s", key, refused);
  OK(GreenKuboDestroy(&gk));
}

static void a_particle_that_is_held(void **state)
{
  static const Figure theta[] = {{0.1, 16.98, 0.17, 0.01, 0.01},  {0.2, 18.01, 0.24, 0.01, 0.01},
                                 {0.3, 18.38, 0.31, 0.01, 0.01},  {0.5, 19.04, 0.38, 0.01, 0.01},
                                 {0.76, 19.17, 0.44, 0.01, 0.01}, {1, 19.14, 0.52, 0.01, 0.01},
                                 {2, 18.08, 0.51, 0.01, 0.01},    {3, 17.5, 0.8, 0.1, 0.1}};
  const GreenKuboSettings s = {.dim = 3, .dt = 0.02, .mass = 1, .temperature = 1, .has_force = PETSC_TRUE};
  double *const F = series(3 * MOST);
  double C0 = 0, C1 = 0;
  GreenKuboResult r;

  (void)state;
  const PetscInt n = read_data("lammps_frozen.csv.gz", 3, F);
  assert_int_equal(n, 100001);
  run(&s, n, NULL, NULL, F, &r);
  assert_int_equal(r.blocks, 20);
  compare_figures(&r.theta, 8, theta);
  for (PetscInt a = 0; a < 3; a++) {
    C0 += r.theta.correlation[4 * a] / 3;
    C1 += r.theta.correlation[5 * 9 + 4 * a] / 3;
  }
  near("<f f>", C0, 281.56, 0.03);
  near("C(.1)/C(0)", C1 / C0, 0.160, 5e-4);
  assert_true(r.theta.has_plateau && r.theta.plateau[0] > 0.3 && r.theta.plateau[1] < 1.2);
  near("theta", r.theta.scalar, 19.1, 0.2);
  near("its error", r.theta.scalar_error, 0.4, 0.1);
  assert_int_equal(r.n_warnings, 0);
  OK(GreenKuboResultDestroy(&r));
  free(F);
}

/* The series on a spring: x[9][MOST], R, P, F. */
static GreenKuboSettings spring(double x[])
{
  const GreenKuboSettings s = {.dim = 3,
                               .dt = 0.025,
                               .mass = 100,
                               .temperature = 0.972,
                               .has_position = PETSC_TRUE,
                               .has_momentum = PETSC_TRUE,
                               .has_force = PETSC_TRUE};

  assert_int_equal(read_data("lammps_tether.csv.gz", 9, x), N_SPRING);
  return s;
}

static Expression parse(const char text[])
{
  const ExpressionScope scope = {.dim = 3};
  ExpressionError error;
  Expression e;

  OK(ExpressionParse(text, strlen(text), &scope, &e, &error));
  return e;
}

static void a_particle_on_a_spring(void **state)
{
  static const Figure theta[] = {{0.1, 16.17, 0.16, 0.01, 0.01},
                                 {0.2, 16.78, 0.28, 0.01, 0.01},
                                 {0.3, 16.72, 0.38, 0.01, 0.01},
                                 {0.5, 16.89, 0.34, 0.01, 0.01},
                                 {1, 15.5, 0.5, 0.1, 0.1}};
  static const Figure gamma[] = {{1, 90, 0, 1, 0}, {3, 157, 0, 1, 0}, {6, 16, 0, 1, 0}, {12, -17, 0, 1, 0}};
  Expression f[] = {parse("-25*x"), parse("-25*y"), parse("-25*z")};
  double *const x = series(9 * MOST);
  GreenKuboSettings s = spring(x);
  double variance = 0;
  GreenKuboResult r;

  (void)state;
  s.thermal = THERMAL_GIVEN;
  s.n_basis = 3;
  s.basis = f;
  run(&s, N_SPRING, x, &x[3 * MOST], &x[6 * MOST], &r);
  assert_int_equal(r.blocks, 10);
  compare_figures(&r.theta, 5, theta);
  compare_figures(&r.gamma, 4, gamma);
  near("kinetic temperature", r.kinetic_temperature, 1.023, 5e-4);
  for (PetscInt c = 0; c < 3; c++) variance += r.position_variance[c] / 3;
  near("25 <R^2>", 25 * variance, 0.980, 5e-4);
  assert_true(r.theta.has_plateau && r.theta.plateau[0] >= 0.1 && r.theta.plateau[1] <= 0.5);
  near("theta", r.theta.scalar, 16.8, 0.15);
  assert_false(r.gamma.has_plateau);
  assert_non_null(strstr(r.gamma.why, "bound"));
  assert_true(warns(&r, "for a particle that moves"));
  assert_true(r.gamma.bound && !r.theta.bound);
  /* In bins: the force that was given, which is a line, and the mean force. */
  assert_int_equal(r.bins, 40);
  for (PetscInt i = 0; i < 3 * r.bins; i++) {
    if (r.bin_count[i] < 1000) continue;
    near("f_th of a bin", r.bin_model[i], -25 * r.bin_centre[i], 1e-11);
    near("force of a bin", r.bin_force[i], r.bin_model[i], 5 * r.bin_error[i]);
  }
  OK(GreenKuboResultDestroy(&r));
  for (int i = 0; i < 3; i++) OK(ExpressionDestroy(&f[i]));
  free(x);
}

/* What was given above is found. */
static void finds_the_spring(void **state)
{
  Expression U = parse("(x^2 + y^2 + z^2)/2");
  double *const x = series(9 * MOST);
  GreenKuboSettings s = spring(x);
  GreenKuboResult r;

  (void)state;
  s.thermal = THERMAL_POTENTIAL;
  s.n_basis = 1;
  s.basis = &U;
  run(&s, N_SPRING, x, &x[3 * MOST], &x[6 * MOST], &r);
  near("spring", r.coefficients[0], 26.0, 0.05);
  near("its error", r.coefficient_errors[0], 0.5, 0.2);
  near("theta", r.theta.scalar, 16.8, 0.15);
  OK(GreenKuboResultDestroy(&r));
  s.thermal = THERMAL_MEAN;
  run(&s, N_SPRING, x, &x[3 * MOST], &x[6 * MOST], &r);
  assert_true(warns(&r, "The mean force depends on the position"));
  near("slope", r.force_slope, -26.0, 0.05);
  OK(GreenKuboResultDestroy(&r));
  s.thermal = THERMAL_BINS;
  s.bins = 40;
  run(&s, N_SPRING, x, &x[3 * MOST], &x[6 * MOST], &r);
  near("theta", r.theta.scalar, 16.8, 2 * r.theta.scalar_error);
  OK(GreenKuboResultDestroy(&r));
  OK(ExpressionDestroy(&U));
  free(x);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_particle_that_is_held),
                                     cmocka_unit_test(a_particle_on_a_spring),
                                     cmocka_unit_test(finds_the_spring)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
