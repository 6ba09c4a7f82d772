/*
  Ensembles of paths and what is measured on them. An ensemble is a number of independent paths of one equation; its
  blocks are dealt to the ranks, each is taken from its start to its end, and what the observers saw of it is merged on
  rank 0 in the order of the blocks: every result is the same to the bit on any number of ranks and after any
  interruption.

  An observer is a statistic: a table of functions in a file of its own, entered into EnsembleObservers. Its memory is
  plain: a state per block while the block is under way (zero at its start) and a total (zero at the start), both of
  doubles or integers without pointers, so that they can be sent and stored as they are.
*/
#pragma once
#include <reiter/case.h>
#include <reiter/cascade.h>
#include <reiter/output.h>
#include <reiter/paths.h>

typedef struct _p_Ensemble *Ensemble;

/* What the paths of an ensemble are. Dynamics and case are borrowed. */
typedef struct {
  Case c;
  PetscInt dim;
  Dynamics dynamics;
  PetscReal epsilon, finest; /* 0 and 0: homogenized; finest: the shortest period e^N */
  char label[64];            /* for names of files: "epsilon_0.1", "homogenized" */
  PathScheme scheme;
  PetscInt64 count; /* paths */
  PetscReal dt;
  PetscInt64 steps;   /* at most, of every path */
  PetscInt64 burn_in; /* steps that are not sampled */
  PetscInt64 every;   /* steps between samples: burn_in + every, burn_in + 2 every, .. */
  uint64_t seed;
  Expression target; /* NULL, or paths stop there */
} EnsemblePlan;

/* Paths in all, those that left to infinity or out of the box, those that arrived, and the Metropolis scheme's counts. */
typedef struct {
  int64_t paths, escaped, arrived, proposals, accepted;
} EnsembleCounts;

typedef struct {
  const char *key;     /* of the case and of run.json: paths.KEY; or a section of its own */
  const char *section; /* "paths.observables": where mistakes are reported */
  PetscBool stops;     /* for ensembles with a target, or without */
  PetscErrorCode (*IsAsked)(Case c, PetscBool *asked);
  /* What cannot be done goes to *refused, a whole sentence (PetscFree). The plan and the paths live longer. */
  PetscErrorCode (*Create)(const EnsemblePlan *plan, Paths paths, void **self, char **refused);
  PetscErrorCode (*Destroy)(void **self);
  /* Bytes of the state of paths first .. first + n, and of the total. */
  size_t (*StateSize)(const void *self, PetscInt64 first, PetscInt n);
  size_t (*TotalSize)(const void *self);
  /* The first step after `step` at which the observer wants to see a block, from 0 on (`step` is -1 at first); beyond
     the plan's steps: never. NULL: never. */
  PetscInt64 (*Next)(const void *self, PetscInt64 step);
  /* The block stands at such a step. Paths whose state is not PATH_RUNS have ended. */
  PetscErrorCode (*Observe)(void *self, const PathBlock *block, void *state);
  /* The block has done all its steps, or all of its paths have ended. May be NULL. */
  PetscErrorCode (*Finish)(void *self, const PathBlock *block, void *state);
  /* Rank 0, in the order of the blocks. */
  PetscErrorCode (*Merge)(void *self, PetscInt64 first, PetscInt n, const void *state, void *total);
  /* Rank 0, once, when all is merged: numbers from sums. May be NULL. */
  PetscErrorCode (*Conclude)(void *self, const void *total);
  /* Rank 0, afterwards: what could not be concluded, and why; NULL: nothing is missing. May be NULL. */
  const char *(*GetMissing)(const void *self);
  /* Rank 0, afterwards. Print and WriteFiles may be NULL. */
  PetscErrorCode (*WriteFiles)(void *self, const void *total, RunFolder folder);
  PetscErrorCode (*WriteJson)(void *self, const void *total, Json json);
  PetscErrorCode (*Print)(void *self, const void *total, FILE *stream);
} EnsembleObserver;

/* All of them; ends with NULL. */
extern const EnsembleObserver *const EnsembleObservers[];
enum { ENSEMBLE_OBSERVERS = 16 };

/* Where the drift of the paths is looked at: paths.box, else two to either side of where they start. A path of dynamics that
   no box bounds has escaped when one step takes it further than ten of the longest side. */
PetscErrorCode EnsembleGetBox(Case c, PetscReal box[][2]);
/* How many of the observers for ensembles with (stops) or without a target the case asks for. */
PetscErrorCode EnsembleAsked(Case c, PetscBool stops, PetscInt *n);
/* With a target: the observers of first passages, else the others. *refused: a whole sentence (PetscFree), about the key
   *section; *ensemble is NULL then. The plan is copied. */
PetscErrorCode EnsembleCreate(MPI_Comm comm, const EnsemblePlan *plan, Ensemble *ensemble,
                              const char **section, char **refused);
PetscErrorCode EnsembleDestroy(Ensemble *ensemble);
/* Whether EnsembleCreate() would refuse, as far as that shows at once: all but the start in equilibrium. */
PetscErrorCode EnsembleCheck(const EnsemblePlan *plan, const char **section, char **refused);
/* A checkpoint in the folder (on rank 0), every so many seconds and at an interruption; digest[17] of the case. resume:
   go on from it. */
PetscErrorCode EnsembleSetCheckpoint(Ensemble ensemble, RunFolder folder, const char digest[],
                                     PetscReal seconds, PetscBool resume);
/* Steps of paths in all, for the progress; an upper limit where paths stop. */
PetscErrorCode EnsembleGetWork(Ensemble ensemble, PetscInt64 *path_steps);
/* The work, collective. progress (rank 0, or NULL) counts millions of path-steps, from `before`. failure->status is
   CELL_OK, or CELL_INTERRUPTED with the checkpoint written. */
PetscErrorCode EnsembleAdvance(Ensemble ensemble, const volatile int *interrupted, Progress progress,
                               PetscInt64 before, CellFailure *failure);
/* Results, on rank 0. */
PetscErrorCode EnsembleGetPlan(Ensemble ensemble, const EnsemblePlan **plan);
PetscErrorCode EnsembleGetCounts(Ensemble ensemble, EnsembleCounts *counts, PetscReal *path_steps_per_second);
/* The first of the results that is missing: why, and the key of the case behind it; NULL: none is. */
PetscErrorCode EnsembleGetMissing(Ensemble ensemble, const char **section, const char **missing);
PetscErrorCode EnsembleWriteFiles(Ensemble ensemble, RunFolder folder);
PetscErrorCode EnsembleWriteJson(Ensemble ensemble, Json json); /* the observers' keys of an object */
PetscErrorCode EnsemblePrint(Ensemble ensemble, FILE *stream);
/* The checkpoint has done its duty. Rank 0. */
PetscErrorCode EnsembleForget(Ensemble ensemble);
