#include <reiter/cell.h>
#include <float.h>
#include <petscblaslapack.h>

PetscErrorCode CellSamplesCreate(const CellProblem *problem, const PetscInt n[],
                                 const PetscReal *const axis[], PetscBool derivatives, CellSamples *samples)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(samples, sizeof(*samples)));
  samples->dim = problem->dim;
  samples->total = 1;
  for (PetscInt c = 0; c < problem->dim; c++) {
    samples->n[c] = n[c];
    samples->total *= n[c];
    PetscCall(PetscMalloc1(n[c], &samples->axis[c]));
    PetscCall(PetscArraycpy(samples->axis[c], axis[c], n[c]));
  }
  const PetscInt total = samples->total;
  PetscCall(PetscMalloc1(total, &samples->log_w));
  if (derivatives) {
    for (PetscInt c = 0; c < problem->dim; c++) PetscCall(PetscMalloc1(total, &samples->gradient[c]));
    PetscCall(PetscMalloc1(total, &samples->laplacian));
  }
  if (!problem->scalar) {
    for (PetscInt p = 0; p < CELL_PACKED; p++) {
      PetscCall(PetscCalloc1(total, &samples->upper[p]));
      PetscCall(PetscCalloc1(total, &samples->lower[p]));
    }
  }
  if (problem->inner_z) {
    PetscCall(PetscMalloc1(total, &samples->log_z));
    PetscCall(PetscMalloc1(total, &samples->log_zhat));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CellSamplesDestroy(CellSamples *samples)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    PetscCall(PetscFree(samples->axis[c]));
    PetscCall(PetscFree(samples->gradient[c]));
  }
  for (PetscInt p = 0; p < CELL_PACKED; p++) {
    PetscCall(PetscFree(samples->upper[p]));
    PetscCall(PetscFree(samples->lower[p]));
  }
  PetscCall(PetscFree(samples->log_w));
  PetscCall(PetscFree(samples->laplacian));
  PetscCall(PetscFree(samples->log_z));
  PetscCall(PetscFree(samples->log_zhat));
  PetscFunctionReturn(0);
}

/* Cholesky factor of a small row-major matrix in place (lower triangle); false if it is not positive
 * definite. */
static PetscBool cholesky(PetscInt d, PetscReal a[])
{
  for (PetscInt j = 0; j < d; j++) {
    PetscReal s = a[j * d + j];
    for (PetscInt k = 0; k < j; k++) s -= a[j * d + k] * a[j * d + k];
    if (!(s > 0)) return PETSC_FALSE;
    a[j * d + j] = PetscSqrtReal(s);
    for (PetscInt i = j + 1; i < d; i++) {
      PetscReal t = a[i * d + j];
      for (PetscInt k = 0; k < j; k++) t -= a[i * d + k] * a[j * d + k];
      a[i * d + j] = t / a[j * d + j];
    }
  }
  return PETSC_TRUE;
}

/* Rounding of the entries can change q.M q by up to sum_i d_i q_i^2, d_i = rounding sum_j |M_ij| sqrt(M_ii/M_jj). A
   diagonal tensor keeps each of its entries' digits, a rotated one those that its entries can hold. */
static void entry_rounding(PetscInt dim, const PetscReal lower[], const PetscReal upper[], PetscReal rounding,
                           PetscReal d[])
{
  PetscReal size[3];

  for (PetscInt i = 0; i < dim; i++) {
    size[i] = PetscSqrtReal(PetscMax(PetscAbsReal(lower[i * (dim + 1)]), PetscAbsReal(upper[i * (dim + 1)])));
  }
  for (PetscInt i = 0; i < dim; i++) {
    d[i] = 0;
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal entry = PetscMax(PetscAbsReal(lower[i * dim + j]), PetscAbsReal(upper[i * dim + j]));
      if (size[j] > 0) d[i] += rounding * entry * size[i] / size[j];
    }
  }
}

PetscErrorCode TensorBracketWidth(PetscInt dim, const PetscReal lower[], const PetscReal upper[],
                                  PetscReal *width)
{
  PetscFunctionBegin;
  PetscCall(TensorBracketWidthBeyond(dim, lower, upper, 8 * PETSC_MACHINE_EPSILON, width));
  PetscFunctionReturn(0);
}

/* The largest eigenvalue of L^{-1} (upper - lower) L^{-T}, L the Cholesky factor of lower, but for rounding. The rows are
   scaled by the diagonal first: at low temperature the entries of M differ by many powers of ten. */
PetscErrorCode TensorBracketWidthBeyond(PetscInt dim, const PetscReal lower[], const PetscReal upper[],
                                        PetscReal rounding, PetscReal *width)
{
  PetscReal scale[3], d[3], l[9], g[9], eigenvalue[3], work[32];

  PetscFunctionBegin;
  *width = PETSC_INFINITY;
  entry_rounding(dim, lower, upper, rounding, d);
  for (PetscInt i = 0; i < dim; i++) {
    if (!(lower[i * dim + i] > 0)) PetscFunctionReturn(0);
    scale[i] = 1 / PetscSqrtReal(lower[i * dim + i]);
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal spare = i == j ? d[i] : 0;
      l[i * dim + j] = scale[i] * scale[j] * (lower[i * dim + j] + spare);
      g[i * dim + j] = scale[i] * scale[j] * (upper[i * dim + j] - lower[i * dim + j] - spare);
      if (!PetscIsNormalReal(l[i * dim + j]) && l[i * dim + j] != 0) PetscFunctionReturn(0);
    }
  }
  if (!cholesky(dim, l)) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < dim; j++) {
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt k = 0; k < i; k++) g[i * dim + j] -= l[i * dim + k] * g[k * dim + j];
      g[i * dim + j] /= l[i * dim + i];
    }
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) {
      for (PetscInt k = 0; k < j; k++) g[i * dim + j] -= l[j * dim + k] * g[i * dim + k];
      g[i * dim + j] /= l[j * dim + j];
    }
  }
  PetscBLASInt n = (PetscBLASInt)dim, lwork = 32, info;
  LAPACKsyev_("N", "U", &n, g, &n, eigenvalue, work, &lwork, &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK dsyev returned %d", (int)info);
  *width = eigenvalue[dim - 1];
  PetscFunctionReturn(0);
}
