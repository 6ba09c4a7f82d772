#include "derivatives.h"

PetscErrorCode DerivativesCreate(Expression e, Derivatives *f)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(f, sizeof(*f)));
  PetscCall(ExpressionReference(e));
  f->entry[0] = e;
  PetscFunctionReturn(0);
}

PetscErrorCode DerivativesDestroy(Derivatives *f)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < MOST_ENTRIES; i++) PetscCall(ExpressionDestroy(&f->entry[i]));
  for (PetscInt i = 0; i < 4; i++) PetscCall(ProgramDestroy(&f->program[i]));
  PetscFunctionReturn(0);
}

static PetscInt slot_of(const Shape *shape, PetscInt a)
{
  return a < shape->d ? VariableIndex(0, a) : FreeIndex(a - shape->d);
}

/* entry[to] = d entry[from] / dw_a, NULL if that is zero. */
static PetscErrorCode derive(Derivatives *f, const Shape *shape, PetscInt from, PetscInt a, PetscInt to)
{
  VariableSet set;
  PetscReal value;

  PetscFunctionBegin;
  if (!f->entry[from]) PetscFunctionReturn(0);
  PetscCall(ExpressionVariables(f->entry[from], &set));
  if (!(set >> slot_of(shape, a) & 1)) PetscFunctionReturn(0);
  PetscCall(ExpressionDerive(f->entry[from], slot_of(shape, a), &f->entry[to]));
  PetscCall(ExpressionVariables(f->entry[to], &set));
  if (set) PetscFunctionReturn(0);
  PetscCall(ExpressionEvaluate(f->entry[to], NULL, &value));
  if (value == 0) PetscCall(ExpressionDestroy(&f->entry[to]));
  PetscFunctionReturn(0);
}

static PetscErrorCode derive_order(Derivatives *f, const Shape *shape, PetscInt order)
{
  PetscFunctionBegin;
  if (order == 1) {
    for (PetscInt a = 0; a < shape->D; a++) PetscCall(derive(f, shape, 0, a, ShapeFirst(a)));
  } else if (order == 2) {
    for (PetscInt p = 0; p < shape->n_pairs; p++) {
      PetscCall(derive(f, shape, ShapeFirst(shape->pair[p][0]), shape->pair[p][1], shape->end[1] + p));
    }
  } else {
    for (PetscInt t = 0; t < shape->n_triples; t++) {
      const PetscInt *w = shape->triple[t];

      PetscCall(derive(f, shape, ShapePair(shape, w[0], w[1]), w[2], shape->end[2] + t));
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode DerivativesPrepare(Derivatives *f, const Shape *shape, PetscInt order)
{
  Expression chosen[MOST_ENTRIES];

  PetscFunctionBegin;
  if (f->program[order]) PetscFunctionReturn(0);
  while (f->derived < order) PetscCall(derive_order(f, shape, ++f->derived));
  for (PetscInt e = 0; e < shape->end[order]; e++) {
    if (!f->entry[e]) continue;
    chosen[f->n[order]] = f->entry[e];
    f->list[order][f->n[order]++] = e;
  }
  PetscCall(ProgramCreate(f->n[order], chosen, &f->program[order]));
  PetscFunctionReturn(0);
}

PetscErrorCode DerivativesEvaluate(Derivatives *f, const Shape *shape, PetscInt order,
                                   const PetscReal values[], PetscReal entries[])
{
  const PetscReal *variables[REITER_SLOTS];
  PetscReal *out[MOST_ENTRIES];

  PetscFunctionBegin;
  PetscCall(DerivativesPrepare(f, shape, order));
  PetscCall(PetscArrayzero(entries, shape->end[order]));
  for (PetscInt v = 0; v < REITER_SLOTS; v++) variables[v] = &values[v];
  for (PetscInt i = 0; i < f->n[order]; i++) out[i] = &entries[f->list[order][i]];
  PetscCall(ProgramEvaluateFast(f->program[order], 1, variables, values, out));
  PetscFunctionReturn(0);
}
