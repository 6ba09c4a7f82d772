/*
  1, cos, sin, .., up to the wave K: the same 2K + 1 functions for even and odd degrees (an odd number, so that no
  saw-tooth is a null mode), made orthonormal in the weight along the line, 1 first. They span the trigonometric polynomials:
  1 is in them exactly (with the root of the weight as a factor, it would be there up to its resolution only), so T 1 = 0 and the
  mass is exact, and in one dimension the mass matrix is the identity.
*/
#include "space_line.h"
#include <math.h>

enum { GAUSS = 16, PIECES_MORE = 4 };
/* What is left of a function beside those before it; below, it is rounding. */
static const PetscReal smallest_rest = 1e-11;

static PetscErrorCode prepare(Line *line)
{
  PetscFunctionBegin;
  PetscCheck(line->resolution >= 1, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%" PetscInt_FMT " waves",
             line->resolution);
  line->cells = 1;
  line->pieces = line->resolution / 2 + PIECES_MORE; /* less than four wave lengths of a product in one */
  line->gauss = GAUSS;
  line->stride = 0;
  for (PetscInt parity = 0; parity < 2; parity++)
    line->size[parity] = line->local[parity] = 2 * line->resolution + 1;
  PetscFunctionReturn(0);
}

static void waves(const Line *line, PetscReal q, PetscReal value[], PetscReal slope[])
{
  const PetscReal unit = 2 * PETSC_PI / (line->hi - line->lo), angle = unit * (q - line->lo);

  value[0] = 1;
  slope[0] = 0;
  for (PetscInt k = 1; k <= line->resolution; k++) {
    const PetscReal c = PetscCosReal((PetscReal)k * angle), s = PetscSinReal((PetscReal)k * angle);
    value[2 * k - 1] = c;
    value[2 * k] = s;
    slope[2 * k - 1] = -(PetscReal)k * unit * s;
    slope[2 * k] = (PetscReal)k * unit * c;
  }
}

/* u[.][n_points] -> orthonormal, by Gram and Schmidt twice; row i of `mix` [n][n] is function i in waves. */
static PetscBool orthonormalise(PetscInt points, PetscInt n, PetscReal u[], PetscReal mix[])
{
  for (PetscInt i = 0; i < n; i++) {
    PetscReal *const v = u + i * points, *const row = mix + i * n;
    PetscReal whole = 0, rest = 0;
    for (PetscInt j = 0; j < points; j++) whole += v[j] * v[j];
    row[i] = 1;
    for (PetscInt k = 0; k < 2 * i; k++) {
      const PetscReal *const other = u + k % i * points;
      PetscReal part = 0;
      for (PetscInt j = 0; j < points; j++) part += v[j] * other[j];
      for (PetscInt j = 0; j < points; j++) v[j] -= part * other[j];
      for (PetscInt l = 0; l <= k % i; l++) row[l] -= part * mix[k % i * n + l];
    }
    for (PetscInt j = 0; j < points; j++) rest += v[j] * v[j];
    if (!(PetscSqrtReal(rest) > smallest_rest * PetscSqrtReal(whole))) return PETSC_FALSE;
    rest = PetscSqrtReal(rest);
    for (PetscInt j = 0; j < points; j++) v[j] /= rest;
    for (PetscInt l = 0; l <= i; l++) row[l] /= rest;
  }
  return PETSC_TRUE;
}

static PetscErrorCode adapt(Line *line, PetscBool *independent)
{
  const PetscInt n = line->local[0], points = line->n_points;
  PetscReal *u, *value, *slope, *mix, most = PETSC_NINFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n * points, &u, n, &value, n, &slope));
  PetscCall(PetscCalloc1(n * n, &mix));
  line->data = mix;
  for (PetscInt j = 0; j < points; j++) most = PetscMax(most, line->log_w[j]);
  for (PetscInt j = 0; j < points; j++) {
    const PetscReal root = PetscSqrtReal(line->weight[j]) * PetscExpReal(0.5 * (line->log_w[j] - most));
    waves(line, line->x[j], value, slope);
    for (PetscInt i = 0; i < n; i++) u[i * points + j] = root * value[i];
  }
  *independent = orthonormalise(points, n, u, mix);
  line->one[0] = 1 / mix[0];
  PetscCall(PetscFree3(u, value, slope));
  PetscFunctionReturn(0);
}

static void evaluate(const Line *line, PetscInt cell, PetscReal q, PetscInt parity, PetscReal value[],
                     PetscReal slope[])
{
  const PetscInt n = line->local[parity];
  const PetscReal *const mix = line->data;

  (void)cell;
  waves(line, q, value, slope);
  /* triangular: from the last one, in place */
  for (PetscInt i = n; i-- > 0;) {
    PetscReal v = 0, s = 0;
    for (PetscInt k = 0; k <= i; k++) {
      v += mix[i * n + k] * value[k];
      s += mix[i * n + k] * slope[k];
    }
    value[i] = v;
    slope[i] = s;
  }
}

static PetscErrorCode destroy(Line *line)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(line->data));
  PetscFunctionReturn(0);
}

const PositionsOps PositionsFourier = {.name = "fourier",
                                       .periodic = PETSC_TRUE,
                                       .Prepare = prepare,
                                       .Adapt = adapt,
                                       .Evaluate = evaluate,
                                       .Destroy = destroy};
