/* w = Z, D = s M from a table of the cascade (1.2), (1.3): V0 from its formula at every point. */
#include "cascade_table.h"
#include "tensor.h"

static PetscErrorCode source_evaluate(void *data, CoefficientBlock *block)
{
  CascadeTable *t = data;
  const PetscInt dim = t->dim;
  PetscReal sum[CHEBYSHEV_COMPONENTS], tensor[9];

  PetscFunctionBegin;
  if (block->log_w) {
    for (PetscInt i = 0; i < block->n; i++)
      for (PetscInt c = 0; c < dim; c++) t->x[i * dim + c] = block->x[c][i];
    PetscCall(PotentialEvaluateReference(t->potential, block->n, t->x, block->log_w));
  }
  for (PetscInt i = 0; i < block->n; i++) {
    PetscReal x[REITER_MAX_DIM] = {0};

    for (PetscInt c = 0; c < dim; c++) {
      const PetscReal low = t->box[c][0], high = t->box[c][1], slack = 1e-9 * (high - low);

      if (!t->active[c]) continue;
      x[c] = PetscMin(PetscMax(block->x[c][i], low), high);
      if (!(PetscAbsReal(block->x[c][i] - x[c]) <= slack) && block->outside < 0) block->outside = i;
      if (PetscIsNanReal(x[c])) x[c] = low;
    }
    ChebyshevEvaluate(&t->tree, x, sum);
    if (block->log_w) block->log_w[i] = -block->log_w[i] / t->temperature + sum[0];
    if (!block->D[0]) continue;
    TensorUnpack(dim, &sum[1], tensor);
    for (PetscInt k = 0; k < dim * dim; k++) block->D[k][i] = t->temperature * tensor[k];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode source_destroy(void *data)
{
  CascadeTable *t = data;

  PetscFunctionBegin;
  PetscCall(ChebyshevTreeDestroy(&t->tree));
  PetscCall(PetscFree(t->x));
  PetscCall(PetscFree(t));
  PetscFunctionReturn(0);
}

static const CoefficientsOps source_ops = {.source = "cascade",
                                           .positive = PETSC_TRUE,
                                           .weight = ": the potential is infinite there",
                                           .where = "box in which the cascade was tabulated",
                                           .SetUp = CascadeTableBuild,
                                           .Evaluate = source_evaluate,
                                           .Destroy = source_destroy};

PetscErrorCode CoefficientsCreateCascade(MPI_Comm comm, Potential potential, Cascade cascade,
                                         const PetscReal box[][2], PetscReal tolerance,
                                         Coefficients *coefficients)
{
  VariableSet set;
  CascadeTable *t;

  PetscFunctionBegin;
  PetscCheck(tolerance > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Tolerance %g", (double)tolerance);
  PetscCall(PetscNew(&t));
  t->comm = comm;
  t->potential = potential;
  t->cascade = cascade;
  t->tolerance = tolerance;
  PetscCall(PotentialGetSizes(potential, &t->dim, NULL, &t->temperature));
  PetscCall(PotentialMacroVariables(potential, &set));
  for (PetscInt c = 0; c < t->dim; c++) {
    PetscCheck(box[c][0] < box[c][1], PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Empty box");
    t->box[c][0] = box[c][0];
    t->box[c][1] = box[c][1];
    t->active[c] = (PetscBool)((set & VariableBit(0, c)) != 0);
  }
  PetscCall(PetscMalloc1(t->dim * COEFFICIENT_BLOCK, &t->x));
  PetscCall(CoefficientsCreate(t->dim, &source_ops, t, coefficients));
  (*coefficients)->info.constant_tensor = (PetscBool)(set == 0);
  PetscFunctionReturn(0);
}
