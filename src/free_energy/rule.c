#include "rule.h"
#include <petscdt.h>

/* 8, 12, 16, 24, 32, ..: each can be halved and quartered. */
PetscInt RuleFiner(PetscInt n)
{
  return n & (n - 1) ? n / 3 * 4 : n / 2 * 3;
}

PetscInt RuleCoarser(PetscInt n)
{
  if (n <= RULE_LEAST) return RULE_LEAST;
  return n & (n - 1) ? n / 3 * 2 : n / 4 * 3;
}

static PetscErrorCode clear(Rule *rule)
{
  PetscFunctionBegin;
  for (PetscInt v = 0; v < MOST_FAST; v++) PetscCall(PetscFree(rule->point[v]));
  PetscCall(PetscFree(rule->weight));
  rule->n = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode RuleDestroy(Rule *rule)
{
  PetscFunctionBegin;
  PetscCall(clear(rule));
  PetscFunctionReturn(0);
}

/* Points of one variable. */
typedef struct {
  PetscInt n;
  PetscReal *x, *w;
} Axis;

static PetscInt gauss_points(PetscInt n)
{
  return PetscMax(n / 2, 1);
}

static PetscInt axis_size(PetscInt n, PetscInt n_breaks)
{
  return n_breaks ? n_breaks * gauss_points(n) : n;
}

static PetscErrorCode axis_create(PetscInt n, PetscInt n_breaks, const PetscReal breaks[], Axis *axis)
{
  const PetscInt q = gauss_points(n);
  PetscReal *x, *w;

  PetscFunctionBegin;
  axis->n = axis_size(n, n_breaks);
  PetscCall(PetscMalloc2(axis->n, &axis->x, axis->n, &axis->w));
  for (PetscInt i = 0; i < n && !n_breaks; i++) {
    axis->x[i] = (PetscReal)i / (PetscReal)n;
    axis->w[i] = 1. / (PetscReal)n;
  }
  if (!n_breaks) PetscFunctionReturn(0);
  PetscCall(PetscMalloc2(q, &x, q, &w));
  PetscCall(PetscDTGaussQuadrature(q, 0, 1, x, w));
  for (PetscInt b = 0; b < n_breaks; b++) {
    const PetscReal width = (b + 1 < n_breaks ? breaks[b + 1] : breaks[0] + 1) - breaks[b];

    for (PetscInt i = 0; i < q; i++) {
      const PetscReal y = breaks[b] + width * x[i];

      axis->x[b * q + i] = y - PetscFloorReal(y);
      axis->w[b * q + i] = width * w[i];
    }
  }
  PetscCall(PetscFree2(x, w));
  PetscFunctionReturn(0);
}

/* The first index runs fastest; false at the end. */
static PetscBool advance(PetscInt n_fast, const Axis axis[], PetscInt index[])
{
  for (PetscInt v = 0; v < n_fast; v++) {
    if (++index[v] < axis[v].n) return PETSC_TRUE;
    index[v] = 0;
  }
  return PETSC_FALSE;
}

/* All points of one tensor rule; nested: each to the segment of the coarsest resolution that has it. */
static PetscErrorCode fill(Rule *rule, PetscInt n, const Breaks *breaks, PetscInt segment)
{
  PetscInt index[MOST_FAST] = {0}, next[SEGMENTS];
  Axis axis[MOST_FAST];

  PetscFunctionBegin;
  for (PetscInt v = 0; v < rule->n_fast; v++) {
    PetscCall(axis_create(n, breaks->n[v], breaks->at[v], &axis[v]));
  }
  PetscCall(PetscArraycpy(next, rule->begin, SEGMENTS));
  do {
    PetscInt bits = 0, l = segment;
    PetscReal weight = 1;

    for (PetscInt v = 0; v < rule->n_fast; v++) {
      bits |= index[v];
      weight *= axis[v].w[index[v]];
    }
    if (rule->nested) l = bits & 1 ? 2 : (bits & 2 ? 1 : 0);
    for (PetscInt v = 0; v < rule->n_fast; v++) rule->point[v][next[l]] = axis[v].x[index[v]];
    if (rule->weight) rule->weight[next[l]] = weight;
    next[l]++;
  } while (advance(rule->n_fast, axis, index));
  for (PetscInt v = 0; v < rule->n_fast; v++) PetscCall(PetscFree2(axis[v].x, axis[v].w));
  PetscFunctionReturn(0);
}

PetscErrorCode RuleBuild(Rule *rule, PetscInt n_fast, PetscInt n, const Breaks *breaks, PetscBool *fits)
{
  PetscReal size[SEGMENTS] = {1, 1, 1}, total;
  PetscBool nested = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt v = 0; v < n_fast; v++) {
    if (breaks->n[v]) nested = PETSC_FALSE;
    for (PetscInt l = 0; l < SEGMENTS; l++) size[l] *= (PetscReal)axis_size(n >> (2 - l), breaks->n[v]);
  }
  total = nested ? size[2] : size[0] + size[1] + size[2];
  *fits = (PetscBool)(total <= (PetscReal)MOST_POINTS);
  if (!*fits) PetscFunctionReturn(0);
  PetscCall(clear(rule));
  rule->n_fast = n_fast;
  rule->n = n;
  rule->nested = nested;
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    const PetscReal more = nested && l ? size[l] - size[l - 1] : size[l];

    rule->begin[l + 1] = rule->begin[l] + (PetscInt)more;
    rule->measure[l] = nested ? more : 1;
  }
  for (PetscInt v = 0; v < n_fast; v++) PetscCall(PetscMalloc1((PetscInt)total, &rule->point[v]));
  if (!nested) PetscCall(PetscMalloc1((PetscInt)total, &rule->weight));
  for (PetscInt l = nested ? 2 : 0; l < SEGMENTS; l++) PetscCall(fill(rule, n >> (2 - l), breaks, l));
  PetscFunctionReturn(0);
}
