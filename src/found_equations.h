/*
  The equations that coefficients from molecular dynamics give, as cases: Smoluchowski's with D = gamma/m^2 or
  (k_B T)^2/theta, the kinetic one with the friction theta/(m k_B T); both with the weight of the thermal force.
*/
#pragma once
#include <reiter/green_kubo.h>

typedef enum { FOUND_SMOLUCHOWSKI, FOUND_KINETIC, FOUND_EQUATIONS } FoundEquation;

/* What is known; all borrowed. */
typedef struct {
  Case c;
  const GreenKuboResult *result;
  RunFolder folder;
  PetscReal (*seen)[2]; /* [dim] ranges of the positions; first > second: there are none */
} FoundModel;

typedef struct {
  PetscBool written, solvable; /* solvable: something is asked of it on a domain */
  char why[640];               /* what it is made of, or why there is none: sentences */
} FoundCase;

/* A tensor with its standard errors, symmetric; *known is false where it has no plateau or is not positive definite. */
typedef struct {
  PetscBool known;
  const char *from; /* gamma | theta */
  PetscReal value[9], error[9];
} FoundTensor;

/* smoluchowski, kinetic */
const char *FoundEquationName(FoundEquation equation);
/* D or the friction; why[size] says where it is from, or why there is none. */
PetscErrorCode FoundTensorOf(const GreenKuboResult *result, FoundEquation equation, FoundTensor *tensor,
                             char why[], size_t size);
/* NAME.yaml, and NAME.csv where the weight is a table. Rank 0. */
PetscErrorCode FoundCaseWrite(const FoundModel *model, FoundEquation equation, FoundCase *found);

/* found_weight.c. The section `diffusion:` with the weight exp(int f_th/k_B T) and a tensor; *known is false, and why[size] a
   sentence, where f_th has no potential that could be written. words[size] says what the weight is. */
PetscErrorCode FoundDiffusionWrite(const FoundModel *model, const char name[], const PetscReal tensor[],
                                   FILE *stream, PetscBool *known, char words[], size_t size);
/* found_given.c. The key `log_weight:` for formulas of the force: their potential, if they have one. */
PetscErrorCode FoundGivenWrite(const FoundModel *model, FILE *stream, PetscBool *known, char words[],
                               size_t size);
