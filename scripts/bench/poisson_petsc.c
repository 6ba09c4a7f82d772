/*
  The bare program that reiter is compared with: bilinear elements for -div( w grad u ) = w on the square, w = exp(-V),
  u = 0 on the left side, assembled element by element into an AIJ matrix and solved by conjugate gradients with BoomerAMG.

  poisson_petsc N   prints RESULT assembly_seconds solve_seconds iterations u_at_the_right_end
*/
#include <petscksp.h>

static PetscReal weight(PetscReal x, PetscReal y)
{
  return PetscExpReal(-(x * x + y * y));
}

/* Entries of the unit bilinear element, w at the middle. */
static void element(PetscReal w, PetscReal K[16])
{
  static const PetscReal unit[16] = {4, -1, -1, -2, -1, 4, -2, -1, -1, -2, 4, -1, -2, -1, -1, 4};

  for (int i = 0; i < 16; i++) K[i] = w * unit[i] / 6;
}

static PetscErrorCode assemble(PetscInt n, Mat A, Vec b)
{
  const PetscReal h = 1.0 / (PetscReal)n;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < n; j++) {
    for (PetscInt i = 0; i < n; i++) {
      const PetscReal w = weight((i + 0.5) * h, (j + 0.5) * h), quarter = w * h * h / 4;
      const PetscInt first = i + (n + 1) * j, nodes[4] = {first, first + 1, first + n + 1, first + n + 2};
      const PetscReal load[4] = {quarter, quarter, quarter, quarter};
      PetscReal K[16];
      element(w, K);
      PetscCall(MatSetValues(A, 4, nodes, 4, nodes, K, ADD_VALUES));
      PetscCall(VecSetValues(b, 4, nodes, load, ADD_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  PetscCall(VecAssemblyBegin(b));
  PetscCall(VecAssemblyEnd(b));
  PetscFunctionReturn(0);
}

static PetscErrorCode hold_left_side(PetscInt n, Mat A, Vec b)
{
  PetscInt *rows;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n + 1, &rows));
  for (PetscInt j = 0; j <= n; j++) {
    rows[j] = (n + 1) * j;
    PetscCall(VecSetValue(b, rows[j], 0, INSERT_VALUES));
  }
  PetscCall(MatZeroRowsColumns(A, n + 1, rows, 1.0, NULL, NULL));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  PetscLogDouble start, assembled, solved;
  PetscInt n, iterations, end;
  PetscReal u;
  Mat A;
  Vec b, x;
  KSP ksp;
  PC pc;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCheck(argc > 1, PETSC_COMM_SELF, PETSC_ERR_USER, "usage: poisson_petsc N");
  n = (PetscInt)strtol(argv[1], NULL, 10);
  start = MPI_Wtime();
  PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, (n + 1) * (n + 1), (n + 1) * (n + 1), 9, NULL, &A));
  PetscCall(MatCreateVecs(A, &x, &b));
  PetscCall(assemble(n, A, b));
  PetscCall(hold_left_side(n, A, b));
  assembled = MPI_Wtime();
  PetscCall(KSPCreate(PETSC_COMM_SELF, &ksp));
  PetscCall(KSPSetOperators(ksp, A, A));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCHYPRE));
  PetscCall(KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPSetFromOptions(ksp));
  PetscCall(KSPSolve(ksp, b, x));
  solved = MPI_Wtime();
  PetscCall(KSPGetIterationNumber(ksp, &iterations));
  end = n;
  PetscCall(VecGetValues(x, 1, &end, &u));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "RESULT %g %g %d %.12g\n", assembled - start, solved - assembled,
                        (int)iterations, (double)u));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(MatDestroy(&A));
  PetscCall(VecDestroy(&b));
  PetscCall(VecDestroy(&x));
  PetscCall(PetscFinalize());
  return 0;
}
