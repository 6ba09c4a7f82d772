#include "fem_correctors.h"
#include "element.h"

/* The value at y of the function with these nodal values. */
static PetscReal evaluate(const Torus *torus, const PetscReal nodal[], const PetscInt e[],
                          PetscReal basis[][ELEMENT_MAX_ORDER + 1])
{
  const TorusAxis *x = torus->axis;
  PetscReal sum = 0;

  for (PetscInt a2 = 0; a2 <= x[2].order; a2++) {
    for (PetscInt a1 = 0; a1 <= x[1].order; a1++) {
      for (PetscInt a0 = 0; a0 <= x[0].order; a0++) {
        const PetscInt i[3] = {TorusAxisNode(&x[0], e[0], a0), TorusAxisNode(&x[1], e[1], a1),
                               TorusAxisNode(&x[2], e[2], a2)};
        sum += nodal[TorusNode(torus, i)] * basis[0][a0] * basis[1][a1] * basis[2][a2];
      }
    }
  }
  return sum;
}

/* The element of an axis in which coordinate y of [0, 1) lies, and the basis there. */
static PetscErrorCode locate(const TorusAxis *x, PetscReal y, PetscInt *e, PetscReal basis[])
{
  PetscReal node[ELEMENT_MAX_ORDER + 1], slope[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  if (y < x->edge[0]) y += 1;
  *e = 0;
  while (*e + 1 < x->cells && y >= x->edge[*e + 1]) ++*e;
  PetscCall(ElementNodes(x->order, node));
  ElementBasis(x->order, node, (y - x->edge[*e]) / (x->edge[*e + 1] - x->edge[*e]), basis, slope);
  PetscFunctionReturn(0);
}

PetscErrorCode FemSampleTheta(const Torus *torus, const PetscReal nodal[], PetscInt m, PetscReal theta[])
{
  PetscReal basis[3][ELEMENT_MAX_ORDER + 1] = {{0}}, mean = 0;
  PetscInt i[3] = {0}, e[3], n[3], total = 0;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) n[c] = c < torus->dim ? m : 1;
  for (i[2] = 0; i[2] < n[2]; i[2]++) {
    PetscCall(locate(&torus->axis[2], (PetscReal)i[2] / (PetscReal)m, &e[2], basis[2]));
    for (i[1] = 0; i[1] < n[1]; i[1]++) {
      PetscCall(locate(&torus->axis[1], (PetscReal)i[1] / (PetscReal)m, &e[1], basis[1]));
      for (i[0] = 0; i[0] < n[0]; i[0]++) {
        PetscCall(locate(&torus->axis[0], (PetscReal)i[0] / (PetscReal)m, &e[0], basis[0]));
        theta[total] = evaluate(torus, nodal, e, basis);
        mean += theta[total++];
      }
    }
  }
  for (PetscInt p = 0; p < total; p++) theta[p] -= mean / (PetscReal)total;
  PetscFunctionReturn(0);
}
