/* The kinetic equation's matrices: their structure to round-off, and eigenvalues that are known. */
#include "phase_space_fixture.h"

static const PhaseSpaceSettings line = {.dim = 1,
                                        .mass = 1.3,
                                        .temperature = 0.7,
                                        .box = {{-2, 2.5}},
                                        .positions = "elements",
                                        .cells = {9},
                                        .order = 3,
                                        .levels = 7};

static PetscReal largest(Mat A)
{
  PetscReal norm;

  OK(MatNorm(A, NORM_INFINITY, &norm));
  return norm;
}

/* max |A v| over max |A| max |v| */
static PetscReal image(Mat A, Vec v)
{
  PetscReal norm, size;
  Vec w;

  OK(VecDuplicate(v, &w));
  OK(MatMult(A, v, w));
  OK(VecNorm(w, NORM_INFINITY, &norm));
  OK(VecNorm(v, NORM_INFINITY, &size));
  OK(VecDestroy(&w));
  return norm / (size * PetscMax(largest(A), 1e-300));
}

static void check_antisymmetric(Mat T)
{
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt n, m;

  OK(MatGetSize(T, &n, NULL));
  for (PetscInt i = 0; i < n; i++) {
    OK(MatGetRow(T, i, &m, &columns, &values));
    for (PetscInt k = 0; k < m; k++) {
      PetscScalar other;
      OK(MatGetValue(T, columns[k], i, &other));
      assert_true(values[k] == -other);
    }
    OK(MatRestoreRow(T, i, &m, &columns, &values));
  }
}

/* B = R^T R by Cholesky without pivots, which ends where B is not positive; diag B = 1. */
static void check_positive(Mat B, PetscReal least)
{
  Mat dense;
  PetscScalar *a;
  PetscInt n;

  OK(MatConvert(B, MATSEQDENSE, MAT_INITIAL_MATRIX, &dense));
  OK(MatGetSize(B, &n, NULL));
  OK(MatDenseGetArray(dense, &a));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++)
      assert_true(a[i + j * n] == a[j + i * n] || PetscAbsReal(a[i + j * n] - a[j + i * n]) < 1e-15);
    assert_true(PetscAbsReal(a[i + i * n] - 1) < 1e-13);
  }
  for (PetscInt k = 0; k < n; k++) {
    if (!(a[k + k * n] > least)) fail_msg("pivot %d is %g", (int)k, a[k + k * n]);
    for (PetscInt i = k + 1; i < n; i++) {
      const PetscReal factor = a[i + k * n] / a[k + k * n];
      if (factor == 0) continue;
      for (PetscInt j = k + 1; j < n; j++) a[i + j * n] -= factor * a[k + j * n];
    }
  }
  OK(MatDenseRestoreArray(dense, &a));
  OK(MatDestroy(&dense));
}

/* C + shift B has no negative direction among many: its quadratic form at random vectors, and C one = 0. */
static void check_negative(const KineticSystem *system)
{
  PetscRandom random;
  Vec v, w;
  PetscScalar form, other;
  PetscBool symmetric;

  OK(MatIsSymmetric(system->C, 1e-13, &symmetric));
  assert_true(symmetric);
  OK(PetscRandomCreate(PETSC_COMM_SELF, &random));
  OK(PetscRandomSetInterval(random, -1, 1));
  OK(VecDuplicate(system->one, &v));
  OK(VecDuplicate(system->one, &w));
  for (PetscInt k = 0; k < 20; k++) {
    OK(VecSetRandom(v, random));
    OK(MatMult(system->C, v, w));
    OK(VecDot(v, w, &form));
    assert_true(form <= 0);
    OK(MatMult(system->T, v, w));
    OK(VecDot(v, w, &other));
    assert_true(PetscAbsReal(other) < 1e-12 * largest(system->T) * (PetscReal)system->n);
  }
  OK(VecDestroy(&v));
  OK(VecDestroy(&w));
  OK(PetscRandomDestroy(&random));
}

/* The reversal of momenta turns T into -T and leaves C. */
static void check_reversal(const KineticSystem *system)
{
  const PetscScalar *sign;
  const PetscInt *columns;
  PetscInt m;

  OK(VecGetArrayRead(system->reversal, &sign));
  for (PetscInt i = 0; i < system->n; i++) {
    OK(MatGetRow(system->T, i, &m, &columns, NULL));
    for (PetscInt k = 0; k < m; k++) assert_true(sign[i] * sign[columns[k]] == -1);
    OK(MatRestoreRow(system->T, i, &m, &columns, NULL));
    OK(MatGetRow(system->C, i, &m, &columns, NULL));
    for (PetscInt k = 0; k < m; k++) assert_true(sign[i] * sign[columns[k]] == 1);
    OK(MatRestoreRow(system->C, i, &m, &columns, NULL));
  }
  OK(VecRestoreArrayRead(system->reversal, &sign));
}

static void check_structure(PhaseSpace space, PetscReal least_pivot)
{
  const KineticSystem *const system = system_of(space);
  Vec v;
  PetscScalar mass;
  PetscReal norm;

  check_antisymmetric(system->T);
  assert_true(image(system->T, system->one) < 1e-13);
  assert_true(image(system->C, system->one) < 1e-13);
  check_positive(system->B, least_pivot);
  check_negative(system);
  OK(VecDot(system->one, system->total, &mass));
  assert_true(PetscAbsReal(mass - 1) < 1e-13);
  OK(VecDuplicate(system->one, &v));
  OK(MatMult(system->B, system->one, v));
  OK(VecAXPY(v, -1, system->total));
  OK(VecNorm(v, NORM_INFINITY, &norm));
  assert_true(norm < 1e-13);
  check_reversal(system);
  OK(VecDestroy(&v));
}

static void test_structure_line(void **state)
{
  static const char *const D[] = {"0.7/(1 + 0.5*sin(x))"};
  static const char *const names[] = {"elements", "fourier"};

  (void)state;
  for (PetscInt periodic = 0; periodic < 2; periodic++) {
    for (PetscInt which = 0; which <= periodic; which++) {
      PhaseSpaceSettings settings = line;
      PhaseSpace space;
      settings.periodic[0] = periodic ? PETSC_TRUE : PETSC_FALSE;
      settings.box[0][1] = settings.box[0][0] + 2 * PETSC_PI;
      strcpy(settings.positions, names[which]);
      space = make_space(&settings, periodic ? "3*cos(x + 1)" : "-(x^4 - 2*x^2)", D);
      check_structure(space, 1e-3);
      OK(PhaseSpaceDestroy(&space));
    }
  }
}

static void test_structure_plane(void **state)
{
  static const char *const D[] = {"1 + 0.3*cos(x)", "0.2*sin(y)", "0.2*sin(y)", "0.8"};
  static const char *const names[] = {"elements", "fourier"};

  (void)state;
  for (PetscInt periodic = 0; periodic < 2; periodic++) {
    for (PetscInt which = 0; which <= periodic; which++) {
      PhaseSpaceSettings settings = line;
      PhaseSpace space;
      settings.dim = 2;
      settings.levels = 4;
      settings.order = 2;
      for (PetscInt a = 0; a < 2; a++) {
        settings.periodic[a] = periodic ? PETSC_TRUE : PETSC_FALSE;
        settings.box[a][0] = -1;
        settings.box[a][1] = 2 * PETSC_PI - 1;
        settings.cells[a] = 3 + a;
      }
      strcpy(settings.positions, names[which]);
      space = make_space(&settings, "2*cos(x + 1) + cos(x - y)", D);
      check_structure(space, 1e-3);
      OK(PhaseSpaceDestroy(&space));
    }
  }
}

/* U/s over a range of 800: finite, conditioned, and the same structure. */
static void test_steep(void **state)
{
  (void)state;
  for (PetscInt order = 1; order <= 12; order += order < 4 ? 3 : 4) {
    PhaseSpaceSettings settings = line;
    PhaseSpace space;
    settings.order = order;
    settings.cells[0] = 4;
    settings.levels = 3;
    settings.box[0][0] = -2;
    settings.box[0][1] = 2;
    space = make_space(&settings, "-50*x^4 + 40*x", NULL);
    check_structure(space, 1e-7);
    OK(PhaseSpaceDestroy(&space));
  }
}

static void test_refused(void **state)
{
  PhaseSpaceSettings settings = line;
  Expression weight = parse(1, 0, "-5000*x"), D = parse(1, 0, "1");
  Coefficients coefficients;
  CoefficientFault fault;
  PhaseSpace space;

  (void)state;
  settings.cells[0] = 2;
  OK(CoefficientsCreateFormulas(1, weight, &D, &coefficients));
  OK(PhaseSpaceCreate(coefficients, &settings, &space, &fault));
  assert_null(space);
  assert_int_equal(fault.trouble, COEFFICIENT_UNRESOLVED);
  assert_non_null(strstr(fault.message, "e^1400"));
  OK(CoefficientsDestroy(&coefficients));
  OK(ExpressionDestroy(&weight));
  OK(ExpressionDestroy(&D));
}

/* U = k q^2/2: the eigenvalues are i a + j b, a and b = -g/2 +- sqrt(g^2/4 - k/m). */
static void test_oscillator(void **state)
{
  const PetscReal k = 1.7, g = 0.8, m = 1.3, frequency = PetscSqrtReal(k / m - g * g / 4);
  PhaseSpaceSettings settings = line;
  PetscReal re[16], im[16];
  PetscInt n;
  PhaseSpace space;

  (void)state;
  settings.box[0][0] = -5.5;
  settings.box[0][1] = 5.5;
  settings.cells[0] = 16;
  settings.order = 5;
  settings.levels = 24;
  settings.plain_friction = PETSC_TRUE;
  space = make_space(&settings, "-1.7*x^2/2/0.7", NULL);
  n = eigenvalues(system_of(space), g, 0.1, 12, re, im);
  assert_true(n >= 12);
  assert_among(n, re, im, 0, 0, 1e-10);
  assert_among(n, re, im, -g / 2, frequency, 1e-7);
  assert_among(n, re, im, -g, 0, 1e-7);
  assert_among(n, re, im, -g, 2 * frequency, 1e-6);
  for (PetscInt i = 0; i < n; i++) assert_true(re[i] < 1e-10);
  OK(PhaseSpaceDestroy(&space));
}

/* U = 2 (q^2 - 1)^2, m = s = g = 1: nothing between the known ones, as a saw-tooth would be at -0.48. */
static void test_double_well(void **state)
{
  PhaseSpaceSettings settings = line;
  PetscReal re[16], im[16];
  PetscInt n;
  PhaseSpace space;

  (void)state;
  settings.mass = settings.temperature = 1;
  settings.box[0][0] = -2.3;
  settings.box[0][1] = 2.3;
  settings.cells[0] = 20;
  settings.order = 4;
  settings.levels = 60;
  settings.plain_friction = PETSC_TRUE;
  space = make_space(&settings, "-2*(x^2 - 1)^2", NULL);
  n = eigenvalues(system_of(space), 1, 0.1, 7, re, im);
  assert_true(n >= 7);
  assert_true(PetscAbsReal(re[0]) < 1e-10);
  assert_true(PetscAbsReal(re[1] + 0.120025190) < 2e-7 && im[1] == 0);
  assert_true(PetscAbsReal(re[2] + 0.998147789) < 2e-6 && im[2] == 0);
  assert_true(PetscAbsReal(re[3] + 2.0608813) < 1e-5 && im[3] == 0);
  assert_true(PetscAbsReal(re[4] + 2.4497227) < 1e-5 && im[4] == 0);
  assert_among(2, re + 5, im + 5, -1.8055526, 2.1111847, 1e-5);
  OK(PhaseSpaceDestroy(&space));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_structure_line), cmocka_unit_test(test_structure_plane),
      cmocka_unit_test(test_steep),          cmocka_unit_test(test_refused),
      cmocka_unit_test(test_oscillator),     cmocka_unit_test(test_double_well),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed ? 1 : 0;
}
