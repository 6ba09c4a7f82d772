/*
  Estimators from observed paths: the effective diffusion tensor and the drift, against the time between the
  observations that are used (eq. 3.6), and from paths smoothed by an exponential filter (Abdulle, Garegnani, Pavliotis,
  Stuart, Zanoni: Drift estimation of multiscale diffusions based on filtered data, 2023).

  An estimator is a layout and no memory of its own: what a path has shown so far (its state) and what all finished paths
  have (the total) are plain arrays of numbers, zero at the start, that may be sent and stored as they are. Totals depend
  on the order in which paths are finished and on nothing else.
*/
#pragma once
#include <reiter/cascade.h>
#include <reiter/case.h>
#include <reiter/output.h>

typedef struct _p_Estimator *Estimator;

enum { ESTIMATE_MAX_BASIS = 8, ESTIMATE_BLOCK = 256 };

typedef struct {
  PetscInt dim;
  PetscReal dt;     /* time between two samples */
  PetscInt64 paths; /* how many there will be; 0: not known */
  PetscInt n_subsampling;
  const PetscInt *steps; /* [n_subsampling]: subsampling times, in samples */
  PetscInt offsets; /* increments of one subsampling time that may overlap; 0: one begins at every sample */
  PetscInt n_filters;
  const PetscReal *widths; /* [n_filters], time */
  PetscInt n_basis;        /* 0: no drift */
  const Expression *basis; /* [n_basis][dim]: the drift is sum theta_j f_j */
} EstimatorSettings;

/* The settings are copied, the formulas referenced. */
PetscErrorCode EstimatorCreate(const EstimatorSettings *settings, Estimator *estimator);
PetscErrorCode EstimatorDestroy(Estimator *estimator);
/* As the case asks for (`estimate:`), for samples every dt. nearest: every subsampling time is moved to the nearest
   multiple of dt, else only those at equal ratios are. A mistake is a whole sentence in *refused (PetscFree), about
   the key *key; *estimator is NULL then. */
PetscErrorCode EstimatorCreateFromCase(Case c, PetscReal dt, PetscInt64 paths, PetscBool nearest,
                                       Estimator *estimator, const char **key, char **refused);
/* Bytes of the state of one path, and of the total. */
size_t EstimatorStateSize(Estimator estimator);
size_t EstimatorTotalSize(Estimator estimator);

/* The work, O(1) for each sample and each subsampling time. The next n <= ESTIMATE_BLOCK samples of one path:
   component c of sample i at x[c * stride + i]. */
PetscErrorCode EstimatorAddSeries(Estimator estimator, PetscInt n, PetscInt stride, const PetscReal x[],
                                  void *state);
/* The next sample of each of n paths with states one after the other; skip[i] != 0 (NULL: none) has ended. */
PetscErrorCode EstimatorAddBlock(Estimator estimator, PetscInt n, PetscInt stride, const PetscReal x[],
                                 const int8_t skip[], void *states);
/* The path is at its end: it counts in the total. */
PetscErrorCode EstimatorFinish(Estimator estimator, const void *state, void *total);

/* Whether so many paths with so many samples each are enough for estimates with errors; if not, *refused is a whole
   sentence (PetscFree) about the key *key of a case. */
PetscErrorCode EstimatorCheckLength(Estimator estimator, PetscInt64 samples, PetscInt64 paths,
                                    const char **key, char **refused);

/* What one subsampling time, or one filter, says. Errors are standard errors. */
typedef struct {
  PetscReal time;             /* the subsampling time, or the width of the filter */
  PetscInt64 terms;           /* increments, or samples, in the mean */
  PetscInt groups;            /* independent pieces of data that the errors come from */
  PetscReal D[9], D_error[9]; /* [dim * dim], length^2/time */
  PetscReal theta[ESTIMATE_MAX_BASIS], theta_error[ESTIMATE_MAX_BASIS]; /* [n_basis] */
} Estimate;

typedef struct {
  PetscInt dim, n_basis, n_subsampling, n_filters;
  PetscInt64 paths, samples;
  PetscReal dt, longest; /* time that the longest path covers */
  PetscBool over_paths;  /* errors are over paths, else over batches in time */
  Estimate *subsampled;  /* [n_subsampling] */
  Estimate *filtered;    /* [n_filters] */
} Estimates;

/* *refused is a whole sentence (PetscFree) if the paths are too short or their drift is not determined, and *which the
   time that it is about: 0 .. n_subsampling - 1, then the filters; -1: none. */
PetscErrorCode EstimatorConclude(Estimator estimator, const void *total, Estimates *estimates,
                                 PetscInt *which, char **refused);
PetscErrorCode EstimatesDestroy(Estimates *estimates);
/* NAME.csv against the subsampling time, NAME_filter.csv against the width. */
PetscErrorCode EstimatesWriteFiles(const Estimates *estimates, const char name[], RunFolder folder);
/* The members of an object. */
PetscErrorCode EstimatesWriteJson(const Estimates *estimates, Json json);
PetscErrorCode EstimatesPrint(const Estimates *estimates, FILE *stream);

/* What the theory says that D goes to: s at short times, and s M(x) once the periods are averaged; x is the first point
   of `effective:`, or the origin. */
typedef struct {
  PetscBool known; /* the case has a potential */
  PetscInt dim;
  PetscReal temperature, x[REITER_MAX_DIM], homogenized[9];
  PetscReal error; /* relative, of M */
} EstimateLimits;
/* The cascade is the case's; NULL: nothing is known. */
PetscErrorCode EstimateLimitsCompute(Case c, Cascade cascade, const volatile int *interrupted,
                                     EstimateLimits *limits, CellFailure *failure);
/* "limits" of an object, and a line; nothing if they are not known. */
PetscErrorCode EstimateLimitsWriteJson(const EstimateLimits *limits, Json json);
PetscErrorCode EstimateLimitsPrint(const EstimateLimits *limits, FILE *stream);
