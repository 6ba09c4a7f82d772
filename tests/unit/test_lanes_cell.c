/* Cells solved in lanes against exact tensors and against the linear solvers of PETSc; what a handle remembers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <reiter/cascade.h>
#include <slepcsys.h>
#include <string.h>
#include "bessel.h"
#include "trig_potential.h"

static CellSolver fourier(PetscInt dim, PetscBool ksp)
{
  CellSolver solver;

  if (ksp) assert_int_equal(PetscOptionsSetValue(NULL, "-cell_ksp_type", "cg"), 0);
  assert_int_equal(CellSolverCreate(dim, &solver), 0);
  assert_int_equal(CellSolverSetMethod(solver, "fourier"), 0);
  return solver;
}

static void end(CellSolver *solver)
{
  assert_int_equal(CellSolverDestroy(solver), 0);
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_ksp_type"), 0);
}

static CellResult solve(const CellProblem *problem, PetscBool ksp, PetscInt points)
{
  CellSolver solver = fourier(problem->dim, ksp);
  CellResult result;

  assert_int_equal(CellSolverSetResolution(solver, points, 0), 0);
  assert_int_equal(CellSolverSolve(solver, problem, &result), 0);
  end(&solver);
  return result;
}

/* K (on the scale of 1) lies in the bracket, widened by the quadrature's estimate and `spare`. */
static void assert_inside(PetscInt dim, const CellResult *r, const PetscReal K[], PetscReal spare)
{
  PetscReal exact[9], above, below;

  for (PetscInt i = 0; i < dim * dim; i++) exact[i] = K[i] * PetscExpReal(-r->log_scale);
  assert_int_equal(TensorBracketWidthBeyond(dim, r->upper, exact, 64 * PETSC_MACHINE_EPSILON, &above), 0);
  assert_int_equal(TensorBracketWidthBeyond(dim, exact, r->lower, 64 * PETSC_MACHINE_EPSILON, &below), 0);
  if (!(above <= r->quadrature + spare) || !(below <= r->quadrature + spare))
    fail_msg("%.2e above and %.2e below the bracket; quadrature %.1e, n = %d", above, below, r->quadrature,
             (int)r->resolution.cells);
}

static void assert_met(const CellProblem *problem, const CellResult *r)
{
  PetscReal width;

  assert_string_equal(r->failure.message, "");
  assert_int_equal(TensorBracketWidth(problem->dim, r->lower, r->upper, &width), 0);
  assert_true(width + 2 * r->quadrature <= problem->goal);
}

static PetscReal uniform(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (PetscReal)(*state >> 11) / 9007199254740992.0;
}

static void random_potential(uint64_t *state, PetscInt dim, PetscInt n, TrigMode modes[])
{
  memset(modes, 0, (size_t)n * sizeof(*modes));
  for (PetscInt m = 0; m < n; m++) {
    modes[m].amplitude = 0.2 + 0.8 * uniform(state);
    modes[m].phase = 2 * PETSC_PI * uniform(state);
    for (PetscInt c = 0; c < dim; c++) modes[m].k[c] = (PetscInt)(5 * uniform(state)) - 2;
    if (m < dim) modes[m].k[m] = 1;
  }
}

static void agrees_with_ksp(void **state)
{
  uint64_t random = 20240229;

  (void)state;
  for (PetscInt trial = 0; trial < 24; trial++) {
    const PetscInt dim = trial < 20 ? 2 : 3;
    TrigMode modes[5];
    TrigPotential V = {dim + 2, modes,
                       dim == 2 ? 0.1 * PetscPowReal(10, (PetscReal)trial / 19)
                                : 0.5 + 0.1 * (PetscReal)(trial - 20)};
    CellProblem problem = trig_problem(dim, &V, dim == 2 ? 1e-8 : 1e-5);
    CellResult lanes, ksp;
    PetscReal K[9];
    random_potential(&random, dim, V.n, modes);
    lanes = solve(&problem, PETSC_FALSE, 0);
    assert_met(&problem, &lanes);
    problem.goal *= dim == 2 ? 1e-2 : 0.1;
    ksp = solve(&problem, PETSC_TRUE, 0);
    assert_met(&problem, &ksp);
    for (PetscInt i = 0; i < dim * dim; i++) K[i] = ksp.upper[i] * PetscExpReal(ksp.log_scale);
    assert_inside(dim, &lanes, K, 2 * problem.goal);
    assert_true(PetscAbsReal(lanes.log_z - ksp.log_z) <= lanes.quadrature + problem.goal);
    assert_true(PetscAbsReal(lanes.log_zhat - ksp.log_zhat) <= lanes.quadrature + problem.goal);
  }
}

/* V = cos(2 pi k.y) is a laminate: I0(1/s) along its layers, 1/I0(1/s) across. */
static void laminate(PetscInt dim, const PetscInt k[3], PetscReal temperature, PetscReal spare)
{
  const TrigMode mode = {1, 0.4, {k[0], k[1], k[2]}};
  TrigPotential V = {1, &mode, temperature};
  const CellProblem problem = trig_problem(dim, &V, 1e-9);
  const PetscReal along = PetscExpReal(log_bessel_i0(1 / temperature));
  const PetscInt k2 = k[0] * k[0] + k[1] * k[1] + k[2] * k[2];
  const CellResult r = solve(&problem, PETSC_FALSE, 0);
  PetscReal K[9];

  assert_string_equal(r.failure.message, "");
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++)
      K[i * dim + j] = (PetscReal)((i == j) * k2 - k[i] * k[j]) * along / (PetscReal)k2 +
                       (PetscReal)(k[i] * k[j]) / along / (PetscReal)k2;
  }
  assert_inside(dim, &r, K, spare);
  assert_true(PetscAbsReal(r.log_z - log_bessel_i0(1 / temperature)) < 1e-9);
  assert_true(PetscAbsReal(r.log_zhat - log_bessel_i0(1 / temperature)) < 1e-9);
}

static void laminates_are_exact(void **state)
{
  static const PetscInt k[][3] = {{1, 0, 0}, {0, 1, 0}, {1, -1, 0}, {2, 1, 0},
                                  {1, 3, 0}, {1, 1, 1}, {1, 0, -1}, {0, 0, 1}};
  static const PetscReal temperatures[] = {1, 0.3, 0.1, 0.05};

  (void)state;
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(k); t++) {
    for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(temperatures); s++) {
      const PetscInt dim = k[t][2] ? 3 : 2;
      if (dim == 3 && s > 1) continue;
      if (k[t][1] == 3 && s > 2) continue; /* takes long */
      /* Oblique fields cancel down to their size across the layers: round-off that no estimate knows of. */
      const PetscReal rounding = PETSC_MACHINE_EPSILON * PetscExpReal(log_bessel_i0(1 / temperatures[s]));
      laminate(dim, k[t], temperatures[s], 1e-11 + rounding);
    }
  }
}

static void flat_is_exact(void **state)
{
  const TrigMode mode = {0.7, 0, {0, 0, 0}};
  TrigPotential V = {1, &mode, 0.5};

  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    const CellProblem problem = trig_problem(dim, &V, 1e-12);
    const CellResult r = solve(&problem, PETSC_FALSE, 0);
    assert_met(&problem, &r);
    for (PetscInt i = 0; i < dim * dim; i++) {
      const PetscReal exact = i % (dim + 1) ? 0 : PetscExpReal(-1.4);
      assert_true(PetscAbsReal(r.upper[i] * PetscExpReal(r.log_scale) - exact) < 1e-15);
      assert_true(PetscAbsReal(r.lower[i] * PetscExpReal(r.log_scale) - exact) < 1e-13);
    }
  }
}

/* cos(2 pi x) + 0.3 cos(2 pi m x) + 0.5 cos(2 pi y): on a grid of m points per direction the second term is a constant. */
static void sees_hidden_waves(void **state)
{
  static const PetscInt hidden[] = {8, 16, 20, 32};

  (void)state;
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(hidden); t++) {
    const TrigMode modes[] = {{1, 0, {1, 0, 0}}, {0.3, 0, {hidden[t], 0, 0}}, {0.5, 0, {0, 1, 0}}};
    TrigPotential V = {3, modes, 0.5};
    const CellProblem problem = trig_problem(2, &V, 1e-8);
    const CellResult r = solve(&problem, PETSC_FALSE, 0);
    PetscReal z[2] = {0, 0}, K[4] = {0};
    for (PetscInt i = 0; i < 4096; i++) {
      const PetscReal x = 2 * PETSC_PI * (PetscReal)i / 4096;
      const PetscReal v = (PetscCosReal(x) + 0.3 * PetscCosReal((PetscReal)hidden[t] * x)) / V.temperature;
      z[0] += PetscExpReal(-v) / 4096;
      z[1] += PetscExpReal(v) / 4096;
    }
    K[0] = PetscExpReal(log_bessel_i0(1)) / z[1];
    K[3] = z[0] / PetscExpReal(log_bessel_i0(1));
    assert_met(&problem, &r);
    assert_true(r.resolution.cells > 2 * hidden[t]);
    assert_inside(2, &r, K, 1e-12);
  }
}

/* Any number of points: the bracket and its estimate stay honest. */
static void any_grid_is_honest(void **state)
{
  TrigPotential V[2] = {{4, potential_A, 0.5}, {5, potential_B, 0.7}};

  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    const CellProblem problem = trig_problem(dim, &V[dim - 2], 1e-9);
    const CellResult fine = solve(&problem, PETSC_TRUE, dim == 2 ? 45 : 25);
    PetscReal K[9];
    for (PetscInt i = 0; i < dim * dim; i++) K[i] = fine.upper[i] * PetscExpReal(fine.log_scale);
    for (PetscInt n = 1; n <= (dim == 2 ? 30 : 16); n++) {
      const CellResult r = solve(&problem, PETSC_FALSE, n);
      if (r.failure.status == CELL_OK && r.quadrature < 0.1) assert_inside(dim, &r, K, 1e-9);
      if (n >= 9) assert_int_equal(r.failure.status, CELL_OK);
      if (n <= 3) assert_true(r.failure.status != CELL_OK || r.quadrature > 1e-3);
      assert_int_equal(r.resolution.cells, n);
    }
  }
}

static void keeps_the_limit(void **state)
{
  TrigPotential V = {4, potential_A, 0.1};
  const CellProblem problem = trig_problem(2, &V, 1e-9);

  (void)state;
  for (PetscInt limit = 1; limit < 1000; limit = 3 * limit + 1) {
    CellSolver solver = fourier(2, PETSC_FALSE);
    CellResult r;
    assert_int_equal(CellSolverSetLimit(solver, limit), 0);
    assert_int_equal(CellSolverSolve(solver, &problem, &r), 0);
    assert_true(r.failure.status != CELL_OK);
    assert_true(r.resolution.cells * r.resolution.cells <= limit);
    end(&solver);
  }
}

static void same_result(const CellResult *a, const CellResult *b, PetscInt dim)
{
  assert_memory_equal(a->upper, b->upper, (size_t)(dim * dim) * sizeof(PetscReal));
  assert_memory_equal(a->lower, b->lower, (size_t)(dim * dim) * sizeof(PetscReal));
  assert_true(a->log_scale == b->log_scale && a->log_z == b->log_z && a->log_zhat == b->log_zhat);
  assert_true(a->quadrature == b->quadrature && a->iterations == b->iterations);
  assert_int_equal(a->resolution.cells, b->resolution.cells);
}

/* What a handle solved before leaves no trace: hot after cold, a laminate, another goal, the same address. */
static void forgets_other_cells(void **state)
{
  const TrigMode across[] = {{1, 0, {1, 1, 0}}};

  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    TrigPotential V = {dim == 2 ? 4 : 5, dim == 2 ? potential_A : potential_B, dim == 2 ? 0.25 : 0.6};
    const TrigPotential original = V;
    const CellProblem problem = trig_problem(dim, &V, 1e-7);
    const CellResult fresh = solve(&problem, PETSC_FALSE, 0);
    CellSolver solver = fourier(dim, PETSC_FALSE);
    for (PetscInt t = 0; t < 4; t++) {
      CellProblem other = problem;
      CellResult r;
      if (t == 1) V.temperature = 2;
      if (t == 2) V = (TrigPotential){1, across, 0.3};
      if (t == 3) other.goal = 1e-3;
      assert_int_equal(CellSolverSolve(solver, &other, &r), 0);
      V = original;
      assert_int_equal(CellSolverSolve(solver, &problem, &r), 0);
      same_result(&r, &fresh, dim);
    }
    end(&solver);
  }
}

/* Infinite derivatives where the potential itself is finite. */
static PetscErrorCode sample_cusp(void *ctx, CellSamples *s)
{
  PetscFunctionBegin;
  PetscCall(trig_sample(ctx, s));
  if (s->gradient[1]) s->gradient[1][s->total / 2] = -PETSC_INFINITY;
  if (s->laplacian) s->laplacian[s->total / 2] = NAN;
  PetscFunctionReturn(0);
}

static void reports_infinite_derivatives(void **state)
{
  (void)state;
  for (PetscInt dim = 2; dim <= 3; dim++) {
    for (PetscInt points = 0; points <= 9; points += 9) {
      TrigPotential V = {4, potential_A, 0.5};
      CellProblem problem = trig_problem(dim, &V, 1e-7);
      problem.sample = sample_cusp;
      const CellResult r = solve(&problem, PETSC_FALSE, points);
      assert_int_equal(r.failure.status, CELL_NOT_FINITE);
    }
  }
}

static void correctors_follow(void **state)
{
  TrigPotential V = {4, potential_A, 0.3};
  const CellProblem problem = trig_problem(2, &V, 1e-9);
  PetscReal *theta[2][2];

  (void)state;
  for (PetscInt ksp = 0; ksp < 2; ksp++) {
    CellSolver solver = fourier(2, (PetscBool)ksp);
    CellResult r;
    for (PetscInt j = 0; j < 2; j++) assert_int_equal(PetscMalloc1(64, &theta[ksp][j]), 0);
    assert_int_equal(CellSolverSolve(solver, &problem, &r), 0);
    assert_int_equal(CellSolverCorrectors(solver, &problem, &r, 8, theta[ksp]), 0);
    end(&solver);
  }
  for (PetscInt i = 0; i < 128; i++)
    assert_true(PetscAbsReal(theta[0][i / 64][i % 64] - theta[1][i / 64][i % 64]) < 1e-5);
  for (PetscInt i = 0; i < 4; i++) assert_int_equal(PetscFree(theta[i / 2][i % 2]), 0);
}

/* Two scales; the outer cell has a tensor, which depends on y in the first and not in the second. */
static EffectivePoint cascade(const char formula[], PetscBool ksp, PetscReal tolerance)
{
  const ExpressionScope scope = {.dim = 2, .scales = 2};
  const PetscReal at[3] = {0.1, 0.2, 0};
  ExpressionError error;
  Expression V0, V1;
  Potential potential;
  Cascade c;
  CellSolver solver;
  EffectivePoint point;

  if (ksp) assert_int_equal(PetscOptionsSetValue(NULL, "-cell_ksp_type", "cg"), 0);
  assert_int_equal(ExpressionParse("0", 1, &(ExpressionScope){.dim = 2}, &V0, &error), 0);
  assert_int_equal(ExpressionParse(formula, strlen(formula), &scope, &V1, &error), 0);
  assert_int_equal(PotentialCreate(2, 2, 0.5, V0, V1, &potential), 0);
  assert_int_equal(CascadeCreate(potential, &c), 0);
  assert_int_equal(CascadeSetTolerance(c, tolerance), 0);
  assert_int_equal(CascadeGetCellSolver(c, &solver), 0);
  assert_int_equal(CellSolverSetMethod(solver, "fourier"), 0);
  assert_int_equal(CascadeCompute(c, at, &point), 0);
  assert_string_equal(point.failure.message, "");
  assert_int_equal(CascadeDestroy(&c), 0);
  assert_int_equal(PotentialDestroy(&potential), 0);
  assert_int_equal(ExpressionDestroy(&V0), 0);
  assert_int_equal(ExpressionDestroy(&V1), 0);
  assert_int_equal(PetscOptionsClearValue(NULL, "-cell_ksp_type"), 0);
  return point;
}

static void tensors_agree_with_ksp(void **state)
{
  static const char *const formulas[] = {
      "0.5*cos(2*pi*(x1-y1))+0.3*sin(2*pi*y1)+(0.5+0.2*cos(2*pi*x1))*cos(2*pi*(x2+y2))+0.4*cos(2*pi*y2)",
      "0.5*cos(2*pi*(x1-y1))+0.3*sin(2*pi*y1)+0.6*cos(2*pi*(x2+2*y2))+0.4*cos(2*pi*y2)"};

  (void)state;
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(formulas); t++) {
    const EffectivePoint lanes = cascade(formulas[t], PETSC_FALSE, 1e-6),
                         again = cascade(formulas[t], PETSC_FALSE, 1e-6);
    const EffectivePoint ksp = cascade(formulas[t], PETSC_TRUE, 1e-7);
    assert_memory_equal(lanes.M, again.M, 4 * sizeof(PetscReal));
    assert_true(lanes.error <= 1e-6);
    for (PetscInt i = 0; i < 4; i++)
      assert_true(PetscAbsReal(lanes.M[i] - ksp.M[i]) <=
                  (lanes.error + ksp.error) * PetscSqrtReal(ksp.M[i / 2 * 3] * ksp.M[i % 2 * 3]));
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_ksp),     cmocka_unit_test(laminates_are_exact),
      cmocka_unit_test(flat_is_exact),       cmocka_unit_test(sees_hidden_waves),
      cmocka_unit_test(any_grid_is_honest),  cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(forgets_other_cells), cmocka_unit_test(reports_infinite_derivatives),
      cmocka_unit_test(correctors_follow),   cmocka_unit_test(tensors_agree_with_ksp)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
