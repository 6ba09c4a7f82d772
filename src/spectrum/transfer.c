#include "spectrum_private.h"

/* Multilinear on the distinct nodes of a regular grid. */
static PetscReal interpolate(const DomainMesh *grid, const PetscReal values[], const PetscReal x[])
{
  PetscInt at[REITER_MAX_DIM][2];
  PetscReal part[REITER_MAX_DIM][2], sum = 0;

  for (PetscInt c = 0; c < grid->dim; c++) {
    const PetscReal length = grid->bounds[c][1] - grid->bounds[c][0], cells = (PetscReal)grid->cells[c];
    const PetscReal position = PetscMin(PetscMax((x[c] - grid->bounds[c][0]) / length, 0), 1) * cells;
    at[c][0] = PetscMin((PetscInt)position, grid->cells[c] - 1);
    part[c][1] = position - (PetscReal)at[c][0];
    part[c][0] = 1 - part[c][1];
    at[c][1] = (at[c][0] + 1) % grid->grid[c]; /* the last node of a periodic direction is the first */
  }
  for (PetscInt corner = 0; corner < 1 << grid->dim; corner++) {
    PetscInt node = 0;
    PetscReal factor = 1;
    for (PetscInt c = grid->dim - 1; c >= 0; c--) {
      const PetscInt side = corner >> c & 1;
      node = node * grid->grid[c] + at[c][side];
      factor *= part[c][side];
    }
    sum += factor * values[node];
  }
  return sum;
}

/* All nodal values of f = g/sqrt(b) on every rank. */
static PetscErrorCode gather_function(Diffusion box, Vec g, const DomainMesh *grid, PetscReal values[])
{
  const DiffusionSystem *system;
  Domain domain;
  Vec f, rho;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(box, &system));
  PetscCall(DiffusionGetDomain(box, &domain));
  PetscCall(DomainCreateVector(domain, &f));
  PetscCall(VecDuplicate(f, &rho));
  PetscCall(DiffusionGetField(box, g, f, rho));
  PetscCall(DomainGather(domain, f, values));
  PetscCallMPI(MPI_Bcast(values, (PetscMPIInt)grid->n_global, MPIU_REAL, 0, system->comm));
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&rho));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumTransfer(Diffusion box, Vec box_g, Diffusion diffusion, Vec *g)
{
  const DiffusionSystem *system;
  const DomainMesh *grid, *mesh;
  PetscReal *values;
  PetscScalar *f;
  Domain from, to;
  Vec nodes;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(box, &from));
  PetscCall(DiffusionGetDomain(diffusion, &to));
  PetscCall(DomainGetMesh(from, &grid));
  PetscCall(DomainGetMesh(to, &mesh));
  PetscCall(PetscMalloc1(grid->n_global, &values));
  PetscCall(gather_function(box, box_g, grid, values));
  PetscCall(DomainCreateVector(to, &nodes));
  PetscCall(VecGetArray(nodes, &f));
  for (PetscInt i = 0; i < mesh->n_owned; i++) f[i] = interpolate(grid, values, mesh->x + i * mesh->dim);
  PetscCall(VecRestoreArray(nodes, &f));
  if (!*g) PetscCall(VecDuplicate(system->root, g));
  PetscCall(DiffusionRestrict(diffusion, nodes, *g));
  PetscCall(VecPointwiseMult(*g, *g, system->root));
  PetscCall(VecDestroy(&nodes));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}
