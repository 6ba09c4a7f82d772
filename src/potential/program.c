#include "program.h"

/* x^n for whole n as products, multiplied in the order of OperationValue(). */
static NodeId lower_power(Graph *g, NodeId base, PetscReal exponent)
{
  NodeId product = -1;

  for (PetscInt n = (PetscInt)fabs(exponent); n; n >>= 1) {
    if (n & 1) product = product < 0 ? base : GraphNode(g, OP_MUL, product, base, -1);
    if (n > 1) base = GraphNode(g, OP_MUL, base, base, -1);
  }
  return exponent < 0 ? GraphNode(g, OP_DIV, GraphConstant(g, 1), product, -1) : product;
}

static NodeId lower(Graph *g, Expression e, NodeId map[])
{
  for (PetscInt i = 0; i < e->n && !g->full && !g->error; i++) {
    const Node *node = &e->nodes[i];
    const Node *exponent = node->op == OP_POW ? &e->nodes[node->b] : NULL;

    if (node->op == OP_CONSTANT)
      map[i] = GraphConstant(g, node->value);
    else if (node->op == OP_VARIABLE)
      map[i] = GraphVariable(g, node->variable);
    else if (exponent && exponent->op == OP_CONSTANT && exponent->value != 0 &&
             PowerIsProduct(exponent->value)) {
      map[i] = lower_power(g, map[node->a], exponent->value);
    } else {
      map[i] = GraphNode(g, node->op, map[node->a], node->b < 0 ? -1 : map[node->b],
                         node->c < 0 ? -1 : map[node->c]);
    }
  }
  return map[e->n - 1];
}

PetscErrorCode ProgramCreate(PetscInt n, const Expression e[], Program *program)
{
  Graph g;
  NodeId *map, top = 0;
  PetscInt largest = 1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) largest = PetscMax(largest, e[i]->n);
  PetscCall(PetscNew(program));
  PetscCall(PetscMalloc1(n, &(*program)->output));
  (*program)->n_outputs = n;
  PetscCall(GraphCreate(PETSC_MAX_INT / 8, &g));
  PetscCall(PetscMalloc1(largest, &map));
  for (PetscInt i = 0; i < n; i++) {
    (*program)->output[i] = lower(&g, e[i], map);
    PetscCall(GraphCheck(&g));
    top = PetscMax(top, (*program)->output[i] + 1);
  }
  PetscCall(PetscMalloc1(top, &(*program)->nodes));
  PetscCall(PetscArraycpy((*program)->nodes, g.nodes, top));
  (*program)->n = top;
  PetscCall(PetscFree(map));
  PetscCall(FormulaGraphDestroy(&g));
  PetscFunctionReturn(0);
}

PetscErrorCode ProgramDestroy(Program *program)
{
  PetscFunctionBegin;
  if (!*program) PetscFunctionReturn(0);
  for (PetscInt k = 0; k <= REITER_MAX_SCALES; k++)
    for (PetscInt dim = 0; dim <= REITER_MAX_DIM; dim++) PetscCall(PlanDestroy(&(*program)->plans[k][dim]));
  PetscCall(PlanDestroy(&(*program)->points));
  PetscCall(PlanDestroy(&(*program)->fast));
  PetscCall(PetscFree((*program)->nodes));
  PetscCall(PetscFree((*program)->output));
  PetscCall(PetscFree((*program)->work));
  PetscCall(PetscFree((*program)->stored));
  PetscCall(PetscFree(*program));
  PetscFunctionReturn(0);
}
