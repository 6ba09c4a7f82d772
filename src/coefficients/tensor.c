#include "tensor.h"
#include <math.h>
#include <petscmath.h>

static void rotate(PetscInt dim, PetscInt p, PetscInt q, PetscReal a[], PetscReal vectors[])
{
  const PetscReal off = a[p * dim + q], theta = (a[q * dim + q] - a[p * dim + p]) / (2 * off);
  const PetscReal t = (theta >= 0 ? 1 : -1) / (PetscAbsReal(theta) + PetscSqrtReal(1 + theta * theta));
  const PetscReal c = 1 / PetscSqrtReal(1 + t * t), s = t * c;

  a[p * dim + p] -= t * off;
  a[q * dim + q] += t * off;
  a[p * dim + q] = a[q * dim + p] = 0;
  for (PetscInt k = 0; k < dim; k++) {
    const PetscReal vp = vectors[p * dim + k], vq = vectors[q * dim + k];

    vectors[p * dim + k] = c * vp - s * vq;
    vectors[q * dim + k] = s * vp + c * vq;
    if (k == p || k == q) continue;
    const PetscReal ap = a[p * dim + k], aq = a[q * dim + k];
    a[p * dim + k] = a[k * dim + p] = c * ap - s * aq;
    a[q * dim + k] = a[k * dim + q] = s * ap + c * aq;
  }
}

/* Cyclic Jacobi; an entry is zero when it cannot change the eigenvalues of a graded tensor in their last digit. */
void TensorEigen(PetscInt dim, const PetscReal tensor[], PetscReal values[], PetscReal vectors[])
{
  PetscReal a[9];
  PetscBool rotated = PETSC_TRUE;

  for (PetscInt i = 0; i < dim * dim; i++) {
    a[i] = tensor[i];
    vectors[i] = i % (dim + 1) ? 0 : 1;
  }
  for (PetscInt sweep = 0; sweep < 30 && rotated; sweep++) {
    rotated = PETSC_FALSE;
    for (PetscInt p = 0; p < dim; p++) {
      for (PetscInt q = p + 1; q < dim; q++) {
        const PetscReal off = PetscAbsReal(a[p * dim + q]);
        const PetscReal size =
            PetscSqrtReal(PetscAbsReal(a[p * dim + p])) * PetscSqrtReal(PetscAbsReal(a[q * dim + q]));
        if (!(off > 0.5 * PETSC_MACHINE_EPSILON * size) || PetscIsInfReal(off)) continue;
        rotate(dim, p, q, a, vectors);
        rotated = PETSC_TRUE;
      }
    }
  }
  for (PetscInt i = 0; i < dim; i++) values[i] = a[i * dim + i];
}

PetscBool TensorLog(PetscInt dim, const PetscReal tensor[], PetscReal packed[])
{
  PetscReal values[3], vectors[9];
  PetscInt k = 0;

  TensorEigen(dim, tensor, values, vectors);
  for (PetscInt i = 0; i < dim; i++) {
    if (!(values[i] > 0) || PetscIsInfReal(values[i])) return PETSC_FALSE;
    values[i] = PetscLogReal(values[i]);
  }
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = i; j < dim; j++, k++) {
      packed[k] = 0;
      for (PetscInt l = 0; l < dim; l++) packed[k] += vectors[l * dim + i] * values[l] * vectors[l * dim + j];
    }
  }
  return PETSC_TRUE;
}

/* In the plane the eigenvalues are mean +- radius, and exp = e^mean (cosh I + sinh/radius (L - mean I)): written with
   e^(mean + radius) and e^(mean - radius) so that the smaller one keeps its digits. */
static void exp_plane(const PetscReal packed[], PetscReal tensor[])
{
  const PetscReal half = (packed[0] - packed[2]) / 2, off = packed[1];
  const PetscReal mean = (packed[0] + packed[2]) / 2, radius = PetscSqrtReal(half * half + off * off);
  const PetscReal high = PetscExpReal(mean + radius), low = PetscExpReal(mean - radius);
  PetscReal c = 0.5, s = 0.5, sign_off;

  if (radius == 0) {
    tensor[0] = tensor[3] = high;
    tensor[1] = tensor[2] = 0;
    return;
  }
  /* cos^2 and sin^2 of the angle between x and the eigenvector of `high`, the smaller one without cancellation */
  if (half >= 0) {
    c = 0.5 * (1 + half / radius);
    s = off * off / (4 * radius * radius * c);
  } else {
    s = 0.5 * (1 - half / radius);
    c = off * off / (4 * radius * radius * s);
  }
  sign_off = off / (2 * radius);
  tensor[0] = high * c + low * s;
  tensor[3] = high * s + low * c;
  tensor[1] = tensor[2] = (high - low) * sign_off;
}

void TensorExp(PetscInt dim, const PetscReal packed[], PetscReal tensor[])
{
  PetscReal values[3], vectors[9], full[9] = {0};

  if (dim == 1) {
    tensor[0] = PetscExpReal(packed[0]);
    return;
  }
  if (dim == 2) {
    exp_plane(packed, tensor);
    return;
  }
  for (PetscInt i = 0, k = 0; i < dim; i++)
    for (PetscInt j = i; j < dim; j++, k++) full[i * dim + j] = full[j * dim + i] = packed[k];
  TensorEigen(dim, full, values, vectors);
  for (PetscInt i = 0; i < dim; i++) values[i] = PetscExpReal(values[i]);
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = i; j < dim; j++) {
      PetscReal sum = 0;

      for (PetscInt l = 0; l < dim; l++) sum += vectors[l * dim + i] * values[l] * vectors[l * dim + j];
      tensor[i * dim + j] = tensor[j * dim + i] = sum;
    }
  }
}

PetscBool TensorPack(PetscInt dim, const PetscReal tensor[], PetscReal packed[])
{
  PetscReal scale[3] = {1, 1, 1}, r[3] = {0, 0, 0}; /* correlations xy, xz; yz without what both owe to x */

  for (PetscInt i = 0; i < dim; i++) {
    if (!(tensor[i * (dim + 1)] > 0) || !isfinite(tensor[i * (dim + 1)])) return PETSC_FALSE;
    scale[i] = PetscSqrtReal(tensor[i * (dim + 1)]);
  }
  for (PetscInt j = 1; j < dim; j++) r[j - 1] = tensor[j] / scale[0] / scale[j];
  if (dim == 3) {
    const PetscReal rest = (1 - r[0] * r[0]) * (1 - r[1] * r[1]);

    if (!(rest > 0)) return PETSC_FALSE;
    r[2] = (tensor[5] / scale[1] / scale[2] - r[0] * r[1]) / PetscSqrtReal(rest);
  }
  for (PetscInt k = 0; k < 3; k++)
    if (!(PetscAbsReal(r[k]) < 1)) return PETSC_FALSE;
  for (PetscInt i = 0, k = 0, l = 0; i < dim; i++)
    for (PetscInt j = i; j < dim; j++) packed[k++] = i == j ? 2 * PetscLogReal(scale[i]) : atanh(r[l++]);
  return PETSC_TRUE;
}

void TensorUnpack(PetscInt dim, const PetscReal packed[], PetscReal tensor[])
{
  PetscReal scale[3];

  if (dim == 1) {
    tensor[0] = PetscExpReal(packed[0]);
  } else if (dim == 2) {
    for (PetscInt i = 0; i < 2; i++) tensor[3 * i] = PetscExpReal(packed[2 * i]);
    tensor[1] = tensor[2] = PetscTanhReal(packed[1]) * PetscSqrtReal(tensor[0]) * PetscSqrtReal(tensor[3]);
  } else {
    const PetscReal xy = PetscTanhReal(packed[1]), xz = PetscTanhReal(packed[2]);
    const PetscReal yz = xy * xz + PetscTanhReal(packed[4]) * PetscSqrtReal((1 - xy * xy) * (1 - xz * xz));

    tensor[0] = PetscExpReal(packed[0]);
    tensor[4] = PetscExpReal(packed[3]);
    tensor[8] = PetscExpReal(packed[5]);
    for (PetscInt i = 0; i < 3; i++) scale[i] = PetscSqrtReal(tensor[4 * i]);
    tensor[1] = tensor[3] = xy * scale[0] * scale[1];
    tensor[2] = tensor[6] = xz * scale[0] * scale[2];
    tensor[5] = tensor[7] = yz * scale[1] * scale[2];
  }
}
