/* An orthonormal basis (in the inner product of B) of a Krylov space and the tridiagonal matrix of its operator. */
#pragma once
#include <petscmat.h>

typedef struct {
  PetscInt most, made, m; /* room for vectors; vectors that exist; columns of T */
  Vec *v;                 /* [most], v[0 .. m] in use */
  Vec mass;               /* B times the vector under way */
  PetscReal *alpha;       /* [most] diagonal of T */
  PetscReal *beta;        /* [most] below it */
  PetscBool invariant;    /* the space cannot grow any more: it is exact */
} Krylov;

PetscErrorCode KrylovCreate(PetscInt most, Krylov *krylov);
PetscErrorCode KrylovDestroy(Krylov *krylov);
/* v[0] = start/norm. */
PetscErrorCode KrylovStart(Krylov *krylov, Vec start, PetscReal norm);
/* Takes x, the operator's value at v[m]: orthogonalised twice against all vectors. x is destroyed. B NULL: I. */
PetscErrorCode KrylovExtend(Krylov *krylov, Mat B, Vec x);
/* m columns as they were: numbers holds alpha[m], beta[m]; vectors v[0 .. m]. */
PetscErrorCode KrylovRestore(Krylov *krylov, PetscInt m, const PetscReal numbers[], const Vec vectors[]);
/* g = norm V exp(ratio (I - T^-1)) e_1. */
PetscErrorCode KrylovEvaluate(const Krylov *krylov, PetscReal ratio, PetscReal norm, Vec g);
/* The error of KrylovEvaluate over norm: from the last two changes, stride columns apart, continued as a geometric
   series (a space that cannot grow is exact); and, beside it, what rounding leaves unknown of the exponents. */
PetscErrorCode KrylovEstimate(const Krylov *k, PetscInt stride, PetscReal ratio, PetscReal *error,
                              PetscReal *rounding);
