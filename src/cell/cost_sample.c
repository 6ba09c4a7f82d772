#include "cost_pilot.h"

/* Where any sum is a positive tensor and partition functions. */
typedef struct {
  PetscReal f[MOST_COORDINATES];
} Coordinates;

/* Two points of each line, from its base, whose combinations tell how components act together. */
enum { CROSSES = 2 };
static const PetscReal crosses[CROSSES] = {0.31, 0.58};
/* Largest number of times that a product of lines counts. */
#define MOST_PAIR 100.0

/* The surrogate of one grid: centre + sum_c line[c][i_c] + sum_{c < e} pair[c + e - 1] line[c][i_c] line[e][i_e]. */
typedef struct {
  Coordinates centre, *line[REITER_MAX_DIM];
  PetscReal (*pair)[MOST_COORDINATES];
  PetscReal bracket[3]; /* relative width, quadrature and methods of all inner tensors that it knows */
} Surrogate;

PetscErrorCode PilotLook(Pilot p, PetscInt k, const PetscReal frozen[], PetscReal f[MOST_COORDINATES],
                         PetscReal bracket[3], CellFailure *failure)
{
  const PetscInt dim = p->cascade->dim;
  Coordinates at = {{0}};
  InnerTensor inner;
  PetscReal width;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(f, MOST_COORDINATES));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  PetscCall(CascadeLevel(p->cascade, k + 1, frozen, &inner, failure));
  if (failure->status != CELL_OK) PetscFunctionReturn(0);
  if (!CoordinatesFromInner(dim, &inner, at.f))
    *failure = (CellFailure){CELL_NOT_CONVERGED, "an inner tensor is not positive"};
  PetscCall(PetscArraycpy(f, at.f, MOST_COORDINATES));
  PetscCall(TensorBracketWidth(dim, inner.lower, inner.upper, &width));
  bracket[0] = PetscMax(bracket[0], width);
  bracket[1] = PetscMax(bracket[1], inner.quadrature);
  bracket[2] = MethodsJoin(bracket[2], inner.methods);
  PetscFunctionReturn(0);
}

static PetscErrorCode look(Pilot p, const LevelCell *cell, const PetscReal frozen[], Surrogate *known,
                           Coordinates *at, CellFailure *failure)
{
  PetscFunctionBegin;
  PetscCall(PilotLook(p, cell->k, frozen, at->f, known->bracket, failure));
  PetscFunctionReturn(0);
}

/* Lines in direction c through the base point, at the slower scales that this cell's lines are taken at. */
static PetscErrorCode look_along(Pilot p, const LevelCell *cell, const CellSamples *s, PetscInt c,
                                 const PetscReal from[], const Coordinates *origin, Surrogate *known,
                                 CellFailure *failure)
{
  PetscReal frozen[REITER_VARIABLES];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(frozen, from, REITER_VARIABLES));
  for (PetscInt i = 0; i < s->n[c]; i++) {
    frozen[VariableIndex(cell->k, c)] = s->axis[c][i];
    PetscCall(look(p, cell, frozen, known, &known->line[c][i], failure));
    for (PetscInt j = 0; j < MOST_COORDINATES; j++) known->line[c][i].f[j] -= origin->f[j];
  }
  PetscFunctionReturn(0);
}

/* What components c and e do together beyond the sum of what they do alone, as a multiple of the product of both: least
   squares over the crosses; alone[c][i] is the line's value at cross i. */
static PetscErrorCode look_across(Pilot p, const LevelCell *cell, const PetscInt pair[2],
                                  const PetscReal from[], const Coordinates *origin,
                                  Coordinates alone[][CROSSES], Surrogate *known, CellFailure *failure)
{
  const PetscInt c = pair[0], e = pair[1];
  Coordinates both;
  PetscReal frozen[REITER_VARIABLES], products[MOST_COORDINATES] = {0}, squares[MOST_COORDINATES] = {0};

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(frozen, from, REITER_VARIABLES));
  for (PetscInt q = 0; q < CROSSES * CROSSES; q++) {
    const PetscInt i = q % CROSSES, j = q / CROSSES;

    frozen[VariableIndex(cell->k, c)] = from[VariableIndex(cell->k, c)] + crosses[i];
    frozen[VariableIndex(cell->k, e)] = from[VariableIndex(cell->k, e)] + crosses[j];
    PetscCall(look(p, cell, frozen, known, &both, failure));
    for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
      const PetscReal product = alone[c][i].f[f] * alone[e][j].f[f];

      products[f] += product * (both.f[f] - origin->f[f] - alone[c][i].f[f] - alone[e][j].f[f]);
      squares[f] += product * product;
    }
  }
  for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
    if (PetscAbsReal(products[f]) < MOST_PAIR * squares[f])
      known->pair[c + e - 1][f] = products[f] / squares[f];
  }
  PetscFunctionReturn(0);
}

/* The crosses of all lines and pairs of them. */
static PetscErrorCode look_at_pairs(Pilot p, const LevelCell *cell, const InnerGrid *grid,
                                    const PetscReal from[], const Coordinates *origin, Surrogate *known,
                                    CellFailure *failure)
{
  const PetscInt dim = p->cascade->dim;
  Coordinates alone[REITER_MAX_DIM][CROSSES];
  PetscReal frozen[REITER_VARIABLES];
  PetscInt active = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < dim; c++) active += grid->n[c] > 1;
  for (PetscInt c = 0; c < dim && active > 1; c++) {
    PetscCall(PetscArraycpy(frozen, from, REITER_VARIABLES));
    for (PetscInt i = 0; i < CROSSES && grid->n[c] > 1; i++) {
      frozen[VariableIndex(cell->k, c)] = from[VariableIndex(cell->k, c)] + crosses[i];
      PetscCall(look(p, cell, frozen, known, &alone[c][i], failure));
      for (PetscInt f = 0; f < MOST_COORDINATES; f++) alone[c][i].f[f] -= origin->f[f];
    }
  }
  for (PetscInt c = 0; c < dim; c++) {
    for (PetscInt e = c + 1; e < dim; e++) {
      const PetscInt pair[2] = {c, e};

      if (grid->n[c] > 1 && grid->n[e] > 1)
        PetscCall(look_across(p, cell, pair, from, origin, alone, known, failure));
    }
  }
  PetscFunctionReturn(0);
}

/* The surrogate at one node of the grid. */
static void add_up(const Surrogate *known, PetscInt dim, const InnerGrid *grid, PetscInt node,
                   Coordinates *at)
{
  const Coordinates *line[REITER_MAX_DIM];

  *at = known->centre;
  for (PetscInt c = 0; c < dim; node /= grid->n[c++]) line[c] = &known->line[c][node % grid->n[c]];
  for (PetscInt f = 0; f < MOST_COORDINATES; f++) {
    for (PetscInt c = 0; c < dim; c++) {
      at->f[f] += line[c]->f[f];
      for (PetscInt e = c + 1; e < dim; e++)
        at->f[f] += known->pair[c + e - 1][f] * line[c]->f[f] * line[e]->f[f];
    }
  }
}

static PetscErrorCode know(Pilot p, const LevelCell *cell, const CellSamples *s, const InnerGrid *grid,
                           Surrogate *known, CellFailure *failure)
{
  PilotLevel *l = &p->level[cell->k];
  PetscReal here[REITER_VARIABLES], from[REITER_VARIABLES];
  Coordinates origin;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(known, sizeof(*known)));
  known->pair = l->pair;
  PetscCall(PetscArraycpy(here, cell->frozen, REITER_VARIABLES));
  PetscCall(PetscArraycpy(from, l->lines, REITER_VARIABLES));
  for (PetscInt c = 0; c < s->dim; c++) {
    here[VariableIndex(cell->k, c)] = from[VariableIndex(cell->k, c)] = p->base + 0.05 * (PetscReal)cell->k;
  }
  PetscCall(look(p, cell, here, known, &known->centre, failure));
  PetscCall(look(p, cell, from, known, &origin, failure));
  for (PetscInt c = 0; c < s->dim; c++) {
    PetscCall(PetscCalloc1(grid->n[c], &known->line[c]));
    if (grid->n[c] > 1) PetscCall(look_along(p, cell, s, c, from, &origin, known, failure));
  }
  if (!l->knows_pairs) PetscCall(look_at_pairs(p, cell, grid, from, &origin, known, failure));
  l->knows_pairs = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode PilotSample(Pilot p, const LevelCell *cell, const CellSamples *s, InnerGrid *grid,
                           CellFailure *failure)
{
  Surrogate known;

  PetscFunctionBegin;
  PetscCall(PilotCount(p, cell, s, grid));
  PetscCall(know(p, cell, s, grid, &known, failure));
  PetscCall(PetscFree(grid->inner));
  PetscCall(PetscMalloc1(grid->nodes, &grid->inner));
  grid->total = grid->nodes;
  for (PetscInt node = 0; node < grid->nodes; node++) {
    Coordinates at;

    add_up(&known, s->dim, grid, node, &at);
    grid->problem[node] = grid->node[node] = node;
    grid->element[node] = (SymmetryElement){{0, 1, 2}, {1, 1, 1}};
    CoordinatesToInner(s->dim, at.f, known.bracket[0], known.bracket[1], known.bracket[2],
                       &grid->inner[node]);
  }
  for (PetscInt c = 0; c < s->dim; c++) PetscCall(PetscFree(known.line[c]));
  PetscFunctionReturn(0);
}
