/* Every method of evolution against the dense eigenvalue problem; runs on any number of ranks. */
#include "evolve_fixture.h"

static const double the_times[] = {0, 1e-3, 1, 1e3};

enum { N_TIMES = 4 };

/* g(t) = sum_k x_k exp(-lambda_k t) x_k.B g(0). The eigenvalue 0 of a conservative system is 0. */
static void exact_state(const Model *m, const double *g0, double t, double *g)
{
  const PetscInt n = m->n;

  memset(g, 0, (size_t)n * sizeof(double));
  for (PetscInt k = 0; k < n; k++) {
    const double *x = &m->vectors[k * n];
    const double rate = k == 0 && m->system.conservative ? 0 : m->values[k];
    double part = 0;
    for (PetscInt i = 0; i < n; i++) {
      double product = m->B ? 0 : g0[i];
      for (PetscInt j = 0; m->B && j < n; j++) product += m->B[j * n + i] * g0[j];
      part += x[i] * product;
    }
    for (PetscInt i = 0; i < n; i++) g[i] += x[i] * part * exp(-rate * t);
  }
}

static double mass_norm(const Model *m, const double *g)
{
  double sum = 0;

  for (PetscInt i = 0; i < m->n; i++) {
    double product = m->B ? 0 : g[i];
    for (PetscInt j = 0; m->B && j < m->n; j++) product += m->B[j * m->n + i] * g[j];
    sum += g[i] * product;
  }
  return sqrt(sum);
}

/* All entries on all ranks; free(). */
static double *gather(Vec v)
{
  VecScatter scatter;
  const PetscReal *x;
  double *all;
  PetscInt n;
  Vec whole;

  OK(VecScatterCreateToAll(v, &scatter, &whole));
  OK(VecScatterBegin(scatter, v, whole, INSERT_VALUES, SCATTER_FORWARD));
  OK(VecScatterEnd(scatter, v, whole, INSERT_VALUES, SCATTER_FORWARD));
  OK(VecGetSize(whole, &n));
  OK(VecGetArrayRead(whole, &x));
  all = malloc((size_t)n * sizeof(double));
  memcpy(all, x, (size_t)n * sizeof(double));
  OK(VecRestoreArrayRead(whole, &x));
  OK(VecScatterDestroy(&scatter));
  OK(VecDestroy(&whole));
  return all;
}

static void solve(Evolve e)
{
  CellFailure failure;

  OK(EvolveSolve(e, NULL, &failure));
  if (failure.status != CELL_OK) fail_msg("status %d: %s", (int)failure.status, failure.message);
}

/* The largest error over |g(0)| in the norm of B. */
static double worst_error(const Model *m, Evolve e, const double *g0, PetscInt n_times, const double *times)
{
  double *wanted = malloc((size_t)m->n * sizeof(double)), worst = 0;

  for (PetscInt k = 0; k < n_times; k++) {
    double *found;
    Vec g;
    OK(EvolveGetState(e, k, &g));
    found = gather(g);
    exact_state(m, g0, times[k], wanted);
    for (PetscInt i = 0; i < m->n; i++) found[i] -= wanted[i];
    worst = fmax(worst, mass_norm(m, found) / mass_norm(m, g0));
    free(found);
  }
  free(wanted);
  return worst;
}

static double mass_of(const Model *m, Vec g)
{
  PetscReal mass;

  OK(VecDot(m->system.total, g, &mass));
  return mass;
}

static double *random_state_of(const Model *m)
{
  double *g0 = malloc((size_t)m->n * sizeof(double));

  for (PetscInt i = 0; i < m->n; i++) g0[i] = next_random();
  return g0;
}

/* One call for all times; the error is below the tolerance and below what is said of it, the mass stays. */
static void check_method(const Model *m, const char *method, double tolerance)
{
  double *g0 = random_state_of(m), error;
  Evolve e = make_evolve(m, method, tolerance, g0, N_TIMES, the_times);
  EvolveInfo info;

  solve(e);
  OK(EvolveGetInfo(e, &info));
  error = worst_error(m, e, g0, N_TIMES, the_times);
  if (!(error <= info.error + 1e-13)) fail_msg("%s: error %g, said to be %g", method, error, info.error);
  if (strcmp(method, "ts") && !(error <= tolerance))
    fail_msg("%s: error %g over %g", method, error, tolerance);
  assert_true(info.steps > 0);
  for (PetscInt k = 0; k < N_TIMES && m->system.conservative; k++) {
    Vec first, g;
    OK(EvolveGetState(e, 0, &first));
    OK(EvolveGetState(e, k, &g));
    assert_true(fabs(mass_of(m, g) / mass_of(m, first) - 1) < 1e-14);
  }
  OK(EvolveDestroy(&e));
  free(g0);
}

static void test_identity_mass(void **state)
{
  Model closed = make_model(13, 8, 0, 0, PETSC_FALSE), open = make_model(9, 7, 0, 0.7, PETSC_FALSE);
  const char *const methods[] = {"chebyshev", "lanczos", "uniformisation", "auto"};

  (void)state;
  assert_true(closed.system.m_matrix);
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    for (double tolerance = 1e-4; tolerance > 1e-13; tolerance *= 1e-4) {
      check_method(&closed, methods[i], tolerance);
      check_method(&open, methods[i], tolerance);
    }
  }
  check_method(&closed, "ts", 1e-6);
  check_method(&open, "ts", 1e-6);
  destroy_model(&closed);
  destroy_model(&open);
}

static void test_consistent_mass(void **state)
{
  Model closed = make_model(13, 8, 0, 0, PETSC_TRUE), open = make_model(9, 7, 0, 0.7, PETSC_TRUE);

  (void)state;
  for (double tolerance = 1e-4; tolerance > 1e-13; tolerance *= 1e-4) {
    check_method(&closed, "lanczos", tolerance);
    check_method(&open, "auto", tolerance);
  }
  check_method(&closed, "ts", 1e-6);
  destroy_model(&closed);
  destroy_model(&open);
}

static void test_anisotropic(void **state)
{
  Model m = make_model(11, 9, 1, 0, PETSC_FALSE);

  (void)state;
  assert_false(m.system.m_matrix);
  check_method(&m, "chebyshev", 1e-12);
  check_method(&m, "lanczos", 1e-12);
  destroy_model(&m);
}

/* Times over many decades need several shifts. */
static void test_many_decades(void **state)
{
  enum { N = 25 };
  Model m = make_model(16, 12, 0, 0, PETSC_TRUE);
  double *g0 = random_state_of(&m), times[N];
  Evolve e;

  (void)state;
  for (PetscInt k = 0; k < N; k++) times[k] = 1e-12 * pow(10, (double)k);
  e = make_evolve(&m, "lanczos", 1e-10, g0, N, times);
  solve(e);
  assert_true(worst_error(&m, e, g0, N, times) < 1e-10);
  OK(EvolveDestroy(&e));
  free(g0);
  destroy_model(&m);
}

/* The work of Chebyshev follows the spectrum and not a bound that is far from it. */
static void test_loose_bound(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);
  const double times[] = {0.5, 100};
  double *g0 = random_state_of(&m);
  EvolveInfo tight, loose;
  Evolve e;

  (void)state;
  e = make_evolve(&m, "chebyshev", 1e-10, g0, 2, times);
  solve(e);
  OK(EvolveGetInfo(e, &tight));
  OK(EvolveDestroy(&e));
  m.system.norm *= 100;
  e = make_evolve(&m, "chebyshev", 1e-10, g0, 2, times);
  solve(e);
  OK(EvolveGetInfo(e, &loose));
  assert_true(loose.steps < 2 * tight.steps);
  assert_true(worst_error(&m, e, g0, 2, times) < 1e-10);
  OK(EvolveDestroy(&e));
  free(g0);
  destroy_model(&m);
}

/* A matrix that looks a hundred times smaller while its norm is estimated: the first products only. */
static PetscErrorCode (*plain_product)(Mat, Vec, Vec);
static int products;

static PetscErrorCode deceiving_product(Mat A, Vec x, Vec y)
{
  PetscFunctionBegin;
  PetscCall(plain_product(A, x, y));
  if (++products <= 24) PetscCall(VecScale(y, 0.01));
  PetscFunctionReturn(0);
}

/* An estimate of the norm that is too small is noticed, and the proven bound takes its place. */
static void test_wrong_estimate(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);
  const double times[] = {0.5, 100};
  double *g0 = random_state_of(&m);
  Evolve e;

  (void)state;
  OK(MatGetOperation(m.system.S, MATOP_MULT, (void (**)(void)) & plain_product));
  OK(MatSetOperation(m.system.S, MATOP_MULT, (void (*)(void))deceiving_product));
  products = 0;
  e = make_evolve(&m, "chebyshev", 1e-10, g0, 2, times);
  solve(e);
  assert_true(products > 24);
  assert_true(worst_error(&m, e, g0, 2, times) < 1e-10);
  OK(EvolveDestroy(&e));
  free(g0);
  destroy_model(&m);
}

/* h = const stays to rounding, with every method. */
static void test_stationary(void **state)
{
  Model m = make_model(13, 8, 0, 0, PETSC_FALSE);
  const char *const methods[] = {"chebyshev", "lanczos", "uniformisation", "ts"};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    Evolve e = make_evolve(&m, methods[i], 1e-8, m.root, N_TIMES, the_times);
    solve(e);
    for (PetscInt k = 0; k < N_TIMES; k++) {
      double *found;
      Vec g;
      OK(EvolveGetState(e, k, &g));
      found = gather(g);
      for (PetscInt j = 0; j < m.n; j++) assert_true(fabs(found[j] / m.root[j] - 1) < 1e-13);
      free(found);
    }
    OK(EvolveDestroy(&e));
  }
  destroy_model(&m);
}

/* A point mass in a corner: everything else starts at 0 and rises as a high power of t. */
static void check_positive(const Model *m, const char *method, double tolerance)
{
  double *g0 = calloc((size_t)m->n, sizeof(double));
  const char *refused;
  EvolveInfo info;
  Evolve e;

  g0[0] = 1;
  e = make_evolve(m, method, tolerance, g0, N_TIMES, the_times);
  OK(EvolveSetPositive(e, PETSC_TRUE, &refused));
  assert_null(refused);
  solve(e);
  OK(EvolveGetInfo(e, &info));
  assert_true(info.clipped >= 0 && info.clipped <= tolerance * m->root[0]);
  assert_true(worst_error(m, e, g0, N_TIMES, the_times) < 2 * tolerance);
  for (PetscInt k = 0; k < N_TIMES; k++) {
    PetscReal least;
    Vec g;
    OK(EvolveGetState(e, k, &g));
    OK(VecMin(g, NULL, &least));
    assert_true(least >= 0);
    if (m->system.conservative) assert_true(fabs(mass_of(m, g) / m->root[0] - 1) < 1e-14);
  }
  OK(EvolveDestroy(&e));
  free(g0);
}

static void test_positive(void **state)
{
  Model closed = make_model(20, 8, 0, 0, PETSC_FALSE), open = make_model(9, 7, 0, 0.7, PETSC_FALSE);
  const char *const methods[] = {"chebyshev", "lanczos", "uniformisation", "auto"};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    check_positive(&closed, methods[i], 1e-6);
    check_positive(&closed, methods[i], 1e-10);
    check_positive(&open, methods[i], 1e-8);
  }
  check_positive(&closed, "ts", 1e-5);
  destroy_model(&closed);
  destroy_model(&open);
}

/* What cannot be done is said in a sentence. */
static void expect_failure(const Model *m, const char *method, CellStatus status, const char *word)
{
  double *g0 = random_state_of(m);
  Evolve e = make_evolve(m, method, 1e-8, g0, N_TIMES, the_times);
  CellFailure failure;

  OK(EvolveSolve(e, NULL, &failure));
  assert_int_equal(failure.status, status);
  if (!strstr(failure.message, word)) fail_msg("\"%s\" says nothing of %s", failure.message, word);
  OK(EvolveDestroy(&e));
  free(g0);
}

static void test_refused(void **state)
{
  Model skew = make_model(11, 9, 1, 0, PETSC_FALSE), mass = make_model(6, 5, 0, 0, PETSC_TRUE);
  const char *refused;
  Evolve e;

  (void)state;
  expect_failure(&mass, "chebyshev", CELL_REFUSED, "diagonal mass");
  expect_failure(&mass, "uniformisation", CELL_REFUSED, "diagonal");
  expect_failure(&skew, "uniformisation", CELL_REFUSED, "monotone");
  expect_failure(&skew, "magic", CELL_REFUSED, "magic");
  OK(EvolveCreateSystem(&skew.system, &e));
  OK(EvolveSetPositive(e, PETSC_TRUE, &refused));
  assert_non_null(refused);
  OK(EvolveDestroy(&e));
  destroy_model(&skew);
  destroy_model(&mass);
}

/* Too long for uniformisation, and no equilibrium in sight: said, not computed. */
static void test_too_long(void **state)
{
  Model m = make_model(2, 1, 0, 0, PETSC_FALSE);
  const double g0[] = {1, 0}, times[] = {1e12};
  CellFailure failure;
  Evolve e;

  (void)state;
  e = make_evolve(&m, "uniformisation", 1e-8, g0, 1, times);
  solve(e); /* the equilibrium is reached */
  assert_true(worst_error(&m, e, g0, 1, times) < 1e-8);
  OK(EvolveDestroy(&e));
  OK(PetscOptionsSetValue(NULL, "-evolve_ts_max_steps", "3"));
  e = make_evolve(&m, "ts", 1e-8, g0, 1, times);
  OK(EvolveSolve(e, NULL, &failure));
  OK(PetscOptionsClearValue(NULL, "-evolve_ts_max_steps"));
  assert_int_equal(failure.status, CELL_NOT_CONVERGED);
  OK(EvolveDestroy(&e));
  destroy_model(&m);
}

/* The same with three nodes more, each of a mass of 1e-60 beside one of the others: rates of 1e60, whose h follows its
   neighbour at once, so that all the rest moves as without them. */
static Model make_stiff(const Model *base)
{
  enum { MORE = 3 };
  const PetscInt n = base->n + MORE;
  Model m = {.n = n};

  m.S = calloc((size_t)(n * n), sizeof(double));
  m.root = malloc((size_t)n * sizeof(double));
  if (base->B) m.B = calloc((size_t)(n * n), sizeof(double));
  for (PetscInt j = 0; j < n; j++) {
    m.root[j] = j < base->n ? base->root[j] : 1e-30;
    for (PetscInt i = 0; i < base->n && j < base->n; i++) {
      m.S[j * n + i] = base->S[j * base->n + i];
      if (m.B) m.B[j * n + i] = base->B[j * base->n + i];
    }
    if (m.B && j >= base->n) m.B[j * n + j] = 1;
  }
  for (PetscInt k = 0; k < MORE; k++) add_edge(&m, base->n + k, 7 + 20 * k, 0.5);
  m.system.conservative = base->system.conservative;
  finish_model(&m);
  return m;
}

static void check_stiff(const Model *base, const char *method)
{
  Model m = make_stiff(base);
  double *g0 = calloc((size_t)m.n, sizeof(double)), worst = 0;
  double *wanted = malloc((size_t)base->n * sizeof(double));
  EvolveInfo info;
  Evolve e;

  for (PetscInt i = 0; i < base->n; i++) g0[i] = next_random();
  e = make_evolve(&m, method, 1e-9, g0, N_TIMES, the_times);
  solve(e);
  OK(EvolveGetInfo(e, &info));
  assert_true(info.steps > 10);
  for (PetscInt k = 0; k < N_TIMES; k++) {
    double *found;
    Vec g;
    OK(EvolveGetState(e, k, &g));
    found = gather(g);
    exact_state(base, g0, the_times[k], wanted);
    for (PetscInt i = 0; i < base->n; i++) found[i] -= wanted[i];
    worst = fmax(worst, mass_norm(base, found) / mass_norm(base, g0));
    free(found);
  }
  if (!(worst < 1e-9)) fail_msg("%s: error %g with rates of 1e60, said to be %g", method, worst, info.error);
  assert_true(worst <= info.error + 1e-13);
  OK(EvolveDestroy(&e));
  free(wanted);
  free(g0);
  destroy_model(&m);
}

/* Nodes without weight must not set the pace of the others, nor end the Krylov space. */
static void test_stiff_rows(void **state)
{
  Model lumped = make_model(13, 8, 0, 0, PETSC_FALSE), mass = make_model(13, 8, 0, 0, PETSC_TRUE);
  Model open = make_model(9, 7, 0, 0.7, PETSC_FALSE), stiff;

  (void)state;
  check_stiff(&lumped, "lanczos");
  check_stiff(&lumped, "auto");
  check_stiff(&mass, "lanczos");
  check_stiff(&open, "lanczos");
  stiff = make_stiff(&lumped);
  expect_failure(&stiff, "chebyshev", CELL_NOT_CONVERGED, "1e+07");
  destroy_model(&stiff);
  destroy_model(&open);
  destroy_model(&mass);
  destroy_model(&lumped);
}

static void multiply(PetscInt n, const double *a, const double *b, double *product)
{
  memset(product, 0, (size_t)(n * n) * sizeof(double));
  for (PetscInt j = 0; j < n; j++)
    for (PetscInt k = 0; k < n; k++)
      for (PetscInt i = 0; i < n; i++) product[j * n + i] += a[k * n + i] * b[j * n + k];
}

/* exp(-t S) for an M-matrix: a series and squares of positive terms only, so that every entry has its digits. */
static double *positive_exponential(const Model *m, double t)
{
  const PetscInt n = m->n;
  const size_t size = (size_t)(n * n) * sizeof(double);
  double *E = calloc(1, size), *P = malloc(size), *term = malloc(size), *next = malloc(size), rate = 0;
  PetscInt halvings = 0;

  for (PetscInt i = 0; i < n; i++) rate = fmax(rate, m->S[i * n + i]);
  for (; t * rate > 1; t /= 2) halvings++;
  for (PetscInt i = 0; i < n * n; i++) P[i] = (i % (n + 1) ? 0 : t * rate) - t * m->S[i];
  for (PetscInt i = 0; i < n; i++) E[i * n + i] = 1;
  memcpy(term, E, size);
  for (PetscInt k = 1; k < 30; k++) {
    multiply(n, P, term, next);
    for (PetscInt i = 0; i < n * n; i++) E[i] += term[i] = next[i] / (double)k;
  }
  for (PetscInt i = 0; i < n * n; i++) E[i] *= exp(-t * rate);
  for (; halvings > 0; halvings--) {
    multiply(n, E, E, next);
    memcpy(E, next, size);
  }
  free(P);
  free(term);
  free(next);
  return E;
}

/* The uniform density on a weight that falls by e^-117: |g(0)| is e^58 of what the mass needs. Wanted and said: int |rho|. */
static void check_tails(const Model *m, const char *method, const char *reported)
{
  const double times[] = {0.01, 1, 30, 2000}, tolerance = 1e-9;
  const PetscInt n = m->n;
  double *g0 = malloc((size_t)n * sizeof(double)), mass = (double)n;
  EvolveInfo info;
  Evolve e;

  for (PetscInt i = 0; i < n; i++) g0[i] = 1 / m->root[i];
  e = make_evolve(m, method, tolerance, g0, 4, times);
  OK(EvolveSetDensity(e, PETSC_TRUE));
  solve(e);
  OK(EvolveGetInfo(e, &info));
  assert_string_equal(info.method, reported);
  assert_true(info.error < 2 * tolerance);
  for (PetscInt k = 0; k < 4; k++) {
    double *E = positive_exponential(m, times[k]), *found, error = 0, whole = 0;
    double *wanted = calloc((size_t)n, sizeof(double));
    Vec g;
    OK(EvolveGetState(e, k, &g));
    found = gather(g);
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < n; j++) wanted[i] += E[j * n + i] * g0[j];
      whole += m->root[i] * wanted[i];
    }
    if (!m->system.conservative) whole = mass; /* else squares have lost t |S| times the last digit of it */
    for (PetscInt i = 0; i < n; i++) error += m->root[i] * fabs(found[i] - wanted[i] * mass / whole);
    free(wanted);
    if (!(error / mass < info.error + 1e-13))
      fail_msg("%s, t = %g: int |error| = %g, said to be %g", method, times[k], error / mass, info.error);
    free(found);
    free(E);
  }
  OK(EvolveDestroy(&e));
  free(g0);
}

static void test_tails(void **state)
{
  Model closed = make_slope(40, 1.5, 0, PETSC_FALSE), open = make_slope(40, 1.5, 0.01, PETSC_FALSE);
  Model mass = make_slope(40, 1.5, 0, PETSC_TRUE);

  (void)state;
  assert_true(closed.system.m_matrix);
  check_tails(&closed, "lanczos", "march, lanczos");
  check_tails(&closed, "chebyshev", "march, chebyshev");
  check_tails(&closed, "uniformisation", "uniformisation");
  check_tails(&open, "lanczos", "march, lanczos");
  check_tails(&open, "uniformisation", "uniformisation");
  check_tails(&mass, "auto", "march, lanczos");
  destroy_model(&closed);
  destroy_model(&open);
  destroy_model(&mass);
}

static EvolveInfo run_with(const Model *m, const char *method, double tolerance, const char *option,
                           const char *value, double *error)
{
  const double times[] = {0.3, 1};
  double *g0;
  EvolveInfo info;
  Evolve e;

  random_state = 99;
  g0 = random_state_of(m);
  OK(PetscOptionsSetValue(NULL, option, value));
  e = make_evolve(m, method, tolerance, g0, 2, times);
  solve(e);
  OK(PetscOptionsClearValue(NULL, option));
  OK(EvolveGetInfo(e, &info));
  *error = worst_error(m, e, g0, 2, times);
  OK(EvolveDestroy(&e));
  free(g0);
  return info;
}

/* Options of TS, KSP and PC reach them; those that fit nothing come back as a sentence. */
static void test_options(void **state)
{
  Model m = make_model(9, 7, 0, 0, PETSC_TRUE), lumped = make_model(9, 7, 0, 0, PETSC_FALSE);
  double bdf, cn, rk, error;
  EvolveInfo info[2];

  (void)state;
  info[0] = run_with(&m, "ts", 1e-6, "-evolve_ts_type", "bdf", &bdf);
  info[1] = run_with(&m, "ts", 1e-6, "-evolve_ts_type", "cn", &cn);
  assert_true(info[0].steps != info[1].steps && bdf != cn);
  assert_true(bdf < 1e-4);
  run_with(&lumped, "ts", 1e-6, "-evolve_ts_type", "rk", &rk);
  assert_true(rk < 1e-4);
  /* Backward Euler with 10 steps an interval is as wrong as it should be: 1e-3 or so, and no estimate is claimed. */
  OK(PetscOptionsInsertString(NULL, "-evolve_ts_adapt_type none -evolve_ts_dt 0.03"));
  info[0] = run_with(&m, "ts", 1e-6, "-evolve_ts_type", "beuler", &error);
  OK(PetscOptionsClearValue(NULL, "-evolve_ts_adapt_type"));
  OK(PetscOptionsClearValue(NULL, "-evolve_ts_dt"));
  assert_true(error > 1e-3 && error < 0.2 && isnan(info[0].error));
  OK(PetscOptionsInsertString(NULL, "-evolve_pc_type jacobi"));
  run_with(&m, "lanczos", 1e-8, "-evolve_ksp_type", "cg", &error);
  assert_true(error < 1e-8);
  OK(PetscOptionsSetValue(NULL, "-evolve_ksp_type", "cg"));
  OK(PetscOptionsSetValue(NULL, "-evolve_ksp_max_it", "1"));
  expect_failure(&m, "lanczos", CELL_NOT_CONVERGED, "ITS");
  OK(PetscOptionsClearValue(NULL, "-evolve_ksp_type"));
  OK(PetscOptionsClearValue(NULL, "-evolve_ksp_max_it"));
  OK(PetscOptionsSetValue(NULL, "-evolve_pc_type", "magic"));
  expect_failure(&m, "lanczos", CELL_REFUSED, "magic");
  OK(PetscOptionsClearValue(NULL, "-evolve_pc_type"));
  OK(PetscOptionsSetValue(NULL, "-evolve_ts_type", "rk"));
  expect_failure(&m, "ts", CELL_REFUSED, "explicit");
  OK(PetscOptionsClearValue(NULL, "-evolve_ts_type"));
  destroy_model(&m);
  destroy_model(&lumped);
}

static void test_from_options(void **state)
{
  Model m = make_model(5, 4, 0, 0, PETSC_FALSE);
  struct _p_Diffusion diffusion = {&m.system};
  EvolveInfo info;
  Evolve e;
  Vec g0 = make_vector(m.root, m.n);

  (void)state;
  OK(VecShift(g0, 1));
  OK(PetscOptionsInsertString(NULL, "-evolve_method uniformisation -evolve_tolerance 1e-3"));
  OK(EvolveCreate(&diffusion, &e));
  OK(EvolveSetFromOptions(e));
  OK(EvolveSetTimes(e, N_TIMES, the_times));
  OK(EvolveSetInitial(e, g0));
  solve(e);
  OK(EvolveGetInfo(e, &info));
  assert_string_equal(info.method, "uniformisation");
  assert_true(info.error > 1e-5 && info.error < 1e-2);
  OK(EvolveDestroy(&e));
  OK(VecDestroy(&g0));
  OK(PetscOptionsClearValue(NULL, "-evolve_method"));
  OK(PetscOptionsClearValue(NULL, "-evolve_tolerance"));
  destroy_model(&m);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_identity_mass), cmocka_unit_test(test_consistent_mass),
      cmocka_unit_test(test_anisotropic),   cmocka_unit_test(test_many_decades),
      cmocka_unit_test(test_loose_bound),   cmocka_unit_test(test_wrong_estimate),
      cmocka_unit_test(test_stationary),    cmocka_unit_test(test_positive),
      cmocka_unit_test(test_refused),       cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_stiff_rows),    cmocka_unit_test(test_tails),
      cmocka_unit_test(test_options),       cmocka_unit_test(test_from_options),
  };
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() ? 1 : failed;
}
