#include "spectrum_private.h"

static PetscErrorCode create_graph_modes(Diffusion diffusion, PetscInt count, Precision precision,
                                         PetscMPIInt rank, const volatile int *interrupted, Graph *graph,
                                         GraphModes *graph_modes)
{
  PetscBool exists;

  PetscFunctionBegin;
  PetscCall(DiffusionGetGraph(diffusion, &exists, graph));
  PetscCheck(exists, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "The scheme has no graph");
  if (!rank && count > 0) PetscCall(GraphComputeModes(graph, count, precision, interrupted, graph_modes));
  PetscFunctionReturn(0);
}

/* The state of an eigenfunction f[n] on rank 0's graph. */
static PetscErrorCode create_state(Diffusion diffusion, const Graph *graph, const PetscReal f[],
                                   PetscMPIInt rank, Vec *g)
{
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  Domain domain;
  PetscReal *values = NULL;
  Vec nodes;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(diffusion, &domain));
  PetscCall(DomainGetMesh(domain, &mesh));
  if (!rank) {
    PetscCall(PetscCalloc1(mesh->n_global, &values));
    for (PetscInt i = 0; i < graph->n; i++) values[graph->natural[i]] = f[i];
  }
  PetscCall(DomainCreateVector(domain, &nodes));
  PetscCall(DomainScatter(domain, values, nodes));
  PetscCall(VecDuplicate(system->root, g));
  PetscCall(DiffusionRestrict(diffusion, nodes, *g));
  PetscCall(VecPointwiseMult(*g, *g, system->root));
  PetscCall(VecDestroy(&nodes));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_mode(Diffusion diffusion, const Graph *graph, const GraphModes *graph_modes,
                                PetscInt k, PetscMPIInt rank, PetscBool function, SpectrumValue *value,
                                Vec *g)
{
  const DiffusionSystem *system;
  PetscReal numbers[2] = {0, 0}, noise = 0;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  if (!rank) {
    numbers[0] = graph_modes->log_lambda[k];
    numbers[1] = graph_modes->error[k];
  }
  PetscCallMPI(MPI_Bcast(numbers, 2, MPIU_REAL, 0, system->comm));
  value->method = "elimination";
  value->log_value = value->log_discrete = numbers[0];
  value->value = PetscExpReal(numbers[0]);
  value->error = numbers[1];
  value->known = (PetscBool)(PetscIsNormalReal(numbers[0]) && value->error <= 0.1);
  value->why = value->known ? NULL : "the elimination did not converge";
  if (!function) PetscFunctionReturn(0);
  PetscCall(VecDestroy(g));
  PetscCall(create_state(diffusion, graph, graph_modes->f ? graph_modes->f + k * graph->n : NULL, rank, g));
  PetscCall(SpectrumResidual(system, *g, value->log_value, &value->residual));
  PetscCall(SpectrumNormalize(diffusion, *g, &noise));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumSolveGraph(Diffusion diffusion, Precision precision, PetscBool functions,
                                  const volatile int *interrupted, SpectrumModes *modes, PetscInt *found,
                                  CellFailure *failure)
{
  const DiffusionSystem *system;
  GraphModes graph_modes = {0};
  Graph graph = {0};
  PetscMPIInt rank;
  int stopped = 0;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCallMPI(MPI_Comm_rank(system->comm, &rank));
  const PetscInt first = system->conservative ? 1 : 0;
  PetscCall(
      create_graph_modes(diffusion, modes->n - first, precision, rank, interrupted, &graph, &graph_modes));
  if (!rank && interrupted) stopped = *interrupted != 0;
  PetscCallMPI(MPI_Bcast(&stopped, 1, MPI_INT, 0, system->comm));
  *found = PetscMin(graph_modes.n_found, modes->n - first);
  PetscCallMPI(MPI_Bcast(found, 1, MPIU_INT, 0, system->comm));
  if (stopped) {
    failure->status = CELL_INTERRUPTED;
    PetscCall(PetscStrncpy(failure->message, "interrupted", sizeof(failure->message)));
    *found = 0;
  }
  for (PetscInt k = 0; k < *found; k++) {
    PetscCall(take_mode(diffusion, &graph, &graph_modes, k, rank, functions, &modes->values[first + k],
                        &modes->functions[first + k]));
  }
  *found = PetscMin(*found + first, modes->n);
  if (!rank && modes->n > first) PetscCall(GraphModesDestroy(&graph_modes));
  PetscCall(GraphDestroy(&graph));
  PetscFunctionReturn(0);
}
