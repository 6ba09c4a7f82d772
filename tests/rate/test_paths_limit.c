/*
  The homogenized equation is the limit of the multiscale one: for V = x^4/4 - x^2/2 sin(2 pi x/e) (3.1 with alpha = 0),
  s = 1/2, paths of both from -1/2 to 1/2 take the mean times of the double integral (2.8), with w = exp(-V^e/s), D = s for the
  one, w = Z = exp(-V0/s) I0(z), D = s I0(z)^-2, z = x^2/(2 s) for the other; and the homogenized ones have the equilibrium Z.
  Within three standard errors, with a fixed seed; drift and noise of the homogenized equation come from the cascade.
*/
#include "../unit/coefficients_fixture.h"
#include <reiter/paths.h>
#include <slepcsys.h>

enum { CELLS = 200000, BINS = 24, SAMPLES = 65536 };
static const PetscReal s = 0.5, box[][2] = {{-2.8, 2.8}};

/* By its power series. */
static PetscReal log_bessel_i0(PetscReal z)
{
  PetscReal sum = 0, term = 1;

  for (PetscInt k = 1; term > 1e-17 * sum; k++) {
    sum += term;
    term *= z * z / (4 * (PetscReal)(k * k));
  }
  return PetscLogReal(sum);
}

/* e = 0: homogenized */
static PetscReal log_weight(PetscReal e, PetscReal x)
{
  const PetscReal V0 = x * x * x * x / 4;

  if (e == 0) return -V0 / s + log_bessel_i0(x * x / (2 * s));
  return -(V0 - x * x / 2 * PetscSinReal(2 * PETSC_PI * x / e)) / s;
}

static PetscReal diffusion(PetscReal e, PetscReal x)
{
  return e == 0 ? s * PetscExpReal(-2 * log_bessel_i0(x * x / (2 * s))) : s;
}

/* int_-1/2^1/2 (int_-inf^y w) / (w D) dy by the midpoint rule. */
static PetscReal exact_time(PetscReal e)
{
  const PetscReal from = box[0][0], h = (0.5 - from) / CELLS;
  PetscReal mass = 0, time = 0;

  for (PetscInt i = 0; i < CELLS; i++) {
    const PetscReal y = from + h * ((PetscReal)i + 0.5), w = PetscExpReal(log_weight(e, y));
    mass += h * w;
    if (y > -0.5) time += h * (mass - h * w / 2) / (w * diffusion(e, y));
  }
  return time;
}

static Dynamics make_homogenized(Potential potential)
{
  CoefficientFault fault;
  CellFailure failure;
  Cascade cascade;
  Coefficients c;
  Dynamics d;

  OK(CascadeCreate(potential, &cascade));
  OK(CoefficientsCreateCascade(PETSC_COMM_SELF, potential, cascade, box, 1e-8, &c));
  OK(CoefficientsSetUp(c, NULL, &failure));
  if (failure.status) fail_msg("%s", failure.message);
  OK(DynamicsCreateDiffusion(c, box, 1e-7, &d, &fault));
  if (!d) fail_msg("%s", fault.message);
  OK(CoefficientsDestroy(&c));
  OK(CascadeDestroy(&cascade));
  return d;
}

static Paths make_paths(Dynamics d, PathScheme scheme, PetscReal dt, const char target[])
{
  Expression formula = target ? parse(1, 0, target) : NULL;
  Paths paths;
  char *refused;

  OK(PathsCreate(d, &paths));
  OK(PathsSetScheme(paths, scheme));
  OK(PathsSetStep(paths, dt));
  OK(PathsSetSeed(paths, 5));
  OK(PathsSetTarget(paths, formula));
  OK(PathsSetUp(paths, &refused));
  if (refused) fail_msg("%s", refused);
  OK(ExpressionDestroy(&formula));
  return paths;
}

/* Takes those that arrived out of the block. The others move up, and go on with the noise that an arrived path does not
   need any more. */
static PetscInt collect(PathBlock *block, PetscReal *sum, PetscReal *squares)
{
  PetscInt arrived = 0, left = 0;

  for (PetscInt p = 0; p < block->n; p++) {
    if (block->state[p] == PATH_RUNS) {
      block->state[left] = PATH_RUNS;
      block->x[left++] = block->x[p];
      continue;
    }
    assert_int_equal(block->state[p], PATH_ARRIVED);
    *sum += block->end[p];
    *squares += block->end[p] * block->end[p];
    arrived++;
  }
  block->n = left;
  return arrived;
}

static void assert_time(Dynamics d, PathScheme scheme, PetscReal dt, PetscInt blocks, PetscReal e)
{
  const PetscReal start = -0.5, exact = exact_time(e);
  PetscReal sum = 0, squares = 0, n = 0, mean, error;
  static PathBlock block;
  Paths paths = make_paths(d, scheme, dt, "x >= 0.5");

  for (PetscInt i = 0; i < blocks; i++) {
    OK(PathsStartAt(paths, i * DYNAMICS_BLOCK, DYNAMICS_BLOCK, &start, &block));
    while (block.n) {
      OK(PathsAdvance(paths, &block, 100));
      n += (PetscReal)collect(&block, &sum, &squares);
      assert_true(dt * (PetscReal)block.step < 200);
    }
  }
  mean = sum / n;
  error = PetscSqrtReal((squares / n - mean * mean) / n);
  print_message("e = %g: %.4f +- %.4f, exact %.4f\n", (double)e, (double)mean, (double)error, (double)exact);
  if (PetscAbsReal(mean - exact) > 3 * error) fail_msg("not the mean first passage time");
  OK(PathsDestroy(&paths));
}

static void test_times(void **state)
{
  const PetscReal e[] = {0.1, 0.05, 0.025}, limit = exact_time(0);
  const PetscInt blocks[] = {16, 4, 2};
  Potential potential = make_potential(1, 1, s, "x^4/4", "-x^2/2*sin(2*pi*x1)");
  Dynamics d = make_homogenized(potential);
  PetscReal before = PETSC_MAX_REAL;

  (void)state;
  assert_time(d, PATHS_EULER, 2e-3, 64, 0);
  assert_time(d, PATHS_SECOND_ORDER, 4e-3, 64, 0);
  OK(DynamicsDestroy(&d));
  /* At these steps Euler's scheme is two per cent too quick through the rugged barriers. */
  for (PetscInt i = 0; i < 3; i++) {
    const PetscReal off = PetscAbsReal(exact_time(e[i]) / limit - 1);
    OK(DynamicsCreateMultiscale(potential, e[i], &d));
    assert_time(d, PATHS_SECOND_ORDER, e[i] * e[i] * 0.0125, blocks[i], e[i]);
    OK(DynamicsDestroy(&d));
    /* first order in e */
    assert_true(off < 0.05 * e[i] && off < 0.55 * before);
    before = off;
  }
  OK(PotentialDestroy(&potential));
}

/* Samples at time 8, when the slow mode that is even has gone (the odd one is not there: all start at 0), in bins of
   equal mass: Pearson's statistic against the 99.9 % point of 23 degrees of freedom. */
static void test_equilibrium(void **state)
{
  const PetscReal h = (box[0][1] - box[0][0]) / CELLS, start = 0;
  Potential potential = make_potential(1, 1, s, "x^4/4", "-x^2/2*sin(2*pi*x1)");
  Dynamics d = make_homogenized(potential);
  Paths paths = make_paths(d, PATHS_SECOND_ORDER, 0.01, NULL);
  PetscReal edge[BINS + 1], mass = 0, sum = 0, chi = 0;
  PetscInt count[BINS] = {0}, bin = 0;
  static PathBlock block;

  (void)state;
  for (PetscInt i = 0; i < CELLS; i++)
    mass += PetscExpReal(log_weight(0, box[0][0] + h * ((PetscReal)i + 0.5)));
  for (PetscInt i = 0; i < CELLS && bin < BINS - 1; i++) {
    sum += PetscExpReal(log_weight(0, box[0][0] + h * ((PetscReal)i + 0.5)));
    if (sum >= mass * (PetscReal)(bin + 1) / BINS) edge[bin++] = box[0][0] + h * ((PetscReal)i + 1);
  }
  edge[BINS - 1] = box[0][1];
  for (PetscInt i = 0; i < SAMPLES / DYNAMICS_BLOCK; i++) {
    OK(PathsStartAt(paths, i * DYNAMICS_BLOCK, DYNAMICS_BLOCK, &start, &block));
    OK(PathsAdvance(paths, &block, 800));
    for (PetscInt p = 0; p < DYNAMICS_BLOCK; p++) {
      assert_int_equal(block.state[p], PATH_RUNS);
      bin = 0;
      while (block.x[p] > edge[bin]) bin++;
      count[bin]++;
    }
  }
  for (bin = 0; bin < BINS; bin++) {
    const PetscReal expected = (PetscReal)SAMPLES / BINS, off = (PetscReal)count[bin] - expected;
    chi += off * off / expected;
  }
  print_message("chi-square %.2f of %d bins\n", (double)chi, BINS);
  assert_true(chi < 49.73);
  OK(PathsDestroy(&paths));
  OK(DynamicsDestroy(&d));
  OK(PotentialDestroy(&potential));
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_times), cmocka_unit_test(test_equilibrium)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() ? 1 : failed;
}
