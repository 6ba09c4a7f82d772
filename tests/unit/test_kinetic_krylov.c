/* The solver krylov in two dimensions against sparse factorisation and, for a sum of potentials, one dimension; the flux form of
   one dimension on elements. */
#include "kinetic_fixture.h"
#include <math.h>

static const char coupled[] = "cos(x) + 0.5*cos(y) + 0.5*cos(x)*cos(y)";

static PhaseSpace make_space(KineticProblem *p, const char positions[], PetscInt cells, PetscInt order,
                             PetscInt levels)
{
  PhaseSpace space;
  CoefficientFault fault;

  strcpy(p->settings.positions, positions);
  p->settings.cells[0] = p->settings.cells[1] = cells;
  p->settings.order = order;
  p->settings.levels = levels;
  OK(PhaseSpaceCreate(p->coefficients, &p->settings, &space, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  return space;
}

/* A right side with parts at every level; at shift 0 with none along `total`. */
static Vec make_load(const KineticSystem *s, PetscReal shift)
{
  PetscScalar mean;
  Vec b;

  OK(VecDuplicate(s->one, &b));
  for (PetscInt i = 0; i < s->n; i++) OK(VecSetValue(b, i, sin(1. + 3 * (PetscReal)i), INSERT_VALUES));
  OK(VecAssemblyBegin(b));
  OK(VecAssemblyEnd(b));
  OK(VecDot(b, s->one, &mean));
  if (shift == 0) OK(VecAXPY(b, -mean, s->total));
  return b;
}

static Vec solve(const KineticSystem *s, PetscReal g, PetscReal shift, const char method[], Vec b,
                 CellFailure *failure)
{
  KineticSolver solver;
  const char *name;
  Vec x;

  OK(VecDuplicate(b, &x));
  OK(KineticSolverCreate(s, g, shift, method, &solver, failure));
  if (!failure->status) OK(KineticSolverSolve(solver, b, x, failure));
  OK(KineticSolverGetInfo(solver, &name, NULL));
  assert_string_equal(name, method);
  OK(KineticSolverDestroy(&solver));
  return x;
}

/* |x - y| / |y|, both destroyed */
static PetscReal distance(Vec x, Vec y)
{
  PetscReal norm, size;

  OK(VecNorm(y, NORM_2, &size));
  OK(VecAXPY(x, -1, y));
  OK(VecNorm(x, NORM_2, &norm));
  OK(VecDestroy(&x));
  OK(VecDestroy(&y));
  return norm / size;
}

static void set_option(const char name[], const char value[])
{
  OK(value ? PetscOptionsSetValue(NULL, name, value) : PetscOptionsClearValue(NULL, name));
}

/* Steps are bounded by -kinetic_ksp_max_it: more of them is a failure. */
static void against_lu(const char positions[], PetscInt cells, const char most_steps[])
{
  static const PetscReal frictions[] = {0.1, 1, 10}, shifts[] = {0, 1, 100};
  KineticProblem p = make_problem(2, coupled, 0, 2 * PETSC_PI, PETSC_TRUE, 1, 1e-6);
  PhaseSpace space = make_space(&p, positions, cells, 3, 6);
  const KineticSystem *s;

  OK(PhaseSpaceGetSystem(space, &s));
  set_option("-kinetic_ksp_max_it", most_steps);
  for (PetscInt i = 0; i < 3; i++)
    for (PetscInt k = 0; k < 3; k++) {
      CellFailure failure;
      Vec b = make_load(s, shifts[k]), x, y;
      y = solve(s, frictions[i], shifts[k], "lu", b, &failure);
      assert_string_equal(failure.message, "");
      x = solve(s, frictions[i], shifts[k], "krylov", b, &failure);
      assert_string_equal(failure.message, "");
      const PetscReal d = distance(x, y);
      print_message("%s g %g shift %g: %.1e\n", positions, frictions[i], shifts[k], d);
      assert_true(d < 1e-9);
      OK(VecDestroy(&b));
    }
  set_option("-kinetic_ksp_max_it", NULL);
  OK(PhaseSpaceDestroy(&space));
  destroy_problem(&p);
}

static void test_waves(void **state)
{
  (void)state;
  against_lu("fourier", 3, "100");
}

static void test_elements(void **state)
{
  (void)state;
  against_lu("elements", 4, "300");
}

/* The steps that strong friction takes. */
static void test_few_steps(void **state)
{
  KineticProblem p = make_problem(2, coupled, 0, 2 * PETSC_PI, PETSC_TRUE, 10, 1e-6);
  PhaseSpace space = make_space(&p, "elements", 5, 3, 8);
  const KineticSystem *s;
  CellFailure failure;
  Vec b, x;

  (void)state;
  OK(PhaseSpaceGetSystem(space, &s));
  b = make_load(s, 0);
  set_option("-kinetic_ksp_max_it", "30");
  x = solve(s, 10, 0, "krylov", b, &failure);
  assert_string_equal(failure.message, "");
  OK(VecDestroy(&x));
  set_option("-kinetic_ksp_max_it", "2");
  x = solve(s, 10, 0, "krylov", b, &failure);
  assert_int_equal(failure.status, CELL_NOT_CONVERGED);
  assert_non_null(strstr(failure.message, "2 steps"));
  OK(VecDestroy(&x));
  set_option("-kinetic_ksp_max_it", NULL);
  /* a tolerance that leaves much to the refinement, whose residual is judged all the same */
  set_option("-kinetic_ksp_rtol", "1e-4");
  x = solve(s, 10, 0, "krylov", b, &failure);
  assert_string_equal(failure.message, "");
  set_option("-kinetic_ksp_rtol", NULL);
  assert_true(distance(x, solve(s, 10, 0, "lu", b, &failure)) < 1e-9);
  OK(VecDestroy(&b));
  OK(PhaseSpaceDestroy(&space));
  destroy_problem(&p);
}

/* Options of the prefix reach the solvers: another preconditioner of all, and incomplete factors of the levels. */
static void test_options(void **state)
{
  static const char *const option[][2] = {{"-kinetic_pc_type", "lu"},
                                          {"-kinetic_level_pc_type", "icc"},
                                          {"-kinetic_ksp_type", "gcr"},
                                          {"-kinetic_ksp_gmres_restart", "20"}};
  KineticProblem p = make_problem(2, coupled, 0, 2 * PETSC_PI, PETSC_TRUE, 10, 1e-6);
  PhaseSpace space = make_space(&p, "fourier", 2, 0, 5);
  const KineticSystem *s;
  Vec b;

  (void)state;
  OK(PhaseSpaceGetSystem(space, &s));
  b = make_load(s, 1);
  for (size_t i = 0; i < sizeof(option) / sizeof(*option); i++) {
    CellFailure failure;
    PetscBool used;
    set_option(option[i][0], option[i][1]);
    Vec x = solve(s, 10, 1, "krylov", b, &failure);
    assert_string_equal(failure.message, "");
    OK(PetscOptionsUsed(NULL, option[i][0] + 1, &used));
    assert_true(used);
    set_option(option[i][0], NULL);
    assert_true(distance(x, solve(s, 10, 1, "lu", b, &failure)) < 1e-9);
  }
  OK(VecDestroy(&b));
  OK(PhaseSpaceDestroy(&space));
  destroy_problem(&p);
}

/* Motions along x and y are independent: D_xx is that of cos x alone. */
static void test_separable(void **state)
{
  static const PetscReal gD[] = {0.814971666978,
                                 0.883110916146}; /* g D for log w = cos(x)/2, another program */

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    const PetscReal g = k ? 10 : 1;
    KineticProblem p = make_problem(2, "0.5*cos(x) + 0.5*cos(y)", 0, 2 * PETSC_PI, PETSC_TRUE, g, 1e-6);
    PhaseSpace space = make_space(&p, "fourier", 4, 0, 16);
    const KineticSystem *s;
    CellFailure failure;
    PetscScalar D, mixed;
    Vec v, w, x;
    OK(PhaseSpaceGetSystem(space, &s));
    OK(VecDuplicate(s->one, &v));
    OK(VecDuplicate(s->one, &w));
    OK(PhaseSpaceLoadVelocity(space, 0, v));
    OK(PhaseSpaceLoadVelocity(space, 1, w));
    x = solve(s, g, 0, "krylov", v, &failure);
    assert_string_equal(failure.message, "");
    OK(VecDot(v, x, &D));
    OK(VecDot(w, x, &mixed));
    print_message("g %g: g D %.10f, off by %.1e; mixed %.1e\n", g, g * D, g * D - gD[k], mixed);
    assert_true(PetscAbsReal(g * D - gD[k]) < (k ? 1e-8 : 1e-5));
    assert_true(PetscAbsReal(mixed) < 1e-9);
    OK(VecDestroy(&v));
    OK(VecDestroy(&w));
    OK(VecDestroy(&x));
    OK(PhaseSpaceDestroy(&space));
    destroy_problem(&p);
  }
}

/* "auto" takes krylov where the system is large and friction strong, and there alone. */
static void test_choice(void **state)
{
  static const struct {
    PetscReal g;
    PetscInt levels;
    const char *name;
  } cases[] = {{10, 7, "krylov"}, {0.1, 7, "lu"}, {10, 3, "lu"}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    KineticProblem p = make_problem(2, coupled, 0, 2 * PETSC_PI, PETSC_TRUE, cases[i].g, 1e-6);
    PhaseSpace space = make_space(&p, "elements", 8, 3, cases[i].levels);
    const KineticSystem *s;
    KineticSolver solver;
    CellFailure failure;
    const char *name;
    OK(PhaseSpaceGetSystem(space, &s));
    OK(KineticSolverCreate(s, cases[i].g, 0, "auto", &solver, &failure));
    assert_string_equal(failure.message, "");
    OK(KineticSolverGetInfo(solver, &name, NULL));
    assert_string_equal(name, cases[i].name);
    OK(KineticSolverDestroy(&solver));
    OK(PhaseSpaceDestroy(&space));
    destroy_problem(&p);
  }
}

/* One dimension at shift 0: the flux form against the plain matrix, which is taken when the system says two dimensions. */
static void test_flux(void **state)
{
  (void)state;
  for (PetscInt periodic = 0; periodic < 2; periodic++) {
    KineticProblem p = make_problem(1, "2*cos(x)", 0, 2 * PETSC_PI, (PetscBool)periodic, 0.7, 1e-6);
    PhaseSpace space = make_space(&p, "elements", 6, 4, 14);
    const KineticSystem *s;
    CellFailure failure;
    Vec x;
    OK(PhaseSpaceGetSystem(space, &s));
    KineticSystem plain = *s;
    plain.dim = 2;
    Vec b = make_load(s, 0);
    x = solve(s, 0.7, 0, "continued_fraction", b, &failure);
    assert_string_equal(failure.message, "");
    const PetscReal d = distance(x, solve(&plain, 0.7, 0, "lu", b, &failure));
    assert_string_equal(failure.message, "");
    print_message("flux form, %s: %.1e\n", periodic ? "ring" : "box", d);
    assert_true(d < 1e-9);
    OK(VecDestroy(&b));
    OK(PhaseSpaceDestroy(&space));
    destroy_problem(&p);
  }
}

/* log of 1/I_0(A)^2, the overdamped g D of V = -A cos x, s = 1, by its expansion at large A. */
static PetscReal log_overdamped(PetscReal A)
{
  PetscReal sum = 1, term = 1;

  for (PetscInt k = 1; k < 12; k++) {
    term *= PetscSqr(2 * (PetscReal)k - 1) / (8 * A * (PetscReal)k);
    sum += term;
  }
  return -2 * (A + log(sum / PetscSqrtReal(2 * PETSC_PI * A)));
}

/* A barrier of 60 s: D is some 1e-24, and has its digits. */
static void test_tiny(void **state)
{
  const PetscReal A = 30, g = 300;
  KineticProblem p = make_problem(1, "30*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, g, 1e-6);
  PhaseSpace space = make_space(&p, "elements", 24, 6, 10);
  const KineticSystem *s;
  CellFailure failure;
  PetscScalar D;
  Vec v, x;

  (void)state;
  OK(PhaseSpaceGetSystem(space, &s));
  OK(VecDuplicate(s->one, &v));
  OK(PhaseSpaceLoadVelocity(space, 0, v));
  x = solve(s, g, 0, "continued_fraction", v, &failure);
  assert_string_equal(failure.message, "");
  OK(VecDot(v, x, &D));
  /* Kramers' factor at large friction: less by U''/g^2 at the barrier, relatively */
  const PetscReal change = log(g * D) - log_overdamped(A);
  print_message("g D %.10e: log(D/overdamped) %.4e, of Kramers %.4e\n", g * D, change, -A / (g * g));
  assert_true(PetscAbsReal(change + A / (g * g)) < 0.05 * A / (g * g));
  OK(VecDestroy(&v));
  OK(VecDestroy(&x));
  OK(PhaseSpaceDestroy(&space));
  destroy_problem(&p);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_waves),     cmocka_unit_test(test_elements),
                                     cmocka_unit_test(test_few_steps), cmocka_unit_test(test_options),
                                     cmocka_unit_test(test_separable), cmocka_unit_test(test_flux),
                                     cmocka_unit_test(test_choice),    cmocka_unit_test(test_tiny)};
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (PetscFinalize()) return 1;
  return failed;
}
