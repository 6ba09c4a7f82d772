/* Stationary points and their branches: polynomials whose stationary points, folds and branch points are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "polynomials.h"

#define OK(call) assert_int_equal(call, 0)
#define FAMILY(name, dim, ...)                                                                               \
  static const Term name##_terms[] = {__VA_ARGS__};                                                          \
  Polynomial name##_polynomial = {dim, sizeof(name##_terms) / sizeof(Term), name##_terms};                   \
  const EnergyFamily name = polynomial_family(&name##_polynomial)

static const PetscReal square[3][2] = {{-2, 2.5}, {-2, 2.5}, {-2, 2.5}};

static void assert_near(PetscReal a, PetscReal b, PetscReal tolerance)
{
  if (!(fabs(a - b) <= tolerance)) fail_msg("%.17g is not %.17g: %.2e", a, b, fabs(a - b));
}

/* (x^2 - 1)(x^2 - p) = x^4 - (1 + p) x^2 + p: four points, two of them as close as 2e-5. */
static void test_close_pair_on_a_line(void **state)
{
  FAMILY(f, 1, {1. / 5, {5}}, {-1. / 3, {3}}, {-1. / 3, {3, 0, 0, 1}}, {1, {1, 0, 0, 1}});
  const PetscReal p[] = {1e-10, 0}, roots[] = {-1, -1e-5, 1e-5, 1};
  StationaryPoints set;

  (void)state;
  OK(StationaryPointsFind(&f, square, p, &set));
  assert_true(set.degree_checked);
  assert_int_equal(set.n, 4);
  assert_int_equal(set.degree, 0);
  assert_int_equal(set.sum, 0);
  for (PetscInt i = 0; i < 4; i++) {
    assert_near(set.points[i].x[0], roots[i], 1e-13);
    assert_int_equal(set.points[i].index, i % 2 == 0);
    assert_true(set.points[i].error < 1e-12);
  }
  OK(StationaryPointsDestroy(&set));
}

/* Twelve roots of the Chebyshev polynomial. */
static void test_many_on_a_line(void **state)
{
  FAMILY(f, 1, {1, {1}}, {-72. / 3, {3}}, {840. / 5, {5}}, {-3584. / 7, {7}}, {6912. / 9, {9}},
         {-6144. / 11, {11}}, {2048. / 13, {13}});
  const PetscReal p[] = {0, 0}, box[1][2] = {{-1, 1}};
  StationaryPoints set;

  (void)state;
  OK(StationaryPointsFind(&f, box, p, &set));
  assert_int_equal(set.n, 12);
  for (PetscInt i = 0; i < 12; i++) assert_near(set.points[i].x[0], -cos((i + .5) / 12 * PETSC_PI), 1e-12);
  OK(StationaryPointsDestroy(&set));
}

/* Nine points of a sum of two double wells, turned a little by x y; and with a slope too steep for them one. */
static void test_in_a_square(void **state)
{
  FAMILY(f, 2, {.25, {4}}, {-.5, {2}}, {.25, {0, 4}}, {-.5, {0, 2}}, {1, {1, 1, 0, 1}}, {1, {1, 0, 0, 0, 1}});
  PetscReal p[] = {.1, 0};
  PetscInt count[3] = {0, 0, 0};
  StationaryPoints set;

  (void)state;
  OK(StationaryPointsFind(&f, square, p, &set));
  assert_true(set.degree_checked);
  assert_int_equal(set.degree, 1);
  assert_int_equal(set.sum, 1);
  assert_int_equal(set.n, 9);
  for (PetscInt i = 0; i < 9; i++) count[set.points[i].index]++;
  assert_int_equal(count[0], 4);
  assert_int_equal(count[1], 4);
  assert_int_equal(count[2], 1);
  /* x = -y: x^2 = 1 + p; x = y: x^2 = 1 - p */
  for (PetscInt i = 0; i < 9; i++) {
    const PetscReal *const x = set.points[i].x;

    if (set.points[i].index == 0) assert_near(x[0] * x[0], 1 - .1 * x[0] * x[1] / fabs(x[0] * x[1]), 1e-12);
  }
  OK(StationaryPointsDestroy(&set));
  p[1] = 2;
  OK(StationaryPointsFind(&f, square, p, &set));
  assert_int_equal(set.n, set.sum + 2 * (set.n / 2));
  assert_int_equal(set.sum, set.degree);
  OK(StationaryPointsDestroy(&set));
}

static void test_in_a_cube(void **state)
{
  FAMILY(f, 3, {.25, {4}}, {-.5, {2}}, {.25, {0, 4}}, {-.5, {0, 2}}, {.25, {0, 0, 4}}, {-.5, {0, 0, 2}},
         {1, {1, 0, 1, 1}}, {1, {0, 1, 1, 1}});
  const PetscReal p[] = {.05, 0};
  PetscInt count[4] = {0, 0, 0, 0};
  StationaryPoints set;

  (void)state;
  OK(StationaryPointsFind(&f, square, p, &set));
  assert_true(set.degree_checked);
  assert_int_equal(set.degree, 1);
  assert_int_equal(set.sum, 1);
  assert_int_equal(set.n, 27);
  for (PetscInt i = 0; i < 27; i++) count[set.points[i].index]++;
  assert_int_equal(count[0], 8);
  assert_int_equal(count[1], 12);
  assert_int_equal(count[2], 6);
  assert_int_equal(count[3], 1);
  OK(StationaryPointsDestroy(&set));
}

/* Phi = x^3/3 - p x^2/2 crosses at p = 0 without symmetry; Phi = x^4/4 - x^2/2 + p x folds twice, without a branch point. */
static void test_transcritical_and_folds(void **state)
{
  FAMILY(crossing, 1, {1. / 3, {3}}, {-.5, {2, 0, 0, 1}});
  FAMILY(s_curve, 1, {.25, {4}}, {-.5, {2}}, {1, {1, 0, 0, 1}});
  const PetscReal range[] = {-.7, .6};
  Branches set;

  (void)state;
  OK(BranchesFind(&crossing, square, range, 0, 7, &set));
  assert_int_equal(set.n_curves, 2);
  assert_int_equal(set.n_events, 1);
  assert_int_equal(set.events[0].kind, EVENT_TRANSCRITICAL);
  assert_near(set.events[0].p[0], 0, 1e-13);
  OK(BranchesDestroy(&set));
  OK(BranchesFind(&s_curve, square, range, 0, 7, &set));
  assert_int_equal(set.n_curves, 1);
  assert_int_equal(set.n_events, 2);
  for (PetscInt i = 0; i < 2; i++) {
    assert_int_equal(set.events[i].kind, EVENT_FOLD);
    assert_near(fabs(set.events[i].p[0]), 2 / sqrt(27), 1e-13);
  }
  OK(BranchesDestroy(&set));
}

/* Phi = x^4/4 + q x^2/2 + p x: a cusp at the origin, 4 q^3 + 27 p^2 = 0. */
static void test_cusp(void **state)
{
  FAMILY(f, 1, {.25, {4}}, {.5, {2, 0, 0, 0, 1}}, {1, {1, 0, 0, 1}});
  const PetscReal range[2][2] = {{-.7, .6}, {-1, .3}};
  Branches set;

  (void)state;
  OK(PhaseCurvesFind(&f, square, range, 5, &set));
  assert_int_equal(set.n_curves, 1);
  assert_int_equal(set.n_events, 1);
  assert_int_equal(set.events[0].kind, EVENT_CUSP);
  for (PetscInt a = 0; a < 2; a++) assert_near(set.events[0].p[a], 0, 1e-12);
  OK(BranchesDestroy(&set));
}

/* Phi = (x^2 + y^2)^2/4 + ... - p (x^2 + y^2)/2: both eigenvalues vanish at once; with y^2/20 more they do not. */
static void test_two_eigenvalues(void **state)
{
  FAMILY(both, 2, {.25, {4}}, {.25, {0, 4}}, {1, {2, 2}}, {-.5, {2, 0, 0, 1}}, {-.5, {0, 2, 0, 1}});
  FAMILY(apart, 2, {.25, {4}}, {.25, {0, 4}}, {1, {2, 2}}, {-.5, {2, 0, 0, 1}}, {-.5, {0, 2, 0, 1}},
         {.05, {0, 2}});
  const PetscReal range[] = {-.7, .6};
  PetscInt at_zero = 0;
  Branches set;

  (void)state;
  OK(BranchesFind(&apart, square, range, 0, 7, &set));
  for (PetscInt i = 0; i < set.n_events; i++) {
    const Event *const point = &set.events[i];

    if (hypot(point->x[0], point->x[1]) > 1e-9) continue;
    assert_int_equal(point->kind, EVENT_PITCHFORK);
    assert_near(fabs(point->p[0] - .05), .05, 1e-12);
    at_zero++;
  }
  assert_int_equal(at_zero, 2);
  OK(BranchesDestroy(&set));
  OK(BranchesFind(&both, square, range, 0, 7, &set));
  assert_int_equal(set.lost, 0);
  assert_int_equal(set.n_events, 1);
  assert_int_equal(set.events[0].kind, EVENT_MULTIPLE);
  assert_near(set.events[0].p[0], 0, 1e-8);
  OK(BranchesDestroy(&set));
}

/* Phi = x^6/6 + (1 + q) x^4/4 - p x^2/2: pitchforks at p = 0, folds at p = -(1 + q)^2/4 for q < -1: exponent 2. */
static void test_exponents_of_folds(void **state)
{
  FAMILY(f, 1, {1. / 6, {6}}, {.25, {4, 0, 0, 0, 1}}, {.25, {4}}, {-.5, {2, 0, 0, 1}});
  const PetscReal ranges[2][2] = {{-.7, .6}, {-1.9, .1}}, X[] = {.001, .1, .3};
  PetscInt curves = 0;
  Branches set;

  (void)state;
  OK(PhaseCurvesFind(&f, square, ranges, 5, &set));
  assert_int_equal(set.n_events, 1);
  assert_int_equal(set.events[0].kind, EVENT_DEGENERATE);
  assert_near(set.events[0].p[1], -1, 1e-8);
  for (PetscInt c = 0; c < set.n_curves; c++) {
    ExponentSeries e;
    PetscBool found;

    if (set.curves[c].kind != SYSTEM_FOLD) continue;
    OK(ExponentsOfFolds(&f, square, ranges, &set.curves[c], &set.events[0], 3, X, &e, &found));
    assert_true(found && e.has_limit);
    assert_int_equal(e.n, 3);
    for (PetscInt i = 0; i < 3; i++) {
      assert_near(e.at[i].y, X[i] * X[i] / 4, 1e-8 * X[i]);
      assert_near(e.at[i].exponent, 2, PetscMax(1e-7 / X[i], e.at[i].error));
      assert_true(e.at[i].error < 1e-2);
    }
    assert_near(e.limit, 2, 1e-6);
    OK(ExponentSeriesDestroy(&e));
    curves++;
  }
  assert_true(curves > 0);
  OK(BranchesDestroy(&set));
}

/* The same family: at q = -2 three stable states between the folds p = -1/4 and the pitchfork. */
static void test_states(void **state)
{
  FAMILY(f, 1, {1. / 6, {6}}, {.25, {4, 0, 0, 0, 1}}, {.25, {4}}, {-.5, {2, 0, 0, 1}});
  const PetscReal ranges[2][2] = {{-.7, .6}, {-1.9, .1}}, ends[] = {-.7, -.25, 0, .6};
  const PetscInt stable[] = {1, 3, 2}, unstable[] = {0, 2, 1};
  StateInterval *intervals;
  PetscBool whole;
  Branches set;
  PhaseMap map;
  PetscInt n;

  (void)state;
  OK(BranchesFind(&f, square, ranges[0], -2, 7, &set));
  OK(IntervalsFind(&f, square, ranges[0], -2, &set, &n, &intervals));
  assert_int_equal(n, 3);
  for (PetscInt i = 0; i < 3; i++) {
    assert_near(intervals[i].from, ends[i], 1e-12);
    assert_near(intervals[i].to, ends[i + 1], 1e-12);
    assert_int_equal(intervals[i].stable, stable[i]);
    assert_int_equal(intervals[i].unstable, unstable[i]);
    assert_true(intervals[i].checked);
  }
  OK(PetscFree(intervals));
  OK(BranchesDestroy(&set));
  OK(PhaseMapMake(PETSC_COMM_WORLD, &f, square, ranges, 12, NULL, &map, &whole));
  assert_true(whole);
  assert_int_equal(map.n_regions, 3);
  assert_int_equal(map.unchecked, 0);
  for (PetscInt i = 0; i < 144; i++) {
    PetscReal p[2];

    PhaseMapNode(ranges, 12, i, p);
    const PetscReal c = 1 + p[1], fold = c < 0 ? -c * c / 4 : 0;
    const PetscInt region = p[0] > 0 ? 2 : p[0] > fold ? 3 : 1;

    assert_int_equal(map.region[i], region);
    assert_int_equal(map.points[i], 2 * region - 1);
    assert_int_equal(map.minima[i], region);
  }
  OK(PhaseMapFree(&map));
}

/* Phi = x^4/4 + x^6/6 - (p - 1) x^2/2: x^2 + x^4 = p - 1. */
static void test_exponents_of_a_branch(void **state)
{
  FAMILY(f, 1, {.25, {4}}, {1. / 6, {6}}, {-.5, {2, 0, 0, 1}}, {.5, {2}});
  const PetscReal range[] = {.3, 2}, X[] = {.001, .1, .3};
  ExponentSeries e;
  PetscBool found;
  Branches set;

  (void)state;
  OK(BranchesFind(&f, square, range, 0, 7, &set));
  assert_int_equal(set.n_events, 1);
  OK(ExponentsOfBranch(&f, square, range, 0, &set.events[0], 3, X, &e, &found));
  assert_true(found && e.has_limit);
  assert_int_equal(e.n, 3);
  for (PetscInt i = 0; i < 3; i++) {
    const PetscReal w = (sqrt(1 + 4 * X[i]) - 1) / 2; /* x^2 */

    assert_near(e.at[i].y, sqrt(w), 1e-11);
    assert_near(e.at[i].exponent, X[i] / (2 * w * (1 + 2 * w)), 1e-9);
  }
  assert_near(e.limit, .5, 1e-9);
  OK(ExponentSeriesDestroy(&e));
  OK(BranchesDestroy(&set));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_close_pair_on_a_line),
      cmocka_unit_test(test_many_on_a_line),
      cmocka_unit_test(test_in_a_square),
      cmocka_unit_test(test_in_a_cube),
      cmocka_unit_test(test_transcritical_and_folds),
      cmocka_unit_test(test_cusp),
      cmocka_unit_test(test_two_eigenvalues),
      cmocka_unit_test(test_exponents_of_folds),
      cmocka_unit_test(test_exponents_of_a_branch),
      cmocka_unit_test(test_states),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests_name("transitions of polynomials", tests, NULL, NULL);

  return PetscFinalize() || failed;
}
