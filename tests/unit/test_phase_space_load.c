/* Loads and samples of phase space: means that are known, identities of moments, densities given back. */
#include "phase_space_fixture.h"

static const PhaseSpaceSettings line = {.dim = 1,
                                        .mass = 1.3,
                                        .temperature = 0.7,
                                        .box = {{-2.5, 2.5}},
                                        .positions = "elements",
                                        .cells = {10},
                                        .order = 4,
                                        .levels = 12};
static const char *const well = "-(x^2 - 1)^2/0.7";
static const char *const wave = "2*cos(x) + sin(2*x)";

static PhaseSpaceSettings periodic_line(const char positions[])
{
  PhaseSpaceSettings settings = line;

  settings.periodic[0] = PETSC_TRUE;
  settings.box[0][0] = -1;
  settings.box[0][1] = 2 * PETSC_PI - 1;
  settings.cells[0] = 12;
  strcpy(settings.positions, positions);
  return settings;
}

static Vec new_vector(PhaseSpace space)
{
  Vec v;

  OK(VecDuplicate(system_of(space)->one, &v));
  return v;
}

static PetscReal dot(Vec a, Vec b)
{
  PetscScalar value;

  OK(VecDot(a, b, &value));
  return value;
}

/* |a - b| over |b|; both are destroyed. */
static void assert_equal_vectors(Vec a, Vec b, PetscReal tolerance)
{
  PetscReal size, difference;

  OK(VecNorm(b, NORM_2, &size));
  OK(VecAXPY(a, -1, b));
  OK(VecNorm(a, NORM_2, &difference));
  if (!(difference <= tolerance * size)) fail_msg("difference %.3g of %.3g", difference, size);
  OK(VecDestroy(&a));
  OK(VecDestroy(&b));
}

typedef PetscReal (*Function)(PetscInt dim, const PetscReal q[], const PetscReal p[]);
typedef struct {
  Function f;
  PetscInt dim;
} Context;

static PetscErrorCode call(void *ctx, PetscInt n, const PetscReal q[], const PetscReal p[],
                           PetscReal values[])
{
  const Context *const c = ctx;

  for (PetscInt i = 0; i < n; i++) values[i] = c->f(c->dim, q + i * c->dim, p + i * c->dim);
  return 0;
}

static Vec load_of(PhaseSpace space, Function f)
{
  Context c = {f, system_of(space)->dim};
  Vec load = new_vector(space);

  OK(PhaseSpaceLoadFunction(space, call, &c, load));
  return load;
}

static Vec state_of(PhaseSpace space, Vec load)
{
  Vec f = new_vector(space);

  OK(PhaseSpaceSolveMass(space, load, f));
  OK(VecDestroy(&load));
  return f;
}

static Vec density_load(PhaseSpace space, Function f, PetscBool log_rho)
{
  Context c = {f, system_of(space)->dim};
  Vec load = new_vector(space);

  OK(PhaseSpaceLoadDensity(space, call, &c, log_rho, load));
  return load;
}

/* A v; v is destroyed. */
static Vec product(Mat A, Vec v, PetscReal factor)
{
  Vec w;

  OK(VecDuplicate(v, &w));
  OK(MatMult(A, v, w));
  OK(VecScale(w, factor));
  OK(VecDestroy(&v));
  return w;
}

static PetscReal one(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim, (void)q, (void)p;
  return 1;
}
static PetscReal position(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim, (void)p;
  return q[0];
}
static PetscReal momentum(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim, (void)q;
  return p[0];
}
static PetscReal energy(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim, (void)q;
  return p[0] * p[0] / 2.6;
}
/* -U' of `wave`: 0.7 times the slope of log w */
static PetscReal force(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim, (void)p;
  return 0.7 * (-2 * sin(q[0]) + 2 * cos(2 * q[0]));
}
/* s/D p for D = 1 + sin(x)/2 */
static PetscReal drag(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim;
  return 0.7 / (1 + 0.5 * sin(q[0])) * p[0];
}

/* Means in equilibrium. */
static void test_equilibrium(void **state)
{
  PhaseSpace space = make_space(&line, well, NULL);
  const KineticSystem *const system = system_of(space);
  Vec l = load_of(space, energy), v = load_of(space, momentum), w = new_vector(space);

  (void)state;
  assert_true(PetscAbsReal(dot(l, system->one) - 0.35) < 1e-13);
  OK(VecDestroy(&l));
  OK(PhaseSpaceLoadVelocity(space, 0, w));
  OK(VecScale(w, 1.3));
  assert_equal_vectors(v, w, 1e-13);
  l = load_of(space, one);
  OK(VecDuplicate(l, &w));
  OK(VecCopy(system->total, w));
  assert_equal_vectors(l, w, 1e-13);
  OK(PhaseSpaceDestroy(&space));
}

/* d<q>/dt = <p/m> in every state, friction or not: q^T (T + g C) = l_v^T. It is the sign of time. */
static void test_velocity(void **state)
{
  PhaseSpace space = make_space(&line, well, NULL);
  const KineticSystem *const system = system_of(space);
  Vec q = state_of(space, load_of(space, position)), v = new_vector(space);

  (void)state;
  OK(PhaseSpaceLoadVelocity(space, 0, v));
  /* q^T T = -(T q)^T, q^T C = (C q)^T = 0 */
  assert_equal_vectors(product(system->T, q, -1), v, 1e-12);
  OK(PhaseSpaceDestroy(&space));
}

/* d<p>/dt = -<U'> - g <s p/D(q)> where nothing reflects, in the sense of every state. */
static void test_force(void **state)
{
  static const char *const D[] = {"1 + 0.5*sin(x)"};
  static const char *const names[] = {"elements", "fourier"};

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    const PhaseSpaceSettings settings = periodic_line(names[k]);
    PhaseSpace space = make_space(&settings, wave, D);
    const KineticSystem *const system = system_of(space);
    Vec p = state_of(space, load_of(space, momentum));
    Vec Tp = new_vector(space);

    /* also its part of degree 2, which is D of a constant: zero */
    OK(MatMult(system->T, p, Tp));
    OK(VecScale(Tp, -1));
    assert_equal_vectors(Tp, load_of(space, force), 1e-10);
    assert_equal_vectors(product(system->C, p, -1), load_of(space, drag), 1e-12);
    OK(PhaseSpaceDestroy(&space));
  }
}

static PetscReal sharpness, centre[2];

static PetscReal log_peak(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim;
  return 17 - 0.5 * (PetscSqr(q[0] - centre[0]) + PetscSqr(p[0] - centre[1])) / PetscSqr(sharpness);
}

/* Narrow and broad densities: the mass is one, means are the centre, <p^2> has the width. */
static void test_peaks(void **state)
{
  static const PetscReal width[] = {0.2, 0.03, 1e-3, 1e-7};
  PhaseSpaceSettings settings = line;
  PhaseSpace space;

  (void)state;
  settings.levels = 40;
  space = make_space(&settings, well, NULL);
  for (PetscInt k = 0; k < 4; k++) {
    Vec f, l;
    sharpness = width[k];
    centre[0] = 0.7123;
    centre[1] = -2.1;
    f = state_of(space, density_load(space, log_peak, PETSC_TRUE));
    assert_true(PetscAbsReal(dot(system_of(space)->total, f) - 1) < 1e-11);
    l = load_of(space, position);
    assert_true(PetscAbsReal(dot(l, f) - centre[0]) < 1e-9);
    OK(VecDestroy(&l));
    l = load_of(space, momentum);
    assert_true(PetscAbsReal(dot(l, f) - centre[1]) < 1e-9);
    OK(VecDestroy(&l));
    l = load_of(space, energy);
    assert_true(PetscAbsReal(2.6 * dot(l, f) - centre[1] * centre[1] - sharpness * sharpness) < 1e-8);
    OK(VecDestroy(&l));
    OK(VecDestroy(&f));
  }
  OK(PhaseSpaceDestroy(&space));
}

/* He_n of a point mass is He_n(x): by the recurrence, up to a level where powers overflow. */
static void test_high_levels(void **state)
{
  PhaseSpaceSettings settings = line;
  PhaseSpace space;
  const KineticSystem *system;
  const PetscReal unit = sqrt(1.3 * 0.7);
  const PetscScalar *values;
  Vec l;
  PetscReal before = 0, now = 1;

  (void)state;
  settings.levels = 2000;
  settings.cells[0] = 1;
  settings.order = 1;
  sharpness = 1e-6;
  centre[0] = 0.7123;
  centre[1] = 3 * unit;
  space = make_space(&settings, "0", NULL);
  system = system_of(space);
  l = density_load(space, log_peak, PETSC_TRUE);
  OK(VecGetArrayRead(l, &values));
  for (PetscInt n = 0; n < settings.levels; n++) {
    const PetscReal next = (3 * now - sqrt((PetscReal)n) * before) / sqrt((PetscReal)(n + 1));
    /* odd levels: one function, 1; even ones: sqrt(3) times 1 - t and t; Z = 5 */
    const PetscReal t = (0.7123 + 2.5) / 5, exact = n % 2 ? now : sqrt(3) * (1 - t) * now;
    if (!(PetscAbsReal(values[system->level_begin[n]] - exact) < 3e-8)) fail_msg("degree %d", (int)n);
    before = now;
    now = next;
  }
  OK(VecRestoreArrayRead(l, &values));
  OK(VecDestroy(&l));
  OK(PhaseSpaceDestroy(&space));
}

static PetscReal smooth(PetscInt dim, const PetscReal q[], const PetscReal p[])
{
  (void)dim;
  return exp(cos(q[0] - 0.5) - 0.5 * PetscSqr(p[0] - 0.4) / 0.8);
}

/* A smooth density comes back at points; h is its ratio to the equilibrium; the position's density is the marginal. */
static void test_sample(void **state)
{
  static const char *const names[] = {"elements", "fourier"};
  const PetscReal q[] = {-1, 0.3, 2.2, 5.1, 6.9}, p[] = {0, 1.1, -0.7, 2, 0.2};
  PetscReal W[5], h[5], rho[5], Z = 0;

  (void)state;
  for (PetscInt i = 0; i < 1000; i++) {
    const PetscReal x = 2 * PETSC_PI * (PetscReal)i / 1000;
    Z += 2 * PETSC_PI / 1000 * exp(2 * cos(x) + sin(2 * x));
  }
  for (PetscInt k = 0; k < 2; k++) {
    PhaseSpaceSettings settings = periodic_line(names[k]);
    PhaseSpace space;
    Vec f;
    settings.order = 8;
    settings.cells[0] = 24;
    settings.levels = 50;
    space = make_space(&settings, wave, NULL);
    f = state_of(space, density_load(space, smooth, PETSC_FALSE));
    OK(PhaseSpaceSample(space, f, 5, q, p, W, h));
    OK(PhaseSpaceSamplePosition(space, f, 5, q, rho));
    for (PetscInt i = 0; i < 5; i++) {
      const PetscReal exact = smooth(1, &q[i], &p[i]);
      const PetscReal stationary =
          exp(2 * cos(q[i]) + sin(2 * q[i]) - p[i] * p[i] / 1.82) / (Z * sqrt(2 * PETSC_PI * 0.91));
      assert_true(PetscAbsReal(W[i] - exact) < 1e-7);
      assert_true(PetscAbsReal(h[i] * stationary - exact) < 1e-7);
      assert_true(PetscAbsReal(rho[i] - exp(cos(q[i] - 0.5)) * sqrt(2 * PETSC_PI * 0.8)) < 1e-7);
    }
    OK(VecDestroy(&f));
    OK(PhaseSpaceDestroy(&space));
  }
}

/* In equilibrium where w varies by e^800: exact, and zero outside of the walls. */
static void test_sample_steep(void **state)
{
  const PetscReal q[] = {-2.5, -1, 0.1, 2.6}, p[] = {0.3, 0, 9, 0};
  PhaseSpaceSettings settings = line;
  PetscReal W[4], h[4];
  PhaseSpace space;

  (void)state;
  settings.cells[0] = 12;
  space = make_space(&settings, "-128*x^2", NULL);
  OK(PhaseSpaceSample(space, system_of(space)->one, 4, q, p, W, h));
  for (PetscInt i = 0; i < 3; i++) {
    const PetscReal log_W =
        -128 * q[i] * q[i] - p[i] * p[i] / 1.82 + 0.5 * log(128 / PETSC_PI) - 0.5 * log(2 * PETSC_PI * 0.91);
    assert_true(PetscAbsReal(h[i] - 1) < 1e-9);
    assert_true(PetscAbsReal(log(W[i]) - log_W) < 1e-8 || log_W < -740);
  }
  assert_true(W[3] == 0 && h[3] == 0);
  OK(PhaseSpaceDestroy(&space));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equilibrium),  cmocka_unit_test(test_velocity),    cmocka_unit_test(test_force),
      cmocka_unit_test(test_peaks),        cmocka_unit_test(test_high_levels), cmocka_unit_test(test_sample),
      cmocka_unit_test(test_sample_steep),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed ? 1 : 0;
}
