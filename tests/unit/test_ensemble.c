/* The parts of ensembles: the chi-square law, moments, exact masses of cells, draws of the equilibrium. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "ensemble/ensemble_private.h"
#include "ensemble/moments.h"

#define MUST(call) assert_int_equal((call), 0)

/* k = 2 is exp(-x/2), k = 1 is erfc(sqrt(x/2)); even k: a finite sum. */
static void chi_square(void **state)
{
  (void)state;
  for (double x = 0.01; x < 1000; x *= 1.7) {
    const double one = erfc(sqrt(x / 2)), two = exp(-x / 2);
    double term = two, sum = two;

    assert_true(fabs(ChiSquareTail(1, x) - one) <= 1e-13 * one + 1e-15);
    assert_true(fabs(ChiSquareTail(2, x) - two) <= 1e-13 * two + 1e-15);
    for (int j = 1; j < 20; j++) sum += term *= x / 2 / j;
    assert_true(fabs(ChiSquareTail(40, x) - sum) <= 1e-12 * sum + 1e-15);
  }
  assert_true(ChiSquareTail(5, 0) == 1);
  assert_true(ChiSquareTail(5, INFINITY) == 0);
  /* tables: the 5 % point of 10 degrees of freedom, the 1 % point of 100 */
  assert_true(fabs(ChiSquareTail(10, 18.3070380533) - 0.05) < 1e-10);
  assert_true(fabs(ChiSquareTail(100, 135.806723176) - 0.01) < 1e-10);
  /* the median of many degrees of freedom: k (1 - 2/(9 k))^3 to the third order */
  assert_true(fabs(ChiSquareTail(1e6, 1e6 * pow(1 - 2 / 9e6, 3)) - 0.5) < 1e-6);
}

static void moments(void **state)
{
  Moments whole = {0, 0, 0}, parts[3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, merged = {0, 0, 0};
  const double offset = 1e9; /* squares of these have no digits left for the variance */

  (void)state;
  for (int i = 0; i < 90; i++) {
    MomentsAdd(&whole, offset + i);
    MomentsAdd(&parts[i < 10 ? 0 : i < 11 ? 1 : 2], offset + i);
  }
  for (int k = 0; k < 3; k++) MomentsMerge(&merged, &parts[k]);
  assert_true(merged.n == 90 && fabs(merged.mean - offset - 44.5) < 1e-6);
  assert_true(fabs(merged.M2 / 60742.5 - 1) < 1e-9 && fabs(whole.M2 / 60742.5 - 1) < 1e-9);
  assert_true(fabs(MomentsError(&merged) - sqrt(60742.5 / 89 / 90)) < 1e-9);
  assert_true(isnan(MomentsError(&(Moments){1, 2, 0})) && isnan(MomentsMean(&(Moments){0, 0, 0})));
}

static Dynamics make(PetscInt dim, const char macro[], const char micro[], PetscReal temperature,
                     PetscReal epsilon, Potential *potential)
{
  const ExpressionScope scope = {dim, 1, 0, NULL};
  ExpressionError error;
  Expression V0, V1;
  Dynamics dynamics;

  MUST(ExpressionParse(macro, strlen(macro), &scope, &V0, &error));
  MUST(ExpressionParse(micro, strlen(micro), &scope, &V1, &error));
  MUST(PotentialCreate(dim, 1, temperature, V0, V1, potential));
  MUST(DynamicsCreateMultiscale(*potential, epsilon, &dynamics));
  MUST(ExpressionDestroy(&V0));
  MUST(ExpressionDestroy(&V1));
  return dynamics;
}

/* V = x^2/2 + y^2, s = 1/2: differences of error functions. */
static void masses(void **state)
{
  const PetscReal box[][2] = {{-1, 2}, {-1.5, 1}};
  const PetscInt cells[] = {6, 5};
  Potential potential;
  Dynamics dynamics = make(2, "x^2/2 + y^2", "0*cos(2*pi*x1)", 0.5, 0.1, &potential);
  PetscReal log_mass[30];
  PetscBool known;

  (void)state;
  MUST(EquilibriumMasses(dynamics, 2, box, cells, 0.2, log_mass, &known));
  assert_true(known);
  for (int i = 0; i < 30; i++) {
    const double x = -1 + 0.5 * (i % 6), y = -1.5 + 0.5 * (i / 6), r = sqrt(2.0);
    const double exact =
        sqrt(M_PI) / 2 * (erf(x + 0.5) - erf(x)) * sqrt(M_PI) / 2 / r * (erf(r * (y + 0.5)) - erf(r * y));

    assert_true(fabs(exp(log_mass[i]) / exact - 1) < 1e-8);
  }
  MUST(EquilibriumMasses(dynamics, 2, box, cells, 1e-6, log_mass, &known));
  assert_false(known); /* too many points */
  MUST(DynamicsDestroy(&dynamics));
  MUST(PotentialDestroy(&potential));
}

/* The micro potential at e = 1/8 over whole periods: each has the mass I0(a/s), as the macro potential is zero. */
static void masses_of_periods(void **state)
{
  const PetscReal box[][2] = {{0, 1}};
  const PetscInt cells[] = {8};
  Potential potential;
  Dynamics dynamics = make(1, "0*x", "cos(2*pi*x1)", 0.25, 0.125, &potential);
  PetscReal log_mass[8];
  PetscBool known;

  (void)state;
  MUST(EquilibriumMasses(dynamics, 1, box, cells, 0.125 / 16, log_mass, &known));
  for (int i = 0; i < 8; i++) assert_true(fabs(exp(log_mass[i]) * 8 / 11.301921952136330 - 1) < 1e-6);
  MUST(DynamicsDestroy(&dynamics));
  MUST(PotentialDestroy(&potential));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(chi_square), cmocka_unit_test(moments),
                                     cmocka_unit_test(masses), cmocka_unit_test(masses_of_periods)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
