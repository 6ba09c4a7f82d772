#include "graph.h"
#include <string.h>

PetscErrorCode GraphCreate(PetscInt limit, Graph *g)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(g, sizeof(*g)));
  g->limit = limit;
  PetscFunctionReturn(0);
}

PetscErrorCode FormulaGraphDestroy(Graph *g)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(g->nodes));
  PetscCall(PetscFree(g->table));
  PetscCall(PetscFree(g->mark));
  PetscCall(PetscFree(g->stack));
  PetscFunctionReturn(0);
}

PetscErrorCode GraphCheck(const Graph *g)
{
  PetscFunctionBegin;
  PetscCall(g->error);
  PetscCheck(!g->full, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "The formula or its derivative needs more than %" PetscInt_FMT " operations", g->limit);
  PetscFunctionReturn(0);
}

static uint64_t node_hash(const Node *node)
{
  uint64_t h, bits;

  memcpy(&bits, &node->value, sizeof(bits));
  h = bits ^ ((uint64_t)node->op << 58) ^ ((uint64_t)(node->variable + 1) << 50);
  h = (h ^ (uint64_t)(node->a + 1)) * 0x9E3779B97F4A7C15ull;
  h = (h ^ (h >> 29) ^ (uint64_t)(node->b + 1)) * 0xBF58476D1CE4E5B9ull;
  h = (h ^ (h >> 32) ^ (uint64_t)(node->c + 1)) * 0x94D049BB133111EBull;
  return h ^ (h >> 31);
}

static PetscBool node_equal(const Node *p, const Node *q)
{
  return (PetscBool)(p->op == q->op && p->a == q->a && p->b == q->b && p->c == q->c &&
                     p->variable == q->variable && memcmp(&p->value, &q->value, sizeof(p->value)) == 0);
}

static PetscErrorCode grow(Graph *g)
{
  PetscInt i, capacity = g->capacity ? 2 * g->capacity : 64;
  Node *nodes;
  NodeId *table;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * capacity, &table));
  PetscCall(PetscMalloc1(capacity, &nodes));
  PetscCall(PetscArraycpy(nodes, g->nodes, g->n));
  PetscCall(PetscFree(g->nodes));
  PetscCall(PetscFree(g->table));
  g->nodes = nodes;
  g->table = table;
  g->capacity = capacity;
  g->slots = 2 * capacity;
  for (i = 0; i < g->slots; i++) table[i] = -1;
  for (i = 0; i < g->n; i++) {
    uint64_t slot = node_hash(&nodes[i]);
    while (table[slot & (uint64_t)(g->slots - 1)] >= 0) slot++;
    table[slot & (uint64_t)(g->slots - 1)] = i;
  }
  PetscFunctionReturn(0);
}

static NodeId find_or_add(Graph *g, const Node *node)
{
  uint64_t slot, mask;

  if (g->error || g->full) return -1;
  if (g->n == g->capacity) {
    g->error = grow(g);
    if (g->error) return -1;
  }
  mask = (uint64_t)(g->slots - 1);
  for (slot = node_hash(node); g->table[slot & mask] >= 0; slot++)
    if (node_equal(&g->nodes[g->table[slot & mask]], node)) return g->table[slot & mask];
  if (g->n == g->limit) {
    g->full = PETSC_TRUE;
    return -1;
  }
  g->nodes[g->n] = *node;
  g->table[slot & mask] = g->n;
  return g->n++;
}

NodeId GraphNode(Graph *g, Operation op, NodeId a, NodeId b, NodeId c)
{
  Node node = {op, a, b, c, -1, 0, 0};
  PetscInt arity = OperationArity(op);

  if (g->error || g->full || a < 0 || (arity > 1 && b < 0) || (arity > 2 && c < 0)) return -1;
  if (OperationCommutes(op) && a > b) {
    node.a = b;
    node.b = a;
  }
  node.variables = g->nodes[a].variables;
  if (arity > 1) node.variables |= g->nodes[b].variables;
  if (arity > 2) node.variables |= g->nodes[c].variables;
  return find_or_add(g, &node);
}

NodeId GraphConstant(Graph *g, PetscReal value)
{
  Node node = {OP_CONSTANT, -1, -1, -1, -1, 0, value == 0 ? 0. : value};

  return find_or_add(g, &node);
}

NodeId GraphVariable(Graph *g, PetscInt variable)
{
  Node node = {OP_VARIABLE, -1, -1, -1, variable, (VariableSet)1 << variable, 0};

  return find_or_add(g, &node);
}

NodeId GraphImport(Graph *g, Expression e, NodeId map[])
{
  NodeId *own = NULL, root = -1;

  if (!map) {
    g->error = g->error ? g->error : PetscMalloc1(e->n, &own);
    if (g->error) return -1;
    map = own;
  }
  for (PetscInt i = 0; i < e->n; i++) {
    const Node *node = &e->nodes[i];

    if (node->op == OP_CONSTANT)
      map[i] = GraphConstant(g, node->value);
    else if (node->op == OP_VARIABLE)
      map[i] = GraphVariable(g, node->variable);
    else {
      map[i] = GraphApply(g, node->op, map[node->a], node->b < 0 ? -1 : map[node->b],
                          node->c < 0 ? -1 : map[node->c]);
    }
  }
  root = map[e->n - 1];
  if (own) {
    PetscErrorCode error = PetscFree(own);
    if (!g->error) g->error = error;
  }
  return root;
}

static int compare_ids(const void *p, const void *q)
{
  NodeId a = *(const NodeId *)p, b = *(const NodeId *)q;

  return (a > b) - (a < b);
}

/* stack[0..*count) becomes the sorted list of the nodes that root needs. */
static PetscErrorCode reach(Graph *g, NodeId root, PetscInt *count)
{
  PetscInt done = 0, found = 0;

  PetscFunctionBegin;
  if (g->marks < g->n) {
    PetscCall(PetscFree(g->mark));
    PetscCall(PetscFree(g->stack));
    PetscCall(PetscCalloc1(g->capacity, &g->mark));
    PetscCall(PetscMalloc1(g->capacity, &g->stack));
    g->marks = g->capacity;
    g->stamp = 0;
  }
  g->stamp++;
  g->mark[root] = g->stamp;
  g->stack[found++] = root;
  while (done < found) {
    const Node *node = &g->nodes[g->stack[done++]];
    const NodeId operands[3] = {node->a, node->b, node->c};

    for (PetscInt j = 0; j < 3; j++) {
      if (operands[j] < 0 || g->mark[operands[j]] == g->stamp) continue;
      g->mark[operands[j]] = g->stamp;
      g->stack[found++] = operands[j];
    }
  }
  qsort(g->stack, (size_t)found, sizeof(*g->stack), compare_ids);
  *count = found;
  PetscFunctionReturn(0);
}

PetscErrorCode GraphExtract(Graph *g, NodeId root, Expression *e)
{
  PetscInt i, n = 0;

  PetscFunctionBegin;
  *e = NULL;
  PetscCall(GraphCheck(g));
  PetscCall(reach(g, root, &n));
  PetscCall(PetscNew(e));
  (*e)->references = 1;
  (*e)->n = n;
  PetscCall(PetscMalloc1(n, &(*e)->nodes));
  for (i = 0; i < n; i++) g->mark[g->stack[i]] = i; /* where each went; restored below */
  for (i = 0; i < n; i++) {
    Node node = g->nodes[g->stack[i]];

    if (node.a >= 0) node.a = g->mark[node.a];
    if (node.b >= 0) node.b = g->mark[node.b];
    if (node.c >= 0) node.c = g->mark[node.c];
    (*e)->nodes[i] = node;
  }
  for (i = 0; i < n; i++) g->mark[g->stack[i]] = 0;
  PetscFunctionReturn(0);
}
