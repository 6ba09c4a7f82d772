/*
  Exact derivatives. One pass over the formula gives the derivative of every subexpression; as equal
  subexpressions are one node, the derivative of n operations has a small multiple of n.
*/
#include "graph.h"

static NodeId add(Graph *g, NodeId a, NodeId b)
{
  return GraphBinary(g, OP_ADD, a, b);
}

static NodeId sub(Graph *g, NodeId a, NodeId b)
{
  return GraphBinary(g, OP_SUB, a, b);
}

static NodeId mul(Graph *g, NodeId a, NodeId b)
{
  return GraphBinary(g, OP_MUL, a, b);
}

static NodeId quotient(Graph *g, NodeId a, NodeId b)
{
  return GraphBinary(g, OP_DIV, a, b);
}

static NodeId number(Graph *g, PetscReal value)
{
  return GraphConstant(g, value);
}

static NodeId square(Graph *g, NodeId a)
{
  return GraphBinary(g, OP_POW, a, number(g, 2));
}

/* f'(a) where self = f(a). */
static NodeId slope(Graph *g, Operation op, NodeId a, NodeId self)
{
  switch (op) {
  case OP_NEG:
    return number(g, -1);
  case OP_SIN:
    return GraphUnary(g, OP_COS, a);
  case OP_COS:
    return GraphUnary(g, OP_NEG, GraphUnary(g, OP_SIN, a));
  case OP_TAN:
    return add(g, number(g, 1), square(g, self));
  case OP_ASIN:
    return quotient(g, number(g, 1), GraphUnary(g, OP_SQRT, sub(g, number(g, 1), square(g, a))));
  case OP_ACOS:
    return quotient(g, number(g, -1), GraphUnary(g, OP_SQRT, sub(g, number(g, 1), square(g, a))));
  case OP_ATAN:
    return quotient(g, number(g, 1), add(g, number(g, 1), square(g, a)));
  case OP_SINH:
    return GraphUnary(g, OP_COSH, a);
  case OP_COSH:
    return GraphUnary(g, OP_SINH, a);
  case OP_TANH:
    return quotient(g, number(g, 1), square(g, GraphUnary(g, OP_COSH, a)));
  case OP_EXP:
    return self;
  case OP_LOG:
    return quotient(g, number(g, 1), a);
  case OP_SQRT:
    return quotient(g, number(g, .5), self);
  case OP_ERF:
    return mul(g, number(g, M_2_SQRTPI), GraphUnary(g, OP_EXP, GraphUnary(g, OP_NEG, square(g, a))));
  case OP_ABS:
    return GraphUnary(g, OP_SIGN, a);
  default:
    return number(g, 0); /* sign and floor: the jumps do not count */
  }
}

/* The derivative of a^b: b a^(b-1) a' + a^b log(a) b'. */
static NodeId derive_power(Graph *g, NodeId self, NodeId a, NodeId b, NodeId da, NodeId db)
{
  NodeId base = mul(g, mul(g, b, GraphBinary(g, OP_POW, a, sub(g, b, number(g, 1)))), da);

  return add(g, base, mul(g, mul(g, self, GraphUnary(g, OP_LOG, a)), db));
}

static NodeId derive_binary(Graph *g, Operation op, NodeId self, NodeId a, NodeId b, NodeId da, NodeId db)
{
  switch (op) {
  case OP_ADD:
    return add(g, da, db);
  case OP_SUB:
    return sub(g, da, db);
  case OP_MUL:
    return add(g, mul(g, da, b), mul(g, a, db));
  case OP_DIV:
    return sub(g, quotient(g, da, b), quotient(g, mul(g, self, db), b));
  case OP_POW:
    return derive_power(g, self, a, b, da, db);
  case OP_MOD:
    return sub(g, da, mul(g, db, GraphUnary(g, OP_FLOOR, quotient(g, a, b))));
  case OP_MIN:
    return GraphApply(g, OP_IF, GraphBinary(g, OP_LE, a, b), da, db);
  case OP_MAX:
    return GraphApply(g, OP_IF, GraphBinary(g, OP_GE, a, b), da, db);
  default:
    return number(g, 0); /* comparisons */
  }
}

PetscErrorCode ExpressionDerive(Expression e, PetscInt variable, Expression *derivative)
{
  Graph g;
  NodeId *map, *slopes;

  PetscFunctionBegin;
  PetscCheck(variable >= 0 && variable < REITER_SLOTS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "No variable %" PetscInt_FMT, variable);
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  PetscCall(PetscMalloc2(e->n, &map, e->n, &slopes));
  GraphImport(&g, e, map);
  for (PetscInt i = 0; i < e->n && !g.full && !g.error; i++) {
    const Node *node = &e->nodes[i];
    NodeId a = node->a < 0 ? -1 : map[node->a], da = node->a < 0 ? -1 : slopes[node->a];
    NodeId b = node->b < 0 ? -1 : map[node->b], db = node->b < 0 ? -1 : slopes[node->b];

    if (!(node->variables >> variable & 1))
      slopes[i] = number(&g, 0);
    else if (node->op == OP_VARIABLE)
      slopes[i] = number(&g, 1);
    else if (node->op == OP_IF)
      slopes[i] = GraphApply(&g, OP_IF, a, db, slopes[node->c]);
    else if (OperationArity(node->op) == 1)
      slopes[i] = mul(&g, slope(&g, node->op, a, map[i]), da);
    else
      slopes[i] = derive_binary(&g, node->op, map[i], a, b, da, db);
  }
  PetscCall(GraphCheck(&g));
  PetscCall(GraphExtract(&g, slopes[e->n - 1], derivative));
  PetscCall(PetscFree2(map, slopes));
  PetscCall(FormulaGraphDestroy(&g));
  PetscFunctionReturn(0);
}
