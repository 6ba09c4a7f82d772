/* Finite-element cells against reference tensors, closed forms of laminates and kinked potentials. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <petsctime.h>
#include "cell_fixture.h"
#include "trig_potential.h"

typedef struct {
  const char *name;
  PetscInt dim, modes;
  const TrigMode *potential;
  PetscReal temperature, goal;
  PetscReal M[6]; /* packed */
  PetscReal tolerance;
} Reference;

static const Reference references[] = {
    {"A", 2, 4, potential_A, 0.5, 1e-9, {0.275458356377, 0.082413950111, 0, 0.795409080925}, 1e-9},
    {"A s=0.2",
     2,
     4,
     potential_A,
     0.2,
     1e-9,
     {0.01293070254339, 0.008429695769054, 0, 0.3456467293332},
     1e-9},
    {"D", 2, 4, potential_A, 0.1, 1e-9, {2.13486828936e-05, 1.91917043584e-05, 0, 0.0246889603262}, 1e-9},
    {"A s=0.05",
     2,
     4,
     potential_A,
     0.05,
     1e-7,
     {1.96150182664e-11, 1.9408318e-11, 0, 3.728658447737e-05},
     1e-7},
    {"B",
     3,
     5,
     potential_B,
     0.5,
     5e-4,
     {0.5012560405638, 0.0488248262088, -0.003900385933033, 0.3681507044244, -0.02584355675641,
      0.1520070081997},
     1e-4},
};

static void matches_references(void **state)
{
  (void)state;
  for (size_t n = 0; n < PETSC_STATIC_ARRAY_LENGTH(references); n++) {
    const Reference *r = &references[n];
    TrigPotential V = {r->modes, r->potential, r->temperature};
    CellProblem problem = trig_problem(r->dim, &V, r->goal);
    CellSolver solver;
    CellResult result;
    PetscReal width;
    PetscLogDouble start, end;
    assert_int_equal(CellSolverCreate(r->dim, &solver), 0);
    assert_int_equal(CellSolverSetMethod(solver, "fem"), 0);
    PetscTime(&start);
    assert_int_equal(CellSolverSolve(solver, &problem, &result), 0);
    PetscTime(&end);
    assert_string_equal(result.failure.message, "");
    assert_int_equal(TensorBracketWidth(r->dim, result.lower, result.upper, &width), 0);
    print_message("%-9s %d cells of order %d, %d iterations, bracket %.1e, quadrature %.1e, %.0f ms:",
                  r->name, (int)result.resolution.cells, (int)result.resolution.order, (int)result.iterations,
                  width, result.quadrature, 1e3 * (end - start));
    assert_true(width > -1e-12 && width <= r->goal);
    for (PetscInt i = 0; i < r->dim; i++) {
      for (PetscInt j = i; j < r->dim; j++) {
        const PetscReal M = result.upper[i * r->dim + j] * PetscExpReal(result.log_scale - result.log_z);
        const PetscReal error = M / r->M[CellPackedIndex(i, j)] - 1;
        print_message(" %.1e", error);
        assert_true(PetscAbsReal(error) < r->tolerance);
      }
    }
    print_message("\n");
    assert_int_equal(CellSolverDestroy(&solver), 0);
  }
}

/* K(k.y) with a tensor that turns and a weight of contrast e^4. */
typedef struct {
  PetscInt dim, k[3];
} Laminate;

static void layer(PetscReal t, PetscReal *log_w, PetscReal c[])
{
  const PetscReal angle = 2 * PETSC_PI * t;

  *log_w = -2 * PetscCosReal(angle);
  c[CellPackedIndex(0, 0)] = 2 + PetscCosReal(angle);
  c[CellPackedIndex(0, 1)] = 0.5 * PetscSinReal(angle);
  c[CellPackedIndex(0, 2)] = 0.3;
  c[CellPackedIndex(1, 1)] = 1.5;
  c[CellPackedIndex(1, 2)] = 0.2 * PetscCosReal(angle);
  c[CellPackedIndex(2, 2)] = 1.2 + 0.4 * PetscSinReal(angle);
}

static void laminate(const PetscReal y[], const void *data, PetscReal *log_w, PetscReal c[])
{
  const Laminate *l = data;
  PetscReal t = 0;

  for (PetscInt i = 0; i < l->dim; i++) t += (PetscReal)l->k[i] * y[i];
  layer(t, log_w, c);
}

/* <K> - <K n n.K / n.K n> + <K n / n.K n> <n.K / n.K n> / <1 / n.K n>, n along k; periodic trapezoid rule. */
static void laminate_exact(const Laminate *l, PetscReal K[])
{
  const PetscInt m = 512, d = l->dim;
  PetscReal inverse = 0, ratio[3] = {0};

  for (PetscInt i = 0; i < d * d; i++) K[i] = 0;
  for (PetscInt q = 0; q < m; q++) {
    PetscReal c[CELL_PACKED], kn[3] = {0}, nkn = 0, log_w;
    layer((PetscReal)q / (PetscReal)m, &log_w, c);
    for (PetscInt i = 0; i < d; i++) {
      for (PetscInt j = 0; j < d; j++)
        kn[i] += PetscExpReal(log_w) * c[CellPackedIndex(i, j)] * (PetscReal)l->k[j];
      nkn += kn[i] * (PetscReal)l->k[i];
    }
    inverse += 1 / nkn / (PetscReal)m;
    for (PetscInt i = 0; i < d; i++) {
      ratio[i] += kn[i] / nkn / (PetscReal)m;
      for (PetscInt j = 0; j < d; j++) {
        K[d * i + j] += (PetscExpReal(log_w) * c[CellPackedIndex(i, j)] - kn[i] * kn[j] / nkn) / (PetscReal)m;
      }
    }
  }
  for (PetscInt i = 0; i < d; i++) {
    for (PetscInt j = 0; j < d; j++) K[d * i + j] += ratio[i] * ratio[j] / inverse;
  }
}

/* lower <= exact <= upper as forms, up to `slack`, and both within `tolerance` of it. */
static void check_bracket(PetscInt dim, const CellResult *r, const PetscReal K[], PetscReal slack,
                          PetscReal tolerance)
{
  PetscReal exact[9], below, above, reverse;

  assert_string_equal(r->failure.message, "");
  for (PetscInt i = 0; i < dim * dim; i++) exact[i] = K[i] * PetscExpReal(-r->log_scale);
  assert_int_equal(TensorBracketWidth(dim, r->lower, exact, &below), 0);
  assert_int_equal(TensorBracketWidth(dim, exact, r->upper, &above), 0);
  assert_true(below < tolerance && above < tolerance);
  assert_int_equal(TensorBracketWidth(dim, exact, r->lower, &reverse), 0);
  assert_true(reverse < slack);
  assert_int_equal(TensorBracketWidth(dim, r->upper, exact, &reverse), 0);
  assert_true(reverse < slack);
}

static void laminates_with_tensors(void **state)
{
  static const struct {
    Laminate laminate;
    unsigned varies;
    PetscInt cells, order;
    PetscReal tolerance;
  } cases[] = {
      {{1, {1, 0, 0}}, 1, 8, 4, 1e-4},  {{1, {1, 0, 0}}, 1, 16, 8, 1e-10}, {{2, {1, 2, 0}}, 3, 8, 3, 0.5},
      {{2, {1, 1, 0}}, 3, 12, 6, 1e-6}, {{2, {0, 1, 0}}, 2, 16, 8, 1e-10}, {{3, {1, 1, 1}}, 7, 2, 4, 2},
      {{3, {1, 0, 1}}, 7, 5, 4, 0.02},  {{3, {0, 0, 1}}, 4, 16, 6, 1e-10}, {{3, {1, 0, 1}}, 5, 5, 4, 0.02},
  };

  (void)state;
  for (size_t n = 0; n < PETSC_STATIC_ARRAY_LENGTH(cases); n++) {
    CellFixture fixture = {laminate, &cases[n].laminate};
    CellProblem problem = fixture_problem(cases[n].laminate.dim, &fixture, PETSC_FALSE);
    PetscReal K[9], width;
    CellResult r;
    problem.varies = cases[n].varies;
    laminate_exact(&cases[n].laminate, K);
    fem_solve(&problem, cases[n].cells, cases[n].order, &r);
    assert_int_equal(TensorBracketWidth(problem.dim, r.lower, r.upper, &width), 0);
    print_message("laminate d = %d along (%d, %d, %d): bracket %.1e\n", (int)problem.dim,
                  (int)cases[n].laminate.k[0], (int)cases[n].laminate.k[1], (int)cases[n].laminate.k[2],
                  width);
    check_bracket(problem.dim, &r, K, 1e-11, cases[n].tolerance);
  }
}

/* S(y) = 2y, 2 - 2y of period 1, moved by `shift`: z = s (1 - exp(-1/s)), zhat = s (exp(1/s) - 1). */
static PetscReal tent(PetscReal y, PetscReal shift)
{
  const PetscReal t = y - shift - PetscFloorReal(y - shift);

  return t < 0.5 ? 2 * t : 2 - 2 * t;
}

static void tents(const PetscReal y[], const void *data, PetscReal *log_w, PetscReal c[])
{
  const PetscReal *p = data; /* s, shift of component 0, of component 1 */

  (void)c;
  *log_w = -(tent(y[0], p[1]) + tent(y[1], p[2])) / p[0];
}

static void kinks_on_element_boundaries(void **state)
{
  const PetscReal breaks[2][2] = {{0.3, 0.8}, {0, 0.5}}, s = 0.5;
  const PetscReal z = s * (1 - PetscExpReal(-1 / s)), zhat = s * (PetscExpReal(1 / s) - 1);

  (void)state;
  for (PetscInt dim = 1; dim <= 2; dim++) {
    /* in one dimension the second tent is a constant */
    const PetscReal data[3] = {s, 0.3, 0};
    CellFixture fixture = {tents, data};
    CellProblem problem = fixture_problem(dim, &fixture, PETSC_TRUE);
    PetscReal K[4] = {0};
    CellResolution start;
    CellResult r;
    problem.smooth = PETSC_FALSE;
    problem.aligned = PETSC_TRUE;
    for (PetscInt c = 0; c < dim; c++) {
      problem.n_breaks[c] = 2;
      problem.breaks[c] = breaks[c];
      K[c * (dim + 1)] = (dim == 1 ? 1 : z) / zhat;
    }
    assert_int_equal(CellMethodFem.Start(NULL, &problem, &start), 0);
    assert_true(start.order >= 4);
    fem_solve(&problem, 8, 6, &r);
    check_bracket(dim, &r, K, 1e-12, 1e-10);
    assert_true(PetscAbsReal(r.log_z - (PetscReal)dim * PetscLogReal(z)) < 1e-12);
    assert_true(PetscAbsReal(r.log_zhat - (PetscReal)dim * PetscLogReal(zhat)) < 1e-12);
    assert_true(r.quadrature < 1e-10);
    /* without the breaks the order is lost, and the bracket still holds what it should */
    problem.n_breaks[0] = problem.n_breaks[1] = 0;
    problem.aligned = PETSC_FALSE;
    fem_solve(&problem, 9, 6, &r);
    assert_true(r.quadrature > 1e-8);
    check_bracket(dim, &r, K, 1e-2, 1e-1);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(matches_references),
      cmocka_unit_test(laminates_with_tensors),
      cmocka_unit_test(kinks_on_element_boundaries),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
