/* The Fourier cell against the reference tensors, hot and cold, and its exponential convergence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <slepcsys.h>
#include "trig_potential.h"

typedef struct {
  const char *name;
  PetscInt dim, modes;
  const TrigMode *potential;
  PetscReal temperature, log_z;
  PetscReal M[6]; /* packed */
  PetscReal tolerance;
} Reference;

static const Reference references[] = {
    {"A", 2, 4, potential_A, 0.5, 0, {0.275458356377, 0.082413950111, 0, 0.795409080925}, 1e-9},
    {"A s=0.2", 2, 4, potential_A, 0.2, 0, {0.01293070254339, 0.008429695769054, 0, 0.3456467293332}, 1e-9},
    {"D", 2, 4, potential_A, 0.1, 0, {2.13486828936e-05, 1.91917043584e-05, 0, 0.0246889603262}, 1e-9},
    {"A s=0.05", 2, 4, potential_A, 0.05, 0, {1.96150182664e-11, 1.9408318e-11, 0, 3.728658447737e-05}, 1e-6},
    {"B",
     3,
     5,
     potential_B,
     0.5,
     0,
     {0.5012560405638, 0.0488248262088, -0.003900385933033, 0.3681507044244, -0.02584355675641,
      0.1520070081997},
     1e-9},
};

static void solve(const Reference *r, PetscReal goal, PetscInt points, CellResult *result)
{
  TrigPotential V = {r->modes, r->potential, r->temperature};
  CellProblem problem = trig_problem(r->dim, &V, goal);
  CellSolver solver;

  assert_int_equal(CellSolverCreate(r->dim, &solver), 0);
  assert_int_equal(CellSolverSetMethod(solver, "fourier"), 0);
  assert_int_equal(CellSolverSetResolution(solver, points, 0), 0);
  assert_int_equal(CellSolverSolve(solver, &problem, result), 0);
  assert_int_equal(CellSolverDestroy(&solver), 0);
}

static void matches_references(void **state)
{
  (void)state;
  for (size_t n = 0; n < PETSC_STATIC_ARRAY_LENGTH(references); n++) {
    const Reference *r = &references[n];
    CellResult result;
    PetscReal width;
    PetscLogDouble start, end;
    PetscTime(&start);
    solve(r, 1e-11, 0, &result);
    PetscTime(&end);
    assert_string_equal(result.failure.message, "");
    assert_int_equal(TensorBracketWidth(r->dim, result.lower, result.upper, &width), 0);
    print_message("%-10s n = %d, %d iterations, bracket %.1e, quadrature %.1e, %.1f ms:", r->name,
                  (int)result.resolution.cells, (int)result.iterations, width, result.quadrature,
                  1e3 * (end - start));
    for (PetscInt i = 0; i < r->dim; i++) {
      for (PetscInt j = i; j < r->dim; j++) {
        const PetscReal M = result.upper[i * r->dim + j] * PetscExpReal(result.log_scale - result.log_z);
        const PetscReal error = M / r->M[CellPackedIndex(i, j)] - 1;
        print_message(" %.1e", error);
        assert_true(PetscAbsReal(error) < r->tolerance);
      }
    }
    print_message("\n");
    assert_true(width < 1e-9);
    assert_true(width > -1e-12);
  }
}

static void converges_exponentially(void **state)
{
  static const PetscInt points[] = {11, 15, 21, 27};
  PetscReal last = 1;

  (void)state;
  for (size_t n = 0; n < PETSC_STATIC_ARRAY_LENGTH(points); n++) {
    CellResult result;
    solve(&references[0], 1e-11, points[n], &result);
    const PetscReal M = result.upper[0] * PetscExpReal(result.log_scale - result.log_z);
    const PetscReal error = PetscAbsReal(M / references[0].M[0] - 1);
    print_message("n = %d: error of M_11 %.1e\n", (int)points[n], error);
    if (n > 0) assert_true(error < 0.05 * last || error < 1e-11);
    last = error;
  }
  assert_true(last < 1e-11);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(matches_references),
                                     cmocka_unit_test(converges_exponentially)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
