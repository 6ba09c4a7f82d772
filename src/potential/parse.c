/*
  The grammar, by recursive descent:
    formula  = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
    sum      = product { ("+" | "-") product }
    product  = signed { ("*" | "/") signed }
    signed   = ("-" | "+") signed | power
    power    = primary [ "^" signed ]              so -x^2 = -(x^2), 2^-3 and 2^3^2 = 2^9
    primary  = number | name | name "(" formula { "," formula } ")" | "(" formula ")"
  Every recursion passes through `signed`, which counts the depth.
*/
#include "parser.h"
#include <string.h>

static NodeId parse_formula(Parser *p);

static NodeId fail_too_large(Parser *p)
{
  return ParserFail(p, 0, p->length, "the formula has more than %d operations", GRAPH_PARSE_LIMIT);
}

static NodeId apply(Parser *p, Operation op, NodeId a, NodeId b, NodeId c)
{
  NodeId node = p->failed ? -1 : GraphApply(&p->graph, op, a, b, c);

  return p->graph.full ? fail_too_large(p) : node;
}

static NodeId close_parenthesis(Parser *p, size_t opened, NodeId inside)
{
  if (p->failed) return -1;
  if (ParserTake(p, ')')) return inside;
  if (ParserPeek(p) < 0) {
    return ParserFail(p, opened, 1, "this parenthesis is never closed");
  }
  if (ParserPeek(p) == ',') {
    return ParserFail(p, p->at, 1, "a comma can only separate the arguments of a function");
  }
  return ParserUnexpected(p, p->at);
}

/* Applies f to n arguments; min and max take any number. */
static NodeId apply_function(Parser *p, const FunctionEntry *f, NodeId so_far, NodeId next, PetscInt n)
{
  return f->most < 0 && n > 1 ? apply(p, f->op, so_far, next, -1) : next;
}

static NodeId parse_call(Parser *p, const FunctionEntry *f, size_t at, size_t length)
{
  NodeId arguments[3] = {-1, -1, -1}, many = -1, next;
  PetscInt n = 0;
  size_t opened;

  if (!ParserTake(p, '(')) {
    ParserFail(p, at, length, "%s is a function: its argument goes in parentheses", f->name);
    ParserSuggest(p, "%s(...)", f->name);
    return -1;
  }
  opened = p->at - 1;
  if (ParserPeek(p) != ')') {
    do {
      next = parse_formula(p);
      if (p->failed) return -1;
      many = apply_function(p, f, many, next, ++n);
      if (n <= 3) arguments[n - 1] = next;
    } while (ParserTake(p, ','));
  }
  if (ParserPeek(p) == ')' && (n < f->least || (f->most >= 0 && n > f->most))) {
    return ParserFail(p, at, p->at + 1 - at, "%s takes %s%d argument%s, not %d", f->name,
                      f->most < 0 ? "at least " : "", (int)f->least, f->least == 1 ? "" : "s", (int)n);
  }
  if (close_parenthesis(p, opened, 0) < 0) return -1;
  return f->most < 0 ? many : apply(p, f->op, arguments[0], arguments[1], arguments[2]);
}

static NodeId parse_name(Parser *p)
{
  size_t at = p->at, length = NameLength(p, at);
  PetscBool called;
  Name name;

  p->at += length;
  called = (PetscBool)(ParserPeek(p) == '(');
  name = ParserLookup(p, at, length, called);
  if (p->failed) return -1;
  if (name.kind == NAME_FUNCTION) return parse_call(p, name.function, at, length);
  if (called) {
    ParserFail(p, at, length, "%.*s is a %s, not a function: write a multiplication sign",
               (int)PetscMin(length, (size_t)60), p->text + at,
               name.is_parameter ? "parameter" : (name.kind == NAME_VARIABLE ? "variable" : "constant"));
    ParserSuggest(p, "%.*s*(", (int)PetscMin(length, (size_t)60), p->text + at);
    return -1;
  }
  if (name.kind == NAME_FORMULA) return GraphImport(&p->graph, name.formula, NULL);
  return name.kind == NAME_VARIABLE ? GraphVariable(&p->graph, name.variable)
                                    : GraphConstant(&p->graph, name.number);
}

static NodeId parse_primary(Parser *p)
{
  int next = ParserPeek(p);
  size_t at = p->at;
  NodeId node;

  if (StartsNumber(p, at))
    node = ParserNumber(p);
  else if (StartsName(p, at))
    node = parse_name(p);
  else if (next == '(') {
    p->at++;
    if (ParserPeek(p) == ')')
      return ParserFail(p, at, p->at + 1 - at, "there is nothing between the parentheses");
    node = close_parenthesis(p, at, parse_formula(p));
  } else if (next < 0)
    return ParserFail(p, p->length, 0, "the formula ends where a value should follow");
  else if (next > 32 && next < 127 && strchr("+-*/^,)<>=!", next)) {
    return ParserFail(p, at, 1, "a value should stand before '%c'", next);
  } else
    return ParserUnexpected(p, at);
  if (!p->failed && p->graph.full) return fail_too_large(p);
  return node;
}

/* "2x", "2(x+1)", "x y": what stands from `start` to p->at is followed by another value. */
static NodeId fail_missing_sign(Parser *p, size_t start)
{
  size_t end = p->at, next, length;

  while (end > start && strchr(" \t\r\n", p->text[end - 1])) end--;
  (void)ParserPeek(p);
  next = p->at;
  if (StartsName(p, next))
    length = NameLength(p, next);
  else
    length = StartsNumber(p, next) ? NumberLength(p, next) : 1;
  ParserFail(p, start, next + length - start, "a multiplication sign is missing");
  if (end - start + length < 60) {
    ParserSuggest(p, "%.*s*%.*s", (int)(end - start), p->text + start, (int)length, p->text + next);
  }
  return -1;
}

static NodeId parse_signed(Parser *p);

static NodeId parse_power(Parser *p)
{
  size_t start;
  NodeId base;

  (void)ParserPeek(p);
  start = p->at;
  base = parse_primary(p);
  if (p->failed) return -1;
  if (ParserPeek(p) == '(' || StartsName(p, p->at) || StartsNumber(p, p->at))
    return fail_missing_sign(p, start);
  return ParserTake(p, '^') ? apply(p, OP_POW, base, parse_signed(p), -1) : base;
}

static NodeId parse_signed(Parser *p)
{
  NodeId node;

  if (p->depth == PARSE_MAX_DEPTH) {
    (void)ParserPeek(p);
    return ParserFail(p, p->at, p->at < p->length, "the formula is nested more than %d deep",
                      PARSE_MAX_DEPTH);
  }
  p->depth++;
  if (ParserTake(p, '-'))
    node = apply(p, OP_NEG, parse_signed(p), -1, -1);
  else
    node = ParserTake(p, '+') ? parse_signed(p) : parse_power(p);
  p->depth--;
  return node;
}

static NodeId parse_product(Parser *p)
{
  NodeId node = parse_signed(p);

  while (!p->failed) {
    if (ParserTake(p, '*')) {
      if (p->at < p->length && p->text[p->at] == '*') {
        ParserFail(p, p->at - 1, 2, "powers are written with ^");
        ParserSuggest(p, "^");
        return -1;
      }
      node = apply(p, OP_MUL, node, parse_signed(p), -1);
    } else if (ParserTake(p, '/'))
      node = apply(p, OP_DIV, node, parse_signed(p), -1);
    else
      return node;
  }
  return -1;
}

static NodeId parse_sum(Parser *p)
{
  NodeId node = parse_product(p);

  while (!p->failed) {
    if (ParserTake(p, '+'))
      node = apply(p, OP_ADD, node, parse_product(p), -1);
    else if (ParserTake(p, '-'))
      node = apply(p, OP_SUB, node, parse_product(p), -1);
    else
      return node;
  }
  return -1;
}

/* OP_CONSTANT if there is no comparison. */
static Operation take_comparison(Parser *p)
{
  static const struct {
    const char *sign;
    Operation op;
  } comparisons[] = {{"<=", OP_LE}, {">=", OP_GE}, {"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {">", OP_GT}};

  (void)ParserPeek(p);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(comparisons); i++) {
    size_t length = strlen(comparisons[i].sign);

    if (p->length - p->at < length || memcmp(p->text + p->at, comparisons[i].sign, length) != 0) continue;
    p->at += length;
    return comparisons[i].op;
  }
  return OP_CONSTANT;
}

static NodeId parse_formula(Parser *p)
{
  NodeId node = parse_sum(p);
  Operation op;
  size_t at;

  if (p->failed) return -1;
  op = take_comparison(p);
  if (op != OP_CONSTANT) node = apply(p, op, node, parse_sum(p), -1);
  if (p->failed) return -1;
  (void)ParserPeek(p);
  at = p->at;
  if (take_comparison(p) != OP_CONSTANT) {
    return ParserFail(p, at, p->at - at, "comparisons do not chain: write (a < b)*(b < c)");
  }
  if (ParserPeek(p) == '=') {
    ParserFail(p, at, 1, "'=' does not compare");
    ParserSuggest(p, "==");
    return -1;
  }
  return node;
}

static NodeId parse_all(Parser *p)
{
  NodeId root;

  if (p->length > PARSE_MAX_LENGTH) {
    return ParserFail(p, PARSE_MAX_LENGTH, 0, "the formula has %zu bytes; %zu are the limit", p->length,
                      PARSE_MAX_LENGTH);
  }
  if (ParserPeek(p) < 0) return ParserFail(p, 0, p->length, "the formula is empty");
  root = parse_formula(p);
  if (p->failed) return -1;
  if (ParserPeek(p) == ')') return ParserFail(p, p->at, 1, "this parenthesis was never opened");
  if (ParserPeek(p) == ',') {
    return ParserFail(p, p->at, 1, "a comma can only separate the arguments of a function");
  }
  if (ParserPeek(p) >= 0) return ParserUnexpected(p, p->at);
  if (root >= 0 && p->graph.nodes[root].variables == 0 && p->graph.nodes[root].op != OP_CONSTANT) {
    return ParserFail(p, 0, p->length, "the formula is a constant, but not a finite number");
  }
  return root;
}

PetscErrorCode ExpressionParse(const char *text, size_t length, const ExpressionScope *scope, Expression *e,
                               ExpressionError *error)
{
  PetscFunctionBegin;
  PetscCall(ExpressionParseFree(text, length, scope, NULL, e, error));
  PetscFunctionReturn(0);
}

PetscErrorCode ExpressionParseFree(const char *text, size_t length, const ExpressionScope *scope,
                                   const Expression formulas[], Expression *e, ExpressionError *error)
{
  Parser p;
  NodeId root;

  PetscFunctionBegin;
  PetscCheck(scope->dim >= 0 && scope->dim <= REITER_MAX_DIM && scope->scales >= 0 &&
                 scope->scales <= REITER_MAX_SCALES,
             PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Scope of dimension %" PetscInt_FMT " with %" PetscInt_FMT " scales", scope->dim, scope->scales);
  *e = NULL;
  PetscCall(PetscMemzero(error, sizeof(*error)));
  PetscCall(PetscMemzero(&p, sizeof(p)));
  p.text = text;
  p.length = length;
  p.scope = scope;
  p.formulas = formulas;
  p.error = error;
  p.c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  PetscCheck(p.c_locale, PETSC_COMM_SELF, PETSC_ERR_SYS, "No C locale");
  PetscCall(GraphCreate(GRAPH_PARSE_LIMIT, &p.graph));
  root = parse_all(&p);
  freelocale(p.c_locale);
  PetscCall(p.graph.error);
  if (!p.failed) PetscCall(GraphExtract(&p.graph, root, e));
  PetscCall(FormulaGraphDestroy(&p.graph));
  PetscFunctionReturn(0);
}
