/*
  The multiscale equation at a finite e: b = -grad V^e, where d/dx_c of V(x, x/e, .., x/e^N) is the sum over k of e^-k
  d/dx_{k,c}. The partial derivatives are one program, so that what they share is computed once.
*/
#include "vectorised.h"
#include "multiscale.h"

/* The partial derivatives of V that are not zero. */
static PetscErrorCode derive(Multiscale *m, Expression V)
{
  Expression all[REITER_VARIABLES];
  VariableSet set;

  PetscFunctionBegin;
  PetscCall(ExpressionVariables(V, &set));
  for (PetscInt c = 0; c < m->dim; c++) {
    m->first[c] = m->n_partials;
    for (PetscInt k = 0; k <= m->scales; k++) {
      if (!(set & VariableBit(k, c))) continue;
      PetscCall(ExpressionDerive(V, VariableIndex(k, c), &all[m->n_partials]));
      m->scale[m->n_partials++] = k;
    }
  }
  m->first[m->dim] = m->n_partials;
  if (m->n_partials) PetscCall(ProgramCreate(m->n_partials, all, &m->partials));
  for (PetscInt i = 0; i < m->n_partials; i++) PetscCall(ExpressionDestroy(&all[i]));
  PetscFunctionReturn(0);
}

/* Fast variables are taken into the cell: the formulas have period one, and small arguments keep their digits. */
ANY_MACHINE static void reduce(PetscInt n, const PetscReal *restrict x, PetscReal inverse,
                               PetscReal *restrict fast)
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal y = x[i] * inverse;
    fast[i] = y - floor(y);
  }
}

/* The drift out of the partial derivatives; zero times infinity makes everything that is not finite NaN. */
ANY_MACHINE static void add(PetscInt n, PetscReal factor, const PetscReal *restrict partial,
                            PetscReal *restrict b)
{
  for (PetscInt i = 0; i < n; i++) b[i] -= factor * partial[i];
}

ANY_MACHINE static void finish(PetscInt n, PetscReal factor, PetscReal *restrict b)
{
  for (PetscInt i = 0; i < n; i++) b[i] = factor * b[i] + 0 * b[i];
}

static PetscErrorCode evaluate(Dynamics dynamics, PetscInt n, PetscInt stride, const PetscReal x[],
                               PetscReal b[], PetscReal S[], PetscReal log_w[])
{
  Multiscale *const m = dynamics->data;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < m->dim; c++) {
    m->variables[VariableIndex(0, c)] = x + c * stride;
    for (PetscInt k = 1; k <= m->scales; k++) {
      if (!(m->used & VariableBit(k, c))) continue;
      reduce(n, x + c * stride, m->inverse[k], m->fast[k - 1][c]);
    }
  }
  if (b && m->n_partials) PetscCall(ProgramEvaluatePoints(m->partials, n, m->variables, m->out));
  for (PetscInt c = 0; c < m->dim && b; c++) {
    PetscReal *const component = b + c * stride;

    PetscCall(PetscArrayzero(component, n));
    for (PetscInt i = m->first[c]; i < m->first[c + 1]; i++)
      add(n, m->inverse[m->scale[i]], m->out[i], component);
    finish(n, 1, component);
  }
  for (PetscInt i = 0; i < m->dim * m->dim && S; i++) {
    const PetscReal entry = i % (m->dim + 1) ? 0 : PetscSqrtReal(m->temperature);

    for (PetscInt j = 0; j < n; j++) S[i * stride + j] = entry;
  }
  if (log_w) {
    PetscCall(ProgramEvaluatePoints(m->value, n, m->variables, &log_w));
    finish(n, -1 / m->temperature, log_w);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(Dynamics dynamics)
{
  Multiscale *m = dynamics->data;

  PetscFunctionBegin;
  PetscCall(ProgramDestroy(&m->partials));
  PetscCall(ProgramDestroy(&m->value));
  PetscCall(ExpressionDestroy(&m->V));
  PetscCall(PetscFree(m->memory));
  PetscCall(PetscFree(m));
  PetscFunctionReturn(0);
}

static void fill_info(const Multiscale *m, PetscReal epsilon, DynamicsInfo *info)
{
  info->dim = m->dim;
  info->constant_noise = PETSC_TRUE;
  for (PetscInt i = 0; i < m->dim; i++) info->D[i * m->dim + i] = m->temperature;
  info->epsilon = epsilon;
}

PetscErrorCode DynamicsCreateMultiscale(Potential potential, PetscReal epsilon, Dynamics *dynamics)
{
  static const DynamicsOps ops = {evaluate, MultiscaleLargestStep, destroy};
  Expression parts[2];
  PetscReal *next;
  Multiscale *m;

  PetscFunctionBegin;
  PetscCheck(epsilon > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "epsilon %g", (double)epsilon);
  PetscCall(PetscNew(&m));
  PetscCall(PotentialGetSizes(potential, &m->dim, &m->scales, &m->temperature));
  m->inverse[0] = 1;
  for (PetscInt k = 1; k <= REITER_MAX_SCALES; k++) m->inverse[k] = m->inverse[k - 1] / epsilon;
  PetscCall(PotentialGetFormulas(potential, &parts[0], &parts[1]));
  PetscCall(ExpressionSum(2, parts, &m->V));
  PetscCall(ExpressionVariables(m->V, &m->used));
  PetscCall(derive(m, m->V));
  PetscCall(ProgramCreate(1, &m->V, &m->value));
  PetscCall(PetscMalloc1((m->scales * m->dim + m->n_partials) * DYNAMICS_BLOCK, &m->memory));
  next = m->memory;
  for (PetscInt k = 0; k < m->scales; k++) {
    for (PetscInt c = 0; c < m->dim; c++, next += DYNAMICS_BLOCK)
      m->variables[VariableIndex(k + 1, c)] = m->fast[k][c] = next;
  }
  for (PetscInt i = 0; i < m->n_partials; i++, next += DYNAMICS_BLOCK) m->out[i] = next;
  PetscCall(PetscNew(dynamics));
  (*dynamics)->ops = &ops;
  (*dynamics)->data = m;
  fill_info(m, epsilon, &(*dynamics)->info);
  PetscFunctionReturn(0);
}
