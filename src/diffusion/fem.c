/*
  Lagrange elements in h (mathematics, eq. 2.2). Cubes: Gauss-Lobatto quadrature at the nodes for mass and stiffness, so
  the mass is diagonal and the order stays p + 1 (2p for eigenvalues and functionals). Simplices: a rule exact to degree
  2p; at order 1 the mass is lumped at the vertices, above it is consistent.
*/
#include "diffusion_private.h"
#include "sparsity.h"
#include <petscblaslapack.h>

/* half the logarithm of w_q / b_a as a factor; stiffness and mass hold products of two */
static inline PetscReal half_ratio(PetscReal log_w, PetscReal log_b)
{
  return PetscExpReal(0.5 * (log_w - log_b));
}

/* at the middle of the element */
static PetscErrorCode report_unresolved(Diffusion d, PetscInt element, CoefficientFault *fault)
{
  const PetscInt n = d->mesh->simplex ? d->dim + 1 : (PetscInt)1 << d->dim;
  PetscReal corners[8 * REITER_MAX_DIM], x[REITER_MAX_DIM] = {0};

  PetscFunctionBegin;
  PetscCall(DomainElementCorners(d->domain, element, corners));
  for (PetscInt c = 0; c < d->dim; c++) {
    for (PetscInt a = 0; a < n; a++) x[c] += corners[a * d->dim + c] / (PetscReal)n;
  }
  PetscCall(FaultUnresolved(d, x, fault));
  PetscFunctionReturn(0);
}

/* T = measure J D J^T: the tensor in reference coordinates, J[r][c] = d(reference r)/d(x c) */
static inline void pull_back(PetscInt dim, PetscReal measure, const PetscReal J[], const PetscReal D[],
                             PetscReal T[])
{
  PetscReal JD[9];

  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      JD[i * dim + j] = 0;
      for (PetscInt c = 0; c < dim; c++) JD[i * dim + j] += J[i * dim + c] * D[c * dim + j];
    }
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      T[i * dim + j] = 0;
      for (PetscInt c = 0; c < dim; c++) T[i * dim + j] += measure * JD[i * dim + c] * J[j * dim + c];
    }
  }
}

/* The lower triangle of K[a][b] = int w grad phi_a . D grad phi_b / sqrt(b_a b_b) */
static inline void lower_stiffness(const ElementLoop *loop, PetscInt dim, PetscReal K[])
{
  const ElementRule *r = loop->rule;
  const PetscInt n = r->n;
  const PetscReal *log_b = loop->d->log_b;

  for (PetscInt q = 0; q < r->points; q++) {
    const PetscReal *g = r->gradient + q * n * dim;
    const PetscInt *active = r->active + q * n, n_active = r->n_active[q];
    PetscReal T[9], e[ELEMENT_RULE_NODES];
    pull_back(dim, loop->measure[q], loop->inverse + q * dim * dim, loop->D + q * dim * dim, T);
    for (PetscInt k = 0; k < n_active; k++) {
      const PetscInt a = active[k];
      PetscReal v[3] = {0, 0, 0};
      e[k] = half_ratio(loop->log_w[q], log_b[loop->nodes[a]]);
      for (PetscInt i = 0; i < dim; i++) {
        for (PetscInt j = 0; j < dim; j++) v[i] += T[i * dim + j] * g[a * dim + j];
      }
      for (PetscInt l = 0; l <= k; l++) {
        PetscReal sum = 0;
        for (PetscInt i = 0; i < dim; i++) sum += v[i] * g[active[l] * dim + i];
        K[a * n + active[l]] += e[k] * e[l] * sum;
      }
    }
  }
}

static void element_stiffness(const ElementLoop *loop, PetscReal K[])
{
  const PetscInt n = loop->rule->n;

  for (PetscInt k = 0; k < n * n; k++) K[k] = 0;
  /* with the dimension a constant the short loops unroll */
  if (loop->rule->dim == 1) lower_stiffness(loop, 1, K);
  if (loop->rule->dim == 2) lower_stiffness(loop, 2, K);
  if (loop->rule->dim == 3) lower_stiffness(loop, 3, K);
  for (PetscInt a = 0; a < n; a++) {
    for (PetscInt b = 0; b < a; b++) K[b * n + a] = K[a * n + b];
  }
}

static void element_mass(const ElementLoop *loop, PetscReal M[])
{
  const ElementRule *r = loop->rule;
  const PetscInt n = r->n;
  const PetscReal *log_b = loop->d->log_b;

  for (PetscInt k = 0; k < n * n; k++) M[k] = 0;
  for (PetscInt q = 0; q < r->points; q++) {
    PetscReal v[ELEMENT_RULE_NODES];
    for (PetscInt a = 0; a < n; a++) {
      v[a] = half_ratio(loop->log_w[q], log_b[loop->nodes[a]]) * r->value[q * n + a];
      for (PetscInt b = 0; b <= a; b++) M[a * n + b] += loop->measure[q] * v[a] * v[b];
    }
  }
  for (PetscInt a = 0; a < n; a++) {
    for (PetscInt b = 0; b < a; b++) M[b * n + a] = M[a * n + b];
  }
}

/* b_i = int w phi_i^2, as a multiple of w(x_i) */
static PetscErrorCode sum_diagonal(Diffusion d, CoefficientFault *fault)
{
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(d->volume, d->mesh->n_nodes));
  PetscCall(ElementLoopBegin(d, &d->rule, LOOP_WEIGHT, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    for (PetscInt a = 0; a < d->rule.n; a++) {
      const PetscInt l = loop.nodes[a];
      PetscReal sum = 0;
      for (PetscInt q = 0; q < d->rule.points; q++) {
        const PetscReal v = d->rule.value[q * d->rule.n + a];
        sum += loop.measure[q] * v * v * PetscExpReal(loop.log_w[q] - d->log_w[l]);
      }
      d->volume[l] += sum;
      if (!(sum > 0) || PetscIsInfReal(sum)) PetscCall(report_unresolved(d, loop.e, &loop.fault));
    }
  }
  *fault = loop.fault;
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(FaultAgree(d->comm, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  PetscCall(NodesSum(d, d->volume));
  for (PetscInt l = 0; l < d->mesh->n_nodes; l++) d->log_b[l] = d->log_w[l] + PetscLogReal(d->volume[l]);
  PetscFunctionReturn(0);
}

/* The least eigenvalue of an element's mass scaled to unit diagonal: below it B has none (Wathen). */
static PetscErrorCode element_bound(PetscInt n, const PetscReal M[], PetscReal *smallest)
{
  PetscReal A[35 * 35], eigenvalue[35], work[8 * 35];
  PetscBLASInt size = (PetscBLASInt)n, n_work = 8 * 35, info;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < n; a++) {
    for (PetscInt b = 0; b < n; b++) {
      A[a * n + b] = M[a * n + b] / (PetscSqrtReal(M[a * n + a]) * PetscSqrtReal(M[b * n + b]));
      /* entries below the smallest number: their node hears from heavier elements only */
      if (!(M[a * n + a] > 0) || !(M[b * n + b] > 0)) A[a * n + b] = a == b ? 1 : 0;
    }
  }
  LAPACKsyev_("N", "L", &size, A, &size, eigenvalue, work, &n_work, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's syev returned %d", (int)info);
  *smallest = PetscMin(*smallest, eigenvalue[0]);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_element(ElementLoop *loop, Mat A, const PetscReal K[])
{
  const PetscInt n = loop->rule->n;
  PetscInt rows[ELEMENT_RULE_NODES];
  PetscReal size = 0;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < n; a++) {
    rows[a] = loop->d->free_global[loop->nodes[a]]; /* -1 is left out by MatSetValues */
    size += PetscAbsReal(K[a * n + a]);
  }
  if (PetscIsInfOrNanReal(size)) {
    PetscCall(report_unresolved(loop->d, loop->e, &loop->fault));
  } else {
    PetscCall(MatSetValues(A, n, rows, n, rows, K, ADD_VALUES));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode assemble(Diffusion d, PetscReal *smallest, CoefficientFault *fault)
{
  PetscReal *K;
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->rule.n * d->rule.n, &K));
  PetscCall(ElementLoopBegin(d, &d->rule, LOOP_WEIGHT | LOOP_TENSOR, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    element_stiffness(&loop, K);
    PetscCall(add_element(&loop, d->system.S, K));
    if (d->system.B) {
      element_mass(&loop, K);
      PetscCall(element_bound(d->rule.n, K, smallest));
      PetscCall(add_element(&loop, d->system.B, K));
    }
  }
  *fault = loop.fault;
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(PetscFree(K));
  PetscCall(FaultAgree(d->comm, fault));
  PetscFunctionReturn(0);
}

static PetscErrorCode fem_set_up(Diffusion d, CoefficientFault *fault)
{
  const DomainMesh *m = d->mesh;
  const PetscBool consistent = m->simplex && m->order > 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal smallest = 1, all;

  PetscFunctionBegin;
  PetscCall(ElementRuleCreate(d->dim, m->order, m->simplex, m->simplex ? PETSC_FALSE : PETSC_TRUE, &d->rule));
  PetscCall(NodesEvaluate(d, m->simplex ? PETSC_FALSE : PETSC_TRUE, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  PetscCall(NodesLimitSlope(d, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  if (consistent) {
    PetscCall(sum_diagonal(d, fault));
    if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
    PetscCall(ElementMatrixCreate(d, &d->system.B));
  } else {
    PetscCall(NodesLump(d));
  }
  PetscCall(ElementMatrixCreate(d, &d->system.S));
  PetscCall(assemble(d, &smallest, fault));
  if (fault->trouble != COEFFICIENT_GOOD) {
    PetscCall(MatDestroy(&d->system.S));
    PetscCall(MatDestroy(&d->system.B));
    PetscFunctionReturn(0);
  }
  PetscCall(MatAssemblyBegin(d->system.S, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(d->system.S, MAT_FINAL_ASSEMBLY));
  if (consistent) {
    PetscCall(MatAssemblyBegin(d->system.B, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(d->system.B, MAT_FINAL_ASSEMBLY));
  }
  PetscCallMPI(MPI_Allreduce(&smallest, &all, 1, MPIU_REAL, MPIU_MIN, d->comm));
  PetscCall(SystemFinish(d, all));
  PetscFunctionReturn(0);
}

/* sum_q omega_q w grad h . D grad h with h relative to its value at the element's heaviest node, in units of
   1/sqrt(b) there: the constant part, which may be huge beside the differences, cancels before it is differentiated. */
static PetscReal element_energy(const ElementLoop *loop, const PetscReal g[])
{
  const ElementRule *r = loop->rule;
  const PetscInt n = r->n, dim = r->dim;
  const PetscReal *log_b = loop->d->log_b;
  PetscReal h[ELEMENT_RULE_NODES], energy = 0;
  PetscInt top = 0;

  for (PetscInt a = 1; a < n; a++) {
    if (log_b[loop->nodes[a]] > log_b[loop->nodes[top]]) top = a;
  }
  for (PetscInt a = 0; a < n; a++) {
    h[a] = g[loop->nodes[a]] * half_ratio(log_b[loop->nodes[top]], log_b[loop->nodes[a]]);
    if (a != top) h[a] -= g[loop->nodes[top]];
  }
  h[top] = 0;
  for (PetscInt q = 0; q < r->points; q++) {
    const PetscReal scale = half_ratio(loop->log_w[q], log_b[loop->nodes[top]]);
    const PetscReal *J = loop->inverse + q * dim * dim, *D = loop->D + q * dim * dim;
    PetscReal t[3] = {0, 0, 0}, v[3] = {0, 0, 0};
    for (PetscInt a = 0; a < n; a++) {
      for (PetscInt i = 0; i < dim; i++) t[i] += r->gradient[(q * n + a) * dim + i] * h[a];
    }
    for (PetscInt c = 0; c < dim; c++) {
      for (PetscInt i = 0; i < dim; i++) v[c] += scale * J[i * dim + c] * t[i];
    }
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) energy += loop->measure[q] * v[i] * D[i * dim + j] * v[j];
    }
  }
  return energy;
}

static PetscErrorCode fem_energy(Diffusion d, Vec g, PetscReal *energy)
{
  PetscReal *values;
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  *energy = 0;
  PetscCall(PetscMalloc1(d->mesh->n_nodes, &values));
  PetscCall(FreeNodesGetLocalValues(d, g, values));
  PetscCall(ElementLoopBegin(d, &d->rule, LOOP_WEIGHT | LOOP_TENSOR, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    *energy += element_energy(&loop, values);
  }
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSchemeFem(Diffusion d)
{
  PetscFunctionBegin;
  d->ops = (DiffusionOps){.SetUp = fem_set_up, .Energy = fem_energy};
  PetscFunctionReturn(0);
}
