/* From states to fields and figures. */
#include "diffusion_private.h"

/* value times exp(log), within the range of numbers */
static PetscReal scaled(PetscReal value, PetscReal exponent)
{
  if (value == 0) return 0;
  exponent += PetscLogReal(PetscAbsReal(value));
  return PetscSign(value) * (exponent < 709 ? PetscExpReal(exponent) : PETSC_MAX_REAL);
}

PetscErrorCode DiffusionGetField(Diffusion d, Vec g, Vec h, Vec rho)
{
  const PetscScalar *state;
  PetscScalar *fields[2] = {NULL, NULL};
  const Vec v[2] = {h, rho};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(g, &state));
  for (PetscInt f = 0; f < 2; f++) {
    if (!v[f]) continue;
    PetscCall(VecSet(v[f], 0));
    PetscCall(VecGetArray(v[f], &fields[f]));
    for (PetscInt k = 0; k < d->n_free; k++) {
      const PetscInt l = d->free_node[k];
      const PetscReal log_w = f ? d->log_w[l] : 0;
      fields[f][d->mesh->global[l] - d->mesh->first_global] = scaled(state[k], log_w - 0.5 * d->log_b[l]);
    }
    PetscCall(VecRestoreArray(v[f], &fields[f]));
  }
  PetscCall(VecRestoreArrayRead(g, &state));
  PetscFunctionReturn(0);
}

/* Adds -w D grad h times the volume around the node to flux[dim][n_nodes]. */
static void add_flux(const ElementLoop *loop, const PetscReal g[], PetscReal *const flux[])
{
  const ElementRule *r = loop->rule;
  const Diffusion d = loop->d;
  const PetscInt n = r->n, dim = r->dim;

  for (PetscInt q = 0; q < n; q++) {
    const PetscReal *J = loop->inverse + q * dim * dim, *D = loop->D + q * dim * dim;
    const PetscReal log_w = d->log_w[loop->nodes[q]];
    const PetscReal here = scaled(g[loop->nodes[q]], log_w - 0.5 * d->log_b[loop->nodes[q]]);
    PetscReal t[3] = {0, 0, 0}, v[3] = {0, 0, 0};
    for (PetscInt a = 0; a < n; a++) {
      const PetscInt l = loop->nodes[a];
      const PetscReal wh = a == q ? 0 : scaled(g[l], log_w - 0.5 * d->log_b[l]) - here;
      for (PetscInt i = 0; i < dim; i++) t[i] += r->gradient[(q * n + a) * dim + i] * wh;
    }
    for (PetscInt c = 0; c < dim; c++) {
      for (PetscInt i = 0; i < dim; i++) v[c] += J[i * dim + c] * t[i];
    }
    for (PetscInt i = 0; i < dim; i++) {
      for (PetscInt j = 0; j < dim; j++) flux[i][loop->nodes[q]] -= loop->measure[q] * D[i * dim + j] * v[j];
    }
  }
}

PetscErrorCode DiffusionGetFlux(Diffusion d, Vec g, Vec flux[])
{
  const PetscInt n = d->mesh->n_nodes;
  PetscReal *state, *around, *sum[REITER_MAX_DIM] = {NULL};
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &state));
  PetscCall(PetscCalloc1(n, &around));
  for (PetscInt c = 0; c < d->dim; c++) PetscCall(PetscCalloc1(n, &sum[c]));
  PetscCall(FreeNodesGetLocalValues(d, g, state));
  PetscCall(ElementLoopBegin(d, &d->at_nodes, LOOP_TENSOR, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    add_flux(&loop, state, sum);
    for (PetscInt q = 0; q < loop.rule->n; q++) around[loop.nodes[q]] += loop.measure[q];
  }
  PetscCall(ElementLoopEnd(&loop));
  PetscCall(NodesSum(d, around));
  for (PetscInt c = 0; c < d->dim; c++) {
    PetscScalar *values;
    PetscCall(NodesSum(d, sum[c]));
    PetscCall(VecGetArray(flux[c], &values));
    for (PetscInt l = 0; l < d->mesh->n_owned; l++) {
      values[d->mesh->global[l] - d->mesh->first_global] = sum[c][l] / around[l];
    }
    PetscCall(VecRestoreArray(flux[c], &values));
    PetscCall(PetscFree(sum[c]));
  }
  PetscCall(PetscFree(around));
  PetscCall(PetscFree(state));
  PetscFunctionReturn(0);
}

/* Adds measure w phi(h/mean) at one point, with v = sqrt(w) h and half = log(w)/2. h log h is taken with its tangent at
   the mean, h log h - h + 1, which integrates to the same and has no terms of both signs. */
static void add_entropy(PetscReal measure, PetscReal v, PetscReal half, PetscReal mean, PetscReal sum[2])
{
  const PetscReal root = PetscExpReal(half), excess = (v - mean * root) / mean;
  const PetscReal h =
      v == 0 ? 0 : PetscSign(v / mean) * PetscExpReal(PetscLogReal(PetscAbsReal(v / mean)) - half);

  sum[1] += measure * excess * excess;
  if (h <= 0) {
    sum[0] += measure * root * (root - v / mean);
  } else if (PetscAbsReal(h - 1) < 0.1) {
    const PetscReal u = excess / root;
    /* (1 + u) log(1 + u) - u, without the cancellation that the difference has for small u */
    const PetscReal s = PetscAbsReal(u) < 1e-3
                            ? u * u * (0.5 - u * (1. / 6 - u * (1. / 12 - u * (1. / 20 - u / 30))))
                            : (1 + u) * log1p(u) - u;
    sum[0] += measure * root * root * s;
  } else {
    const PetscReal log_h = PetscLogReal(v / mean) - half;
    sum[0] += measure * root * (v / mean * log_h - v / mean + root);
  }
}

static PetscErrorCode sum_entropy(Diffusion d, const PetscReal g[], PetscReal mean, PetscReal sum[2])
{
  ElementLoop loop;
  PetscBool more;

  PetscFunctionBegin;
  sum[0] = sum[1] = 0;
  if (!d->system.B) {
    for (PetscInt l = 0; l < d->mesh->n_owned; l++) add_entropy(1, g[l], 0.5 * d->log_b[l], mean, sum);
    PetscFunctionReturn(0);
  }
  PetscCall(ElementLoopBegin(d, &d->rule, LOOP_WEIGHT, NULL, NULL, &loop));
  for (;;) {
    PetscCall(ElementLoopNext(&loop, &more));
    if (!more) break;
    for (PetscInt q = 0; q < d->rule.points; q++) {
      PetscReal v = 0;
      for (PetscInt a = 0; a < d->rule.n; a++) {
        const PetscInt l = loop.nodes[a];
        v += d->rule.value[q * d->rule.n + a] * scaled(g[l], 0.5 * (loop.log_w[q] - d->log_b[l]));
      }
      add_entropy(loop.measure[q], v, 0.5 * loop.log_w[q], mean, sum);
    }
  }
  PetscCall(ElementLoopEnd(&loop));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetEntropy(Diffusion d, Vec g, PetscReal *relative_entropy, PetscReal *chi_square,
                                   PetscReal *minimum)
{
  PetscReal *state, mine[2], sum[2], mean, least = PETSC_MAX_REAL;
  PetscScalar mass;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(d->mesh->n_nodes, &state));
  PetscCall(FreeNodesGetLocalValues(d, g, state));
  PetscCall(VecDot(d->system.total, g, &mass));
  mean = mass / PetscExpReal(d->system.log_mass - d->system.log_scale);
  if (relative_entropy || chi_square) {
    PetscCall(sum_entropy(d, state, mean, mine));
    PetscCallMPI(MPI_Allreduce(mine, sum, 2, MPIU_REAL, MPIU_SUM, d->comm));
    if (relative_entropy) *relative_entropy = sum[0];
    if (chi_square) *chi_square = sum[1];
  }
  for (PetscInt l = 0; minimum && l < d->mesh->n_owned; l++) {
    least = PetscMin(least, scaled(state[l], d->log_w[l] - 0.5 * d->log_b[l]));
  }
  if (minimum) PetscCallMPI(MPI_Allreduce(&least, minimum, 1, MPIU_REAL, MPIU_MIN, d->comm));
  PetscCall(PetscFree(state));
  PetscFunctionReturn(0);
}

PetscErrorCode DiffusionGetQuotient(Diffusion d, Vec g, PetscReal *energy, PetscReal *square)
{
  PetscReal mine;
  PetscScalar dot;
  Vec Bg = g;

  PetscFunctionBegin;
  if (energy) {
    PetscCall(d->ops.Energy(d, g, &mine));
    PetscCallMPI(MPI_Allreduce(&mine, energy, 1, MPIU_REAL, MPIU_SUM, d->comm));
  }
  if (!square) PetscFunctionReturn(0);
  if (d->system.B) {
    PetscCall(VecDuplicate(g, &Bg));
    PetscCall(MatMult(d->system.B, g, Bg));
  }
  PetscCall(VecDot(g, Bg, &dot));
  *square = dot;
  if (Bg != g) PetscCall(VecDestroy(&Bg));
  PetscFunctionReturn(0);
}
