/* Tables of periodic functions of several variables against the functions themselves: the error that is reported, the
   limits, grids, and what a table says when it cannot do it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <slepcsys.h>
#include "cell/frozen.h"

#define OK(call)   assert_int_equal(call, 0)
#define WAVE(t)    PetscCosReal(2 * PETSC_PI * (t))
#define SHIFT(t)   PetscSinReal(2 * PETSC_PI * (t))
#define COMPONENTS 2

typedef void (*Function)(const PetscReal y[], PetscReal f[]);

typedef struct {
  PetscInt m;
  Function function;
  PetscInt calls, give_up_at; /* batches; 0: never */
} Source;

/* Coupled through few combinations, as inner tensors are. */
static void smooth_4(const PetscReal y[], PetscReal f[])
{
  const PetscReal a = 0.5 + 0.2 * WAVE(y[3]) + 0.2 * SHIFT(y[0] + y[2]);

  f[0] = PetscLogReal(2 + a * WAVE(y[1]));
  f[1] = a * a / (2 + WAVE(y[1] - y[3]));
}

static void smooth_6(const PetscReal y[], PetscReal f[])
{
  f[0] = PetscExpReal(0.5 * SHIFT(y[0] - y[5]) + 0.3 * WAVE(y[2]) * WAVE(y[3]));
  f[1] = PetscLogReal(2 + 0.6 * WAVE(y[1] + y[4]) * WAVE(y[0]) + 0.5 * SHIFT(y[2]));
}

static void few_waves(const PetscReal y[], PetscReal f[])
{
  f[0] = 1 + 0.5 * WAVE(y[0] - 2 * y[1]) + 0.25 * SHIFT(3 * y[2]);
  f[1] = -2 + 1e-3 * WAVE(y[0] + y[1] + y[2]);
}

static void kinked(const PetscReal y[], PetscReal f[])
{
  f[0] = PetscAbsReal(WAVE(y[0] + y[1]));
  f[1] = PetscAbsReal(SHIFT(y[2]));
}

static PetscErrorCode sample(void *ctx, PetscInt n, const PetscReal y[], PetscReal f[], PetscBool *ok)
{
  Source *s = ctx;

  PetscFunctionBegin;
  *ok = (PetscBool)(++s->calls != s->give_up_at);
  for (PetscInt q = 0; q < n; q++) s->function(&y[q * s->m], &f[q * COMPONENTS]);
  PetscFunctionReturn(0);
}

static FrozenReport fill(Source *s, PetscReal tolerance, PetscInt most, FrozenDistance distance,
                         FrozenTable *table)
{
  const FrozenLimits limits = {tolerance, most};
  FrozenReport report;

  OK(FrozenTableCreate(s->m, COMPONENTS, table));
  OK(FrozenTableFill(*table, sample, distance, s, &limits, &report));
  return report;
}

/* The largest error at points of a Kronecker sequence, which no lattice has. */
static PetscReal true_error(FrozenTable table, const Source *s)
{
  PetscReal worst = 0;

  for (PetscInt q = 0; q < 1000; q++) {
    PetscReal y[FROZEN_MAX_VARIABLES], f[COMPONENTS], g[COMPONENTS];
    for (PetscInt i = 0; i < s->m; i++) {
      const PetscReal turns = 0.123 + (PetscReal)q * PetscSqrtReal((PetscReal)(2 + 3 * i));
      y[i] = turns - PetscFloorReal(turns);
    }
    s->function(y, f);
    OK(FrozenTableEvaluate(table, y, 0, NULL, NULL, g));
    for (PetscInt c = 0; c < COMPONENTS; c++) worst = PetscMax(worst, PetscAbsReal(f[c] - g[c]));
  }
  return worst;
}

/* It holds, and is no wild guess: within two orders of magnitude. */
static void check_honest(PetscInt m, Function function, PetscReal tolerance, PetscInt most)
{
  Source s = {.m = m, .function = function};
  FrozenTable table;
  const FrozenReport report = fill(&s, tolerance, most, NULL, &table);
  const PetscReal error = true_error(table, &s);

  assert_true(report.met);
  assert_true(report.error <= tolerance);
  assert_true(report.samples <= most);
  assert_true(report.checks >= 199);
  if (!(error <= report.error) || !(report.error <= 100 * error))
    fail_msg("m = %d, tolerance %g: the error is %g and was said to be %g", (int)m, (double)tolerance,
             (double)error, (double)report.error);
  OK(FrozenTableDestroy(&table));
}

/* The number of samples is far below that of a product grid: 21^4 nodes for 1e-6, 9^6 for 1e-5. */
static void error_is_honest(void **state)
{
  (void)state;
  check_honest(4, smooth_4, 1e-3, 6000);
  check_honest(4, smooth_4, 1e-6, 12000);
  check_honest(4, smooth_4, 1e-8, 30000);
  check_honest(6, smooth_6, 1e-5, 40000);
}

static void few_waves_are_exact(void **state)
{
  Source s = {.m = 3, .function = few_waves};
  FrozenTable table;
  const FrozenReport report = fill(&s, 1e-9, 5000, NULL, &table);

  (void)state;
  assert_true(report.met);
  assert_true(true_error(table, &s) < 1e-13);
  OK(FrozenTableDestroy(&table));
}

static void grid_is_its_points(void **state)
{
  const PetscReal first[] = {0.9, 0.05, 0.31}, second[] = {0.2, 0.77};
  const PetscReal *const axis[] = {first, second};
  const PetscInt n[] = {3, 2};
  Source s = {.m = 4, .function = smooth_4};
  PetscReal y[4] = {0.4, 0.6, 0, 0}, grid[3 * 2 * COMPONENTS], at[COMPONENTS];
  FrozenTable table;

  (void)state;
  assert_true(fill(&s, 1e-4, 5000, NULL, &table).met);
  OK(FrozenTableEvaluate(table, y, 2, n, axis, grid));
  for (PetscInt q = 0; q < 6; q++) {
    y[2] = first[q % 3];
    y[3] = second[q / 3];
    OK(FrozenTableEvaluate(table, y, 0, NULL, NULL, at));
    for (PetscInt c = 0; c < COMPONENTS; c++)
      assert_true(PetscAbsReal(at[c] - grid[q * COMPONENTS + c]) < 1e-13);
  }
  OK(FrozenTableDestroy(&table));
}

static void limit_and_giving_up(void **state)
{
  Source smooth = {.m = 4, .function = smooth_4}, rough = {.m = 3, .function = kinked};
  FrozenTable table;
  FrozenReport report = fill(&smooth, 1e-10, 3000, NULL, &table);

  (void)state;
  assert_false(report.met);
  assert_true(report.samples <= 3000 && report.error > 1e-10);
  OK(FrozenTableDestroy(&table));
  report = fill(&smooth, 1e-10, 20, NULL, &table);
  assert_false(report.met);
  assert_int_equal(report.samples, 0);
  OK(FrozenTableDestroy(&table));
  report = fill(&rough, 1e-6, 20000, NULL, &table);
  assert_false(report.met);
  assert_true(report.samples <= 20000 && report.error > 1e-6);
  OK(FrozenTableDestroy(&table));
  smooth.calls = 0;
  smooth.give_up_at = 2;
  report = fill(&smooth, 1e-6, 20000, NULL, &table);
  assert_false(report.met);
  assert_int_equal(smooth.calls, 2);
  OK(FrozenTableDestroy(&table));
}

static PetscErrorCode no_distance(void *ctx, const PetscReal a[], const PetscReal b[], PetscReal *distance)
{
  PetscFunctionBegin;
  (void)ctx;
  *distance = a[0] + b[0] > 0 ? NAN : 0;
  PetscFunctionReturn(0);
}

static void not_a_number_is_no_small_error(void **state)
{
  Source s = {.m = 3, .function = few_waves};
  FrozenTable table;
  const FrozenReport report = fill(&s, 1e-3, 3000, no_distance, &table);

  (void)state;
  assert_false(report.met);
  OK(FrozenTableDestroy(&table));
}

static void filled_again_it_is_the_same(void **state)
{
  const FrozenLimits limits = {1e-5, 20000};
  const PetscReal y[4] = {0.1, 0.2, 0.3, 0.4};
  Source s = {.m = 4, .function = smooth_4};
  PetscReal first[COMPONENTS], again[COMPONENTS];
  FrozenTable table;
  FrozenReport report = fill(&s, 1e-5, 20000, NULL, &table), other;

  (void)state;
  OK(FrozenTableEvaluate(table, y, 0, NULL, NULL, first));
  OK(FrozenTableFill(table, sample, NULL, &s, &limits, &other));
  OK(FrozenTableEvaluate(table, y, 0, NULL, NULL, again));
  assert_int_equal(report.samples, other.samples);
  assert_memory_equal(first, again, sizeof(first));
  OK(FrozenTableDestroy(&table));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(error_is_honest),
      cmocka_unit_test(few_waves_are_exact),
      cmocka_unit_test(grid_is_its_points),
      cmocka_unit_test(limit_and_giving_up),
      cmocka_unit_test(not_a_number_is_no_small_error),
      cmocka_unit_test(filled_again_it_is_the_same),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
