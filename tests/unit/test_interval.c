/* One dimension by integrals: gaps, passage times, committors, criteria. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <reiter/interval.h>

#define OK(call) assert_int_equal(call, 0)

static const Boundary reflecting[] = {BOUNDARY_REFLECTING, BOUNDARY_REFLECTING},
                      absorbing[] = {BOUNDARY_ABSORBING, BOUNDARY_ABSORBING},
                      left_absorbs[] = {BOUNDARY_ABSORBING, BOUNDARY_REFLECTING},
                      right_absorbs[] = {BOUNDARY_REFLECTING, BOUNDARY_ABSORBING},
                      circle[] = {BOUNDARY_PERIODIC, BOUNDARY_PERIODIC};

static void assert_close(const char *what, double got, double wanted, double relative)
{
  if (!(fabs(got - wanted) <= relative * fabs(wanted)))
    fail_msg("%s: %.17g, not %.17g (relative %.2g)", what, got, wanted, got / wanted - 1);
}

/* A diffusion with log w and D as formulas in x and one parameter s. */
typedef struct {
  Coefficients coefficients;
  Interval interval;
} Line;

static Line line_of(const char *log_w, const char *D, double s, double a, double b, const Boundary sides[2])
{
  const Parameter parameter = {"s", s};
  const ExpressionScope scope = {1, 0, 1, &parameter};
  ExpressionError error;
  CoefficientFault fault;
  Expression formula[2];
  Line line;

  OK(ExpressionParse(log_w, strlen(log_w), &scope, &formula[0], &error));
  OK(ExpressionParse(D, strlen(D), &scope, &formula[1], &error));
  assert_non_null(formula[0]);
  assert_non_null(formula[1]);
  OK(CoefficientsCreateFormulas(1, formula[0], &formula[1], &line.coefficients));
  OK(ExpressionDestroy(&formula[0]));
  OK(ExpressionDestroy(&formula[1]));
  OK(IntervalCreate(line.coefficients, a, b, sides, 0, NULL, &line.interval));
  OK(IntervalSetUp(line.interval, &fault));
  if (fault.trouble != COEFFICIENT_GOOD) fail_msg("%s", fault.message);
  return line;
}

static void destroy(Line *line)
{
  OK(IntervalDestroy(&line->interval));
  OK(CoefficientsDestroy(&line->coefficients));
}

static IntervalResult gap_of(const char *log_w, const char *D, double s, double a, double b,
                             const Boundary sides[2])
{
  Line line = line_of(log_w, D, s, a, b, sides);
  IntervalResult gap;

  OK(IntervalGap(line.interval, &gap, 0, NULL, NULL));
  destroy(&line);
  return gap;
}

/* The reported error must cover the true one, and be small. */
static void assert_gap(const char *what, IntervalResult gap, double wanted, double digits)
{
  const double off = fabs(gap.log_value - log(wanted));

  if (!(off <= gap.error + digits)) fail_msg("%s: %.15g, not %.15g; error said %.2g", what, exp(gap.log_value), wanted, gap.error);
  if (!(gap.error < 1e-11)) fail_msg("%s: error %.2g", what, gap.error);
}

/* The reference gaps are printed with 12 to 15 digits. */
static void double_well_gaps(void **state)
{
  const double reference[][2] = {{.25, .1871718420066},         {.1, .0335452873082},
                                 {.05, .00277614063657273},     {.025, 1.95892729997304e-05},
                                 {.0125, 9.0965142493129e-10},  {.00625, 1.8941172037666e-18}};

  (void)state;
  for (int i = 0; i < 6; i++)
    assert_gap("double well", gap_of("-(x^4/4-x^2/2)/s", "s", reference[i][0], -2, 2, reflecting), reference[i][1], 1.5e-12);
}

static void flat_gaps(void **state)
{
  const double p = M_PI * M_PI;

  (void)state;
  assert_gap("reflecting", gap_of("0", "1", 1, 0, 1, reflecting), p, 1e-15);
  assert_gap("absorbing", gap_of("0", "1", 1, 0, 1, absorbing), p, 1e-15);
  assert_gap("one side", gap_of("0", "1", 1, 0, 1, right_absorbs), p / 4, 1e-15);
  assert_gap("other side", gap_of("0", "1", 1, 0, 1, left_absorbs), p / 4, 1e-15);
  assert_gap("circle", gap_of("0", "1", 1, 0, 1, circle), 4 * p, 1e-15);
  assert_gap("D = 3 on [1, 3]", gap_of("7", "3", 1, 1, 3, reflecting), 3 * p / 4, 1e-15);
}

static void ornstein_uhlenbeck(void **state)
{
  (void)state;
  assert_gap("OU", gap_of("-x^2/2", "1", 1, -12, 12, reflecting), 1, 1e-14);
  assert_gap("OU, s = .01", gap_of("-x^2/2/s", "s", .01, -2, 2, reflecting), 1, 1e-14);
  /* f = x^2 - 1 is the second: odd functions absorbed at 0 leave f = x, eigenvalue 1 again. */
  assert_gap("half OU", gap_of("-x^2/2", "1", 1, 0, 12, left_absorbs), 1, 1e-14);
  /* Walls of e^-1e6 are cut off. */
  assert_gap("steep OU", gap_of("-x^2/2/s", "s", 1e-6, -2, 2, reflecting), 1, 1e-13);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(double_well_gaps),
      cmocka_unit_test(flat_gaps),
      cmocka_unit_test(ornstein_uhlenbeck),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
