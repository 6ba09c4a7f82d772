#include "modes_private.h"
#include <petscblaslapack.h>
#include <math.h>

/*
  With F the eigenfunctions of the cluster (B-orthonormal, eigenvalues Lambda), P the B-orthogonal projection away from
  them and from the constants, the inverse of the chain on the range of P is
      T = P [ G + Y Lambda (I - F^T B Y Lambda)^-1 Y^T ] B P,   Y = G B F,
  in which the small eigenvalues only multiply: nothing large is left to cancel.
*/
enum { MAX_STEPS = 150, MAX_RUNS = 40 };

typedef struct {
  const Chain *chain;
  Elimination E;
  PetscInt n, n_slow;
  long double *F, *Y, *lambda, *overlap; /* [n_slow][n] twice, [n_slow], F^T B Y */
  PetscReal *root;                       /* [n] sqrt of the masses */
  PetscReal *basis;                      /* [MAX_STEPS + 1][n] sqrt(B) v, grown as needed */
  PetscInt capacity, n_locked;
  PetscReal *locked; /* [..][n] what has been found, and the constants and F: all sqrt(B) times function */
  long double *load, *x;
  PetscInt steps;
} Lanczos;

/* Pairwise enough to keep the digits of a million products. */
static PetscReal product(PetscInt n, const PetscReal x[], const PetscReal y[])
{
  long double total = 0;
  for (PetscInt start = 0; start < n; start += 256) {
    const PetscInt end = PetscMin(n, start + 256);
    PetscReal part[4] = {0, 0, 0, 0};
    PetscInt i = start;
    for (; i + 4 <= end; i += 4) {
      for (PetscInt r = 0; r < 4; r++) part[r] += x[i + r] * y[i + r];
    }
    for (; i < end; i++) part[0] += x[i] * y[i];
    total += (long double)(part[0] + part[1]) + (long double)(part[2] + part[3]);
  }
  return (PetscReal)total;
}

static void remove_from(PetscInt n, PetscInt count, const PetscReal basis[], PetscReal x[])
{
  for (PetscInt pass = 0; pass < 2; pass++) {
    for (PetscInt k = 0; k < count; k++) {
      const PetscReal *v = basis + (size_t)k * (size_t)n, share = product(n, v, x);
      for (PetscInt i = 0; i < n; i++) x[i] -= share * v[i];
    }
  }
}

static PetscReal normalise(PetscInt n, PetscReal x[])
{
  const PetscReal norm = PetscSqrtReal(product(n, x, x));
  for (PetscInt i = 0; i < n && norm > 0; i++) x[i] /= norm;
  return norm;
}

/* Small dense system, by elimination with pivoting. */
static void solve_dense(PetscInt n, long double A[], long double b[])
{
  for (PetscInt k = 0; k < n; k++) {
    PetscInt best = k;
    for (PetscInt i = k + 1; i < n; i++) best = fabsl(A[i * n + k]) > fabsl(A[best * n + k]) ? i : best;
    for (PetscInt j = 0; j < n; j++) {
      const long double t = A[k * n + j];
      A[k * n + j] = A[best * n + j];
      A[best * n + j] = t;
    }
    const long double t = b[k];
    b[k] = b[best];
    b[best] = t;
    for (PetscInt i = k + 1; i < n; i++) {
      const long double share = A[i * n + k] / A[k * n + k];
      for (PetscInt j = k; j < n; j++) A[i * n + j] -= share * A[k * n + j];
      b[i] -= share * b[k];
    }
  }
  for (PetscInt k = n - 1; k >= 0; k--) {
    for (PetscInt j = k + 1; j < n; j++) b[k] -= A[k * n + j] * b[j];
    b[k] /= A[k * n + k];
  }
}

/* x = T u without the last projection, as a function; u is sqrt(B) times one. */
static PetscErrorCode apply_inverse(Lanczos *l, const PetscReal u[])
{
  const PetscInt n = l->n, m = l->n_slow;
  long double *h, *A;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(m, &h, m * m, &A));
  for (PetscInt i = 0; i < n; i++) l->load[i] = (long double)l->root[i] * (long double)u[i];
  PetscCall(SolveSigned(l->E, l->load, l->x));
  for (PetscInt a = 0; a < m; a++) {
    h[a] = 0;
    for (PetscInt i = 0; i < n; i++) h[a] += l->Y[(size_t)a * (size_t)n + i] * l->load[i];
    for (PetscInt b = 0; b < m; b++) A[a * m + b] = (a == b ? 1 : 0) - l->overlap[a * m + b] * l->lambda[b];
  }
  solve_dense(m, A, h);
  for (PetscInt a = 0; a < m; a++) {
    for (PetscInt i = 0; i < n; i++) l->x[i] += l->Y[(size_t)a * (size_t)n + i] * l->lambda[a] * h[a];
  }
  PetscCall(PetscFree2(h, A));
  PetscFunctionReturn(0);
}

static PetscErrorCode lock(Lanczos *l, const PetscReal x[])
{
  const size_t n = (size_t)l->n;
  PetscReal *to;

  PetscFunctionBegin;
  PetscCall(PetscRealloc(sizeof(PetscReal) * n * (size_t)(l->n_locked + 1), &l->locked));
  to = l->locked + (size_t)l->n_locked * n;
  PetscCall(PetscArraycpy(to, x, l->n));
  remove_from(l->n, l->n_locked, l->locked, to);
  if (normalise(l->n, to) > 0) l->n_locked++;
  PetscFunctionReturn(0);
}

static PetscErrorCode lanczos_create(const Chain *chain, const Cluster *c, Lanczos *l)
{
  const PetscInt n = chain->n, m = c->n_slow;
  PetscReal *u;

  PetscFunctionBegin;
  *l = (Lanczos){.chain = chain, .E = c->E, .n = n, .n_slow = m};
  PetscCall(PetscMalloc5(n * m, &l->F, n * m, &l->Y, m, &l->lambda, m * m, &l->overlap, n, &l->root));
  PetscCall(PetscMalloc2(n, &l->load, n, &l->x));
  PetscCall(PetscMalloc1(n, &u));
  for (PetscInt i = 0; i < n; i++) l->root[i] = u[i] = (PetscReal)sqrtl(chain->mass[i]);
  if (!chain->killed) PetscCall(lock(l, u));
  for (PetscInt a = 0; a < m; a++) {
    long double *f = l->F + (size_t)a * (size_t)n, square = 0;
    l->lambda[a] = c->lambda[a];
    PetscCall(ClusterGetFunction(chain, c, a, f));
    for (PetscInt i = 0; i < n; i++) square += chain->mass[i] * f[i] * f[i];
    for (PetscInt i = 0; i < n; i++) {
      f[i] /= sqrtl(square);
      l->load[i] = chain->mass[i] * f[i];
      u[i] = (PetscReal)(sqrtl(chain->mass[i]) * f[i]);
    }
    PetscCall(SolveSigned(c->E, l->load, l->Y + (size_t)a * (size_t)n));
    PetscCall(lock(l, u));
  }
  for (PetscInt a = 0; a < m; a++) {
    for (PetscInt b = 0; b < m; b++) {
      l->overlap[a * m + b] = 0;
      for (PetscInt i = 0; i < n; i++)
        l->overlap[a * m + b] +=
            chain->mass[i] * l->F[(size_t)a * (size_t)n + i] * l->Y[(size_t)b * (size_t)n + i];
    }
  }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(0);
}

static PetscErrorCode lanczos_destroy(Lanczos *l)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(l->F, l->Y, l->lambda, l->overlap, l->root));
  PetscCall(PetscFree2(l->load, l->x));
  PetscCall(PetscFree(l->basis));
  PetscCall(PetscFree(l->locked));
  PetscFunctionReturn(0);
}

/* Eigenvalues of the tridiagonal matrix, descending, with vectors in the columns of z. */
static PetscErrorCode ritz_values(PetscInt k, const PetscReal alpha[], const PetscReal beta[], PetscReal mu[],
                                  PetscReal z[])
{
  PetscBLASInt n, info;
  PetscReal *diagonal, *off, *work, *vectors;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(k, &n));
  PetscCall(PetscMalloc4(k, &diagonal, k, &off, 2 * k, &work, k * k, &vectors));
  PetscCall(PetscArraycpy(diagonal, alpha, k));
  PetscCall(PetscArraycpy(off, beta, k));
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("I", &n, diagonal, off, vectors, &n, work, &info));
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK steqr failed: %d", (int)info);
  for (PetscInt i = 0; i < k; i++) {
    mu[i] = diagonal[k - 1 - i];
    PetscCall(PetscArraycpy(z + i * k, vectors + (k - 1 - i) * k, k));
  }
  PetscCall(PetscFree4(diagonal, off, work, vectors));
  PetscFunctionReturn(0);
}

/* White noise in sqrt(B) v: a mode of a shallow well is as visible as one of the deepest. */
static void start_vector(PetscInt n, PetscInt seed, PetscReal v[])
{
  PetscInt64 state = 88172645463325252LL + seed * 7919;
  for (PetscInt i = 0; i < n; i++) {
    PetscInt64 x = state;
    x ^= (PetscInt64)((unsigned long long)x << 13);
    x ^= (PetscInt64)((unsigned long long)x >> 7);
    x ^= (PetscInt64)((unsigned long long)x << 17);
    state = x;
    v[i] = (PetscReal)(x >> 11) / 4503599627370496.0;
  }
}

/* How many of the leading Ritz values have converged, in value and vector; a run that cannot beat `beat` stops. */
static PetscInt converged(PetscInt k, PetscInt want, PetscReal beta, const PetscReal mu[],
                          const PetscReal z[])
{
  PetscInt done = 0;
  while (done < PetscMin(want, k - 1)) {
    const PetscReal residual = PetscAbsReal(beta * z[done * k + k - 1]);
    if (residual > 1e-10 * mu[done]) break;
    done++;
  }
  return done;
}

typedef struct {
  PetscInt n;
  PetscReal *mu, *error, *vectors; /* vectors[n][..]: sqrt(B) times function */
} Found;

/* One run on what is not locked: up to want leading modes, or only those above beat. */
static PetscErrorCode run(Lanczos *l, PetscInt seed, PetscInt want, PetscReal beat, Found *found)
{
  const PetscInt n = l->n;
  PetscReal alpha[MAX_STEPS], beta[MAX_STEPS], mu[MAX_STEPS], *z, *v;
  PetscInt k = 0, done = 0;
  PetscBool beaten = PETSC_FALSE, exhausted = PETSC_FALSE;

  PetscFunctionBegin;
  found->n = 0;
  PetscCall(PetscMalloc1(MAX_STEPS * MAX_STEPS, &z));
  while (k < MAX_STEPS && done < want && !beaten && !exhausted) {
    if (k + 1 >= l->capacity) {
      l->capacity += 16;
      PetscCall(PetscRealloc(sizeof(PetscReal) * (size_t)n * (size_t)l->capacity, &l->basis));
    }
    v = l->basis + (size_t)k * (size_t)n;
    if (k == 0) {
      start_vector(n, seed, v);
      remove_from(n, l->n_locked, l->locked, v);
      if (!(normalise(n, v) > 1e-10)) break; /* nothing is left */
    }
    if (l->chain->interrupted && *l->chain->interrupted) break;
    PetscCall(apply_inverse(l, v));
    v += n;
    for (PetscInt i = 0; i < n; i++) v[i] = (PetscReal)(l->root[i] * l->x[i]);
    remove_from(n, l->n_locked, l->locked, v);
    alpha[k] = product(n, v, v - n);
    remove_from(n, k + 1, l->basis, v);
    beta[k] = normalise(n, v);
    k++;
    l->steps++;
    exhausted = (PetscBool)(beta[k - 1] <= 1e-14 * alpha[0] || k + l->n_locked >= n);
    if (k % 3 && k > 6 && !exhausted) continue;
    PetscCall(ritz_values(k, alpha, beta, mu, z));
    done = exhausted ? PetscMin(k, want) : converged(k, want, beta[k - 1], mu, z);
    beaten = (PetscBool)(k >= 6 && mu[0] + PetscAbsReal(beta[k - 1] * z[k - 1]) < beat);
  }
  if (!beaten && done > 0) {
    PetscCall(PetscMalloc3(done, &found->mu, done, &found->error, (size_t)done * (size_t)n, &found->vectors));
    found->n = done;
    for (PetscInt q = 0; q < done; q++) {
      PetscReal *f = found->vectors + (size_t)q * (size_t)n;
      const PetscReal residual = exhausted ? 0 : PetscAbsReal(beta[k - 1] * z[q * k + k - 1]) / mu[q];
      PetscCall(PetscArrayzero(f, n));
      for (PetscInt j = 0; j < k; j++) {
        for (PetscInt i = 0; i < n; i++) f[i] += z[q * k + j] * l->basis[(size_t)j * (size_t)n + i];
      }
      found->mu[q] = mu[q];
      found->error[q] = residual * PetscMin(1, 1e3 * residual) + PETSC_MACHINE_EPSILON * (4 + mu[0] / mu[q]);
    }
  }
  PetscCall(PetscFree(z));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscReal mu, error;
  PetscInt at; /* among the locked vectors */
} Mode;

static void insert_mode(Mode modes[], PetscInt *n, PetscInt limit, Mode mode)
{
  PetscInt k = PetscMin(*n, limit);
  if (*n < limit)
    (*n)++;
  else
    k = limit;
  for (; k > 0 && modes[k - 1].mu < mode.mu; k--) {
    if (k < limit) modes[k] = modes[k - 1];
  }
  if (k < limit) modes[k] = mode;
}

/* Takes the constants, the slow modes and the functions that were delivered before out of x. */
static void project_function(const Lanczos *l, PetscInt n_before, const long double before[], long double x[])
{
  const PetscInt n = l->n;
  const long double *mass = l->chain->mass;
  long double mean = 0;

  for (PetscInt i = 0; i < n && !l->chain->killed; i++) mean += mass[i] * x[i] / l->chain->total;
  for (PetscInt i = 0; i < n; i++) x[i] -= mean;
  for (PetscInt a = 0; a < l->n_slow + n_before; a++) {
    const long double *f =
        a < l->n_slow ? l->F + (size_t)a * (size_t)n : before + (size_t)(a - l->n_slow) * (size_t)n;
    long double share = 0;
    for (PetscInt i = 0; i < n; i++) share += mass[i] * f[i] * x[i];
    for (PetscInt i = 0; i < n; i++) x[i] -= share * f[i];
  }
}

/* v: the Ritz vector u without what rounding has left at nodes of little mass, where it may be a large function. */
static void start_inverse_iteration(const Lanczos *l, const PetscReal u[], PetscReal v[])
{
  PetscReal largest = 0, bound = 0;
  for (PetscInt i = 0; i < l->n; i++) largest = PetscMax(largest, PetscAbsReal(u[i]));
  for (PetscInt i = 0; i < l->n; i++) {
    if (PetscAbsReal(u[i]) > 1e-3 * largest) bound = PetscMax(bound, PetscAbsReal(u[i]) / l->root[i]);
  }
  for (PetscInt i = 0; i < l->n; i++) {
    const PetscReal limit = bound * l->root[i];
    v[i] = PetscAbsReal(u[i]) < 1e-8 * largest ? 0 : PetscMax(-limit, PetscMin(limit, u[i]));
  }
}

/* Eigenvalue, error and function of a mode. The Ritz vector is good in the norm of the masses only; inverse iteration
   brings its values where there is little mass. before[n_before + 1][n]: the functions so far, and room for this. */
static PetscErrorCode deliver(Lanczos *l, const Mode *mode, PetscInt n_before, long double before[],
                              long double *lambda, PetscReal *error, PetscReal *f)
{
  const PetscInt n = l->n, max_steps = 30;
  const long double *mass = l->chain->mass;
  const PetscReal *u = l->locked + (size_t)mode->at * (size_t)n;
  long double *last = before + (size_t)n_before * (size_t)n, quotient = 1 / (long double)mode->mu,
              previous = quotient, largest = 0;
  PetscReal *v;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &v));
  start_inverse_iteration(l, u, v);
  for (PetscInt i = 0; i < n; i++) last[i] = 0;
  for (PetscInt step = 0; step < max_steps; step++) {
    long double square = 0, change = 0, product_of_both = 0;
    PetscCall(apply_inverse(l, v));
    project_function(l, n_before, before, l->x);
    for (PetscInt i = 0; i < n; i++) square += mass[i] * l->x[i] * l->x[i];
    for (PetscInt i = 0; i < n; i++) product_of_both += (long double)l->root[i] * (long double)v[i] * l->x[i];
    previous = quotient;
    quotient = product_of_both / square; /* <f, b f_old> / <f, b f> (2.7) */
    largest = 0;
    for (PetscInt i = 0; i < n; i++) {
      l->x[i] /= sqrtl(square);
      change = fmaxl(change, fabsl(l->x[i] - last[i]));
      if (fabsl(l->x[i]) > fabsl(largest)) largest = l->x[i];
      last[i] = l->x[i];
      v[i] = (PetscReal)(l->root[i] * l->x[i]);
    }
    l->steps++;
    if (change < 1e-10L * fabsl(largest)) break;
  }
  *lambda = quotient;
  *error = mode->error + (PetscReal)fabsl(quotient / previous - 1);
  for (PetscInt i = 0; i < n && f; i++) f[i] = (PetscReal)(last[i] / largest);
  PetscCall(PetscFree(v));
  PetscFunctionReturn(0);
}

PetscErrorCode FastModes(const Chain *chain, const Cluster *cluster, PetscInt count, PetscInt *n_found,
                         long double lambda[], PetscReal error[], PetscReal *f, PetscInt *iterations)
{
  Lanczos l;
  Mode *modes;
  long double *functions;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(lanczos_create(chain, cluster, &l));
  PetscCall(PetscMalloc1(count + 1, &modes));
  /* A single start vector sees one of several equal eigenvalues: more runs, until one finds nothing larger. */
  for (PetscInt seed = 0; seed < MAX_RUNS; seed++) {
    const PetscReal beat = n == count ? modes[n - 1].mu * (1 + 1e-7) : 0;
    Found found = {0};
    PetscBool news = PETSC_FALSE;
    PetscCall(run(&l, seed, n == count ? 1 : count - n, beat, &found));
    for (PetscInt q = 0; q < found.n; q++) {
      const Mode mode = {found.mu[q], found.error[q], l.n_locked};
      news = (PetscBool)(news || n < count || mode.mu > modes[n - 1].mu * (1 + 1e-12));
      PetscCall(lock(&l, found.vectors + (size_t)q * (size_t)l.n));
      insert_mode(modes, &n, count, mode);
    }
    if (found.n) PetscCall(PetscFree3(found.mu, found.error, found.vectors));
    if (!news) break;
  }
  PetscCall(PetscMalloc((size_t)PetscMax(n, 1) * (size_t)l.n * sizeof(long double), &functions));
  for (PetscInt k = 0; k < n; k++)
    PetscCall(
        deliver(&l, &modes[k], k, functions, &lambda[k], &error[k], f ? f + (size_t)k * (size_t)l.n : NULL));
  PetscCall(PetscFree(functions));
  *n_found = chain->interrupted && *chain->interrupted ? 0 : n;
  *iterations += l.steps;
  PetscCall(PetscFree(modes));
  PetscCall(lanczos_destroy(&l));
  PetscFunctionReturn(0);
}
