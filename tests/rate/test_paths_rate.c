/*
  Weak orders from simulated paths, against an exact expectation: Student's diffusion D = a (1 + x^2), w = (1 + x^2)^-k,
  whose drift is -t x with t = 2 a (k - 1), so that E X_T = x exp(-t T) and E X_T^2 solves y' = -2 t y + 2 a (1 + y). The
  errors that the order is read from are many standard errors, and the seed is fixed.
*/
#include "../unit/coefficients_fixture.h"
#include <reiter/paths.h>
#include <slepcsys.h>

enum { BLOCKS = 10000 };
static const PetscReal a = 0.1, k = 6, start = 3, end_time = 1;

typedef struct {
  PetscReal value[2], error[2]; /* of E X and E X^2, with their standard errors */
} Moments;

static Dynamics make_student(void)
{
  const PetscReal box[][2] = {{-40, 40}};
  Expression log_w = parse(1, 0, "-6*log(1+x^2)"), D = parse(1, 0, "0.1*(1+x^2)");
  CoefficientFault fault;
  Coefficients c;
  Dynamics d;

  OK(CoefficientsCreateFormulas(1, log_w, &D, &c));
  OK(DynamicsCreateDiffusion(c, box, 1e-7, &d, &fault));
  if (!d) fail_msg("%s", fault.message);
  OK(CoefficientsDestroy(&c));
  OK(ExpressionDestroy(&log_w));
  OK(ExpressionDestroy(&D));
  return d;
}

static Moments simulate(Dynamics d, PathScheme scheme, PetscInt steps)
{
  PetscReal sum[2] = {0}, squares[2] = {0}, n = 0;
  static PathBlock block;
  Moments m;
  Paths paths;
  char *refused;

  OK(PathsCreate(d, &paths));
  OK(PathsSetScheme(paths, scheme));
  OK(PathsSetStep(paths, end_time / (PetscReal)steps));
  OK(PathsSetSeed(paths, 20));
  OK(PathsSetUp(paths, &refused));
  assert_null(refused);
  for (PetscInt i = 0; i < BLOCKS; i++) {
    OK(PathsStartAt(paths, i * DYNAMICS_BLOCK, DYNAMICS_BLOCK, &start, &block));
    OK(PathsAdvance(paths, &block, steps));
    for (PetscInt p = 0; p < DYNAMICS_BLOCK; p++) {
      const PetscReal x = block.x[p], f[2] = {x, x * x};
      assert_int_equal(block.state[p], PATH_RUNS);
      n++;
      for (PetscInt q = 0; q < 2; q++) {
        sum[q] += f[q];
        squares[q] += f[q] * f[q];
      }
    }
  }
  for (PetscInt q = 0; q < 2; q++) {
    m.value[q] = sum[q] / n;
    m.error[q] = PetscSqrtReal((squares[q] / n - m.value[q] * m.value[q]) / n);
  }
  OK(PathsDestroy(&paths));
  return m;
}

/* Two steps, one half of the other. */
static void assert_order(PathScheme scheme, PetscInt coarsest, PetscReal order, PetscReal margin)
{
  const PetscReal t = 2 * a * (k - 1), rate = 2 * t - 2 * a, rest = 2 * a / rate;
  const PetscReal exact[2] = {start * PetscExpReal(-t * end_time),
                              rest + (start * start - rest) * PetscExpReal(-rate * end_time)};
  Dynamics d = make_student();
  Moments m[2];

  for (PetscInt level = 0; level < 2; level++) m[level] = simulate(d, scheme, coarsest << level);
  for (PetscInt q = 0; q < 2; q++) {
    const PetscReal first = m[0].value[q] - exact[q], second = m[1].value[q] - exact[q];
    const PetscReal measured = PetscLogReal(PetscAbsReal(first / second)) / PetscLogReal(2.);
    print_message("scheme %d, E X^%d: errors %.4g +- %.1g, %.4g +- %.1g, order %.2f\n", (int)scheme,
                  (int)q + 1, (double)first, (double)m[0].error[q], (double)second, (double)m[1].error[q],
                  (double)measured);
    if (PetscAbsReal(second) < 5 * m[1].error[q]) fail_msg("The error is lost in the noise");
    if (!(PetscAbsReal(measured - order) < margin)) fail_msg("order %.3f", (double)measured);
  }
  OK(DynamicsDestroy(&d));
}

static void test_euler(void **state)
{
  (void)state;
  assert_order(PATHS_EULER, 8, 1, 0.25);
}

static void test_second_order(void **state)
{
  (void)state;
  assert_order(PATHS_SECOND_ORDER, 3, 2, 0.4);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_euler), cmocka_unit_test(test_second_order)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
