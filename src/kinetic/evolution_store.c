/* A march in a checkpoint: one record holds its numbers, u and all states; the last one counts. */
#include "kinetic/evolution_march.h"

enum { NUMBERS = 7 };

static PetscErrorCode copy_vector(Vec v, PetscReal *record, PetscBool into_vector)
{
  PetscReal *x;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetSize(v, &n));
  PetscCall(VecGetArray(v, &x));
  PetscCall(into_vector ? PetscArraycpy(x, record, n) : PetscArraycpy(record, x, n));
  PetscCall(VecRestoreArray(v, &x));
  PetscFunctionReturn(0);
}

static PetscErrorCode copy_vectors(March *march, PetscReal *record, PetscBool into_vector)
{
  const PetscInt n = march->system->n;

  PetscFunctionBegin;
  PetscCall(copy_vector(march->u, record + NUMBERS, into_vector));
  for (PetscInt k = 0; k < march->k; k++)
    PetscCall(copy_vector(march->states[k], record + NUMBERS + (k + 1) * n, into_vector));
  PetscFunctionReturn(0);
}

size_t MarchRecordSize(const March *march)
{
  return sizeof(PetscReal) * (size_t)(NUMBERS + (march->n_times + 1) * march->system->n);
}

PetscErrorCode MarchSave(March *march, Checkpoint checkpoint)
{
  PetscReal *record;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(MarchRecordSize(march) / sizeof(PetscReal), &record));
  const PetscReal numbers[NUMBERS] = {march->t,    march->tau,          march->ratio,           march->error,
                                      march->size, (PetscReal)march->k, (PetscReal)march->steps};
  PetscCall(PetscArraycpy(record, numbers, NUMBERS));
  PetscCall(copy_vectors(march, record, PETSC_FALSE));
  PetscCall(CheckpointAppend(checkpoint, march->k, record));
  PetscCall(PetscFree(record));
  PetscFunctionReturn(0);
}

PetscErrorCode MarchLoad(March *march, Checkpoint checkpoint, PetscBool *loaded)
{
  PetscReal *record;
  PetscInt count, item;

  PetscFunctionBegin;
  PetscCall(CheckpointGetCount(checkpoint, &count));
  *loaded = (PetscBool)(count > 0);
  if (!count) PetscFunctionReturn(0);
  PetscCall(PetscCalloc1(MarchRecordSize(march) / sizeof(PetscReal), &record));
  PetscCall(CheckpointRead(checkpoint, count - 1, &item, record));
  march->t = record[0];
  march->tau = record[1];
  march->ratio = record[2];
  march->error = record[3];
  march->size = record[4];
  march->k = (PetscInt)record[5];
  march->steps = (PetscInt)record[6];
  PetscCall(copy_vectors(march, record, PETSC_TRUE));
  PetscCall(PetscFree(record));
  PetscFunctionReturn(0);
}
