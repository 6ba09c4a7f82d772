/*
  Where a formula is not smooth: the operations with kinks and jumps, and the functions whose zeros they are.
*/
#include "graph.h"

/* The variables that move the kinks and jumps of a node itself; 0 if it has none. */
static VariableSet kink_variables(Expression e, const Node *node)
{
  switch (node->op) {
  case OP_ABS:
  case OP_SIGN:
  case OP_FLOOR:
  case OP_IF:
    return e->nodes[node->a].variables;
  case OP_MOD:
  case OP_MIN:
  case OP_MAX:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE:
  case OP_EQ:
  case OP_NE:
    return node->variables;
  default:
    return 0;
  }
}

PetscErrorCode ExpressionIsSmooth(Expression e, VariableSet of, PetscBool *smooth)
{
  PetscFunctionBegin;
  *smooth = PETSC_TRUE;
  for (PetscInt i = 0; i < e->n && *smooth; i++) {
    if (kink_variables(e, &e->nodes[i]) & of) *smooth = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

/* Whether nodes take finitely many values only: their jumps are those of comparisons, signs and floors
   inside, and the set where they vanish is no set of kinks. */
static void find_steps(Expression e, PetscBool step[])
{
  for (PetscInt i = 0; i < e->n; i++) {
    const Node *node = &e->nodes[i];

    if (node->op == OP_VARIABLE)
      step[i] = PETSC_FALSE;
    else if (node->op == OP_SIGN || node->op == OP_FLOOR || OperationIsComparison(node->op))
      step[i] = PETSC_TRUE;
    else {
      step[i] = PETSC_TRUE;
      if (node->a >= 0 && !step[node->a]) step[i] = PETSC_FALSE;
      if (node->b >= 0 && !step[node->b]) step[i] = PETSC_FALSE;
      if (node->c >= 0 && !step[node->c]) step[i] = PETSC_FALSE;
    }
  }
}

/* The function whose zeros are the kinks of node, -1 if it has none of its own. */
static NodeId switch_of(Graph *g, const Node *node, const NodeId map[], const PetscBool step[])
{
  NodeId a = node->a < 0 ? -1 : map[node->a], b = node->b < 0 ? -1 : map[node->b];

  switch (node->op) {
  case OP_ABS:
  case OP_SIGN:
    return a;
  case OP_FLOOR:
    return GraphUnary(g, OP_SIN, GraphBinary(g, OP_MUL, GraphConstant(g, PETSC_PI), a));
  case OP_MOD:
    a = GraphBinary(g, OP_DIV, a, b);
    return GraphUnary(g, OP_SIN, GraphBinary(g, OP_MUL, GraphConstant(g, PETSC_PI), a));
  case OP_IF:
    return step[node->a] ? -1 : a;
  default:
    return GraphBinary(g, OP_SUB, PetscMin(a, b), PetscMax(a, b)); /* a - b and b - a are one */
  }
}

PetscErrorCode ExpressionSwitches(Expression e, PetscInt *n, Expression **switches)
{
  Graph g;
  NodeId *map, *found;
  PetscBool *step;
  PetscInt i, count = 0;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  PetscCall(PetscMalloc3(e->n, &map, e->n, &found, e->n, &step));
  GraphImport(&g, e, map);
  find_steps(e, step);
  for (i = 0; i < e->n; i++) {
    NodeId root;

    if (!kink_variables(e, &e->nodes[i])) continue;
    root = switch_of(&g, &e->nodes[i], map, step);
    if (g.full || g.error) break;
    if (root >= 0 && g.nodes[root].variables) found[count++] = root;
  }
  PetscCall(GraphCheck(&g));
  PetscCall(PetscSortRemoveDupsInt(&count, found));
  PetscCall(PetscMalloc1(count, switches));
  for (i = 0; i < count; i++) PetscCall(GraphExtract(&g, found[i], &(*switches)[i]));
  *n = count;
  PetscCall(PetscFree3(map, found, step));
  PetscCall(FormulaGraphDestroy(&g));
  PetscFunctionReturn(0);
}
