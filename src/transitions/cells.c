/*
  All stationary points in a box: cells are divided until the Taylor expansion of the gradient at their centre excludes a
  zero, or Newton's method has at most one to find there. That the expansion stands for the whole cell is an assumption,
  not a proof: the topological degree checks it (points.c).
*/
#include "cells.h"
#include <petscblaslapack.h>
#include <math.h>

#define MOST_CELLS   400000
#define MOST_DEPTH   20
#define SAFETY       2  /* of third derivatives at the centre, for those in the whole cell */
#define CONTRACTS    .5 /* relative change of the Hessian within which Newton's method has one zero to find */
#define ROUND_OFF    1e-10 /* zeros on the faces of cells belong to both */
#define NEWTON_STEPS 30

typedef struct {
  PetscReal centre[REITER_MAX_DIM], half[REITER_MAX_DIM];
  /* bounds on third derivatives inherited from the cell around: they stand for half of that */
  PetscReal third[27];
  PetscInt depth;
} Cell;

typedef struct {
  const EnergyFamily *family;
  const PetscReal *p;
  const PetscReal (*box)[2];
  PetscInt d;
  PetscInt n_cells, room;
  Cell *cells; /* that wait */
  CellZeros *zeros;
} Search;

static PetscErrorCode push(Search *s, const Cell *cell)
{
  PetscFunctionBegin;
  if (s->n_cells == s->room) {
    Cell *larger;

    s->room = s->room ? 2 * s->room : 4096;
    PetscCall(PetscMalloc1(s->room, &larger));
    PetscCall(PetscArraycpy(larger, s->cells, s->n_cells));
    PetscCall(PetscFree(s->cells));
    s->cells = larger;
  }
  s->cells[s->n_cells++] = *cell;
  PetscFunctionReturn(0);
}

/* Halves, in every direction. */
static PetscErrorCode divide(Search *s, const Cell *cell, const PetscReal third[])
{
  PetscFunctionBegin;
  for (PetscInt corner = 0; corner < 1 << s->d; corner++) {
    Cell part = *cell;

    PetscCall(PetscArraycpy(part.third, third, 27));
    part.depth++;
    for (PetscInt i = 0; i < s->d; i++) {
      part.half[i] *= .5;
      part.centre[i] += (corner >> i & 1 ? 1 : -1) * part.half[i];
    }
    PetscCall(push(s, &part));
  }
  PetscFunctionReturn(0);
}

/* Eigenvalues, ascending, and eigenvectors in the rows of v. */
static PetscErrorCode eigen(PetscInt d, const PetscReal H[], PetscReal value[], PetscReal v[])
{
  PetscBLASInt n, info = 0, size = 32;
  PetscReal work[32];

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(d, &n));
  PetscCall(PetscArraycpy(v, H, d * d));
  LAPACKsyev_("V", "U", &n, v, &n, value, work, &size, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "Eigenvalues of a Hessian: %d", (int)info);
  PetscFunctionReturn(0);
}

/* step = -H^-1 G, and inverse[d][d] = H^-1, infinite or not a number if there is none. */
static PetscErrorCode newton_step(PetscInt d, const FreeEnergyJet *jet, PetscReal step[], PetscReal inverse[])
{
  PetscReal value[REITER_MAX_DIM], v[REITER_MAX_DIM * REITER_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(eigen(d, jet->H, value, v));
  for (PetscInt i = 0; i < d; i++) {
    step[i] = 0;
    for (PetscInt j = 0; j < d; j++) {
      inverse[i * d + j] = 0;
      for (PetscInt k = 0; k < d; k++) inverse[i * d + j] += v[k * d + i] * v[k * d + j] / value[k];
      step[i] -= inverse[i * d + j] * jet->G[j];
    }
  }
  PetscFunctionReturn(0);
}

/* A point that Newton's method came to. */
static PetscErrorCode add(Search *s, const PetscReal x[])
{
  CellZeros *const z = s->zeros;

  PetscFunctionBegin;
  if (z->n == z->room) {
    PetscReal *larger;

    z->room = z->room ? 2 * z->room : 64;
    PetscCall(PetscMalloc1(z->room * s->d, &larger));
    PetscCall(PetscArraycpy(larger, z->x, z->n * s->d));
    PetscCall(PetscFree(z->x));
    z->x = larger;
  }
  PetscCall(PetscArraycpy(z->x + z->n++ * s->d, x, s->d));
  PetscFunctionReturn(0);
}

/* From the centre of a cell; what leads away from it belongs to other cells. */
static PetscErrorCode newton(Search *s, const Cell *cell)
{
  PetscReal x[REITER_MAX_DIM], step[REITER_MAX_DIM], inverse[9], before = PETSC_INFINITY;
  FreeEnergyJet jet;
  PetscBool good;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(x, cell->centre, REITER_MAX_DIM));
  for (PetscInt k = 0; k < NEWTON_STEPS; k++) {
    PetscReal size = 0;

    PetscCall(s->family->Evaluate(s->family->context, x, s->p, 3, &jet, &good));
    if (!good) PetscFunctionReturn(0);
    PetscCall(newton_step(s->d, &jet, step, inverse));
    for (PetscInt i = 0; i < s->d; i++) {
      if (!(PetscAbsReal(x[i] - cell->centre[i]) <= 3 * cell->half[i])) PetscFunctionReturn(0);
      size = PetscMax(size, PetscAbsReal(step[i]) / (s->box[i][1] - s->box[i][0]));
    }
    if (!(size > 1e-15) || (size < 1e-11 && size >= .5 * before)) { /* no more digits to be had */
      PetscCall(add(s, x));
      PetscFunctionReturn(0);
    }
    before = size;
    for (PetscInt i = 0; i < s->d; i++) x[i] += step[i];
  }
  PetscFunctionReturn(0);
}

/* What the expansion of second order at the centre leaves out of the gradient and (of the first) of the Hessian. */
typedef struct {
  PetscReal G[REITER_MAX_DIM], H[REITER_MAX_DIM * REITER_MAX_DIM];
} Rest;

static Rest rest_of(PetscInt d, const Cell *cell, const PetscReal third[])
{
  Rest rest = {{0}, {0}};

  for (PetscInt i = 0; i < d; i++) {
    for (PetscInt j = 0; j < d; j++) {
      for (PetscInt k = 0; k < d; k++)
        rest.H[i * d + j] += SAFETY * third[(i * d + j) * d + k] * cell->half[k];
      rest.G[i] += .5 * rest.H[i * d + j] * cell->half[j];
    }
  }
  return rest;
}

/* Whether G + H (x - c) + rest has no zero in the cell, by its components, and after multiplying by H^-1. */
static PetscBool excludes(PetscInt d, const Cell *cell, const FreeEnergyJet *jet, const Rest *rest,
                          const PetscReal step[], const PetscReal inverse[])
{
  for (PetscInt i = 0; i < d; i++) {
    PetscReal most = rest->G[i], reach = cell->half[i];

    for (PetscInt j = 0; j < d; j++) {
      most += PetscAbsReal(jet->H[i * d + j]) * cell->half[j];
      reach += PetscAbsReal(inverse[i * d + j]) * rest->G[j];
    }
    if (PetscAbsReal(jet->G[i]) > most * (1 + ROUND_OFF) || PetscAbsReal(step[i]) > reach * (1 + ROUND_OFF))
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The norm of H^-1 times the change of H within the cell: below one there is one zero at most. */
static PetscReal contraction(PetscInt d, const Rest *rest, const PetscReal inverse[])
{
  PetscReal norm = 0;

  for (PetscInt i = 0; i < d; i++) {
    PetscReal row = 0;

    for (PetscInt j = 0; j < d; j++)
      for (PetscInt k = 0; k < d; k++) row += PetscAbsReal(inverse[i * d + k]) * rest->H[k * d + j];
    if (row != row) return PETSC_INFINITY;
    norm = PetscMax(norm, row);
  }
  return norm;
}

/* Before a cell is believed to hold one zero: the third derivatives in the middle of its sides too. */
static PetscErrorCode look_at_sides(Search *s, const Cell *cell, PetscReal third[])
{
  PetscFunctionBegin;
  for (PetscInt side = 0; side < 2 * s->d; side++) {
    PetscReal x[REITER_MAX_DIM];
    FreeEnergyJet jet;
    PetscBool good;

    PetscCall(PetscArraycpy(x, cell->centre, REITER_MAX_DIM));
    x[side / 2] += side % 2 ? cell->half[side / 2] : -cell->half[side / 2];
    PetscCall(s->family->Evaluate(s->family->context, x, s->p, 3, &jet, &good));
    for (PetscInt i = 0; i < s->d * s->d * s->d && good; i++)
      third[i] = PetscMax(third[i], PetscAbsReal(jet.T[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode look_at(Search *s, const Cell *cell)
{
  const PetscInt d = s->d;
  PetscReal step[REITER_MAX_DIM], inverse[9], third[27] = {0};
  FreeEnergyJet jet;
  PetscBool good;
  Rest rest;

  PetscFunctionBegin;
  PetscCall(s->family->Evaluate(s->family->context, cell->centre, s->p, 3, &jet, &good));
  if (!good) {
    s->zeros->unknown++;
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < d * d * d; i++) third[i] = PetscMax(.5 * cell->third[i], PetscAbsReal(jet.T[i]));
  rest = rest_of(d, cell, third);
  PetscCall(newton_step(d, &jet, step, inverse));
  if (excludes(d, cell, &jet, &rest, step, inverse)) PetscFunctionReturn(0);
  if (contraction(d, &rest, inverse) < CONTRACTS) {
    PetscCall(look_at_sides(s, cell, third));
    rest = rest_of(d, cell, third);
  }
  if (contraction(d, &rest, inverse) < CONTRACTS || cell->depth == MOST_DEPTH)
    PetscCall(newton(s, cell));
  else
    PetscCall(divide(s, cell, third));
  PetscFunctionReturn(0);
}

/* Third derivatives vanish at centres of symmetry, and say nothing there of the rest of the cell: those of the cells beside
   it count too. m cells per direction. */
static PetscErrorCode bound_by_neighbours(Search *s, PetscInt m)
{
  const PetscInt size = s->d * s->d * s->d;
  PetscReal *third;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(s->n_cells * size, &third));
  for (PetscInt k = 0; k < s->n_cells; k++) {
    FreeEnergyJet jet;
    PetscBool good;

    PetscCall(s->family->Evaluate(s->family->context, s->cells[k].centre, s->p, 3, &jet, &good));
    for (PetscInt i = 0; i < size && good; i++) third[k * size + i] = PetscAbsReal(jet.T[i]);
  }
  for (PetscInt k = 0; k < s->n_cells; k++) {
    for (PetscInt c = 0, stride = 1; c < s->d; c++, stride *= m) {
      for (PetscInt side = -1; side <= 1; side++) {
        const PetscInt at = k / stride % m + side;

        for (PetscInt i = 0; i < size && at >= 0 && at < m; i++)
          s->cells[k].third[i] = PetscMax(s->cells[k].third[i], 2 * third[(k + side * stride) * size + i]);
      }
    }
  }
  PetscCall(PetscFree(third));
  PetscFunctionReturn(0);
}

/* Cells to begin with: odd numbers, so that a centre of symmetry is no corner. */
static PetscErrorCode begin(Search *s)
{
  static const PetscInt per_direction[REITER_MAX_DIM] = {63, 15, 7};
  const PetscInt m = per_direction[s->d - 1];
  PetscInt total = 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->d; i++) total *= m;
  for (PetscInt k = 0; k < total; k++) {
    Cell cell = {.depth = 0};

    for (PetscInt i = 0, rest = k; i < s->d; i++, rest /= m) {
      cell.half[i] = .5 * (s->box[i][1] - s->box[i][0]) / (PetscReal)m;
      cell.centre[i] = s->box[i][0] + (2 * (PetscReal)(rest % m) + 1) * cell.half[i];
    }
    PetscCall(push(s, &cell));
  }
  PetscCall(bound_by_neighbours(s, m));
  PetscFunctionReturn(0);
}

PetscErrorCode CellZerosFind(const EnergyFamily *family, const PetscReal p[], const PetscReal box[][2],
                             CellZeros *zeros)
{
  Search s = {.family = family, .p = p, .box = box, .d = family->dim, .zeros = zeros};
  PetscInt looked_at = 0;

  PetscFunctionBegin;
  *zeros = (CellZeros){.n = 0};
  PetscCall(begin(&s));
  for (; s.n_cells && looked_at < MOST_CELLS; looked_at++) {
    const Cell cell = s.cells[--s.n_cells];

    PetscCall(look_at(&s, &cell));
  }
  zeros->complete = s.n_cells ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(PetscFree(s.cells));
  PetscFunctionReturn(0);
}

PetscErrorCode CellZerosDestroy(CellZeros *zeros)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(zeros->x));
  PetscFunctionReturn(0);
}
