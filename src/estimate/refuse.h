/* Mistakes of users inside of the room of estimates. */
#pragma once
#include <petscsys.h>

/* A whole sentence into *refused (PetscFree), unless there is one already. */
PetscErrorCode EstimateRefuse(char **refused, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
