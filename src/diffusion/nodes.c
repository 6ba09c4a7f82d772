/* What is known at the nodes before a scheme assembles: coefficients, volumes, masses. */
#include "diffusion_private.h"

PetscErrorCode FaultAgree(MPI_Comm comm, CoefficientFault *fault)
{
  PetscMPIInt rank, size, mine, first;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  mine = fault->trouble == COEFFICIENT_GOOD ? size : rank;
  PetscCallMPI(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first < size) PetscCallMPI(MPI_Bcast(fault, (PetscMPIInt)sizeof(*fault), MPI_BYTE, first, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode FaultUnresolved(Diffusion d, const PetscReal x[], CoefficientFault *fault)
{
  char place[96] = "";
  size_t used = 0;

  PetscFunctionBegin;
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  fault->trouble = COEFFICIENT_WEIGHT;
  for (PetscInt c = 0; c < d->dim; c++) {
    fault->x[c] = x[c];
    PetscCall(PetscSNPrintf(place + used, sizeof(place) - used, c ? ", %g" : "%g", (double)x[c]));
    PetscCall(PetscStrlen(place, &used));
  }
  PetscCall(
      PetscSNPrintf(fault->message, sizeof(fault->message),
                    "The grid does not resolve the weight: around (%s), where most of it sits, it changes "
                    "across one element by more than e^24; more cells are needed there.",
                    place));
  PetscFunctionReturn(0);
}

/* One sweep over the elements, forth or back; whether anything changed. */
static PetscBool lift_elements(Diffusion d, PetscBool back)
{
  const DomainMesh *m = d->mesh;
  const PetscInt n = m->nodes_per_element;
  PetscBool changed = PETSC_FALSE;

  for (PetscInt k = 0; k < m->n_elements; k++) {
    const PetscInt *const nodes = m->element_nodes + (back ? m->n_elements - 1 - k : k) * n;
    PetscReal most = PETSC_NINFINITY;
    for (PetscInt a = 0; a < n; a++) most = PetscMax(most, d->log_w[nodes[a]]);
    for (PetscInt a = 0; a < n; a++) {
      if (d->log_w[nodes[a]] >= most - NODES_STEEPEST) continue;
      d->log_w[nodes[a]] = most - NODES_STEEPEST;
      changed = PETSC_TRUE;
    }
  }
  return changed;
}

/* The share of the weight that sits in elements across which log w falls too far, and the middle of the worst of them. */
static PetscErrorCode unresolved_share(Diffusion d, PetscReal *share, PetscReal *worst, PetscReal x[])
{
  const DomainMesh *m = d->mesh;
  const PetscInt n = m->nodes_per_element;
  PetscReal sums[2] = {0, 0};

  PetscFunctionBegin;
  *worst = 0;
  for (PetscInt e = 0; e < m->n_elements; e++) {
    PetscReal most = PETSC_NINFINITY, least = PETSC_INFINITY, weight = 0;
    for (PetscInt a = 0; a < n; a++) {
      const PetscReal log_w = d->log_w[m->element_nodes[e * n + a]];
      most = PetscMax(most, log_w);
      least = PetscMin(least, log_w);
      weight += PetscExpReal(log_w);
    }
    sums[1] += weight;
    if (most - least <= NODES_STEEPEST) continue;
    sums[0] += weight;
    if (weight <= *worst) continue;
    *worst = weight;
    for (PetscInt c = 0; c < d->dim; c++) {
      x[c] = 0;
      for (PetscInt a = 0; a < n; a++) x[c] += m->x[m->element_nodes[e * n + a] * d->dim + c] / (PetscReal)n;
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, d->comm));
  *share = sums[0] / sums[1];
  PetscFunctionReturn(0);
}

PetscErrorCode NodesLimitSlope(Diffusion d, CoefficientFault *fault)
{
  PetscReal share = 0, worst = 0, x[REITER_MAX_DIM] = {0};
  PetscMPIInt changed;

  PetscFunctionBegin;
  PetscCall(unresolved_share(d, &share, &worst, x));
  if (share > 0.5 && worst > 0) PetscCall(FaultUnresolved(d, x, fault));
  PetscCall(FaultAgree(d->comm, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  do {
    changed = lift_elements(d, PETSC_FALSE);
    if (lift_elements(d, PETSC_TRUE)) changed = 1;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &changed, 1, MPI_INT, MPI_MAX, d->comm));
    if (changed) PetscCall(NodesMost(d, d->log_w));
  } while (changed);
  PetscFunctionReturn(0);
}

PetscErrorCode NodesEvaluate(Diffusion d, PetscBool tensor, CoefficientFault *fault)
{
  const PetscInt n = d->mesh->n_nodes;
  PetscReal most = PETSC_NINFINITY;

  PetscFunctionBegin;
  fault->trouble = COEFFICIENT_GOOD;
  PetscCall(PetscMalloc3(n, &d->volume, n, &d->log_w, n, &d->log_b));
  if (tensor) PetscCall(PetscMalloc1(n * d->dim * d->dim, &d->D));
  PetscCall(CoefficientsEvaluate(d->coefficients, n, d->mesh->x, d->log_w, d->D, fault));
  PetscCall(FaultAgree(d->comm, fault));
  if (fault->trouble != COEFFICIENT_GOOD) PetscFunctionReturn(0);
  for (PetscInt l = 0; l < n; l++) most = PetscMax(most, d->log_w[l]);
  PetscCallMPI(MPI_Allreduce(&most, &d->system.log_scale, 1, MPIU_REAL, MPIU_MAX, d->comm));
  for (PetscInt l = 0; l < n; l++) d->log_w[l] -= d->system.log_scale;
  PetscFunctionReturn(0);
}

PetscErrorCode NodesLump(Diffusion d)
{
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(d->volume, d->mesh->n_nodes));
  PetscCall(ElementLoopBegin(d, &d->at_nodes, LOOP_FRAME, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    for (PetscInt a = 0; a < loop.rule->n; a++) d->volume[loop.nodes[a]] += loop.measure[a];
  }
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(NodesSum(d, d->volume));
  for (PetscInt l = 0; l < d->mesh->n_nodes; l++) {
    d->log_b[l] = d->log_w[l] + PetscLogReal(d->volume[l]);
  }
  PetscFunctionReturn(0);
}
