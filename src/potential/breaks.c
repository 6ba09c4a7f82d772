/*
  The planes x_{k,c} = const on which V1 has kinks or jumps: zeros of its switch functions, bracketed on a
  fine grid and bisected to round-off. A plane is found by the change of sign of the switch function (or of
  its being zero) across it, also if the function jumps there.
*/
#include "levels.h"

#define CELLS       4096 /* of the search; a power of two, so that the usual fractions are nodes */
#define MOST_BREAKS 1024 /* more of them are noise around zero, not planes */
#define SAME_PLANE  1e-12

typedef struct {
  Expression u;
  PetscInt variable;
  PetscReal values[REITER_VARIABLES];
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

/* Adds the sign changes of u along component c, one cell beyond both ends of the period. */
static PetscErrorCode find_roots(Search *search, PetscInt k, PetscInt c, PetscInt dim, PetscInt *count,
                                 PetscReal found[])
{
  const PetscInt nodes = CELLS + 3;
  PetscInt n[REITER_MAX_DIM] = {1, 1, 1};
  PetscReal *x, *u, *out[1];
  const PetscReal *axis[REITER_MAX_DIM];
  Program program = NULL;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(nodes, &x, nodes, &u));
  for (PetscInt i = 0; i < nodes; i++) x[i] = (PetscReal)(i - 1) / CELLS;
  for (PetscInt j = 0; j < dim; j++) axis[j] = &search->values[VariableIndex(k, j)];
  axis[c] = x;
  n[c] = nodes;
  out[0] = u;
  PetscCall(ProgramCreate(1, &search->u, &program));
  PetscCall(ProgramEvaluateGrid(program, k, dim, n, axis, search->values, out));
  PetscCall(ProgramDestroy(&program));
  for (PetscInt i = 0; i + 1 < nodes && *count < MOST_BREAKS; i++) {
    if (sign_of(u[i]) == sign_of(u[i + 1])) continue;
    PetscCall(bisect(search, x[i], x[i + 1], sign_of(u[i]), &found[(*count)++]));
  }
  PetscCall(PetscFree2(x, u));
  PetscFunctionReturn(0);
}

/* Sorted in [0, 1), each once. */
static PetscErrorCode merge(PetscInt *n, PetscReal points[])
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

static PetscErrorCode compute_breaks(Potential potential, const Level *level, PetscInt k, PetscInt c,
                                     const PetscReal frozen[], PetscInt *n, PetscReal found[])
{
  Search search;
  VariableSet set;

  PetscFunctionBegin;
  *n = 0;
  search.variable = VariableIndex(k, c);
  PetscCall(PetscArraycpy(search.values, frozen, REITER_VARIABLES));
  for (PetscInt j = 0; j < REITER_MAX_DIM; j++) search.values[VariableIndex(k, j)] = 0;
  for (PetscInt i = 0; i < level->n_switches; i++) {
    PetscCall(ExpressionVariables(level->switches[i], &set));
    if ((set & ScaleBits(k)) != VariableBit(k, c) || set >> VariableIndex(k + 1, 0)) continue;
    search.u = level->switches[i];
    PetscCall(find_roots(&search, k, c, potential->dim, n, found));
  }
  PetscFunctionReturn(0);
}

/* Whether every kink lies on planes, and whether those across component c stay when other scales move. */
static PetscErrorCode look_at_switches(Level *level, PetscInt k, PetscInt c, PetscBool *aligned,
                                       PetscBool *fixed)
{
  VariableSet set;

  PetscFunctionBegin;
  if (!level->have_switches) {
    PetscCall(ExpressionSwitches(level->seen, &level->n_switches, &level->switches));
    level->have_switches = PETSC_TRUE;
  }
  *aligned = *fixed = PETSC_TRUE;
  for (PetscInt i = 0; i < level->n_switches; i++) {
    VariableSet here;

    PetscCall(ExpressionVariables(level->switches[i], &set));
    here = (set & ScaleBits(k)) >> VariableIndex(k, 0);
    /* Oblique, or moving with a faster scale that the cell's coefficient has averaged over. */
    if (here && (here & (here - 1) || set >> VariableIndex(k + 1, 0))) *aligned = PETSC_FALSE;
    if (here == (VariableSet)1 << c && (set & ~ScaleBits(k))) *fixed = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialLevelBreaks(Potential potential, PetscInt k, PetscInt c, const PetscReal frozen[],
                                    PetscInt *n, PetscReal **breaks, PetscBool *aligned)
{
  PetscReal found[MOST_BREAKS];
  const PetscReal *from = found;
  PetscBool fixed = PETSC_FALSE;
  Level *level = NULL;

  PetscFunctionBegin;
  PetscCheck(k >= 0 && k <= potential->scales && c >= 0 && c < potential->dim, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE, "Component %" PetscInt_FMT " of scale %" PetscInt_FMT, c, k);
  level = &potential->levels[k];
  PetscCall(look_at_switches(level, k, c, aligned, &fixed));
  if (level->have_breaks[c]) {
    *n = level->n_breaks[c];
    from = level->breaks[c];
  } else {
    PetscCall(compute_breaks(potential, level, k, c, frozen, n, found));
    if (*n < MOST_BREAKS) PetscCall(merge(n, found));
  }
  if (fixed && !level->have_breaks[c]) {
    PetscCall(PetscMalloc1(*n, &level->breaks[c]));
    PetscCall(PetscArraycpy(level->breaks[c], found, *n));
    level->n_breaks[c] = *n;
    level->have_breaks[c] = PETSC_TRUE;
  }
  if (*n == MOST_BREAKS) {
    *aligned = PETSC_FALSE;
    *n = 0;
  }
  PetscCall(PetscMalloc1(*n, breaks));
  PetscCall(PetscArraycpy(*breaks, from, *n));
  PetscFunctionReturn(0);
}
