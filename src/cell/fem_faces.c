#include "fem_faces.h"
#include "element.h"

void FacesCreate(const Torus *torus, Faces *faces)
{
  PetscInt at = 0, local = 0;

  for (PetscInt c = 0; c < 3; c++) {
    faces->width[c] = torus->axis[(c + 1) % 3].order * torus->axis[(c + 2) % 3].order;
    faces->start[c] = at;
    faces->offset[2 * c] = local;
    faces->offset[2 * c + 1] = local + faces->width[c];
    at += torus->cells * faces->width[c];
    local += 2 * faces->width[c];
  }
  faces->size = at;
  faces->local = local;
}

/* The first unknowns of the six faces of element e. */
static void face_starts(const Faces *faces, const Torus *t, const PetscInt e[], PetscInt start[])
{
  for (PetscInt c = 0; c < 3; c++) {
    PetscInt next[3] = {e[0], e[1], e[2]};
    next[c] = (e[c] + 1) % t->axis[c].cells;
    for (PetscInt side = 0; side < 2; side++) {
      const PetscInt *at = side ? next : e;
      const PetscInt number = at[0] + t->axis[0].cells * (at[1] + t->axis[1].cells * at[2]);
      start[2 * c + side] = faces->start[c] + number * faces->width[c];
    }
  }
}

static PetscInt width_at(const Faces *faces, PetscInt unknown)
{
  PetscInt c = 2;

  while (unknown < faces->start[c]) c--;
  return faces->width[c];
}

PetscErrorCode FacesPattern(const Faces *faces, const Torus *torus, PetscInt **row, PetscInt **column)
{
  PetscReal total = 0;
  PetscInt r = 0, at = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) {
    const PetscInt w = faces->width[c];
    total += (PetscReal)torus->cells * (PetscReal)w * (PetscReal)(2 * faces->local - w);
  }
  PetscCheck(total < PETSC_MAX_INT, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%g entries in the matrix of a cell problem: too many for these indices", (double)total);
  PetscCall(PetscMalloc1(faces->size + 1, row));
  PetscCall(PetscMalloc1((PetscInt)total, column));
  for (PetscInt c = 0; c < 3; c++) {
    for (PetscInt k = 0; k < torus->cells; k++) {
      PetscInt e[3], list[12], n = 12;
      TorusElement(torus, k, e);
      face_starts(faces, torus, e, list);
      e[c] = (e[c] + torus->axis[c].cells - 1) % torus->axis[c].cells;
      face_starts(faces, torus, e, list + 6);
      PetscCall(PetscSortRemoveDupsInt(&n, list));
      for (PetscInt i = 0; i < faces->width[c]; i++) {
        (*row)[r++] = at;
        for (PetscInt f = 0; f < n; f++) {
          const PetscInt w = width_at(faces, list[f]);
          for (PetscInt j = 0; j < w; j++) (*column)[at++] = list[f] + j;
        }
      }
    }
  }
  (*row)[r] = at;
  PetscFunctionReturn(0);
}

void FacesElement(const Faces *faces, const Torus *torus, const PetscInt e[], PetscInt index[],
                  PetscInt turns[])
{
  PetscInt start[6], m = 0;

  face_starts(faces, torus, e, start);
  for (PetscInt f = 0; f < 6; f++) {
    const PetscInt c = f / 2, wraps = f % 2 == 1 && e[c] == torus->axis[c].cells - 1;
    for (PetscInt i = 0; i < faces->width[c]; i++, m++) {
      index[m] = start[f] + i;
      for (PetscInt k = 0; k < 3; k++) turns[3 * m + k] = k == c ? wraps : 0;
    }
  }
}

/* The place of column `wanted` in the ascending list. */
static PetscInt place_of(PetscInt wanted, PetscInt n, const PetscInt list[])
{
  PetscInt low = 0, high = n - 1;

  while (low < high) {
    const PetscInt middle = (low + high) / 2;
    if (list[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void FacesScatter(const Faces *faces, const PetscInt index[], const PetscReal matrix[],
                  const PetscReal scale[], const PetscInt row[], const PetscInt column[], PetscReal value[])
{
  const PetscInt local = faces->local;

  for (PetscInt a = 0; a < local; a++) {
    const PetscInt i = index[a];
    for (PetscInt f = 0; f < 6; f++) {
      const PetscInt b0 = faces->offset[f];
      PetscReal *to = value + row[i] + place_of(index[b0], row[i + 1] - row[i], column + row[i]);
      for (PetscInt b = 0; b < faces->width[f / 2]; b++) {
        to[b] += scale[a] * scale[b0 + b] * matrix[a * local + b0 + b];
      }
    }
  }
}

/* nearest[g]: the GLL node of the interval next to Gauss point g, for an axis of that order. */
static PetscErrorCode nearest_nodes(PetscInt order, PetscInt nearest[])
{
  PetscReal node[ELEMENT_MAX_ORDER + 1], point[ELEMENT_MAX_ORDER], weight[ELEMENT_MAX_ORDER];

  PetscFunctionBegin;
  PetscCall(ElementNodes(order, node));
  PetscCall(ElementGauss(order, point, weight));
  for (PetscInt g = 0; g < order; g++) {
    nearest[g] = 0;
    for (PetscInt a = 1; a <= order; a++) {
      if (PetscAbsReal(node[a] - point[g]) < PetscAbsReal(node[nearest[g]] - point[g])) nearest[g] = a;
    }
  }
  PetscFunctionReturn(0);
}

/* Well and shift of the unknowns of the lower face with normal c of element e. */
static void follow_nodes(const Faces *faces, const Torus *t, const Basins *nodes, const PetscInt e[],
                         PetscInt number, PetscInt c, PetscInt nearest[][ELEMENT_MAX_ORDER], Basins *basins)
{
  const PetscInt n[3] = {c == 0 ? 1 : t->axis[0].order, c == 1 ? 1 : t->axis[1].order,
                         c == 2 ? 1 : t->axis[2].order};
  PetscInt g[3], at = faces->start[c] + number * faces->width[c];

  for (g[2] = 0; g[2] < n[2]; g[2]++) {
    for (g[1] = 0; g[1] < n[1]; g[1]++) {
      for (g[0] = 0; g[0] < n[0]; g[0]++, at++) {
        PetscInt i[3], turns[3], node;
        for (PetscInt k = 0; k < 3; k++) {
          const PetscInt a = k == c ? 0 : nearest[k][g[k]];
          i[k] = TorusAxisNode(&t->axis[k], e[k], a);
          turns[k] = a == t->axis[k].order && e[k] == t->axis[k].cells - 1;
        }
        node = TorusNode(t, i);
        basins->basin[at] = nodes->basin[node];
        for (PetscInt k = 0; k < 3; k++) basins->shift[3 * at + k] = nodes->shift[3 * node + k] - turns[k];
      }
    }
  }
}

PetscErrorCode FacesBasins(const Faces *faces, const Torus *torus, const Basins *nodes,
                           const PetscReal log_d[], Basins *basins)
{
  PetscInt nearest[3][ELEMENT_MAX_ORDER], e[3];

  PetscFunctionBegin;
  basins->dim = 3;
  basins->count = nodes->count;
  PetscCall(PetscMalloc4(faces->size, &basins->basin, 3 * faces->size, &basins->shift, nodes->count,
                         &basins->root, nodes->count * nodes->count, &basins->inside));
  PetscCall(PetscArraycpy(basins->inside, nodes->inside, nodes->count * nodes->count));
  for (PetscInt k = 0; k < 3; k++) PetscCall(nearest_nodes(torus->axis[k].order, nearest[k]));
  for (PetscInt number = 0; number < torus->cells; number++) {
    TorusElement(torus, number, e);
    for (PetscInt c = 0; c < 3; c++) follow_nodes(faces, torus, nodes, e, number, c, nearest, basins);
  }
  for (PetscInt b = 0; b < nodes->count; b++) basins->root[b] = -1;
  for (PetscInt i = 0; i < faces->size; i++) {
    PetscInt *root = &basins->root[basins->basin[i]];
    if (*root < 0 || log_d[i] > log_d[*root]) *root = i;
  }
  PetscFunctionReturn(0);
}
