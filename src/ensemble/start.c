/* Starts drawn from the equilibrium: the cell of a fine grid by the inverse of its distribution function, the place in
   the cell evenly. The grid resolves the shortest period, so that the error is of the order of the square of its cells. */
#include "ensemble_private.h"

enum { MOST_CELLS = 4000000 };

typedef struct {
  PetscInt dim, cells[REITER_MAX_DIM], n;
  PetscReal box[REITER_MAX_DIM][2];
  PetscReal *below; /* [n + 1] probability of the cells before */
} Start;

static PetscErrorCode choose_cells(const EnsemblePlan *plan, Start *s, char **refused)
{
  static const PetscReal least[] = {0, 16384, 512, 64}, per_period[] = {0, 64, 16, 12};
  PetscReal total = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim; c++) {
    PetscReal cells = least[s->dim];

    if (plan->finest > 0)
      cells =
          PetscMax(cells, PetscCeilReal((s->box[c][1] - s->box[c][0]) / plan->finest * per_period[s->dim]));
    total *= cells;
    if (total > MOST_CELLS) {
      const char *const sentence =
          "the equilibrium is too fine to draw from; start at a point, with a burn_in";

      PetscCall(PetscStrallocpy(sentence, refused));
      PetscFunctionReturn(0);
    }
    s->cells[c] = (PetscInt)cells;
  }
  s->n = (PetscInt)total;
  PetscFunctionReturn(0);
}

static PetscErrorCode sum_up(const EnsemblePlan *plan, Start *s, char **refused)
{
  PetscReal largest = -PETSC_INFINITY, sum = 0, panel = 0;
  PetscBool known;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < s->dim; c++) panel = PetscMax(panel, s->box[c][1] - s->box[c][0]);
  PetscCall(PetscMalloc1(s->n + 1, &s->below));
  PetscReal *const mass = s->below + 1;

  PetscCall(EquilibriumMasses(plan->dynamics, s->dim, s->box, s->cells, panel, mass, &known));
  for (PetscInt i = 0; i < s->n; i++) largest = PetscMax(largest, mass[i]);
  if (!known || PetscIsInfOrNanReal(largest)) {
    PetscCall(PetscStrallocpy("the equilibrium density is not finite in the box", refused));
    PetscFunctionReturn(0);
  }
  s->below[0] = 0;
  for (PetscInt i = 0; i < s->n; i++) s->below[i + 1] = sum += PetscExpReal(mass[i] - largest);
  for (PetscInt i = 0; i < s->n; i++) s->below[i + 1] /= sum;
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleStartCreate(const EnsemblePlan *plan, void **start, char **refused)
{
  const CasePaths *wanted;
  Start *s;

  PetscFunctionBegin;
  PetscCall(CaseGetPaths(plan->c, &wanted));
  PetscCall(PetscNew(&s));
  s->dim = plan->dim;
  PetscCall(PetscArraycpy(&s->box[0][0], &wanted->box[0][0], 2 * REITER_MAX_DIM));
  PetscCall(choose_cells(plan, s, refused));
  if (!*refused) PetscCall(sum_up(plan, s, refused));
  *start = s;
  PetscFunctionReturn(0);
}

/* The cell i with below[i] <= u < below[i + 1]. */
static PetscInt find_cell(const Start *s, PetscReal u)
{
  PetscInt low = 0, high = s->n;

  while (high - low > 1) {
    const PetscInt middle = low + (high - low) / 2;

    if (s->below[middle] <= u)
      low = middle;
    else
      high = middle;
  }
  return low;
}

PetscErrorCode EnsembleStartDraw(const void *start, Paths paths, PathBlock *block)
{
  const Start *const s = start;
  PetscReal *u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((1 + s->dim) * block->n, &u));
  PetscCall(PathsUniform(paths, block->first, block->n, 1 + s->dim, u));
  for (PetscInt i = 0; i < block->n; i++) {
    PetscInt cell = find_cell(s, u[i]);

    for (PetscInt c = 0; c < s->dim; c++) {
      const PetscReal at = (PetscReal)(cell % s->cells[c]) + u[(1 + c) * block->n + i];

      block->x[c * DYNAMICS_BLOCK + i] =
          s->box[c][0] + (s->box[c][1] - s->box[c][0]) * at / (PetscReal)s->cells[c];
      cell /= s->cells[c];
    }
  }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(0);
}

PetscErrorCode EnsembleStartDestroy(void **start)
{
  PetscFunctionBegin;
  if (!*start) PetscFunctionReturn(0);
  PetscCall(PetscFree(((Start *)*start)->below));
  PetscCall(PetscFree(*start));
  PetscFunctionReturn(0);
}
