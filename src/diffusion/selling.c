#include <reiter/diffusion.h>

/* The superbase b_0 + .. + b_d = 0 shrinks in the norm of D at every exchange, by a factor in the end: the number of
   exchanges grows with the logarithm of the anisotropy. */
#define MAX_EXCHANGES 100000

typedef PetscInt Superbase[REITER_MAX_DIM + 1][REITER_MAX_DIM];

static PetscReal product(PetscInt dim, const PetscReal D[], const PetscInt a[], const PetscInt b[])
{
  PetscReal sum = 0;

  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) sum += (PetscReal)a[i] * D[i * dim + j] * (PetscReal)b[j];
  }
  return sum;
}

/* b_i -> -b_i, the partner j stays, and b_i goes to the others (one of them in 2-d, as 2 b_i would be too much) */
static void exchange(PetscInt dim, Superbase b, PetscInt i, PetscInt j)
{
  PetscInt old[REITER_MAX_DIM];

  for (PetscInt c = 0; c < dim; c++) old[c] = b[i][c];
  for (PetscInt k = 0; k <= dim; k++) {
    for (PetscInt c = 0; c < dim; c++) {
      if (k == i) b[k][c] = -old[c];
      if (k != i && k != j) b[k][c] = dim == 2 ? old[c] - b[j][c] : b[k][c] + old[c];
    }
  }
}

/* Until no two vectors make an acute angle: the largest product first, as long as it is more than rounding. */
static PetscErrorCode reduce(PetscInt dim, const PetscReal D[], Superbase b)
{
  PetscFunctionBegin;
  for (PetscInt count = 0;; count++) {
    PetscReal most = 0;
    PetscInt at[2] = {0, 0};
    for (PetscInt i = 0; i <= dim; i++) {
      for (PetscInt j = i + 1; j <= dim; j++) {
        const PetscReal p = product(dim, D, b[i], b[j]);
        const PetscReal size =
            PetscSqrtReal(product(dim, D, b[i], b[i])) * PetscSqrtReal(product(dim, D, b[j], b[j]));
        if (p > most && p > 8 * PETSC_MACHINE_EPSILON * size) {
          most = p;
          at[0] = i;
          at[1] = j;
        }
      }
    }
    if (most <= 0) break;
    PetscCheck(count < MAX_EXCHANGES, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
               "Selling's reduction does not end: the tensor is not positive definite");
    exchange(dim, b, at[0], at[1]);
  }
  PetscFunctionReturn(0);
}

static void dual_offset(PetscInt dim, const Superbase b, PetscInt i, PetscInt j, PetscInt e[])
{
  PetscInt others[2] = {0}, n = 0;

  for (PetscInt k = 0; k <= dim; k++) {
    if (k != i && k != j) others[n++] = k;
  }
  if (dim == 2) {
    e[0] = -b[others[0]][1];
    e[1] = b[others[0]][0];
    return;
  }
  for (PetscInt c = 0; c < 3; c++) {
    const PetscInt c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    e[c] = b[others[0]][c1] * b[others[1]][c2] - b[others[0]][c2] * b[others[1]][c1];
  }
}

/* Long offsets lose digits in <b_i, D b_j>. The decomposition is linear in D, so what the sum misses can be decomposed
   by the same superbase and added; after that the sum is right to the rounding of D's entries. */
static void refine(PetscInt dim, const PetscReal D[], PetscInt n, PetscReal lambda[],
                   PetscInt offset[][REITER_MAX_DIM], const Superbase b, const PetscInt pair[][2])
{
  PetscReal rest[9];

  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = D[i * dim + j];
      for (PetscInt k = 0; k < n; k++) sum -= lambda[k] * (PetscReal)(offset[k][i] * offset[k][j]);
      rest[i * dim + j] = sum;
    }
  }
  for (PetscInt k = 0; k < n; k++) {
    lambda[k] = PetscMax(0, lambda[k] - product(dim, rest, b[pair[k][0]], b[pair[k][1]]));
  }
}

PetscErrorCode SellingDecompose(PetscInt dim, const PetscReal D[], PetscInt *n, PetscReal lambda[6],
                                PetscInt offset[6][REITER_MAX_DIM])
{
  Superbase b = {{0}};
  PetscInt pair[6][2];

  PetscFunctionBegin;
  *n = 0;
  for (PetscInt c = 0; c < dim; c++) {
    b[c][c] = 1;
    b[dim][c] = -1;
  }
  if (dim == 1) {
    *n = 1;
    lambda[0] = D[0];
    offset[0][0] = 1;
    offset[0][1] = offset[0][2] = 0;
    PetscFunctionReturn(0);
  }
  PetscCall(reduce(dim, D, b));
  for (PetscInt i = 0; i <= dim; i++) {
    for (PetscInt j = i + 1; j <= dim; j++) {
      const PetscReal l = -product(dim, D, b[i], b[j]);
      if (!(l > 0)) continue;
      lambda[*n] = l;
      for (PetscInt c = 0; c < REITER_MAX_DIM; c++) offset[*n][c] = 0;
      dual_offset(dim, b, i, j, offset[*n]);
      pair[*n][0] = i;
      pair[(*n)++][1] = j;
    }
  }
  refine(dim, D, *n, lambda, offset, b, pair);
  PetscFunctionReturn(0);
}
