/* Sum-factored kernels on one element. */
#include "fem_element.h"

PetscErrorCode FemElementCreate(const Torus *torus, const FemQuadrature *quadrature,
                                const FemCoefficient *coefficient, FemElement *element)
{
  PetscInt size = 1;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(element, sizeof(*element)));
  element->torus = torus;
  element->quadrature = quadrature;
  element->coefficient = coefficient;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    const ElementTable *t = &quadrature->table[c];
    size *= PetscMax(t->points, t->n * t->n);
  }
  PetscCall(PetscMalloc4(torus->local, &element->node, quadrature->points, &element->sample,
                         quadrature->points, &element->weight, quadrature->points, &element->scaled));
  PetscCall(PetscMalloc3(size, &element->buffer[0], size, &element->buffer[1], size, &element->buffer[2]));
  PetscFunctionReturn(0);
}

PetscErrorCode FemElementDestroy(FemElement *element)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(element->node, element->sample, element->weight, element->scaled));
  PetscCall(PetscFree3(element->buffer[0], element->buffer[1], element->buffer[2]));
  PetscFunctionReturn(0);
}

void FemElementMove(FemElement *element, PetscInt c)
{
  const ElementTable *t = element->quadrature->table;
  const PetscInt *n = element->quadrature->samples.n;
  PetscInt *e = element->e, q[3], m = 0;

  TorusElement(element->torus, c, e);
  TorusElementNodes(element->torus, e, element->node);
  for (PetscInt k = 0; k < REITER_MAX_DIM; k++) {
    element->h[k] = element->torus->axis[k].edge[e[k] + 1] - element->torus->axis[k].edge[e[k]];
  }
  element->level = -INFINITY;
  for (q[2] = 0; q[2] < t[2].points; q[2]++) {
    for (q[1] = 0; q[1] < t[1].points; q[1]++) {
      for (q[0] = 0; q[0] < t[0].points; q[0]++) {
        PetscInt p = 0, stride = 1;
        for (PetscInt k = 0; k < element->torus->dim; k++) {
          p += stride * (e[k] * t[k].points + q[k]);
          stride *= n[k];
        }
        element->sample[m] = p;
        element->weight[m] = t[0].weight[q[0]] * t[1].weight[q[1]] * t[2].weight[q[2]] * element->h[0] *
                             element->h[1] * element->h[2];
        element->level = PetscMax(element->level, element->coefficient->log[p]);
        m++;
      }
    }
  }
  for (PetscInt i = 0; i < m; i++) {
    element->weight[i] *= PetscExpReal(element->coefficient->log[element->sample[i]] - element->level);
  }
}

/* Turns a tensor through all directions: in[i2][i1][i0] -> out[m2][m1][m0], sizes from -> to. */
static void contract_all(FemElement *element, const PetscReal in[], const PetscReal *const table[],
                         const PetscInt from[], const PetscInt to[], PetscBool add, PetscReal out[])
{
  PetscReal *first = element->buffer[0], *second = element->buffer[1];

  ElementContract(from[2], from[1] * from[0], to[2], in, table[2], PETSC_FALSE, first);
  ElementContract(from[1], from[0] * to[2], to[1], first, table[1], PETSC_FALSE, second);
  ElementContract(from[0], to[2] * to[1], to[0], second, table[0], add, out);
}

static void scale_values(FemElement *element, PetscReal factor, const PetscReal values[])
{
  for (PetscInt q = 0; q < element->quadrature->points; q++) element->scaled[q] = factor * values[q];
}

void FemElementMatrix(FemElement *element, PetscInt k, PetscInt l, const PetscReal values[], PetscBool add,
                      PetscReal matrix[])
{
  const ElementTable *t = element->quadrature->table;
  const PetscReal *table[3], *in;
  PetscInt from[3], to[3], a[3], b[3], row = 0;
  const PetscInt local = element->torus->local;

  for (PetscInt c = 0; c < 3; c++) {
    table[c] = t[c].pair[c == k][c == l];
    from[c] = t[c].points;
    to[c] = t[c].n * t[c].n;
  }
  scale_values(element, 1 / (element->h[k] * element->h[l]), values);
  contract_all(element, element->scaled, table, from, to, PETSC_FALSE, element->buffer[2]);
  for (a[2] = 0; a[2] < t[2].n; a[2]++) {
    for (a[1] = 0; a[1] < t[1].n; a[1]++) {
      for (a[0] = 0; a[0] < t[0].n; a[0]++, row++) {
        PetscReal *to_row = matrix + row * local;
        for (b[2] = 0; b[2] < t[2].n; b[2]++) {
          for (b[1] = 0; b[1] < t[1].n; b[1]++) {
            in = element->buffer[2] + ((a[2] * t[2].n + b[2]) * to[1] + a[1] * t[1].n + b[1]) * to[0] +
                 a[0] * t[0].n;
            for (b[0] = 0; b[0] < t[0].n; b[0]++, to_row++) *to_row = (add ? *to_row : 0) + in[b[0]];
          }
        }
      }
    }
  }
}

void FemElementDiagonal(FemElement *element, PetscInt k, PetscInt l, const PetscReal values[], PetscBool add,
                        PetscReal diagonal[])
{
  const ElementTable *t = element->quadrature->table;
  const PetscReal *table[3];
  PetscInt from[3], to[3];

  for (PetscInt c = 0; c < 3; c++) {
    table[c] = t[c].square[c == k][c == l];
    from[c] = t[c].points;
    to[c] = t[c].n;
  }
  scale_values(element, 1 / (element->h[k] * element->h[l]), values);
  contract_all(element, element->scaled, table, from, to, add, diagonal);
}

void FemElementSlope(FemElement *element, PetscInt k, const PetscReal local[], PetscReal out[])
{
  const ElementTable *t = element->quadrature->table;
  const PetscReal *table[3];
  PetscInt from[3], to[3];

  for (PetscInt c = 0; c < 3; c++) {
    table[c] = t[c].at[c == k];
    from[c] = t[c].n;
    to[c] = t[c].points;
  }
  contract_all(element, local, table, from, to, PETSC_FALSE, out);
  for (PetscInt q = 0; q < element->quadrature->points; q++) out[q] /= element->h[k];
}

void FemElementScatter(const FemElement *element, const PetscReal matrix[], const PetscReal scale[],
                       const PetscInt row[], PetscReal value[])
{
  const TorusAxis *x = element->torus->axis;
  const PetscInt n[3] = {x[0].order + 1, x[1].order + 1, x[2].order + 1};
  const PetscReal *m = matrix;
  PetscInt a[3], b[3], i = 0;

  for (a[2] = 0; a[2] < n[2]; a[2]++) {
    for (a[1] = 0; a[1] < n[1]; a[1]++) {
      for (a[0] = 0; a[0] < n[0]; a[0]++, i++) {
        const PetscInt *place[3];
        PetscInt length[2], j = 0;
        PetscReal *to = value + row[element->node[i]];
        for (PetscInt c = 0; c < 3; c++) place[c] = x[c].place + (element->e[c] * n[c] + a[c]) * n[c];
        for (PetscInt c = 0; c < 2; c++) length[c] = x[c].length[TorusAxisNode(&x[c], element->e[c], a[c])];
        for (b[2] = 0; b[2] < n[2]; b[2]++) {
          for (b[1] = 0; b[1] < n[1]; b[1]++) {
            const PetscInt base = (place[2][b[2]] * length[1] + place[1][b[1]]) * length[0];
            for (b[0] = 0; b[0] < n[0]; b[0]++, j++) to[base + place[0][b[0]]] += scale[i] * scale[j] * *m++;
          }
        }
      }
    }
  }
}
