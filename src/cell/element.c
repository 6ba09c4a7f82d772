#include "element.h"
#include <petscdt.h>

PetscErrorCode ElementGauss(PetscInt n, PetscReal point[], PetscReal weight[])
{
  PetscFunctionBegin;
  PetscCall(PetscDTGaussQuadrature(n, 0, 1, point, weight));
  PetscFunctionReturn(0);
}

PetscErrorCode ElementNodes(PetscInt order, PetscReal node[])
{
  PetscReal x[ELEMENT_MAX_ORDER + 1], w[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  PetscCheck(order >= 0 && order <= ELEMENT_MAX_ORDER, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Elements of order %" PetscInt_FMT, order);
  node[0] = 0;
  if (order == 0) PetscFunctionReturn(0);
  node[order] = 1;
  if (order == 1) PetscFunctionReturn(0);
  PetscCall(PetscDTGaussLobattoLegendreQuadrature(order + 1, PETSCGAUSSLOBATTOLEGENDRE_VIA_NEWTON, x, w));
  for (PetscInt a = 1; a < order; a++) node[a] = 0.5 + 0.25 * (x[a] - x[order - a]);
  PetscFunctionReturn(0);
}

void ElementBasis(PetscInt order, const PetscReal node[], PetscReal x, PetscReal value[], PetscReal slope[])
{
  for (PetscInt a = 0; a <= order; a++) {
    PetscReal v = 1, s = 0;
    for (PetscInt k = 0; k <= order; k++) {
      if (k == a) continue;
      const PetscReal width = node[a] - node[k];
      s = s * (x - node[k]) / width + v / width;
      v *= (x - node[k]) / width;
    }
    value[a] = v;
    slope[a] = s;
  }
}

static PetscErrorCode fill_products(ElementTable *t)
{
  const PetscInt n = t->n, fold = t->folded && n > 1;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < 2; k++) {
    for (PetscInt l = 0; l < 2; l++) {
      PetscCall(PetscMalloc1(t->points * n * n, &t->pair[k][l]));
      PetscCall(PetscMalloc1(t->points * n, &t->square[k][l]));
      for (PetscInt q = 0; q < t->points; q++) {
        for (PetscInt a = 0; a < n; a++) {
          PetscReal u = t->at[k][a * t->points + q], v = t->at[l][a * t->points + q];
          for (PetscInt b = 0; b < n; b++)
            t->pair[k][l][(q * n + a) * n + b] = u * t->at[l][b * t->points + q];
          if (fold && a == 0) {
            u += t->at[k][(n - 1) * t->points + q];
            v += t->at[l][(n - 1) * t->points + q];
          }
          t->square[k][l][q * n + a] = fold && a == n - 1 ? 0 : u * v;
        }
      }
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ElementTableCreate(PetscInt order, PetscInt points, PetscBool folded, ElementTable *t)
{
  PetscReal node[ELEMENT_MAX_ORDER + 1], value[ELEMENT_MAX_ORDER + 1], slope[ELEMENT_MAX_ORDER + 1];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(t, sizeof(*t)));
  t->order = order;
  t->n = order + 1;
  t->points = points;
  t->folded = folded;
  PetscCall(PetscMalloc2(points, &t->point, points, &t->weight));
  PetscCall(PetscMalloc2(points * t->n, &t->at[0], points * t->n, &t->at[1]));
  PetscCall(ElementGauss(points, t->point, t->weight));
  PetscCall(ElementNodes(order, node));
  for (PetscInt q = 0; q < points; q++) {
    ElementBasis(order, node, t->point[q], value, slope);
    for (PetscInt a = 0; a < t->n; a++) {
      t->at[0][a * points + q] = value[a];
      t->at[1][a * points + q] = slope[a];
    }
  }
  PetscCall(fill_products(t));
  PetscFunctionReturn(0);
}

PetscErrorCode ElementTableDestroy(ElementTable *t)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(t->point, t->weight));
  PetscCall(PetscFree2(t->at[0], t->at[1]));
  for (PetscInt k = 0; k < 2; k++) {
    for (PetscInt l = 0; l < 2; l++) {
      PetscCall(PetscFree(t->pair[k][l]));
      PetscCall(PetscFree(t->square[k][l]));
    }
  }
  PetscFunctionReturn(0);
}

void ElementContract(PetscInt nq, PetscInt nr, PetscInt nm, const PetscReal in[], const PetscReal table[],
                     PetscBool add, PetscReal out[])
{
  for (PetscInt r = 0; r < nr; r++) {
    PetscReal *restrict row = out + r * nm;
    PetscInt q = 0;
    if (!add) {
      for (PetscInt m = 0; m < nm; m++) row[m] = 0;
    }
    /* four at a time: the row is read and written once for all of them */
    for (; q + 3 < nq; q += 4) {
      const PetscReal *restrict p = table + q * nm, *s = in + q * nr + r;
      const PetscReal s0 = s[0], s1 = s[nr], s2 = s[2 * nr], s3 = s[3 * nr];
      for (PetscInt m = 0; m < nm; m++) {
        row[m] += (s0 * p[m] + s1 * p[nm + m]) + (s2 * p[2 * nm + m] + s3 * p[3 * nm + m]);
      }
    }
    for (; q < nq; q++) {
      const PetscReal *restrict p = table + q * nm;
      const PetscReal s0 = in[q * nr + r];
      for (PetscInt m = 0; m < nm; m++) row[m] += s0 * p[m];
    }
  }
}
