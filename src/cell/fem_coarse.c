#include "fem_coarse.h"
#include "element.h"

enum { CORNERS = 8 };

PetscErrorCode FemCoarsePlaceNodes(const Torus *t, PetscReal place[])
{
  PetscReal node[3][ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) PetscCall(ElementNodes(t->axis[c].order, node[c]));
  for (PetscInt i = 0; i < t->nodes; i++) {
    for (PetscInt c = 0, rest = i; c < 3; rest /= t->axis[c].nodes, c++) {
      const PetscInt k = rest % t->axis[c].nodes, order = PetscMax(t->axis[c].order, 1);
      place[3 * i + c] = (PetscReal)(k / order) + node[c][k % order];
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FemCoarsePlaceFaces(const Torus *t, const Faces *faces, PetscReal place[])
{
  PetscReal point[3][ELEMENT_MAX_ORDER], weight[ELEMENT_MAX_ORDER], *to = place;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) PetscCall(ElementGauss(t->axis[c].order, point[c], weight));
  for (PetscInt c = 0; c < 3; c++) {
    for (PetscInt number = 0; number < t->cells; number++) {
      PetscInt e[3];
      TorusElement(t, number, e);
      for (PetscInt i = 0; i < faces->width[c]; i++) {
        for (PetscInt k = 0, rest = i; k < 3; k++) {
          const PetscInt order = k == c ? 1 : t->axis[k].order;
          *to++ = (PetscReal)e[k] + (k == c ? 0 : point[k][rest % order]);
          rest /= order;
        }
      }
    }
  }
  PetscFunctionReturn(0);
}

/* The corners around a place, and their functions there. */
static void find_corners(const Torus *t, const PetscReal place[], PetscInt corner[], PetscReal phi[])
{
  for (PetscInt k = 0; k < CORNERS; k++) {
    PetscInt stride = 1;
    corner[k] = 0;
    phi[k] = 1;
    for (PetscInt c = 0; c < 3; c++) {
      const PetscInt cells = t->axis[c].cells, e = (PetscInt)place[c], upper = (k >> c) & 1;
      const PetscReal x = place[c] - (PetscReal)e;
      corner[k] += stride * ((e + upper) % cells);
      phi[k] *= upper ? x : 1 - x;
      stride *= cells;
    }
  }
}

/* log_D[J] = max_i log_d[i] + 2 log phi_J(y_i) */
static void scale_corners(const Torus *t, PetscInt size, const PetscReal place[], const PetscReal log_d[],
                          PetscReal log_D[])
{
  PetscInt corner[CORNERS];
  PetscReal phi[CORNERS];

  for (PetscInt j = 0; j < t->cells; j++) log_D[j] = -INFINITY;
  for (PetscInt i = 0; i < size; i++) {
    find_corners(t, place + 3 * i, corner, phi);
    for (PetscInt k = 0; k < CORNERS; k++) {
      if (phi[k] > 0) log_D[corner[k]] = PetscMax(log_D[corner[k]], log_d[i] + 2 * PetscLogReal(phi[k]));
    }
  }
}

PetscErrorCode FemCoarseSet(const Torus *t, const PetscReal place[], const PetscReal log_d[],
                            const PetscBool held[], FemLinear *linear)
{
  PetscInt corner[CORNERS];
  PetscReal phi[CORNERS], *log_D;
  Mat P = linear->P;

  PetscFunctionBegin;
  if (!linear->multigrid) PetscFunctionReturn(0);
  if (!P) {
    PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, linear->size, t->cells, CORNERS, NULL, &P));
    linear->P = P;
  }
  PetscCall(PetscMalloc1(t->cells, &log_D));
  scale_corners(t, linear->size, place, log_d, log_D);
  PetscCall(MatZeroEntries(P));
  for (PetscInt i = 0; i < linear->size; i++) {
    find_corners(t, place + 3 * i, corner, phi);
    for (PetscInt k = 0; k < CORNERS; k++) {
      const PetscReal size = held[i] ? 0 : phi[k] * PetscExpReal(0.5 * (log_d[i] - log_D[corner[k]]));
      if (phi[k] > 0) PetscCall(MatSetValue(P, i, corner[k], size, ADD_VALUES));
    }
  }
  PetscCall(MatAssemblyBegin(P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(P, MAT_FINAL_ASSEMBLY));
  PetscCall(PetscFree(log_D));
  PetscFunctionReturn(0);
}
