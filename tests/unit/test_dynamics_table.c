/* Drift and noise of reversible diffusions, b = D grad log w + div D and S S^T = D, against derivatives by hand. */
#include "coefficients_fixture.h"
#include "bessel.h"
#include <reiter/dynamics.h>
#include <slepcsys.h>

static Coefficients make_formulas(PetscInt dim, const char weight[], const char *const tensor[])
{
  Expression log_w = parse(dim, 0, weight), D[9];
  Coefficients c;

  for (PetscInt i = 0; i < dim * dim; i++) D[i] = parse(dim, 0, tensor[i]);
  OK(CoefficientsCreateFormulas(dim, log_w, D, &c));
  OK(ExpressionDestroy(&log_w));
  for (PetscInt i = 0; i < dim * dim; i++) OK(ExpressionDestroy(&D[i]));
  return c;
}

static Dynamics tabulate(Coefficients c, const PetscReal box[][2], PetscReal tolerance, DynamicsInfo *info)
{
  Dynamics d;
  CoefficientFault fault;

  OK(DynamicsCreateDiffusion(c, box, tolerance, &d, &fault));
  if (!d) fail_msg("%s", fault.message);
  OK(DynamicsGetInfo(d, info));
  assert_true(info->bounded && info->epsilon == 0 && info->error >= 0);
  return d;
}

enum { POINTS = 240 };
typedef struct {
  PetscReal x[3 * POINTS], b[3 * POINTS], S[9 * POINTS], log_w[POINTS];
} Values;

/* At POINTS places of the box, its corners among them. */
static void evaluate(Dynamics d, const DynamicsInfo *info, Values *v)
{
  unsigned seed = 7;

  for (PetscInt p = 0; p < POINTS; p++) {
    for (PetscInt c = 0; c < info->dim; c++) {
      const PetscReal low = info->box[c][0], high = info->box[c][1];
      const PetscReal u = next_uniform(&seed);
      v->x[c * POINTS + p] = p < 8 ? info->box[c][(p >> c) % 2] : low + u * (high - low);
    }
  }
  OK(DynamicsEvaluate(d, POINTS, POINTS, v->x, v->b, v->S, v->log_w));
}

static void assert_near(PetscReal value, PetscReal exact, PetscReal tolerance)
{
  if (!(PetscAbsReal(value - exact) <= tolerance)) fail_msg("%.16g is not %.16g", value, exact);
}

/* S lower triangular with a positive diagonal, and S S^T = D. */
static void assert_factor(PetscInt dim, const Values *v, PetscInt p, const PetscReal D[], PetscReal tolerance)
{
  for (PetscInt i = 0; i < dim; i++) {
    assert_true(v->S[(i * dim + i) * POINTS + p] > 0);
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = 0;
      if (j > i) assert_true(v->S[(i * dim + j) * POINTS + p] == 0);
      for (PetscInt k = 0; k < dim; k++)
        sum += v->S[(i * dim + k) * POINTS + p] * v->S[(j * dim + k) * POINTS + p];
      assert_near(sum, D[i * dim + j], tolerance * PetscSqrtReal(D[i * dim + i] * D[j * dim + j]));
    }
  }
}

static void end(Coefficients *c, Dynamics *d)
{
  OK(DynamicsDestroy(d));
  OK(CoefficientsDestroy(c));
  assert_null(*d);
}

/* log w = -x.A x/2 with D = s I: b = -s A x, to round-off; its derivative is s A. */
static void test_gaussian(void **state)
{
  const char *const tensor[] = {"0.5", "0", "0", "0", "0.5", "0", "0", "0", "0.5"};
  const char *const flat[] = {"0.5", "0", "0", "0.5"};
  const PetscReal box[][2] = {{-3, 3}, {-2, 4}, {-1, 1}};
  const PetscReal A[3][3] = {{2, 1, 0}, {1, 3, 0.5}, {0, 0.5, 1}};
  DynamicsInfo info;
  static Values v;
  PetscReal step;

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const char *const weight[] = {"", "-x^2", "-x^2-x*y-1.5*y^2", "-x^2-x*y-1.5*y^2-0.5*y*z-0.5*z^2"};
    /* largest eigenvalues of A's blocks */
    const PetscReal largest[] = {0, 2, 3.618033988749895, 3.6861406616345067};
    Coefficients c = make_formulas(dim, weight[dim], dim == 2 ? flat : tensor);
    Dynamics d = tabulate(c, box, 1e-8, &info);
    assert_true(info.constant_noise && info.dim == dim);
    evaluate(d, &info, &v);
    for (PetscInt p = 0; p < POINTS; p++) {
      PetscReal D[9] = {0};
      for (PetscInt i = 0; i < dim; i++) {
        PetscReal b = 0;
        for (PetscInt j = 0; j < dim; j++) b -= 0.5 * A[i][j] * v.x[j * POINTS + p];
        assert_near(v.b[i * POINTS + p], b, 1e-12);
        D[i * dim + i] = 0.5;
        assert_near(info.D[i * dim + i], 0.5, 1e-15);
      }
      assert_factor(dim, &v, p, D, 1e-15);
    }
    OK(DynamicsLargestStep(d, box, &step, NULL));
    assert_near(step, 2 / largest[dim], 1e-6);
    end(&c, &d);
  }
}

/* D = 1 + x^2/2, w = exp(-x^2): b = -2 x D + x. */
static void test_line(void **state)
{
  const char *const tensor[] = {"1+x^2/2"};
  const PetscReal box[][2] = {{-4, 3}};
  Coefficients c = make_formulas(1, "-x^2", tensor);
  DynamicsInfo info;
  Dynamics d = tabulate(c, box, 1e-9, &info);
  static Values v;
  PetscReal step;

  (void)state;
  assert_false(info.constant_noise);
  assert_true(info.error <= 1e-9);
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p++) {
    const PetscReal x = v.x[p], D = 1 + x * x / 2;
    assert_near(v.log_w[p], -x * x, 1e-9);
    assert_near(v.b[p], -2 * x * D + x, 1e-6);
    assert_factor(1, &v, p, &D, 2e-9);
  }
  /* b' = -1 - 3 x^2, 49 at -4 */
  OK(DynamicsLargestStep(d, box, &step, NULL));
  assert_near(step * 49, 1, 0.02);
  end(&c, &d);
}

/* D = R(y) diag(1, 0.01) R(y)^T, R the rotation by the angle t = y: D_xx = 1 - q sin^2, D_xy = q sin cos, D_yy = 1 - q cos^2
   with q = 0.99. div D = q (cos 2y, sin 2y). */
static void test_rotated(void **state)
{
  const char *const tensor[] = {"1-0.99*sin(y)^2", "0.99*sin(y)*cos(y)", "0.99*sin(y)*cos(y)",
                                "1-0.99*cos(y)^2"};
  const PetscReal box[][2] = {{-1, 1}, {-1.5, 2}}, q = 0.99;
  Coefficients c = make_formulas(2, "-sin(x)-x*y", tensor);
  DynamicsInfo info;
  Dynamics d = tabulate(c, box, 1e-6, &info);
  static Values v;

  (void)state;
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p++) {
    const PetscReal x = v.x[p], y = v.x[POINTS + p], S = PetscSinReal(y), C = PetscCosReal(y);
    const PetscReal D[4] = {1 - q * S * S, q * S * C, q * S * C, 1 - q * C * C};
    const PetscReal gx = -PetscCosReal(x) - y, gy = -x;
    assert_near(v.log_w[p], -PetscSinReal(x) - x * y, 1e-6);
    assert_near(v.b[p], D[0] * gx + D[1] * gy + q * (C * C - S * S), 1e-4);
    assert_near(v.b[POINTS + p], D[2] * gx + D[3] * gy + 2 * q * S * C, 1e-4);
    assert_factor(2, &v, p, D, 4e-5); /* relative to the small eigenvalue: 1e-6 / 0.01 and less */
  }
  end(&c, &d);
}

/* S given, D = S S^T with S = ((1 + x^2/4, 0, 0), (y/2, 1, 0), (z/3, x/4, 2 + sin z)), the entries of D written out. */
static void test_space(void **state)
{
  const char *const tensor[] = {"(1+x^2/4)^2",   "(1+x^2/4)*y/2", "(1+x^2/4)*z/3",
                                "(1+x^2/4)*y/2", "y^2/4+1",       "y*z/6+x/4",
                                "(1+x^2/4)*z/3", "y*z/6+x/4",     "z^2/9+x^2/16+(2+sin(z))^2"};
  const PetscReal box[][2] = {{-1, 1}, {-1, 1}, {-1, 1}};
  Coefficients c = make_formulas(3, "-x^2/2-y^4-z^2+cos(x*y)", tensor);
  DynamicsInfo info;
  Dynamics d = tabulate(c, box, 1e-5, &info);
  static Values v;

  (void)state;
  assert_false(info.constant_noise);
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p++) {
    const PetscReal x = v.x[p], y = v.x[POINTS + p], z = v.x[2 * POINTS + p], a = 1 + x * x / 4;
    const PetscReal t = 2 + PetscSinReal(z);
    const PetscReal D[9] = {a * a,     a * y / 2,         a * z / 3,
                            a * y / 2, y * y / 4 + 1,     y * z / 6 + x / 4,
                            a * z / 3, y * z / 6 + x / 4, z * z / 9 + x * x / 16 + t * t};
    const PetscReal g[3] = {-x - y * PetscSinReal(x * y), -4 * y * y * y - x * PetscSinReal(x * y), -2 * z};
    /* div D: rows of d_x D_x. + d_y D_y. + d_z D_z. */
    const PetscReal div[3] = {a * x + a / 2 + a / 3, x * y / 4 + y / 2 + y / 6,
                              x * z / 6 + z / 6 + 2 * z / 9 + 2 * t * PetscCosReal(z)};
    assert_near(v.log_w[p], -x * x / 2 - y * y * y * y - z * z + PetscCosReal(x * y), 1e-5);
    for (PetscInt i = 0; i < 3; i++) {
      PetscReal b = div[i];
      for (PetscInt j = 0; j < 3; j++) b += D[i * 3 + j] * g[j];
      assert_near(v.b[i * POINTS + p], b, 1e-3);
    }
    assert_factor(3, &v, p, D, 2e-5);
  }
  end(&c, &d);
}

/* I1(z)/I0(z), both by their power series; all terms are positive. */
static PetscReal bessel_ratio(PetscReal z)
{
  PetscReal zero = 0, one = 0, term = 1;

  for (PetscInt k = 0; k < 200; k++) {
    zero += term;
    one += term * z / (2 * (PetscReal)(k + 1));
    term *= z * z / (4 * (PetscReal)((k + 1) * (k + 1)));
  }
  return one / zero;
}

/* (3.1) with N = 1: M = I0(z)^-2 and log Z = -V0/s + log I0(z), z = x^2/(2 s), so that
   b = s M (-V0'/s + r z') - 2 s M r z', r = I1/I0. */
static void test_pitchfork(void **state)
{
  const PetscReal s = 0.2, box[][2] = {{-1.6, 1.6}};
  Potential potential = make_potential(1, 1, s, "x^4/4+0.3*x^2/2", "-x^2/2*sin(2*pi*x1)");
  Cascade cascade;
  Coefficients c;
  CellFailure failure;
  DynamicsInfo info;
  Dynamics d;
  static Values v;

  (void)state;
  OK(CascadeCreate(potential, &cascade));
  OK(CoefficientsCreateCascade(PETSC_COMM_SELF, potential, cascade, box, 1e-9, &c));
  OK(CoefficientsSetUp(c, NULL, &failure));
  assert_int_equal(failure.status, CELL_OK);
  d = tabulate(c, box, 1e-8, &info);
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p++) {
    const PetscReal x = v.x[p], z = x * x / (2 * s), slope = bessel_ratio(z) * x / s;
    const PetscReal M = PetscExpReal(-2 * log_bessel_i0(z)), D = s * M;
    assert_near(v.log_w[p], -(x * x * x * x / 4 + 0.15 * x * x) / s + log_bessel_i0(z), 2e-8);
    assert_near(v.b[p], D * (-(x * x * x + 0.3 * x) / s + slope) - 2 * D * slope, 1e-5);
    assert_factor(1, &v, p, &D, 3e-8);
  }
  end(&c, &d);
  OK(CascadeDestroy(&cascade));
  OK(PotentialDestroy(&potential));
}

/* A point's bits do not depend on the others; outside of the box there is nothing. */
static void test_places(void **state)
{
  const char *const tensor[] = {"1+x^2", "x*y/4", "x*y/4", "2+sin(y)"};
  const PetscReal box[][2] = {{-1, 1}, {0, 2}};
  Coefficients c = make_formulas(2, "-x^2-exp(y)", tensor);
  DynamicsInfo info;
  Dynamics d = tabulate(c, box, 1e-4, &info);
  static Values v;

  (void)state;
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p += 37) {
    PetscReal x[2][DYNAMICS_LANES], b[2][DYNAMICS_LANES], S[4][DYNAMICS_LANES], log_w[DYNAMICS_LANES];
    for (PetscInt i = 0; i < DYNAMICS_LANES; i++) {
      x[0][i] = i == p % DYNAMICS_LANES ? v.x[p] : (i == 0 ? 3 : 0.1);
      x[1][i] = i == p % DYNAMICS_LANES ? v.x[POINTS + p] : (i == 1 ? NAN : 0.1);
    }
    OK(DynamicsEvaluate(d, DYNAMICS_LANES, DYNAMICS_LANES, x[0], b[0], S[0], log_w));
    for (PetscInt i = 0; i < DYNAMICS_LANES; i++) {
      if (i == p % DYNAMICS_LANES) {
        assert_true(b[0][i] == v.b[p] && b[1][i] == v.b[POINTS + p] && log_w[i] == v.log_w[p]);
        for (PetscInt e = 0; e < 4; e++) assert_true(S[e][i] == v.S[e * POINTS + p]);
      } else {
        assert_int_equal(PetscIsNanReal(b[0][i]) && PetscIsNanReal(S[2][i]) && PetscIsNanReal(log_w[i]),
                         i < 2);
      }
    }
  }
  OK(DynamicsEvaluate(d, POINTS, POINTS, v.x, NULL, NULL, NULL));
  end(&c, &d);
}

/* A kink of V: the drift jumps. Away from it nothing is to be seen of that. */
static void test_kink(void **state)
{
  const char *const tensor[] = {"0.25"};
  const PetscReal box[][2] = {{-1, 1.3}};
  Coefficients c = make_formulas(1, "-4*abs(x-0.123)", tensor);
  DynamicsInfo info;
  Dynamics d = tabulate(c, box, 1e-5, &info);
  static Values v;

  (void)state;
  assert_true(info.error < 1e-2);
  evaluate(d, &info, &v);
  for (PetscInt p = 0; p < POINTS; p++) {
    if (PetscAbsReal(v.x[p] - 0.123) < 0.05) continue;
    assert_near(v.b[p], v.x[p] > 0.123 ? -1 : 1, 1e-6);
  }
  end(&c, &d);
}

static void assert_refused(const char weight[], const char tensor[], const PetscReal box[][2],
                           CoefficientTrouble trouble, const char words[])
{
  Coefficients c = make_formulas(1, weight, &tensor);
  CoefficientFault fault;
  Dynamics d;

  OK(DynamicsCreateDiffusion(c, box, 1e-6, &d, &fault));
  assert_null(d);
  assert_int_equal(fault.trouble, trouble);
  if (!strstr(fault.message, words)) fail_msg("%s", fault.message);
  OK(CoefficientsDestroy(&c));
}

static void test_refused(void **state)
{
  const PetscReal box[][2] = {{0, 2}};

  (void)state;
  assert_refused("log(x)", "1", box, COEFFICIENT_WEIGHT, "The weight is zero at x = 0");
  assert_refused("-x^2", "1-x", box, COEFFICIENT_INDEFINITE, "x = ");
  assert_refused("-x^2", "x-3", box, COEFFICIENT_INDEFINITE, "x = ");
  /* a jump of the weight */
  assert_refused("-x^2+floor(x*0.7)", "1", box, COEFFICIENT_UNRESOLVED, "at x = 1.42");
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_gaussian),  cmocka_unit_test(test_line),
                                     cmocka_unit_test(test_rotated),   cmocka_unit_test(test_space),
                                     cmocka_unit_test(test_pitchfork), cmocka_unit_test(test_places),
                                     cmocka_unit_test(test_kink),      cmocka_unit_test(test_refused)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
