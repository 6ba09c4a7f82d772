/* The same question on a worse domain: how much the answer changes says how good it is. */
#include "question_private.h"

/* The box with half of the cells; none where they cannot be halved. */
static PetscErrorCode coarser_box(const Setting *setting, const CaseDomain *wanted, PetscInt dim,
                                  Domain *domain)
{
  PetscInt cells[REITER_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) {
    cells[c] = wanted->cells[c] / 2;
    if (wanted->cells[c] % 2 || cells[c] * wanted->order < 3) PetscFunctionReturn(0);
  }
  PetscCall(DomainCreateBox(setting->comm, dim, wanted->box, cells, wanted->order, wanted->sides, domain));
  PetscFunctionReturn(0);
}

/* There is no coarser mesh, but the next lower order (order 1: order 2). */
static PetscErrorCode other_order(const Setting *setting, const CaseDomain *wanted, PetscInt dim,
                                  Domain *domain)
{
  char *refused;
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(DomainCreateMesh(setting->comm, dim, wanted->mesh, wanted->order > 1 ? wanted->order - 1 : 2,
                             wanted->n_groups, (const char *const *)wanted->groups, wanted->group_kinds,
                             wanted->otherwise, domain, &refused, &which));
  PetscCall(PetscFree(refused)); /* the mesh was good a moment ago */
  PetscFunctionReturn(0);
}

PetscErrorCode ComparisonCreate(const Setting *setting, Comparison *comparison)
{
  const CaseDomain *wanted;
  const DiffusionSystem *system;
  CoefficientFault fault;
  PetscInt dim;

  PetscFunctionBegin;
  *comparison = (Comparison){.domain = NULL};
  PetscCall(CaseGetDomain(setting->c, &wanted));
  PetscCall(CaseGetDimension(setting->c, &dim));
  PetscCall(DiffusionGetSystem(setting->diffusion, &system));
  if (wanted->is_box)
    PetscCall(coarser_box(setting, wanted, dim, &comparison->domain));
  else
    PetscCall(other_order(setting, wanted, dim, &comparison->domain));
  if (!comparison->domain) PetscFunctionReturn(0);
  PetscCall(DiffusionCreate(comparison->domain, setting->coefficients, &comparison->diffusion));
  PetscCall(DiffusionSetScheme(comparison->diffusion, system->scheme));
  PetscCall(DiffusionSetUp(comparison->diffusion, &fault));
  comparison->exists = (PetscBool)(fault.trouble == COEFFICIENT_GOOD);
  PetscFunctionReturn(0);
}

PetscErrorCode ComparisonDestroy(Comparison *comparison)
{
  PetscFunctionBegin;
  PetscCall(DiffusionDestroy(&comparison->diffusion));
  PetscCall(DomainDestroy(&comparison->domain));
  comparison->exists = PETSC_FALSE;
  PetscFunctionReturn(0);
}
