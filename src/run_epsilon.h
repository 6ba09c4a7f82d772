/* A study in e: what is compared, and the numbers of the homogenized diffusion and of every e. */
#pragma once
#include "run_private.h"

typedef enum { FROM_GAP, FROM_EVOLVE, FROM_PASSAGE, FROM_DISTANCE } EpsilonSource;

typedef struct {
  char name[96];  /* in converge.csv and converge.epsilon_rates */
  char text[128]; /* for people */
  EpsilonSource source;
  PetscInt which; /* of the distances */
} EpsilonQuantity;

typedef struct {
  PetscReal value, error; /* absolute */
} EpsilonNumber;

typedef struct {
  Run run; /* folder, domain and homogenized coefficients; no diffusion */
  const CaseConverge *wanted;
  Potential potential; /* borrowed */
  PetscReal box[2];
  Boundary sides[2];
  PetscInt n;
  EpsilonQuantity *quantities; /* [n] */
  EpsilonNumber *limit;        /* [n] the homogenized values; 0 or the limit for distances */
  EpsilonNumber *at;           /* [n_epsilon][n] */
  PetscInt *elements;          /* [n_epsilon] of the last evolution; 0: none */
  PetscInt done;               /* e that are finished */
} EpsilonStudy;

/* run_epsilon_measure.c. What the case lets one compare. Caller frees study->quantities. */
PetscErrorCode EpsilonListQuantities(EpsilonStudy *study);
/* All numbers of one diffusion: the resolved one at e, the homogenized one for epsilon = 0; numbers[n]. Mistakes and
   failures go to the diagnostics. Collective. */
PetscErrorCode EpsilonMeasure(EpsilonStudy *study, PetscReal epsilon, EpsilonNumber numbers[],
                              PetscInt *elements, int *exit_code);

/* run_epsilon_report.c. Value at e less the limit, its error, and the order between neighbours; NaN: none, or lost in
   the errors. */
EpsilonNumber EpsilonDifference(const EpsilonStudy *study, PetscInt quantity, PetscInt which);
PetscReal EpsilonOrder(const EpsilonStudy *study, PetscInt quantity, PetscInt which);
/* The order of the smallest e that shows one, and the least one that is stated; NaN: none. */
PetscReal EpsilonJudgedOrder(const EpsilonStudy *study, PetscInt quantity);
PetscReal EpsilonStatedOrder(const EpsilonStudy *study, PetscInt quantity);
/* Whether the stated order is seen, or nothing is left to converge; true without a stated one. */
PetscBool EpsilonIsMet(const EpsilonStudy *study, PetscInt quantity);
PetscErrorCode EpsilonWriteCsv(const EpsilonStudy *study);
PetscErrorCode EpsilonWriteJson(const EpsilonStudy *study);
PetscErrorCode EpsilonPrint(const EpsilonStudy *study, FILE *stream);
