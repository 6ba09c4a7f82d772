/* Tables of coefficients: order of the interpolation, positivity, files that are right and files that are wrong. */
#include "output_fixture.h"
#include <reiter/coefficients.h>
#include <petscmath.h>
#include <hdf5.h>

static PetscReal exact_log_w(const PetscReal x[], PetscInt dim)
{
  PetscReal sum = 0;

  for (PetscInt c = 0; c < dim; c++)
    sum += sin((1 + 0.3 * c) * x[c]) * (c + 1 < dim ? exp(0.4 * x[c + 1]) : 1);
  return -3 * sum;
}

/* R^T diag R with a turning frame: smooth, anisotropic, positive. */
static void exact_D(const PetscReal x[], PetscInt dim, PetscReal D[])
{
  const PetscReal angle = 0.7 * x[0], c = cos(angle), s = sin(angle), a = exp(2 * sin(x[dim - 1])), b = 0.01;

  if (dim == 1) {
    D[0] = a;
    return;
  }
  for (PetscInt k = 0; k < dim * dim; k++) D[k] = k % (dim + 1) ? 0 : 1;
  D[0] = a * c * c + b * s * s;
  D[dim + 1] = a * s * s + b * c * c;
  D[1] = D[dim] = (a - b) * c * s;
}

typedef struct {
  PetscInt n;
  PetscReal *x, *log_w, *D;
} Samples;

/* The grid of m^dim points of [0, 2]^dim, or in one dimension m irregular ones, in reverse order. */
static Samples make_samples(PetscInt dim, PetscInt m)
{
  Samples s = {1, NULL, NULL, NULL};

  for (PetscInt c = 0; c < dim; c++) s.n *= m;
  OK(PetscMalloc3(s.n * dim, &s.x, s.n, &s.log_w, s.n * dim * dim, &s.D));
  for (PetscInt i = 0; i < s.n; i++) {
    for (PetscInt c = 0, rest = s.n - 1 - i; c < dim; rest /= m, c++) {
      const PetscReal t = (PetscReal)(rest % m) / (PetscReal)(m - 1);
      s.x[i * dim + c] = 2 * (dim == 1 ? t + 0.1 * sin(2 * PETSC_PI * t) : t);
    }
    s.log_w[i] = exact_log_w(&s.x[i * dim], dim);
    exact_D(&s.x[i * dim], dim, &s.D[i * dim * dim]);
  }
  return s;
}

static Coefficients make_table(PetscInt dim, const Samples *s)
{
  CoefficientFault fault;
  Coefficients c;

  OK(CoefficientsCreateTable(dim, s->n, s->x, s->log_w, s->D, &c, &fault));
  if (fault.trouble) fail_msg("%s", fault.message);
  return c;
}

static void free_samples(Samples *s)
{
  OK(PetscFree3(s->x, s->log_w, s->D));
}

/* Largest errors of log w and of D (relative to its largest entry) at points off the nodes. */
static void errors(PetscInt dim, PetscInt m, PetscReal *weight, PetscReal *tensor)
{
  Samples s = make_samples(dim, m);
  Coefficients c = make_table(dim, &s);
  CoefficientFault fault;
  unsigned seed = 5;

  *weight = *tensor = 0;
  for (PetscInt i = 0; i < 3000; i++) {
    PetscReal x[3], log_w, D[9], wanted[9], largest = 0, off = 0;

    for (PetscInt k = 0; k < dim; k++) {
      seed = seed * 1664525u + 1013904223u;
      x[k] = 2 * (PetscReal)(seed >> 8) / 16777216.;
    }
    OK(CoefficientsEvaluate(c, 1, x, &log_w, D, &fault));
    assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
    exact_D(x, dim, wanted);
    *weight = PetscMax(*weight, PetscAbsReal(log_w - exact_log_w(x, dim)));
    for (PetscInt k = 0; k < dim * dim; k++) {
      off = PetscMax(off, PetscAbsReal(D[k] - wanted[k]));
      largest = PetscMax(largest, PetscAbsReal(wanted[k]));
    }
    *tensor = PetscMax(*tensor, off / largest);
  }
  OK(CoefficientsDestroy(&c));
  free_samples(&s);
}

static void test_order(void **state)
{
  const PetscInt coarse[] = {21, 13, 9}, fine[] = {81, 49, 17};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const PetscReal ratio = log((PetscReal)(fine[dim - 1] - 1) / (PetscReal)(coarse[dim - 1] - 1));
    PetscReal weight[2], tensor[2];

    errors(dim, coarse[dim - 1], &weight[0], &tensor[0]);
    errors(dim, fine[dim - 1], &weight[1], &tensor[1]);
    assert_true(weight[1] < 2e-3 && tensor[1] < 4e-3);
    assert_true(log(weight[0] / weight[1]) / ratio > 3.6);
    assert_true(log(tensor[0] / tensor[1]) / ratio > 3.5);
  }
}

/* A cubic is its own spline; at the nodes the table is met; near two of ten orders of magnitude D stays positive. */
static void test_exact(void **state)
{
  PetscReal x[7] = {-1, -0.2, 0.1, 0.7, 0.9, 2, 2.5}, log_w[7], D[7], value, tensor;
  CoefficientFault fault;
  Coefficients c;

  (void)state;
  for (PetscInt i = 0; i < 7; i++) {
    log_w[i] = 1 - 2 * x[i] + x[i] * x[i] * x[i];
    D[i] = i % 2 ? 1e-10 : 1;
  }
  OK(CoefficientsCreateTable(1, 7, x, log_w, D, &c, &fault));
  for (PetscReal at = -1; at < 2.5; at += 0.01) {
    OK(CoefficientsEvaluate(c, 1, &at, &value, &tensor, &fault));
    assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
    assert_true(PetscAbsReal(value - (1 - 2 * at + at * at * at)) < 1e-13);
    assert_true(tensor > 0);
  }
  for (PetscInt i = 0; i < 7; i++) {
    OK(CoefficientsEvaluate(c, 1, &x[i], &value, &tensor, &fault));
    assert_true(PetscAbsReal(tensor / D[i] - 1) < 1e-13);
  }
  OK(CoefficientsDestroy(&c));
  for (PetscInt n = 2; n <= 3; n++) { /* the line and the parabola */
    for (PetscInt i = 0; i < n; i++) log_w[i] = n == 2 ? 3 * x[i] : x[i] * x[i];
    const PetscReal at = -0.5;

    OK(CoefficientsCreateTable(1, n, x, log_w, D, &c, &fault));
    OK(CoefficientsEvaluate(c, 1, &at, &value, NULL, &fault));
    assert_true(PetscAbsReal(value - (n == 2 ? 3 * at : at * at)) < 1e-15);
    OK(CoefficientsDestroy(&c));
  }
}

static void test_outside(void **state)
{
  Samples s = make_samples(2, 5);
  Coefficients c = make_table(2, &s);
  const PetscReal x[] = {2 + 1e-12, 1, 1, -1e-12, 1, 2.1, 3, 3};
  PetscReal log_w[4], D[16];
  CoefficientFault fault;

  (void)state;
  OK(CoefficientsEvaluate(c, 2, x, log_w, D, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  OK(CoefficientsEvaluate(c, 4, x, log_w, D, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_OUTSIDE);
  assert_true(fault.x[1] == 2.1);
  assert_string_equal(fault.message, "x = (1, 2.1) lies outside of the table.");
  OK(CoefficientsDestroy(&c));
  free_samples(&s);
}

static void assert_no_table(PetscInt dim, PetscInt n, const PetscReal x[], const PetscReal log_w[],
                            const PetscReal D[], CoefficientTrouble trouble, const char words[])
{
  CoefficientFault fault;
  Coefficients c;

  OK(CoefficientsCreateTable(dim, n, x, log_w, D, &c, &fault));
  assert_null(c);
  assert_int_equal(fault.trouble, trouble);
  if (!strstr(fault.message, words)) fail_msg("%s", fault.message);
}

static void test_bad_tables(void **state)
{
  const PetscReal line[] = {0, 1, 0}, grid[] = {0, 0, 1, 0, 0, 1, 1, 1.5}, zero[] = {0, 0, 0, 0};
  const PetscReal one[] = {1, 1, -1}, nan[] = {0, NAN, 0};
  const PetscReal D[] = {1, 0, 0, 1, 1, 0.5, 0.4, 1, 1, 0, 0, 1, 1, 0, 0, 1};

  (void)state;
  assert_no_table(1, 3, line, zero, one, COEFFICIENT_OUTSIDE, "The point x = 0 stands in the table twice.");
  assert_no_table(1, 1, line, zero, one, COEFFICIENT_OUTSIDE, "at least two values of x");
  assert_no_table(1, 0, line, zero, one, COEFFICIENT_OUTSIDE, "at least two values of x");
  assert_no_table(1, 2, line, nan, one, COEFFICIENT_WEIGHT, "at x = 1");
  assert_no_table(1, 2, line, zero, one + 1, COEFFICIENT_INDEFINITE, "D is not positive at x = 1: it is -1");
  assert_no_table(1, 2, nan, zero, one, COEFFICIENT_OUTSIDE, "not finite");
  assert_no_table(2, 4, grid, zero, D, COEFFICIENT_OUTSIDE, "do not fill a tensor grid");
  assert_no_table(2, 3, grid, zero, D, COEFFICIENT_OUTSIDE, "x = (1, 1) is missing");
  assert_no_table(2, 3, grid, zero, D + 4, COEFFICIENT_OUTSIDE, "x = (1, 1) is missing");
}

static void write_text(const char name[], const char text[])
{
  FILE *f = fopen(in_root(name), "w");

  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static Coefficients read_good(const char name[], PetscInt dim, PetscReal temperature)
{
  Coefficients c;
  char *refused;

  OK(CoefficientsReadTable(in_root(name), dim, temperature, &c, &refused));
  if (refused) fail_msg("%s", refused);
  return c;
}

static void assert_values(Coefficients c, PetscReal a, PetscReal b, PetscReal log_w, const PetscReal D[])
{
  const PetscReal x[2] = {a, b};
  PetscReal value, tensor[4];
  CoefficientFault fault;

  OK(CoefficientsEvaluate(c, 1, x, &value, tensor, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_GOOD);
  assert_true(PetscAbsReal(value - log_w) < 1e-13);
  for (PetscInt k = 0; k < 4; k++) assert_true(PetscAbsReal(tensor[k] - D[k]) < 1e-13);
}

static void test_csv(void **state)
{
  const PetscReal D[] = {2, 0.5, 0.5, 1}, M[] = {1, 0.25, 0.25, 0.5};
  Coefficients c;

  (void)state;
  write_text(
      "a.csv",
      "\xef\xbb\xbf# a table\n\n  y , \"x\",w, note, D_xx,D_xy ,D_yy\r\n"
      "0,0,1,first,2,0.5,1\r\n1,0,1,,2,0.5,1 # last of its column\n\n1,2,1,b,2,0.5,1\n0,2,1,c,2,5e-1,+1");
  c = read_good("a.csv", 2, 0);
  assert_values(c, 1, 0.5, 0, D);
  OK(CoefficientsDestroy(&c));
  write_text("b.csv", "x,y,V0,log_Z,M_xx,M_xy,M_yy,M_lower_xx,error\n0,0,nan,1,1,0.25,0.5,nan,0\n"
                      "1,0,0,2,1,0.25,0.5,0,0\n0,1,0,3,1,0.25,0.5,0,0\n1,1,0,4,1,0.25,0.5,0,0\n");
  c = read_good("b.csv", 2, 1);
  assert_values(c, 0.5, 0.25, 2, M);
  OK(CoefficientsDestroy(&c));
  c = read_good("b.csv", 2, 2);
  assert_values(c, 1, 1, 4, D);
  OK(CoefficientsDestroy(&c));
}

static void assert_refused(PetscInt dim, PetscReal temperature, const char text[], const char words[])
{
  Coefficients c;
  char *refused;

  write_text("bad.csv", text);
  OK(CoefficientsReadTable(in_root("bad.csv"), dim, temperature, &c, &refused));
  assert_null(c);
  assert_non_null(refused);
  if (!strstr(refused, words) || !strstr(refused, "bad.csv: ")) fail_msg("%s", refused);
  OK(PetscFree(refused));
}

static void test_bad_csv(void **state)
{
  Coefficients c;
  char *refused;

  (void)state;
  assert_refused(1, 1, "", "it is empty");
  assert_refused(1, 1, "x,w,D\n", "no rows");
  assert_refused(1, 1, "# x,w,D\n0,1,1\n", "line 2 should name the columns");
  assert_refused(1, 1, "x,w,D\n0,1,1\n1,1\n", "line 3 has 2 entries, but the header has 3 columns");
  assert_refused(1, 1, "x,w,D\n0,1,1\n#\n1,one,1\n", "line 4, column w: \"one\" is not a number");
  assert_refused(1, 1, "x,w,D\n0,1,1\n1,1,nan\n", "line 3, column D: nan is not a finite number");
  assert_refused(1, 1, "x,w,D\n0,1,1\n1,1,\n", "line 3, column D: \"\" is not a number");
  assert_refused(1, 1, "x,w,D\n0,1,1\n1,0,1\n", "line 3: the weight w is 0");
  assert_refused(1, 1, "x,w,D\n0,1,-1\n1,1,1\n", "line 2: D is not positive at x = 0: it is -1.");
  assert_refused(1, 1, "x,w,D\n0,1,1\n0,1,1\n1,1,1\n", "line 3: The point x = 0 stands in the table twice.");
  assert_refused(1, 1, "x,w,w,D\n0,1,1,1\n", "the column w twice");
  assert_refused(1, 1, "w,D\n1,1\n", "it has no column x");
  assert_refused(1, 1, "x,D\n1,1\n", "it has no weight");
  assert_refused(1, 1, "x,w\n1,1\n", "it has no tensor");
  assert_refused(1, 0, "x,w,M\n1,1,1\n", "need a temperature");
  assert_refused(2, 1, "x,y,w,D_xx,D_yy\n1,1,1,1,1\n", "it has no column D_xy");
  assert_refused(2, 1,
                 "x,y,w,D_xx,D_xy,D_yx,D_yy\n1,1,1,1,0.1,0.2,1\n2,1,1,1,0.1,0.2,1\n1,2,1,1,0.1,0.2,1\n2,2,1,"
                 "1,0.1,0.2,1\n",
                 "line 2: D is not symmetric");
  OK(CoefficientsReadTable(in_root("none.csv"), 1, 1, &c, &refused));
  assert_null(c);
  assert_non_null(strstr(refused, "No such file"));
  OK(PetscFree(refused));
  OK(CoefficientsReadTable(in_root("."), 1, 1, &c, &refused));
  assert_null(c);
  assert_non_null(refused);
  OK(PetscFree(refused));
}

/* What a run writes as effective.h5 is read back; D = s M. */
static void test_fields(void **state)
{
  RunFolder folder = open_folder("run", "d", PETSC_FALSE, PETSC_FALSE);
  const PetscInt n[] = {4, 3};
  const PetscReal box[][2] = {{0, 3}, {-1, 1}};
  PetscReal log_Z[12], M[12][4], want[4] = {1, 0.25, 0.25, 0.5};
  const Field fields[] = {{"log_Z", "1", 1, log_Z}, {"M", "1", 4, M[0]}};
  Coefficients c;

  (void)state;
  for (PetscInt i = 0; i < 12; i++) {
    log_Z[i] = (PetscReal)(i % 4) + 10 * ((PetscReal)(i / 4) - 1);
    for (PetscInt k = 0; k < 4; k++) M[i][k] = want[k] / 2;
  }
  OK(FieldsWrite(folder, "effective", 2, n, box, 2, fields));
  OK(RunFolderClose(&folder));
  c = read_good("run/effective.h5", 2, 2);
  assert_values(c, 2.5, 0.5, 7.5, want);
  OK(CoefficientsDestroy(&c));
}

static void put(hid_t file, const char name[], int rank, const hsize_t shape[], const double values[])
{
  hid_t space = H5Screate_simple(rank, shape, NULL);
  hid_t set = H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(set);
  H5Sclose(space);
}

/* Points listed one by one, and mistakes. */
static void test_hdf5(void **state)
{
  const double x[] = {0, 1, 0, 1}, y[] = {0, 0, 1, 1}, w[] = {1, 1, 1, 1};
  const double D[] = {2, 0.5, 0.5, 1, 2, 0.5, 0.5, 1, 2, 0.5, 0.5, 1, 2, 0.5, 0.5, 1};
  const hsize_t four[] = {4, 2, 2}, three[] = {3};
  const char *const wrong[] = {"it has no data set y", "it has no weight", "the weight has 3 values along x",
                               "it has no tensor", "D has 4 entries for 3 points"};
  const PetscReal want[] = {2, 0.5, 0.5, 1};
  Coefficients c;
  char *refused;

  (void)state;
  for (PetscInt step = 0; step <= 5; step++) {
    hid_t file = H5Fcreate(in_root("t.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t *points = step == 4 ? three : four;

    put(file, "x", 1, points, x);
    if (step > 0) put(file, "y", 1, points, y);
    if (step > 1) put(file, "w", 1, step == 2 ? three : points, w);
    if (step == 4) put(file, "D", 1, four, w);
    if (step == 5) put(file, "D", 3, four, D);
    H5Fclose(file);
    if (step == 5) break;
    OK(CoefficientsReadTable(in_root("t.h5"), 2, 1, &c, &refused));
    assert_null(c);
    if (!strstr(refused, wrong[step])) fail_msg("%s", refused);
    OK(PetscFree(refused));
  }
  c = read_good("t.h5", 2, 0);
  assert_values(c, 0.3, 0.6, 0, want);
  OK(CoefficientsDestroy(&c));
  OK(truncate(in_root("t.h5"), 300));
  OK(CoefficientsReadTable(in_root("t.h5"), 2, 1, &c, &refused));
  assert_non_null(strstr(refused, "damaged"));
  OK(PetscFree(refused));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_order),
                                     cmocka_unit_test(test_exact),
                                     cmocka_unit_test(test_outside),
                                     cmocka_unit_test(test_bad_tables),
                                     IN_FOLDER(test_csv),
                                     IN_FOLDER(test_bad_csv),
                                     IN_FOLDER(test_fields),
                                     IN_FOLDER(test_hdf5)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
