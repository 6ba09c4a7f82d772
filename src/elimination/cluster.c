#include "modes_private.h"
#include <math.h>

enum { MAX_ORDER = 14 };
static const long double claim = 0.2L; /* of 1/time: 0.2^(2 MAX_ORDER + 1) is below rounding */

PetscErrorCode SolveSigned(Elimination E, const long double load[], long double x[])
{
  const PetscInt n = E->n_graph;
  long double *negative;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &negative));
  for (PetscInt i = 0; i < n; i++) {
    negative[i] = load[i] < 0 ? -load[i] : 0;
    x[i] = load[i] > 0 ? load[i] : 0;
  }
  PetscCall(EliminationApply(E, x, x));
  PetscCall(EliminationApply(E, negative, negative));
  for (PetscInt i = 0; i < n; i++) x[i] -= negative[i];
  PetscCall(PetscFree(negative));
  PetscFunctionReturn(0);
}

/* Q_j, and the current from the other bottoms (and to the outside) into it. */
static PetscErrorCode reach_bottoms(const Chain *chain, Cluster *c)
{
  const Graph *g = chain->g;
  const PetscInt n = chain->n, m = c->m;
  long double *outside;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(n, &outside));
  PetscCall(PetscArrayzero(c->sigma, m * (m + 1)));
  for (PetscInt j = 0; j <= m; j++) {
    long double *q = j < m ? c->powers + (size_t)j * n : outside;
    if (j < m) {
      const PetscInt b = c->bottoms[j];
      PetscCall(PetscArrayzero(q, n));
      for (PetscInt64 e = g->offsets[b]; e < g->offsets[b + 1]; e++)
        q[g->neighbours[e]] += GraphRelative(g->log_weight[e], c->E->log_unit);
      for (PetscInt i = 0; i < m; i++) c->sigma[i * (m + 1) + j] = i == j ? 0 : q[c->bottoms[i]];
    } else {
      if (!chain->killed) continue;
      for (PetscInt i = 0; i < n; i++) q[i] = GraphRelative(g->log_killing[i], c->E->log_unit);
      for (PetscInt i = 0; i < m; i++) c->sigma[i * (m + 1) + j] = q[c->bottoms[i]];
    }
    PetscCall(EliminationApply(c->E, q, q));
    for (PetscInt i = 0; i < m; i++) {
      const PetscInt b = c->bottoms[i];
      for (PetscInt64 e = g->offsets[b]; e < g->offsets[b + 1] && i != j; e++)
        c->sigma[i * (m + 1) + j] += GraphRelative(g->log_weight[e], c->E->log_unit) * q[g->neighbours[e]];
    }
    if (j < m) q[c->bottoms[j]] = 1;
  }
  PetscCall(PetscFree(outside));
  PetscFunctionReturn(0);
}

static void note_asymmetry(Cluster *c, long double a, long double b)
{
  if (a + b > 0) c->asymmetry = fmaxl(c->asymmetry, fabsl(a - b) / (a + b));
}

/* The weakest link of the strongest tree between the bottoms (and the outside), relative to their degrees: whether
   a double still held it. */
static PetscErrorCode weakest_link(const Chain *chain, const Cluster *c, PetscReal *log_link)
{
  const PetscInt m = c->m;
  long double *reach, *degree;
  PetscBool *in;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(m, &reach, m, &degree, m, &in));
  for (PetscInt i = 0; i < m; i++) {
    const PetscInt b = c->bottoms[i];
    degree[i] = GraphRelative(chain->g->log_killing[b], c->E->log_unit);
    for (PetscInt64 e = chain->g->offsets[b]; e < chain->g->offsets[b + 1]; e++)
      degree[i] += GraphRelative(chain->g->log_weight[e], c->E->log_unit);
    in[i] = (PetscBool)(!chain->killed && i == 0);
  }
  for (PetscInt i = 0; i < m; i++) {
    const long double to = chain->killed ? c->sigma[i * (m + 1) + m] / degree[i]
                                         : c->sigma[i * (m + 1)] / sqrtl(degree[i]) / sqrtl(degree[0]);
    reach[i] = to;
  }
  *log_link = 0;
  for (PetscInt step = chain->killed ? 0 : 1; step < m; step++) {
    PetscInt best = -1;
    for (PetscInt i = 0; i < m; i++) {
      if (!in[i] && (best < 0 || reach[i] > reach[best])) best = i;
    }
    in[best] = PETSC_TRUE;
    *log_link = PetscMin(*log_link, reach[best] > 0 ? (PetscReal)logl(reach[best]) : PETSC_NINFINITY);
    for (PetscInt i = 0; i < m; i++)
      reach[i] = fmaxl(reach[i], c->sigma[i * (m + 1) + best] / sqrtl(degree[i]) / sqrtl(degree[best]));
  }
  PetscCall(PetscFree3(reach, degree, in));
  PetscFunctionReturn(0);
}

/* time = max of G B 1. */
static PetscErrorCode longest_time(const Chain *chain, Cluster *c)
{
  long double *tau;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(chain->n, &tau));
  PetscCall(EliminationApply(c->E, chain->mass, tau));
  c->time = 0;
  c->slowest = 0;
  for (PetscInt i = 0; i < chain->n; i++) {
    if (tau[i] <= c->time) continue;
    c->time = tau[i];
    c->slowest = i;
  }
  PetscCall(PetscFree(tau));
  PetscFunctionReturn(0);
}

static long double mass_product(const Chain *chain, const long double x[], const long double y[])
{
  long double sum = 0;
  for (PetscInt i = 0; i < chain->n; i++) sum += chain->mass[i] * x[i] * y[i];
  return sum;
}

/* moments[a + b] = powers[a]^T B powers[b]. */
static void add_moment(const Chain *chain, Cluster *c, PetscInt a, PetscInt b)
{
  const PetscInt m = c->m;
  const size_t n = (size_t)chain->n;
  long double *M = c->moments + (a + b) * m * m;

  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = 0; j < m; j++) {
      if (a == b && j < i)
        M[i * m + j] = M[j * m + i];
      else
        M[i * m + j] =
            mass_product(chain, c->powers + (size_t)(a * m + i) * n, c->powers + (size_t)(b * m + j) * n);
    }
  }
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = 0; j < i; j++) {
      note_asymmetry(c, M[i * m + j], M[j * m + i]);
      M[i * m + j] = M[j * m + i] = (M[i * m + j] + M[j * m + i]) / 2;
    }
  }
}

static PetscErrorCode raise_order(const Chain *chain, Cluster *c)
{
  const size_t n = (size_t)chain->n, m = (size_t)c->m;

  PetscFunctionBegin;
  PetscCall(PetscRealloc(sizeof(long double) * n * m * (size_t)(c->order + 2), &c->powers));
  for (size_t j = 0; j < m; j++) {
    const long double *from = c->powers + ((size_t)c->order * m + j) * n;
    long double *to = c->powers + ((size_t)(c->order + 1) * m + j) * n;
    for (size_t i = 0; i < n; i++) to[i] = chain->mass[i] * (from[i] / c->time);
    PetscCall(EliminationApply(c->E, to, to));
  }
  add_moment(chain, c, c->order, c->order + 1);
  add_moment(chain, c, c->order + 1, c->order + 1);
  c->order++;
  PetscFunctionReturn(0);
}

static void mass_at(const Cluster *c, long double lambda, long double M[])
{
  const PetscInt size = c->m * c->m;
  for (PetscInt q = 0; q < size; q++) {
    M[q] = 0;
    for (PetscInt k = 2 * c->order; k >= 0; k--) M[q] = M[q] * (lambda * c->time) + c->moments[k * size + q];
  }
}

/* lambda = lambda_k(Sigma, M(lambda)) for those that are well below 1/time. */
static PetscErrorCode solve_small(const Chain *chain, Cluster *c)
{
  const PetscInt m = c->m;
  long double *M, *lambda, *vectors;
  PetscBool ok;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(m * m, &M, m, &lambda, m * m, &vectors));
  c->n_claimed = 0;
  mass_at(c, 0, M);
  PetscCall(PencilSolve(m, chain->killed, c->sigma, M, c->lambda, c->c, &ok));
  c->failed = (PetscBool)!ok;
  for (PetscInt k = 0; ok && k < c->n_slow; k++) {
    long double value = c->lambda[k];
    PetscInt step;
    for (step = 0; step < 100 && value * c->time < claim; step++) {
      long double change;
      mass_at(c, value, M);
      PetscCall(PencilSolve(m, chain->killed, c->sigma, M, lambda, vectors, &ok));
      if (!ok) break;
      change = fabsl(lambda[k] - value);
      value = lambda[k];
      if (change <= 4e-19L * value) break;
    }
    if (!ok || step == 100 || !(value * c->time < claim)) break;
    c->lambda[k] = value;
    PetscCall(PetscArraycpy(c->c + k * m, vectors + k * m, m));
    c->n_claimed = k + 1;
  }
  PetscCall(PetscFree3(M, lambda, vectors));
  PetscFunctionReturn(0);
}

static PetscErrorCode compute_small(const Chain *chain, Cluster *c)
{
  PetscFunctionBegin;
  c->order = 0;
  add_moment(chain, c, 0, 0);
  do {
    long double ratio;
    PetscCall(raise_order(chain, c));
    PetscCall(solve_small(chain, c));
    if (c->failed || (chain->interrupted && *chain->interrupted)) break;
    ratio = c->n_claimed ? c->lambda[c->n_claimed - 1] * c->time : 0;
    if (powl(ratio, 2 * c->order + 1) < 1e-19L && powl(ratio, c->order + 1) < 1e-12L) break;
  } while (c->order < MAX_ORDER);
  PetscFunctionReturn(0);
}

PetscErrorCode ClusterCreate(const Chain *chain, PetscInt m, const PetscInt bottoms[], const Elimination like,
                             Cluster *c)
{
  const PetscReal reach = -550;
  Precision precision = chain->precision;
  Elimination first = NULL; /* in double, when that did not do */

  PetscFunctionBegin;
  PetscCall(PetscMemzero(c, sizeof(*c)));
  c->m = m;
  c->bottoms = bottoms;
  c->n_slow = m - (chain->killed ? 0 : 1);
  PetscCall(PetscMalloc4((2 * MAX_ORDER + 1) * m * m, &c->moments, m * (m + 1), &c->sigma, m, &c->lambda,
                         m * m, &c->c));
  PetscCall(PetscMalloc((size_t)m * (size_t)chain->n * sizeof(long double), &c->powers));
  for (;;) {
    PetscReal link = 0;
    PetscCall(EliminationCreateLike(chain->g, m, bottoms, precision, first ? first : like, &c->E));
    if (c->n_slow > 0) {
      PetscCall(reach_bottoms(chain, c));
      PetscCall(weakest_link(chain, c, &link));
    }
    c->failed = (PetscBool)(c->E->lost > 0 || link < (c->E->precision == PRECISION_DOUBLE ? -700 : -11000));
    if (precision != PRECISION_AUTO || c->E->precision == PRECISION_LONG_DOUBLE || link > reach) break;
    precision = PRECISION_LONG_DOUBLE;
    first = c->E;
  }
  PetscCall(EliminationDestroy(&first));
  for (PetscInt i = 0; i < chain->n; i++)
    c->failed = (PetscBool)(c->failed || c->E->plan.position[i] == POSITION_UNREACHABLE);
  PetscCall(longest_time(chain, c));
  if (c->failed || c->n_slow == 0 || (chain->interrupted && *chain->interrupted)) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = 0; j < i; j++) {
      long double *a = &c->sigma[i * (m + 1) + j], *b = &c->sigma[j * (m + 1) + i];
      note_asymmetry(c, *a, *b);
      *a = *b = (*a + *b) / 2;
    }
  }
  PetscCall(compute_small(chain, c));
  PetscFunctionReturn(0);
}

PetscErrorCode ClusterDestroy(Cluster *c)
{
  PetscFunctionBegin;
  PetscCall(EliminationDestroy(&c->E));
  PetscCall(PetscFree4(c->moments, c->sigma, c->lambda, c->c));
  PetscCall(PetscFree(c->powers));
  PetscFunctionReturn(0);
}

PetscErrorCode ClusterGetFunction(const Chain *chain, const Cluster *c, PetscInt k, long double f[])
{
  const size_t n = (size_t)chain->n;
  long double factor = 1;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(f, chain->n));
  for (PetscInt power = 0; power <= c->order; power++, factor *= c->lambda[k] * c->time) {
    for (PetscInt j = 0; j < c->m; j++) {
      const long double *y = c->powers + (size_t)(power * c->m + j) * n, share = factor * c->c[k * c->m + j];
      for (size_t i = 0; i < n; i++) f[i] += share * y[i];
    }
  }
  PetscFunctionReturn(0);
}
