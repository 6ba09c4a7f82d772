/* The cascade through the library: counts of cells, memory between points, limits, interruption, correctors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <reiter/cascade.h>
#include <slepcsys.h>
#include <string.h>

#define A_FORMULA "cos(2*pi*x1)+0.5*cos(2*pi*y1)+0.75*cos(2*pi*(x1-y1))+0.3*sin(4*pi*x1)"

/* A cascade and the potential it borrows. */
typedef struct {
  Potential potential;
  Cascade cascade;
} Problem;

static Expression parse(PetscInt dim, PetscInt scales, const char formula[])
{
  const ExpressionScope scope = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression e = NULL;

  assert_int_equal(ExpressionParse(formula, strlen(formula), &scope, &e, &error), 0);
  if (!e) fail_msg("%s: %s", formula, error.message);
  return e;
}

static Problem begin(PetscInt dim, PetscInt scales, PetscReal s, const char macro[], const char micro[],
                     PetscReal tolerance)
{
  Expression V0 = parse(dim, 0, macro), V1 = parse(dim, scales, micro);
  Problem p;

  assert_int_equal(PotentialCreate(dim, scales, s, V0, V1, &p.potential), 0);
  assert_int_equal(ExpressionDestroy(&V0), 0);
  assert_int_equal(ExpressionDestroy(&V1), 0);
  assert_int_equal(CascadeCreate(p.potential, &p.cascade), 0);
  assert_int_equal(CascadeSetTolerance(p.cascade, tolerance), 0);
  return p;
}

static void end(Problem *p)
{
  assert_int_equal(CascadeDestroy(&p->cascade), 0);
  assert_int_equal(PotentialDestroy(&p->potential), 0);
}

static void use_method(Problem *p, const char name[])
{
  CellSolver solver;

  assert_int_equal(CascadeGetCellSolver(p->cascade, &solver), 0);
  assert_int_equal(CellSolverSetMethod(solver, name), 0);
}

static EffectivePoint compute(Problem *p, PetscReal x, PetscReal y, PetscReal z)
{
  const PetscReal at[3] = {x, y, z};
  EffectivePoint point;

  assert_int_equal(CascadeCompute(p->cascade, at, &point), 0);
  return point;
}

/* A result whose bracket is in order and as narrow as asked. */
static void assert_sound(PetscInt dim, const EffectivePoint *p, PetscReal tolerance)
{
  PetscReal width, least[9] = {0}, most[9] = {0};

  assert_string_equal(p->failure.message, "");
  assert_int_equal(p->failure.status, CELL_OK);
  assert_true(p->error <= tolerance);
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) assert_true(p->M[i * dim + j] == p->M[j * dim + i]);
    least[i * dim + i] = p->bound_lower * (1 - tolerance);
    most[i * dim + i] = p->bound_upper * (1 + tolerance);
  }
  /* upper <= lower would give a width that is not positive: each pair in the wrong order has to be negative */
  assert_int_equal(TensorBracketWidth(dim, p->M, p->M_lower, &width), 0);
  assert_true(width < 0);
  assert_int_equal(TensorBracketWidth(dim, p->M_upper, p->M, &width), 0);
  assert_true(width < 0);
  assert_int_equal(TensorBracketWidth(dim, p->M, least, &width), 0);
  assert_true(width <= 0);
  assert_int_equal(TensorBracketWidth(dim, most, p->M, &width), 0);
  assert_true(width <= 0);
}

static void near(PetscReal value, PetscReal expected, PetscReal relative)
{
  if (!(PetscAbsReal(value - expected) <= relative * PetscAbsReal(expected)))
    fail_msg("%.16g is not %.16g to %g", (double)value, (double)expected, (double)relative);
}

static void one_scale(void **state)
{
  Problem p = begin(2, 1, 0.5, "x^2/2+y", A_FORMULA, 1e-9);
  const EffectivePoint q = compute(&p, 1, 2, 0);

  (void)state;
  assert_sound(2, &q, 1e-9);
  near(q.M[0], 0.275458356377, 1e-9);
  near(q.M[1], 0.082413950111, 1e-9);
  near(q.M[3], 0.795409080925, 1e-9);
  near(q.V0, 2.5, 1e-15);
  near(q.log_Z1, PetscLogReal(3.3297940342918), 1e-9);
  near(q.log_Z, q.log_Z1 - 5, 1e-14);
  near(q.free_energy, -0.5 * q.log_Z, 1e-15);
  assert_string_equal(q.method, "fourier");
  assert_int_equal(q.cells_solved, 1);
  end(&p);
}

/* Uncoupled scales cost one cell each, and none at all at the next point. */
static void uncoupled_scales(void **state)
{
  Problem p = begin(2, 3, 0.5, "x", "cos(2*pi*x1)+cos(2*pi*(x2-y2))+0.5*cos(2*pi*x3)*cos(2*pi*y3)", 1e-9);
  const EffectivePoint first = compute(&p, 0, 0, 0), second = compute(&p, 1, 0, 0);

  (void)state;
  assert_sound(2, &first, 1e-8);
  assert_int_equal(first.cells_solved, 3);
  assert_int_equal(second.cells_solved, 0);
  assert_true(second.cells_reused > 0);
  assert_memory_equal(first.M, second.M, sizeof(first.M));
  near(second.free_energy, first.free_energy + 1, 1e-13);
  end(&p);
}

/* A scale that the potential does not see has no cell and no name among the methods. */
static void unseen_scale(void **state)
{
  Problem p = begin(1, 4, 0.5, "0", "cos(2*pi*x2)+0.3*sin(2*pi*x4)", 1e-10);
  const EffectivePoint q = compute(&p, 0, 0, 0);

  (void)state;
  assert_sound(1, &q, 1e-9);
  assert_int_equal(q.cells_solved, 2);
  assert_string_equal(q.method, "closed_form+closed_form");
  /* I0(2) = 2.2795853023360673, I0(0.6) = 1.0920453643106 (series) */
  PetscReal i0 = 1, term = 1;
  for (PetscInt k = 1; k < 30; k++) i0 += term *= PetscSqr(0.3 / (PetscReal)k);
  near(q.M[0], 1 / PetscSqr(2.2795853023360673 * i0), 1e-10);
  end(&p);
}

/* The fast cell sees one component of the slow one: as many fast cells as nodes of an axis, not of the grid. */
static void coupling_through_one_component(void **state)
{
  Problem one =
      begin(2, 2, 0.8, "0", "cos(2*pi*x1)*cos(2*pi*y1)+(1+0.5*sin(2*pi*x1))*cos(2*pi*(x2-y2))", 1e-6);
  Problem both =
      begin(2, 2, 0.8, "0",
            "cos(2*pi*x1)*cos(2*pi*y1)+(1+0.5*sin(2*pi*x1)+0.1*sin(2*pi*y1))*cos(2*pi*(x2-y2))", 1e-6);
  const EffectivePoint narrow = compute(&one, 0, 0, 0), wide = compute(&both, 0, 0, 0);

  (void)state;
  assert_sound(2, &narrow, 1e-6);
  assert_sound(2, &wide, 1e-6);
  print_message("%d cells through one component, %d through two\n", (int)narrow.cells_solved,
                (int)wide.cells_solved);
  assert_true(narrow.cells_solved < 120);
  assert_true(wide.cells_solved > 4 * narrow.cells_solved);
  end(&one);
  end(&both);
}

/* What depends on the position is solved again at each, what does not is kept. */
static void memory_between_points(void **state)
{
  Problem p = begin(1, 2, 0.5, "0", "x*cos(2*pi*x1)+sin(2*pi*x2)", 1e-9);
  const EffectivePoint a = compute(&p, 1, 0, 0), b = compute(&p, 2, 0, 0), c = compute(&p, 1, 0, 0);

  (void)state;
  assert_int_equal(a.cells_solved, 2);
  assert_int_equal(b.cells_solved, 1);
  assert_int_equal(c.cells_solved, 1);
  assert_true(b.M[0] < 0.5 * a.M[0]);
  assert_memory_equal(a.M, c.M, sizeof(PetscReal));
  end(&p);
}

static void limit_of_solves(void **state)
{
  Problem p =
      begin(2, 2, 0.7, "0", "cos(2*pi*x1)*cos(2*pi*y1)+(1+0.5*sin(2*pi*(x1-y1)))*cos(2*pi*(x2-y2))", 1e-8);

  (void)state;
  assert_int_equal(CascadeSetMaxSolves(p.cascade, 10), 0);
  const EffectivePoint q = compute(&p, 0, 0, 0);
  assert_true(q.failure.status == CELL_LIMIT || q.failure.status == CELL_NOT_CONVERGED);
  assert_non_null(strstr(q.failure.message, "max_solves = 10"));
  assert_int_equal(q.cells_solved, 11); /* ten inside, and the one around them that could not go on */
  end(&p);
}

static void limit_of_unknowns(void **state)
{
  Problem p = begin(2, 1, 0.1, "0", A_FORMULA, 1e-9);
  CellSolver solver;

  (void)state;
  assert_int_equal(CascadeGetCellSolver(p.cascade, &solver), 0);
  assert_int_equal(CellSolverSetLimit(solver, 100), 0);
  const EffectivePoint q = compute(&p, 0, 0, 0);
  assert_int_equal(q.failure.status, CELL_LIMIT);
  assert_non_null(strstr(q.failure.message, "max_unknowns"));
  end(&p);
}

static void interruption(void **state)
{
  Problem p = begin(2, 2, 0.7, "0", "cos(2*pi*x1)*cos(2*pi*y1)+(1+0.5*sin(2*pi*x1))*cos(2*pi*(x2-y2))", 1e-6);
  volatile int stop = 1;

  (void)state;
  assert_int_equal(CascadeSetInterrupt(p.cascade, &stop), 0);
  const EffectivePoint stopped = compute(&p, 0, 0, 0);
  assert_int_equal(stopped.failure.status, CELL_INTERRUPTED);
  assert_int_equal(stopped.cells_solved, 0);
  stop = 0;
  const EffectivePoint q = compute(&p, 0, 0, 0);
  assert_sound(2, &q, 1e-6);
  end(&p);
}

/* Nothing infinite becomes a number. */
static void not_finite(void **state)
{
  static const char *const macro[] = {"log(x)", "0", "0"};
  static const char *const micro[] = {"cos(2*pi*x1)", "log(x)*cos(2*pi*x1)", "1/sin(pi*x1)^2"};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    Problem p = begin(1, 1, 0.5, macro[i], micro[i], 1e-8);
    const EffectivePoint q = compute(&p, -1, 0, 0);
    print_message("%s\n", q.failure.message);
    assert_int_equal(q.failure.status, CELL_NOT_FINITE);
    end(&p);
  }
}

/* Planes with kinks by hand: a formula whose kinks are not seen to lie on planes. */
static void given_breaks(void **state)
{
  const PetscReal at[2] = {0, 0.5};
  const PetscReal *const breaks[3] = {at, NULL, NULL};
  const PetscInt n[3] = {2, 0, 0};
  Problem p = begin(1, 1, 0.5, "0", "1-abs(1-2*mod(x1,1))", 1e-10);

  (void)state;
  use_method(&p, "fem");
  assert_int_equal(CascadeSetBreaks(p.cascade, n, breaks), 0);
  const EffectivePoint q = compute(&p, 0, 0, 0);
  assert_sound(1, &q, 1e-10);
  near(q.M[0], 1 / (2 * 0.25 * (PetscExpReal(2) + PetscExpReal(-2) - 2) / 2), 1e-10);
  end(&p);
}

enum { POINTS = 16 };

static void correctors(Problem *p, PetscInt dim, PetscReal values[3][POINTS * POINTS * POINTS])
{
  const PetscReal frozen[REITER_VARIABLES] = {0};
  PetscReal *theta[3] = {values[0], values[1], values[2]};
  PetscBool exists;
  PetscInt total = 1;

  assert_int_equal(CascadeCorrectors(p->cascade, 1, frozen, POINTS, theta, &exists), 0);
  assert_true(exists);
  for (PetscInt c = 0; c < dim; c++) total *= POINTS;
  for (PetscInt j = 0; j < dim; j++) {
    PetscReal mean = 0;
    for (PetscInt i = 0; i < total; i++) mean += values[j][i] / (PetscReal)total;
    assert_true(PetscAbsReal(mean) < 1e-12);
  }
}

/* Two methods that share nothing agree on the correctors of coupled potentials. */
static void correctors_of_two_methods(void **state)
{
  static const char *const formulas[] = {"cos(2*pi*x1)+0.4*sin(4*pi*x1)", A_FORMULA,
                                         "cos(2*pi*(x1-y1))+0.5*sin(2*pi*(y1+z1))+0.3*cos(2*pi*x1)"};
  static PetscReal fourier[3][POINTS * POINTS * POINTS], fem[3][POINTS * POINTS * POINTS];

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const PetscReal tolerance = dim < 3 ? 1e-9 : 1e-2;
    PetscReal difference = 0, size = 0;
    PetscInt total = 1;
    Problem a = begin(dim, 1, 0.5, "0", formulas[dim - 1], tolerance),
            b = begin(dim, 1, 0.5, "0", formulas[dim - 1], tolerance);
    use_method(&a, "fourier");
    use_method(&b, "fem");
    correctors(&a, dim, fourier);
    correctors(&b, dim, fem);
    for (PetscInt c = 0; c < dim; c++) total *= POINTS;
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt i = 0; i < total; i++) {
        difference = PetscMax(difference, PetscAbsReal(fourier[j][i] - fem[j][i]));
        size = PetscMax(size, PetscAbsReal(fem[j][i]));
      }
    }
    print_message("%d-d: correctors of size %.3f differ by %.1e\n", (int)dim, (double)size,
                  (double)difference);
    assert_true(size > 0.05);
    assert_true(difference < (dim < 3 ? 1e-5 : 1e-2));
    end(&a);
    end(&b);
  }
}

static void no_corrector_of_an_unseen_scale(void **state)
{
  const PetscReal frozen[REITER_VARIABLES] = {0};
  PetscReal values[4], *const theta[3] = {values, NULL, NULL};
  PetscBool exists;
  Problem p = begin(1, 2, 0.5, "0", "cos(2*pi*x2)", 1e-8);

  (void)state;
  assert_int_equal(CascadeCorrectors(p.cascade, 1, frozen, 4, theta, &exists), 0);
  assert_false(exists);
  assert_int_equal(CascadeCorrectors(p.cascade, 2, frozen, 4, theta, &exists), 0);
  assert_true(exists);
  end(&p);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_scale),
      cmocka_unit_test(uncoupled_scales),
      cmocka_unit_test(unseen_scale),
      cmocka_unit_test(coupling_through_one_component),
      cmocka_unit_test(memory_between_points),
      cmocka_unit_test(limit_of_solves),
      cmocka_unit_test(limit_of_unknowns),
      cmocka_unit_test(interruption),
      cmocka_unit_test(not_finite),
      cmocka_unit_test(given_breaks),
      cmocka_unit_test(correctors_of_two_methods),
      cmocka_unit_test(no_corrector_of_an_unseen_scale),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
