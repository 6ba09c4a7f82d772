/* Curves and events as they are found. */
#pragma once
#include "system.h"

typedef struct {
  EnergyFamily family;
  const PetscReal (*box)[2];
  PetscReal scale_x[3], scale_p[2];
  System systems[3]; /* by SystemKind */
  Branches found;
  PetscInt
      n_missed; /* steps of branches with an event that Newton did not find: their middles (x, p), and lengths */
  PetscReal missed[64][4], reach[64];
} Collector;

PetscErrorCode CollectorBegin(const EnergyFamily *family, const PetscReal box[][2],
                              const PetscReal ranges[][2], Collector *c);
PetscErrorCode CollectorEnd(Collector *c); /* found is the caller's */
PetscErrorCode CollectorKnows(Collector *c, SystemKind kind, const PetscReal u[], PetscBool *known);
