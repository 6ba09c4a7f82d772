/*
  What a case may ask of a reversible diffusion: how it evolves, its spectrum, the constants of its measures, its passage
  times. A question is a table of functions; the spine goes through all of them and knows none.
*/
#pragma once
#include <reiter/case.h>
#include <reiter/diffusion.h>
#include <reiter/output.h>

/* What a question finds when it is asked; all borrowed. */
typedef struct {
  MPI_Comm comm;
  PetscMPIInt rank;
  Case c;
  Diagnostics diagnostics; /* for mistakes that only show while running */
  RunFolder folder;        /* rank 0; NULL elsewhere */
  PetscBool resume, quiet;
  const volatile int *interrupted;
  Potential potential; /* NULL for cases with `diffusion:` */
  Coefficients coefficients;
  Domain domain;
  Diffusion diffusion;
} Setting;

/* Functions of an answer; every one of them is given what Answer() made. */
typedef struct {
  const char *key; /* of the section in the case and in run.json */
  PetscErrorCode (*IsAsked)(Case c, PetscBool *asked);
  /* Computes. failure->status other than CELL_OK: no result, and the message says why (CELL_REFUSED and CELL_NOT_FINITE
     are mistakes of the user). Collective. */
  PetscErrorCode (*Answer)(const Setting *setting, void **answer, CellFailure *failure);
  /* Tables and fields. Collective; only rank 0 writes. */
  PetscErrorCode (*WriteFiles)(void *answer, const Setting *setting);
  /* The section of run.json. Rank 0. */
  PetscErrorCode (*WriteJson)(void *answer, Json json);
  /* A line or two for people. Rank 0. */
  PetscErrorCode (*Print)(void *answer, FILE *stream);
  /* A number by its name ("gap", an observable at the last time, ...), for convergence studies; *known is false if this
     answer has no such number. Same on all ranks. */
  PetscErrorCode (*Quantity)(void *answer, const char name[], PetscReal *value, PetscBool *known);
  /* The absolute error that the solver estimates of a quantity (the domain's not counted, where the answer does not know
     of it). NULL: this question knows none. Same on all ranks. */
  PetscErrorCode (*QuantityError)(void *answer, const char name[], PetscReal *error);
  PetscErrorCode (*Destroy)(void **answer);
} Question;

/* Sets failure->status to CELL_INTERRUPTED if a signal has reached any rank: they get it at different times. interrupted
   may be NULL. Collective. */
PetscErrorCode CheckSignal(MPI_Comm comm, const volatile int *interrupted, CellFailure *failure);

/* The questions in the order in which they are asked; ends with NULL. */
extern const Question *const Questions[];
