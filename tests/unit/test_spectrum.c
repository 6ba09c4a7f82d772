/* Eigenvalues against closed forms and the reference gaps of a double well, and the honesty of their errors. */
#include "spectrum_fixture.h"

static const char *const line[] = {"1"};
static const char *const plane[] = {"1", "0", "0", "1"};

/* V = x^4/4 - x^2/2 on [-2, 2], D = s (mathematics, section 2). */
static const struct {
  PetscReal s, gap;
} wells[] = {{0.25, 0.1871718420066},       {0.1, 0.0335452873082},        {0.05, 0.00277614063657273},
             {0.025, 1.95892729997304e-05}, {0.0125, 9.0965142493129e-10}, {0.00625, 1.8941172037666e-18}};

static void laplacian_line(void **state)
{
  const PetscReal pi2 = PETSC_PI * PETSC_PI, neumann[] = {0, pi2, 4 * pi2, 9 * pi2}, *dirichlet = neumann + 1;
  Setting s = {
      .dim = 1, .box = {{0, 1}}, .cells = {32}, .order = 3, .scheme = "fem", .log_w = "0", .tensor = line};
  const SpectrumValue *v;
  PetscReal orthogonality;

  (void)state;
  for (PetscInt kind = 0; kind < 4; kind++) {
    Problem p;
    PetscInt n;
    s.sides[0][0] = s.sides[0][1] = kind % 2 ? BOUNDARY_ABSORBING : BOUNDARY_REFLECTING;
    s.scheme = kind < 2 ? "fem" : "monotone";
    s.order = kind < 2 ? 3 : 1;
    s.cells[0] = kind < 2 ? 32 : 256;
    const PetscReal *exact = kind % 2 ? dirichlet : neumann;
    make_problem(&s, &p);
    Spectrum spectrum = solve_spectrum(&p, kind % 2 ? 3 : 4, &n, &v);
    print_values(kind % 2 ? "absorbing" : "reflecting", n, v, exact);
    assert_int_equal(n, kind % 2 ? 3 : 4);
    for (PetscInt k = 0; k < n; k++) assert_true(v[k].known && v[k].discretisation_known);
    check_honest(n, v, exact, 0);
    for (PetscInt k = 0; k < n; k++) assert_true(v[k].error < 1e-6 && v[k].residual < 1e-9);
    if (kind % 2 == 0) assert_string_equal(v[0].method, "constant");
    OK(SpectrumGetOrthogonality(spectrum, &orthogonality));
    assert_true(orthogonality < 1e-10);
    OK(SpectrumDestroy(&spectrum));
    destroy_problem(&p);
  }
}

/* V = x.x/2: the rates of the Ornstein-Uhlenbeck process are 0, 1, 2, .. */
static void ornstein_uhlenbeck(void **state)
{
  const PetscReal exact[2][6] = {{0, 1, 2, 3, 4, 5}, {0, 1, 1, 2, 2, 2}};
  Setting s = {.box = {{-8, 8}, {-8, 8}}, .order = 4, .scheme = "fem"};

  (void)state;
  for (PetscInt dim = 1; dim <= 2; dim++) {
    const SpectrumValue *v;
    PetscReal orthogonality;
    Problem p;
    PetscInt n;
    s.dim = dim;
    s.cells[0] = s.cells[1] = dim == 1 ? 32 : 16;
    s.log_w = dim == 1 ? "-x^2/2" : "-(x^2+y^2)/2";
    s.tensor = dim == 1 ? line : plane;
    make_problem(&s, &p);
    Spectrum spectrum = solve_spectrum(&p, 6, &n, &v);
    print_values("Ornstein-Uhlenbeck", n, v, exact[dim - 1]);
    assert_int_equal(n, 6);
    for (PetscInt k = 0; k < n; k++) assert_true(v[k].known && v[k].error < (dim == 1 ? 1e-5 : 1e-2));
    check_honest(n, v, exact[dim - 1], 0);
    OK(SpectrumGetOrthogonality(spectrum, &orthogonality));
    assert_true(orthogonality < 1e-10);
    OK(SpectrumDestroy(&spectrum));
    destroy_problem(&p);
  }
}

static void check_well(Setting *s, size_t k, PetscReal accuracy)
{
  const PetscReal exact[] = {0, wells[k].gap};
  const SpectrumValue *v;
  char log_w[128], D[32], name[64];
  const char *const tensor[] = {D, "0", "0", D};
  Problem p;
  PetscInt n;

  snprintf(log_w, sizeof(log_w), s->dim == 1 ? "-(x^4/4-x^2/2)/%.17g" : "-(x^4/4-x^2/2+y^2)/%.17g",
           wells[k].s);
  snprintf(D, sizeof(D), "%.17g", wells[k].s);
  snprintf(name, sizeof(name), "%s, d = %d, s = %g", s->scheme, (int)s->dim, wells[k].s);
  s->log_w = log_w;
  s->tensor = tensor;
  make_problem(s, &p);
  Spectrum spectrum = solve_spectrum(&p, 2, &n, &v);
  print_values(name, n, v, exact);
  assert_true(v[1].known);
  check_honest(n, v, exact, 2e-12);
  assert_true(v[1].error < accuracy);
  OK(SpectrumDestroy(&spectrum));
  destroy_problem(&p);
}

static void wells_by_elements(void **state)
{
  const PetscReal accuracy[] = {1e-10, 1e-10, 1e-9, 1e-8, 1e-6, 1e-2};
  Setting s = {.dim = 1, .box = {{-2, 2}}, .cells = {128}, .order = 4, .scheme = "fem"};

  (void)state;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(wells); k++) check_well(&s, k, accuracy[k]);
}

static void wells_by_elimination(void **state)
{
  const PetscReal accuracy[] = {1e-7, 1e-6, 1e-6, 1e-5, 1e-4, 1e-3};
  Setting s = {.dim = 1, .box = {{-2, 2}}, .cells = {512}, .order = 1, .scheme = "monotone"};

  (void)state;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(wells); k++) check_well(&s, k, accuracy[k]);
}

static void wells_in_the_plane(void **state)
{
  Setting s = {.dim = 2, .box = {{-2, 2}, {-1.5, 1.5}}, .cells = {32, 16}, .order = 4, .scheme = "fem"};

  (void)state;
  for (size_t k = 0; k < 6; k++) check_well(&s, k, 0.3);
}

/* How many of the six gaps are given; each is as near to the reference as it says, and says so with the domain counted. */
static PetscInt count_honest_gaps(Setting *s, const char method[])
{
  PetscInt given = 0;

  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(wells); k++) {
    const PetscReal exact[] = {0, wells[k].gap, 0};
    const SpectrumValue *v;
    char log_w[128], D[32];
    const char *const tensor[] = {D, "0", "0", D};
    CellFailure failure;
    Spectrum spectrum;
    Problem p;
    PetscInt n;
    snprintf(log_w, sizeof(log_w), s->dim == 1 ? "-(x^4/4-x^2/2)/%.17g" : "-(x^4/4-x^2/2+y^2)/%.17g",
             wells[k].s);
    snprintf(D, sizeof(D), "%.17g", wells[k].s);
    s->log_w = log_w;
    s->tensor = tensor;
    make_problem(s, &p);
    OK(SpectrumCreate(p.diffusion, &spectrum));
    OK(SpectrumSetCount(spectrum, 3));
    OK(SpectrumSetMethod(spectrum, method));
    OK(SpectrumSolve(spectrum, NULL, &failure));
    if (failure.status == CELL_OK) { /* a weight that no element resolves is refused */
      OK(SpectrumGetValues(spectrum, &n, &v));
      assert_true(!v[1].known || v[1].discretisation_known);
      check_honest(2, v, exact, 2e-12);
      given += v[1].known;
    } else {
      assert_int_equal(failure.status, CELL_NOT_CONVERGED);
    }
    OK(SpectrumDestroy(&spectrum));
    destroy_problem(&p);
  }
  return given;
}

/* Grids that do not resolve the wells, that begin to, and that do: no error is too small. */
static void errors_are_honest(void **state)
{
  static const char *const methods[] = {"slepc", "auto", "elimination"};

  (void)state;
  for (size_t m = 0; m < PETSC_STATIC_ARRAY_LENGTH(methods); m++) {
    PetscInt given = 0;
    for (PetscInt order = 1; order <= 4; order++) {
      for (PetscInt cells = 16; cells <= 128; cells *= 2) {
        Setting s = {.dim = 1, .box = {{-2, 2}}, .cells = {cells}, .order = order, .scheme = "fem"};
        given += count_honest_gaps(&s, methods[m]);
      }
    }
    print_message("%s: %d of 96\n", methods[m], (int)given);
    assert_true(given > 80);
    for (PetscInt order = 2; order <= 4; order += 2) {
      Setting s = {
          .dim = 2, .box = {{-2, 2}, {-1.5, 1.5}}, .cells = {32, 16}, .order = order, .scheme = "fem"};
      assert_true(count_honest_gaps(&s, methods[m]) >= 4);
    }
  }
}

/* Cells that cannot be halved: elements of another order, or a graph of about half of the cells, tell the error. */
static void odd_cells(void **state)
{
  (void)state;
  for (PetscInt order = 0; order <= 4; order++) {
    Setting s = {.dim = 1,
                 .box = {{-2, 2}},
                 .cells = {order ? 65 : 129},
                 .order = PetscMax(order, 1),
                 .scheme = order ? "fem" : "monotone"};
    assert_true(count_honest_gaps(&s, "auto") >= 4);
  }
}

/* Barrier over temperature 45 in two dimensions: two grids of the graph agree about a gap of 1e-40 as they say. */
static void gap_of_1e_40(void **state)
{
  PetscReal log_value[2], error = 0;
  const char *const tensor[] = {"0.0028", "0", "0", "0.0028"};
  Setting s = {.dim = 2,
               .box = {{-1.8, 1.8}, {-1, 1}},
               .cells = {64, 32},
               .order = 1,
               .scheme = "monotone",
               .log_w = "-(x^4/4-x^2/2+y^2*(1+x^2))/0.0028",
               .tensor = tensor};

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    const SpectrumValue *v;
    Problem p;
    PetscInt n;
    s.cells[0] = 128 + 64 * k;
    s.cells[1] = 64 + 32 * k;
    make_problem(&s, &p);
    Spectrum spectrum = solve_spectrum(&p, 2, &n, &v);
    print_values("deep wells", n, v, NULL);
    assert_true(v[1].known && v[1].discretisation_known);
    log_value[k] = v[1].log_value;
    error += v[1].error;
    OK(SpectrumDestroy(&spectrum));
    destroy_problem(&p);
  }
  assert_true(log_value[1] < log(1e-38));
  assert_true(PetscAbsReal(log_value[0] - log_value[1]) <= error);
  assert_true(error < 0.2);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(laplacian_line),     cmocka_unit_test(ornstein_uhlenbeck),
      cmocka_unit_test(wells_by_elements),  cmocka_unit_test(wells_by_elimination),
      cmocka_unit_test(wells_in_the_plane), cmocka_unit_test(gap_of_1e_40),
      cmocka_unit_test(errors_are_honest),  cmocka_unit_test(odd_cells),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
