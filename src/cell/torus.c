#include "torus.h"
#include "element.h"

/* Breaks closer than this are one plane. */
#define MERGE 1e-12

/* The distinct breaks of a component (if plane is not NULL); without any, the plane 0. Returns their number.
 */
static PetscInt planes(const CellProblem *problem, PetscInt c, PetscReal plane[])
{
  PetscReal first = 0, last = 0;
  PetscInt n = 0;

  for (PetscInt k = 0; k < problem->n_breaks[c]; k++) {
    const PetscReal b = problem->breaks[c][k];
    if (n > 0 && (b - last < MERGE || first + 1 - b < MERGE)) continue;
    if (n == 0) first = b;
    last = b;
    if (plane) plane[n] = b;
    n++;
  }
  if (n == 0 && plane) plane[0] = 0;
  return PetscMax(n, 1);
}

static PetscBool varies(const CellProblem *problem, PetscInt c)
{
  return (problem->varies >> c) & 1u ? PETSC_TRUE : PETSC_FALSE;
}

PetscInt TorusIntervals(const CellProblem *problem)
{
  PetscInt most = 1;

  for (PetscInt c = 0; c < problem->dim; c++) {
    if (varies(problem, c)) most = PetscMax(most, planes(problem, c, NULL));
  }
  return most;
}

PetscInt TorusUnknowns(const CellProblem *problem, CellResolution resolution)
{
  PetscReal n = 1;

  for (PetscInt c = 0; c < problem->dim; c++) {
    if (varies(problem, c)) {
      n *= (PetscReal)resolution.order * (PetscReal)PetscMax(resolution.cells, planes(problem, c, NULL));
    }
  }
  return n < PETSC_MAX_INT ? (PetscInt)n : PETSC_MAX_INT;
}

/* One element to each interval between planes, then one at a time to the interval whose elements are longest.
 */
static PetscErrorCode place_edges(TorusAxis *x, PetscInt n_planes, const PetscReal plane[])
{
  PetscInt *share;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(x->cells + 1, &x->edge));
  PetscCall(PetscMalloc1(n_planes, &share));
  for (PetscInt k = 0; k < n_planes; k++) share[k] = 1;
  for (PetscInt given = n_planes; given < x->cells; given++) {
    PetscInt longest = 0;
    PetscReal length = 0;
    for (PetscInt k = 0; k < n_planes; k++) {
      const PetscReal end = k + 1 < n_planes ? plane[k + 1] : plane[0] + 1;
      const PetscReal h = (end - plane[k]) / (PetscReal)share[k];
      if (h > length * (1 + MERGE)) {
        length = h;
        longest = k;
      }
    }
    share[longest]++;
  }
  for (PetscInt k = 0, e = 0; k < n_planes; k++) {
    const PetscReal end = k + 1 < n_planes ? plane[k + 1] : plane[0] + 1;
    for (PetscInt i = 0; i < share[k]; i++) {
      x->edge[e++] = plane[k] + (end - plane[k]) * (PetscReal)i / (PetscReal)share[k];
    }
  }
  x->edge[x->cells] = plane[0] + 1;
  PetscCall(PetscFree(share));
  PetscFunctionReturn(0);
}

/* The nodes that share an element with each node, and where the local nodes stand among them. */
static PetscErrorCode link_nodes(TorusAxis *x)
{
  const PetscInt n = x->order + 1;

  PetscFunctionBegin;
  x->width = PetscMin(2 * x->order + 1, x->nodes);
  PetscCall(
      PetscMalloc3(x->nodes, &x->length, x->nodes * x->width, &x->neighbour, x->cells * n * n, &x->place));
  for (PetscInt i = 0; i < x->nodes; i++) {
    PetscInt *list = x->neighbour + i * x->width, m = 0;
    /* the elements of node i: one, or two if it is a vertex */
    for (PetscInt e = 0; e < x->cells; e++) {
      PetscBool inside = PETSC_FALSE;
      if (x->order > 0 && i / x->order != e && i != TorusAxisNode(x, e, x->order)) continue;
      for (PetscInt a = 0; a < n; a++)
        inside = inside || TorusAxisNode(x, e, a) == i ? PETSC_TRUE : PETSC_FALSE;
      for (PetscInt b = 0; inside && b < n; b++) {
        const PetscInt j = TorusAxisNode(x, e, b);
        PetscInt k = 0;
        while (k < m && list[k] != j) k++;
        if (k == m) list[m++] = j;
      }
    }
    PetscCall(PetscSortInt(m, list));
    x->length[i] = m;
  }
  for (PetscInt e = 0; e < x->cells; e++) {
    for (PetscInt a = 0; a < n; a++) {
      const PetscInt i = TorusAxisNode(x, e, a);
      for (PetscInt b = 0; b < n; b++) {
        PetscInt k = 0;
        while (x->neighbour[i * x->width + k] != TorusAxisNode(x, e, b)) k++;
        x->place[(e * n + a) * n + b] = k;
      }
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode axis_create(const CellProblem *problem, CellResolution resolution, PetscInt c,
                                  TorusAxis *x)
{
  PetscReal *plane, node[ELEMENT_MAX_ORDER + 1];
  PetscInt n_planes = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(PetscMax(c < problem->dim ? problem->n_breaks[c] : 0, 1), &plane));
  plane[0] = 0;
  x->cells = 1;
  x->order = c < problem->dim ? 1 : 0;
  if (c < problem->dim && varies(problem, c)) {
    x->varies = PETSC_TRUE;
    n_planes = planes(problem, c, plane);
    x->cells = PetscMax(resolution.cells, n_planes);
    x->order = resolution.order;
  }
  x->nodes = PetscMax(x->order * x->cells, 1);
  PetscCall(place_edges(x, n_planes, plane));
  PetscCall(PetscMalloc1(x->nodes, &x->node));
  PetscCall(ElementNodes(x->order, node));
  for (PetscInt i = 0; i < x->nodes; i++) {
    const PetscInt e = x->order > 0 ? i / x->order : 0, a = i - e * x->order;
    x->node[i] = x->edge[e] + (x->edge[e + 1] - x->edge[e]) * node[a];
  }
  PetscCall(link_nodes(x));
  PetscCall(PetscFree(plane));
  PetscFunctionReturn(0);
}

PetscErrorCode TorusCreate(const CellProblem *problem, CellResolution resolution, Torus *torus)
{
  PetscFunctionBegin;
  PetscCheck(resolution.cells > 0 && resolution.order > 0 && resolution.order <= ELEMENT_MAX_ORDER,
             PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%" PetscInt_FMT " elements of order %" PetscInt_FMT,
             resolution.cells, resolution.order);
  PetscCall(PetscMemzero(torus, sizeof(*torus)));
  torus->dim = problem->dim;
  torus->cells = torus->nodes = torus->local = 1;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    PetscCall(axis_create(problem, resolution, c, &torus->axis[c]));
    torus->cells *= torus->axis[c].cells;
    torus->nodes *= torus->axis[c].nodes;
    torus->local *= torus->axis[c].order + 1;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode TorusDestroy(Torus *torus)
{
  PetscFunctionBegin;
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    TorusAxis *x = &torus->axis[c];
    PetscCall(PetscFree(x->edge));
    PetscCall(PetscFree(x->node));
    PetscCall(PetscFree3(x->length, x->neighbour, x->place));
  }
  PetscCall(PetscMemzero(torus, sizeof(*torus)));
  PetscFunctionReturn(0);
}

PetscErrorCode TorusFits(const Torus *torus, const CellProblem *problem, CellResolution resolution,
                         PetscBool *fits)
{
  PetscFunctionBegin;
  *fits = PETSC_FALSE;
  if (torus->dim != problem->dim) PetscFunctionReturn(0);
  for (PetscInt c = 0; c < problem->dim; c++) {
    const TorusAxis *x = &torus->axis[c];
    TorusAxis wanted = {0};
    PetscReal *plane;
    PetscBool same;
    if (varies(problem, c) != x->varies) PetscFunctionReturn(0);
    if (!x->varies) continue;
    if (x->order != resolution.order || x->cells != PetscMax(resolution.cells, planes(problem, c, NULL))) {
      PetscFunctionReturn(0);
    }
    PetscCall(PetscMalloc1(PetscMax(problem->n_breaks[c], 1), &plane));
    wanted.cells = x->cells;
    PetscCall(place_edges(&wanted, planes(problem, c, plane), plane));
    PetscCall(PetscArraycmp(wanted.edge, x->edge, x->cells + 1, &same));
    PetscCall(PetscFree(wanted.edge));
    PetscCall(PetscFree(plane));
    if (!same) PetscFunctionReturn(0);
  }
  *fits = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode TorusPattern(const Torus *torus, PetscInt **row, PetscInt **column)
{
  const TorusAxis *x = torus->axis;
  PetscInt i[3], k[3], r = 0, at = 0;
  PetscReal total = 1; /* the lengths multiply, so their sums do */

  PetscFunctionBegin;
  for (PetscInt c = 0; c < 3; c++) {
    PetscReal sum = 0;
    for (PetscInt n = 0; n < x[c].nodes; n++) sum += (PetscReal)x[c].length[n];
    total *= sum;
  }
  PetscCheck(total < PETSC_MAX_INT, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%g entries in the matrix of a cell problem: too many for these indices", (double)total);
  PetscCall(PetscMalloc1(torus->nodes + 1, row));
  PetscCall(PetscMalloc1((PetscInt)total, column));
  for (i[2] = 0; i[2] < x[2].nodes; i[2]++) {
    for (i[1] = 0; i[1] < x[1].nodes; i[1]++) {
      for (i[0] = 0; i[0] < x[0].nodes; i[0]++) {
        (*row)[r++] = at;
        for (k[2] = 0; k[2] < x[2].length[i[2]]; k[2]++) {
          for (k[1] = 0; k[1] < x[1].length[i[1]]; k[1]++) {
            for (k[0] = 0; k[0] < x[0].length[i[0]]; k[0]++) {
              PetscInt j[3];
              for (PetscInt c = 0; c < 3; c++) j[c] = x[c].neighbour[i[c] * x[c].width + k[c]];
              (*column)[at++] = TorusNode(torus, j);
            }
          }
        }
      }
    }
  }
  (*row)[r] = at;
  PetscFunctionReturn(0);
}

void TorusElement(const Torus *torus, PetscInt c, PetscInt e[])
{
  for (PetscInt k = 0; k < REITER_MAX_DIM; k++) {
    e[k] = c % torus->axis[k].cells;
    c /= torus->axis[k].cells;
  }
}

void TorusElementNodes(const Torus *torus, const PetscInt e[], PetscInt node[])
{
  const TorusAxis *x = torus->axis;
  PetscInt m = 0;

  for (PetscInt a2 = 0; a2 <= x[2].order; a2++) {
    for (PetscInt a1 = 0; a1 <= x[1].order; a1++) {
      for (PetscInt a0 = 0; a0 <= x[0].order; a0++) {
        const PetscInt i[3] = {TorusAxisNode(&x[0], e[0], a0), TorusAxisNode(&x[1], e[1], a1),
                               TorusAxisNode(&x[2], e[2], a2)};
        node[m++] = TorusNode(torus, i);
      }
    }
  }
}
