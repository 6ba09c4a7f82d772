/* The vectors and figures of a system whose matrices are assembled. */
#include "diffusion_private.h"

/* log int w = log sum b_i over all nodes, absorbing ones too; with a consistent mass the sum of all its entries. */
static PetscErrorCode sum_mass(Diffusion d)
{
  PetscReal mass[2] = {0, 0};
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  if (d->system.B) {
    PetscCall(ElementLoopBegin(d, &d->rule, LOOP_WEIGHT, NULL, NULL, &loop));
    for (;;) {
      PetscCall(ElementLoopNext(&loop, &more));
      if (!more) break;
      for (PetscInt q = 0; q < d->rule.points; q++) mass[0] += loop.measure[q] * PetscExpReal(loop.log_w[q]);
    }
    PetscCall(ElementLoopEnd(&loop));
  } else {
    for (PetscInt l = 0; l < d->mesh->n_owned; l++) mass[0] += PetscExpReal(d->log_b[l]);
  }
  PetscCallMPI(MPI_Allreduce(mass, mass + 1, 1, MPIU_REAL, MPIU_SUM, d->comm));
  d->system.log_mass = PetscLogReal(mass[1]) + d->system.log_scale;
  PetscFunctionReturn(0);
}

/* Gershgorin's bound, and what is positive off the diagonal. */
static PetscErrorCode look_at_rows(Diffusion d, PetscReal smallest)
{
  PetscReal mine[3] = {0, 0, 0}, all[3];

  PetscFunctionBegin;
  for (PetscInt i = d->first_free; i < d->first_free + d->n_free; i++) {
    const PetscInt *columns;
    const PetscScalar *values;
    PetscReal sum = 0;
    PetscInt n;
    PetscCall(MatGetRow(d->system.S, i, &n, &columns, &values));
    for (PetscInt k = 0; k < n; k++) {
      sum += PetscAbsReal(values[k]);
      if (columns[k] == i) {
        mine[2] = PetscMax(mine[2], values[k]);
      } else {
        mine[1] = PetscMax(mine[1], values[k]);
      }
    }
    mine[0] = PetscMax(mine[0], sum);
    PetscCall(MatRestoreRow(d->system.S, i, &n, &columns, &values));
  }
  PetscCallMPI(MPI_Allreduce(mine, all, 3, MPIU_REAL, MPIU_MAX, d->comm));
  d->system.norm = all[0] / smallest;
  d->system.largest_positive = all[1] > 0 ? all[1] / all[2] : 0;
  d->system.m_matrix = all[1] > 0 || d->system.B ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode SystemFinish(Diffusion d, PetscReal smallest)
{
  PetscScalar *root, *log_b, *log_w;

  PetscFunctionBegin;
  PetscCall(FreeNodesCreateVector(d, &d->system.root));
  PetscCall(VecDuplicate(d->system.root, &d->system.total));
  PetscCall(VecDuplicate(d->system.root, &d->system.log_b));
  PetscCall(VecDuplicate(d->system.root, &d->system.log_w));
  PetscCall(VecGetArray(d->system.root, &root));
  PetscCall(VecGetArray(d->system.log_b, &log_b));
  PetscCall(VecGetArray(d->system.log_w, &log_w));
  for (PetscInt k = 0; k < d->n_free; k++) {
    log_b[k] = d->log_b[d->free_node[k]];
    log_w[k] = d->log_w[d->free_node[k]];
    root[k] = PetscExpReal(0.5 * log_b[k]);
  }
  PetscCall(VecRestoreArray(d->system.log_w, &log_w));
  PetscCall(VecRestoreArray(d->system.log_b, &log_b));
  PetscCall(VecRestoreArray(d->system.root, &root));
  if (d->system.B) {
    PetscCall(MatMult(d->system.B, d->system.root, d->system.total));
  } else {
    PetscCall(VecCopy(d->system.root, d->system.total));
  }
  d->system.conservative = d->system.n_free == d->mesh->n_global ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(sum_mass(d));
  PetscCall(look_at_rows(d, smallest));
  PetscFunctionReturn(0);
}
