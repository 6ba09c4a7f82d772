/* Numbers, JSON, CSV, progress, checksum. */
#include <reiter/output.h>
#include "output/number.h"
#include "output/progress.h"
#include "output_fixture.h"
#include <fcntl.h>
#include <poll.h>
#include <math.h>

static const char *number(double value)
{
  static char text[NUMBER_LENGTH];

  return NumberPrint(value, text);
}

static void test_numbers(void **state)
{
  (void)state;
  assert_string_equal(number(0.1), "0.1");
  assert_string_equal(number(0.1 + 0.2), "0.30000000000000004");
  assert_string_equal(number(1), "1.0");
  assert_string_equal(number(-0.0), "-0.0");
  assert_string_equal(number(1e300), "1e+300");
  assert_string_equal(number(5e-324), "5e-324");
  assert_string_equal(number(1.7976931348623157e308), "1.7976931348623157e+308");
  assert_string_equal(number(1e22), "1e+22");
  assert_string_equal(number((double)NAN), "nan");
  assert_string_equal(number(-(double)INFINITY), "-inf");
}

static void test_json(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  const PetscReal matrix[] = {1, 0.5, -0.0, (PetscReal)NAN, (PetscReal)INFINITY, 1e-310};
  FILE *stream;
  Json json;

  (void)state;
  OK(RunFolderBegin(folder, "run.json", &stream));
  OK(JsonCreate(stream, &json));
  OK(JsonBeginObject(json, NULL));
  OK(JsonString(json, "ti\"tle", "a\\b\n\x01/"));
  OK(JsonBool(json, "yes", PETSC_TRUE));
  OK(JsonString(json, "none", NULL));
  OK(JsonBeginArray(json, "points"));
  OK(JsonBeginObject(json, NULL));
  OK(JsonMatrix(json, "M", 2, 3, matrix));
  OK(JsonInt(json, "n", 9007199254740993LL));
  OK(JsonEndObject(json));
  OK(JsonBeginObject(json, NULL));
  OK(JsonEndObject(json));
  OK(JsonEndArray(json));
  OK(JsonRealArray(json, "empty", 0, NULL));
  OK(JsonBeginArray(json, "plain"));
  OK(JsonReal(json, NULL, 2.5));
  OK(JsonString(json, NULL, "s"));
  OK(JsonEndArray(json));
  OK(JsonEndObject(json));
  OK(JsonDestroy(&json));
  OK(RunFolderCommit(folder, "run.json", &stream));
  OK(RunFolderClose(&folder));
  assert_string_equal(slurp("run/run.json"),
                      "{\n  \"ti\\\"tle\": \"a\\\\b\\n\\u0001/\",\n  \"yes\": true,\n  \"none\": null,\n"
                      "  \"points\": [\n    {\n      \"M\": [[1.0, 0.5, -0.0], [null, null, 1e-310]],\n"
                      "      \"n\": 9007199254740993\n    },\n    {}\n  ],\n  \"empty\": [],\n"
                      "  \"plain\": [2.5, \"s\"]\n}\n");
}

/* The example of the Unicode standard (U+FFFD substitution of maximal subparts, table 3-11), overlong forms,
   surrogates, cut-off ends, and text that is right. */
static void test_json_utf8(void **state)
{
#define R "\xEF\xBF\xBD"
  static const char *const cases[][2] = {
      {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64", "\"a" R R R "b" R "c" R R "d\"\n"},
      {"\xC0\xAF\xE0\x80\xBF", "\"" R R R R R "\"\n"},
      {"\xED\xA0\x80", "\"" R R R "\"\n"},
      {"\xF4\x91\x92\x93\xFF", "\"" R R R R R "\"\n"},
      {"\xE2\x82", "\"" R "\"\n"},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\"\n"}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    Json json;
    OK(JsonCreate(stream, &json));
    OK(JsonString(json, NULL, cases[i][0]));
    OK(JsonDestroy(&json));
    fclose(stream);
    assert_string_equal(text, cases[i][1]);
    free(text);
  }
}

static void test_json_misuse(void **state)
{
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  Json json;

  (void)state;
  OK(JsonCreate(stream, &json));
  OK(JsonBeginObject(json, NULL));
  OK(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  assert_int_not_equal(JsonReal(json, NULL, 1), 0);
  assert_int_not_equal(JsonEndArray(json), 0);
  assert_int_not_equal(JsonDestroy(&json), 0);
  OK(PetscPopErrorHandler());
  OK(JsonEndObject(json));
  OK(JsonDestroy(&json));
  fclose(stream);
  free(text);
}

static void test_csv(void **state)
{
  RunFolder folder = open_folder("run", "d1", PETSC_FALSE, PETSC_FALSE);
  const char *header[] = {"x", "M_xx, \"bare\""};
  const PetscReal values[] = {0.1, 1, -2.5e-20, (PetscReal)NAN};

  (void)state;
  OK(CsvWrite(folder, "effective.csv", 2, 2, header, values));
  OK(RunFolderClose(&folder));
  assert_string_equal(slurp("run/effective.csv"), "x,\"M_xx, \"\"bare\"\"\"\n0.1,1.0\n-2.5e-20,nan\n");
}

static void test_progress_line(void **state)
{
  char line[160];

  (void)state;
  ProgressFormat("points", 1204, 3200, 42.2, line, sizeof line);
  assert_string_equal(line, "  37 %  |##########                  |  1204/3200 points, 0:42 left");
  ProgressFormat("points", 0, 10, -1, line, sizeof line);
  assert_string_equal(line, "   0 %  |                            |  0/10 points");
  ProgressFormat("points", 10, 10, 3725, line, sizeof line);
  assert_string_equal(line, " 100 %  |############################|  10/10 points, 1:02:05 left");
  ProgressFormat("points", 0, 0, -1, line, sizeof line);
  assert_string_equal(line, " 100 %  |############################|  0/0 points");
}

/* stderr on a terminal: one line, redrawn at most ten times a second, wiped at the end. */
static void test_progress_terminal(void **state)
{
  const int master = posix_openpt(O_RDWR | O_NOCTTY), saved = dup(STDERR_FILENO);
  char text[4096] = "";
  Progress progress;
  ssize_t length = 0;
  int lines = 0, terminal;

  (void)state;
  if (master < 0 || grantpt(master) || unlockpt(master)) skip();
  terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  assert_true(terminal >= 0);
  dup2(terminal, STDERR_FILENO);
  OK(ProgressCreate("points", 1000, PETSC_FALSE, &progress));
  for (PetscInt i = 0; i <= 1000; ++i) OK(ProgressUpdate(progress, i));
  OK(ProgressDestroy(&progress));
  OK(ProgressCreate("points", 1000, PETSC_TRUE, &progress));
  OK(ProgressUpdate(progress, 77));
  OK(ProgressDestroy(&progress));
  dup2(saved, STDERR_FILENO);
  /* a terminal hands over what was written in pieces */
  while (poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 200) > 0 &&
         length < (ssize_t)sizeof text - 1) {
    const ssize_t more = read(master, text + length, sizeof text - 1 - (size_t)length);
    if (more <= 0) break;
    length += more;
  }
  close(saved);
  close(terminal);
  close(master);
  assert_true(length > 0);
  for (const char *c = text; (c = strstr(c, "/1000 points")); ++c) lines++;
  assert_in_range(lines, 1, 5);
  assert_null(strstr(text, "77/1000"));
  assert_string_equal(text + length - 4, "\r\033[K");
}

static void test_checksum(void **state)
{
  (void)state;
  assert_int_equal(Checksum(0, "123456789", 9), 0xCBF43926); /* the check value of the standard */
  assert_int_equal(Checksum(Checksum(0, "1234", 4), "56789", 5), 0xCBF43926);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_numbers),           IN_FOLDER(test_json),     IN_FOLDER(test_json_utf8),
      IN_FOLDER(test_json_misuse),       IN_FOLDER(test_csv),      IN_FOLDER(test_progress_line),
      IN_FOLDER(test_progress_terminal), IN_FOLDER(test_checksum),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
