/* The table of the cascade: against closed forms and against the cascade itself, its cost, its failures, its
   checkpoint. Under mpiexec all ranks work on the tables, and must find what one finds alone. */
#include "coefficients_fixture.h"
#include "bessel.h"
#include <slepcsys.h>
#include <unistd.h>

typedef struct {
  PetscInt dim;
  Potential potential;
  Cascade cascade;
  Coefficients c;
  CoefficientsInfo info;
} Table;

static Table prepare(MPI_Comm comm, PetscInt dim, PetscReal s, const char macro[], const char micro[],
                     const PetscReal box[][2], PetscReal tolerance)
{
  Table t = {.dim = dim, .potential = make_potential(dim, 1, s, macro, micro)};

  OK(CascadeCreate(t.potential, &t.cascade));
  OK(CoefficientsCreateCascade(comm, t.potential, t.cascade, box, tolerance, &t.c));
  return t;
}

static Table make_table(MPI_Comm comm, PetscInt dim, PetscReal s, const char macro[], const char micro[],
                        const PetscReal box[][2], PetscReal tolerance)
{
  Table t = prepare(comm, dim, s, macro, micro, box, tolerance);
  CellFailure failure;

  OK(CoefficientsSetUp(t.c, NULL, &failure));
  if (failure.status) fail_msg("%s", failure.message);
  OK(CoefficientsGetInfo(t.c, NULL, &t.info));
  assert_string_equal(t.info.source, "cascade");
  assert_true(t.info.error > 0 && t.info.error <= tolerance);
  return t;
}

static void end(Table *t)
{
  OK(CoefficientsDestroy(&t->c));
  OK(CascadeDestroy(&t->cascade));
  OK(PotentialDestroy(&t->potential));
}

static void evaluate(const Table *t, const PetscReal x[], PetscReal *log_w, PetscReal D[])
{
  CoefficientFault fault;

  OK(CoefficientsEvaluate(t->c, 1, x, log_w, D, &fault));
  if (fault.trouble) fail_msg("%s", fault.message);
}

static void random_point(const Table *t, const PetscReal box[][2], unsigned *seed, PetscReal x[])
{
  for (PetscInt c = 0; c < t->dim; c++) x[c] = box[c][0] + (box[c][1] - box[c][0]) * next_uniform(seed);
}

/* M = I0(z)^-2 and log Z1 = log I0(z), z = x^2/(2 s) (1.5). */
static void test_pitchfork(void **state)
{
  const PetscReal box[][2] = {{-2, 2}}, s = 0.1, tolerance = 1e-5;
  Table t = make_table(PETSC_COMM_WORLD, 1, s, "x^4/4-x^2/2", "-x^2/2*sin(2*pi*x1)", box, tolerance);
  unsigned seed = 1;

  (void)state;
  assert_true(t.info.points < 80);
  assert_false(t.info.constant_tensor);
  for (PetscInt i = 0; i < 1000; i++) {
    PetscReal x, log_w, D, log_Z1, V0;

    random_point(&t, box, &seed, &x);
    V0 = x * x * x * x / 4 - x * x / 2;
    log_Z1 = log_bessel_i0(x * x / (2 * s));
    evaluate(&t, &x, &log_w, &D);
    assert_true(PetscAbsReal(log_w - (log_Z1 - V0 / s)) < tolerance);
    assert_true(PetscAbsReal(D / (s * exp(-2 * log_Z1)) - 1) < tolerance);
  }
  end(&t);
}

/* Relative distance of tensors as forms: the largest |eigenvalue - 1| of D_exact^-1 D in two dimensions. */
static PetscReal form_distance(const PetscReal D[], const PetscReal M[], PetscReal s)
{
  const PetscReal det = M[0] * M[3] - M[1] * M[2];
  const PetscReal a = (M[3] * D[0] - M[1] * D[2]) / (det * s) - 1,
                  b = (M[3] * D[1] - M[1] * D[3]) / (det * s);
  const PetscReal c = (M[0] * D[2] - M[2] * D[0]) / (det * s),
                  d = (M[0] * D[3] - M[2] * D[1]) / (det * s) - 1;
  const PetscReal half = 0.5 * (a + d), radius = PetscSqrtReal(PetscMax(0, half * half - (a * d - b * c)));

  return PetscAbsReal(half) + radius;
}

static void test_plane(void **state)
{
  const PetscReal box[][2] = {{-1, 1}, {0, 2}}, s = 0.4, tolerance = 1e-4;
  Table t = make_table(PETSC_COMM_WORLD, 2, s, "x^2+y",
                       "(1+0.5*x)*cos(2*pi*x1)+0.8*cos(2*pi*(x1-y1))*y+0.3*sin(2*pi*y1)", box, tolerance);
  unsigned seed = 2;

  (void)state;
  assert_true(t.info.points < 400);
  OK(CascadeSetComm(t.cascade, PETSC_COMM_SELF));
  OK(CascadeSetTolerance(t.cascade, 1e-9));
  for (PetscInt i = 0; i < 60; i++) {
    PetscReal x[2], log_w, D[4];
    EffectivePoint exact;

    random_point(&t, box, &seed, x);
    OK(CascadeCompute(t.cascade, x, &exact));
    assert_int_equal(exact.failure.status, CELL_OK);
    evaluate(&t, x, &log_w, D);
    assert_true(PetscAbsReal(log_w - exact.log_Z) < tolerance);
    assert_true(form_distance(D, exact.M, s) < tolerance);
  }
  end(&t);
}

/* At low temperature M is graded: every entry is right beside its diagonal. */
static void test_graded(void **state)
{
  const PetscReal box[][2] = {{-1, 1}, {0, 1}}, s = 0.07, tolerance = 1e-3;
  Table t = make_table(PETSC_COMM_WORLD, 2, s, "0",
                       "(1+0.2*y)*cos(2*pi*x1)+0.2*cos(2*pi*(x1-y1))+0.3*sin(2*pi*y1)", box, tolerance);
  unsigned seed = 3;
  PetscReal least = 1;

  (void)state;
  OK(CascadeSetComm(t.cascade, PETSC_COMM_SELF));
  OK(CascadeSetTolerance(t.cascade, 1e-8));
  for (PetscInt i = 0; i < 10; i++) {
    PetscReal x[2], log_w, D[4];
    EffectivePoint exact;

    random_point(&t, box, &seed, x);
    OK(CascadeCompute(t.cascade, x, &exact));
    evaluate(&t, x, &log_w, D);
    for (PetscInt k = 0; k < 4; k++) {
      const PetscReal size = PetscSqrtReal(exact.M[k / 2 * 3] * exact.M[k % 2 * 3]);
      assert_true(PetscAbsReal(D[k] / s - exact.M[k]) < tolerance * size);
    }
    least = PetscMin(least, exact.M[0] / exact.M[3]);
  }
  assert_true(least < 1e-6);
  end(&t);
}

static void test_collapse(void **state)
{
  const PetscReal box[][2] = {{0, 1}, {0, 1}}, s = 0.5;
  Table none = make_table(PETSC_COMM_WORLD, 2, s, "x*y", "cos(2*pi*x1)", box, 1e-6);
  Table one = make_table(PETSC_COMM_WORLD, 2, s, "x*y", "(1+y)*cos(2*pi*x1)", box, 1e-6);
  const PetscReal x[] = {5, 0.25}; /* V1 does not see x: its box is no bound */
  const PetscReal I0 = exp(log_bessel_i0(1 / s)), I1 = exp(log_bessel_i0(1.25 / s));
  PetscReal log_w, D[4];

  (void)state;
  assert_int_equal(none.info.points, 1);
  assert_true(none.info.constant_tensor);
  evaluate(&none, x, &log_w, D);
  assert_true(relative(D[0], s / (I0 * I0)) < 1e-6 && relative(D[3], s) < 1e-6 && D[1] == D[2]);
  assert_true(PetscAbsReal(log_w - (log(I0) - 1.25 / s)) < 1e-6);
  assert_true(one.info.points < 40);
  evaluate(&one, x, &log_w, D);
  assert_true(relative(D[0], s / (I1 * I1)) < 1e-6 && relative(D[3], s) < 1e-6);
  assert_true(PetscAbsReal(log_w - (log(I1) - 1.25 / s)) < 1e-6);
  end(&none);
  end(&one);
}

/* A kink in x where bisection does not meet it: the boxes close in on it. */
static void test_kink(void **state)
{
  const PetscReal box[][2] = {{-1, 2}}, s = 1, tolerance = 1e-5;
  Table t = make_table(PETSC_COMM_WORLD, 1, s, "0", "(1+abs(x-0.1))*sin(2*pi*x1)", box, tolerance);
  unsigned seed = 4;

  (void)state;
  for (PetscInt i = 0; i < 500; i++) {
    PetscReal x, log_w, D;

    random_point(&t, box, &seed, &x);
    if (i % 2) x = 0.1 + 1e-4 * (x - 0.1);
    evaluate(&t, &x, &log_w, &D);
    assert_true(PetscAbsReal(log_w - log_bessel_i0(1 + PetscAbsReal(x - 0.1))) < tolerance);
  }
  end(&t);
}

static void assert_failure(const char micro[], PetscReal tolerance, PetscInt limit, CellStatus status,
                           const char words[])
{
  const PetscReal box[][2] = {{-1, 2}};
  Table t = prepare(PETSC_COMM_WORLD, 1, 0.5, "0", micro, box, tolerance);
  CellFailure failure;

  OK(CoefficientsSetLimit(t.c, limit));
  OK(CoefficientsSetUp(t.c, NULL, &failure));
  assert_int_equal(failure.status, status);
  if (!strstr(failure.message, words)) fail_msg("%s", failure.message);
  end(&t);
}

static void test_failures(void **state)
{
  (void)state;
  assert_failure("(1+abs(x-0.1))*sin(2*pi*x1)", 1e-6, 30, CELL_LIMIT, "needs more than 30 points");
  assert_failure("(1+(x > 0.1))*sin(2*pi*x1)", 1e-3, 20000, CELL_LIMIT, "near x = 0.1");
  assert_failure("sqrt(x)*sin(2*pi*x1)", 1e-3, 20000, CELL_NOT_FINITE, "no coefficients at x = -");
}

static void test_outside(void **state)
{
  const PetscReal box[][2] = {{-1, 2}}, x[] = {2.0000000001, 2.1};
  Table t =
      make_table(PETSC_COMM_WORLD, 1, 1, "1/x", "x*sin(2*pi*x1)", box, 1e-3); /* V0 infinite at a node */
  PetscReal log_w[2];
  CoefficientFault fault;

  (void)state;
  OK(CoefficientsEvaluate(t.c, 2, x, log_w, NULL, &fault));
  assert_int_equal(fault.trouble, COEFFICIENT_OUTSIDE);
  assert_true(fault.x[0] == 2.1);
  assert_true(PetscAbsReal(log_w[0] - (log_bessel_i0(2) - 0.5)) < 1e-3);
  end(&t);
}

#define PLANE "(1+0.5*x*y)*cos(2*pi*x1)+0.8*x*cos(2*pi*(x1-y1))"

/* Together and alone give the same bits. */
static void test_ranks(void **state)
{
  const PetscReal box[][2] = {{-1, 1}, {0, 1}};
  Table together = make_table(PETSC_COMM_WORLD, 2, 0.4, "x", PLANE, box, 1e-3);
  Table alone = make_table(PETSC_COMM_SELF, 2, 0.4, "x", PLANE, box, 1e-3);
  unsigned seed = 6;

  (void)state;
  assert_int_equal(together.info.points, alone.info.points);
  for (PetscInt i = 0; i < 200; i++) {
    PetscReal x[2], a[5], b[5];

    random_point(&alone, box, &seed, x);
    evaluate(&together, x, &a[0], &a[1]);
    evaluate(&alone, x, &b[0], &b[1]);
    assert_memory_equal(a, b, sizeof(a));
  }
  end(&together);
  end(&alone);
}

/* A run that stops at its limit, one that goes on from its checkpoint, one that is interrupted at once but needs nothing
   any more, and one more. */
static void test_checkpoint(void **state)
{
  const PetscReal box[][2] = {{-1, 1}, {0, 1}};
  Table t = make_table(PETSC_COMM_SELF, 2, 0.4, "x", PLANE, box, 1e-3);
  char directory[] = "coefficients-test-XXXXXX", command[64], *refused;
  RunFolder folder = NULL;
  unsigned seed = 6;
  PetscInt records = 0;
  PetscMPIInt rank;

  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) {
    assert_non_null(mkdtemp(directory));
    OK(RunFolderOpen(directory, "d", PETSC_FALSE, PETSC_FALSE, &folder, &refused));
    assert_null(refused);
    OK(RunFolderSetQuiet(folder, PETSC_TRUE));
  }
  for (PetscInt run = 0; run < 4; run++) {
    Table again = prepare(PETSC_COMM_WORLD, 2, 0.4, "x", PLANE, box, 1e-3);
    Checkpoint checkpoint = NULL;
    CellFailure failure;
    const volatile int flag = run == 2;

    if (rank == 0)
      OK(CheckpointOpen(folder, "table.checkpoint", "d", sizeof(EffectivePoint), (PetscBool)(run > 0),
                        &checkpoint));
    OK(CoefficientsSetCheckpoint(again.c, checkpoint));
    if (run == 0) OK(CoefficientsSetLimit(again.c, t.info.points / 2));
    OK(CoefficientsSetUp(again.c, &flag, &failure));
    assert_int_equal(failure.status, run == 0 ? CELL_LIMIT : CELL_OK);
    if (rank == 0) {
      OK(CheckpointGetCount(checkpoint, &records));
      if (run == 0)
        assert_true(records > 0 && records <= t.info.points / 2);
      else
        assert_int_equal(records, t.info.points); /* computed once each, whatever the number of runs */
    }
    for (PetscInt i = 0; i < 50 && run > 0; i++) {
      PetscReal x[2], a[5], b[5];

      random_point(&t, box, &seed, x);
      evaluate(&t, x, &a[0], &a[1]);
      evaluate(&again, x, &b[0], &b[1]);
      assert_memory_equal(a, b, sizeof(a));
    }
    if (rank == 0) OK(CheckpointClose(&checkpoint, PETSC_FALSE));
    end(&again);
  }
  if (rank == 0) {
    OK(RunFolderClose(&folder));
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
  }
  end(&t);
}

static void test_interrupt(void **state)
{
  const PetscReal box[][2] = {{-1, 1}};
  Table t = prepare(PETSC_COMM_WORLD, 1, 1, "0", "x*sin(2*pi*x1)", box, 1e-6);
  const volatile int up = 1, down = 0;
  CellFailure failure;
  PetscReal x = 0.3, log_w;

  (void)state;
  OK(CoefficientsSetUp(t.c, &up, &failure));
  assert_int_equal(failure.status, CELL_INTERRUPTED);
  OK(CoefficientsSetUp(t.c, &down, &failure)); /* and from there on */
  assert_int_equal(failure.status, CELL_OK);
  evaluate(&t, &x, &log_w, NULL);
  assert_true(PetscAbsReal(log_w - log_bessel_i0(0.3)) < 1e-6);
  end(&t);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pitchfork),  cmocka_unit_test(test_plane),
                                     cmocka_unit_test(test_graded),     cmocka_unit_test(test_collapse),
                                     cmocka_unit_test(test_kink),       cmocka_unit_test(test_failures),
                                     cmocka_unit_test(test_outside),    cmocka_unit_test(test_ranks),
                                     cmocka_unit_test(test_checkpoint), cmocka_unit_test(test_interrupt)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
