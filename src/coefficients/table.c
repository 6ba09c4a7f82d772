/*
  A table of coefficients: log w and the matrix logarithm of D at the points of a tensor grid, between them the tensor
  product of cubic splines (order 4). At every node the mixed slopes are kept, so that a point needs its own box only.
*/
#include "table.h"
#include "spline.h"
#include "tensor.h"
#include <stdlib.h>

typedef struct {
  PetscInt dim, n[REITER_MAX_DIM], components; /* log w, then log D packed */
  PetscReal *axis[REITER_MAX_DIM];
  PetscReal *
      values; /* [node][slope][component]; node: component 0 of x fastest; slope: bit c differentiates in x_c */
} Table;

static PetscErrorCode table_destroy(void *data)
{
  Table *t = data;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < t->dim; c++) PetscCall(PetscFree(t->axis[c]));
  PetscCall(PetscFree(t->values));
  PetscCall(PetscFree(t));
  PetscFunctionReturn(0);
}

/* Components first .. last of the interpolant at x. */
static void interpolate(const Table *t, const PetscReal x[], PetscInt first, PetscInt last, PetscReal sum[])
{
  const PetscInt dim = t->dim, ends = 1 << dim;
  PetscReal weights[REITER_MAX_DIM][2][2];
  PetscInt node = 0, stride[REITER_MAX_DIM], step = 1;

  for (PetscInt c = 0; c < dim; c++) {
    node += step * SplineWeights(t->n[c], t->axis[c], x[c], weights[c]);
    stride[c] = step;
    step *= t->n[c];
  }
  for (PetscInt k = first; k < last; k++) sum[k] = 0;
  for (PetscInt end = 0; end < ends; end++) {
    PetscInt at = node;

    for (PetscInt c = 0; c < dim; c++) at += (end >> c & 1) * stride[c];
    for (PetscInt slope = 0; slope < ends; slope++) {
      const PetscReal *value = t->values + (size_t)(at * ends + slope) * (size_t)t->components;
      PetscReal weight = 1;

      for (PetscInt c = 0; c < dim; c++) weight *= weights[c][end >> c & 1][slope >> c & 1];
      for (PetscInt k = first; k < last; k++) sum[k] += weight * value[k];
    }
  }
}

static PetscErrorCode table_evaluate(void *data, CoefficientBlock *block)
{
  const Table *t = data;
  const PetscInt dim = t->dim, first = block->log_w ? 0 : 1, last = block->D[0] ? t->components : 1;
  PetscReal x[REITER_MAX_DIM], sum[1 + TENSOR_PACKED], tensor[9];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < block->n; i++) {
    for (PetscInt c = 0; c < dim; c++) {
      const PetscReal low = t->axis[c][0], high = t->axis[c][t->n[c] - 1], slack = 1e-9 * (high - low);

      x[c] = PetscMin(PetscMax(block->x[c][i], low), high);
      if (!(PetscAbsReal(block->x[c][i] - x[c]) <= slack) && block->outside < 0) block->outside = i;
      if (PetscIsNanReal(x[c])) x[c] = low;
    }
    interpolate(t, x, first, last, sum);
    if (block->log_w) block->log_w[i] = sum[0];
    if (!block->D[0]) continue;
    TensorExp(dim, &sum[1], tensor);
    for (PetscInt k = 0; k < dim * dim; k++) block->D[k][i] = tensor[k];
  }
  PetscFunctionReturn(0);
}

static const CoefficientsOps table_ops = {.source = "table",
                                          .positive = PETSC_TRUE,
                                          .weight = "",
                                          .where = "table",
                                          .Evaluate = table_evaluate,
                                          .Destroy = table_destroy};

static int compare_reals(const void *a, const void *b)
{
  const PetscReal p = *(const PetscReal *)a, q = *(const PetscReal *)b;

  return (p > q) - (p < q);
}

/* The sorted coordinates of the points, those that differ by the rounding of a printed table taken as one. */
static PetscErrorCode find_axis(PetscInt dim, PetscInt n, const PetscReal x[], PetscInt c, PetscInt *n_axis,
                                PetscReal **axis)
{
  PetscReal *sorted, slack;
  PetscInt m = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &sorted));
  for (PetscInt i = 0; i < n; i++) sorted[i] = x[i * dim + c];
  if (n) qsort(sorted, (size_t)n, sizeof(*sorted), compare_reals);
  /* In one dimension points may be as close as they like. */
  slack = dim > 1 && n > 0 ? 1e-9 * (sorted[n - 1] - sorted[0]) : 0;
  for (PetscInt i = 0; i < n; i++)
    if (m == 0 || sorted[i] > sorted[m - 1] + slack) sorted[m++] = sorted[i];
  *axis = sorted;
  *n_axis = m;
  PetscFunctionReturn(0);
}

/* The number of the grid's node at a point. */
static PetscInt find_node(const Table *t, const PetscReal x[])
{
  PetscInt node = 0, stride = 1;

  for (PetscInt c = 0; c < t->dim; c++) {
    PetscInt low = 0, high = t->n[c]; /* the last coordinate that is not beyond x[c] */

    while (high - low > 1) {
      const PetscInt middle = (low + high) / 2;
      if (x[c] < t->axis[c][middle])
        high = middle;
      else
        low = middle;
    }
    node += stride * low;
    stride *= t->n[c];
  }
  return node;
}

static void fault_grid(CoefficientFault *fault, PetscInt dim, const PetscReal x[], const char format[])
{
  char point[96];

  FormatPoint(dim, x, point, sizeof(point));
  fault->trouble = COEFFICIENT_OUTSIDE;
  for (PetscInt c = 0; c < dim; c++) fault->x[c] = x[c];
  snprintf(fault->message, sizeof(fault->message), format, point);
}

/* Which point is which node: place[node] = point. */
static PetscErrorCode arrange(Table *t, PetscInt n, const PetscReal x[], PetscInt place[],
                              CoefficientFault *fault, PetscInt *which)
{
  PetscReal nodes = 1, at[REITER_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < t->dim; c++) nodes *= (PetscReal)t->n[c];
  for (PetscInt i = 0; i < n; i++) place[i] = -1;
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt node = nodes <= (PetscReal)n ? find_node(t, x + i * t->dim) : 0;

    if (nodes > (PetscReal)n) break; /* some node is missing: found below */
    if (place[node] < 0) {
      place[node] = i;
      continue;
    }
    fault_grid(fault, t->dim, x + i * t->dim, "The point x = %s stands in the table twice.");
    *which = i;
    PetscFunctionReturn(0);
  }
  if (nodes <= (PetscReal)n) PetscFunctionReturn(0);
  /* The first node without a point. */
  char *seen;
  const size_t bytes = nodes < 1e8 ? (size_t)nodes : 1;
  PetscInt missing = 0;
  PetscCall(PetscCalloc1(bytes, &seen));
  for (PetscInt i = 0; i < n && bytes > 1; i++) seen[find_node(t, x + i * t->dim)] = 1;
  while (bytes > 1 && seen[missing]) missing++;
  PetscCall(PetscFree(seen));
  for (PetscInt c = 0, rest = missing; c < t->dim; rest /= t->n[c], c++) at[c] = t->axis[c][rest % t->n[c]];
  fault_grid(fault, t->dim, at,
             bytes > 1 ? "The points do not fill a tensor grid: x = %s is missing."
                       : "The points do not fill a tensor grid (its first corner would be x = %s).");
  PetscFunctionReturn(0);
}

/* Every mixed slope from the one without its highest direction. */
static PetscErrorCode fill_slopes(Table *t, PetscInt nodes)
{
  const PetscInt ends = 1 << t->dim, width = ends * t->components;
  PetscReal *work;
  PetscInt longest = 0, stride = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < t->dim; c++) longest = PetscMax(longest, t->n[c]);
  PetscCall(PetscMalloc1(3 * longest, &work));
  for (PetscInt c = 0; c < t->dim; stride *= t->n[c], c++) {
    for (PetscInt node = 0; node < nodes; node++) {
      if (node / stride % t->n[c]) continue; /* a line begins where its coordinate is the first */
      for (PetscInt k = 0; k < t->components << c; k++) {
        PetscReal *f = t->values + (size_t)node * (size_t)width + k;

        SplineSlopes(t->n[c], t->axis[c], stride * width, f, f + (t->components << c), work);
      }
    }
  }
  PetscCall(PetscFree(work));
  PetscFunctionReturn(0);
}

/* Values at the nodes; a fault if some are no coefficients. */
static CoefficientTrouble fill_values(Table *t, PetscInt n, const PetscReal x[], const PetscReal log_w[],
                                      const PetscReal D[], const PetscInt place[], CoefficientFault *fault,
                                      PetscInt *which)
{
  const PetscInt dim = t->dim;

  for (PetscInt i = 0; i < n; i++) { /* in the order of the user's table */
    CoefficientTrouble trouble = FaultWeight(dim, x + i * dim, log_w[i], "", fault);

    *which = i;
    if (!trouble) trouble = FaultTensor(dim, x + i * dim, D + i * dim * dim, PETSC_FALSE, fault);
    if (trouble) return trouble;
  }
  for (PetscInt node = 0; node < n; node++) {
    const PetscReal *given = D + place[node] * dim * dim;
    PetscReal *value = t->values + (size_t)node * (size_t)((1 << dim) * t->components), tensor[9];

    for (PetscInt r = 0; r < dim; r++)
      for (PetscInt s = 0; s < dim; s++)
        tensor[r * dim + s] = 0.5 * (given[r * dim + s] + given[s * dim + r]);
    *which = place[node];
    value[0] = log_w[place[node]];
    if (!TensorLog(dim, tensor, &value[1])) return FaultIndefinite(dim, x + *which * dim, tensor, fault);
  }
  *which = -1;
  return COEFFICIENT_GOOD;
}

static PetscErrorCode check_axes(const Table *t, PetscInt n, const PetscReal x[], CoefficientFault *fault)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < t->dim; c++) {
    if (t->n[c] > 1) continue;
    fault->trouble = COEFFICIENT_OUTSIDE;
    for (PetscInt k = 0; k < t->dim && n; k++) fault->x[k] = x[k];
    snprintf(fault->message, sizeof(fault->message),
             "A table needs at least two values of %c; this one has %" PetscInt_FMT ".", "xyz"[c], t -> n[c]);
    break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode TableCreate(PetscInt dim, PetscInt n, const PetscReal x[], const PetscReal log_w[],
                           const PetscReal D[], Coefficients *coefficients, CoefficientFault *fault,
                           PetscInt *which)
{
  Table *t;
  PetscInt *place;

  PetscFunctionBegin;
  *coefficients = NULL;
  *which = -1;
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscNew(&t));
  t->dim = dim;
  t->components = 1 + TensorEntries(dim);
  PetscCall(PetscMalloc1(n, &place));
  PetscCall(PetscMalloc1((size_t)n * (size_t)((1 << dim) * t->components), &t->values));
  for (PetscInt i = 0; i < n * dim && !fault->trouble; i++) {
    if (isfinite(x[i])) continue;
    *which = i / dim;
    fault_grid(fault, dim, x + *which * dim, "The point x = %s of the table is not finite.");
  }
  if (!fault->trouble) {
    for (PetscInt c = 0; c < dim; c++) PetscCall(find_axis(dim, n, x, c, &t->n[c], &t->axis[c]));
    PetscCall(check_axes(t, n, x, fault));
  }
  if (!fault->trouble) PetscCall(arrange(t, n, x, place, fault, which));
  if (!fault->trouble) fault->trouble = fill_values(t, n, x, log_w, D, place, fault, which);
  PetscCall(PetscFree(place));
  if (fault->trouble) {
    PetscCall(table_destroy(t));
    PetscFunctionReturn(0);
  }
  PetscCall(fill_slopes(t, n));
  PetscCall(CoefficientsCreate(dim, &table_ops, t, coefficients));
  PetscFunctionReturn(0);
}

PetscErrorCode CoefficientsCreateTable(PetscInt dim, PetscInt n, const PetscReal x[], const PetscReal log_w[],
                                       const PetscReal D[], Coefficients *coefficients,
                                       CoefficientFault *fault)
{
  PetscInt which;

  PetscFunctionBegin;
  PetscCall(TableCreate(dim, n, x, log_w, D, coefficients, fault, &which));
  PetscFunctionReturn(0);
}
