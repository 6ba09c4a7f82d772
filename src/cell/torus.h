/*
  The unit torus as a periodic tensor grid of Q_p elements: one axis per direction, possibly graded, with
  element boundaries on the planes where the coefficient has kinks. Any number of elements from 1 up works: in
  a single periodic element the last node is the first.

  Nodes are numbered with component 0 fastest, and so are elements and the local nodes of an element.
  Directions in which the coefficient does not vary get one element of order 1, hence one node; directions
  beyond `dim` one of order 0, so that loops may always run over three directions.
*/
#pragma once
#include <reiter/cell.h>

typedef struct {
  PetscInt order, cells, nodes; /* nodes = max(order*cells, 1), all different */
  PetscBool varies;             /* whether the coefficient does, along this direction */
  PetscReal *edge;              /* [cells + 1] increasing; edge[cells] = edge[0] + 1 */
  PetscReal *node;              /* [nodes] in [edge[0], edge[0] + 1) */
  PetscInt *length;             /* [nodes] how many nodes share an element with this one */
  PetscInt *neighbour;          /* [nodes][width] which, ascending */
  PetscInt width;
  PetscInt
      *place; /* [cells][order+1][order+1] where local node b stands among the neighbours of local node a */
} TorusAxis;

typedef struct {
  PetscInt dim;
  TorusAxis axis[REITER_MAX_DIM];
  PetscInt cells, nodes; /* of the whole grid */
  PetscInt local;        /* nodes of one element */
} Torus;

PetscErrorCode TorusCreate(const CellProblem *problem, CellResolution resolution, Torus *torus);
PetscErrorCode TorusDestroy(Torus *torus);
/* Whether the grid is the one that TorusCreate would make. */
PetscErrorCode TorusFits(const Torus *torus, const CellProblem *problem, CellResolution resolution,
                         PetscBool *fits);
/* Number of nodes of that grid. */
PetscInt TorusUnknowns(const CellProblem *problem, CellResolution resolution);
/* Largest number of intervals between breaks in one direction (1 without breaks). */
PetscInt TorusIntervals(const CellProblem *problem);
/* Row starts [nodes + 1] and columns of the matrix whose entries are all pairs of nodes with a common element. Caller
   frees both. */
PetscErrorCode TorusPattern(const Torus *torus, PetscInt **row, PetscInt **column);

/* The node of local node a of element e of an axis. */
static inline PetscInt TorusAxisNode(const TorusAxis *x, PetscInt e, PetscInt a)
{
  const PetscInt i = e * x->order + a;
  return i >= x->nodes ? i - x->nodes : i;
}

static inline PetscInt TorusNode(const Torus *t, const PetscInt i[])
{
  return i[0] + t->axis[0].nodes * (i[1] + t->axis[1].nodes * i[2]);
}

/* Nodes of the local nodes of element e (a triple), [torus->local]. */
void TorusElementNodes(const Torus *torus, const PetscInt e[], PetscInt node[]);
/* The element numbers of the c-th element of the grid. */
void TorusElement(const Torus *torus, PetscInt c, PetscInt e[]);
