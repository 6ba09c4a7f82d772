/* The thermal force, files and lines. */
#include "green_kubo_fixture.h"

static Expression parse(PetscInt dim, const char text[])
{
  const ExpressionScope scope = {.dim = dim};
  ExpressionError error;
  Expression e;

  OK(ExpressionParse(text, strlen(text), &scope, &e, &error));
  if (!e) fail_msg("%s", error.message);
  return e;
}

/* Positions of a random walk on a bounded path, in both components. */
static void positions(PetscInt n, double R[])
{
  ornstein_uhlenbeck(n, 0.1, 1, 1, R);
  ornstein_uhlenbeck(n, 0.1, 2, 0.5, &R[n]);
}

enum { N = 20000 };

/* Without noise the coefficients come back to round-off. */
static void fits_potentials(void **state)
{
  static const double exact[] = {1.5, 0.3, -0.7, 2.25};
  const Expression basis[] = {parse(2, "(x^2 + y^2)/2"), parse(2, "x^4"), parse(2, "x*y"),
                              parse(2, "1000*cos(y/100)")};
  const GreenKuboSettings s = {.dim = 2,
                               .dt = 0.1,
                               .mass = 1,
                               .temperature = 1,
                               .thermal = THERMAL_POTENTIAL,
                               .n_basis = 4,
                               .basis = basis};
  double *const R = series(2 * N), *const F = series(2 * N);
  GreenKuboResult r;

  (void)state;
  seed = 6;
  positions(N, R);
  for (PetscInt i = 0; i < N; i++) {
    const double x = R[i], y = R[N + i];

    F[i] = -(exact[0] * x + exact[1] * 4 * x * x * x + exact[2] * y);
    F[N + i] = -(exact[0] * y + exact[2] * x - exact[3] * 10 * sin(y / 100));
  }
  conclude_series(s, N, R, NULL, F, &r);
  assert_int_equal(r.n_basis, 4);
  /* The fourth function and the first are alike to 1e-4 on this stretch. */
  for (PetscInt j = 0; j < 4; j++) {
    near("coefficient", r.coefficients[j], exact[j], j == 0 || j == 3 ? 1e-7 : 1e-9);
    assert_true(r.coefficient_errors[j] < 1e-7);
  }
  assert_true(fabs(r.theta.correlation[0]) < 1e-12);
  OK(GreenKuboResultDestroy(&r));
  for (PetscInt j = 0; j < 4; j++) {
    Expression e = basis[j];
    OK(ExpressionDestroy(&e));
  }
  free(R);
  free(F);
}

/* With noise: within the errors, which shrink as they should; what is left knows nothing of the position. */
static void fits_with_errors(void **state)
{
  const Expression basis[] = {parse(1, "x^2/2"), parse(1, "x^4/4")};
  const GreenKuboSettings s = {.dim = 1,
                               .dt = 0.1,
                               .mass = 1,
                               .temperature = 1,
                               .thermal = THERMAL_POTENTIAL,
                               .n_basis = 2,
                               .basis = basis};
  const GreenKuboSettings mean = {.dim = 1, .dt = 0.1, .mass = 1, .temperature = 1};
  double *const R = series(2 * N), *const F = series(N);
  GreenKuboResult r;

  (void)state;
  seed = 7;
  positions(N, R);
  for (PetscInt i = 0; i < N; i++) F[i] = -2 * R[i] - 0.5 * pow(R[i], 3) + 3 * normal();
  conclude_series(s, N, R, NULL, F, &r);
  near("c_1", r.coefficients[0], 2, 3 * r.coefficient_errors[0]);
  near("c_2", r.coefficients[1], 0.5, 3 * r.coefficient_errors[1]);
  /* (A^T A)^-1 with moments 1, 3, 15 of a normal number: 9/(N 6) (15, 1). */
  assert_true(r.coefficient_errors[0] > 0.5 * sqrt(15 * 9 / (6. * N)));
  assert_true(r.coefficient_errors[0] < 2 * sqrt(15 * 9 / (6. * N)));
  assert_true(fabs(r.force_slope) < 4 * r.force_slope_error);
  assert_false(warns(&r, "depends on the position"));
  OK(GreenKuboResultDestroy(&r));
  conclude_series(mean, N, R, NULL, F, &r);
  near("slope", r.force_slope, -3.5, 0.2); /* -2 - 0.5 <x^4>/<x^2> */
  assert_true(warns(&r, "The mean force depends on the position"));
  OK(GreenKuboResultDestroy(&r));
  for (PetscInt j = 0; j < 2; j++) {
    Expression e = basis[j];
    OK(ExpressionDestroy(&e));
  }
  free(R);
  free(F);
}

static void refuses_what_it_cannot_fit(void **state)
{
  static const struct {
    const char *U[2], *words;
    ThermalKind kind;
  } wrong[] = {{{"x^2", "3*x^2 + 1"}, "a sum of the others", THERMAL_POTENTIAL},
               {{"x^2", "5"}, "is zero", THERMAL_POTENTIAL},
               {{"sqrt(x)", "x"}, "not a finite number", THERMAL_POTENTIAL},
               {{"log(x)", "x"}, "not a finite number at sample", THERMAL_GIVEN}};
  double *const R = series(2 * N), *const F = series(2 * N);

  (void)state;
  positions(N, R);
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    Expression basis[] = {parse(2, wrong[i].U[0]), parse(2, wrong[i].U[1])};
    const GreenKuboSettings s = {.dim = 2,
                                 .dt = 0.1,
                                 .mass = 1,
                                 .temperature = 1,
                                 .has_position = PETSC_TRUE,
                                 .has_force = PETSC_TRUE,
                                 .thermal = wrong[i].kind,
                                 .n_basis = 2,
                                 .basis = basis};
    const char *key;
    char *refused;
    GreenKuboResult r;
    GreenKubo gk;

    OK(GreenKuboCreate(&s, &gk));
    OK(GreenKuboAdd(gk, N, N, R, NULL, F, PETSC_TRUE));
    OK(GreenKuboConclude(gk, &r, &key, &refused));
    if (!refused || !strstr(refused, wrong[i].words) || strcmp(key, "thermal_force"))
      fail_msg("%s: said '%s'", wrong[i].words, refused ? refused : "nothing");
    OK(PetscFree(refused));
    OK(GreenKuboDestroy(&gk));
    OK(ExpressionDestroy(&basis[0]));
    OK(ExpressionDestroy(&basis[1]));
  }
  free(R);
  free(F);
}

static void subtracts_what_is_given(void **state)
{
  Expression f = parse(1, "1 - x - x^3");
  const GreenKuboSettings s = {
      .dim = 1, .dt = 0.1, .mass = 1, .temperature = 1, .thermal = THERMAL_GIVEN, .n_basis = 1, .basis = &f};
  double *const R = series(2 * N), *const F = series(N), *const noise = series(N);
  double variance = 0, mean = 0;
  GreenKuboResult r;

  (void)state;
  positions(N, R);
  ornstein_uhlenbeck(N, 0.1, 1, 3, noise);
  for (PetscInt i = 0; i < N; i++) {
    F[i] = 1 - R[i] - pow(R[i], 3) + noise[i];
    mean += noise[i] / N;
  }
  for (PetscInt i = 0; i < N; i++) variance += pow(noise[i] - mean, 2) / N;
  conclude_series(s, N, R, NULL, F, &r);
  near("what is left", r.theta.correlation[0], variance, 1e-9);
  assert_null(r.coefficients);
  OK(GreenKuboResultDestroy(&r));
  OK(ExpressionDestroy(&f));
  free(R);
  free(F);
  free(noise);
}

/* A line is its own interpolant, whatever the bins: nothing is left of it between their centres. Two clusters of positions
   leave bins between them empty. */
static void takes_means_in_bins(void **state)
{
  const double k = 2, T = 0.7;
  const GreenKuboSettings s = {
      .dim = 1, .dt = 0.1, .mass = 1, .temperature = T, .thermal = THERMAL_BINS, .bins = 20};
  double *const R = series(N), *const F = series(N);
  double x[3], U[3], exact;
  PetscInt64 count = 0;
  PetscInt empty = 0;
  GreenKuboResult r;

  (void)state;
  for (PetscInt i = 0; i < N; i++) {
    R[i] = (i / 100 % 2 ? 1 : -1) * (1 + uniform());
    F[i] = 3 - k * R[i];
  }
  conclude_series(s, N, R, NULL, F, &r);
  for (PetscInt b = 0; b < r.bins; b++) {
    count += r.bin_count[b];
    if (!r.bin_count[b]) {
      empty++;
      assert_true(isnan(r.bin_force[b]));
    } else {
      near("bin", r.bin_force[b], 3 - k * r.bin_centre[b], 1e-12);
    }
  }
  assert_int_equal(count, N);
  assert_int_equal(empty, 10);
  /* Only beyond the centres of the outermost bins is something left, up to 0.2: of each twentieth, the half. */
  near("what is left", r.theta.correlation[0], 0.1 * 0.04 / 3, 4e-4);
  x[0] = -1.5;
  x[1] = 0;
  x[2] = 1.7;
  OK(GreenKuboThermalPotential(&r, 3, x, U));
  for (PetscInt i = 1; i < 3; i++) {
    exact = (3 * (x[i] - x[0]) - k * (x[i] * x[i] - x[0] * x[0]) / 2) / T;
    near("potential", U[i] - U[0], exact, 1e-11);
  }
  OK(GreenKuboResultDestroy(&r));
  free(R);
  free(F);
}

/* Files, JSON and lines hold the numbers. */
static void reports(void **state)
{
  const GreenKuboSettings s = {
      .dim = 2, .dt = 0.1, .mass = 1, .temperature = 1, .thermal = THERMAL_BINS, .bins = 8};
  double *const R = series(2 * N), *const F = series(2 * N);
  RunFolder folder;
  FILE *stream;
  Json json;
  GreenKuboResult r;
  char number[64];
  const char *text;

  (void)state;
  seed = 8;
  positions(N, R);
  ornstein_uhlenbeck(N, 0.1, 1, 2, F);
  ornstein_uhlenbeck(N, 0.1, 1, 2, &F[N]);
  conclude_series(s, N, R, NULL, F, &r);
  assert_true(r.theta.has_plateau);
  folder = open_folder("run", "digest", PETSC_FALSE, PETSC_FALSE);
  OK(GreenKuboResultWriteFiles(&r, folder));
  OK(RunFolderClose(&folder));
  assert_non_null(
      strstr(slurp("run/greenkubo_force.csv"),
             "lag,integral,integral_error,slope,correlation_xx,correlation_error_xx,integral_xx"));
  text = slurp("run/thermal_force.csv");
  assert_non_null(strstr(text, "component,position,force,force_error,f_th,samples\n1.0,"));
  assert_non_null(strstr(text, "\n2.0,"));
  assert_int_equal(access(in_root("run/greenkubo_momentum.csv"), F_OK), -1);
  stream = fopen(in_root("out.json"), "w");
  OK(JsonCreate(stream, &json));
  OK(JsonBeginObject(json, NULL));
  OK(GreenKuboResultWriteJson(&r, json));
  OK(JsonEndObject(json));
  OK(JsonDestroy(&json));
  fclose(stream);
  text = slurp("out.json");
  assert_non_null(strstr(text, "\"theta\":"));
  assert_non_null(strstr(text, "\"friction_scalar\":"));
  assert_null(strstr(text, "nan"));
  stream = fopen(in_root("out.txt"), "w");
  OK(GreenKuboResultPrint(&r, stream));
  fclose(stream);
  snprintf(number, sizeof(number), "theta = int <dF dF> = %.4g +- %.2g", (double)r.theta.scalar,
           (double)r.theta.scalar_error);
  assert_non_null(strstr(slurp("out.txt"), number));
  OK(GreenKuboResultDestroy(&r));
  free(R);
  free(F);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(fits_potentials),
                                     cmocka_unit_test(fits_with_errors),
                                     cmocka_unit_test(refuses_what_it_cannot_fit),
                                     cmocka_unit_test(subtracts_what_is_given),
                                     cmocka_unit_test(takes_means_in_bins),
                                     cmocka_unit_test(reports)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
