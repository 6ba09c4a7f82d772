/* Eigenvalues of the kinetic equation: a double well against two other programs (Hermite times sinc; Fourier times Hermite),
   the harmonic oscillator in closed form, Kramers' rates of high barriers, sums of potentials. */
#include "kinetic_fixture.h"
#include <signal.h>
#include <slepcsys.h>
#include <sys/time.h>

static KineticSpectrum solve(const KineticProblem *p, PetscInt count)
{
  KineticSpectrum s;
  CellFailure failure;
  CoefficientFault fault;

  OK(KineticSpectrumCompute(p, count, &s, &failure, &fault));
  if (failure.status) fail_msg("%s", failure.message);
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  assert_true(s.n >= count && s.re[0] == 0 && s.im[0] == 0 && s.error[0] == 0);
  for (PetscInt i = 1; i < s.n; i++) {
    assert_true(s.re[i] < 0);
    assert_true(hypot(s.re[i], s.im[i]) >= hypot(s.re[i - 1], s.im[i - 1]) * (1 - 1e-12));
  }
  return s;
}

static void print(const KineticSpectrum *s, PetscReal g)
{
  printf("g %g: %" PetscInt_FMT " levels %" PetscInt_FMT " cells %.2f s %s rejected %" PetscInt_FMT "\n", g,
         s->used.levels, s->used.cells[0], s->seconds, s->solver, s->rejected);
  for (PetscInt i = 0; i < s->n; i++) printf("   %.16e %+.10e i  +- %.1e\n", s->re[i], s->im[i], s->error[i]);
}

static void check(const KineticSpectrum *s, PetscReal re, PetscReal im, PetscReal known_to)
{
  for (PetscInt i = 0; i < s->n; i++)
    if (hypot(s->re[i] - re, s->im[i] - im) <= s->error[i] + known_to) return;
  fail_msg("there is no %g + %g i", re, im);
}

static void test_double_well(void **state)
{
  static const struct {
    PetscReal g, value[4], pair[2];
  } figures[] = {{0.1, {-0.0259889070, -0.1055242326}, {0}},
                 {0.3, {-0.0621737479, -0.3137812845, -0.7386355348}, {0}},
                 {1, {-0.1200251906, -0.9981477895, -2.0608813, -2.4497226689}, {-1.8055525722, 2.1111847}},
                 {3, {-0.1067498984, -2.2768282090, -3.6964318910}, {-2.3521570402, 3.3366241}},
                 {10, {-0.0434218682, -0.8315471907, -1.6515099075, -2.7172620534}, {0}}};

  (void)state;
  for (size_t k = 0; k < sizeof(figures) / sizeof(*figures); k++) {
    KineticProblem p = make_problem(1, "-2*(x^2-1)^2", -3.4, 3.4, PETSC_FALSE, figures[k].g,
                                    figures[k].g < 0.2 ? 1e-5 : 1e-7);
    PetscInt n = 1;

    while (n < 5 && figures[k].value[n - 1] < 0) n++;
    if (figures[k].pair[0] < 0) n = 7;
    KineticSpectrum s = solve(&p, n);
    print(&s, figures[k].g);
    for (PetscInt i = 0; i < 4 && figures[k].value[i] < 0; i++)
      check(&s, figures[k].value[i], 0, i == 2 && figures[k].g == 1 ? 1e-7 : 1e-9);
    if (figures[k].pair[0] < 0) check(&s, figures[k].pair[0], figures[k].pair[1], 1e-7);
    assert_int_equal(s.rejected, 0);
    OK(KineticSpectrumDestroy(&s));
    destroy_problem(&p);
  }
}

/* n1 mu1 + n2 mu2, mu = -g/2 +- sqrt(g^2/4 - w^2); at g = 2 w two of them meet and the pencil has a Jordan block. */
static void test_oscillator(void **state)
{
  const PetscReal frictions[] = {0.8, 3, 2};

  (void)state;
  for (int k = 0; k < 3; k++) {
    const PetscReal g = frictions[k], root = PetscSqrtReal(PetscAbsReal(g * g / 4 - 1));
    KineticProblem p = make_problem(1, "-x^2/2", -9, 9, PETSC_FALSE, g, k == 2 ? 1e-4 : 1e-8);
    KineticSpectrum s = solve(&p, k == 2 ? 3 : 4);

    print(&s, g);
    if (k == 0) {
      check(&s, -g / 2, root, 0);
      check(&s, -g / 2, -root, 0);
      check(&s, -g, 0, 0);
    } else if (k == 1) {
      check(&s, -g / 2 + root, 0, 0);
      check(&s, 2 * (-g / 2 + root), 0, 0);
      check(&s, 3 * (-g / 2 + root), 0, 0);
    } else {
      check(&s, -1, 0, 0);
      assert_true(s.error[1] > 1e-10);
    }
    OK(KineticSpectrumDestroy(&s));
    destroy_problem(&p);
  }
}

/* exp(-50), exp(-90): Kramers' rate to first order in 1/barrier, here from the exact ratio to the limit of large friction:
   at friction g the factor is (sqrt(1 + (2 w/g)^2) - 1)/(2 (w/g)^2), w the frequency of the barrier. The limit is an integral. */
static PetscReal log_gap_of_limit(PetscReal a)
{
  /* g lambda_1 of U = a (x^2-1)^2 to relative O(lambda): 2/(int int) = the mean time from -1 to the barrier, twice over:
     lambda = 1/(int_-inf^0 e^-U * int_-1^1 e^U / 2) to exponentially small corrections, by the trapezoidal rule. */
  const PetscInt n = 200000;
  PetscReal well = 0, barrier = 0;

  for (PetscInt i = 0; i <= n; i++) {
    const PetscReal x = 2.5 * (PetscReal)i / (PetscReal)n, u = a * PetscSqr(x * x - 1);

    well += (i ? 1 : 0.5) * PetscExpReal(-u) * 2.5 / (PetscReal)n;
  }
  for (PetscInt i = 0; i <= n; i++) {
    const PetscReal x = (PetscReal)i / (PetscReal)n, u = a * PetscSqr(x * x - 1);

    barrier += (i && i < n ? 1 : 0.5) * PetscExpReal(u - a) / (PetscReal)n;
  }
  return -PetscLogReal(well) - PetscLogReal(barrier) - a;
}

static void check_barrier(PetscReal a, PetscReal g, PetscReal slack)
{
  char log_w[64];

  snprintf(log_w, sizeof(log_w), "-%g*(x^2-1)^2", a);
  KineticProblem p = make_problem(1, log_w, -2, 2, PETSC_FALSE, g, 1e-7);
  KineticSpectrum s = solve(&p, 2);
  const PetscReal limit = PetscExpReal(log_gap_of_limit(a)) / g, ratio = -s.re[1] / limit;

  print(&s, g);
  printf("   ratio to the limit - 1 = %.3e\n", ratio - 1);
  assert_true(PetscAbsReal(ratio - (1 - 4 * a / (g * g))) <= s.error[1] / limit + slack);
  assert_true(s.error[1] <= 1e-7 * limit);
  OK(KineticSpectrumDestroy(&s));
  destroy_problem(&p);
}

/* The factor for finite friction is 1 - w^2/g^2 to first order, w^2 = 4 a, less a part of the order of 1/a of the second term:
   a fifth of it is allowed at g = 2000, and nothing that counts at g = 1e5, where digits are the integral's. */
static void test_high_barriers(void **state)
{
  (void)state;
  check_barrier(50, 2000, 0.2 * 4 * 50 / (2000. * 2000));
  check_barrier(90, 2000, 0.2 * 4 * 90 / (2000. * 2000));
  check_barrier(50, 1e5, 2e-8);
  check_barrier(90, 1e5, 2e-8);
}

/* Far too few levels: what is reported is right within its error, or nothing is. */
static void test_coarse(void **state)
{
  static const PetscReal exact[] = {-0.0259889070, -0.1055242326};

  (void)state;
  for (PetscInt levels = 6; levels <= 96; levels *= 2) {
    KineticProblem p = make_problem(1, "-2*(x^2-1)^2", -3.4, 3.4, PETSC_FALSE, 0.1, 1e-6);
    KineticSpectrum s;
    CellFailure failure;
    CoefficientFault fault;

    p.settings.levels = levels;
    p.settings.cells[0] = 10;
    p.settings.order = 8;
    OK(KineticSpectrumCompute(&p, 3, &s, &failure, &fault));
    printf("%" PetscInt_FMT " levels: %s", levels, failure.status ? failure.message : "");
    for (PetscInt i = 0; i < s.n; i++) printf(" %.4f +- %.0e", s.re[i], s.error[i]);
    printf(", rejected %" PetscInt_FMT "\n", s.rejected);
    if (failure.status) {
      assert_int_equal(failure.status, CELL_NOT_CONVERGED);
      assert_int_equal(s.n, 0);
    } else {
      for (PetscInt i = 0; i < 2; i++)
        assert_true(hypot(s.re[i + 1] - exact[i], s.im[i + 1]) <= s.error[i + 1]);
    }
    OK(KineticSpectrumDestroy(&s));
    destroy_problem(&p);
  }
}

static volatile int rung;

static void ring(int signal)
{
  (void)signal;
  rung = 1;
}

/* A signal in the midst of the work. */
static void test_interrupt(void **state)
{
  KineticProblem p = make_problem(1, "-2*(x^2-1)^2", -3.4, 3.4, PETSC_FALSE, 0.1, 1e-8);
  const struct itimerval soon = {.it_value = {.tv_usec = 300000}};
  KineticSpectrum s;
  CellFailure failure;
  CoefficientFault fault;

  (void)state;
  rung = 0;
  p.interrupted = &rung;
  signal(SIGALRM, ring);
  assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
  OK(KineticSpectrumCompute(&p, 20, &s, &failure, &fault));
  assert_int_equal(failure.status, CELL_INTERRUPTED);
  assert_int_equal(s.n, 0);
  assert_true(s.seconds < 5);
  destroy_problem(&p);
}

static void test_plane(void **state)
{
  KineticProblem p = make_problem(2, "0.5*cos(x) + cos(y)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-3);
  KineticProblem a = make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-8);
  KineticProblem b = make_problem(1, "cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-8);
  KineticSpectrum plane, first, second;

  (void)state;
  first = solve(&a, 2);
  second = solve(&b, 2);
  p.settings.levels = 8;
  p.settings.cells[0] = p.settings.cells[1] = 3;
  plane = solve(&p, 6);
  print(&plane, 2);
  check(&plane, first.re[1], first.im[1], first.error[1]);
  check(&plane, second.re[1], second.im[1], second.error[1]);
  OK(KineticSpectrumDestroy(&plane));
  OK(KineticSpectrumDestroy(&first));
  OK(KineticSpectrumDestroy(&second));
  destroy_problem(&p);
  destroy_problem(&a);
  destroy_problem(&b);
}

static void test_limit_of_work(void **state)
{
  KineticProblem p = make_problem(1, "-2*(x^2-1)^2", -3.4, 3.4, PETSC_FALSE, 0.1, 1e-8);
  KineticSpectrum s;
  CellFailure failure;
  CoefficientFault fault;

  (void)state;
  p.max_unknowns = 3000;
  OK(KineticSpectrumCompute(&p, 3, &s, &failure, &fault));
  assert_int_equal(failure.status, CELL_NOT_CONVERGED);
  assert_int_equal(s.n, 0);
  destroy_problem(&p);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_double_well),   cmocka_unit_test(test_oscillator),
                                     cmocka_unit_test(test_high_barriers), cmocka_unit_test(test_coarse),
                                     cmocka_unit_test(test_interrupt),     cmocka_unit_test(test_plane),
                                     cmocka_unit_test(test_limit_of_work)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
