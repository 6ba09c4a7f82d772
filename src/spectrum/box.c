#include "spectrum_private.h"

PetscErrorCode SpectrumBox(Diffusion diffusion, PetscInt times, PetscInt divisor, PetscInt order,
                           const char scheme[], PetscBool rounded, Domain *domain, Diffusion *box)
{
  const DomainMesh *mesh;
  PetscInt cells[REITER_MAX_DIM];
  CoefficientFault fault = {0};
  Coefficients coefficients;
  MPI_Comm comm;
  Domain given;

  PetscFunctionBegin;
  *box = NULL;
  *domain = NULL;
  PetscCall(DiffusionGetDomain(diffusion, &given));
  PetscCall(DomainGetMesh(given, &mesh));
  if (!mesh->box) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < mesh->dim; c++) {
    cells[c] = mesh->cells[c] * times / divisor;
    /* below that the coarser grid tells nothing, and a periodic one would be its own neighbour */
    if (cells[c] * order < 4 || cells[c] < 3) PetscFunctionReturn(0);
    if (!rounded && mesh->cells[c] * times % divisor) PetscFunctionReturn(0);
  }
  PetscCall(DomainGetComm(given, &comm));
  PetscCall(DomainCreateBox(comm, mesh->dim, mesh->bounds, cells, order, mesh->sides, domain));
  PetscCall(DiffusionGetCoefficients(diffusion, &coefficients));
  PetscCall(DiffusionCreate(*domain, coefficients, box));
  PetscCall(DiffusionSetScheme(*box, scheme));
  PetscCall(DiffusionSetUp(*box, &fault));
  if (!fault.trouble) PetscFunctionReturn(0);
  PetscCall(DiffusionDestroy(box));
  PetscCall(DomainDestroy(domain));
  PetscFunctionReturn(0);
}
