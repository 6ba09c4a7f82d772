/*
  Steps of paths a second of processor time on one core, Euler's scheme: the rugged pitchfork with N = 1 to 4 fast scales,
  and a potential in two dimensions. Prints one line each: a name, millions of path-steps a second (the best of five).
*/
#include <reiter/paths.h>
#include <slepcsys.h>
#include <string.h>
#include <time.h>

enum { STEPS = 4000, RUNS = 5 };

static double processor_time(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static PetscErrorCode run(const char name[], Potential potential, PetscReal epsilon, PetscReal dt,
                          PathScheme scheme)
{
  const PetscReal start[REITER_MAX_DIM] = {0.5, 0.5, 0.5};
  PathBlock *block;
  Dynamics dynamics;
  Paths paths;
  double best = 0;
  char *refused;

  PetscFunctionBegin;
  PetscCall(DynamicsCreateMultiscale(potential, epsilon, &dynamics));
  PetscCall(PathsCreate(dynamics, &paths));
  PetscCall(PathsSetScheme(paths, scheme));
  PetscCall(PathsSetStep(paths, dt));
  PetscCall(PathsSetSeed(paths, 1));
  PetscCall(PathsSetUp(paths, &refused));
  PetscCall(PetscNew(&block));
  PetscCall(PathsStartAt(paths, 0, DYNAMICS_BLOCK, start, block));
  for (int r = 0; r < RUNS; r++) {
    const double before = processor_time();

    PetscCall(PathsAdvance(paths, block, STEPS));
    best = fmax(best, STEPS * (double)DYNAMICS_BLOCK / (processor_time() - before));
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "%-24s %6.1f\n", name, best / 1e6));
  PetscCall(PetscFree(block));
  PetscCall(PathsDestroy(&paths));
  PetscCall(DynamicsDestroy(&dynamics));
  PetscFunctionReturn(0);
}

static PetscErrorCode run_formulas(const char name[], PetscInt dim, PetscInt scales, PetscReal epsilon,
                                   PetscReal dt, PathScheme scheme, const char V0[], const char V1[])
{
  const ExpressionScope scope = {.dim = dim, .scales = scales};
  ExpressionError error;
  Expression V[2];
  Potential potential;

  PetscFunctionBegin;
  PetscCall(ExpressionParse(V0, strlen(V0), &scope, &V[0], &error));
  PetscCall(ExpressionParse(V1, strlen(V1), &scope, &V[1], &error));
  PetscCheck(V[0] && V[1], PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "%s", error.message);
  PetscCall(PotentialCreate(dim, scales, 0.1, V[0], V[1], &potential));
  PetscCall(run(name, potential, epsilon, dt, scheme));
  PetscCall(PotentialDestroy(&potential));
  PetscCall(ExpressionDestroy(&V[0]));
  PetscCall(ExpressionDestroy(&V[1]));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  const char *const pitchfork = "x^4/4 + 0.25*x^2/2";

  PetscCall(SlepcInitialize(&argc, &argv, NULL, NULL));
  PetscCall(run_formulas("pitchfork N=1", 1, 1, 0.1, 1e-4, PATHS_EULER, pitchfork, "-x^2/2*sin(2*pi*x1)"));
  PetscCall(run_formulas("pitchfork N=2", 1, 2, 0.1, 1e-6, PATHS_EULER, pitchfork,
                         "-x^2/2*(sin(2*pi*x1) + sin(2*pi*x2))"));
  PetscCall(run_formulas("pitchfork N=3", 1, 3, 0.3, 1e-6, PATHS_EULER, pitchfork,
                         "-x^2/2*(sin(2*pi*x1) + sin(2*pi*x2) + sin(2*pi*x3))"));
  PetscCall(run_formulas("pitchfork N=4", 1, 4, 0.3, 1e-7, PATHS_EULER, pitchfork,
                         "-x^2/2*(sin(2*pi*x1) + sin(2*pi*x2) + sin(2*pi*x3) + sin(2*pi*x4))"));
  PetscCall(run_formulas("two dimensions", 2, 1, 0.1, 1e-5, PATHS_EULER, "x^2/2 + y^2/2",
                         "cos(2*pi*x1) + 0.5*cos(2*pi*y1) + 0.75*cos(2*pi*(x1 - y1)) + 0.3*sin(4*pi*x1)"));
  PetscCall(run_formulas("Leimkuhler-Matthews N=1", 1, 1, 0.1, 1e-4, PATHS_LEIMKUHLER_MATTHEWS, pitchfork,
                         "-x^2/2*sin(2*pi*x1)"));
  PetscCall(
      run_formulas("Metropolis N=1", 1, 1, 0.1, 1e-4, PATHS_METROPOLIS, pitchfork, "-x^2/2*sin(2*pi*x1)"));
  PetscCall(SlepcFinalize());
  return 0;
}
