/* Case files that ask for evolutions, spectra and passage times: what good ones give, and where their keys stand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <reiter/case.h>

#define OK(call) assert_int_equal(call, 0)
#define LINE     "dimension: 1\ntemperature: 0.5\npotential: {macro: x^4, micro: cos(2*pi*x1)}\n"
#define SQUARE   "dimension: 2\ntemperature: 0.5\npotential: {macro: x^4 + y^2}\n"

/* A folder of its own, because cases name files beside them. */
typedef struct {
  char folder[256], path[300];
  Diagnostics d;
  Case c;
  PetscInt errors;
} Reading;

static void write_file(const char *folder, const char *name, const char *text)
{
  char path[300];

  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *const f = fopen(path, "w");

  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static void make_folder(Reading *r)
{
  const char *const parent = getenv("TMPDIR");

  snprintf(r->folder, sizeof(r->folder), "%s/case_XXXXXX", parent ? parent : ".");
  assert_non_null(mkdtemp(r->folder));
  write_file(r->folder, "a.msh", "a mesh\n");
  write_file(r->folder, "a.csv", "x,log_w,D\n");
}

static void read_in(Reading *r, const char *text)
{
  r->c = NULL;
  write_file(r->folder, "case.yaml", text);
  snprintf(r->path, sizeof(r->path), "%s/case.yaml", r->folder);
  OK(DiagnosticsCreate(&r->d));
  OK(CaseRead(r->path, 0, NULL, r->d, &r->c));
  OK(DiagnosticsCount(r->d, &r->errors, NULL));
  if (r->errors) DiagnosticsPrint(r->d, stderr);
  assert_int_equal(r->errors, 0);
}

static void close_case(Reading *r)
{
  OK(CaseDestroy(&r->c));
  OK(DiagnosticsDestroy(&r->d));
}

static void remove_folder(Reading *r)
{
  static const char *const names[] = {"a.msh", "a.csv", "case.yaml"};
  char path[300];

  for (int i = 0; i < 3; ++i) {
    snprintf(path, sizeof(path), "%s/%s", r->folder, names[i]);
    unlink(path);
  }
  assert_int_equal(rmdir(r->folder), 0);
}

static void read_good(Reading *r, const char *text)
{
  make_folder(r);
  read_in(r, text);
}

static void done(Reading *r)
{
  close_case(r);
  remove_folder(r);
}

static PetscReal value_at(Expression e, PetscReal x, PetscReal y)
{
  PetscReal point[REITER_VARIABLES] = {0}, value;

  assert_non_null(e);
  point[0] = x;
  point[1] = y;
  OK(ExpressionEvaluate(e, point, &value));
  return value;
}

static void without_sections(void **state)
{
  const CaseDiffusion *diffusion;
  const CaseDomain *domain;
  const CaseEvolve *evolve;
  const CaseSpectrum *spectrum;
  const CasePassage *passage;
  const CaseConverge *converge;
  const CaseEffective *effective;
  const CaseOutput *output;
  Potential potential;
  PetscReal temperature;
  PetscInt dim;
  Reading r;

  (void)state;
  read_good(&r, LINE);
  OK(CaseGetDiffusion(r.c, &diffusion));
  OK(CaseGetDomain(r.c, &domain));
  OK(CaseGetEvolve(r.c, &evolve));
  OK(CaseGetSpectrum(r.c, &spectrum));
  OK(CaseGetPassage(r.c, &passage));
  OK(CaseGetConverge(r.c, &converge));
  assert_false(diffusion->given || domain->given || evolve->given || spectrum->given || passage->given ||
               converge->given);
  OK(CaseGetEffective(r.c, &effective));
  assert_int_equal(effective->n_points, 1);
  OK(CaseGetPotential(r.c, &potential));
  assert_non_null(potential);
  OK(CaseGetDimension(r.c, &dim));
  OK(CaseGetTemperature(r.c, &temperature));
  assert_int_equal(dim, 1);
  assert_true(temperature == 0.5);
  OK(CaseGetOutput(r.c, &output));
  assert_true(output->checkpoint_seconds == 10);
  done(&r);
}

static void defaults(void **state)
{
  static const PetscInt cells[] = {0, 200, 64, 24};
  static const char *const boxes[] = {"", "[[0, 1]]", "[[0, 1], [0, 1]]", "[[0, 1], [0, 1], [0, 1]]"};
  const CaseDomain *domain;
  const CaseEvolve *evolve;
  const CaseSpectrum *spectrum;
  const CasePassage *passage;
  const CaseConverge *converge;
  const CaseEffective *effective;
  char text[512];
  Reading r;

  (void)state;
  for (PetscInt dim = 1; dim <= 3; ++dim) {
    snprintf(text, sizeof(text),
             "dimension: %d\ntemperature: 0.5\npotential: {macro: x}\ndomain: {box: %s}\nspectrum:\n"
             "evolve: {initial: 1, times: [1]}\npassage: {from: [%s], to: x > 0.5}\nconverge:\n",
             (int)dim, boxes[dim],
             dim == 1   ? "0"
             : dim == 2 ? "[0, 0]"
                        : "[0, 0, 0]");
    read_good(&r, text);
    OK(CaseGetDomain(r.c, &domain));
    assert_true(domain->given && domain->is_box && domain->order == 2);
    assert_string_equal(domain->scheme, "fem");
    for (PetscInt c = 0; c < dim; ++c) {
      assert_int_equal(domain->cells[c], cells[dim]);
      assert_true(domain->sides[c][0] == BOUNDARY_REFLECTING && domain->sides[c][1] == BOUNDARY_REFLECTING);
    }
    OK(CaseGetEffective(r.c, &effective));
    assert_int_equal(effective->n_points, 0);
    OK(CaseGetEvolve(r.c, &evolve));
    assert_true(evolve->given && evolve->initial == INITIAL_FORMULA && !evolve->positive);
    assert_true(!evolve->currents && !evolve->n_observables && !evolve->n_backward && !evolve->marginals[0]);
    assert_string_equal(evolve->method, "auto");
    assert_true(evolve->tolerance == 1e-10);
    OK(CaseGetSpectrum(r.c, &spectrum));
    assert_true(spectrum->given && spectrum->count == 4 && spectrum->tolerance == 1e-12);
    assert_true(!spectrum->constants && !spectrum->n_epsilon);
    assert_string_equal(spectrum->method, "auto");
    assert_string_equal(spectrum->precision, "auto");
    OK(CaseGetPassage(r.c, &passage));
    assert_true(passage->given && passage->n_from == 1 && !passage->committor_a);
    OK(CaseGetConverge(r.c, &converge));
    assert_true(converge->given && converge->levels == 3 && converge->n_rates == 0);
    done(&r);
  }
}

static const char everything[] = SQUARE
    "parameters: {a: 2}\neffective: {points: [[0, 0]]}\n"
    "domain: {box: [[-a, 2], [0, 1]], cells: [40, 30], scheme: monotone, boundary: [[absorbing, "
    "reflecting], periodic]}\n"
    "evolve:\n"
    "  initial: {delta: [0.5, 1]}\n"
    "  times: [1, 0.5*0.2, 10]\n"
    "  observables: {mean: x, spread: (x - 0.5)^a}\n"
    "  backward: {right: x > 0}\n"
    "  marginals: [y]\n"
    "  currents: true\n"
    "  method: uniformisation\n"
    "  tolerance: 1e-8\n"
    "spectrum: {count: 5, method: elimination, precision: long_double, tolerance: 1e-9, constants: true}\n"
    "passage:\n"
    "  from: [[-1, 0], [0, 0.5]]\n"
    "  to: x > 1\n"
    "  committor: {a: x < -1, b: x > 1.5}\n"
    "  precision: double\n"
    "  tolerance: 1e-7\n"
    "converge: {levels: 4, rates: {gap: 1.9, mean: 3}, exact: {mean: 0.25, other: 1}}\n"
    "output: {checkpoint_seconds: 0}\n";

static void everything_about_the_domain(void **state)
{
  const CaseDomain *domain;
  const CaseEvolve *evolve;
  const CaseEffective *effective;
  const CaseOutput *output;
  Reading r;

  (void)state;
  read_good(&r, everything);
  OK(CaseGetDomain(r.c, &domain));
  assert_true(domain->box[0][0] == -2 && domain->box[0][1] == 2 && domain->box[1][1] == 1);
  assert_true(domain->cells[0] == 40 && domain->cells[1] == 30 && domain->order == 1);
  assert_string_equal(domain->scheme, "monotone");
  assert_true(domain->sides[0][0] == BOUNDARY_ABSORBING && domain->sides[0][1] == BOUNDARY_REFLECTING);
  assert_true(domain->sides[1][0] == BOUNDARY_PERIODIC && domain->sides[1][1] == BOUNDARY_PERIODIC);
  OK(CaseGetEffective(r.c, &effective));
  assert_int_equal(effective->n_points, 1);
  OK(CaseGetEvolve(r.c, &evolve));
  assert_int_equal(evolve->initial, INITIAL_DELTA);
  assert_true(evolve->delta[0] == 0.5 && evolve->delta[1] == 1);
  assert_int_equal(evolve->n_times, 3);
  assert_true(evolve->times[0] == 0.1 && evolve->times[1] == 1 && evolve->times[2] == 10);
  assert_int_equal(evolve->n_observables, 2);
  assert_string_equal(evolve->observables[1].name, "spread");
  assert_true(value_at(evolve->observables[1].formula, 2.5, 0) == 4);
  assert_int_equal(evolve->n_backward, 1);
  assert_true(value_at(evolve->backward[0].formula, 1, 0) == 1);
  assert_true(!evolve->marginals[0] && evolve->marginals[1] && evolve->currents && evolve->positive);
  assert_string_equal(evolve->method, "uniformisation");
  assert_true(evolve->tolerance == 1e-8);
  OK(CaseGetOutput(r.c, &output));
  assert_true(output->checkpoint_seconds == 0);
  done(&r);
}

static void everything_that_is_asked(void **state)
{
  const CaseSpectrum *spectrum;
  const CasePassage *passage;
  const CaseConverge *converge;
  Reading r;

  (void)state;
  read_good(&r, everything);
  OK(CaseGetSpectrum(r.c, &spectrum));
  assert_true(spectrum->count == 5 && spectrum->constants && spectrum->tolerance == 1e-9);
  assert_string_equal(spectrum->method, "elimination");
  assert_string_equal(spectrum->precision, "long_double");
  OK(CaseGetPassage(r.c, &passage));
  assert_int_equal(passage->n_from, 2);
  assert_true(passage->from[0] == -1 && passage->from[1] == 0 && passage->from[3] == 0.5);
  assert_true(value_at(passage->to, 2, 0) == 1 && value_at(passage->to, 0, 0) == 0);
  assert_true(value_at(passage->committor_a, -2, 0) == 1 && value_at(passage->committor_b, 1.2, 0) == 0);
  assert_string_equal(passage->precision, "double");
  assert_true(passage->tolerance == 1e-7);
  OK(CaseGetConverge(r.c, &converge));
  assert_int_equal(converge->levels, 4);
  assert_int_equal(converge->n_rates, 3);
  assert_string_equal(converge->quantities[0], "gap");
  assert_true(converge->rates[0] == 1.9 && isnan(converge->exact[0]));
  assert_string_equal(converge->quantities[1], "mean");
  assert_true(converge->rates[1] == 3 && converge->exact[1] == 0.25);
  assert_string_equal(converge->quantities[2], "other");
  assert_true(isnan(converge->rates[2]) && converge->exact[2] == 1);
  done(&r);
}

static void epsilons(void **state)
{
  const CaseSpectrum *spectrum;
  Reading r;

  (void)state;
  read_good(&r, LINE "domain: {box: [[-1, 1]]}\nspectrum: {constants: true, epsilon: [0.2, 0.1]}\n");
  OK(CaseGetSpectrum(r.c, &spectrum));
  assert_int_equal(spectrum->n_epsilon, 2);
  assert_true(spectrum->epsilon[0] == 0.1 && spectrum->epsilon[1] == 0.2);
  done(&r);
}

/* Every way to give a diffusion: log w and D must be what the formulas say, without under- or overflow. */
static void diffusions(void **state)
{
  static const char *const weights[] = {"weight: exp(-x^2*4000)", "weight: \" exp ( -x^2*4000 )\"",
                                        "log_weight: -4000*x^2", "log_weight: [-1000*x^2, -3000*x^2]"};
  const CaseDiffusion *diffusion;
  Potential potential;
  PetscReal temperature;
  char text[300];
  Reading r;

  (void)state;
  for (int i = 0; i < 4; ++i) {
    snprintf(text, sizeof(text), "dimension: 2\ndiffusion: {%s, tensor: [[2, x], [x, 3 + y]]}\n", weights[i]);
    read_good(&r, text);
    OK(CaseGetDiffusion(r.c, &diffusion));
    assert_true(diffusion->given && !diffusion->table[0]);
    assert_true(PetscAbsReal(value_at(diffusion->log_weight, 1, 0) + 4000) < 1e-9);
    assert_true(value_at(diffusion->tensor[0], 5, 7) == 2 && value_at(diffusion->tensor[1], 5, 7) == 5);
    assert_true(value_at(diffusion->tensor[2], 5, 7) == 5 && value_at(diffusion->tensor[3], 5, 7) == 10);
    OK(CaseGetPotential(r.c, &potential));
    assert_null(potential);
    OK(CaseGetTemperature(r.c, &temperature));
    assert_true(temperature == 0);
    done(&r);
  }
  read_good(&r,
            "dimension: 2\ntemperature: 3\ndiffusion: {weight: [x^2, \"exp(x)*exp(y)\"], tensor: 1 + x}\n");
  OK(CaseGetDiffusion(r.c, &diffusion));
  assert_true(PetscAbsReal(value_at(diffusion->log_weight, 1, 2) - log(1 + exp(3))) < 1e-14);
  assert_true(value_at(diffusion->tensor[0], 4, 0) == 5 && value_at(diffusion->tensor[3], 4, 0) == 5);
  assert_true(value_at(diffusion->tensor[1], 4, 0) == 0 && value_at(diffusion->tensor[2], 4, 0) == 0);
  OK(CaseGetTemperature(r.c, &temperature));
  assert_true(temperature == 3);
  done(&r);
}

static void boundaries(void **state)
{
  static const struct {
    const char *text;
    Boundary sides[2];
  } forms[] = {{"absorbing", {BOUNDARY_ABSORBING, BOUNDARY_ABSORBING}},
               {"[absorbing]", {BOUNDARY_ABSORBING, BOUNDARY_ABSORBING}},
               {"[[reflecting, absorbing]]", {BOUNDARY_REFLECTING, BOUNDARY_ABSORBING}},
               {"[absorbing, reflecting]", {BOUNDARY_ABSORBING, BOUNDARY_REFLECTING}},
               {"periodic", {BOUNDARY_PERIODIC, BOUNDARY_PERIODIC}}};
  const CaseDomain *domain;
  char text[300];
  Reading r;

  (void)state;
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i) {
    snprintf(text, sizeof(text), LINE "domain: {box: [[0, 1]], boundary: %s}\n", forms[i].text);
    read_good(&r, text);
    OK(CaseGetDomain(r.c, &domain));
    assert_int_equal(domain->sides[0][0], forms[i].sides[0]);
    assert_int_equal(domain->sides[0][1], forms[i].sides[1]);
    done(&r);
  }
}

/* Paths count from the case file, wherever the program runs. */
static void files(void **state)
{
  const CaseDomain *domain;
  const CaseDiffusion *diffusion;
  const CaseEvolve *evolve;
  char wanted[PETSC_MAX_PATH_LEN], *real;
  Reading r;

  (void)state;
  read_good(
      &r,
      "dimension: 2\ntemperature: 1\ndiffusion: {table: a.csv}\n"
      "domain: {mesh: ./a.msh, boundary: {rim: absorbing, inner.wall: reflecting, otherwise: absorbing}}\n"
      "evolve: {initial: {file: a.csv, time: 3}, times: [1]}\n");
  real = realpath(r.folder, NULL);
  snprintf(wanted, sizeof(wanted), "%s/./a.msh", real);
  OK(CaseGetDomain(r.c, &domain));
  assert_false(domain->is_box);
  assert_string_equal(domain->mesh, wanted);
  assert_int_equal(domain->n_groups, 2);
  assert_string_equal(domain->groups[1], "inner.wall");
  assert_true(domain->group_kinds[0] == BOUNDARY_ABSORBING && domain->group_kinds[1] == BOUNDARY_REFLECTING);
  assert_int_equal(domain->otherwise, BOUNDARY_ABSORBING);
  OK(CaseGetDiffusion(r.c, &diffusion));
  snprintf(wanted, sizeof(wanted), "%s/a.csv", real);
  assert_string_equal(diffusion->table, wanted);
  assert_null(diffusion->log_weight);
  OK(CaseGetEvolve(r.c, &evolve));
  assert_int_equal(evolve->initial, INITIAL_FILE);
  assert_string_equal(evolve->file, wanted);
  assert_true(evolve->file_time == 3);
  free(real);
  done(&r);
}

static void gibbs(void **state)
{
  const CaseEvolve *evolve;
  Reading r;

  (void)state;
  read_good(&r, LINE "domain: {box: [[0, 1]]}\nevolve: {initial: {gibbs: x^2}, times: [0]}\n");
  OK(CaseGetEvolve(r.c, &evolve));
  assert_int_equal(evolve->initial, INITIAL_GIBBS);
  assert_true(evolve->gibbs_temperature == 0.5);
  assert_true(value_at(evolve->density, 3, 0) == 9);
  done(&r);
  read_good(&r,
            LINE "domain: {box: [[0, 1]]}\nevolve: {initial: {gibbs: x^2, temperature: 4}, times: [0]}\n");
  OK(CaseGetEvolve(r.c, &evolve));
  assert_true(evolve->gibbs_temperature == 4);
  done(&r);
}

/* V1 is looked at where it will be asked for: in the box, not around the origin. */
static void the_potential_is_checked_in_the_box(void **state)
{
  Reading r;

  (void)state;
  read_good(
      &r, "dimension: 1\ntemperature: 1\npotential: {micro: log(x)*cos(2*pi*x1)}\ndomain: {box: [[1, 2]]}\n");
  done(&r);
  make_folder(&r);
  write_file(
      r.folder, "case.yaml",
      "dimension: 1\ntemperature: 1\npotential: {micro: log(x)*cos(2*pi*x1)}\ndomain: {box: [[-1, 2]]}\n");
  snprintf(r.path, sizeof(r.path), "%s/case.yaml", r.folder);
  OK(DiagnosticsCreate(&r.d));
  OK(CaseRead(r.path, 0, NULL, r.d, &r.c));
  assert_null(r.c);
  done(&r);
}

static void assert_place(Case c, const char *path, PetscInt line, PetscInt column, PetscInt length)
{
  Diagnostics later;
  SourceSpan where;

  OK(DiagnosticsCreate(&later));
  OK(CaseGetPlace(c, later, path, &where));
  if (where.line != line || where.column != column) print_error("place of %s\n", path);
  assert_int_equal(where.line, line);
  assert_int_equal(where.column, column);
  assert_int_equal(where.length, length);
  OK(DiagnosticsDestroy(&later));
}

static void places(void **state)
{
  const char *const overrides[] = {"domain.cells=30", "evolve.observables.more=x^2"};
  Reading r;

  (void)state;
  make_folder(&r);
  write_file(r.folder, "case.yaml",
             "dimension: 2\ndiffusion: {log_weight: -x^2, tensor: [[1, x*y], [0, 1]]}\n"
             "domain:\n  box: [[0, 1], [0, 1]]\n"
             "evolve: {initial: 1, times: [1, 2], observables: {mean: x, a.b: y}}\n");
  snprintf(r.path, sizeof(r.path), "%s/case.yaml", r.folder);
  OK(DiagnosticsCreate(&r.d));
  OK(CaseRead(r.path, 2, overrides, r.d, &r.c));
  assert_null(r.c); /* a.b is no name */
  close_case(&r);
  write_file(r.folder, "case.yaml",
             "dimension: 2\ndiffusion: {log_weight: -x^2, tensor: [[1, x*y], [0, 1]]}\n"
             "domain:\n  box: [[0, 1], [0, 1]]\n"
             "evolve: {initial: 1, times: [1, 2], observables: {mean: x}}\n");
  OK(DiagnosticsCreate(&r.d));
  OK(CaseRead(r.path, 2, overrides, r.d, &r.c));
  assert_non_null(r.c);
  assert_place(r.c, "diffusion.tensor.0.1", 2, 44, 3);
  assert_place(r.c, "diffusion.tensor", 2, 39, 18);
  assert_place(r.c, "diffusion.table", 2, 1, 9);
  assert_place(r.c, "domain", 3, 1, 6);
  assert_place(r.c, "domain.boundary.rim", 3, 1, 6);
  assert_place(r.c, "domain.box.1", 4, 17, 6);
  assert_place(r.c, "domain.cells", 1, 14, 2); /* in the override */
  assert_place(r.c, "evolve.times.1", 5, 33, 1);
  assert_place(r.c, "evolve.times.7", 5, 29, 6);
  assert_place(r.c, "evolve.observables.mean", 5, 57, 1);
  assert_place(r.c, "evolve.observables.more", 1, 25, 3);
  assert_place(r.c, "spectrum.count", 0, 0, 0);
  done(&r);
}

static const char *const texts[] = {
    everything,
    "dimension: 2\ntemperature: 1/3\ndiffusion: {table: a.csv}\n"
    "domain: {mesh: a.msh, boundary: {rim: absorbing, \"a: b\": reflecting}}\n"
    "evolve: {initial: {file: a.csv, time: 3}, times: [2, 1]}\npassage: {committor: {a: x < -1, b: x > 1}}\n",
    "dimension: 3\ndiffusion: {weight: [x^2, 1], tensor: 2}\ndomain: {box: [[0, 1], [0, 1], [0, 1]], cells: "
    "5}\n"
    "evolve: {initial: {gibbs: \"x^2 \\n + y\", temperature: 0.1}, times: [1]}\n",
    "dimension: 1\ndiffusion: {log_weight: -x^2, tensor: [[2]]}\ndomain: {box: [[0, 1]]}\n"
    "evolve: {initial: exp(-x), times: [1], backward: {f: x}}\nspectrum:\n",
    "dimension: 1\ndiffusion: {log_weight: -x^2, tensor: 2}\n",
    LINE "domain: {box: [[0, 1]], order: 3}\nspectrum: {constants: true, epsilon: [0.3]}\neffective:\n",
};

static void the_resolved_case_reads_the_same(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
    char digest[17], again[17], *resolved, *resolved_again;
    Reading r;

    read_good(&r, texts[i]);
    OK(CaseDigest(r.c, digest));
    OK(CaseWriteResolved(r.c, &resolved));
    close_case(&r);
    read_in(&r, resolved);
    OK(CaseDigest(r.c, again));
    OK(CaseWriteResolved(r.c, &resolved_again));
    assert_string_equal(resolved, resolved_again);
    assert_string_equal(digest, again);
    OK(PetscFree(resolved));
    OK(PetscFree(resolved_again));
    done(&r);
  }
}

static void digest_in(Reading *r, const char *text, char digest[17])
{
  read_in(r, text);
  OK(CaseDigest(r->c, digest));
  close_case(r);
}

#define MESH "dimension: 2\ntemperature: 1\npotential: {macro: x}\ndomain: {mesh: a.msh}\n"

static void the_digest_sees_what_matters(void **state)
{
  static const char *const same[] = {MESH "converge: {rates: {gap: 2}}\n",
                                     MESH "output: {checkpoint_seconds: 1}\n", ("title: other\n" MESH)};
  static const char *const other[] = {MESH "spectrum:\n", MESH "passage: {committor: {a: x < 0, b: x > 0}}\n",
                                      "dimension: 2\ntemperature: 1\npotential: {macro: x}\n"
                                      "domain: {mesh: a.msh, boundary: absorbing}\n",
                                      "dimension: 2\ntemperature: 1\npotential: {macro: x}\n"
                                      "domain: {mesh: a.msh, order: 3}\n",
                                      MESH "evolve: {initial: 1, times: [1]}\n"};
  char digest[17], found[17];
  Reading r, elsewhere;

  (void)state;
  make_folder(&r);
  digest_in(&r, MESH, digest);
  for (int i = 0; i < 3; ++i) {
    digest_in(&r, same[i], found);
    assert_string_equal(found, digest);
  }
  for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); ++i) {
    digest_in(&r, other[i], found);
    assert_string_not_equal(found, digest);
  }
  make_folder(&elsewhere); /* the same content in another place is the same case */
  digest_in(&elsewhere, MESH, found);
  assert_string_equal(found, digest);
  write_file(elsewhere.folder, "a.msh", "another mesh\n");
  digest_in(&elsewhere, MESH, found);
  assert_string_not_equal(found, digest);
  remove_folder(&elsewhere);
  remove_folder(&r);
}

static void choices_come_from_the_table(void **state)
{
  const char *const *choices;

  (void)state;
  OK(SchemaGetChoices("domain.scheme", &choices));
  assert_string_equal(choices[1], "monotone");
  assert_null(choices[2]);
  OK(SchemaGetChoices("domain.nothing", &choices));
  assert_null(choices);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_sections),
      cmocka_unit_test(defaults),
      cmocka_unit_test(everything_about_the_domain),
      cmocka_unit_test(everything_that_is_asked),
      cmocka_unit_test(epsilons),
      cmocka_unit_test(diffusions),
      cmocka_unit_test(boundaries),
      cmocka_unit_test(files),
      cmocka_unit_test(gibbs),
      cmocka_unit_test(the_potential_is_checked_in_the_box),
      cmocka_unit_test(places),
      cmocka_unit_test(the_resolved_case_reads_the_same),
      cmocka_unit_test(the_digest_sees_what_matters),
      cmocka_unit_test(choices_come_from_the_table),
  };
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);

  if (PetscFinalize()) return 1;
  return failed;
}
