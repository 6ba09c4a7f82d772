/* How many states there are: between the events of one parameter, and over a grid of two. */
#include <reiter/transitions.h>
#include <stdint.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
  const PetscReal p = *(const PetscReal *)a, q = *(const PetscReal *)b;

  return (p > q) - (p < q);
}

/* Where a branch goes through a face of the box, to second order in the last step, which is tiny. */
static PetscBool leaves_box(PetscInt d, const PetscReal box[][2], const PetscReal range[2],
                            const CurvePoint *end, PetscReal way, PetscReal *p)
{
  PetscReal first = PETSC_MAX_REAL;

  for (PetscInt i = 0; i < d; ++i) {
    const PetscReal speed = way * end->t[i], left = box[i][speed > 0] - end->u[i];

    if (PetscAbsReal(left) < 1e-4 * (box[i][1] - box[i][0]) && speed != 0)
      first = PetscMin(first, left / speed);
  }
  if (!(first < PETSC_MAX_REAL)) return PETSC_FALSE;
  *p = end->u[d] + first * way * end->t[d];
  return (PetscBool)(*p > range[0] && *p < range[1]);
}

PetscErrorCode IntervalsFind(const EnergyFamily *family, const PetscReal box[][2], const PetscReal range[2],
                             PetscReal q, const Branches *branches, PetscInt *n, StateInterval **intervals)
{
  const PetscInt d = family->dim;
  PetscInt events = branches->n_events;
  PetscReal *ends;

  PetscFunctionBegin;
  *n = 0;
  PetscCall(PetscMalloc1(events + 2 * branches->n_curves + 1, &ends));
  PetscCall(PetscMalloc1(events + 2 * branches->n_curves + 1, intervals));
  for (PetscInt k = 0; k < events; ++k) ends[k] = branches->events[k].p[0];
  for (PetscInt k = 0; k < branches->n_curves; ++k) {
    const Curve *const c = &branches->curves[k];

    if (c->closed || !c->n) continue;
    if (leaves_box(d, box, range, &c->points[0], -1, &ends[events])) ++events;
    if (leaves_box(d, box, range, &c->points[c->n - 1], 1, &ends[events])) ++events;
  }
  ends[events] = range[1];
  qsort(ends, (size_t)events, sizeof(*ends), ascending);
  for (PetscInt k = 0; k <= events; ++k) {
    StateInterval interval = {.from = *n ? (*intervals)[*n - 1].to : range[0], .to = ends[k]};
    const PetscReal p[2] = {.5 * (interval.from + interval.to), q};
    StationaryPoints points;

    /* symmetric events stand at one value, but for round-off */
    if (interval.to - interval.from < 1e-9 * (range[1] - range[0])) continue;
    PetscCall(StationaryPointsFind(family, box, p, &points));
    for (PetscInt i = 0; i < points.n; ++i) {
      if (points.points[i].index)
        ++interval.unstable;
      else
        ++interval.stable;
    }
    interval.checked = points.degree_checked;
    PetscCall(StationaryPointsDestroy(&points));
    (*intervals)[(*n)++] = interval;
  }
  PetscCall(PetscFree(ends));
  PetscFunctionReturn(0);
}

/* What one node of a map tells the other ranks; zero where it was not looked at. */
typedef struct {
  int64_t kind; /* the indices in the order of the points, base 4 behind a leading 1 */
  int64_t points, minima, unchecked;
} Node;

static PetscErrorCode look(const EnergyFamily *family, const PetscReal box[][2], const PetscReal p[],
                           Node *node)
{
  StationaryPoints points;

  PetscFunctionBegin;
  PetscCall(StationaryPointsFind(family, box, p, &points));
  *node = (Node){1, points.n, 0, !points.degree_checked};
  for (PetscInt i = 0; i < points.n; ++i) {
    /* of more than thirty points the first ones are forgotten */
    node->kind = (4 * node->kind + points.points[i].index) & INT64_C(0x3fffffffffffffff);
    node->minima += points.points[i].index == 0;
  }
  PetscCall(StationaryPointsDestroy(&points));
  PetscFunctionReturn(0);
}

static int by_kind(const void *a, const void *b)
{
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

  return (x > y) - (x < y);
}

static PetscErrorCode number_regions(PetscInt total, const Node nodes[], PhaseMap *map)
{
  int64_t *kinds;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(total, &kinds));
  for (PetscInt i = 0; i < total; ++i) kinds[i] = nodes[i].kind;
  qsort(kinds, (size_t)total, sizeof(*kinds), by_kind);
  for (PetscInt i = 0; i < total; ++i)
    if (!n || kinds[i] != kinds[n - 1]) kinds[n++] = kinds[i];
  map->n_regions = n;
  for (PetscInt i = 0; i < total; ++i) {
    map->points[i] = (PetscInt)nodes[i].points;
    map->minima[i] = (PetscInt)nodes[i].minima;
    map->unchecked += nodes[i].unchecked != 0;
    for (PetscInt k = 0; k < n; ++k)
      if (kinds[k] == nodes[i].kind) map->region[i] = k + 1;
  }
  PetscCall(PetscFree(kinds));
  PetscFunctionReturn(0);
}

void PhaseMapNode(const PetscReal ranges[][2], PetscInt n, PetscInt node, PetscReal p[2])
{
  for (PetscInt a = 0; a < 2; ++a) {
    const PetscInt at = a ? node / n : node % n;

    p[a] = ranges[a][0] + (ranges[a][1] - ranges[a][0]) * ((PetscReal)at + 0.5) / (PetscReal)n;
  }
}

PetscErrorCode PhaseMapMake(MPI_Comm comm, const EnergyFamily *family, const PetscReal box[][2],
                            const PetscReal ranges[][2], PetscInt n, const volatile int *interrupted,
                            PhaseMap *map, PetscBool *whole)
{
  const PetscInt total = n * n;
  PetscMPIInt rank, size;
  int stopped = 0;
  PetscReal p[2];
  Node *nodes;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  *map = (PhaseMap){.n = n};
  PetscCall(PetscCalloc3(total, &map->points, total, &map->minima, total, &map->region));
  PetscCall(PetscCalloc1(total, &nodes));
  for (PetscInt i = 0; i < total && !stopped; ++i) {
    if (i / n % size != rank) continue;
    PhaseMapNode(ranges, n, i, p);
    PetscCall(look(family, box, p, &nodes[i]));
    if (interrupted && *interrupted) stopped = 1;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &stopped, 1, MPI_INT, MPI_MAX, comm));
  *whole = (PetscBool)!stopped;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, nodes, (PetscMPIInt)(4 * total), MPI_INT64_T, MPI_SUM, comm));
  if (*whole) PetscCall(number_regions(total, nodes, map));
  PetscCall(PetscFree(nodes));
  PetscFunctionReturn(0);
}

PetscErrorCode PhaseMapFree(PhaseMap *map)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(map->points, map->minima, map->region));
  map->n = 0;
  PetscFunctionReturn(0);
}
