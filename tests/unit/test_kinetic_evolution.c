/* Evolutions in phase space: closed forms on a spring, and runs that are stopped. */
#include "output_fixture.h"
#undef OK
#include "kinetic_fixture.h"
#include "spring_fixture.h"
#include <slepcsys.h>

enum { TIMES = 5, MOMENTS = 5 };

typedef struct {
  PetscInt dim;
  PetscReal q, p, variance_q, variance_p;
} Gaussian;

static PetscErrorCode log_gaussian(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                                   PetscReal values[])
{
  const Gaussian *g = ctx;

  for (PetscInt i = 0; i < n; i++) {
    values[i] = 0;
    for (PetscInt a = 0; a < g->dim; a++)
      values[i] -= PetscSqr(q[i * g->dim + a] - g->q) / (2 * g->variance_q) +
                   PetscSqr(p[i * g->dim + a] - g->p) / (2 * g->variance_p);
  }
  return 0;
}

typedef struct {
  PetscInt dim, power_q, power_p;
} Monomial;

static PetscErrorCode monomial(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                               PetscReal values[])
{
  const Monomial *m = ctx;

  for (PetscInt i = 0; i < n; i++)
    values[i] =
        PetscPowRealInt(q[i * m->dim], (int)m->power_q) * PetscPowRealInt(p[i * m->dim], (int)m->power_p);
  return 0;
}

typedef struct {
  KineticProblem problem;
  KineticEvolutionSettings settings;
  Gaussian initial;
  Monomial monomials[MOMENTS];
  PhaseFunction functions[MOMENTS];
  void *contexts[MOMENTS];
  PetscReal times[TIMES];
} Case;

static void make_case(Case *c, PetscInt dim, const char log_w[], PetscReal half, PetscReal g,
                      PetscReal tolerance)
{
  static const PetscInt powers[MOMENTS][2] = {{1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}};

  memset(c, 0, sizeof *c);
  c->problem = make_problem(dim, log_w, -half, half, PETSC_FALSE, g, tolerance);
  c->problem.max_unknowns = 100000;
  c->initial = (Gaussian){dim, 0.8, -0.5, 0.8, 0.7};
  for (PetscInt j = 0; j < MOMENTS; j++) {
    c->monomials[j] = (Monomial){dim, powers[j][0], powers[j][1]};
    c->functions[j] = monomial;
    c->contexts[j] = &c->monomials[j];
  }
  c->settings = (KineticEvolutionSettings){log_gaussian, &c->initial,  TIMES,      c->times,
                                           MOMENTS,      c->functions, c->contexts};
}

static void run_case(Case *c, RunFolder folder, PetscBool resume, KineticEvolution *e, CellFailure *failure)
{
  CoefficientFault fault;

  OK(KineticEvolutionCompute(&c->problem, &c->settings, folder, "kinetic", "case", 0, resume, e, failure,
                             &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
}

/* Ornstein and Uhlenbeck: the covariance less its equilibrium moves as pairs of means do. */
static void exact_moments(const Gaussian *initial, PetscReal g, PetscReal t, PetscReal m[MOMENTS])
{
  PetscReal a[2] = {1, 0}, b[2] = {0, 1}, mean[2] = {initial->q, initial->p};
  const PetscReal vq = initial->variance_q - 1, vp = initial->variance_p - 1;

  spring_move(g, t, &a[0], &a[1]);
  spring_move(g, t, &b[0], &b[1]);
  spring_move(g, t, &mean[0], &mean[1]);
  m[0] = mean[0];
  m[1] = mean[1];
  m[2] = 1 + vq * a[0] * a[0] + vp * b[0] * b[0] + mean[0] * mean[0];
  m[3] = vq * a[0] * a[1] + vp * b[0] * b[1] + mean[0] * mean[1];
  m[4] = 1 + vq * a[1] * a[1] + vp * b[1] * b[1] + mean[1] * mean[1];
}

static void assert_moments(const Case *c, const KineticEvolution *e, PetscReal most)
{
  PetscReal exact[MOMENTS];

  for (PetscInt k = 0; k < TIMES; k++) {
    exact_moments(&c->initial, c->problem.friction, c->times[k], exact);
    for (PetscInt j = 0; j < MOMENTS; j++) {
      const PetscReal wrong = PetscAbsReal(e->observables[k * MOMENTS + j] - exact[j]);
      const PetscReal error = e->observable_errors[k * MOMENTS + j];
      if (!(wrong <= error && error <= most))
        fail_msg("g = %g, t = %g, moment %d: wrong by %g, error %g", c->problem.friction, c->times[k], (int)j,
                 wrong, error);
    }
  }
}

/* Mass, and what never grows. */
static void assert_laws(const KineticEvolution *e, PetscReal entropy_error)
{
  for (PetscInt k = 0; k < TIMES; k++) {
    assert_true(PetscAbsReal(e->mass[k] - 1) < 1e-12);
    assert_false(PetscIsNanReal(e->relative_entropy[k]));
    if (!k) continue;
    assert_true(e->chi_square[k] <= e->chi_square[k - 1] * (1 + 1e-12));
    assert_true(e->relative_entropy[k] <= e->relative_entropy[k - 1] + entropy_error);
  }
  assert_true(e->chi_square[TIMES - 1] < 0.9 * e->chi_square[0]);
}

static void test_spring(void **state)
{
  const PetscReal g[] = {0.1, 1, 10, 1000}, times[TIMES] = {0, 0.3, 1, 2.5, 6};

  (void)state;
  for (int i = 0; i < 4; i++) {
    const PetscReal unit = PetscMax(g[i], 1);
    KineticEvolution e;
    CellFailure failure;
    Case c;
    make_case(&c, 1, "-x^2/2", 7.5, g[i], 1e-6);
    for (int k = 0; k < TIMES; k++) c.times[k] = times[k] * unit;
    run_case(&c, NULL, PETSC_FALSE, &e, &failure);
    if (failure.status != CELL_OK) fail_msg("g = %g: %s", g[i], failure.message);
    print_message("g = %g: %.2f s, error %.1e\n", g[i], e.seconds, e.error);
    assert_moments(&c, &e, 1e-5);
    assert_laws(&e, 1e-6);
    OK(KineticEvolutionDestroy(&e));
    destroy_problem(&c.problem);
  }
}

/* The equilibrium of a double well that is tilted. */
static PetscErrorCode log_tilted(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                                 PetscReal values[])
{
  (void)ctx;
  for (PetscInt i = 0; i < n; i++)
    values[i] = -2 * PetscSqr(q[i] * q[i] - 1) + q[i] - PetscSqr(p[i] - 0.3) / 2;
  return 0;
}

/* Late, the mean of q decays at the rate of the first eigenvalue, known by another method. */
static void test_double_well(void **state)
{
  const PetscReal times[TIMES] = {0, 1, 5, 8, 12};
  KineticEvolution e;
  CellFailure failure;
  Case c;

  (void)state;
  make_case(&c, 1, "-2*(x^2-1)^2", 2.6, 1, 1e-5);
  c.settings.initial = log_tilted;
  memcpy(c.times, times, sizeof times);
  run_case(&c, NULL, PETSC_FALSE, &e, &failure);
  if (failure.status != CELL_OK) fail_msg("%s", failure.message);
  print_message("double well: %.2f s, error %.1e\n", e.seconds, e.error);
  assert_laws(&e, 1e-6);
  const PetscReal rate = PetscLogReal(e.observables[3 * MOMENTS] / e.observables[4 * MOMENTS]) / 4;
  if (PetscAbsReal(rate - 0.1200251906) > 2e-4) fail_msg("rate %.10f", rate);
  OK(KineticEvolutionDestroy(&e));
  destroy_problem(&c.problem);
}

/* The directions do not know of each other: moments of the first are those of one dimension. */
static void test_plane(void **state)
{
  const PetscReal times[TIMES] = {0, 0.2, 0.5, 1, 2};
  KineticEvolution e;
  CellFailure failure;
  Case c;

  (void)state;
  make_case(&c, 2, "-x^2/2-y^2/2", 6, 2.5, 3e-2);
  c.problem.settings.levels = 4;
  c.problem.settings.order = 3;
  c.problem.settings.cells[0] = c.problem.settings.cells[1] = 2;
  c.initial = (Gaussian){2, 0.4, -0.3, 0.9, 0.9};
  memcpy(c.times, times, sizeof times);
  run_case(&c, NULL, PETSC_FALSE, &e, &failure);
  if (failure.status != CELL_OK) fail_msg("%s", failure.message);
  print_message("plane: %.2f s, error %.1e\n", e.seconds, e.error);
  assert_moments(&c, &e, 0.2);
  for (PetscInt k = 0; k < TIMES; k++) assert_true(PetscAbsReal(e.mass[k] - 1) < 1e-12);
  OK(KineticEvolutionDestroy(&e));
  destroy_problem(&c.problem);
}

/* Interrupts at one of the evaluations of the initial density: each resolution asks for it anew. */
typedef struct {
  Gaussian *gaussian;
  volatile int flag;
  int calls, stop;
} Stopper;

static PetscErrorCode stopping(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                               PetscReal values[])
{
  Stopper *s = ctx;

  if (++s->calls == s->stop) s->flag = 1;
  return log_gaussian(s->gaussian, n, q, p, values);
}

static void test_resume(void **state)
{
  const PetscReal times[TIMES] = {0, 0.3, 1, 2, 4};
  RunFolder folder = open_folder("run", "case", PETSC_FALSE, PETSC_TRUE);
  KineticEvolution wanted, found;
  CellFailure failure;
  Stopper stopper;
  PetscBool same;
  Case c;

  (void)state;
  make_case(&c, 1, "-x^2/2", 7, 1, 1e-4);
  memcpy(c.times, times, sizeof times);
  memset(&stopper, 0, sizeof stopper);
  stopper.gaussian = &c.initial;
  c.settings.initial = stopping;
  c.settings.initial_ctx = &stopper;
  c.problem.interrupted = &stopper.flag;
  run_case(&c, NULL, PETSC_FALSE, &wanted, &failure);
  assert_int_equal(failure.status, CELL_OK);
  const int calls = stopper.calls;
  for (int part = 1; part <= 3; part++) {
    stopper.calls = 0;
    stopper.stop = calls * part / 4;
    run_case(&c, folder, (PetscBool)(part > 1), &found, &failure);
    assert_int_equal(failure.status, CELL_INTERRUPTED);
    OK(KineticEvolutionDestroy(&found));
    stopper.flag = 0;
  }
  assert_int_equal(access(in_root("run/kinetic_1.checkpoint"), F_OK), 0);
  stopper.stop = 0;
  run_case(&c, folder, PETSC_TRUE, &found, &failure);
  assert_int_equal(failure.status, CELL_OK);
  for (int k = 0; k < TIMES; k++) {
    OK(VecEqual(wanted.states[k], found.states[k], &same));
    assert_true(same);
  }
  assert_memory_equal(wanted.observables, found.observables, sizeof(PetscReal) * TIMES * MOMENTS);
  assert_memory_equal(wanted.observable_errors, found.observable_errors, sizeof(PetscReal) * TIMES * MOMENTS);
  assert_int_not_equal(access(in_root("run/kinetic_1.checkpoint"), F_OK), 0);
  OK(KineticEvolutionDestroy(&wanted));
  OK(KineticEvolutionDestroy(&found));
  destroy_problem(&c.problem);
  OK(RunFolderClose(&folder));
}

static void test_limits(void **state)
{
  KineticEvolution e;
  CellFailure failure;
  Case c;

  (void)state;
  make_case(&c, 1, "-x^2/2", 7, 0.1, 1e-8);
  c.problem.max_unknowns = 900;
  run_case(&c, NULL, PETSC_FALSE, &e, &failure);
  assert_int_equal(failure.status, CELL_NOT_CONVERGED);
  assert_non_null(strstr(failure.message, "max_unknowns"));
  assert_null(e.states);
  OK(KineticEvolutionDestroy(&e));
  c.problem.max_unknowns = 100000;
  c.problem.friction = 1; /* all times are zero: the initial density */
  c.problem.tolerance = 1e-5;
  run_case(&c, NULL, PETSC_FALSE, &e, &failure);
  assert_int_equal(failure.status, CELL_OK);
  assert_moments(&c, &e, 1e-3);
  OK(KineticEvolutionDestroy(&e));
  destroy_problem(&c.problem);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_spring), cmocka_unit_test(test_double_well),
                                     cmocka_unit_test(test_plane), IN_FOLDER(test_resume),
                                     cmocka_unit_test(test_limits)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
