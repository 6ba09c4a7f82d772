/*
  Formulas: text -> tree -> exact derivatives -> register program over tensor grids.

  A formula uses + - * / ^, functions, parameters, and the variables x y z (macroscopic position) and
  x1 y1 z1, x2, ... (letter = component, digit = scale: y2 is the second component of x/eps^2).
  Trees are immutable and reference counted.
*/
#pragma once
#include <petscsys.h>
#include <stdint.h>

#define REITER_MAX_DIM    3
#define REITER_MAX_SCALES 9
#define REITER_VARIABLES  (REITER_MAX_DIM * (REITER_MAX_SCALES + 1))

/* Numbers of a case that formulas may leave free (ExpressionParseFree): two more slots after the variables. Arrays of
   values are [REITER_SLOTS] where a formula has them. */
#define REITER_FREE  2
#define REITER_SLOTS (REITER_VARIABLES + REITER_FREE)
#define FreeIndex(i) (REITER_VARIABLES + (i))
#define FreeBit(i)   ((VariableSet)1 << FreeIndex(i))
#define FREE_BITS    (~(VariableSet)0 << REITER_VARIABLES)

/* The number of component c (0, 1, 2) of scale k (0 = macroscopic): its slot in arrays of variables. */
#define VariableIndex(k, c) (REITER_MAX_DIM * (k) + (c))

/* A set of variables: bit VariableIndex(k, c). */
typedef uint32_t VariableSet;
#define VariableBit(k, c) ((VariableSet)1 << VariableIndex(k, c))
#define ScaleBits(k)      ((VariableSet)7 << VariableIndex(k, 0))

typedef struct _p_Expression *Expression;
typedef struct _p_Program *Program;

typedef struct {
  const char *name;
  PetscReal value;
} Parameter;

/* The names a formula may use, looked up in this order: variables of the scope, pi and e, functions,
   parameters. So no parameter changes the meaning of another name; in one dimension y is free to be a
   parameter. */
typedef struct {
  PetscInt dim;    /* components x.. allowed: 0 (constants only) to 3 */
  PetscInt scales; /* highest digit allowed; 0: macroscopic variables only */
  PetscInt n_parameters;
  const Parameter *parameters; /* [n_parameters] replaced by their values */
} ExpressionScope;

/* What is wrong with a formula, and where: bytes [offset, offset + length) of its text. */
typedef struct {
  size_t offset, length;
  char message[240];
  char suggestion[64]; /* the nearest valid name, or empty */
} ExpressionError;

/* Parses text[0..length). On a mistake of the user *e is NULL and *error says what and where; the return code
   is nonzero only for our own failures. Nesting (200), length (1 MiB) and operations (200000) are limited:
   hostile input is an error. */
PetscErrorCode ExpressionParse(const char *text, size_t length, const ExpressionScope *scope, Expression *e,
                               ExpressionError *error);
/* The same, where parameter i stands for formulas[i] in place of its value, unless that is NULL. */
PetscErrorCode ExpressionParseFree(const char *text, size_t length, const ExpressionScope *scope,
                                   const Expression formulas[], Expression *e, ExpressionError *error);
/* A number, a variable (or free number: FreeIndex(i)), and a quotient as trees. */
PetscErrorCode ExpressionNumber(PetscReal value, Expression *e);
PetscErrorCode ExpressionVariable(PetscInt variable, Expression *e);
PetscErrorCode ExpressionQuotient(Expression a, Expression b, Expression *e);
/* Variable v becomes map[v]; map[REITER_SLOTS]. */
PetscErrorCode ExpressionRename(Expression e, const PetscInt map[], Expression *renamed);
/* e with its largest parts that depend on variables in `of` alone replaced: parts[j] by variable slot[j], of which there
   are `most`. *n = 0 and no *rest if it has more parts. Caller destroys each part and frees the array. */
PetscErrorCode ExpressionHoist(Expression e, VariableSet of, PetscInt most, const PetscInt slot[],
                               PetscInt *n, Expression **parts, Expression *rest);
/* Whether both are the same tree. */
PetscErrorCode ExpressionEqual(Expression a, Expression b, PetscBool *equal);
PetscErrorCode ExpressionReference(Expression e);
PetscErrorCode ExpressionDestroy(Expression *e);

/* The variables that the formula depends on. */
PetscErrorCode ExpressionVariables(Expression e, VariableSet *set);
/* False if the formula has kinks or jumps (abs min max sign floor mod if, comparisons, fractional powers at 0
   do not count) when the variables in `of` move and the others are frozen. */
PetscErrorCode ExpressionIsSmooth(Expression e, VariableSet of, PetscBool *smooth);
/* The functions whose zeros are the kinks and jumps of e: u for abs(u) and sign(u), a - b for min, max and
   comparisons, sin(pi a/b) for mod(a, b) and floor. Caller destroys each and frees the array (PetscFree). */
PetscErrorCode ExpressionSwitches(Expression e, PetscInt *n, Expression **switches);
/* Appends to found[0..*n), at most `most` in all, the points of [0, 1] where u changes its sign when one fast variable
   moves and the others stay at values[] (which is changed while this runs); program: of u, or NULL. */
PetscErrorCode ExpressionSignChanges(Expression u, Program program, PetscInt variable, PetscReal values[],
                                     PetscInt most, PetscInt *n, PetscReal found[]);
/* Points of a period taken into [0, 1), sorted, equal ones to round-off only once. */
PetscErrorCode PeriodicSort(PetscInt *n, PetscReal points[]);
/* Splits at the sums and differences at the top of the tree (through unary minus and constant factors); sums
   inside a product are multiplied out where every new term then touches fewer fast variables than the
   product. In the order of the formula; none if e is 0. Caller destroys each term and frees the array. */
PetscErrorCode ExpressionTerms(Expression e, PetscInt *n, Expression **terms);
/* A new tree: the sum of n trees (0 for n = 0). */
PetscErrorCode ExpressionSum(PetscInt n, const Expression terms[], Expression *sum);
/* Exact derivative with respect to variable VariableIndex(k, c) or FreeIndex(i), simplified. */
PetscErrorCode ExpressionDerive(Expression e, PetscInt variable, Expression *derivative);
/* The value at one point; values[REITER_VARIABLES] or [REITER_SLOTS]. */
PetscErrorCode ExpressionEvaluate(Expression e, const PetscReal values[], PetscReal *value);

/* One program for several formulas, with common subexpressions computed once. */
PetscErrorCode ProgramCreate(PetscInt n, const Expression e[], Program *program);
PetscErrorCode ProgramDestroy(Program *program);
/* Evaluates all formulas on the tensor grid axis[0] x .. x axis[dim-1] of scale k, every other variable
   frozen at frozen[REITER_VARIABLES]. out[f][i0 + n[0]*(i1 + n[1]*i2)]: component 0 runs fastest.
   Subexpressions that vary along one axis only are computed once per axis node, frozen ones once per call;
   the rest in blocks of points. */
PetscErrorCode ProgramEvaluateGrid(Program program, PetscInt k, PetscInt dim, const PetscInt n[],
                                   const PetscReal *const axis[], const PetscReal frozen[],
                                   PetscReal *const out[]);
/* Evaluates all formulas at scattered points, in blocks that vectorise: variables[v][n] for every variable v of
   VariableIndex() that the formulas use (NULL for the others); out[f][n]. */
PetscErrorCode ProgramEvaluatePoints(Program program, PetscInt n, const PetscReal *const variables[],
                                     PetscReal *const out[]);
/* The same at points that differ in the fast variables only: variables[v][n] for those of scales 1, 2, ..; the
   macroscopic ones and the free numbers are frozen[REITER_SLOTS], and what depends on them alone is computed once. */
PetscErrorCode ProgramEvaluateFast(Program program, PetscInt n, const PetscReal *const variables[],
                                   const PetscReal frozen[], PetscReal *const out[]);
