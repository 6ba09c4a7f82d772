/*
  Waves in one dimension: D without the matrix of all levels, which at a friction of 0.001 has ten thousand of them. From the
  highest level down, S_n = g n F_n + (n + 1) D_n^T S_{n+1}^-1 D_n, positive definite all the way. Level 0 has no friction: its
  rows say D_0^T f_1 = 0, so f_1 is a multiple of the only loop l with D_0^T l = 0, the steady current, and
  D = (l . v)^2/(l . S_1 l): no difference of large numbers, however deep the wells.
*/
#include "diffusivity_line.h"
#include <math.h>
#include <petscblaslapack.h>
#include "solver_private.h"
#include "space_private.h"

enum { CHECK_EVERY = 256 };

typedef struct {
  PetscBLASInt n;
  PetscReal *F[2], *D[2]; /* n x n, column-major; D[s]: from parity s to the other */
  PetscReal *S, *X;
} Levels;

static PetscErrorCode copy_dense(Mat A, PetscReal values[])
{
  PetscInt rows, columns;
  const PetscScalar *a;
  Mat dense;

  PetscFunctionBegin;
  PetscCall(MatGetSize(A, &rows, &columns));
  PetscCall(MatConvert(A, MATSEQDENSE, MAT_INITIAL_MATRIX, &dense));
  PetscCall(MatDenseGetArrayRead(dense, &a));
  PetscCall(PetscArraycpy(values, a, rows * columns));
  PetscCall(MatDenseRestoreArrayRead(dense, &a));
  PetscCall(MatDestroy(&dense));
  PetscFunctionReturn(0);
}

static PetscErrorCode levels_create(PhaseSpace space, Levels *l)
{
  const PetscInt n = space->size[0], square = n * n;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(n, &l->n));
  PetscCall(PetscMalloc6(square, &l->F[0], square, &l->F[1], square, &l->D[0], square, &l->D[1], square,
                         &l->S, square, &l->X));
  for (PetscInt s = 0; s < 2; s++) {
    PetscCall(copy_dense(space->weight.friction[0] ? space->blocks.friction[0][s] : space->blocks.mass[s],
                         l->F[s]));
    PetscCall(copy_dense(space->blocks.D[0][s], l->D[s]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode levels_destroy(Levels *l)
{
  PetscFunctionBegin;
  PetscCall(PetscFree6(l->F[0], l->F[1], l->D[0], l->D[1], l->S, l->X));
  PetscFunctionReturn(0);
}

/* S_n from S_{n+1}; *good: that was positive definite. */
static void eliminate(Levels *l, PetscReal g, PetscInt level, PetscBool *good)
{
  const PetscBLASInt n = l->n;
  const PetscReal *const F = l->F[level % 2], *const D = l->D[level % 2];
  const PetscReal one = 1, up = (PetscReal)(level + 1), own = g * (PetscReal)level;
  PetscBLASInt info;

  LAPACKpotrf_("L", &n, l->S, &n, &info);
  *good = (PetscBool)(info == 0);
  for (PetscInt i = 0; i < n * n; i++) l->X[i] = D[i];
  BLAStrsm_("L", "L", "N", "N", &n, &n, &one, l->S, &n, l->X, &n);
  for (PetscInt i = 0; i < n * n; i++) l->S[i] = F[i];
  BLASsyrk_("L", "T", &n, &n, &up, l->X, &n, &own, l->S, &n);
}

/* The loop: the left null vector of D_0, from its singular values. X is overwritten. */
static PetscErrorCode find_loop(Levels *l, PetscReal loop[], PetscBool *good)
{
  const PetscBLASInt n = l->n, lwork = 16 * n + 16;
  PetscReal *sigma, *U, *work, unused;
  PetscBLASInt one = 1, info;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &sigma, n * n, &U, lwork, &work));
  PetscCall(PetscArraycpy(l->X, l->D[0], n * n));
  LAPACKgesvd_("A", "N", &n, &n, l->X, &n, sigma, U, &n, &unused, &one, work, &lwork, &info);
  *good = (PetscBool)(info == 0 && (n < 2 || sigma[n - 1] < 1e-6 * sigma[n - 2]));
  for (PetscBLASInt i = 0; i < n; i++) loop[i] = U[(n - 1) * n + i];
  PetscCall(PetscFree3(sigma, U, work));
  PetscFunctionReturn(0);
}

/* l . S l of the lower triangle */
static PetscReal square_of(const Levels *l, const PetscReal x[])
{
  const PetscBLASInt n = l->n;
  PetscReal sum = 0;

  for (PetscBLASInt j = 0; j < n; j++) {
    sum += l->S[j * n + j] * x[j] * x[j];
    for (PetscBLASInt i = j + 1; i < n; i++) sum += 2 * l->S[j * n + i] * x[i] * x[j];
  }
  return sum;
}

PetscErrorCode DiffusivityOnLine(PhaseSpace space, const KineticProblem *problem, PetscReal *D,
                                 PetscReal *rounding, CellFailure *failure)
{
  const PetscInt top = space->settings.levels - 1;
  const PetscReal g = problem->friction,
                  speed = PetscSqrtReal(space->settings.temperature / space->settings.mass);
  PetscReal *loop, current = 0, size = 0;
  PetscBool good = PETSC_TRUE, null = PETSC_TRUE;
  Levels l;

  PetscFunctionBegin;
  PetscCall(levels_create(space, &l));
  PetscCall(PetscMalloc1(l.n, &loop));
  PetscCall(find_loop(&l, loop, &null));
  for (PetscInt i = 0; i < l.n * l.n; i++) l.S[i] = g * (PetscReal)top * l.F[top % 2][i];
  for (PetscInt level = top - 1; level >= 1 && good && failure->status == CELL_OK; level--) {
    eliminate(&l, g, level, &good);
    if (level % CHECK_EVERY == 0 && problem->interrupted && *problem->interrupted)
      PetscCall(KineticFail(failure, CELL_INTERRUPTED, "interrupted"));
  }
  if (failure->status == CELL_OK && (!good || !null))
    PetscCall(
        KineticFail(failure, CELL_NOT_CONVERGED,
                    "the waves are too few, or the weight varies too much, for the elimination of levels"));
  for (PetscInt i = 0; i < l.n; i++) {
    current += loop[i] * speed * space->integral[1][i];
    size += PetscAbsReal(loop[i] * speed * space->integral[1][i]);
  }
  *D = PetscSqr(current) / square_of(&l, loop);
  /* of the current, whose terms may cancel, and a few of every block */
  *rounding = PETSC_MACHINE_EPSILON * *D * (2 * size / PetscAbsReal(current) + 4 * (PetscReal)l.n);
  PetscCall(PetscFree(loop));
  PetscCall(levels_destroy(&l));
  PetscFunctionReturn(0);
}
