#include "diffusion_private.h"

#define MAX_SCHEMES 16

/* The registry; filled once by DiffusionSchemeRegisterAll and by users of the library, then only read. */
static DiffusionSchemeCreate scheme_create[MAX_SCHEMES];
static const char *scheme_names[MAX_SCHEMES], *scheme_summaries[MAX_SCHEMES];
static PetscInt n_schemes;

PetscErrorCode DiffusionSchemeRegister(const char name[], const char summary[], DiffusionSchemeCreate create)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n_schemes; i++) {
    if (!strcmp(scheme_names[i], name)) PetscFunctionReturn(0);
  }
  PetscCheck(n_schemes < MAX_SCHEMES, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "too many schemes");
  scheme_names[n_schemes] = name;
  scheme_summaries[n_schemes] = summary;
  scheme_create[n_schemes++] = create;
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSchemeRegisterAll(void)
{
  PetscFunctionBegin;
  PetscCall(DiffusionSchemeRegister("fem", "Lagrange elements of order 1 to 4", DiffusionSchemeFem));
  PetscCall(DiffusionSchemeRegister("monotone", "two-point fluxes of Selling's decomposition, an M-matrix",
                                    DiffusionSchemeMonotone));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionCreate(Domain domain, Coefficients coefficients, Diffusion *diffusion)
{
  Diffusion d;

  PetscFunctionBegin;
  PetscCall(DiffusionSchemeRegisterAll());
  PetscCall(PetscNew(&d));
  d->domain = domain;
  d->coefficients = coefficients;
  PetscCall(DomainGetMesh(domain, &d->mesh));
  PetscCall(DomainGetComm(domain, &d->comm));
  PetscCallMPI(MPI_Comm_rank(d->comm, &d->rank));
  PetscCallMPI(MPI_Comm_size(d->comm, &d->size));
  d->dim = d->mesh->dim;
  PetscCall(PetscStrcpy(d->scheme, "fem"));
  *diffusion = d;
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionDestroy(Diffusion *diffusion)
{
  Diffusion d = *diffusion;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(0);
  if (d->ops.Destroy) PetscCall(d->ops.Destroy(d));
  PetscCall(MatDestroy(&d->system.S));
  PetscCall(MatDestroy(&d->system.B));
  PetscCall(VecDestroy(&d->system.root));
  PetscCall(VecDestroy(&d->system.total));
  PetscCall(VecDestroy(&d->system.log_b));
  PetscCall(VecDestroy(&d->system.log_w));
  PetscCall(VecDestroy(&d->nodes));
  PetscCall(KSPDestroy(&d->mass));
  PetscCall(PetscFree2(d->free_node, d->free_global));
  PetscCall(PetscFree3(d->volume, d->log_w, d->log_b));
  PetscCall(PetscFree(d->D));
  PetscCall(ElementRuleDestroy(&d->rule));
  PetscCall(ElementRuleDestroy(&d->at_nodes));
  PetscCall(PetscFree(*diffusion));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSetScheme(Diffusion d, const char name[])
{
  PetscFunctionBegin;
  PetscCheck(!d->ready, d->comm, PETSC_ERR_ORDER, "the diffusion is assembled already");
  PetscCall(PetscStrncpy(d->scheme, name, sizeof(d->scheme)));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSetFromOptions(Diffusion d)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsGetString(NULL, NULL, "-diffusion_scheme", d->scheme, sizeof(d->scheme), NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSetUp(Diffusion d, CoefficientFault *fault)
{
  PetscInt which = -1;

  PetscFunctionBegin;
  fault->trouble = COEFFICIENT_GOOD;
  if (d->system.S) PetscFunctionReturn(0);
  PetscCheck(!d->ready, d->comm, PETSC_ERR_ORDER, "this diffusion was refused before");
  for (PetscInt i = 0; i < n_schemes; i++) {
    if (!strcmp(scheme_names[i], d->scheme)) which = i;
  }
  PetscCheck(which >= 0, d->comm, PETSC_ERR_ARG_UNKNOWN_TYPE, "no scheme '%s'", d->scheme);
  d->system.comm = d->comm;
  d->system.dim = d->dim;
  d->system.scheme = scheme_names[which];
  d->ready = PETSC_TRUE;
  PetscCall(scheme_create[which](d));
  PetscCall(FreeNodesNumber(d));
  PetscCall(ElementRuleCreate(d->dim, d->mesh->order, d->mesh->simplex, PETSC_TRUE, &d->at_nodes));
  PetscCall(d->ops.SetUp(d, fault));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetSystem(Diffusion d, const DiffusionSystem **system)
{
  PetscFunctionBegin;
  PetscCheck(d->system.S, d->comm, PETSC_ERR_ORDER, "the diffusion is not assembled");
  *system = &d->system;
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetDomain(Diffusion d, Domain *domain)
{
  PetscFunctionBegin;
  *domain = d->domain;
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetCoefficients(Diffusion d, Coefficients *coefficients)
{
  PetscFunctionBegin;
  *coefficients = d->coefficients;
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetGraph(Diffusion d, PetscBool *exists, Graph *graph)
{
  PetscFunctionBegin;
  *exists = d->ops.Graph ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(PetscMemzero(graph, sizeof(*graph)));
  if (*exists) PetscCall(d->ops.Graph(d, graph));
  PetscFunctionReturn(0);
}

PetscErrorCode GraphDestroy(Graph *graph)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(graph->offsets));
  PetscCall(PetscFree(graph->neighbours));
  PetscCall(PetscFree(graph->log_weight));
  PetscCall(PetscFree(graph->log_mass));
  PetscCall(PetscFree(graph->log_killing));
  PetscCall(PetscFree(graph->natural));
  PetscFunctionReturn(0);
}
