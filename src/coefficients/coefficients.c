#include "coefficients_private.h"

PetscErrorCode CoefficientsCreate(PetscInt dim, const CoefficientsOps *ops, void *data,
                                  Coefficients *coefficients)
{
  Coefficients c;

  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= REITER_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Dimension %" PetscInt_FMT, dim);
  PetscCall(PetscNew(&c));
  c->references = 1;
  c->dim = dim;
  c->ops = c->words = ops;
  c->data = data;
  c->info.source = ops->source;
  c->quiet = PETSC_TRUE;
  c->max_points = 20000;
  c->ready = (PetscBool)!ops->SetUp;
  PetscCall(PetscMalloc1((dim + 1 + dim * dim) * COEFFICIENT_BLOCK, &c->memory));
  *coefficients = c;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsReference(Coefficients coefficients)
{
  PetscFunctionBegin;
  coefficients->references++;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsDestroy(Coefficients *coefficients)
{
  PetscFunctionBegin;
  if (*coefficients && --(*coefficients)->references == 0) {
    PetscCall((*coefficients)->ops->Destroy((*coefficients)->data));
    PetscCall(PetscFree((*coefficients)->memory));
    PetscCall(PetscFree(*coefficients));
  }
  *coefficients = NULL;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsSetCheckpoint(Coefficients coefficients, Checkpoint checkpoint)
{
  PetscFunctionBegin;
  coefficients->checkpoint = checkpoint;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsSetQuiet(Coefficients coefficients, PetscBool quiet)
{
  PetscFunctionBegin;
  coefficients->quiet = quiet;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsSetLimit(Coefficients coefficients, PetscInt max_points)
{
  PetscFunctionBegin;
  coefficients->max_points = max_points;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsSetUp(Coefficients coefficients, const volatile int *interrupted,
                                 CellFailure *failure)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(failure, sizeof(*failure)));
  if (coefficients->ready) PetscFunctionReturn(0);
  PetscCall(coefficients->ops->SetUp(coefficients, interrupted, failure));
  coefficients->ready = (PetscBool)(failure->status == CELL_OK);
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsGetInfo(Coefficients coefficients, PetscInt *dim, CoefficientsInfo *info)
{
  PetscFunctionBegin;
  if (dim) *dim = coefficients->dim;
  if (info) *info = coefficients->info;
  PetscFunctionReturn(0);
}

/* The first trouble of point i of a block. */
static CoefficientTrouble examine(Coefficients c, const CoefficientBlock *block, PetscInt i,
                                  const PetscReal x[], CoefficientFault *fault)
{
  const PetscInt dim = c->dim;
  CoefficientTrouble trouble = COEFFICIENT_GOOD;
  PetscReal D[REITER_MAX_DIM * REITER_MAX_DIM];

  if (i == block->outside) {
    FaultOutside(dim, x, c->words->where, fault);
    return fault->trouble;
  }
  if (block->log_w) trouble = FaultWeight(dim, x, block->log_w[i], c->words->weight, fault);
  if (trouble || !block->D[0]) return trouble;
  for (PetscInt k = 0; k < dim * dim; k++) D[k] = block->D[k][i];
  return FaultTensor(dim, x, D, c->ops->positive, fault);
}

static void interleave(PetscInt dim, const CoefficientBlock *block, PetscReal D[])
{
  for (PetscInt r = 0; r < dim; r++) {
    for (PetscInt s = r; s < dim; s++) {
      const PetscReal *a = block->D[r * dim + s], *b = block->D[s * dim + r];
      PetscReal *upper = D + r * dim + s, *lower = D + s * dim + r;

      for (PetscInt i = 0; i < block->n; i++)
        upper[i * dim * dim] = lower[i * dim * dim] = r == s ? a[i] : 0.5 * (a[i] + b[i]);
    }
  }
}

PetscErrorCode CoefficientsEvaluate(Coefficients coefficients, PetscInt n, const PetscReal x[],
                                    PetscReal log_w[], PetscReal D[], CoefficientFault *fault)
{
  Coefficients c = coefficients;
  const PetscInt dim = c->dim;
  CoefficientBlock block;

  PetscFunctionBegin;
  PetscCheck(c->ready, PETSC_COMM_SELF, PETSC_ERR_ORDER, "CoefficientsSetUp() comes first");
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscMemzero(&block, sizeof(block)));
  for (PetscInt k = 0; k < dim; k++) block.x[k] = c->memory + k * COEFFICIENT_BLOCK;
  if (log_w) block.log_w = c->memory + dim * COEFFICIENT_BLOCK;
  for (PetscInt k = 0; k < dim * dim && D; k++) block.D[k] = c->memory + (dim + 1 + k) * COEFFICIENT_BLOCK;
  for (PetscInt start = 0; start < n; start += COEFFICIENT_BLOCK) {
    const PetscReal *at = x + start * dim;

    block.n = PetscMin(COEFFICIENT_BLOCK, n - start);
    block.outside = -1;
    for (PetscInt i = 0; i < block.n; i++)
      for (PetscInt k = 0; k < dim; k++) block.x[k][i] = at[i * dim + k];
    PetscCall(c->ops->Evaluate(c->data, &block));
    for (PetscInt i = 0; i < block.n && !fault->trouble; i++)
      fault->trouble = examine(c, &block, i, at + i * dim, fault);
    if (log_w) PetscCall(PetscArraycpy(log_w + start, block.log_w, block.n));
    if (D) interleave(dim, &block, D + start * dim * dim);
  }
  PetscFunctionReturn(0);
}
