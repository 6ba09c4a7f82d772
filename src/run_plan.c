/* What `reiter validate` says that a run would do. */
#include "run_private.h"

PetscErrorCode RunPlanPoint(Case c, PetscReal x[])
{
  const CaseEffective *effective;
  const CaseDomain *domain;
  PetscInt dim;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(c, &effective));
  PetscCall(CaseGetDomain(c, &domain));
  PetscCall(CaseGetDimension(c, &dim));
  for (PetscInt i = 0; i < dim; i++) {
    x[i] = 0;
    if (effective->n_points)
      x[i] = effective->points[i];
    else if (domain->is_box)
      x[i] = (domain->box[i][0] + domain->box[i][1]) / 2;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode plan_domain(Case c, Diagnostics d, FILE *stream)
{
  const CaseDomain *wanted;
  const DomainMesh *mesh;
  Domain domain;

  PetscFunctionBegin;
  PetscCall(CaseGetDomain(c, &wanted));
  if (!wanted->given) PetscFunctionReturn(0);
  PetscCall(RunMakeDomain(PETSC_COMM_SELF, c, d, &domain));
  if (!domain) PetscFunctionReturn(0);
  PetscCall(DomainGetMesh(domain, &mesh));
  fprintf(stream,
          "domain: %" PetscInt_FMT " elements of order %" PetscInt_FMT ", %" PetscInt_FMT
          " nodes, scheme %s\n",
          mesh->n_elements, mesh->order, mesh->n_global, wanted->scheme);
  for (PetscInt i = 0; Questions[i]; i++) {
    PetscBool asked;
    PetscCall(Questions[i]->IsAsked(c, &asked));
    if (asked) fprintf(stream, "asked: %s\n", Questions[i]->key);
  }
  PetscCall(DomainDestroy(&domain));
  PetscFunctionReturn(0);
}

PetscErrorCode RunPlan(Case c, Diagnostics d, FILE *stream)
{
  const CaseEffective *effective;
  PetscReal x[REITER_MAX_DIM];
  Cascade cascade;
  PetscViewer viewer;

  PetscFunctionBegin;
  PetscCall(CaseGetEffective(c, &effective));
  PetscCall(CascadeOfCase(c, &cascade));
  if (cascade) {
    if (effective->n_points)
      fprintf(stream, "%" PetscInt_FMT " macroscopic point%s\n", effective->n_points,
              effective->n_points == 1 ? "" : "s");
    PetscCall(RunPlanPoint(c, x));
    PetscCall(PetscViewerASCIIOpenWithFILE(PETSC_COMM_SELF, stream, &viewer));
    PetscCall(CascadeView(cascade, x, viewer));
    PetscCall(PetscViewerDestroy(&viewer));
    PetscCall(CascadeDestroy(&cascade));
  }
  PetscCall(plan_domain(c, d, stream));
  PetscCall(RunPlanPaths(c, d, stream));
  PetscCall(RunPlanEstimate(c, d, stream));
  PetscCall(RunPlanGreenKubo(c, d, stream));
  PetscCall(RunPlanTransitions(c, d, stream));
  PetscFunctionReturn(0);
}
