#include "spectrum_modes.h"
#include <math.h>
#include <slepceps.h>
#include "solver_private.h"

/* Below this part of the shift an eigenvalue is found again at shift 0. */
static const PetscReal tiny_part = 1e-3;

typedef struct {
  const KineticSystem *system;
  KineticSolver solver;
  PetscReal shift, norm; /* norm: of A */
  PetscBool sharp;
  const volatile int *interrupted;
  CellFailure *failure;
  Vec product;
} Inverse;

static PetscErrorCode drop_constant(const KineticSystem *system, Vec x)
{
  PetscReal mean;

  PetscFunctionBegin;
  PetscCall(VecDot(system->total, x, &mean));
  PetscCall(VecAXPY(x, -mean, system->one));
  PetscFunctionReturn(0);
}

/* y = X x; after a failure y = 0, which ends the iteration. */
static PetscErrorCode apply(Mat X, Vec x, Vec y)
{
  Inverse *inverse;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(X, &inverse));
  PetscCall(VecCopy(x, y));
  PetscCall(drop_constant(inverse->system, y));
  PetscCall(MatMult(inverse->system->B, y, inverse->product));
  if (inverse->failure->status == CELL_OK)
    PetscCall(KineticSolverSolve(inverse->solver, inverse->product, y, inverse->failure));
  if (inverse->failure->status != CELL_OK)
    PetscCall(VecSet(y, 0));
  else
    PetscCall(drop_constant(inverse->system, y));
  PetscFunctionReturn(0);
}

/* Something of every function, less of higher levels. */
static PetscErrorCode fill_first_vector(const KineticSystem *system, Vec v)
{
  PetscScalar *x;
  PetscInt level = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArray(v, &x));
  for (PetscInt i = 0; i < system->n; i++) {
    while (i >= system->level_begin[level + 1]) level++;
    const PetscReal part = 0.6180339887498949 * (PetscReal)(i + 1);

    x[i] = (part - PetscFloorReal(part) - 0.4) * PetscPowReal(0.5, (PetscReal)PetscMin(level, 60));
  }
  PetscCall(VecRestoreArray(v, &x));
  PetscFunctionReturn(0);
}

/* |X f - theta f| over |theta| and the condition |f|^2/|f^T R B f| (complex, without conjugation). */
static PetscErrorCode judge(Mat X, const KineticSystem *system, PetscReal re, PetscReal im, Vec v[2],
                            Vec w[4], PetscReal *relative, PetscReal *condition)
{
  PetscReal residual[2], norm[2], bilinear[2][2];

  PetscFunctionBegin;
  PetscCall(MatMult(X, v[0], w[0]));
  PetscCall(MatMult(X, v[1], w[1]));
  PetscCall(VecAXPBYPCZ(w[0], -re, im, 1, v[0], v[1]));
  PetscCall(VecAXPBYPCZ(w[1], -im, -re, 1, v[0], v[1]));
  for (int k = 0; k < 2; k++) {
    PetscCall(VecNorm(w[k], NORM_2, &residual[k]));
    PetscCall(VecNorm(v[k], NORM_2, &norm[k]));
    PetscCall(VecPointwiseMult(w[2], system->reversal, v[k]));
    PetscCall(MatMult(system->B, w[2], w[3]));
    PetscCall(VecDot(w[3], v[0], &bilinear[k][0]));
    PetscCall(VecDot(w[3], v[1], &bilinear[k][1]));
  }
  const PetscReal product = hypot(bilinear[0][0] - bilinear[1][1], bilinear[0][1] + bilinear[1][0]);
  const PetscReal size = PetscSqr(norm[0]) + PetscSqr(norm[1]);

  *condition = size / product;
  *relative = *condition * hypot(residual[0], residual[1]) / (PetscSqrtReal(size) * hypot(re, im));
  PetscFunctionReturn(0);
}

/* theta to mu, and its error; converged values only. */
static PetscErrorCode take(EPS eps, Mat X, const Inverse *inverse, PetscInt n, Modes *modes)
{
  Vec v[2], w[4];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) PetscCall(VecDuplicate(inverse->product, &v[k]));
  for (int k = 0; k < 4; k++) PetscCall(VecDuplicate(inverse->product, &w[k]));
  PetscCall(PetscMalloc3(n, &modes->re, n, &modes->im, n, &modes->error));
  for (PetscInt i = 0; i < n; i++) {
    PetscReal re, im, relative = 0, condition = 1;

    PetscCall(EPSGetEigenpair(eps, i, &re, &im, v[0], v[1]));
    PetscCall(judge(X, inverse->system, re, im, v, w, &relative, &condition));
    const PetscReal size = re * re + im * im;
    /* Of the matrix, unless the solver keeps relative digits. */
    const PetscReal rounding =
        4 * PETSC_MACHINE_EPSILON * (inverse->sharp ? 16 / PetscSqrtReal(size) : inverse->norm);

    modes->re[i] = re / size - inverse->shift;
    modes->im[i] = -im / size;
    modes->error[i] = relative / PetscSqrtReal(size) + condition * rounding;
  }
  modes->n = n;
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&v[k]));
  for (int k = 0; k < 4; k++) PetscCall(VecDestroy(&w[k]));
  PetscFunctionReturn(0);
}

/* A linear system that failed ends the iteration too. */
static PetscErrorCode stop_when_interrupted(EPS eps, PetscInt its, PetscInt max_it, PetscInt nconv,
                                            PetscInt nev, EPSConvergedReason *reason, void *ctx)
{
  Inverse *inverse = ctx;

  PetscFunctionBegin;
  PetscCall(EPSStoppingBasic(eps, its, max_it, nconv, nev, reason, NULL));
  if (inverse->failure->status == CELL_OK && inverse->interrupted && *inverse->interrupted)
    PetscCall(KineticFail(inverse->failure, CELL_INTERRUPTED, "interrupted"));
  if (inverse->failure->status != CELL_OK) *reason = EPS_CONVERGED_USER;
  PetscFunctionReturn(0);
}

static PetscErrorCode iterate(Mat X, Inverse *inverse, PetscInt count, PetscReal tolerance, Modes *modes)
{
  const PetscInt n = inverse->system->n, wanted = PetscMin(count, n - 1);
  PetscInt found;
  EPS eps;
  Vec first;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(inverse->product, &first));
  PetscCall(fill_first_vector(inverse->system, first));
  PetscCall(EPSCreate(PETSC_COMM_SELF, &eps));
  PetscCall(EPSSetOptionsPrefix(eps, "kinetic_"));
  PetscCall(EPSSetOperators(eps, X, NULL));
  PetscCall(EPSSetProblemType(eps, EPS_NHEP));
  PetscCall(EPSSetWhichEigenpairs(eps, EPS_LARGEST_MAGNITUDE));
  PetscCall(EPSSetDimensions(eps, wanted, PetscMin(n, 2 * wanted + 24), PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(eps, PetscMax(1e-14, PetscMin(1e-10, 1e-3 * tolerance)), 1000));
  PetscCall(EPSSetInitialSpace(eps, 1, &first));
  PetscCall(EPSSetStoppingTestFunction(eps, stop_when_interrupted, inverse, NULL));
  PetscCall(EPSSetFromOptions(eps));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConverged(eps, &found));
  if (inverse->failure->status == CELL_OK && found < wanted)
    PetscCall(KineticFail(inverse->failure, CELL_NOT_CONVERGED,
                          "the eigensolver found %" PetscInt_FMT " of %" PetscInt_FMT " eigenvalues", found,
                          wanted));
  if (inverse->failure->status == CELL_OK) PetscCall(take(eps, X, inverse, found, modes));
  PetscCall(EPSDestroy(&eps));
  PetscCall(VecDestroy(&first));
  PetscFunctionReturn(0);
}

static PetscErrorCode find_at(const KineticSystem *system, const KineticProblem *problem, PetscReal shift,
                              PetscInt count, Modes *modes, CellFailure *failure)
{
  const PetscReal g = problem->friction;
  Inverse inverse = {
      .system = system, .shift = shift, .interrupted = problem->interrupted, .failure = failure};
  PetscReal norms[2];
  Mat X;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(modes, sizeof(*modes)));
  PetscCall(KineticSolverCreate(system, g, shift, problem->solver, &inverse.solver, failure));
  PetscCall(KineticSolverGetInfo(inverse.solver, &modes->method, &inverse.sharp));
  if (failure->status == CELL_OK) {
    PetscCall(MatNorm(system->T, NORM_INFINITY, &norms[0]));
    PetscCall(MatNorm(system->C, NORM_INFINITY, &norms[1]));
    inverse.norm = norms[0] + g * norms[1];
    PetscCall(VecDuplicate(system->one, &inverse.product));
    PetscCall(MatCreateShell(PETSC_COMM_SELF, system->n, system->n, system->n, system->n, &inverse, &X));
    PetscCall(MatShellSetOperation(X, MATOP_MULT, (void (*)(void))apply));
    PetscCall(iterate(X, &inverse, count, problem->tolerance, modes));
    PetscCall(MatDestroy(&X));
    PetscCall(VecDestroy(&inverse.product));
  }
  PetscCall(KineticSolverDestroy(&inverse.solver));
  PetscFunctionReturn(0);
}

/* By distance from zero; of a pair, which has the same to rounding, the positive imaginary part first. */
static PetscBool is_before(const Modes *m, PetscInt i, PetscInt j)
{
  const PetscReal a = hypot(m->re[i], m->im[i]), b = hypot(m->re[j], m->im[j]);

  if (m->re[i] == m->re[j] && m->im[i] == -m->im[j]) return (PetscBool)(m->im[i] > m->im[j]);
  return (PetscBool)(a < b);
}

static void sort(Modes *m)
{
  for (PetscInt i = 1; i < m->n; i++) {
    for (PetscInt j = i; j > 0 && is_before(m, j, j - 1); j--) {
      PetscReal *const parts[3] = {m->re, m->im, m->error};

      for (int k = 0; k < 3; k++) {
        const PetscReal kept = parts[k][j];

        parts[k][j] = parts[k][j - 1];
        parts[k][j - 1] = kept;
      }
    }
  }
}

/* The smallest ones of the sorted list, found at shift 0, in their places. */
static PetscErrorCode replace_tiny(const KineticSystem *system, const KineticProblem *problem, PetscInt tiny,
                                   Modes *modes, CellFailure *failure)
{
  Modes exact;

  PetscFunctionBegin;
  PetscCall(find_at(system, problem, 0, tiny, &exact, failure));
  if (failure->status == CELL_OK) {
    sort(&exact);
    for (PetscInt i = 0; i < PetscMin(tiny, exact.n); i++) {
      modes->re[i] = exact.re[i];
      modes->im[i] = exact.im[i];
      modes->error[i] = exact.error[i];
    }
  }
  PetscCall(ModesClear(&exact));
  PetscFunctionReturn(0);
}

PetscErrorCode ModesFind(const KineticSystem *system, const KineticProblem *problem, PetscReal scale,
                         PetscInt count, Modes *modes, CellFailure *failure)
{
  PetscInt wanted = count, inside = 0, tiny = 0;

  PetscFunctionBegin;
  /* Found are all within a circle around -shift; those within a circle around zero are wanted. */
  for (PetscBool enough = PETSC_FALSE; !enough; wanted += PetscMax(4, wanted / 2)) {
    PetscCall(find_at(system, problem, scale, wanted, modes, failure));
    if (failure->status != CELL_OK) PetscFunctionReturn(0);
    sort(modes);
    PetscReal radius = 0;

    inside = 0;
    for (PetscInt i = 0; i < modes->n; i++)
      radius = PetscMax(radius, hypot(modes->re[i] + scale, modes->im[i]));
    for (PetscInt i = 0; i < modes->n; i++)
      inside += hypot(modes->re[i], modes->im[i]) <= (radius - scale) * (1 + 1e-9);
    enough = (PetscBool)(inside >= count || wanted >= system->n - 1);
    if (!enough) PetscCall(ModesClear(modes));
  }
  modes->n = inside;
  for (PetscInt i = 0; i < modes->n; i++)
    if (hypot(modes->re[i], modes->im[i]) < tiny_part * scale) tiny = i + 1;
  if (tiny) PetscCall(replace_tiny(system, problem, tiny, modes, failure));
  PetscFunctionReturn(0);
}

PetscErrorCode ModesClear(Modes *modes)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(modes->re, modes->im, modes->error));
  modes->n = 0;
  PetscFunctionReturn(0);
}
