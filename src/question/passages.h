/* Passage times and committor that were computed. Logarithms are natural. */
#pragma once
#include <reiter/passage.h>
#include "question_private.h"

typedef struct _p_Passages *Passages;
struct _p_Passages {
  const CasePassage *wanted; /* borrowed */
  PetscInt dim;
  PetscBool has_time, has_committor;
  Vec log_time, committor;        /* on the domain's nodes */
  PetscReal *log_times, *errors;  /* [n_from] */
  PetscBool discretisation_known; /* the errors count it: a worse domain was there to compare with */
  PetscReal time_error, log_capacity, log_rate, committor_error;
};

/* passages_line.c. One dimension, by integrals. */
PetscErrorCode PassagesOnLine(const Setting *setting, Passages passages, CellFailure *failure);
/* passages_report.c */
PetscErrorCode PassagesWriteFiles(void *answer, const Setting *setting);
PetscErrorCode PassagesWriteJson(void *answer, Json json);
PetscErrorCode PassagesPrint(void *answer, FILE *stream);
