/*
  A cell problem in the Witten form (1.9): K = f^2 C, u = f theta, B u = grad u + a u, a = -grad f / f.
    energy    int (f e + B u) . C (f e + B u): an upper bound of e.K_eff e for every u
    equation  B* C B u = -B* C f e, with B* v = -div v + a.v
  f is the null vector of B. No exponential larger than 1 occurs, whatever the temperature.

  In a deep well f e + B u vanishes as the difference of numbers of order one, and where the tensor is below 1e-28 of
  the weight, nothing but the round-off of that difference is left. So a corrector that depends on y_j alone is split
  off: e_j + grad theta_j = chi_j(y_j) e_j + grad(v/f) with chi_j = wbar_j^{-1/2} / int wbar_j^{-1/2} and the marginal
  weight wbar_j(y_j) = int f^2 C_jj over the other components. The unknown v is small wherever the flux is.
*/
#pragma once
#include <petscksp.h>
#include "spectral.h"

typedef struct _p_WittenSolver *WittenSolver;

/* The coefficient on one grid. C is packed (NULL: identity). */
typedef struct {
  Spectral grid;
  PetscReal *f, *a[3], *C[6];
  PetscReal P[9]; /* row-major: column k is the direction of corrector k; the identity at first */
  PetscReal *chi[3], *slope[3]; /* [n] chi_j at the nodes of axis j, and (log chi_j)'/2 */
  PetscReal *W; /* B* B = -Lap + W for C = I, from exact derivatives; NULL: apply B* C B factor by factor */
} WittenForm;

PetscErrorCode WittenFormCreate(Spectral grid, PetscBool identity, PetscBool potential, WittenForm *form);
PetscErrorCode WittenFormDestroy(WittenForm *form);
/* chi from the fine grid, on both; fine has every second point in common with coarse. */
PetscErrorCode WittenFormSetTrial(WittenForm *coarse, WittenForm *fine);

PetscErrorCode WittenSolverCreate(WittenSolver *solver);
PetscErrorCode WittenSolverDestroy(WittenSolver *solver);
/* v[dim][total], one per unit vector; starts from zero. */
PetscErrorCode WittenSolve(WittenSolver solver, const WittenForm *form, PetscReal rtol, PetscReal *const v[],
                           PetscInt *iterations, CellFailure *failure);
/* A positive matrix diag(scale) Q E Q^T diag(scale) whose small eigenvalues have their digits, in whatever direction:
   from entries of order one, 1e-7 across a diagonal layer would keep only the digits beyond the seventh. */
typedef struct {
  PetscInt dim;
  PetscBool rotated; /* Q is not the identity */
  PetscReal scale[3], Q[9],
      E[9]; /* row-major dim x dim; Q orthogonal, E nearly diagonal if Q is not the identity */
} EnergyTensor;

/* Scales E to unit diagonal; if it is then nearly singular, Q are its eigenvectors, else the identity. t->dim is set by
   the caller. */
PetscErrorCode EnergyTensorFromGram(const PetscReal E[], EnergyTensor *t);
/* The energies of v by the trapezoid rule on the grid of `fine`, which has at least as many points; *change is raised to
   their relative change if every second point is left out (fine->grid->n must be even). */
PetscErrorCode WittenEnergy(const WittenForm *fine, Spectral grid, const PetscReal *const v[],
                            EnergyTensor *energy, PetscReal *change);
/* Directions for a second solve in which nothing cancels any more; false if the first has no need of it. WittenEnergy
   then keeps that basis. */
PetscBool EnergyTensorDirections(const EnergyTensor *energy, PetscReal P[]);
/* The matrix, and (two dimensions) its inverse, row-major. */
void EnergyTensorAssemble(const EnergyTensor *energy, PetscReal matrix[]);
void EnergyTensorInvert(const EnergyTensor *energy, PetscReal inverse[]);
/* The smallest nonzero eigenvalue of the preconditioned cell on the grid of form, less its error estimate, by
   SLEPc (options prefix cell_gap_); 0 if that did not converge. */
PetscErrorCode WittenPreconditionedGap(WittenSolver solver, const WittenForm *form, PetscReal *gap);
/* A bound of energy(v) - energy(exact) as forms (row-major): the Gram matrix of the residuals of v on the
   fine grid in the dual norm of the preconditioner, over that gap. */
PetscErrorCode WittenResidualBound(const WittenForm *fine, Spectral grid, PetscReal gap,
                                   const PetscReal *const v[], PetscReal bound[]);
/* f chi_j, the trial field of direction j, on the form's grid. */
void WittenTrial(const WittenForm *form, PetscInt j, PetscReal values[]);
/* Kernels shared by both: the preconditioner's symbol k.Cmean k + c per coefficient, and v -> C v at every
 * point. */
void WittenSymbol(const WittenForm *form, PetscReal symbol[]);
void WittenApplyTensor(const WittenForm *form, PetscReal *const v[]);
