/* Distances of equilibria against closed forms: Gaussians, and Bessel series for Example 14 of [DDP] and (3.1). */
#include "coefficients_fixture.h"
#include <math.h>
#include <reiter/distance.h>
#include <slepcsys.h>

static void assert_close(const char *what, double got, double wanted, double absolute)
{
  if (!(fabs(got - wanted) <= absolute)) fail_msg("%s: %.15g, not %.15g", what, got, wanted);
}

/* Within its own error, which is small. */
static void assert_distance(const char *what, const Distances *d, int which, double wanted, double small)
{
  if (!(d->error[which] <= small)) fail_msg("%s: error %g", what, d->error[which]);
  assert_close(what, d->value[which], wanted, small);
}

/* I_n(z) by its power series. */
static double bessel(int n, double z)
{
  double term = 1, sum = 0;

  for (int k = 1; k <= n; k++) term *= z / (2 * k);
  for (int k = 1; k < 400; k++) {
    sum += term;
    term *= z * z / (4. * k * (k + n));
  }
  return sum;
}

/* z I1/I0 - log I0: the entropy of exp(-z cos 2 pi y)/I0(z) against the uniform density. */
static double entropy_of(double z)
{
  return z * bessel(1, z) / bessel(0, z) - log(bessel(0, z));
}

/* int |1 - exp(z cos 2 pi y)/I0(z)| dy = 4 int_0^yc (p - 1), p = 1 at yc, by Simpson's rule. */
static double variation_of(double z)
{
  enum { N = 2000 };
  const double i0 = bessel(0, z), end = z > 0 ? acos(log(i0) / z) / (2 * M_PI) : 0;
  double sum = 0;

  for (int k = 0; k <= N; k++) {
    const double p = exp(z * cos(2 * M_PI * end * k / N)) / i0;
    sum += (p - 1) * (k == 0 || k == N ? 1 : k % 2 ? 4 : 2);
  }
  return 4 * sum * end / (3 * N);
}

static Coefficients formula(const char log_w[])
{
  Expression w = parse(1, 0, log_w), D = parse(1, 0, "1");
  Coefficients coefficients;
  CellFailure failure;

  OK(CoefficientsCreateFormulas(1, w, &D, &coefficients));
  OK(CoefficientsSetUp(coefficients, NULL, &failure));
  OK(ExpressionDestroy(&w));
  OK(ExpressionDestroy(&D));
  return coefficients;
}

static void gaussians(void **state)
{
  Coefficients p = formula("-x^2/2"), q = formula("-(x - 0.5)^2/2"), wide = formula("-x^2/8 + 700");
  CoefficientFault fault;
  Distances d;

  (void)state;
  OK(DistancesCompute(p, q, -12, 12, 0, &d, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  assert_distance("variation", &d, DISTANCE_TOTAL_VARIATION, 2 * erf(0.25 / sqrt(2)), 1e-12);
  assert_distance("entropy", &d, DISTANCE_ENTROPY, 0.125, 1e-12);
  assert_distance("Wasserstein", &d, DISTANCE_WASSERSTEIN, 0.5, 1e-12);
  OK(DistancesCompute(p, wide, -30, 30, 0, &d, &fault));
  assert_distance("entropy", &d, DISTANCE_ENTROPY, log(2) + 0.125 - 0.5, 1e-12);
  assert_distance("Wasserstein", &d, DISTANCE_WASSERSTEIN, sqrt(2 / M_PI), 1e-12);
  OK(DistancesCompute(p, p, -12, 12, 0, &d, &fault));
  for (int k = 0; k < DISTANCES; k++) assert_distance("itself", &d, k, 0, 1e-13);
  OK(CoefficientsDestroy(&p));
  OK(CoefficientsDestroy(&q));
  OK(CoefficientsDestroy(&wide));
}

/* Jumps and kinks: exponentials on [0, 1], and a step. */
static void kinks(void **state)
{
  Coefficients p = formula("if(x < 0.3, 1, 0)"), q = formula("0"), tent = formula("log(1.5 - abs(x - 0.37))");
  const double e = exp(1), mass = 0.3 * e + 0.7;
  const double tent_mass = 1.5 - (0.37 * 0.37 + 0.63 * 0.63) / 2;
  CoefficientFault fault;
  Distances d;

  (void)state;
  OK(DistancesCompute(p, q, 0, 1, 0, &d, &fault));
  assert_distance("step", &d, DISTANCE_TOTAL_VARIATION, 2 * 0.3 * (e / mass - 1), 1e-10);
  assert_distance("step", &d, DISTANCE_ENTROPY, 0.3 * e / mass - log(mass), 1e-10);
  assert_distance("step", &d, DISTANCE_WASSERSTEIN, 0.5 * 0.3 * (e / mass - 1), 1e-10);
  OK(DistancesCompute(q, tent, 0, 1, 0, &d, &fault));
  { /* W1 = int |x - P(x)|: P(x) - x has one zero inside where the tent lies below its mean at both ends */
    double sum = 0;
    for (int k = 0; k < 200000; k++) {
      const double x = (k + 0.5) / 200000, u = fmin(x, 0.37), v = fmax(x - 0.37, 0);
      sum += fabs((1.13 * u + u * u / 2 + 1.5 * v - v * v / 2) / tent_mass - x) / 200000;
    }
    assert_distance("tent", &d, DISTANCE_WASSERSTEIN, sum, 1e-9);
  }
  OK(CoefficientsDestroy(&p));
  OK(CoefficientsDestroy(&q));
  OK(CoefficientsDestroy(&tent));
}

/* Example 14: V = x^2/2 + a cos(2 pi x/e). */
static void example_14(void **state)
{
  static const double amplitude[] = {0.5, 1, 3}, s = 0.5;

  (void)state;
  for (int k = 0; k < 3; k++) {
    const double z = amplitude[k] / s;
    char micro[64];
    Potential potential;
    Coefficients resolved, homogenized = formula("-x^2");
    CoefficientFault fault;
    CellFailure failure;
    Distances limit, d, finer;

    snprintf(micro, sizeof(micro), "%g*cos(2*pi*x1)", amplitude[k]);
    potential = make_potential(1, 1, s, "x^2/2", micro);
    OK(DistancesLimit(potential, -6, 6, 1e-10, &limit, &fault));
    assert_distance("variation", &limit, DISTANCE_TOTAL_VARIATION, variation_of(z), 1e-9);
    assert_distance("entropy", &limit, DISTANCE_ENTROPY, entropy_of(z), 1e-9);
    assert_true(entropy_of(z) > 0);
    OK(CoefficientsCreateResolved(potential, 0.05, &resolved));
    OK(CoefficientsSetUp(resolved, NULL, &failure));
    OK(DistancesCompute(resolved, homogenized, -6, 6, 0.05, &d, &fault));
    OK(CoefficientsDestroy(&resolved));
    OK(CoefficientsCreateResolved(potential, 0.025, &resolved));
    OK(CoefficientsSetUp(resolved, NULL, &failure));
    OK(DistancesCompute(resolved, homogenized, -6, 6, 0.025, &finer, &fault));
    /* a smooth V0: the sums over periods converge faster than any power of e */
    assert_distance("entropy at e", &d, DISTANCE_ENTROPY, entropy_of(z), 1e-9);
    assert_distance("variation at e", &finer, DISTANCE_TOTAL_VARIATION, variation_of(z), 1e-2);
    assert_true(fabs(finer.value[DISTANCE_TOTAL_VARIATION] - variation_of(z)) <
                fabs(d.value[DISTANCE_TOTAL_VARIATION] - variation_of(z)) / 1.9 + 1e-12);
    /* the weak distance goes as e */
    assert_close("Wasserstein", finer.value[DISTANCE_WASSERSTEIN] / d.value[DISTANCE_WASSERSTEIN], 0.5, 1e-2);
    OK(CoefficientsDestroy(&resolved));
    OK(CoefficientsDestroy(&homogenized));
    OK(PotentialDestroy(&potential));
  }
}

/* (3.1): the fast variables' density depends on x, z = x^2/(2 s), and x is weighed with exp(-V0/s) I0(z). */
static void pitchfork(void **state)
{
  enum { N = 1024 };
  const double s = 0.2;
  Potential potential = make_potential(1, 1, s, "x^4/4 + x^2/8", "-x^2/2*sin(2*pi*x1)");
  double mass = 0, variation = 0, entropy = 0;
  CoefficientFault fault;
  Distances limit;

  (void)state;
  for (int k = 0; k <= N; k++) { /* Simpson on [-2, 2] */
    const double x = -2 + 4. * k / N, z = x * x / (2 * s), rule = k == 0 || k == N ? 1 : k % 2 ? 4 : 2;
    const double w = rule * exp(-(x * x * x * x / 4 + x * x / 8) / s) * bessel(0, z);
    mass += w;
    variation += w * variation_of(z);
    entropy += w * entropy_of(z);
  }
  OK(DistancesLimit(potential, -2, 2, 1e-9, &limit, &fault));
  assert_distance("variation", &limit, DISTANCE_TOTAL_VARIATION, variation / mass, 1e-7);
  assert_distance("entropy", &limit, DISTANCE_ENTROPY, entropy / mass, 1e-7);
  OK(PotentialDestroy(&potential));
}

/* Two scales: entropies of independent variables add; with more scales than can be integrated nothing is said. */
static void scales(void **state)
{
  enum { N = 1500 };
  Potential two = make_potential(1, 2, 1, "x^2/2", "cos(2*pi*x1) + 0.5*sin(2*pi*x2)"), five, none;
  const double scale = bessel(0, 1) * bessel(0, 0.5);
  CoefficientFault fault;
  Distances limit;
  double sum = 0;

  (void)state;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      sum += fabs(exp(cos(2 * M_PI * (i + 0.5) / N) + 0.5 * cos(2 * M_PI * (j + 0.25) / N)) / scale - 1) /
             (N * (double)N);
  OK(DistancesLimit(two, -6, 6, 1e-6, &limit, &fault));
  assert_distance("entropy", &limit, DISTANCE_ENTROPY, entropy_of(1) + entropy_of(0.5), 1e-9);
  assert_distance("variation", &limit, DISTANCE_TOTAL_VARIATION, sum, 1e-5);
  OK(PotentialDestroy(&two));
  five = make_potential(1, 5, 1, "x^2/2", "x*cos(2*pi*(x1 + x2 + x3 + x4 + x5))");
  OK(DistancesLimit(five, -6, 6, 1e-6, &limit, &fault));
  assert_true(isnan(limit.value[DISTANCE_ENTROPY]) && isinf(limit.error[DISTANCE_ENTROPY]));
  OK(PotentialDestroy(&five));
  none = make_potential(1, 0, 1, "x^2/2", "0");
  OK(DistancesLimit(none, -6, 6, 1e-6, &limit, &fault));
  for (int k = 0; k < DISTANCES; k++) assert_distance("no scale", &limit, k, 0, 0);
  OK(PotentialDestroy(&none));
}

static void faults(void **state)
{
  Coefficients hole = formula("log(x)"), flat = formula("0"), wild = formula("sin(1e9*x)");
  CoefficientFault fault;
  Distances d;

  (void)state;
  OK(DistancesCompute(hole, flat, -1, 1, 0, &d, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_WEIGHT);
  OK(DistancesCompute(flat, wild, -1, 1, 0, &d, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_UNRESOLVED);
  assert_true(strlen(fault.message) > 40);
  OK(DistancesCompute(flat, flat, -1, 1, 1e-6, &d, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_UNRESOLVED);
  OK(CoefficientsDestroy(&hole));
  OK(CoefficientsDestroy(&flat));
  OK(CoefficientsDestroy(&wild));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians),  cmocka_unit_test(kinks),
                                     cmocka_unit_test(example_14), cmocka_unit_test(pitchfork),
                                     cmocka_unit_test(scales),     cmocka_unit_test(faults)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
