#pragma once
#include "operations.h"

/* r[i] = op(a[i], b[i], c[i]); r overlaps none of the operands, unused ones may be NULL. Whole powers up to
   LARGEST_PRODUCT_POWER are products before they come here. */
PETSC_INTERN void KernelApply(Operation op, PetscInt n, const PetscReal *a, const PetscReal *b,
                              const PetscReal *c, PetscReal *r);
