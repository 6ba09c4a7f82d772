/* The printed form of mistakes, their order, and the nearest name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <reiter/diagnostics.h>

#define OK(call) assert_int_equal(call, 0)

static char *printed(Diagnostics d)
{
  char *text = NULL;
  size_t size;
  FILE *const f = open_memstream(&text, &size);

  assert_non_null(f);
  OK(DiagnosticsPrint(d, f));
  fclose(f);
  /* A copy: gcc takes the memory of the stream for the local variable that the stream sets. */
  char *const copy = strdup(text);

  free(text);
  return copy;
}

static Diagnostics with_source(const char *name, const char *text, PetscInt *source)
{
  Diagnostics d;

  OK(DiagnosticsCreate(&d));
  OK(DiagnosticsAddSource(d, name, text, strlen(text), source));
  return d;
}

static void expect_and_destroy(Diagnostics *d, const char *expected)
{
  char *const text = printed(*d);

  assert_string_equal(text, expected);
  free(text);
  OK(DiagnosticsDestroy(d));
}

static void looks_like_a_compiler(void **state)
{
  PetscInt s;
  Diagnostics d = with_source("case.yaml", "cell:\n  tolerence: 1e-6\n", &s);

  (void)state;
  OK(DiagnosticsError(d, (SourceSpan){s, 2, 3, 9}, "one of method, tolerance", "tolerance",
                      "unknown key '%s' in cell", "tolerence"));
  expect_and_destroy(&d, "case.yaml:2:3: error: unknown key 'tolerence' in cell\n"
                         "  tolerence: 1e-6\n"
                         "  ^~~~~~~~~\n"
                         "  expected: one of method, tolerance\n"
                         "  did you mean 'tolerance'?\n");
}

static void tabs_and_wide_characters_keep_the_caret_in_place(void **state)
{
  PetscInt s;
  /* a tab goes to column 8, e-acute is one column, the ideograph two */
  Diagnostics d = with_source("a",
                              "x\t\xC3\xA9\xE4\xB8\xAD"
                              "bad\n",
                              &s);

  (void)state;
  OK(DiagnosticsError(d, (SourceSpan){s, 1, 5, 3}, NULL, NULL, "here"));
  expect_and_destroy(&d, "a:1:5: error: here\n"
                         "x       \xC3\xA9\xE4\xB8\xAD"
                         "bad\n"
                         "           ^~~\n");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
  PetscInt s;
  Diagnostics d = with_source("a", "\x1B[31mred\xFFx\n", &s);

  (void)state;
  OK(DiagnosticsError(d, (SourceSpan){s, 1, 1, 1}, NULL, NULL, "escape \x1B and \xFF"));
  expect_and_destroy(&d, "a:1:1: error: escape ? and ?\n?[31mred?x\n^\n");
}

static void long_lines_are_cropped_around_the_caret(void **state)
{
  char line[5001], *crop, *marked;
  PetscInt s;
  Diagnostics d;

  (void)state;
  memset(line, 'a', 5000);
  line[5000] = '\0';
  memcpy(line + 3000, "WRONG", 5);
  d = with_source("a", line, &s);
  OK(DiagnosticsError(d, (SourceSpan){s, 1, 3001, 5}, NULL, NULL, "here"));
  crop = printed(d);
  marked = strstr(crop, "WRONG");
  assert_non_null(marked);
  assert_true(strlen(crop) < 300);
  /* line and caret begin after one '\n' each */
  char *const shown = strchr(crop, '\n') + 1, *const caret = strchr(shown, '\n') + 1;

  assert_int_equal(marked - shown, strchr(caret, '^') - caret);
  assert_memory_equal(strchr(caret, '^'), "^~~~~\n", 6);
  assert_memory_equal(shown, "...", 3);
  assert_memory_equal(caret - 4, "...\n", 4);
  free(crop);
  OK(DiagnosticsDestroy(&d));
}

static void a_span_beyond_the_line_is_at_its_end(void **state)
{
  PetscInt s;
  Diagnostics d = with_source("a", "ab\r\ncd", &s);

  (void)state;
  OK(DiagnosticsError(d, (SourceSpan){s, 1, 9, 1}, NULL, NULL, "one"));
  OK(DiagnosticsError(d, (SourceSpan){s, 2, 2, 99}, NULL, NULL, "two"));
  OK(DiagnosticsError(d, (SourceSpan){s, 7, 1, 1}, NULL, NULL, "three"));
  expect_and_destroy(&d, "a:1:9: error: one\nab\n  ^\n"
                         "a:2:2: error: two\ncd\n ^\n"
                         "a:7:1: error: three\n");
}

static void no_place_no_excerpt(void **state)
{
  PetscInt s;
  Diagnostics d = with_source("a", "text", &s);

  (void)state;
  OK(DiagnosticsError(d, (SourceSpan){s, 0, 0, 0}, NULL, "--resume", "unknown option '--resum'"));
  OK(DiagnosticsError(d, (SourceSpan){-1, 0, 0, 0}, NULL, NULL, "no file"));
  expect_and_destroy(
      &d, "reiter: error: no file\nreiter: error: unknown option '--resum'\n  did you mean '--resume'?\n");
}

static void sorted_by_source_line_column_without_duplicates(void **state)
{
  PetscInt a, b, errors, warnings;
  Diagnostics d = with_source("a", "1\n2\n", &a);

  (void)state;
  OK(DiagnosticsAddSource(d, "b", "1\n", 2, &b));
  OK(DiagnosticsError(d, (SourceSpan){b, 1, 1, 1}, NULL, NULL, "five"));
  OK(DiagnosticsError(d, (SourceSpan){a, 2, 1, 1}, NULL, NULL, "three"));
  OK(DiagnosticsWarning(d, (SourceSpan){a, 2, 2, 1}, NULL, NULL, "four"));
  OK(DiagnosticsError(d, (SourceSpan){a, 1, 2, 1}, NULL, NULL, "two"));
  OK(DiagnosticsError(d, (SourceSpan){a, 1, 1, 1}, NULL, NULL, "one"));
  OK(DiagnosticsError(d, (SourceSpan){a, 2, 1, 1}, NULL, NULL, "three"));
  OK(DiagnosticsCount(d, &errors, &warnings));
  assert_int_equal(errors, 4);
  assert_int_equal(warnings, 1);
  expect_and_destroy(&d, "a:1:1: error: one\n1\n^\na:1:2: error: two\n1\n ^\na:2:1: error: three\n2\n^\n"
                         "a:2:2: warning: four\n2\n ^\nb:1:1: error: five\n1\n^\n");
}

static void only_a_hundred_are_printed(void **state)
{
  PetscInt s, errors;
  Diagnostics d = with_source("a", "", &s);
  char *text;
  int lines = 0;

  (void)state;
  for (PetscInt i = 0; i < 20000; ++i) {
    OK(DiagnosticsError(d, (SourceSpan){s, 20000 - i, 1, 1}, NULL, NULL, "number %d", (int)i));
  }
  OK(DiagnosticsCount(d, &errors, NULL));
  assert_int_equal(errors, 20000);
  text = printed(d);
  for (const char *c = text; *c; ++c) lines += *c == '\n';
  assert_int_equal(lines, 101);
  assert_non_null(strstr(text, "\n... and 19900 more\n"));
  free(text);
  OK(DiagnosticsDestroy(&d));
}

static void long_messages_are_cut_between_characters(void **state)
{
  char message[4000], *text;
  PetscInt s;
  Diagnostics d = with_source("a", "", &s);

  (void)state;
  for (size_t i = 0; i < sizeof(message) - 2; i += 2) memcpy(message + i, "\xC3\xA9", 3);
  OK(DiagnosticsError(d, (SourceSpan){s, 0, 0, 0}, NULL, NULL, "%s", message));
  text = printed(d);
  assert_true(strlen(text) < 1100);
  assert_null(strchr(text, '?'));
  assert_string_equal(text + strlen(text) - 6, "\xC3\xA9...\n");
  free(text);
  OK(DiagnosticsDestroy(&d));
}

static void nearest_name(void **state)
{
  static const char *const names[] = {"method", "tolerance", "cells", "order", "temperature", "x"};
  const PetscInt n = 6;

  (void)state;
  assert_string_equal(NearestName("tolerence", n, names), "tolerance");
  assert_string_equal(NearestName("Tolerance", n, names), "tolerance");
  assert_string_equal(NearestName("METHOD", n, names), "method");
  assert_string_equal(NearestName("oredr", n, names), "order");
  assert_string_equal(NearestName("cell", n, names), "cells");
  assert_string_equal(NearestName("temp", n, names), "temperature");
  assert_string_equal(NearestName("X", n, names), "x");
  assert_null(NearestName("y", n, names));
  assert_null(NearestName("", n, names));
  assert_null(NearestName("boundary", n, names));
  assert_null(NearestName("tolls", n, names));
  assert_null(NearestName("abc", 0, NULL));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(looks_like_a_compiler),
      cmocka_unit_test(tabs_and_wide_characters_keep_the_caret_in_place),
      cmocka_unit_test(control_characters_do_not_reach_the_terminal),
      cmocka_unit_test(long_lines_are_cropped_around_the_caret),
      cmocka_unit_test(a_span_beyond_the_line_is_at_its_end),
      cmocka_unit_test(no_place_no_excerpt),
      cmocka_unit_test(sorted_by_source_line_column_without_duplicates),
      cmocka_unit_test(only_a_hundred_are_printed),
      cmocka_unit_test(long_messages_are_cut_between_characters),
      cmocka_unit_test(nearest_name),
  };
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  if (PetscFinalize()) return 1;
  return failed;
}
