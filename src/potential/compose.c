/* New trees from numbers, variables and other trees. */
#include "graph.h"

/* The tree of a root, or the graph's failure. */
static PetscErrorCode finish(Graph *g, NodeId root, Expression *e)
{
  PetscFunctionBegin;
  PetscCall(GraphExtract(g, root, e));
  PetscCall(FormulaGraphDestroy(g));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionNumber(PetscReal value, Expression *e)
{
  Graph g;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  PetscCall(finish(&g, GraphConstant(&g, value), e));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionVariable(PetscInt variable, Expression *e)
{
  Graph g;

  PetscFunctionBegin;
  PetscCheck(variable >= 0 && variable < REITER_SLOTS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "No variable %" PetscInt_FMT, variable);
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  PetscCall(finish(&g, GraphVariable(&g, variable), e));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionSum(PetscInt n, const Expression terms[], Expression *sum)
{
  Graph g;
  NodeId root;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  root = GraphConstant(&g, 0);
  for (PetscInt i = 0; i < n; i++) root = GraphBinary(&g, OP_ADD, root, GraphImport(&g, terms[i], NULL));
  PetscCall(finish(&g, root, sum));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionQuotient(Expression a, Expression b, Expression *e)
{
  Graph g;
  NodeId over, under;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  over = GraphImport(&g, a, NULL);
  under = GraphImport(&g, b, NULL);
  PetscCall(finish(&g, GraphBinary(&g, OP_DIV, over, under), e));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionRename(Expression e, const PetscInt map[], Expression *renamed)
{
  Graph g;
  NodeId *to;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  PetscCall(PetscMalloc1(e->n, &to));
  for (PetscInt i = 0; i < e->n; i++) {
    const Node *node = &e->nodes[i];

    if (node->op == OP_CONSTANT)
      to[i] = GraphConstant(&g, node->value);
    else if (node->op == OP_VARIABLE)
      to[i] = GraphVariable(&g, map[node->variable]);
    else {
      to[i] = GraphApply(&g, node->op, to[node->a], node->b < 0 ? -1 : to[node->b],
                         node->c < 0 ? -1 : to[node->c]);
    }
  }
  PetscCall(finish(&g, to[e->n - 1], renamed));
  PetscCall(PetscFree(to));
  PetscFunctionReturn(0);
}

/* hoisted[i]: the number of node i among the parts, -1: none; returns how many there are. */
static PetscInt find_parts(Expression e, VariableSet of, PetscInt hoisted[])
{
  PetscInt n = 0;

  for (PetscInt i = 0; i < e->n; i++) hoisted[i] = -1;
  for (PetscInt i = 0; i <= e->n; i++) {
    const PetscBool root = (PetscBool)(i == e->n);
    const NodeId operands[3] = {root ? e->n - 1 : e->nodes[i].a, root ? -1 : e->nodes[i].b,
                                root ? -1 : e->nodes[i].c};

    if (!root && !(e->nodes[i].variables & ~of)) continue; /* a part, or inside of one */
    for (PetscInt j = 0; j < 3; j++) {
      const VariableSet set = operands[j] < 0 ? 0 : e->nodes[operands[j]].variables;

      if (set && !(set & ~of) && hoisted[operands[j]] < 0) hoisted[operands[j]] = n++;
    }
  }
  return n;
}

PetscErrorCode ExpressionHoist(Expression e, VariableSet of, PetscInt most, const PetscInt slot[],
                               PetscInt *n, Expression **parts, Expression *rest)
{
  Graph whole, g;
  NodeId *map, *to;
  PetscInt *hoisted;

  PetscFunctionBegin;
  *parts = NULL;
  *rest = NULL;
  PetscCall(PetscMalloc3(e->n, &map, e->n, &to, e->n, &hoisted));
  *n = find_parts(e, of, hoisted);
  if (*n > most) {
    *n = 0;
    PetscCall(PetscFree3(map, to, hoisted));
    PetscFunctionReturn(0);
  }
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &whole));
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  GraphImport(&whole, e, map);
  PetscCall(PetscMalloc1(*n, parts));
  for (PetscInt i = 0; i < e->n; i++) {
    const Node *node = &e->nodes[i];

    if (hoisted[i] >= 0) {
      PetscCall(GraphExtract(&whole, map[i], &(*parts)[hoisted[i]]));
      to[i] = GraphVariable(&g, slot[hoisted[i]]);
    } else if (node->op == OP_CONSTANT)
      to[i] = GraphConstant(&g, node->value);
    else if (node->variables && !(node->variables & ~of))
      to[i] = -1; /* inside of a part */
    else if (node->op == OP_VARIABLE)
      to[i] = GraphVariable(&g, node->variable);
    else {
      to[i] = GraphApply(&g, node->op, to[node->a], node->b < 0 ? -1 : to[node->b],
                         node->c < 0 ? -1 : to[node->c]);
    }
  }
  PetscCall(finish(&g, to[e->n - 1], rest));
  PetscCall(FormulaGraphDestroy(&whole));
  PetscCall(PetscFree3(map, to, hoisted));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionEqual(Expression a, Expression b, PetscBool *equal)
{
  PetscFunctionBegin;
  *equal = (PetscBool)(a->n == b->n);
  for (PetscInt i = 0; i < a->n && *equal; i++) {
    const Node *p = &a->nodes[i], *q = &b->nodes[i];

    *equal = (PetscBool)(p->op == q->op && p->a == q->a && p->b == q->b && p->c == q->c &&
                         p->variable == q->variable && p->value == q->value);
  }
  PetscFunctionReturn(0);
}
