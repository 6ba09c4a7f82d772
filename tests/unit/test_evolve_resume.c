/* Interrupted evolutions go on from their checkpoint to the same bits; files that are torn or foreign are not used. */
#include "output_fixture.h"
#include "evolve_fixture.h"
#include <fcntl.h>

enum { N_TIMES = 4 };

static const double the_times[N_TIMES] = {0, 0.01, 0.5, 5};

static PetscMPIInt rank; /* only the first one has a folder */

static PetscBool checkpoint_exists(void)
{
  return (PetscBool)(access(in_root("run/evolve_density.checkpoint"), F_OK) == 0);
}

/* Raises the flag at the product number `raise_at` of the matrix that is watched. */
static PetscErrorCode (*plain_product)(Mat, Vec, Vec);
static int products, raise_at;
static volatile int flag;

static PetscErrorCode counting_product(Mat A, Vec x, Vec y)
{
  PetscFunctionBegin;
  if (++products == raise_at) flag = 1;
  PetscCall(plain_product(A, x, y));
  PetscFunctionReturn(0);
}

static void watch(Mat A)
{
  OK(MatGetOperation(A, MATOP_MULT, (void (**)(void)) & plain_product));
  OK(MatSetOperation(A, MATOP_MULT, (void (*)(void))counting_product));
}

/* Uniformisation multiplies by a matrix of its own, which it makes from S. */
static PetscErrorCode (*plain_duplicate)(Mat, MatDuplicateOption, Mat *);

static PetscErrorCode watching_duplicate(Mat A, MatDuplicateOption option, Mat *copy)
{
  PetscFunctionBegin;
  PetscCall(plain_duplicate(A, option, copy));
  watch(*copy);
  PetscFunctionReturn(0);
}

static PetscBool keep;    /* finished states are to stay in the folder */
static PetscBool density; /* uniform, instead of a point */

/* This rank's part of all states; NULL if interrupted. free(). */
static double *run(const Model *m, const char *method, PetscBool positive, const char *digest,
                   PetscBool resume, int stop_at, EvolveInfo *info)
{
  RunFolder folder = rank == 0 ? open_folder("run", "case", PETSC_FALSE, PETSC_TRUE) : NULL;
  double *g0 = calloc((size_t)m->n, sizeof(double)), *all = NULL;
  const char *refused;
  CellFailure failure;
  Evolve e;

  for (PetscInt i = 0; density && i < m->n; i++) g0[i] = 1 / m->root[i];
  if (!density) g0[m->n / 3] = 1;
  e = make_evolve(m, method, 1e-9, g0, N_TIMES, the_times);
  OK(EvolveSetPositive(e, positive, &refused));
  OK(EvolveSetDensity(e, density));
  OK(EvolveSetCheckpoint(e, folder, "density", digest, 0, resume));
  products = 0;
  raise_at = stop_at;
  flag = 0;
  OK(EvolveSolve(e, &flag, &failure));
  OK(EvolveGetInfo(e, info));
  if (failure.status == CELL_OK) {
    all = calloc((size_t)(N_TIMES * m->n), sizeof(double));
    for (PetscInt k = 0; k < N_TIMES; k++) {
      const PetscReal *x;
      PetscInt n;
      Vec g;
      OK(EvolveGetState(e, k, &g));
      OK(VecGetLocalSize(g, &n));
      OK(VecGetArrayRead(g, &x));
      memcpy(all + k * m->n, x, (size_t)n * sizeof(double));
      OK(VecRestoreArrayRead(g, &x));
    }
  } else {
    assert_int_equal(failure.status, CELL_INTERRUPTED);
  }
  if (all && !keep) OK(EvolveRemoveCheckpoint(e));
  OK(EvolveDestroy(&e));
  if (folder) OK(RunFolderClose(&folder));
  free(g0);
  return all;
}

/* Stops after several numbers of products, twice in a row, and compares. */
static void check_resume(const Model *m, const char *method, PetscBool positive)
{
  const size_t size = (size_t)(N_TIMES * m->n) * sizeof(double);
  EvolveInfo plain, info;
  double *wanted;
  int total, stops = 0;

  wanted = run(m, method, positive, "case", PETSC_FALSE, 0, &plain);
  assert_non_null(wanted);
  assert_false(checkpoint_exists());
  total = products;
  assert_true(total > 10);
  for (int stop = 1; stop < total; stop += 1 + total / 7) {
    double *found = run(m, method, positive, "case", PETSC_FALSE, stop, &info);
    PetscInt rounds = 0;
    if (!found) stops++;
    if (!found && rank == 0) assert_true(checkpoint_exists());
    while (!found && rounds++ < 2)
      found = run(m, method, positive, "case", PETSC_TRUE, rounds == 1 ? total / 4 : 0, &info);
    assert_non_null(found);
    if (memcmp(found, wanted, size)) fail_msg("%s stopped at %d of %d differs", method, stop, total);
    assert_false(checkpoint_exists());
    assert_string_equal(info.method, plain.method);
    assert_int_equal(info.steps, plain.steps);
    assert_true(info.error == plain.error || (isnan(info.error) && isnan(plain.error)));
    free(found);
  }
  assert_true(stops >= 4);
  free(wanted);
}

static void test_chebyshev(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);

  (void)state;
  watch(m.system.S);
  check_resume(&m, "chebyshev", PETSC_FALSE);
  destroy_model(&m);
}

static void test_lanczos(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_TRUE);

  (void)state;
  watch(m.system.B);
  check_resume(&m, "lanczos", PETSC_FALSE);
  destroy_model(&m);
}

static void test_uniformisation(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);

  (void)state;
  OK(MatGetOperation(m.system.S, MATOP_DUPLICATE, (void (**)(void)) & plain_duplicate));
  OK(MatSetOperation(m.system.S, MATOP_DUPLICATE, (void (*)(void))watching_duplicate));
  check_resume(&m, "uniformisation", PETSC_TRUE);
  destroy_model(&m);
}

static void test_ts(void **state)
{
  Model m = make_model(5, 4, 0, 0, PETSC_FALSE);

  (void)state;
  OK(PetscOptionsSetValue(NULL, "-evolve_ts_rtol", "1e-5"));
  watch(m.system.S);
  check_resume(&m, "ts", PETSC_FALSE);
  OK(PetscOptionsClearValue(NULL, "-evolve_ts_rtol"));
  destroy_model(&m);
}

/* A run that was killed after the evolution takes its states, and what is said of them, without any work; another case or
   a start without resume does not. */
static void check_finished(const Model *m, const char *method, PetscBool positive)
{
  const size_t size = (size_t)(N_TIMES * m->n) * sizeof(double);
  EvolveInfo plain, info;
  double *wanted, *found;
  int total;

  keep = PETSC_TRUE;
  wanted = run(m, method, positive, "case", PETSC_FALSE, 0, &plain);
  total = products;
  assert_true(total > 0);
  if (rank == 0) assert_true(checkpoint_exists());
  for (int again = 0; again < 2; again++) { /* taking them does not use them up */
    found = run(m, method, positive, "case", PETSC_TRUE, 0, &info);
    assert_int_equal(products, 0);
    assert_memory_equal(found, wanted, size);
    assert_string_equal(info.method, plain.method);
    assert_int_equal(info.steps, plain.steps);
    assert_true(info.error == plain.error && info.clipped == plain.clipped);
    free(found);
  }
  found = run(m, method, positive, "other", PETSC_TRUE, 0, &info);
  assert_int_equal(products, total);
  free(found);
  free(run(m, method, positive, "case", PETSC_FALSE, 0, &info));
  assert_int_equal(products, total);
  keep = PETSC_FALSE;
  free(run(m, method, positive, "case", PETSC_TRUE, 0, &info));
  assert_int_equal(products, 0);
  assert_false(checkpoint_exists());
  free(wanted);
}

static void test_finished(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);

  (void)state;
  watch(m.system.S);
  check_finished(&m, "chebyshev", PETSC_FALSE);
  check_finished(&m, "chebyshev", PETSC_TRUE);
  destroy_model(&m);
}

/* Steps in time, then lanczos: the file may be of either. */
static void test_march(void **state)
{
  Model m = make_slope(14, 1.5, 0, PETSC_TRUE);
  EvolveInfo info;

  (void)state;
  watch(m.system.B);
  density = PETSC_TRUE;
  free(run(&m, "lanczos", PETSC_FALSE, "case", PETSC_FALSE, 0, &info));
  assert_string_equal(info.method, "march, lanczos");
  check_resume(&m, "lanczos", PETSC_FALSE);
  check_finished(&m, "lanczos", PETSC_FALSE);
  density = PETSC_FALSE;
  destroy_model(&m);
}

/* Whatever is wrong with the file: the result is that of a fresh start, and the work too. */
static void test_bad_files(void **state)
{
  Model m;
  EvolveInfo info;
  double *wanted, *found;

  (void)state;
  PetscMPIInt ranks;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  if (ranks > 1) skip();
  m = make_model(13, 8, 0, 0, PETSC_FALSE);
  watch(m.system.S);
  wanted = run(&m, "chebyshev", PETSC_FALSE, "case", PETSC_FALSE, 0, &info);
  const int total = products;
  for (int fault = 0; fault < 5; fault++) {
    struct stat status;
    int fd;
    assert_null(
        run(&m, "chebyshev", PETSC_FALSE, fault == 0 ? "other" : "case", PETSC_FALSE, total / 2, &info));
    fd = open(in_root("run/evolve_density.checkpoint"), O_RDWR);
    assert_true(fd >= 0 && !fstat(fd, &status));
    if (fault == 1) assert_int_equal(ftruncate(fd, status.st_size - 5), 0);
    if (fault == 2) assert_int_equal(ftruncate(fd, 0), 0);
    if (fault == 3) assert_int_equal(pwrite(fd, "x", 1, status.st_size / 2), 1);
    close(fd);
    assert_non_null(strstr(slurp("run/manifest.txt"), "evolve_density.checkpoint"));
    found = run(&m, "chebyshev", PETSC_FALSE, "case", fault < 4 ? PETSC_TRUE : PETSC_FALSE, 0, &info);
    assert_int_equal(products, total);
    assert_memory_equal(found, wanted, (size_t)(N_TIMES * m.n) * sizeof(double));
    free(found);
  }
  assert_null(run(&m, "chebyshev", PETSC_FALSE, "case", PETSC_FALSE, total / 2, &info));
  found = run(&m, "chebyshev", PETSC_FALSE, "case", PETSC_TRUE, 0, &info);
  assert_true(products < total); /* and a good one saves work */
  free(found);
  free(wanted);
  destroy_model(&m);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_chebyshev), IN_FOLDER(test_lanczos),  IN_FOLDER(test_uniformisation), IN_FOLDER(test_ts),
      IN_FOLDER(test_bad_files), IN_FOLDER(test_finished), IN_FOLDER(test_march),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
