/* Case files: what a good one gives, and every mistake with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <reiter/case.h>

#define OK(call) assert_int_equal(call, 0)
#define HEAD     "dimension: 1\ntemperature: 0.5\n"
#define MICRO    "potential: {micro: cos(2*pi*x1)}\n"
#define GOOD     HEAD MICRO

/* One reading: the file is gone afterwards. */
typedef struct {
  char path[256];
  Diagnostics d;
  Case c;
  char *printed;
  PetscInt errors;
} Reading;

static void read_bytes(Reading *r, const char *text, size_t length, PetscInt n, const char *const overrides[])
{
  const char *const folder = getenv("TMPDIR");
  size_t size;

  snprintf(r->path, sizeof(r->path), "%s/case_XXXXXX", folder ? folder : ".");
  const int fd = mkstemp(r->path);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, length), length);
  close(fd);
  OK(DiagnosticsCreate(&r->d));
  OK(CaseRead(r->path, n, overrides, r->d, &r->c));
  unlink(r->path);
  OK(DiagnosticsCount(r->d, &r->errors, NULL));
  FILE *const f = open_memstream(&r->printed, &size);

  OK(DiagnosticsPrint(r->d, f));
  fclose(f);
  assert_true(r->errors ? !r->c : !!r->c);
}

static void read_case(Reading *r, const char *text)
{
  read_bytes(r, text, strlen(text), 0, NULL);
}

static void done(Reading *r)
{
  OK(CaseDestroy(&r->c));
  OK(DiagnosticsDestroy(&r->d));
  free(r->printed);
}

static void read_good(Reading *r, const char *text)
{
  read_case(r, text);
  if (r->errors) print_error("%s", r->printed);
  assert_int_equal(r->errors, 0);
}

static void assert_says(const Reading *r, const char *words)
{
  if (!strstr(r->printed, words)) print_error("no '%s' in:\n%s", words, r->printed);
  assert_non_null(strstr(r->printed, words));
}

/* n mistakes; each of the texts up to NULL must be printed. ":2:3: error: " pins the place. */
static void expect(const char *text, PetscInt n, ...)
{
  Reading r;
  va_list words;

  read_case(&r, text);
  va_start(words, n);
  for (const char *w = va_arg(words, const char *); w; w = va_arg(words, const char *)) assert_says(&r, w);
  va_end(words);
  if (r.errors != n) print_error("%d mistakes instead of %d:\n%s", (int)r.errors, (int)n, r.printed);
  assert_int_equal(r.errors, n);
  done(&r);
}

static void expect_override(const char *text, const char *override, const char *words)
{
  Reading r;

  read_bytes(&r, text, strlen(text), 1, &override);
  assert_int_equal(r.errors, 1);
  assert_says(&r, words);
  done(&r);
}

static void defaults(void **state)
{
  Reading r;
  const CaseCell *cell;
  const CaseEffective *effective;
  const CaseOutput *output;
  const char *title, *const *names, *const *values;
  PetscInt dim, scales, n;
  PetscReal temperature;
  Potential potential;

  (void)state;
  read_good(&r, GOOD);
  OK(CaseGetTitle(r.c, &title));
  assert_string_equal(title, "");
  OK(CaseGetPotential(r.c, &potential));
  OK(PotentialGetSizes(potential, &dim, &scales, &temperature));
  assert_int_equal(dim, 1);
  assert_int_equal(scales, 1);
  assert_true(temperature == 0.5);
  OK(CaseGetCell(r.c, &cell));
  assert_string_equal(cell->method, "auto");
  assert_true(cell->tolerance == 1e-8);
  assert_int_equal(cell->cells, 0);
  assert_int_equal(cell->order, 0);
  assert_int_equal(cell->n_breaks[0], 0);
  assert_int_equal(cell->max_unknowns, 2000000);
  assert_int_equal(cell->max_solves, 1000000);
  OK(CaseGetEffective(r.c, &effective));
  assert_int_equal(effective->n_points, 1);
  assert_true(effective->points[0] == 0);
  assert_false(effective->grid);
  assert_false(effective->correctors);
  OK(CaseGetOutput(r.c, &output));
  assert_true(output->xdmf && output->csv);
  assert_memory_equal(output->directory, "results/case_", 13);
  OK(CaseGetPetscOptions(r.c, &n, &names, &values));
  assert_int_equal(n, 0);
  done(&r);
}

static void everything_given(void **state)
{
  static const char text[] = "title: Rugged pitchfork\n"
                             "dimension: 2\n"
                             "temperature: \"2*T0\"\n"
                             "parameters: {T0: 0.25, alpha: -T0/4, big: 1e3}\n"
                             "potential:\n"
                             "  macro: x^4/4 - alpha*x^2/2\n"
                             "  micro:\n"
                             "    - cos(2*pi*x1)\n"
                             "    - 'sin(2*pi*y2)'\n"
                             "  scales: 3\n"
                             "cell:\n"
                             "  method: fem\n"
                             "  tolerance: 1e-6\n"
                             "  cells: 8\n"
                             "  order: 4\n"
                             "  breaks: [[0.75, 1/4, 0.25], []]\n"
                             "  max_unknowns: 1000\n"
                             "  max_solves: 0x10\n"
                             "effective:\n"
                             "  grid: {box: [[-2, 2], [0, 2*T0]], cells: [4, 2]}\n"
                             "  correctors: true\n"
                             "output: {directory: results/pitchfork, fields: [csv]}\n"
                             "petsc: {cell_ksp_rtol: 1e-10, log_view: }\n";
  Reading r;
  const CaseCell *cell;
  const CaseEffective *e;
  const CaseOutput *output;
  const char *title, *const *names, *const *values, *given;
  size_t length;
  PetscInt dim, scales, n;
  PetscReal s, V0, x[2] = {2, 0};
  Potential potential;

  (void)state;
  read_good(&r, text);
  OK(CaseGetTitle(r.c, &title));
  assert_string_equal(title, "Rugged pitchfork");
  OK(CaseGetText(r.c, &given, &length));
  assert_int_equal(length, strlen(text));
  assert_memory_equal(given, text, length);
  OK(CaseGetPotential(r.c, &potential));
  OK(PotentialGetSizes(potential, &dim, &scales, &s));
  assert_int_equal(dim, 2);
  assert_int_equal(scales, 3);
  assert_true(s == 0.5);
  OK(PotentialEvaluateMacro(potential, x, &V0, NULL));
  assert_true(PetscAbsReal(V0 - 4.125) < 1e-14); /* 16/4 + 0.0625*4/2 */
  OK(CaseGetCell(r.c, &cell));
  assert_string_equal(cell->method, "fem");
  assert_true(cell->tolerance == 1e-6);
  assert_int_equal(cell->cells, 8);
  assert_int_equal(cell->order, 4);
  assert_int_equal(cell->n_breaks[0], 2);
  assert_true(cell->breaks[0][0] == 0.25 && cell->breaks[0][1] == 0.75);
  assert_int_equal(cell->n_breaks[1], 0);
  assert_int_equal(cell->max_unknowns, 1000);
  assert_int_equal(cell->max_solves, 16);
  OK(CaseGetEffective(r.c, &e));
  assert_true(e->grid && e->correctors);
  assert_int_equal(e->n_points, 15);
  assert_true(e->points[0] == -2 && e->points[1] == 0);
  assert_true(e->points[2] == -1 && e->points[3] == 0);      /* x fastest */
  assert_true(e->points[10] == -2 && e->points[11] == 0.25); /* next row */
  assert_true(e->points[28] == 2 && e->points[29] == 0.5);   /* last */
  OK(CaseGetOutput(r.c, &output));
  assert_string_equal(output->directory, "results/pitchfork");
  assert_true(output->csv && !output->xdmf);
  OK(CaseGetPetscOptions(r.c, &n, &names, &values));
  assert_int_equal(n, 2);
  assert_string_equal(names[0], "-cell_ksp_rtol");
  assert_string_equal(values[0], "1e-10");
  assert_string_equal(names[1], "-log_view");
  assert_string_equal(values[1], "");
  done(&r);
}

static void points_of_a_line(void **state)
{
  static const char *const forms[] = {"[-1.0, 0.5]", "[[-1.0], [0.5]]", "[-1., [.5]]", "[\"-2*h\", h]"};
  const CaseEffective *e;
  char text[256];
  Reading r;

  (void)state;
  for (size_t i = 0; i < 4; ++i) {
    snprintf(text, sizeof(text), "parameters: {h: 0.5}\n" GOOD "effective: {points: %s}\n", forms[i]);
    read_good(&r, text);
    OK(CaseGetEffective(r.c, &e));
    assert_int_equal(e->n_points, 2);
    assert_true(e->points[0] == -1 && e->points[1] == 0.5);
    done(&r);
  }
}

static void one_integer_for_all_directions(void **state)
{
  const CaseEffective *e;
  const CaseCell *cell;
  Reading r;

  (void)state;
  read_good(&r, "dimension: 2\ntemperature: 1\npotential: {micro: sin(2*pi*x1)}\n"
                "effective: {grid: {box: [[0, 1], [0, 1]], cells: 3}}\ncell: {breaks: [0.5, 0]}\n");
  OK(CaseGetEffective(r.c, &e));
  assert_int_equal(e->n_points, 16);
  OK(CaseGetCell(r.c, &cell));
  for (int c = 0; c < 2; ++c) {
    assert_int_equal(cell->n_breaks[c], 2);
    assert_true(cell->breaks[c][0] == 0 && cell->breaks[c][1] == 0.5);
  }
  done(&r);
}

static void empty_sections_and_numbers_as_formulas(void **state)
{
  Reading r;

  (void)state;
  read_good(&r,
            "\xEF\xBB\xBF" HEAD "potential:\n  macro: 0\ncell:\neffective:\nparameters:\noutput:\npetsc:\n");
  done(&r);
  read_good(&r, "---\r\ndimension: 1\r\ntemperature: 1.\r\npotential: {macro: [.5, x^2]}\r\n...\r\n");
  done(&r);
}

static void unknown_keys(void **state)
{
  (void)state;
  expect(GOOD "cell:\n  tolerence: 1e-6\n", 1,
         ":5:3: error: unknown key 'tolerence' in cell\n  tolerence: 1e-6\n  ^~~~~~~~~\n",
         "did you mean 'tolerance'?", "expected: one of method, tolerance, cells", NULL);
  expect("tolerance: 1e-6\n" GOOD, 1,
         ":1:1: error: 'tolerance' belongs under cell, evolve, spectrum, passage, transitions or kinetic\n",
         NULL);
  expect("cells: 1\n" GOOD, 1,
         "'cells' belongs under cell, effective.grid, domain, paths.histogram or kinetic\n", NULL);
  expect("output: {title: a}\n" GOOD, 1, ":1:10: error: 'title' belongs at the top level\n", NULL);
  expect("cell.order: 3\n" GOOD, 1, "'order' belongs under cell, as 'order'", NULL);
  expect("tolerence: 1e-6\n" GOOD, 1, "did you mean 'cell.tolerance'?", NULL);
}

static void missing_and_empty(void **state)
{
  (void)state;
  expect(MICRO, 2, "'dimension' is missing", "'temperature' is missing", "expected: an integer from 1 to 3",
         "expected: a number > 0 or a formula of parameters", NULL);
  expect(HEAD, 1, "'potential' is missing", NULL);
  expect(HEAD "potential: {scales: 2}\n", 1, ":3:1: error: potential needs macro or micro", NULL);
  expect(HEAD "potential:\n", 1, ":3:1: error: potential needs macro or micro", NULL);
  expect(GOOD "effective: {grid: {}}\n", 2, ":4:13: error: 'effective.grid.box' is missing",
         "'effective.grid.cells' is missing", NULL);
  expect("title:\n" GOOD, 1, ":1:1: error: 'title' has no value", NULL);
  expect("", 1, ":1:1: error: the case is empty", NULL);
  expect("# nothing\n", 1, "the case is empty", NULL);
  expect("just text\n", 1, ":1:1: error: the case is the text 'just text'", NULL);
  expect("- 1\n", 1, "the case is a list", NULL);
  expect(GOOD "cell: 5\n", 1, ":4:7: error: cell is '5'", NULL);
}

static void wrong_values(void **state)
{
  (void)state;
  expect("dimension: 4\ntemperature: 1\n" MICRO, 1,
         ":1:12: error: dimension is out of range: 4\ndimension: 4\n           ^\n  expected: an integer "
         "from 1 to 3\n",
         NULL);
  expect("dimension: 1.5\ntemperature: 1\n" MICRO, 1, "dimension is out of range: 1.5", NULL);
  expect("dimension: \"1\"\ntemperature: 1\n" MICRO, 1, "wrong value for dimension: the text '1'", NULL);
  expect("dimension: 1\ntemperature: 0\n" MICRO, 1, ":2:14: error: temperature is out of range: 0", NULL);
  expect("dimension: 1\ntemperature: .inf\n" MICRO, 1, "temperature is not finite", NULL);
  expect("dimension: 1\ntemperature: 1e999\n" MICRO, 1, "temperature is not finite", NULL);
  expect("dimension: 1\ntemperature: true\n" MICRO, 1, "wrong value for temperature: 'true'", NULL);
  expect("dimension: 1\ntemperature: [1]\n" MICRO, 1, "wrong value for temperature: a list", NULL);
  expect(GOOD "cell: {tolerance: 0.2, order: 13, cells: 0, max_solves: 1e10, method: fme}\n", 5,
         "cell.tolerance is out of range: 0.2", "expected: a number in (0, 0.1]",
         "expected: an integer from 1 to 12, or auto", "cell.cells is out of range: 0",
         "cell.max_solves is out of range: 10000000000", "unknown value 'fme' for cell.method",
         "did you mean 'fem'?", "expected: auto, fem, fourier or closed_form", NULL);
  expect(GOOD "cell: {tolerance: \"1e-8\", cells: autom}\n", 2,
         ":4:19: error: wrong value for cell.tolerance", NULL);
  expect(GOOD "cell: {breaks: [1, -0.1, 0.5]}\n", 2, "cell.breaks is out of range: 1",
         "cell.breaks is out of range: -0.1", NULL);
  expect(GOOD "cell: {breaks: [[0.5], [0.5]]}\n", 1, "2 lists in 2 entries for dimension 1", NULL);
  expect(GOOD "cell: {breaks: 0.5}\n", 1, "wrong value for cell.breaks: '0.5'", NULL);
  expect(GOOD "effective: {correctors: yes}\n", 1, ":4:25: error: ", "did you mean 'true'?", NULL);
  expect(GOOD "output: {fields: [xmdf, csv]}\n", 1, ":4:19: error: unknown value 'xmdf'",
         "did you mean 'xdmf'?", NULL);
  expect(GOOD "output: {directory: ''}\n", 1, "wrong value for output.directory", NULL);
  expect(GOOD "petsc: {-ksp_rtol: 1, 'a b': 1, ok: [1]}\n", 3, "did you mean 'ksp_rtol'?",
         "'a b' is no name of an option", "wrong value for petsc: a list", NULL);
}

static void wrong_points_and_grids(void **state)
{
  (void)state;
  expect(GOOD "effective: {points: [[1, 2], [0]]}\n", 1,
         ":4:22: error: a point with 2 coordinates in dimension 1\n",
         "                     ^~~~~~\n  expected: [x]\n", NULL);
  expect("dimension: 2\ntemperature: 1\npotential: {macro: x}\neffective: {points: [0.5, 1]}\n", 2,
         "wrong value for effective.points: '0.5'", "expected: [x, y]", NULL);
  expect(GOOD "effective: {points: []}\n", 1, "wrong value for effective.points: an empty list", NULL);
  expect(GOOD "effective: {points: [[abs]]}\n", 1, ":4:23: error: ", NULL);
  expect(GOOD "effective:\n  points: [0]\n  grid: {box: [[0, 1]], cells: 2}\n", 1,
         ":5:3: error: both 'points' and 'grid' in effective", NULL);
  expect(GOOD "effective: {grid: {box: [[1, 1]], cells: [0]}}\n", 2,
         ":4:26: error: the box is empty: 1 is not below 1", "effective.grid.cells is out of range: 0", NULL);
  expect(GOOD "effective: {grid: {box: [[0, 1], [0, 1]], cells: [1, 1]}}\n", 2,
         "wrong value for effective.grid.box", "wrong value for effective.grid.cells", NULL);
  expect(GOOD "effective: {grid: {box: [0, 1], cells: 1}}\n", 1, "wrong value for effective.grid.box", NULL);
  expect("dimension: 3\ntemperature: 1\npotential: {macro: x}\n"
         "effective: {grid: {box: [[0, 1], [0, 1], [0, 1]], cells: 1000}}\n",
         1, "a grid of 1003003001 points", NULL);
}

static void parameters(void **state)
{
  (void)state;
  expect("parameters: {a: b, b: 1}\n" GOOD, 1, ":1:17: error: ", NULL);
  expect("parameters: {x: 1, y2: 1, pi: 3, sin: 1, mod: 1, if: 1, 2a: 1, a-b: 1, \xC3\xA4: 1}\n" GOOD, 9,
         ":1:14: error: parameter 'x' would hide", "parameter 'y2' would", "parameter 'pi' would",
         "parameter 'sin' would", "parameter 'mod' would", "parameter 'if' would", "'2a' cannot be the name",
         "'a-b' cannot be the name", "'\xC3\xA4' cannot be the name", NULL);
  /* a parameter that failed is not missed again */
  expect("parameters: {alpha: [1], beta: alpha}\ndimension: 1\ntemperature: alpha - 1\n"
         "potential: {macro: alpha*x}\n",
         1, ":1:21: error: wrong value for parameters: a list", NULL);
  expect("parameters: [1]\n" GOOD, 1, "wrong value for parameters: a list", NULL);
  expect("parameters: {a: 1/0}\n" GOOD, 1, ":1:17: error: ", NULL);
}

static void formulas(void **state)
{
  (void)state;
  expect(HEAD "potential:\n  micro: cos(2*pi*x1) + foo\n", 1,
         ":4:25: error: ", "  micro: cos(2*pi*x1) + foo\n                        ^~~\n", NULL);
  expect("parameters: {alpha: 1}\n" HEAD "potential: {micro: alpa*cos(2*pi*x1)}\n", 1,
         "did you mean 'alpha'?", NULL);
  expect(HEAD "potential: {micro: cos(2*pi*y1)}\n", 1, ":3:29: error: ", NULL);
  expect(HEAD "potential:\n  macro: x^2 + 3*x2\n", 1,
         ":4:18: error: potential.macro uses the fast variable 'x2'\n", NULL);
  expect(HEAD "potential: {micro: sin(2*pi*x3), scales: 2}\n", 1,
         ":3:42: error: potential.scales is 2, but potential.micro uses scale 3", "expected: at least 3",
         NULL);
  expect(HEAD "potential: {micro: sin(2*pi*x1), scales: 10}\n", 1, "potential.scales is out of range: 10",
         NULL);
  expect(HEAD "potential: {micro: [cos(2*pi*x1), bar, {a: 1}, ]}\n", 2,
         ":3:35: error: ", ":3:40: error: wrong value for potential.micro: a mapping", NULL);
  expect(HEAD "potential: {micro: []}\n", 1, "wrong value for potential.micro: an empty list", NULL);
  expect(HEAD "potential: {micro: \"\"}\n", 1, ":3:20: error: ", NULL);
}

static void places_in_quoted_and_folded_formulas(void **state)
{
  (void)state;
  expect(HEAD "potential:\n  macro: \"x + \\u0078 + bad\"\n", 1,
         ":4:24: error: ", "                       ^~~\n", NULL);
  expect(HEAD "potential:\n  macro: 'x + bad'\n", 1, ":4:15: error: ", "              ^~~\n", NULL);
  expect(HEAD "potential:\n  macro: x +\n    bad\n", 1, ":5:5: error: ", "    bad\n    ^~~\n", NULL);
  expect(HEAD "potential:\n  macro: |\n    x +\n     x + bad\n", 1, ":6:10: error: ", NULL);
  expect(HEAD "potential:\n  macro: >-  # folded\n    x +\n    x + bad\n", 1, ":6:9: error: ", NULL);
  expect(HEAD "potential:\n  macro: \"x + \\\n     bad\"\n", 1, ":5:6: error: ", NULL);
}

static void faults_of_the_potential(void **state)
{
  (void)state;
  expect(HEAD "potential:\n  micro: [cos(2*pi*x1), sin(pi*x1)]\n", 1,
         ":4:25: error: potential.micro: ", "                        ^~~~~~~~~~\n", NULL);
  expect(HEAD "potential:\n  micro: log(x)*cos(2*pi*x1)\neffective: {points: [-1]}\n", 1,
         ":4:10: error: potential.micro: ", "finite", NULL);
}

static void a_fault_at_run_time(void **state)
{
  PotentialFault fault = {.failed = PETSC_TRUE, .term = 2, .scale = 0, .message = "not finite at x = 3"};
  const char *const override = "potential.micro.1=sin(2*pi*x1)";
  Diagnostics later;
  char *text;
  size_t size;
  Reading r;

  (void)state;
  read_bytes(&r, HEAD "potential: {micro: [cos(2*pi*x1) + cos(4*pi*x1)]}\n",
             strlen(HEAD "potential: {micro: [cos(2*pi*x1) + cos(4*pi*x1)]}\n"), 1, &override);
  assert_int_equal(r.errors, 0);
  OK(DiagnosticsCreate(&later));
  OK(CaseReportFault(r.c, later, &fault));
  fault.term = 1;
  OK(CaseReportFault(r.c, later, &fault));
  FILE *const f = open_memstream(&text, &size);

  OK(DiagnosticsPrint(later, f));
  fclose(f);
  assert_non_null(
      strstr(text, "-s potential.micro.1=sin(2*pi*x1):1:19: error: potential.micro: not finite at x = 3\n"));
  assert_non_null(strstr(text, ":3:21: error: potential.micro: not finite at x = 3\n"));
  free(text);
  OK(DiagnosticsDestroy(&later));
  done(&r);
}

static void all_mistakes_in_one_pass(void **state)
{
  expect("dimension: one\n"
         "temperture: 1\n"
         "parameters: {e: 2}\n"
         "potential:\n"
         "  macro: x^^2\n"
         "  micro: cos(2*pi*q1)\n"
         "cell: {order: 0, tolerence: 1}\n"
         "effective: {points: [[1], [zz]]}\n",
         8, ":1:12: error: wrong value for dimension", "did you mean 'temperature'?",
         ":3:14: error: parameter 'e'",
         ":5:12: error: ", ":6:19: error: ", ":7:15: error: ", ":7:18: error: unknown key",
         ":8:28: error: ", NULL);
  (void)state;
}

static void yaml_is_refused_with_a_place(void **state)
{
  (void)state;
  expect("a: 1\nb: [1, 2\n\n", 1, ":2:9: error: not valid YAML", "b: [1, 2\n        ^\n", NULL);
  expect("a: 1\nb: [1, 2\nc: 3\n", 1, ":3:2: error: not valid YAML", NULL);
  expect("dimension: 1\n\ttemperature: 1\n", 1, ":2:1: error: not valid YAML", "tabs", NULL);
  expect("title: a: b\n", 1, ":1:9: error: not valid YAML", "quotes around", NULL);
  expect("title: \"abc\ndimension: 1\n", 1, ":1:8: error: not valid YAML", NULL);
  expect("title: a\ndimension 1\ntemperature: 1\n", 1, ":2:1: error: not valid YAML",
         "a space after the colon", NULL);
  expect("dimension: 1\ntitle: a\ndimension: 2\n", 1,
         ":3:1: error: duplicate key 'dimension', first given on line 1", NULL);
  expect("cell: {order: 1, order: 2, order: 3}\n", 2, ":1:18: error: duplicate", ":1:28: error: duplicate",
         NULL);
  expect("title: &a text\nother: *a\n", 2, ":1:8: error: anchors", ":2:8: error: aliases", NULL);
  expect("title: !!str 5\n", 1, ":1:8: error: tags", NULL);
  expect("title: a\n---\ntitle: b\n", 1, ":2:1: error: a second document begins here", NULL);
  expect("[a, b]: 1\n", 1, ":1:1: error: a key must be a name", NULL);
  expect("title: \"a\\0b\"\n", 1, ":1:8: error: a text must not contain the character zero", NULL);
  expect("title: \xC3\xA4\xFF\n", 1, ":1:9: error: the byte 0xFF is not valid UTF-8", NULL);
  expect("title: a\n# \x07\n", 1, ":2:3: error: the control character U+0007", NULL);
}

static void hostile_files(void **state)
{
  const size_t large = 16 * 1024 * 1024 + 1;
  char *const text = malloc(large), *const deep = malloc(100001);
  Reading r;

  (void)state;
  memset(text, ' ', large);
  read_bytes(&r, text, large, 0, NULL);
  assert_int_equal(r.errors, 1);
  assert_says(&r, "is too large for a case file");
  done(&r);
  memset(deep, '[', 100000);
  deep[100000] = '\0';
  expect(deep, 1, ":1:33: error: lists and mappings are nested too deeply", NULL);
  for (size_t i = 0; i + 1 < 100000; i += 2) memcpy(deep + i, "- ", 2);
  expect(deep, 1, "nested too deeply", NULL);
  read_bytes(&r, "title: a\0b\n", 11, 0, NULL);
  assert_int_equal(r.errors, 1);
  assert_says(&r, ":1:9: error: the control character U+0000");
  done(&r);
  memset(text, '[', 1);
  for (size_t i = 1; i + 1 < large; i += 2) memcpy(text + i, "0,", 2);
  read_bytes(&r, text, large - 2, 0, NULL);
  assert_says(&r, "more than a million values");
  done(&r);
  free(deep);
  free(text);
}

static void files_that_cannot_be_read(void **state)
{
  static const char *const paths[] = {"no/such/file.yaml", "."};
  static const char *const words[] = {"reiter: error: cannot open 'no/such/file.yaml': No such file",
                                      "reiter: error: cannot read '.':"};

  (void)state;
  for (int i = 0; i < 2; ++i) {
    Reading r;
    size_t size;

    OK(DiagnosticsCreate(&r.d));
    OK(CaseRead(paths[i], 0, NULL, r.d, &r.c));
    assert_null(r.c);
    FILE *const f = open_memstream(&r.printed, &size);

    OK(DiagnosticsPrint(r.d, f));
    fclose(f);
    assert_memory_equal(r.printed, words[i], strlen(words[i]));
    done(&r);
  }
}

static void overrides(void **state)
{
  static const char *const good[] = {"temperature=2.5",        "cell.order=3",    "effective.points.0.0=7",
                                     "effective.points.2=[9]", "petsc.log_view=", "title=a=b"};
  const CaseCell *cell;
  const CaseEffective *e;
  const char *title;
  PetscReal s;
  PetscInt dim, scales;
  Potential potential;
  Reading r;

  (void)state;
  read_bytes(&r, GOOD "effective: {points: [[1], [2]]}\n", strlen(GOOD "effective: {points: [[1], [2]]}\n"),
             6, good);
  assert_int_equal(r.errors, 0);
  OK(CaseGetPotential(r.c, &potential));
  OK(PotentialGetSizes(potential, &dim, &scales, &s));
  assert_true(s == 2.5);
  OK(CaseGetCell(r.c, &cell));
  assert_int_equal(cell->order, 3);
  OK(CaseGetEffective(r.c, &e));
  assert_int_equal(e->n_points, 3);
  assert_true(e->points[0] == 7 && e->points[1] == 2 && e->points[2] == 9);
  OK(CaseGetTitle(r.c, &title));
  assert_string_equal(title, "a=b");
  done(&r);
  expect_override(GOOD, "temperature=abc", "-s temperature=abc:1:13: error: ");
  expect_override(GOOD, "cell.oder=1",
                  "-s cell.oder=1:1:6: error: unknown key 'oder' in cell\ncell.oder=1\n     ^~~~\n");
  expect_override(GOOD, "temperature", "-s temperature:1:1: error: an override without a key");
  expect_override(GOOD, "cell..order=1", ":1:6: error: the path has an empty name");
  expect_override(GOOD, "dimension.x=1", ":1:1: error: 'dimension' has no entry 'x': it is '1'");
  expect_override(GOOD "effective: {points: [1]}\n", "effective.points.5=1",
                  "expected: an index from 0 to 1");
  expect_override(GOOD, "title=[1", "-s title=[1:1:9: error: not valid YAML");
  expect_override(GOOD, "title=\xFF", "-s title=?:1:7: error: the byte 0xFF");
}

static void the_resolved_case_reads_the_same(void **state)
{
  static const char *const texts[] = {
      GOOD,
      "title: \"quo\\\"te \\\\ \\e \\u2028 \xC3\xA9\\nline: #x\"\n" GOOD
      "output: {directory: 'a: b', fields: []}\n",
      "dimension: 2\ntemperature: t/3\nparameters: {t: 0.1, u: 1/t, huge: 1e300, tiny: -1e-300}\n"
      "potential:\n  macro: |\n    x^2 +\n    u*y\n  micro: [cos(2*pi*x1), \"sin(2*pi*y2)\"]\n  scales: 3\n"
      "cell: {method: fourier, cells: 21, breaks: [[1/3], [0.1, 0.2]], tolerance: 1e-10, order: 2}\n"
      "effective: {points: [[t, 1/3], [-1e-5, 1e22]], correctors: true}\n"
      "petsc: {a: 'yes', b: \"1: 2\", c: }\n",
      HEAD "potential: {macro: 0}\neffective: {grid: {box: [[-1/3, 0.1]], cells: 7}}\n"};

  (void)state;
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
    char digest[17], again[17], *resolved, *resolved_again;
    const char *title, *title_again;
    Reading r, s;

    read_good(&r, texts[i]);
    OK(CaseDigest(r.c, digest));
    OK(CaseWriteResolved(r.c, &resolved));
    read_good(&s, resolved);
    OK(CaseDigest(s.c, again));
    OK(CaseWriteResolved(s.c, &resolved_again));
    assert_string_equal(digest, again);
    assert_string_equal(resolved, resolved_again);
    OK(CaseGetTitle(r.c, &title));
    OK(CaseGetTitle(s.c, &title_again));
    assert_string_equal(title, title_again);
    OK(PetscFree(resolved));
    OK(PetscFree(resolved_again));
    done(&r);
    done(&s);
  }
}

static void digest_of(const char *text, char digest[17])
{
  Reading r;

  read_good(&r, text);
  OK(CaseDigest(r.c, digest));
  done(&r);
}

static void the_digest_sees_what_matters(void **state)
{
  static const char *const same[] = {"title: other\n" GOOD, GOOD "output: {fields: [csv], directory: z}\n",
                                     GOOD "cell: {tolerance: 0.1e-7}\n"};
  static const char *const other[] = {GOOD "cell: {tolerance: 1e-9}\n", GOOD "effective: {points: [1]}\n",
                                      GOOD "petsc: {a: 1}\n", HEAD "potential: {micro: 2*cos(2*pi*x1)}\n",
                                      ("dimension: 1\ntemperature: 0.50000000000000011\n" MICRO)};
  char digest[17], found[17];

  (void)state;
  digest_of(GOOD, digest);
  assert_int_equal(strspn(digest, "0123456789abcdef"), 16);
  for (int i = 0; i < 3; ++i) {
    digest_of(same[i], found);
    assert_string_equal(found, digest);
  }
  for (int i = 0; i < 5; ++i) {
    digest_of(other[i], found);
    assert_string_not_equal(found, digest);
  }
}

static char *written_by(PetscErrorCode (*write_it)(FILE *))
{
  char *text = NULL;
  size_t size;
  FILE *const f = open_memstream(&text, &size);

  OK(write_it(f));
  fclose(f);
  return text;
}

static PetscErrorCode write_help(FILE *stream)
{
  return SchemaWriteHelp(NULL, stream);
}

static PetscErrorCode write_help_of_paths(FILE *stream)
{
  return SchemaWriteHelp("paths", stream);
}

static void the_table_is_printed_three_ways(void **state)
{
  char *const json = written_by(SchemaWriteJson), *const reference = written_by(SchemaWriteReference);
  char *const help = written_by(write_help), *const of_paths = written_by(write_help_of_paths);
  int depth = 0;

  (void)state;
  for (const char *s = json; *s; ++s) depth += (*s == '{') - (*s == '}');
  assert_int_equal(depth, 0);
  assert_non_null(strstr(json, "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
  assert_non_null(strstr(json, "\"then\": {\"required\": [\"temperature\"]}"));
  assert_non_null(
      strstr(json, "{\"required\": [\"greenkubo\"]}]}}, \"then\": {\"required\": [\"potential\"]}"));
  assert_non_null(strstr(json, "\"exclusiveMinimum\": 0, \"maximum\": 0.1"));
  assert_non_null(strstr(json, "\"default\": [\"xdmf\", \"csv\"]"));
  assert_non_null(strstr(json, "\"not\": {\"required\": [\"points\", \"grid\"]}"));
  assert_non_null(strstr(reference, "| `cell.tolerance` | a number in (0, 0.1] |  | 1e-8 | "));
  assert_non_null(strstr(help, "  cell.tolerance\n      Relative error"));
  assert_non_null(strstr(of_paths, "  paths.epsilon\n"));
  assert_null(strstr(of_paths, "  cell.tolerance\n"));
  for (const char *s = help; *s;) {
    const size_t length = strcspn(s, "\n");

    assert_true(length <= 100);
    s += length + (s[length] == '\n');
  }
  free(json);
  free(reference);
  free(help);
  free(of_paths);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(everything_given),
      cmocka_unit_test(points_of_a_line),
      cmocka_unit_test(one_integer_for_all_directions),
      cmocka_unit_test(empty_sections_and_numbers_as_formulas),
      cmocka_unit_test(unknown_keys),
      cmocka_unit_test(missing_and_empty),
      cmocka_unit_test(wrong_values),
      cmocka_unit_test(wrong_points_and_grids),
      cmocka_unit_test(parameters),
      cmocka_unit_test(formulas),
      cmocka_unit_test(places_in_quoted_and_folded_formulas),
      cmocka_unit_test(faults_of_the_potential),
      cmocka_unit_test(a_fault_at_run_time),
      cmocka_unit_test(all_mistakes_in_one_pass),
      cmocka_unit_test(yaml_is_refused_with_a_place),
      cmocka_unit_test(hostile_files),
      cmocka_unit_test(files_that_cannot_be_read),
      cmocka_unit_test(overrides),
      cmocka_unit_test(the_resolved_case_reads_the_same),
      cmocka_unit_test(the_digest_sees_what_matters),
      cmocka_unit_test(the_table_is_printed_three_ways),
  };
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  if (PetscFinalize()) return 1;
  return failed;
}
