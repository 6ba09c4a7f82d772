#include "levels.h"

/* V1 as T_0 + .. + T_N: each term goes to the highest scale that it touches. */
static PetscErrorCode build_levels(Potential potential)
{
  Expression *chosen;
  VariableSet set;

  PetscFunctionBegin;
  PetscCall(ExpressionTerms(potential->V1, &potential->n_terms, &potential->terms));
  PetscCall(PetscMalloc1(potential->n_terms, &chosen));
  for (PetscInt k = 0; k <= potential->scales; k++) {
    Level *level = &potential->levels[k];
    PetscInt n = 0;

    for (PetscInt i = 0; i < potential->n_terms; i++) {
      PetscCall(ExpressionVariables(potential->terms[i], &set));
      if (set & ScaleBits(k)) chosen[n++] = potential->terms[i];
    }
    PetscCall(ExpressionSum(n, chosen, &level->seen));
    n = 0;

    level->separates = PETSC_TRUE;
    for (PetscInt i = 0; i < potential->n_terms; i++) {
      PetscCall(ExpressionVariables(potential->terms[i], &set));
      if (set >> VariableIndex(k + 1, 0) || (k && !(set & ScaleBits(k)))) continue;
      chosen[n++] = potential->terms[i];
      set = (set & ScaleBits(k)) >> VariableIndex(k, 0);
      if (set & (set - 1)) level->separates = PETSC_FALSE;
    }
    PetscCall(ExpressionSum(n, chosen, &level->sum));
    PetscCall(ExpressionVariables(level->sum, &level->variables));
    PetscCall(ExpressionIsSmooth(level->seen, ScaleBits(k), &level->smooth));
  }
  PetscCall(PetscFree(chosen));
  PetscFunctionReturn(0);
}

/* The variables of scales 0..scales that exist in dimension dim. */
static VariableSet allowed_variables(PetscInt dim, PetscInt scales)
{
  VariableSet set = 0;

  for (PetscInt k = 0; k <= scales; k++)
    for (PetscInt c = 0; c < dim; c++) set |= VariableBit(k, c);
  return set;
}

static PetscErrorCode take_formula(Expression given, VariableSet allowed, Expression *kept)
{
  VariableSet set;

  PetscFunctionBegin;
  if (given) PetscCall(ExpressionReference(given));
  *kept = given;
  if (!given) PetscCall(ExpressionSum(0, NULL, kept));
  PetscCall(ExpressionVariables(*kept, &set));
  PetscCheck(!(set & ~allowed), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "The formula has variables of other scales");
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialCreate(PetscInt dim, PetscInt scales, PetscReal temperature, Expression V0,
                               Expression V1, Potential *potential)
{
  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= REITER_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Dimension %" PetscInt_FMT, dim);
  PetscCheck(scales >= 0 && scales <= REITER_MAX_SCALES, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " scales", scales);
  PetscCheck(temperature > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "Temperature %g",
             (double)temperature);
  PetscCall(PetscNew(potential));
  (*potential)->dim = dim;
  (*potential)->scales = scales;
  (*potential)->temperature = temperature;
  PetscCall(take_formula(V0, allowed_variables(dim, 0), &(*potential)->V0));
  PetscCall(take_formula(V1, allowed_variables(dim, scales), &(*potential)->V1));
  PetscCall(build_levels(*potential));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy_level(Level *level)
{
  PetscFunctionBegin;
  PetscCall(ExpressionDestroy(&level->sum));
  PetscCall(ExpressionDestroy(&level->seen));
  PetscCall(ExpressionDestroy(&level->laplacian));
  for (PetscInt i = 0; i < WANT_PROGRAMS; i++) PetscCall(ProgramDestroy(&level->programs[i]));
  PetscCall(ProgramDestroy(&level->faster));
  for (PetscInt i = 0; i < level->n_switches; i++) PetscCall(ExpressionDestroy(&level->switches[i]));
  PetscCall(PetscFree(level->switches));
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) {
    PetscCall(ExpressionDestroy(&level->gradient[c]));
    PetscCall(PetscFree(level->breaks[c]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialDestroy(Potential *potential)
{
  Potential p = *potential;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(0);
  PetscCall(ExpressionDestroy(&p->V0));
  PetscCall(ExpressionDestroy(&p->V1));
  for (PetscInt c = 0; c < REITER_MAX_DIM; c++) PetscCall(ExpressionDestroy(&p->V0_gradient[c]));
  PetscCall(ProgramDestroy(&p->reference));
  PetscCall(ProgramDestroy(&p->resolved));
  for (PetscInt i = 0; i < p->n_terms; i++) PetscCall(ExpressionDestroy(&p->terms[i]));
  PetscCall(PetscFree(p->terms));
  for (PetscInt k = 0; k <= REITER_MAX_SCALES; k++) PetscCall(destroy_level(&p->levels[k]));
  PetscCall(PetscFree(*potential));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialGetSizes(Potential potential, PetscInt *dim, PetscInt *scales, PetscReal *temperature)
{
  PetscFunctionBegin;
  if (dim) *dim = potential->dim;
  if (scales) *scales = potential->scales;
  if (temperature) *temperature = potential->temperature;
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialGetFormulas(Potential potential, Expression *V0, Expression *V1)
{
  PetscFunctionBegin;
  if (V0) *V0 = potential->V0;
  if (V1) *V1 = potential->V1;
  PetscFunctionReturn(0);
}

static PetscErrorCode get_level(Potential potential, PetscInt k, Level **level)
{
  PetscFunctionBegin;
  PetscCheck(k >= 0 && k <= potential->scales, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "Scale %" PetscInt_FMT " of %" PetscInt_FMT, k, potential->scales);
  *level = &potential->levels[k];
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialLevelVariables(Potential potential, PetscInt k, VariableSet *set)
{
  Level *level = NULL;

  PetscFunctionBegin;
  PetscCall(get_level(potential, k, &level));
  *set = level->variables;
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialLevelIsSmooth(Potential potential, PetscInt k, PetscBool *smooth)
{
  Level *level = NULL;

  PetscFunctionBegin;
  PetscCall(get_level(potential, k, &level));
  *smooth = level->smooth;
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialLevelSeparates(Potential potential, PetscInt k, PetscBool *separates)
{
  Level *level = NULL;

  PetscFunctionBegin;
  PetscCall(get_level(potential, k, &level));
  *separates = level->separates;
  PetscFunctionReturn(0);
}

/* grad_k T_k and div_k grad_k T_k. */
static PetscErrorCode derive_level(Level *level, PetscInt k, PetscInt dim, PetscInt want)
{
  Expression second[REITER_MAX_DIM] = {NULL, NULL, NULL};

  PetscFunctionBegin;
  if (want & (WANT_GRADIENT | WANT_LAPLACIAN)) {
    for (PetscInt c = 0; c < dim; c++) {
      if (level->gradient[c]) continue;
      PetscCall(ExpressionDerive(level->sum, VariableIndex(k, c), &level->gradient[c]));
    }
  }
  if ((want & WANT_LAPLACIAN) && !level->laplacian) {
    for (PetscInt c = 0; c < dim; c++)
      PetscCall(ExpressionDerive(level->gradient[c], VariableIndex(k, c), &second[c]));
    PetscCall(ExpressionSum(dim, second, &level->laplacian));
    for (PetscInt c = 0; c < dim; c++) PetscCall(ExpressionDestroy(&second[c]));
  }
  PetscFunctionReturn(0);
}

/* The formulas that `want` asks for, in the order value, gradient, Laplacian. */
static PetscErrorCode level_program(Level *level, PetscInt k, PetscInt dim, PetscInt want, Program *program)
{
  Expression formulas[REITER_MAX_DIM + 2];
  PetscInt n = 0;

  PetscFunctionBegin;
  if (!level->programs[want]) {
    PetscCall(derive_level(level, k, dim, want));
    if (want & WANT_VALUE) formulas[n++] = level->sum;
    for (PetscInt c = 0; c < dim && (want & WANT_GRADIENT); c++) formulas[n++] = level->gradient[c];
    if (want & WANT_LAPLACIAN) formulas[n++] = level->laplacian;
    PetscCall(ProgramCreate(n, formulas, &level->programs[want]));
  }
  *program = level->programs[want];
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialEvaluateLevel(Potential potential, PetscInt k, const PetscReal frozen[],
                                      const PetscInt n[], const PetscReal *const axis[], PetscReal *T,
                                      PetscReal *const grad[], PetscReal *laplacian)
{
  const PetscInt want = (T ? WANT_VALUE : 0) | (grad ? WANT_GRADIENT : 0) | (laplacian ? WANT_LAPLACIAN : 0);
  PetscReal *out[REITER_MAX_DIM + 2];
  PetscInt n_out = 0;
  Level *level = NULL;
  Program program = NULL;

  PetscFunctionBegin;
  PetscCall(get_level(potential, k, &level));
  if (!want) PetscFunctionReturn(0);
  PetscCall(level_program(level, k, potential->dim, want, &program));
  if (T) out[n_out++] = T;
  for (PetscInt c = 0; c < potential->dim && grad; c++) out[n_out++] = grad[c];
  if (laplacian) out[n_out++] = laplacian;
  PetscCall(ProgramEvaluateGrid(program, k, potential->dim, n, axis, frozen, out));
  PetscFunctionReturn(0);
}

PetscErrorCode PotentialEvaluateMacro(Potential potential, const PetscReal x[], PetscReal *V0,
                                      PetscReal gradient[])
{
  PetscReal values[REITER_VARIABLES] = {0};

  PetscFunctionBegin;
  for (PetscInt c = 0; c < potential->dim; c++) values[VariableIndex(0, c)] = x[c];
  PetscCall(ExpressionEvaluate(potential->V0, values, V0));
  for (PetscInt c = 0; c < potential->dim && gradient; c++) {
    if (!potential->V0_gradient[c]) {
      PetscCall(ExpressionDerive(potential->V0, VariableIndex(0, c), &potential->V0_gradient[c]));
    }
    PetscCall(ExpressionEvaluate(potential->V0_gradient[c], values, &gradient[c]));
  }
  PetscFunctionReturn(0);
}
