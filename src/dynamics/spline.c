/* Splines through values on a tensor grid: one banded factorisation per axis. */
#include "spline.h"
#include "spline_weights.h"

enum { PADDING = 8 }; /* rows are loaded in whole vectors */

PetscErrorCode SplineCreate(PetscInt dim, PetscInt degree, PetscInt functions, const PetscInt cells[],
                            const PetscReal box[][2], SplineGrid *grid)
{
  PetscInt total = 1;

  PetscFunctionBegin;
  *grid = (SplineGrid){.dim = dim, .degree = degree, .functions = functions};
  for (PetscInt a = 0; a < SPLINE_DIM; a++) {
    grid->cells[a] = a < dim ? cells[a] : 1;
    grid->sites[a] = a < dim ? cells[a] + degree : 1;
    grid->distance[a] = total;
    total *= grid->sites[a];
    if (a >= dim) continue;
    grid->low[a] = box[a][0];
    grid->high[a] = box[a][1];
    grid->h[a] = (box[a][1] - box[a][0]) / (PetscReal)cells[a];
  }
  PetscCall(PetscCalloc1(total * functions + PADDING, &grid->c));
  PetscFunctionReturn(0);
}

PetscErrorCode SplineDestroy(SplineGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(grid->c));
  PetscFunctionReturn(0);
}

/* The knots, and as many midpoints next to the ends as there are more coefficients than knots: an interpolation there
   keeps the order, where conditions on derivatives would need to know them. */
static PetscReal site(PetscInt cells, PetscInt degree, PetscInt i)
{
  const PetscInt more = (degree - 1) / 2, last = cells + degree - 1;

  if (i <= 2 * more) return (PetscReal)i / 2;
  if (i >= last - 2 * more) return (PetscReal)cells - (PetscReal)(last - i) / 2;
  return (PetscReal)(i - more);
}

PetscReal SplineSite(const SplineGrid *grid, PetscInt axis, PetscInt i)
{
  const PetscInt last = grid->sites[axis] - 1;

  if (i == last) return grid->high[axis];
  return grid->low[axis] + grid->h[axis] * site(grid->cells[axis], grid->degree, i);
}

/* Rows of the collocation matrix, band[i][degree + j - i], factored. It is totally positive: elimination without pivots
   is stable (de Boor, Pinkus 1977). */
static void factor(PetscInt cells, PetscInt degree, PetscReal band[])
{
  const PetscInt n = cells + degree, width = 2 * degree + 1;

  for (PetscInt i = 0; i < n; i++) {
    const PetscReal at = site(cells, degree, i);
    const PetscInt cell = PetscMin((PetscInt)at, cells - 1);
    PetscReal w[SPLINE_ORDER], d[SPLINE_ORDER];
    spline_weights((int)degree, at - (PetscReal)cell, w, d);
    for (PetscInt q = 0; q <= degree; q++) {
      const PetscInt place = degree + cell + q - i;
      if (place >= 0 && place < width) band[i * width + place] = w[q];
    }
  }
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt i = k + 1; i < PetscMin(k + degree + 1, n); i++) {
      PetscReal *const row = band + i * width + degree - i, *const pivot = band + k * width + degree - k;
      const PetscReal factor = row[k] / pivot[k];
      row[k] = factor;
      for (PetscInt j = k + 1; j < PetscMin(k + degree + 1, n); j++) row[j] -= factor * pivot[j];
    }
  }
}

/* One line of n vectors `wide` numbers long, `step` numbers apart. */
static void solve_line(PetscInt n, PetscInt degree, const PetscReal band[], PetscInt step, PetscInt wide,
                       PetscReal line[])
{
  const PetscInt width = 2 * degree + 1;

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt k = PetscMax(0, i - degree); k < i; k++) {
      const PetscReal factor = band[i * width + degree + k - i];
      for (PetscInt f = 0; f < wide; f++) line[i * step + f] -= factor * line[k * step + f];
    }
  }
  for (PetscInt i = n - 1; i >= 0; i--) {
    for (PetscInt k = i + 1; k < PetscMin(i + degree + 1, n); k++) {
      const PetscReal factor = band[i * width + degree + k - i];
      for (PetscInt f = 0; f < wide; f++) line[i * step + f] -= factor * line[k * step + f];
    }
    for (PetscInt f = 0; f < wide; f++) line[i * step + f] /= band[i * width + degree];
  }
}

PetscErrorCode SplineInterpolate(SplineGrid *grid)
{
  const PetscInt total = grid->sites[0] * grid->sites[1] * grid->sites[2];

  PetscFunctionBegin;
  for (PetscInt a = 0; a < grid->dim; a++) {
    /* All lines of an axis that lie side by side are one line of long vectors. */
    const PetscInt n = grid->sites[a], wide = grid->distance[a] * grid->functions, slab = n * wide;
    PetscReal *band;
    PetscCall(PetscCalloc1(n * (2 * grid->degree + 1), &band));
    factor(grid->cells[a], grid->degree, band);
    for (PetscInt s = 0; s < total * grid->functions / slab; s++) {
      solve_line(n, grid->degree, band, wide, wide, grid->c + s * slab);
    }
    PetscCall(PetscFree(band));
  }
  PetscFunctionReturn(0);
}
