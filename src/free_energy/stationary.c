#include <reiter/stationary.h>
#include <petscblaslapack.h>
#include <math.h>
#include <stdlib.h>

#define MOST_CELLS   400000
#define MOST_POINTS  1024
#define MOST_DEPTH   20
#define SAFETY       2  /* of third derivatives at the centre, for those in the whole cell */
#define CONTRACTS    .5 /* relative change of the Hessian within which Newton's method has one zero to find */
#define SAME_POINT   1e-8  /* relative to the box */
#define ROUND_OFF    1e-10 /* zeros on the faces of cells belong to both */
#define NEWTON_STEPS 30
#define ZERO         1e-11 /* eigenvalue of a degenerate point, relative to the largest and to third derivatives */

typedef struct {
  PetscReal centre[REITER_MAX_DIM], half[REITER_MAX_DIM];
  PetscReal
      third[27]; /* bounds on third derivatives inherited from the cell around: they stand for half of that */
  PetscInt depth;
} Cell;

typedef struct {
  FreeEnergy energy;
  const PetscReal *p;
  const PetscReal (*box)[2];
  PetscInt d;
  PetscInt n_cells, room;
  Cell *cells; /* that wait */
  PetscInt n;
  BoxPoint *points;
  StationaryReport *report;
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

/* A point that Newton's method came to; only inside of the box, and once. */
static PetscErrorCode add_point(Search *s, const PetscReal x[], const FreeEnergyJet *jet)
{
  PetscReal largest = 0, third = 0, v[REITER_MAX_DIM * REITER_MAX_DIM];
  BoxPoint point = {.Phi = jet->Phi, .F = jet->F};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->d; i++) {
    const PetscReal width = s->box[i][1] - s->box[i][0];

    if (x[i] < s->box[i][0] - SAME_POINT * width || x[i] > s->box[i][1] + SAME_POINT * width)
      PetscFunctionReturn(0);
    point.x[i] = x[i];
  }
  for (PetscInt k = 0; k < s->n; k++) {
    PetscInt i = 0;

    while (i < s->d && PetscAbsReal(x[i] - s->points[k].x[i]) <= SAME_POINT * (s->box[i][1] - s->box[i][0]))
      i++;
    if (i == s->d) PetscFunctionReturn(0);
  }
  if (s->n == MOST_POINTS) {
    s->report->complete = PETSC_FALSE;
    PetscFunctionReturn(0);
  }
  PetscCall(eigen(s->d, jet->H, point.eigenvalue, v));
  for (PetscInt i = 0; i < s->d * s->d * s->d; i++) third = PetscMax(third, PetscAbsReal(jet->T[i]));
  for (PetscInt i = 0; i < s->d; i++) largest = PetscMax(largest, PetscAbsReal(point.eigenvalue[i]));
  largest = PetscMax(largest, third * (s->box[0][1] - s->box[0][0]));
  for (PetscInt i = 0; i < s->d; i++) {
    if (point.eigenvalue[i] < 0) point.index++;
    if (PetscAbsReal(point.eigenvalue[i]) <= ZERO * largest) point.degenerate = PETSC_TRUE;
  }
  s->points[s->n++] = point;
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

    PetscCall(FreeEnergyEvaluate(s->energy, x, s->p, 3, &jet, &good));
    if (!good) PetscFunctionReturn(0);
    PetscCall(newton_step(s->d, &jet, step, inverse));
    for (PetscInt i = 0; i < s->d; i++) {
      if (!(PetscAbsReal(x[i] - cell->centre[i]) <= 3 * cell->half[i])) PetscFunctionReturn(0);
      size = PetscMax(size, PetscAbsReal(step[i]) / (s->box[i][1] - s->box[i][0]));
    }
    if (!(size > 1e-15) || (size < 1e-11 && size >= .5 * before)) { /* no more digits to be had */
      PetscCall(add_point(s, x, &jet));
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

static PetscErrorCode look_at(Search *s, const Cell *cell)
{
  const PetscInt d = s->d;
  PetscReal step[REITER_MAX_DIM], inverse[9], third[27] = {0};
  FreeEnergyJet jet;
  PetscBool good;
  Rest rest;

  PetscFunctionBegin;
  PetscCall(FreeEnergyEvaluate(s->energy, cell->centre, s->p, 3, &jet, &good));
  if (!good) {
    s->report->unknown++;
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < d * d * d; i++) third[i] = PetscMax(.5 * cell->third[i], PetscAbsReal(jet.T[i]));
  rest = rest_of(d, cell, third);
  PetscCall(newton_step(d, &jet, step, inverse));
  if (excludes(d, cell, &jet, &rest, step, inverse)) PetscFunctionReturn(0);
  if (contraction(d, &rest, inverse) < CONTRACTS || cell->depth == MOST_DEPTH)
    PetscCall(newton(s, cell));
  else
    PetscCall(divide(s, cell, third));
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
  PetscFunctionReturn(0);
}

/* The normal derivative on a lattice of each side. */
static PetscErrorCode look_at_boundary(Search *s)
{
  const PetscInt m = 17, lattice = s->d == 1 ? 1 : (s->d == 2 ? m : m * m);

  PetscFunctionBegin;
  s->report->outward = PETSC_TRUE;
  for (PetscInt side = 0; side < 2 * s->d; side++) {
    for (PetscInt k = 0; k < lattice; k++) {
      PetscReal x[REITER_MAX_DIM] = {0};
      FreeEnergyJet jet;
      PetscBool good;

      for (PetscInt i = 0, rest = k; i < s->d; i++) {
        if (i == side / 2) {
          x[i] = s->box[i][side % 2];
          continue;
        }
        x[i] = s->box[i][0] + (s->box[i][1] - s->box[i][0]) * (PetscReal)(rest % m) / (PetscReal)(m - 1);
        rest /= m;
      }
      PetscCall(FreeEnergyEvaluate(s->energy, x, s->p, 1, &jet, &good));
      if (!good || !(jet.G[side / 2] * (side % 2 ? 1 : -1) > 0)) s->report->outward = PETSC_FALSE;
    }
  }
  PetscFunctionReturn(0);
}

static int compare(const void *a, const void *b)
{
  const PetscReal F = ((const BoxPoint *)a)->F, E = ((const BoxPoint *)b)->F;

  return (F > E) - (F < E);
}

PetscErrorCode StationaryFind(FreeEnergy energy, const PetscReal p[], const PetscReal box[][2], PetscInt *n,
                              BoxPoint **points, StationaryReport *report)
{
  Search s = {.energy = energy, .p = p, .box = box, .report = report};

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  report->complete = PETSC_TRUE;
  PetscCall(FreeEnergyGetSizes(energy, &s.d, NULL));
  PetscCall(PetscMalloc1(MOST_POINTS, &s.points));
  PetscCall(begin(&s));
  while (s.n_cells && report->cells < MOST_CELLS) {
    const Cell cell = s.cells[--s.n_cells];

    PetscCall(look_at(&s, &cell));
    report->cells++;
  }
  if (s.n_cells) report->complete = PETSC_FALSE;
  PetscCall(PetscFree(s.cells));
  qsort(s.points, (size_t)s.n, sizeof(*s.points), compare);
  for (PetscInt k = 0; k < s.n; k++) report->degree += s.points[k].index % 2 ? -1 : 1;
  PetscCall(look_at_boundary(&s));
  *n = s.n;
  *points = s.points;
  PetscFunctionReturn(0);
}
