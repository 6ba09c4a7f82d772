#include "passage_private.h"

/* The flags of a region by node of rank 0's graph. `natural` has room for all nodes of the domain. */
static PetscErrorCode gather_flags(Passage passage, const Graph *graph, Vec region, PetscReal natural[],
                                   PetscMPIInt rank, PetscBool flags[])
{
  PetscFunctionBegin;
  PetscCall(DomainGather(passage->domain, region, natural));
  for (PetscInt i = 0; i < graph->n && !rank; i++) flags[i] = (PetscBool)(natural[graph->natural[i]] > 0);
  PetscFunctionReturn(0);
}

/* Values by node of the graph to a node vector; `other` at absorbing nodes. */
static PetscErrorCode scatter_values(Passage passage, const Graph *graph, const PetscReal values[],
                                     PetscReal other, PetscReal natural[], PetscMPIInt rank, Vec nodes)
{
  PetscFunctionBegin;
  if (!rank) {
    for (PetscInt i = 0; i < passage->mesh->n_global; i++) natural[i] = other;
    for (PetscInt i = 0; i < graph->n; i++) natural[graph->natural[i]] = values[i];
  }
  PetscCall(DomainScatter(passage->domain, natural, nodes));
  PetscFunctionReturn(0);
}

/* The graph and room for values on rank 0. */
static PetscErrorCode get_graph(Passage passage, Graph *graph, PetscMPIInt *rank, PetscReal **natural,
                                PetscReal **values)
{
  PetscBool exists;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(passage->system->comm, rank));
  PetscCall(DiffusionGetGraph(passage->diffusion, &exists, graph));
  PetscCheck(exists, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "The scheme has no graph");
  PetscCall(PetscMalloc2(*rank ? 0 : passage->mesh->n_global, natural, *rank ? 0 : graph->n, values));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageGraphTime(Passage passage, Vec target, Vec log_time)
{
  Graph graph = {0};
  PetscMPIInt rank;
  PetscReal *natural, *values;
  PetscBool *flags;

  PetscFunctionBegin;
  PetscCall(get_graph(passage, &graph, &rank, &natural, &values));
  PetscCall(PetscMalloc1(rank ? 0 : graph.n, &flags));
  PetscCall(gather_flags(passage, &graph, target, natural, rank, flags));
  if (!rank) PetscCall(GraphPassageTime(&graph, flags, passage->precision, values));
  PetscCall(scatter_values(passage, &graph, values, PETSC_NINFINITY, natural, rank, log_time));
  PetscCall(PetscFree(flags));
  PetscCall(PetscFree2(natural, values));
  PetscCall(GraphDestroy(&graph));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageGraphCommittor(Passage passage, Vec a, Vec b, Vec q, PetscReal *log_capacity)
{
  Graph graph = {0};
  PetscMPIInt rank;
  PetscReal *natural, *values;
  PetscBool *in_a, *in_b;

  PetscFunctionBegin;
  PetscCall(get_graph(passage, &graph, &rank, &natural, &values));
  PetscCall(PetscMalloc2(rank ? 0 : graph.n, &in_a, rank ? 0 : graph.n, &in_b));
  PetscCall(gather_flags(passage, &graph, a, natural, rank, in_a));
  PetscCall(gather_flags(passage, &graph, b, natural, rank, in_b));
  if (!rank)
    PetscCall(GraphCommittor(&graph, in_a, in_b, passage->precision, values, NULL, NULL, log_capacity));
  PetscCallMPI(MPI_Bcast(log_capacity, 1, MPIU_REAL, 0, passage->system->comm));
  PetscCall(scatter_values(passage, &graph, values, 0, natural, rank, q));
  PetscCall(PetscFree2(in_a, in_b));
  PetscCall(PetscFree2(natural, values));
  PetscCall(GraphDestroy(&graph));
  PetscFunctionReturn(0);
}
