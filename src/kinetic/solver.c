#include "solver_private.h"
#include <stdarg.h>

/* The methods solve for the levels from `first` up: 2 where a chain gives levels 0 and 1 (shift 0), else 0; then, at shift 0,
   the unknown `pin` of level 0 is held at zero, which no equation misses: constants are stationary from both sides. */
struct _p_KineticSolver {
  const KineticSystem *system;
  const KineticMethod *method;
  void *data;
  PetscReal shift, norm;
  Mat A, M; /* shift B - T - g C, and what the method has of it */
  PetscInt first, pin, *begin;
  IS upper;
  KineticChain chain;
  Vec unit;                      /* of the upper levels: of the loop's answer; NULL: none */
  PetscReal *around, loop_value; /* K_0 f_0 of the loop, and its product with the loop */
  Vec b, x, r, dx;               /* upper levels */
};

PetscErrorCode KineticFail(CellFailure *failure, CellStatus status, const char format[], ...)
{
  va_list arguments;

  PetscFunctionBegin;
  failure->status = status;
  va_start(arguments, format);
  vsnprintf(failure->message, sizeof(failure->message), format, arguments);
  va_end(arguments);
  PetscFunctionReturn(0);
}

/* Whether level by level is quicker than a sparse factorisation: where blocks are nearly full, and in one dimension at shift 0,
   whose Schur complements keep the digits of tiny gaps. */
static PetscErrorCode is_best_by_levels(const KineticSystem *system, PetscReal shift, PetscBool *is)
{
  const PetscReal most_memory = 2e9, full = 0.2;
  PetscReal memory = 0;
  MatInfo info;

  PetscFunctionBegin;
  for (PetscInt n = 0; n < system->levels; n++)
    memory += 8 * PetscSqr((PetscReal)(system->level_begin[n + 1] - system->level_begin[n]));
  PetscCall(MatGetInfo(system->T, MAT_LOCAL, &info));
  /* T has two blocks in most rows */
  *is = (PetscBool)(memory < most_memory &&
                    ((system->dim == 1 && shift == 0) || info.nz_used * 8 > 2 * full * memory));
  PetscFunctionReturn(0);
}

/* Whether the sparse block elimination is near enough: two dimensions, where sparse factors of the whole fill in, and friction
   not too small against the fastest wave (steps at a ratio of 2.5: 17, of 25: 100). Small systems are quicker by lu. */
static PetscErrorCode is_best_by_steps(const KineticSystem *system, PetscReal g, PetscReal shift,
                                       PetscBool *is)
{
  const PetscInt large = 15000;
  const PetscReal most_ratio = 30;
  PetscReal fastest;
  IS level[2];
  Mat K;

  PetscFunctionBegin;
  *is = PETSC_FALSE;
  if (system->dim == 1 || system->levels < 2 || system->n < large) PetscFunctionReturn(0);
  for (PetscInt n = 0; n < 2; n++)
    PetscCall(ISCreateStride(PETSC_COMM_SELF, system->level_begin[n + 1] - system->level_begin[n],
                             system->level_begin[n], 1, &level[n]));
  PetscCall(MatCreateSubMatrix(system->T, level[1], level[0], MAT_INITIAL_MATRIX, &K));
  PetscCall(MatNorm(K, NORM_INFINITY, &fastest));
  *is = (PetscBool)(fastest <= most_ratio * (g + shift));
  PetscCall(MatDestroy(&K));
  PetscCall(ISDestroy(&level[0]));
  PetscCall(ISDestroy(&level[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode choose_method(const KineticSystem *system, PetscReal g, PetscReal shift,
                                    const char name[], const KineticMethod **method, CellFailure *failure)
{
  const KineticMethod *all[] = {&KineticMethodFraction, &KineticMethodLu, &KineticMethodKrylov};
  PetscBool same, automatic, by_levels = PETSC_FALSE, by_steps = PETSC_FALSE;

  PetscFunctionBegin;
  *method = NULL;
  PetscCall(PetscStrcmp(name, "auto", &automatic));
  if (automatic) {
    PetscCall(is_best_by_levels(system, shift, &by_levels));
    if (!by_levels) PetscCall(is_best_by_steps(system, g, shift, &by_steps));
    *method = by_levels ? &KineticMethodFraction : by_steps ? &KineticMethodKrylov : &KineticMethodLu;
  }
  for (PetscInt k = 0; k < (PetscInt)PETSC_STATIC_ARRAY_LENGTH(all) && !*method; k++) {
    PetscCall(PetscStrcmp(name, all[k]->name, &same));
    if (same) *method = all[k];
  }
  if (!*method)
    PetscCall(KineticFail(
        failure, CELL_REFUSED,
        "there is no solver %s of the kinetic equation: auto, continued_fraction, lu, krylov", name));
  PetscFunctionReturn(0);
}

static PetscErrorCode form_matrix(KineticSolver s, PetscReal g)
{
  PetscFunctionBegin;
  PetscCall(MatDuplicate(s->system->B, MAT_DO_NOT_COPY_VALUES, &s->A)); /* a diagonal, if only of zeros */
  PetscCall(MatZeroEntries(s->A));
  PetscCall(MatAXPY(s->A, -1, s->system->T, DIFFERENT_NONZERO_PATTERN));
  PetscCall(MatAXPY(s->A, -g, s->system->C, DIFFERENT_NONZERO_PATTERN));
  if (s->shift > 0) PetscCall(MatAXPY(s->A, s->shift, s->system->B, DIFFERENT_NONZERO_PATTERN));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_pin(KineticSolver s)
{
  const PetscScalar *one;

  PetscFunctionBegin;
  s->pin = 0;
  PetscCall(VecGetArrayRead(s->system->one, &one));
  for (PetscInt i = 1; i < s->system->level_begin[1]; i++)
    if (PetscAbsReal(one[i]) > PetscAbsReal(one[s->pin])) s->pin = i;
  PetscCall(VecRestoreArrayRead(s->system->one, &one));
  PetscFunctionReturn(0);
}

static PetscErrorCode form_upper(KineticSolver s)
{
  const PetscInt start = s->system->level_begin[s->first], n = s->system->n - start;

  PetscFunctionBegin;
  PetscCall(ISCreateStride(PETSC_COMM_SELF, n, start, 1, &s->upper));
  PetscCall(MatCreateSubMatrix(s->A, s->upper, s->upper, MAT_INITIAL_MATRIX, &s->M));
  if (s->shift == 0 && !s->chain) {
    PetscCall(find_pin(s));
    PetscCall(MatZeroRowsColumns(s->M, 1, &s->pin, 1, NULL, NULL));
  }
  PetscCall(MatNorm(s->M, NORM_INFINITY, &s->norm));
  PetscCall(MatCreateVecs(s->M, &s->x, &s->b));
  PetscCall(VecDuplicate(s->x, &s->r));
  PetscCall(VecDuplicate(s->x, &s->dx));
  PetscCall(PetscMalloc1(s->system->levels - s->first + 1, &s->begin));
  for (PetscInt k = s->first; k <= s->system->levels; k++)
    s->begin[k - s->first] = s->system->level_begin[k] - start;
  PetscFunctionReturn(0);
}

/* M x = b with steps of iterative refinement; what stays is judged against |M| |x| + |b|. */
static PetscErrorCode solve_upper(KineticSolver s, CellFailure *failure)
{
  PetscReal residual, size, given, last = PETSC_MAX_REAL;

  PetscFunctionBegin;
  PetscCall(VecNorm(s->b, NORM_INFINITY, &given));
  PetscCall(s->method->Solve(s->data, s->b, s->x, failure));
  for (PetscInt step = 0; !failure->status; step++) {
    PetscCall(MatMult(s->M, s->x, s->r));
    PetscCall(VecAYPX(s->r, -1, s->b));
    PetscCall(VecNorm(s->r, NORM_INFINITY, &residual));
    PetscCall(VecNorm(s->x, NORM_INFINITY, &size));
    const PetscReal scale = s->norm * size + given;
    if (residual <= 4 * PETSC_MACHINE_EPSILON * scale) break;
    if (step == 5 || !(residual < last / 2)) {
      if (!(residual <= 1e-11 * scale))
        PetscCall(KineticFail(failure, CELL_NOT_CONVERGED, "the linear solver %s leaves a residual of %.1e",
                              s->method->name, (double)(residual / scale)));
      break;
    }
    last = residual;
    PetscCall(s->method->Solve(s->data, s->r, s->dx, failure));
    if (!failure->status) PetscCall(VecAXPY(s->x, 1, s->dx));
  }
  PetscFunctionReturn(0);
}

/* x and b have f_1 and b: the levels above by the method, and v = K_0 f_0 from the rows of level 1. */
static PetscErrorCode solve_above(KineticSolver s, Vec b, Vec x, PetscReal v[], CellFailure *failure)
{
  const PetscInt begin1 = s->system->level_begin[1], n1 = s->system->level_begin[2] - begin1;
  const PetscScalar *row, *given;
  Vec product, part;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(x, &product));
  if (s->first < s->system->levels) {
    PetscCall(MatMult(s->A, x, product)); /* levels 0 and above 1 of x are zero so far */
    PetscCall(VecAYPX(product, -1, b));
    PetscCall(VecGetSubVector(product, s->upper, &part));
    PetscCall(VecCopy(part, s->b));
    PetscCall(VecRestoreSubVector(product, s->upper, &part));
    PetscCall(solve_upper(s, failure));
    PetscCall(VecISCopy(x, s->upper, SCATTER_FORWARD, s->x));
  }
  PetscCall(MatMult(s->A, x, product));
  PetscCall(VecGetArrayRead(product, &row));
  PetscCall(VecGetArrayRead(b, &given));
  for (PetscInt i = 0; i < n1; i++) v[i] = row[begin1 + i] - given[begin1 + i];
  PetscCall(VecRestoreArrayRead(b, &given));
  PetscCall(VecRestoreArrayRead(product, &row));
  PetscCall(VecDestroy(&product));
  PetscFunctionReturn(0);
}

static PetscReal product_of(PetscInt n, const PetscReal a[], const PetscReal b[])
{
  PetscReal sum = 0;
  for (PetscInt i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* The answer to the loop alone. */
static PetscErrorCode prepare_loop(KineticSolver s, CellFailure *failure)
{
  const PetscInt begin1 = s->system->level_begin[1], n1 = s->system->level_begin[2] - begin1;
  const PetscReal *loop;
  PetscScalar *values;
  Vec zero;

  PetscFunctionBegin;
  PetscCall(KineticChainLoop(s->chain, &loop));
  if (!loop) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(s->system->one, &s->unit));
  PetscCall(VecDuplicate(s->system->one, &zero));
  PetscCall(VecSet(zero, 0));
  PetscCall(VecSet(s->unit, 0));
  PetscCall(VecGetArray(s->unit, &values));
  PetscCall(PetscArraycpy(values + begin1, loop, n1));
  PetscCall(VecRestoreArray(s->unit, &values));
  PetscCall(PetscMalloc1(n1, &s->around));
  PetscCall(solve_above(s, zero, s->unit, s->around, failure));
  s->loop_value = product_of(n1, loop, s->around);
  PetscCall(VecDestroy(&zero));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSolverCreate(const KineticSystem *system, PetscReal g, PetscReal shift,
                                   const char name[], KineticSolver *solver, CellFailure *failure)
{
  KineticSolver s;

  PetscFunctionBegin;
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(PetscNew(solver));
  s = *solver;
  s->system = system;
  s->shift = shift;
  s->pin = -1;
  PetscCall(choose_method(system, g, shift, name, &s->method, failure));
  if (!failure->status && shift == 0 && system->levels < 2)
    PetscCall(KineticFail(failure, CELL_REFUSED, "one level alone has no motion"));
  if (failure->status) PetscFunctionReturn(0);
  PetscCall(form_matrix(s, g));
  if (shift == 0) PetscCall(KineticChainCreate(system, &s->chain));
  s->first = s->chain ? 2 : 0;
  if (s->first < system->levels) {
    PetscCall(form_upper(s));
    const LevelSystem levels = {s->M, s->begin[system->levels - s->first], system->levels - s->first,
                                s->begin};
    PetscCall(s->method->Create(&levels, &s->data, failure));
  }
  if (!failure->status && s->chain) PetscCall(prepare_loop(s, failure));
  PetscFunctionReturn(0);
}

/* x -= (total . x) one: total . one = 1. */
static PetscErrorCode take_mean(KineticSolver s, Vec x)
{
  PetscReal mean;

  PetscFunctionBegin;
  PetscCall(VecDot(s->system->total, x, &mean));
  PetscCall(VecAXPY(x, -mean, s->system->one));
  PetscFunctionReturn(0);
}

static PetscErrorCode solve_chain(KineticSolver s, Vec b, Vec x, CellFailure *failure)
{
  const PetscInt begin1 = s->system->level_begin[1], n1 = s->system->level_begin[2] - begin1;
  const PetscScalar *given;
  PetscScalar *values;
  PetscReal *v;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n1, &v));
  PetscCall(VecSet(x, 0));
  PetscCall(VecGetArray(x, &values));
  PetscCall(VecGetArrayRead(b, &given));
  PetscCall(KineticChainFlux(s->chain, given, values + begin1));
  PetscCall(VecRestoreArrayRead(b, &given));
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(solve_above(s, b, x, v, failure));
  if (s->unit && !failure->status) {
    const PetscReal *loop;
    PetscCall(KineticChainLoop(s->chain, &loop));
    const PetscReal c = -product_of(n1, loop, v) / s->loop_value;
    PetscCall(VecAXPY(x, c, s->unit));
    for (PetscInt i = 0; i < n1; i++) v[i] += c * s->around[i];
  }
  PetscCall(VecGetArray(x, &values));
  if (!failure->status) PetscCall(KineticChainIntegrate(s->chain, v, values));
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(PetscFree(v));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSolverSolve(KineticSolver s, Vec b, Vec x, CellFailure *failure)
{
  PetscReal mass;
  Vec right;

  PetscFunctionBegin;
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(VecDuplicate(b, &right));
  PetscCall(VecCopy(b, right));
  if (s->shift == 0) { /* round-off alone */
    PetscCall(VecDot(b, s->system->one, &mass));
    PetscCall(VecAXPY(right, -mass, s->system->total));
  }
  if (s->chain) {
    PetscCall(solve_chain(s, right, x, failure));
  } else {
    PetscCall(VecCopy(right, s->b));
    if (s->pin >= 0) PetscCall(VecSetValue(s->b, s->pin, 0, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(s->b));
    PetscCall(VecAssemblyEnd(s->b));
    PetscCall(solve_upper(s, failure));
    PetscCall(VecCopy(s->x, x));
  }
  if (s->shift == 0) PetscCall(take_mean(s, x));
  PetscCall(VecDestroy(&right));
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSolverGetInfo(KineticSolver solver, const char **name, PetscBool *sharp)
{
  PetscFunctionBegin;
  if (name) *name = solver->method ? solver->method->name : "none";
  if (sharp) *sharp = solver->chain ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode KineticSolverDestroy(KineticSolver *solver)
{
  KineticSolver s = *solver;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  if (s->data) PetscCall(s->method->Destroy(s->data));
  PetscCall(KineticChainDestroy(&s->chain));
  PetscCall(MatDestroy(&s->A));
  PetscCall(MatDestroy(&s->M));
  PetscCall(ISDestroy(&s->upper));
  PetscCall(VecDestroy(&s->unit));
  PetscCall(VecDestroy(&s->b));
  PetscCall(VecDestroy(&s->x));
  PetscCall(VecDestroy(&s->r));
  PetscCall(VecDestroy(&s->dx));
  PetscCall(PetscFree(s->around));
  PetscCall(PetscFree(s->begin));
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(0);
}
