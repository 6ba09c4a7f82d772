/*
  What a run leaves in its folder: run.json, effective.csv, fields of the grid, correctors.
*/
#pragma once
#include <reiter/run.h>

enum { REPORT_ANSWERS = 8 };

typedef struct {
  Case c;
  const RunRequest *request;
  PetscMPIInt ranks;
  PetscLogDouble started; /* MPI_Wtime */
  char started_at[32];    /* UTC, ISO 8601 */
  PetscInt seed;          /* of random numbers; 0: none are drawn */
  const char *status;     /* ok | not converged | interrupted */
  PetscInt n;
  const EffectivePoint *points;
  const PetscBool *finished;
  Setting setting;               /* its diffusion is NULL without `domain:` */
  void *answers[REPORT_ANSWERS]; /* beside Questions; NULL: not asked, or no answer */
  /* Making and planning the cascade, and its cells; no files. MPI_Wtime has nanoseconds: a cell can take 100 us. */
  PetscLogDouble cells_seconds;
  PetscLogDouble seconds[REPORT_ANSWERS], domain_seconds, coefficients_seconds, diffusion_seconds;
} Report;

/* run.json: status, title and provenance stand in it between the two calls, what comes then is the caller's. */
PetscErrorCode ReportBeginJson(const Report *report, RunFolder folder, FILE **stream, Json *json);
PetscErrorCode ReportEndJson(RunFolder folder, FILE **stream, Json *json);
PetscErrorCode ReportWriteJson(const Report *report, RunFolder folder);
PetscErrorCode ReportWriteCsv(const Report *report, RunFolder folder);
PetscErrorCode ReportWriteFields(const Report *report, RunFolder folder);
/* theta_j of every scale at the first point, the slower scales frozen at zero, on the closed cell [0, 1]^dim.
 */
PetscErrorCode ReportWriteCorrectors(const Report *report, Cascade cascade, RunFolder folder);
/* A table of the points on stdout: the answer at a glance. */
PetscErrorCode ReportPrint(const Report *report, FILE *stream);
/* Tables and fields of the answers, and the coefficients on the domain's nodes. Collective. */
PetscErrorCode ReportWriteAnswers(const Report *report);
/* A number by its name. */
PetscErrorCode ReportQuantity(const Report *report, const char name[], PetscReal *value, PetscBool *known);
/* report_diffusion.c. The section of run.json on domain, coefficients and discretisation. */
PetscErrorCode ReportDiffusionJson(const Report *report, Json json);
/* Seconds of the stages and answers. */
PetscErrorCode ReportSecondsJson(const Report *report, Json json);
