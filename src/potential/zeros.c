/*
  The zeros of a function along one fast variable: bracketed on a fine grid and bisected to round-off. A zero is found
  by the change of sign of the function (or of its being zero) across it, also if the function jumps there.
*/
#include <reiter/expression.h>

#define CELLS      4096 /* of the search; a power of two, so that the usual fractions are nodes */
#define NODES      (CELLS + 3)
#define SAME_PLANE 1e-12

typedef struct {
  Expression u;
  PetscInt variable;
  PetscReal *values; /* borrowed; that of the variable moves */
} Search;

static PetscInt sign_of(PetscReal value)
{
  return (value > 0) - (value < 0);
}

/* The sign changes between left and right: the point of the change. */
static PetscErrorCode bisect(Search *search, PetscReal left, PetscReal right, PetscInt sign_left,
                             PetscReal *root)
{
  PetscFunctionBegin;
  for (;;) {
    PetscReal middle = .5 * (left + right), value;

    if (middle <= left || middle >= right || right - left < 1e-17) break;
    search->values[search->variable] = middle;
    PetscCall(ExpressionEvaluate(search->u, search->values, &value));
    if (sign_of(value) == sign_left)
      left = middle;
    else
      right = middle;
  }
  *root = sign_left == 0 ? left : right; /* of a zero, its last point; otherwise the first one beyond */
  PetscFunctionReturn(0);
}

/* Values of u along the component, one cell beyond both ends of the period. */
static PetscErrorCode sample(const Search *search, Program program, PetscReal x[], PetscReal u[])
{
  const PetscInt k = search->variable / REITER_MAX_DIM, c = search->variable % REITER_MAX_DIM;
  PetscInt n[REITER_MAX_DIM] = {1, 1, 1};
  const PetscReal *axis[REITER_MAX_DIM];
  Program own = NULL;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < NODES; i++) x[i] = (PetscReal)(i - 1) / CELLS;
  for (PetscInt j = 0; j < REITER_MAX_DIM; j++) axis[j] = &search->values[VariableIndex(k, j)];
  axis[c] = x;
  n[c] = NODES;
  if (!program) PetscCall(ProgramCreate(1, &search->u, &own));
  PetscCall(ProgramEvaluateGrid(program ? program : own, k, REITER_MAX_DIM, n, axis, search->values, &u));
  PetscCall(ProgramDestroy(&own));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionSignChanges(Expression u, Program program, PetscInt variable, PetscReal values[],
                                     PetscInt most, PetscInt *n, PetscReal found[])
{
  Search search = {u, variable, values};
  const PetscReal before = values[variable];
  PetscReal *x, *at;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(NODES, &x, NODES, &at));
  PetscCall(sample(&search, program, x, at));
  for (PetscInt i = 0; i + 1 < NODES && *n < most; i++) {
    if (sign_of(at[i]) == sign_of(at[i + 1])) continue;
    PetscCall(bisect(&search, x[i], x[i + 1], sign_of(at[i]), &found[(*n)++]));
  }
  values[variable] = before;
  PetscCall(PetscFree2(x, at));
  PetscFunctionReturn(0);
}

PetscErrorCode PeriodicSort(PetscInt *n, PetscReal points[])
{
  PetscInt kept = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < *n; i++) {
    points[i] -= floor(points[i]);
    if (points[i] < SAME_PLANE || points[i] > 1 - SAME_PLANE) points[i] = 0;
  }
  PetscCall(PetscSortReal(*n, points));
  for (PetscInt i = 0; i < *n; i++)
    if (kept == 0 || points[i] - points[kept - 1] > SAME_PLANE) points[kept++] = points[i];
  *n = kept;
  PetscFunctionReturn(0);
}
