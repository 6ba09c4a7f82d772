/* Graphs for the tests of the elimination, and their spectra by other means. */
#pragma once
#include <reiter/elimination.h>
#include <math.h>

static inline void graph_allocate(PetscInt n, PetscInt64 entries, Graph *g)
{
  assert_int_equal(PetscCalloc1(n + 1, &g->offsets), 0);
  assert_int_equal(PetscMalloc1(entries, &g->neighbours), 0);
  assert_int_equal(PetscMalloc1(entries, &g->log_weight), 0);
  assert_int_equal(PetscCalloc1(n, &g->log_mass), 0);
  assert_int_equal(PetscMalloc1(n, &g->log_killing), 0);
  g->n = n;
  g->natural = NULL;
  for (PetscInt i = 0; i < n; i++) g->log_killing[i] = PETSC_NINFINITY;
}

static inline void graph_free(Graph *g)
{
  assert_int_equal(PetscFree(g->offsets), 0);
  assert_int_equal(PetscFree(g->neighbours), 0);
  assert_int_equal(PetscFree(g->log_weight), 0);
  assert_int_equal(PetscFree(g->log_mass), 0);
  assert_int_equal(PetscFree(g->log_killing), 0);
}

/* A graph from a dense symmetric table of log weights (-infinity: no edge). */
static inline void graph_dense(PetscInt n, const PetscReal log_weight[], Graph *g)
{
  PetscInt64 e = 0;
  graph_allocate(n, (PetscInt64)n * n, g);
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      if (i == j || log_weight[i * n + j] == PETSC_NINFINITY) continue;
      g->neighbours[e] = j;
      g->log_weight[e++] = log_weight[i * n + j];
    }
    g->offsets[i + 1] = e;
  }
}

/* A chain: log_weight[i] between i and i + 1. */
static inline void graph_chain(PetscInt n, const PetscReal log_weight[], const PetscReal log_mass[], Graph *g)
{
  PetscInt64 e = 0;
  graph_allocate(n, 2 * n, g);
  for (PetscInt i = 0; i < n; i++) {
    if (i > 0) {
      g->neighbours[e] = i - 1;
      g->log_weight[e++] = log_weight[i - 1];
    }
    if (i + 1 < n) {
      g->neighbours[e] = i + 1;
      g->log_weight[e++] = log_weight[i];
    }
    g->offsets[i + 1] = e;
    g->log_mass[i] = log_mass[i];
  }
}

/* Product of two chains: masses multiply, an edge has the mass of the other factor. */
static inline void graph_product(const Graph *a, const Graph *b, Graph *g)
{
  PetscInt64 e = 0;
  graph_allocate(a->n * b->n, 4 * (PetscInt64)a->n * b->n, g);
  for (PetscInt j = 0; j < b->n; j++) {
    for (PetscInt i = 0; i < a->n; i++) {
      const PetscInt k = j * a->n + i;
      for (PetscInt64 q = b->offsets[j]; q < b->offsets[j + 1]; q++) {
        if (b->neighbours[q] > j) continue;
        g->neighbours[e] = b->neighbours[q] * a->n + i;
        g->log_weight[e++] = a->log_mass[i] + b->log_weight[q];
      }
      for (PetscInt64 q = a->offsets[i]; q < a->offsets[i + 1]; q++) {
        g->neighbours[e] = j * a->n + a->neighbours[q];
        g->log_weight[e++] = b->log_mass[j] + a->log_weight[q];
      }
      for (PetscInt64 q = b->offsets[j]; q < b->offsets[j + 1]; q++) {
        if (b->neighbours[q] < j) continue;
        g->neighbours[e] = b->neighbours[q] * a->n + i;
        g->log_weight[e++] = a->log_mass[i] + b->log_weight[q];
      }
      g->offsets[k + 1] = e;
      g->log_mass[k] = a->log_mass[i] + b->log_mass[j];
    }
  }
}

/* log of the k-th nonzero eigenvalue (k = 0 the first) of a chain with killing at either end (-infinity: none). The
   factor of the chain, nodes and edges in turn, is a tridiagonal matrix without a diagonal: bisection with Sturm
   sequences finds each of its eigenvalues +- sqrt(lambda) with relative accuracy (Demmel, Kahan 1990). */
static inline PetscReal chain_eigenvalue(const Graph *g, PetscInt k)
{
  const PetscInt n = g->n;
  long double *square, low = -11000, high = 2000;
  PetscInt m = 0;

  assert_int_equal(PetscMalloc1(2 * n + 1, &square), 0);
  if (g->log_killing[0] > PETSC_NINFINITY)
    square[m++] = expl((long double)g->log_killing[0] - (long double)g->log_mass[0]);
  for (PetscInt i = 0; i + 1 < n; i++) {
    const long double weight = g->log_weight[g->offsets[i + 1] - 1];
    square[m++] = expl(weight - (long double)g->log_mass[i]);
    square[m++] = expl(weight - (long double)g->log_mass[i + 1]);
  }
  if (g->log_killing[n - 1] > PETSC_NINFINITY)
    square[m++] = expl((long double)g->log_killing[n - 1] - (long double)g->log_mass[n - 1]);
  for (PetscInt step = 0; step < 90; step++) {
    const long double middle = (low + high) / 2, shift = expl(middle / 2);
    long double d = -shift;
    PetscInt negative = 1;
    for (PetscInt i = 0; i < m; i++) {
      d = -shift - square[i] / d;
      negative += d < 0;
    }
    if (negative - m / 2 - 1 > k)
      high = middle;
    else
      low = middle;
  }
  assert_int_equal(PetscFree(square), 0);
  return (PetscReal)high;
}

/* Overdamped motion in V at temperature s on n nodes of [a, b]: masses at nodes, weights at mid-points. */
typedef PetscReal (*Landscape)(PetscReal x);
static inline void graph_landscape(Landscape V, PetscReal a, PetscReal b, PetscReal s, PetscInt n, Graph *g)
{
  const PetscReal h = (b - a) / (PetscReal)(n - 1);
  PetscReal *weight, *mass;

  assert_int_equal(PetscMalloc2(n, &weight, n, &mass), 0);
  for (PetscInt i = 0; i < n; i++) {
    mass[i] = -V(a + (PetscReal)i * h) / s + log(i == 0 || i == n - 1 ? h / 2 : h);
    weight[i] = -V(a + ((PetscReal)i + 0.5) * h) / s + log(s / h);
  }
  graph_chain(n, weight, mass, g);
  assert_int_equal(PetscFree2(weight, mass), 0);
}

/* The same in two dimensions on Selling's stencil (1,0), (0,1), (1,1). */
static inline void graph_plane(PetscReal (*V)(PetscReal, PetscReal), PetscReal s, PetscInt nx, PetscInt ny,
                               Graph *g)
{
  const PetscInt step[6][2] = {{-1, -1}, {0, -1}, {-1, 0}, {1, 0}, {0, 1}, {1, 1}};
  const PetscReal hx = 4.0 / (PetscReal)(nx - 1), hy = 3.0 / (PetscReal)(ny - 1);
  PetscInt64 e = 0;

  graph_allocate(nx * ny, 6 * (PetscInt64)nx * ny, g);
  for (PetscInt k = 0; k < nx * ny; k++) {
    const PetscInt i = k % nx, j = k / nx;
    const PetscReal x = -2 + hx * (PetscReal)i, y = -1.5 + hy * (PetscReal)j;
    g->log_mass[k] = -V(x, y) / s + log(hx * hy);
    for (PetscInt q = 0; q < 6; q++) {
      const PetscInt p = i + step[q][0], r = j + step[q][1];
      const PetscReal xm = x + hx * (PetscReal)step[q][0] / 2, ym = y + hy * (PetscReal)step[q][1] / 2;
      if (p < 0 || r < 0 || p >= nx || r >= ny) continue;
      g->neighbours[e] = r * nx + p;
      g->log_weight[e++] = -V(xm, ym) / s + log(s * (step[q][0] && step[q][1] ? 0.3 : 0.7));
    }
    g->offsets[k + 1] = e;
  }
}

/* Reproducible numbers in [0, 1). */
static inline PetscReal draw(PetscInt64 *state)
{
  *state = (*state * 1103515245 + 12345) & 0x7fffffff;
  return (PetscReal)*state / 2147483648.0;
}
