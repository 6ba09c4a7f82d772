/* Effective diffusion in periodic potentials, against another program's linear response (Fourier times Hermite, dense
   matrices), closed forms at large friction, and one dimension for two. */
#include "kinetic_fixture.h"

/* g D of V = (1 - cos q)/2, m = s = 1: by another program in extended precision, from Fourier waves of a definite parity. */
static const struct {
  PetscReal g, gD;
} figures[] = {{0.01, 0.365956597937342925}, {0.03, 0.411005412260034318}, {0.1, 0.501256271043342091},
               {1, 0.814971666977921705},    {10, 0.88311091614618415},    {100, 0.884165017312928221},
               {1000, 0.884175629988300815}};

static KineticDiffusivity solve(const KineticProblem *p)
{
  KineticDiffusivity d;
  CellFailure failure;
  CoefficientFault fault;

  OK(KineticDiffusivityCompute(p, &d, &failure, &fault));
  if (failure.status) fail_msg("%s", failure.message);
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  return d;
}

static void check(PetscReal g, PetscReal gD, PetscReal tolerance, PetscBool waves)
{
  KineticProblem p = make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, g, tolerance);
  if (!waves) strcpy(p.settings.positions, "elements");
  const KineticDiffusivity d = solve(&p);
  const PetscReal error = PetscAbsReal(g * d.D[0] - gD);

  printf("g %8g  g D %.12f  error %8.1e  printed %8.1e  %5" PetscInt_FMT " levels %4" PetscInt_FMT
         " cells %6.2f s %s\n",
         g, g * d.D[0], error, g * d.error[0], d.used.levels, d.used.cells[0], d.seconds, d.solver);
  assert_true(error <= g * d.error[0]);
  assert_true(d.error[0] <= tolerance * d.D[0]);
  destroy_problem(&p);
}

static void test_figures(void **state)
{
  (void)state;
  for (size_t k = 1; k < sizeof(figures) / sizeof(*figures); k++)
    check(figures[k].g, figures[k].gD, 1e-10, PETSC_TRUE);
}

static void test_small_friction(void **state)
{
  (void)state;
  check(figures[0].g, figures[0].gD, 1e-10, PETSC_TRUE);
}

static void test_elements(void **state)
{
  (void)state;
  check(1, figures[3].gD, 1e-9, PETSC_FALSE);
  check(10, figures[4].gD, 1e-9, PETSC_FALSE);
}

/* K-2 of two other methods. */
static void test_deep_wells(void **state)
{
  const PetscReal values[3][4] = {
      {1, 0.1, 2.2141182, 1e-7}, {1, 1, 0.4826655234, 1e-10}, {2, 10, 0.0189822862, 1e-10}};

  (void)state;
  for (int k = 0; k < 3; k++) {
    KineticProblem p = make_problem(1, values[k][0] > 1 ? "2*cos(x)" : "cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE,
                                    values[k][1], 1e-9);
    const KineticDiffusivity d = solve(&p);

    assert_true(PetscAbsReal(d.D[0] - values[k][2]) <= values[k][3]);
    destroy_problem(&p);
  }
}

/* A free particle: D = s/(m g), whatever the mass and the temperature. */
static void test_free_particle(void **state)
{
  KineticProblem p = make_problem(1, "0*x", 0, 1, PETSC_TRUE, 0.7, 1e-10);

  (void)state;
  p.settings.mass = 3;
  p.settings.temperature = 0.2;
  const KineticDiffusivity d = solve(&p);
  assert_true(PetscAbsReal(d.D[0] - 0.2 / 3 / 0.7) <= d.error[0]);
  assert_true(d.error[0] < 1e-12);
  destroy_problem(&p);
}

/* Sums of one-dimensional potentials move by themselves, in turned axes too: with u = x + y and v = x - y,
   cos(u)/2 + cos(v)/2 = cos(x) cos(y), where u and v have mass m/2 and friction g. */
static void test_plane(void **state)
{
  KineticProblem sum = make_problem(2, "0.5*cos(x) + cos(y)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-4);
  KineticProblem turned = make_problem(2, "cos(x)*cos(y)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-4);
  KineticProblem line[3] = {make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-9),
                            make_problem(1, "cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-9),
                            make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 2, 1e-9)};
  KineticDiffusivity d[3], plane;

  (void)state;
  line[2].settings.mass = 0.5; /* (u'^2 + v'^2)/2 m/2 = m (x'^2 + y'^2)/2 */
  for (int k = 0; k < 3; k++) d[k] = solve(&line[k]);
  plane = solve(&sum);
  printf("plane: %" PetscInt_FMT " levels %" PetscInt_FMT " waves, %.2f s %s, error %.1e\n",
         plane.used.levels, plane.used.cells[0], plane.seconds, plane.solver, plane.error[0]);
  assert_true(PetscAbsReal(plane.D[0] - d[0].D[0]) <= plane.error[0] + d[0].error[0]);
  assert_true(PetscAbsReal(plane.D[3] - d[1].D[0]) <= plane.error[3] + d[1].error[0]);
  assert_true(PetscAbsReal(plane.D[1]) <= plane.error[1] && plane.D[1] == plane.D[2]);
  plane = solve(&turned); /* D of x = (u + v)/2 is half of u's */
  assert_true(PetscAbsReal(plane.D[0] - d[2].D[0] / 2) <= plane.error[0] + d[2].error[0]);
  assert_true(PetscAbsReal(plane.D[3] - d[2].D[0] / 2) <= plane.error[3] + d[2].error[0]);
  for (int k = 0; k < 3; k++) destroy_problem(&line[k]);
  destroy_problem(&sum);
  destroy_problem(&turned);
}

static void test_refusals(void **state)
{
  KineticProblem p = make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 0.1, 1e-10);
  volatile int signal = 1;
  KineticDiffusivity d;
  CellFailure failure;
  CoefficientFault fault;

  (void)state;
  p.max_unknowns = 2000;
  OK(KineticDiffusivityCompute(&p, &d, &failure, &fault));
  assert_int_equal(failure.status, CELL_NOT_CONVERGED);
  assert_non_null(strstr(failure.message, "max_unknowns"));
  p.max_unknowns = 100000;
  p.interrupted = &signal;
  OK(KineticDiffusivityCompute(&p, &d, &failure, &fault));
  assert_int_equal(failure.status, CELL_INTERRUPTED);
  p.interrupted = NULL;
  p.settings.periodic[0] = PETSC_FALSE;
  strcpy(p.settings.positions, "elements");
  OK(KineticDiffusivityCompute(&p, &d, &failure, &fault));
  assert_int_equal(failure.status, CELL_REFUSED);
  destroy_problem(&p);
}

/* What the user fixes stays, and the error says what that costs. */
static void test_fixed(void **state)
{
  KineticProblem p = make_problem(1, "0.5*cos(x)", 0, 2 * PETSC_PI, PETSC_TRUE, 1, 1e-12);

  (void)state;
  p.settings.levels = 6;
  p.settings.cells[0] = 3;
  const KineticDiffusivity d = solve(&p);
  assert_int_equal(d.used.levels, 6);
  assert_int_equal(d.used.cells[0], 3);
  assert_true(d.error[0] > 1e-10);
  assert_true(PetscAbsReal(d.D[0] - figures[3].gD) <= d.error[0]);
  destroy_problem(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_figures),       cmocka_unit_test(test_small_friction),
      cmocka_unit_test(test_elements),      cmocka_unit_test(test_deep_wells),
      cmocka_unit_test(test_free_particle), cmocka_unit_test(test_plane),
      cmocka_unit_test(test_refusals),      cmocka_unit_test(test_fixed)};
  int failed;

  if (PetscInitialize(NULL, NULL, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (PetscFinalize()) return 1;
  return failed;
}
