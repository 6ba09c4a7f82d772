/*
  The operations of a formula: names, numbers of arguments, values. The inline functions are shared by the
  evaluation at one point and by the kernels over blocks of points, so that both agree.
*/
#pragma once
#include <petscsys.h>
#include <math.h>

typedef enum {
  OP_CONSTANT,
  OP_VARIABLE,
  /* one operand */
  OP_NEG,
  OP_SIN,
  OP_COS,
  OP_TAN,
  OP_ASIN,
  OP_ACOS,
  OP_ATAN,
  OP_SINH,
  OP_COSH,
  OP_TANH,
  OP_EXP,
  OP_LOG,
  OP_SQRT,
  OP_ERF,
  OP_ABS,
  OP_SIGN,
  OP_FLOOR,
  /* two operands */
  OP_ADD,
  OP_SUB,
  OP_MUL,
  OP_DIV,
  OP_POW,
  OP_MOD,
  OP_MIN,
  OP_MAX,
  OP_LT,
  OP_LE,
  OP_GT,
  OP_GE,
  OP_EQ,
  OP_NE,
  /* three operands: condition, value if it is not zero, value if it is */
  OP_IF
} Operation;

/* A function that a formula may call; most < 0: any number of arguments. */
typedef struct {
  const char *name;
  Operation op;
  PetscInt least, most;
} FunctionEntry;

/* The table ends with a NULL name. */
PETSC_INTERN const FunctionEntry *FunctionTable(void);
/* 0 to 3 */
PETSC_INTERN PetscInt OperationArity(Operation op);
PETSC_INTERN PetscReal OperationValue(Operation op, PetscReal a, PetscReal b, PetscReal c);

static inline PetscBool OperationIsComparison(Operation op)
{
  return (PetscBool)(op >= OP_LT && op <= OP_NE);
}

static inline PetscBool OperationCommutes(Operation op)
{
  return (PetscBool)(op == OP_ADD || op == OP_MUL || op == OP_MIN || op == OP_MAX || op == OP_EQ ||
                     op == OP_NE);
}

/* Integer powers up to this one are products: their round-off stays within 4 ulp. */
#define LARGEST_PRODUCT_POWER 8

static inline PetscBool PowerIsProduct(PetscReal exponent)
{
  return (PetscBool)(fabs(exponent) <= LARGEST_PRODUCT_POWER && exponent == floor(exponent));
}

/* In [0, b) for b > 0 and (b, 0] for b < 0. A quotient that rounds up to an integer gives a remainder of the
   wrong sign, and adding b to a tiny one gives b itself: both belong just below b. */
static inline PetscReal value_mod(PetscReal a, PetscReal b)
{
  PetscReal r = a - b * floor(a / b);

  r = (b > 0 ? r < 0 : r > 0) ? r + b : r;
  return (b > 0 ? r >= b : r <= b) ? b * (1 - 0x1p-53) : r;
}

/* Not a number stays so, unlike with fmin and fmax: a fault must not hide. */
static inline PetscReal value_min(PetscReal a, PetscReal b)
{
  return ((a <= b) | (a != a)) ? a : b;
}

static inline PetscReal value_max(PetscReal a, PetscReal b)
{
  return ((a >= b) | (a != a)) ? a : b;
}

static inline PetscReal value_sign(PetscReal a)
{
  return a > 0 ? 1. : (a < 0 ? -1. : a * 0.);
}
