#include "element_rule.h"
#include "cell/element.h"
#include <petscdt.h>

#define MAX_ORDER 4

static void cube_basis(PetscInt dim, PetscInt order, const PetscReal node[], const PetscReal x[],
                       PetscReal v[], PetscReal g[])
{
  PetscReal value[3][MAX_ORDER + 1] = {{1}, {1}, {1}}, slope[3][MAX_ORDER + 1] = {{0}};
  PetscInt n[3] = {1, 1, 1}, a = 0;

  for (PetscInt c = 0; c < dim; c++) {
    ElementBasis(order, node, x[c], value[c], slope[c]);
    n[c] = order + 1;
  }
  for (PetscInt k = 0; k < n[2]; k++) {
    for (PetscInt j = 0; j < n[1]; j++) {
      for (PetscInt i = 0; i < n[0]; i++, a++) {
        const PetscReal u = value[0][i], w = value[1][j], z = value[2][k];
        v[a] = u * w * z;
        if (!g) continue;
        g[a * dim] = slope[0][i] * w * z;
        if (dim > 1) g[a * dim + 1] = u * slope[1][j] * z;
        if (dim > 2) g[a * dim + 2] = u * w * slope[2][k];
      }
    }
  }
}

/* prod_{s < m} (order t - s)/(s + 1), the factor of one barycentric coordinate (Silvester), and its slope. */
static PetscReal silvester(PetscInt order, PetscInt m, PetscReal t, PetscReal *slope)
{
  PetscReal v = 1, d = 0;

  for (PetscInt s = 0; s < m; s++) {
    d = (d * ((PetscReal)order * t - (PetscReal)s) + v * (PetscReal)order) / (PetscReal)(s + 1);
    v *= ((PetscReal)order * t - (PetscReal)s) / (PetscReal)(s + 1);
  }
  *slope = d;
  return v;
}

static void simplex_basis(PetscInt dim, PetscInt order, const PetscReal x[], PetscReal v[], PetscReal g[])
{
  PetscReal rest = 1;
  PetscInt a = 0;

  for (PetscInt c = 0; c < dim; c++) rest -= x[c];
  for (PetscInt k = 0; k <= (dim > 2 ? order : 0); k++) {
    for (PetscInt j = 0; j <= (dim > 1 ? order - k : 0); j++) {
      for (PetscInt i = 0; i <= order - j - k; i++, a++) {
        const PetscInt index[3] = {i, j, k};
        PetscReal f[3] = {1, 1, 1}, df[3] = {0}, slope;
        const PetscReal f0 = silvester(order, order - i - j - k, rest, &slope);
        for (PetscInt c = 0; c < dim; c++) f[c] = silvester(order, index[c], x[c], &df[c]);
        v[a] = f0 * f[0] * f[1] * f[2];
        for (PetscInt c = 0; g && c < dim; c++) {
          g[a * dim + c] = (df[c] * f0 - slope * f[c]) * f[(c + 1) % 3] * f[(c + 2) % 3];
        }
      }
    }
  }
}

PetscErrorCode ElementRuleEvaluate(PetscInt dim, PetscInt order, PetscBool simplex, const PetscReal point[],
                                   PetscReal value[], PetscReal gradient[])
{
  PetscReal node[MAX_ORDER + 1];

  PetscFunctionBegin;
  PetscCheck(order >= 1 && order <= MAX_ORDER, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Elements of order %" PetscInt_FMT, order);
  if (simplex) {
    simplex_basis(dim, order, point, value, gradient);
  } else {
    PetscCall(ElementNodes(order, node));
    cube_basis(dim, order, node, point, value, gradient);
  }
  PetscFunctionReturn(0);
}

/* Gauss-Lobatto weights on [0, 1]. */
static PetscErrorCode lobatto_weights(PetscInt order, PetscReal weight[])
{
  PetscReal x[MAX_ORDER + 1], w[MAX_ORDER + 1];

  PetscFunctionBegin;
  weight[0] = weight[1] = 0.5;
  if (order == 1) PetscFunctionReturn(0);
  PetscCall(PetscDTGaussLobattoLegendreQuadrature(order + 1, PETSCGAUSSLOBATTOLEGENDRE_VIA_NEWTON, x, w));
  for (PetscInt a = 0; a <= order; a++) weight[a] = 0.25 * (w[a] + w[order - a]);
  PetscFunctionReturn(0);
}

static PetscErrorCode points_at_nodes(ElementRule *r)
{
  const PetscInt p = r->order, dim = r->dim;
  PetscReal node[MAX_ORDER + 1], weight[MAX_ORDER + 1], volume = 1;
  PetscInt a = 0;

  PetscFunctionBegin;
  PetscCall(ElementNodes(p, node));
  PetscCall(lobatto_weights(p, weight));
  for (PetscInt c = 2; r->simplex && c <= dim; c++) volume /= (PetscReal)c;
  for (PetscInt k = 0; k <= (dim > 2 ? p : 0); k++) {
    for (PetscInt j = 0; j <= (dim > 1 ? p : 0); j++) {
      for (PetscInt i = 0; i <= p; i++) {
        const PetscInt index[3] = {i, j, k};
        if (r->simplex && i + j + k > p) continue;
        r->weight[a] = r->simplex ? volume / (PetscReal)r->n : 1;
        for (PetscInt c = 0; c < dim; c++) {
          if (!r->simplex) r->weight[a] *= weight[index[c]];
          r->point[a * dim + c] = r->simplex ? (PetscReal)index[c] / (PetscReal)p : node[index[c]];
        }
        a++;
      }
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ElementRuleCreate(PetscInt dim, PetscInt order, PetscBool simplex, PetscBool at_nodes,
                                 ElementRule *r)
{
  PetscQuadrature quadrature = NULL;
  const PetscReal *points = NULL, *weights = NULL;
  PetscInt n = 1;

  PetscFunctionBegin;
  PetscCheck(simplex || at_nodes, PETSC_COMM_SELF, PETSC_ERR_SUP, "Cubes are integrated at their nodes");
  for (PetscInt c = 1; c <= dim; c++) n = simplex ? n * (order + c) / c : n * (order + 1);
  *r = (ElementRule){
      .dim = dim, .order = order, .n = n, .points = n, .simplex = simplex, .collocated = at_nodes};
  if (!at_nodes) {
    PetscCall(PetscDTSimplexQuadrature(dim, 2 * order, PETSCDTSIMPLEXQUAD_DEFAULT, &quadrature));
    PetscCall(PetscQuadratureGetData(quadrature, NULL, NULL, &r->points, &points, &weights));
  }
  PetscCall(PetscMalloc4(r->points * dim, &r->point, r->points, &r->weight, r->points * n, &r->value,
                         r->points * n * dim, &r->gradient));
  PetscCall(PetscMalloc2(r->points, &r->n_active, r->points * n, &r->active));
  if (at_nodes) PetscCall(points_at_nodes(r));
  /* PETSc's simplex has its corners at -1 and 1 */
  for (PetscInt q = 0; !at_nodes && q < r->points; q++) {
    r->weight[q] = PetscPowRealInt(0.5, (int)dim) * weights[q];
    for (PetscInt c = 0; c < dim; c++) r->point[q * dim + c] = 0.5 * (points[q * dim + c] + 1);
  }
  PetscCall(PetscQuadratureDestroy(&quadrature));
  for (PetscInt q = 0; q < r->points; q++) {
    PetscReal *g = r->gradient + q * n * dim;
    PetscCall(ElementRuleEvaluate(dim, order, simplex, r->point + q * dim, r->value + q * n, g));
    r->n_active[q] = 0;
    for (PetscInt a = 0; a < n; a++) {
      PetscBool zero = PETSC_TRUE;
      if (at_nodes) r->value[q * n + a] = a == q ? 1 : 0;
      for (PetscInt c = 0; c < dim; c++) {
        if (PetscAbsReal(g[a * dim + c]) < 1e-13) g[a * dim + c] = 0;
        if (g[a * dim + c] != 0) zero = PETSC_FALSE;
      }
      if (!zero || a == q) r->active[q * n + r->n_active[q]++] = a;
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ElementRuleDestroy(ElementRule *r)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(r->point, r->weight, r->value, r->gradient));
  PetscCall(PetscFree2(r->n_active, r->active));
  PetscFunctionReturn(0);
}

/* inverse of the row-major J; returns det J */
static PetscReal invert(PetscInt dim, const PetscReal J[], PetscReal inverse[])
{
  PetscReal det;

  if (dim == 1) {
    inverse[0] = 1 / J[0];
    return J[0];
  }
  if (dim == 2) {
    det = J[0] * J[3] - J[1] * J[2];
    inverse[0] = J[3] / det;
    inverse[1] = -J[1] / det;
    inverse[2] = -J[2] / det;
    inverse[3] = J[0] / det;
    return det;
  }
  for (PetscInt i = 0; i < 3; i++) {
    for (PetscInt j = 0; j < 3; j++) {
      const PetscInt a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, e = (i + 2) % 3;
      inverse[3 * i + j] = J[3 * a + c] * J[3 * b + e] - J[3 * a + e] * J[3 * b + c];
    }
  }
  det = J[0] * inverse[0] + J[1] * inverse[3] + J[2] * inverse[6];
  for (PetscInt i = 0; i < 9; i++) inverse[i] /= det;
  return det;
}

void ElementRuleMap(const ElementRule *r, const PetscReal corners[], PetscReal x[], PetscReal measure[],
                    PetscReal inverse[])
{
  const PetscInt dim = r->dim, n = r->simplex ? dim + 1 : (PetscInt)1 << dim;
  static const PetscReal ends[2] = {0, 1};

  for (PetscInt q = 0; q < r->points; q++) {
    PetscReal v[8], g[24], J[9] = {0}, at[3] = {0};
    if (r->simplex) {
      simplex_basis(dim, 1, r->point + q * dim, v, g);
    } else {
      cube_basis(dim, 1, ends, r->point + q * dim, v, g);
    }
    for (PetscInt a = 0; a < n; a++) {
      for (PetscInt i = 0; i < dim; i++) {
        at[i] += v[a] * corners[a * dim + i];
        for (PetscInt j = 0; j < dim; j++) J[i * dim + j] += corners[a * dim + i] * g[a * dim + j];
      }
    }
    for (PetscInt i = 0; x && i < dim; i++) x[q * dim + i] = at[i];
    measure[q] = r->weight[q] * PetscAbsReal(invert(dim, J, inverse + q * dim * dim));
  }
}
