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

  if (!(off <= gap.error + digits))
    fail_msg("%s: %.15g, not %.15g; error said %.2g", what, exp(gap.log_value), wanted, gap.error);
  if (!(gap.error < 1e-11)) fail_msg("%s: error %.2g", what, gap.error);
}

/* The reference gaps are printed with 12 to 15 digits. */
static void double_well_gaps(void **state)
{
  const double reference[][2] = {{.25, .1871718420066},        {.1, .0335452873082},
                                 {.05, .00277614063657273},    {.025, 1.95892729997304e-05},
                                 {.0125, 9.0965142493129e-10}, {.00625, 1.8941172037666e-18}};

  (void)state;
  for (int i = 0; i < 6; i++)
    assert_gap("double well", gap_of("-(x^4/4-x^2/2)/s", "s", reference[i][0], -2, 2, reflecting),
               reference[i][1], 1.5e-12);
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

/* -cos(pi x), sin(pi x), sin(pi x/2), cos(pi x/2). */
static void slow_functions(void **state)
{
  enum { N = 5 };
  const double x[N] = {0, .1, .35, .77, 1};
  const Boundary *sides[] = {reflecting, absorbing, left_absorbs, right_absorbs};
  double f[N], wanted;
  IntervalResult gap;

  (void)state;
  for (int k = 0; k < 4; k++) {
    Line line = line_of("0", "1", 1, 0, 1, sides[k]);

    OK(IntervalGap(line.interval, &gap, N, x, f));
    for (int i = 0; i < N; i++) {
      wanted = k == 0 ? -cos(M_PI * x[i]) : sin(M_PI * x[i]);
      if (k == 2) wanted = sin(M_PI * x[i] / 2);
      if (k == 3) wanted = cos(M_PI * x[i] / 2);
      if (fabs(f[i] - wanted) > 1e-12) fail_msg("sides %d at %g: %.15g, not %.15g", k, x[i], f[i], wanted);
    }
    destroy(&line);
  }
}

/* Circles against lines: a potential that is even about both 0 and 1/2 has the even slow mode of the half circle with
   reflecting ends and the odd one with absorbing ends; the gap is the smaller. */
static void circles(void **state)
{
  const char *const potentials[] = {"-cos(2*pi*x)/s", "-(cos(2*pi*x)+cos(4*pi*x))/s", "-cos(4*pi*x)/s"};
  const double temperatures[] = {.5, .05, .005};

  (void)state;
  for (int k = 0; k < 3; k++) {
    for (int t = 0; t < 3; t++) {
      const IntervalResult whole = gap_of(potentials[k], "s*(2+cos(2*pi*x))", temperatures[t], 0, 1, circle);
      const IntervalResult even =
          gap_of(potentials[k], "s*(2+cos(2*pi*x))", temperatures[t], 0, .5, reflecting);
      const IntervalResult odd =
          gap_of(potentials[k], "s*(2+cos(2*pi*x))", temperatures[t], 0, .5, absorbing);
      const double wanted = fmin(even.log_value, odd.log_value);

      if (!(fabs(whole.log_value - wanted) <= whole.error + even.error + odd.error))
        fail_msg("%s at %g: %.17g, not %.17g (%.2g, %.2g)", potentials[k], temperatures[t], whole.log_value,
                 wanted, whole.error, even.error);
      assert_true(whole.error < 1e-11);
    }
  }
}

static void kinks_and_jumps(void **state)
{
  /* Weights 1 on [0, 1/2], e^3 on [1/2, 1], D = 1: tan(k/2) = e^3 tan(-k/2) has k = pi first, whatever the jump. */
  (void)state;
  assert_gap("jump", gap_of("if(x<0.5,0,3)", "1", 1, 0, 1, reflecting), M_PI * M_PI, 1e-12);
  /* w = exp(-|x|) on [-L, L]: odd f = e^{x/2} sin(k x + c).., k cot(k L) = -1/2 .. : f' = 0 at L, f(0) = 0 gives
     f = e^{x/2} sin(k x), f' = 0: tan(k L) = -2 k. */
  {
    double low = M_PI / 2 / 10 + 1e-9, high = M_PI / 10 - 1e-9;
    for (int i = 0; i < 100; i++) {
      const double k = (low + high) / 2;
      if (tan(10 * k) + 2 * k < 0)
        low = k;
      else
        high = k;
    }
    assert_gap("kink", gap_of("-abs(x)", "1", 1, -10, 10, reflecting), low * low + .25, 1e-13);
  }
}

/* Simpson's rule in long double for int_x^b int_a^y exp(y^2/2 - z^2/2) dz dy: the inner integral is cumulated. */
static double ou_passage(double a, double x, double b)
{
  enum { N = 36000 };
  const long double h = ((long double)b - a) / N;
  long double inner = 0, time = 0, before = 0, middle = 0;
  const int start = (int)lroundl((x - (long double)a) / h);

  /* Pairs of steps; the inner integral at the odd points by the cubic rule through its neighbours. */
  for (int i = 0; i < N; i += 2) {
    const long double y = a + i * h, w0 = expl(-y * y / 2), w1 = expl(-(y + h) * (y + h) / 2),
                      w2 = expl(-(y + 2 * h) * (y + 2 * h) / 2);
    before = inner / w0;
    middle = (inner + h * (5 * w0 + 8 * w1 - w2) / 12) / w1;
    inner += h * (w0 + 4 * w1 + w2) / 3;
    if (i >= start) time += h * (before + 4 * middle + inner / w2) / 3;
  }
  return (double)time;
}

static void passage_times(void **state)
{
  const double ends[][2] = {{1, 1}}, middle[][2] = {{.4, .6}}, both[][2] = {{0, 0}, {1, 1}};
  const double x[] = {0, .25, .5, .875, 1};
  IntervalResult time[5];
  Line line;

  (void)state;
  line = line_of("0", "1", 1, 0, 1, reflecting);
  OK(IntervalPassage(line.interval, 1, ends, 5, x, time));
  for (int i = 0; i < 4; i++)
    assert_close("to the right", exp(time[i].log_value), (1 - x[i] * x[i]) / 2, 1e-14);
  assert_true(exp(time[4].log_value) == 0);
  OK(IntervalPassage(line.interval, 2, both, 5, x, time));
  for (int i = 1; i < 4; i++) assert_close("to both", exp(time[i].log_value), x[i] * (1 - x[i]) / 2, 1e-14);
  OK(IntervalPassage(line.interval, 1, middle, 5, x, time));
  assert_close("from the left", exp(time[0].log_value), .4 * .4 / 2, 1e-14);
  assert_close("from the right", exp(time[4].log_value), .4 * .4 / 2, 1e-14);
  assert_close("inside", exp(time[3].log_value), (.4 * .4 - .125 * .125) / 2, 1e-13);
  assert_true(exp(time[2].log_value) == 0);
  OK(IntervalPassage(line.interval, 0, NULL, 5, x, time));
  assert_true(isinf(time[0].log_value) && time[0].log_value > 0);
  destroy(&line);

  line = line_of("0", "2", 1, 0, 1, left_absorbs);
  OK(IntervalPassage(line.interval, 0, NULL, 5, x, time));
  for (int i = 1; i < 5; i++)
    assert_close("absorbed", exp(time[i].log_value), (1 - (1 - x[i]) * (1 - x[i])) / 4, 1e-14);
  destroy(&line);

  line = line_of("0", "1", 1, 0, 1, circle);
  OK(IntervalPassage(line.interval, 1, middle, 5, x, time));
  assert_close("around", exp(time[0].log_value), .4 * .4 / 2, 1e-14);
  assert_close("around", exp(time[3].log_value), (.4 * .4 - .125 * .125) / 2, 1e-13);
  destroy(&line);
}

static void ornstein_uhlenbeck_passage(void **state)
{
  const double target[][2] = {{3, 3}}, x[] = {-1.5, 0, 1.5};
  IntervalResult time[3];
  Line line = line_of("-x^2/2", "1", 1, -6, 6, reflecting);

  (void)state;
  OK(IntervalPassage(line.interval, 1, target, 3, x, time));
  for (int i = 0; i < 3; i++) {
    assert_close("OU to 3", exp(time[i].log_value), ou_passage(-6, x[i], 3), 1e-11);
    assert_true(time[i].error < 1e-12);
  }
  destroy(&line);
}

/* e^2500 is only a logarithm. */
static void passage_over_a_high_barrier(void **state)
{
  const double target[][2] = {{1, 1}}, x[] = {-1};
  IntervalResult time, gap;
  Line line = line_of("-(x^4/4-x^2/2)/s", "s", 1e-4, -2, 2, reflecting);

  (void)state;
  OK(IntervalPassage(line.interval, 1, target, 1, x, &time));
  OK(IntervalGap(line.interval, &gap, 0, NULL, NULL));
  assert_true(time.log_value > 2490 && time.log_value < 2510);
  assert_true(time.error < 1e-11);
  /* From bottom to bottom of a symmetric double well: the time is 2/gap, up to the time inside a well. */
  assert_close("time and gap", time.log_value + gap.log_value, log(2), 1e-10);
  destroy(&line);
}

static void committors(void **state)
{
  const double a[] = {0, .2}, b[] = {.7, .8}, x[] = {.1, .2, .45, .75, .9};
  const double flat[] = {0, 0, .5, 1, 1}, killed[] = {0, 0, .5, 1, .5};
  double q[5];
  IntervalResult capacity;
  Line line = line_of("log(3)", "2", 1, 0, 1, reflecting);

  (void)state;
  OK(IntervalCommittor(line.interval, a, b, 5, x, q, &capacity));
  for (int i = 0; i < 5; i++) assert_true(fabs(q[i] - flat[i]) < 1e-15);
  assert_close("capacity", exp(capacity.log_value), 6 / .5, 1e-14);
  destroy(&line);

  line = line_of("0", "1", 1, 0, 1, right_absorbs);
  OK(IntervalCommittor(line.interval, a, b, 5, x, q, &capacity));
  for (int i = 0; i < 5; i++) assert_true(fabs(q[i] - killed[i]) < 1e-15);
  assert_close("capacity with a loss", exp(capacity.log_value), 1 / .5 + 1 / .2, 1e-14);
  destroy(&line);

  /* Round the circle from b on: .2 to the seam and no further, as a begins there. */
  line = line_of("0", "1", 1, 0, 1, circle);
  OK(IntervalCommittor(line.interval, a, b, 5, x, q, &capacity));
  assert_close("round", q[4], .5, 1e-14);
  assert_close("both ways", exp(capacity.log_value), 1 / .5 + 1 / .2, 1e-14);
  destroy(&line);
}

/* A wall of e^-2e6 is cut off: nothing is claimed about the way down, the committor there is the foot's. */
static void walls(void **state)
{
  const double a[] = {-1e-3, -1e-3}, b[] = {1e-3, 1e-3}, x[] = {-1.9, 0, 1.9};
  double q[3];
  IntervalResult time[3], capacity;
  Line line = line_of("-x^2/2/s", "s", 1e-6, -2, 2, reflecting);

  (void)state;
  OK(IntervalCommittor(line.interval, a, b, 3, x, q, &capacity));
  assert_true(q[0] == 0 && fabs(q[1] - .5) < 1e-14 && q[2] == 1);
  OK(IntervalPassage(line.interval, 1, &b, 3, x, time));
  assert_true(isnan(time[0].log_value) && isinf(time[0].error) && isnan(time[2].log_value));
  /* In units of the standard deviation: from 0 to 1. */
  assert_close("to one deviation", exp(time[1].log_value), ou_passage(-8, 0, 1), 1e-10);
  destroy(&line);
}

static void muckenhoupt_holds_the_gap(void **state)
{
  const char *const potentials[] = {"0",
                                    "-x^2/2",
                                    "-x^2/.02",
                                    "-(x^4/4-x^2/2)/.05",
                                    "-(x^4/4-x^2/2)/.005",
                                    "-abs(x)*8",
                                    "3*x",
                                    "-(x^4/4-x^2/2+x/5)/.05",
                                    "-2*cos(9*x)-x^2",
                                    "log(1+x^2)+sin(40*x)"};

  (void)state;
  for (int i = 0; i < 10; i++) {
    Line line = line_of(potentials[i], "1+x^2/4", 1, -2, 2, reflecting);
    IntervalResult gap;
    double lower, upper;

    OK(IntervalGap(line.interval, &gap, 0, NULL, NULL));
    OK(IntervalMuckenhoupt(line.interval, &lower, &upper));
    if (!(lower <= -gap.log_value && -gap.log_value <= upper))
      fail_msg("%s: %g not in [%g, %g]", potentials[i], -gap.log_value, lower, upper);
    assert_close("width", upper - lower, log(8), 1e-12);
    destroy(&line);
  }
}

/* On [0, 1] with w = 1: sup (1 - r)(r - 1/2) = 1/16. */
static void muckenhoupt_of_the_flat_line(void **state)
{
  Line line = line_of("0", "1", 1, 0, 1, reflecting);
  double lower, upper;

  (void)state;
  OK(IntervalMuckenhoupt(line.interval, &lower, &upper));
  assert_close("lower", exp(lower), 1. / 32, 1e-12);
  assert_close("upper", exp(upper), 1. / 4, 1e-12);
  destroy(&line);
}

static void log_sobolev_constants(void **state)
{
  Line line = line_of("-x^2/2", "1", 1, -12, 12, reflecting);
  double lower, upper;

  (void)state;
  OK(IntervalLogSobolev(line.interval, &lower, &upper));
  assert_true(lower <= log(2.) && log(2.) <= upper);
  assert_true(upper - lower < log(60.));
  destroy(&line);
  /* A barrier of e^2000 has a constant, e^2000. */
  line = line_of("-2000*(x^2-1)^2", "1", 1, -1.5, 1.5, reflecting);
  OK(IntervalLogSobolev(line.interval, &lower, &upper));
  assert_true(isfinite(lower) && isfinite(upper) && lower > 1980 && upper < 2020);
  destroy(&line);
}

/* Remark 13 of [DDP]: x^2 (1 + a cos(x/e)) has no Poincare inequality; the constant of a box grows without bound. */
static void no_poincare_inequality(void **state)
{
  double lower[3], upper[3];

  (void)state;
  for (int i = 0; i < 3; i++) {
    const double box = 2 << i;
    Line line = line_of("-x^2*(1+0.9*cos(x/0.25))", "1", 1, -box, box, reflecting);

    OK(IntervalMuckenhoupt(line.interval, &lower[i], &upper[i]));
    destroy(&line);
  }
  assert_true(lower[1] > upper[0] && lower[2] > upper[1]);
}

/* The weight I0(x^2/(2 s)) of the homogenized pitchfork from its integral, as a table. */
static void rugged_pitchfork(void **state)
{
  enum { N = 2001, M = 64 };
  static double x[N], log_w[N], D[N];
  const double s = .5;
  CoefficientFault fault;
  CellFailure failure;
  Coefficients coefficients;
  IntervalResult gap;
  Interval interval;

  (void)state;
  for (int i = 0; i < N; i++) {
    double sum = 0;
    x[i] = -2.2 + 4.4 * i / (N - 1);
    for (int k = 0; k < M; k++) sum += exp(x[i] * x[i] / (2 * s) * (cos(2 * M_PI * k / M) - 1)) / M;
    log_w[i] = -(pow(x[i], 4) / 4 - x[i] * x[i] / 2) / s + log(sum) + x[i] * x[i] / (2 * s);
    D[i] = s / (sum * sum) * exp(-x[i] * x[i] / s);
  }
  OK(CoefficientsCreateTable(1, N, x, log_w, D, &coefficients, &fault));
  OK(CoefficientsSetUp(coefficients, NULL, &failure));
  OK(IntervalCreate(coefficients, -2.2, 2.2, reflecting, N, x, &interval));
  OK(IntervalSetTolerance(interval, 1e-9));
  OK(IntervalSetUp(interval, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  OK(IntervalGap(interval, &gap, 0, NULL, NULL));
  assert_close("rugged pitchfork", exp(gap.log_value), .173689511, 1e-7);
  OK(IntervalDestroy(&interval));
  OK(CoefficientsDestroy(&coefficients));
}

static void masses(void **state)
{
  Line line = line_of("-x^2/2+700", "1", 1, -12, 12, reflecting);
  IntervalResult mass;

  (void)state;
  OK(IntervalMass(line.interval, &mass));
  assert_close("mass", mass.log_value, 700 + log(2 * M_PI) / 2, 1e-15);
  destroy(&line);
}

/* Too much is refused in a sentence, not computed. */
static void hopeless_coefficients(void **state)
{
  const char *const formulas[] = {"sin(1e7*x)", "-30000*(x^2-1)^2"};

  (void)state;
  for (int i = 0; i < 2; i++) {
    const ExpressionScope scope = {1, 0, 0, NULL};
    ExpressionError error;
    Expression log_w, D;
    CoefficientFault fault;
    Coefficients coefficients;
    Interval interval;

    OK(ExpressionParse(formulas[i], strlen(formulas[i]), &scope, &log_w, &error));
    OK(ExpressionParse("1", 1, &scope, &D, &error));
    OK(CoefficientsCreateFormulas(1, log_w, &D, &coefficients));
    OK(IntervalCreate(coefficients, -1.2, 1.2, reflecting, 0, NULL, &interval));
    OK(IntervalSetUp(interval, &fault));
    assert_int_equal(fault.trouble, COEFFICIENT_UNRESOLVED);
    assert_non_null(strstr(fault.message, i ? "varies by a factor" : "vary too fast"));
    OK(IntervalDestroy(&interval));
    OK(CoefficientsDestroy(&coefficients));
    OK(ExpressionDestroy(&log_w));
    OK(ExpressionDestroy(&D));
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(double_well_gaps),
      cmocka_unit_test(flat_gaps),
      cmocka_unit_test(ornstein_uhlenbeck),
      cmocka_unit_test(slow_functions),
      cmocka_unit_test(circles),
      cmocka_unit_test(kinks_and_jumps),
      cmocka_unit_test(passage_times),
      cmocka_unit_test(ornstein_uhlenbeck_passage),
      cmocka_unit_test(passage_over_a_high_barrier),
      cmocka_unit_test(committors),
      cmocka_unit_test(walls),
      cmocka_unit_test(muckenhoupt_holds_the_gap),
      cmocka_unit_test(muckenhoupt_of_the_flat_line),
      cmocka_unit_test(log_sobolev_constants),
      cmocka_unit_test(no_poincare_inequality),
      cmocka_unit_test(masses),
      cmocka_unit_test(rugged_pitchfork),
      cmocka_unit_test(hopeless_coefficients),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
