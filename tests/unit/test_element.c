/* One-dimensional elements, the torus grid and the wells on it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include "cell/element.h"
#include "cell/fem_basins.h"
#include "cell/fem_faces.h"

static void gauss_points_are_exact(void **state)
{
  PetscReal x[16], w[16];

  (void)state;
  for (PetscInt n = 1; n <= 16; n++) {
    assert_int_equal(ElementGauss(n, x, w), 0);
    for (PetscInt degree = 0; degree < 2 * n; degree++) {
      PetscReal sum = 0;
      for (PetscInt q = 0; q < n; q++) sum += w[q] * PetscPowReal(x[q], (PetscReal)degree);
      assert_true(PetscAbsReal(sum * (PetscReal)(degree + 1) - 1) < 1e-13);
    }
  }
}

static void nodes_are_lobatto(void **state)
{
  PetscReal x[13];

  (void)state;
  assert_int_equal(ElementNodes(3, x), 0);
  assert_true(PetscAbsReal(x[1] - (0.5 - 0.5 / PetscSqrtReal(5))) < 1e-15);
  assert_int_equal(ElementNodes(4, x), 0);
  assert_true(PetscAbsReal(x[3] - (0.5 + 0.5 * PetscSqrtReal(3.0 / 7.0))) < 1e-15);
  for (PetscInt p = 1; p <= ELEMENT_MAX_ORDER; p++) {
    assert_int_equal(ElementNodes(p, x), 0);
    assert_true(x[0] == 0 && x[p] == 1);
    for (PetscInt a = 0; a <= p; a++) assert_true(PetscAbsReal(x[a] + x[p - a] - 1) < 1e-15);
  }
}

static void basis_reproduces_polynomials(void **state)
{
  PetscReal x[13], value[13], slope[13];

  (void)state;
  for (PetscInt p = 1; p <= ELEMENT_MAX_ORDER; p++) {
    assert_int_equal(ElementNodes(p, x), 0);
    for (PetscReal y = 0; y <= 1; y += 0.125) {
      PetscReal v = 0, s = 0;
      ElementBasis(p, x, y, value, slope);
      for (PetscInt a = 0; a <= p; a++) {
        v += value[a] * PetscPowReal(x[a], (PetscReal)p);
        s += slope[a] * PetscPowReal(x[a], (PetscReal)p);
      }
      assert_true(PetscAbsReal(v - PetscPowReal(y, (PetscReal)p)) < 1e-13);
      assert_true(PetscAbsReal(s - (PetscReal)p * PetscPowReal(y, (PetscReal)(p - 1))) < 1e-11);
    }
  }
}

static CellProblem grid_problem(PetscInt dim)
{
  return (CellProblem){.dim = dim, .varies = 7, .scalar = PETSC_TRUE};
}

static void edges_stand_on_breaks(void **state)
{
  const PetscReal breaks[] = {0.3, 0.3 + 1e-14, 0.45, 0.8};
  CellProblem problem = grid_problem(1);
  CellResolution resolution = {7, 2, 0};
  PetscBool fits;
  Torus t;

  (void)state;
  problem.n_breaks[0] = 4;
  problem.breaks[0] = breaks;
  assert_int_equal(TorusIntervals(&problem), 3);
  assert_int_equal(TorusCreate(&problem, resolution, &t), 0);
  assert_int_equal(t.axis[0].cells, 7);
  assert_int_equal(t.nodes, TorusUnknowns(&problem, resolution));
  for (PetscInt k = 0; k < 4; k++) {
    PetscReal nearest = 1;
    for (PetscInt e = 0; e <= 7; e++)
      nearest = PetscMin(nearest, PetscAbsReal(t.axis[0].edge[e] - breaks[k]));
    assert_true(nearest < 1e-13);
  }
  assert_true(t.axis[0].edge[7] == t.axis[0].edge[0] + 1);
  /* the longest interval has the most elements, and none is longer than twice another here */
  for (PetscInt e = 0; e < 7; e++) assert_true(t.axis[0].edge[e + 1] - t.axis[0].edge[e] < 0.18);
  assert_int_equal(TorusFits(&t, &problem, resolution, &fits), 0);
  assert_true(fits);
  problem.n_breaks[0] = 0;
  assert_int_equal(TorusFits(&t, &problem, resolution, &fits), 0);
  assert_false(fits);
  assert_int_equal(TorusDestroy(&t), 0);
  problem.n_breaks[0] = 4;
  assert_int_equal(TorusCreate(&problem, (CellResolution){1, 2, 0}, &t), 0);
  assert_int_equal(t.axis[0].cells, 3);
  assert_int_equal(TorusDestroy(&t), 0);
}

/* Every pair of nodes of an element is in the pattern, whose columns ascend without repetition. */
static void check_pattern(PetscInt n, const PetscInt row[], const PetscInt column[], PetscInt local,
                          const PetscInt index[])
{
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = row[i] + 1; k < row[i + 1]; k++) assert_true(column[k] > column[k - 1]);
  }
  for (PetscInt a = 0; a < local; a++) {
    for (PetscInt b = 0; b < local; b++) {
      PetscBool found = PETSC_FALSE;
      for (PetscInt k = row[index[a]]; k < row[index[a] + 1]; k++) found = found || column[k] == index[b];
      assert_true(found);
    }
  }
}

static void patterns_hold_all_pairs(void **state)
{
  const CellProblem problem = grid_problem(3);

  (void)state;
  for (PetscInt cells = 1; cells <= 3; cells++) {
    for (PetscInt order = 1; order <= 2; order++) {
      PetscInt e[3], *row, *column, index[64], turns[192];
      Torus t;
      Faces faces;
      assert_int_equal(TorusCreate(&problem, (CellResolution){cells, order, 0}, &t), 0);
      assert_int_equal(TorusPattern(&t, &row, &column), 0);
      for (PetscInt c = 0; c < t.cells; c++) {
        TorusElement(&t, c, e);
        TorusElementNodes(&t, e, index);
        check_pattern(t.nodes, row, column, t.local, index);
      }
      assert_int_equal(PetscFree(row), 0);
      assert_int_equal(PetscFree(column), 0);
      FacesCreate(&t, &faces);
      assert_int_equal(faces.size, 3 * cells * cells * cells * order * order);
      assert_int_equal(FacesPattern(&faces, &t, &row, &column), 0);
      for (PetscInt c = 0; c < t.cells; c++) {
        TorusElement(&t, c, e);
        FacesElement(&faces, &t, e, index, turns);
        check_pattern(faces.size, row, column, faces.local, index);
      }
      assert_int_equal(PetscFree(row), 0);
      assert_int_equal(PetscFree(column), 0);
      assert_int_equal(TorusDestroy(&t), 0);
    }
  }
}

/* Two deep wells in a row along component 0 and a shallow dent: two basins, and the steps wind by one. */
static void wells_are_found(void **state)
{
  CellProblem problem = grid_problem(2);
  PetscReal log_weight[16], total = 0, well = 0;
  Basins b;
  Torus t;

  (void)state;
  problem.varies = 1; /* one node in direction 1 */
  assert_int_equal(TorusCreate(&problem, (CellResolution){16, 1, 0}, &t), 0);
  assert_int_equal(t.nodes, 16);
  for (PetscInt i = 0; i < 16; i++) {
    log_weight[i] =
        50 * PetscCosReal(2 * PETSC_PI * (PetscReal)(i - 3) / 8) + (i < 8 ? 1 : 0) + (i == 7 ? 9 : 0);
  }
  assert_int_equal(BasinsCreate(&t, log_weight, 10, &b), 0);
  assert_int_equal(b.count, 2);
  assert_int_equal(b.root[0], 3);
  assert_int_equal(b.root[1], 11);
  assert_int_equal(b.basin[1], 0);
  assert_int_equal(b.basin[9], 1);
  /* once around the torus the step of direction 0 adds up to one, that of the second well to zero */
  for (PetscInt c = 0; c < t.cells; c++) {
    PetscInt e[3], index[4], turns[8];
    PetscReal value[3 * 4];
    PetscBool active[3];
    TorusElement(&t, c, e);
    TorusElementNodes(&t, e, index);
    BasinsTurns(&t, e, turns);
    assert_true(
        BasinsLift(&b, t.local, index, turns, value, active)); /* direction 1 winds in every element */
    assert_true(active[2]);
    well += value[1];
    total += value[4 + 1];
  }
  assert_true(well == 0);
  assert_true(total == 1);
  assert_int_equal(BasinsDestroy(&b), 0);
  /* no more wells than allowed */
  assert_int_equal(BasinsCreate(&t, log_weight, 1, &b), 0);
  assert_int_equal(b.count, 1);
  assert_int_equal(BasinsDestroy(&b), 0);
  assert_int_equal(TorusDestroy(&t), 0);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gauss_points_are_exact),       cmocka_unit_test(nodes_are_lobatto),
      cmocka_unit_test(basis_reproduces_polynomials), cmocka_unit_test(edges_stand_on_breaks),
      cmocka_unit_test(patterns_hold_all_pairs),      cmocka_unit_test(wells_are_found),
  };

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
