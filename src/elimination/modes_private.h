#pragma once
#include "elimination_private.h"

/* A graph with its masses in units of exp(log_mass_unit), the largest. */
typedef struct {
  const Graph *g;
  PetscInt n;
  PetscBool killed;
  PetscReal log_mass_unit;
  long double *mass, total;
  Precision precision;
  const volatile int *interrupted;
} Chain;

/*
  m nodes, the bottoms of wells, are held: with Q_j the probability to reach bottom j first, G the inverse of A with
  the bottoms grounded, an eigenfunction is exactly
      f = Q c + lambda G B f,   Sigma c = lambda Q^T B f = lambda M(lambda) c,
      M(lambda) = sum_k lambda^k Q^T B (G B)^k Q,
  and Sigma, the conductances between the bottoms that elimination leaves, has only positive entries off its diagonal
  (the last column is the outside). time = max (G B 1), the longest mean time to a bottom, bounds |G B| rigorously, so
  that all eigenvalues below 1/time are among these.
*/
typedef struct {
  PetscInt m, n_slow; /* n_slow: eigenvalues of Sigma without the zero */
  const PetscInt *bottoms;
  Elimination E;
  PetscInt order;       /* powers of G B that are there */
  long double *powers;  /* [(order + 1) m][n] (G B / time)^k Q_j */
  long double *moments; /* [2 order + 1][m][m] of M in powers of lambda time */
  long double *sigma;   /* [m][m + 1] */
  long double time;
  PetscInt slowest;        /* the node where that time is reached */
  long double asymmetry;   /* of what must be symmetric: rounding as it happened */
  PetscInt n_claimed;      /* how many eigenvalues the series gives */
  long double *lambda, *c; /* [n_slow], [n_slow][m] */
  PetscBool failed;        /* out of range of the numbers, or interrupted */
} Cluster;

/* like: an earlier elimination of the graph, whose order serves again; or NULL. */
PetscErrorCode ClusterCreate(const Chain *chain, PetscInt m, const PetscInt bottoms[], const Elimination like,
                             Cluster *cluster);
PetscErrorCode ClusterDestroy(Cluster *cluster);
/* The k-th eigenfunction of those claimed, not normalised. */
PetscErrorCode ClusterGetFunction(const Chain *chain, const Cluster *cluster, PetscInt k, long double f[]);

/* Sigma c = lambda M c for a graph Laplacian Sigma[m][m + 1] (last column: killing) and a positive definite M, each
   lambda relatively accurate however graded they are; ascending, without the zero when nothing is killed.
   *ok is false if M is not positive definite. lambda[n], c[n][m] with n = m, or m - 1. */
PetscErrorCode PencilSolve(PetscInt m, PetscBool killed, const long double sigma[], const long double M[],
                           long double lambda[], long double c[], PetscBool *ok);

/* Bottoms of the wells deeper than the barrier (in logarithms of the weight), by falling persistence. */
PetscErrorCode WellsFind(const Graph *graph, PetscReal barrier, PetscInt *n, PetscInt **bottoms,
                         PetscReal **persistence);

/* The eigenvalues beyond those of a cluster whose modes are all claimed, by Lanczos' method for the inverse.
   lambda[count] ascending, f[count][n], error[count]; *found <= count. */
PetscErrorCode FastModes(const Chain *chain, const Cluster *cluster, PetscInt count, PetscInt *found,
                         long double lambda[], PetscReal error[], PetscReal *f, PetscInt *iterations);
/* x = G B v by its positive and its negative part; load = B v. */
PetscErrorCode SolveSigned(Elimination E, const long double load[], long double x[]);
