/*
  A formula as a sum of terms. Sums inside products are multiplied out only where every new term touches fewer
  fast variables than the product did, for then the terms leave cell problems (1.8) or separate.
*/
#include "graph.h"

#define MOST_PRODUCT_TERMS 64 /* from one product */
#define MOST_FACTORS       32
#define MOST_PEELS         8
#define FAST_VARIABLES     (~(ScaleBits(0) | FREE_BITS))

typedef struct {
  NodeId node;
  PetscInt budget; /* terms that it may still become */
} Item;

typedef struct {
  PetscInt n, capacity;
  Item *items;
} Worklist;

typedef struct {
  PetscInt n, n_denominators;
  NodeId factor[MOST_FACTORS], denominator[MOST_FACTORS];
  PetscBool negative;
} Product;

static PetscErrorCode push(Worklist *list, NodeId node, PetscInt budget)
{
  Item *larger;

  PetscFunctionBegin;
  if (list->n == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    PetscCall(PetscMalloc1(list->capacity, &larger));
    PetscCall(PetscArraycpy(larger, list->items, list->n));
    PetscCall(PetscFree(list->items));
    list->items = larger;
  }
  list->items[list->n].node = node;
  list->items[list->n++].budget = budget;
  PetscFunctionReturn(0);
}

/* A sum or difference, through minus signs and constant factors: its two parts. */
static PetscBool split_sum(Graph *g, NodeId node, NodeId parts[2])
{
  Operation op[MOST_PEELS];
  NodeId number[MOST_PEELS];
  PetscInt depth;
  Node top = g->nodes[node];

  for (depth = 0; top.op != OP_ADD && top.op != OP_SUB; depth++) {
    PetscBool first = (PetscBool)(top.op == OP_MUL && g->nodes[top.a].variables == 0);

    if (depth == MOST_PEELS) return PETSC_FALSE;
    if (top.op != OP_NEG && !first &&
        !((top.op == OP_MUL || top.op == OP_DIV) && g->nodes[top.b].variables == 0)) {
      return PETSC_FALSE;
    }
    op[depth] = top.op;
    number[depth] = top.op == OP_NEG ? -1 : (first ? top.a : top.b);
    top = g->nodes[first ? top.b : top.a];
  }
  parts[0] = top.a;
  parts[1] = top.op == OP_SUB ? GraphUnary(g, OP_NEG, top.b) : top.b;
  for (depth--; depth >= 0; depth--) {
    for (PetscInt j = 0; j < 2; j++) parts[j] = GraphApply(g, op[depth], parts[j], number[depth], -1);
  }
  return PETSC_TRUE;
}

/* All parts of a sum; 0 if it is none or has more than MOST_PRODUCT_TERMS. */
static PetscInt flatten_sum(Graph *g, NodeId node, NodeId parts[])
{
  NodeId waiting[MOST_PRODUCT_TERMS + 2], pair[2];
  PetscInt n = 0, n_waiting = 0;

  waiting[n_waiting++] = node;
  while (n_waiting && !g->error && !g->full) {
    NodeId next = waiting[--n_waiting];

    if (split_sum(g, next, pair) && pair[0] >= 0 && pair[1] >= 0) {
      if (n + n_waiting + 2 > MOST_PRODUCT_TERMS) return 0;
      waiting[n_waiting++] = pair[1];
      waiting[n_waiting++] = pair[0];
    } else
      parts[n++] = next;
  }
  return n > 1 ? n : 0;
}

static PetscBool is_small_power(const Graph *g, const Node *node)
{
  const Node *exponent;

  if (node->op != OP_POW) return PETSC_FALSE;
  exponent = &g->nodes[node->b];
  return (PetscBool)(exponent->op == OP_CONSTANT &&
                     (exponent->value == 2 || exponent->value == 3 || exponent->value == 4));
}

/* The factors of a product; false if there are none or too many. */
static PetscBool find_factors(const Graph *g, NodeId node, Product *product)
{
  NodeId waiting[2 * MOST_FACTORS];
  PetscInt n_waiting = 0, copies;

  product->n = product->n_denominators = 0;
  product->negative = PETSC_FALSE;
  waiting[n_waiting++] = node;
  while (n_waiting) {
    NodeId next = waiting[--n_waiting];
    const Node *top = &g->nodes[next];

    copies = is_small_power(g, top) ? (PetscInt)g->nodes[top->b].value : 1;
    if (product->n + n_waiting + copies + 1 > MOST_FACTORS || product->n_denominators == MOST_FACTORS) {
      return PETSC_FALSE;
    }
    if (top->op == OP_MUL) waiting[n_waiting++] = top->b;
    if (top->op == OP_DIV) product->denominator[product->n_denominators++] = top->b;
    if (top->op == OP_NEG) product->negative = (PetscBool)!product->negative;
    if (top->op == OP_MUL || top->op == OP_DIV || top->op == OP_NEG)
      waiting[n_waiting++] = top->a;
    else {
      for (PetscInt j = 0; j < copies; j++) product->factor[product->n++] = copies > 1 ? top->a : next;
    }
  }
  return PETSC_TRUE;
}

static VariableSet fast_variables(const Graph *g, NodeId node)
{
  return g->nodes[node].variables & FAST_VARIABLES;
}

/* The variables of a product without the factors whose bit is set in `left_out`. */
static VariableSet rest_variables(const Graph *g, const Product *product, uint32_t left_out)
{
  VariableSet set = 0;

  for (PetscInt i = 0; i < product->n; i++)
    if (!(left_out >> i & 1)) set |= fast_variables(g, product->factor[i]);
  for (PetscInt i = 0; i < product->n_denominators; i++) set |= fast_variables(g, product->denominator[i]);
  return set;
}

/* The product with factors in place of those whose bit is set in `left_out`. */
static NodeId rebuild(Graph *g, const Product *product, uint32_t left_out, const NodeId replacement[])
{
  NodeId node = GraphConstant(g, product->negative ? -1 : 1);

  for (PetscInt i = 0, j = 0; i < product->n; i++) {
    node = GraphBinary(g, OP_MUL, node, left_out >> i & 1 ? replacement[j++] : product->factor[i]);
  }
  for (PetscInt i = 0; i < product->n_denominators; i++) {
    node = GraphBinary(g, OP_DIV, node, product->denominator[i]);
  }
  return node;
}

/* Multiplies out the sums with a bit in `which`, if every resulting term touches fewer variables than the
   product; returns the number of terms, 0 if not. */
static PetscInt multiply_out(Graph *g, NodeId node, const Product *product, uint32_t which,
                             const PetscInt n_parts[], NodeId (*parts)[MOST_PRODUCT_TERMS], NodeId terms[])
{
  const VariableSet all = fast_variables(g, node), rest = rest_variables(g, product, which);
  PetscInt digit[MOST_FACTORS] = {0}, n = 0;
  NodeId chosen[MOST_FACTORS];

  for (PetscInt pass = 0; pass < 2; pass++) { /* the first pass looks, the second builds */
    for (;;) {
      VariableSet set = rest;
      PetscInt i, j = 0;

      for (i = 0; i < product->n; i++) {
        if (!(which >> i & 1)) continue;
        chosen[j] = parts[i][digit[i]];
        set |= fast_variables(g, chosen[j++]);
      }
      if (set == all) return 0;
      if (pass) {
        terms[n] = rebuild(g, product, which, chosen);
        if (terms[n++] < 0) return 0;
      }
      for (i = product->n - 1; i >= 0; digit[i--] = 0) { /* the next combination, last sum fastest */
        if ((which >> i & 1) && ++digit[i] < n_parts[i]) break;
      }
      if (i < 0) break;
    }
  }
  return n;
}

/* The terms of a product that is worth multiplying out, at most `budget`; 0 if it is not. */
static PetscInt split_product(Graph *g, NodeId node, PetscInt budget, NodeId terms[])
{
  NodeId parts[MOST_FACTORS][MOST_PRODUCT_TERMS];
  PetscInt n_parts[MOST_FACTORS], total = 1, n_sums = 0, n;
  uint32_t sums = 0;
  Product product;

  if (!find_factors(g, node, &product)) return 0;
  for (PetscInt i = 0; i < product.n; i++) {
    n_parts[i] = flatten_sum(g, product.factor[i], parts[i]);
    if (g->error || g->full) return 0;
    if (!n_parts[i]) continue;
    sums |= (uint32_t)1 << i;
    n_sums++;
    total = PetscMin(total * n_parts[i], 2 * MOST_PRODUCT_TERMS);
    if (n_parts[i] > budget) continue;
    n = multiply_out(g, node, &product, (uint32_t)1 << i, n_parts, parts, terms);
    if (n) return n;
  }
  if (n_sums < 2 || total > budget) return 0;
  return multiply_out(g, node, &product, sums, n_parts, parts, terms);
}

static PetscErrorCode split_all(Graph *g, NodeId root, Worklist *terms)
{
  NodeId parts[MOST_PRODUCT_TERMS];
  Worklist waiting = {0, 0, NULL};
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(push(&waiting, root, MOST_PRODUCT_TERMS));
  while (waiting.n) {
    Item item = waiting.items[--waiting.n];

    PetscCall(GraphCheck(g));
    n = split_sum(g, item.node, parts) ? 2 : 0;
    if (!n) {
      n = split_product(g, item.node, item.budget, parts);
      item.budget /= PetscMax(n, 1);
    }
    PetscCall(GraphCheck(g));
    for (PetscInt i = n - 1; i >= 0; i--) PetscCall(push(&waiting, parts[i], item.budget));
    if (!n && !GraphIsConstant(g, item.node, 0)) PetscCall(push(terms, item.node, 1));
  }
  PetscCall(PetscFree(waiting.items));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionTerms(Expression e, PetscInt *n, Expression **terms)
{
  Graph g;
  Worklist found = {0, 0, NULL};
  NodeId root;

  PetscFunctionBegin;
  PetscCall(GraphCreate(GRAPH_DERIVE_LIMIT, &g));
  root = GraphImport(&g, e, NULL);
  PetscCall(GraphCheck(&g));
  PetscCall(split_all(&g, root, &found));
  PetscCall(PetscMalloc1(found.n, terms));
  for (PetscInt i = 0; i < found.n; i++) PetscCall(GraphExtract(&g, found.items[i].node, &(*terms)[i]));
  *n = found.n;
  PetscCall(PetscFree(found.items));
  PetscCall(FormulaGraphDestroy(&g));
  PetscFunctionReturn(0);
}
