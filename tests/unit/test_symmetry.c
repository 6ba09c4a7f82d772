/* Symmetries of inner cascades: which are found, which points they make equal, and that tensors stay what they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <reiter/cascade.h>
#include <slepcsys.h>
#include <string.h>
#include "cell/symmetry.h"

#define OK(call) assert_int_equal(call, 0)

#define C_FORMULA                                                                                            \
  "(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)"                      \
  "+0.7*cos(2*pi*x1)*cos(2*pi*y1)"
/* x1 -> -x1 goes with y2 -> -y2, which turns the sign of A_xy. */
#define SIGN_FORMULA                                                                                         \
  "(1+0.5*sin(2*pi*x1))*cos(2*pi*(x2-y2))+(1-0.5*sin(2*pi*x1))*cos(2*pi*(x2+y2))+0.3*cos(2*pi*x2)"           \
  "+0.5*cos(2*pi*(x1-y1))"
/* Exchange of the components and nothing else: G has no symmetry. */
#define G(v) "exp(0.4*sin(2*pi*" v ")+0.2*cos(4*pi*" v "+1))"
#define EXCHANGE_FORMULA                                                                                     \
  "0.3*" G("x1") "*sin(2*pi*x2)+0.3*" G("y1") "*sin(2*pi*y2)+0.2*cos(2*pi*(x2-y2))+0.3*sin(2*pi*(x1-2*y1))"

static Potential potential_of(PetscInt dim, PetscInt scales, const char formula[])
{
  const ExpressionScope scope = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression e = NULL;
  Potential potential;

  OK(ExpressionParse(formula, strlen(formula), &scope, &e, &error));
  if (!e) fail_msg("%s: %s", formula, error.message);
  OK(PotentialCreate(dim, scales, 0.7, NULL, e, &potential));
  OK(ExpressionDestroy(&e));
  return potential;
}

/* The group of A_1. */
static PetscInt group_of(PetscInt dim, const char formula[], PetscReal x, PotentialSymmetry list[])
{
  Potential potential = potential_of(dim, 2, formula);
  const PetscReal at[3] = {x, 0, 0};
  PetscInt n;

  OK(PotentialSymmetries(potential, 1, at, &n, list));
  OK(PotentialDestroy(&potential));
  return n;
}

static void assert_size(PetscInt dim, const char formula[], PetscReal x, PetscInt elements)
{
  PotentialSymmetry list[POTENTIAL_SYMMETRIES];
  const PetscInt n = group_of(dim, formula, x, list);

  if (n != elements) fail_msg("%s: %d elements, not %d", formula, (int)n, (int)elements);
}

static void groups_by_hand(void **state)
{
  (void)state;
  assert_size(2, C_FORMULA, 0, 4);                               /* 1/2 - x1, -y1 */
  assert_size(1, "cos(2*pi*x1)*cos(2*pi*x2)", 0, 4);             /* -x1, x1 + 1/2 with x2 + 1/2 */
  assert_size(1, "cos(6*pi*x1)*exp(sin(2*pi*x2))", 0, 6);        /* -x1, x1 + 1/3 */
  assert_size(1, "sin(2*pi*(x1+0.05))*exp(sin(2*pi*x2))", 0, 1); /* a reflection at no multiple of 1/48 */
  assert_size(1, "sin(2*pi*(x1+0.05))*sin(2*pi*x2)", 0, 2);      /* x1 + 1/2 */
  assert_size(2, "cos(2*pi*x1)*cos(2*pi*x2)+cos(2*pi*y1)*cos(2*pi*y2)", 0, 32); /* 4 * 4, and exchange */
  assert_size(2, "abs(sin(pi*x1))*abs(sin(pi*x2))+abs(sin(pi*y1))*abs(sin(pi*y2))", 0, 8);
  /* With u = x1 + y1 and v = x1 - y1: -u, 1/2 - v, and u + 1/2, which is x1 + 1/4 with y1 + 1/4, of order four. */
  assert_size(2, "cos(2*pi*(x1+y1))*exp(sin(2*pi*x2))*cos(2*pi*(x2-y2))+0.1*sin(2*pi*(x1-y1))*cos(4*pi*x2)",
              0, 16);
  assert_size(2, SIGN_FORMULA, 0, 4);                /* -x1, 1/2 - x1 */
  assert_size(2, "cos(2*pi*x1)+cos(2*pi*x2)", 0, 1); /* nothing is frozen in A_1 */
}

static void nearly_symmetric_is_not(void **state)
{
  (void)state;
  assert_size(2, C_FORMULA "+1e-6*sin(2*pi*(x1+y1))*cos(2*pi*x2)", 0, 2); /* not alone: 1/2 - x1 needs -y1 */
  assert_size(2, C_FORMULA "+1e-6*exp(sin(2*pi*x1)+cos(2*pi*x1))*cos(2*pi*x2)", 0, 2); /* -y1 stays */
  assert_size(2, C_FORMULA "+1e-6*exp(cos(2*pi*y1)+sin(2*pi*y1)+cos(2*pi*x1))*cos(2*pi*x2)", 0, 1);
  /* symmetric but for a region of the width 1/250 */
  assert_size(1, "cos(2*pi*x1)*exp(sin(2*pi*x2))", 0, 2);
  assert_size(1, "cos(2*pi*x1)*exp(sin(2*pi*x2))*(1+if(abs(mod(x1,1)-0.3)<0.002,0.1,0))", 0, 1);
}

/* Symmetric at one macroscopic point only. */
static void macroscopic_variables_are_fixed(void **state)
{
  static const char formula[] = "exp(cos(2*pi*x1)+x*sin(4*pi*x1))*exp(sin(2*pi*x2))";

  (void)state;
  assert_size(1, formula, 0, 2);
  assert_size(1, formula, 0.3, 1);
}

static void exchange_turns_the_axes(void **state)
{
  PotentialSymmetry list[POTENTIAL_SYMMETRIES];

  (void)state;
  assert_int_equal(group_of(2, EXCHANGE_FORMULA, 0, list), 2);
  assert_int_equal(list[0].source[VariableIndex(1, 0)], VariableIndex(1, 0));
  assert_int_equal(list[1].source[VariableIndex(1, 0)], VariableIndex(1, 1));
  assert_int_equal(list[1].source[VariableIndex(1, 1)], VariableIndex(1, 0));
  assert_int_equal(list[1].axis[0], 1);
  assert_int_equal(list[1].axis[1], 0);
  assert_int_equal(list[1].axis_sign[0] * list[1].axis_sign[1], 1);
}

/* Points p of a line a, and the different ones among those of a x a after reduction. */
static PetscInt count_orbits(Symmetry symmetry, PetscInt n, const PetscReal a[])
{
  SymmetryElement element;
  PetscInt number, most = -1;
  Memo memo;

  OK(MemoCreate(VariableBit(1, 0) | VariableBit(1, 1), &memo));
  for (PetscInt p = 0; p < n * n; p++) {
    PetscReal frozen[REITER_VARIABLES] = {0};

    frozen[VariableIndex(1, 0)] = a[p % n];
    frozen[VariableIndex(1, 1)] = a[p / n];
    OK(SymmetryReduce(symmetry, frozen, &element));
    OK(MemoNumber(memo, frozen, &number));
    most = PetscMax(most, number);
  }
  OK(MemoDestroy(&memo));
  return most + 1;
}

/* Equivalent nodes reduce to the same number, bit for bit. */
static void orbits_of_grids(void **state)
{
  const PetscReal x[3] = {0}, gauss[2] = {0.21132486540518712, 0.78867513459481288};
  Potential potential = potential_of(2, 2, "cos(2*pi*x1)*exp(cos(2*pi*x2))+cos(2*pi*y1)*exp(cos(2*pi*y2))");
  Symmetry symmetry;
  PetscReal a[225];
  PetscInt elements;

  (void)state;
  OK(SymmetryCreate(potential, 1, x, &symmetry));
  OK(SymmetryGetSize(symmetry, &elements));
  assert_int_equal(elements, 8);
  for (PetscInt n = 5; n <= 225; n = 3 * n) { /* (n + 1)/2 apart on each axis, and x1 <= y1 */
    for (PetscInt i = 0; i < n; i++) a[i] = (PetscReal)i / (PetscReal)n;
    assert_int_equal(count_orbits(symmetry, n, a), (n + 1) / 2 * ((n + 1) / 2 + 1) / 2);
  }
  for (PetscInt i = 0; i < 14; i++) a[i] = ((PetscReal)(i / 2) + gauss[i % 2]) / 7; /* no fractions */
  assert_int_equal(count_orbits(symmetry, 14, a), 7 * 8 / 2);
  OK(SymmetryDestroy(&symmetry));
  OK(PotentialDestroy(&potential));
}

/* The grid of C begins at x1 = 1/4, where 1/2 - x1 maps it to itself. */
static void grid_begins_at_the_mirror(void **state)
{
  const PetscReal x[3] = {0};
  Potential potential = potential_of(2, 2, C_FORMULA);
  PetscReal origin[2] = {-1, -1};
  Symmetry symmetry;

  (void)state;
  OK(SymmetryCreate(potential, 1, x, &symmetry));
  OK(SymmetryOrigin(symmetry, 1, origin));
  assert_true(origin[0] == 0.25 && origin[1] == 0);
  OK(SymmetryDestroy(&symmetry));
  OK(PotentialDestroy(&potential));
}

/* Restoring undoes B = R A R^T. */
static void restores_tensors(void **state)
{
  const SymmetryElement e = {{2, 0, 1}, {1, -1, 1}};
  const PetscReal A[9] = {1, 2, 3, 2, 5, 7, 3, 7, 11};
  PetscReal R[9] = {0};
  InnerTensor inner = {.log_z = 4};

  (void)state;
  for (PetscInt i = 0; i < 3; i++) R[3 * i + e.axis[i]] = e.axis_sign[i];
  for (PetscInt p = 0; p < 81; p++) {
    const PetscInt i = p / 27, j = p / 9 % 3, k = p / 3 % 3, l = p % 3;

    inner.upper[3 * i + j] += R[3 * i + k] * A[3 * k + l] * R[3 * j + l];
    inner.lower[3 * i + j] += 0.5 * R[3 * i + k] * A[3 * k + l] * R[3 * j + l];
  }
  OK(SymmetryRestore(&e, 3, &inner));
  for (PetscInt i = 0; i < 9; i++) assert_true(inner.upper[i] == A[i] && inner.lower[i] == 0.5 * A[i]);
  assert_true(inner.log_z == 4);
}

static EffectivePoint compute(Potential potential, PetscBool symmetric, PetscReal tolerance,
                              const PetscReal x[])
{
  Cascade cascade;
  EffectivePoint point;

  OK(CascadeCreate(potential, &cascade));
  OK(CascadeSetTolerance(cascade, tolerance));
  OK(CascadeSetSymmetry(cascade, symmetric));
  OK(CascadeCompute(cascade, x, &point));
  assert_string_equal(point.failure.message, "");
  OK(CascadeDestroy(&cascade));
  return point;
}

/* The same M as without symmetries, from at most `fraction` of the cells. */
static void assert_same(PetscInt dim, PetscInt scales, const char formula[], PetscReal fraction)
{
  const PetscReal x[3] = {0.3, 0, 0};
  Potential potential = potential_of(dim, scales, formula);
  const EffectivePoint whole = compute(potential, PETSC_FALSE, 1e-10, x);
  const EffectivePoint part = compute(potential, PETSC_TRUE, 1e-10, x);

  for (PetscInt i = 0; i < dim * dim; i++) {
    if (PetscAbsReal(part.M[i] - whole.M[i]) > 1e-12)
      fail_msg("%s: %.15g, not %.15g", formula, (double)part.M[i], (double)whole.M[i]);
  }
  assert_true(PetscAbsReal(part.log_Z1 - whole.log_Z1) < 1e-12);
  assert_true(PetscAbsReal(part.log_Zhat1 - whole.log_Zhat1) < 1e-12);
  if ((PetscReal)part.cells_solved > fraction * (PetscReal)whole.cells_solved)
    fail_msg("%s: %d cells, without symmetries %d", formula, (int)part.cells_solved, (int)whole.cells_solved);
  OK(PotentialDestroy(&potential));
}

static void same_tensor_from_fewer_cells(void **state)
{
  (void)state;
  assert_same(2, 2, C_FORMULA, 0.33);
  assert_same(2, 2, SIGN_FORMULA, 0.6);
  assert_same(2, 2, EXCHANGE_FORMULA, 0.6);
  assert_same(1, 3, "cos(2*pi*x1)*cos(2*pi*x2)+0.5*cos(2*pi*x2)*cos(2*pi*x3)*exp(sin(2*pi*x1))", 0.55);
  assert_same(2, 2, "0.5*abs(sin(pi*x1))*cos(2*pi*x2)+0.4*cos(2*pi*y2)", 1);
}

/* A cascade that was at a symmetric point forgets its symmetries at the next one. */
static void moves_on(void **state)
{
  const PetscReal x[2][1] = {{0}, {0.3}};
  Potential potential = potential_of(1, 2, "0.3*exp(cos(2*pi*x1)+x*sin(4*pi*x1))*exp(sin(2*pi*x2))");
  const EffectivePoint fresh = compute(potential, PETSC_TRUE, 1e-10, x[1]);
  EffectivePoint point[2];
  Cascade cascade;

  (void)state;
  OK(CascadeCreate(potential, &cascade));
  OK(CascadeSetTolerance(cascade, 1e-10));
  for (PetscInt i = 0; i < 2; i++) OK(CascadeCompute(cascade, x[i], &point[i]));
  assert_true(point[0].cells_solved < point[1].cells_solved);
  assert_int_equal(point[1].cells_solved, fresh.cells_solved);
  assert_true(point[1].M[0] == fresh.M[0]);
  OK(CascadeDestroy(&cascade));
  OK(PotentialDestroy(&potential));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(groups_by_hand),
                                     cmocka_unit_test(nearly_symmetric_is_not),
                                     cmocka_unit_test(macroscopic_variables_are_fixed),
                                     cmocka_unit_test(exchange_turns_the_axes),
                                     cmocka_unit_test(orbits_of_grids),
                                     cmocka_unit_test(grid_begins_at_the_mirror),
                                     cmocka_unit_test(restores_tensors),
                                     cmocka_unit_test(same_tensor_from_fewer_cells),
                                     cmocka_unit_test(moves_on)};
  int failures;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failures = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failures;
}
