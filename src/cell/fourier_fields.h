/*
  The coefficient of a cell on two uniform grids, n points per direction for the solver and 2n for the
  energies: from the formula where its derivatives are known, else interpolated in the logarithm.
*/
#pragma once
#include <reiter/cell.h>
#include "spectral.h"
#include "witten.h"

/* K = exp(2 log_f) C with trace C_upper = dim. */
typedef struct {
  Spectral grid;
  PetscReal *log_f, *a[3];        /* a = -grad log_f */
  PetscReal *laplacian;           /* of log_f, or NULL */
  PetscReal *upper[6], *lower[6]; /* NULL: identity */
  PetscReal *log_mass, *log_hat;  /* log of the integrands of z and zhat */
} FourierGrid;

typedef struct {
  PetscInt dim;
  FourierGrid coarse, fine;
  PetscReal max_log_f, min_log_f; /* over both grids */
} FourierFields;

PetscErrorCode FourierFieldsCreate(Spectral *grids, const CellProblem *problem, PetscInt n,
                                   FourierFields *fields, CellFailure *failure);
/* The same without the modes beyond |k_c| <= top: what a coarser grid would have known. Interpolated fields
 * only. */
PetscErrorCode FourierFieldsTruncate(const FourierFields *full, PetscInt top, FourierFields *low);
PetscErrorCode FourierFieldsDestroy(FourierFields *fields);
/* f = exp(log_f - max_log_f) with C_upper. */
PetscErrorCode FourierPrimalForms(const FourierFields *fields, WittenForm *coarse, WittenForm *fine);
/* f = exp(min_log_f - log_f) with C_lower / det C_lower (two dimensions). */
PetscErrorCode FourierDualForms(const FourierFields *fields, WittenForm *coarse, WittenForm *fine);
/* log of 1 / int 1/(exp(log_w) C_lower) in one dimension; change is raised to the relative change between
 * grids. */
PetscErrorCode FourierHarmonicMean(const FourierFields *fields, PetscReal *log_mean, PetscReal *change);
PetscErrorCode FourierPartition(const FourierFields *fields, PetscReal *log_z, PetscReal *log_zhat,
                                PetscReal *change);
/* Largest relative width of C_lower <= C_upper. */
PetscErrorCode FourierFieldsWidth(const FourierFields *fields, PetscReal *width);
/* The coefficient on n uniform points per direction; a value that is not finite is a failure. */
PetscErrorCode FourierSample(const CellProblem *problem, PetscInt n, PetscBool derivatives,
                             CellSamples *samples, CellFailure *failure);
/* Points per direction and solver tolerance that should meet the goal, from the Fourier tails of f and 1/f.
 */
PetscErrorCode FourierGuess(Spectral *grids, const CellProblem *problem, PetscInt *n, PetscReal *rtol);
