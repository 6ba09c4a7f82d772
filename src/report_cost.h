/*
  What `reiter validate --cost` says.
*/
#pragma once
#include <reiter/run.h>

enum { COST_PILOTS = 3, COST_RANKS = 32 };

typedef struct {
  PetscInt n_points; /* macroscopic points of the run; 0: none is asked for, and one is predicted */
  PetscInt n_pilots;
  CascadeCost pilot[COST_PILOTS]; /* of some of the points, each as if it were the first */
  PetscReal startup;              /* processor time before anything is solved */
  PetscReal bytes;                /* memory of a rank beyond an empty program */
  PetscInt n_ranks, ranks[COST_RANKS];
  PetscInt table_points; /* least number of macroscopic points of the table over the domain; 0: no table */
} CostReport;

/* Cells of one level in all (bound: 0 expected, 1 least, 2 most), and with no structure used. */
void CostReportCells(const CostReport *report, PetscInt level, PetscReal cells[3], PetscReal *full);
/* Processor time of the busiest rank; bound as in CascadeCostSeconds. */
PetscReal CostReportSeconds(const CostReport *report, PetscInt ranks, PetscInt bound);
PetscErrorCode CostReportPrint(const CostReport *report, FILE *stream);
