/* The solvers on a discretisation made here: Fourier waves times Hermite functions for U = -V0 cos q, m = s = 1, against
   effective diffusion coefficients of another program. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <reiter/kinetic.h>

#define OK(call) assert_int_equal((call), 0)

typedef struct {
  KineticSystem system;
  PetscInt *begin;
} Waves;

/* Column k of d/dq + U'/2 = d/dq + V0/2 sin q in 1, sqrt2 cos kq, sqrt2 sin kq (index 2k - 1, 2k), times the factor. */
static void add_column(Mat T, PetscInt row0, PetscInt col0, PetscInt K, PetscReal V0, PetscReal factor,
                       PetscInt j)
{
  const PetscInt k = (j + 1) / 2, is_sine = j > 0 && j % 2 == 0;
  const PetscReal root = k == 0 ? 1 : sqrt(2.);
  PetscInt rows[3], count = 0;
  PetscReal values[3];

  if (k > 0) { /* (root cos)' = -k root sin, (root sin)' = k root cos */
    rows[count] = is_sine ? 2 * k - 1 : 2 * k;
    values[count++] = is_sine ? k : -k;
  }
  for (PetscInt side = -1; side <= 1; side += 2) {
    /* sin q cos kq = (sin(k+1)q - sin(k-1)q)/2; sin q sin kq = (cos(k-1)q - cos(k+1)q)/2 */
    const PetscInt l = k + side;
    if (l < 0 || l > K || (!is_sine && l == 0)) continue;
    if (k == 0 && side < 0) continue;
    PetscReal v = V0 / 2 * root / 2 * (is_sine ? -side : side);
    if (k == 0) v *= 2;
    rows[count] = l == 0 ? 0 : is_sine ? 2 * l - 1 : 2 * l;
    values[count++] = v / (l == 0 ? 1 : sqrt(2.));
  }
  for (PetscInt i = 0; i < count; i++) {
    OK(MatSetValue(T, row0 + rows[i], col0 + j, factor * values[i], ADD_VALUES));
    OK(MatSetValue(T, col0 + j, row0 + rows[i], -factor * values[i], ADD_VALUES));
  }
}

static void make_waves(PetscReal V0, PetscInt K, PetscInt levels, Waves *w)
{
  const PetscInt size = 2 * K + 1, n = size * levels;
  KineticSystem *s = &w->system;
  PetscReal norm;

  *s = (KineticSystem){.dim = 1, .n = n, .levels = levels};
  OK(PetscMalloc1(levels + 1, &w->begin));
  for (PetscInt k = 0; k <= levels; k++) w->begin[k] = k * size;
  s->level_begin = w->begin;
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 8, NULL, &s->T));
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 1, NULL, &s->C));
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 1, NULL, &s->B));
  for (PetscInt i = 0; i < n; i++) {
    OK(MatSetValue(s->C, i, i, -(PetscReal)(i / size), INSERT_VALUES));
    OK(MatSetValue(s->B, i, i, 1, INSERT_VALUES));
    if (i / size + 1 < levels)
      add_column(s->T, (i / size + 1) * size, (i / size) * size, K, V0, sqrt(i / size + 1.), i % size);
  }
  for (PetscInt k = 0; k < 3; k++) {
    Mat matrix = k == 0 ? s->T : k == 1 ? s->C : s->B;
    OK(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
    OK(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  }
  OK(MatCreateVecs(s->T, &s->one, NULL));
  for (PetscInt j = 0; j < size; j++) { /* exp(V0/2 cos q) in the waves */
    PetscReal sum = 0;
    for (PetscInt m = 0; m < 512 && (j == 0 || j % 2); m++)
      sum += exp(V0 / 2 * cos(2 * PETSC_PI * m / 512)) * (j ? sqrt(2.) : 1) *
             cos(2 * PETSC_PI * m / 512 * ((j + 1) / 2)) / 512;
    OK(VecSetValue(s->one, j, sum, INSERT_VALUES));
  }
  OK(VecNormalize(s->one, &norm));
  OK(VecDuplicate(s->one, &s->total));
  OK(VecCopy(s->one, s->total));
}

static void destroy_waves(Waves *w)
{
  OK(MatDestroy(&w->system.T));
  OK(MatDestroy(&w->system.C));
  OK(MatDestroy(&w->system.B));
  OK(VecDestroy(&w->system.one));
  OK(VecDestroy(&w->system.total));
  OK(PetscFree(w->begin));
}

/* <p, (-L)^-1 p> */
static PetscReal diffusivity(const Waves *w, PetscReal g, const char method[])
{
  const PetscInt size = w->begin[1];
  PetscScalar *load, *one;
  KineticSolver solver;
  CellFailure failure;
  PetscReal D;
  Vec b, x;

  OK(VecDuplicate(w->system.one, &b));
  OK(VecDuplicate(w->system.one, &x));
  OK(VecSet(b, 0));
  OK(VecGetArray(b, &load));
  OK(VecGetArray(w->system.one, &one));
  for (PetscInt i = 0; i < size; i++) load[size + i] = one[i];
  OK(VecRestoreArray(w->system.one, &one));
  OK(VecRestoreArray(b, &load));
  OK(KineticSolverCreate(&w->system, g, 0, method, &solver, &failure));
  assert_string_equal(failure.message, "");
  OK(KineticSolverSolve(solver, b, x, &failure));
  assert_string_equal(failure.message, "");
  OK(VecDot(b, x, &D));
  OK(KineticSolverDestroy(&solver));
  OK(VecDestroy(&b));
  OK(VecDestroy(&x));
  return D;
}

static void constants_are_stationary(void **state)
{
  PetscReal norm;
  Waves w;
  Vec y;

  (void)state;
  make_waves(0.5, 20, 6, &w);
  OK(VecDuplicate(w.system.one, &y));
  OK(MatMult(w.system.T, w.system.one, y));
  OK(VecNorm(y, NORM_2, &norm));
  assert_true(norm < 1e-13);
  OK(VecDestroy(&y));
  destroy_waves(&w);
}

static void known_diffusivities(void **state)
{
  static const struct {
    PetscReal V0, g, gD, tolerance;
    PetscInt K, levels;
  } known[] = {{0.5, 1, 0.814971666978, 1e-10, 32, 160},
               {1, 1, 0.4826655234, 1e-9, 32, 160},
               {2, 10, 0.189822862, 1e-8, 24, 60}};
  static const char *const methods[] = {"continued_fraction", "lu", "auto"};

  (void)state;
  for (PetscInt k = 0; k < 3; k++) {
    Waves w;
    make_waves(known[k].V0, known[k].K, known[k].levels, &w);
    for (PetscInt m = 0; m < 3; m++) {
      const PetscReal gD = known[k].g * diffusivity(&w, known[k].g, methods[m]);
      print_message("V0 %g g %g %s: %.12g\n", known[k].V0, known[k].g, methods[m], gD);
      assert_true(fabs(gD - known[k].gD) <= known[k].tolerance);
    }
    destroy_waves(&w);
  }
}

/* A positive shift: (shift B - T - g C) one = shift total; and both methods agree on another right-hand side. */
static void shifted(void **state)
{
  PetscReal norm;
  Waves w;
  Vec x[2], b;

  (void)state;
  make_waves(1, 24, 40, &w);
  OK(VecDuplicate(w.system.one, &b));
  for (PetscInt k = 0; k < 2; k++) {
    KineticSolver solver;
    CellFailure failure;
    OK(VecDuplicate(w.system.one, &x[k]));
    OK(KineticSolverCreate(&w.system, 0.3, 0.7, k ? "lu" : "continued_fraction", &solver, &failure));
    assert_string_equal(failure.message, "");
    OK(KineticSolverSolve(solver, w.system.total, x[k], &failure));
    OK(VecAXPY(x[k], -1 / 0.7, w.system.one));
    OK(VecNorm(x[k], NORM_2, &norm));
    assert_true(norm < 1e-12);
    for (PetscInt i = 0; i < w.system.n; i++) OK(VecSetValue(b, i, sin(1. + (PetscReal)i), INSERT_VALUES));
    OK(VecAssemblyBegin(b));
    OK(VecAssemblyEnd(b));
    OK(KineticSolverSolve(solver, b, x[k], &failure));
    assert_string_equal(failure.message, "");
    OK(KineticSolverDestroy(&solver));
  }
  OK(VecAXPY(x[0], -1, x[1]));
  OK(VecNorm(x[0], NORM_INFINITY, &norm));
  assert_true(norm < 1e-11);
  OK(VecDestroy(&b));
  OK(VecDestroy(&x[0]));
  OK(VecDestroy(&x[1]));
  destroy_waves(&w);
}

/* Three levels on a chain or ring of linear elements; the weight falls by `barrier` in the middle. */
static void make_chain(PetscBool ring, PetscReal barrier, PetscInt cells, Waves *w)
{
  const PetscInt nodes = ring ? cells : cells + 1, begin[] = {0, nodes, nodes + cells, 2 * nodes + cells};
  KineticSystem *s = &w->system;
  PetscReal norm;

  *s = (KineticSystem){.dim = 1, .n = begin[3], .levels = 3};
  OK(PetscMalloc1(4, &w->begin));
  OK(PetscArraycpy(w->begin, begin, 4));
  s->level_begin = w->begin;
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, s->n, s->n, 8, NULL, &s->T));
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, s->n, s->n, 1, NULL, &s->C));
  OK(MatCreateSeqAIJ(PETSC_COMM_SELF, s->n, s->n, 1, NULL, &s->B));
  OK(MatCreateVecs(s->T, &s->one, NULL));
  for (PetscInt i = 0; i < nodes; i++)
    OK(VecSetValue(s->one, i, exp(-barrier / 2 * PetscSqr(sin(PETSC_PI * i / cells))), INSERT_VALUES));
  OK(VecAssemblyBegin(s->one));
  OK(VecAssemblyEnd(s->one));
  OK(VecNormalize(s->one, &norm));
  OK(VecDuplicate(s->one, &s->total));
  OK(VecCopy(s->one, s->total));
  for (PetscInt e = 0; e < cells; e++)
    for (PetscInt side = 0; side < 2; side++) {
      const PetscInt node = (e + side) % nodes, row = begin[1] + e;
      const PetscReal v = (side ? 3 : -3) * exp(-barrier / 2 * PetscSqr(sin(PETSC_PI * (e + 0.5) / cells))) /
                          exp(-barrier / 2 * PetscSqr(sin(PETSC_PI * (e + side) / cells)));
      OK(MatSetValue(s->T, row, node, v, INSERT_VALUES));
      OK(MatSetValue(s->T, node, row, -v, INSERT_VALUES));
      OK(MatSetValue(s->T, begin[2] + node, row, 0.7 - 2 * v, INSERT_VALUES));
      OK(MatSetValue(s->T, row, begin[2] + node, 2 * v - 0.7, INSERT_VALUES));
    }
  for (PetscInt i = 0; i < s->n; i++) {
    OK(MatSetValue(s->C, i, i, i < begin[1] ? 0 : i < begin[2] ? -1 : -2, INSERT_VALUES));
    OK(MatSetValue(s->B, i, i, 1, INSERT_VALUES));
  }
  for (PetscInt k = 0; k < 3; k++) {
    Mat matrix = k == 0 ? s->T : k == 1 ? s->C : s->B;
    OK(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
    OK(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  }
}

/* The flux form against the matrix with one unknown held, which is taken when the system says two dimensions. */
static void chains_and_rings(void **state)
{
  (void)state;
  for (PetscInt trial = 0; trial < 4; trial++) {
    PetscReal difference, size;
    Vec x[2], b;
    Waves w;
    make_chain((PetscBool)(trial % 2), trial < 2 ? 1 : 8, 40, &w);
    OK(VecDuplicate(w.system.one, &b));
    for (PetscInt i = 0; i < w.system.n; i++)
      OK(VecSetValue(b, i, sin(1. + 3 * (PetscReal)i), INSERT_VALUES));
    OK(VecAssemblyBegin(b));
    OK(VecAssemblyEnd(b));
    OK(VecDot(b, w.system.one, &size));
    OK(VecAXPY(b, -size, w.system.total));
    for (PetscInt k = 0; k < 2; k++) {
      KineticSolver solver;
      CellFailure failure;
      w.system.dim = k + 1;
      OK(VecDuplicate(b, &x[k]));
      OK(KineticSolverCreate(&w.system, 0.4, 0, "continued_fraction", &solver, &failure));
      assert_string_equal(failure.message, "");
      OK(KineticSolverSolve(solver, b, x[k], &failure));
      assert_string_equal(failure.message, "");
      OK(KineticSolverDestroy(&solver));
    }
    OK(VecNorm(x[1], NORM_2, &size));
    OK(VecAXPY(x[0], -1, x[1]));
    OK(VecNorm(x[0], NORM_2, &difference));
    print_message("%s: %.1e of %.3g\n", trial % 2 ? "ring" : "chain", difference, size);
    assert_true(difference < 1e-10 * size);
    OK(VecDestroy(&b));
    OK(VecDestroy(&x[0]));
    OK(VecDestroy(&x[1]));
    destroy_waves(&w);
  }
}

static void unknown_name(void **state)
{
  KineticSolver solver;
  CellFailure failure;
  Waves w;

  (void)state;
  make_waves(1, 4, 3, &w);
  OK(KineticSolverCreate(&w.system, 1, 0, "cholesky", &solver, &failure));
  assert_int_equal(failure.status, CELL_REFUSED);
  OK(KineticSolverDestroy(&solver));
  destroy_waves(&w);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(constants_are_stationary),
                                     cmocka_unit_test(known_diffusivities), cmocka_unit_test(shifted),
                                     cmocka_unit_test(chains_and_rings), cmocka_unit_test(unknown_name)};
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (PetscFinalize()) return 1;
  return failed;
}
