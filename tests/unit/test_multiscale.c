/* The multiscale equation: drift against differences of V^e, weight, largest step against closed forms. */
#include "paths_fixture.h"

enum { N = 48 };

/* Places in [-1, 1]^dim, in the layout of the dynamics. */
static void places(PetscInt dim, PetscReal x[])
{
  for (PetscInt c = 0; c < dim; c++)
    for (PetscInt i = 0; i < N; i++)
      x[c * N + i] = sin(1 + 7.3 * (double)i + 2.1 * (double)c * (double)(i + 3));
}

static void assert_drift(PetscInt dim, PetscInt scales, double epsilon, const char *V0, const char *V1)
{
  const double s = 0.7, h = 1e-4 * pow(epsilon, (double)scales);
  Ensemble e = ensemble_of(dim, scales, s, epsilon, V0, V1);
  PetscReal x[3 * N], b[3 * N], S[9 * N], log_w[N], at[3], V[5];
  double largest = 1;

  places(dim, x);
  OK(DynamicsEvaluate(e.dynamics, N, N, x, b, S, log_w));
  for (PetscInt i = 0; i < dim * N; i++) largest = fmax(largest, fabs(b[i]));
  for (PetscInt i = 0; i < N; i++) {
    for (PetscInt c = 0; c < dim; c++) {
      for (int j = 0; j < 5; j++) {
        for (PetscInt k = 0; k < dim; k++) at[k] = x[k * N + i] + (k == c ? (j - 2) * h : 0);
        OK(PotentialEvaluateResolved(e.potential, epsilon, 1, at, &V[j]));
      }
      assert_within("drift", b[c * N + i], -(V[0] - 8 * V[1] + 8 * V[3] - V[4]) / (12 * h), 1e-7 * largest,
                    1);
    }
    assert_within("log w", log_w[i], -V[2] / s, 1e-9, 1);
    for (PetscInt k = 0; k < dim * dim; k++) assert_true(S[k * N + i] == (k % (dim + 1) ? 0 : sqrt(s)));
  }
  ensemble_destroy(&e);
}

static void drift_is_minus_the_gradient(void **state)
{
  (void)state;
  assert_drift(1, 1, 0.1, "x^4/4 + x^2/8", "-x^2/2*sin(2*pi*x1)");
  assert_drift(1, 3, 0.3, "x^4/4", "cos(2*pi*x1)*sin(2*pi*x3) + x*cos(2*pi*(x2 - x1))");
  assert_drift(2, 2, 0.2, "x^2/2 + x*y/3 + y^4", "exp(cos(2*pi*(x1 - y2)))*sin(2*pi*y1)");
  assert_drift(3, 1, 0.1, "x^2 + y^2 + z^2", "cos(2*pi*x1) + sin(2*pi*(y1 + z1))*x");
  assert_drift(2, 1, 0.1, "x^2", NULL);
}

/* A point's bits depend on its place and neighbours in nothing; what is not finite is NaN. */
static void one_by_one(void **state)
{
  Ensemble e = ensemble_of(1, 1, 0.7, 0.1, "x^4 - log(x^2 + 1)", "exp(sin(2*pi*x1))");
  PetscReal x[DYNAMICS_BLOCK], b[DYNAMICS_BLOCK], other[DYNAMICS_BLOCK], log_w[DYNAMICS_BLOCK];

  (void)state;
  for (PetscInt i = 0; i < DYNAMICS_BLOCK; i++) x[i] = sin((double)i) * 3;
  OK(DynamicsEvaluate(e.dynamics, DYNAMICS_BLOCK, DYNAMICS_BLOCK, x, b, NULL, log_w));
  for (PetscInt start = 0; start + DYNAMICS_LANES <= DYNAMICS_BLOCK; start += 37) {
    OK(DynamicsEvaluate(e.dynamics, DYNAMICS_LANES, DYNAMICS_LANES, x + start, other, NULL, NULL));
    assert_memory_equal(other, b + start, DYNAMICS_LANES * sizeof(PetscReal));
  }
  x[3] = 1e200;
  x[4] = NAN;
  OK(DynamicsEvaluate(e.dynamics, DYNAMICS_LANES, DYNAMICS_LANES, x, other, NULL, log_w));
  assert_true(isnan(other[3]) && isnan(other[4]) && isnan(log_w[3]) && isnan(log_w[4]));
  assert_memory_equal(other + 5, b + 5, sizeof(PetscReal));
  ensemble_destroy(&e);
}

static void assert_step(PetscInt dim, PetscInt scales, double epsilon, const char *V0, const char *V1,
                        double L)
{
  const PetscReal box[][2] = {{-1, 2}, {-1, 2}, {-1, 2}};
  Ensemble e = ensemble_of(dim, scales, 0.7, epsilon, V0, V1);
  PetscReal step;

  OK(DynamicsLargestStep(e.dynamics, box, &step, NULL));
  assert_within(V1 ? V1 : V0, step, 1 / L, 1e-6 / L, 1);
  ensemble_destroy(&e);
}

static void largest_steps(void **state)
{
  const double q = 4 * M_PI * M_PI;

  (void)state;
  assert_step(1, 0, 1, "x^2/2", NULL, 1);
  assert_step(1, 0, 1, "x^4/4 - x^2/2", NULL, 11); /* 3 x^2 - 1 in the corner x = 2 */
  assert_step(1, 1, 0.1, "x^2/2", "cos(2*pi*x1)", 1 + 100 * q);
  assert_step(1, 2, 0.1, "-x^2/2", "0.5*cos(2*pi*x1) + cos(2*pi*x2)", 1 + 50 * q + 10000 * q);
  assert_step(2, 1, 0.1, "x^2/2 + y^2/2", "cos(2*pi*(x1 - y1))", 1 + 200 * q);
  assert_step(3, 0, 1, "2*x^2 + y^2 + z^2/2 + 3*y*z", NULL, 1.5 + sqrt(0.25 + 9));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(drift_is_minus_the_gradient),
      cmocka_unit_test(one_by_one),
      cmocka_unit_test(largest_steps),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
