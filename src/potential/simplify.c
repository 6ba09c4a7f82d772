/*
  The rules by which formulas shrink while they are built. Each rule is exact in real arithmetic; where an
  operand is infinite or not a number the rules may remove the fault, never add one.
*/
#include "graph.h"

static NodeId add(Graph *g, NodeId a, NodeId b);
static NodeId mul(Graph *g, NodeId a, NodeId b);
static NodeId neg(Graph *g, NodeId a);

static PetscBool is_number(const Graph *g, NodeId a)
{
  return (PetscBool)(g->nodes[a].op == OP_CONSTANT);
}

/* A constant that could not be folded because it is not finite: rules must not make it vanish. */
static PetscBool is_fault(const Graph *g, NodeId a)
{
  return (PetscBool)(g->nodes[a].variables == 0 && !is_number(g, a));
}

static NodeId neg(Graph *g, NodeId a)
{
  Node n;

  if (a < 0) return -1;
  n = g->nodes[a]; /* a copy: the array moves when the graph grows */
  if (n.op == OP_NEG) return n.a;
  if (n.op == OP_CONSTANT) return GraphConstant(g, -n.value);
  if (n.op == OP_SUB) return GraphNode(g, OP_SUB, n.b, n.a, -1);
  if (n.op == OP_MUL && is_number(g, n.a)) return mul(g, GraphConstant(g, -g->nodes[n.a].value), n.b);
  if (n.op == OP_MUL && is_number(g, n.b)) return mul(g, GraphConstant(g, -g->nodes[n.b].value), n.a);
  if (n.op == OP_DIV && is_number(g, n.a)) {
    return GraphNode(g, OP_DIV, GraphConstant(g, -g->nodes[n.a].value), n.b, -1);
  }
  return GraphNode(g, OP_NEG, a, -1, -1);
}

static NodeId sub(Graph *g, NodeId a, NodeId b)
{
  if (a < 0 || b < 0) return -1;
  if (GraphIsConstant(g, b, 0)) return a;
  if (GraphIsConstant(g, a, 0)) return neg(g, b);
  if (a == b && !is_fault(g, a)) return GraphConstant(g, 0);
  if (g->nodes[b].op == OP_NEG) return add(g, a, g->nodes[b].a);
  if (g->nodes[a].op == OP_NEG) return neg(g, add(g, g->nodes[a].a, b));
  return GraphNode(g, OP_SUB, a, b, -1);
}

static NodeId add(Graph *g, NodeId a, NodeId b)
{
  if (a < 0 || b < 0) return -1;
  if (GraphIsConstant(g, a, 0)) return b;
  if (GraphIsConstant(g, b, 0)) return a;
  if (a == b) return mul(g, GraphConstant(g, 2), a);
  if (g->nodes[b].op == OP_NEG) return sub(g, a, g->nodes[b].a);
  if (g->nodes[a].op == OP_NEG) return sub(g, b, g->nodes[a].a);
  return GraphNode(g, OP_ADD, a, b, -1);
}

static NodeId div_by(Graph *g, NodeId a, NodeId b)
{
  if (a < 0 || b < 0) return -1;
  if (GraphIsConstant(g, b, 1)) return a;
  if (GraphIsConstant(g, b, -1)) return neg(g, a);
  if (GraphIsConstant(g, a, 0) && !is_fault(g, b) && !GraphIsConstant(g, b, 0)) return a;
  if (g->nodes[a].op == OP_NEG) return neg(g, div_by(g, g->nodes[a].a, b));
  if (g->nodes[b].op == OP_NEG) return neg(g, div_by(g, a, g->nodes[b].a));
  return GraphNode(g, OP_DIV, a, b, -1);
}

/* A product or quotient with a number: a = number * x or number / x, where x is what is returned. */
static NodeId strip_number(const Graph *g, NodeId a, NodeId *number, PetscBool *divided)
{
  const Node n = g->nodes[a];

  *number = -1;
  *divided = PETSC_FALSE;
  if (n.op != OP_MUL && n.op != OP_DIV) return a;
  if (is_number(g, n.a)) {
    *number = n.a;
    *divided = (PetscBool)(n.op == OP_DIV);
    return n.b;
  }
  if (n.op == OP_DIV || !is_number(g, n.b)) return a;
  *number = n.b;
  return n.a;
}

/* c * (d * x) = (c d) * x and c * (d / x) = (c d) / x. */
static NodeId scale(Graph *g, NodeId c, NodeId a)
{
  NodeId number, rest;
  PetscBool divided;
  PetscReal product;

  if (c < 0 || a < 0) return -1;
  if (is_number(g, a)) return GraphNode(g, OP_MUL, c, a, -1); /* overflows */
  if (GraphIsConstant(g, c, 0)) return is_fault(g, a) ? GraphNode(g, OP_MUL, c, a, -1) : c;
  if (GraphIsConstant(g, c, 1)) return a;
  if (GraphIsConstant(g, c, -1)) return neg(g, a);
  if (g->nodes[a].op == OP_NEG) {
    rest = g->nodes[a].a;
    return scale(g, GraphConstant(g, -g->nodes[c].value), rest);
  }
  rest = strip_number(g, a, &number, &divided);
  if (number >= 0) {
    product = g->nodes[c].value * g->nodes[number].value;
    if (PetscIsNormalReal(product)) {
      NodeId merged = GraphConstant(g, product);
      return divided ? div_by(g, merged, rest) : scale(g, merged, rest);
    }
  }
  return GraphNode(g, OP_MUL, c, a, -1);
}

static NodeId mul(Graph *g, NodeId a, NodeId b)
{
  NodeId number_a, number_b, product;
  PetscBool divided_a, divided_b;

  if (a < 0 || b < 0) return -1;
  if (is_number(g, a)) return scale(g, a, b);
  if (is_number(g, b)) return scale(g, b, a);
  if (g->nodes[a].op == OP_NEG) return neg(g, mul(g, g->nodes[a].a, b));
  if (g->nodes[b].op == OP_NEG) return neg(g, mul(g, a, g->nodes[b].a));
  a = strip_number(g, a, &number_a, &divided_a);
  b = strip_number(g, b, &number_b, &divided_b);
  if (divided_a && divided_b) {
    product = GraphNode(g, OP_DIV, GraphConstant(g, 1), GraphNode(g, OP_MUL, a, b, -1), -1);
  } else if (divided_a || divided_b)
    product = GraphNode(g, OP_DIV, divided_a ? b : a, divided_a ? a : b, -1);
  else
    product = GraphNode(g, OP_MUL, a, b, -1);
  if (number_b >= 0) product = scale(g, number_b, product);
  return number_a >= 0 ? scale(g, number_a, product) : product;
}

static NodeId power(Graph *g, NodeId a, NodeId b)
{
  Node n;
  PetscReal inner, outer;

  if (a < 0 || b < 0) return -1;
  n = g->nodes[a];
  if (GraphIsConstant(g, b, 0) || GraphIsConstant(g, a, 1)) return GraphConstant(g, 1);
  if (GraphIsConstant(g, b, 1)) return a;
  if (GraphIsConstant(g, b, .5)) return GraphUnary(g, OP_SQRT, a);
  if (GraphIsConstant(g, a, M_E)) return GraphUnary(g, OP_EXP, b);
  if (n.op == OP_POW && is_number(g, n.b) && is_number(g, b)) {
    inner = g->nodes[n.b].value;
    outer = g->nodes[b].value;
    if (inner == floor(inner) && outer == floor(outer) && fabs(inner * outer) < 1e6) {
      return power(g, n.a, GraphConstant(g, inner * outer));
    }
  }
  return GraphNode(g, OP_POW, a, b, -1);
}

static NodeId unary(Graph *g, Operation op, NodeId a)
{
  const Node n = g->nodes[a];

  switch (op) {
  case OP_NEG:
    return neg(g, a);
  case OP_COS:
  case OP_COSH:
    return GraphNode(g, op, n.op == OP_NEG ? n.a : a, -1, -1);
  case OP_ABS:
    if (n.op == OP_ABS) return a;
    return GraphNode(g, op, n.op == OP_NEG ? n.a : a, -1, -1);
  case OP_SIN:
  case OP_TAN:
  case OP_ASIN:
  case OP_ATAN:
  case OP_SINH:
  case OP_TANH:
  case OP_ERF:
  case OP_SIGN:
    if (n.op == OP_NEG) return neg(g, GraphNode(g, op, n.a, -1, -1));
    return GraphNode(g, op, a, -1, -1);
  default:
    return GraphNode(g, op, a, -1, -1);
  }
}

static NodeId fold(Graph *g, Operation op, NodeId a, NodeId b, NodeId c)
{
  PetscReal value;

  if (!is_number(g, a) || (b >= 0 && !is_number(g, b)) || (c >= 0 && !is_number(g, c))) return -1;
  value = OperationValue(op, g->nodes[a].value, b < 0 ? 0 : g->nodes[b].value, c < 0 ? 0 : g->nodes[c].value);
  return isfinite(value) ? GraphConstant(g, value) : -1;
}

NodeId GraphApply(Graph *g, Operation op, NodeId a, NodeId b, NodeId c)
{
  PetscInt arity = OperationArity(op);
  NodeId folded;

  if (g->error || g->full || a < 0 || (arity > 1 && b < 0) || (arity > 2 && c < 0)) return -1;
  folded = fold(g, op, a, b, c);
  if (folded >= 0 || g->error || g->full) return folded;
  if (arity == 1) return unary(g, op, a);
  switch (op) {
  case OP_ADD:
    return add(g, a, b);
  case OP_SUB:
    return sub(g, a, b);
  case OP_MUL:
    return mul(g, a, b);
  case OP_DIV:
    return div_by(g, a, b);
  case OP_POW:
    return power(g, a, b);
  case OP_MIN:
  case OP_MAX:
    return a == b ? a : GraphNode(g, op, a, b, -1);
  case OP_IF:
    if (is_number(g, a)) return g->nodes[a].value != 0 ? b : c;
    return b == c ? b : GraphNode(g, op, a, b, c);
  default:
    return GraphNode(g, op, a, b, c);
  }
}
