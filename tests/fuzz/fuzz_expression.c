/*
  Any bytes as a formula. What is accepted must derive, split, compile and evaluate, and a grid must agree
  with single points. Built with libFuzzer, or (STANDALONE) as a program that runs over the files of its
  arguments.
*/
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <reiter/potential.h>

#define REQUIRE(condition)                                                                                   \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                          \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)
#define OK(call) REQUIRE((call) == 0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void destroy_list(PetscInt n, Expression **list)
{
  for (PetscInt i = 0; i < n; i++) OK(ExpressionDestroy(&(*list)[i]));
  OK(PetscFree(*list));
}

/* The grid against the points, where the formula is tame: finite, not huge, and hardly moved by a small
   change of its variables (round-off may grow without bound in a random formula). */
static PetscBool is_tame(Expression e, const PetscReal values[], PetscReal value)
{
  PetscReal near[REITER_VARIABLES], moved;

  for (int turn = -1; turn <= 1; turn += 2) {
    for (int v = 0; v < REITER_VARIABLES; v++) near[v] = values[v] * (1 + turn * 1e-9);
    OK(ExpressionEvaluate(e, near, &moved));
    if (!(fabs(moved - value) <= 1e-6 * (1 + fabs(value)))) return PETSC_FALSE;
  }
  return (PetscBool)(fabs(value) < 1e100);
}

static void check_grid(Expression e)
{
  enum { N = 3 };
  const PetscInt n[] = {N, N};
  PetscReal x[N] = {.11, .43, .77}, out_values[N * N], frozen[REITER_VARIABLES], value;
  PetscReal *out[] = {out_values};
  const PetscReal *axis[] = {x, x};
  Program program;

  for (int v = 0; v < REITER_VARIABLES; v++) frozen[v] = .3 + .01 * v;
  OK(ProgramCreate(1, &e, &program));
  OK(ProgramEvaluateGrid(program, 1, 2, n, axis, frozen, out));
  for (int i = 0; i < N * N; i++) {
    PetscReal values[REITER_VARIABLES];

    memcpy(values, frozen, sizeof(values));
    values[VariableIndex(1, 0)] = x[i % N];
    values[VariableIndex(1, 1)] = x[i / N];
    OK(ExpressionEvaluate(e, values, &value));
    if (is_tame(e, values, value)) REQUIRE(fabs(out_values[i] - value) <= 1e-9 * (1 + fabs(value)));
  }
  OK(ProgramDestroy(&program));
}

static void check_potential(Expression V1)
{
  PetscReal frozen[REITER_VARIABLES] = {0}, *breaks, node = .3, T, L, g[2], *grad[] = {&g[0], &g[1]};
  const PetscReal *axis[] = {&node, &node};
  const PetscInt n[] = {1, 1};
  Potential potential;
  PotentialFault fault;
  PetscBool aligned;
  PetscInt count;

  OK(PotentialCreate(2, 2, 1, NULL, V1, &potential));
  OK(PotentialCheck(potential, 0, NULL, &fault));
  REQUIRE(strlen(fault.message) < sizeof(fault.message));
  for (PetscInt k = 0; k <= 2; k++) {
    OK(PotentialEvaluateLevel(potential, k, frozen, n, axis, &T, grad, &L));
    OK(PotentialLevelBreaks(potential, k, 0, frozen, &count, &breaks, &aligned));
    for (PetscInt i = 0; i < count; i++) {
      REQUIRE(breaks[i] >= 0 && breaks[i] < 1 && (i == 0 || breaks[i] > breaks[i - 1]));
    }
    OK(PetscFree(breaks));
  }
  OK(PotentialDestroy(&potential));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const Parameter parameters[] = {{"alpha", -.25}, {"kappa", 2}};
  static const ExpressionScope scope = {2, 2, 2, parameters};
  Expression e, derivative, second, *list;
  ExpressionError error;
  PetscInt n;

  OK(ExpressionParse((const char *)data, size, &scope, &e, &error));
  if (!e) {
    REQUIRE(error.offset + error.length <= size && error.message[0] && strlen(error.message) < 240 &&
            strlen(error.suggestion) < 64);
    return 0;
  }
  OK(ExpressionDerive(e, VariableIndex(1, 0), &derivative));
  OK(ExpressionDerive(derivative, VariableIndex(1, 0), &second));
  check_grid(e);
  check_grid(second);
  OK(ExpressionSwitches(e, &n, &list));
  destroy_list(n, &list);
  check_potential(e);
  OK(ExpressionDestroy(&e));
  OK(ExpressionDestroy(&derivative));
  OK(ExpressionDestroy(&second));
  return 0;
}

#ifdef STANDALONE
int main(int argc, char *argv[])
{
  for (int i = 1; i < argc; i++) {
    static uint8_t data[1 << 16];
    FILE *const file = fopen(argv[i], "rb");
    size_t size;

    REQUIRE(file);
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
  }
  printf("%d formulas\n", argc - 1);
  return argc > 1 ? 0 : 1;
}
#endif
