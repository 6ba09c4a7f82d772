#include "moving.h"
#include "group.h"
#include <petscdt.h>
#include <math.h>

#define Y          FastIndex(0)
#define SAME_PLACE 1e-12

static PetscErrorCode composite_create(Expression U, Composite *f)
{
  Expression e = U;

  PetscFunctionBegin;
  PetscCall(ExpressionReference(e));
  for (PetscInt k = 0; k < 4; k++) {
    Expression next = NULL;

    PetscCall(DerivativesCreate(e, &f->in_y[k]));
    if (k < 3) PetscCall(ExpressionDerive(e, Y, &next));
    PetscCall(ExpressionDestroy(&e));
    e = next;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode composite_destroy(Composite *f)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < 4; k++) PetscCall(DerivativesDestroy(&f->in_y[k]));
  PetscFunctionReturn(0);
}

/* in_y[k][entry] at y. */
static PetscErrorCode composite_evaluate(Composite *f, const Shape *shape, PetscInt order, PetscReal values[],
                                         PetscReal y, PetscReal in_y[4][MOST_ENTRIES])
{
  PetscFunctionBegin;
  values[Y] = y;
  for (PetscInt k = 0; k <= order; k++) {
    PetscCall(DerivativesEvaluate(&f->in_y[k], shape, order - k, values, in_y[k]));
  }
  PetscFunctionReturn(0);
}

static PetscReal compose_pair(const Shape *shape, PetscReal in_y[4][MOST_ENTRIES], const PetscReal y[],
                              PetscInt a, PetscInt b)
{
  const PetscReal ya = y[ShapeFirst(a)], yb = y[ShapeFirst(b)];

  return in_y[0][ShapePair(shape, a, b)] + in_y[1][ShapeFirst(a)] * yb + in_y[1][ShapeFirst(b)] * ya +
         in_y[2][0] * ya * yb + in_y[1][0] * y[ShapePair(shape, a, b)];
}

static PetscReal compose_triple(const Shape *shape, PetscReal in_y[4][MOST_ENTRIES], const PetscReal y[],
                                PetscInt t)
{
  const PetscInt *v = shape->triple[t];
  PetscReal sum = in_y[0][shape->end[2] + t] + in_y[1][0] * y[shape->end[2] + t], product = 1;

  for (PetscInt j = 0; j < 3; j++) {
    const PetscInt a = v[j], b = v[(j + 1) % 3], c = v[(j + 2) % 3], bc = ShapePair(shape, b, c);
    const PetscReal ya = y[ShapeFirst(a)];

    sum += in_y[1][bc] * ya + in_y[2][ShapeFirst(a)] * y[ShapeFirst(b)] * y[ShapeFirst(c)] +
           in_y[1][ShapeFirst(a)] * y[bc] + in_y[2][0] * y[bc] * ya;
    product *= ya;
  }
  return sum + in_y[3][0] * product;
}

/* The entries of U(x, p, y(x, p)) from those of y. */
static void compose(const Shape *shape, PetscInt order, PetscReal in_y[4][MOST_ENTRIES], const PetscReal y[],
                    PetscReal entries[])
{
  entries[0] = in_y[0][0];
  for (PetscInt a = 0; a < shape->D; a++) {
    entries[ShapeFirst(a)] = in_y[0][ShapeFirst(a)] + in_y[1][0] * y[ShapeFirst(a)];
  }
  for (PetscInt p = 0; p < shape->n_pairs && order > 1; p++) {
    entries[shape->end[1] + p] = compose_pair(shape, in_y, y, shape->pair[p][0], shape->pair[p][1]);
  }
  for (PetscInt t = 0; t < shape->n_triples && order > 2; t++) {
    entries[shape->end[2] + t] = compose_triple(shape, in_y, y, t);
  }
}

PetscErrorCode MovingCreate(Expression U, PetscInt n, const Expression switches[], Moving **moving)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(moving));
  PetscCall(composite_create(U, &(*moving)->U));
  (*moving)->n_switches = n;
  PetscCall(
      PetscCalloc3(n, &(*moving)->switches, n, &(*moving)->values, MOST_BREAKS + 1, &(*moving)->breaks));
  for (PetscInt i = 0; i < n; i++) {
    PetscCall(composite_create(switches[i], &(*moving)->switches[i]));
    PetscCall(ProgramCreate(1, &switches[i], &(*moving)->values[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode MovingDestroy(Moving **moving)
{
  PetscFunctionBegin;
  if (!*moving) PetscFunctionReturn(0);
  PetscCall(composite_destroy(&(*moving)->U));
  for (PetscInt i = 0; i < (*moving)->n_switches; i++) {
    PetscCall(composite_destroy(&(*moving)->switches[i]));
    PetscCall(ProgramDestroy(&(*moving)->values[i]));
  }
  PetscCall(PetscFree3((*moving)->switches, (*moving)->values, (*moving)->breaks));
  PetscCall(PetscFree2((*moving)->t, (*moving)->panel));
  PetscCall(PetscFree(*moving));
  PetscFunctionReturn(0);
}

/* Where u(x, p, a) = 0: the derivatives of a, order by order. */
static PetscErrorCode derive_break(Composite *u, const Shape *shape, PetscInt order, PetscReal values[],
                                   PetscReal at, PetscReal a[])
{
  PetscReal in_y[4][MOST_ENTRIES], rest[MOST_ENTRIES];

  PetscFunctionBegin;
  PetscCall(composite_evaluate(u, shape, order, values, at, in_y));
  PetscCall(PetscArrayzero(a, MOST_ENTRIES));
  a[0] = at;
  for (PetscInt k = 1; k <= order; k++) {
    compose(shape, k, in_y, a, rest);
    for (PetscInt e = shape->end[k - 1]; e < shape->end[k]; e++) a[e] = -rest[e] / in_y[1][0];
  }
  PetscFunctionReturn(0);
}

static PetscReal in_period(PetscReal y)
{
  y -= PetscFloorReal(y);
  return y > 1 - SAME_PLACE ? 0 : y;
}

PetscErrorCode MovingLocate(Moving *moving, const Shape *shape, PetscInt order, PetscReal values[],
                            PetscBool *good)
{
  PetscReal found[MOST_BREAKS], sorted[MOST_BREAKS];
  PetscInt n = 0, of[MOST_BREAKS];

  PetscFunctionBegin;
  *good = PETSC_FALSE;
  for (PetscInt i = 0, before = 0; i < moving->n_switches; i++, before = n) {
    const Expression u = moving->switches[i].in_y[0].entry[0];

    PetscCall(ExpressionSignChanges(u, moving->values[i], Y, values, MOST_BREAKS, &n, found));
    for (PetscInt j = before; j < n; j++) of[j] = i;
  }
  if (n == MOST_BREAKS) PetscFunctionReturn(0);
  PetscCall(PetscArraycpy(sorted, found, n));
  moving->n_breaks = n;
  PetscCall(PeriodicSort(&moving->n_breaks, sorted));
  for (PetscInt b = 0; b < moving->n_breaks; b++) {
    PetscInt j = 0;

    while (j + 1 < n && PetscAbsReal(in_period(found[j]) - sorted[b]) > 2 * SAME_PLACE) j++;
    PetscCall(derive_break(&moving->switches[of[j]], shape, order, values, sorted[b], moving->breaks[b]));
    for (PetscInt e = 0; e < shape->end[order]; e++)
      if (PetscIsInfOrNanReal(moving->breaks[b][e])) PetscFunctionReturn(0);
  }
  if (!moving->n_breaks) PetscCall(PetscArrayzero(moving->breaks[moving->n_breaks++], MOST_ENTRIES));
  PetscCall(PetscArraycpy(moving->breaks[moving->n_breaks], moving->breaks[0], MOST_ENTRIES));
  moving->breaks[moving->n_breaks][0] += 1;
  *good = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode MovingRule(Moving *moving, PetscInt n, PetscInt most, Rule *rule, PetscBool *fits)
{
  PetscInt q[SEGMENTS], total = 0;

  PetscFunctionBegin;
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    q[l] = PetscMax(n >> (3 - l), 1);
    rule->begin[l] = total;
    rule->measure[l] = 1;
    total += q[l] * moving->n_breaks;
  }
  rule->begin[SEGMENTS] = total;
  rule->n = n;
  rule->nested = PETSC_FALSE;
  *fits = (PetscBool)(total <= most);
  if (!*fits) PetscFunctionReturn(0);
  PetscCall(PetscFree2(moving->t, moving->panel));
  PetscCall(PetscMalloc2(total, &moving->t, total, &moving->panel));
  PetscCall(PetscFree(rule->weight));
  PetscCall(PetscMalloc1(total, &rule->weight));
  for (PetscInt l = 0; l < SEGMENTS; l++) {
    for (PetscInt b = 0; b < moving->n_breaks; b++) {
      const PetscInt at = rule->begin[l] + b * q[l];

      if (b) {
        PetscCall(PetscArraycpy(moving->t + at, moving->t + rule->begin[l], q[l]));
        PetscCall(PetscArraycpy(rule->weight + at, rule->weight + rule->begin[l], q[l]));
      } else
        PetscCall(PetscDTGaussQuadrature(q[l], 0, 1, moving->t + at, rule->weight + at));
      for (PetscInt i = 0; i < q[l]; i++) moving->panel[at + i] = b;
    }
  }
  PetscFunctionReturn(0);
}

/* Subtracts the entries of log w from those of U. */
static void subtract_logarithm(const Shape *shape, PetscInt order, const PetscReal w[], PetscReal entries[])
{
  PetscReal u[MOST_ENTRIES];

  for (PetscInt e = 0; e < shape->end[order]; e++) u[e] = w[e] / w[0];
  entries[0] -= log(w[0]);
  for (PetscInt a = 0; a < shape->D; a++) entries[ShapeFirst(a)] -= u[ShapeFirst(a)];
  for (PetscInt p = 0; p < shape->n_pairs && order > 1; p++) {
    entries[shape->end[1] + p] -=
        u[shape->end[1] + p] - u[ShapeFirst(shape->pair[p][0])] * u[ShapeFirst(shape->pair[p][1])];
  }
  for (PetscInt t = 0; t < shape->n_triples && order > 2; t++) {
    const PetscInt a = shape->triple[t][0], b = shape->triple[t][1], c = shape->triple[t][2];
    const PetscReal ua = u[ShapeFirst(a)], ub = u[ShapeFirst(b)], uc = u[ShapeFirst(c)];

    entries[shape->end[2] + t] -= u[shape->end[2] + t] - u[ShapePair(shape, a, b)] * uc -
                                  u[ShapePair(shape, a, c)] * ub - u[ShapePair(shape, b, c)] * ua +
                                  2 * ua * ub * uc;
  }
}

/* The same sum with the absolute values of all its terms: what round-off is relative to. */
static void find_magnitude(const Shape *shape, PetscInt order, PetscReal in_y[4][MOST_ENTRIES],
                           const PetscReal y[], PetscReal magnitude[])
{
  PetscReal size[4][MOST_ENTRIES], y_size[MOST_ENTRIES], sum[MOST_ENTRIES];

  for (PetscInt k = 0; k <= order; k++)
    for (PetscInt e = 0; e < shape->end[order - k]; e++) size[k][e] = PetscAbsReal(in_y[k][e]);
  for (PetscInt e = 0; e < shape->end[order]; e++) y_size[e] = PetscAbsReal(y[e]);
  compose(shape, order, size, y_size, sum);
  for (PetscInt e = 0; e < shape->end[order]; e++) magnitude[e] = PetscMax(magnitude[e], sum[e]);
}

PetscErrorCode MovingFill(Moving *moving, const Shape *shape, PetscInt order, const Rule *rule,
                          PetscReal values[], PetscReal *const f[], PetscReal magnitude[])
{
  PetscReal in_y[4][MOST_ENTRIES], y[MOST_ENTRIES], width[MOST_ENTRIES], entries[MOST_ENTRIES];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(magnitude, MOST_ENTRIES));
  for (PetscInt i = 0; i < rule->begin[SEGMENTS]; i++) {
    const PetscReal t = moving->t[i], *left = moving->breaks[moving->panel[i]],
                    *right = moving->breaks[moving->panel[i] + 1];

    for (PetscInt e = 0; e < shape->end[order]; e++) {
      width[e] = right[e] - left[e];
      y[e] = left[e] + t * width[e];
    }
    PetscCall(composite_evaluate(&moving->U, shape, order, values, y[0] - PetscFloorReal(y[0]), in_y));
    compose(shape, order, in_y, y, entries);
    find_magnitude(shape, order, in_y, y, magnitude);
    subtract_logarithm(shape, order, width, entries);
    for (PetscInt e = 0; e < shape->end[order]; e++) f[e][i] = entries[e];
  }
  PetscFunctionReturn(0);
}
