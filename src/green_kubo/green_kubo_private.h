/* The samples in memory, and what is computed from them one after the other. */
#pragma once
#include <reiter/green_kubo.h>
#include <fftw3.h>
#include <math.h>

enum {
  GK_PIECE = 65536,      /* samples of a column kept together */
  GK_MAX_DIM = 3,        /* of each of R, P, F */
  GK_FEWEST_BLOCKS = 10, /* for an error with an error of a quarter */
  GK_MOST_BLOCKS = 20,   /* where they are chosen */
  GK_BLOCK_LAGS =
      10, /* length of a block over the longest lag, where there can be more than the fewest blocks */
  GK_BLOCK_LAGS_LEAST = 5, /* the same, at least */
  GK_FEWEST_LAGS = 10,
  GK_FEWEST_IN_BIN = 10,
  GK_BINS = 40 /* where their number was not asked for */
};
/* Numbers that are kept: 1e7 samples of R, P and F in three dimensions need 9e7. */
#define GK_MOST_NUMBERS 120000000

typedef enum { GK_POSITION, GK_MOMENTUM, GK_FORCE, GK_KINDS } SampleKind;

struct _p_GreenKubo {
  GreenKuboSettings s;
  PetscInt first[GK_KINDS]; /* column of the first component; -1: not had */
  PetscInt columns;
  PetscInt64 n, pieces, room;
  PetscReal **piece;  /* [pieces], each [columns][GK_PIECE] */
  PetscInt64 *begins; /* [paths] */
  PetscInt64 paths, path_room;
  PetscBool full, concluded;
};

/* count samples of a column from `from` on, and back. */
PETSC_INTERN void SamplesLoad(GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt count, PetscReal x[]);
PETSC_INTERN void SamplesStore(GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt count,
                               const PetscReal x[]);
/* How many samples from `from` on lie in one piece, and before `end`. */
PETSC_INTERN PetscInt SamplesTogether(PetscInt64 from, PetscInt64 end);

/* The series cut into n blocks of about the same number of samples: [cut[b], cut[b + 1]). */
typedef struct {
  PetscInt n;
  PetscInt64 *cut;
} Blocks;
PETSC_INTERN PetscErrorCode BlocksCreate(GreenKubo gk, PetscInt n, Blocks *blocks);
PETSC_INTERN PetscErrorCode BlocksDestroy(Blocks *blocks);
/* The standard error of the mean of n values that lie `stride` apart; the mean. */
PETSC_INTERN PetscReal BlockError(PetscInt n, PetscInt stride, const PetscReal x[], PetscReal *mean);
/* Means of a product of two columns less their shifts, by blocks: mean[n] (b < 0: of column a alone). */
PETSC_INTERN PetscErrorCode BlockMeans(GreenKubo gk, const Blocks *blocks, PetscInt a, PetscReal shift_a,
                                       PetscInt b, PetscReal shift_b, PetscReal mean[]);
/* The mean over all samples. */
PETSC_INTERN PetscErrorCode SamplesMean(GreenKubo gk, PetscInt column, PetscReal *mean);

/* Unbiased correlations of dim neighbouring columns for lags 0, .., n - 1, by FFT of windows that overlap. */
typedef struct _p_Correlator *Correlator;
PETSC_INTERN PetscErrorCode CorrelatorCreate(PetscInt dim, PetscInt n, Correlator *correlator);
PETSC_INTERN PetscErrorCode CorrelatorDestroy(Correlator *correlator);
/* C[n][dim*dim] over the samples of [from, to), paths by themselves; mean[dim] is taken off. NaN where no pair has the lag. */
PETSC_INTERN PetscErrorCode CorrelatorRun(Correlator correlator, GreenKubo gk, PetscInt column,
                                          PetscInt64 from, PetscInt64 to, const PetscReal mean[],
                                          PetscReal C[]);

/* The trapezoid rule: integral[n][width] of f[n][width]. */
PETSC_INTERN void Trapezoid(PetscInt n, PetscInt width, PetscReal dt, const PetscReal f[],
                            PetscReal integral[]);
/* A curve and what its blocks say: integrals[blocks][n][dim*dim], traces[blocks][n] (over dim). */
typedef struct {
  PetscInt blocks;
  PetscReal *integrals, *traces;
} CurveBlocks;
PETSC_INTERN PetscErrorCode CurveCompute(GreenKubo gk, SampleKind kind, const Blocks *blocks, PetscInt n,
                                         GreenKuboCurve *curve, CurveBlocks *data);
PETSC_INTERN PetscErrorCode CurveBlocksDestroy(CurveBlocks *data);
/* How many samples it takes until the correlation has fallen for good, at most `most`. */
PETSC_INTERN PetscErrorCode CurveScale(GreenKubo gk, SampleKind kind, PetscInt most, PetscReal *samples);
/* Fills what is read off; given: lags between which, both 0: by the rule. */
PETSC_INTERN PetscErrorCode PlateauRead(SampleKind kind, const CurveBlocks *data, const PetscReal given[2],
                                        GreenKuboCurve *curve);

/* Subtracts f_th from the force, where it is kept. */
PETSC_INTERN PetscErrorCode ThermalSubtract(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result,
                                            char **refused);
PETSC_INTERN PetscErrorCode ThermalFit(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result,
                                       char **refused);
/* The bins of force and position; f_th of the bins, before and after it has been subtracted from the force. */
PETSC_INTERN PetscErrorCode ThermalTabulate(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result);
PETSC_INTERN PetscErrorCode ThermalTabulateModel(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result);
PETSC_INTERN PetscErrorCode ThermalBins(GreenKubo gk, GreenKuboResult *result, char **refused);

/* A sentence for people. */
PETSC_INTERN PetscErrorCode ResultWarn(GreenKuboResult *result, const char format[], ...)
    PETSC_ATTRIBUTE_FORMAT(2, 3);
/* A whole sentence into *refused (PetscFree), unless there is one already. */
PETSC_INTERN PetscErrorCode GreenKuboRefuse(char **refused, const char format[], ...)
    PETSC_ATTRIBUTE_FORMAT(2, 3);
/* What is odd about the samples and the curves. */
PETSC_INTERN PetscErrorCode WarnOfSamples(GreenKubo gk, const Blocks *blocks, GreenKuboResult *result);
PETSC_INTERN PetscErrorCode WarnOfCurves(GreenKubo gk, GreenKuboResult *result);
