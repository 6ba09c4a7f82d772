#include <reiter/cell.h>
#include <slepceps.h>
#include "linear_solve.h"
#include "witten.h"

/* Handles for one grid, made once and reused by every cell on it. */
typedef struct _p_Slot *Slot;
struct _p_Slot {
  Spectral grid;
  const WittenForm *form; /* of the solve under way */
  PetscReal ff;           /* sum f^2 */
  PetscReal *symbol;      /* [half] of the preconditioner's inverse: k.Cmean k + c */
  Coefficient *hat, *sum;
  PetscReal *v[3];
  Mat A, S; /* B* C B, and P^{1/2} B* C B P^{1/2} for the gap */
  KSP ksp;
  Vec b, x;
  PetscBool user_rtol;
  Slot next;
};

struct _p_WittenSolver {
  Slot slots;
};

/* y = y - f <f, y>/<f, f>: what is left of f in y is discretisation error that the solver must not chase. */
static void project(Slot slot, PetscReal y[])
{
  const PetscReal *f = slot->form->f;
  PetscReal fy = 0;

  for (PetscInt q = 0; q < slot->grid->total; q++) fy += f[q] * y[q];
  fy /= slot->ff;
  for (PetscInt q = 0; q < slot->grid->total; q++) y[q] -= fy * f[q];
}

/* y = B* v = -div v + a.v; v is kept. */
static PetscErrorCode apply_adjoint(Slot slot, PetscReal *const v[], PetscReal y[])
{
  const Spectral g = slot->grid;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(slot->sum, g->half));
  for (PetscInt c = 0; c < g->dim; c++) {
    PetscCall(SpectralForward(g, v[c], slot->hat));
    const PetscReal *k = g->k[c];
    for (PetscInt i = 0; i < g->half; i++) {
      slot->sum[i].re += k[i] * slot->hat[i].im;
      slot->sum[i].im -= k[i] * slot->hat[i].re;
    }
  }
  PetscCall(SpectralBackward(g, slot->sum, y));
  for (PetscInt c = 0; c < g->dim; c++) {
    const PetscReal *a = slot->form->a[c], *vc = v[c];
    for (PetscInt q = 0; q < g->total; q++) y[q] += a[q] * vc[q];
  }
  PetscFunctionReturn(0);
}

/* y = B* C B x, or (-Lap + W) x, projected. */
static PetscErrorCode apply_operator(Slot slot, const PetscReal x[], PetscReal y[])
{
  const Spectral g = slot->grid;
  const WittenForm *form = slot->form;

  PetscFunctionBegin;
  PetscCall(SpectralForward(g, x, slot->hat));
  if (form->W) {
    for (PetscInt i = 0; i < g->half; i++) {
      slot->hat[i].re *= g->k2[i];
      slot->hat[i].im *= g->k2[i];
    }
    PetscCall(SpectralBackward(g, slot->hat, y));
    for (PetscInt q = 0; q < g->total; q++) y[q] += form->W[q] * x[q];
  } else {
    for (PetscInt c = 0; c < g->dim; c++) {
      PetscCall(SpectralDerive(g, c, slot->hat, slot->sum));
      PetscCall(SpectralBackward(g, slot->sum, slot->v[c]));
      for (PetscInt q = 0; q < g->total; q++) slot->v[c][q] += form->a[c][q] * x[q];
    }
    WittenApplyTensor(form, slot->v);
    PetscCall(apply_adjoint(slot, slot->v, y));
  }
  project(slot, y);
  PetscFunctionReturn(0);
}

/* y = symbol^power x in Fourier space. */
static PetscErrorCode apply_symbol(Slot slot, PetscBool root, const PetscReal x[], PetscReal y[])
{
  const Spectral g = slot->grid;

  PetscFunctionBegin;
  PetscCall(SpectralForward(g, x, slot->hat));
  for (PetscInt i = 0; i < g->half; i++) {
    const PetscReal s = 1 / (root ? PetscSqrtReal(slot->symbol[i]) : slot->symbol[i]);
    slot->hat[i].re *= s;
    slot->hat[i].im *= s;
  }
  PetscCall(SpectralBackward(g, slot->hat, y));
  PetscFunctionReturn(0);
}

static PetscErrorCode mat_mult(Mat A, Vec x, Vec y)
{
  Slot slot;
  const PetscReal *px;
  PetscReal *py;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &slot));
  PetscCall(VecGetArrayRead(x, &px));
  PetscCall(VecGetArray(y, &py));
  PetscCall(apply_operator(slot, px, py));
  PetscCall(VecRestoreArray(y, &py));
  PetscCall(VecRestoreArrayRead(x, &px));
  PetscFunctionReturn(0);
}

/* y = P^{1/2} A P^{1/2} x: the spectrum of the preconditioned cell in a symmetric matrix. */
static PetscErrorCode mat_mult_symmetric(Mat S, Vec x, Vec y)
{
  Slot slot;
  const PetscReal *px;
  PetscReal *py, *t;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(S, &slot));
  PetscCall(PetscMalloc1(slot->grid->total, &t));
  PetscCall(VecGetArrayRead(x, &px));
  PetscCall(VecGetArray(y, &py));
  PetscCall(apply_symbol(slot, PETSC_TRUE, px, py));
  PetscCall(apply_operator(slot, py, t));
  PetscCall(apply_symbol(slot, PETSC_TRUE, t, py));
  PetscCall(VecRestoreArray(y, &py));
  PetscCall(VecRestoreArrayRead(x, &px));
  PetscCall(PetscFree(t));
  PetscFunctionReturn(0);
}

static PetscErrorCode pc_apply(PC pc, Vec x, Vec y)
{
  Slot slot;
  const PetscReal *px;
  PetscReal *py;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &slot));
  PetscCall(VecGetArrayRead(x, &px));
  PetscCall(VecGetArray(y, &py));
  PetscCall(apply_symbol(slot, PETSC_FALSE, px, py));
  project(slot, py);
  PetscCall(VecRestoreArray(y, &py));
  PetscCall(VecRestoreArrayRead(x, &px));
  PetscFunctionReturn(0);
}

/* The energy norm is what counts here, but not every solver has it. */
static PetscErrorCode choose_norm(KSP ksp)
{
  PetscBool natural, given;

  PetscFunctionBegin;
  PetscCall(PetscOptionsHasName(NULL, "cell_", "-ksp_norm_type", &given));
  PetscCall(PetscObjectTypeCompareAny((PetscObject)ksp, &natural, KSPCG, KSPGROPPCG, KSPPIPECG, KSPFCG,
                                      KSPPIPEFCG, KSPCR, KSPPIPECR, ""));
  if (natural && !given) PetscCall(KSPSetNormType(ksp, KSP_NORM_NATURAL));
  PetscFunctionReturn(0);
}

static PetscErrorCode slot_create(Spectral g, Slot *result)
{
  Slot slot;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(&slot));
  slot->grid = g;
  PetscCall(PetscMalloc3(g->half, &slot->symbol, g->half, &slot->hat, g->half, &slot->sum));
  for (PetscInt c = 0; c < g->dim; c++) PetscCall(PetscMalloc1(g->total, &slot->v[c]));
  PetscCall(MatCreateShell(PETSC_COMM_SELF, g->total, g->total, g->total, g->total, slot, &slot->A));
  PetscCall(MatShellSetOperation(slot->A, MATOP_MULT, (void (*)(void))mat_mult));
  PetscCall(MatShellSetOperation(slot->A, MATOP_MULT_TRANSPOSE, (void (*)(void))mat_mult));
  PetscCall(MatSetOption(slot->A, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatCreateVecs(slot->A, &slot->x, &slot->b));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &slot->ksp));
  PetscCall(KSPSetOptionsPrefix(slot->ksp, "cell_"));
  PetscCall(KSPSetOperators(slot->ksp, slot->A, slot->A));
  PetscCall(KSPSetType(slot->ksp, KSPCG));
  PetscCall(KSPSetTolerances(slot->ksp, PETSC_DEFAULT, 1e-300, PETSC_DEFAULT, 5000));
  PetscCall(KSPGetPC(slot->ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, slot));
  PetscCall(PCShellSetApply(pc, pc_apply));
  PetscCall(PCShellSetName(pc, "(k.Ck + c)^-1 in Fourier space"));
  PetscCall(KSPSetFromOptions(slot->ksp));
  PetscCall(choose_norm(slot->ksp));
  PetscCall(PetscOptionsHasName(NULL, "cell_", "-ksp_rtol", &slot->user_rtol));
  *result = slot;
  PetscFunctionReturn(0);
}

static PetscErrorCode slot_destroy(Slot *slot)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3((*slot)->symbol, (*slot)->hat, (*slot)->sum));
  for (PetscInt c = 0; c < 3; c++) PetscCall(PetscFree((*slot)->v[c]));
  PetscCall(MatDestroy(&(*slot)->A));
  PetscCall(MatDestroy(&(*slot)->S));
  PetscCall(VecDestroy(&(*slot)->x));
  PetscCall(VecDestroy(&(*slot)->b));
  PetscCall(KSPDestroy(&(*slot)->ksp));
  PetscCall(PetscFree(*slot));
  PetscFunctionReturn(0);
}

/* The slot of the form's grid, ready for it. */
static PetscErrorCode prepare_slot(WittenSolver solver, const WittenForm *form, Slot *result)
{
  Slot slot = solver->slots;

  PetscFunctionBegin;
  while (slot && slot->grid != form->grid) slot = slot->next;
  if (!slot) {
    PetscCall(slot_create(form->grid, &slot));
    slot->next = solver->slots;
    solver->slots = slot;
  }
  slot->form = form;
  slot->ff = 0;
  for (PetscInt q = 0; q < form->grid->total; q++) slot->ff += form->f[q] * form->f[q];
  WittenSymbol(form, slot->symbol);
  *result = slot;
  PetscFunctionReturn(0);
}

PetscErrorCode WittenSolverCreate(WittenSolver *solver)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(solver));
  PetscFunctionReturn(0);
}

PetscErrorCode WittenSolverDestroy(WittenSolver *solver)
{
  PetscFunctionBegin;
  while (*solver && (*solver)->slots) {
    Slot slot = (*solver)->slots;
    (*solver)->slots = slot->next;
    PetscCall(slot_destroy(&slot));
  }
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(0);
}

/* b = -B* C sum_j P_jk f chi_j e_j. With exact derivatives grad f = -a f and chi' = 2 slope chi:
   2 f chi (slope - a_j). */
static PetscErrorCode right_hand_side(Slot slot, PetscInt k, PetscReal b[])
{
  const WittenForm *form = slot->form;
  const Spectral g = slot->grid;
  PetscReal *trial;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->total, &trial));
  PetscCall(PetscArrayzero(b, g->total));
  for (PetscInt i = 0; i < g->dim && !form->W; i++) PetscCall(PetscArrayzero(slot->v[i], g->total));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal p = form->P[j * g->dim + k];
    const PetscInt stride = j == 0 ? 1 : j == 1 ? g->n : g->n * g->n;
    if (p == 0) continue;
    WittenTrial(form, j, trial);
    for (PetscInt q = 0; form->W && q < g->total; q++) {
      b[q] += 2 * p * trial[q] * (form->slope[j][q / stride % g->n] - form->a[j][q]);
    }
    for (PetscInt i = 0; i < g->dim && !form->W; i++) {
      const PetscReal *C = form->C[0] ? form->C[CellPackedIndex(i, j)] : NULL;
      for (PetscInt q = 0; q < g->total; q++)
        slot->v[i][q] += p * trial[q] * (C ? C[q] : (PetscReal)(i == j));
    }
  }
  if (!form->W) {
    PetscCall(apply_adjoint(slot, slot->v, b));
    for (PetscInt q = 0; q < g->total; q++) b[q] = -b[q];
  }
  PetscCall(PetscFree(trial));
  project(slot, b);
  PetscFunctionReturn(0);
}

static PetscReal largest(PetscInt n, const PetscReal x[])
{
  PetscReal m = 0;

  for (PetscInt q = 0; q < n; q++) m = PetscMax(m, PetscAbsReal(x[q]));
  return m;
}

static PetscErrorCode report_divergence(KSPConvergedReason reason, PetscInt iterations, PetscInt n,
                                        CellFailure *failure)
{
  PetscFunctionBegin;
  failure->status =
      reason == KSP_DIVERGED_ITS || reason == KSP_DIVERGED_DTOL || reason == KSP_DIVERGED_PC_FAILED
          ? CELL_NOT_CONVERGED
          : CELL_LIMIT;
  PetscCall(PetscSNPrintf(failure->message, sizeof(failure->message),
                          "the linear solver stopped with %s after %" PetscInt_FMT
                          " iterations on %" PetscInt_FMT " points per direction",
                          KSPConvergedReasons[reason], iterations, n));
  PetscFunctionReturn(0);
}

PetscErrorCode WittenSolve(WittenSolver solver, const WittenForm *form, PetscReal rtol, PetscReal *const v[],
                           PetscInt *iterations, CellFailure *failure)
{
  KSPConvergedReason reason;
  Slot slot;
  PetscReal *b;
  const PetscReal *x;

  PetscFunctionBegin;
  PetscCall(prepare_slot(solver, form, &slot));
  if (!slot->user_rtol)
    PetscCall(KSPSetTolerances(slot->ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  *iterations = 0;
  for (PetscInt j = 0; j < form->grid->dim; j++) {
    PetscInt its;
    PetscReal size, trial = 0;
    for (PetscInt i = 0; i < form->grid->dim; i++) {
      WittenTrial(form, i, v[j]);
      trial += PetscAbsReal(form->P[i * form->grid->dim + j]) * largest(form->grid->total, v[j]);
    }
    PetscCall(VecGetArray(slot->b, &b));
    PetscCall(right_hand_side(slot, j, b));
    size = largest(form->grid->total, b);
    PetscCall(VecRestoreArray(slot->b, &b));
    PetscCall(PetscArrayzero(v[j], form->grid->total));
    if (size <= 1e-13 * trial) continue; /* the trial field solves the cell: nothing but round-off is left */
    PetscCall(LinearSolve(slot->ksp, slot->b, slot->x, failure));
    if (failure->status != CELL_OK) PetscFunctionReturn(0);
    PetscCall(KSPGetIterationNumber(slot->ksp, &its));
    PetscCall(KSPGetConvergedReason(slot->ksp, &reason));
    *iterations += its;
    if (reason < 0) {
      PetscCall(report_divergence(reason, *iterations, form->grid->n, failure));
      PetscFunctionReturn(0);
    }
    PetscCall(VecGetArrayRead(slot->x, &x));
    PetscCall(PetscArraycpy(v[j], x, form->grid->total));
    PetscCall(VecRestoreArrayRead(slot->x, &x));
  }
  PetscFunctionReturn(0);
}

/* The smallest nonzero eigenvalue of P^{1/2} B* C B P^{1/2} less its error estimate. */
PetscErrorCode WittenPreconditionedGap(WittenSolver solver, const WittenForm *form, PetscReal *gap)
{
  Slot slot;
  EPS eps;
  Vec null;
  PetscReal *p, error;
  PetscScalar value;
  PetscInt converged;
  Coefficient *hat;

  PetscFunctionBegin;
  PetscCall(prepare_slot(solver, form, &slot));
  hat = slot->hat;
  if (!slot->S) {
    const PetscInt n = slot->grid->total;
    PetscCall(MatCreateShell(PETSC_COMM_SELF, n, n, n, n, slot, &slot->S));
    PetscCall(MatShellSetOperation(slot->S, MATOP_MULT, (void (*)(void))mat_mult_symmetric));
    PetscCall(MatSetOption(slot->S, MAT_SYMMETRIC, PETSC_TRUE));
  }
  PetscCall(VecDuplicate(slot->x, &null)); /* P^{-1/2} f */
  PetscCall(SpectralForward(slot->grid, slot->form->f, hat));
  for (PetscInt i = 0; i < slot->grid->half; i++) {
    const PetscReal s = PetscSqrtReal(slot->symbol[i]);
    hat[i].re *= s;
    hat[i].im *= s;
  }
  PetscCall(VecGetArray(null, &p));
  PetscCall(SpectralBackward(slot->grid, hat, p));
  PetscCall(VecRestoreArray(null, &p));
  PetscCall(EPSCreate(PETSC_COMM_SELF, &eps));
  PetscCall(EPSSetOptionsPrefix(eps, "cell_gap_"));
  PetscCall(EPSSetOperators(eps, slot->S, NULL));
  PetscCall(EPSSetProblemType(eps, EPS_HEP));
  PetscCall(EPSSetWhichEigenpairs(eps, EPS_SMALLEST_REAL));
  PetscCall(EPSSetDimensions(eps, 1, 24, PETSC_DEFAULT));
  PetscCall(EPSSetTolerances(eps, 1e-3, 200));
  PetscCall(EPSSetDeflationSpace(eps, 1, &null));
  PetscCall(EPSSetFromOptions(eps));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConverged(eps, &converged));
  *gap = 0;
  if (converged > 0) {
    PetscCall(EPSGetEigenvalue(eps, 0, &value, NULL));
    PetscCall(EPSComputeError(eps, 0, EPS_ERROR_ABSOLUTE, &error));
    *gap = PetscRealPart(value) - error;
  }
  PetscCall(EPSDestroy(&eps));
  PetscCall(VecDestroy(&null));
  PetscFunctionReturn(0);
}
