/*
  Small eigenvalues, passage times and committors of a reversible Markov chain on a graph, with relative accuracy
  whatever the condition number: Gaussian elimination without subtraction (mathematics, eq. 2.7; Grassmann, Taksar,
  Heyman; Alfa, Xue, Ye, Math. Comp. 71 (2002) 217), ordered by METIS nested dissection, fronts eliminated densely.

  Not collective: works on one rank with the graph it is given (diffusion.h).
*/
#pragma once
#include <reiter/diffusion.h>

typedef struct _p_Elimination *Elimination;

typedef enum { PRECISION_AUTO, PRECISION_DOUBLE, PRECISION_LONG_DOUBLE } Precision;

/* Numbers whose exponent may leave the range of a double: value = sign * exp(log). */
typedef struct {
  PetscReal log; /* -infinity: zero */
  PetscInt sign;
} LogReal;

/* grounded[n_grounded]: nodes held at zero (they may also be the set to be reached). With no killing in the graph at
   least one node must be grounded in every component. AUTO takes long double where the weights that matter would
   underflow in double. */
PetscErrorCode EliminationCreate(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                                 Precision precision, Elimination *elimination);
PetscErrorCode EliminationDestroy(Elimination *elimination);
/* x = A^-1 r for r >= 0: componentwise accurate. log_r[n], log_x[n] natural logarithms (-infinity: zero). */
PetscErrorCode EliminationSolve(Elimination elimination, const PetscReal log_r[], PetscReal log_x[]);
/* Fill and work, for the log. */
PetscErrorCode EliminationGetInfo(Elimination elimination, PetscInt64 *entries, PetscReal *flops,
                                  Precision *precision);

/* The smallest nonzero eigenvalues of the chain (or the smallest, with killing): each with its own relative accuracy.
   log_lambda[k], relative error estimates error[k] of the linear algebra alone, and eigenfunctions f[k][n] (bounded,
   largest value 1; may be NULL). *n_found <= count: how many lie in the cluster of slow modes that this method gives;
   at least the first, unless the graph is not connected, the numbers leave the range of a long double (n_found = 0; the
   same after an interruption). wells[k] are the nodes at the bottoms of the wells that were found, deepest first. */
typedef struct {
  PetscInt n_found;
  PetscReal *log_lambda, *error;
  PetscReal *f; /* [n_found][n] */
  PetscInt *wells, n_wells;
  PetscInt iterations;
  Precision precision;
} GraphModes;
PetscErrorCode GraphComputeModes(const Graph *graph, PetscInt count, Precision precision,
                                 const volatile int *interrupted, GraphModes *modes);
PetscErrorCode GraphModesDestroy(GraphModes *modes);
/* log of the mean time to reach the target (or to be absorbed) from every node; target[n]. -infinity on the target,
   +infinity where it cannot be reached. */
PetscErrorCode GraphPassageTime(const Graph *graph, const PetscBool target[], Precision precision,
                                PetscReal log_time[]);
/* Probability to reach b before a, and log of the capacity sum_ij w_ij (q_i - q_j)^2. q[n] in [0, 1], with 1 - q as
   accurate as q: log_q and log_1mq, each may be NULL. Each edge counts once; who is killed never reaches b, and 1 - q
   holds that too. */
PetscErrorCode GraphCommittor(const Graph *graph, const PetscBool a[], const PetscBool b[],
                              Precision precision, PetscReal q[], PetscReal log_q[], PetscReal log_1mq[],
                              PetscReal *log_capacity);
