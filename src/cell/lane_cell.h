/*
  The cell problems of four lanes on one grid, in the Witten form of witten.h: K = f^2 C, u = f theta, B u = grad u + a u,
    energy    int (t + B v) . C (t + B v),   equation  B* C B v = -B* C t
  with the trial field t = sum_j P_j f chi_j e_j of the lane. Solved by conjugate gradients, preconditioned by
  (k.Ck + c)^{-1} in Fourier space, f projected out of every residual; all lanes run together, each stops by itself.
  The arrays are allocated once per grid.
*/
#pragma once
#include <reiter/cell.h>
#include "lanes.h"

enum { RITZ_STEPS = 256 };

typedef struct _p_LaneCell *LaneCell;
struct _p_LaneCell {
  LaneGrid grid;
  PetscBool scalar; /* C = I and W is known: B*B = -Lap + W */
  /* set by the caller; PETSC_TRUE lanes only are solved */
  PetscBool wanted[LANES];
  Lane *f, *a[3];       /* f has the largest value 1 in every lane; a = -grad f / f */
  Lane *W;              /* scalar: |a|^2 - Lap log f, from exact derivatives where they are known */
  Lane *C[CELL_PACKED]; /* else */
  PetscReal P[3][LANES];
  PetscBool probe; /* the last lane's right-hand side is noise, to see the spectrum */
  /* made by LaneCellPrepare */
  Lane *trial[3], *chi[3], *slope[3]; /* f chi_j on the grid; [n] chi_j and (log chi_j)'/2 on the axis */
  Lane *Af;                           /* B* C B f: what discretisation leaves of it */
  Lane *inverse;                      /* the preconditioner's symbol, transforms' scale included */
  Lane *shifted;                      /* scalar: W - c */
  PetscReal shift[LANES];             /* c */
  Lane *f_hat;
  PetscReal ff[LANES];
  /* of the solve */
  Lane *x, *r, *p, *Ap, *z, *hat, *work, *v[3];
  PetscReal rz[LANES], first[LANES], previous[LANES]; /* <r, z> now, at first and before the last step */
  PetscReal trial_energy[LANES], energy[LANES];       /* sums over the grid; energy is the recurrence's */
  PetscBool open[LANES], active[LANES];
  PetscInt iterations[LANES], steps;
  PetscReal tail[LANES]; /* the beta after the last step that is kept below */
  PetscReal alpha[RITZ_STEPS][LANES], beta[RITZ_STEPS][LANES];
  LaneCell next;
};

PetscErrorCode LaneCellGet(LaneCell *list, LaneGrid grid, PetscBool scalar, LaneCell *cell);
PetscErrorCode LaneCellDestroyAll(LaneCell *list);
/* From f, a, W or C: trial fields, preconditioner, null vectors. */
PetscErrorCode LaneCellPrepare(LaneCell cell);
/* y += a x at every point. */
void LaneAddProduct(LaneGrid grid, const Lane a[], const Lane x[], Lane y[]);
/* v -> C v at every point. */
void LaneApplyTensor(LaneCell cell, Lane *const v[]);
/* y = B* v = -div v + a.v; cell->hat and cell->work are overwritten. */
void LaneApplyAdjoint(LaneCell cell, Lane *const v[], Lane y[]);
/* v = B x from x and its unscaled transform; cell->work is overwritten. */
void LaneApplyGradient(LaneCell cell, const Lane hat[], const Lane x[], Lane *const v[]);
/* y = B* C B x, for tensors by way of cell->v. */
void LaneApplyOperator(LaneCell cell, const Lane x[], Lane y[]);
/* Starts from zero with the directions P. */
PetscErrorCode LaneCellStart(LaneCell cell);
/* Iterates until in every lane the preconditioned residual's square is below `relative` of the energy; goes on where
   it stopped. Steps in all <= most. */
PetscErrorCode LaneCellSolve(LaneCell cell, PetscReal relative, PetscInt most, PetscBool *converged);
/* v = t + B x in cell->v; Gram matrices <v_l, C v_m> of the lanes, mean over the grid. */
PetscErrorCode LaneCellEnergies(LaneCell cell, PetscReal gram[LANES][LANES]);
/* Relative quadrature error of those energies, per pair of lanes, from the Fourier tails of v; in three dimensions
   without the last lane, the probe's. */
PetscErrorCode LaneCellTails(LaneCell cell, PetscReal gram[LANES][LANES], PetscReal error[2]);
/* The same on another, finer grid than the solver's, whose cell holds f and a: Gram matrices of v, and of the residuals
   B* v in the dual norm of the solver's preconditioner (1.7). Scalar cells. */
PetscErrorCode LaneCellResiduals(LaneCell cell, LaneCell fine, PetscReal gram[LANES][LANES],
                                 PetscReal residual[LANES][LANES]);
/* What trapezoid sums of the square of a field with these shells miss, relative. */
PetscReal LaneTailError(PetscInt n, PetscReal shells[][2], PetscInt pair);
/* A lower estimate of the smallest nonzero eigenvalue of the preconditioned operator, by the probe; 0 if unknown. */
PetscErrorCode LaneCellGap(LaneCell cell, PetscReal *gap);
