/* The cascade with tables of its inner tensors: against closed forms of potentials that couple all scales but
   separate in rotated coordinates, which the program does not see, and against product grids. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <reiter/cascade.h>
#include <slepcsys.h>
#include <string.h>

#define OK(call) assert_int_equal(call, 0)

typedef struct {
  Potential potential;
  Cascade cascade;
} Problem;

static Problem begin(PetscInt dim, PetscInt scales, const char macro[], const char micro[],
                     PetscReal tolerance, FrozenQuadrature frozen)
{
  const ExpressionScope slow = {.dim = dim}, fast = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression V0, V1;
  Problem p;

  OK(ExpressionParse(macro, strlen(macro), &slow, &V0, &error));
  OK(ExpressionParse(micro, strlen(micro), &fast, &V1, &error));
  OK(PotentialCreate(dim, scales, 0.5, V0, V1, &p.potential));
  OK(ExpressionDestroy(&V0));
  OK(ExpressionDestroy(&V1));
  OK(CascadeCreate(p.potential, &p.cascade));
  OK(CascadeSetTolerance(p.cascade, tolerance));
  OK(CascadeSetFrozen(p.cascade, frozen));
  return p;
}

static EffectivePoint compute(const Problem *p, PetscReal x)
{
  const PetscReal at[3] = {x, 0, 0};
  EffectivePoint point;

  OK(CascadeCompute(p->cascade, at, &point));
  if (point.failure.status != CELL_OK) fail_msg("%s", point.failure.message);
  return point;
}

static void end(Problem *p)
{
  OK(CascadeDestroy(&p->cascade));
  OK(PotentialDestroy(&p->potential));
}

/* One of the two parts of the potential below, as functions of t_k = x_k + y_k or x_k - y_k. */
#define PART(a, b, c, t1, t2, t3)                                                                            \
  a "*cos(2*pi*(" t1 "))+" b "*(1+0.5*sin(2*pi*(" t1 ")))*cos(2*pi*(" t2 "))+" c "*cos(2*pi*(" t3 "-(" t2    \
    ")))"                                                                                                    \
    "+0.2*sin(2*pi*(" t3 "+(" t1 ")))"
#define ROTATED                                                                                              \
  PART("0.4", "0.4", "0.4", "x1+y1", "x2+y2", "x3+y3")                                                       \
  "+" PART("0.3", "0.2", "0.3", "x1-y1", "x2-y2", "x3-y3")

/* log of the means of exp(-part/s) and exp(part/s) over the torus T^3: 1/(Z Zhat) is M across the layers (1.5). */
static void part_means(PetscReal a, PetscReal b, PetscReal c, PetscReal *z, PetscReal *zhat)
{
  const PetscInt n = 40;
  const PetscReal turn = 2 * PETSC_PI / (PetscReal)n, s = 0.5;

  *z = *zhat = 0;
  for (PetscInt q = 0; q < n * n * n; q++) {
    const PetscReal t1 = turn * (PetscReal)(q % n), t2 = turn * (PetscReal)(q / n % n),
                    t3 = turn * (PetscReal)(q / n / n);
    const PetscReal V = a * PetscCosReal(t1) + b * (1 + 0.5 * PetscSinReal(t1)) * PetscCosReal(t2) +
                        c * PetscCosReal(t3 - t2) + 0.2 * PetscSinReal(t3 + t1);
    *z += PetscExpReal(-V / s) / (PetscReal)(n * n * n);
    *zhat += PetscExpReal(V / s) / (PetscReal)(n * n * n);
  }
}

/* Three scales, all coupled, two dimensions: the innermost tensor depends on four frozen variables. With p = x + y and
   q = x - y the potential is f(p) + g(q), and M is diagonal in their directions. */
static void three_coupled_scales(void **state)
{
  const PetscReal tolerance = 1e-4;
  Problem p = begin(2, 3, "0", ROTATED, tolerance, FROZEN_AUTO);
  const EffectivePoint point = compute(&p, 0);
  PetscReal zf, zf_hat, zg, zg_hat;

  (void)state;
  part_means(0.4, 0.4, 0.4, &zf, &zf_hat);
  part_means(0.3, 0.2, 0.3, &zg, &zg_hat);
  const PetscReal along = 1 / (zf * zf_hat), across = 1 / (zg * zg_hat);
  const PetscReal exact[] = {0.5 * (along + across), 0.5 * (along - across), 0.5 * (along - across),
                             0.5 * (along + across)};

  for (PetscInt i = 0; i < 4; i++) {
    if (!(PetscAbsReal(point.M[i] - exact[i]) <= tolerance * exact[0]))
      fail_msg("entry %d is %.12g, not %.12g", (int)i, (double)point.M[i], (double)exact[i]);
  }
  assert_true(PetscAbsReal(point.log_Z1 - PetscLogReal(zf * zg)) <= tolerance);
  assert_true(point.error <= tolerance);
  assert_true(point.cells_solved < 9 * 9 * 9 * 9); /* the smallest product grid alone would have more */
  end(&p);
}

/* Sparse by request, where auto takes the product grid. */
static void two_scales_sparse(void **state)
{
  Problem p =
      begin(2, 2, "0", "(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)",
            1e-6, FROZEN_PRODUCT);
  Problem q =
      begin(2, 2, "0", "(1+0.5*sin(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)",
            1e-6, FROZEN_SPARSE);
  const EffectivePoint product = compute(&p, 0), sparse = compute(&q, 0);

  (void)state;
  for (PetscInt i = 0; i < 4; i++) assert_true(PetscAbsReal(product.M[i] - sparse.M[i]) < 1e-6);
  assert_true(product.M[0] != sparse.M[0]); /* it was another way */
  assert_true(PetscAbsReal(product.log_Z1 - sparse.log_Z1) < 1e-6);
  assert_true(sparse.error <= 1e-6);
  end(&p);
  end(&q);
}

/* A table belongs to its macroscopic point, and the next point may be the first again. */
static void other_points_other_tables(void **state)
{
  Problem p =
      begin(2, 2, "0", "(1+0.3*x)*cos(2*pi*x1)*cos(2*pi*(x2+y2))+0.5*cos(2*pi*(y2-y1))", 1e-4, FROZEN_SPARSE);
  const EffectivePoint first = compute(&p, 0), second = compute(&p, 1), again = compute(&p, 0);
  Problem q = begin(2, 2, "0", "(1+0.3*x)*cos(2*pi*x1)*cos(2*pi*(x2+y2))+0.5*cos(2*pi*(y2-y1))", 1e-6,
                    FROZEN_PRODUCT);
  const EffectivePoint product = compute(&q, 1);

  (void)state;
  assert_memory_equal(first.M, again.M, sizeof(first.M));
  assert_true(PetscAbsReal(second.M[0] - first.M[0]) > 1e-3);
  assert_true(PetscAbsReal(second.M[0] - product.M[0]) < 1e-4);
  end(&p);
  end(&q);
}

/* Too many samples for the limit of work: the product grid says so. Kinks in a frozen variable: no table at all. */
static void without_a_table(void **state)
{
  const PetscReal at[3] = {0};
  Problem p = begin(2, 3, "0", ROTATED, 1e-8, FROZEN_SPARSE);
  EffectivePoint point;

  (void)state;
  OK(CascadeSetMaxSolves(p.cascade, 700));
  OK(CascadeCompute(p.cascade, at, &point));
  assert_int_not_equal(point.failure.status, CELL_OK);
  assert_non_null(strstr(point.failure.message, "max_solves = 700"));
  end(&p);
  p = begin(2, 2, "0", "abs(sin(2*pi*x1))*cos(2*pi*x2)", 1e-3, FROZEN_SPARSE);
  point = compute(&p, 0);
  assert_true(point.error <= 1e-3);
  end(&p);
}

static void interruption(void **state)
{
  const PetscReal at[3] = {0};
  const volatile int stop = 1;
  Problem p = begin(2, 3, "0", ROTATED, 1e-4, FROZEN_AUTO);
  EffectivePoint point;

  (void)state;
  OK(CascadeSetInterrupt(p.cascade, &stop));
  OK(CascadeCompute(p.cascade, at, &point));
  assert_int_equal(point.failure.status, CELL_INTERRUPTED);
  end(&p);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_coupled_scales),
      cmocka_unit_test(two_scales_sparse),
      cmocka_unit_test(other_points_other_tables),
      cmocka_unit_test(without_a_table),
      cmocka_unit_test(interruption),
  };

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (SlepcFinalize()) return 1;
  return failed;
}
