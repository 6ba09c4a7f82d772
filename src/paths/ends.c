/*
  Where a formula of x switches between zero and not zero. Its switches (the functions whose zeros are its kinks and
  jumps) are searched for changes of sign on a grid that is fine near zero and reaches far; the zeros found become points
  of the grid, so that an interval narrower than the grid shows as soon as one of its switches has a zero inside.
*/
#include "ends.h"

enum { GRID = 8192, ROUNDS = 4, MOST_POINTS = 65536 };
#define FARTHEST 15. /* the grid is sinh(t), |t| < this: up to 1.6e6 */

typedef struct {
  PetscInt n, n_switches;
  PetscReal *x; /* [2 * MOST_POINTS] ascending */
  Expression *switches;
  Program *one; /* of each switch */
} Search;

static PetscErrorCode evaluate(Program program, PetscInt n, const PetscReal x[], PetscReal value[])
{
  const PetscReal *variables[REITER_VARIABLES] = {x};

  PetscFunctionBegin;
  PetscCall(ProgramEvaluatePoints(program, n, variables, &value));
  PetscFunctionReturn(0);
}

/* The last number with the sign of f(a), between a and b, where the sign is another one. */
static PetscErrorCode bisect(Program f, PetscReal a, PetscReal fa, PetscReal b, PetscReal *zero)
{
  PetscFunctionBegin;
  for (PetscReal middle = a + (b - a) / 2; middle != a && middle != b; middle = a + (b - a) / 2) {
    PetscReal value;

    PetscCall(evaluate(f, 1, &middle, &value));
    if (value == 0) {
      a = middle;
      break;
    }
    if ((value > 0) == (fa > 0))
      a = middle;
    else
      b = middle;
  }
  *zero = a;
  PetscFunctionReturn(0);
}

/* Zeros of one switch between neighbouring points of the grid, appended to found[]. */
static PetscErrorCode find_zeros(const Search *s, PetscInt which, PetscReal value[], PetscInt *n_found,
                                 PetscReal found[])
{
  PetscFunctionBegin;
  PetscCall(evaluate(s->one[which], s->n, s->x, value));
  for (PetscInt i = 0; i + 1 < s->n && *n_found < MOST_POINTS; i++) {
    if (value[i] == 0 || value[i + 1] == 0 || (value[i] > 0) == (value[i + 1] > 0)) continue;
    PetscCall(bisect(s->one[which], s->x[i], value[i], s->x[i + 1], &found[*n_found]));
    (*n_found)++;
  }
  PetscFunctionReturn(0);
}

/* New points go into the grid; *grew: there were some. */
static PetscErrorCode refine(Search *s, PetscBool *grew)
{
  const PetscInt before = s->n;
  PetscInt n_found = 0, n = 0;
  PetscReal *value, *found;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(MOST_POINTS, &value, MOST_POINTS, &found));
  for (PetscInt j = 0; j < s->n_switches; j++) PetscCall(find_zeros(s, j, value, &n_found, found));
  for (PetscInt i = 0; i < n_found && s->n < MOST_POINTS; i++) s->x[s->n++] = found[i];
  PetscCall(PetscSortReal(s->n, s->x));
  for (PetscInt i = 0; i < s->n; i++)
    if (i == 0 || s->x[i] != s->x[n - 1]) s->x[n++] = s->x[i];
  s->n = n;
  *grew = (PetscBool)(n > before);
  PetscCall(PetscFree2(value, found));
  PetscFunctionReturn(0);
}

/* Between two ends of an open interval there may be no other point. */
static void add_middles(Search *s)
{
  for (PetscInt i = s->n - 1; i > 0; i--) {
    s->x[2 * i] = s->x[i];
    s->x[2 * i - 1] = s->x[i - 1] + (s->x[i] - s->x[i - 1]) / 2;
  }
  s->n = 2 * s->n - 1;
}

static PetscErrorCode search_create(Expression formula, const DynamicsInfo *info, Search *s)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof(*s)));
  PetscCall(PetscMalloc1(2 * MOST_POINTS, &s->x));
  PetscCall(ExpressionSwitches(formula, &s->n_switches, &s->switches));
  PetscCall(PetscMalloc1(s->n_switches, &s->one));
  for (PetscInt j = 0; j < s->n_switches; j++) PetscCall(ProgramCreate(1, &s->switches[j], &s->one[j]));
  for (PetscInt i = 0; i < GRID; i++) {
    const PetscReal u = ((PetscReal)i + 0.5) / GRID;

    s->x[s->n++] = info->bounded ? info->box[0][0] + u * (info->box[0][1] - info->box[0][0])
                                 : sinh(FARTHEST * (2 * u - 1));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode search_destroy(Search *s)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->n_switches; j++) {
    PetscCall(ProgramDestroy(&s->one[j]));
    PetscCall(ExpressionDestroy(&s->switches[j]));
  }
  PetscCall(PetscFree(s->switches));
  PetscCall(PetscFree(s->one));
  PetscCall(PetscFree(s->x));
  PetscFunctionReturn(0);
}

static PetscErrorCode is_inside(const Target *target, PetscReal x, PetscBool *inside)
{
  PetscReal value;

  PetscFunctionBegin;
  PetscCall(evaluate(target->program, 1, &x, &value));
  *inside = (PetscBool)(isfinite(value) && value != 0);
  PetscFunctionReturn(0);
}

/* The place between a and b where the answer changes: to the last bit, on the side of a. */
static PetscErrorCode find_end(const Target *target, PetscReal a, PetscBool at_a, PetscReal b, PetscReal *end)
{
  PetscFunctionBegin;
  for (PetscReal middle = a + (b - a) / 2; middle != a && middle != b; middle = a + (b - a) / 2) {
    PetscBool inside = PETSC_FALSE;

    PetscCall(is_inside(target, middle, &inside));
    if (inside == at_a)
      a = middle;
    else
      b = middle;
  }
  *end = a;
  PetscFunctionReturn(0);
}

PetscErrorCode EndsFind(Target *target, const DynamicsInfo *info, char **refused)
{
  PetscBool grew = PETSC_TRUE, was = PETSC_FALSE, any = PETSC_FALSE;
  Search s;

  PetscFunctionBegin;
  PetscCall(search_create(target->formula, info, &s));
  for (PetscInt round = 0; round < ROUNDS && grew; round++) PetscCall(refine(&s, &grew));
  add_middles(&s);
  for (PetscInt i = 0; i < s.n && !*refused; i++) {
    PetscBool is = PETSC_FALSE;
    PetscReal end = 0;

    PetscCall(is_inside(target, s.x[i], &is));
    any = (PetscBool)(any || is);
    if (i && is != was) {
      PetscCall(find_end(target, s.x[i - 1], was, s.x[i], &end));
      if (target->n_ends == MOST_ENDS) {
        PetscCall(
            PetscStrallocpy("The target of the paths has more than 64 ends: name a condition that holds on a "
                            "few intervals.",
                            refused));
      } else if (!target->n_ends || end > target->end[target->n_ends - 1]) {
        target->end[target->n_ends++] = end;
      }
    }
    was = is;
  }
  if (!any && !*refused) {
    PetscCall(PetscStrallocpy(
        "The target of the paths is empty: the condition holds nowhere within reach, and no path "
        "would ever arrive.",
        refused));
  }
  PetscCall(search_destroy(&s));
  PetscFunctionReturn(0);
}
