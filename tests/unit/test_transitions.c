/* Polynomial families whose stationary points, folds, pitchforks and cusps are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#include <reiter/transitions.h>

#define OK(call) assert_int_equal(call, 0)

/* Phi = x^6/6 + c x^4/4 - p x^2/2 + b x + k y^2/2 - e x^2 y: q = c or b; c, b, k, e and which of c, b is free. */
typedef struct {
  PetscReal c, b, k, e;
  PetscBool free_b;
  PetscInt dim, m;
} Sextic;

static PetscErrorCode evaluate(void *context, const PetscReal X[], const PetscReal p[], PetscInt order,
                               FreeEnergyJet *jet, PetscBool *good)
{
  const Sextic *const s = (const Sextic *)context;
  const PetscReal x = X[0], y = s->dim > 1 ? X[1] : 0, a = p[0];
  const PetscReal c = s->m > 1 && !s->free_b ? p[1] : s->c, b = s->m > 1 && s->free_b ? p[1] : s->b;
  const PetscInt d = s->dim, m = s->m;

  (void)order;
  *jet = (FreeEnergyJet){.error = 1e-16};
  *good = PETSC_TRUE;
  jet->Phi = jet->F =
      pow(x, 6) / 6 + c * pow(x, 4) / 4 - a * x * x / 2 + b * x + s->k * y * y / 2 - s->e * x * x * y;
  jet->G[0] = pow(x, 5) + c * pow(x, 3) - a * x + b - 2 * s->e * x * y;
  jet->H[0] = 5 * pow(x, 4) + 3 * c * x * x - a - 2 * s->e * y;
  jet->T[0] = 20 * pow(x, 3) + 6 * c * x;
  jet->G_p[0] = -x;
  jet->H_p[0] = -1;
  if (m > 1) jet->G_p[1] = s->free_b ? 1 : pow(x, 3);
  if (m > 1) jet->H_p[1] = s->free_b ? 0 : 3 * x * x;
  if (d == 1) return 0;
  jet->G[1] = s->k * y - s->e * x * x;
  jet->H[1] = jet->H[2] = -2 * s->e * x;
  jet->H[3] = s->k;
  jet->T[1] = jet->T[2] = jet->T[4] = -2 * s->e;
  return 0;
}

static const PetscReal box[2][2] = {{-3, 3.1}, {-4, 4.2}};

/* c = -2: x = 0 and x^2 = 1 +- sqrt(1 + p); folds at p = -1, x = +-1, subcritical pitchfork at 0. */
static void test_points(void **state)
{
  Sextic s = {.c = -2, .k = 1, .dim = 1, .m = 1};
  const EnergyFamily family = {.dim = 1, .m = 1, .Evaluate = evaluate, .context = &s};
  const PetscReal p[2] = {-1 + 1e-8, 0};
  StationaryPoints points;

  (void)state;
  OK(StationaryPointsFind(&family, box, p, &points));
  assert_int_equal(points.n, 5); /* two close pairs: 1e-4 apart */
  assert_true(points.degree_checked);
  for (PetscInt i = 0; i < 5; ++i) assert_int_equal(points.points[i].index, i % 2);
  assert_true(fabs(points.points[4].x[0] - sqrt(1 + 1e-4)) < 1e-10);
  OK(StationaryPointsDestroy(&points));
}

static void check_events(PetscInt dim, PetscReal c, PetscReal e)
{
  Sextic s = {.c = c, .k = 1, .e = e, .dim = dim, .m = 1};
  const EnergyFamily family = {.dim = dim, .m = 1, .Evaluate = evaluate, .context = &s};
  const PetscReal range[2] = {-1.7, 0.9};
  PetscInt folds = 0, pitchforks = 0;
  Branches b;

  OK(BranchesFind(&family, box, range, 0, 5, &b));
  for (PetscInt i = 0; i < b.n_events; ++i) {
    const Event *const at = &b.events[i];

    if (at->kind == EVENT_FOLD) {
      ++folds;
      assert_true(fabs(at->p[0] + 1) < 1e-12);
      assert_true(fabs(fabs(at->x[0]) - 1) < 1e-10);
    } else {
      ++pitchforks;
      assert_int_equal(at->kind, EVENT_PITCHFORK);
      assert_true(fabs(at->p[0]) < 1e-12);
      assert_true(fabs(at->coefficient - (6 * c - 12 * e * e)) < 1e-6);
    }
  }
  assert_int_equal(folds, 2);
  assert_int_equal(pitchforks, 1);
  OK(BranchesDestroy(&b));
}

static void test_branches(void **state)
{
  (void)state;
  check_events(1, -2, 0);
  check_events(2, -2, 0);
  /* y = e x^2 adds -2 e^2 x^3: c = -1 with 2 e^2 = 1 is c = -2. */
  check_events(2, -1, sqrt(0.5));
}

/* In c: the folds p = -c^2/4 end on the pitchforks p = 0 at c = 0, with the exponent 2 of |p| against |c|. */
static void test_degenerate(void **state)
{
  Sextic s = {.k = 1, .dim = 1, .m = 2};
  const EnergyFamily family = {.dim = 1, .m = 2, .Evaluate = evaluate, .context = &s};
  const PetscReal ranges[2][2] = {{-1.2, 0.8}, {-1.9, 1.1}};
  PetscInt found = 0;
  Branches phase;

  (void)state;
  OK(PhaseCurvesFind(&family, box, ranges, 3, &phase));
  for (PetscInt i = 0; i < phase.n_events; ++i) {
    if (phase.events[i].kind != EVENT_DEGENERATE) continue;
    ++found;
    assert_true(fabs(phase.events[i].p[0]) < 1e-10);
    assert_true(fabs(phase.events[i].p[1]) < 1e-7);
  }
  assert_int_equal(found, 1);
  OK(BranchesDestroy(&phase));
}

/* c = -2 in b, which breaks the symmetry: folds p = 5 x^4 - 6 x^2, cusps at x = 0 and at x^2 = 3/5; the pitchfork at b = 0
   is no curve, but the cusp at 0. */
static void test_cusps(void **state)
{
  static const PetscReal known[3][2] = {{0, 0}, {-1.8, 0.74361280246}, {-1.8, -0.74361280246}};
  Sextic s = {.c = -2, .free_b = PETSC_TRUE, .k = 1, .dim = 1, .m = 2};
  const EnergyFamily family = {.dim = 1, .m = 2, .Evaluate = evaluate, .context = &s};
  const PetscReal ranges[2][2] = {{-2.2, 0.8}, {-1, 1}};
  PetscInt found[3] = {0};
  Branches phase;

  (void)state;
  OK(PhaseCurvesFind(&family, box, ranges, 3, &phase));
  for (PetscInt k = 0; k < phase.n_curves; ++k) assert_int_equal(phase.curves[k].kind, SYSTEM_FOLD);
  for (PetscInt i = 0; i < phase.n_events; ++i) {
    const PetscReal *const at = phase.events[i].p;

    assert_int_equal(phase.events[i].kind, EVENT_CUSP);
    for (PetscInt k = 0; k < 3; ++k)
      found[k] += fabs(at[0] - known[k][0]) + fabs(at[1] - known[k][1]) < 1e-10;
  }
  for (PetscInt k = 0; k < 3; ++k) assert_int_equal(found[k], 1);
  assert_int_equal(phase.n_events, 3);
  OK(BranchesDestroy(&phase));
}

/* A box that ends at x = -1/2, through which the unstable branch x^2 = 1 - sqrt(1 + p) goes at p = -7/16. */
static void test_box_edge(void **state)
{
  static const PetscReal cut[1][2] = {{-0.5, 3.1}}, to[] = {-1, -0.4375, 0, 0.9};
  static const PetscInt stable[] = {1, 2, 2, 1}, unstable[] = {0, 1, 2, 1};
  Sextic s = {.c = -2, .dim = 1, .m = 1};
  const EnergyFamily family = {.dim = 1, .m = 1, .Evaluate = evaluate, .context = &s};
  const PetscReal range[2] = {-1.7, 0.9};
  StateInterval *intervals;
  PetscInt n;
  Branches b;

  (void)state;
  OK(BranchesFind(&family, cut, range, 0, 5, &b));
  OK(IntervalsFind(&family, cut, range, 0, &b, &n, &intervals));
  assert_int_equal(n, 4);
  for (PetscInt k = 0; k < n; ++k) {
    assert_true(fabs(intervals[k].to - to[k]) < 1e-9);
    assert_int_equal(intervals[k].stable, stable[k]);
    assert_int_equal(intervals[k].unstable, unstable[k]);
  }
  OK(PetscFree(intervals));
  OK(BranchesDestroy(&b));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_points), cmocka_unit_test(test_branches),
                                     cmocka_unit_test(test_degenerate), cmocka_unit_test(test_cusps),
                                     cmocka_unit_test(test_box_edge)};

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  return PetscFinalize() || failed;
}
