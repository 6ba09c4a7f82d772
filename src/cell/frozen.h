/*
  A table of a smooth function of m periodic variables with several components, as a sum of few waves
  sum_k c_k exp(2 pi i k.y): what the inner tensors of a cascade are as functions of the frozen scales. The waves are
  found while sampling, on rank-1 lattices of quasi-random generators; all samples taken so far determine the
  coefficients by least squares. A new lattice first checks the sum that was fitted without it: that is the error.
*/
#pragma once
#include <petscsys.h>

enum { FROZEN_MAX_VARIABLES = 6 };

typedef struct _p_FrozenTable *FrozenTable;

/* f[n][components] at y[n][variables] in [0, 1). *ok = false gives the table up. */
typedef PetscErrorCode (*FrozenSampler)(void *ctx, PetscInt n, const PetscReal y[], PetscReal f[],
                                        PetscBool *ok);
/* How far the tabulated b[components] is from the sample a. */
typedef PetscErrorCode (*FrozenDistance)(void *ctx, const PetscReal a[], const PetscReal b[],
                                         PetscReal *distance);

typedef struct {
  PetscReal tolerance;  /* of the largest distance at the check points */
  PetscInt max_samples; /* sampling stops before it would exceed them */
} FrozenLimits;

typedef struct {
  PetscBool met;    /* error <= tolerance: the table may be used */
  PetscReal error;  /* twice the largest distance at samples that the sum did not know; infinity: no check */
  PetscInt samples; /* taken, those of the checks included */
  PetscInt checks;  /* how many of them gave the error */
  PetscInt waves;   /* k and -k count as two */
  PetscInt stages;
} FrozenReport;

PetscErrorCode FrozenTableCreate(PetscInt variables, PetscInt components, FrozenTable *table);
PetscErrorCode FrozenTableDestroy(FrozenTable *table);
/* distance NULL: the largest difference of a component. Starts afresh. Deterministic: the points depend on the values
   of the samples only. */
PetscErrorCode FrozenTableFill(FrozenTable table, FrozenSampler sample, FrozenDistance distance, void *ctx,
                               const FrozenLimits *limits, FrozenReport *report);
/* All components on a tensor grid axis[0][n[0]] x .. of the last `grid` (0 to 3) variables, the others being slow[]:
   values[point][components], axis 0 fastest. */
PetscErrorCode FrozenTableEvaluate(FrozenTable table, const PetscReal slow[], PetscInt grid,
                                   const PetscInt n[], const PetscReal *const axis[], PetscReal values[]);
