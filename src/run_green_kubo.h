/* What `reiter greenkubo` keeps while it works. */
#pragma once
#include <reiter/series.h>
#include "found_equations.h"
#include "run_private.h"

typedef struct {
  Run *run;
  const CaseGreenKubo *wanted;
  PetscInt dim, n;                         /* columns */
  PetscInt position, momentum, force;      /* the first column of each; -1: none */
  const char *columns[SERIES_MAX_COLUMNS]; /* [n], and the next two */
  PetscReal periods[SERIES_MAX_COLUMNS];
  PetscBool positions[SERIES_MAX_COLUMNS];
  PetscReal dt;
  GreenKubo gk;
  PetscInt64 done, all; /* bytes of the files before this one, and of all */
  PetscInt64 samples, paths;
  PetscReal seen[REITER_MAX_DIM][2]; /* ranges of the positions */
  Progress progress;
  PetscInt n_warnings; /* of the files */
  char **warnings;
  PetscBool concluded;
  GreenKuboResult result;
  FoundCase found[FOUND_EQUATIONS];
  int exit_codes[FOUND_EQUATIONS]; /* of those that were run */
} GreenKuboStudy;

/* run_green_kubo_series.c. The columns that are wanted; case and run are borrowed. */
PetscErrorCode GreenKuboStudyPrepare(Run *run, GreenKuboStudy *study);
/* All series into the estimator; mistakes in them are reported, of each file the first. Rank 0. */
PetscErrorCode GreenKuboStudyRead(GreenKuboStudy *study, PetscBool quiet, int *exit_code);
PetscErrorCode GreenKuboStudyClear(GreenKuboStudy *study);
/* A warning at a key. */
PetscErrorCode GreenKuboStudyWarn(GreenKuboStudy *study, const char key[], const char words[]);
