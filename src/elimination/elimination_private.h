#pragma once
#include <reiter/elimination.h>

/*
  What is eliminated when, and in which dense fronts. Free nodes are those that are neither grounded nor cut off from
  every grounded or killed node; they are numbered 0..n-1 by position, the order of elimination. A front takes the
  positions first[s]..first[s+1]-1 as pivots; its further rows, ascending, are those of its update.
*/
typedef struct {
  PetscInt n;
  PetscInt *order;    /* [n] the graph's node at a position */
  PetscInt *position; /* [nodes of the graph] its position, or one of the two below */
  PetscInt n_fronts, *first, *parent;
  PetscInt64 *rows_at; /* [n_fronts + 1] */
  PetscInt *rows;
  PetscInt64 *panel_at; /* [n_fronts + 1] where the pivot columns of a front start in the factor */
  PetscInt largest_front, largest_update;
  PetscInt64 largest_stack; /* entries of the update matrices that wait for their parent */
  PetscReal flops;
} Plan;
enum { POSITION_GROUNDED = -1, POSITION_UNREACHABLE = -2 };

/* like: a plan of the same graph with other grounded nodes, whose order serves again; or NULL. */
PetscErrorCode PlanCreate(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                          const Plan *like, Plan *plan);
PetscErrorCode PlanDestroy(Plan *plan);

/*
  Weights are scaled symmetrically by powers of two: w_ij = 2^(e_i + e_j) v_ij exp(log_unit), 4^e_i about the degree of
  node i. A pivot never exceeds the degree, so that all scaled quantities lie in [0, about 1], and a double holds
  landscapes of depth exp(1400). The killing is an edge to a node outside with its own exponent.
*/
struct _p_Elimination {
  PetscInt n_graph;
  Plan plan;
  Precision precision;
  PetscReal log_unit;
  int *exponent; /* [plan.n] by position */
  int outside, spread;
  void *panels, *roots; /* of the precision: L = v / sqrt(s), columns of fronts; sqrt(s) */
  PetscInt lost;        /* pivots that underflowed */
  PetscReal least_log_pivot;
};

/* EliminationCreate with the order of an earlier one, or NULL. */
PetscErrorCode EliminationCreateLike(const Graph *graph, PetscInt n_grounded, const PetscInt grounded[],
                                     Precision precision, const Elimination like, Elimination *elimination);
PetscErrorCode FactorDouble(Elimination elimination, const Graph *graph);
PetscErrorCode FactorLongDouble(Elimination elimination, const Graph *graph);
PetscErrorCode SubstituteDouble(Elimination elimination, long double x[]);
PetscErrorCode SubstituteLongDouble(Elimination elimination, long double x[]);

/* x = A^-1 r in units of exp(log_unit); r >= 0 and x by node of the graph, 0 where a node is not free; may be the
   same array. */
PetscErrorCode EliminationApply(Elimination elimination, const long double r[], long double x[]);
/* exp(log_weight - log_unit) with the digits that the logarithm has. */
long double GraphRelative(PetscReal log_value, PetscReal log_unit);
