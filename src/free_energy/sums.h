/* Sums over points that vectorise. */
#pragma once
#include <petscsys.h>

/* sum a_i b_i */
PETSC_INTERN PetscReal SumProducts(PetscInt n, const PetscReal a[], const PetscReal b[]);
/* r_i = a_i b_i */
PETSC_INTERN void Multiply(PetscInt n, const PetscReal a[], const PetscReal b[], PetscReal r[]);
/* a_i -= c */
PETSC_INTERN void Subtract(PetscInt n, PetscReal c, PetscReal a[]);
/* w_i = exp(shift - u_i), times v_i if v is not NULL */
PETSC_INTERN void BoltzmannWeights(PetscInt n, PetscReal shift, const PetscReal u[], const PetscReal v[],
                                   PetscReal w[]);
/* NaN if any is. */
PETSC_INTERN PetscReal Least(PetscInt n, const PetscReal u[]);
