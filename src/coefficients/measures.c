/* Coefficients with the tensor a multiple of the identity: the measures exp(-V0/s) and exp(-V/s) at a finite e, and any
   weight with another diffusivity. */
#include "coefficients_private.h"

typedef struct {
  Potential potential; /* borrowed */
  PetscReal epsilon;   /* 0: V0 alone */
  PetscReal temperature;
  PetscInt dim;
  PetscReal *x; /* [COEFFICIENT_BLOCK][dim] */
} Measure;

static void fill_isotropic(PetscInt dim, PetscReal factor, CoefficientBlock *block)
{
  for (PetscInt k = 0; k < dim * dim && block->D[0]; k++)
    for (PetscInt i = 0; i < block->n; i++) block->D[k][i] = k % (dim + 1) ? 0 : factor;
}

static PetscErrorCode measure_evaluate(void *data, CoefficientBlock *block)
{
  Measure *m = data;

  PetscFunctionBegin;
  fill_isotropic(m->dim, m->temperature, block);
  if (!block->log_w) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < block->n; i++)
    for (PetscInt c = 0; c < m->dim; c++) m->x[i * m->dim + c] = block->x[c][i];
  if (m->epsilon > 0)
    PetscCall(PotentialEvaluateResolved(m->potential, m->epsilon, block->n, m->x, block->log_w));
  else
    PetscCall(PotentialEvaluateReference(m->potential, block->n, m->x, block->log_w));
  for (PetscInt i = 0; i < block->n; i++) block->log_w[i] /= -m->temperature;
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_destroy(void *data)
{
  Measure *m = data;

  PetscFunctionBegin;
  PetscCall(PetscFree(m->x));
  PetscCall(PetscFree(m));
  PetscFunctionReturn(0);
}

static const CoefficientsOps reference_ops = {.source = "reference",
                                              .positive = PETSC_TRUE,
                                              .weight = ": the potential is infinite there",
                                              .Evaluate = measure_evaluate,
                                              .Destroy = measure_destroy};
static const CoefficientsOps resolved_ops = {.source = "resolved",
                                             .positive = PETSC_TRUE,
                                             .weight = ": the potential is infinite there",
                                             .Evaluate = measure_evaluate,
                                             .Destroy = measure_destroy};

static PetscErrorCode create_measure(Potential potential, PetscReal epsilon, const CoefficientsOps *ops,
                                     Coefficients *coefficients)
{
  Measure *m;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  m->potential = potential;
  m->epsilon = epsilon;
  PetscCall(PotentialGetSizes(potential, &m->dim, NULL, &m->temperature));
  PetscCall(PetscMalloc1(m->dim * COEFFICIENT_BLOCK, &m->x));
  PetscCall(CoefficientsCreate(m->dim, ops, m, coefficients));
  (*coefficients)->info.constant_tensor = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsCreateReference(Potential potential, Coefficients *coefficients)
{
  PetscFunctionBegin;
  PetscCall(create_measure(potential, 0, &reference_ops, coefficients));
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsCreateResolved(Potential potential, PetscReal epsilon, Coefficients *coefficients)
{
  PetscFunctionBegin;
  PetscCheck(epsilon > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Epsilon %g", (double)epsilon);
  PetscCall(create_measure(potential, epsilon, &resolved_ops, coefficients));
  PetscFunctionReturn(0);
}

typedef struct {
  Coefficients base; /* referenced */
  PetscReal factor;
} Isotropic;

static PetscErrorCode isotropic_setup(Coefficients coefficients, const volatile int *interrupted,
                                      CellFailure *failure)
{
  Isotropic *iso = coefficients->data;

  PetscFunctionBegin;
  PetscCall(CoefficientsSetUp(iso->base, interrupted, failure));
  coefficients->info = iso->base->info;
  coefficients->info.constant_tensor = PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscErrorCode isotropic_evaluate(void *data, CoefficientBlock *block)
{
  Isotropic *iso = data;
  CoefficientBlock weight = *block;

  PetscFunctionBegin;
  fill_isotropic(iso->base->dim, iso->factor, block);
  if (!block->log_w) PetscFunctionReturn(0);
  weight.D[0] = NULL;
  PetscCall(iso->base->ops->Evaluate(iso->base->data, &weight));
  block->outside = weight.outside;
  PetscFunctionReturn(0);
}

static PetscErrorCode isotropic_destroy(void *data)
{
  Isotropic *iso = data;

  PetscFunctionBegin;
  PetscCall(CoefficientsDestroy(&iso->base));
  PetscCall(PetscFree(iso));
  PetscFunctionReturn(0);
}

static const CoefficientsOps isotropic_ops = {.source = "isotropic",
                                              .positive = PETSC_TRUE,
                                              .SetUp = isotropic_setup,
                                              .Evaluate = isotropic_evaluate,
                                              .Destroy = isotropic_destroy};

PetscErrorCode CoefficientsCreateIsotropic(Coefficients base, PetscReal factor, Coefficients *coefficients)
{
  Isotropic *iso;

  PetscFunctionBegin;
  PetscCheck(factor > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Factor %g", (double)factor);
  PetscCall(PetscNew(&iso));
  iso->base = base;
  iso->factor = factor;
  PetscCall(CoefficientsReference(base));
  PetscCall(CoefficientsCreate(base->dim, &isotropic_ops, iso, coefficients));
  (*coefficients)->words = base->words;
  (*coefficients)->info = base->info;
  (*coefficients)->info.constant_tensor = PETSC_TRUE;
  (*coefficients)->ready = base->ready;
  PetscFunctionReturn(0);
}
