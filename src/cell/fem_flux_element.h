/*
  Fluxes J in one element of three dimensions (Raviart-Thomas): component c has the order p of the element along
  direction c and p - 1 across, given by its values at GLL nodes along and Gauss points across. div J, of order p - 1,
  vanishes at the Gauss points and so everywhere. For a potential given on the faces, J is the flux without divergence
  that minimises  int J.K^{-1} J / 2 - int over the boundary of psi J.n,  and the energy is a form of psi:

    int J.K^{-1} J = psi^T matrix psi.
*/
#pragma once
#include "fem_element.h"
#include "fem_faces.h"

/* The two kinds of one-dimensional functions, ALONG (GLL, order p) and ACROSS (Gauss, order p - 1), at the points of
   a quadrature. */
typedef struct {
  PetscInt n[2];         /* how many */
  PetscInt points;       /* */
  PetscReal *at[2];      /* [n][points] */
  PetscReal *pair[2][2]; /* [points][n*n] */
} FluxTable;

typedef struct {
  const Torus *torus;
  const Faces *faces;
  PetscInt n[3][3];      /* [c][d] functions of component c in direction d */
  PetscInt offset[4];    /* where the values of component c begin */
  PetscInt inner;        /* Gauss points: values of the potential inside */
  PetscReal *weight[3];  /* [order] of Gauss points */
  PetscReal *slope[3];   /* [order][order + 1] derivative of ALONG functions at the Gauss points */
  FluxTable table[2][3]; /* of the assembly's and the rich quadrature */
  PetscInt blocks;       /* 3 if the components do not couple, 1 if they do */
  PetscInt rows[3], columns[3];
  PetscInt *column[3]; /* [columns] of a block: places in (inner potential, faces) */
  PetscReal *mass[3];  /* [rows][rows] Cholesky factor of the form of K^{-1} */
  PetscReal *image[3]; /* [rows][columns] factor^{-1} times the forms of divergence and trace */
  PetscReal *whole;    /* (inner + local)^2 */
  PetscReal *room, *buffer[2];
} FluxElement;

PetscErrorCode FluxElementCreate(const Torus *torus, const Faces *faces, const FemQuadrature *quadrature,
                                 const FemQuadrature *rich, PetscBool scalar, FluxElement *flux);
PetscErrorCode FluxElementDestroy(FluxElement *flux);
/* Forms matrix[local][local] for exp(-level) K^{-1} on the element that the view stands on; false if round-off makes
   a form that should be positive lose that. */
PetscErrorCode FluxElementReduce(FluxElement *flux, FemElement *element, PetscReal matrix[],
                                 PetscBool *positive);
/* After FluxElementReduce on the same element: the fluxes J[values] of psi[local]. */
PetscErrorCode FluxElementFlux(FluxElement *flux, const PetscReal psi[], PetscReal J[]);
/* Component c of J at the points of the rich quadrature. */
void FluxElementAt(FluxElement *flux, PetscInt c, const PetscReal J[], PetscReal out[]);
