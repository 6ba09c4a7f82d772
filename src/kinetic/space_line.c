#include "space_line.h"
#include <math.h>
#include <petscdt.h>
#include <string.h>

enum { MAX_POSITIONS = 8 };

/* The registry: the built-in ones, and those of users of the library; only read once they have registered. */
static const PositionsOps *positions[MAX_POSITIONS] = {&PositionsElements, &PositionsFourier};
static PetscInt n_positions = 2;

const PositionsOps *PositionsFind(const char name[])
{
  for (PetscInt i = 0; i < n_positions; i++)
    if (!strcmp(positions[i]->name, name)) return positions[i];
  return NULL;
}

PetscErrorCode PositionsRegister(const PositionsOps *ops)
{
  PetscFunctionBegin;
  if (PositionsFind(ops->name)) PetscFunctionReturn(0);
  PetscCheck(n_positions < MAX_POSITIONS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Too many positions");
  positions[n_positions++] = ops;
  PetscFunctionReturn(0);
}

/* The direction that is not there. */
static PetscErrorCode point_prepare(Line *line)
{
  PetscFunctionBegin;
  line->cells = line->pieces = line->gauss = 1;
  line->size[0] = line->local[0] = line->stride = 1;
  PetscFunctionReturn(0);
}

static PetscErrorCode point_adapt(Line *line, PetscBool *independent)
{
  PetscFunctionBegin;
  line->one[0] = 1;
  *independent = PETSC_TRUE;
  PetscFunctionReturn(0);
}

static void point_evaluate(const Line *line, PetscInt cell, PetscReal q, PetscInt parity, PetscReal value[],
                           PetscReal slope[])
{
  (void)line, (void)cell, (void)q, (void)parity;
  value[0] = 1;
  slope[0] = 0;
}

static const PositionsOps positions_point = {
    .name = "point", .Prepare = point_prepare, .Adapt = point_adapt, .Evaluate = point_evaluate};

PetscErrorCode LineCreate(const PhaseSpaceSettings *settings, PetscInt a, Line *line)
{
  PetscFunctionBegin;
  *line = (Line){.ops = &positions_point, .hi = 1};
  if (a < settings->dim) {
    line->ops = PositionsFind(settings->positions);
    PetscCheck(line->ops, PETSC_COMM_SELF, PETSC_ERR_ARG_UNKNOWN_TYPE, "No positions '%s'",
               settings->positions);
    PetscCheck(settings->periodic[a] || !line->ops->periodic, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
               "Positions '%s' are periodic", settings->positions);
    line->lo = settings->box[a][0];
    line->hi = settings->box[a][1];
    PetscCheck(line->lo < line->hi, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "The box is empty");
    line->periodic = settings->periodic[a];
    line->resolution = settings->cells[a];
    line->order = settings->order;
  }
  PetscCall(line->ops->Prepare(line));
  PetscFunctionReturn(0);
}

PetscErrorCode LineSetQuadrature(Line *line, const PetscInt panels[])
{
  const PetscInt g = line->gauss;
  PetscReal *t, *w;
  PetscInt n = 0, k = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < line->cells * line->pieces; i++) n += panels[i] * g;
  line->n_points = n;
  PetscCall(PetscMalloc4(n, &line->x, n, &line->weight, n, &line->log_w, line->cells + 1, &line->first));
  for (PetscInt parity = 0; parity < 2; parity++) {
    const PetscInt local = line->local[parity];
    PetscCall(PetscCalloc4(n * local, &line->value[parity], n * local, &line->slope[parity],
                           line->cells * local, &line->end[parity][0], line->cells * local,
                           &line->end[parity][1]));
  }
  PetscCall(PetscCalloc1(line->cells * line->local[0], &line->one));
  PetscCall(PetscMalloc2(g, &t, g, &w));
  PetscCall(PetscDTGaussQuadrature(g, 0, 1, t, w));
  line->first[0] = 0;
  for (PetscInt c = 0; c < line->cells; c++) {
    const PetscReal left = LineCellEnd(line, c), width = LineCellEnd(line, c + 1) - left;
    for (PetscInt piece = 0; piece < line->pieces; piece++) {
      const PetscInt cut = panels[c * line->pieces + piece];
      const PetscReal h = width / (PetscReal)(line->pieces * cut);
      for (PetscInt i = 0; i < cut * g; i++, k++) {
        line->x[k] = left + ((PetscReal)(piece * cut + i / g) + t[i % g]) * h;
        line->weight[k] = w[i % g] * h;
      }
    }
    line->first[c + 1] = k;
  }
  PetscCall(PetscFree2(t, w));
  PetscFunctionReturn(0);
}

PetscErrorCode LineAdapt(Line *line, PetscBool *independent)
{
  PetscReal *unused;

  PetscFunctionBegin;
  PetscCall(line->ops->Adapt(line, independent));
  if (!*independent) PetscFunctionReturn(0);
  PetscCall(PetscMalloc1(PetscMax(line->local[0], line->local[1]), &unused));
  for (PetscInt parity = 0; parity < 2; parity++) {
    const PetscInt local = line->local[parity];
    for (PetscInt c = 0; local && c < line->cells; c++) {
      for (PetscInt j = line->first[c]; j < line->first[c + 1]; j++)
        line->ops->Evaluate(line, c, line->x[j], parity, line->value[parity] + j * local,
                            line->slope[parity] + j * local);
      for (PetscInt side = 0; side < 2; side++)
        line->ops->Evaluate(line, c, LineCellEnd(line, c + side), parity, line->end[parity][side] + c * local,
                            unused);
    }
  }
  PetscCall(PetscFree(unused));
  PetscFunctionReturn(0);
}

PetscErrorCode LineDestroy(Line *line)
{
  PetscFunctionBegin;
  if (line->ops && line->ops->Destroy) PetscCall(line->ops->Destroy(line));
  PetscCall(PetscFree4(line->x, line->weight, line->log_w, line->first));
  for (PetscInt parity = 0; parity < 2; parity++)
    PetscCall(
        PetscFree4(line->value[parity], line->slope[parity], line->end[parity][0], line->end[parity][1]));
  PetscCall(PetscFree(line->one));
  PetscFunctionReturn(0);
}

PetscInt LineLocate(const Line *line, PetscReal *q)
{
  const PetscReal length = line->hi - line->lo, slack = 1e-12 * length;
  PetscInt cell;

  if (line->periodic) {
    *q -= length * floor((*q - line->lo) / length);
  } else if (!(*q >= line->lo - slack && *q <= line->hi + slack)) {
    return -1;
  }
  *q = PetscMin(PetscMax(*q, line->lo), line->hi);
  cell = (PetscInt)floor((*q - line->lo) / length * (PetscReal)line->cells);
  return PetscMin(PetscMax(cell, 0), line->cells - 1);
}
