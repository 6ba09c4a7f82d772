/*
  Coefficients of a reversible diffusion d_t (w h) = div( w D grad h ) (mathematics, eq. 2.2): the logarithm of the
  weight w and the tensor D at any point. They come from formulas, from a table, or from the cascade
  (w = Z, D = s M); what uses them cannot tell which.
*/
#pragma once
#include <reiter/cascade.h>
#include <reiter/output.h>

typedef struct _p_Coefficients *Coefficients;

/* The first place where the coefficients make no reversible diffusion. */
typedef enum {
  COEFFICIENT_GOOD,
  COEFFICIENT_WEIGHT,     /* log w is not finite (w zero, negative, infinite or undefined) */
  COEFFICIENT_TENSOR,     /* an entry of D is not finite */
  COEFFICIENT_ASYMMETRIC, /* D is not symmetric */
  COEFFICIENT_INDEFINITE, /* D is not positive definite */
  COEFFICIENT_OUTSIDE,    /* the point lies outside of the table or of the tabulated box */
  COEFFICIENT_UNRESOLVED  /* they vary too fast, or over too long a range, for the panels of interval.h */
} CoefficientTrouble;
typedef struct {
  CoefficientTrouble trouble;
  PetscReal x[REITER_MAX_DIM];
  PetscInt entry[2]; /* row and column of D, where one entry is to blame */
  char message[320]; /* a whole sentence with the point */
} CoefficientFault;

/* Formulas of x, y, z: log w, and the dim x dim entries of D, row-major. The expressions are referenced. */
PetscErrorCode CoefficientsCreateFormulas(PetscInt dim, Expression log_weight, const Expression tensor[],
                                          Coefficients *coefficients);
/* A table: x[n][dim], log_w[n], D[n][dim][dim]; the points fill a tensor grid (any order) or, in one dimension, are
   any points. Between them log w and the matrix logarithm of D are interpolated by cubic
   splines along each axis (order 4; not-a-knot at the ends), so that D stays positive. Arrays are copied. On trouble *coefficients is NULL. */
PetscErrorCode CoefficientsCreateTable(PetscInt dim, PetscInt n, const PetscReal x[], const PetscReal log_w[],
                                       const PetscReal D[], Coefficients *coefficients,
                                       CoefficientFault *fault);
/* Reads such a table: CSV with a header line (columns x, y, z; log_w or w or log_Z; D or D_xx, D_xy, ...; or
   M_xx.. and a temperature: then D = s M, which is what effective.csv holds), or HDF5 with data sets of these names.
   A mistake in the file goes to *refused, a sentence with row and column (PetscFree); *coefficients is NULL then. */
PetscErrorCode CoefficientsReadTable(const char path[], PetscInt dim, PetscReal temperature,
                                     Coefficients *coefficients, char **refused);
/* The cascade over a box: log Z1, the logarithms of M_ii and the correlations of M by adaptive Chebyshev interpolation in x, to an error
   of M and of Z1 below the tolerance; V0 from its formula. Nothing is computed before CoefficientsSetUp(). Potential and
   cascade are borrowed; the tolerance of the cascade is set to a part of the one given. */
PetscErrorCode CoefficientsCreateCascade(MPI_Comm comm, Potential potential, Cascade cascade,
                                         const PetscReal box[][2], PetscReal tolerance,
                                         Coefficients *coefficients);
/* V0 alone with D = s I (the reference measure of Prop. 9). */
PetscErrorCode CoefficientsCreateReference(Potential potential, Coefficients *coefficients);
/* The full potential at a finite e, V(x, x/e, .., x/e^N), with D = s I. */
PetscErrorCode CoefficientsCreateResolved(Potential potential, PetscReal epsilon, Coefficients *coefficients);
/* The same weight, D = I times the factor: the Poincare constant's operator. References `base`. */
PetscErrorCode CoefficientsCreateIsotropic(Coefficients base, PetscReal factor, Coefficients *coefficients);
PetscErrorCode CoefficientsReference(Coefficients coefficients);
PetscErrorCode CoefficientsDestroy(Coefficients *coefficients);

/* For the cascade's table (the others have nothing to do): computed points are read from and appended to the
   checkpoint (rank 0 only). */
PetscErrorCode CoefficientsSetCheckpoint(Coefficients coefficients, Checkpoint checkpoint);
PetscErrorCode CoefficientsSetQuiet(Coefficients coefficients, PetscBool quiet);
/* The most cascades that the table may take (20000 unless set). */
PetscErrorCode CoefficientsSetLimit(Coefficients coefficients, PetscInt max_points);
/* Collective on comm for the cascade. failure->status is CELL_OK, or says why there are no coefficients. */
PetscErrorCode CoefficientsSetUp(Coefficients coefficients, const volatile int *interrupted,
                                 CellFailure *failure);

/* The work, not collective: log_w[n] and D[n][dim][dim] (row-major, exactly symmetric) at x[n][dim]; either may be
   NULL. Points may lie outside of the box by round-off. On trouble *fault tells the first place and the other values
   are as far as they go. */
PetscErrorCode CoefficientsEvaluate(Coefficients coefficients, PetscInt n, const PetscReal x[],
                                    PetscReal log_w[], PetscReal D[], CoefficientFault *fault);

/* What the table cost and how good it is; all zero where there is no table. */
typedef struct {
  const char *source; /* "formulas" | "table" | "cascade" | "reference" | "resolved" */
  PetscInt points;    /* cascades computed */
  PetscInt cells_solved;
  PetscReal error;           /* estimated relative error of M and Z1, cell and interpolation together */
  char method[48];           /* of the cells */
  PetscBool constant_tensor; /* D is known not to depend on x */
} CoefficientsInfo;
PetscErrorCode CoefficientsGetInfo(Coefficients coefficients, PetscInt *dim, CoefficientsInfo *info);
