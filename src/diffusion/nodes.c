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
                    "The grid does not resolve the weight: around (%s) it changes across one element by more "
                    "than numbers can hold; more cells are needed there.",
                    place));
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
