/* One run, and its stages. */
#pragma once
#include <reiter/run.h>
#include "cascade_of_case.h"
#include "report.h"

/* What one run holds; made and destroyed in run order. */
typedef struct {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  Case c;
  const RunRequest *request;
  Diagnostics diagnostics;
  RunFolder folder; /* rank 0 */
  Cascade cascade;  /* NULL for a case with `diffusion:` */
  Effective effective;
  Cascade domain_cascade;             /* of the coefficients: at a tolerance of its own */
  Checkpoint coefficients_checkpoint; /* rank 0, while the diffusion is made */
  Coefficients coefficients;          /* these three are NULL without `domain:` */
  Domain domain;
  Diffusion diffusion;
  Report report;
} Run;

/* run.c. Time and place of a run whose first four fields are set; its folder with the case in it (refused where it holds another's results); and all that a
   run has made is destroyed. */
PetscErrorCode RunBegin(Run *run);
PetscErrorCode RunOpenFolder(Run *run, int *exit_code);
PetscErrorCode RunClose(Run *run);

/* A mistake at a key of the case (NULL: at none): what was expected there, or NULL. */
PetscErrorCode RunRefuse(Case c, Diagnostics d, const char key[], const char expected[], int *exit_code,
                         const char format[], ...) PETSC_ATTRIBUTE_FORMAT(6, 7);
/* "ok", "interrupted", ...: run.json's status. */
const char *RunStatus(int exit_code);
/* For the end of a sentence about an interruption. */
const char *RunHowToGoOn(const Run *run);
/* The last line of log.txt. */
PetscErrorCode RunLogEnd(Run *run, const char left[]);

/* run_cascade.c. The plan of the cells into log.txt (and stdout, unless quiet). */
PetscErrorCode RunLogPlan(Run *run);
/* The effective coefficients at the points of the case, if it names any. */
PetscErrorCode RunEffective(Run *run, int *exit_code);

/* run_diffusion.c. Coefficients over the domain, the domain, and the diffusion on it. A mistake of the user that only
   shows here goes to the diagnostics. */
PetscErrorCode RunCoefficients(Run *run, int *exit_code);
/* The same over any box. */
PetscErrorCode RunCoefficientsOver(Run *run, const PetscReal box[][2], int *exit_code);
/* Coefficients that are none, at the key of the case that is behind it. */
PetscErrorCode RunReportFault(Run *run, const CoefficientFault *fault);
PetscErrorCode RunDomain(Run *run, int *exit_code);
PetscErrorCode RunDiffusion(Run *run, int *exit_code);
/* The domain of a case by itself, for the plan. */
PetscErrorCode RunMakeDomain(MPI_Comm comm, Case c, Diagnostics d, Domain *domain);

/* What a failure means for the run: reports it unless it is a mistake that was reported where it was found. */
PetscErrorCode RunJudgeFailure(Run *run, const CellFailure *failure, const char what[], int *exit_code);

/* run_paths_plan.c. What `reiter paths` would do; what it would refuse, as far as that shows without a cascade. */
PetscErrorCode RunPlanPaths(Case c, Diagnostics d, FILE *stream);
/* run_estimate.c. What an estimate would read, for the plan. */
PetscErrorCode RunPlanEstimate(Case c, Diagnostics d, FILE *stream);
/* run_green_kubo.c. What greenkubo would read: the series, to their ends, for the plan. */
PetscErrorCode RunPlanGreenKubo(Case c, Diagnostics d, FILE *stream);
/* run_transitions.c. What transitions would do, and whether its parameters are there, for the plan. */
PetscErrorCode RunPlanTransitions(Case c, Diagnostics d, FILE *stream);
/* run_plan.c. A point to look at the cells: the first of the case, or the middle of its box. */
PetscErrorCode RunPlanPoint(Case c, PetscReal x[]);
