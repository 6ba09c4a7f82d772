/* What `reiter paths` leaves: its section of run.json, files, words for people. */
#pragma once
#include <reiter/ensemble.h>
#include "report.h"

enum { PART_GOING, PART_STOPPING, PARTS };

/* One equation, and its paths: those that go on to the end, and those that stop at a target; NULL: not wanted. The
   dynamics are owned. */
typedef struct {
  EnsemblePlan plan;
  Ensemble parts[PARTS];
} Voyage;

PetscErrorCode ReportPathsJson(const Report *report, RunFolder folder, PetscInt n, const Voyage voyages[]);
PetscErrorCode ReportPathsFiles(RunFolder folder, PetscInt n, const Voyage voyages[]);
PetscErrorCode ReportPathsPrint(PetscInt n, const Voyage voyages[], FILE *stream);
/* Paths that left to infinity, or out of the box. */
PetscErrorCode ReportPathsWarn(Case c, Diagnostics d, PetscInt n, const Voyage voyages[]);
