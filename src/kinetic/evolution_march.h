/*
  B f' = (T + g C) f in time, on one system. Shift-and-invert Arnoldi: with X = (B - tau (T + g C))^-1 B and
  X V = V H + .. on a B-orthonormal basis V, exp(t L) f is close to |f| V exp(t (I - H^-1)/tau) e_1 (van den Eshof, Hochbruck
  2006). Re <Hy, y> >= |Hy|^2, so the small exponential is a contraction too: |h - 1| never grows, whatever the step. A basis
  serves a step in time and all output times in it; a pole 1/tau stays as long as its steps are worth it.
*/
#pragma once
#include <reiter/kinetic.h>
#include <slepcfn.h>

enum { MARCH_VECTORS = 40 };

/* (shift B - T - g C) x = b: factor at a new shift, then solve. */
typedef struct {
  void *ctx;
  PetscErrorCode (*factor)(void *ctx, PetscReal shift, CellFailure *failure);
  PetscErrorCode (*solve)(void *ctx, Vec b, Vec x, CellFailure *failure);
} MarchSolver;

typedef struct {
  const KineticSystem *system; /* borrowed, as all below */
  PetscReal g;
  MarchSolver solver;
  PetscReal accuracy; /* |error of h| over the initial |h - 1|, wanted at every time */
  PetscInt n_times;
  const PetscReal *times; /* ascending, >= 0 */
  Vec *states;            /* [n_times], filled: without the constant mode */
  const volatile int *interrupted;
  /* At the end of every step, where the numbers and u below are all that a continuation needs; NULL: nothing. */
  PetscErrorCode (*keep)(void *ctx);
  void *keep_ctx;

  /* Where the march is. */
  PetscReal t, tau, ratio, error, size; /* ratio: the last step over tau; error: of all steps, absolute */
  PetscInt k, steps;                    /* states that are done; solves */
  Vec u;                                /* [n] total . u = 0 */
} March;

/* start: any state of mass 1 or 0; its constant mode is split off. */
PetscErrorCode MarchStart(March *march, Vec start);
PetscErrorCode MarchEnd(March *march);
/* To the last time. The same bits, whether it was interrupted or not. */
PetscErrorCode MarchRun(March *march, CellFailure *failure);

/* A started march into a checkpoint whose records have MarchRecordSize() bytes, and back from its last record. */
size_t MarchRecordSize(const March *march);
PetscErrorCode MarchSave(March *march, Checkpoint checkpoint);
PetscErrorCode MarchLoad(March *march, Checkpoint checkpoint, PetscBool *loaded);

/* y[m] = exp(ratio (I - H^-1)) e_1 for the leading m x m part of H (column-major, `rows` rows); *size: the norm of the exponent,
   without the modes that are over. */
PetscErrorCode MarchExponential(FN exponential, PetscInt m, PetscInt rows, const PetscReal H[],
                                PetscReal ratio, PetscReal y[], PetscReal *size);
