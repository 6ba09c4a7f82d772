/*
  Whether V1 is what the theory asks for: of period one in every fast variable and finite. Sampled along
  lines: from each of several base points, every fast variable in turn takes a few values and the same values
  one period further.
*/
#include "levels.h"
#include <stdarg.h>
#include <stdio.h>

#define BASES     16 /* quasi-random base points; then one at each special value, for finiteness only */
#define PER_LINE  8
#define MOST_X    10000 /* macroscopic points that are looked at */
#define TOLERANCE 1e-9

/* Collocation grids contain these. */
static const PetscReal special[PER_LINE] = {0, .5, .25, .75, .125, 1. / 3, 2. / 3, .2};

typedef struct {
  Potential potential;
  VariableSet variables; /* of V1 */
  Program program;       /* of all terms */
  PetscReal point[REITER_VARIABLES];
  PetscReal *values; /* [n_terms][2 * PER_LINE] */
  PetscReal **out;   /* [n_terms] into values */
  PotentialFault *fault;
} Check;

PetscReal PotentialQuasiRandom(PetscInt i, PetscInt j)
{
  static const PetscReal primes[REITER_VARIABLES + 1] = {2,  3,  5,  7,   11,  13,  17,  19,  23, 29, 31,
                                                         37, 41, 43, 47,  53,  59,  61,  67,  71, 73, 79,
                                                         83, 89, 97, 101, 103, 107, 109, 113, 127};
  PetscReal r = (i + 1) * PetscSqrtReal(primes[j]);

  return r - floor(r);
}

static void append(PotentialFault *fault, size_t *length, const char *format, ...)
    PETSC_ATTRIBUTE_FORMAT(3, 4);
static void append(PotentialFault *fault, size_t *length, const char *format, ...)
{
  va_list arguments;
  int written;

  if (*length + 1 >= sizeof(fault->message)) return;
  va_start(arguments, format);
  written = vsnprintf(fault->message + *length, sizeof(fault->message) - *length, format, arguments);
  va_end(arguments);
  if (written > 0) *length += (size_t)written;
}

static void append_variable(PotentialFault *fault, size_t *length, PetscInt variable)
{
  append(fault, length, "%c", "xyz"[variable % REITER_MAX_DIM]);
  if (variable >= REITER_MAX_DIM) append(fault, length, "%d", (int)(variable / REITER_MAX_DIM));
}

/* "at x = 0.5, y2 = 0.31": what the term depends on; "everywhere" if that is nothing. */
static PetscErrorCode append_point(const Check *check, size_t *length)
{
  PotentialFault *fault = check->fault;
  const char *separator = "at ";
  VariableSet set;

  PetscFunctionBegin;
  PetscCall(ExpressionVariables(check->potential->terms[fault->term], &set));
  if (!set) append(fault, length, "everywhere");
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    if (!(set >> v & 1)) continue;
    append(fault, length, "%s", separator);
    append_variable(fault, length, v);
    append(fault, length, " = %.10g", (double)fault->point[v]);
    separator = ", ";
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode report_not_finite(Check *check, PetscReal value)
{
  PotentialFault *fault = check->fault;
  size_t length = 0;

  PetscFunctionBegin;
  fault->failed = PETSC_TRUE;
  fault->value = fault->shifted = value;
  if (isnan(value))
    append(fault, &length, "V1 is not finite (nan) "); /* nan has a sign, which says nothing */
  else
    append(fault, &length, "V1 is not finite (%g) ", (double)value);
  PetscCall(append_point(check, &length));
  PetscFunctionReturn(0);
}

static PetscErrorCode report_no_period(Check *check, PetscInt variable, PetscReal value, PetscReal shifted)
{
  PotentialFault *fault = check->fault;
  size_t length = 0;

  PetscFunctionBegin;
  fault->failed = PETSC_TRUE;
  fault->scale = variable / REITER_MAX_DIM;
  fault->component = variable % REITER_MAX_DIM;
  fault->value = value;
  fault->shifted = shifted;
  append(fault, &length, "V1 is not of period one in ");
  append_variable(fault, &length, variable);
  append(fault, &length, ": ");
  PetscCall(append_point(check, &length));
  append(fault, &length, " it is %.10g, one period further %.10g", (double)value, (double)shifted);
  PetscFunctionReturn(0);
}

/* Entries i of all terms: their sum, the sum of their sizes (which round-off goes with), and the first that
   is not finite (-1: none). */
static PetscReal sum_terms(const Check *check, PetscInt i, PetscReal *size, PetscInt *bad)
{
  PetscReal sum = 0;

  *size = 0;
  *bad = -1;
  for (PetscInt t = 0; t < check->potential->n_terms; t++) {
    PetscReal value = check->out[t][i];

    sum += value;
    *size += fabs(value);
    if (*bad < 0 && !isfinite(value)) *bad = t;
  }
  if (*bad < 0 && !isfinite(sum)) *bad = 0;
  return sum;
}

/* The term that changes most from entry i to entry j. */
static PetscInt changed_term(const Check *check, PetscInt i, PetscInt j)
{
  PetscInt which = 0;

  for (PetscInt t = 1; t < check->potential->n_terms; t++) {
    PetscReal change = fabs(check->out[t][i] - check->out[t][j]);

    if (change > fabs(check->out[which][i] - check->out[which][j])) which = t;
  }
  return which;
}

/* Looks at entry i, where the variable has the value t, and at entry i + count, one period further. */
static PetscErrorCode look(Check *check, PetscInt variable, PetscReal t, PetscInt i, PetscInt count)
{
  PotentialFault *fault = check->fault;
  PetscReal size[2], value[2];
  PetscInt bad;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(fault->point, check->point, REITER_VARIABLES));
  for (PetscInt j = 0; j < (count ? 2 : 1) && !fault->failed; j++) {
    fault->point[variable] = t + j;
    value[j] = sum_terms(check, i + j * count, &size[j], &bad);
    fault->term = PetscMax(bad, 0);
    if (bad >= 0) PetscCall(report_not_finite(check, value[j]));
  }
  if (fault->failed || !count || fabs(value[0] - value[1]) <= TOLERANCE * (1 + PetscMax(size[0], size[1]))) {
    PetscFunctionReturn(0);
  }
  fault->point[variable] = t;
  fault->term = changed_term(check, i, i + count);
  PetscCall(report_no_period(check, variable, value[0], value[1]));
  PetscFunctionReturn(0);
}

/* A line through the point along one variable. A special one has no shifted points: jumps may lie there. */
static PetscErrorCode check_line(Check *check, PetscInt base, PetscInt variable, PetscBool is_special)
{
  const PetscInt k = variable / REITER_MAX_DIM, c = variable % REITER_MAX_DIM;
  PetscInt n[REITER_MAX_DIM] = {1, 1, 1};
  PetscReal line[2 * PER_LINE];
  const PetscReal *axis[REITER_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < REITER_MAX_DIM; j++) axis[j] = &check->point[VariableIndex(k, j)];
  for (PetscInt i = 0; i < PER_LINE; i++) {
    line[i] = is_special ? special[i] : PotentialQuasiRandom(base * PER_LINE + i, REITER_VARIABLES);
    if (k == 0) line[i] = check->point[variable];
    line[PER_LINE + i] = line[i] + 1;
  }
  axis[c] = line;
  n[c] = k == 0 ? 1 : (is_special ? PER_LINE : 2 * PER_LINE);
  PetscCall(ProgramEvaluateGrid(check->program, k, check->potential->dim, n, axis, check->point, check->out));
  for (PetscInt i = 0; i < PetscMin(n[c], PER_LINE) && !check->fault->failed; i++) {
    PetscCall(look(check, variable, line[i], i, n[c] - PetscMin(n[c], PER_LINE)));
  }
  PetscFunctionReturn(0);
}

/* `bases` of them are spread over the n macroscopic points. */
static PetscErrorCode check_base(Check *check, PetscInt base, PetscInt bases, PetscInt n, const PetscReal x[])
{
  const PetscInt dim = check->potential->dim;
  const PetscBool is_special = (PetscBool)(base >= BASES && base < BASES + PER_LINE);

  PetscFunctionBegin;
  for (PetscInt v = 0; v < REITER_VARIABLES; v++) {
    if (v >= REITER_MAX_DIM)
      check->point[v] = is_special ? special[base - BASES] : PotentialQuasiRandom(base, v);
    else if (v >= dim)
      check->point[v] = 0;
    else if (n > 0) {
      PetscInt which = n <= bases ? base % n : (PetscInt)((PetscInt64)base * (n - 1) / (bases - 1));
      check->point[v] = x[which * dim + v];
    } else
      check->point[v] = check->variables >> v & 1 ? 2 * PotentialQuasiRandom(base, v) - 1 : 0;
  }
  /* The macroscopic "line" is the point itself. */
  PetscCall(check_line(check, base, 0, is_special));
  for (PetscInt v = REITER_MAX_DIM; v < REITER_VARIABLES && base < BASES + PER_LINE && !check->fault->failed;
       v++) {
    if (check->variables >> v & 1) PetscCall(check_line(check, base, v, is_special));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialCheck(Potential potential, PetscInt n, const PetscReal x[], PotentialFault *fault)
{
  Check check = {potential, 0, NULL, {0}, NULL, NULL, fault};
  const PetscInt n_terms = potential->n_terms;
  PetscInt more;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  if (n_terms == 0) PetscFunctionReturn(0);
  PetscCall(ExpressionVariables(potential->V1, &check.variables));
  more = n > BASES + PER_LINE && (check.variables & ScaleBits(0)) ? PetscMin(n, MOST_X) : 0;
  PetscCall(ProgramCreate(n_terms, potential->terms, &check.program));
  PetscCall(PetscMalloc2(n_terms * 2 * PER_LINE, &check.values, n_terms, &check.out));
  for (PetscInt t = 0; t < n_terms; t++) check.out[t] = check.values + t * 2 * PER_LINE;
  for (PetscInt base = 0; base < BASES + PER_LINE && !fault->failed; base++) {
    PetscCall(check_base(&check, base, BASES + PER_LINE, n, x));
  }
  /* Every point given, once, without lines. */
  for (PetscInt base = 0; base < more && !fault->failed; base++) {
    PetscCall(check_base(&check, BASES + PER_LINE + base, BASES + PER_LINE + more, n, x));
  }
  PetscCall(PetscFree2(check.values, check.out));
  PetscCall(ProgramDestroy(&check.program));
  PetscFunctionReturn(0);
}
