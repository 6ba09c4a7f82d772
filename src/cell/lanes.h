/*
  Four right-hand sides side by side: every array of a lane grid holds four real numbers per point, one per lane, so
  that a machine with vectors works on all of them at once and two complex transforms (two real lanes in each) replace
  four real ones. In two dimensions the lanes are the two correctors of a cell and the two of its dual, in three the
  three correctors and a probe of the spectrum.
*/
#pragma once
#include <petscsys.h>
#include <fftw3.h>

enum { LANES = 4 };
typedef PetscReal Lane __attribute__((vector_size(LANES * sizeof(PetscReal))));

/* On x86-64 the loops over lanes exist for several instruction sets and the machine picks its own. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) &&                 \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ANY_MACHINE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ANY_MACHINE
#endif

typedef struct _p_LaneGrid *LaneGrid;
struct _p_LaneGrid {
  PetscInt dim, n, total;
  PetscReal *k[3];      /* [total] 2 pi k_c; zero for the Nyquist number of even n (odd derivatives) */
  PetscReal *k2;        /* [total] |2 pi k|^2, Nyquist included */
  PetscInt *shell;      /* [total] largest |k_c| */
  fftw_plan plan[2][3]; /* forward and backward, along each axis */
  PetscReal *axis;      /* [n] i/n */
  LaneGrid next;
};

/* Grids are made on demand and kept in the list with their plans. */
PetscErrorCode LaneGridGet(LaneGrid *list, PetscInt dim, PetscInt n, LaneGrid *grid);
PetscErrorCode LaneGridDestroyAll(LaneGrid *list);
/* The smallest number of points per direction >= n whose transforms are quick. */
PetscInt LaneGoodSize(PetscInt n);
/* One array of the grid, aligned for vectors; freed by LaneFree. */
PetscErrorCode LaneAllocate(LaneGrid grid, Lane **array);
PetscErrorCode LaneFree(Lane **array);
/* Unscaled transforms, out of place; the input is kept. */
void LaneForward(LaneGrid grid, const Lane values[], Lane hat[]);
void LaneBackward(LaneGrid grid, const Lane hat[], Lane values[]);
/* out = i k_c hat; out may be hat. */
void LaneDerive(LaneGrid grid, PetscInt c, PetscReal scale, const Lane hat[], Lane out[]);
/* out += i k_c hat. */
void LaneDeriveAdd(LaneGrid grid, PetscInt c, PetscReal scale, const Lane hat[], Lane out[]);
/* The modes below the Nyquist number of the smaller grid, from one grid to another; the others are zero. */
void LaneTransfer(LaneGrid from, const Lane hat[], LaneGrid to, Lane out[]);
/* sum over the points of x y, per lane. */
void LaneDot(LaneGrid grid, const Lane x[], const Lane y[], PetscReal sum[LANES]);
/* Energy per shell |k|_max = 0 .. n/2 of unscaled coefficients, of the two pairs of lanes: shell[0..n/2][2]. */
void LaneShells(LaneGrid grid, const Lane hat[], PetscReal shells[][2]);
