/* Right-hand sides and states from functions of the position. With a diagonal mass the nodes are the quadrature points
   (f = 1 gives the functional `total`, rho = w the state h = 1, exactly); else the elements' rule. */
#include "diffusion_private.h"

#define BLOCK       1024
#define LARGEST_LOG 700 /* of a number and of its inverse */

PetscErrorCode PointFunctionProgram(void *ctx, PetscInt n, const PetscReal x[], PetscReal values[])
{
  const ProgramFunction *f = ctx;
  const PetscReal *variables[REITER_VARIABLES] = {NULL};
  PetscReal columns[REITER_MAX_DIM][BLOCK];

  PetscFunctionBegin;
  for (PetscInt c = 0; c < f->dim; c++) variables[VariableIndex(0, c)] = columns[c];
  for (PetscInt first = 0; first < n; first += BLOCK) {
    const PetscInt count = PetscMin(BLOCK, n - first);
    PetscReal *out = values + first;
    for (PetscInt c = 0; c < f->dim; c++) {
      for (PetscInt i = 0; i < count; i++) columns[c][i] = x[(first + i) * f->dim + c];
    }
    PetscCall(ProgramEvaluatePoints(f->program, count, variables, &out));
  }
  PetscFunctionReturn(0);
}

/* f at all local nodes. */
static PetscErrorCode evaluate_nodes(Diffusion d, PointFunction f, void *ctx, PetscReal values[])
{
  PetscFunctionBegin;
  if (d->mesh->n_nodes) PetscCall(f(ctx, d->mesh->n_nodes, d->mesh->x, values));
  PetscFunctionReturn(0);
}

/* integral[n_nodes] = int f phi_i, or int f w phi_i / w(x_i). */
static PetscErrorCode integrate(Diffusion d, PointFunction f, void *ctx, PetscBool weighted,
                                PetscReal integral[])
{
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  if (!d->system.B) {
    PetscCall(evaluate_nodes(d, f, ctx, integral));
    for (PetscInt l = 0; l < d->mesh->n_nodes; l++) integral[l] *= d->volume[l];
    PetscFunctionReturn(0);
  }
  PetscCall(PetscArrayzero(integral, d->mesh->n_nodes));
  PetscCall(ElementLoopBegin(d, &d->rule, weighted ? LOOP_WEIGHT : LOOP_FRAME, f, ctx, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    for (PetscInt q = 0; q < d->rule.points; q++) {
      for (PetscInt a = 0; a < d->rule.n; a++) {
        const PetscInt l = loop.nodes[a];
        const PetscReal w = weighted ? PetscExpReal(loop.log_w[q] - d->log_w[l]) : 1;
        integral[l] += loop.measure[q] * loop.value[q] * w * d->rule.value[q * d->rule.n + a];
      }
    }
  }
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(NodesSum(d, integral));
  PetscFunctionReturn(0);
}

/* m exp(-log_b/2), or 0 where h = m exp(-log_b) is beyond the range of numbers. */
static PetscReal held(PetscReal m, PetscReal log_b)
{
  const PetscReal log_m = PetscLogReal(PetscAbsReal(m));

  if (m == 0 || log_m - log_b > LARGEST_LOG) return 0;
  return PetscSign(m) * PetscExpReal(log_m - 0.5 * log_b);
}

PetscErrorCode DiffusionLoadDensity(Diffusion d, PointFunction rho, void *ctx, Vec load, PetscReal *lost)
{
  PetscReal *mass, mine = 0;
  PetscScalar *l;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->mesh->n_nodes, &mass));
  PetscCall(integrate(d, rho, ctx, PETSC_FALSE, mass));
  PetscCall(VecGetArray(load, &l));
  for (PetscInt k = 0; k < d->n_free; k++) {
    const PetscInt node = d->free_node[k];
    l[k] = held(mass[node], d->log_b[node]);
    if (l[k] == 0) mine += mass[node];
  }
  PetscCall(VecRestoreArray(load, &l));
  PetscCall(PetscFree(mass));
  PetscCallMPI(MPI_Allreduce(&mine, lost, 1, MPIU_REAL, MPIU_SUM, d->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionLoadPoint(Diffusion d, const PetscReal x0[], Vec load, PetscBool *inside)
{
  PetscReal reference[REITER_MAX_DIM], value[ELEMENT_RULE_NODES];
  PetscInt element;
  PetscMPIInt mine, all;

  PetscFunctionBegin;
  PetscCall(VecSet(load, 0));
  PetscCall(DomainLocate(d->domain, x0, &element, reference));
  mine = element >= 0;
  PetscCallMPI(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, d->comm));
  *inside = all ? PETSC_TRUE : PETSC_FALSE;
  if (mine) {
    const PetscInt n = d->mesh->nodes_per_element, *nodes = d->mesh->element_nodes + element * n;
    PetscCall(ElementRuleEvaluate(d->dim, d->mesh->order, d->mesh->simplex, reference, value, NULL));
    for (PetscInt a = 0; a < n; a++) {
      const PetscReal v = held(value[a], d->log_b[nodes[a]]);
      if (d->free_global[nodes[a]] >= 0)
        PetscCall(VecSetValue(load, d->free_global[nodes[a]], v, INSERT_VALUES));
    }
  }
  PetscCall(VecAssemblyBegin(load));
  PetscCall(VecAssemblyEnd(load));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionLoadFunction(Diffusion d, PointFunction f, void *ctx, Vec load)
{
  PetscReal *integral;
  PetscScalar *l;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->mesh->n_nodes, &integral));
  PetscCall(integrate(d, f, ctx, PETSC_TRUE, integral));
  PetscCall(VecGetArray(load, &l));
  for (PetscInt k = 0; k < d->n_free; k++) {
    const PetscInt node = d->free_node[k];
    l[k] = integral[node] / d->volume[node] * PetscExpReal(0.5 * d->log_b[node]);
  }
  PetscCall(VecRestoreArray(load, &l));
  PetscCall(PetscFree(integral));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionStateFunction(Diffusion d, PointFunction f, void *ctx, Vec g)
{
  PetscReal *values;
  PetscScalar *state;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->mesh->n_nodes, &values));
  PetscCall(evaluate_nodes(d, f, ctx, values));
  PetscCall(VecGetArray(g, &state));
  for (PetscInt k = 0; k < d->n_free; k++) {
    const PetscInt node = d->free_node[k];
    state[k] = values[node] * PetscExpReal(0.5 * d->log_b[node]);
  }
  PetscCall(VecRestoreArray(g, &state));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionSolveMass(Diffusion d, Vec load, Vec g)
{
  KSPConvergedReason reason;

  PetscFunctionBegin;
  if (!d->system.B) {
    PetscCall(VecCopy(load, g));
    PetscFunctionReturn(0);
  }
  if (!d->mass) {
    /* unit diagonal and a condition number that depends on the order alone: nothing to precondition */
    PC pc;
    PetscCall(KSPCreate(d->comm, &d->mass));
    PetscCall(KSPSetOptionsPrefix(d->mass, "diffusion_mass_"));
    PetscCall(KSPSetOperators(d->mass, d->system.B, d->system.B));
    PetscCall(KSPSetType(d->mass, KSPCG));
    PetscCall(KSPGetPC(d->mass, &pc));
    PetscCall(PCSetType(pc, PCNONE));
    PetscCall(KSPSetTolerances(d->mass, 1e-15, 1e-300, PETSC_DEFAULT, 2000));
    PetscCall(KSPSetFromOptions(d->mass));
  }
  PetscCall(KSPSolve(d->mass, load, g));
  PetscCall(KSPGetConvergedReason(d->mass, &reason));
  PetscCheck(reason > 0, d->comm, PETSC_ERR_NOT_CONVERGED, "the mass was not inverted: %s",
             KSPConvergedReasons[reason]);
  PetscFunctionReturn(0);
}
