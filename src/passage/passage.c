#include "passage_private.h"

PetscErrorCode PassageCreate(Diffusion diffusion, Passage *passage)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(passage));
  (*passage)->diffusion = diffusion;
  PetscCall(DiffusionGetSystem(diffusion, &(*passage)->system));
  PetscCall(DiffusionGetDomain(diffusion, &(*passage)->domain));
  PetscCall(DomainGetMesh((*passage)->domain, &(*passage)->mesh));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageDestroy(Passage *passage)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*passage));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSetPrecision(Passage passage, Precision precision)
{
  PetscFunctionBegin;
  passage->precision = precision;
  PetscFunctionReturn(0);
}

PetscErrorCode PassageSetFromOptions(Passage passage)
{
  static const char *const methods[] = {"auto", "elimination", "factor", "PassageMethod", "PASSAGE_", NULL};

  PetscFunctionBegin;
  PetscOptionsBegin(passage->system->comm, NULL, "Passage times", NULL);
  PetscCall(PetscOptionsEnum("-passage_method", "By elimination on the graph or by a factorisation", NULL,
                             methods, (PetscEnum)passage->method, (PetscEnum *)&passage->method, NULL));
  PetscOptionsEnd();
  PetscFunctionReturn(0);
}

PetscErrorCode PassageRegion(Passage passage, PointFunction region, void *ctx, Vec *nodes, PetscInt *inside)
{
  const DomainMesh *mesh = passage->mesh;
  PetscScalar *value;

  PetscFunctionBegin;
  PetscCall(DomainCreateVector(passage->domain, nodes));
  PetscCall(VecGetArray(*nodes, &value));
  *inside = 0;
  if (mesh->n_owned > 0) PetscCall(region(ctx, mesh->n_owned, mesh->x, value));
  for (PetscInt i = 0; i < mesh->n_owned; i++) {
    value[i] = value[i] != 0 && !mesh->absorbing[i];
    *inside += value[i] > 0;
  }
  PetscCall(VecRestoreArray(*nodes, &value));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, inside, 1, MPIU_INT, MPI_SUM, passage->system->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode by_graph(Passage passage, PetscBool *graph, const char **refused)
{
  PetscBool monotone;

  PetscFunctionBegin;
  PetscCall(PetscStrcmp(passage->system->scheme, "monotone", &monotone));
  *graph = (PetscBool)(monotone && passage->method != PASSAGE_FACTOR);
  if (passage->method == PASSAGE_ELIMINATION && !monotone)
    *refused = "elimination needs the graph of domain.scheme: monotone";
  PetscFunctionReturn(0);
}

PetscErrorCode PassageTime(Passage passage, PointFunction target, void *ctx, Vec log_time, PetscReal *error,
                           const char **refused, CellFailure *failure)
{
  PetscInt inside;
  PetscBool graph;
  Vec nodes;

  PetscFunctionBegin;
  *refused = NULL;
  *error = 0;
  failure->status = CELL_OK;
  failure->message[0] = '\0';
  PetscCall(by_graph(passage, &graph, refused));
  PetscCall(PassageRegion(passage, target, ctx, &nodes, &inside));
  if (!*refused && !inside && passage->system->conservative)
    *refused = "no node of the domain lies in the target, and nothing is absorbed: it is never reached";
  if (!*refused && inside == passage->system->n_free) *refused = "all nodes of the domain lie in the target";
  if (!*refused && graph) {
    PetscCall(PassageGraphTime(passage, nodes, log_time));
    *error = 1e-13;
  } else if (!*refused) {
    PetscCall(PassageFactorTime(passage, nodes, log_time, error, refused, failure));
  }
  PetscCall(VecDestroy(&nodes));
  PetscFunctionReturn(0);
}

static PetscErrorCode check_regions(Vec a, Vec b, PetscInt n_a, PetscInt n_b, const char **refused)
{
  PetscReal common;

  PetscFunctionBegin;
  PetscCall(VecDot(a, b, &common));
  if (*refused) PetscFunctionReturn(0);
  if (!n_a)
    *refused = "no node of the domain lies in the first region of the committor";
  else if (!n_b)
    *refused = "no node of the domain lies in the second region of the committor";
  else if (common > 0)
    *refused = "the two regions of the committor overlap";
  PetscFunctionReturn(0);
}

PetscErrorCode PassageCommittor(Passage passage, PointFunction a, void *ctx_a, PointFunction b, void *ctx_b,
                                Vec q, PetscReal *log_capacity, PetscReal *log_rate, PetscReal *error,
                                const char **refused, CellFailure *failure)
{
  const DiffusionSystem *system = passage->system;
  PetscInt n_a, n_b;
  PetscBool graph;
  Vec nodes_a, nodes_b;

  PetscFunctionBegin;
  *refused = NULL;
  *error = 0;
  *log_capacity = *log_rate = PETSC_NINFINITY;
  failure->status = CELL_OK;
  failure->message[0] = '\0';
  PetscCall(by_graph(passage, &graph, refused));
  PetscCall(PassageRegion(passage, a, ctx_a, &nodes_a, &n_a));
  PetscCall(PassageRegion(passage, b, ctx_b, &nodes_b, &n_b));
  PetscCall(check_regions(nodes_a, nodes_b, n_a, n_b, refused));
  if (!*refused && graph) {
    PetscCall(PassageGraphCommittor(passage, nodes_a, nodes_b, q, log_capacity));
    *error = 1e-13;
  } else if (!*refused) {
    PetscCall(PassageFactorCommittor(passage, nodes_a, nodes_b, q, log_capacity, error, refused, failure));
  }
  *log_capacity += system->log_scale;
  *log_rate = *log_capacity - system->log_mass;
  PetscCall(VecDestroy(&nodes_a));
  PetscCall(VecDestroy(&nodes_b));
  PetscFunctionReturn(0);
}
