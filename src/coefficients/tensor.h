/* Symmetric tensors of dimension 1 to 3, packed as the rows of their upper triangle: xx xy xz yy yz zz. */
#pragma once
#include <petscsys.h>

#define TENSOR_PACKED      6
#define TensorEntries(dim) ((dim) * ((dim) + 1) / 2)

/* Eigenvalues and, as rows of `vectors`, orthonormal eigenvectors of a row-major dim x dim tensor. Rotations keep the
   relative accuracy of small eigenvalues of graded positive tensors, which LAPACK's tridiagonal form loses. */
PETSC_INTERN void TensorEigen(PetscInt dim, const PetscReal tensor[], PetscReal values[],
                              PetscReal vectors[]);
/*
  Coordinates in which all numbers are positive definite tensors, for interpolation.

  The matrix logarithm is as smooth as eigenvalues and eigenvectors are, but an error of it turns the eigenvectors, and
  then small entries beside large ones are lost. The logarithms of the diagonal and atanh of the correlations
  D_ij/sqrt(D_ii D_jj) (in 3-d of yz the part that x does not explain) keep every entry beside its diagonal, however
  graded the tensor is, but are steep where a very anisotropic tensor turns. Tables of any tensor take the first, the
  cascade, whose tensors are graded at low temperature and which refines where it is steep, the second.
*/
/* The logarithm, packed; false (and nothing of use written) if the row-major tensor is not positive definite. */
PETSC_INTERN PetscBool TensorLog(PetscInt dim, const PetscReal tensor[], PetscReal packed[]);
/* The exponential of a packed tensor, row-major and exactly symmetric. */
PETSC_INTERN void TensorExp(PetscInt dim, const PetscReal packed[], PetscReal tensor[]);
/* The same with logarithms of the diagonal and correlations. */
PETSC_INTERN PetscBool TensorPack(PetscInt dim, const PetscReal tensor[], PetscReal packed[]);
PETSC_INTERN void TensorUnpack(PetscInt dim, const PetscReal packed[], PetscReal tensor[]);
