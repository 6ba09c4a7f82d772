#include "operations.h"

static const FunctionEntry functions[] = {
    {"sin", OP_SIN, 1, 1},    {"cos", OP_COS, 1, 1},     {"tan", OP_TAN, 1, 1},   {"asin", OP_ASIN, 1, 1},
    {"acos", OP_ACOS, 1, 1},  {"atan", OP_ATAN, 1, 1},   {"sinh", OP_SINH, 1, 1}, {"cosh", OP_COSH, 1, 1},
    {"tanh", OP_TANH, 1, 1},  {"exp", OP_EXP, 1, 1},     {"log", OP_LOG, 1, 1},   {"sqrt", OP_SQRT, 1, 1},
    {"erf", OP_ERF, 1, 1},    {"abs", OP_ABS, 1, 1},     {"min", OP_MIN, 2, -1},  {"max", OP_MAX, 2, -1},
    {"sign", OP_SIGN, 1, 1},  {"floor", OP_FLOOR, 1, 1}, {"mod", OP_MOD, 2, 2},   {"if", OP_IF, 3, 3},
    {NULL, OP_CONSTANT, 0, 0}};

const FunctionEntry *FunctionTable(void)
{
  return functions;
}

PetscInt OperationArity(Operation op)
{
  if (op <= OP_VARIABLE) return 0;
  if (op <= OP_FLOOR) return 1;
  return op == OP_IF ? 3 : 2;
}

static PetscReal power(PetscReal base, PetscReal exponent)
{
  PetscReal product = 1;
  PetscInt n;

  if (!PowerIsProduct(exponent)) return pow(base, exponent);
  for (n = (PetscInt)fabs(exponent); n; n >>= 1, base *= base)
    if (n & 1) product *= base;
  return exponent < 0 ? 1 / product : product;
}

static PetscReal unary_value(Operation op, PetscReal a)
{
  switch (op) {
  case OP_NEG:
    return -a;
  case OP_SIN:
    return sin(a);
  case OP_COS:
    return cos(a);
  case OP_TAN:
    return tan(a);
  case OP_ASIN:
    return asin(a);
  case OP_ACOS:
    return acos(a);
  case OP_ATAN:
    return atan(a);
  case OP_SINH:
    return sinh(a);
  case OP_COSH:
    return cosh(a);
  case OP_TANH:
    return tanh(a);
  case OP_EXP:
    return exp(a);
  case OP_LOG:
    return log(a);
  case OP_SQRT:
    return sqrt(a);
  case OP_ERF:
    return erf(a);
  case OP_ABS:
    return fabs(a);
  case OP_SIGN:
    return value_sign(a);
  case OP_FLOOR:
    return floor(a);
  default:
    return NAN;
  }
}

static PetscReal binary_value(Operation op, PetscReal a, PetscReal b)
{
  switch (op) {
  case OP_ADD:
    return a + b;
  case OP_SUB:
    return a - b;
  case OP_MUL:
    return a * b;
  case OP_DIV:
    return a / b;
  case OP_POW:
    return power(a, b);
  case OP_MOD:
    return value_mod(a, b);
  case OP_MIN:
    return value_min(a, b);
  case OP_MAX:
    return value_max(a, b);
  case OP_LT:
    return a < b;
  case OP_LE:
    return a <= b;
  case OP_GT:
    return a > b;
  case OP_GE:
    return a >= b;
  case OP_EQ:
    return a == b;
  case OP_NE:
    return a != b;
  default:
    return NAN;
  }
}

PetscReal OperationValue(Operation op, PetscReal a, PetscReal b, PetscReal c)
{
  if (op == OP_IF) return a != 0 ? b : c;
  return op <= OP_FLOOR ? unary_value(op, a) : binary_value(op, a, b);
}
