#include "passage_private.h"

enum { MAX_ORDER = 4, MAX_NODES = (MAX_ORDER + 1) * (MAX_ORDER + 1) * (MAX_ORDER + 1) };

/* Gauss-Lobatto points of [0, 1]. */
static void lobatto(PetscInt order, PetscReal node[])
{
  const PetscReal inner[MAX_ORDER + 1] = {0, 0, 0, PetscSqrtReal(0.2), PetscSqrtReal(3.0 / 7.0)};

  for (PetscInt i = 0; i <= order; i++) node[i] = (PetscReal)i / (PetscReal)order;
  if (order < 3) return;
  node[1] = (1 - inner[order]) / 2;
  node[order - 1] = (1 + inner[order]) / 2;
}

static void line_basis(PetscInt order, PetscReal x, PetscReal basis[])
{
  PetscReal node[MAX_ORDER + 1];

  lobatto(order, node);
  for (PetscInt i = 0; i <= order; i++) {
    basis[i] = 1;
    for (PetscInt j = 0; j <= order; j++)
      if (j != i) basis[i] *= (x - node[j]) / (node[i] - node[j]);
  }
}

/* prod_{m < n} (order l - m)/(n - m): one at l = n/order, zero at the multiples of 1/order below. */
static PetscReal ladder(PetscInt order, PetscInt n, PetscReal l)
{
  PetscReal product = 1;

  for (PetscInt m = 0; m < n; m++) product *= ((PetscReal)order * l - (PetscReal)m) / (PetscReal)(n - m);
  return product;
}

static void simplex_basis(PetscInt dim, PetscInt order, const PetscReal x[], PetscReal basis[])
{
  const PetscInt last[2] = {dim > 1 ? order : 0, dim > 2 ? order : 0};
  const PetscReal y = dim > 1 ? x[1] : 0, z = dim > 2 ? x[2] : 0;
  PetscInt n = 0;

  for (PetscInt k = 0; k <= last[1]; k++) {
    for (PetscInt j = 0; j <= PetscMin(last[0], order - k); j++) {
      for (PetscInt i = 0; i <= order - j - k; i++) {
        basis[n++] = ladder(order, i, x[0]) * ladder(order, j, y) * ladder(order, k, z) *
                     ladder(order, order - i - j - k, 1 - x[0] - y - z);
      }
    }
  }
}

PetscErrorCode LagrangeBasis(PetscInt dim, PetscInt order, PetscBool simplex, const PetscReal reference[],
                             PetscReal basis[])
{
  PetscReal line[REITER_MAX_DIM][MAX_ORDER + 1];
  PetscInt count[REITER_MAX_DIM], n = 0;

  PetscFunctionBegin;
  PetscCheck(order >= 1 && order <= MAX_ORDER, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Order %" PetscInt_FMT, order);
  if (simplex) {
    simplex_basis(dim, order, reference, basis);
    PetscFunctionReturn(0);
  }
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    count[c] = c < dim ? order + 1 : 1;
    line[c][0] = 1;
    if (c < dim) line_basis(order, reference[c], line[c]);
  }
  for (PetscInt k = 0; k < count[2]; k++)
    for (PetscInt j = 0; j < count[1]; j++)
      for (PetscInt i = 0; i < count[0]; i++) basis[n++] = line[0][i] * line[1][j] * line[2][k];
  PetscFunctionReturn(0);
}

/* sum_i basis_i v_i, or log sum_i basis_i exp(v_i) relative to the largest. */
static PetscReal combine(PetscInt n, const PetscReal basis[], const PetscReal v[], PetscBool logarithmic)
{
  PetscReal largest = PETSC_NINFINITY, sum = 0;

  for (PetscInt i = 0; i < n; i++) largest = PetscMax(largest, v[i]);
  if (!logarithmic) {
    for (PetscInt i = 0; i < n; i++) sum += basis[i] * v[i];
    return sum;
  }
  if (largest == PETSC_NINFINITY) return largest;
  for (PetscInt i = 0; i < n; i++) sum += basis[i] * PetscExpReal(v[i] - largest);
  return sum > 0 ? largest + PetscLogReal(sum) : PETSC_NINFINITY;
}

PetscErrorCode PassageEvaluate(Passage passage, Vec nodes, PetscBool logarithmic, const PetscReal x[],
                               PetscReal *value, PetscBool *inside)
{
  const DomainMesh *mesh = passage->mesh;
  PetscReal reference[REITER_MAX_DIM], basis[MAX_NODES], v[MAX_NODES], found[2] = {0, 0}, *values;
  PetscInt element;

  PetscFunctionBegin;
  PetscCall(DomainLocate(passage->domain, x, &element, reference));
  PetscCall(PetscMalloc1(mesh->n_nodes, &values));
  PetscCall(DomainGetLocalValues(passage->domain, nodes, values));
  if (element >= 0) {
    const PetscInt n = mesh->nodes_per_element;
    PetscCall(LagrangeBasis(mesh->dim, mesh->order, mesh->simplex, reference, basis));
    for (PetscInt i = 0; i < n; i++) v[i] = values[mesh->element_nodes[element * n + i]];
    found[0] = 1;
    found[1] = combine(n, basis, v, logarithmic);
  }
  PetscCall(PetscFree(values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, found, 2, MPIU_REAL, MPI_SUM, passage->system->comm));
  *inside = (PetscBool)(found[0] > 0);
  *value = found[1];
  PetscFunctionReturn(0);
}
