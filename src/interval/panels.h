/* The search for panels: bisected until w and 1/(w D) are polynomials on each. */
#pragma once
#include "line.h"

typedef struct {
  PetscReal left, right;
  PetscReal log_w[GAUSS_POINTS], log_v[GAUSS_POINTS];
  PetscReal noise;  /* relative rounding error of w and v */
  PetscReal parent; /* what was unresolved in the panel that this is a half of */
} Panel;

/* Sorted panels between the sorted edges[n]; on trouble *panels is NULL and interval->fault says why. Caller frees. */
PetscErrorCode PanelsFind(Interval interval, PetscInt n, const PetscReal edges[], PetscInt *n_panels,
                          Panel **panels);
/* The two halves of every panel. */
PetscErrorCode PanelsHalve(Interval interval, PetscInt n, const Panel panels[], Panel **halves);
/* Moves interval->from and to: cuts the parts off next to reflecting sides where log w falls monotonically more than
   LONGEST_LOG below its maximum; lets a circle begin where the weight is largest. */
PetscErrorCode PanelsCutWalls(Interval interval);
