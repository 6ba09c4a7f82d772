#include "group.h"
#include <math.h>

struct _p_FreeEnergy {
  Shape shape;
  PetscReal defaults[FREE_PARAMETERS], tolerance;
  Expression temperature;
  Derivatives macro; /* V0/s and the terms of V1/s without fast variables */
  PetscInt n_groups;
  Group *groups;
};

static PetscErrorCode build(FreeEnergy energy, const CaseFamily *family, PetscBool *moving)
{
  Expression slow, parts[2], sum, U;

  PetscFunctionBegin;
  ShapeSet(family->dim, family->m, &energy->shape);
  PetscCall(PetscArraycpy(energy->defaults, family->defaults, family->m));
  energy->tolerance = 1e-13;
  energy->temperature = family->temperature;
  PetscCall(ExpressionReference(energy->temperature));
  PetscCall(GroupsCreate(family->V1, family->temperature, &energy->n_groups, &energy->groups, &slow, moving));
  parts[0] = family->V0;
  parts[1] = slow;
  PetscCall(ExpressionSum(2, parts, &sum));
  PetscCall(ExpressionQuotient(sum, family->temperature, &U));
  PetscCall(DerivativesCreate(U, &energy->macro));
  PetscCall(ExpressionDestroy(&slow));
  PetscCall(ExpressionDestroy(&sum));
  PetscCall(ExpressionDestroy(&U));
  PetscFunctionReturn(0);
}

PetscErrorCode FreeEnergyCreate(Case c, PetscInt m, const char *const names[], FreeEnergy *energy,
                                char **refused, char **suggestion)
{
  CaseFamily family;
  PetscBool moving;

  PetscFunctionBegin;
  *energy = NULL;
  PetscCall(CaseMakeFamily(c, m, names, &family, refused, suggestion));
  if (*refused) PetscFunctionReturn(0);
  PetscCall(PetscNew(energy));
  PetscCall(build(*energy, &family, &moving));
  PetscCall(CaseFamilyDestroy(&family));
  if (moving) {
    PetscCall(PetscStrallocpy(
        "the kinks or jumps of potential.micro in the fast variables move with x or with a free "
        "number: such averages have no exact derivatives here; write abs(u) as sqrt(u^2 + "
        "delta^2), or the like",
        refused));
    PetscCall(FreeEnergyDestroy(energy));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode FreeEnergyDestroy(FreeEnergy *energy)
{
  PetscFunctionBegin;
  if (!*energy) PetscFunctionReturn(0);
  PetscCall(ExpressionDestroy(&(*energy)->temperature));
  PetscCall(DerivativesDestroy(&(*energy)->macro));
  PetscCall(GroupsDestroy(&(*energy)->n_groups, &(*energy)->groups));
  PetscCall(PetscFree(*energy));
  PetscFunctionReturn(0);
}

PetscErrorCode FreeEnergyGetSizes(FreeEnergy energy, PetscInt *dim, PetscInt *m)
{
  PetscFunctionBegin;
  if (dim) *dim = energy->shape.d;
  if (m) *m = energy->shape.m;
  PetscFunctionReturn(0);
}

PetscErrorCode FreeEnergyGetDefaults(FreeEnergy energy, PetscReal p[])
{
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(p, energy->defaults, energy->shape.m));
  PetscFunctionReturn(0);
}

PetscErrorCode FreeEnergySetTolerance(FreeEnergy energy, PetscReal tolerance)
{
  PetscFunctionBegin;
  PetscCheck(tolerance > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Tolerance %g", tolerance);
  energy->tolerance = tolerance;
  PetscFunctionReturn(0);
}

/* From the entries to full symmetric arrays. */
static void fill_jet(const Shape *shape, PetscInt order, const PetscReal entries[], PetscReal s,
                     FreeEnergyJet *jet)
{
  const PetscInt d = shape->d, m = shape->m;

  jet->Phi = entries[0];
  jet->F = s * entries[0];
  for (PetscInt i = 0; i < d; i++) jet->G[i] = entries[ShapeFirst(i)];
  for (PetscInt i = 0; i < d && order > 1; i++) {
    for (PetscInt j = 0; j < d; j++) jet->H[i * d + j] = entries[ShapePair(shape, i, j)];
    for (PetscInt a = 0; a < m; a++) jet->G_p[i * m + a] = entries[ShapePair(shape, i, d + a)];
  }
  for (PetscInt t = 0; t < shape->n_triples && order > 2; t++) {
    const PetscInt i = shape->triple[t][0], j = shape->triple[t][1], k = shape->triple[t][2];
    const PetscReal value = entries[shape->end[2] + t];

    if (k >= d) {
      jet->H_p[(i * d + j) * m + k - d] = jet->H_p[(j * d + i) * m + k - d] = value;
      continue;
    }
    jet->T[(i * d + j) * d + k] = jet->T[(i * d + k) * d + j] = jet->T[(j * d + i) * d + k] = value;
    jet->T[(j * d + k) * d + i] = jet->T[(k * d + i) * d + j] = jet->T[(k * d + j) * d + i] = value;
  }
}

PetscErrorCode FreeEnergyEvaluate(FreeEnergy energy, const PetscReal x[], const PetscReal p[], PetscInt order,
                                  FreeEnergyJet *jet, PetscBool *good)
{
  const Shape *shape = &energy->shape;
  PetscReal values[REITER_SLOTS] = {0}, entries[MOST_ENTRIES], more[MOST_ENTRIES], s, error;

  PetscFunctionBegin;
  PetscCheck(order >= 1 && order <= 3, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Derivatives of order %" PetscInt_FMT, order);
  *good = PETSC_FALSE;
  PetscCall(PetscMemzero(jet, sizeof(*jet)));
  for (PetscInt i = 0; i < shape->d; i++) values[VariableIndex(0, i)] = x[i];
  for (PetscInt a = 0; a < shape->m; a++) values[FreeIndex(a)] = p[a];
  PetscCall(ExpressionEvaluate(energy->temperature, values, &s));
  if (!(s > 0) || PetscIsInfOrNanReal(s)) PetscFunctionReturn(0);
  PetscCall(DerivativesEvaluate(&energy->macro, shape, order, values, entries));
  for (PetscInt g = 0; g < energy->n_groups; g++) {
    Group *group = &energy->groups[g];
    PetscBool known;

    PetscCall(GroupEvaluate(group, shape, order, energy->tolerance, values, more, &error, &known));
    jet->error = PetscMax(jet->error, error);
    if (!known) PetscFunctionReturn(0);
    for (PetscInt e = 0; e < shape->end[order]; e++) entries[e] += (PetscReal)group->copies * more[e];
  }
  for (PetscInt e = 0; e < shape->end[order]; e++)
    if (PetscIsInfOrNanReal(entries[e])) PetscFunctionReturn(0);
  fill_jet(shape, order, entries, s, jet);
  *good = PETSC_TRUE;
  PetscFunctionReturn(0);
}
