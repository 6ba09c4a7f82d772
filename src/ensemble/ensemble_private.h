/* Inside of the room of ensembles. */
#pragma once
#include <reiter/ensemble.h>

extern const EnsembleObserver ObservablesObserver, HistogramObserver, AutocorrelationObserver,
    TrajectoriesObserver, PassageObserver, EstimateObserver;

/* The head of a record; the observers' states come after it. Plain memory. */
typedef struct {
  PathBlock block;
  int64_t finished; /* all is done, the observers know */
} Record;

/* A block under way. */
typedef struct {
  PetscInt64 number; /* -1: none */
  size_t size;
  Record *record;
  PetscInt64 next[ENSEMBLE_OBSERVERS];
} LiveBlock;

/* Live blocks of a checkpoint whose turn has not come. */
typedef struct _PendingBlock {
  int64_t number;
  uint64_t size;
  Record *record;
  struct _PendingBlock *next;
} PendingBlock;

struct _p_Ensemble {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  EnsemblePlan plan;
  Paths paths;
  PetscInt width; /* paths of a block; the last one may have fewer */
  PetscInt64 n_blocks;
  PetscInt n_observers;
  const EnsembleObserver *observers[ENSEMBLE_OBSERVERS];
  void *selves[ENSEMBLE_OBSERVERS];
  void *start; /* the table of the equilibrium start, or NULL */
  /* of rank 0: */
  size_t total_offset[ENSEMBLE_OBSERVERS + 1];
  char *totals;
  PetscInt64 merged; /* blocks; on all ranks */
  EnsembleCounts counts;
  RunFolder folder;
  char digest[17], file[128];
  PetscReal checkpoint_seconds;
  PetscBool resume;
  double written; /* MPI_Wtime of the last checkpoint */
  PendingBlock *pending;
  /* of this run: */
  PetscInt64 path_steps; /* of running paths */
  double seconds;
};

/* Paths of block b. */
PetscInt EnsembleBlockPaths(Ensemble e, PetscInt64 b);
/* Bytes of its record, and where in it the state of observer i begins. */
size_t EnsembleRecordSize(Ensemble e, PetscInt64 b);
void *EnsembleState(Ensemble e, LiveBlock *live, PetscInt i);

/* start.c. A table to draw starts of the equilibrium from; *refused as in EnsembleCreate. */
PetscErrorCode EnsembleStartCreate(const EnsemblePlan *plan, void **start, char **refused);
PetscErrorCode EnsembleStartDraw(const void *start, Paths paths, PathBlock *block);
PetscErrorCode EnsembleStartDestroy(void **start);

/* checkpoint.c. Collective: the live blocks of all ranks go to rank 0. */
PetscErrorCode EnsembleCheckpointSave(Ensemble e, const LiveBlock *live);
/* Totals, counts and pending blocks of a file that is whole and ours; else nothing. Collective. */
PetscErrorCode EnsembleCheckpointLoad(Ensemble e);

/* equilibrium.c. log of the integral of w over each cell of a uniform grid (component 0 fastest), by Gauss-Legendre of
   four points on panels not wider than `panel`. *known is false where w is not finite, or the points are too many. */
PetscErrorCode EquilibriumMasses(Dynamics dynamics, PetscInt dim, const PetscReal box[][2],
                                 const PetscInt cells[], PetscReal panel, PetscReal log_mass[],
                                 PetscBool *known);

/* chi_square.c. The probability that a chi-square variable of k degrees of freedom exceeds x: Q(k/2, x/2). */
PetscReal ChiSquareTail(PetscReal k, PetscReal x);

/* A name of a file of this ensemble: WHAT_LABEL.EXTENSION. */
#define EnsembleFile(plan, what, extension, name)                                                            \
  PetscSNPrintf(name, sizeof(name), "%s_%s.%s", what, (plan)->label, extension)
