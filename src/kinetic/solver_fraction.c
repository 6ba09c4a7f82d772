/*
  Block elimination from the highest level down: S_N = A_N, S_n = A_n + K_n^T S_{n+1}^-1 K_n, with K_n = -M_{n+1,n}. Every S_n is
  symmetric positive definite (a matrix continued fraction: Risken, The Fokker-Planck Equation, sec. 9.1 and 10.3), so that no pivots are needed
  and no friction is too small.
*/
#include "solver_private.h"
#include <petscblaslapack.h>

/* Dense inverses that are kept, in bytes. */
static const PetscReal most_memory = 6e9;
/* Multiplications: about a quarter of an hour. */
static const PetscReal most_work = 2e12;

typedef struct {
  PetscInt levels, *begin;
  PetscReal **inverse;        /* [levels] S_n^-1, both triangles */
  PetscInt **first, **column; /* [levels - 1] rows of K_n, compressed */
  PetscReal **value;
  PetscReal *work;
} Fraction;

static PetscInt size_of(const Fraction *f, PetscInt n)
{
  return f->begin[n + 1] - f->begin[n];
}

static PetscErrorCode fraction_destroy(void *data)
{
  Fraction *f = data;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < f->levels; n++) {
    PetscCall(PetscFree(f->inverse[n]));
    PetscCall(PetscFree3(f->first[n], f->column[n], f->value[n]));
  }
  PetscCall(PetscFree4(f->inverse, f->first, f->column, f->value));
  PetscCall(PetscFree(f->begin));
  PetscCall(PetscFree(f->work));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_work(const LevelSystem *system, CellFailure *failure)
{
  PetscReal memory = 0, work = 0;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < system->levels; n++) {
    const PetscReal size = (PetscReal)(system->level_begin[n + 1] - system->level_begin[n]);
    memory += 8 * size * size;
    work += size * size * size;
  }
  if (memory > most_memory || work > most_work)
    PetscCall(KineticFail(failure, CELL_LIMIT,
                          "the continued fraction of %" PetscInt_FMT " levels and %" PetscInt_FMT
                          " unknowns takes %.1f GB and %.0e multiplications: the most are %.1f GB and %.0e; "
                          "the solver lu takes less",
                          system->levels, system->n, (double)(memory / 1e9), (double)work,
                          (double)(most_memory / 1e9), (double)most_work));
  PetscFunctionReturn(0);
}

/* The rows of level n + 1 in the columns of level n, with the sign turned. */
static PetscErrorCode copy_coupling(Fraction *f, Mat M, PetscInt n)
{
  const PetscInt begin = f->begin[n + 1], rows = size_of(f, n + 1), *columns;
  const PetscScalar *values;
  PetscInt count, total = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < rows; i++) {
    PetscCall(MatGetRow(M, begin + i, &count, NULL, NULL));
    total += count;
    PetscCall(MatRestoreRow(M, begin + i, &count, NULL, NULL));
  }
  PetscCall(PetscMalloc3(rows + 1, &f->first[n], total, &f->column[n], total, &f->value[n]));
  total = 0;
  for (PetscInt i = 0; i < rows; i++) {
    f->first[n][i] = total;
    PetscCall(MatGetRow(M, begin + i, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++)
      if (columns[k] >= f->begin[n] && columns[k] < begin && values[k] != 0) {
        f->column[n][total] = columns[k] - f->begin[n];
        f->value[n][total++] = -values[k];
      }
    PetscCall(MatRestoreRow(M, begin + i, &count, &columns, &values));
  }
  f->first[n][rows] = total;
  PetscFunctionReturn(0);
}

static PetscErrorCode copy_diagonal(const Fraction *f, Mat M, PetscInt n, PetscReal S[])
{
  const PetscInt begin = f->begin[n], size = size_of(f, n), *columns;
  const PetscScalar *values;
  PetscInt count;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(S, size * size));
  for (PetscInt i = 0; i < size; i++) {
    PetscCall(MatGetRow(M, begin + i, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++)
      if (columns[k] >= begin && columns[k] < begin + size) S[i * size + columns[k] - begin] = values[k];
    PetscCall(MatRestoreRow(M, begin + i, &count, &columns, &values));
  }
  PetscFunctionReturn(0);
}

/* S += K^T X K with X = S_{n+1}^-1; Y = X K takes rows * size places, Z as many. */
static void add_square(const Fraction *f, PetscInt n, const PetscReal X[], PetscReal Y[], PetscReal Z[],
                       PetscReal S[])
{
  const PetscInt rows = size_of(f, n + 1), size = size_of(f, n);

  memset(Y, 0, sizeof(PetscReal) * (size_t)(rows * size));
  for (PetscInt i = 0; i < rows; i++)
    for (PetscInt k = f->first[n][i]; k < f->first[n][i + 1]; k++) {
      PetscReal *y = Y + f->column[n][k] * rows;
      const PetscReal *x = X + i * rows, v = f->value[n][k];
      for (PetscInt j = 0; j < rows; j++) y[j] += v * x[j];
    }
  for (PetscInt a = 0; a < size; a++)
    for (PetscInt i = 0; i < rows; i++) Z[i * size + a] = Y[a * rows + i];
  for (PetscInt i = 0; i < rows; i++)
    for (PetscInt k = f->first[n][i]; k < f->first[n][i + 1]; k++) {
      PetscReal *s = S + f->column[n][k] * size;
      const PetscReal *z = Z + i * size, v = f->value[n][k];
      for (PetscInt j = 0; j < size; j++) s[j] += v * z[j];
    }
}

/* S -> S^-1, both triangles. */
static PetscErrorCode invert(PetscInt size, PetscReal S[], PetscInt level, CellFailure *failure)
{
  PetscBLASInt n, info;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(size, &n));
  PetscCall(PetscFPTrapPush(PETSC_FP_TRAP_OFF));
  LAPACKpotrf_("L", &n, S, &n, &info);
  if (!info) LAPACKpotri_("L", &n, S, &n, &info);
  PetscCall(PetscFPTrapPop());
  if (info) {
    PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                          "level %" PetscInt_FMT " of the continued fraction is singular to rounding",
                          level));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < size; i++)
    for (PetscInt j = i + 1; j < size; j++) S[j * size + i] = S[i * size + j];
  PetscFunctionReturn(0);
}

static PetscErrorCode eliminate(Fraction *f, Mat M, CellFailure *failure)
{
  PetscInt most = 0;
  PetscReal *Y, *Z;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < f->levels; n++) most = PetscMax(most, size_of(f, n));
  PetscCall(PetscMalloc2(most * most, &Y, most * most, &Z));
  for (PetscInt n = f->levels - 1; n >= 0 && !failure->status; n--) {
    const PetscInt size = size_of(f, n);
    PetscCall(PetscMalloc1(size * size, &f->inverse[n]));
    PetscCall(copy_diagonal(f, M, n, f->inverse[n]));
    if (n + 1 < f->levels) {
      PetscCall(copy_coupling(f, M, n));
      add_square(f, n, f->inverse[n + 1], Y, Z, f->inverse[n]);
    }
    PetscCall(invert(size, f->inverse[n], n, failure));
  }
  PetscCall(PetscFree2(Y, Z));
  PetscFunctionReturn(0);
}

static PetscErrorCode fraction_create(const LevelSystem *system, void **data, CellFailure *failure)
{
  Fraction *f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  *data = f;
  f->levels = system->levels;
  PetscCall(PetscMalloc1(f->levels + 1, &f->begin));
  PetscCall(PetscArraycpy(f->begin, system->level_begin, f->levels + 1));
  PetscCall(PetscCalloc4(f->levels, &f->inverse, f->levels, &f->first, f->levels, &f->column, f->levels,
                         &f->value));
  PetscCall(PetscMalloc1(2 * system->n, &f->work));
  PetscCall(check_work(system, failure));
  if (!failure->status) PetscCall(eliminate(f, system->M, failure));
  PetscFunctionReturn(0);
}

/* y = X r */
static void apply_inverse(PetscInt size, const PetscReal X[], const PetscReal r[], PetscReal y[])
{
  for (PetscInt i = 0; i < size; i++) {
    PetscReal sum = 0;
    for (PetscInt j = 0; j < size; j++) sum += X[i * size + j] * r[j];
    y[i] = sum;
  }
}

static PetscErrorCode fraction_solve(void *data, Vec b, Vec x, CellFailure *failure)
{
  Fraction *f = data;
  const PetscScalar *given;
  PetscScalar *y;
  PetscReal *r = f->work;
  const PetscInt n_all = f->begin[f->levels];

  PetscFunctionBegin;
  (void)failure;
  PetscCall(VecGetArrayRead(b, &given));
  PetscCall(PetscArraycpy(r, given, n_all));
  PetscCall(VecRestoreArrayRead(b, &given));
  PetscCall(VecGetArray(x, &y));
  for (PetscInt n = f->levels - 1; n >= 0; n--) {
    apply_inverse(size_of(f, n), f->inverse[n], r + f->begin[n], y + f->begin[n]);
    if (n == 0) break;
    for (PetscInt i = 0; i < size_of(f, n); i++) /* r_{n-1} -= K^T S_n^-1 r_n */
      for (PetscInt k = f->first[n - 1][i]; k < f->first[n - 1][i + 1]; k++)
        r[f->begin[n - 1] + f->column[n - 1][k]] -= f->value[n - 1][k] * y[f->begin[n] + i];
  }
  for (PetscInt n = 1; n < f->levels; n++) { /* x_n = S_n^-1 (r_n + K x_{n-1}) */
    for (PetscInt i = 0; i < size_of(f, n); i++)
      for (PetscInt k = f->first[n - 1][i]; k < f->first[n - 1][i + 1]; k++)
        r[f->begin[n] + i] += f->value[n - 1][k] * y[f->begin[n - 1] + f->column[n - 1][k]];
    apply_inverse(size_of(f, n), f->inverse[n], r + f->begin[n], y + f->begin[n]);
  }
  PetscCall(VecRestoreArray(x, &y));
  PetscFunctionReturn(0);
}

const KineticMethod KineticMethodFraction = {"continued_fraction", fraction_create, fraction_solve,
                                             fraction_destroy};
