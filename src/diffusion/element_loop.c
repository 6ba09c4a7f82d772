#include "diffusion_private.h"

#define BLOCK_POINTS 4096

PetscErrorCode ElementLoopBegin(Diffusion d, const ElementRule *rule, unsigned content, PointFunction f,
                                void *ctx, ElementLoop *loop)
{
  const PetscInt dd = d->dim * d->dim;
  PetscInt n;

  PetscFunctionBegin;
  *loop = (ElementLoop){.d = d, .rule = rule, .content = content, .f = f, .ctx = ctx, .e = -1};
  loop->block = PetscMax(1, BLOCK_POINTS / rule->points);
  n = loop->block * rule->points;
  PetscCall(PetscMalloc6(n * d->dim, &loop->block_x, n, &loop->block_log_w, n * dd, &loop->block_D, n,
                         &loop->block_value, n, &loop->block_measure, n * dd, &loop->block_inverse));
  PetscFunctionReturn(0);
}

/* nodes as quadrature points: what is known there is copied, and boxes have one shape */
static PetscErrorCode load_nodes(ElementLoop *loop, PetscInt k)
{
  const Diffusion d = loop->d;
  const PetscInt n = loop->rule->n, dd = d->dim * d->dim;
  const PetscInt *nodes = d->mesh->element_nodes + (loop->first + k) * n;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < n; a++) {
    if (loop->content & LOOP_WEIGHT) loop->block_log_w[k * n + a] = d->log_w[nodes[a]];
    for (PetscInt c = 0; loop->content & LOOP_TENSOR && d->D && c < dd; c++) {
      loop->block_D[(k * n + a) * dd + c] = d->D[nodes[a] * dd + c];
    }
  }
  PetscFunctionReturn(0);
}

static PetscBool evaluates_weight(const ElementLoop *loop)
{
  return loop->content & LOOP_WEIGHT && !loop->rule->collocated ? PETSC_TRUE : PETSC_FALSE;
}

static PetscBool evaluates_tensor(const ElementLoop *loop)
{
  const PetscBool known = loop->rule->collocated && loop->d->D ? PETSC_TRUE : PETSC_FALSE;

  return loop->content & LOOP_TENSOR && !known ? PETSC_TRUE : PETSC_FALSE;
}

/* as at the nodes (NodesLimitSlope) */
static void limit_slope(ElementLoop *loop, PetscInt k)
{
  const Diffusion d = loop->d;
  const PetscInt *const nodes = d->mesh->element_nodes + (loop->first + k) * d->mesh->nodes_per_element;
  PetscReal *const log_w = loop->block_log_w + k * loop->rule->points;
  PetscReal most = PETSC_NINFINITY;

  for (PetscInt a = 0; a < d->mesh->nodes_per_element; a++) most = PetscMax(most, d->log_w[nodes[a]]);
  for (PetscInt q = 0; q < loop->rule->points; q++)
    log_w[q] = PetscMax(log_w[q] - d->system.log_scale, most - NODES_STEEPEST);
}

static PetscErrorCode load_points(ElementLoop *loop, PetscInt points)
{
  const PetscBool weight = evaluates_weight(loop), tensor = evaluates_tensor(loop);
  CoefficientFault fault = {.trouble = COEFFICIENT_GOOD};

  PetscFunctionBegin;
  if (weight || tensor) {
    PetscCall(CoefficientsEvaluate(loop->d->coefficients, points, loop->block_x,
                                   weight ? loop->block_log_w : NULL, tensor ? loop->block_D : NULL, &fault));
    if (loop->fault.trouble == COEFFICIENT_GOOD) loop->fault = fault;
  }
  for (PetscInt k = 0; weight && k < points / loop->rule->points; k++) limit_slope(loop, k);
  if (loop->f) PetscCall(loop->f(loop->ctx, points, loop->block_x, loop->block_value));
  PetscFunctionReturn(0);
}

static PetscErrorCode load_block(ElementLoop *loop)
{
  const Diffusion d = loop->d;
  const PetscInt points = loop->rule->points, dd = d->dim * d->dim;
  const PetscBool evaluates =
      loop->f || evaluates_weight(loop) || evaluates_tensor(loop) ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt known = loop->loaded; /* elements of the block that have been mapped before */
  PetscReal corners[8 * REITER_MAX_DIM];

  PetscFunctionBegin;
  loop->first = loop->e;
  loop->loaded = PetscMin(loop->block, d->mesh->n_elements - loop->first);
  for (PetscInt k = 0; k < loop->loaded; k++) {
    if (!d->mesh->box || evaluates || k >= known) {
      PetscCall(DomainElementCorners(d->domain, loop->first + k, corners));
      ElementRuleMap(loop->rule, corners, loop->block_x + k * points * d->dim,
                     loop->block_measure + k * points, loop->block_inverse + k * points * dd);
    }
    if (loop->rule->collocated) PetscCall(load_nodes(loop, k));
  }
  PetscCall(load_points(loop, loop->loaded * points));
  PetscFunctionReturn(0);
}

PetscErrorCode ElementLoopNext(ElementLoop *loop, PetscBool *more)
{
  const PetscInt points = loop->rule->points, dd = loop->d->dim * loop->d->dim;
  PetscInt k;

  PetscFunctionBegin;
  loop->e++;
  *more = loop->e < loop->d->mesh->n_elements ? PETSC_TRUE : PETSC_FALSE;
  if (!*more) PetscFunctionReturn(0);
  if (loop->e >= loop->first + loop->loaded) PetscCall(load_block(loop));
  k = loop->e - loop->first;
  loop->nodes = loop->d->mesh->element_nodes + loop->e * loop->rule->n;
  loop->measure = loop->block_measure + k * points;
  loop->inverse = loop->block_inverse + k * points * dd;
  loop->log_w = loop->block_log_w + k * points;
  loop->D = loop->block_D + k * points * dd;
  loop->value = loop->block_value + k * points;
  PetscFunctionReturn(0);
}

PetscErrorCode ElementLoopEnd(ElementLoop *loop)
{
  PetscFunctionBegin;
  PetscCall(PetscFree6(loop->block_x, loop->block_log_w, loop->block_D, loop->block_value,
                       loop->block_measure, loop->block_inverse));
  PetscFunctionReturn(0);
}
