/* Metropolis's paths sample w exactly for every step, with noise that depends on x too. */
#include "paths_noise_fixture.h"

enum { N = DYNAMICS_BLOCK, BINS = 12 };

/* Chi square of `blocks` * N places, independent after `steps` steps, against the weights of the bins. */
static double chi_square(Paths paths, PetscInt blocks, PetscInt64 steps, double low, double high,
                         const double weight[], double *acceptance)
{
  const PetscReal start[] = {0.5, 0.5};
  PathBlock *block = malloc(sizeof(*block));
  double count[BINS] = {0}, total = 0, chi = 0, proposals = 0, accepted = 0;

  for (PetscInt j = 0; j < blocks; j++) {
    OK(PathsStartAt(paths, j * N, N, start, block));
    OK(PathsAdvance(paths, block, steps));
    for (PetscInt i = 0; i < N; i++) {
      const double place = (block->x[i] - low) / (high - low) * BINS;

      count[(int)fmin(fmax(place, 0), BINS - 1)]++;
    }
    proposals += (double)block->proposals;
    accepted += (double)block->accepted;
  }
  *acceptance = accepted / proposals;
  for (int i = 0; i < BINS; i++) total += weight[i];
  for (int i = 0; i < BINS; i++) {
    const double wanted = weight[i] / total * (double)blocks * N;
    chi += (count[i] - wanted) * (count[i] - wanted) / wanted;
  }
  free(block);
  return chi;
}

/* Integrals of exp(log_w) over the bins, the outer ones reaching far. */
static void bin_weights(double (*log_w)(double), double low, double high, double weight[])
{
  const double far = 6;

  for (int i = 0; i < BINS; i++) {
    const double a = i ? low + (high - low) * i / BINS : -far,
                 b = i < BINS - 1 ? low + (high - low) * (i + 1) / BINS : far;

    weight[i] = 0;
    for (int k = 0; k < 2000; k++) weight[i] += exp(log_w(a + (b - a) * (k + 0.5) / 2000)) * (b - a) / 2000;
  }
}

static double double_well(double x)
{
  return -(x * x * x * x / 4 - x * x / 2) / 0.3;
}

static double gauss(double x)
{
  return -x * x / 2;
}

/* 31.3: 0.1 % of chi square with 11 degrees of freedom lies above. */
static void assert_histogram(double chi, double acceptance, double least, double most)
{
  if (!(chi < 31.3)) fail_msg("chi square with 11 degrees of freedom: %g", chi);
  if (!(acceptance > least && acceptance < most)) fail_msg("accepted: %g", acceptance);
}

static void histogram_of_a_double_well(void **state)
{
  Ensemble e = ensemble_of(1, 0, 0.3, 1, "x^4/4 - x^2/2", NULL);
  double weight[BINS], acceptance, chi;

  (void)state;
  bin_weights(double_well, -1.5, 1.5, weight);
  paths_set(e.paths, PATHS_METROPOLIS, 0.3, 11, NULL, 1);
  chi = chi_square(e.paths, 100, 150, -1.5, 1.5, weight, &acceptance);
  assert_histogram(chi, acceptance, 0.8, 0.97);
  /* Euler's scheme at this step fails: the test can see a difference. */
  paths_set(e.paths, PATHS_EULER, 0.3, 11, NULL, 1);
  assert_true(chi_square(e.paths, 100, 150, -1.5, 1.5, weight, &acceptance) > 100);
  ensemble_destroy(&e);
}

static void noise_that_depends_on_x(void **state)
{
  (void)state;
  for (PetscInt dim = 1; dim <= 2; dim++) {
    Ensemble e = ensemble_closed(dim);
    double weight[BINS], acceptance, chi;

    bin_weights(gauss, -2, 2, weight);
    paths_set(e.paths, PATHS_METROPOLIS, 0.2, 12, NULL, dim);
    chi = chi_square(e.paths, 100, 120, -2, 2, weight, &acceptance);
    assert_histogram(chi, acceptance, 0.5, 0.97);
    ensemble_destroy(&e);
  }
}

/* Euler with that noise: small steps have nearly the equilibrium w, so that b and div D are in their place. */
static void euler_with_noise_that_depends_on_x(void **state)
{
  (void)state;
  for (PetscInt dim = 1; dim <= 2; dim++) {
    Ensemble e = ensemble_closed(dim);
    PathBlock *block = malloc(sizeof(*block));
    double squares[2] = {0, 0}, n = 60. * N;

    paths_set(e.paths, PATHS_EULER, 0.002, 13, NULL, dim);
    for (PetscInt j = 0; j < 60; j++) {
      OK(PathsStartAt(e.paths, j * N, N, (PetscReal[]){0.5, 0.5}, block));
      OK(PathsAdvance(e.paths, block, 3000));
      for (PetscInt c = 0; c < dim; c++)
        for (PetscInt i = 0; i < N; i++) squares[c] += block->x[c * N + i] * block->x[c * N + i] / n;
    }
    for (PetscInt c = 0; c < dim; c++) assert_within("variance", squares[c], 1, sqrt(2 / n) + 0.003, 4);
    free(block);
    ensemble_destroy(&e);
  }
}

static void leimkuhler_matthews_refuses(void **state)
{
  Ensemble e = ensemble_closed(1);
  char *refused;

  (void)state;
  OK(PathsSetScheme(e.paths, PATHS_LEIMKUHLER_MATTHEWS));
  OK(PathsSetStep(e.paths, 0.1));
  OK(PathsSetUp(e.paths, &refused));
  assert_non_null(refused);
  assert_non_null(strstr(refused, "metropolis"));
  OK(PetscFree(refused));
  ensemble_destroy(&e);
}

/* Outside of the box there is no weight: no path leaves it. */
static void stays_in_the_box(void **state)
{
  Ensemble e = ensemble_closed(1);
  PathBlock *block = malloc(sizeof(*block));

  (void)state;
  e.dynamics->info.bounded = PETSC_TRUE;
  e.dynamics->info.box[0][0] = -1;
  e.dynamics->info.box[0][1] = 1;
  paths_set(e.paths, PATHS_METROPOLIS, 0.2, 14, NULL, 1);
  OK(PathsStartAt(e.paths, 0, N, (PetscReal[]){0.5}, block));
  OK(PathsAdvance(e.paths, block, 200));
  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(block->state[i], PATH_RUNS);
    assert_true(fabs(block->x[i]) <= 1);
  }
  paths_set(e.paths, PATHS_EULER, 0.2, 14, NULL, 1);
  OK(PathsStartAt(e.paths, 0, N, (PetscReal[]){0.5}, block));
  OK(PathsAdvance(e.paths, block, 200));
  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(block->state[i], PATH_ESCAPED);
    assert_true(fabs(block->x[i]) <= 1);
  }
  free(block);
  ensemble_destroy(&e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(histogram_of_a_double_well),
      cmocka_unit_test(noise_that_depends_on_x),
      cmocka_unit_test(euler_with_noise_that_depends_on_x),
      cmocka_unit_test(leimkuhler_matthews_refuses),
      cmocka_unit_test(stays_in_the_box),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
