#include "graph.h"

PetscErrorCode ExpressionReference(Expression e)
{
  PetscFunctionBegin;
  e->references++;
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionDestroy(Expression *e)
{
  PetscFunctionBegin;
  if (*e && --(*e)->references == 0) {
    PetscCall(PetscFree((*e)->nodes));
    PetscCall(PetscFree(*e));
  }
  *e = NULL;
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionVariables(Expression e, VariableSet *set)
{
  PetscFunctionBegin;
  *set = e->nodes[e->n - 1].variables;
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionEvaluate(Expression e, const PetscReal values[], PetscReal *value)
{
  PetscReal some[128], *results = some;

  PetscFunctionBegin;
  if (e->n > (PetscInt)PETSC_STATIC_ARRAY_LENGTH(some)) PetscCall(PetscMalloc1(e->n, &results));
  for (PetscInt i = 0; i < e->n; i++) {
    const Node *node = &e->nodes[i];

    if (node->op == OP_CONSTANT)
      results[i] = node->value;
    else if (node->op == OP_VARIABLE)
      results[i] = values[node->variable];
    else {
      results[i] = OperationValue(node->op, results[node->a], node->b < 0 ? 0 : results[node->b],
                                  node->c < 0 ? 0 : results[node->c]);
    }
  }
  *value = results[e->n - 1];
  if (results != some) PetscCall(PetscFree(results));
  PetscFunctionReturn(0);
}
