/* Coefficients from formulas and from measures: values against the formulas written out in C, faults with their
   places. */
#include "coefficients_fixture.h"
#include "coefficients/tensor.h"
#include <slepcsys.h>

static Coefficients make_formulas(PetscInt dim, const char weight[], const char *const tensor[])
{
  Expression log_w = parse(dim, 0, weight), D[9];
  Coefficients c;

  for (PetscInt i = 0; i < dim * dim; i++) D[i] = parse(dim, 0, tensor[i]);
  OK(CoefficientsCreateFormulas(dim, log_w, D, &c));
  OK(ExpressionDestroy(&log_w));
  for (PetscInt i = 0; i < dim * dim; i++) OK(ExpressionDestroy(&D[i]));
  return c;
}

/* More points than one block holds, and not a whole number of blocks. */
#define MANY 2500

static void test_formulas(void **state)
{
  const char *const tensor[] = {"1+x^2", "x*y/4", "y*x/4", "2+sin(y)"};
  Coefficients c = make_formulas(2, "-x^2-exp(y)", tensor);
  static PetscReal x[MANY][2], log_w[MANY], D[MANY][4], alone[MANY];
  unsigned seed = 1;
  CoefficientsInfo info;
  CoefficientFault fault;
  PetscInt dim;

  (void)state;
  for (PetscInt i = 0; i < MANY; i++)
    for (PetscInt k = 0; k < 2; k++) x[i][k] = 4 * next_uniform(&seed) - 2;
  OK(CoefficientsEvaluate(c, MANY, x[0], log_w, D[0], &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  for (PetscInt i = 0; i < MANY; i++) {
    const PetscReal a = x[i][0], b = x[i][1];
    assert_true(relative(log_w[i], -a * a - exp(b)) < 1e-14);
    assert_true(relative(D[i][0], 1 + a * a) < 1e-15);
    assert_true(PetscAbsReal(D[i][1] - a * b / 4) < 1e-15 && D[i][1] == D[i][2]);
    assert_true(relative(D[i][3], 2 + sin(b)) < 1e-15);
  }
  OK(CoefficientsEvaluate(c, MANY, x[0], alone, NULL, &fault));
  assert_memory_equal(alone, log_w, sizeof(log_w));
  OK(CoefficientsEvaluate(c, MANY, x[0], NULL, D[0], &fault));
  assert_true(relative(D[MANY - 1][0], 1 + x[MANY - 1][0] * x[MANY - 1][0]) < 1e-15);
  OK(CoefficientsGetInfo(c, &dim, &info));
  assert_int_equal(dim, 2);
  assert_string_equal(info.source, "formulas");
  assert_false(info.constant_tensor);
  OK(CoefficientsDestroy(&c));
}

static void assert_fault(PetscInt dim, const char weight[], const char *const tensor[], const PetscReal x[],
                         PetscInt n, CoefficientTrouble trouble, PetscInt place, const char words[])
{
  Coefficients c = make_formulas(dim, weight, tensor);
  CoefficientFault fault;
  PetscReal log_w[8], D[8 * 9];

  OK(CoefficientsEvaluate(c, n, x, log_w, D, &fault));
  assert_int_equal(fault.trouble, trouble);
  assert_non_null(strstr(fault.message, words));
  for (PetscInt k = 0; k < dim; k++) assert_true(fault.x[k] == x[place * dim + k]);
  OK(CoefficientsDestroy(&c));
}

static void test_faults(void **state)
{
  const char *const one[] = {"1"}, *const linear[] = {"x"}, *const pole[] = {"1/x"},
                    *const root[] = {"sqrt(x)"};
  const char *const skew[] = {"1", "x", "x+1e-9", "1"}, *const flat[] = {"1", "1.2", "1.2", "1"};
  const char *const solid[] = {"1", "0", "0.9", "0", "1", "0.9", "0.9", "0.9", "1"};
  const PetscReal line[] = {2, 1, 0, -1}, plane[] = {0.5, 1}, space[] = {1, 2, 3};

  (void)state;
  assert_fault(1, "log(x)", one, line, 4, COEFFICIENT_WEIGHT, 2, "The weight is zero at x = 0");
  assert_fault(1, "log(x)", one, line, 4, COEFFICIENT_WEIGHT, 2, "log_weight");
  assert_fault(1, "log(x+0.5)", one, line, 4, COEFFICIENT_WEIGHT, 3, "negative or undefined at x = -1");
  assert_fault(1, "log(exp(-exp(9*x)))", one, line, 4, COEFFICIENT_WEIGHT, 0, "log_weight");
  assert_fault(1, "1/abs(x-1)", one, line, 4, COEFFICIENT_WEIGHT, 1, "infinite at x = 1");
  assert_fault(1, "x", linear, line, 4, COEFFICIENT_INDEFINITE, 3, "D is not positive at x = -1: it is -1");
  assert_fault(1, "x", pole, line, 4, COEFFICIENT_TENSOR, 2, "D is infinite at x = 0");
  assert_fault(1, "x", root, line + 1, 3, COEFFICIENT_TENSOR, 2,
               "D is undefined at x = -1"); /* zero is allowed */
  assert_fault(1, "x", root, line + 3, 1, COEFFICIENT_TENSOR, 0, "D is undefined at x = -1");
  assert_fault(2, "x", skew, plane, 1, COEFFICIENT_ASYMMETRIC, 0, "D_xy is 0.5 and D_yx is 0.500000001");
  assert_fault(2, "x", flat, plane, 1, COEFFICIENT_INDEFINITE, 0,
               "D is not positive definite at x = (0.5, 1): its smallest eigenvalue is -0.2.");
  /* 1 - 0.9 sqrt(2) */
  assert_fault(3, "x", solid, space, 1, COEFFICIENT_INDEFINITE, 0,
               "at x = (1, 2, 3): its smallest eigenvalue is -0.272792206");
}

/* Round-off in the entries is no fault, and is taken out. */
static void test_symmetrised(void **state)
{
  const char *const tensor[] = {"1", "x*(0.1+0.2)", "x*0.3", "1"};
  Coefficients c = make_formulas(2, "0", tensor);
  const PetscReal x[] = {1, 0};
  PetscReal D[4];
  CoefficientFault fault;

  (void)state;
  OK(CoefficientsEvaluate(c, 1, x, NULL, D, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  assert_true(D[1] == D[2] && PetscAbsReal(D[1] - 0.3) < 1e-16);
  OK(CoefficientsDestroy(&c));
}

static void test_measures(void **state)
{
  const PetscReal s = 0.3, epsilon = 0.07;
  Potential potential = make_potential(2, 2, s, "x^4/4-y", "(1+x^2)*sin(2*pi*x1)*cos(2*pi*y2)+abs(x2-0.5)");
  Coefficients reference, resolved;
  CoefficientFault fault;
  CoefficientsInfo info;
  unsigned seed = 7;

  (void)state;
  OK(CoefficientsCreateReference(potential, &reference));
  OK(CoefficientsCreateResolved(potential, epsilon, &resolved));
  for (PetscInt i = 0; i < 200; i++) {
    const PetscReal x[2] = {4 * next_uniform(&seed) - 2, 4 * next_uniform(&seed) - 2};
    const PetscReal V0 = pow(x[0], 4) / 4 - x[1], x2 = x[0] / (epsilon * epsilon);
    const PetscReal V1 = (1 + x[0] * x[0]) * sin(2 * PETSC_PI * x[0] / epsilon) *
                             cos(2 * PETSC_PI * x[1] / (epsilon * epsilon)) +
                         PetscAbsReal(x2 - PetscFloorReal(x2) - 0.5);
    PetscReal log_w, D[4];

    OK(CoefficientsEvaluate(reference, 1, x, &log_w, D, &fault));
    assert_true(PetscAbsReal(log_w + V0 / s) < 1e-13);
    assert_true(D[0] == s && D[1] == 0 && D[2] == 0 && D[3] == s);
    OK(CoefficientsEvaluate(resolved, 1, x, &log_w, D, &fault));
    assert_true(PetscAbsReal(log_w + (V0 + V1) / s) < 1e-10); /* x2 up to 400: its last digit is 6e-14 */
    assert_true(D[0] == s && D[1] == 0 && D[2] == 0 && D[3] == s);
    assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  }
  OK(CoefficientsGetInfo(resolved, NULL, &info));
  assert_string_equal(info.source, "resolved");
  assert_true(info.constant_tensor);
  OK(CoefficientsDestroy(&resolved));
  OK(CoefficientsDestroy(&reference));
  OK(PotentialDestroy(&potential));
}

static void test_isotropic(void **state)
{
  const char *const tensor[] = {"x", "0", "0", "y"}; /* not positive at the points below: not looked at */
  Coefficients base = make_formulas(2, "log(x)", tensor), isotropic;
  const PetscReal x[] = {3, -1, 0, 2};
  PetscReal log_w[2], D[8];
  CoefficientFault fault;

  (void)state;
  OK(CoefficientsCreateIsotropic(base, 2.5, &isotropic));
  OK(CoefficientsDestroy(&base)); /* the isotropic one keeps it */
  OK(CoefficientsEvaluate(isotropic, 2, x, log_w, D, &fault));
  assert_true(relative(log_w[0], log(3)) < 1e-15);
  assert_true(D[0] == 2.5 && D[1] == 0 && D[2] == 0 && D[3] == 2.5);
  assert_int_equal(fault.trouble, COEFFICIENT_WEIGHT);
  assert_true(fault.x[0] == 0 && fault.x[1] == 2);
  assert_non_null(strstr(fault.message, "log_weight"));
  OK(CoefficientsDestroy(&isotropic));
}

/* Scattered evaluation against one point at a time: every kind of value, several formulas with common parts, one of
   them a constant, a variable and a repetition. */
static void test_points(void **state)
{
  const char *const text[] = {"x*sin(2*pi*x1)+y2^3",
                              "x",
                              "2.5",
                              "exp(-x)*sin(2*pi*x1)",
                              "x*sin(2*pi*x1)+y2^3",
                              "if(x1 < x, mod(y2, 0.3), max(x, y2))"};
  enum { N = 777, FORMULAS = 6 };
  static PetscReal values[3][N], results[FORMULAS][N];
  const PetscInt used[] = {VariableIndex(0, 0), VariableIndex(1, 0), VariableIndex(2, 1)};
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal *out[FORMULAS];
  Expression e[FORMULAS];
  Program program;
  unsigned seed = 3;

  (void)state;
  for (PetscInt f = 0; f < FORMULAS; f++) {
    e[f] = parse(2, 2, text[f]);
    out[f] = results[f];
  }
  for (PetscInt v = 0; v < 3; v++) {
    variables[used[v]] = values[v];
    for (PetscInt i = 0; i < N; i++) values[v][i] = 2 * next_uniform(&seed) - 1;
  }
  OK(ProgramCreate(FORMULAS, e, &program));
  for (PetscInt n = 1; n <= N; n += N - 1) {
    OK(ProgramEvaluatePoints(program, n, variables, out));
    for (PetscInt i = 0; i < n; i++) {
      PetscReal at[REITER_VARIABLES] = {0}, value;
      for (PetscInt v = 0; v < 3; v++) at[used[v]] = values[v][i];
      for (PetscInt f = 0; f < FORMULAS; f++) {
        OK(ExpressionEvaluate(e[f], at, &value));
        assert_true(PetscAbsReal(results[f][i] - value) <= 4e-15);
      }
    }
  }
  OK(ProgramDestroy(&program));
  for (PetscInt f = 0; f < FORMULAS; f++) OK(ExpressionDestroy(&e[f]));
}

/* Both coordinates give any tensor back; the small eigenvalue of a graded one keeps its digits. */
static void test_tensors(void **state)
{
  const PetscReal graded[] = {1e-20, 3e-11, 3e-11, 1}; /* eigenvalues 1 and 1e-20 - 9e-22, to 1e-20 */
  PetscReal values[3], vectors[9], packed[6], back[9];
  unsigned seed = 11;

  (void)state;
  TensorEigen(2, graded, values, vectors);
  assert_true(relative(PetscMin(values[0], values[1]), 9.1e-21) < 1e-14);
  assert_true(relative(PetscMax(values[0], values[1]), 1) < 1e-15);
  assert_true(TensorPack(2, graded, packed));
  TensorUnpack(2, packed, back);
  for (PetscInt k = 0; k < 4; k++) assert_true(relative(back[k], graded[k]) < 1e-13);
  for (PetscInt trial = 0; trial < 300; trial++) {
    const PetscInt dim = 1 + trial % 3;
    PetscReal A[9], D[9], size = 0;

    for (PetscInt k = 0; k < 9; k++) A[k] = 2 * next_uniform(&seed) - 1;
    for (PetscInt i = 0; i < dim * dim; i++) {
      D[i] = i % (dim + 1) ? 0 : 0.1;
      for (PetscInt l = 0; l < dim; l++) D[i] += A[i / dim * dim + l] * A[i % dim * dim + l];
      size = PetscMax(size, D[i]);
    }
    assert_true(TensorLog(dim, D, packed));
    TensorExp(dim, packed, back);
    for (PetscInt i = 0; i < dim * dim; i++) assert_true(PetscAbsReal(back[i] - D[i]) < 1e-13 * size);
    assert_true(TensorPack(dim, D, packed));
    TensorUnpack(dim, packed, back);
    for (PetscInt i = 0; i < dim * dim; i++) assert_true(PetscAbsReal(back[i] - D[i]) < 1e-13 * size);
    D[dim * dim - 1] = -0.01;
    assert_false(TensorLog(dim, D, packed));
    assert_false(TensorPack(dim, D, packed));
  }
}

/* exp of a known logarithm: e^a cosh b, e^a sinh b. */
static void test_exponential(void **state)
{
  const PetscReal packed[] = {0.3, -2, 0.3};
  PetscReal D[4];

  (void)state;
  TensorExp(2, packed, D);
  assert_true(relative(D[0], exp(0.3) * cosh(2)) < 1e-15 && relative(D[1], -exp(0.3) * sinh(2)) < 1e-15);
  assert_true(D[1] == D[2] && D[0] == D[3]);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_formulas),    cmocka_unit_test(test_faults),
                                     cmocka_unit_test(test_symmetrised), cmocka_unit_test(test_measures),
                                     cmocka_unit_test(test_isotropic),   cmocka_unit_test(test_points),
                                     cmocka_unit_test(test_tensors),     cmocka_unit_test(test_exponential)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
