/*
  The macroscopic domain: a box with a regular grid, or a Gmsh mesh (DMPlex), cut into elements of order 1 to 4, with
  what happens at its boundary; distributed over ranks by a PetscPartitioner ("metis" is registered here).

  Numbers: a node's natural number does not depend on the number of ranks (box: component 0 fastest, periodic images
  once); its global number is PETSc's (contiguous per rank); its local number counts owned nodes, then ghosts.
*/
#pragma once
#include <petscmat.h>
#include <reiter/expression.h>
#include <reiter/output.h>

typedef struct _p_Domain *Domain;

typedef enum { BOUNDARY_REFLECTING, BOUNDARY_PERIODIC, BOUNDARY_ABSORBING } Boundary;

/* What every consumer may look at; borrowed from the domain. */
typedef struct {
  PetscInt dim, order;
  PetscBool box;                       /* a regular grid */
  PetscBool simplex;                   /* else tensor elements (a box or a line always) */
  PetscReal bounds[REITER_MAX_DIM][2]; /* of the box, or around the mesh */
  PetscInt cells[REITER_MAX_DIM];      /* of the box */
  PetscInt grid[REITER_MAX_DIM]; /* box: distinct nodes per direction: cells*order + 1, less 1 if periodic */
  Boundary sides[REITER_MAX_DIM][2]; /* of the box */
  PetscReal h;                       /* the largest element's diameter over its order */
  PetscInt n_elements;               /* of this rank */
  PetscInt nodes_per_element;    /* (order+1)^dim, component 0 fastest, at Gauss-Lobatto points; simplex: the
                                        lattice i+j+k <= order, i fastest, equally spaced */
  const PetscInt *element_nodes; /* [n_elements][nodes_per_element] local numbers */
  PetscInt n_nodes, n_owned;     /* local: with ghosts, without */
  PetscInt n_global, first_global;
  const PetscInt *global;     /* [n_nodes] */
  const PetscInt *natural;    /* [n_nodes] */
  const PetscReal *x;         /* [n_nodes][dim] */
  const PetscBool *absorbing; /* [n_nodes] the node lies on an absorbing part of the boundary */
} DomainMesh;

/* Registers the PetscPartitioner "metis" (METIS_PartGraphKway, fixed seed). */
PetscErrorCode DomainPartitionerRegister(void);

/* cells[dim] elements of the given order over box[dim][2]; a periodic direction has both sides periodic. Collective. */
PetscErrorCode DomainCreateBox(MPI_Comm comm, PetscInt dim, const PetscReal box[][2], const PetscInt cells[],
                               PetscInt order, const Boundary sides[][2], Domain *domain);
/* A .msh file, version 2 or 4, through DMPlex; simplices, or quadrilaterals/hexahedra, not mixed. Physical groups of
   codimension one are named in groups[n] with their kind (reflecting or absorbing); the rest of the boundary is
   `otherwise`. A mistake (no such file, unknown group with the nearest name, mixed or inverted cells, wrong dimension)
   goes to *refused (a sentence, PetscFree); *which is the group to blame or -1. Collective. */
PetscErrorCode DomainCreateMesh(MPI_Comm comm, PetscInt dim, const char path[], PetscInt order,
                                PetscInt n_groups, const char *const groups[], const Boundary kinds[],
                                Boundary otherwise, Domain *domain, char **refused, PetscInt *which);
PetscErrorCode DomainDestroy(Domain *domain);
/* Every Domain is ready after Create; options -domain_petscpartitioner_type (metis is the default on more than one rank)
   are read there. */
PetscErrorCode DomainGetMesh(Domain domain, const DomainMesh **mesh);
PetscErrorCode DomainGetComm(Domain domain, MPI_Comm *comm);
/* The corners of a local element: box 2^dim, component 0 fastest (images across a periodic side are unwrapped);
   quadrilateral and hexahedron the same; simplex dim + 1. v[corner][dim]. */
PetscErrorCode DomainElementCorners(Domain domain, PetscInt element, PetscReal v[]);
/* The local element that holds x, and the reference coordinates in [0,1]^dim (simplex: barycentric without the first);
   *element = -1 if none of this rank does. Ties go to the lowest natural element number, on one rank only. Collective. */
PetscErrorCode DomainLocate(Domain domain, const PetscReal x[], PetscInt *element, PetscReal reference[]);
/* A matrix on the nodes, preallocated for elements; a vector on them. */
PetscErrorCode DomainCreateMatrix(Domain domain, Mat *A);
PetscErrorCode DomainCreateVector(Domain domain, Vec *v);
/* Owned and ghost values of a node vector, in local numbers; values[n_nodes]. Collective. */
PetscErrorCode DomainGetLocalValues(Domain domain, Vec v, PetscReal values[]);
/* A node vector in natural order on rank 0 (values[n_global], ignored elsewhere), and back. Collective. */
PetscErrorCode DomainGather(Domain domain, Vec v, PetscReal values[]);
PetscErrorCode DomainScatter(Domain domain, const PetscReal values[], Vec v);
/* For the fields on disk, on rank 0: nodes (a periodic box is closed again), cells as linear pieces, and for each node
   of the picture its natural number; arrays belong to the domain. *mesh is meaningful on rank 0 only. Collective. */
PetscErrorCode DomainGetFieldMesh(Domain domain, const FieldMesh **mesh, const PetscInt **natural);
