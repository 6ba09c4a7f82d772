/*
  Formulas: values against the C library, derivatives against finite differences, the messages for mistakes,
  hostile input, and grids against single points.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <reiter/expression.h>

#define OK(call) assert_int_equal(call, 0)

static const Parameter parameters[] = {{"alpha", -.25}, {"depth", 3}};
static const ExpressionScope plane = {2, 2, 2, parameters};
static const ExpressionScope space = {3, 3, 2, parameters};

static Expression parse_in(const ExpressionScope *scope, const char *text)
{
  Expression e;
  ExpressionError error;

  OK(ExpressionParse(text, strlen(text), scope, &e, &error));
  if (!e) fail_msg("'%s': at %zu: %s", text, error.offset, error.message);
  return e;
}

static Expression parse(const char *text)
{
  return parse_in(&space, text);
}

static double value_at(const char *text, double x, double y)
{
  PetscReal values[REITER_VARIABLES] = {0}, value;
  Expression e = parse(text);

  values[VariableIndex(0, 0)] = x;
  values[VariableIndex(0, 1)] = y;
  OK(ExpressionEvaluate(e, values, &value));
  OK(ExpressionDestroy(&e));
  return value;
}

static void assert_close(const char *what, double got, double wanted, double tolerance)
{
  if (!(fabs(got - wanted) <= tolerance * (1 + fabs(wanted))))
    fail_msg("%s: %.17g, not %.17g", what, got, wanted);
}

static void operators_bind_as_in_mathematics(void **state)
{
  static const struct {
    const char *text;
    double value;
  } cases[] = {{"1 + 2*3", 7},
               {"(1 + 2)*3", 9},
               {"2 - 3 - 4", -5},
               {"24/4/2", 3},
               {"24/4*2", 12},
               {"2^3^2", 512},
               {"-2^2", -4},
               {"(-2)^2", 4},
               {"2^-3", .125},
               {"2^-1^2", .5},
               {"2*-3", -6},
               {"2--3", 5},
               {"-(-3)", 3},
               {"+4", 4},
               {"1e-3", 1e-3},
               {".5", .5},
               {"2.", 2},
               {"1.5E+2", 150},
               {" \t\r\n7 ", 7},
               {"2*pi", 6.283185307179586},
               {"e", 2.718281828459045},
               {"depth*alpha", -.75},
               {"1 < 2", 1},
               {"2 <= 1", 0},
               {"2 > 1", 1},
               {"1 >= 1", 1},
               {"1 == 2", 0},
               {"1 != 2", 1},
               {"1 + 1 < 1 + 2", 1},
               {"min(3, 1, 2)", 1},
               {"max(3, 1, 2, 9, -4)", 9},
               {"mod(7, 3)", 1},
               {"mod(-1, 3)", 2},
               {"mod(-0.25, 1)", .75},
               {"mod(7, -3)", -2},
               {"floor(-1.5)", -2},
               {"sign(-3) + sign(0) + 10*sign(5)", 9},
               {"abs(-3)", 3},
               {"if(2 > 1, 5, 6)", 5},
               {"if(0, 5, 6)", 6},
               {"sqrt(16)", 4},
               {"(-8)^3", -512},
               {"2^10", 1024},
               {"2^0.5", 1.4142135623730951}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_close(cases[i].text, value_at(cases[i].text, 0, 0), cases[i].value, 1e-15);
  }
}

/* Every function as C knows it, at many points. */
static double from_c(int which, double x)
{
  switch (which) {
  case 0:
    return sin(x);
  case 1:
    return cos(x);
  case 2:
    return tan(x);
  case 3:
    return asin(x / 4);
  case 4:
    return acos(x / 4);
  case 5:
    return atan(x);
  case 6:
    return sinh(x);
  case 7:
    return cosh(x);
  case 8:
    return tanh(x);
  case 9:
    return exp(x);
  case 10:
    return log(x + 4);
  case 11:
    return sqrt(x + 4);
  case 12:
    return erf(x);
  case 13:
    return fabs(x);
  case 14:
    return floor(x);
  case 15:
    return x * x * x * x - 1 / (x * x * x);
  case 16:
    return pow(x + 4, 1.7);
  case 17:
    return pow(x + 4, x);
  case 18:
    return x - floor(x);
  case 19:
    return x < 1 ? x * x : 2 * x - 1;
  case 20:
    return fmin(x, sin(x)) + fmax(x, .5);
  case 21:
    return pow(x, 11);
  default:
    return exp(x);
  }
}

static const char *const formulas_of_x[] = {"sin(x)",
                                            "cos(x)",
                                            "tan(x)",
                                            "asin(x/4)",
                                            "acos(x/4)",
                                            "atan(x)",
                                            "sinh(x)",
                                            "cosh(x)",
                                            "tanh(x)",
                                            "exp(x)",
                                            "log(x + 4)",
                                            "sqrt(x + 4)",
                                            "erf(x)",
                                            "abs(x)",
                                            "floor(x)",
                                            "x^4 - x^-3",
                                            "(x + 4)^1.7",
                                            "(x + 4)^x",
                                            "mod(x, 1)",
                                            "if(x < 1, x^2, 2*x - 1)",
                                            "min(x, sin(x)) + max(x, 0.5)",
                                            "x^11",
                                            "e^x"};
#define N_FORMULAS (int)(sizeof(formulas_of_x) / sizeof(formulas_of_x[0]))

static void values_agree_with_the_c_library(void **state)
{
  (void)state;
  for (int f = 0; f < N_FORMULAS; f++) {
    Expression e = parse(formulas_of_x[f]);

    for (int i = 0; i < 200; i++) {
      PetscReal values[REITER_VARIABLES] = {0}, value;

      values[0] = -3 + 6 * (i + .37) / 200;
      OK(ExpressionEvaluate(e, values, &value));
      assert_close(formulas_of_x[f], value, from_c(f, values[0]), 4e-15);
    }
    OK(ExpressionDestroy(&e));
  }
}

/* Central difference of order 4; the points keep away from kinks. */
static double difference(double (*f)(int, double), int which, double x)
{
  const double h = 2e-3;

  return (8 * (f(which, x + h) - f(which, x - h)) - (f(which, x + 2 * h) - f(which, x - 2 * h))) / (12 * h);
}

static void derivatives_agree_with_differences(void **state)
{
  static const double points[] = {-2.3, -1.42, -.71, .23, .87, 1.31, 2.6};

  (void)state;
  for (int f = 0; f < N_FORMULAS; f++) {
    Expression e = parse(formulas_of_x[f]), derivative;

    OK(ExpressionDerive(e, VariableIndex(0, 0), &derivative));
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
      PetscReal values[REITER_VARIABLES] = {points[i]}, value;

      OK(ExpressionEvaluate(derivative, values, &value));
      assert_close(formulas_of_x[f], value, difference(from_c, f, points[i]), 3e-7);
    }
    OK(ExpressionDestroy(&derivative));
    OK(ExpressionDestroy(&e));
  }
}

static void derivatives_have_their_closed_forms(void **state)
{
  static const struct {
    const char *formula, *derivative; /* with respect to x */
  } cases[] = {{"x^4/4 - alpha*x^2/2", "x^3 + x/4"},
               {"sin(2*pi*x)*cos(y)", "2*pi*cos(2*pi*x)*cos(y)"},
               {"sin(x)^2", "2*sin(x)*cos(x)"},
               {"asin(x)", "1/sqrt(1 - x^2)"},
               {"acos(x)", "-1/sqrt(1 - x^2)"},
               {"erf(x*y)", "2/sqrt(pi)*y*exp(-(x*y)^2)"},
               {"x^y", "y*x^(y - 1)"},
               {"y^x", "log(y)*y^x"},
               {"x^x", "x^x*(log(x) + 1)"},
               {"abs(sin(5*x))", "5*sign(sin(5*x))*cos(5*x)"},
               {"mod(x, y)", "1"},
               {"mod(y, x)", "-floor(y/x)"},
               {"min(x^2, y)", "if(x^2 <= y, 2*x, 0)"},
               {"max(x^2, y)", "if(x^2 >= y, 2*x, 0)"},
               {"floor(3*x) + sign(x) + (x < y)", "0"},
               {"if(y < 2, x*y, x^3)", "if(y < 2, y, 3*x^2)"},
               {"tan(x)", "1/cos(x)^2"},
               {"tanh(3*x)", "3/cosh(3*x)^2"},
               {"log(x)/x", "(1 - log(x))/x^2"},
               {"sqrt(1 + x^2)", "x/sqrt(1 + x^2)"}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    Expression e = parse(cases[i].formula), wanted = parse(cases[i].derivative), got;

    OK(ExpressionDerive(e, VariableIndex(0, 0), &got));
    for (int j = 0; j < 20; j++) {
      PetscReal values[REITER_VARIABLES] = {.013 + .048 * j, .31 + .0777 * j}, a, b;

      OK(ExpressionEvaluate(got, values, &a));
      OK(ExpressionEvaluate(wanted, values, &b));
      assert_close(cases[i].formula, a, b, 1e-13);
    }
    OK(ExpressionDestroy(&e));
    OK(ExpressionDestroy(&got));
    OK(ExpressionDestroy(&wanted));
  }
}

static void formulas_shrink(void **state)
{
  static const struct {
    const char *formula;
    VariableSet variables;
  } cases[] = {{"0*x + y1", VariableBit(1, 1)},
               {"x - x + z2", VariableBit(2, 2)},
               {"x^0*x3", VariableBit(3, 0)},
               {"if(1 < 2, x, y)", VariableBit(0, 0)},
               {"alpha*depth + 2", 0},
               {"sin(x*y2) - z1", VariableBit(0, 0) | VariableBit(2, 1) | VariableBit(1, 2)}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    Expression e = parse(cases[i].formula);
    VariableSet set;

    OK(ExpressionVariables(e, &set));
    assert_int_equal(set, cases[i].variables);
    OK(ExpressionDestroy(&e));
  }
}

static void mistakes_are_pointed_at(void **state)
{
  static const ExpressionScope line = {1, 2, 2, parameters}, macro = {2, 0, 2, parameters},
                               constant = {0, 0, 2, parameters};
  static const struct {
    const ExpressionScope *scope;
    const char *text;
    size_t offset, length;
    const char *message, *suggestion;
  } cases[] = {{&plane, "", 0, 0, "empty", ""},
               {&plane, "  \n", 0, 3, "empty", ""},
               {&plane, "cos(x) + sen(y)", 9, 3, "no function sen", "sin"},
               {&plane, "1 + alpah*x", 4, 5, "no name alpah", "alpha"},
               {&plane, "PI*x", 0, 2, "no name PI", "pi"},
               {&plane, "ln(x)", 0, 2, "no function ln", "log"},
               {&plane, "qwertyuiop", 0, 10, "no name qwertyuiop", ""},
               {&line, "x + y", 4, 1, "dimension is 1", ""},
               {&plane, "x + z1", 4, 2, "dimension is 2", ""},
               {&plane, "sin(x3)", 4, 2, "scales is 2", "x2"},
               {&plane, "x10", 0, 3, "scale 10", "x2"},
               {&plane, "x0", 0, 2, "count from x1", "x"},
               {&macro, "x + y1", 4, 2, "only macroscopic", "y"},
               {&constant, "2*x", 2, 1, "constant", ""},
               {&plane, "sin(x, y)", 0, 9, "sin takes 1 argument, not 2", ""},
               {&plane, "1 + min(x)", 4, 6, "at least 2 arguments, not 1", ""},
               {&plane, "if(x, y)", 0, 8, "if takes 3 arguments, not 2", ""},
               {&plane, "mod()", 0, 5, "mod takes 2 arguments, not 0", ""},
               {&plane, "sin + 1", 0, 3, "function", "sin(...)"},
               {&plane, "(x + 1", 0, 1, "never closed", ""},
               {&plane, "cos(x + (1", 8, 1, "never closed", ""},
               {&plane, "x + 1)", 5, 1, "never opened", ""},
               {&plane, "()", 0, 2, "nothing between", ""},
               {&plane, "x, y", 1, 1, "comma", ""},
               {&plane, "(x, y)", 2, 1, "comma", ""},
               {&plane, "x +", 3, 0, "ends where a value", ""},
               {&plane, "x * / y", 4, 1, "before '/'", ""},
               {&plane, "2x", 0, 2, "multiplication sign is missing", "2*x"},
               {&plane, "1 + 2 x", 4, 3, "multiplication sign is missing", "2*x"},
               {&plane, "2(x + 1)", 0, 2, "multiplication sign is missing", "2*("},
               {&plane, "(x)(y)", 0, 4, "multiplication sign is missing", "(x)*("},
               {&plane, "x y", 0, 3, "multiplication sign is missing", "x*y"},
               {&plane, "depth(x)", 0, 5, "depth is a parameter, not a function", "depth*("},
               {&plane, "x**2", 1, 2, "powers", "^"},
               {&plane, "x = 2", 2, 1, "'='", "=="},
               {&plane, "0 < x < 1", 6, 1, "chain", ""},
               {&plane, "x $ y", 2, 1, "'$' cannot stand here", ""},
               {&plane, "sin[x]", 0, 3, "function", "sin(...)"},
               {&plane, "x \xc2\xb7 y", 2, 2, "not part of a formula", "*"},
               {&plane, "2*\xcf\x80", 2, 2, "not part of a formula", "pi"},
               {&plane, "x\xff", 1, 1, "not part of a formula", ""},
               {&plane, "1e999*x", 0, 5, "too large", ""},
               {&plane, "1/0", 0, 3, "not a finite number", ""},
               {&plane, "log(-1)", 0, 7, "not a finite number", ""}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    Expression e;
    ExpressionError error;

    OK(ExpressionParse(cases[i].text, strlen(cases[i].text), cases[i].scope, &e, &error));
    if (e) fail_msg("'%s' was accepted", cases[i].text);
    if (!strstr(error.message, cases[i].message) || strcmp(error.suggestion, cases[i].suggestion) != 0 ||
        error.offset != cases[i].offset || error.length != cases[i].length) {
      fail_msg("'%s': [%zu, %zu) %s (%s)", cases[i].text, error.offset, error.length, error.message,
               error.suggestion);
    }
  }
}

/* `piece` n times, `inside`, `end` n times. */
static char *repeated(const char *piece, size_t n, const char *inside, const char *end)
{
  size_t a = strlen(piece), b = strlen(inside), c = strlen(end);
  char *text = malloc(n * (a + c) + b + 1);

  for (size_t i = 0; i < n; i++) memcpy(text + i * a, piece, a);
  memcpy(text + n * a, inside, b);
  for (size_t i = 0; i < n; i++) memcpy(text + n * a + b + i * c, end, c);
  text[n * (a + c) + b] = '\0';
  return text;
}

static void assert_refused(char *text, size_t length, const char *message)
{
  Expression e;
  ExpressionError error;

  OK(ExpressionParse(text, length, &plane, &e, &error));
  assert_null(e);
  if (!strstr(error.message, message)) fail_msg("%s", error.message);
  assert_true(error.offset + error.length <= length);
  free(text);
}

static void hostile_formulas_are_refused(void **state)
{
  static const char nul[] = "x + \0 y";
  char *text;

  (void)state;
  text = repeated("(", 10000, "x", ")");
  assert_refused(text, strlen(text), "nested");
  text = repeated("-", 10000, "x", "");
  assert_refused(text, strlen(text), "nested");
  text = repeated("2^", 10000, "x", "");
  assert_refused(text, strlen(text), "nested");
  text = repeated("sin(", 10000, "x", ")");
  assert_refused(text, strlen(text), "nested");
  text = repeated("(", 10000, "", "");
  assert_refused(text, strlen(text), "nested");
  text = repeated(" ", (size_t)2 << 20, "x", "");
  assert_refused(text, strlen(text), "bytes");
  text = repeated("9", 100000, "", "");
  assert_refused(text, strlen(text), "too large");
  text = malloc(sizeof(nul));
  memcpy(text, nul, sizeof(nul));
  assert_refused(text, sizeof(nul) - 1, "NUL");
}

static void too_many_operations_are_refused(void **state)
{
  const size_t n = 70000;
  char *text = malloc(16 * n);
  size_t length = 0;

  (void)state;
  for (size_t i = 0; i < n; i++) length += (size_t)sprintf(text + length, "+(x-%zu)^3", i);
  assert_refused(text, length, "more than 200000 operations");
}

static void long_sums_work(void **state)
{
  const size_t n = 66000;
  char *text = malloc(16 * n);
  size_t length = 0;
  PetscReal values[REITER_VARIABLES] = {.5}, value;
  PetscInt n_terms;
  ExpressionError error;
  Expression e, derivative, *terms;

  (void)state;
  for (size_t i = 0; i < n; i++) length += (size_t)sprintf(text + length, "+%zu*x", i + 2);
  OK(ExpressionParse(text, length, &plane, &e, &error));
  assert_non_null(e);
  OK(ExpressionEvaluate(e, values, &value));
  assert_close("sum", value, .5 * ((double)n * (double)(n + 3) / 2), 1e-12);
  OK(ExpressionDerive(e, 0, &derivative));
  OK(ExpressionEvaluate(derivative, values, &value));
  assert_close("derivative", value, (double)n * (double)(n + 3) / 2, 1e-12);
  OK(ExpressionTerms(e, &n_terms, &terms));
  assert_int_equal(n_terms, n);
  for (PetscInt i = 0; i < n_terms; i++) OK(ExpressionDestroy(&terms[i]));
  OK(PetscFree(terms));
  OK(ExpressionDestroy(&derivative));
  OK(ExpressionDestroy(&e));
  free(text);
}

/* Unmergeable constant factors once made the rules of simplification recurse. */
static void chains_of_tiny_factors_do_not_exhaust_the_stack(void **state)
{
  char *text = repeated("1e-200*1e-200/1e300*", 1, "x", "");
  char *chain = repeated("*1e-200", 20000, "", "");
  char *both = malloc(strlen(chain) + 16);
  Expression e, derivative;

  (void)state;
  sprintf(both, "y*(x%s)", chain);
  e = parse(both);
  OK(ExpressionDerive(e, 0, &derivative));
  OK(ExpressionDestroy(&derivative));
  OK(ExpressionDestroy(&e));
  e = parse(text);
  OK(ExpressionDestroy(&e));
  free(text);
  free(chain);
  free(both);
}

static void smoothness_depends_on_what_moves(void **state)
{
  static const struct {
    const char *formula;
    VariableSet of;
    PetscBool smooth;
  } cases[] = {{"sin(2*pi*x1)*x^1.5 + sqrt(x1) + log(y2) + asin(x)", ~(VariableSet)0, PETSC_TRUE},
               {"abs(x)*sin(2*pi*x1)", ScaleBits(1), PETSC_TRUE},
               {"abs(x)*sin(2*pi*x1)", ScaleBits(0), PETSC_FALSE},
               {"abs(sin(2*pi*x1))", ScaleBits(1), PETSC_FALSE},
               {"abs(sin(2*pi*x1))", ScaleBits(2), PETSC_TRUE},
               {"mod(x1, 1)", ScaleBits(1), PETSC_FALSE},
               {"floor(x2)", ScaleBits(2), PETSC_FALSE},
               {"sign(y1)", VariableBit(1, 0), PETSC_TRUE},
               {"min(x1, y1)", VariableBit(1, 1), PETSC_FALSE},
               {"max(x, 2)*cos(x1)", ScaleBits(1), PETSC_TRUE},
               {"if(x > 0, cos(x1), sin(x1))", ScaleBits(1), PETSC_TRUE},
               {"if(x1 > 0, 1, 2)", ScaleBits(1), PETSC_FALSE},
               {"if(x1, 1, 2)", ScaleBits(1), PETSC_FALSE},
               {"(x1 < 0.5)", ScaleBits(1), PETSC_FALSE}};

  (void)state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    Expression e = parse(cases[i].formula);
    PetscBool smooth;

    OK(ExpressionIsSmooth(e, cases[i].of, &smooth));
    if (smooth != cases[i].smooth) fail_msg("%s", cases[i].formula);
    OK(ExpressionDestroy(&e));
  }
}

/* The switches' values at one point tell which functions they are. */
static void assert_switches(const char *formula, PetscInt n, const char *const wanted[])
{
  PetscReal values[REITER_VARIABLES];
  Expression e = parse(formula), *switches;
  PetscInt found;

  for (PetscInt v = 0; v < REITER_VARIABLES; v++) values[v] = .1 + .07 * v;
  OK(ExpressionSwitches(e, &found, &switches));
  if (found != n) fail_msg("%s: %d switches", formula, (int)found);
  for (PetscInt i = 0; i < n; i++) {
    Expression w = parse(wanted[i]);
    PetscReal a, b = 0;
    PetscInt j;

    OK(ExpressionEvaluate(w, values, &a));
    for (j = 0; j < n; j++) {
      OK(ExpressionEvaluate(switches[j], values, &b));
      if (fabs(fabs(a) - fabs(b)) < 1e-14) break;
    }
    if (j == n) fail_msg("%s: no switch %s", formula, wanted[i]);
    OK(ExpressionDestroy(&w));
  }
  for (PetscInt i = 0; i < n; i++) OK(ExpressionDestroy(&switches[i]));
  OK(PetscFree(switches));
  OK(ExpressionDestroy(&e));
}

static void switches_are_the_functions_that_vanish_at_kinks(void **state)
{
  (void)state;
  assert_switches("sin(x) + sqrt(y)", 0, NULL);
  assert_switches("abs(x1 - 0.3) + 2*abs(x1 - 0.3)", 1, (const char *[]){"x1 - 0.3"});
  assert_switches("min(x, y^2)", 1, (const char *[]){"x - y^2"});
  assert_switches("floor(3*x)", 1, (const char *[]){"sin(pi*3*x)"});
  assert_switches("mod(x, 0.5)", 1, (const char *[]){"sin(pi*x/0.5)"});
  assert_switches("if(x < 0.5, 1, y)", 1, (const char *[]){"x - 0.5"});
  assert_switches("if(x - 0.5, 1, y)", 1, (const char *[]){"x - 0.5"});
  assert_switches("if((x < 0.5)*(y > 0.2), 1, 2)", 2, (const char *[]){"x - 0.5", "y - 0.2"});
  assert_switches("if(mod(y, 1) < 0.5, 2*y, 2 - 2*y)", 2, (const char *[]){"sin(pi*y)", "y - 0.5"});
}

static void assert_terms(const char *formula, PetscInt n)
{
  PetscReal values[REITER_VARIABLES], whole, term, sum = 0;
  Expression e = parse(formula), back, *terms;
  PetscInt found;

  for (PetscInt v = 0; v < REITER_VARIABLES; v++) values[v] = .1 + .07 * v;
  OK(ExpressionTerms(e, &found, &terms));
  if (found != n) fail_msg("%s: %d terms", formula, (int)found);
  OK(ExpressionEvaluate(e, values, &whole));
  for (PetscInt i = 0; i < n; i++) {
    OK(ExpressionEvaluate(terms[i], values, &term));
    sum += term;
  }
  assert_close(formula, sum, whole, 1e-14);
  OK(ExpressionSum(n, terms, &back));
  OK(ExpressionEvaluate(back, values, &sum));
  assert_close(formula, sum, whole, 1e-14);
  for (PetscInt i = 0; i < n; i++) OK(ExpressionDestroy(&terms[i]));
  OK(PetscFree(terms));
  OK(ExpressionDestroy(&back));
  OK(ExpressionDestroy(&e));
}

static void formulas_split_where_it_helps(void **state)
{
  (void)state;
  assert_terms("0", 0);
  assert_terms("x*y", 1);
  assert_terms("x + y - z", 3);
  assert_terms("-(x - 2*(y + z1)/3)", 3);
  assert_terms("1 - (2 - x)", 3);
  /* the components of scale 2 separate */
  assert_terms("(1 + 0.5*sin(2*pi*x1))*(cos(2*pi*x2) + cos(2*pi*y2))", 2);
  /* nothing is gained */
  assert_terms("(1 + x1)*cos(x1)", 1);
  assert_terms("(1 + cos(x1))*(1 + cos(y1))", 1);
  /* the macroscopic variables are frozen in every cell */
  assert_terms("(x^2 + y^2)*cos(x1)", 1);
  assert_terms("(cos(x1) + cos(y1))/(2 + x)", 2);
  assert_terms("(cos(x1) + cos(y1) + cos(z1))^2", 9);
  assert_terms("-(cos(x1) - cos(y1))*cos(x2)", 2);
}

/* Random formulas, finite everywhere. */
static unsigned random_below(unsigned *seed, unsigned n)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % n;
}

static void random_formula(unsigned *seed, int depth, char *text, size_t *length)
{
  static const char *const unary[] = {"sin(",  "cos(",  "-(",       "exp(-abs(", "abs(",
                                      "tanh(", "atan(", "floor(3*", "erf("};
  static const char *const binary[] = {"+", "-", "*", "/(2 + sin(", "<"};
  static const char *const leaves[] = {"x",  "y1", "x1", "z1", "x2",    "y2",     "z2",          "0.7",
                                       "pi", "x1", "y1", "y",  "alpha", "x1*0.3", "(x1 - 2*y1)", "(z1 + x1)"};
  unsigned kind = depth > 0 ? random_below(seed, 10) : 0;
  size_t which;

  if (kind < 1) {
    *length += (size_t)sprintf(text + *length, "%s", leaves[random_below(seed, 16)]);
  } else if (kind < 5) {
    which = random_below(seed, 9);
    *length += (size_t)sprintf(text + *length, "%s", unary[which]);
    *length += (size_t)sprintf(text + *length, "(");
    random_formula(seed, depth - 1, text, length);
    *length += (size_t)sprintf(text + *length, which == 3 ? ")))" : "))");
  } else if (kind < 9) {
    which = random_below(seed, 5);
    *length += (size_t)sprintf(text + *length, "((");
    random_formula(seed, depth - 1, text, length);
    *length += (size_t)sprintf(text + *length, ")%s(", binary[which]);
    random_formula(seed, depth - 1, text, length);
    *length += (size_t)sprintf(text + *length, which == 3 ? "))))" : "))");
  } else {
    *length += (size_t)sprintf(text + *length, "(");
    random_formula(seed, depth - 1, text, length);
    *length += (size_t)sprintf(text + *length, ")^%u", random_below(seed, 5));
  }
}

/* One program of some formulas over a grid of scale k against the points one by one. */
static void assert_grid(PetscInt n_formulas, const Expression e[], PetscInt k, PetscInt dim,
                        const PetscInt n[])
{
  PetscReal frozen[REITER_VARIABLES], *axis[REITER_MAX_DIM], *out[8], value;
  PetscInt total = 1;
  Program program;

  for (PetscInt v = 0; v < REITER_VARIABLES; v++) frozen[v] = .21 + .083 * v;
  for (PetscInt c = 0; c < dim; c++) {
    total *= n[c];
    axis[c] = malloc((size_t)n[c] * sizeof(PetscReal));
    for (PetscInt i = 0; i < n[c]; i++) axis[c][i] = (i + .319 * (c + 1)) / n[c];
  }
  for (PetscInt f = 0; f < n_formulas; f++) out[f] = malloc((size_t)total * sizeof(PetscReal));
  OK(ProgramCreate(n_formulas, e, &program));
  for (PetscInt repeat = 0; repeat < 2; repeat++) {
    OK(ProgramEvaluateGrid(program, k, dim, n, (const PetscReal *const *)axis, frozen, out));
  }
  for (PetscInt i = 0; i < total; i++) {
    PetscReal values[REITER_VARIABLES];

    memcpy(values, frozen, sizeof(values));
    values[VariableIndex(k, 0)] = axis[0][i % n[0]];
    if (dim > 1) values[VariableIndex(k, 1)] = axis[1][i / n[0] % n[1]];
    if (dim > 2) values[VariableIndex(k, 2)] = axis[2][i / n[0] / n[1]];
    for (PetscInt f = 0; f < n_formulas; f++) {
      OK(ExpressionEvaluate(e[f], values, &value));
      assert_close("grid", out[f][i], value, 1e-11);
    }
  }
  OK(ProgramDestroy(&program));
  for (PetscInt c = 0; c < dim; c++) free(axis[c]);
  for (PetscInt f = 0; f < n_formulas; f++) free(out[f]);
}

static void grids_agree_with_points(void **state)
{
  static const PetscInt sizes[][3] = {{7, 5, 3}, {33, 17, 4}, {1, 1, 1}, {300, 2, 1}};
  unsigned seed = 20240611;

  (void)state;
  for (int round = 0; round < 60; round++) {
    Expression e[8];
    const PetscInt n = 1 + round % 5;

    for (PetscInt f = 0; f < n; f++) {
      char text[20000];
      size_t length = 0;

      random_formula(&seed, 5, text, &length);
      e[f] = parse(text);
    }
    if (n > 2) { /* twice the same, and a derivative beside its formula */
      OK(ExpressionDestroy(&e[0]));
      OK(ExpressionReference(e[1]));
      e[0] = e[1];
      OK(ExpressionDestroy(&e[2]));
      OK(ExpressionDerive(e[1], VariableIndex(1, 0), &e[2]));
    }
    for (PetscInt dim = 1; dim <= 3; dim++)
      for (PetscInt k = 0; k <= 2; k++) assert_grid(n, e, k, dim, sizes[round % 4]);
    for (PetscInt f = 0; f < n; f++) OK(ExpressionDestroy(&e[f]));
  }
}

/* Constants, variables and sums are written by different ways. */
static void no_points_give_no_values(void **state)
{
  static const char *const texts[] = {"2", "x", "x1", "x + x1*cos(x)"};
  enum { FORMULAS = 4 };
  const PetscReal x[1] = {1}, *variables[REITER_VARIABLES] = {NULL}, frozen[REITER_VARIABLES] = {0};
  const PetscReal *const axis[] = {x};
  const PetscInt none[] = {0};
  PetscReal untouched[FORMULAS] = {7, 7, 7, 7}, *out[FORMULAS];
  Expression e[FORMULAS];
  Program program;

  (void)state;
  variables[VariableIndex(0, 0)] = variables[VariableIndex(1, 0)] = x;
  for (int f = 0; f < FORMULAS; f++) {
    e[f] = parse(texts[f]);
    out[f] = &untouched[f];
  }
  OK(ProgramCreate(FORMULAS, e, &program));
  OK(ProgramEvaluatePoints(program, 0, variables, out));
  OK(ProgramEvaluateFast(program, 0, variables, frozen, out));
  OK(ProgramEvaluateGrid(program, 1, 1, none, axis, frozen, out));
  for (int f = 0; f < FORMULAS; f++) {
    assert_true(untouched[f] == 7);
    OK(ExpressionDestroy(&e[f]));
  }
  OK(ProgramDestroy(&program));
}

/* Vector sines and cosines at the arguments of steep potentials: 4 ulp. */
static void vector_functions_are_accurate(void **state)
{
  static const char *const texts[] = {"sin(x1)", "cos(x1)", "exp(x1)", "log(x1)", "x1^1.7"};
  enum { N = 1000 };
  PetscReal x[N], got[N], *out[] = {got}, frozen[REITER_VARIABLES] = {0};
  const PetscReal *axis[] = {x};
  const PetscInt n[] = {N};

  (void)state;
  for (int i = 0; i < N; i++) x[i] = .001 + .6 * i;
  for (int f = 0; f < 5; f++) {
    Expression e = parse(texts[f]);
    Program program;

    OK(ProgramCreate(1, &e, &program));
    OK(ProgramEvaluateGrid(program, 1, 1, n, axis, frozen, out));
    for (int i = 0; i < N; i++) {
      double wanted = f == 0   ? sin(x[i])
                      : f == 1 ? cos(x[i])
                      : f == 2 ? exp(x[i])
                      : f == 3 ? log(x[i])
                               : pow(x[i], 1.7);

      if (!(fabs(got[i] - wanted) <= 4 * 0x1p-52 * fabs(wanted))) {
        fail_msg("%s at %.17g: %.17g, not %.17g", texts[f], x[i], got[i], wanted);
      }
    }
    OK(ProgramDestroy(&program));
    OK(ExpressionDestroy(&e));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operators_bind_as_in_mathematics),
      cmocka_unit_test(values_agree_with_the_c_library),
      cmocka_unit_test(derivatives_agree_with_differences),
      cmocka_unit_test(derivatives_have_their_closed_forms),
      cmocka_unit_test(formulas_shrink),
      cmocka_unit_test(mistakes_are_pointed_at),
      cmocka_unit_test(hostile_formulas_are_refused),
      cmocka_unit_test(too_many_operations_are_refused),
      cmocka_unit_test(long_sums_work),
      cmocka_unit_test(chains_of_tiny_factors_do_not_exhaust_the_stack),
      cmocka_unit_test(smoothness_depends_on_what_moves),
      cmocka_unit_test(switches_are_the_functions_that_vanish_at_kinks),
      cmocka_unit_test(formulas_split_where_it_helps),
      cmocka_unit_test(grids_agree_with_points),
      cmocka_unit_test(no_points_give_no_values),
      cmocka_unit_test(vector_functions_are_accurate),
  };
  return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
