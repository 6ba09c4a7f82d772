#pragma once
#include <reiter/constants.h>

/* max V1 - min V1 over the box and the cells. It is found from below: samples and local searches may miss a narrower
   extremum, and a bound made with it is then too good. Infinite or undefined values do not count. */
PetscErrorCode ConstantsOscillation(const ConstantsRequest *request, PetscReal *osc);

/* Gap of the diffusion of these coefficients on the request's box; period: the shortest of the coefficients (0: none).
   In one dimension also the brackets of (2.6) for the measure. */
PetscErrorCode ConstantsOnLine(const ConstantsRequest *request, Coefficients coefficients, PetscReal period,
                               ConstantValue *gap, MeasureConstants *brackets);
PetscErrorCode ConstantsOnBox(const ConstantsRequest *request, Coefficients coefficients, PetscReal period,
                              const volatile int *interrupted, ConstantValue *gap, CellFailure *failure);

/* Bakry and Emery for mu_ref (tensor NULL: s I) and for mu0 where its tensor is constant. */
PetscErrorCode ConstantsCurvature(const ConstantsRequest *request, const PetscReal tensor[],
                                  ConstantValue *bound);

void ConstantUnknown(ConstantValue *value, const char why_not[]);
