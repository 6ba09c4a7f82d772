/* Series as columns of text: what is read, and what is said of files that cannot be. */
#include "series_fixture.h"
#include "series/number.h"
#include <stdint.h>

static const char *const xy[] = {"x", "y"};
static const SeriesSettings one = {.n = 1, .columns = xy}, two = {.n = 2, .columns = xy};

static void reads_paths(void **state)
{
  Told *t =
      read_well(text_file("a.csv", "\xef\xbb\xbf# from the laboratory\n\"t\", note, x ,path\n\n0,a,1,3\n"
                                   "0.1,b,2,3\n0.2,\"c,d\",4,3\n5,d,-1,7\n5.1,,-2.5e0,7\n"),
                &one, 5);

  (void)state;
  assert_true(fabs(t->dt - 0.1) < 1e-15);
  assert_int_equal(t->paths, 2);
  assert_true(t->x[0][0] == 1 && t->x[0][2] == 4 && t->x[0][3] == -1 && t->x[0][4] == -2.5);
  assert_string_equal(t->format, "csv");
  assert_string_equal(t->warnings, "");
  forget(t);
}

/* Many rows: blocks end where they end, and a step that is given goes before the column of the time. */
static void reads_long_files(void **state)
{
  const SeriesSettings settings = {.n = 1, .columns = xy, .dt = 0.5};
  char *const text = malloc(2000000);
  size_t n = (size_t)sprintf(text, "x,t\n");
  Told *t, *u;

  (void)state;
  for (int i = 0; i < 90000; i++) n += (size_t)sprintf(text + n, "%d.25,0\r\n", i);
  t = read_well(text_file("long.csv", text), &settings, 90000);
  u = read_well(packed_file("long.csv.gz", text, 0), &settings, 90000);
  for (int i = 0; i < 90000; i++) assert_true(t->x[0][i] == i + 0.25 && u->x[0][i] == i + 0.25);
  assert_true(t->dt == 0.5);
  forget(t);
  forget(u);
  free(text);
}

/* Separators and places of the names. */
static void reads_other_columns(void **state)
{
  static const char *const texts[] = {
      "t;x;y\n0;1;2\n1;3;4\n",
      "t\tx\ty\n0\t1\t2\n1\t3\t4\n",
      "t\tx\ty\n0   1\t2\n1  3  4 \n", /* tabs among the names only */
      "  t   x   y\n 0  1 2\n 1 3 4  \n",
      "# Fix print output for fix 3\n# t x y (LJ units)\n0 1 2\n1 3 4\n",
      "# made by fix ave/time\n# TimeStep v_a x y\n0 9 1 2\n200 9 3 4\n",
      "# t,x,y\n0,1,2\n1,3,4\n", /* NumPy's savetxt */
      "# t x y\n0,1,2\n1,3,4\n",
      "Time (ps),x (nm),y [nm]\n0,1,2\n1,3,4\n",
      "time x(nm) y (nm/ps)\n0 1 2\n1 3 4\n",
      "t,\"x, wide\",x,y\n0,7,1,2\n1,7,3,4",
      "t,x,y\n\"0\",\"1\", \"2\" \n1,\" 3 \",+4\n",
      "Step,x,x (nm),y\n0,1,7,2\n200,3,7,4\n",
  };

  (void)state;
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    const SeriesSettings settings = {.n = 2, .columns = xy, .timestep = 0.005};
    Told *const t = read_well(text_file("a.dat", texts[i]), &settings, 2);

    if (t->dt != 1 || t->x[0][0] != 1 || t->x[1][0] != 2 || t->x[0][1] != 3 || t->x[1][1] != 4)
      fail_msg("text %d: dt %g, %g %g, %g %g", (int)i, t->dt, t->x[0][0], t->x[1][0], t->x[0][1], t->x[1][1]);
    forget(t);
  }
}

/* A row that comes twice at once, as LAMMPS' fix print writes it between two runs. */
static void repeated_rows_are_left_out(void **state)
{
  Told *const t = read_well(text_file("a.csv", "t,x,y\n0,1,1\n1,1,2\n1,1,2\n2,1,3\n"), &two, 3);

  (void)state;
  assert_true(t->x[1][2] == 3);
  assert_string_equal(t->warnings, "line 4 repeats line 3 and is left out\n");
  forget(t);
}

static void one_column_may_serve_twice(void **state)
{
  static const char *const names[] = {"x", "x", "t"};
  const SeriesSettings settings = {.n = 3, .columns = names};
  Told *const t = read_well(text_file("a.csv", "t,x\n0,5\n2,6\n"), &settings, 2);

  (void)state;
  assert_true(t->x[0][1] == 6 && t->x[1][1] == 6 && t->x[2][1] == 2);
  forget(t);
}

static void says_what_is_wrong(void **state)
{
  static const struct {
    const char *text, *words;
  } wrong[] = {
      {"", "it is empty"},
      {"# t x y\n\n", "it is empty"},
      {"t,x,y\n", "no rows below"},
      {"t,x,z\n0,1,1\n", "line 1 names no column y, but t, x, z"},
      {"t,x,y,x\n0,1,1,1\n", "line 1 names the column x twice"},
      {"t,x (m),y,x (cm)\n0,1,1,1\n", "line 1 names the column x twice, with different units"},
      {"0,1,2\n1,3,4\n", "line 1 has numbers, and no line above names the columns"},
      {"x,y\n1,1\n2,2\n", "no column t of the time; here.time_step can say"},
      {"x,y,Step\n1,1,1\n2,2,2\n",
       "only one that counts steps, and the time of a step is not known; here.time_step"},
      {"t,x,y\n0,1,1\n", "one row"},
      {"t,x,y\n0,1,1\n0,1,1\n",
       "line 3, column t: the time does not go forward from 0 (line 2) to 0; is a row there twice?"},
      {"t,x,y\n0,1,1\n1,1,1\n\n1,1,2\n",
       "line 5, column t: the time does not go forward from 1 (line 3) to 1; is a row there twice?"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,1\n1,1,1\n", "line 5, column t: the time does not go forward from 2 (line "
                                              "4) to 1; a simulation that was restarted"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,abc\n", "line 4, column y: \"abc\" is not a number"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,1.0abc\n", "line 4, column y: \"1.0abc\" is not a number"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,\n", "line 4, column y: \"\" is not a number"},
      {"t,x,y\n0,1,1\n1,,1\n2,1,1\n", "line 3, column x: \"\" is not a number"},
      {"t,x,y\n0,1,1\n1, \t ,1\n2,1,1\n", "line 3, column x: \"\" is not a number"},
      {"t\tx\ty\n0\t1\t1\n1\t\t1\n", "line 3, column x: \"\" is not a number"},
      {"t,x,y\n0,1,1\n1,nan,1\n", "line 3, column x: nan is not a finite"},
      {"t x y\n0 1 1\n1 1 -inf\n", "line 3, column y: -inf is not a finite"},
      {"t,x,y\n0,1,1\n1,1e999,1\n", "line 3, column x: 1e999 is not a finite"},
      {"t;x;y\n0;0,5;1\n1;1;1\n", "line 2, column x: \"0,5\" is not a number; decimal points"},
      {"t,x,y\n0,1,1\n1,1,\x1b[2Jclear\n", "line 3, column y: \"?[2Jclear\" is not a number"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1\n", "line 4 has 2 entries, but the header has 3"},
      {"t,x,y\n0,1,1\n1,1,1\n2,1,1,1\n", "line 4 has 4 entries"},
      {"# t x y z\n0 1 1\n1 1 1\n", "line 2 has 3 entries, but the header has 4"},
      {"t,x,y\n0,1,1\n1,1,1\n3,1,1\n",
       "line 4, column t: a step of 2 from 1 to 3, where steps of 1 were expected; if "
       "times are only printed with few digits, here.time_step can say the step"},
      {"t,x,y\n0,1,1\n1,1,1\n2.011,1,1\n", "line 4, column t: a step of 1.011"},
      {"t,x,y,path\n0,1,1,2\n1,1,1,2\n0,1,1,1\n1,1,1,1\n", "line 4, column path: path 1 comes after path 2"},
  };
  const SeriesSettings settings = {.n = 2, .columns = xy, .section = "here"};

  (void)state;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    expect_refused(text_file("series.csv", wrong[i].text), &settings, wrong[i].words);
}

static void names_the_nearest_column(void **state)
{
  static const char *const names[] = {"force_x"};
  const SeriesSettings settings = {.n = 1, .columns = names};
  char text[6000] = "t";

  (void)state;
  expect_refused(text_file("a.csv", "\n# a\nt,x,froce_x\n0,1,1\n"), &settings,
                 "line 3 names no column force_x, but t, x, froce_x; did you mean 'froce_x'?");
  for (int i = 0; i < 500; i++) sprintf(text + strlen(text), ",column%d", i);
  strcat(text, ",forcex\n0\n");
  expect_refused(text_file("a.csv", text), &settings, "...; did you mean 'forcex'?");
}

/* Files that are no text, or not whole. */
static void says_what_no_text_is(void **state)
{
  static const struct {
    const char *bytes;
    size_t n;
    const char *words;
  } wrong[] = {
      {"t,x,y\n0,1,1\n1,\0,1\n", 18, "line 3 is not text"},
      {"\xfd"
       "7zXZ\0\0",
       7, "it is a file compressed by xz; plain text is read"},
      {"\0\0\x07\xcb\0\0\0", 7, "it is a binary trajectory of GROMACS (.xtc)"},
      {"\x89HDF\r\n\x1a\n", 8, "it is an HDF5 file"},
      {"\xff\xfet\0,\0x\0", 8, "it is text in UTF-16"},
      {"\x1f\x8b\x08\0garbage that was never compressed", 37, "the compressed file is damaged"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    expect_refused(file_of("series.csv.gz", wrong[i].bytes, wrong[i].n), &two, wrong[i].words);
  expect_refused(in_root("nothing.csv"), &two, "it cannot be opened: No such file");
  expect_refused(root, &two, "it cannot be read: Is a directory");
  const SeriesSettings odd = {.n = 2, .columns = xy, .format = "cvs"};
  expect_refused(text_file("a.csv", "t,x,y\n0,1,1\n1,1,1\n"), &odd, "there is no format cvs");
}

/* The rows before the place where a file breaks off are read, and none of what is left of the next one. */
static void compressed_files_break_off(void **state)
{
  char *const text = malloc(400000), words[100];
  size_t n = (size_t)sprintf(text, "t,x\n");
  uint64_t z = 7;
  Told *t;

  (void)state;
  for (int i = 0; i < 20000; i++) {
    z = z * UINT64_C(6364136223846793005) + 1;
    n += (size_t)sprintf(text + n, "%d,%d\n", i, (int)(z >> 44));
  }
  t = read_file(packed_file("a.csv.gz", text, 20000), &one);
  assert_non_null(t->refused);
  assert_in_range(t->n, 5000, 19999);
  snprintf(words, sizeof(words), "after line %d, the last that is whole: the compressed file breaks off",
           (int)t->n + 1);
  if (!strstr(t->refused, words)) fail_msg("%s: said '%s'", words, t->refused);
  forget(t);
  expect_refused(packed_file("a.csv.gz", text, 1), &one, "the compressed file breaks off");
  expect_refused(packed_file("a.csv.gz", "t,x\n0,1\n1,2\n", 12), &one, "the compressed file breaks off");
  free(text);
}

/* Times with few digits, over a long time. */
static void rounded_times_are_equal(void **state)
{
  char *const text = malloc(400000);
  size_t n = (size_t)sprintf(text, "t,x\n");
  Told *t;

  (void)state;
  for (int i = 0; i < 20000; i++) n += (size_t)sprintf(text + n, "%.6f,%d\n", i / 30.0, i);
  t = read_well(text_file("a.csv", text), &one, 20000);
  assert_true(fabs(t->dt - 1 / 30.0) < 1e-6);
  forget(t);
  free(text);
}

/* Against strtod(), bit by bit. */
static void check_number(const char *text)
{
  char *end, *wanted_end;
  const double wanted = strtod(text, &wanted_end);
  double got = 0;
  const PetscBool is_number = SeriesNumber(text, &end, &got);

  if (is_number != (wanted_end != text) || end != wanted_end ||
      (is_number && memcmp(&got, &wanted, sizeof(got))))
    fail_msg("'%s': %.17g up to '%s', not %.17g up to '%s'", text, got, end, wanted, wanted_end);
}

static void numbers_are_rounded_to_nearest(void **state)
{
  static const char *const odd[] = {"0",
                                    "-0",
                                    "-0.0e5",
                                    "+1",
                                    ".5",
                                    "5.",
                                    "-.5e-3x",
                                    "1e",
                                    "1e+",
                                    "1e5",
                                    "1E-5,",
                                    "-",
                                    "+",
                                    ".",
                                    "",
                                    "e5",
                                    "0x1p3",
                                    "0x",
                                    "inf",
                                    "-nan",
                                    "1e22",
                                    "1e23",
                                    "1e-22",
                                    "1e-23",
                                    "9007199254740992",
                                    "9007199254740993",
                                    "9007199254740993e1",
                                    "123456789012345678",
                                    "1234567890123456789",
                                    "99999999999999999999",
                                    "0.1e99999999999",
                                    "1e-400",
                                    "4.9e-324",
                                    "2.4e-324",
                                    "1.7976931348623159e308",
                                    "0.000000000000000000000000000001",
                                    "--5",
                                    "1.2.3",
                                    "00000000000000000000012.5"};
  uint64_t z = 3;
  char text[80];

  (void)state;
  for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) check_number(odd[i]);
  for (int i = 0; i < 400000; i++) {
    double value;
    int n;

    z = z * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const int digits = 1 + (int)(z >> 59) % 19, places = (int)(z >> 54) % 12;

    switch (i % 4) {
    case 0: /* any double */
      memcpy(&value, &z, sizeof(value));
      snprintf(text, sizeof(text), "%.*g", digits, value);
      break;
    case 1:
      snprintf(text, sizeof(text), "%.*f,", places, (double)(int64_t)z * 1e-13);
      break;
    case 2:
      snprintf(text, sizeof(text), "%lldE%d ", (long long)((int64_t)z >> (z % 50)), places * 7 - 40);
      break;
    default:
      n = snprintf(text, sizeof(text), "%llu", (unsigned long long)(z >> (z % 40)));
      snprintf(text + n, sizeof(text) - (size_t)n, ".%0*llue%d", digits, (unsigned long long)(z >> 50),
               places - 6);
    }
    check_number(text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_paths),
                                     cmocka_unit_test(reads_long_files),
                                     cmocka_unit_test(reads_other_columns),
                                     cmocka_unit_test(repeated_rows_are_left_out),
                                     cmocka_unit_test(one_column_may_serve_twice),
                                     cmocka_unit_test(says_what_is_wrong),
                                     cmocka_unit_test(names_the_nearest_column),
                                     cmocka_unit_test(says_what_no_text_is),
                                     cmocka_unit_test(compressed_files_break_off),
                                     cmocka_unit_test(rounded_times_are_equal),
                                     cmocka_unit_test(numbers_are_rounded_to_nearest)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
