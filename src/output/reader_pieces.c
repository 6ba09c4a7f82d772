/* The simplices of a mesh, found by a grid of bins. */
#include <math.h>
#include <string.h>
#include "output/reader.h"

/* How cells are cut into simplices, by their number of corners (VTK's order). */
static const struct {
  PetscInt dim, corners, n;
  PetscInt pieces[6][4];
} cuts[] = {
    {1, 2, 1, {{0, 1}}},
    {2, 3, 1, {{0, 1, 2}}},
    {2, 4, 2, {{0, 1, 2}, {0, 2, 3}}},
    {3, 4, 1, {{0, 1, 2, 3}}},
    {3, 8, 6, {{0, 1, 2, 6}, {0, 2, 3, 6}, {0, 3, 7, 6}, {0, 7, 4, 6}, {0, 4, 5, 6}, {0, 5, 1, 6}}},
};

/* The bins that the box of a piece meets: first[c] .. last[c]. */
static void bins_of(const FieldReader r, PetscInt piece, PetscInt first[3], PetscInt last[3])
{
  for (PetscInt c = 0; c < 3; c++) {
    PetscReal low = PETSC_MAX_REAL, high = PETSC_MIN_REAL;
    first[c] = last[c] = 0;
    if (c >= r->dim) continue;
    for (PetscInt i = 0; i <= r->dim; i++) {
      const PetscReal x = r->nodes[3 * r->pieces[piece * (r->dim + 1) + i] + c];
      low = PetscMin(low, x);
      high = PetscMax(high, x);
    }
    first[c] = PetscMax(0, (PetscInt)((low - r->low[c]) / r->bin_size[c] - 1e-9));
    last[c] = PetscMin(r->bins[c] - 1, (PetscInt)((high - r->low[c]) / r->bin_size[c] + 1e-9));
  }
}

/* Counts (fill = false) or lists the pieces of each bin. */
static void sort_pieces(FieldReader r, PetscBool fill)
{
  PetscInt first[3], last[3];

  for (PetscInt p = 0; p < r->n_pieces; p++) {
    bins_of(r, p, first, last);
    for (PetscInt k = first[2]; k <= last[2]; k++) {
      for (PetscInt j = first[1]; j <= last[1]; j++) {
        for (PetscInt i = first[0]; i <= last[0]; i++) {
          const PetscInt bin = i + r->bins[0] * (j + r->bins[1] * k);
          if (fill)
            r->bin_pieces[r->bin_start[bin]++] = p;
          else
            r->bin_start[bin + 1]++;
        }
      }
    }
  }
}

static PetscErrorCode make_bins(FieldReader r)
{
  const PetscInt side = PetscMax(1, (PetscInt)pow(r->n_pieces, 1.0 / (double)r->dim));
  PetscInt n = 1;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) {
    PetscReal low = PETSC_MAX_REAL, high = PETSC_MIN_REAL;
    for (PetscInt i = 0; i < r->n_nodes; i++) {
      low = PetscMin(low, r->nodes[3 * i + c]);
      high = PetscMax(high, r->nodes[3 * i + c]);
    }
    r->bins[c] = c < r->dim ? side : 1;
    r->low[c] = low;
    r->bin_size[c] = high > low ? (high - low) / (PetscReal)r->bins[c] : 1;
    n *= r->bins[c];
  }
  PetscCall(PetscCalloc1(n + 1, &r->bin_start));
  sort_pieces(r, PETSC_FALSE);
  for (PetscInt bin = 0; bin < n; bin++) r->bin_start[bin + 1] += r->bin_start[bin];
  PetscCall(PetscMalloc1(PetscMax(1, r->bin_start[n]), &r->bin_pieces));
  sort_pieces(r, PETSC_TRUE);
  for (PetscInt bin = n; bin > 0; bin--)
    r->bin_start[bin] = r->bin_start[bin - 1]; /* filling moved them on */
  r->bin_start[0] = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode FieldReaderCut(FieldReader r, hid_t file, PetscInt entries, const PetscReal cells[])
{
  PetscReal depth = 0;
  hsize_t shape[2] = {0, 0};
  size_t which;

  PetscFunctionBegin;
  hid_t dataset = H5Dopen2(file, "cells", H5P_DEFAULT), space = H5Dget_space(dataset);
  if (H5Sget_simple_extent_ndims(space) == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  H5Sclose(space);
  H5Dclose(dataset);
  for (PetscInt i = 0; i < r->n_nodes; i++) depth = PetscMax(depth, PetscAbsReal(r->nodes[3 * i + 2]));
  for (which = 0; which < PETSC_STATIC_ARRAY_LENGTH(cuts); which++) {
    if (cuts[which].corners == (PetscInt)shape[1] && (cuts[which].dim == 3) == (depth > 0)) break;
  }
  if (which == PETSC_STATIC_ARRAY_LENGTH(cuts)) { /* no mesh that can be read: said by the caller */
    r->n_nodes = 0;
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < entries; i++) {
    if (cells[i] >= 0 && cells[i] < (PetscReal)r->n_nodes) continue;
    r->n_nodes = 0; /* a damaged file: a cell has a corner that is no node */
    PetscFunctionReturn(0);
  }
  r->dim = cuts[which].dim;
  r->n_pieces = entries / cuts[which].corners * cuts[which].n;
  PetscCall(PetscMalloc1(r->n_pieces * (r->dim + 1), &r->pieces));
  for (PetscInt p = 0; p < r->n_pieces; p++) {
    const PetscReal *const cell = &cells[p / cuts[which].n * cuts[which].corners];
    for (PetscInt i = 0; i <= r->dim; i++)
      r->pieces[p * (r->dim + 1) + i] = (PetscInt)cell[cuts[which].pieces[p % cuts[which].n][i]];
  }
  PetscCall(make_bins(r));
  PetscFunctionReturn(0);
}

/* Barycentric coordinates of x in a piece, by Cramer's rule. */
static void barycentric(const FieldReader r, const PetscInt piece[], const PetscReal x[], PetscReal b[4])
{
  const PetscInt d = r->dim;
  const PetscReal *const o = &r->nodes[3 * piece[0]];
  PetscReal e[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, y[3] = {0, 0, 0}, det;

  for (PetscInt i = 0; i < d; i++) {
    for (PetscInt c = 0; c < d; c++) e[i][c] = r->nodes[3 * piece[i + 1] + c] - o[c];
    y[i] = x[i] - o[i];
  }
#define DET(p, q, s)                                                                                         \
  ((p)[0] * ((q)[1] * (s)[2] - (q)[2] * (s)[1]) - (p)[1] * ((q)[0] * (s)[2] - (q)[2] * (s)[0]) +             \
   (p)[2] * ((q)[0] * (s)[1] - (q)[1] * (s)[0]))
  det = DET(e[0], e[1], e[2]);
  b[1] = DET(y, e[1], e[2]) / det;
  b[2] = d > 1 ? DET(e[0], y, e[2]) / det : 0;
  b[3] = d > 2 ? DET(e[0], e[1], y) / det : 0;
#undef DET
  b[0] = 1 - b[1] - b[2] - b[3];
}

PetscReal FieldReaderPieceValue(FieldReader r, const PetscReal x[])
{
  PetscReal best = -1e-6, value = NAN, b[4]; /* a rim that was rounded off still is inside */
  PetscInt bin = 0, stride = 1;

  for (PetscInt c = 0; c < r->dim; c++) {
    const PetscReal at = (x[c] - r->low[c]) / r->bin_size[c], last = (PetscReal)(r->bins[c] - 1);
    bin += stride *
           (PetscInt)(at > 0 ? PetscMin(at, last) : 0); /* clamped as a number: an integer may overflow */
    stride *= r->bins[c];
  }
  for (PetscInt k = r->bin_start[bin]; k < r->bin_start[bin + 1]; k++) {
    const PetscInt *const piece = &r->pieces[r->bin_pieces[k] * (r->dim + 1)];
    PetscReal least = PETSC_MAX_REAL, sum = 0;
    barycentric(r, piece, x, b);
    for (PetscInt i = 0; i <= r->dim; i++) {
      least = PetscMin(least, b[i]);
      sum += b[i] * r->values[piece[i]];
    }
    if (least > best) {
      best = least;
      value = sum;
    }
  }
  return value;
}
