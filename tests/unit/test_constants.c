/* Functional inequalities of the measures behind a case. */
#include "coefficients_fixture.h"
#include <math.h>
#include <reiter/constants.h>
#include <reiter/diffusion.h>
#include <slepcsys.h>

/* I0 by the trapezoidal rule on its integral, which converges at once. */
static double bessel_i0(double z)
{
  enum { N = 64 };
  double sum = 0;

  for (int k = 0; k < N; k++) sum += exp(z * cos(2 * M_PI * k / N)) / N;
  return sum;
}

static void assert_close(const char *what, double got, double wanted, double relative_error)
{
  if (!(fabs(got - wanted) <= relative_error * fabs(wanted)))
    fail_msg("%s: %.15g, not %.15g", what, got, wanted);
}

static void assert_value(const char *what, ConstantValue value, double wanted, double relative_error)
{
  if (!value.known) fail_msg("%s is not known: %s", what, value.why_not);
  if (!(value.error <= relative_error)) fail_msg("%s: error %g", what, value.error);
  assert_close(what, exp(value.log_value), wanted, relative_error);
}

/* A box [-half, half]^dim with reflecting sides. */
static ConstantsRequest request_of(PetscInt dim, double half, PetscInt cells, Potential potential,
                                   Coefficients homogenized)
{
  ConstantsRequest request = {.comm = PETSC_COMM_WORLD,
                              .potential = potential,
                              .homogenized = homogenized,
                              .dim = dim,
                              .order = 4,
                              .tolerance = 1e-6,
                              .max_unknowns = 40000};

  for (PetscInt c = 0; c < dim; c++) {
    request.box[c][0] = -half;
    request.box[c][1] = half;
    request.cells[c] = cells;
  }
  return request;
}

/* Formulas with the diagonal tensor D. */
static Coefficients formulas(PetscInt dim, const char log_w[], const char D[])
{
  Expression w = parse(dim, 0, log_w), tensor[4];
  Coefficients coefficients;
  CellFailure failure;

  for (PetscInt k = 0; k < dim * dim; k++) tensor[k] = parse(dim, 0, k % (dim + 1) ? "0" : D);
  OK(CoefficientsCreateFormulas(dim, w, tensor, &coefficients));
  OK(CoefficientsSetUp(coefficients, NULL, &failure));
  for (PetscInt k = 0; k < dim * dim; k++) OK(ExpressionDestroy(&tensor[k]));
  OK(ExpressionDestroy(&w));
  return coefficients;
}

static void compute(const ConstantsRequest *request, PetscInt wanted, MeasureConstants values[], double *osc)
{
  CellFailure failure;
  PetscInt n;

  OK(ConstantsCompute(request, NULL, &n, values, osc, &failure));
  if (failure.status) fail_msg("%s", failure.message);
  assert_int_equal(n, wanted);
}

/* V0 = x^2/2: gap 1 and C_P = s for every s; V1 = a cos(2 pi x1): osc 2a, M = 1/I0(a/s)^2. */
static void rugged_ornstein_uhlenbeck(void **state)
{
  const double temperatures[] = {.2, 1}, epsilon[] = {.25, .05, .02};

  (void)state;
  for (int t = 0; t < 2; t++) {
    const double s = temperatures[t], i0 = bessel_i0(.4 / s);
    char log_w[64], D[64];
    Potential potential = make_potential(1, 1, s, "x^2/2", "0.4*cos(2*pi*x1)");
    Coefficients homogenized;
    ConstantsRequest request;
    MeasureConstants values[5];
    double osc;

    snprintf(log_w, sizeof log_w, "-x^2/2/%.17g", s);
    snprintf(D, sizeof D, "%.17g", s / (i0 * i0));
    homogenized = formulas(1, log_w, D);
    request = request_of(1, 8 * sqrt(s), 16, potential, homogenized);
    request.n_epsilon = 3;
    request.epsilon = epsilon;
    compute(&request, 5, values, &osc);
    assert_close("osc", osc, .8, 1e-12);
    assert_string_equal(values[0].measure, "mu_ref");
    assert_string_equal(values[1].measure, "mu0");
    assert_string_equal(values[2].measure, "mu_epsilon");
    assert_value("gap of mu_ref", values[0].gap, 1, 1e-11);
    assert_value("C_P of mu_ref", values[0].poincare, s, 1e-11);
    assert_value("curvature of mu_ref", values[0].bakry_emery, 1, 1e-8);
    assert_value("gap of mu0", values[1].gap, 1 / (i0 * i0), 1e-10);
    assert_value("C_P of mu0", values[1].poincare, s, 1e-10);
    assert_value("curvature of mu0", values[1].bakry_emery, 1 / (i0 * i0), 1e-8);
    assert_value("bound of mu0", values[1].gap_bound, exp(-1.6 / s), 1e-10);
    assert_value("bound of mu_epsilon", values[2].gap_bound, exp(-.8 / s), 1e-10);
    for (int k = 0; k < 5; k++) {
      const double gap = values[k].gap.log_value, log_C = log(2 * s);

      assert_true(values[k].gap.known && values[k].poincare.known && values[k].bound_holds);
      assert_true(values[k].has_muckenhoupt && values[k].has_log_sobolev);
      assert_true(values[k].log_muckenhoupt[0] <= -gap && -gap <= values[k].log_muckenhoupt[1]);
      /* C_LS >= 2 C_P for every measure; that of a Gaussian of variance s is 2 s. */
      assert_true(values[k].log_log_sobolev[1] >= log(2.) + values[k].poincare.log_value);
      if (k < 2) assert_true(values[k].log_log_sobolev[0] <= log_C && log_C <= values[k].log_log_sobolev[1]);
    }
    assert_false(values[2].bakry_emery.known);
    /* The gap of mu_epsilon tends to that of mu0. */
    assert_close("limit", exp(values[4].gap.log_value), 1 / (i0 * i0), 2e-2);
    OK(CoefficientsDestroy(&homogenized));
    OK(PotentialDestroy(&potential));
  }
}

/* A potential that is not convex, and one with a kink, have no curvature bound. */
static void no_curvature(void **state)
{
  const char *const potentials[] = {"x^4/4-x^2/2", "abs(x)"};

  (void)state;
  for (int k = 0; k < 2; k++) {
    Potential potential = make_potential(1, 1, .3, potentials[k], "0");
    Coefficients reference;
    CellFailure failure;
    MeasureConstants values[2];
    ConstantsRequest request;
    double osc;

    OK(CoefficientsCreateReference(potential, &reference));
    OK(CoefficientsSetUp(reference, NULL, &failure));
    request = request_of(1, 2, 16, potential, reference);
    compute(&request, 2, values, &osc);
    assert_true(osc == 0);
    assert_false(values[0].bakry_emery.known);
    assert_non_null(strstr(values[0].bakry_emery.why_not, k ? "kinks" : "not convex"));
    /* Without V1 the two measures are one. */
    assert_close("gap", values[0].gap.log_value, values[1].gap.log_value, 1e-11);
    assert_true(values[1].bound_holds);
    OK(CoefficientsDestroy(&reference));
    OK(PotentialDestroy(&potential));
  }
}

/* osc of functions whose extrema are known: at a corner of the box, in the middle of two scales, at a kink. */
static void oscillations(void **state)
{
  const struct {
    const char *V1;
    PetscInt dim;
    double osc;
  } cases[] = {{"x^2/2*sin(2*pi*x1)", 1, 4},
               {"sin(2*pi*x1)*cos(2*pi*x2)+0.3*cos(2*pi*x2)", 1, 2.6},
               {"abs(sin(pi*(x1-0.123)))", 1, 1},
               {"(1+x*y/8)*(cos(2*pi*(x1-y1))+cos(2*pi*(x1+y1)))", 2, 6}};

  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const PetscInt dim = cases[k].dim;
    Potential potential = make_potential(dim, 2, .5, dim == 1 ? "x^2" : "x^2+y^2", cases[k].V1);
    Coefficients reference;
    CellFailure failure;
    MeasureConstants values[2];
    ConstantsRequest request;
    double osc;

    OK(CoefficientsCreateReference(potential, &reference));
    OK(CoefficientsSetUp(reference, NULL, &failure));
    request = request_of(dim, 2, 4, potential, reference);
    compute(&request, 2, values, &osc);
    assert_close(cases[k].V1, osc, cases[k].osc, 1e-8);
    OK(CoefficientsDestroy(&reference));
    OK(PotentialDestroy(&potential));
  }
}

/* Two dimensions against one: V is a sum, so that the gap is the smaller of those of the axes. */
static void two_dimensions(void **state)
{
  const double epsilon[] = {.5, 1e-4};
  Potential potential = make_potential(2, 1, .4, "x^4/4-x^2/2+2*y^2", "0.1*cos(2*pi*x1)+0.2*cos(2*pi*y1)"),
            axis = make_potential(1, 1, .4, "x^4/4-x^2/2", "0.1*cos(2*pi*x1)");
  Coefficients reference, line;
  ConstantsRequest request, slice;
  MeasureConstants values[4], sliced[3];
  CellFailure failure;
  double osc;

  (void)state;
  OK(CoefficientsCreateReference(potential, &reference));
  OK(CoefficientsSetUp(reference, NULL, &failure));
  OK(CoefficientsCreateReference(axis, &line));
  OK(CoefficientsSetUp(line, NULL, &failure));
  request = request_of(2, 2, 8, potential, reference);
  request.n_epsilon = 2;
  request.epsilon = epsilon;
  request.tolerance = 1e-4;
  slice = request_of(1, 2, 8, axis, line);
  slice.n_epsilon = 1;
  slice.epsilon = epsilon;
  compute(&request, 4, values, &osc);
  assert_close("osc", osc, .6, 1e-10);
  compute(&slice, 3, sliced, &osc);
  for (int k = 0; k < 3; k++) {
    assert_value("gap", values[k].gap, exp(sliced[k].gap.log_value), 1e-4);
    assert_value("C_P", values[k].poincare, exp(sliced[k].poincare.log_value), 1e-4);
    assert_true(values[k].bound_holds);
    assert_false(values[k].has_muckenhoupt);
  }
  assert_false(values[3].gap.known);
  assert_non_null(strstr(values[3].gap.why_not, "more unknowns"));
  assert_false(values[3].bound_holds);
  OK(CoefficientsDestroy(&reference));
  OK(CoefficientsDestroy(&line));
  OK(PotentialDestroy(&potential));
  OK(PotentialDestroy(&axis));
}

/* mu0 with a full constant tensor M = R diag R^T: the curvature bound is the smallest eigenvalue of M Hess V0. */
static void curvature_of_a_tensor(void **state)
{
  /* M = [[.5, .2], [.2, .4]], Hess V0 = diag(1, 3). */
  const double s = .5, trace = .5 + 3 * .4, determinant = (.2 - .04) * 3;
  Potential potential = make_potential(2, 1, s, "x^2/2+3*y^2/2", "cos(2*pi*x1)");
  const char *const D[] = {"0.25", "0.1", "0.1", "0.2"};
  Expression w = parse(2, 0, "-(x^2+3*y^2)"), tensor[4];
  Coefficients homogenized;
  ConstantsRequest request;
  MeasureConstants values[2];
  CellFailure failure;
  double osc;

  (void)state;
  for (int k = 0; k < 4; k++) tensor[k] = parse(2, 0, D[k]);
  OK(CoefficientsCreateFormulas(2, w, tensor, &homogenized));
  OK(CoefficientsSetUp(homogenized, NULL, &failure));
  request = request_of(2, 4, 8, potential, homogenized);
  compute(&request, 2, values, &osc);
  assert_value("curvature", values[1].bakry_emery, trace / 2 - sqrt(trace * trace / 4 - determinant), 1e-8);
  /* For Gaussians the bound is the gap, up to the cut of the box. */
  assert_value("gap", values[1].gap, exp(values[1].bakry_emery.log_value), 1e-4);
  for (int k = 0; k < 4; k++) OK(ExpressionDestroy(&tensor[k]));
  OK(ExpressionDestroy(&w));
  OK(CoefficientsDestroy(&homogenized));
  OK(PotentialDestroy(&potential));
}

/* Without a potential there is one measure, "mu". */
static void diffusion_alone(void **state)
{
  Coefficients given = formulas(1, "0", "2+sin(x)");
  ConstantsRequest request = request_of(1, 1, 8, NULL, given);
  MeasureConstants values[2];
  double osc;

  (void)state;
  compute(&request, 1, values, &osc);
  assert_string_equal(values[0].measure, "mu");
  assert_value("C_P", values[0].poincare, 4 / (M_PI * M_PI), 1e-11);
  assert_false(values[0].bakry_emery.known);
  assert_false(values[0].gap_bound.known);
  OK(CoefficientsDestroy(&given));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rugged_ornstein_uhlenbeck),
      cmocka_unit_test(no_curvature),
      cmocka_unit_test(oscillations),
      cmocka_unit_test(two_dimensions),
      cmocka_unit_test(curvature_of_a_tensor),
      cmocka_unit_test(diffusion_alone),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  if (DomainPartitionerRegister() || DiffusionSchemeRegisterAll()) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
