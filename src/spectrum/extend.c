#include "spectrum_private.h"

/* f = g/sqrt(b) where the rounding of g leaves at least two digits of the largest f; known[i] one there, else zero. The
   largest |f| is one. */
static PetscErrorCode split_known(const DiffusionSystem *system, PetscReal noise, Vec g, Vec f, Vec known,
                                  PetscInt *missing)
{
  const PetscScalar *value, *log_b;
  PetscScalar *fv, *kv;
  PetscInt n;

  PetscFunctionBegin;
  *missing = 0;
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(g, &value));
  PetscCall(VecGetArrayRead(system->log_b, &log_b));
  PetscCall(VecGetArray(f, &fv));
  PetscCall(VecGetArray(known, &kv));
  for (PetscInt i = 0; i < n; i++) {
    kv[i] = log_b[i] > -1400 && PetscExpReal(log_b[i] / 2) > 100 * noise;
    fv[i] = kv[i] > 0 ? value[i] * PetscExpReal(-log_b[i] / 2) : 0;
    *missing += kv[i] < 0.5;
  }
  PetscCall(VecRestoreArray(f, &fv));
  PetscCall(VecRestoreArray(known, &kv));
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscCall(VecRestoreArrayRead(system->log_b, &log_b));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, missing, 1, MPIU_INT, MPI_SUM, system->comm));
  PetscFunctionReturn(0);
}

/* |S| without its diagonal. */
static PetscErrorCode create_coupling(Mat S, Mat *coupling)
{
  Vec zero;

  PetscFunctionBegin;
  PetscCall(MatDuplicate(S, MAT_COPY_VALUES, coupling));
  PetscCall(MatCreateVecs(S, &zero, NULL));
  PetscCall(VecSet(zero, 0));
  PetscCall(MatDiagonalSet(*coupling, zero, INSERT_VALUES));
  PetscCall(VecDestroy(&zero));
  PetscFunctionReturn(0);
}

static PetscErrorCode take_absolute(Mat coupling)
{
  Mat parts[2] = {coupling, NULL};
  PetscBool parallel;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)coupling, MATMPIAIJ, &parallel));
  if (parallel) PetscCall(MatMPIAIJGetSeqAIJ(coupling, &parts[0], &parts[1], NULL));
  for (PetscInt k = 0; k < 2 && parts[k]; k++) {
    PetscScalar *entry;
    MatInfo info;
    PetscCall(MatGetInfo(parts[k], MAT_LOCAL, &info));
    PetscCall(MatSeqAIJGetArray(parts[k], &entry));
    for (PetscInt i = 0; i < (PetscInt)info.nz_used; i++) entry[i] = PetscAbsReal(entry[i]);
    PetscCall(MatSeqAIJRestoreArray(parts[k], &entry));
  }
  PetscFunctionReturn(0);
}

/* Nodes next to known ones take the mean of these, weighted by |S|. *grown: how many. */
static PetscErrorCode advance(Mat coupling, Vec f, Vec known, Vec sum, Vec weight, PetscInt *grown)
{
  const PetscScalar *sums, *weights;
  PetscScalar *fv, *kv;
  PetscInt n;

  PetscFunctionBegin;
  *grown = 0;
  PetscCall(MatMult(coupling, f, sum));
  PetscCall(MatMult(coupling, known, weight));
  PetscCall(VecGetLocalSize(f, &n));
  PetscCall(VecGetArrayRead(sum, &sums));
  PetscCall(VecGetArrayRead(weight, &weights));
  PetscCall(VecGetArray(f, &fv));
  PetscCall(VecGetArray(known, &kv));
  for (PetscInt i = 0; i < n; i++) {
    if (kv[i] > 0 || !(weights[i] > 0)) continue;
    fv[i] = sums[i] / weights[i];
    kv[i] = 1;
    (*grown)++;
  }
  PetscCall(VecRestoreArray(f, &fv));
  PetscCall(VecRestoreArray(known, &kv));
  PetscCall(VecRestoreArrayRead(sum, &sums));
  PetscCall(VecRestoreArrayRead(weight, &weights));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, grown, 1, MPIU_INT, MPI_SUM, PetscObjectComm((PetscObject)f)));
  PetscFunctionReturn(0);
}

PetscErrorCode SpectrumExtend(const DiffusionSystem *system, PetscReal noise, Vec g, Vec function)
{
  Vec f = function, known, sum, weight;
  PetscInt missing, grown = 1;
  Mat coupling;

  PetscFunctionBegin;
  if (!f) PetscCall(VecDuplicate(g, &f));
  PetscCall(VecDuplicate(g, &known));
  PetscCall(split_known(system, noise, g, f, known, &missing));
  if (missing) {
    PetscCall(VecDuplicate(g, &sum));
    PetscCall(VecDuplicate(g, &weight));
    PetscCall(create_coupling(system->S, &coupling));
    PetscCall(take_absolute(coupling));
    while (missing > 0 && grown > 0) {
      PetscCall(advance(coupling, f, known, sum, weight, &grown));
      missing -= grown;
    }
    PetscCall(VecPointwiseMult(g, f, system->root));
    PetscCall(MatDestroy(&coupling));
    PetscCall(VecDestroy(&sum));
    PetscCall(VecDestroy(&weight));
  }
  if (!function) PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&known));
  PetscFunctionReturn(0);
}
