/*
  Elements of one order p: even functions are continuous, odd ones discontinuous of degree p - 1.

  In a cell, odd functions are the polynomials orthonormal in the weight, by Stieltjes' recurrence; even ones are
  bubbles t(1 - t) times polynomials, orthonormal too, and two functions with the value 1 at one end and 0 at the other that are
  orthogonal to all bubbles. The condition of their Gram matrix is bounded however steep the weight is, where that
  of a nodal basis grows as a power of the steepness.
*/
#include "space_line.h"
#include <math.h>

enum { MAX_ORDER = 12, GAUSS_MORE = 10 };

/* sqrt(b_{k+1}) P_{k+1} = (t - a_k) P_k - sqrt(b_k) P_{k-1}, P_0 = 1/sqrt(b_0). */
typedef struct {
  PetscReal a[MAX_ORDER], b[MAX_ORDER]; /* b: square roots */
} Recurrence;

typedef struct {
  Recurrence odd, bubble;
  PetscReal part[2][MAX_ORDER]; /* of 1 - t, t along the bubbles */
} Cell;

static PetscErrorCode prepare(Line *line)
{
  const PetscInt p = line->order, n = line->resolution;

  PetscFunctionBegin;
  PetscCheck(p >= 1 && p <= MAX_ORDER, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Elements of order %" PetscInt_FMT, p);
  PetscCheck(n >= (line->periodic ? 2 : 1), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " elements are too few", n);
  line->cells = n;
  line->pieces = 1;
  line->gauss = p + GAUSS_MORE;
  line->stride = p;
  line->size[0] = n * p + (line->periodic ? 0 : 1);
  line->size[1] = n * p;
  line->local[0] = p + 1;
  line->local[1] = p;
  line->faces = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* P_0, .., P_{n-1} and slopes at t */
static void recur(const Recurrence *r, PetscInt n, PetscReal t, PetscReal P[], PetscReal S[])
{
  for (PetscInt k = 0; k < n; k++) {
    P[k] = k ? ((t - r->a[k - 1]) * P[k - 1] - (k > 1 ? r->b[k - 1] * P[k - 2] : 0)) / r->b[k] : 1 / r->b[0];
    S[k] = k ? (P[k - 1] + (t - r->a[k - 1]) * S[k - 1] - (k > 1 ? r->b[k - 1] * S[k - 2] : 0)) / r->b[k] : 0;
  }
}

/* The recurrence for the measure mu at points t. */
static PetscErrorCode stieltjes(PetscInt points, const PetscReal t[], const PetscReal mu[], PetscInt n,
                                Recurrence *r)
{
  PetscReal *now, *before, sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(points, &now, points, &before));
  for (PetscInt j = 0; j < points; j++) sum += mu[j];
  for (PetscInt j = 0; j < points; j++) now[j] = 1;
  for (PetscInt k = 0; k < n; k++) {
    PetscReal mean = 0;
    r->b[k] = PetscSqrtReal(sum);
    sum = 0;
    for (PetscInt j = 0; j < points; j++) now[j] /= r->b[k];
    for (PetscInt j = 0; j < points; j++) mean += mu[j] * t[j] * now[j] * now[j];
    r->a[k] = mean;
    for (PetscInt j = 0; j < points; j++) {
      const PetscReal next = (t[j] - mean) * now[j] - (k ? r->b[k] * before[j] : 0);
      before[j] = now[j];
      now[j] = next;
      sum += mu[j] * next * next;
    }
  }
  PetscCall(PetscFree2(now, before));
  PetscFunctionReturn(0);
}

static PetscErrorCode adapt_cell(const Line *line, PetscInt c, Cell *cell)
{
  const PetscInt p = line->order, begin = line->first[c], n = line->first[c + 1] - begin;
  const PetscReal left = LineCellEnd(line, c), h = LineCellEnd(line, c + 1) - left;
  PetscReal *t, *mu, *inner, most = PETSC_NINFINITY, P[MAX_ORDER], S[MAX_ORDER];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, &t, n, &mu, n, &inner));
  for (PetscInt j = 0; j < n; j++) most = PetscMax(most, line->log_w[begin + j]);
  for (PetscInt j = 0; j < n; j++) {
    t[j] = (line->x[begin + j] - left) / h;
    mu[j] = line->weight[begin + j] * PetscExpReal(line->log_w[begin + j] - most);
    inner[j] = mu[j] * PetscSqr(t[j] * (1 - t[j]));
  }
  PetscCall(stieltjes(n, t, mu, p, &cell->odd));
  if (p > 1) PetscCall(stieltjes(n, t, inner, p - 1, &cell->bubble));
  for (PetscInt j = 0; j < n; j++) {
    const PetscReal bubble = mu[j] * t[j] * (1 - t[j]);
    recur(&cell->bubble, p - 1, t[j], P, S);
    for (PetscInt k = 0; k < p - 1; k++) {
      cell->part[0][k] += bubble * P[k] * (1 - t[j]);
      cell->part[1][k] += bubble * P[k] * t[j];
    }
  }
  PetscCall(PetscFree3(t, mu, inner));
  PetscFunctionReturn(0);
}

static PetscErrorCode adapt(Line *line, PetscBool *independent)
{
  const PetscInt p = line->order;
  Cell *cells;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(line->cells, &cells));
  line->data = cells;
  for (PetscInt c = 0; c < line->cells; c++) {
    PetscReal *const one = line->one + c * (p + 1);
    PetscCall(adapt_cell(line, c, &cells[c]));
    one[0] = one[p] = 1;
    for (PetscInt k = 0; k < p - 1; k++) one[k + 1] = cells[c].part[0][k] + cells[c].part[1][k];
  }
  *independent = PETSC_TRUE;
  PetscFunctionReturn(0);
}

static void evaluate(const Line *line, PetscInt c, PetscReal q, PetscInt parity, PetscReal value[],
                     PetscReal slope[])
{
  const Cell *const cell = (const Cell *)line->data + c;
  const PetscInt p = line->order, n = line->local[parity];
  const PetscReal left = LineCellEnd(line, c), h = LineCellEnd(line, c + 1) - left, t = (q - left) / h;
  PetscReal P[MAX_ORDER], S[MAX_ORDER];

  if (parity) {
    recur(&cell->odd, p, t, value, slope);
  } else {
    recur(&cell->bubble, p - 1, t, P, S);
    value[0] = 1 - t;
    value[p] = t;
    slope[0] = -1;
    slope[p] = 1;
    for (PetscInt k = 0; k < p - 1; k++) {
      value[k + 1] = t * (1 - t) * P[k];
      slope[k + 1] = (1 - 2 * t) * P[k] + t * (1 - t) * S[k];
      for (PetscInt side = 0; side < 2; side++) {
        value[side * p] -= cell->part[side][k] * value[k + 1];
        slope[side * p] -= cell->part[side][k] * slope[k + 1];
      }
    }
  }
  for (PetscInt a = 0; a < n; a++) slope[a] /= h;
}

static PetscErrorCode destroy(Line *line)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(line->data));
  PetscFunctionReturn(0);
}

const PositionsOps PositionsElements = {
    .name = "elements", .Prepare = prepare, .Adapt = adapt, .Evaluate = evaluate, .Destroy = destroy};
