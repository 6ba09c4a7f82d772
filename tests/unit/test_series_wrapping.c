/* Positions in a periodic box: unwrapped where its length is known, noticed where it is not. */
#include "series_fixture.h"
#include <stdint.h>

static const char *const names[] = {"x", "y"};
static const PetscBool both[] = {PETSC_TRUE, PETSC_TRUE};

/* SplitMix64 and Box-Muller. */
static double uniform(uint64_t *seed)
{
  uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *seed)
{
  const double r = sqrt(-2 * log(uniform(seed)));

  return r * cos(2 * M_PI * uniform(seed));
}

enum { N = 5000 };

/* x as given, and wrapped into [low, low + length). */
static const char *write_walk(const double x[], double low, double length)
{
  const char *const path = in_root("walk.csv");
  FILE *const f = fopen(path, "w");

  fputs("t,y,x\n", f);
  for (int i = 0; i < N; i++)
    fprintf(f, "%d,%.9f,%.9f\n", i, x[i], length > 0 ? x[i] - length * floor((x[i] - low) / length) : x[i]);
  fclose(f);
  return path;
}

static void walk(double x[], double start, double step, uint64_t seed)
{
  for (int i = 0; i < N; i++) x[i] = i ? x[i - 1] + step * normal(&seed) : start;
}

static int first_crossing(const double x[], double low, double length)
{
  for (int i = 1; i < N; i++) {
    if (floor((x[i] - low) / length) != floor((x[i - 1] - low) / length)) return i;
  }
  return -1;
}

static void boxes_that_are_given_unwrap(void **state)
{
  const PetscReal periods[] = {10, 0};
  const SeriesSettings settings = {
      .n = 2, .columns = names, .periods = periods, .positions = both, .section = "here"};
  static double x[N];
  Told *t;

  (void)state;
  walk(x, 0.5, 0.7, 3);
  assert_true(first_crossing(x, -5, 10) > 0);
  t = read_well(write_walk(x, -5, 10), &settings, N);
  for (int i = 0; i < N; i++) assert_true(fabs(t->x[0][i] - x[i]) < 1e-8 && fabs(t->x[1][i] - x[i]) < 1e-8);
  assert_string_equal(t->warnings, "");
  forget(t);

  /* A path of its own begins where it begins. */
  t = read_well(text_file("a.csv", "t,x,y,path\n0,9,0,1\n1,1,0,1\n0,9,0,2\n1,8,0,2\n2,0,0,2\n"), &settings,
                5);
  const double wanted[] = {9, 11, 9, 8, 10};

  for (int i = 0; i < 5; i++) assert_true(t->x[0][i] == wanted[i]);
  forget(t);
}

static void boxes_that_do_not_fit_are_told(void **state)
{
  const PetscReal periods[] = {10, 0};
  const SeriesSettings settings = {.n = 2, .columns = names, .periods = periods, .section = "here"};
  static double x[N];
  Told *t;

  (void)state;
  walk(x, 0.5, 0.7, 3);
  t = read_well(write_walk(x, 0, 0), &settings, N);
  expect_warning(t, "column x: values from ");
  expect_warning(t, "do not fit into the box of length 10 that is given (first at line ");
  forget(t);
  t = read_well(text_file("a.csv", "t,x,y\n0,1,1\n1,2,2\n2,6.5,3\n3,5,3\n"), &settings, 4);
  expect_warning(t, "column x: 1 steps are longer than 0.4 of the box (first at line 4)");
  forget(t);
}

/* Walks with steps from tiny to coarse, one of them with a single crossing. */
static void wrapping_is_noticed(void **state)
{
  static const struct {
    double start, step;
    uint64_t seed;
  } cases[] = {{9.5, 0.02, 1}, {5, 0.1, 2}, {1, 0.3, 3}, {9.5, 0.5, 4}, {5, 0.8, 5}, {0.05, 0.01, 9}};
  const SeriesSettings settings = {.n = 2, .columns = names, .positions = both, .section = "here"};
  static double x[N];
  char words[100];

  (void)state;
  for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
    walk(x, cases[k].start, cases[k].step, cases[k].seed);
    const int line = first_crossing(x, 0, 10) + 2;
    Told *const t = read_well(write_walk(x, 0, 10), &settings, N);

    assert_true(line > 1);
    snprintf(words, sizeof(words), "line %d, column x: a jump through all of its values", line);
    expect_warning(t, words);
    if (strstr(t->warnings, "column y") || strstr(t->warnings, "periods"))
      fail_msg("case %d: %s", (int)k, t->warnings); /* y is unwrapped; there is no key for periods */
    forget(t);
  }
}

static void the_key_is_named(void **state)
{
  const PetscReal periods[] = {0, 0};
  const SeriesSettings settings = {
      .n = 1, .columns = names, .positions = both, .periods = periods, .section = "here"};
  static double x[N];
  Told *t;

  (void)state;
  walk(x, 5, 0.1, 2);
  t = read_well(write_walk(x, 0, 10), &settings, N);
  expect_warning(t, "unwrapped columns are needed, or the length of the box (here.periods)");
  forget(t);
}

/* What must not be taken for wrapping: free walks, bound particles, hops between wells, forces with rare kicks. */
static void honest_paths_are_not_suspected(void **state)
{
  const SeriesSettings settings = {.n = 2, .columns = names, .positions = both};
  static double x[N];

  (void)state;
  for (int k = 0; k < 12; k++) {
    uint64_t seed = (uint64_t)k + 100;
    Told *t;

    for (int i = 0; i < N; i++) {
      const double last = i ? x[i - 1] : 0;

      switch (k % 6) {
      case 0: /* Brownian */
        x[i] = last + normal(&seed);
        break;
      case 1: /* bound, observed often or seldom */
      case 2: {
        const double a = k % 6 == 1 ? 0.999 : 0.1;
        x[i] = a * last + sqrt(1 - a * a) * normal(&seed);
        break;
      }
      case 3: /* two narrow wells */
        x[i] = (sin(i * 0.01) > 0 ? 3 : -3) + 0.1 * normal(&seed);
        break;
      case 4: /* a circle in the plane, fast */
        x[i] = cos(0.3 * i);
        break;
      default: /* steady motion */
        x[i] = 0.01 * i;
      }
    }
    t = read_well(write_walk(x, 0, 0), &settings, N);
    if (t->warnings[0]) fail_msg("case %d: %s", k, t->warnings);
    forget(t);
  }
}

/* Where nothing moves, or too few rows are there, nothing is said. */
static void little_is_not_suspected(void **state)
{
  const SeriesSettings settings = {.n = 2, .columns = names, .positions = both};
  Told *t;

  (void)state;
  t = read_well(text_file("a.csv", "t,x,y\n0,0.1,2\n1,9.9,2\n2,0.2,2\n"), &settings, 3);
  assert_string_equal(t->warnings, "");
  forget(t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(boxes_that_are_given_unwrap),
                                     cmocka_unit_test(boxes_that_do_not_fit_are_told),
                                     cmocka_unit_test(wrapping_is_noticed),
                                     cmocka_unit_test(the_key_is_named),
                                     cmocka_unit_test(honest_paths_are_not_suspected),
                                     cmocka_unit_test(little_is_not_suspected)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
