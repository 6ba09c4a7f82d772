#include <math.h>
#include "search.h"

enum { STARTS = 12 };

typedef struct {
  PetscReal value, x[SEARCH_MAX_DIM];
} Point;

/* The solution of g^(dim+1) = g + 1: its powers make the additive sequence with the most even points. */
static PetscReal generalised_golden(PetscInt dim)
{
  PetscReal g = 1.5;

  for (PetscInt step = 0; step < 60; step++) g = PetscPowReal(1 + g, 1 / (PetscReal)(dim + 1));
  return g;
}

static PetscErrorCode evaluate(const Search *search, Point *point)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < search->dim; c++) {
    if (search->periodic[c]) continue;
    point->x[c] = PetscMax(search->box[c][0], PetscMin(search->box[c][1], point->x[c]));
  }
  PetscCall(search->function(search->ctx, point->x, &point->value));
  if (isnan(point->value)) point->value = -INFINITY;
  PetscFunctionReturn(0);
}

/* Keeps the best points, the best one first. */
static void keep(const Point *point, PetscInt *n, Point best[])
{
  PetscInt at = *n;

  while (at > 0 && best[at - 1].value < point->value) at--;
  if (at == STARTS) return;
  *n = PetscMin(*n + 1, STARTS);
  for (PetscInt k = *n - 1; k > at; k--) best[k] = best[k - 1];
  best[at] = *point;
}

/* Corners of the box are likely places, and no sample hits one. */
static PetscErrorCode sample_corners(const Search *search, PetscInt *n, Point best[])
{
  const PetscInt corners = search->dim <= 10 ? 1 << search->dim : 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < corners; i++) {
    Point point = {0};
    for (PetscInt c = 0; c < search->dim; c++) point.x[c] = search->box[c][i >> c & 1];
    PetscCall(evaluate(search, &point));
    keep(&point, n, best);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode sample(const Search *search, PetscInt *n, Point best[])
{
  const PetscReal golden = generalised_golden(search->dim);

  PetscFunctionBegin;
  *n = 0;
  PetscCall(sample_corners(search, n, best));
  for (PetscInt i = 0; i < search->samples; i++) {
    Point point = {0};
    PetscReal step = 1;
    for (PetscInt c = 0; c < search->dim; c++) {
      PetscReal t;
      step /= golden;
      t = 0.5 + step * (PetscReal)(i + 1);
      t -= PetscFloorReal(t);
      point.x[c] = search->box[c][0] + t * (search->box[c][1] - search->box[c][0]);
    }
    PetscCall(evaluate(search, &point));
    keep(&point, n, best);
  }
  PetscFunctionReturn(0);
}

/* One round along the axes from a point; what is better is taken at once. */
static PetscErrorCode explore(const Search *search, PetscReal step, Point *point)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < search->dim; c++) {
    for (PetscInt sign = -1; sign <= 1; sign += 2) {
      Point trial = *point;
      trial.x[c] += (PetscReal)sign * step * (search->box[c][1] - search->box[c][0]);
      PetscCall(evaluate(search, &trial));
      if (trial.value > point->value) {
        *point = trial;
        break;
      }
    }
  }
  PetscFunctionReturn(0);
}

/* Hooke and Jeeves: where a round helped, go on in its direction; else halve the step. No derivatives: V1 may have kinks,
   which is where its extrema are then. */
static PetscErrorCode improve(const Search *search, Point *point)
{
  PetscReal step = 0.5 * PetscPowReal((PetscReal)search->samples, -1 / (PetscReal)search->dim);

  PetscFunctionBegin;
  for (PetscInt round = 0; round < 2000 && step > 1e-9; round++) {
    Point next = *point, further;
    PetscCall(explore(search, step, &next));
    if (!(next.value > point->value)) {
      step /= 2;
      continue;
    }
    further = next;
    for (PetscInt c = 0; c < search->dim; c++) further.x[c] += next.x[c] - point->x[c];
    PetscCall(evaluate(search, &further));
    PetscCall(explore(search, step, &further));
    *point = further.value > next.value ? further : next;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode SearchMaximum(const Search *search, PetscReal *maximum)
{
  Point best[STARTS + 1];
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(sample(search, &n, best));
  *maximum = -INFINITY;
  for (PetscInt k = 0; k < n; k++) {
    PetscCall(improve(search, &best[k]));
    *maximum = PetscMax(*maximum, best[k].value);
  }
  PetscFunctionReturn(0);
}
