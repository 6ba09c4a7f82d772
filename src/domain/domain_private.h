/*
  Inside of the domain: the whole mesh as every rank can describe it, from which each rank keeps its part.
*/
#pragma once
#include <petscpartitioner.h>
#include <reiter/domain.h>

#define DOMAIN_MAX_ORDER   4
#define DOMAIN_MAX_NODES   125 /* of an element: (order + 1)^3 */
#define DOMAIN_MAX_CORNERS 8

/* Natural numbers throughout. A box is a formula and some axes; a mesh is arrays, on every rank while the domain is
   made, on rank 0 for good. */
typedef struct {
  PetscInt dim, order, n_elements, n_nodes, nodes_per_element;
  PetscBool box, simplex;
  PetscInt cells[REITER_MAX_DIM], grid[REITER_MAX_DIM];
  Boundary sides[REITER_MAX_DIM][2];
  PetscReal *edge[REITER_MAX_DIM]; /* box: [cells + 1] */
  PetscReal *axis[REITER_MAX_DIM]; /* box: [cells*order + 1], the closing plane of a periodic side included */
  PetscInt *element_nodes;         /* mesh: [n_elements][nodes_per_element] */
  PetscReal *x;                    /* mesh: [n_nodes][dim] */
  PetscBool *absorbing;            /* mesh: [n_nodes] */
  PetscInt *start,
      *adjacency; /* mesh, rank 0: elements that share a face, [n_elements + 1] and [start[n_elements]] */
} Whole;

struct _p_Domain {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  Whole whole;
  DomainMesh mesh;
  PetscInt *element_nodes, *element_natural; /* element_natural: the identity on one rank, not stored */
  PetscInt *global, *natural;                /* one array on one rank */
  PetscReal *x;
  PetscBool *absorbing;
  PetscInt *diagonal, *off_diagonal; /* [n_owned] entries of the rows of a matrix on the nodes */
  PetscInt *gathered;                /* rank 0 of several: [n_global] natural number of each global one */
  PetscMPIInt *counts, *firsts;      /* several ranks: [size] owned nodes, first global number */
  Vec local;                         /* with `scatter`, made at the first use */
  VecScatter scatter;
  FieldMesh picture; /* rank 0, made at the first use */
  PetscInt *picture_natural, *picture_cells;
};

/* whole.c: what both kinds of mesh answer. */
void WholeElement(const Whole *whole, PetscInt element, PetscInt nodes[]);
void WholeCorners(const Whole *whole, PetscInt element, PetscReal v[]);
PetscInt WholeNumberOfCorners(const Whole *whole);
/* The place of corner k in the list of an element's nodes. */
PetscInt WholeCornerPlace(const Whole *whole, PetscInt k);
/* Coordinates and mark of n nodes given by natural numbers; x[n][dim]. */
PetscErrorCode WholeNodes(const Whole *whole, PetscInt n, const PetscInt natural[], PetscReal x[],
                          PetscBool absorbing[]);
/* Elements that share a face. Both arrays are the caller's (PetscFree). */
PetscErrorCode WholeGraph(const Whole *whole, PetscInt **start, PetscInt **adjacency);
PetscErrorCode WholeDestroy(Whole *whole);
/* The order + 1 Gauss-Lobatto points of [0, 1]. */
void GaussLobatto(PetscInt order, PetscReal point[]);

/* partition.c: part[n_elements] on every rank, PetscFree; NULL on one rank. Collective. */
PetscErrorCode PartitionElements(MPI_Comm comm, const Whole *whole, PetscMPIInt **part);
/* distribute.c: what this rank keeps of domain->whole. Collective. */
PetscErrorCode DomainDistribute(Domain domain);
/* domain.c: takes the whole over, and leaves it empty. Collective. */
PetscErrorCode DomainCreate(MPI_Comm comm, Whole *whole, Domain *domain);
