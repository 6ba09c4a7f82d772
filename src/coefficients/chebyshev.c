#include "chebyshev.h"
#include <petscmath.h>

PetscErrorCode ChebyshevTreeDestroy(ChebyshevTree *tree)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < tree->n; i++) {
    PetscCall(PetscFree(tree->boxes[i].coefficients));
    PetscCall(PetscFree(tree->boxes[i].length));
  }
  PetscCall(PetscFree(tree->boxes));
  tree->n = tree->capacity = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode ChebyshevTreeAdd(ChebyshevTree *tree, const ChebyshevBox *box, PetscInt *which)
{
  PetscFunctionBegin;
  if (tree->n == tree->capacity) {
    tree->capacity = 2 * tree->capacity + 16;
    PetscCall(PetscRealloc((size_t)tree->capacity * sizeof(*tree->boxes), &tree->boxes));
  }
  *which = tree->n;
  tree->boxes[tree->n] = *box;
  tree->boxes[tree->n].coefficients = NULL;
  tree->boxes[tree->n].length = NULL;
  tree->boxes[tree->n++].split = -1;
  PetscFunctionReturn(0);
}

/* cos(pi j/n), the same bits for the same angle at every order, exactly odd about the middle. */
static PetscReal node_cosine(PetscInt j, PetscInt n)
{
  const PetscInt m = j * (CHEBYSHEV_ORDER / n), off = CHEBYSHEV_ORDER / 2 - m;
  const PetscReal value = PetscSinReal(PETSC_PI * (PetscReal)PetscAbsInt(off) / CHEBYSHEV_ORDER);

  return off < 0 ? -value : value;
}

static PetscReal node_position(const ChebyshevBox *box, PetscInt c, PetscInt j)
{
  const PetscInt n = box->order[c];
  const PetscReal middle = 0.5 * (box->low[c] + box->high[c]), half = 0.5 * (box->high[c] - box->low[c]);

  if (n == 0) return middle;
  if (j == 0) return box->high[c];
  if (j == n) return box->low[c];
  return middle + half * node_cosine(j, n);
}

PetscInt ChebyshevNodes(const ChebyshevBox *box)
{
  return (box->order[0] + 1) * (box->order[1] + 1) * (box->order[2] + 1);
}

PetscErrorCode ChebyshevFindNodes(const ChebyshevBox *box, PointStore *store, PetscInt point[])
{
  PetscReal x[REITER_MAX_DIM];
  PetscInt node = 0;

  PetscFunctionBegin;
  for (PetscInt j2 = 0; j2 <= box->order[2]; j2++) {
    x[2] = node_position(box, 2, j2);
    for (PetscInt j1 = 0; j1 <= box->order[1]; j1++) {
      x[1] = node_position(box, 1, j1);
      for (PetscInt j0 = 0; j0 <= box->order[0]; j0++) {
        x[0] = node_position(box, 0, j0);
        PetscCall(PointStoreFind(store, x, &point[node++]));
      }
    }
  }
  PetscFunctionReturn(0);
}

PetscInt ChebyshevChecks(const ChebyshevBox *box)
{
  PetscInt n = 1;

  for (PetscInt c = 0; c < REITER_MAX_DIM; c++)
    if (box->order[c]) n *= 2;
  return n > 1 ? n : 0;
}

PetscErrorCode ChebyshevFindChecks(const ChebyshevBox *box, PointStore *store, PetscInt point[])
{
  /* Away from the nodes of every order, each at another place in each direction. */
  static const PetscReal places[CHEBYSHEV_CHECKS][REITER_MAX_DIM] = {
      {-0.29, 0.68, -0.44}, {0.68, -0.29, 0.87},  {0.10, 0.44, 0.29},  {-0.77, -0.63, -0.10},
      {0.47, 0.87, -0.68},  {-0.46, -0.88, 0.63}, {0.88, 0.11, -0.85}, {-0.08, -0.47, 0.46}};

  PetscFunctionBegin;
  for (PetscInt i = ChebyshevChecks(box) - 1; i >= 0; i--) {
    PetscReal x[REITER_MAX_DIM];

    for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
      const PetscReal middle = 0.5 * (box->low[c] + box->high[c]), half = 0.5 * (box->high[c] - box->low[c]);
      x[c] = box->order[c] ? middle + half * places[i][c] : middle;
    }
    PetscCall(PointStoreFind(store, x, &point[i]));
  }
  PetscFunctionReturn(0);
}

/* Along one direction, in place: a_k = (2 - [k = 0 or n])/n sum_j'' f_j cos(pi j k/n). */
static void transform_line(PetscInt n, PetscInt stride, PetscReal f[])
{
  PetscReal value[CHEBYSHEV_ORDER + 1];

  for (PetscInt j = 0; j <= n; j++) value[j] = f[j * stride] * (j % n ? 1 : 0.5);
  for (PetscInt k = 0; k <= n; k++) {
    PetscReal sum = 0;

    for (PetscInt j = 0; j <= n; j++) {
      const PetscInt turn = j * k % (2 * n); /* cos(pi turn/n) */
      sum += value[j] * node_cosine(turn <= n ? turn : 2 * n - turn, n);
    }
    f[k * stride] = sum * (k % n ? 2 : 1) / (PetscReal)n;
  }
}

PetscErrorCode ChebyshevTransform(const ChebyshevTree *tree, const ChebyshevBox *box, const PointStore *store,
                                  PetscReal coefficients[])
{
  const PetscInt nodes = ChebyshevNodes(box);
  PetscInt *point, stride = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(nodes, &point));
  PetscCall(ChebyshevFindNodes(box, (PointStore *)store, point)); /* they are all there */
  PetscCall(PetscArrayzero(coefficients, nodes * tree->stride));
  for (PetscInt i = 0; i < nodes; i++) {
    for (PetscInt k = 0; k < tree->components; k++)
      coefficients[i * tree->stride + k] = store->values[point[i] * CHEBYSHEV_COMPONENTS + k];
  }
  PetscCall(PetscFree(point));
  for (PetscInt c = 0; c < REITER_MAX_DIM; stride *= box->order[c] + 1, c++) {
    if (!box->order[c]) continue;
    for (PetscInt i = 0; i < nodes; i++) {
      if (i / stride % (box->order[c] + 1)) continue;
      for (PetscInt k = 0; k < tree->components; k++)
        transform_line(box->order[c], stride * tree->stride, coefficients + i * tree->stride + k);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode ChebyshevSettle(const ChebyshevTree *tree, ChebyshevBox *box, PetscReal coefficients[],
                               PetscReal negligible)
{
  const PetscInt rows = (box->order[1] + 1) * (box->order[2] + 1), per_row = box->order[0] + 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(rows, &box->length));
  for (PetscInt row = 0; row < rows; row++) {
    PetscReal dropped = 0;
    PetscInt length = per_row;

    while (length > 0) {
      PetscReal largest = 0;

      for (PetscInt k = 0; k < tree->components; k++)
        largest =
            PetscMax(largest, PetscAbsReal(coefficients[(row * per_row + length - 1) * tree->stride + k]));
      dropped += largest;
      if (!(dropped * (PetscReal)rows <= negligible)) break;
      length--;
    }
    box->length[row] = length;
  }
  box->coefficients = coefficients;
  PetscFunctionReturn(0);
}

/* T_0 .. T_n at t */
static void polynomials(PetscInt n, PetscReal t, PetscReal T[])
{
  T[0] = 1;
  T[1] = t;
  for (PetscInt k = 2; k <= n; k++) T[k] = 2 * t * T[k - 1] - T[k - 2];
}

/* The stride is a constant where this is inlined, so that its loops are unrolled. */
static inline void contract(const ChebyshevBox *box, const PetscReal T[][CHEBYSHEV_ORDER + 1],
                            const PetscInt stride, PetscReal sum[])
{
  const PetscInt n0 = box->order[0] + 1, n1 = box->order[1] + 1, n2 = box->order[2] + 1;

  for (PetscInt k = 0; k < stride; k++) sum[k] = 0;
  for (PetscInt k2 = 0; k2 < n2; k2++) {
    PetscReal plane[CHEBYSHEV_COMPONENTS] = {0};

    for (PetscInt k1 = 0; k1 < n1; k1++) {
      const PetscInt row = k2 * n1 + k1, length = box->length ? box->length[row] : n0;
      const PetscReal *a = box->coefficients + (size_t)row * (size_t)(n0 * stride);
      PetscReal line[CHEBYSHEV_COMPONENTS] = {0};

      for (PetscInt k0 = 0; k0 < length; k0++, a += stride)
        for (PetscInt k = 0; k < stride; k++) line[k] += T[0][k0] * a[k];
      for (PetscInt k = 0; k < stride; k++) plane[k] += T[1][k1] * line[k];
    }
    for (PetscInt k = 0; k < stride; k++) sum[k] += T[2][k2] * plane[k];
  }
}

void ChebyshevEvaluateBox(const ChebyshevTree *tree, const ChebyshevBox *box, const PetscReal x[],
                          PetscReal sum[])
{
  PetscReal T[REITER_MAX_DIM][CHEBYSHEV_ORDER + 1];

  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    T[c][0] = 1;
    if (box->order[c])
      polynomials(box->order[c], (2 * x[c] - box->low[c] - box->high[c]) / (box->high[c] - box->low[c]),
                  T[c]);
  }
  switch (tree->stride) {
  case 2:
    contract(box, (const PetscReal(*)[CHEBYSHEV_ORDER + 1]) T, 2, sum);
    break;
  case 4:
    contract(box, (const PetscReal(*)[CHEBYSHEV_ORDER + 1]) T, 4, sum);
    break;
  default:
    contract(box, (const PetscReal(*)[CHEBYSHEV_ORDER + 1]) T, CHEBYSHEV_COMPONENTS, sum);
  }
}

void ChebyshevEvaluate(const ChebyshevTree *tree, const PetscReal x[], PetscReal sum[])
{
  const ChebyshevBox *box = &tree->boxes[0];

  while (box->split >= 0) {
    const ChebyshevBox *lower = &tree->boxes[box->child[0]];
    box = x[box->split] < lower->high[box->split] ? lower : &tree->boxes[box->child[1]];
  }
  ChebyshevEvaluateBox(tree, box, x, sum);
}
