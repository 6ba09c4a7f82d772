/* What `reiter transitions` found, and its files. */
#pragma once
#include <reiter/transitions.h>
#include "report.h"

/* The exponents of one curve of folds at its end, or of the branch that leaves a pitchfork. */
typedef struct {
  PetscInt curve, event; /* of `phase`; curve -1: event of `branches` */
  ExponentSeries series;
} TransitionExponents;

typedef struct {
  const CaseTransitions *wanted;
  PetscInt dim;
  StationaryPoints points;
  Branches branches, phase;
  PetscInt n_intervals, n_exponents;
  StateInterval *intervals;
  TransitionExponents *exponents;
  PhaseMap map; /* n = 0: none */
} TransitionResults;

PetscErrorCode ReportTransitionsJson(const TransitionResults *t, Json json);
PetscErrorCode ReportTransitionsFiles(const TransitionResults *t, RunFolder folder);
PetscErrorCode ReportTransitionsPrint(const TransitionResults *t, FILE *stream);
PetscErrorCode TransitionResultsFree(TransitionResults *t);
