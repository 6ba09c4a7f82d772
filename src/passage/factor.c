/*
  Passage times and committors from one factorisation of S on the nodes that are not held. The assembled diagonal has lost
  what is below its rounding; how much that is worth here is found by perturbing it.
*/
#include "passage_private.h"
#include <reiter/spectrum.h>

static const char no_digit[] = "rounding leaves no digit of it: domain.scheme: monotone has them all";
enum { KEPT = 100 }; /* an error of more than 1/KEPT is none to be shown */

/* The function g/sqrt(b) on the free nodes, continued where rounding leaves nothing of it. */
static PetscErrorCode get_function(const DiffusionSystem *system, PetscReal noise, Vec g, Vec f)
{
  const PetscScalar *value, *log_b;
  PetscReal largest = 0, most;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecNorm(g, NORM_INFINITY, &most));
  PetscCall(VecGetLocalSize(g, &n));
  PetscCall(VecGetArrayRead(g, &value));
  PetscCall(VecGetArrayRead(system->log_b, &log_b));
  for (PetscInt i = 0; i < n; i++)
    if (value[i] > PetscMax(100 * noise, 1e-12 * most))
      largest = PetscMax(largest, value[i] * PetscExpReal(-log_b[i] / 2));
  PetscCall(VecRestoreArrayRead(g, &value));
  PetscCall(VecRestoreArrayRead(system->log_b, &log_b));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPI_MAX, system->comm));
  if (!(largest > 0)) largest = 1;
  PetscCall(VecScale(g, 1 / largest));
  PetscCall(SpectrumExtend(system, noise / largest, g, f));
  PetscCall(VecScale(f, largest));
  PetscFunctionReturn(0);
}

/* g for the amplitude at which the energy is least, E(g) = <g, total>, and its error. *refused if it has no digit. */
static PetscErrorCode judge_time(Passage passage, PassageSolver *solver, Vec g, Vec e, PetscReal *error,
                                 PetscReal *noise, const char **refused, CellFailure *failure)
{
  PetscReal energy, square, load, lost, rest, size;

  PetscFunctionBegin;
  PetscCall(PassageSolverPerturb(solver, g, e, failure));
  if (failure->status) PetscFunctionReturn(0);
  PetscCall(VecDot(g, passage->system->total, &load));
  PetscCall(VecDot(e, passage->system->total, &lost));
  *refused = no_digit;
  if (!(load > 0) || !(PetscAbsReal(lost) < 0.1 * load)) PetscFunctionReturn(0);
  PetscCall(VecAXPY(e, -lost / load, g));
  PetscCall(DiffusionGetQuotient(passage->diffusion, g, &energy, &square));
  if (!(energy > 0)) PetscFunctionReturn(0);
  PetscCall(VecScale(g, load / energy));
  PetscCall(VecScale(e, load / energy));
  PetscCall(DiffusionGetQuotient(passage->diffusion, e, &rest, &square));
  energy = load * load / energy;
  PetscCall(VecNorm(e, NORM_2, &square));
  PetscCall(VecNorm(g, NORM_2, &size));
  PetscCall(VecNorm(e, NORM_INFINITY, noise));
  *error = 1e-14 + square / size + rest / energy + PetscSqr(lost / load);
  if (*error * KEPT < 1) *refused = NULL;
  PetscFunctionReturn(0);
}

static PetscErrorCode put_logarithms(Passage passage, Vec held, Vec f, Vec log_time)
{
  PetscScalar *value;
  const PetscScalar *flag;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(f, &n));
  PetscCall(VecGetArrayRead(held, &flag));
  PetscCall(VecGetArray(f, &value));
  for (PetscInt i = 0; i < n; i++)
    value[i] = flag[i] > 0 || !(value[i] > 0) ? PETSC_NINFINITY : PetscLogReal(value[i]);
  PetscCall(VecRestoreArray(f, &value));
  PetscCall(VecRestoreArrayRead(held, &flag));
  PetscCall(VecSet(log_time, PETSC_NINFINITY));
  PetscCall(DiffusionProlong(passage->diffusion, f, log_time));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageFactorTime(Passage passage, Vec target, Vec log_time, PetscReal *error,
                                 const char **refused, CellFailure *failure)
{
  const DiffusionSystem *system = passage->system;
  PassageSolver solver;
  PetscReal noise;
  Vec held, g, e;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(system->root, &held));
  PetscCall(VecDuplicate(system->root, &g));
  PetscCall(VecDuplicate(system->root, &e));
  PetscCall(DiffusionRestrict(passage->diffusion, target, held));
  PetscCall(PassageSolverCreate(system, held, &solver));
  PetscCall(VecSet(g, 0));
  PetscCall(PassageSolverSolve(&solver, system->total, g, failure));
  if (!failure->status) PetscCall(judge_time(passage, &solver, g, e, error, &noise, refused, failure));
  if (!failure->status && !*refused) {
    PetscCall(get_function(system, noise, g, e));
    PetscCall(put_logarithms(passage, held, e, log_time));
  }
  PetscCall(PassageSolverDestroy(&solver));
  PetscCall(VecDestroy(&held));
  PetscCall(VecDestroy(&g));
  PetscCall(VecDestroy(&e));
  PetscFunctionReturn(0);
}

/* g = sqrt(b) q: one on b, zero on a, S g = 0 elsewhere; e: its error by rounding. */
static PetscErrorCode solve_committor(const DiffusionSystem *system, Vec held, Vec in_b, Vec g, Vec e,
                                      CellFailure *failure)
{
  PassageSolver solver;
  PetscInt inside;
  Vec right;

  PetscFunctionBegin;
  PetscCall(PassageSolverCreate(system, held, &solver));
  PetscCall(VecDuplicate(g, &right));
  PetscCall(VecPointwiseMult(g, in_b, system->root));
  PetscCall(VecSet(e, 0));
  PetscCall(ISGetSize(solver.inside, &inside));
  if (inside) {
    PetscCall(MatMult(system->S, g, right));
    PetscCall(VecScale(right, -1));
    PetscCall(PassageSolverSolve(&solver, right, g, failure));
    if (!failure->status) PetscCall(PassageSolverPerturb(&solver, g, e, failure));
  }
  PetscCall(VecDestroy(&right));
  PetscCall(PassageSolverDestroy(&solver));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge_committor(Passage passage, Vec g, Vec e, PetscReal *energy, PetscReal *error,
                                      const char **refused)
{
  PetscReal square, rest, size;

  PetscFunctionBegin;
  PetscCall(DiffusionGetQuotient(passage->diffusion, g, energy, &square));
  PetscCall(DiffusionGetQuotient(passage->diffusion, e, &rest, &square));
  PetscCall(VecNorm(e, NORM_2, &square));
  PetscCall(VecNorm(g, NORM_2, &size));
  *error = 1e-14 + square / size + rest / *energy;
  if (!(*error * KEPT < 1)) *refused = no_digit;
  PetscFunctionReturn(0);
}

/* Probabilities leave [0, 1] by the discretisation (elements of higher order) and by rounding. */
static PetscErrorCode put_probabilities(Passage passage, Vec f, Vec q)
{
  PetscScalar *value;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(f, &n));
  PetscCall(VecGetArray(f, &value));
  for (PetscInt i = 0; i < n; i++) value[i] = PetscMin(PetscMax(value[i], 0), 1);
  PetscCall(VecRestoreArray(f, &value));
  PetscCall(VecSet(q, 0));
  PetscCall(DiffusionProlong(passage->diffusion, f, q));
  PetscFunctionReturn(0);
}

PetscErrorCode PassageFactorCommittor(Passage passage, Vec a, Vec b, Vec q, PetscReal *log_capacity,
                                      PetscReal *error, const char **refused, CellFailure *failure)
{
  const DiffusionSystem *system = passage->system;
  PetscReal energy = 0, noise;
  Vec held, in_b, g, e;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(system->root, &held));
  PetscCall(VecDuplicate(system->root, &in_b));
  PetscCall(VecDuplicate(system->root, &g));
  PetscCall(VecDuplicate(system->root, &e));
  PetscCall(DiffusionRestrict(passage->diffusion, a, held));
  PetscCall(DiffusionRestrict(passage->diffusion, b, in_b));
  PetscCall(VecAXPY(held, 1, in_b));
  PetscCall(solve_committor(system, held, in_b, g, e, failure));
  if (!failure->status) PetscCall(judge_committor(passage, g, e, &energy, error, refused));
  if (!failure->status && !*refused) {
    *log_capacity = PetscLogReal(energy);
    PetscCall(VecNorm(e, NORM_INFINITY, &noise));
    PetscCall(get_function(system, noise, g, e));
    PetscCall(put_probabilities(passage, e, q));
  }
  PetscCall(VecDestroy(&held));
  PetscCall(VecDestroy(&in_b));
  PetscCall(VecDestroy(&g));
  PetscCall(VecDestroy(&e));
  PetscFunctionReturn(0);
}
