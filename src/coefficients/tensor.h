/* Symmetric tensors of dimension 1 to 3, packed as the rows of their upper triangle: xx xy xz yy yz zz. */
#pragma once
#include <petscsys.h>

#define TENSOR_PACKED      6
#define TensorEntries(dim) ((dim) * ((dim) + 1) / 2)

/* Eigenvalues and, as rows of `vectors`, orthonormal eigenvectors of a row-major dim x dim tensor. Rotations keep the
   relative accuracy of small eigenvalues of graded positive tensors, which LAPACK's tridiagonal form loses. */
PETSC_INTERN void TensorEigen(PetscInt dim, const PetscReal tensor[], PetscReal values[],
                              PetscReal vectors[]);
/* The logarithm, packed, of a positive definite row-major tensor; false (and nothing written) if it is not positive. */
PETSC_INTERN PetscBool TensorLog(PetscInt dim, const PetscReal tensor[], PetscReal packed[]);
/* The exponential of a packed tensor, row-major and exactly symmetric. */
PETSC_INTERN void TensorExp(PetscInt dim, const PetscReal packed[], PetscReal tensor[]);
