/* Two dimensions, and one direction against another discretisation of it. */
#include "phase_space_fixture.h"

static const PhaseSpaceSettings base = {.dim = 1,
                                        .mass = 1,
                                        .temperature = 1,
                                        .plain_friction = PETSC_TRUE,
                                        .box = {{0, 2 * PETSC_PI}, {0, 2 * PETSC_PI}},
                                        .periodic = {PETSC_TRUE, PETSC_TRUE},
                                        .positions = "fourier",
                                        .cells = {6, 5},
                                        .order = 3,
                                        .levels = 9};

/* The same cells in both directions. */
static PhaseSpaceSettings changed(PetscInt dim, const char positions[], PetscInt cells, PetscInt order,
                                  PetscInt levels)
{
  PhaseSpaceSettings settings = base;

  settings.dim = dim;
  strcpy(settings.positions, positions);
  settings.cells[0] = settings.cells[1] = cells;
  settings.order = order;
  settings.levels = levels;
  return settings;
}

/* The least nonzero eigenvalue by modulus, which is real here. */
static PetscReal slowest(const PhaseSpaceSettings *settings, const char log_w[], const char *const D[],
                         PetscReal g)
{
  PhaseSpace space = make_space(settings, log_w, D);
  PetscReal re[8], im[8];
  const PetscInt n = eigenvalues(system_of(space), g, 0.05, 4, re, im);

  assert_true(n >= 2);
  assert_true(PetscAbsReal(re[0]) < 1e-9);
  OK(PhaseSpaceDestroy(&space));
  return re[1];
}

static void test_elements_against_fourier(void **state)
{
  static const char *const D[] = {"1/(1.5 + sin(x + 1))"};
  const char *const log_w = "2*cos(2*x) + 0.5*sin(x)";
  PhaseSpaceSettings waves = changed(1, "fourier", 24, 0, 40), elements = changed(1, "elements", 16, 6, 40);
  PetscReal a, b;

  (void)state;
  for (PetscInt plain = 0; plain < 2; plain++) {
    waves.plain_friction = elements.plain_friction = plain ? PETSC_TRUE : PETSC_FALSE;
    a = slowest(&waves, log_w, D, 2);
    b = slowest(&elements, log_w, D, 2);
    assert_true(PetscAbsReal(a - b) < 1e-8);
    assert_true(a < -0.01);
  }
}

/* The order of an eigenvalue: the error falls by 2^(2p) when cells are halved. */
static void test_rate(void **state)
{
  const PhaseSpaceSettings fine = changed(1, "fourier", 30, 0, 30);
  const char *const log_w = "2*cos(2*x) + 0.5*sin(x)";
  const PetscReal exact = slowest(&fine, log_w, NULL, 2);

  (void)state;
  for (PetscInt p = 1; p <= 3; p++) {
    PetscReal error[2];
    for (PetscInt k = 0; k < 2; k++) {
      const PhaseSpaceSettings settings = changed(1, "elements", (p == 1 ? 32 : 16) << k, p, 30);
      error[k] = PetscAbsReal(slowest(&settings, log_w, NULL, 2) - exact);
    }
    assert_true(log2(error[0] / error[1]) > 2 * (PetscReal)p - 0.4);
  }
}

/* U = U1(x) + U2(y): every sum of an eigenvalue of each is one. */
static void test_product(void **state)
{
  static const char *const names[] = {"fourier", "elements"};
  const char *const first = "1.2*cos(x)", *const second = "0.9*cos(x) + 0.3*sin(2*x)";

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    const PhaseSpaceSettings one = changed(1, names[k], 4, 2, 8), two = changed(2, names[k], 4, 2, 8);
    const PetscReal a = slowest(&one, first, NULL, 2), b = slowest(&one, second, NULL, 2);
    PhaseSpace space = make_space(&two, "1.2*cos(x) + 0.9*cos(y) + 0.3*sin(2*y)", NULL);
    PetscReal re[12], im[12];
    const PetscInt n = eigenvalues(system_of(space), 2, 0.05, 8, re, im);
    assert_true(n >= 4);
    assert_among(n, re, im, 0, 0, 1e-10);
    assert_among(n, re, im, a, 0, 1e-4);
    assert_among(n, re, im, b, 0, 1e-4);
    assert_among(n, re, im, a + b, 0, 1e-3);
    OK(PhaseSpaceDestroy(&space));
  }
}

typedef struct {
  PetscReal (*f)(const PetscReal q[], const PetscReal p[]);
} Context;

static PetscErrorCode call(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                           PetscReal values[])
{
  const Context *const c = ctx;

  for (PetscInt i = 0; i < n; i++) values[i] = c->f(q + 2 * i, p + 2 * i);
  return 0;
}

static Vec load_of(PhaseSpace space, PetscReal (*f)(const PetscReal[], const PetscReal[]))
{
  Context c = {f};
  Vec load;

  OK(VecDuplicate(system_of(space)->one, &load));
  OK(PhaseSpaceLoadFunction(space, call, &c, load));
  return load;
}

/* D = [2 + cos x, sin y / 2; ., 1.5]; G = D^-1, s = m = 1 */
static void friction_at(const PetscReal q[], PetscReal G[3])
{
  const PetscReal a = 2 + cos(q[0]), b = 0.5 * sin(q[1]), d = 1.5, det = a * d - b * b;

  G[0] = d / det;
  G[1] = -b / det;
  G[2] = a / det;
}
static PetscReal product(const PetscReal q[], const PetscReal p[])
{
  (void)q;
  return p[0] * p[1];
}
/* The friction's generator on p1 p2: -G p . grad + m s G : grad grad */
static PetscReal product_image(const PetscReal q[], const PetscReal p[])
{
  PetscReal G[3];

  friction_at(q, G);
  return -(G[0] * p[0] + G[1] * p[1]) * p[1] - (G[1] * p[0] + G[2] * p[1]) * p[0] + 2 * G[1];
}
static PetscReal second(const PetscReal q[], const PetscReal p[])
{
  (void)q;
  return p[1];
}
static PetscReal second_image(const PetscReal q[], const PetscReal p[])
{
  PetscReal G[3];

  friction_at(q, G);
  return -(G[1] * p[0] + G[2] * p[1]);
}
/* -dU/dy of U = -cos(x - y) - cos(y) */
static PetscReal second_force(const PetscReal q[], const PetscReal p[])
{
  (void)p;
  return sin(q[0] - q[1]) - sin(q[1]);
}

static void check_image(PhaseSpace space, Mat A, PetscReal sign,
                        PetscReal (*f)(const PetscReal[], const PetscReal[]),
                        PetscReal (*image)(const PetscReal[], const PetscReal[]))
{
  Vec l = load_of(space, f), state, result, expected = load_of(space, image);
  PetscReal size, difference;

  OK(VecDuplicate(l, &state));
  OK(VecDuplicate(l, &result));
  OK(PhaseSpaceSolveMass(space, l, state));
  OK(MatMult(A, state, result));
  OK(VecScale(result, sign));
  OK(VecNorm(expected, NORM_2, &size));
  OK(VecAXPY(result, -1, expected));
  OK(VecNorm(result, NORM_2, &difference));
  if (!(difference < 1e-9 * size)) fail_msg("difference %.3g of %.3g", difference, size);
  OK(VecDestroy(&l));
  OK(VecDestroy(&state));
  OK(VecDestroy(&result));
  OK(VecDestroy(&expected));
}

/* Moments of a tensor friction that depends on the position, and the force. */
static void test_tensor(void **state)
{
  static const char *const D[] = {"2 + cos(x)", "0.5*sin(y)", "0.5*sin(y)", "1.5"};
  static const char *const names[] = {"fourier", "elements"};

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    PhaseSpaceSettings settings = changed(2, names[k], 5, 3, 4);
    PhaseSpace space;
    settings.plain_friction = PETSC_FALSE;
    space = make_space(&settings, "cos(x - y) + cos(y)", D);
    check_image(space, system_of(space)->C, 1, second, second_image);
    check_image(space, system_of(space)->C, 1, product, product_image);
    check_image(space, system_of(space)->T, -1, second, second_force);
    OK(PhaseSpaceDestroy(&space));
  }
}

static PetscReal log_peak(const PetscReal q[], const PetscReal p[])
{
  return -5000 * (PetscSqr(q[0] - 3.3) + PetscSqr(q[1] - 1.234)) -
         800 * (PetscSqr(p[0] - 0.5) + PetscSqr(p[1] + 1.5));
}
static PetscReal first_sine(const PetscReal q[], const PetscReal p[])
{
  (void)p;
  return sin(q[0]) * cos(q[1]);
}
static PetscReal log_stationary(const PetscReal q[], const PetscReal p[])
{
  return 3 + cos(q[0] - q[1]) + cos(q[1]) - 0.5 * (p[0] * p[0] + p[1] * p[1]);
}

/* A narrow density has its means; the stationary one is the state 1; both come back at points. */
static void test_density(void **state)
{
  const PhaseSpaceSettings settings = changed(2, "fourier", 5, 3, 5);
  PhaseSpace space = make_space(&settings, "cos(x - y) + cos(y)", NULL);
  Context peak = {log_peak}, stationary = {log_stationary};
  Vec l = load_of(space, first_sine), m = load_of(space, product), density, f;
  PetscReal norm, h[2], W[2];
  const PetscReal q[] = {0.3, 4, 7, -1}, p[] = {0.1, 2, -1, 0.5};
  PetscScalar mean;

  (void)state;
  OK(VecDuplicate(l, &density));
  OK(VecDuplicate(l, &f));
  OK(PhaseSpaceLoadDensity(space, call, &peak, PETSC_TRUE, density));
  OK(PhaseSpaceSolveMass(space, density, f));
  OK(VecDot(l, f, &mean));
  assert_true(PetscAbsReal(mean - sin(3.3) * cos(1.234) * exp(-1e-4)) < 1e-7);
  OK(VecDot(m, f, &mean));
  assert_true(PetscAbsReal(mean + 0.75) < 1e-7);
  OK(PhaseSpaceLoadDensity(space, call, &stationary, PETSC_TRUE, density));
  OK(PhaseSpaceSolveMass(space, density, f));
  OK(PhaseSpaceSample(space, f, 2, q, p, W, h));
  for (PetscInt i = 0; i < 2; i++) {
    assert_true(PetscAbsReal(h[i] - 1) < 1e-6);
    assert_true(W[i] > 0);
  }
  assert_true(PetscAbsReal(log(W[0] / W[1]) - log_stationary(q, p) + log_stationary(q + 2, p + 2)) < 1e-5);
  OK(VecAXPY(f, -1, system_of(space)->one));
  OK(VecNorm(f, NORM_2, &norm));
  assert_true(norm < 1e-6);
  OK(VecDestroy(&l));
  OK(VecDestroy(&m));
  OK(VecDestroy(&density));
  OK(VecDestroy(&f));
  OK(PhaseSpaceDestroy(&space));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_elements_against_fourier),
      cmocka_unit_test(test_rate),
      cmocka_unit_test(test_product),
      cmocka_unit_test(test_tensor),
      cmocka_unit_test(test_density),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed ? 1 : 0;
}
