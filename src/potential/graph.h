/*
  Formulas as a graph in which equal subexpressions are one node. Operands stand before the nodes that use
  them, so that every pass over a formula is a loop and hostile nesting cannot exhaust the stack.

  The functions that build nodes return their number, or -1 once the graph has failed; a failure stays, and
  GraphCheck() turns it into an error code. This keeps the rules of differentiation readable.
*/
#pragma once
#include <reiter/expression.h>
#include "operations.h"

typedef PetscInt NodeId;

typedef struct {
  Operation op;
  NodeId a, b, c; /* operands, -1: none */
  PetscInt variable;
  VariableSet variables; /* that the value depends on */
  PetscReal value;       /* of a constant */
} Node;

typedef struct {
  PetscInt n, capacity, limit;
  Node *nodes;
  PetscInt slots; /* a power of two */
  NodeId *table;  /* [slots] open addressing, -1: free */
  NodeId *mark, *stack;
  PetscInt marks, stamp;
  PetscBool full;       /* the limit was reached */
  PetscErrorCode error; /* of an allocation */
} Graph;

/* An expression is the part of a graph that its last node needs. */
struct _p_Expression {
  PetscInt references, n;
  Node *nodes;
};

#define GRAPH_PARSE_LIMIT  200000
#define GRAPH_DERIVE_LIMIT 4000000

PETSC_INTERN PetscErrorCode GraphCreate(PetscInt limit, Graph *g);
PETSC_INTERN PetscErrorCode FormulaGraphDestroy(Graph *g);
/* An error if the graph failed, for callers that have no user to tell. */
PETSC_INTERN PetscErrorCode GraphCheck(const Graph *g);
/* Adds the nodes of e; map[e->n] (or NULL) tells where they went; returns the root. */
PETSC_INTERN NodeId GraphImport(Graph *g, Expression e, NodeId map[]);
PETSC_INTERN PetscErrorCode GraphExtract(Graph *g, NodeId root, Expression *e);

/* A node as it is, found again if it exists. */
PETSC_INTERN NodeId GraphNode(Graph *g, Operation op, NodeId a, NodeId b, NodeId c);
PETSC_INTERN NodeId GraphConstant(Graph *g, PetscReal value);
PETSC_INTERN NodeId GraphVariable(Graph *g, PetscInt variable);
/* Simplified: constants folded as far as they are finite, neutral elements dropped, signs and constant
   factors moved outwards. */
PETSC_INTERN NodeId GraphApply(Graph *g, Operation op, NodeId a, NodeId b, NodeId c);

static inline NodeId GraphUnary(Graph *g, Operation op, NodeId a)
{
  return GraphApply(g, op, a, -1, -1);
}

static inline NodeId GraphBinary(Graph *g, Operation op, NodeId a, NodeId b)
{
  return GraphApply(g, op, a, b, -1);
}

static inline PetscBool GraphIsConstant(const Graph *g, NodeId a, PetscReal value)
{
  return (PetscBool)(g->nodes[a].op == OP_CONSTANT && g->nodes[a].value == value);
}
