/* One operation over a block of values. */
#include "vectorised.h"
#include "kernels.h"

#define EACH(OP, VALUE)                                                                                      \
  case OP:                                                                                                   \
    for (PetscInt i = 0; i < n; i++) r[i] = (VALUE);                                                         \
    break

ANY_MACHINE void KernelApply(Operation op, PetscInt n, const PetscReal *restrict a,
                             const PetscReal *restrict b, const PetscReal *restrict c, PetscReal *restrict r)
{
  switch (op) {
    EACH(OP_NEG, -a[i]);
    EACH(OP_SIN, sin(a[i]));
    EACH(OP_COS, cos(a[i]));
    EACH(OP_TAN, tan(a[i]));
    EACH(OP_ASIN, asin(a[i]));
    EACH(OP_ACOS, acos(a[i]));
    EACH(OP_ATAN, atan(a[i]));
    EACH(OP_SINH, sinh(a[i]));
    EACH(OP_COSH, cosh(a[i]));
    EACH(OP_TANH, tanh(a[i]));
    EACH(OP_EXP, exp(a[i]));
    EACH(OP_LOG, log(a[i]));
    EACH(OP_SQRT, sqrt(a[i]));
    EACH(OP_ERF, erf(a[i]));
    EACH(OP_ABS, fabs(a[i]));
    EACH(OP_SIGN, value_sign(a[i]));
    EACH(OP_FLOOR, floor(a[i]));
    EACH(OP_ADD, a[i] + b[i]);
    EACH(OP_SUB, a[i] - b[i]);
    EACH(OP_MUL, a[i] * b[i]);
    EACH(OP_DIV, a[i] / b[i]);
    EACH(OP_POW, pow(a[i], b[i]));
    EACH(OP_MOD, value_mod(a[i], b[i]));
    EACH(OP_MIN, value_min(a[i], b[i]));
    EACH(OP_MAX, value_max(a[i], b[i]));
    EACH(OP_LT, a[i] < b[i]);
    EACH(OP_LE, a[i] <= b[i]);
    EACH(OP_GT, a[i] > b[i]);
    EACH(OP_GE, a[i] >= b[i]);
    EACH(OP_EQ, a[i] == b[i]);
    EACH(OP_NE, a[i] != b[i]);
    EACH(OP_IF, a[i] != 0 ? b[i] : c[i]);
  case OP_CONSTANT:
  case OP_VARIABLE:
    break;
  }
}
