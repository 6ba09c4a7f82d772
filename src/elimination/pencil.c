#include "modes_private.h"
#include <math.h>

/*
  Relative accuracy of graded eigenvalues (Demmel et al. 1999; Ye 2008): Sigma = L D L^T by elimination without
  subtraction, scaled mass C C^T; the eigenvalues are the squared singular values of C^-1 L D^1/2, a well conditioned
  matrix times a graded diagonal, which one-sided Jacobi finds each to its own relative accuracy.
*/
typedef struct {
  PetscInt m, n;
  PetscInt *index;               /* [n] of the m nodes, those that stay when the deepest is grounded */
  long double *weight, *killing; /* [n][n], [n] */
  long double *mass, *scale, *G; /* [n][n], [n], [n][n] by columns */
  long double *shift, total;     /* M 1 and 1.M 1: what has to be subtracted to be orthogonal to constants */
} Pencil;

static void ground_deepest(Pencil *p, PetscBool killed, const long double sigma[], const long double M[])
{
  const PetscInt m = p->m;
  PetscInt deepest = 0, n = 0;

  p->total = 0;
  for (PetscInt i = 0; i < m; i++) {
    if (M[i * (m + 1)] > M[deepest * (m + 1)]) deepest = i;
    p->shift[i] = 0;
    for (PetscInt j = 0; j < m; j++) p->shift[i] += M[i * m + j];
    p->total += p->shift[i];
  }
  for (PetscInt i = 0; i < m; i++) {
    if (killed || i != deepest) p->index[n++] = i;
  }
  p->n = n;
  for (PetscInt a = 0; a < n; a++) {
    const PetscInt i = p->index[a];
    p->killing[a] = sigma[i * (m + 1) + m] + (killed ? 0 : sigma[i * (m + 1) + deepest]);
    for (PetscInt b = 0; b < n; b++) {
      const PetscInt j = p->index[b];
      p->weight[a * n + b] = sigma[i * (m + 1) + j];
      p->mass[a * n + b] = M[i * m + j] - (killed ? 0 : p->shift[i] * p->shift[j] / p->total);
    }
  }
}

/* mass := its Cholesky factor after scaling to a unit diagonal. */
static PetscBool factor_mass(Pencil *p)
{
  const PetscInt n = p->n;
  for (PetscInt a = 0; a < n; a++) {
    if (!(p->mass[a * (n + 1)] > 0)) return PETSC_FALSE;
    p->scale[a] = 1 / sqrtl(p->mass[a * (n + 1)]);
  }
  for (PetscInt a = 0; a < n; a++) {
    for (PetscInt b = 0; b <= a; b++) {
      long double sum = a == b ? 1 : p->mass[a * n + b] * p->scale[a] * p->scale[b];
      for (PetscInt k = 0; k < b; k++) sum -= p->mass[a * n + k] * p->mass[b * n + k];
      if (a == b && !(sum > 0)) return PETSC_FALSE;
      p->mass[a * n + b] = a == b ? sqrtl(sum) : sum / p->mass[b * (n + 1)];
    }
  }
  return PETSC_TRUE;
}

/* G := L D^1/2 in scaled coordinates, the fastest node first. */
static void factor_sigma(Pencil *p, PetscBool gone[])
{
  const PetscInt n = p->n;
  for (PetscInt a = 0; a < n; a++) gone[a] = PETSC_FALSE;
  for (PetscInt k = 0; k < n; k++) {
    long double *column = p->G + k * n, best = -1, pivot = 0;
    PetscInt at = -1;
    for (PetscInt a = 0; a < n; a++) {
      long double s = p->killing[a];
      if (gone[a]) continue;
      for (PetscInt b = 0; b < n; b++) s += gone[b] || b == a ? 0 : p->weight[a * n + b];
      if (s * p->scale[a] * p->scale[a] <= best) continue;
      best = s * p->scale[a] * p->scale[a];
      pivot = s;
      at = a;
    }
    gone[at] = PETSC_TRUE;
    for (PetscInt a = 0; a < n; a++) column[a] = 0;
    if (!(pivot > 0)) continue;
    column[at] = sqrtl(best);
    for (PetscInt a = 0; a < n; a++) {
      const long double share = p->weight[a * n + at] / pivot;
      if (gone[a]) continue;
      column[a] = -p->weight[a * n + at] / sqrtl(pivot) * p->scale[a];
      p->killing[a] += share * p->killing[at];
      for (PetscInt b = 0; b < n; b++) {
        if (!gone[b] && b != a) p->weight[a * n + b] += share * p->weight[at * n + b];
      }
    }
  }
  for (PetscInt k = 0; k < n; k++) { /* C^-1 */
    long double *column = p->G + k * n;
    for (PetscInt a = 0; a < n; a++) {
      for (PetscInt b = 0; b < a; b++) column[a] -= p->mass[a * n + b] * column[b];
      column[a] /= p->mass[a * (n + 1)];
    }
  }
}

static long double dot(PetscInt n, const long double x[], const long double y[])
{
  long double sum = 0;
  for (PetscInt i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* Rotates the columns of G until they are orthogonal. */
static void one_sided_jacobi(PetscInt n, long double G[])
{
  PetscBool rotated = PETSC_TRUE;
  for (PetscInt sweep = 0; rotated && sweep < 60; sweep++) {
    rotated = PETSC_FALSE;
    for (PetscInt p = 0; p < n; p++) {
      for (PetscInt q = p + 1; q < n; q++) {
        long double *x = G + p * n, *y = G + q * n;
        const long double a = dot(n, x, x), b = dot(n, y, y), ab = dot(n, x, y);
        long double zeta, t, c;
        if (!(fabsl(ab) > 1e-19L * sqrtl(a) * sqrtl(b))) continue;
        rotated = PETSC_TRUE;
        zeta = (b - a) / (2 * ab);
        t = (zeta > 0 ? 1 : -1) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
        c = 1 / sqrtl(1 + t * t);
        for (PetscInt i = 0; i < n; i++) {
          const long double xi = x[i];
          x[i] = c * (xi - t * y[i]);
          y[i] = c * (y[i] + t * xi);
        }
      }
    }
  }
}

/* The k-th smallest singular value and its vector in the coordinates of the m nodes. */
static void extract(const Pencil *p, PetscBool killed, PetscInt column, long double *lambda, long double c[])
{
  const PetscInt n = p->n;
  const long double *u = p->G + column * n;
  long double mean = 0;

  *lambda = dot(n, u, u);
  for (PetscInt i = 0; i < p->m; i++) c[i] = 0;
  for (PetscInt a = n - 1; a >= 0; a--) { /* C^-T u */
    long double sum = *lambda > 0 ? u[a] / sqrtl(*lambda) : 0;
    for (PetscInt b = a + 1; b < n; b++) sum -= p->mass[b * n + a] * c[p->index[b]];
    c[p->index[a]] = sum / p->mass[a * (n + 1)];
  }
  for (PetscInt a = 0; a < n; a++) {
    c[p->index[a]] *= p->scale[a];
    mean += p->shift[p->index[a]] * c[p->index[a]] / p->total;
  }
  for (PetscInt i = 0; i < p->m && !killed; i++) c[i] -= mean;
}

PetscErrorCode PencilSolve(PetscInt m, PetscBool killed, const long double sigma[], const long double M[],
                           long double lambda[], long double c[], PetscBool *ok)
{
  Pencil p = {.m = m};
  PetscBool *gone;
  PetscReal *key;
  PetscInt *rank;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(m, &p.index, m * m, &p.weight, m, &p.killing, m * m, &p.mass, m, &p.scale));
  PetscCall(PetscMalloc5(m * m, &p.G, m, &p.shift, m, &gone, m, &key, m, &rank));
  ground_deepest(&p, killed, sigma, M);
  *ok = factor_mass(&p);
  if (*ok) {
    factor_sigma(&p, gone);
    one_sided_jacobi(p.n, p.G);
    for (PetscInt k = 0; k < p.n; k++) {
      const long double square = dot(p.n, p.G + k * p.n, p.G + k * p.n);
      key[k] = square > 0 ? (PetscReal)logl(square) : -1e300;
      rank[k] = k;
    }
    PetscCall(PetscSortRealWithPermutation(p.n, key, rank));
    for (PetscInt k = 0; k < p.n; k++) extract(&p, killed, rank[k], &lambda[k], c + k * m);
  }
  PetscCall(PetscFree5(p.index, p.weight, p.killing, p.mass, p.scale));
  PetscCall(PetscFree5(p.G, p.shift, gone, key, rank));
  PetscFunctionReturn(0);
}
