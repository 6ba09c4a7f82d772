/* Coefficients given by formulas of the macroscopic variables. */
#include "coefficients_private.h"

enum { WANT_WEIGHT = 1, WANT_TENSOR = 2, WANT_SETS = 4 };

typedef struct {
  PetscInt dim;
  Expression formulas[1 + REITER_MAX_DIM * REITER_MAX_DIM]; /* log w, D */
  Program programs[WANT_SETS];                              /* of what is wanted, made when first asked for */
} Formulas;

static PetscErrorCode formulas_destroy(void *data)
{
  Formulas *f = data;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 1 + f->dim * f->dim; i++) PetscCall(ExpressionDestroy(&f->formulas[i]));
  for (PetscInt i = 0; i < WANT_SETS; i++) PetscCall(ProgramDestroy(&f->programs[i]));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(0);
}

static PetscErrorCode formulas_evaluate(void *data, CoefficientBlock *block)
{
  Formulas *f = data;
  const PetscInt want = (block->log_w ? WANT_WEIGHT : 0) | (block->D[0] ? WANT_TENSOR : 0);
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal *out[1 + REITER_MAX_DIM * REITER_MAX_DIM];
  PetscInt n = 0;

  PetscFunctionBegin;
  if (!want) PetscFunctionReturn(0);
  if (!f->programs[want]) {
    const PetscInt first = want & WANT_WEIGHT ? 0 : 1, last = want & WANT_TENSOR ? 1 + f->dim * f->dim : 1;

    PetscCall(ProgramCreate(last - first, &f->formulas[first], &f->programs[want]));
  }
  for (PetscInt c = 0; c < f->dim; c++) variables[VariableIndex(0, c)] = block->x[c];
  if (want & WANT_WEIGHT) out[n++] = block->log_w;
  for (PetscInt k = 0; k < f->dim * f->dim && (want & WANT_TENSOR); k++) out[n++] = block->D[k];
  PetscCall(ProgramEvaluatePoints(f->programs[want], block->n, variables, out));
  PetscFunctionReturn(0);
}

static const CoefficientsOps formulas_ops = {
    .source = "formulas",
    .weight = ", or beyond the range of numbers: give its logarithm as log_weight instead",
    .Evaluate = formulas_evaluate,
    .Destroy = formulas_destroy};

PetscErrorCode CoefficientsCreateFormulas(PetscInt dim, Expression log_weight, const Expression tensor[],
                                          Coefficients *coefficients)
{
  VariableSet set, tensor_set = 0;
  Formulas *f;

  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= REITER_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Dimension %" PetscInt_FMT, dim);
  PetscCall(PetscNew(&f));
  f->dim = dim;
  for (PetscInt i = 0; i < 1 + dim * dim; i++) {
    f->formulas[i] = i ? tensor[i - 1] : log_weight;
    PetscCall(ExpressionReference(f->formulas[i]));
    PetscCall(ExpressionVariables(f->formulas[i], &set));
    PetscCheck(set >> VariableIndex(0, dim) == 0, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
               "A coefficient depends on more than the macroscopic position");
    if (i) tensor_set |= set;
  }
  PetscCall(CoefficientsCreate(dim, &formulas_ops, f, coefficients));
  (*coefficients)->info.constant_tensor = (PetscBool)(tensor_set == 0);
  PetscFunctionReturn(0);
}
