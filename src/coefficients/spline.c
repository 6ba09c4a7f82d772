#include "spline.h"

void SplineSlopes(PetscInt n, const PetscReal x[], PetscInt stride, const PetscReal f[], PetscReal slope[],
                  PetscReal work[])
{
  PetscReal *h = work, *d = work + n,
            *upper = work + 2 * n; /* intervals, their slopes, eliminated diagonal */

  for (PetscInt i = 0; i < n - 1; i++) {
    h[i] = x[i + 1] - x[i];
    d[i] = (f[(i + 1) * stride] - f[i * stride]) / h[i];
  }
  if (n == 2) {
    slope[0] = slope[stride] = d[0];
    return;
  }
  if (n == 3) {
    const PetscReal second = (d[1] - d[0]) / (h[0] + h[1]);

    slope[0] = d[0] - h[0] * second;
    slope[stride] = d[0] + h[0] * second;
    slope[2 * stride] = d[1] + h[1] * second;
    return;
  }
  /* The third derivative does not jump at the second point. */
  upper[0] = (h[0] + h[1]) / h[1];
  slope[0] = ((h[0] + 2 * (h[0] + h[1])) * h[1] * d[0] + h[0] * h[0] * d[1]) / ((h[0] + h[1]) * h[1]);
  for (PetscInt i = 1; i < n - 1; i++) {
    const PetscReal pivot = 2 * (h[i - 1] + h[i]) - h[i] * upper[i - 1];

    upper[i] = h[i - 1] / pivot;
    slope[i * stride] = (3 * (h[i] * d[i - 1] + h[i - 1] * d[i]) - h[i] * slope[(i - 1) * stride]) / pivot;
  }
  const PetscReal last = h[n - 2], before = h[n - 3], sum = last + before;
  const PetscReal right = (last * last * d[n - 3] + (2 * sum + last) * before * d[n - 2]) / sum;
  slope[(n - 1) * stride] = (right - sum * slope[(n - 2) * stride]) / (before - sum * upper[n - 2]);
  for (PetscInt i = n - 2; i >= 0; i--) slope[i * stride] -= upper[i] * slope[(i + 1) * stride];
}

static PetscInt locate(PetscInt n, const PetscReal x[], PetscReal at)
{
  const PetscReal guess = (at - x[0]) / (x[n - 1] - x[0]) * (PetscReal)(n - 1);
  PetscInt low = 0, high = n - 1;

  if (guess > 0 && guess < (PetscReal)(n - 1)) { /* right at once if the points are equidistant */
    const PetscInt i = (PetscInt)guess;
    if (at < x[i])
      high = i;
    else
      low = i;
    if (low == i && at < x[i + 1]) return i;
  }
  while (high - low > 1) {
    const PetscInt middle = (low + high) / 2;
    if (at < x[middle])
      high = middle;
    else
      low = middle;
  }
  return low;
}

PetscInt SplineWeights(PetscInt n, const PetscReal x[], PetscReal at, PetscReal weights[2][2])
{
  const PetscInt i = locate(n, x, at);
  const PetscReal h = x[i + 1] - x[i], t = (at - x[i]) / h, u = 1 - t;

  weights[0][0] = u * u * (1 + 2 * t);
  weights[1][0] = t * t * (1 + 2 * u);
  weights[0][1] = h * t * u * u;
  weights[1][1] = -h * t * t * u;
  return i;
}
