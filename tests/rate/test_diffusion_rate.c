/*
  Orders of convergence: h - (1/w) div( w D grad h ) = f with a known h, a weight, and a full tensor that varies. The error
  in L2(w) goes with the order p + 1, functionals and eigenvalues with 2p; the monotone graph with 2.
*/
#include "../unit/mesh_fixture.h"
#include <petscdt.h>
#include <slepceps.h>

typedef enum { BOX, SIMPLEX, TENSOR } Kind;

/* formulas: h, d_i h, d_ij h, D_ij, d_i D_ij, d_i log w */
typedef struct {
  PetscInt dim;
  Program program;
  PetscInt n;
  PetscReal *memory;
} Manufactured;

static const char *const h_of[] = {NULL, "30*exp(x)*(x-x^2)^2", "500*exp(x-y/2)*(x-x^2)^2*(y-y^2)^2",
                                   "8000*exp(x-y/2)*(x-x^2)^2*(y-y^2)^2*(z-z^2)^2"};
static const char *const w_of[] = {NULL, "-x^2-sin(2*x)", "-x^2-sin(x*y)-y/2", "-x^2-sin(x*y)-y/2-z"};
static const char *const line[] = {"1+x/2"};
static const char *const plane[] = {"1+x/2", "0.5*sin(x+y)", "0.5*sin(x+y)", "1.5+cos(y)/4"};
static const char *const space[] = {"1+x/2", "0.3*sin(x+y)", "0.2", "0.3*sin(x+y)", "1.5+cos(y)/4", "0.1*z",
                                    "0.2",   "0.1*z",        "1"};
static const char *const *const D_of[] = {NULL, line, plane, space};

static Manufactured manufacture(PetscInt dim, const char *const D[])
{
  Manufactured m = {.dim = dim};
  Expression e[40], h = parse_formula(dim, h_of[dim]), w = parse_formula(dim, w_of[dim]);

  e[m.n++] = h;
  for (PetscInt i = 0; i < dim; i++) OK(ExpressionDerive(h, VariableIndex(0, i), &e[m.n++]));
  for (PetscInt i = 0; i < dim; i++) {
    for (PetscInt j = 0; j < dim; j++) OK(ExpressionDerive(e[1 + i], VariableIndex(0, j), &e[m.n++]));
  }
  for (PetscInt k = 0; k < dim * dim; k++) e[m.n++] = parse_formula(dim, D[k]);
  for (PetscInt k = 0; k < dim * dim; k++) {
    OK(ExpressionDerive(e[1 + dim + dim * dim + k], VariableIndex(0, k / dim), &e[m.n++]));
  }
  for (PetscInt i = 0; i < dim; i++) OK(ExpressionDerive(w, VariableIndex(0, i), &e[m.n++]));
  OK(ProgramCreate(m.n, e, &m.program));
  for (PetscInt k = 0; k < m.n; k++) OK(ExpressionDestroy(&e[k]));
  OK(ExpressionDestroy(&w));
  return m;
}

static PetscErrorCode right_side(void *ctx, PetscInt n, const PetscReal x[], PetscReal f[])
{
  const Manufactured *m = ctx;
  const PetscInt dim = m->dim, dd = dim * dim;
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal *memory, *out[40];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n * (dim + m->n), &memory));
  for (PetscInt c = 0; c < dim; c++) {
    for (PetscInt i = 0; i < n; i++) memory[c * n + i] = x[i * dim + c];
    variables[VariableIndex(0, c)] = memory + c * n;
  }
  for (PetscInt k = 0; k < m->n; k++) out[k] = memory + (dim + k) * n;
  PetscCall(ProgramEvaluatePoints(m->program, n, variables, out));
  for (PetscInt p = 0; p < n; p++) {
    f[p] = out[0][p];
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) {
        const PetscInt k = i * dim + j;
        const PetscReal D = out[1 + dim + dd + k][p], slope = out[1 + dim + 2 * dd + k][p];
        const PetscReal log_w = out[1 + dim + 3 * dd + i][p];
        f[p] -= D * out[1 + dim + k][p] + (slope + log_w * D) * out[1 + j][p];
      }
    }
  }
  PetscCall(PetscFree(memory));
  PetscFunctionReturn(0);
}

static void make_problem(Problem *p, Kind kind, PetscInt dim, PetscInt cells, PetscInt order, Boundary side,
                         const char scheme[], const char *const D[])
{
  if (kind == BOX) {
    make_box(p, PETSC_COMM_SELF, dim, 0, 1, cells, 0, order, side);
  } else {
    make_mesh(p, PETSC_COMM_SELF, dim, kind == SIMPLEX ? PETSC_TRUE : PETSC_FALSE, cells, order, side);
  }
  set_up_problem(p, scheme, w_of[dim], D);
  assert_int_equal(p->fault.trouble, COEFFICIENT_GOOD);
}

static void solve(Mat A, Vec b, Vec x)
{
  KSP ksp;
  PC pc;

  OK(KSPCreate(PETSC_COMM_SELF, &ksp));
  OK(KSPSetOperators(ksp, A, A));
  OK(KSPSetType(ksp, KSPPREONLY));
  OK(KSPGetPC(ksp, &pc));
  OK(PCSetType(pc, PCLU));
  OK(KSPSolve(ksp, b, x));
  OK(KSPDestroy(&ksp));
}

/* error[0] in L2(w), error[1] of int w (1 + x) h */
static void solve_manufactured(Problem *p, const char *const D[], PetscReal functional, PetscReal error[2])
{
  const PetscInt dim = p->mesh->dim;
  Manufactured m = manufacture(dim, D);
  ProgramFunction h = make_function(dim, h_of[dim]), psi = make_function(dim, "1+x");
  PetscScalar value;
  Vec load, g, exact;
  Mat A;

  OK(VecDuplicate(p->system->root, &load));
  OK(VecDuplicate(load, &g));
  OK(VecDuplicate(load, &exact));
  OK(DiffusionLoadFunction(p->diffusion, right_side, &m, load));
  OK(MatDuplicate(p->system->S, MAT_COPY_VALUES, &A));
  if (p->system->B) {
    OK(MatAXPY(A, 1, p->system->B, DIFFERENT_NONZERO_PATTERN));
  } else {
    OK(MatShift(A, 1));
  }
  solve(A, load, g);
  OK(DiffusionLoadFunction(p->diffusion, PointFunctionProgram, &psi, load));
  OK(VecDot(load, g, &value));
  error[1] = PetscAbsReal(value * PetscExpReal(p->system->log_scale) - functional);
  OK(DiffusionStateFunction(p->diffusion, PointFunctionProgram, &h, exact));
  OK(VecAXPY(g, -1, exact));
  OK(DiffusionGetQuotient(p->diffusion, g, NULL, &value));
  error[0] = PetscSqrtReal(value * PetscExpReal(p->system->log_scale));
  OK(MatDestroy(&A));
  OK(VecDestroy(&exact));
  OK(VecDestroy(&g));
  OK(VecDestroy(&load));
  OK(ProgramDestroy(&m.program));
  OK(ProgramDestroy(&h.program));
  OK(ProgramDestroy(&psi.program));
}

/* int w (1 + x) h over the unit cube, by 24 Gauss points per direction */
static PetscReal exact_functional(PetscInt dim)
{
  const PetscInt n = 24, total = dim == 1 ? n : dim == 2 ? n * n : n * n * n;
  ProgramFunction h = make_function(dim, h_of[dim]), w = make_function(dim, w_of[dim]);
  PetscReal node[24], weight[24], sum = 0, x[3], v[2];

  OK(PetscDTGaussQuadrature(n, 0, 1, node, weight));
  for (PetscInt k = 0; k < total; k++) {
    PetscReal measure = 1;
    for (PetscInt c = 0, rest = k; c < dim; c++, rest /= n) {
      x[c] = node[rest % n];
      measure *= weight[rest % n];
    }
    OK(PointFunctionProgram(&h, 1, x, &v[0]));
    OK(PointFunctionProgram(&w, 1, x, &v[1]));
    sum += measure * PetscExpReal(v[1]) * v[0] * (1 + x[0]);
  }
  OK(ProgramDestroy(&h.program));
  OK(ProgramDestroy(&w.program));
  return sum;
}

static void check_rates(Kind kind, PetscInt dim, PetscInt order, Boundary side, const char scheme[],
                        const char *const D[], PetscInt coarse)
{
  const PetscReal functional = exact_functional(dim);
  PetscReal error[2][2], rate[2];

  for (PetscInt level = 0; level < 2; level++) {
    Problem p;
    make_problem(&p, kind, dim, coarse << level, order, side, scheme, D);
    solve_manufactured(&p, D, functional, error[level]);
    destroy_problem(&p);
  }
  for (PetscInt k = 0; k < 2; k++) rate[k] = PetscLog2Real(error[0][k] / error[1][k]);
  print_message(
      "kind %d dim %d order %d side %d %-8s %3d cells: L2 %.2e rate %.2f, functional %.2e rate %.2f\n",
      (int)kind, (int)dim, (int)order, (int)side, scheme, (int)coarse << 1, error[1][0], rate[0], error[1][1],
      rate[1]);
  assert_true(rate[0] > (PetscReal)order + 1 - 0.25);
  assert_true(rate[1] > 2 * (PetscReal)order - 0.3 || error[1][1] < 2e-12);
}

static void boxes(void **state)
{
  static const PetscInt coarse[4][4] = {{0}, {64, 16, 8, 6}, {16, 8, 6, 4}, {8, 4, 3, 2}};

  (void)state;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    for (PetscInt order = 1; order <= (dim == 3 ? 2 : 4); order++) {
      check_rates(BOX, dim, order, BOUNDARY_REFLECTING, "fem", D_of[dim], coarse[dim][order - 1]);
      if (dim < 3) check_rates(BOX, dim, order, BOUNDARY_ABSORBING, "fem", D_of[dim], coarse[dim][order - 1]);
    }
  }
}

static void meshes(void **state)
{
  (void)state;
  for (PetscInt order = 1; order <= 4; order++) {
    const PetscInt coarse[] = {16, 8, 6, 4};
    check_rates(SIMPLEX, 2, order, BOUNDARY_REFLECTING, "fem", plane, coarse[order - 1]);
    check_rates(TENSOR, 2, order, BOUNDARY_REFLECTING, "fem", plane, coarse[order - 1]);
  }
  check_rates(SIMPLEX, 3, 1, BOUNDARY_REFLECTING, "fem", space, 6);
  check_rates(SIMPLEX, 3, 2, BOUNDARY_ABSORBING, "fem", space, 4);
  check_rates(TENSOR, 3, 2, BOUNDARY_REFLECTING, "fem", space, 4);
}

static void graphs(void **state)
{
  const char *const oblique[] = {"1+x/2", "0.2+x*y/2", "0.2+x*y/2", "0.6+y/2"};

  (void)state;
  for (PetscInt side = 0; side < 3; side += 2) {
    check_rates(BOX, 1, 1, (Boundary)side, "monotone", line, 32);
    check_rates(BOX, 2, 1, (Boundary)side, "monotone", oblique, 16);
    check_rates(BOX, 3, 1, (Boundary)side, "monotone", space, 6);
  }
}

/* The smallest eigenvalue but the constant's. */
static PetscReal gap_of(const Problem *p)
{
  PetscScalar value[2];
  EPS eps;
  ST st;

  OK(EPSCreate(PETSC_COMM_SELF, &eps));
  OK(EPSSetOperators(eps, p->system->S, p->system->B));
  OK(EPSSetProblemType(eps, p->system->B ? EPS_GHEP : EPS_HEP));
  OK(EPSSetDimensions(eps, 2, PETSC_DEFAULT, PETSC_DEFAULT));
  OK(EPSSetTolerances(eps, 1e-13, 1000));
  OK(EPSSetTarget(eps, -0.1));
  OK(EPSSetWhichEigenpairs(eps, EPS_TARGET_MAGNITUDE));
  OK(EPSGetST(eps, &st));
  OK(STSetType(st, STSINVERT));
  OK(EPSSolve(eps));
  for (PetscInt k = 0; k < 2; k++) OK(EPSGetEigenvalue(eps, k, &value[k], NULL));
  OK(EPSDestroy(&eps));
  return p->system->conservative ? value[1] : value[0];
}

/* exp(-V/s), V = x^4/4 - x^2/2 on [-2, 2]: gaps of the reference table. */
static void double_well(void **state)
{
  const char *const weight[] = {"-(x^4/4-x^2/2)/0.25", "-(x^4/4-x^2/2)/0.05"}, *const D[] = {"0.25", "0.05"};
  const PetscReal gap[] = {0.1871718420066, 0.00277614063657273};
  const PetscInt coarse[] = {40, 20, 16, 16};

  (void)state;
  for (PetscInt s = 0; s < 2; s++) {
    for (PetscInt order = 1; order <= 4; order++) {
      PetscReal error[2], rate;
      for (PetscInt level = 0; level < 2; level++) {
        Problem p;
        make_box(&p, PETSC_COMM_SELF, 1, -2, 2, (coarse[order - 1] << level) * (1 + s), 0, order,
                 BOUNDARY_REFLECTING);
        set_up_problem(&p, "fem", weight[s], &D[s]);
        error[level] = PetscAbsReal(gap_of(&p) / gap[s] - 1);
        destroy_problem(&p);
      }
      rate = PetscLog2Real(error[0] / error[1]);
      print_message("well %d order %d: error %.2e rate %.2f\n", (int)s, (int)order, error[1], rate);
      assert_true(rate > 2 * (PetscReal)order - 0.5);
      assert_true(error[1] < (order == 1 ? 2e-2 : 1e-3));
    }
  }
}

/* Gaps of full tensors, mild and strongly anisotropic, whose eigenfunctions feel the sides, against elements of order 4. */
static void graph_gaps(void **state)
{
  const char *const mild[] = {"1", "0.4", "0.4", "0.7"}, *const strong[] = {"0.51", "0.42", "0.42", "0.36"};
  const char *const *const tensor[] = {mild, strong};

  (void)state;
  for (PetscInt k = 0; k < 2; k++) {
    for (PetscInt side = 0; side < 3; side += 2) {
      PetscReal gap[3], rate;
      for (PetscInt level = 0; level < 3; level++) {
        Problem p;
        make_box(&p, PETSC_COMM_SELF, 2, 0, 1, level < 2 ? 20 << level : 12, 0, level < 2 ? 1 : 4,
                 (Boundary)side);
        set_up_problem(&p, level < 2 ? "monotone" : "fem", w_of[2], tensor[k]);
        gap[level] = gap_of(&p);
        destroy_problem(&p);
      }
      rate = PetscLog2Real(PetscAbsReal((gap[0] - gap[2]) / (gap[1] - gap[2])));
      print_message("graph tensor %d side %d: gap %.8g error %.2e rate %.2f\n", (int)k, (int)side, gap[2],
                    gap[1] / gap[2] - 1, rate);
      /* long offsets at reflecting sides are of first order */
      assert_true(rate > (k && side == BOUNDARY_REFLECTING ? 0.7 : 1.8));
      assert_true(PetscAbsReal(gap[1] / gap[2] - 1) < (k ? 2e-2 : 1e-3));
    }
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(boxes), cmocka_unit_test(meshes),
                                     cmocka_unit_test(graphs), cmocka_unit_test(double_well),
                                     cmocka_unit_test(graph_gaps)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
