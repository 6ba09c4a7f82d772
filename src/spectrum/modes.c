#include "spectrum_private.h"

PetscErrorCode SpectrumModesCreate(Diffusion diffusion, PetscInt count, SpectrumModes *modes)
{
  const DiffusionSystem *system;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  modes->n = PetscMin(count, system->n_free);
  PetscCall(PetscCalloc2(modes->n, &modes->values, modes->n, &modes->functions));
  for (PetscInt k = 0; k < modes->n; k++) {
    modes->values[k].method = "slepc";
    modes->values[k].why = "not computed";
  }
  if (modes->n && system->conservative) {
    SpectrumValue *constant = &modes->values[0];
    constant->known = constant->discretisation_known = PETSC_TRUE;
    constant->log_value = constant->log_discrete = PETSC_NINFINITY;
    constant->method = "constant";
    constant->why = NULL;
    PetscCall(VecDuplicate(system->root, &modes->functions[0]));
    PetscCall(VecCopy(system->root, modes->functions[0]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumModesDestroy(SpectrumModes *modes)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < modes->n; k++) PetscCall(VecDestroy(&modes->functions[k]));
  PetscCall(PetscFree2(modes->values, modes->functions));
  modes->n = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumApplyMass(const DiffusionSystem *system, Vec g, Vec Bg)
{
  PetscFunctionBegin;
  if (system->B)
    PetscCall(MatMult(system->B, g, Bg));
  else
    PetscCall(VecCopy(g, Bg));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumInner(const DiffusionSystem *system, Vec f, Vec g, Vec work, PetscReal *inner)
{
  PetscFunctionBegin;
  PetscCall(SpectrumApplyMass(system, g, work));
  PetscCall(VecDot(f, work, inner));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumResidual(const DiffusionSystem *system, Vec g, PetscReal log_value,
                                PetscReal *residual)
{
  Vec Sg, Bg;
  PetscReal r, norm;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(g, &Sg));
  PetscCall(VecDuplicate(g, &Bg));
  PetscCall(MatMult(system->S, g, Sg));
  PetscCall(SpectrumApplyMass(system, g, Bg));
  PetscCall(VecAXPY(Sg, -PetscExpReal(log_value), Bg));
  PetscCall(VecNorm(Sg, NORM_2, &r));
  PetscCall(VecNorm(g, NORM_2, &norm));
  *residual = r > 0 ? PetscExpReal(PetscMin(PetscLogReal(r / norm) - log_value, 700)) : 0;
  PetscCall(VecDestroy(&Sg));
  PetscCall(VecDestroy(&Bg));
  PetscFunctionReturn(0);
}

/* log |f| = log |g| - log(b)/2 at nodes where g is above the least; -infinity elsewhere. */
static PetscErrorCode log_function(const DiffusionSystem *system, PetscReal least, Vec g, Vec log_f)
{
  const PetscScalar *value, *log_b;
  PetscScalar *f;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(g, &value));
  PetscCall(VecGetArrayRead(system->log_b, &log_b));
  PetscCall(VecGetArray(log_f, &f));
  for (PetscInt i = 0; i < n; i++)
    f[i] = PetscAbsReal(value[i]) > least ? PetscLogReal(PetscAbsReal(value[i])) - log_b[i] / 2
                                          : PETSC_NINFINITY;
  PetscCall(VecRestoreArray(log_f, &f));
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscCall(VecRestoreArrayRead(system->log_b, &log_b));
  PetscFunctionReturn(0);
}

/* The natural numbers of the free nodes. */
static PetscErrorCode natural_numbers(Diffusion diffusion, Vec *free)
{
  const DiffusionSystem *system;
  const DomainMesh *mesh;
  Domain domain;
  PetscScalar *number;
  Vec nodes;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(DiffusionGetDomain(diffusion, &domain));
  PetscCall(DomainGetMesh(domain, &mesh));
  PetscCall(DomainCreateVector(domain, &nodes));
  PetscCall(VecGetArray(nodes, &number));
  for (PetscInt i = 0; i < mesh->n_owned; i++) number[i] = (PetscReal)mesh->natural[i];
  PetscCall(VecRestoreArray(nodes, &number));
  PetscCall(VecDuplicate(system->root, free));
  PetscCall(DiffusionRestrict(diffusion, nodes, *free));
  PetscCall(VecDestroy(&nodes));
  PetscFunctionReturn(0);
}

/* The sign of g at the first of the nodes where |f| is largest (odd functions have several): the same on any number of
   ranks. */
static PetscErrorCode sign_of(const DiffusionSystem *system, Vec g, Vec log_f, Vec natural, PetscReal largest,
                              PetscReal *sign)
{
  const PetscScalar *value, *f, *number;
  PetscReal first = PETSC_MAX_REAL, all;
  PetscInt n;

  PetscFunctionBegin;
  *sign = 0;
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(g, &value));
  PetscCall(VecGetArrayRead(log_f, &f));
  PetscCall(VecGetArrayRead(natural, &number));
  for (PetscInt i = 0; i < n; i++) {
    if (f[i] < largest - 1e-6 || number[i] > first) continue;
    first = number[i];
    *sign = value[i] > 0 ? 1 : -1;
  }
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscCall(VecRestoreArrayRead(log_f, &f));
  PetscCall(VecRestoreArrayRead(natural, &number));
  PetscCallMPI(MPI_Allreduce(&first, &all, 1, MPIU_REAL, MPI_MIN, system->comm));
  if (first > all) *sign = 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sign, 1, MPIU_REAL, MPI_SUM, system->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumNormalize(Diffusion diffusion, Vec g, PetscReal *noise)
{
  const DiffusionSystem *system;
  PetscReal largest, sign;
  Vec log_f, natural;

  PetscFunctionBegin;
  PetscCall(DiffusionGetSystem(diffusion, &system));
  PetscCall(VecDuplicate(g, &log_f));
  PetscCall(VecNorm(g, NORM_INFINITY, &largest));
  PetscCall(log_function(system, PetscMax(100 * *noise, 1e-12 * largest), g, log_f));
  PetscCall(VecMax(log_f, NULL, &largest));
  if (largest > PETSC_NINFINITY) {
    PetscCall(natural_numbers(diffusion, &natural));
    PetscCall(sign_of(system, g, log_f, natural, largest, &sign));
    PetscCall(VecScale(g, sign * PetscExpReal(-largest)));
    *noise *= PetscExpReal(-largest);
    PetscCall(VecDestroy(&natural));
  }
  PetscCall(VecDestroy(&log_f));
  PetscFunctionReturn(0);
}
