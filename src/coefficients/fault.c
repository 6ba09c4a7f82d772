/* What can be wrong with coefficients at a point, as sentences. */
#include "coefficients_private.h"
#include "tensor.h"

static const char *const letters = "xyz";

void FormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size)
{
  size_t used = 0;

  for (PetscInt c = 0; c < dim && used < size; c++) {
    used += (size_t)snprintf(text + used, size - used, "%s%.10g%s", c || dim == 1 ? "" : "(", (double)x[c],
                             c + 1 < dim ? ", " : (dim == 1 ? "" : ")"));
  }
}

static void begin_fault(CoefficientFault *fault, CoefficientTrouble trouble, PetscInt dim,
                        const PetscReal x[], char point[96])
{
  fault->trouble = trouble;
  for (PetscInt c = 0; c < dim; c++) fault->x[c] = x[c];
  fault->entry[0] = fault->entry[1] = 0;
  FormatPoint(dim, x, point, 96);
}

void FaultOutside(PetscInt dim, const PetscReal x[], const char where[], CoefficientFault *fault)
{
  char point[96];

  begin_fault(fault, COEFFICIENT_OUTSIDE, dim, x, point);
  snprintf(fault->message, sizeof(fault->message), "x = %s lies outside of the %s.", point, where);
}

CoefficientTrouble FaultWeight(PetscInt dim, const PetscReal x[], PetscReal log_w, const char advice[],
                               CoefficientFault *fault)
{
  char point[96];

  if (isfinite(log_w)) return COEFFICIENT_GOOD;
  begin_fault(fault, COEFFICIENT_WEIGHT, dim, x, point);
  if (PetscIsNanReal(log_w)) {
    snprintf(fault->message, sizeof(fault->message), "The weight is negative or undefined at x = %s.", point);
  } else if (log_w > 0) {
    snprintf(fault->message, sizeof(fault->message), "The weight is infinite at x = %s%s.", point, advice);
  } else {
    snprintf(fault->message, sizeof(fault->message), "The weight is zero at x = %s%s.", point, advice);
  }
  return COEFFICIENT_WEIGHT;
}

static CoefficientTrouble fault_entry(PetscInt dim, const PetscReal x[], const PetscReal D[], PetscInt i,
                                      PetscInt j, CoefficientFault *fault)
{
  const PetscReal value = D[i * dim + j];
  char point[96], name[8] = "D";

  begin_fault(fault, COEFFICIENT_TENSOR, dim, x, point);
  fault->entry[0] = i;
  fault->entry[1] = j;
  if (dim > 1) snprintf(name, sizeof(name), "D_%c%c", letters[i], letters[j]);
  snprintf(fault->message, sizeof(fault->message), "%s is %s at x = %s.", name,
           PetscIsNanReal(value) ? "undefined" : "infinite", point);
  return fault->trouble;
}

static CoefficientTrouble fault_symmetry(PetscInt dim, const PetscReal x[], const PetscReal D[], PetscInt i,
                                         PetscInt j, CoefficientFault *fault)
{
  char point[96];

  begin_fault(fault, COEFFICIENT_ASYMMETRIC, dim, x, point);
  fault->entry[0] = i;
  fault->entry[1] = j;
  snprintf(fault->message, sizeof(fault->message),
           "D is not symmetric at x = %s: D_%c%c is %.10g and D_%c%c is %.10g.", point, letters[i],
           letters[j], (double)D[i * dim + j], letters[j], letters[i], (double)D[j * dim + i]);
  return fault->trouble;
}

CoefficientTrouble FaultIndefinite(PetscInt dim, const PetscReal x[], const PetscReal D[],
                                   CoefficientFault *fault)
{
  PetscReal values[3], vectors[9], least;
  char point[96];

  begin_fault(fault, COEFFICIENT_INDEFINITE, dim, x, point);
  TensorEigen(dim, D, values, vectors);
  least = values[0];
  for (PetscInt i = 1; i < dim; i++) least = PetscMin(least, values[i]);
  if (dim == 1) {
    snprintf(fault->message, sizeof(fault->message), "D is not positive at x = %s: it is %.10g.", point,
             (double)D[0]);
  } else {
    snprintf(fault->message, sizeof(fault->message),
             "D is not positive definite at x = %s: its smallest eigenvalue is %.10g.", point, (double)least);
  }
  return fault->trouble;
}

/* Cholesky's pivots, which are as sharp as rounded entries allow. */
static PetscBool is_positive(PetscInt dim, const PetscReal D[])
{
  PetscReal a[9];

  for (PetscInt i = 0; i < dim * dim; i++) a[i] = D[i];
  for (PetscInt k = 0; k < dim; k++) {
    if (!(a[k * dim + k] > 0)) return PETSC_FALSE;
    for (PetscInt i = k + 1; i < dim; i++) {
      const PetscReal factor = a[k * dim + i] / a[k * dim + k];
      for (PetscInt j = i; j < dim; j++) a[i * dim + j] -= factor * a[k * dim + j];
    }
  }
  return PETSC_TRUE;
}

CoefficientTrouble FaultTensor(PetscInt dim, const PetscReal x[], const PetscReal D[], PetscBool positive,
                               CoefficientFault *fault)
{
  for (PetscInt i = 0; i < dim * dim; i++)
    if (!isfinite(D[i])) return fault_entry(dim, x, D, i / dim, i % dim, fault);
  if (positive) return COEFFICIENT_GOOD;
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = i + 1; j < dim; j++) {
      const PetscReal size = PetscMax(PetscAbsReal(D[i * dim + i]), PetscAbsReal(D[j * dim + j]));
      if (PetscAbsReal(D[i * dim + j] - D[j * dim + i]) > 1e-12 * size)
        return fault_symmetry(dim, x, D, i, j, fault);
    }
  }
  /* On a line D may vanish at single points, as that of energy diffusion does at the lowest energy. */
  if (is_positive(dim, D) || (dim == 1 && D[0] == 0)) return COEFFICIENT_GOOD;
  return FaultIndefinite(dim, x, D, fault);
}
