/*
  reiter's library on one potential, again and again in one process, as the peers in Python are timed: prints FIRST after
  the first cascade, then RESULT with the median of the seconds of the others, each with handles of its own, and M.

    bench_cell DIMENSION SCALES TEMPERATURE TOLERANCE FORMULA
*/
#include <reiter/cascade.h>
#include <slepcsys.h>
#include <string.h>

enum { LEAST = 5, MOST = 200 };

static PetscErrorCode solve(Potential potential, PetscReal tolerance, EffectivePoint *point,
                            PetscReal *seconds)
{
  const PetscReal x[REITER_MAX_DIM] = {0};
  Cascade cascade;

  PetscFunctionBegin;
  *seconds = -MPI_Wtime();
  PetscCall(CascadeCreate(potential, &cascade));
  PetscCall(CascadeSetTolerance(cascade, tolerance));
  PetscCall(CascadeSetFromOptions(cascade));
  PetscCall(CascadeCompute(cascade, x, point));
  *seconds += MPI_Wtime();
  PetscCall(CascadeDestroy(&cascade));
  PetscFunctionReturn(0);
}

/* Half a second of runs. */
static PetscErrorCode repeat(Potential potential, PetscReal tolerance)
{
  PetscReal seconds[MOST], whole = 0;
  EffectivePoint p;
  PetscInt n = 0, dim;

  PetscFunctionBegin;
  PetscCall(PotentialGetSizes(potential, &dim, NULL, NULL));
  PetscCall(solve(potential, tolerance, &p, &seconds[0]));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "FIRST %.9g\n", (double)seconds[0]));
  fflush(stdout);
  while (n < LEAST || (whole < 0.5 && n < MOST)) {
    PetscCall(solve(potential, tolerance, &p, &seconds[n]));
    whole += seconds[n++];
  }
  if (p.failure.status != CELL_OK) PetscFunctionReturn(0); /* no result is no line */
  PetscCall(PetscSortReal(n, seconds));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "RESULT %.9g", (double)seconds[n / 2]));
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = i; j < dim; j++)
      PetscCall(PetscPrintf(PETSC_COMM_SELF, " %.15g", (double)p.M[i * dim + j]));
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "\n"));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  Expression V1;
  ExpressionError error;
  Potential potential;

  if (argc != 6) return 2;
  const ExpressionScope scope = {.dim = atoi(argv[1]), .scales = atoi(argv[2])};
  PetscCall(SlepcInitialize(NULL, NULL, NULL, NULL));
  PetscCall(ExpressionParse(argv[5], strlen(argv[5]), &scope, &V1, &error));
  if (!V1) return 2;
  PetscCall(PotentialCreate(scope.dim, scope.scales, atof(argv[3]), NULL, V1, &potential));
  PetscCall(repeat(potential, atof(argv[4])));
  PetscCall(PotentialDestroy(&potential));
  PetscCall(ExpressionDestroy(&V1));
  PetscCall(SlepcFinalize());
  return 0;
}
