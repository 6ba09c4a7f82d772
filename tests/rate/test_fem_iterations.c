/* Multigrid on elements needs at most ten iterations per system at every temperature, in two and three dimensions. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <slepcsys.h>
#include "../unit/cell_fixture.h"
#include "../unit/trig_potential.h"

#define MOST 10 /* given to the solver as its limit: a system that needs more fails */

static const PetscReal temperatures[4] = {0.5, 0.2, 0.1, 0.05};

/* Largest error of the diagonal of the upper bound against M (row-major). */
static PetscReal diagonal_error(PetscInt dim, const CellResult *r, const PetscReal M[])
{
  PetscReal error = 0;

  for (PetscInt i = 0; i < dim; i++) {
    const PetscReal mine = r->upper[i * (dim + 1)] * PetscExpReal(r->log_scale - r->log_z);
    error = PetscMax(error, PetscAbsReal(mine / M[i * (dim + 1)] - 1));
  }
  return error;
}

/* Two problems with a system for every direction; wells add to them. */
static void check(const char *name, const CellProblem *problem, PetscReal s, PetscInt cells,
                  const PetscReal M[], PetscReal tolerance)
{
  const PetscInt systems = 2 * problem->dim;
  CellResult r;
  char most[8];

  (void)snprintf(most, sizeof(most), "%d", MOST);
  assert_int_equal(PetscOptionsSetValue(NULL, "-cell_ksp_max_it", most), 0);
  fem_solve(problem, cells, 4, &r);
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_ksp_max_it"), 0);
  assert_string_equal(r.failure.message, "");
  print_message("%s, s = %g: %d iterations for at least %d systems, error %.1e\n", name, (double)s,
                (int)r.iterations, (int)systems, (double)diagonal_error(problem->dim, &r, M));
  assert_true(r.iterations >= 3 * systems); /* a factor would need one each */
  assert_true(diagonal_error(problem->dim, &r, M) < tolerance);
}

/* Potential A against the reference tensors. */
static void two_dimensions(void **state)
{
  static const PetscReal M[4][4] = {{0.275458356377, 0, 0, 0.795409080925},
                                    {0.01293070254339, 0, 0, 0.3456467293332},
                                    {2.13486828936e-05, 0, 0, 0.0246889603262},
                                    {1.96150182664e-11, 0, 0, 3.728658447737e-05}};

  (void)state;
  for (PetscInt n = 0; n < 4; n++) {
    TrigPotential V = {4, potential_A, temperatures[n]};
    const CellProblem problem = trig_problem(2, &V, 1e-6);
    check("A", &problem, temperatures[n], 40, M[n], 1e-6);
  }
}

/* A quarter of potential B, which five elements of order 4 resolve down to s = 0.05, against the Fourier method. */
static void three_dimensions(void **state)
{
  TrigMode quarter[5];

  (void)state;
  for (PetscInt m = 0; m < 5; m++) {
    quarter[m] = potential_B[m];
    quarter[m].amplitude *= 0.25;
  }
  for (PetscInt n = 0; n < 4; n++) {
    TrigPotential V = {5, quarter, temperatures[n]};
    const CellProblem problem = trig_problem(3, &V, 1e-8);
    PetscReal M[9];
    CellSolver solver;
    CellResult r;
    assert_int_equal(CellSolverCreate(3, &solver), 0);
    assert_int_equal(CellSolverSetMethod(solver, "fourier"), 0);
    assert_int_equal(CellSolverSolve(solver, &problem, &r), 0);
    assert_string_equal(r.failure.message, "");
    for (PetscInt i = 0; i < 9; i++) M[i] = r.upper[i] * PetscExpReal(r.log_scale - r.log_z);
    assert_int_equal(CellSolverDestroy(&solver), 0);
    check("B/4", &problem, temperatures[n], 5, M, 2e-3);
  }
}

/* Where steep elements stop multigrid a factor takes over: the tensor is that of the factor alone. */
static void a_factor_takes_over(void **state)
{
  TrigPotential V = {4, potential_A, 0.02};
  const CellProblem problem = trig_problem(2, &V, 1e-6);
  CellResult mine, direct;

  (void)state;
  fem_solve(&problem, 18, 8, &mine);
  assert_string_equal(mine.failure.message, "");
  assert_int_equal(PetscOptionsSetValue(NULL, "-cell_pc_type", "cholesky"), 0);
  fem_solve(&problem, 18, 8, &direct);
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_pc_type"), 0);
  assert_string_equal(direct.failure.message, "");
  print_message("steep elements: %d iterations, the factor alone %d\n", (int)mine.iterations,
                (int)direct.iterations);
  assert_true(mine.iterations > 40);
  for (PetscInt i = 0; i < 4; i++) {
    const PetscReal k = direct.upper[i] * PetscExpReal(direct.log_scale - mine.log_scale);
    assert_true(PetscAbsReal(mine.upper[i] / k - 1) < 1e-8);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_dimensions),
      cmocka_unit_test(three_dimensions),
      cmocka_unit_test(a_factor_takes_over),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
