/*
  The potential V(x, x_1, .., x_N) = V0(x) + V1(x, x_1, .., x_N) at temperature s.

  V1 is kept as additive terms, sorted by the highest scale they touch: T_k is the sum of the terms whose
  highest scale is k, so that V1 = T_0 + T_1 + .. + T_N and exp(-T_k/s) leaves every cell problem above level
  k as a factor (mathematics: structure of the cascade). All values are in the unit of the potential; s = k_B
  T too.
*/
#pragma once
#include <reiter/expression.h>

typedef struct _p_Potential *Potential;

/* The shifts of symmetries are multiples of 1/24. */
#define POTENTIAL_SHIFTS 24
/* The most elements of a group of symmetries. */
#define POTENTIAL_SYMMETRIES 64

/* A substitution g of the slower fast variables f that changes the tensor A_k of the scales above k by a signed
   permutation R alone: A_k(g f) = R A_k(f) R^T with
     (g f)[v] = sign[v] f[source[v]] + shift[v]/24 mod 1,   R[i][axis[i]] = axis_sign[i], other entries zero.
   Variables that A_k does not depend on, and the macroscopic ones, stay: source[v] = v, sign[v] = 1, shift[v] = 0. */
typedef struct {
  int8_t source[REITER_VARIABLES], sign[REITER_VARIABLES], shift[REITER_VARIABLES];
  int8_t axis[REITER_MAX_DIM], axis_sign[REITER_MAX_DIM];
} PotentialSymmetry;

/* A place where a micro formula fails. */
typedef struct {
  PetscBool failed;
  PetscInt term;                     /* which term of V1, in the order of the formula */
  PetscReal point[REITER_VARIABLES]; /* where */
  PetscInt scale, component;         /* the variable along which the period is not one; scale 0: not finite */
  PetscReal value, shifted;          /* V1 there and one period further */
  char message[320];                 /* a whole sentence with the point */
} PotentialFault;

/* V0 and V1 may be NULL (zero); they are referenced, not copied. */
PetscErrorCode PotentialCreate(PetscInt dim, PetscInt scales, PetscReal temperature, Expression V0,
                               Expression V1, Potential *potential);
PetscErrorCode PotentialDestroy(Potential *potential);
PetscErrorCode PotentialGetSizes(Potential potential, PetscInt *dim, PetscInt *scales,
                                 PetscReal *temperature);

/* Samples V1 at quasi-random points (the macroscopic position among the given ones; x[n][dim]) and reports
   the first place where it is not of period one in a fast variable or not finite. */
PetscErrorCode PotentialCheck(Potential potential, PetscInt n, const PetscReal x[], PotentialFault *fault);

/* The variables that T_k depends on; empty if T_k = 0. */
PetscErrorCode PotentialLevelVariables(Potential potential, PetscInt k, VariableSet *set);
/* Whether V1 is smooth in x_k, in the terms of scale k and of the faster ones. */
PetscErrorCode PotentialLevelIsSmooth(Potential potential, PetscInt k, PetscBool *smooth);
/* Whether every term of T_k touches at most one component of x_k. */
PetscErrorCode PotentialLevelSeparates(Potential potential, PetscInt k, PetscBool *separates);
/* Kinks and jumps of V1 in component c of x_k that lie on planes x_{k,c} = const, the slower scales frozen: sorted in
   [0, 1), to round-off. *aligned is false if V1 has other kinks in x_k. Caller frees. */
PetscErrorCode PotentialLevelBreaks(Potential potential, PetscInt k, PetscInt c, const PetscReal frozen[],
                                    PetscInt *n, PetscReal **breaks, PetscBool *aligned);
/* T_k on a tensor grid of x_k (layout of ProgramEvaluateGrid), the other variables frozen; grad[dim] and
   laplacian are the derivatives in x_k, each may be NULL. */
PetscErrorCode PotentialEvaluateLevel(Potential potential, PetscInt k, const PetscReal frozen[],
                                      const PetscInt n[], const PetscReal *const axis[], PetscReal *T,
                                      PetscReal *const grad[], PetscReal *laplacian);
/* V0 at one macroscopic point x[dim]; gradient[dim] may be NULL. */
PetscErrorCode PotentialEvaluateMacro(Potential potential, const PetscReal x[], PetscReal *V0,
                                      PetscReal gradient[]);
/* V0 at n points x[n][dim], and V0 + V1 at the fast variables x_k = x/epsilon^k. Vectorised. */
PetscErrorCode PotentialEvaluateReference(Potential potential, PetscInt n, const PetscReal x[],
                                          PetscReal V0[]);
PetscErrorCode PotentialEvaluateResolved(Potential potential, PetscReal epsilon, PetscInt n,
                                         const PetscReal x[], PetscReal V[]);
/* The macroscopic variables that V1 depends on (scale 0 bits). */
PetscErrorCode PotentialMacroVariables(Potential potential, VariableSet *set);
/* The formulas (zero where none was given); borrowed. */
PetscErrorCode PotentialGetFormulas(Potential potential, Expression *V0, Expression *V1);
/* The group of symmetries of A_k, k < N, at the macroscopic point x[dim]: list[0..n), the identity first, n at most
   POTENTIAL_SYMMETRIES; caller's array. Together with one of the variables of the scales above k, which A_k does not
   see, each leaves T_{k+1} + .. + T_N unchanged: to round-off, at quasi-random points. Reflections, permutations of
   components and shifts by 1/2, 1/3, 1/4, 1/6 and 1/8 are tried; not all of their combinations. */
PetscErrorCode PotentialSymmetries(Potential potential, PetscInt k, const PetscReal x[], PetscInt *n,
                                   PotentialSymmetry list[]);
