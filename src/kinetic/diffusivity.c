/* D_ab = <v_a, (-L)^-1 v_b>: the integral of the velocity's correlation (Green and Kubo), by one solve for each direction. */
#include <math.h>
#include "diffusivity_line.h"
#include "resolution.h"
#include "solver_private.h"

typedef struct {
  const KineticProblem *problem;
  const char *method; /* of the last solve */
} Context;

typedef struct {
  PetscReal D[KINETIC_MAX_DIM * KINETIC_MAX_DIM], rounding[KINETIC_MAX_DIM * KINETIC_MAX_DIM];
} Tensor;

/* What the residual of a solve is worth in D: the adjoint's answer is the direct one with momenta reversed. */
static PetscErrorCode weigh_residual(const KineticSystem *system, PetscReal g, Vec load, Vec f, Vec reversed,
                                     PetscReal *rounding)
{
  Vec r, product;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(f, &r));
  PetscCall(VecDuplicate(f, &product));
  PetscCall(MatMult(system->T, f, r));
  PetscCall(MatMult(system->C, f, product));
  PetscCall(VecAXPY(r, g, product));
  PetscCall(VecAXPY(r, 1, load)); /* -(T + g C) f = load */
  PetscCall(VecPointwiseMult(product, system->reversal, reversed));
  PetscCall(VecDot(product, r, rounding));
  *rounding = PetscAbsReal(*rounding);
  PetscCall(VecDestroy(&r));
  PetscCall(VecDestroy(&product));
  PetscFunctionReturn(0);
}

static PetscErrorCode fill_tensor(const KineticSystem *system, PetscReal g, Vec loads[], Vec f[],
                                  Tensor *tensor)
{
  const PetscInt dim = system->dim;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = 0; b < dim; b++) {
      PetscCall(VecDot(loads[a], f[b], &tensor->D[a * dim + b]));
      PetscCall(weigh_residual(system, g, loads[b], f[b], f[a], &tensor->rounding[a * dim + b]));
    }
  }
  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = 0; b < a; b++) { /* symmetric by the reversal of momenta, but for rounding */
      const PetscReal mean = 0.5 * (tensor->D[a * dim + b] + tensor->D[b * dim + a]);
      const PetscReal half = 0.5 * PetscAbsReal(tensor->D[a * dim + b] - tensor->D[b * dim + a]);

      tensor->rounding[a * dim + b] += half;
      tensor->rounding[b * dim + a] += half;
      tensor->D[a * dim + b] = tensor->D[b * dim + a] = mean;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode compute_all_levels(void *ctx, PhaseSpace space, void **answer, CellFailure *failure)
{
  Context *const context = ctx;
  const KineticProblem *const problem = context->problem;
  const KineticSystem *system;
  KineticSolver solver;
  Vec loads[KINETIC_MAX_DIM], f[KINETIC_MAX_DIM];
  Tensor *tensor;

  PetscFunctionBegin;
  PetscCall(PhaseSpaceGetSystem(space, &system));
  PetscCall(KineticSolverCreate(system, problem->friction, 0, problem->solver, &solver, failure));
  for (PetscInt a = 0; a < system->dim; a++) {
    PetscCall(VecDuplicate(system->one, &loads[a]));
    PetscCall(VecDuplicate(system->one, &f[a]));
    PetscCall(PhaseSpaceLoadVelocity(space, a, loads[a]));
    if (failure->status == CELL_OK) PetscCall(KineticSolverSolve(solver, loads[a], f[a], failure));
  }
  if (failure->status == CELL_OK) {
    PetscCall(PetscNew(&tensor));
    PetscCall(fill_tensor(system, problem->friction, loads, f, tensor));
    *answer = tensor;
  }
  for (PetscInt a = 0; a < system->dim; a++) {
    PetscCall(VecDestroy(&loads[a]));
    PetscCall(VecDestroy(&f[a]));
  }
  PetscCall(KineticSolverGetInfo(solver, &context->method, NULL));
  PetscCall(KineticSolverDestroy(&solver));
  PetscFunctionReturn(0);
}

static PetscErrorCode compute(void *ctx, PhaseSpace space, void **answer, CellFailure *failure)
{
  Context *const context = ctx;
  const PhaseSpaceSettings *s;
  PetscBool waves, automatic, by_levels;
  Tensor *tensor;

  PetscFunctionBegin;
  PetscCall(PhaseSpaceGetSettings(space, &s));
  PetscCall(PetscStrcmp(s->positions, "fourier", &waves));
  PetscCall(PetscStrcmp(context->problem->solver, "auto", &automatic));
  PetscCall(PetscStrcmp(context->problem->solver, "continued_fraction", &by_levels));
  if (s->dim > 1 || !waves || s->levels < 2 || !(automatic || by_levels)) {
    PetscCall(compute_all_levels(ctx, space, answer, failure));
    PetscFunctionReturn(0);
  }
  context->method = "continued_fraction";
  PetscCall(PetscNew(&tensor));
  PetscCall(DiffusivityOnLine(space, context->problem, tensor->D, tensor->rounding, failure));
  if (failure->status == CELL_OK)
    *answer = tensor;
  else
    PetscCall(PetscFree(tensor));
  PetscFunctionReturn(0);
}

/* Relative to the entries on the diagonal. */
static PetscErrorCode distance(void *ctx, PhaseSpace space, const void *answer, PhaseSpace other_space,
                               const void *other, PetscReal *d)
{
  const PetscInt dim = ((Context *)ctx)->problem->settings.dim;
  const Tensor *const x = answer, *const y = other;

  PetscFunctionBegin;
  (void)space;
  (void)other_space;
  *d = 0;
  for (PetscInt a = 0; a < dim; a++) {
    for (PetscInt b = 0; b < dim; b++) {
      const PetscReal scale = PetscSqrtReal(PetscAbsReal(y->D[a * (dim + 1)] * y->D[b * (dim + 1)]));
      const PetscReal change = PetscAbsReal(x->D[a * dim + b] - y->D[a * dim + b]) / scale;

      *d = !(change <= *d) ? change : *d;
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void *ctx, void **answer)
{
  PetscFunctionBegin;
  (void)ctx;
  PetscCall(PetscFree(*answer));
  PetscFunctionReturn(0);
}

/* Both changes of every entry, and rounding. */
static void conclude(const Resolution *r, PetscInt dim, KineticDiffusivity *d)
{
  const Tensor *const best = r->best.answer, *const levels = r->levels.answer,
                      *const positions = r->positions.answer;

  for (PetscInt i = 0; i < dim * dim; i++) {
    d->D[i] = best->D[i];
    d->error[i] =
        ResolutionError(PetscAbsReal(levels->D[i] - best->D[i]), PetscAbsReal(positions->D[i] - best->D[i])) +
        best->rounding[i] + 16 * PETSC_MACHINE_EPSILON * PetscAbsReal(best->D[i]);
  }
}

PetscErrorCode KineticDiffusivityCompute(const KineticProblem *problem, KineticDiffusivity *d,
                                         CellFailure *failure, CoefficientFault *fault)
{
  const PetscLogDouble started = MPI_Wtime();
  const PetscInt dim = problem->settings.dim;
  const PhaseSpaceSettings *used;
  Context context = {problem, ""};
  const ResolutionTask task = {&context, compute, distance, destroy};
  Resolution resolution;

  PetscFunctionBegin;
  *failure = (CellFailure){CELL_OK, ""};
  PetscCall(PetscMemzero(fault, sizeof(*fault)));
  PetscCall(PetscMemzero(d, sizeof(*d)));
  for (PetscInt a = 0; a < dim; a++) {
    if (problem->settings.periodic[a]) continue;
    PetscCall(
        KineticFail(failure, CELL_REFUSED,
                    "in a box with walls a particle gets nowhere: an effective diffusion needs all sides "
                    "periodic"));
    PetscFunctionReturn(0);
  }
  PetscCall(ResolutionFind(problem, &task, &resolution, failure, fault));
  if (failure->status == CELL_OK && !fault->trouble) {
    conclude(&resolution, dim, d);
    PetscCall(PhaseSpaceGetSettings(resolution.best.space, &used));
    d->used = *used;
    PetscCall(PetscStrncpy(d->solver, context.method, sizeof(d->solver)));
    for (PetscInt a = 0; a < dim && failure->status == CELL_OK; a++)
      if (!(d->D[a * (dim + 1)] > d->error[a * (dim + 1)]))
        PetscCall(KineticFail(failure, CELL_NOT_CONVERGED,
                              "the coefficient of diffusion, %.3e, is no larger than its error, %.1e",
                              (double)d->D[a * (dim + 1)], (double)d->error[a * (dim + 1)]));
    PetscCall(ResolutionClear(&task, &resolution));
  }
  d->seconds = MPI_Wtime() - started;
  PetscFunctionReturn(0);
}
