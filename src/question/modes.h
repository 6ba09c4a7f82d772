/* Eigenvalues that were computed, and their eigenfunctions on the nodes. */
#pragma once
#include <reiter/spectrum.h>
#include "question_private.h"

typedef struct _p_Modes *Modes;
struct _p_Modes {
  Spectrum spectrum;
  Comparison comparison; /* meshes; boxes make their own */
  PetscInt n;
  SpectrumValue *values; /* [n] ascending, with unknown ones at their places */
  Vec *functions;        /* [n] eigenfunctions on the domain's nodes; NULL entries: none */
  PetscInt gap;          /* index of the gap in values; -1: none */
  PetscReal orthogonality;
  PetscBool has_poincare;
  PetscReal log_poincare, poincare_error; /* log C_P, relative error */
};

/* modes_flux.c. One dimension: the gap and its function by flux integrals in place of what is there. */
PetscErrorCode ModesUseFlux(const Setting *setting, Modes modes, CellFailure *failure);
/* C_P = 1/lambda_1 of the operator with D = I. */
PetscErrorCode ModesPoincare(const Setting *setting, Modes modes, CellFailure *failure);
/* question_spectrum.c. Meshes: lets the Spectrum compare with another order of the elements (the setting's coefficients),
   which lives in *comparison; boxes make their own. */
PetscErrorCode ModesCompareOrders(const Setting *setting, Spectrum spectrum, Comparison *comparison);
/* modes_report.c */
PetscErrorCode ModesWriteFiles(void *answer, const Setting *setting);
PetscErrorCode ModesWriteJson(void *answer, Json json);
PetscErrorCode ModesPrint(void *answer, FILE *stream);
