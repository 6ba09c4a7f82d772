/* Products of the functions of two lines. */
#include "space_private.h"

/* A line's part of a table: values[point][local] and how many points. */
static const PetscReal *line_part(const Line *line, PetscInt parity, PetscInt cell, Pick pick,
                                  PetscInt *points)
{
  const PetscInt local = line->local[parity], first = line->first[cell];

  *points = 1;
  if (pick == PICK_LEFT || pick == PICK_RIGHT) return line->end[parity][pick == PICK_RIGHT] + cell * local;
  *points = line->first[cell + 1] - first;
  return (pick == PICK_SLOPE ? line->slope : line->value)[parity] + first * local;
}

void SpaceTable(PhaseSpace space, PetscInt s, const PetscInt cell[2], const Pick pick[2], PetscReal table[],
                PetscInt *local, PetscInt *points)
{
  const PetscReal *part[2];
  PetscInt n[2], m[2];

  for (PetscInt a = 0; a < 2; a++) {
    m[a] = space->line[a].local[SpaceParity(s, a)];
    part[a] = line_part(&space->line[a], SpaceParity(s, a), cell[a], pick[a], &n[a]);
  }
  *local = m[0] * m[1];
  *points = n[0] * n[1];
  for (PetscInt b = 0; b < *local; b++) {
    for (PetscInt j = 0; j < n[1]; j++) {
      const PetscReal v = part[1][j * m[1] + b / m[0]];
      for (PetscInt i = 0; i < n[0]; i++)
        table[b * *points + j * n[0] + i] = v * part[0][i * m[0] + b % m[0]];
    }
  }
}

PetscInt SpaceNumbers(PhaseSpace space, PetscInt s, const PetscInt cell[2], PetscInt number[])
{
  const PetscInt p0 = SpaceParity(s, 0), p1 = SpaceParity(s, 1);
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];
  PetscInt k = 0;

  for (PetscInt b = 0; b < l1->local[p1]; b++)
    for (PetscInt a = 0; a < l0->local[p0]; a++, k++)
      number[k] = LineNumber(l1, p1, cell[1], b) * l0->size[p0] + LineNumber(l0, p0, cell[0], a);
  return k;
}

void SpaceSizes(PhaseSpace space, PetscInt *local, PetscInt *table)
{
  *local = *table = 1;
  for (PetscInt a = 0; a < 2; a++) {
    const Line *const line = &space->line[a];
    PetscInt points = 1;
    for (PetscInt c = 0; c < line->cells; c++) points = PetscMax(points, line->first[c + 1] - line->first[c]);
    *local *= PetscMax(line->local[0], line->local[1]);
    *table *= points;
  }
  *table *= *local;
}

PetscInt SpaceEvaluate(PhaseSpace space, PetscInt s, const PetscInt cell[2], const PetscReal q[2],
                       PetscReal values[])
{
  const Line *const l0 = &space->line[0], *const l1 = &space->line[1];
  const PetscInt p0 = SpaceParity(s, 0), p1 = SpaceParity(s, 1), n0 = l0->local[p0], n1 = l1->local[p1];
  PetscReal *const part = values + n0 * n1; /* behind them */

  l1->ops->Evaluate(l1, cell[1], q[1], p1, part, part + n1);
  l0->ops->Evaluate(l0, cell[0], q[0], p0, part + 2 * n1, part + 2 * n1 + n0);
  for (PetscInt b = 0; b < n1; b++)
    for (PetscInt a = 0; a < n0; a++) values[b * n0 + a] = part[b] * part[2 * n1 + a];
  return n0 * n1;
}

PetscErrorCode SpacePointCreate(PhaseSpace space, SpacePoint *point)
{
  PetscInt local = 1, lines = 0;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 2; a++) {
    const PetscInt most = PetscMax(space->line[a].local[0], space->line[a].local[1]);
    local *= most;
    lines += 2 * most;
  }
  for (PetscInt s = 0; s < SPACES; s++)
    PetscCall(PetscMalloc2(local + lines, &point->values[s], local, &point->number[s]));
  PetscFunctionReturn(0);
}

PetscErrorCode SpacePointDestroy(SpacePoint *point)
{
  PetscFunctionBegin;
  for (PetscInt s = 0; s < SPACES; s++) PetscCall(PetscFree2(point->values[s], point->number[s]));
  PetscFunctionReturn(0);
}
