/*
  One direction of the positions: cells, a quadrature, and two spaces of functions on it, even (0: continuous, for even
  Hermite degrees) and odd (1: their derivatives, for odd ones). How the functions look is a table of operations with a name.

  Functions are adapted to a weight along the line, so that their Gram matrices are well conditioned however steep it is.
  Local functions of a cell are numbered from 0; the global number of function a of cell c is (c stride + a) mod size.
*/
#pragma once
#include <reiter/kinetic.h>

typedef struct _Line Line;

typedef struct {
  const char *name;
  PetscBool periodic; /* all directions must be */
  /* Sets cells, pieces, gauss, size, local, stride, faces from line->resolution and line->order. */
  PetscErrorCode (*Prepare)(Line *line);
  /* Makes the functions for line->log_w at the points; *independent false: rounding does not allow it. */
  PetscErrorCode (*Adapt)(Line *line, PetscBool *independent);
  /* All local functions of a cell at q in it. */
  void (*Evaluate)(const Line *line, PetscInt cell, PetscReal q, PetscInt parity, PetscReal value[],
                   PetscReal slope[]);
  PetscErrorCode (*Destroy)(Line *line);
} PositionsOps;

struct _Line {
  const PositionsOps *ops;
  void *data;
  PetscReal lo, hi;
  PetscBool periodic;
  PetscInt resolution, order; /* as asked */
  PetscInt cells, pieces;     /* pieces: of a cell, for the quadrature */
  PetscInt gauss;             /* points of a panel */
  PetscInt size[2], local[2], stride;
  PetscBool faces;                /* odd functions jump between cells */
  PetscInt n_points;              /* of all cells */
  PetscInt *first;                /* [cells + 1] points of a cell */
  PetscReal *x, *weight, *log_w;  /* [n_points]; log_w: the weight that the functions are adapted to */
  PetscReal *value[2], *slope[2]; /* [n_points][local] */
  PetscReal *end[2][2];           /* [parity][left, right]: [cells][local] */
  PetscReal *one;                 /* [cells][local[0]] the constant 1 in the even functions of a cell */
};

/* NULL: no positions of this name. */
const PositionsOps *PositionsFind(const char name[]);
/* More of them; the table is referenced. The built-in ones are always there. */
PetscErrorCode PositionsRegister(const PositionsOps *ops);
extern const PositionsOps PositionsElements, PositionsFourier;

/* The direction a of the settings; a >= dim: one point, one function 1. */
PetscErrorCode LineCreate(const PhaseSpaceSettings *settings, PetscInt a, Line *line);
/* panels[cells*pieces]: into how many panels each piece is cut for the quadrature. */
PetscErrorCode LineSetQuadrature(Line *line, const PetscInt panels[]);
/* log_w is filled: functions and their tables. */
PetscErrorCode LineAdapt(Line *line, PetscBool *independent);
PetscErrorCode LineDestroy(Line *line);

static inline PetscReal LineCellEnd(const Line *line, PetscInt cell)
{
  if (cell == line->cells) return line->hi;
  return line->lo + (line->hi - line->lo) * (PetscReal)cell / (PetscReal)line->cells;
}

static inline PetscInt LineNumber(const Line *line, PetscInt parity, PetscInt cell, PetscInt a)
{
  return (cell * line->stride + a) % line->size[parity];
}

/* q, wrapped where periodic, and its cell; -1 outside of the walls. */
PetscInt LineLocate(const Line *line, PetscReal *q);
