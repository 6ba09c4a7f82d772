/*
  sum_i x_a(i) x_b(i + k) for k <= K by FFT, at a cost of N log K. The samples are taken in windows of B >= K, each padded with
  as many zeros: X_j has the length 2B. What lies in windows j and j + 1 together has the transform X_j(f) + (-1)^f X_{j+1}(f),
  so each window is transformed once, and lags up to B never wrap around.
*/
#include "green_kubo_private.h"
#include <string.h>

enum { SHORTEST_WINDOW = 1024 };

struct _p_Correlator {
  PetscInt dim, n, B;
  fftw_plan forward, backward;
  double *x;                             /* [2B] */
  fftw_complex *now, *next, *both, *sum; /* [dim][B + 1], .., [dim*dim][B + 1] */
  PetscInt64 *begin, *end;               /* work */
};

/* The least 2^a 3^b 5^c that is not less than n. */
static PetscInt round_up(PetscInt n)
{
  for (;; n++) {
    PetscInt rest = n;

    while (rest % 2 == 0) rest /= 2;
    while (rest % 3 == 0) rest /= 3;
    while (rest % 5 == 0) rest /= 5;
    if (rest == 1) return n;
  }
}

PetscErrorCode CorrelatorCreate(PetscInt dim, PetscInt n, Correlator *correlator)
{
  Correlator c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->dim = dim;
  c->n = n;
  c->B = round_up(PetscMax(n, SHORTEST_WINDOW));
  const size_t half = (size_t)c->B + 1, d = (size_t)dim;

  c->x = fftw_alloc_real(2 * (size_t)c->B);
  c->now = fftw_alloc_complex(d * half);
  c->next = fftw_alloc_complex(d * half);
  c->both = fftw_alloc_complex(half);
  c->sum = fftw_alloc_complex(d * d * half);
  PetscCheck(c->x && c->now && c->next && c->both && c->sum, PETSC_COMM_SELF, PETSC_ERR_MEM, "FFT of %d lags",
             (int)n);
  c->forward = fftw_plan_dft_r2c_1d(2 * (int)c->B, c->x, c->both, FFTW_ESTIMATE);
  c->backward = fftw_plan_dft_c2r_1d(2 * (int)c->B, c->both, c->x, FFTW_ESTIMATE);
  *correlator = c;
  PetscFunctionReturn(0);
}

PetscErrorCode CorrelatorDestroy(Correlator *correlator)
{
  Correlator c = *correlator;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  fftw_destroy_plan(c->forward);
  fftw_destroy_plan(c->backward);
  fftw_free(c->x);
  fftw_free(c->now);
  fftw_free(c->next);
  fftw_free(c->both);
  fftw_free(c->sum);
  PetscCall(PetscFree(*correlator));
  PetscFunctionReturn(0);
}

static void transform(Correlator c, GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt64 to,
                      const PetscReal mean[], fftw_complex X[])
{
  const PetscInt m = (PetscInt)PetscMin(c->B, to - from);

  for (PetscInt a = 0; a < c->dim; a++) {
    SamplesLoad(gk, column + a, from, m, c->x);
    for (PetscInt i = 0; i < m; i++) c->x[i] -= mean[a];
    memset(&c->x[m], 0, (size_t)(2 * c->B - m) * sizeof(*c->x));
    fftw_execute_dft_r2c(c->forward, c->x, c->both);
    memcpy(&X[a * (c->B + 1)], c->both, (size_t)(c->B + 1) * sizeof(*X));
  }
}

/* sum_ab += conj(now_a) (now_b + (-1)^f next_b). Real and imaginary parts by hand: C's product of complex numbers looks for
   infinities. */
static void add_products(Correlator c, PetscBool has_next)
{
  const PetscInt half = c->B + 1;

  for (PetscInt b = 0; b < c->dim; b++) {
    const double *const now = (const double *)&c->now[b * half], *const next =
                                                                     (const double *)&c->next[b * half];
    double *const both = (double *)c->both;

    memcpy(both, now, 2 * (size_t)half * sizeof(*both));
    for (PetscInt f = 0; f < half && has_next; f++) {
      const double sign = f % 2 ? -1 : 1;

      both[2 * f] += sign * next[2 * f];
      both[2 * f + 1] += sign * next[2 * f + 1];
    }
    for (PetscInt a = 0; a < c->dim; a++) {
      const double *const x = (const double *)&c->now[a * half];
      double *const sum = (double *)&c->sum[(a * c->dim + b) * half];

      for (PetscInt f = 0; f < half; f++) {
        sum[2 * f] += x[2 * f] * both[2 * f] + x[2 * f + 1] * both[2 * f + 1];
        sum[2 * f + 1] += x[2 * f] * both[2 * f + 1] - x[2 * f + 1] * both[2 * f];
      }
    }
  }
}

static void add_segment(Correlator c, GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt64 to,
                        const PetscReal mean[])
{
  transform(c, gk, column, from, to, mean, c->now);
  for (PetscInt64 at = from; at < to; at += c->B) {
    const PetscBool has_next = (PetscBool)(at + c->B < to);
    fftw_complex *const now = c->now;

    if (has_next) transform(c, gk, column, at + c->B, to, mean, c->next);
    add_products(c, has_next);
    c->now = c->next;
    c->next = now;
  }
}

/* How many pairs have each lag: pairs[k] += max(length - k, 0). */
static void count_pairs(PetscInt n, PetscInt64 length, PetscReal pairs[])
{
  for (PetscInt k = 0; k < n && k < length; k++) pairs[k] += (PetscReal)(length - k);
}

PetscErrorCode CorrelatorRun(Correlator c, GreenKubo gk, PetscInt column, PetscInt64 from, PetscInt64 to,
                             const PetscReal mean[], PetscReal C[])
{
  const PetscInt dd = c->dim * c->dim, half = c->B + 1;
  PetscReal *pairs;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(c->n, &pairs));
  memset(c->sum, 0, (size_t)(dd * half) * sizeof(*c->sum));
  for (PetscInt64 p = 0; p < gk->paths; p++) {
    const PetscInt64 low = PetscMax(from, gk->begins[p]),
                     high = PetscMin(to, p + 1 < gk->paths ? gk->begins[p + 1] : gk->n);

    if (low >= high) continue;
    add_segment(c, gk, column, low, high, mean);
    count_pairs(c->n, high - low, pairs);
  }
  for (PetscInt ab = 0; ab < dd; ab++) {
    memcpy(c->both, &c->sum[ab * half], (size_t)half * sizeof(*c->both));
    fftw_execute_dft_c2r(c->backward, c->both, c->x);
    for (PetscInt k = 0; k < c->n; k++)
      C[k * dd + ab] = pairs[k] > 0 ? c->x[k] / (2 * (PetscReal)c->B * pairs[k]) : NAN;
  }
  PetscCall(PetscFree(pairs));
  PetscFunctionReturn(0);
}
