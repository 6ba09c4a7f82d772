/*
  Orders of the schemes in the step, measured on paths: the error of <cos 2x> in the equilibrium of a potential with
  bounded second derivative at s = 1. Euler's falls as dt, Leimkuhler and Matthews's as dt^2, Metropolis has none. The
  errors of the first two are also known from the stationary vector of their transition kernel on 801 points, each step
  by 80 Gauss-Hermite points (NumPy).
*/
#include "../unit/paths_fixture.h"

enum { N = DYNAMICS_BLOCK };

typedef struct {
  double error, standard_error;
} Measured;

/* By the trapezoid rule. */
static double exact_mean(double frequency, double amplitude)
{
  double sum = 0, norm = 0;

  for (double x = -9; x < 9; x += 1e-3) {
    const double w = exp(-x * x / 2 - amplitude * cos(frequency * x));
    sum += w * cos(2 * x);
    norm += w;
  }
  return sum / norm;
}

/* V = x^2/2 + amplitude cos(frequency x). The standard error comes from the spread of the blocks. */
static Measured equilibrium(PathScheme scheme, double frequency, double amplitude, double dt, double time)
{
  const PetscInt blocks = 24;
  const PetscInt64 between = (PetscInt64)ceil(0.4 / dt - 1e-9),
                   samples = (PetscInt64)(time / ((double)between * dt));
  PathBlock *block = malloc(sizeof(*block));
  double sum = 0, squares = 0;
  char V[64];
  Ensemble e;
  Measured m;

  snprintf(V, sizeof(V), "x^2/2 + %.17g*cos(%.17g*x)", amplitude, frequency);
  e = ensemble_of(1, 0, 1, 1, V, NULL);
  paths_set(e.paths, scheme, dt, 31, NULL, 1);
  for (PetscInt j = 0; j < blocks; j++) {
    double mean = 0;

    OK(PathsStartAt(e.paths, j * N, N, (PetscReal[]){0.5}, block));
    OK(PathsAdvance(e.paths, block, (PetscInt64)(12 / dt)));
    for (PetscInt64 k = 0; k < samples; k++) {
      OK(PathsAdvance(e.paths, block, between));
      for (PetscInt i = 0; i < N; i++) mean += cos(2 * block->x[i]);
    }
    mean /= (double)samples * N;
    sum += mean;
    squares += mean * mean;
  }
  sum /= blocks;
  m.error = sum - exact_mean(frequency, amplitude);
  m.standard_error = sqrt((squares / blocks - sum * sum) / (blocks - 1));
  free(block);
  ensemble_destroy(&e);
  return m;
}

static void assert_order(const char *what, const double wanted[3], Measured coarse, Measured fine)
{
  const double order = log2(coarse.error / fine.error);
  const double uncertainty =
      hypot(coarse.standard_error / coarse.error, fine.standard_error / fine.error) / log(2);

  print_message("%s: errors %.3e and %.3e, order %.3f +- %.3f\n", what, coarse.error, fine.error, order,
                uncertainty);
  assert_within(what, coarse.error, wanted[0], coarse.standard_error, 4);
  assert_within(what, fine.error, wanted[1], fine.standard_error, 4);
  if (!(fabs(order - wanted[2]) < 0.3 && uncertainty < 0.15))
    fail_msg("%s: order %g +- %g, not %g", what, order, uncertainty, wanted[2]);
}

static void euler_is_of_first_order(void **state)
{
  (void)state;
  assert_order("Euler", (double[]){7.9885e-02, 3.8691e-02, 1}, equilibrium(PATHS_EULER, 2, 1, 0.1, 300),
               equilibrium(PATHS_EULER, 2, 1, 0.05, 300));
}

static void leimkuhler_matthews_is_of_second_order(void **state)
{
  (void)state;
  assert_order("Leimkuhler-Matthews", (double[]){9.4246e-03, 2.2797e-03, 2},
               equilibrium(PATHS_LEIMKUHLER_MATTHEWS, 3, 0.5, 0.2, 1000),
               equilibrium(PATHS_LEIMKUHLER_MATTHEWS, 3, 0.5, 0.1, 3000));
}

static void metropolis_is_exact(void **state)
{
  const Measured m = equilibrium(PATHS_METROPOLIS, 3, 0.5, 0.2, 600);

  (void)state;
  print_message("Metropolis: error %.3e +- %.3e\n", m.error, m.standard_error);
  assert_within("Metropolis", m.error, 0, m.standard_error, 4);
  assert_true(m.standard_error < 1e-3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(euler_is_of_first_order),
      cmocka_unit_test(leimkuhler_matthews_is_of_second_order),
      cmocka_unit_test(metropolis_is_exact),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
