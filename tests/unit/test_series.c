/* Series as text: what is read, and what is said of files that cannot be. */
#include "output_fixture.h"
#include <reiter/series.h>
#include <stdlib.h>

static const char *const xy[] = {"x", "y"};

static const char *file_with(const char *text)
{
  const char *const path = in_root("series.csv");
  FILE *const f = fopen(path, "w");

  assert_non_null(f);
  fputs(text, f);
  fclose(f);
  return path;
}

/* Reads all: sums of x over the paths, one after the other. */
static PetscInt read_all(SeriesFile s, double sums[], char **refused)
{
  PetscReal x[16 * SERIES_BLOCK];
  PetscInt n, paths = 0;
  PetscBool begins;

  *refused = NULL;
  do {
    OK(SeriesRead(s, &n, x, &begins, refused));
    if (begins) sums[paths++] = 0;
    for (PetscInt i = 0; i < n; i++) sums[paths - 1] += x[i];
  } while (n && !*refused);
  return paths;
}

static void reads_paths(void **state)
{
  const SeriesSettings settings = {.n = 1, .columns = xy};
  double sums[4];
  char *refused;
  SeriesFile s;
  PetscReal dt;

  (void)state;
  OK(SeriesOpen(
      file_with("\xef\xbb\xbf# from the laboratory\n\"t\", note, x ,path\n\n0,a,1,3\n0.1,b,2,3\n0.2,c,4,3\n"
                "5,d,-1,7\n5.1,,-2.5e0,7\n"),
      &settings, &s, &refused));
  assert_null(refused);
  OK(SeriesGetStep(s, &dt));
  assert_true(fabs(dt - 0.1) < 1e-15);
  assert_int_equal(read_all(s, sums, &refused), 2);
  assert_null(refused);
  assert_true(sums[0] == 7 && sums[1] == -3.5);
  OK(SeriesClose(&s));
}

/* Many rows: blocks end where they end, and a step that is given goes before the column of the time. */
static void reads_long_files(void **state)
{
  const SeriesSettings settings = {.n = 1, .columns = xy, .dt = 0.5};
  FILE *const f = fopen(in_root("long.csv"), "w");
  double sums[2];
  char *refused;
  SeriesFile s;

  (void)state;
  fputs("x,t\n", f);
  for (int i = 0; i < 10000; i++) fprintf(f, "%d,0\n", i);
  fclose(f);
  OK(SeriesOpen(in_root("long.csv"), &settings, &s, &refused));
  assert_null(refused);
  assert_int_equal(read_all(s, sums, &refused), 1);
  assert_true(sums[0] == 10000.0 * 9999 / 2);
  OK(SeriesClose(&s));
}

static void says_what_is_wrong(void **state)
{
  static const struct {
    const char *text, *words;
  } wrong[] = {
      {"", "it is empty"},
      {"t,x,y\n", "no rows below"},
      {"t,x,z\n0,1,1\n", "line 1 names no column y, but t, x, z"},
      {"t,x,y,x\n0,1,1,1\n", "names the column x twice"},
      {"x,y\n1,1\n2,2\n", "no column t"},
      {"t,x,y\n0,1,1\n", "one row"},
      {"t,x,y\n0,1,1\n0,1,1\n", "line 3, column t: the time does not go forward"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,abc\n", "line 4, column y: \"abc\" is not a number"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,\n", "line 4, column y: \"\" is not a number"},
      {"t,x,y\n0,1,1\n1,nan,1\n", "line 3, column x: nan is not a finite"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1\n", "line 4 has 2 entries, but the header has 3"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,1,1\n", "line 4 has 4 entries"},
      {"t,x,y\n0,1,1\n1,1,1\n3,1,1\n", "line 4, column t: a step of 2 from 1 to 3"},
      {"t,x,y,path\n0,1,1,2\n1,1,1,2\n0,1,1,1\n1,1,1,1\n", "line 4, column path: path 1 comes after path 2"},
  };
  const SeriesSettings settings = {.n = 2, .columns = xy};

  (void)state;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    SeriesFile s;
    double sums[8];
    char *refused;

    OK(SeriesOpen(file_with(wrong[i].text), &settings, &s, &refused));
    if (s) {
      read_all(s, sums, &refused);
      OK(SeriesClose(&s));
    }
    if (!refused || !strstr(refused, wrong[i].words))
      fail_msg("%s: said '%s'", wrong[i].words, refused ? refused : "nothing");
    OK(PetscFree(refused));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_paths), cmocka_unit_test(reads_long_files),
                                     cmocka_unit_test(says_what_is_wrong)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
