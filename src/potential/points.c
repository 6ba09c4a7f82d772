/* The potential at scattered macroscopic points: V0, and all of V at a finite e. */
#include "levels.h"

#define POINTS 1024 /* at once: every variable of them stays in the second-level cache */

/* One block: variables[v][POINTS] for every variable in use. */
typedef struct {
  PetscInt dim, scales;
  PetscReal inverse[REITER_MAX_SCALES + 1]; /* e^-k */
  PetscReal *values[REITER_VARIABLES];
  PetscReal *memory;
} Block;

static PetscErrorCode block_create(PetscInt dim, PetscInt scales, PetscReal epsilon, Block *block)
{
  PetscInt used = 0;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(block, sizeof(*block)));
  block->dim = dim;
  block->scales = scales;
  PetscCall(PetscMalloc1((scales + 1) * dim * POINTS, &block->memory));
  for (PetscInt k = 0; k <= scales; k++) {
    block->inverse[k] = k ? block->inverse[k - 1] / epsilon : 1;
    for (PetscInt c = 0; c < dim; c++)
      block->values[VariableIndex(k, c)] = block->memory + (size_t)POINTS * used++;
  }
  PetscFunctionReturn(0);
}

/* Fast variables are taken into the cell: the formulas have period one, and small arguments keep their digits. */
static void block_fill(const Block *block, PetscInt n, const PetscReal x[])
{
  for (PetscInt c = 0; c < block->dim; c++) {
    PetscReal *at = block->values[VariableIndex(0, c)];

    for (PetscInt i = 0; i < n; i++) at[i] = x[i * block->dim + c];
    for (PetscInt k = 1; k <= block->scales; k++) {
      PetscReal *fast = block->values[VariableIndex(k, c)];

      for (PetscInt i = 0; i < n; i++) {
        const PetscReal y = at[i] * block->inverse[k];
        fast[i] = y - PetscFloorReal(y);
      }
    }
  }
}

static PetscErrorCode evaluate(Program program, Block *block, PetscInt n, const PetscReal x[], PetscReal V[])
{
  PetscFunctionBegin;
  for (PetscInt start = 0; start < n; start += POINTS) {
    const PetscInt count = PetscMin(POINTS, n - start);
    PetscReal *out = V + start;

    block_fill(block, count, x + start * block->dim);
    PetscCall(ProgramEvaluatePoints(program, count, (const PetscReal *const *)block->values, &out));
  }
  PetscCall(PetscFree(block->memory));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialEvaluateReference(Potential potential, PetscInt n, const PetscReal x[],
                                          PetscReal V0[])
{
  Block block;

  PetscFunctionBegin;
  if (!potential->reference) PetscCall(ProgramCreate(1, &potential->V0, &potential->reference));
  PetscCall(block_create(potential->dim, 0, 1, &block));
  PetscCall(evaluate(potential->reference, &block, n, x, V0));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialEvaluateResolved(Potential potential, PetscReal epsilon, PetscInt n,
                                         const PetscReal x[], PetscReal V[])
{
  Block block;

  PetscFunctionBegin;
  if (!potential->resolved) {
    const Expression parts[] = {potential->V0, potential->V1};
    Expression sum;

    PetscCall(ExpressionSum(2, parts, &sum));
    PetscCall(ProgramCreate(1, &sum, &potential->resolved));
    PetscCall(ExpressionDestroy(&sum));
  }
  PetscCall(block_create(potential->dim, potential->scales, epsilon, &block));
  PetscCall(evaluate(potential->resolved, &block, n, x, V));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialMacroVariables(Potential potential, VariableSet *set)
{
  PetscFunctionBegin;
  PetscCall(ExpressionVariables(potential->V1, set));
  *set &= ScaleBits(0);
  PetscFunctionReturn(0);
}
