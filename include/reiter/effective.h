/*
  Effective coefficients over many macroscopic points: shared over the ranks of a communicator as they become
  free, checkpointed point by point, resumed to the bit.
*/
#pragma once
#include <reiter/cascade.h>
#include <reiter/output.h>

typedef struct _p_Effective *Effective;

/* The cascade is borrowed; x[n][dim] is copied. Collective on comm. */
PetscErrorCode EffectiveCreate(MPI_Comm comm, Cascade cascade, PetscInt n, const PetscReal x[],
                               Effective *effective);
PetscErrorCode EffectiveDestroy(Effective *effective);
/* Finished points are read from and appended to the checkpoint (rank 0 only; NULL on other ranks and for
 * none). */
PetscErrorCode EffectiveSetCheckpoint(Effective effective, Checkpoint checkpoint);
/* The number in the checkpoint of the first point (0 unless set), so that several lists of points share one. */
PetscErrorCode EffectiveSetOffset(Effective effective, PetscInt first);
PetscErrorCode EffectiveSetProgress(Effective effective, Progress progress);
/* Computes all points; stops early when *interrupted becomes nonzero (a signal handler may set it).
 * Collective. */
PetscErrorCode EffectiveCompute(Effective effective, const volatile int *interrupted);
/* All points, in the order given, on every rank; finished[i] says whether point i was computed. Borrowed. */
PetscErrorCode EffectiveGetPoints(Effective effective, PetscInt *n, const EffectivePoint **points,
                                  const PetscBool **finished);
