/* The potential: its levels, their values and derivatives, kinks, and the faults of micro formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <reiter/potential.h>

#define OK(call) assert_int_equal(call, 0)

static Potential potential_of(PetscInt dim, PetscInt scales, const char *macro, const char *micro)
{
  ExpressionScope slow = {dim, 0, 0, NULL}, fast = {dim, scales, 0, NULL};
  ExpressionError error;
  Expression V0 = NULL, V1 = NULL;
  Potential potential;

  if (macro) OK(ExpressionParse(macro, strlen(macro), &slow, &V0, &error));
  if (micro) OK(ExpressionParse(micro, strlen(micro), &fast, &V1, &error));
  OK(PotentialCreate(dim, scales, .7, V0, V1, &potential));
  OK(ExpressionDestroy(&V0));
  OK(ExpressionDestroy(&V1));
  return potential;
}

static void assert_close(const char *what, double got, double wanted, double tolerance)
{
  if (!(fabs(got - wanted) <= tolerance)) fail_msg("%s: %.17g, not %.17g", what, got, wanted);
}

static void no_micro_formula_is_zero(void **state)
{
  Potential p = potential_of(2, 2, "x^4/4 + x*sin(y)", NULL);
  const PetscReal x[] = {.5, .3}, node = 0, *axis[] = {&node, &node};
  const PetscInt n[] = {1, 1};
  PetscReal frozen[REITER_VARIABLES] = {0}, V0, gradient[2], T = 1, L = 1, g0 = 1, g1 = 1,
            *grad[] = {&g0, &g1};
  PetscReal temperature;
  PetscInt dim, scales;

  (void)state;
  OK(PotentialGetSizes(p, &dim, &scales, &temperature));
  assert_int_equal(dim, 2);
  assert_int_equal(scales, 2);
  assert_close("temperature", temperature, .7, 0);
  for (PetscInt k = 0; k <= 2; k++) {
    VariableSet set;

    OK(PotentialLevelVariables(p, k, &set));
    assert_int_equal(set, 0);
    OK(PotentialEvaluateLevel(p, k, frozen, n, axis, &T, grad, &L));
    assert_true(T == 0 && g0 == 0 && g1 == 0 && L == 0);
  }
  OK(PotentialEvaluateMacro(p, x, &V0, gradient));
  assert_close("V0", V0, .015625 + .5 * sin(.3), 1e-16);
  assert_close("dV0/dx", gradient[0], .125 + sin(.3), 1e-15);
  assert_close("dV0/dy", gradient[1], .5 * cos(.3), 1e-15);
  OK(PotentialDestroy(&p));
  assert_null(p);
}

/* Potential C of the reference tensors, its two levels by hand. */
static const char potential_c[] = "(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))"
                                  "+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)+0.7*cos(2*pi*x1)*cos(2*pi*y1)";

static void levels_of_potential_c(void **state)
{
  enum { N = 9, M = 6 };
  const double w = 2 * PETSC_PI;
  Potential p = potential_of(2, 2, NULL, potential_c);
  PetscReal x[N], y[M], T[N * M], L[N * M], g0[N * M], g1[N * M], *grad[] = {g0, g1}, only_L[N * M];
  PetscReal frozen[REITER_VARIABLES] = {0};
  const PetscReal *axis[] = {x, y};
  const PetscInt n[] = {N, M};
  VariableSet set;
  PetscBool smooth, separates;

  (void)state;
  for (int i = 0; i < N; i++) x[i] = (PetscReal)i / N;
  for (int i = 0; i < M; i++) y[i] = (i + .2) / M;
  frozen[VariableIndex(1, 0)] = .15;
  frozen[VariableIndex(1, 1)] = .65;
  OK(PotentialLevelVariables(p, 0, &set));
  assert_int_equal(set, 0);
  OK(PotentialLevelVariables(p, 1, &set));
  assert_int_equal(set, VariableBit(1, 0) | VariableBit(1, 1));
  OK(PotentialLevelVariables(p, 2, &set));
  assert_int_equal(set, VariableBit(1, 0) | VariableBit(1, 1) | VariableBit(2, 0) | VariableBit(2, 1));
  for (PetscInt k = 1; k <= 2; k++) {
    OK(PotentialLevelIsSmooth(p, k, &smooth));
    assert_true(smooth);
    OK(PotentialLevelSeparates(p, k, &separates));
    assert_false(separates);
  }
  OK(PotentialEvaluateLevel(p, 2, frozen, n, axis, T, grad, L));
  OK(PotentialEvaluateLevel(p, 2, frozen, n, axis, NULL, NULL, only_L));
  for (int i = 0; i < N * M; i++) {
    double a = x[i % N], b = y[i / N], f = 1 + .5 * sin(w * .15), h = .8 * cos(w * .65);

    assert_close("T", T[i], f * (cos(w * a) + cos(w * b)) + h * cos(w * (a - b)), 1e-14);
    assert_close("dT/dx", g0[i], -w * (f * sin(w * a) + h * sin(w * (a - b))), 1e-13);
    assert_close("dT/dy", g1[i], -w * (f * sin(w * b) - h * sin(w * (a - b))), 1e-13);
    assert_close("Lap T", L[i], -w * w * (f * (cos(w * a) + cos(w * b)) + 2 * h * cos(w * (a - b))), 1e-12);
    assert_close("Lap T alone", only_L[i], L[i], 1e-13);
  }
  OK(PotentialEvaluateLevel(p, 1, frozen, n, axis, T, grad, NULL));
  for (int i = 0; i < N * M; i++) {
    double a = x[i % N], b = y[i / N];

    assert_close("T_1", T[i], .7 * cos(w * a) * cos(w * b), 1e-15);
    assert_close("dT_1/dy", g1[i], -w * .7 * cos(w * a) * sin(w * b), 1e-14);
  }
  OK(PotentialDestroy(&p));
}

static void terms_separate_after_multiplying_out(void **state)
{
  Potential p = potential_of(2, 2, NULL,
                             "(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2)) + x^2*cos(2*pi*(x1-y1)) + 3");
  PetscBool separates;
  VariableSet set;

  (void)state;
  OK(PotentialLevelSeparates(p, 2, &separates));
  assert_true(separates);
  OK(PotentialLevelSeparates(p, 1, &separates));
  assert_false(separates);
  OK(PotentialLevelVariables(p, 1, &set));
  assert_int_equal(set, VariableBit(0, 0) | VariableBit(1, 0) | VariableBit(1, 1));
  OK(PotentialDestroy(&p));
}

static void assert_breaks(const char *micro, PetscInt dim, PetscInt c, PetscReal slower, PetscInt n,
                          const PetscReal wanted[], PetscBool aligned)
{
  Potential p = potential_of(dim, 2, NULL, micro);
  PetscReal frozen[REITER_VARIABLES] = {0}, *breaks;
  PetscBool got_aligned;
  PetscInt found;

  frozen[VariableIndex(0, 0)] = slower;
  for (int repeat = 0; repeat < 2; repeat++) { /* the second answer may come from memory */
    OK(PotentialLevelBreaks(p, 1, c, frozen, &found, &breaks, &got_aligned));
    if (found != n || got_aligned != aligned)
      fail_msg("%s: %d breaks, aligned %d", micro, (int)found, got_aligned);
    for (PetscInt i = 0; i < n; i++) assert_close(micro, breaks[i], wanted[i], 4e-16);
    OK(PetscFree(breaks));
  }
  OK(PotentialDestroy(&p));
}

static void kinks_are_found_to_round_off(void **state)
{
  const PetscReal third = 1. / 3, tangent = 4. / 9;

  (void)state;
  assert_breaks("sin(2*pi*x1)", 1, 0, 0, 0, NULL, PETSC_TRUE);
  assert_breaks("if(mod(x1, 1) < 0.5, 2*mod(x1, 1), 2 - 2*mod(x1, 1))", 1, 0, 0, 2, (PetscReal[]){0, .5},
                PETSC_TRUE);
  assert_breaks("min(2*mod(x1, 1), 2 - 2*mod(x1, 1))", 1, 0, 0, 2, (PetscReal[]){0, .5}, PETSC_TRUE);
  assert_breaks("abs(mod(x1 - 0.3, 1) - 0.5)", 1, 0, 0, 2, (PetscReal[]){.3, .8}, PETSC_TRUE);
  assert_breaks("abs(cos(2*pi*x1) - 0.5)", 1, 0, 0, 2, (PetscReal[]){third / 2, 1 - third / 2}, PETSC_TRUE);
  assert_breaks("max(cos(2*pi*x1), sin(2*pi*x1))", 1, 0, 0, 2, (PetscReal[]){.125, .625}, PETSC_TRUE);
  assert_breaks("floor(3*mod(x1, 1))", 1, 0, 0, 3, (PetscReal[]){0, third, 2 * third}, PETSC_TRUE);
  /* zero on an interval: its two ends */
  assert_breaks("max(mod(x1, 1), 0.25)*abs(max(mod(x1, 1), 0.25) - 0.25)", 1, 0, 0, 2, (PetscReal[]){0, .25},
                PETSC_TRUE);
  /* in two dimensions: per component, and not on planes */
  assert_breaks("abs(sin(2*pi*x1)) + abs(cos(2*pi*y1))", 2, 0, 0, 2, (PetscReal[]){0, .5}, PETSC_TRUE);
  assert_breaks("abs(sin(2*pi*x1)) + abs(cos(2*pi*y1))", 2, 1, 0, 2, (PetscReal[]){.25, .75}, PETSC_TRUE);
  assert_breaks("abs(sin(2*pi*x1)) + abs(cos(2*pi*(x1 + y1)))", 2, 0, 0, 2, (PetscReal[]){0, .5},
                PETSC_FALSE);
  /* kinks of slower scales do not count, those that slower scales move follow */
  assert_breaks("abs(x)*cos(2*pi*x1)", 1, 0, .1, 0, NULL, PETSC_TRUE);
  assert_breaks("abs(mod(x1 - x, 1) - 0.5)", 1, 0, tangent, 2, (PetscReal[]){tangent, tangent + .5},
                PETSC_TRUE);
  /* more kinks than any grid can follow */
  assert_breaks("floor(5000*mod(x1, 1))", 1, 0, 0, 0, NULL, PETSC_FALSE);
}

static void kinks_move_with_slower_scales(void **state)
{
  Potential p = potential_of(1, 1, NULL, "abs(mod(x1 - x, 1) - 0.5)");
  PetscReal frozen[REITER_VARIABLES] = {0}, *breaks;
  PetscBool aligned;
  PetscInt n;

  (void)state;
  for (int i = 0; i < 5; i++) {
    frozen[0] = .07 + .08 * i;
    OK(PotentialLevelBreaks(p, 1, 0, frozen, &n, &breaks, &aligned));
    assert_int_equal(n, 2);
    assert_close("kink", breaks[0], frozen[0], 4e-16);
    assert_close("kink", breaks[1], frozen[0] + .5, 4e-16);
    OK(PetscFree(breaks));
  }
  OK(PotentialDestroy(&p));
}

static void good_formulas_pass_the_check(void **state)
{
  static const char *const good[] = {"-x^2/2*sin(2*pi*x1)",
                                     potential_c,
                                     "x1 - floor(x1)",
                                     "if(mod(x1, 1) < 0.5, 1, 2)*sin(2*pi*y2)",
                                     "min(2*mod(x1, 1), 2 - 2*mod(x1, 1))",
                                     "100*cos(2*pi*x1)^2 - 100*sin(2*pi*x1)^2",
                                     "1/(1.1 + sin(2*pi*x1))",
                                     "sqrt(1 - cos(2*pi*x1)^2)",
                                     "3",
                                     "x*y"};

  (void)state;
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    Potential p = potential_of(2, 2, NULL, good[i]);
    const PetscReal x[] = {-1, .5, 2, 3, 400, -700};
    PotentialFault fault;

    OK(PotentialCheck(p, 0, NULL, &fault));
    if (fault.failed) fail_msg("%s: %s", good[i], fault.message);
    OK(PotentialCheck(p, 3, x, &fault));
    if (fault.failed) fail_msg("%s: %s", good[i], fault.message);
    OK(PotentialDestroy(&p));
  }
}

static void faults_are_found(void **state)
{
  static const struct {
    const char *micro;
    PetscInt term, scale, component;
    const char *message;
  } cases[] = {{"x1^2", 0, 1, 0, "V1 is not of period one in x1: at x1 = "},
               {"cos(2*pi*x1) + sin(x1)", 1, 1, 0, "in x1"},
               {"cos(2*pi*x1) + cos(3*pi*y2)*x", 1, 2, 1, "in y2: at x = "},
               {"1/(x1 - 0.5)", 0, 1, 0, "in x1"},
               {"if(x1 < 0.5, 2*x1, 2 - 2*x1)", 0, 1, 0, "in x1"},
               {"cos(2*pi*(x1 - 0.5*y1))", 0, 1, 1, "in y1"},
               {"cos(2*pi*y1) + log(sin(2*pi*x1))", 1, 0, 0, "not finite (nan) at x1 = "},
               {"1/sin(2*pi*x1)", 0, 0, 0, "not finite (inf) at x1 = 0"},
               {"sqrt(x)*cos(2*pi*x1)", 0, 0, 0, "not finite (nan) at x = -"}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    Potential p = potential_of(2, 2, NULL, cases[i].micro);
    PotentialFault fault;

    OK(PotentialCheck(p, 0, NULL, &fault));
    if (!fault.failed || fault.term != cases[i].term || fault.scale != cases[i].scale ||
        fault.component != cases[i].component || !strstr(fault.message, cases[i].message)) {
      fail_msg("%s: term %d, scale %d, component %d: '%s'", cases[i].micro, (int)fault.term, (int)fault.scale,
               (int)fault.component, fault.message);
    }
    OK(PotentialDestroy(&p));
  }
}

/* The point and the values of a fault are those of the formula. */
static void a_fault_tells_where(void **state)
{
  Potential p = potential_of(1, 1, NULL, "x*x1^2");
  const PetscReal x[] = {1.5};
  PotentialFault fault;
  PetscReal t;

  (void)state;
  OK(PotentialCheck(p, 1, x, &fault));
  assert_true(fault.failed);
  t = fault.point[VariableIndex(1, 0)];
  assert_close("x", fault.point[0], 1.5, 0);
  assert_close("value", fault.value, 1.5 * t * t, 1e-15);
  assert_close("shifted", fault.shifted, 1.5 * (t + 1) * (t + 1), 1e-14);
  OK(PotentialDestroy(&p));
}

/* Only some of the points given are bad, and the formula is macroscopic there. */
static void every_given_point_counts(void **state)
{
  Potential p = potential_of(1, 1, NULL, "sqrt(x)*cos(2*pi*x1)");
  const PetscReal good[] = {0, 1, 2}, bad[] = {0, 1, -2, 4};
  PetscReal many[200];
  PotentialFault fault;

  (void)state;
  OK(PotentialCheck(p, 3, good, &fault));
  assert_false(fault.failed);
  OK(PotentialCheck(p, 4, bad, &fault));
  assert_true(fault.failed);
  assert_close("x", fault.point[0], -2, 0);
  for (int i = 0; i < 200; i++) many[i] = i == 137 ? -.5 : i;
  OK(PotentialCheck(p, 200, many, &fault));
  assert_true(fault.failed);
  assert_close("x", fault.point[0], -.5, 0);
  OK(PotentialDestroy(&p));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_micro_formula_is_zero),
      cmocka_unit_test(levels_of_potential_c),
      cmocka_unit_test(terms_separate_after_multiplying_out),
      cmocka_unit_test(kinks_are_found_to_round_off),
      cmocka_unit_test(kinks_move_with_slower_scales),
      cmocka_unit_test(good_formulas_pass_the_check),
      cmocka_unit_test(faults_are_found),
      cmocka_unit_test(a_fault_tells_where),
      cmocka_unit_test(every_given_point_counts),
  };
  return cmocka_run_group_tests_name("potential", tests, NULL, NULL);
}
