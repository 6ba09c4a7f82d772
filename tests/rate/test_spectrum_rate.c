/* Eigenvalues converge with twice the order of the elements; those of the graph with order two. */
#include "../unit/spectrum_fixture.h"

static const char *const plane[] = {"1", "0", "0", "1"};

/* The relative error of the second eigenvalue one of -Laplace on [0, pi]^2. */
static PetscReal error_of(PetscInt order, PetscInt cells)
{
  Setting s = {.dim = 2,
               .box = {{0, PETSC_PI}, {0, PETSC_PI}},
               .cells = {cells, cells},
               .order = PetscMax(order, 1),
               .scheme = order ? "fem" : "monotone",
               .log_w = "0",
               .tensor = plane};
  const SpectrumValue *v;
  PetscReal error;
  Problem p;
  PetscInt n;

  make_problem(&s, &p);
  Spectrum spectrum = solve_spectrum(&p, 3, &n, &v);
  error = PetscAbsReal(PetscExpReal(v[2].log_discrete) - 1);
  OK(SpectrumDestroy(&spectrum));
  destroy_problem(&p);
  return error;
}

static void rates(void **state)
{
  static const PetscInt cells[5][2] = {{16, 32}, {16, 32}, {8, 16}, {4, 8}, {3, 6}};

  (void)state;
  OK(PetscOptionsSetValue(NULL, "-spectrum_estimate", "0")); /* the elements' own values */
  for (PetscInt order = 0; order <= 4; order++) {
    const PetscReal coarse = error_of(order, cells[order][0]), fine = error_of(order, cells[order][1]);
    const PetscReal rate = PetscLogReal(coarse / fine) / PetscLogReal(2);
    print_message("order %d: %.2e %.2e, rate %.2f\n", (int)order, coarse, fine, rate);
    assert_true(fine > 0);
    assert_true(rate > 2 * (PetscReal)PetscMax(order, 1) - 0.3);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rates)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
